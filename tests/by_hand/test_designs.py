"""Designs on six people one can count: who is in, from when, in which group, and why not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import durata as du

STUDY = """
[study]
title = "Six people"
[data]
file = "six.csv"
id = "id"
[treatment]
name = "drug"
start = "start"
end = "stop"
end_name = "surgery"
start_name = "first dose"
unit = "days"
groups = [{ name = "short", to = 10 }, { name = "long", from = 10 }]
[time]
zero = "start"
[outcomes.death]
date = "last"
status = "dead"
event_codes = [1]
"""

# day 0 is 2020-01-01 for everybody
PEOPLE = """id,start,stop,last,dead
a,2020-01-01,2020-01-06,2020-01-21,1
b,2020-01-01,2020-01-11,2020-01-31,0
c,2020-01-01,2020-01-21,2020-02-10,1
d,2020-01-01,,2020-01-13,1
e,2020-01-01,2020-01-26,2020-01-26,1
f,2020-01-01,,2020-01-01,1
"""


@pytest.fixture
def six(tmp_path: Path) -> tuple[du.Study, du.Records]:
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    (tmp_path / "six.csv").write_text(PEOPLE, encoding="utf-8")
    study = du.read_study(tmp_path / "study.toml")
    return study, du.read_records(study)


def test_from_the_start_everybody_who_ended_is_in_the_group_of_the_achieved_duration(
    six: tuple[du.Study, du.Records],
) -> None:
    cohort = du.observed(*six, "death")
    assert cohort.person.tolist() == [0, 1, 2, 4]
    assert cohort.exit.tolist() == [20, 30, 40, 25]
    assert cohort.event.tolist() == [True, False, True, True]
    assert cohort.group is not None
    assert [cohort.group.levels[code] for code in cohort.group.codes] == ["short", "short", "long", "long"]
    assert cohort.entry is None
    assert cohort.group_known is not None
    assert cohort.group_known.tolist() == [5, 10, 20, 25]
    assert cohort.flow is not None
    assert [(step.reason, step.excluded, step.remaining) for step in cohort.flow.steps[1:]] == [
        ("no surgery: in no duration group", 2, 4)
    ]


def test_from_the_end_the_time_before_it_is_cut_off(six: tuple[du.Study, du.Records]) -> None:
    cohort = du.observed(*six, "death", zero="end")
    assert cohort.exit.tolist() == [15, 20, 20, 0]
    assert cohort.event.tolist() == [True, False, True, True]
    assert all(row.days == 0 for row in du.guaranteed_time(cohort))


def test_guaranteed_time_is_the_time_before_the_group_was_known(six: tuple[du.Study, du.Records]) -> None:
    short, long = du.guaranteed_time(du.observed(*six, "death"))
    assert (short.days, short.total) == (5 + 10, 20 + 30)
    assert (long.days, long.total) == (20 + 25, 40 + 25)
    assert long.share == pytest.approx(45 / 65)


def test_time_dependent_counts_everybody_and_splits_at_the_end(six: tuple[du.Study, du.Records]) -> None:
    cohort = du.time_dependent(*six, "death")
    assert cohort.group is not None
    assert cohort.entry is not None
    rows = [
        (int(p), float(a), float(b), bool(d), cohort.group.levels[g])
        for p, a, b, d, g in zip(
            cohort.person, cohort.entry, cohort.exit, cohort.event, cohort.group.codes, strict=True
        )
    ]
    before, after = "before surgery", "after surgery"
    assert rows == [
        (0, -np.inf, 5, False, before),
        (0, 5, 20, True, after),
        (1, -np.inf, 10, False, before),
        (1, 10, 30, False, after),
        (2, -np.inf, 20, False, before),
        (2, 20, 40, True, after),
        (3, -np.inf, 12, True, before),
        (4, -np.inf, 24.5, False, before),  # surgery and death on day 25: the switch half a day earlier
        (4, 24.5, 25, True, after),
        (5, -np.inf, 0, True, before),  # died on day 0 and counts
    ]
    assert [note.evidence["n"] for note in cohort.notes] == [1]


def test_no_time_is_guaranteed_in_the_time_dependent_design(six: tuple[du.Study, du.Records]) -> None:
    assert all(row.days == 0 for row in du.guaranteed_time(du.time_dependent(*six, "death")))


@pytest.mark.parametrize("design", [du.observed, du.time_dependent])
def test_counts_are_drawn_rows_with_fresh_identifiers(six: tuple[du.Study, du.Records], design: object) -> None:
    study, records = six
    counts = np.array([2, 0, 1, 1, 3, 1])
    drawn = design(study, records, "death", counts=counts)  # type: ignore[operator]
    assert drawn.weights is not None
    assert drawn.weights.kind == "frequency"
    plain = design(study, records, "death")  # type: ignore[operator]
    expected = sum(int(counts[p]) for p in plain.person[plain.event])
    assert float(drawn.weights.values[drawn.event].sum()) == expected


def test_trace_says_where_one_patient_went(six: tuple[du.Study, du.Records]) -> None:
    stages = {stage.name: stage.lines for stage in du.trace_patient(*six, "d")}
    assert stages["observed_from_start / death"] == ("left out: no surgery: in no duration group",)
    assert any("from the beginning to day 12" in line for line in stages["time_dependent / death"])


def test_trace_of_nobody_is_refused_in_words(six: tuple[du.Study, du.Records]) -> None:
    with pytest.raises(du.CannotEstimate, match="No patient with this identifier"):
        du.trace_patient(*six, "z")
