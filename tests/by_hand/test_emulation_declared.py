"""[emulation] of a study file: from the file to strategies in steps and courses in months; every mistake in it at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

import durata as du
from durata.designs.emulated.courses import NEVER

STUDY = """
[study]
title = "Windows"
data_cutoff = 2021-12-31
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

[covariates.age]

[covariates.site]
type = "category"

[emulation]
windows = [{ name = "short", to = 2 }, { name = "long", from = 2, to = 4 }, { name = "not before 4", from = 4 }]
horizon = 6
weights = "empirical"
excused_by = ["progressed", "bled"]
covariates = ["site"]
centre = "site"
loss = []
"""
# day 0 is 2020-01-01; months last 30 days
PATIENTS = """id,begin,stop,died,seen,progressed,bled,age,site
a,2020-01-01,2020-01-16,,2020-12-31,,,50,x
b,2020-01-01,,2020-03-01,2020-03-01,,,60,y
c,2020-01-01,2020-04-15,,2020-12-31,2020-02-15,2020-02-10,60,x
d,2020-01-01,2020-03-31,,2020-04-30,,,70,y
e,2021-11-02,,,2021-12-31,,,70,x
f,2020-01-01,2020-02-01,,2020-12-31,2020-02-01,,40,
"""


def study_of(folder: Path, text: str = STUDY, patients: str = PATIENTS) -> tuple[du.Study, du.Records]:
    (folder / "patients.csv").write_text(patients, encoding="utf-8")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    study = du.read_study(folder / "study.toml")
    return study, du.read_records(study)


def test_patients_are_laid_out_on_the_declared_grid(tmp_path: Path) -> None:
    study, records = study_of(tmp_path)
    courses = du.declared_courses(study, records, "death")
    # f has no site and is left out; c bled before it progressed, and both before surgery
    assert len(courses) == 5
    assert courses.ended.tolist() == [1, NEVER, NEVER, 3, NEVER]
    assert courses.excused.tolist() == [NEVER, NEVER, 2, NEVER, NEVER]
    assert courses.exit.tolist() == [6, 2, 6, 4, 2]
    assert courses.cause.tolist() == [0, 1, 0, 0, 0]
    # d was last seen in month 4 although data collection went on; e only began two months before its end
    assert courses.lost.tolist() == [False, False, False, True, False]
    assert courses.centre is not None
    assert courses.centre.tolist() == [0, 1, 0, 1, 0]
    assert courses.unit == "months"
    assert du.declared_courses(study, records, "death", excuse="deviation").ended.tolist() == [1, NEVER, 4, 3, NEVER]


def test_the_plan_is_what_is_declared(tmp_path: Path) -> None:
    study, _ = study_of(tmp_path)
    plan = du.declared_plan(study)
    assert [(one.first, one.last) for one in plan.strategies] == [(1, 2), (3, 4), (5, None)]
    assert (plan.grace, plan.grace_share, plan.weights, plan.covariates, plan.loss) == (
        "stochastic", "window", "empirical", ("site",), ())  # fmt: skip
    assert study.emulation is not None
    assert (study.emulation.replicates, study.emulation.spikes) == (1000, (3, 6, 9, 12))


MISTAKES = {
    'windows = [{ name = "a", to = 2 }, { name = "a", from = 2, to = 4 }]': "two windows have the same name",
    'windows = [{ name = "b", from = 2, to = 4 }, { name = "a", to = 2 }]': "'a' stands after 'b' but comes before it",
    'windows = [{ name = "a", from = 3, to = 2 }]': "the window ends before it begins",
    'windows = [{ name = "a", to = 9 }]': "'a' reaches beyond 'horizon'",
    'windows = [{ name = "a", to = 2.5 }]': "'a' is not bounded at multiples of 'interval'",
    'windows = [{ name = "a" }]': "a window without 'to' needs 'from'",
    "windows = []": "emulation.windows",
}


@pytest.mark.parametrize("line", MISTAKES)
def test_windows_that_cannot_be_are_refused(tmp_path: Path, line: str) -> None:
    text = "\n".join(line if one.startswith("windows") else one for one in STUDY.splitlines())
    with pytest.raises(du.StudyError, match=MISTAKES[line]):
        study_of(tmp_path, text)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('covariates = ["site"]', 'covariates = ["sitee"]', "there is no covariate 'sitee'"),
        ('centre = "site"', 'centre = "age"', "'age' is no category"),
        ('excused_by = ["progressed", "bled"]', 'excused_by = ["age"]', "'age' is a covariate that holds no dates"),
        ("data_cutoff = 2021-12-31", "", "Declare data_cutoff"),
        ('weights = "empirical"', 'weights = "cox"\ngrace = "natural"', "'loss' needs weights by steps"),
        ("[covariates.age]", '[covariates.age]\ntiming = "post"\n[covariates.sex]', ""),
    ],
)
def test_names_lead_somewhere(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = STUDY.replace(old, new)
    if not said:
        text, said = text.replace('covariates = ["site"]', 'covariates = ["age"]'), "would look into the future"
    with pytest.raises(du.StudyError, match=said):
        study_of(tmp_path, text)


def test_an_excusing_column_must_be_in_the_file(tmp_path: Path) -> None:
    with pytest.raises(du.StudyError, match=r"excused_by\.0.*no column 'progresed'"):
        study_of(tmp_path, STUDY.replace('"progressed"', '"progresed"'))


def test_a_file_of_the_operated_only_is_refused(tmp_path: Path) -> None:
    operated = "\n".join(line for line in PATIENTS.splitlines() if line.split(",")[2]) + "\n"
    study, records = study_of(tmp_path, patients=operated)
    with pytest.raises(du.CannotEstimate, match="Everybody in this file reached surgery"):
        du.declared_courses(study, records, "death")


def test_mistakes_are_said_in_chinese_too(tmp_path: Path) -> None:
    text = STUDY.replace('title = "Windows"', 'title = "Windows"\nlanguage = "zh"').replace("to = 4 }", "to = 9 }")
    with pytest.raises(du.StudyError, match="超出了'horizon'"):
        study_of(tmp_path, text)
