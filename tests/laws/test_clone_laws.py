"""Laws of cloned arms: the same as rows split at every time, equal before anybody can deviate, free of unit and order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import durata as du
from durata.designs.emulated.within_grace import ClonedArms
from durata.door import cohort_from_arrays

GRACE = 20.0


def patients(seed: int, n: int = 80) -> dict[str, Any]:
    """Patients whose treatment and death depend on age; days are whole, so that there are ties of every kind."""
    draw = np.random.default_rng(seed)
    age, frail = draw.normal(0, 1, n), draw.normal(0, 1, n)
    death = np.ceil(draw.exponential(60 * np.exp(-0.4 * age)))
    end = np.minimum(death, draw.integers(15, 90, n))
    treated = np.ceil(draw.exponential(25 * np.exp(0.3 * age + 0.2 * frail)))
    return {
        "time": end,
        "event": (death <= end).astype(int),
        "treated_at": np.where(treated <= end, treated, np.nan),
        "covariates": {"age": age, "frail": frail},
        "grace": GRACE,
    }


def split_rows(arms: ClonedArms) -> du.Cohort:
    """The classic way: every clone split at every time anybody's follow-up ends, each row with its own weight."""
    cuts = np.unique(np.concatenate([arm.exit for arm in arms.arms]))
    columns: dict[str, list[Any]] = {name: [] for name in ("person", "entry", "time", "event", "group", "weights")}
    for arm in arms.arms:
        for person in range(len(arms.person)):
            start = 0.0
            for stop in cuts[(cuts <= arm.exit[person]) & (cuts > 0)]:
                columns["person"].append(person)
                columns["entry"].append(start)
                columns["time"].append(stop)
                columns["event"].append(int(arm.event[person] and stop == arm.exit[person]))
                columns["group"].append(arm.name)
                jumps = arm.weights.time <= start
                hazard = arm.weights.cumulative[jumps][-1] if jumps.any() else 0.0
                columns["weights"].append(np.exp(hazard * arm.weights.relative_risk[person]))
                start = float(stop)
    return cohort_from_arrays(**columns, weight_kind="sampling")


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000), ties=st.sampled_from(["efron", "breslow"]))
def test_the_same_as_rows_split_at_every_time(seed: int, ties: Any) -> None:
    arms = du.clones_within_grace(**patients(seed), ties=ties)
    rows = split_rows(arms)
    ours, theirs = du.cloned_survival(arms), du.kaplan_meier(rows, by="group")
    for group in ours.groups:
        mine, split = ours.group(group), theirs.group(group)
        places = np.searchsorted(split.time, mine.time)
        np.testing.assert_allclose(mine.estimate, split.estimate[places], rtol=1e-10)
        np.testing.assert_allclose(mine.at_risk, split.at_risk[places], rtol=1e-10)
        np.testing.assert_allclose(mine.events, split.events[places], rtol=1e-10, atol=1e-12)
    direct = du.cloned_hazard_ratio(arms, ties=ties)
    classic = du.cox(rows, [du.factor("group", reference="not treated")], ties=ties, cluster="person")
    np.testing.assert_allclose(direct.estimate, classic.estimate, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(direct.std_error, classic.std_error, rtol=1e-8)
    np.testing.assert_allclose(direct.model_covariance, classic.model_covariance, rtol=1e-8)
    np.testing.assert_allclose(direct.log_likelihood, classic.log_likelihood, rtol=1e-10)


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_both_strategies_agree_exactly_before_anybody_deviates(seed: int) -> None:
    all_of = patients(seed)
    late = np.where(all_of["treated_at"] < 10, np.nan, all_of["treated_at"])  # nobody is treated before day 10
    arms = du.clones_within_grace(**{**all_of, "treated_at": late})
    first = min(float(arm.exit[arm.censored].min()) for arm in arms.arms)
    days = np.arange(first).tolist()
    read = [row["estimate"] for row in du.cloned_survival(arms).at(days).rows()]
    assert read[: len(days)] == read[len(days) :]
    assert read[len(days) - 1] < 1  # somebody had died by then


@settings(max_examples=10)
@given(seed=st.integers(0, 10_000), scale=st.sampled_from([1 / 30.4375, 7.0, 1000.0]))
def test_the_unit_of_time_changes_nothing(seed: int, scale: float) -> None:
    days = patients(seed)
    other = {
        **days,
        "time": days["time"] * scale,
        "treated_at": days["treated_at"] * scale,
        "grace": days["grace"] * scale,
    }
    first, second = du.clones_within_grace(**days), du.clones_within_grace(**other)
    for one, two in zip(du.cloned_survival(first).stretches, du.cloned_survival(second).stretches, strict=True):
        np.testing.assert_allclose(two.estimate, one.estimate, rtol=1e-9)
    ratios = [float(du.cloned_hazard_ratio(arms).estimate[0]) for arms in (first, second)]
    assert ratios[0] == pytest.approx(ratios[1], rel=1e-7, abs=1e-9)


@settings(max_examples=10)
@given(seed=st.integers(0, 10_000))
def test_counts_are_drawn_rows_in_any_order(seed: int) -> None:
    all_of = patients(seed)
    draw = np.random.default_rng(seed)
    rows = draw.integers(0, 80, 80)
    drawn = {
        **{name: all_of[name][rows] for name in ("time", "event", "treated_at")},
        "covariates": {name: column[rows] for name, column in all_of["covariates"].items()},
        "grace": GRACE,
    }
    first = du.clones_within_grace(**drawn)
    second = du.clones_within_grace(**all_of, counts=np.bincount(rows, minlength=80))
    assert sorted(second.person.tolist()) == sorted(rows.tolist())
    for one, two in zip(du.cloned_survival(first).stretches, du.cloned_survival(second).stretches, strict=True):
        np.testing.assert_allclose(two.estimate, one.estimate, rtol=1e-9)
    ours, theirs = du.cloned_hazard_ratio(first), du.cloned_hazard_ratio(second)
    np.testing.assert_allclose(
        [ours.estimate, ours.std_error], [theirs.estimate, theirs.std_error], rtol=1e-7, atol=1e-9
    )
