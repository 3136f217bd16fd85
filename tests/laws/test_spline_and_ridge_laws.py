"""Laws of splines and of ridge: straight truths, units, shifts, repeated rows, no penalty, row order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from durata.cohort import Cohort, Weights
from durata.estimate.cox import cox, likelihood_ratio_test
from durata.estimate.nonlinearity import hazard_ratio_curve, nonlinearity_test
from durata.estimate.result import Effects
from durata.estimate.ridge import ridge_cox
from durata.finding import CannotEstimate
from durata.kernels.cubic_spline import default_knots, restricted_cubic_basis
from durata.terms import spline, strata

seeds = st.integers(0, 10_000)
few = settings(max_examples=20, deadline=None)


def drawn(seed: int, n: int = 120) -> Cohort:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return Cohort(
        person=np.arange(n),
        exit=np.ceil(rng.exponential(10.0 * np.exp(-0.5 * x))),
        event=rng.random(n) < 0.8,
        covariates={"x": x, "z": rng.integers(0, 2, n).astype(float)},
    )


def log_ratios(cohort: Cohort, effects: Effects, at: Any, reference: float) -> np.ndarray:
    return np.array(
        [row["estimate"] for row in hazard_ratio_curve(cohort, effects, "x", at=at, reference=reference).rows()]
    )


@few
@given(seeds, st.integers(3, 6), st.floats(0.01, 100), st.floats(-50, 50))
def test_shift_and_scale_of_the_number_change_no_curve(seed: int, knots: int, factor: float, shift: float) -> None:
    cohort = drawn(seed)
    x = np.asarray(cohort.column("x"))
    moved = cohort.with_columns(x=x * factor + shift)
    at = np.quantile(x, [0.1, 0.5, 0.9])
    one, other = (cox(c, [spline("x", knots), "z"]) for c in (cohort, moved))
    assert other.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-9)
    assert log_ratios(moved, other, at * factor + shift, at[1] * factor + shift) == pytest.approx(
        log_ratios(cohort, one, at, at[1]), rel=1e-5, abs=1e-6
    )
    tests = [nonlinearity_test(c, e, "x").rows() for c, e in ((cohort, one), (moved, other))]
    for a, b in zip(*tests, strict=True):
        assert b["statistic"] == pytest.approx(a["statistic"], rel=1e-5, abs=1e-6)


@few
@given(seeds)
def test_nonlinearity_is_the_test_of_two_nested_models(seed: int) -> None:
    cohort = drawn(seed)
    curved, straight = cox(cohort, [spline("x", 4), "z"]), cox(cohort, ["x", "z"])
    rows = nonlinearity_test(cohort, curved, "x").rows()
    assert rows[0]["statistic"] == pytest.approx(
        2 * (curved.log_likelihood - straight.log_likelihood), rel=1e-7, abs=1e-8
    )
    overall = likelihood_ratio_test(cox(cohort, ["z"]), curved)
    assert (rows[2]["statistic"], rows[2]["df"]) == (pytest.approx(overall.statistic, rel=1e-7), overall.df)


@few
@given(seeds, st.integers(3, 7))
def test_a_spline_is_straight_beyond_its_outer_knots_and_smooth_between(seed: int, number: int) -> None:
    knots = default_knots(np.random.default_rng(seed).normal(size=150), number)
    for far in (knots[0] - np.array([1.0, 2.0, 3.0]), knots[-1] + np.array([1.0, 2.0, 3.0])):
        values = restricted_cubic_basis(far, knots)
        assert values[:, 2] - values[:, 1] == pytest.approx(values[:, 1] - values[:, 0], rel=1e-8, abs=1e-9)
    h = 1e-4
    for knot in knots:
        left, here, right = restricted_cubic_basis(knot + np.array([-h, 0.0, h]), knots).T
        assert (right - here) / h == pytest.approx((here - left) / h, abs=100 * h)


def test_a_straight_truth_is_seldom_called_curved() -> None:
    p_values = []
    for seed in range(100):
        cohort = drawn(seed, 150)
        p_values.append(nonlinearity_test(cohort, cox(cohort, [spline("x", 3)]), "x").rows()[0]["p_value"])
    assert 0.005 <= np.mean(np.array(p_values) < 0.1) <= 0.21


@few
@given(seeds)
def test_frequency_weights_are_repeated_rows(seed: int) -> None:
    cohort = drawn(seed, 60)
    weights = np.random.default_rng(seed).integers(0, 4, len(cohort))
    again = np.repeat(np.arange(len(cohort)), weights)
    repeated = cohort.select(again, person=np.arange(len(again)))
    weighted = cohort.select(np.arange(len(cohort)), weights=Weights(weights.astype(float), "frequency"))
    one, other = cox(repeated, [spline("x", 3)]), cox(weighted, [spline("x", 3)])
    assert other.design.parts[0].codings[0].knots == one.design.parts[0].codings[0].knots
    assert other.estimate == pytest.approx(one.estimate, rel=1e-7, abs=1e-8)
    pulled, also = (ridge_cox(c, ["x", "z"], penalty=3.0) for c in (repeated, weighted))
    assert also.estimate == pytest.approx(pulled.estimate, rel=1e-8, abs=1e-9)
    assert also.settings["std_error_2"] == pytest.approx(pulled.settings["std_error_2"], rel=1e-8)


@few
@given(seeds, st.sampled_from(["efron", "breslow"]), st.booleans())
def test_no_ridge_is_the_ordinary_model(seed: int, ties: Any, stratified: bool) -> None:
    cohort = drawn(seed, 60)
    terms = ["x", strata("z")] if stratified else ["x", "z"]
    one, other = cox(cohort, terms, ties=ties), ridge_cox(cohort, terms, penalty=0.0, ties=ties)
    assert other.estimate == pytest.approx(one.estimate, rel=1e-9, abs=1e-10)
    assert other.covariance == pytest.approx(one.covariance, rel=1e-8, abs=1e-10)
    assert other.settings["std_error_2"] == pytest.approx(one.std_error.tolist(), rel=1e-8)
    assert other.settings["effective_df"] == pytest.approx(len(one.estimate), rel=1e-9)
    assert other.tests["likelihood_ratio"].p_value == pytest.approx(one.tests["likelihood_ratio"].p_value, rel=1e-6)


@few
@given(seeds, st.floats(0.01, 100), st.floats(-5, 5), st.floats(0.1, 50))
def test_a_scaled_ridge_does_not_know_units_and_no_ridge_knows_shifts(
    seed: int, factor: float, shift: float, penalty: float
) -> None:
    cohort = drawn(seed, 60)
    moved = cohort.with_columns(x=np.asarray(cohort.column("x")) * factor + shift)
    one, other = (ridge_cox(c, ["x", "z"], penalty=penalty) for c in (cohort, moved))
    assert other.estimate * [factor, 1.0] == pytest.approx(one.estimate, rel=1e-7, abs=1e-9)
    shifted = cohort.with_columns(x=np.asarray(cohort.column("x")) + shift)
    plain, same = (ridge_cox(c, ["x", "z"], penalty=penalty, scale=False) for c in (cohort, shifted))
    assert same.estimate == pytest.approx(plain.estimate, rel=1e-7, abs=1e-9)


@few
@given(seeds)
def test_a_larger_penalty_draws_nearer_to_zero_and_row_order_changes_nothing(seed: int) -> None:
    cohort = drawn(seed, 60)
    sizes = [np.sum(ridge_cox(cohort, ["x"], penalty=p).estimate ** 2) for p in (0.0, 1.0, 10.0, 1000.0)]
    assert sizes == sorted(sizes, reverse=True)
    mixed = cohort.select(np.random.default_rng(seed).permutation(len(cohort)))
    one, other = (ridge_cox(c, ["x", "z"], penalty=2.0) for c in (cohort, mixed))
    assert other.estimate == pytest.approx(one.estimate, rel=1e-9, abs=1e-10)


@few
@given(seeds, st.floats(0.5, 20))
def test_the_ridge_estimate_is_where_the_penalised_likelihood_is_largest(seed: int, penalty: float) -> None:
    cohort = drawn(seed, 40)
    effects = ridge_cox(cohort, ["x"], penalty=penalty, scale=False)
    best = effects.log_likelihood - effects.settings["penalty_taken"]
    at = float(effects.estimate[0])
    assert effects.settings["penalty_taken"] == pytest.approx(penalty * at**2 / 2, rel=1e-9)
    x = np.asarray(cohort.column("x"))
    for b in (at - 0.05, at + 0.05):
        known = cohort.with_columns(known=b * x, tiny=np.random.default_rng(1).normal(size=len(x)))
        try:
            there = cox(known, ["tiny", _offset()]).log_likelihood_null
        except CannotEstimate:
            assume(False)
        assert there - penalty * b**2 / 2 < best


def _offset() -> Any:
    from durata.terms import offset

    return offset("known")
