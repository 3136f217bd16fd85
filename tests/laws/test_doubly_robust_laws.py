"""Doubly robust risks: the weighted estimator when the regressions are saturated, and right when either model is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import durata as du
from durata.designs.emulated.courses import Courses
from durata.estimate.emulated import effects_at

WINDOWS = (du.ending_window("short", 0, 2), du.ending_window("long", 2, 4))


DIES, ENDS = (0.06, 0.16), (0.40, 0.20)
"""Chances a month of dying and of ending treatment where the covariate is 0 and 1."""


def patients(seed: int, n: int, *, horizon: int = 8, excuses: bool = True) -> Courses:
    """Ending, excuse and death by a two-valued covariate, month by month and in this order; nobody leaves without the event."""
    draw = np.random.default_rng(seed)
    z = draw.random(n) < 0.5
    death = draw.geometric(np.where(z, DIES[1], DIES[0])) - 0.2
    ended = draw.geometric(np.where(z, ENDS[1], ENDS[0])) - 0.8
    excused = np.where((draw.random(n) < 0.3) & excuses, draw.geometric(0.15, n) - 0.5, np.nan)
    return du.patient_courses(
        np.minimum(death, horizon), (death <= horizon).astype(int), ended, horizon=horizon,
        excused_at=excused, covariates={"z": z.astype(float)},
    )  # fmt: skip


def doubly(trial: Any, **asked: Any) -> Any:
    return np.array([row["estimate"] for row in du.emulated_doubly_robust(trial, **asked).rows()])


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 1000),
    grace=st.sampled_from([("stochastic", "window"), ("stochastic", "uniform"), ("natural", "window")]),
    month=st.sampled_from([3, 8]),
)
def test_the_weighted_estimator_when_saturated(seed: int, grace: tuple[Any, Any], month: int) -> None:
    plan = du.EmulationPlan(
        (*WINDOWS, du.ending_window("not before 3", 3, None)), grace=grace[0], grace_share=grace[1], weights="empirical"
    )
    trial = du.emulate(patients(seed, 300), plan)
    weighted = effects_at(trial, month)
    expected = [weighted["survival", name] for name in trial.names]
    np.testing.assert_allclose(doubly(trial, at=month)[:3], expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("of_weights", "of_risk", "right"),
    [(("z",), (), True), ((), ("z",), True), (("z",), ("z",), True), ((), (), False)],
)
def test_unbiased_when_either_model_is_right(of_weights: Any, of_risk: Any, right: bool) -> None:
    survival = sum((1 - chance) ** 8 for chance in DIES) / 2  # ending has no effect
    found = []
    for seed in range(30):
        plan = du.EmulationPlan(WINDOWS, weights="empirical", covariates=of_weights)
        trial = du.emulate(patients(seed, 1500, excuses=False), plan)
        found.append(doubly(trial, covariates=of_risk)[:2])
    bias = np.mean(found, axis=0) - survival
    error = np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    if right:
        assert np.all(np.abs(bias) < 3.5 * error)
        assert np.all(error < 0.006)
    else:
        assert bias[0] > 0.02  # short durations are those of z = 0, who die later


def test_intervals_and_refusals() -> None:
    trial = du.emulate(patients(3, 400), du.EmulationPlan(WINDOWS, weights="empirical"))
    row = du.emulated_doubly_robust(trial, replicates=30, seed=2).rows()[-1]
    assert row["conf_low"] < row["estimate"] < row["conf_high"]
    assert row["n"] == 30
    with pytest.raises(du.CannotEstimate, match="at least 2 replicates"):
        du.emulated_doubly_robust(trial, replicates=1)
    exact = du.emulate(patients(3, 400), du.EmulationPlan(WINDOWS, weights="cox", grace="natural"))
    with pytest.raises(du.CannotEstimate, match="monthly weights"):
        du.emulated_doubly_robust(exact)
