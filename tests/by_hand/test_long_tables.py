"""Files with several rows per patient: what becomes of measurements and dated events of people one can count, and every mistake."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import durata as du
from durata.designs.emulated.courses import NEVER
from durata.estimate.emulated_bootstrap import drawn_counts
from durata.estimate.plan import emulation_analyses

STUDY = """
[study]
title = "Scans"
month_days = 30.0

[data]
file = "patients.csv"
id = "id"

[treatment]
name = "drug"
start = "begin"
end = "stop"
end_name = "surgery"
groups = [{ name = "short", to = 2 }, { name = "long", from = 2 }]

[outcomes.death]
label = "death"
event = ["died"]
censor = "seen"

[tables.scans]
file = "scans.csv"
date = "day"
values = ["size"]

[tables.events]
file = "events.csv"
id = "patient"
date = "on"
type = "what"
events = { PD = "progressed" }

[emulation]
windows = [{ name = "short", to = 2 }, { name = "long", from = 2, to = 4 }]
horizon = 6
spikes = []
excused_by = ["progressed"]
time_varying = ["size", "size.change", "size.plateau"]
"""
PATIENTS = """id,begin,stop,died,seen
a,2020-01-01,2020-03-15,,2020-12-31
b,2020-01-01,2020-02-15,,2020-12-31
c,2020-01-01,,2020-04-10,2020-04-10
d,2020-01-01,2020-02-01,,2020-12-31
"""
# d has no scan in the first month; x is nobody; b's scan after surgery plays no part in the weights
SCANS = """id,day,size,reader
a,2019-12-20,10,K
a,2020-02-10,8,K
a,2020-03-10,7.6,K
b,2020-01-05,20,K
b,2020-03-01,2,K
c,2020-01-01,5,K
c,2020-01-01,5,L
d,2020-02-20,4,K
x,2020-02-20,4,K
a,2020-02-20,,K
a,,3,K
"""
EVENTS = """patient,on,what
c,2020-03-05,PD
c,2020-02-20,PD
b,2020-05-01,bleeding
"""


def written(
    folder: Path, study: str = STUDY, patients: str = PATIENTS, scans: str = SCANS, events: str = EVENTS
) -> Path:
    for name, text in (("study.toml", study), ("patients.csv", patients), ("scans.csv", scans), ("events.csv", events)):
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "study.toml"


def read(folder: Path, **texts: str) -> tuple[du.Study, du.Records]:
    study = du.read_study(written(folder, **texts))
    return study, du.read_records(study)


def test_measurements_and_first_events(tmp_path: Path) -> None:
    _, records = read(tmp_path)
    size = records.measured["size"]
    assert size.person.tolist() == [0, 0, 0, 1, 1, 2, 3]  # c's two readings of one day agree: one is kept
    assert size.value.tolist() == [10, 8, 7.6, 20, 2, 5, 4]
    first = records.day("progressed")
    assert str(first[2]) == "2020-02-20"
    assert np.isnat(first[[0, 1, 3]]).all()
    said = [one.message for one in records.findings]
    assert any("1 patient(s) of table 'scans' are not in the patient file" in one for one in said)
    assert any("1 row(s) of table 'scans' have no day" in one for one in said)
    assert any("1 row(s) of table 'events' are of kinds" in one for one in said)
    assert [name for name, _ in records.source.beside] == ["scans.csv", "events.csv"]


def test_histories_of_the_emulated_trial(tmp_path: Path) -> None:
    study, records = read(tmp_path)
    courses = du.declared_courses(study, records, "death")
    assert len(courses) == 3  # d has no size at the start
    assert courses.ended.tolist() == [3, 2, NEVER]
    assert courses.excused.tolist() == [NEVER, NEVER, 2]  # day 50
    of_a = {name: one.value[one.person == 0].tolist() for name, one in courses.histories.items()}
    assert courses.histories["size"].time[:3].tolist() == [-12, 40, 69]
    assert of_a["size"] == [10, 8, 7.6]
    assert of_a["size.change"] == pytest.approx([0, -20, -24])
    assert of_a["size.plateau"] == [0, 0, 1]  # 20 % less, then 5 % less
    assert du.declared_plan(study).covariates == ("size", "size.change", "size.plateau")


def test_patients_who_leave_take_their_measurements_along(tmp_path: Path) -> None:
    _, records = read(tmp_path, patients=PATIENTS.replace("a,2020-01-01", "a,"))
    assert records.identifiers == ("b", "c", "d")
    assert records.measured["size"].person.tolist() == [0, 0, 1, 2]
    assert str(records.day("progressed")[1]) == "2020-02-20"


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ("a,2020-02-10,8,K", "a,2020-02-30,8,K", "scans.csv, row 3, column 'day'", "2020-02-30"),
        ("a,2020-02-10,8,K", "a,2020-02-10,big,K", "scans.csv, row 3, column 'size'", "big"),
        (
            "a,2020-03-10,7.6,K",
            "a,2020-02-10,7.6,K",
            "scans.csv, row 4, column 'size'",
            "another value on the same day",
        ),
        ("a,2020-02-10,8,K", ",2020-02-10,8,K", "scans.csv, row 3, column 'id'", "no identifier"),
    ],
)
def test_a_defect_stops_at_its_place(tmp_path: Path, old: str, new: str, place: str, said: str) -> None:
    study = du.read_study(written(tmp_path, scans=SCANS.replace(old, new)))
    with pytest.raises(du.StudyError) as error:
        du.read_records(study)
    (finding,) = error.value.findings
    assert str(finding.where) == place
    assert said in finding.message


def test_the_patient_of_a_defect_can_be_left_out(tmp_path: Path) -> None:
    study = STUDY.replace('id = "id"', 'id = "id"\non_defect = "exclude"', 1)
    _, records = read(tmp_path, study=study, scans=SCANS.replace("a,2020-02-10,8,K", "a,2020-02-10,big,K"))
    assert records.identifiers == ("b", "c", "d")
    assert records.flow.steps[-1].excluded == 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('values = ["size"]', 'values = ["sise"]', "scans.csv has no column 'sise'"),
        ('date = "on"', 'date = "onn"', "events.csv has no column 'onn'"),
    ],
)
def test_a_column_that_is_not_there(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = STUDY.replace(old, new).replace('"size", "size.change", "size.plateau"', "")
    study = du.read_study(written(tmp_path, study=text))
    with pytest.raises(du.StudyError, match=said):
        du.read_records(study)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"size.change"', '"size.chagne"', "there is no measured value 'size.chagne'"),
        ('values = ["size"]', 'values = ["size"]\ntype = "reader"', "'type' and 'events' belong together"),
        ('file = "scans.csv"', 'file = "../scans.csv"', "scans.csv"),
        ('values = ["size"]', "values = []", "needs 'values'"),
        ("spikes = []", 'weights = "cox"\ngrace = "natural"', "'time_varying' needs weights"),
        ('{ PD = "progressed" }', '{ PD = "size" }', "'size' is a name of table 'scans' too"),
    ],
)
def test_mistakes_in_the_study_file(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(du.StudyError, match=said):
        du.read_study(written(tmp_path, study=STUDY.replace(old, new)))


def test_balance_of_what_is_measured_again() -> None:
    # month 1: of four big tumours one is operated on, of four small ones three: the weights make them alike again
    size = np.array([1.0, 1, 1, 1, 0, 0, 0, 0])
    history = du.History(np.arange(8), np.zeros(8), size)
    ended = [0.5, None, None, None, 0.5, 0.5, 0.5, None]
    courses = du.patient_courses([3] * 8, [0] * 8, ended, horizon=3, histories={"size": history})
    plan = du.EmulationPlan((du.ending_window("now", 0, 1), du.ending_window("later", 1, None)), spikes=())
    rows = {
        (row["group"], row["method"]): row["std_difference"]
        for row in du.emulated_balance(du.emulate(courses, plan)).rows()
    }
    assert rows["now", "unweighted"] == pytest.approx((0.25 - 0.5) / 0.5)
    assert rows["later", "unweighted"] == pytest.approx((0.75 - 0.5) / 0.5)
    assert rows["now", "weighted"] == pytest.approx(0, abs=1e-9)
    assert rows["later", "weighted"] == pytest.approx(0, abs=1e-9)


def test_many_centres_are_drawn_whole() -> None:
    few, many = np.arange(60) % 9, np.arange(60) % 12
    stream = np.random.SeedSequence(4)
    within = drawn_counts(60, few, stream)
    assert all(within[few == code].sum() == (few == code).sum() for code in range(9))
    whole = drawn_counts(60, many, stream)
    assert whole.sum() == 60
    assert all(len(set(whole[many == code])) == 1 for code in range(12))
    assert len(set(whole)) > 1


def test_competing_events_of_the_declared_trial(tmp_path: Path) -> None:
    text = STUDY.replace('censor = "seen"', 'censor = "seen"\ncompeting = ["fell"]')
    patients = PATIENTS.replace("died,seen", "died,seen,fell").replace("2020-12-31\nb", "2020-12-31,2020-06-01\nb")
    study, records = read(
        tmp_path, study=text, patients=patients.replace("2020-12-31\n", "2020-12-31,\n").replace("04-10\n", "04-10,\n")
    )
    courses = du.declared_courses(study, records, "death")
    assert courses.causes == ("death", "competing event")
    assert courses.cause.tolist() == [2, 0, 1]
    assert courses.exit.tolist() == [6, 6, 4]
    assert "emulated_causes" in emulation_analyses(study, "death")
    assert "emulated_causes" not in emulation_analyses(du.read_study(written(tmp_path)), "death")
