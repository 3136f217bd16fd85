"""People whose records contradict each other: a recurrence after death, a contact too early or too late, times too short."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import durata as du
from durata.pipeline import prepare
from durata.rules.data import dates_out_of_order

STUDY = """\
[study]
title = "Six people"

[data]
file = "people.csv"
id = "id"

[treatment]
name = "drug"
start = "start"
end = "surgery"
end_name = "surgery"
groups = [{ name = "short", to = 3 }, { name = "long", from = 3 }]

"""
DATES = """\
[outcomes.free]
event = ["recurrence", "death"]
censor = "contact"

[outcomes.recurrence]
event = ["recurrence"]
censor = "contact"

[outcomes.death]
event = ["death"]
censor = "contact"
"""
TIME = """\
[outcomes.death]
time = "months"
status = "dead"
event_codes = [1]
"""
PEOPLE = """\
id,start,surgery,recurrence,death,contact
p1,2020-01-01,2020-02-01,2020-10-01,2021-01-01,2021-01-01
p2,2020-01-01,2020-06-01,2020-11-01,2021-02-01,2021-02-01
p3,2020-01-01,2020-02-01,2020-12-01,2021-03-01,2021-03-01
p4,2020-01-01,2020-06-01,2020-12-05,2021-04-01,2021-04-01
p5,2020-01-01,2020-02-01,2021-05-01,,2022-01-01
p6,2020-01-01,2020-06-01,,,2022-01-01
"""

Spoken = Callable[..., list[tuple[str, str, str]]]


@pytest.fixture
def spoken(tmp_path: Path) -> Spoken:
    def speak(
        *changes: tuple[str, str], people: str = PEOPLE, study: str = STUDY + DATES
    ) -> list[tuple[str, str, str]]:
        for old, new in changes:
            assert people.count(old) == 1
            people = people.replace(old, new)
        (tmp_path / "people.csv").write_text(people, encoding="utf-8")
        (tmp_path / "study.toml").write_text(study, encoding="utf-8")
        declared = du.read_study(tmp_path / "study.toml")
        found = dates_out_of_order(study=declared, records=du.read_records(declared))
        return [(str(one.severity), str(one.where), one.what.format_map(dict(one.evidence))) for one in found]

    return speak


def test_dates_in_order_are_quiet(spoken) -> None:
    assert spoken() == []


def test_recurrence_after_the_death(spoken) -> None:
    assert spoken(("2020-12-05,2021-04-01,2021-04-01", "2021-05-05,2021-04-01,2021-05-06")) == [
        (
            "warning",
            "people.csv, row 5, column 'recurrence'",
            "recurrence lies after death in 1 patient(s) (row 5), though death is the last thing recorded of most patients "
            "who have it.",
        ),
        (
            "warning",
            "people.csv, row 5, column 'contact'",
            "contact, a day of being known without the event, lies after death in 1 patient(s) (row 5), though death is the "
            "last thing recorded of most patients who have it.",
        ),
    ]


def test_death_after_recurrence_is_as_it_should_be_where_no_contact_is_recorded_of_those_with_an_event(spoken) -> None:
    """Recurrence makes up an outcome by itself and little comes later; yet death follows it, so it is not the last."""
    bare = "".join(
        ",".join([*line.split(",")[:5], "" if line.split(",")[3] else line.split(",")[5]]) + "\n"
        for line in PEOPLE.splitlines()[1:]
    )
    more = "".join(f"q{k},2020-01-01,2020-02-01,2020-10-01,,\n" for k in range(8))
    assert spoken(people=PEOPLE.splitlines()[0] + "\n" + bare + more) == []


def test_last_contact_before_a_recurrence(spoken) -> None:
    assert spoken(("2021-05-01,,2022-01-01", "2021-05-01,,2021-03-01")) == [
        (
            "warning",
            "people.csv, row 6, column 'contact'",
            "contact lies before recurrence in 1 patient(s) (row 6): they were seen later than their last contact says.",
        )
    ]


def test_last_contact_as_the_last_day_free_of_recurrence_is_a_way_of_recording(spoken) -> None:
    early = PEOPLE
    for k in range(1, 6):
        line = next(line for line in PEOPLE.splitlines() if line.startswith(f"p{k},"))
        early = early.replace(line, ",".join([*line.split(",")[:5], "2020-08-01"]))
    assert spoken(people=early) == []


def test_a_death_learned_after_the_last_contact_is_no_contradiction(spoken) -> None:
    assert spoken(("2021-04-01,2021-04-01", "2021-04-01,2021-01-01")) == []


def test_recurrence_after_a_death_told_by_a_status(spoken) -> None:
    people = "id,start,surgery,recurrence,last,dead\n" + "".join(
        f"p{k},2020-01-01,2020-0{2 + k % 2 * 4}-01,2020-1{k % 3}-01,2021-01-0{k},1\n" for k in range(1, 5)
    )
    study = STUDY + (
        '[outcomes.recurrence]\nevent = ["recurrence"]\ncensor = "last"\n'
        '[outcomes.death]\ndate = "last"\nstatus = "dead"\nevent_codes = [1]\n'
    )
    assert spoken(people=people, study=study) == []
    ((severity, place, words),) = spoken(("2020-11-01,2021-01-04", "2021-11-01,2021-01-04"), people=people, study=study)
    assert (severity, place) == ("warning", "people.csv, row 5, column 'recurrence'")
    assert words.startswith("recurrence lies after last in 1 patient(s) (row 5)")


TIMES = """\
id,start,surgery,months,dead
p1,2020-01-01,2020-02-01,12.5,1
p2,2020-01-01,2020-06-01,20.1,0
p3,2020-01-01,2020-06-01,9.3,1
"""


def test_a_time_that_ends_before_treatment_does(spoken) -> None:
    """4.2 months are 127.8 days: 2020-05-07. 5.0 is 2020-06-01 less 0.2 days and less than a tenth of a month short."""
    assert spoken(people=TIMES, study=STUDY + TIME) == []
    assert spoken(("9.3", "4.9"), people=TIMES, study=STUDY + TIME) == []
    assert spoken(("9.3", "4.2"), people=TIMES, study=STUDY + TIME) == [
        (
            "error",
            "people.csv, row 4, column 'surgery'",
            "surgery (2020-06-01) lies after the last day on which anything is recorded of this patient (2020-05-07).",
        )
    ]


def test_a_time_that_counts_from_the_end_of_treatment_may_be_short(spoken) -> None:
    study = STUDY + '[time]\nzero = "end"\n' + TIME
    assert spoken(("9.3", "0.2"), people=TIMES, study=study) == []


def test_a_negative_time_in_records_made_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(TIMES, encoding="utf-8")
    (tmp_path / "study.toml").write_text(STUDY + TIME, encoding="utf-8")
    study = du.read_study(tmp_path / "study.toml")
    records = du.read_records(study)
    records.numbers["months"][1] = -3.0
    found = list(dates_out_of_order(study=study, records=records))
    assert [str(one.where) for one in found] == [
        "people.csv, row 3, column 'months'",
        "people.csv, row 3, column 'surgery'",
    ]
    assert found[0].what.format_map(dict(found[0].evidence)) == (
        "death: months is -3 months; observation cannot end before it begins."
    )


# --- [ignore] and on_defect


def test_ignoring_a_rule_that_does_not_exist(folder, said) -> None:
    folder.declare(add='[ignore]\nP10 = "protocol"\nhorizon-beyond-the-data = "protocol"\n')
    with pytest.raises(du.StudyError) as caught:
        prepare(folder.study)
    first, second = [said(one) for one in caught.value.findings]
    assert first[:2] == ("F03", "study.toml:30:7")
    assert first[2].startswith("ignore.P10: no rule has this code. Did you mean 'P0")
    assert "Rules: 'C01', 'C02'," in first[2]
    assert second[1].startswith("study.toml:31:")
    assert "Did you mean 'R02'?" in second[2]


def test_errors_in_the_data_cannot_be_ignored(folder, said) -> None:
    folder.declare(add='[ignore]\nD02 = "we know"\n').record(("2020-07-01", "2019-07-01"))
    with pytest.raises(du.StudyError) as caught:
        prepare(folder.study)
    assert [said(one)[:2] for one in caught.value.findings] == [
        ("D02", "people.csv, row 3, column 'surgery'"),
        ("F03", "study.toml:30:7"),
    ]
    assert "errors in the data cannot be set aside" in caught.value.findings[1].message
    study = du.read_study(folder.study)
    verdicts = du.lint(study, du.read_records(study))
    assert "D02" in {one.code for one in verdicts.findings}
    assert verdicts.ignored == ()


def test_warnings_about_the_data_can_be_ignored(folder) -> None:
    folder.declare(add='[ignore]\nD01 = "two people, checked"\n').record(("p-alpha", "P7"), ("p-delta", "p7"))
    study, records = prepare(folder.study)
    assert [(one.code, reason) for one, reason in du.lint(study, records).ignored] == [("D01", "two people, checked")]


def test_the_flow_says_in_words_why_somebody_was_left_out(folder) -> None:
    folder.declare(('id = "id"', 'id = "id"\non_defect = "exclude"'))
    more = "".join(f"n{k},2020-01-01,2020-0{2 + k}-01,2021-01-01,1,50,I,\n" for k in range(6))
    folder.record(
        ("p-delta", "p-alpha"),
        ("p-charlie,2020-02-01,", "p-charlie,2020-02-01,2019-01-01"),
        ("2020-07-01", "2019-07-01"),
        ("p-echo", more + "p-echo"),
    )
    _, records = prepare(folder.study)
    assert [(one.reason, one.excluded, one.people) for one in records.flow.steps[1:]] == [
        ("duplicate patients", 2, (0, 3)),
        ("dates out of order", 2, (1, 2)),
    ]
