"""Sequential trials of eight people one can count: who is in which trial, with which weight, and what comes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import durata as du
from durata.designs.emulated.courses import Courses

# 1 and 2 end in month 1, 3 and 4 in month 2, 7 in month 3 after being excused in month 2; 5, 6 and 8 never end
TIME = [1.5, 4, 2.5, 4, 0.8, 2.2, 4, 4]
CAUSE = [1, 0, 1, 0, 1, 1, 0, 0]
ENDED = [0.5, 0.5, 1.5, 1.5, None, None, 2.5, None]
EXCUSED = [None, None, None, None, None, None, 1.2, None]


def people(times: int = 1, **more: Any) -> Courses:
    given: dict[str, Any] = {"time": TIME, "cause": CAUSE, "ended_at": ENDED, "excused_at": EXCUSED, **more}
    repeated = {name: list(column) * times for name, column in given.items()}
    return du.patient_courses(**repeated, horizon=4)


def test_who_is_in_which_trial() -> None:
    trials = du.sequential_trials(people(), follow=2, weights="empirical")
    assert trials.month.tolist() == [1, 2]
    assert trials.eligible.tolist() == [8, 5]  # 5 has died; 1 and 2 have ended
    assert trials.ended.tolist() == [2, 2]
    assert trials.left_out == (3,)  # 7 was excused before: nobody ends treatment in month 3
    assert [row["n"] for row in du.sequential_flow(trials).rows()] == [8, 2, 6, 5, 2, 3]


def test_weights_and_events_of_each_trial() -> None:
    trials = du.sequential_trials(people(), follow=2, weights="empirical")
    # trial 1: 2 of 8 end, each stands for 4; the 6 others for 4/3 each, of whom 3 and 4 end in month 2 (2 of 5 obliged)
    np.testing.assert_allclose(trials.at_risk[0], [[8, 8], [8, 3 * 4 / 3 * 5 / 3]], rtol=1e-12)
    np.testing.assert_allclose(trials.events[0, :, :, 0], [[0, 4], [4 / 3, 0]], rtol=1e-12)
    # trial 2: 2 of 5 end, each stands for 2.5; the 3 others for 5/3, and nobody obliged ends in month 3
    np.testing.assert_allclose(trials.at_risk[1], [[5, 5], [5, 5]], rtol=1e-12)
    np.testing.assert_allclose(trials.events[1, :, :, 0], [[0, 2.5], [0, 5 / 3]], rtol=1e-12)


def test_pooled_survival() -> None:
    trials = du.sequential_trials(people(), follow=2, weights="empirical")
    found = {(row["group"], row["time"]): row["estimate"] for row in du.sequential_survival(trials).at([1, 2]).rows()}
    assert found["end now", 1] == 1
    assert found["end now", 2] == pytest.approx(1 - (0.25 * 4 + 0.4 * 2.5) / (0.25 * 8 + 0.4 * 5))
    assert found["go on", 1] == pytest.approx(11 / 12)
    assert found["go on", 2] == pytest.approx(0.75)


def test_pooled_by_the_number_eligible() -> None:
    trials = du.sequential_trials(people(), follow=2, weights="empirical", pooling="eligible")
    found = {(row["group"], row["time"]): row["estimate"] for row in du.sequential_survival(trials).at([2]).rows()}
    assert found["end now", 2] == pytest.approx(1 - (4 + 2.5) / 13)
    assert found["go on", 2] == pytest.approx((1 - (4 / 3) / 13) * (1 - (5 / 3) / (20 / 3 + 5)))


def test_going_on_for_one_month_asks_nothing_later() -> None:
    trials = du.sequential_trials(people(), follow=3, going_on=1, weights="empirical")
    assert trials.names == ("end now", "go on for 1 more")
    # 3 and 4, who end in month 2, stay in "go on" of trial 1; the dead of month 3 are 3 and 6
    np.testing.assert_allclose(trials.at_risk[0, 1], [8, 5 * 4 / 3, 5 * 4 / 3], rtol=1e-12)
    np.testing.assert_allclose(trials.events[0, 1, :, 0], [4 / 3, 0, 8 / 3], rtol=1e-12)


def test_effects_and_the_size_behind_them() -> None:
    trials = du.sequential_trials(people(10), follow=2, weights="empirical")
    rows = {(row["term"], row["group"]): row["estimate"] for row in du.sequential_effects(trials).rows()}
    assert rows["difference of survival", "end now"] == pytest.approx(-0.25)
    assert rows["ratio of risks", "end now"] == pytest.approx(2)
    assert rows["restricted mean", "end now"] == pytest.approx(1 + 0.75)
    assert rows["restricted mean", "go on"] == pytest.approx((1 + 11 / 12) / 2 + (11 / 12 + 0.75) / 2)
    # one patient is in both trials of "go on": person-trials of the same patient are added up first
    now, on = (trials.effective_sample_size(arm, 1) for arm in (0, 1))
    assert now == pytest.approx(40**2 / (10 * (1 + 1 + 1 + 1)))
    both, first = 0.25 * 4 / 3 + 0.4 * 5 / 3, 0.25 * 4 / 3
    assert on == pytest.approx(40**2 / (10 * (3 * both**2 + 3 * first**2)))


def test_few_effective_patients_have_no_number() -> None:
    rows = du.sequential_effects(du.sequential_trials(people(), follow=2, weights="empirical")).rows()
    assert all(row["estimate"] is None and "equally weighted" in row["note"] for row in rows)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"follow": 5}, "followed for 1 to 4"),
        ({"follow": 2, "last": 4}, "begin in months 1 to 3"),
        ({"follow": 2, "going_on": 3}, "1 to 2 months"),
        ({"follow": 2, "pooling": "all"}, "'ended' or 'eligible'"),
        ({"follow": 2, "first": 3}, "no trial to pool"),
    ],
)
def test_what_cannot_be_is_refused_in_words(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(du.CannotEstimate, match=said):
        du.sequential_trials(people(), weights="empirical", **asked)
