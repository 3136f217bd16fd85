"""Laws of searched cuts: row order, transformations of X, repeated rows, brute force over several cuts, tail integrals."""

from __future__ import annotations

from itertools import combinations, pairwise, permutations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from durata.cohort import Cohort, Weights
from durata.estimate.cut_stability import selected_cut_stability
from durata.estimate.cutpoint import cut_statistics, selected_cut, selected_cuts
from durata.finding import CannotEstimate
from durata.kernels.maximal_rank import best_cuts, cut_process, log_rank_scores, order_by_value, spread
from durata.kernels.maximal_rank_tail import (
    hothorn_lausen,
    lausen_sauerbrei_schumacher,
    maxima_of_permutations,
    normal_process,
)

seeds = st.integers(0, 10_000)
few = settings(max_examples=20, deadline=None)


def drawn(seed: int, n: int = 30, *, tied: bool = True) -> Cohort:
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 12, n).astype(float) if tied else rng.normal(size=n)
    return Cohort(
        person=np.arange(n),
        exit=np.ceil(rng.exponential(8.0, n)),
        event=(np.arange(n) < 3) | (rng.random(n) < 0.6),
        covariates={"x": x},
    )


@few
@given(seeds, st.booleans())
def test_row_order_changes_nothing(seed: int, tied: bool) -> None:
    cohort = drawn(seed, tied=tied)
    mixed = cohort.select(np.random.default_rng(seed + 1).permutation(len(cohort)))
    one, other = selected_cut(cohort, "x", permutations=49), selected_cut(mixed, "x", permutations=49)
    assert (one.statistic, one.p_value, one.settings["cut"]) == (other.statistic, other.p_value, other.settings["cut"])
    two, again = (selected_cuts(c, "x", permutations=19) for c in (cohort, mixed))
    assert (two.statistic, two.p_value, two.settings["cuts"]) == (
        again.statistic,
        again.p_value,
        again.settings["cuts"],
    )


@few
@given(seeds, st.booleans())
def test_an_increasing_transformation_selects_the_same_people(seed: int, tied: bool) -> None:
    cohort = drawn(seed, tied=tied)
    bent = cohort.with_columns(x=np.exp(np.asarray(cohort.column("x")) / 4.0))
    one, other = selected_cut(cohort, "x", permutations=49), selected_cut(bent, "x", permutations=49)
    assert other.statistic == one.statistic
    assert other.p_value == one.p_value
    assert other.settings["cut"] == pytest.approx(np.exp(one.settings["cut"] / 4.0), rel=1e-12)


@few
@given(seeds)
def test_turning_x_round_turns_the_process_round(seed: int) -> None:
    cohort = drawn(seed, tied=False)
    turned = cohort.with_columns(x=-np.asarray(cohort.column("x")))
    one = [row["statistic"] for row in cut_statistics(cohort, "x").rows()]
    other = [row["statistic"] for row in cut_statistics(turned, "x").rows()]
    assert other[::-1] == pytest.approx([-value for value in one], rel=1e-9, abs=1e-9)


@few
@given(seeds, st.floats(0.001, 1000))
def test_the_unit_of_time_changes_nothing(seed: int, unit: float) -> None:
    cohort = drawn(seed)
    other = cohort.select(np.arange(len(cohort)), exit=cohort.exit * unit)
    assert selected_cut(other, "x", permutations=19).statistic == selected_cut(cohort, "x", permutations=19).statistic


@few
@given(seeds)
def test_frequency_weights_are_repeated_rows(seed: int) -> None:
    cohort = drawn(seed)
    weights = np.random.default_rng(seed).integers(0, 3, len(cohort))
    assume(cohort.event[weights > 0].any() and weights.sum() > 10)
    again = np.repeat(np.arange(len(cohort)), weights)
    repeated = cohort.select(again, person=np.arange(len(again)))
    weighted = cohort.select(np.arange(len(cohort)), weights=Weights(weights.astype(float), "frequency"))
    one, other = (selected_cut(c, "x", permutations=49) for c in (repeated, weighted))
    assert (one.statistic, one.p_value, one.rows()) == (other.statistic, other.p_value, other.rows())
    assert other.settings["uncorrected"]["statistic"] == pytest.approx(
        one.settings["uncorrected"]["statistic"], rel=1e-9
    )


@few
@given(seeds, st.integers(1, 3), st.booleans())
def test_several_cuts_are_those_of_trying_all(seed: int, n_cuts: int, tied: bool) -> None:
    cohort = drawn(seed, 22, tied=tied)
    scores = log_rank_scores(cohort.exit, cohort.event)
    _, scores, ends = order_by_value(np.asarray(cohort.column("x")), scores)
    n, least = len(scores), 3
    centred = scores - scores.mean()
    best = -np.inf
    for chosen in combinations(ends[:-1].tolist(), n_cuts):
        bounds = [0, *chosen, n]
        sizes = np.diff(bounds)
        if sizes.min() >= least:
            sums = np.array([centred[a:b].sum() for a, b in pairwise(bounds)])
            best = max(best, float(np.sum(sums**2 / sizes)) * (n - 1) / float(centred @ centred))
    found, below = best_cuts(scores[None, :], ends, n_cuts, least)
    assert found[0] == pytest.approx(best, rel=1e-9)
    if np.isfinite(best):
        bounds = [0, *below.tolist(), n]
        sums = np.array([centred[a:b].sum() for a, b in pairwise(bounds)])
        assert np.sum(sums**2 / np.diff(bounds)) * (n - 1) / (centred @ centred) == pytest.approx(best, rel=1e-9)


@few
@given(seeds)
def test_one_of_several_cuts_is_the_selected_cut_squared(seed: int) -> None:
    cohort = drawn(seed)
    one, several = selected_cut(cohort, "x", permutations=9), selected_cuts(cohort, "x", n_cuts=1, permutations=9)
    assert several.statistic == pytest.approx(one.statistic**2, rel=1e-9)
    assert several.settings["cuts"] == (one.settings["cut"],)


def test_the_bound_is_above_what_all_orders_of_the_scores_give() -> None:
    scores = np.array([0, 0, 1, 2, 4, 5, 7])
    below = np.arange(1, 7)
    centred = scores - scores.mean()
    deviation = spread(below, scores.astype(float))
    observed = np.max(np.abs(np.cumsum(centred)[below - 1] / deviation))
    orders = np.array(list(permutations(centred)))
    maxima = np.max(np.abs(np.cumsum(orders, axis=1)[:, below - 1] / deviation), axis=1)
    truth = np.mean(maxima >= observed * (1 - 1e-10))
    bound = hothorn_lausen(scores, below)
    assert bound is not None
    assert truth <= bound <= 6 * truth
    dealt = maxima_of_permutations(scores.astype(float), below, deviation, 20_000, np.random.default_rng(3))
    assert np.mean(dealt >= observed * (1 - 1e-10)) == pytest.approx(truth, abs=4 * np.sqrt(truth / 20_000))


@settings(max_examples=10, deadline=None)
@given(st.floats(1.5, 4.0), st.integers(20, 60), st.integers(5, 15))
def test_the_normal_process_is_the_multivariate_normal(b: float, n: int, first: int) -> None:
    from scipy.stats import multivariate_normal

    m = np.array([first, first + 2])
    rho = np.sqrt(m[0] * (n - m[1]) / (m[1] * (n - m[0])))
    inside = multivariate_normal(cov=[[1, rho], [rho, 1]]).cdf([b, b], lower_limit=[-b, -b])
    assert normal_process(b, n, m) == pytest.approx(1 - inside, rel=1e-6, abs=1e-9)
    # The improved Bonferroni inequality lies above it, up to the approximation of its terms.
    assert lausen_sauerbrei_schumacher(b, n, m) >= normal_process(b, n, m) * 0.95  # type: ignore[operator]


def test_under_no_effect_the_corrected_p_value_is_uniform_and_the_ordinary_one_is_not() -> None:
    corrected, ordinary = [], []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        cohort = Cohort(
            np.arange(60), rng.exponential(size=60), rng.random(60) < 0.7, covariates={"x": rng.normal(size=60)}
        )
        test = selected_cut(cohort, "x", permutations=199, seed=seed)
        corrected.append(test.p_value)
        ordinary.append(test.settings["uncorrected"]["p_value"])
    assert 0.01 <= np.mean(np.array(corrected) <= 0.1) <= 0.19
    assert np.mean(np.array(ordinary) <= 0.05) > 0.15


def test_optimism_is_positive_without_an_effect_and_the_seed_decides() -> None:
    cohort = drawn(11, 60, tied=False)
    one, again = (selected_cut_stability(cohort, "x", replicates=60, seed=5).settings for _ in range(2))
    assert one == again
    assert one["optimism"] > 0
    assert abs(one["corrected_log_hazard_ratio"]) <= abs(one["log_hazard_ratio"])
    assert one["cut_low"] <= one["cut_high"]


def test_no_process_without_an_admissible_cut() -> None:
    assert len(cut_process(np.array([1.0, 1.0, 1.0]), np.array([0.5, -0.2, -0.3]), 0.1, 0.9).cut) == 0
    with pytest.raises(CannotEstimate, match="Widen the shares"):
        selected_cut(drawn(1).with_columns(x=np.ones(30)), "x")
