"""Laws of Cox regression that hold for every data set: order, units, repetition, strata, splitting, derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from durata.category import Category
from durata.cohort import Cohort, Weights
from durata.estimate.cox import cox
from durata.estimate.cox_checks import concordance, proportional_hazards_test, residuals
from durata.estimate.result import Effects, Summary
from durata.finding import CannotEstimate
from durata.kernels.concordance import count_pairs
from durata.kernels.newton import Status
from durata.kernels.partial_likelihood.exact import ExactLikelihood
from durata.kernels.partial_likelihood.fit import fit_cox, kept_columns
from durata.kernels.partial_likelihood.likelihood import PartialLikelihood
from durata.kernels.partial_likelihood.risk_order import RiskOrder, order_risk_sets

TIES: list[Literal["efron", "breslow"]] = ["efron", "breslow"]
few = settings(max_examples=25, deadline=None)


def drawn(seed: int, n: int = 40, *, tied: bool = True, entry: bool = False, strata: bool = False) -> Cohort:
    """A cohort with two covariates, half of it censored; whole (tied) times or continuous ones."""
    rng = np.random.default_rng(seed)
    length = rng.exponential(6.0, n) + 1.0
    begin = rng.integers(0, 6, n).astype(float)
    time = np.ceil(length) if tied else length
    return Cohort(
        person=np.arange(n),
        exit=time + begin if entry else time,
        event=rng.random(n) < 0.7,
        entry=begin if entry else None,
        group=Category(rng.integers(0, 2, n).astype(np.intp), ("a", "b")) if strata else None,
        covariates={"x": rng.normal(size=n), "z": rng.integers(0, 2, n).astype(float)},
    )


def fit(cohort: Cohort, terms: Any = ("x", "z"), **asked: Any) -> Effects:
    """Fit, leaving out the rare data set that has no estimate."""
    try:
        return cox(cohort, list(terms), **asked)
    except CannotEstimate:
        assume(False)
        raise


def same(one: Effects, other: Effects, tolerance: float = 1e-9) -> None:
    assert other.estimate == pytest.approx(one.estimate, rel=tolerance, abs=tolerance)
    assert other.covariance == pytest.approx(one.covariance, rel=tolerance, abs=tolerance)
    assert other.tests["likelihood_ratio"].statistic == pytest.approx(
        one.tests["likelihood_ratio"].statistic, rel=tolerance, abs=1e-8
    )


def same_tests(one: Summary, other: Summary) -> None:
    for a, b in zip(one.rows(), other.rows(), strict=True):
        assert (a["statistic"] is None) == (b["statistic"] is None)
        if a["statistic"] is not None:
            assert b["statistic"] == pytest.approx(a["statistic"], rel=1e-6, abs=1e-8)


seeds = st.integers(0, 10_000)


@few
@given(seeds, st.sampled_from(TIES), st.booleans(), st.booleans())
def test_the_order_of_rows_changes_nothing(seed: int, ties: Any, entry: bool, robust: bool) -> None:
    cohort = drawn(seed, entry=entry)
    shuffled = cohort.select(np.random.default_rng(seed + 1).permutation(len(cohort)))
    one, other = fit(cohort, ties=ties, robust=robust), fit(shuffled, ties=ties, robust=robust)
    same(one, other)
    assert other.concordance == pytest.approx(one.concordance, rel=1e-12)
    assert other.concordance_std_error == pytest.approx(one.concordance_std_error, rel=1e-9)
    same_tests(proportional_hazards_test(cohort, one), proportional_hazards_test(shuffled, other))


@few
@given(seeds, st.sampled_from(TIES), st.floats(-3, 3), st.booleans(), st.booleans())
def test_the_unit_of_time_changes_nothing(seed: int, ties: Any, power: float, tied: bool, entry: bool) -> None:
    cohort, unit = drawn(seed, tied=tied, entry=entry), 10.0**power
    scaled = cohort.select(
        slice(None),  # type: ignore[arg-type]
        exit=cohort.exit * unit,
        entry=None if cohort.entry is None else cohort.entry * unit,
    )
    one, other = fit(cohort, ties=ties), fit(scaled, ties=ties)
    same(one, other)
    assert other.concordance == pytest.approx(one.concordance, rel=1e-12)


@few
@given(seeds, st.sampled_from(TIES), st.floats(-1e4, 1e4), st.floats(-6, 6))
def test_shift_and_scale_of_a_covariate(seed: int, ties: Any, shift: float, power: float) -> None:
    cohort, scale = drawn(seed), 10.0**power
    x = cohort.covariates["x"]
    assert isinstance(x, np.ndarray)
    moved = cohort.with_columns(x=(x + shift) * scale)
    one, other = fit(cohort, ties=ties), fit(moved, ties=ties)
    factor = np.array([scale, 1.0])
    assert other.estimate * factor == pytest.approx(one.estimate, rel=1e-6, abs=1e-8)
    assert other.std_error * factor == pytest.approx(one.std_error, rel=1e-6)
    assert other.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-9)


@few
@given(seeds, st.sampled_from(["efron", "breslow", "exact"]), st.booleans(), st.booleans())
def test_frequency_weights_are_repeated_rows(seed: int, ties: Any, entry: bool, robust: bool) -> None:
    assume(not (ties == "exact" and robust))
    cohort = drawn(seed, 25, entry=entry)
    weights = np.random.default_rng(seed + 2).integers(0, 4, len(cohort))
    again = np.repeat(np.arange(len(cohort)), weights)
    repeated = cohort.select(again, person=np.arange(len(again)))
    weighted = cohort.select(np.arange(len(cohort)), weights=Weights(weights.astype(float), "frequency"))
    one, other = fit(repeated, ties=ties, robust=robust), fit(weighted, ties=ties, robust=robust)
    same(one, other)
    assert (other.n, other.n_events) == (one.n, one.n_events)
    assert other.settings["bic"] == pytest.approx(one.settings["bic"], rel=1e-9)
    assert set(other.tests) == set(one.tests)
    for name, test in one.tests.items():
        assert other.tests[name].statistic == pytest.approx(test.statistic, rel=1e-7, abs=1e-8)
    assert other.concordance == pytest.approx(one.concordance, rel=1e-10)
    assert other.concordance_std_error == pytest.approx(one.concordance_std_error, rel=1e-8)
    assert other.settings["means"] == pytest.approx(one.settings["means"], rel=1e-9, abs=1e-12)
    if ties != "exact":
        for transform in ("km", "rank"):
            same_tests(
                proportional_hazards_test(repeated, one, transform=transform),  # type: ignore[arg-type]
                proportional_hazards_test(weighted, other, transform=transform),  # type: ignore[arg-type]
            )
    assert concordance(weighted, other, weight="I").rows()[0]["estimate"] == pytest.approx(
        concordance(repeated, one, weight="I").rows()[0]["estimate"], rel=1e-9
    )


@few
@given(seeds, st.sampled_from(TIES), st.floats(0.01, 100))
def test_a_constant_factor_on_sampling_weights(seed: int, ties: Any, factor: float) -> None:
    cohort = drawn(seed)
    values = np.random.default_rng(seed + 3).uniform(0.2, 3.0, len(cohort))
    rows = np.arange(len(cohort))
    one = fit(cohort.select(rows, weights=Weights(values, "sampling")), ties=ties)
    other = fit(cohort.select(rows, weights=Weights(values * factor, "sampling")), ties=ties)
    assert one.robust
    assert other.estimate == pytest.approx(one.estimate, rel=1e-8, abs=1e-9)
    assert other.std_error == pytest.approx(one.std_error, rel=1e-8)
    assert np.diag(other.model_covariance) * factor == pytest.approx(np.diag(one.model_covariance), rel=1e-8)
    assert other.concordance_std_error == pytest.approx(one.concordance_std_error, rel=1e-8)


@few
@given(seeds, st.sampled_from(TIES), st.booleans())
def test_one_stratum_is_none(seed: int, ties: Any, entry: bool) -> None:
    from durata.terms import strata

    cohort = drawn(seed, entry=entry)
    same(fit(cohort, ties=ties), fit(cohort.with_columns(s=np.ones(len(cohort))), ["x", "z", strata("s")], ties=ties))


@settings(max_examples=10, deadline=None)
@given(seeds, st.sampled_from(TIES), st.booleans())
def test_many_small_strata_equal_few_sums(seed: int, ties: Any, late: bool) -> None:
    """More strata than are summed one by one: the likelihood is the sum of the strata's likelihoods."""
    rng = np.random.default_rng(seed)
    n = 1200
    stratum = rng.integers(0, 400, n)
    time, event, x = np.ceil(rng.exponential(4.0, n)), rng.random(n) < 0.8, rng.normal(size=(n, 1))
    entry = np.where(rng.random(n) < 0.5, -np.inf, time - rng.integers(1, 4, n)) if late else None
    order = order_risk_sets(time, event, stratum=stratum, entry=entry)
    assert order is not None
    whole = PartialLikelihood(order, kept_columns(order, x), None, ties == "efron")(np.array([0.5]))
    total, score, information = 0.0, 0.0, 0.0
    for code in np.unique(stratum):
        chosen = stratum == code
        part = order_risk_sets(time[chosen], event[chosen], entry=None if entry is None else entry[chosen])
        if part is not None:
            one = PartialLikelihood(part, kept_columns(part, x[chosen]), None, ties == "efron")(np.array([0.5]))
            total += one.log_likelihood
            score += one.score[0]
            information += one.information[0, 0]
    assert whole.log_likelihood == pytest.approx(total, rel=1e-10)
    assert whole.score[0] == pytest.approx(score, rel=1e-8, abs=1e-8)
    assert whole.information[0, 0] == pytest.approx(information, rel=1e-8)


@few
@given(seeds, st.sampled_from(["efron", "breslow", "exact"]), st.booleans())
def test_splitting_an_interval_changes_nothing(seed: int, ties: Any, entry: bool) -> None:
    cohort = drawn(seed, 30, entry=entry)
    rng = np.random.default_rng(seed + 4)
    begin = np.full(len(cohort), -np.inf) if cohort.entry is None else cohort.entry
    cut = np.where(np.isfinite(begin), begin, 0.0) + rng.uniform(0.1, 0.9, len(cohort)) * (
        cohort.exit - np.where(np.isfinite(begin), begin, 0.0)
    )
    split = rng.random(len(cohort)) < 0.5
    rows = np.concatenate([np.arange(len(cohort)), np.flatnonzero(split)])
    second = np.arange(len(rows)) >= len(cohort)
    first = ~second & split[rows]
    pieces = cohort.select(
        rows,
        entry=np.where(second, cut[rows], begin[rows]),
        exit=np.where(first, cut[rows], cohort.exit[rows]),
        event=cohort.event[rows] & ~first,
    )
    one, other = fit(cohort, ties=ties), fit(pieces, ties=ties)
    same(one, other, 1e-8)
    assert other.n_people == one.n_people
    if ties != "exact":
        same(fit(cohort, ties=ties, robust=True), fit(pieces, ties=ties, robust=True), 1e-8)
        # Whoever is split is never compared with itself: the concordance stays.
        assert other.concordance == pytest.approx(one.concordance, rel=1e-10)


@few
@given(seeds, st.booleans())
def test_without_ties_all_methods_are_one(seed: int, weighted: bool) -> None:
    cohort = drawn(seed, tied=False, entry=True)
    if weighted:
        values = np.random.default_rng(seed).uniform(0.2, 3.0, len(cohort))
        cohort = cohort.select(np.arange(len(cohort)), weights=Weights(values, "sampling"))
        same(fit(cohort, ties="breslow"), fit(cohort, ties="efron"))
    else:
        one = fit(cohort, ties="breslow")
        same(one, fit(cohort, ties="efron"))
        same(one, fit(cohort, ties="exact"))


def likelihoods(seed: int, entry: bool, strata: bool) -> list[Callable[[np.ndarray], Any]]:
    cohort = drawn(seed, 30, entry=entry, strata=strata)
    x = np.column_stack([cohort.covariates["x"], cohort.covariates["z"]])
    rng = np.random.default_rng(seed + 5)
    stratum = None if cohort.group is None else cohort.group.codes

    def order(weights: np.ndarray | None) -> RiskOrder:
        made = order_risk_sets(cohort.exit, cohort.event, entry=cohort.entry, stratum=stratum, weights=weights)
        assume(made is not None)
        assert made is not None
        return made

    plain, weighted = order(None), order(rng.uniform(0.3, 3.0, len(cohort)))
    known = rng.normal(size=len(cohort)) / 5
    return [
        PartialLikelihood(plain, kept_columns(plain, x), None, efron=True),
        PartialLikelihood(plain, kept_columns(plain, x), known[plain.rows], efron=False),
        PartialLikelihood(weighted, kept_columns(weighted, x), known[weighted.rows], efron=True),
        ExactLikelihood(plain, kept_columns(plain, x), known[plain.rows]),
    ]


@few
@given(seeds, st.booleans(), st.booleans(), st.floats(-1, 1), st.floats(-1, 1))
def test_score_and_information_are_the_derivatives(seed: int, entry: bool, strata: bool, a: float, b: float) -> None:
    at, h = np.array([a, b]), 1e-5
    for likelihood in likelihoods(seed, entry, strata):
        here = likelihood(at)
        for j in range(2):
            step = np.eye(2)[j] * h
            up, down = likelihood(at + step), likelihood(at - step)
            slope = (up.log_likelihood - down.log_likelihood) / (2 * h)
            assert here.score[j] == pytest.approx(slope, rel=1e-5, abs=1e-5)
            curvature = -(up.score - down.score) / (2 * h)
            assert here.information[j] == pytest.approx(curvature, rel=1e-5, abs=1e-5)


@few
@given(seeds, st.sampled_from(TIES), st.booleans())
def test_residuals_add_up_to_nothing(seed: int, ties: Any, entry: bool) -> None:
    cohort = drawn(seed, entry=entry)
    effects = fit(cohort, ties=ties)
    assert residuals(cohort, effects, "martingale").values.sum() == pytest.approx(0.0, abs=1e-9)
    for kind in ("score", "schoenfeld"):
        values = residuals(cohort, effects, kind).values  # type: ignore[arg-type]
        assert values.sum(axis=0) == pytest.approx(np.zeros(2), abs=1e-8)


@few
@given(seeds, st.booleans())
def test_somebody_entering_at_an_event_is_not_at_risk_at_it(seed: int, strict: bool) -> None:
    cohort = drawn(seed, entry=True)
    assert cohort.entry is not None
    times = np.unique(cohort.exit[cohort.event])
    # Between two event times it does not matter when somebody enters; at an event time it is as if just after it.
    last = np.array([times[times <= e].max(initial=-1.0) for e in cohort.entry])
    moved = np.where(last < 0, cohort.entry, last + (0.25 if strict else 0.0))
    assume(np.all(moved < cohort.exit))
    same(fit(cohort), fit(cohort.select(np.arange(len(cohort)), entry=moved)))


@few
@given(seeds, st.booleans(), st.booleans())
def test_concordance_is_what_counting_all_pairs_gives(seed: int, entry: bool, strata: bool) -> None:
    cohort = drawn(seed, 30, entry=entry, strata=strata)
    rng = np.random.default_rng(seed + 6)
    score = np.round(rng.normal(size=len(cohort)) * 2) / 2
    weights = rng.uniform(0.5, 2.0, len(cohort))
    stratum = np.zeros(len(cohort), dtype=int) if cohort.group is None else cohort.group.codes
    begin = np.full(len(cohort), -np.inf) if cohort.entry is None else cohort.entry
    counts = np.zeros(5)
    for i in np.flatnonzero(cohort.event):
        for j in range(len(cohort)):
            t, pair = cohort.exit[i], weights[i] * weights[j]
            if i == j or stratum[i] != stratum[j] or begin[j] >= t or cohort.exit[j] < t:
                continue
            if cohort.exit[j] == t and cohort.event[j]:
                counts[4 if score[i] == score[j] else 3] += pair / 2  # seen from both sides
            else:
                counts[0 if score[i] > score[j] else 1 if score[i] < score[j] else 2] += pair
    found = count_pairs(
        cohort.exit, cohort.event, score, entry=cohort.entry, stratum=stratum.astype(np.intp), weights=weights
    )
    ours = [found.concordant, found.discordant, found.tied_score, found.tied_time, found.tied_both]
    assert [values.sum() for values in ours] == pytest.approx(counts, rel=1e-9, abs=1e-9)
    # Each pair is in the influence of both its members.
    assert weights @ found.influence == pytest.approx(2 * counts[:3], rel=1e-9, abs=1e-9)


def anything(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray]:
    """A handful of people with few events: often without an estimate."""
    rng = np.random.default_rng(seed)
    n, p = int(rng.integers(5, 14)), int(rng.integers(1, 4))
    x = np.where(rng.random(p) < 0.5, rng.integers(0, 2, (n, p)), rng.normal(size=(n, p)))
    time, event = np.ceil(rng.exponential(4, n)), rng.random(n) < 0.5
    entry = np.where(rng.random(n) < 0.5, -np.inf, time - rng.integers(1, 4, n)) if seed % 2 else None
    return time, event, entry, x


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 100_000), st.sampled_from(TIES))
def test_separation_and_collinearity_are_found_exactly_where_they_are(seed: int, ties: Any) -> None:
    """Checked by linear programming: is there a direction along which no event is ever below anybody at risk with it?"""
    from scipy.optimize import linprog

    time, event, entry, x = anything(seed)
    order = order_risk_sets(time, event, entry=entry)
    assume(order is not None)
    assert order is not None
    apart = np.array(
        [
            x[i] - x[j]
            for i in np.flatnonzero(event)
            for j in range(len(time))
            if j != i and time[j] >= time[i] and (entry is None or entry[j] < time[i])
        ]
    ).reshape(-1, x.shape[1])
    if np.linalg.matrix_rank(apart, tol=1e-8) < x.shape[1]:
        truth = Status.COLLINEAR
    else:
        best = linprog(-apart.sum(axis=0), A_ub=-apart, b_ub=np.zeros(len(apart)), bounds=[(-1, 1)] * x.shape[1])
        truth = Status.SEPARATION if -best.fun > 1e-7 else Status.CONVERGED
    assert fit_cox(order, x, ties=ties).status == truth


@few
@given(seeds, st.booleans())
def test_sums_over_intervals_are_the_same_either_way(seed: int, strata: bool) -> None:
    cohort = drawn(seed, entry=True, strata=strata)
    stratum = None if cohort.group is None else cohort.group.codes
    order = order_risk_sets(cohort.exit, cohort.event, entry=cohort.entry, stratum=stratum)
    assert order is not None
    rng = np.random.default_rng(seed)
    values, per_time = rng.uniform(size=(2, len(order.rows))), rng.uniform(size=(2, order.n_times))
    assert order.over_risk_sets(values, careful=True) == pytest.approx(order.over_risk_sets(values), rel=1e-11)
    assert order.while_at_risk(per_time, careful=True) == pytest.approx(order.while_at_risk(per_time), rel=1e-11)


def test_a_small_risk_set_before_a_large_risk_keeps_its_digits() -> None:
    """Somebody 1e13 times as likely to fail comes only after others have failed: their likelihood must not notice."""
    time, event = np.array([2.0, 3.0, 4.0, 8.0, 9.0]), np.array([True, True, False, True, False])
    entry, x = np.array([0.0, 0.0, 0.0, 5.0, 5.0]), np.array([[1.0], [0.0], [0.5], [30.0], [29.0]])
    whole, alone = (order_risk_sets(time[rows], event[rows], entry=entry[rows]) for rows in (slice(None), slice(0, 3)))
    assert whole is not None
    assert alone is not None
    at = np.array([1.0])
    together = PartialLikelihood(whole, kept_columns(whole, x), None, efron=True)(at)
    earlier = PartialLikelihood(alone, kept_columns(alone, x[:3]), None, efron=True)(at)
    chance = 1 / (1 + np.exp(-1.0))  # that of the two who come later the likelier one fails
    assert together.log_likelihood - np.log(chance) == pytest.approx(earlier.log_likelihood, rel=1e-12)
    assert together.score[0] - (30 - (30 * chance + 29 * (1 - chance))) == pytest.approx(earlier.score[0], rel=1e-10)
