"""The landmark and delayed entry on six people one can count: who is at risk from when, in which group, and why not."""

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
label = "Death"
date = "last"
status = "dead"
event_codes = [1]
"""

# Days since the first dose (2020-01-01):   a   b   c   d   e   f
#   surgery                                 5  10  20   -  25   -
#   last seen                              20  30  40  12  25  15
#   with death                            yes  no yes yes yes  no
PEOPLE = """id,start,stop,last,dead
a,2020-01-01,2020-01-06,2020-01-21,1
b,2020-01-01,2020-01-11,2020-01-31,0
c,2020-01-01,2020-01-21,2020-02-10,1
d,2020-01-01,,2020-01-13,1
e,2020-01-01,2020-01-26,2020-01-26,1
f,2020-01-01,,2020-01-16,0
"""

Six = tuple[du.Study, du.Records]


def read(folder: Path, people: str, study: str = STUDY) -> Six:
    (folder / "study.toml").write_text(study, encoding="utf-8")
    (folder / "six.csv").write_text(people, encoding="utf-8")
    declared = du.read_study(folder / "study.toml")
    return declared, du.read_records(declared)


@pytest.fixture
def six(tmp_path: Path) -> Six:
    return read(tmp_path, PEOPLE)


def placed(cohort: du.Cohort) -> list[tuple[str, float, bool, str]]:
    """Person, time and event, group of each row."""
    assert cohort.group is not None
    names = [cohort.group.levels[code] for code in cohort.group.codes]
    return [
        ("abcdef"[p], float(t), bool(d), g)
        for p, t, d, g in zip(cohort.person, cohort.exit, cohort.event, names, strict=True)
    ]


def left(cohort: du.Cohort) -> list[tuple[str, str]]:
    """Who left at each step, and why."""
    assert cohort.flow is not None
    return [("".join("abcdef"[p] for p in step.people), step.reason) for step in cohort.flow.steps[1:]]


def test_landmark_on_day_10_counts_a_surgery_on_that_day(six: Six) -> None:
    no, yes = "no surgery by day 10", "surgery by day 10"
    cohort = du.landmark(*six, "death", at=10)
    assert placed(cohort) == [
        ("a", 10, True, yes),
        ("b", 20, False, yes),  # operated on the landmark itself
        ("c", 30, True, no),  # operated on day 20: what comes after the landmark changes no group
        ("d", 2, True, no),
        ("e", 15, True, no),
        ("f", 5, False, no),
    ]
    assert cohort.entry is None
    assert cohort.time_zero == "day 10 after first dose"
    assert left(cohort) == []


def test_landmark_leaves_out_events_and_ends_of_observation_on_or_before_it(six: Six) -> None:
    cohort = du.landmark(*six, "death", at=15)
    assert [row[0] for row in placed(cohort)] == ["a", "b", "c", "e"]
    assert left(cohort) == [("d", "Death on or before day 15"), ("f", "last observed on or before day 15")]
    # died on day 20 exactly: not at risk after it
    assert [row[0] for row in placed(du.landmark(*six, "death", at=20))] == ["b", "c", "e"]


def test_landmark_can_tell_durations_apart_where_they_are_known(six: Six) -> None:
    waiting = "no surgery by day 14"
    cohort = du.landmark(*six, "death", at=14, groups="duration")
    assert cohort.group is not None
    assert cohort.group.levels == (waiting, "short", "long")  # "long" has opened on day 10, nobody is in it yet
    assert [row[3] for row in placed(cohort)] == ["short", "short", waiting, waiting, waiting]
    # at 10 the second window, (10, ...], has not opened
    assert du.landmark(*six, "death", at=10, groups="duration").group.levels == ("no surgery by day 10", "short")  # type: ignore[union-attr]
    late = du.landmark(*six, "death", at=22, groups="duration")
    assert [(row[0], row[3]) for row in placed(late)] == [("b", "short"), ("c", "long"), ("e", "no surgery by day 22")]


def test_landmark_by_duration_leaves_out_a_duration_that_no_group_holds(tmp_path: Path) -> None:
    gap = STUDY.replace('{ name = "long", from = 10 }', '{ name = "long", from = 21 }')
    cohort = du.landmark(*read(tmp_path, PEOPLE, gap), "death", at=22, groups="duration")
    assert [row[0] for row in placed(cohort)] == ["b", "e"]
    assert left(cohort)[-1] == ("c", "duration between two declared groups")
    assert len(du.landmark(*read(tmp_path, PEOPLE, gap), "death", at=22)) == 3  # ended or not: c is in it


def test_no_time_is_guaranteed_after_a_landmark(six: Six) -> None:
    assert [row.days for row in du.guaranteed_time(du.landmark(*six, "death", at=10))] == [0, 0]


def test_landmark_hazard_ratio_of_one_pair_of_risk_sets(six: Six) -> None:
    """At 10: deaths after 2 (d, no), 10 (a, yes), 15 (e, no), 30 (c, no); at risk (no, yes): (4,2), (2,2), (2,1), (1,0)."""
    test = du.log_rank(du.landmark(*six, "death", at=10))
    assert [part["expected"] for part in test.parts] == pytest.approx(
        [4 / 6 + 2 / 4 + 2 / 3 + 1, 2 / 6 + 2 / 4 + 1 / 3]
    )


def test_landmark_refuses_in_words(six: Six) -> None:
    with pytest.raises(du.CannotEstimate, match="0 or more; it is -1"):
        du.landmark(*six, "death", at=-1)
    with pytest.raises(du.CannotEstimate, match="it is nan"):
        du.landmark(*six, "death", at=float("nan"))
    with pytest.raises(du.CannotEstimate, match="Nobody is left: last observed on or before day 41"):
        du.landmark(*six, "death", at=41)
    with pytest.raises(du.CannotEstimate, match="Everybody at risk after day 2 is in the group 'no surgery by day 2'"):
        du.landmark(*six, "death", at=2)
    with pytest.raises(du.CannotEstimate, match="'ended' or 'duration', not 'window'"):
        du.landmark(*six, "death", at=10, groups="window")  # type: ignore[arg-type]
    with pytest.raises(du.CannotEstimate, match="no outcome 'progression'"):
        du.landmark(*six, "progression", at=10)


def test_delayed_entry_puts_everybody_at_risk_from_their_own_surgery(six: Six) -> None:
    cohort = du.delayed_entry(*six, "death")
    assert placed(cohort) == [
        ("a", 20, True, "short"),
        ("b", 30, False, "short"),
        ("c", 40, True, "long"),
        ("e", 25, True, "long"),
    ]
    assert cohort.entry is not None
    assert cohort.entry.tolist() == [5, 10, 20, 24.5]  # e died on the day of surgery: half a day earlier
    assert cohort.time_zero == "first dose"
    assert left(cohort) == [("df", "no surgery: in no duration group")]
    (note,) = cohort.notes
    assert note.evidence["n"] == 1
    assert note.people == (4,)


def test_nobody_is_at_risk_before_the_group_is_known(six: Six) -> None:
    cohort = du.delayed_entry(*six, "death")
    assert [row.days for row in du.guaranteed_time(cohort)] == [0, 0]
    assert [row.total for row in du.guaranteed_time(cohort)] == [15 + 20, 20 + 0.5]
    # day 20: a dies; at risk are a and b (short); c is operated that very day and at risk only after it
    # day 25: e dies; at risk b, c, e.  day 40: c dies alone.
    test = du.log_rank(cohort)
    assert [part["expected"] for part in test.parts] == pytest.approx([1 + 1 / 3, 2 / 3 + 1])


def test_delayed_entry_leaves_out_who_has_no_time_after_surgery(tmp_path: Path) -> None:
    people = PEOPLE.replace("f,2020-01-01,,", "f,2020-01-01,2020-01-16,")  # last seen alive on the day of surgery
    cohort = du.delayed_entry(*read(tmp_path, people), "death")
    assert left(cohort) == [("d", "no surgery: in no duration group"), ("f", "last observed on the day of surgery")]


def test_delayed_entry_refuses_a_single_group(tmp_path: Path) -> None:
    one = STUDY.replace("to = 10", "to = 100").replace("from = 10", "from = 100")
    with pytest.raises(du.CannotEstimate, match="Only the duration group 'short' has patients"):
        du.delayed_entry(*read(tmp_path, PEOPLE, one), "death")


@pytest.mark.parametrize("design", ["landmark", "delayed_entry"])
def test_counts_are_drawn_rows_with_fresh_identifiers(tmp_path: Path, design: str) -> None:
    def made(six: Six, counts: np.ndarray | None = None) -> du.Cohort:
        if design == "landmark":
            return du.landmark(*six, "death", at=14, counts=counts)
        return du.delayed_entry(*six, "death", counts=counts)

    counts = np.array([2, 1, 1, 1, 2, 0])
    weighted = made(read(tmp_path, PEOPLE), counts)
    assert weighted.weights is not None
    assert weighted.weights.kind == "frequency"
    head, *lines = PEOPLE.splitlines()
    drawn = [f"{copy}{line}" for line, n in zip(lines, counts, strict=True) for copy in range(n)]
    repeated = made(read(tmp_path, "\n".join([head, *drawn]) + "\n"))
    assert len(repeated) == weighted.weights.values.sum()
    ours, theirs = du.log_rank(weighted), du.log_rank(repeated)
    assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-12)
    assert [part["observed"] for part in ours.parts] == [part["observed"] for part in theirs.parts]


def test_trace_says_when_a_patient_enters(six: Six) -> None:
    stages = {stage.name: stage.lines for stage in du.trace_patient(*six, "c")}
    assert any(
        "at risk after day 20 to day 40 since first dose in 'long'" in line for line in stages["delayed_entry / Death"]
    )
