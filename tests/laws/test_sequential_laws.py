"""Laws of sequential trials: the same as rows of persons, trials and months written out; order, units and draws change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from emulated_written_out import logistic, month, person_months
from hypothesis import given, settings
from hypothesis import strategies as st
from test_emulated_laws import HORIZON, patients

import durata as du
from durata.designs.sequential import sequential_trials_again
from durata.kernels.cubic_spline import default_knots

FOLLOW, LAST = 5, 8


def written_out(given_: dict[str, Any], going_on: int) -> tuple[Any, Any]:
    """(trials, 2, FOLLOW) weights at risk and with the event, one patient, trial and month at a time."""
    n = len(given_["time"])
    size, site = given_["covariates"]["size"], given_["covariates"]["site"]
    people = []
    for i in range(n):
        end = given_["time"][i]
        stop = given_["ended_at"][i] if given_["ended_at"][i] <= end else np.inf
        excuse = given_["excused_at"][i] if given_["excused_at"][i] <= end else np.inf
        people.append({"id": i, "end": end, "cause": given_["cause"][i], "stop": stop, "excuse": excuse,
                       "excused_first": excuse < stop, "x": [size[i], site[i]]})  # fmt: skip
    rows = person_months(people, LAST + going_on - 1)
    seen = [float(row["k"]) for row in rows if row["ends"]]
    p = logistic(rows, "ends", sorted(set(default_knots(np.array(seen), 4).tolist())), [3, 6], [])
    at_risk, events = np.zeros((LAST, 2, FOLLOW)), np.zeros((LAST, 2, FOLLOW))
    for trial in range(1, LAST + 1):
        for person in people:
            ended = month(person["stop"]) if not person["excused_first"] and np.isfinite(person["stop"]) else 10**6
            excused = month(person["excuse"]) if person["excused_first"] else 10**6
            if month(person["end"]) < trial or ended < trial or excused < trial:
                continue
            arm, weight = (0, 1 / p(trial, person["x"])) if ended == trial else (1, 1.0)
            for k in range(trial, trial + FOLLOW):
                if month(person["end"]) < k:
                    break
                if arm == 1 and k <= excused and k <= trial + going_on - 1:
                    if ended == k:
                        break
                    weight /= 1 - p(k, person["x"])
                at_risk[trial - 1, arm, k - trial] += weight
                if person["cause"] and month(person["end"]) == k:
                    events[trial - 1, arm, k - trial] += weight
    return at_risk, events


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 500), going_on=st.sampled_from([1, 3, FOLLOW]))
def test_the_same_as_rows_written_out(seed: int, going_on: int) -> None:
    given_ = patients(seed)
    trials = du.sequential_trials(
        du.patient_courses(**given_), follow=FOLLOW, last=LAST, going_on=going_on, spikes=(3, 6)
    )
    at_risk, events = written_out(given_, going_on)
    there = trials.month - 1
    np.testing.assert_allclose(trials.at_risk, at_risk[there], rtol=1e-8)
    np.testing.assert_allclose(trials.events[:, :, :, 0], events[there], rtol=1e-8, atol=1e-12)


def survival(trials: Any) -> Any:
    return np.array([row["estimate"] for row in du.sequential_survival(trials).at([1, FOLLOW]).rows()])


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 500), length=st.sampled_from([0.5, 7.0, 30.4375]))
def test_order_and_unit_of_time_change_nothing(seed: int, length: float) -> None:
    given_ = patients(seed)
    plain = survival(du.sequential_trials(du.patient_courses(**given_), follow=FOLLOW, loss=("size",)))
    order = np.random.default_rng(seed).permutation(len(given_["time"]))
    columns = {name: given_[name][order] for name in ("time", "cause", "ended_at", "excused_at", "lost")}
    for name in ("time", "ended_at", "excused_at"):
        columns[name] = columns[name] * length
    covariates = {name: column[order] for name, column in given_["covariates"].items()}
    other = du.patient_courses(**columns, covariates=covariates, horizon=HORIZON, interval=length)
    np.testing.assert_allclose(survival(du.sequential_trials(other, follow=FOLLOW, loss=("size",))), plain, rtol=1e-9)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 500))
def test_a_replicate_is_the_drawn_rows(seed: int) -> None:
    given_ = patients(seed)
    courses = du.patient_courses(**given_)
    counts = np.bincount(np.random.default_rng(seed).integers(0, 120, 120), minlength=120).astype(float)
    rows = np.repeat(np.arange(120), counts.astype(int))
    columns = {name: given_[name][rows] for name in ("time", "cause", "ended_at", "excused_at")}
    covariates = {name: column[rows] for name, column in given_["covariates"].items()}
    by_rows = du.patient_courses(**columns, covariates=covariates, horizon=HORIZON)
    drawn = du.sequential_trials(courses, follow=FOLLOW, last=LAST, counts=counts)
    np.testing.assert_allclose(
        survival(drawn), survival(du.sequential_trials(by_rows, follow=FOLLOW, last=LAST)), rtol=1e-9
    )
    again = sequential_trials_again(courses, drawn.plan, counts)
    np.testing.assert_array_equal(survival(again), survival(drawn))


def test_arms_of_a_null_cohort_agree_and_the_interval_holds_it() -> None:
    """Ending depends on a covariate that the event depends on too, and has no effect: unweighted arms differ, weighted ones do not."""
    draw = np.random.default_rng(5)
    n = 6000
    size = draw.normal(0, 1, n)
    death = draw.exponential(20 * np.exp(-0.8 * size))
    ended = draw.exponential(10 * np.exp(0.7 * size))
    courses = du.patient_courses(
        np.minimum(death, 20), (death <= 20).astype(int), ended, horizon=20, covariates={"size": size}
    )
    trials = du.sequential_trials(courses, follow=8, last=6, spikes=())
    (found,) = [
        row
        for row in du.sequential_intervals(trials, replicates=40, seed=3).rows()
        if row["term"] == "difference of survival"
    ]
    assert abs(found["estimate"]) < 3.5 * found["std_error"]
    assert 0.005 < found["std_error"] < 0.05
    crude = du.sequential_trials(courses, follow=8, last=6, spikes=(), covariates=())
    biased = [row["estimate"] for row in du.sequential_effects(crude).rows() if row["term"] == "difference of survival"]
    assert biased[0] > 5 * found["std_error"]
    with pytest.raises(du.CannotEstimate, match="a replicate themselves"):
        du.sequential_intervals(sequential_trials_again(courses, trials.plan, np.full(n, 2.0)), replicates=2)
