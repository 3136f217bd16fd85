"""Several landmarks and progression-free ones, of people one can count."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import durata as du


@pytest.fixture(scope="module")
def given() -> tuple[du.Study, du.Records]:
    study = du.read_study(du.example("stanford"))
    return study, du.read_records(study)


def test_a_stack_is_its_landmarks_one_after_the_other(given: tuple[du.Study, du.Records]) -> None:
    study, records = given
    stack = du.landmarks(study, records, "death", at=[30, 90], window=100)
    parts = [du.landmark(study, records, "death", at=day) for day in (30, 90)]
    assert len(stack) == sum(len(one) for one in parts)
    np.testing.assert_array_equal(stack.exit, np.minimum(np.concatenate([one.exit for one in parts]), 100))
    ends = np.concatenate([one.event & (one.exit <= 100) for one in parts])
    np.testing.assert_array_equal(stack.event, ends)
    np.testing.assert_array_equal(stack.covariates["landmark"], np.repeat([30.0, 90.0], [len(one) for one in parts]))
    at_both = stack.person[stack.covariates["landmark"] == 90]
    assert set(at_both) <= set(stack.person[stack.covariates["landmark"] == 30])


def test_event_free_at_the_landmark(given: tuple[du.Study, du.Records]) -> None:
    study, records = given
    start = records.dates["accept.dt"]
    plain = du.landmark(study, records, "death", at=30)
    first, second, third = plain.person[:3]
    progressed = np.full(len(records), np.nan)
    progressed[first], progressed[second], progressed[third] = (
        start[first] + 30,  # on the landmark: not event-free
        start[second] + 31,  # after it
        start[third] - 5,  # before the start
    )
    made = replace(records, dates={**records.dates, "progressed": progressed})
    free = du.landmark(study, made, "death", at=30, event_free_of=["progressed"])
    assert set(plain.person) - set(free.person) == {first, third}
    with pytest.raises(du.CannotEstimate, match="hold no dates 'relapse'"):
        du.landmark(study, made, "death", at=30, event_free_of=["relapse"])


def test_a_landmark_with_one_group_is_left_out_with_a_note(given: tuple[du.Study, du.Records]) -> None:
    stack = du.landmarks(*given, "death", at=[30, 90, 5000])
    assert sorted(set(stack.covariates["landmark"])) == [30, 90]
    assert "5000" in stack.notes[0].message


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"at": [30]}, "at least two"), ({"at": [60, 30]}, "increasing"), ({"at": [30, 60], "window": 0}, "positive number"),
     ({"at": [5000, 6000]}, "No landmark has both groups")],
)  # fmt: skip
def test_refusals(given: tuple[du.Study, du.Records], asked: dict[str, Any], said: str) -> None:
    with pytest.raises(du.CannotEstimate, match=said):
        du.landmarks(*given, "death", **asked)


def test_states_that_never_change_are_refused(given: tuple[du.Study, du.Records]) -> None:
    fixed = du.landmark(*given, "death", at=30)
    for asked in (du.mantel_byar, du.simon_makuch, du.ended_by_duration):
        with pytest.raises(du.CannotEstimate, match="group changes over time"):
            asked(fixed)
    moving = du.time_dependent(*given, "death")
    with pytest.raises(du.CannotEstimate, match="as they were observed"):
        du.ended_hazard_ratios(moving, du.ended_by_duration(moving), at=[1000])


def test_simon_makuch_of_four_people_by_hand() -> None:
    # b ends on day 2, c on day 4; deaths: a on 3, b on 5, d on 6
    cohort = du.cohort_from_arrays(
        time=[3, 2, 5, 4, 7, 6], entry=[0, 0, 2, 0, 4, 0], event=[1, 0, 1, 0, 0, 1],
        group=["before", "before", "after", "before", "after", "before"], person=[1, 2, 2, 3, 3, 4],
    )  # fmt: skip
    ordered = replace(
        cohort, group=du.categorise(["before", "before", "after", "before", "after", "before"], ["before", "after"])
    )
    read = {row["group"]: row["estimate"] for row in du.simon_makuch(ordered, at=1).at(5).rows()}
    assert read == {"before": 0, "after": 0.5}  # a of a, c, d on day 3, then d alone; b of b and c on day 5
    read = {row["group"]: row["estimate"] for row in du.simon_makuch(ordered, at=1).at(4).rows()}
    assert read == {"before": pytest.approx(2 / 3), "after": 0.5}
