"""What must hold of log-rank tests whatever the data."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from curve_cohorts import cohorts, split
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from durata.category import Category
from durata.cohort import Cohort
from durata.estimate.result import Test
from durata.estimate.tests import log_rank, log_rank_trend, pairwise_log_rank
from durata.finding import CannotEstimate
from durata.kernels.multiplicity import adjusted_p_values

quick = settings(max_examples=40, deadline=None)


def answer(cohort: Cohort, **how: Any) -> Test | None:
    """The test, or None where there is nothing to compare (which must then hold on both sides of a law)."""
    try:
        return log_rank(cohort, **how)
    except CannotEstimate:
        return None


def same(one: Test | None, two: Test | None) -> None:
    assert (one is None) == (two is None)
    assume(one is not None and two is not None)
    assert one.df == two.df
    np.testing.assert_allclose([one.statistic, one.p_value], [two.statistic, two.p_value], rtol=1e-8, atol=1e-10)
    for a, b in zip(one.parts, two.parts, strict=True):
        assert a["group"] == b["group"]
        np.testing.assert_allclose([a["observed"], a["expected"]], [b["observed"], b["expected"]], atol=1e-9)


@quick
@given(cohorts(groups=3), st.integers(0, 99), st.sampled_from([0.0, 1.0]))
def test_row_order_changes_nothing(cohort: Cohort, seed: int, rho: float) -> None:
    order = np.random.default_rng(seed).permutation(len(cohort))
    same(answer(cohort, rho=rho), answer(cohort.select(order), rho=rho))


@quick
@given(cohorts(groups=3), st.permutations(["g0", "g1", "g2"]))
def test_order_of_the_groups_changes_nothing(cohort: Cohort, levels: list[str]) -> None:
    group = cohort.group
    assert group is not None
    place = np.array([levels.index(name) for name in group.levels])
    reordered = answer(replace(cohort, group=Category(place[group.codes], tuple(levels))))
    whole = answer(cohort)
    assert (whole is None) == (reordered is None)
    if whole is not None and reordered is not None:
        np.testing.assert_allclose(whole.statistic, reordered.statistic, rtol=1e-8, atol=1e-10)
        assert whole.df == reordered.df


@quick
@given(cohorts(fractions=True), st.floats(1e-3, 1e3))
def test_unit_of_time_changes_nothing(cohort: Cohort, unit: float) -> None:
    entry = None if cohort.entry is None else cohort.entry * unit
    same(answer(cohort), answer(replace(cohort, exit=cohort.exit * unit, entry=entry)))


@quick
@given(cohorts(weights="frequency", groups=3), st.sampled_from([0.0, 1.0]))
def test_frequency_weights_are_repeated_persons(cohort: Cohort, rho: float) -> None:
    assert cohort.weights is not None
    repeated = cohort.select(np.repeat(np.arange(len(cohort)), cohort.weights.values.astype(int)))
    same(answer(cohort, rho=rho), answer(replace(repeated, weights=None), rho=rho))


@quick
@given(cohorts(groups=3))
def test_one_stratum_is_no_stratum(cohort: Cohort) -> None:
    one = cohort.with_columns(centre=Category(np.zeros(len(cohort), dtype=np.intp), ("only",)))
    same(answer(cohort), answer(one, strata="centre"))


@quick
@given(cohorts(), st.integers(1, 12))
def test_splitting_an_interval_changes_nothing(cohort: Cohort, at: int) -> None:
    same(answer(cohort), answer(split(cohort, at)))


@quick
@given(cohorts(groups=3), st.sampled_from([0.0, 1.0]))
def test_observed_and_expected_have_the_same_sum(cohort: Cohort, rho: float) -> None:
    test = answer(cohort, rho=rho)
    assume(test is not None)
    assert sum(p["observed"] for p in test.parts) == pytest.approx(sum(p["expected"] for p in test.parts))
    np.testing.assert_allclose(np.sum(test.settings["variance"], axis=0), 0.0, atol=1e-9)


@quick
@given(cohorts())
def test_two_groups_pairwise_overall_and_trend_are_one_test(cohort: Cohort) -> None:
    test = answer(cohort)
    assume(test is not None)
    (pair,) = pairwise_log_rank(cohort).rows()
    assert pair["statistic"] == pytest.approx(test.statistic, rel=1e-8, abs=1e-10)
    assert pair["p_adjusted"] == pair["p_value"]
    assert log_rank_trend(cohort).statistic == pytest.approx(test.statistic, rel=1e-8, abs=1e-10)


@quick
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_adjusted_p_values_are_ordered_and_at_least_the_raw_ones(p: list[float]) -> None:
    holm, hochberg, bonferroni = (adjusted_p_values(p, how) for how in ("holm", "hochberg", "bonferroni"))
    bh, by = adjusted_p_values(p, "bh"), adjusted_p_values(p, "by")
    for values in (holm, hochberg, bonferroni, bh, by):
        assert all(raw <= value + 1e-15 and value <= 1 for raw, value in zip(p, values, strict=True))
        ordered = [value for _, value in sorted(zip(p, values, strict=True))]
        assert all(a <= b + 1e-15 for a, b in pairwise(ordered))
    assert all(a <= b + 1e-15 and b <= c + 1e-15 for a, b, c in zip(hochberg, holm, bonferroni, strict=True))
