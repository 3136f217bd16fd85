"""Laws that every estimator keeps, or a refusal in words where it does not take what the law is about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from cohorts_drawn import drawn, in_unit, pieces, repeated
from estimators_listed import ESTIMATORS, FEATURES, Estimator, asked, told
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import durata as du
from durata.cohort import Cohort, Weights

few = settings(max_examples=3, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate), database=None)
seeds = st.integers(0, 100_000)
every = pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: estimator.name)
WORDS = {"note", "method", "row"}
COUNTS = {"n", "at_risk", "events", "censored", "observed", "expected", "person_time"}
Rows = list[dict[str, Any]]


def same(
    one: Rows | str,
    two: Rows | str,
    *,
    without: set[str] | frozenset[str] = frozenset(),
    times: Mapping[str, float] | None = None,
) -> None:
    """Both refused, or the same numbers in the same rows, the columns of ``times`` multiplied in the first."""
    if isinstance(one, str) or isinstance(two, str):
        assert isinstance(one, str), f"answered, then refused: {two}"
        assert isinstance(two, str), f"refused, then answered: {one}"
        return
    assert len(one) == len(two)
    for k, (a, b) in enumerate(zip(one, two, strict=True)):
        assert a.keys() == b.keys()
        for name in a.keys() - WORDS - without:
            if isinstance(a[name], (int, float)):
                assert b[name] is not None, (k, name, a, b)
                factor = 1.0 if times is None else times.get(name, 1.0)
                assert b[name] == pytest.approx(a[name] * factor, rel=1e-6, abs=1e-9 * factor), (k, name, a, b)
            else:
                assert a[name] == b[name], (k, name, a, b)


def in_any_order(rows: Rows | str, repeats: np.ndarray | None = None) -> Rows | str:
    """Answers about single rows without saying whose they are, in an order of their own; each so many times."""
    if isinstance(rows, str) or not rows or "row" not in rows[0]:
        return rows
    if repeats is not None:
        rows = [row for row in rows for _ in range(int(repeats[row["row"]]))]
    return sorted(
        ({name: value for name, value in row.items() if name != "row"} for row in rows),
        key=lambda row: [float(f"{value:.7g}") for value in row.values()],
    )


def refused(estimator: Estimator, feature: str, cohort: Cohort) -> None:
    """The estimator does not take the feature, and says so."""
    answer = asked(estimator, cohort)
    assert isinstance(answer, str), f"{estimator.name} is listed as refusing {feature}, and answered"
    assert re.search(estimator.refuses[feature], answer), answer


def test_the_list_names_every_estimator_once_and_only_known_features() -> None:
    assert len({estimator.name for estimator in ESTIMATORS}) == len(ESTIMATORS)
    assert {feature for estimator in ESTIMATORS for feature in estimator.refuses} <= set(FEATURES)


@every
def test_a_plain_cohort_has_an_answer_in_numbers(estimator: Estimator) -> None:
    answer = asked(estimator, drawn(3, 60))
    assert isinstance(answer, list), answer
    numbers = [value for row in answer for value in row.values() if isinstance(value, float)]
    assert numbers
    assert np.all(np.isfinite(numbers))


@every
@few
@given(seeds)
def test_frequency_weights_are_repeated_rows(estimator: Estimator, seed: int) -> None:
    cohort = drawn(seed, entry="entry" not in estimator.refuses, weights="frequency")
    if "frequency" in estimator.refuses:
        return refused(estimator, "frequency", cohort)
    assert cohort.weights is not None
    weighted = in_any_order(asked(estimator, cohort), cohort.weights.values)
    return same(weighted, in_any_order(asked(estimator, repeated(cohort))), without=set(estimator.random))


@every
@few
@given(seeds, st.sampled_from([1e-3, 0.5, 7.0, 1e3]))
def test_a_constant_factor_on_sampling_weights_changes_nothing(estimator: Estimator, seed: int, factor: float) -> None:
    cohort = drawn(seed, entry="entry" not in estimator.refuses, weights="sampling")
    if "sampling" in estimator.refuses:
        return refused(estimator, "sampling", cohort)
    assert cohort.weights is not None
    heavier = replace(cohort, weights=Weights(cohort.weights.values * factor, "sampling"))
    one, two = asked(estimator, cohort), asked(estimator, heavier)
    if isinstance(one, list) and isinstance(two, list):
        one, two = ([row for row in rows if "whole" not in row] for rows in (one, two))
    return same(one, two, without=COUNTS | set(estimator.grows))


@every
@few
@given(seeds)
def test_delayed_entry_is_taken_or_refused(estimator: Estimator, seed: int) -> None:
    """Entry before everything is no entry; entry at time zero keeps only who was there to be seen, all of them here."""
    if "entry" in estimator.refuses:
        return refused(estimator, "entry", drawn(seed, entry=True))
    cohort = drawn(seed)
    always = replace(cohort, entry=np.full(len(cohort), -np.inf))
    same(asked(estimator, cohort), asked(estimator, always), without=set(estimator.random))
    return same(asked(estimator, cohort), asked(estimator, replace(cohort, entry=np.zeros(len(cohort)))))


@every
@few
@given(seeds, st.integers(1, 6), st.booleans())
def test_splitting_an_interval_changes_nothing(estimator: Estimator, seed: int, at: int, entry: bool) -> None:
    cohort = drawn(seed, entry=entry and "entry" not in estimator.refuses)
    if "rows" in estimator.refuses:
        return refused(estimator, "rows", pieces(cohort, at))
    if estimator.name.startswith(("residuals", "linear_predictor")):
        return None  # answers about rows; that those of a person add up is in test_cox_laws
    one, two = asked(estimator, cohort), asked(estimator, pieces(cohort, at))
    if isinstance(one, list) and isinstance(two, list):
        # A predicted curve has a row wherever a row of the cohort ends; only those with an event are a step.
        one, two = ([row for row in rows if row.get("events") != 0.0 or "time" not in row] for rows in (one, two))
    without = {"n", "censored"} if estimator.family != "curves" else set()
    return same(one, two, without=without | set(estimator.by_row))


@every
@few
@given(seeds)
def test_row_order_changes_nothing(estimator: Estimator, seed: int) -> None:
    cohort = drawn(seed, entry="entry" not in estimator.refuses)
    order = np.random.default_rng(seed).permutation(len(cohort))
    one, two = asked(estimator, cohort), asked(estimator, cohort.select(order))
    same(in_any_order(one), in_any_order(two), without=set(estimator.random))


@every
@few
@given(seeds, st.sampled_from([1e-3, 1 / 30.4375, 7.0, 1e3]))
def test_the_unit_of_time_changes_nothing(estimator: Estimator, seed: int, unit: float) -> None:
    cohort = drawn(seed, entry="entry" not in estimator.refuses)
    times = {name: unit**power for name, power in estimator.dimension.items()}
    same(asked(estimator, cohort), asked(estimator, in_unit(cohort, unit), unit), times=times)


@pytest.mark.parametrize("estimator", [e for e in ESTIMATORS if e.coefficients], ids=lambda estimator: estimator.name)
@few
@given(seeds, st.sampled_from([1e-8, 1e-3, -2.0, 1e3, 1e8]), st.sampled_from([0.0, -3.0, 40.0]))
def test_shift_and_scale_of_a_covariate(estimator: Estimator, seed: int, scale: float, shift: float) -> None:
    cohort = drawn(seed)
    x, z = cohort.covariates["x"], cohort.covariates["z"]
    moved = cohort.with_columns(x=(np.asarray(x) + shift) * scale, z=np.asarray(z) - shift)
    one, two = asked(estimator, cohort), asked(estimator, moved)
    if isinstance(one, str) or isinstance(two, str):
        return same(one, two)
    for a, b in zip(one, two, strict=True):
        if a.get("term") == "x":
            low, high = b["conf_low"] * scale, b["conf_high"] * scale
            b |= {"estimate": b["estimate"] * scale, "std_error": b["std_error"] * abs(scale)}
            b |= {"conf_low": min(low, high), "conf_high": max(low, high), "statistic": b["statistic"] * np.sign(scale)}
    kept = [[row for row in rows if row.get("term") in ("x", "z")] for rows in (one, two)]
    assert len(kept[0]) == 2
    return same(kept[0], kept[1])


@pytest.mark.parametrize(
    "estimator", [e for e in ESTIMATORS if e.stratified is not None], ids=lambda estimator: estimator.name
)
@few
@given(seeds)
def test_one_stratum_is_no_stratum(estimator: Estimator, seed: int) -> None:
    cohort = drawn(seed, entry="entry" not in estimator.refuses)
    assert estimator.stratified is not None
    with_strata = replace(estimator, ask=lambda cohort, unit: estimator.stratified(cohort, unit, "one"))  # type: ignore[misc]
    if "strata" in estimator.refuses:
        return refused(with_strata, "strata", cohort)
    return same(asked(estimator, cohort), asked(with_strata, cohort), without={"group"} | set(estimator.random))


@pytest.mark.parametrize(
    "estimator", [e for e in ESTIMATORS if e.clustered is not None], ids=lambda estimator: estimator.name
)
@few
@given(seeds, st.sampled_from([None, "sampling"]))
def test_clusters_of_one_person_are_persons(estimator: Estimator, seed: int, weights: Any) -> None:
    """And clusters of several leave the estimate where it was, with another standard error."""
    cohort = drawn(seed, entry="entry" not in estimator.refuses, weights=weights)
    answers = []
    for cluster in ("person", "each", "ward"):
        assert estimator.clustered is not None
        try:
            answers.append(told(estimator.clustered(cohort, 1.0, cluster)))
        except du.CannotEstimate:
            return
    same(answers[0], answers[1])
    for one, other in zip(answers[0], answers[2], strict=True):
        assert (one.get("estimate") is None) == (other.get("estimate") is None)
        if one.get("estimate") is not None:
            assert one["estimate"] == pytest.approx(other["estimate"], rel=1e-9, abs=1e-12)
    return
