"""Laws of tables, proportions and odds: what may not change the answer, what must bound it, and coverage by counting."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from durata.kernels.common_odds import conditional_odds, mantel_haenszel
from durata.kernels.contingency import adjusted_residuals, chi_square, expected_counts, likelihood_ratio, trend
from durata.kernels.exact_tables import fisher_exact
from durata.kernels.multiplicity import ADJUSTMENTS, Adjustment, adjusted_p_values
from durata.kernels.proportions import clopper_pearson_limits, newcombe_limits, wilson_limits

QUICK = settings(max_examples=40, deadline=None)
shapes = st.tuples(st.integers(2, 4), st.integers(2, 3))
tables = shapes.flatmap(lambda shape: arrays(np.int64, shape, elements=st.integers(0, 5)))
two_by_two = arrays(np.int64, (2, 2), elements=st.integers(0, 15))


def can_be_tested(table: np.ndarray) -> bool:
    return bool(np.count_nonzero(table.sum(axis=0)) > 1 and np.count_nonzero(table.sum(axis=1)) > 1)


@QUICK
@given(tables, st.randoms(use_true_random=False))
def test_order_and_direction_of_a_table_change_nothing(table: np.ndarray, random: Any) -> None:
    assume(can_be_tested(table))
    rows, columns = list(range(table.shape[0])), list(range(table.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    moved = table[rows][:, columns].T
    assert fisher_exact(moved).p_value == pytest.approx(fisher_exact(table).p_value, rel=1e-9)
    assert chi_square(moved).p_value == pytest.approx(chi_square(table).p_value, rel=1e-9)
    assert likelihood_ratio(moved).p_value == pytest.approx(likelihood_ratio(table).p_value, rel=1e-9, abs=1e-15)


@QUICK
@given(tables)
def test_a_level_with_nobody_changes_nothing(table: np.ndarray) -> None:
    assume(can_be_tested(table))
    wider = np.vstack(
        [np.column_stack([table, np.zeros(len(table), dtype=int)]), np.zeros(table.shape[1] + 1, dtype=int)]
    )
    assert fisher_exact(wider) == fisher_exact(table)
    assert chi_square(wider) == chi_square(table)


@QUICK
@given(tables)
def test_p_values_are_probabilities_and_the_likeliest_table_has_one(table: np.ndarray) -> None:
    assume(can_be_tested(table))
    p = fisher_exact(table).p_value
    assert 0 < p <= 1 + 1e-12
    assert 0 <= chi_square(table).p_value <= 1
    assert expected_counts(table).sum() == pytest.approx(table.sum())
    # residuals weighted by the root of the expected counts leave nothing over in a row
    residual = (table - expected_counts(table)).sum(axis=1)
    assert residual == pytest.approx(np.zeros(len(table)), abs=1e-9)
    assert np.isfinite(adjusted_residuals(table)).sum() <= table.size


@QUICK
@given(st.integers(2, 4), st.integers(2, 3), st.integers(1, 4))
def test_equal_shares_everywhere_have_p_one(r: int, c: int, k: int) -> None:
    table = np.full((r, c), k)
    assert fisher_exact(table).p_value == pytest.approx(1)
    assert chi_square(table).p_value == pytest.approx(1)


@QUICK
@given(two_by_two)
def test_two_by_two_is_fishers_odds_ratio_test(table: np.ndarray) -> None:
    assume(can_be_tested(table))
    odds = conditional_odds(table)
    assert odds.p_value == pytest.approx(fisher_exact(table).p_value, rel=1e-9)
    # the outcome itself is in both tails
    assert odds.p_less + odds.p_greater >= 1 - 1e-12


@QUICK
@given(two_by_two)
def test_exchanging_the_columns_inverts_the_odds_ratio(table: np.ndarray) -> None:
    assume(can_be_tested(table))
    one, other = conditional_odds(table), conditional_odds(table[:, ::-1])
    with np.errstate(divide="ignore"):
        assert np.float64(1) / other.odds_ratio == pytest.approx(one.odds_ratio, rel=1e-8)
        assert np.float64(1) / other.high == pytest.approx(one.low, rel=1e-8)
    assert one.low <= one.odds_ratio <= one.high
    assert one.p_value == pytest.approx(other.p_value, rel=1e-9)


@QUICK
@given(two_by_two)
def test_the_exact_limits_are_where_the_tails_are_a_fortieth(table: np.ndarray) -> None:
    assume(can_be_tested(table))
    assume(conditional_odds(table).low > 0)
    from scipy.stats import nchypergeom_fisher

    (a, b), (c, d) = table
    low = conditional_odds(table).low
    assert nchypergeom_fisher.sf(a - 1, a + b + c + d, a + b, a + c, low) == pytest.approx(0.025, rel=1e-6)


@QUICK
@given(two_by_two)
def test_one_stratum_of_mantel_haenszel_is_the_plain_odds_ratio(table: np.ndarray) -> None:
    assume(np.all(table > 0))
    (a, b), (c, d) = table
    found = mantel_haenszel(table[None])
    assert found.odds_ratio == pytest.approx(a * d / (b * c))
    doubled = mantel_haenszel(np.stack([table, table]))
    assert doubled.odds_ratio == pytest.approx(found.odds_ratio)
    assert doubled.test.statistic == pytest.approx(2 * found.test.statistic)


@QUICK
@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)), min_size=2, max_size=5),
    st.floats(-5, 5),
    st.floats(0.1, 9),
)
def test_trend_does_not_mind_how_scores_are_counted(groups: list[tuple[int, int]], start: float, step: float) -> None:
    x = np.array([min(hits, n) for hits, n in groups])
    n = np.array([n for _, n in groups])
    found = trend(x, n)
    assume(not np.isnan(found.statistic))
    scores = start + step * np.arange(len(n))
    assert trend(x, n, scores).statistic == pytest.approx(found.statistic, rel=1e-6, abs=1e-9)
    assert trend(x[::-1], n[::-1]).statistic == pytest.approx(found.statistic, rel=1e-9, abs=1e-12)
    assert trend(n - x, n).statistic == pytest.approx(found.statistic, rel=1e-9, abs=1e-12)


@QUICK
@given(st.integers(0, 60), st.integers(1, 60), st.floats(0.5, 0.999))
def test_limits_of_a_share(x: int, n: int, level: float) -> None:
    assume(x <= n)
    for limits in (wilson_limits, clopper_pearson_limits):
        low, high = limits(x, n, level)
        assert 0 <= low <= x / n <= high <= 1
        mirrored = limits(n - x, n, level)
        assert (1 - mirrored[1], 1 - mirrored[0]) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))


@QUICK
@given(st.integers(0, 30), st.integers(1, 30), st.integers(0, 30), st.integers(1, 30))
def test_limits_of_a_difference(x: int, m: int, y: int, n: int) -> None:
    assume(x <= m and y <= n)
    low, high = newcombe_limits(x, m, y, n)
    assert -1 - 1e-12 <= low <= x / m - y / n <= high <= 1 + 1e-12
    other = newcombe_limits(y, n, x, m)
    assert (low, high) == (pytest.approx(-other[1], abs=1e-12), pytest.approx(-other[0], abs=1e-12))


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5])
def test_clopper_pearson_covers_at_least_what_it_says_and_wilson_nearly(share: float) -> None:
    """Coverage by adding up the binomial distribution, 40 persons."""
    from scipy.stats import binom

    x = np.arange(41)
    chance = binom.pmf(x, 40, share)

    def coverage(limits: Any) -> float:
        low, high = limits(x, np.full(41, 40))
        return float(chance[(low <= share) & (share <= high)].sum())

    assert coverage(clopper_pearson_limits) >= 0.95
    assert 0.92 < coverage(wilson_limits) < 0.99


@QUICK
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.sampled_from(ADJUSTMENTS))
def test_adjusting_never_lowers_a_p_value_nor_changes_their_order(p: list[float], method: Adjustment) -> None:
    adjusted = adjusted_p_values(p, method)
    assert np.all(adjusted >= np.array(p) - 1e-15)
    assert np.all(adjusted <= 1)
    order = np.argsort(p, kind="stable")
    assert np.all(np.diff(adjusted[order]) >= -1e-12)
    # one that was not tested is no member of the family
    with_hole = adjusted_p_values([*p, np.nan], method)
    assert np.isnan(with_hole[-1])
    assert with_hole[:-1] == pytest.approx(adjusted)


@QUICK
@given(st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_the_adjustments_are_ordered_by_how_much_they_assume(p: list[float]) -> None:
    found = {
        method: adjusted_p_values(p, method) for method in ("bonferroni", "holm", "hochberg", "hommel", "bh", "by")
    }  # type: ignore[arg-type]
    for stricter, milder in (
        ("bonferroni", "holm"),
        ("holm", "hochberg"),
        ("hochberg", "hommel"),
        ("hommel", "bh"),
        ("by", "bh"),
    ):
        assert np.all(found[milder] <= found[stricter] + 1e-12)


def test_a_simulation_says_its_error_and_repeats_itself() -> None:
    table = np.array([[8, 2, 1, 0], [3, 6, 2, 1], [1, 2, 7, 3]])
    exact = fisher_exact(table)
    one, two = (fisher_exact(table, work_limit=1, n_simulated=20_000, seed=seed) for seed in (1, 2))
    assert exact.n_simulated == 0
    assert exact.monte_carlo_error == 0
    assert one == fisher_exact(table, work_limit=1, n_simulated=20_000, seed=1)
    assert one.p_value != two.p_value
    for drawn in (one, two):
        assert drawn.n_simulated == 20_000
        assert drawn.monte_carlo_error == pytest.approx(np.sqrt(drawn.p_value * (1 - drawn.p_value) / 20_000))
        assert abs(drawn.p_value - exact.p_value) < 5 * drawn.monte_carlo_error


def test_a_table_beyond_the_limit_is_simulated() -> None:
    table = np.arange(36).reshape(6, 6) % 7 + 3
    found = fisher_exact(table, n_simulated=5_000)
    assert found.n_simulated == 5_000
    assert found.p_value == pytest.approx(chi_square(table).p_value, abs=0.05)
