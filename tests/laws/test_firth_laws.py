"""Laws of Firth's penalised Cox model: solved independently, profiled independently, order, units, repetition, strata."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from firth_written_out import WrittenOut
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from durata.category import Category
from durata.cohort import Cohort, Weights
from durata.estimate.cox import cox
from durata.estimate.firth import firth_cox
from durata.estimate.result import Effects
from durata.finding import CannotEstimate
from durata.kernels.partial_likelihood.firth import FirthLikelihood, fit_firth
from durata.kernels.partial_likelihood.fit import kept_columns
from durata.kernels.partial_likelihood.risk_order import order_risk_sets
from durata.terms import strata

TIES = ["efron", "breslow"]
few = settings(max_examples=20, deadline=None)
fewer = settings(max_examples=8, deadline=None)
seeds = st.integers(0, 10_000)


def drawn(seed: int, n: int = 24, *, tied: bool = True, entry: bool = False, separated: bool = False) -> Cohort:
    """A small cohort with two covariates and few events; ``separated``: nobody with z = 1 has the event."""
    rng = np.random.default_rng(seed)
    length = rng.exponential(5.0, n) + 1.0
    begin = rng.integers(0, 4, n).astype(float)
    time = np.ceil(length) if tied else length
    z = rng.integers(0, 2, n).astype(float)
    return Cohort(
        person=np.arange(n),
        exit=time + begin if entry else time,
        event=(rng.random(n) < 0.5) & ~(separated & (z == 1)),
        entry=begin if entry else None,
        group=Category(rng.integers(0, 2, n).astype(np.intp), ("a", "b")),
        covariates={"x": rng.normal(size=n), "z": z},
    )


def fit(cohort: Cohort, terms: Any = ("x", "z"), **asked: Any) -> Effects:
    """Fit, leaving out the rare data set in which nobody has the event or a column says nothing."""
    try:
        return firth_cox(cohort, list(terms), **asked)
    except CannotEstimate as refused:
        assume("Nobody" not in str(refused) and "hazard" not in str(refused) and "collinear" not in str(refused))
        raise


def same(one: Effects, other: Effects, tolerance: float = 1e-8) -> None:
    assert other.estimate == pytest.approx(one.estimate, rel=tolerance, abs=tolerance)
    assert other.covariance == pytest.approx(one.covariance, rel=tolerance, abs=tolerance)
    assert other.statistic == pytest.approx(one.statistic, rel=tolerance, abs=1e-6)
    for mine, theirs in zip(one.interval(), other.interval(), strict=True):
        assert theirs == pytest.approx(mine, rel=tolerance, abs=tolerance)
    assert other.tests["likelihood_ratio"].statistic == pytest.approx(
        one.tests["likelihood_ratio"].statistic, rel=tolerance, abs=1e-8
    )


@few
@given(seeds, st.sampled_from(TIES), st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_the_score_equations_solved_by_scipy(
    seed: int, ties: str, entry: bool, separated: bool, stratified: bool, weighted: bool
) -> None:
    cohort = drawn(seed, entry=entry, separated=separated)
    if weighted:
        counts = np.random.default_rng(seed + 1).integers(0, 3, len(cohort)).astype(float)
        assume(counts[cohort.event].sum() > 0)
        cohort = replace(cohort, weights=Weights(counts, "frequency"))
    effects = fit(cohort, ["x", "z", strata("group")] if stratified else ["x", "z"], ties=ties)
    written = WrittenOut(cohort, ["x", "z"], ties, strata=stratified)
    left = written.score(effects.estimate) * effects.std_error
    assert left == pytest.approx(np.zeros(2), abs=1e-9)
    assert effects.estimate == pytest.approx(written.maximum(near=np.zeros(2)), rel=1e-7, abs=1e-7)
    assert effects.log_likelihood == pytest.approx(written.value(effects.estimate).real, rel=1e-10)
    assert effects.log_likelihood_null == pytest.approx(written.value(np.zeros(2)).real, rel=1e-10)
    assert effects.settings["log_likelihood_unpenalised"] == pytest.approx(
        written.value(effects.estimate, penalty=False).real, rel=1e-10
    )


@fewer
@given(seeds, st.sampled_from(TIES), st.booleans(), st.sampled_from([0.8, 0.95]))
def test_profile_limits_and_tests_by_scipy(seed: int, ties: str, separated: bool, conf_level: float) -> None:
    cohort = drawn(seed, separated=separated)
    effects = fit(cohort, ties=ties, conf_level=conf_level)
    written = WrittenOut(cohort, ["x", "z"], ties)
    for j in range(2):
        for limit in (ends[j] for ends in effects.interval()):
            there = written.maximum(j, limit, effects.estimate)
            fall = 2 * (effects.log_likelihood - written.value(there).real)
            assert chi2.cdf(fall, 1) == pytest.approx(conf_level, abs=1e-8)
        none = written.maximum(j, 0.0, effects.estimate)
        fall = 2 * (effects.log_likelihood - written.value(none).real)
        assert effects.statistic[j] ** 2 == pytest.approx(fall, rel=1e-6, abs=1e-8)
        assert effects.p_value[j] == pytest.approx(chi2.sf(max(fall, 0.0), 1), rel=1e-6, abs=1e-6)
        assert np.sign(effects.statistic[j]) == np.sign(effects.estimate[j])


@few
@given(seeds, st.sampled_from(TIES), st.floats(-2, 2), st.floats(-2, 2), st.booleans(), st.booleans())
def test_the_two_ways_to_the_modified_score_agree(
    seed: int, ties: str, a: float, b: float, entry: bool, stratified: bool
) -> None:
    """One sweep over the rows, every risk set by itself, and the derivative of the likelihood written out."""
    cohort = drawn(seed, entry=entry)
    assert cohort.group is not None
    x = np.column_stack([np.asarray(cohort.covariates[name]) for name in ("x", "z")])
    counts = np.random.default_rng(seed + 2).integers(1, 4, len(cohort)).astype(float)
    order = order_risk_sets(
        cohort.exit,
        cohort.event,
        entry=cohort.entry,
        stratum=cohort.group.codes if stratified else None,
        weights=counts,
        frequency=True,
    )
    assume(order is not None)
    assert order is not None
    likelihood = FirthLikelihood(order, kept_columns(order, x), None, ties == "efron")
    at = np.array([a, b])
    swept, visited = likelihood(at), likelihood.set_by_set(at @ likelihood.x)
    assume(np.isfinite(visited.log_likelihood))
    assert swept.log_likelihood == pytest.approx(visited.log_likelihood, rel=1e-9)
    assert swept.score == pytest.approx(visited.score, rel=1e-7, abs=1e-7)
    assert swept.information == pytest.approx(visited.information, rel=1e-8, abs=1e-10)
    cohort = replace(cohort, weights=Weights(counts, "frequency"))
    written = WrittenOut(cohort, ["x", "z"], ties, strata=stratified)
    assert visited.log_likelihood == pytest.approx(written.value(at).real, rel=1e-9)
    assert visited.score == pytest.approx(written.score(at), rel=1e-7, abs=1e-7)


@few
@given(seeds, st.sampled_from(TIES), st.floats(5, 80), st.booleans())
def test_far_out_no_digits_are_lost(seed: int, ties: str, far: float, entry: bool) -> None:
    cohort = drawn(seed, entry=entry)
    x = np.column_stack([np.asarray(cohort.covariates[name]) for name in ("x", "z")])
    order = order_risk_sets(cohort.exit, cohort.event, entry=cohort.entry)
    assume(order is not None)
    assert order is not None
    likelihood = FirthLikelihood(order, kept_columns(order, x), None, ties == "efron")
    angle = np.random.default_rng(seed + 3).uniform(0, 2 * np.pi)
    at = far * np.array([np.cos(angle), np.sin(angle)])
    here, visited = likelihood(at), likelihood.set_by_set(at @ likelihood.x)
    assume(np.isfinite(visited.log_likelihood))
    # Where the columns become one, the determinant itself is ill-conditioned.
    size = np.sqrt(np.diag(visited.information))
    assume(np.linalg.eigvalsh(visited.information / size / size[:, None])[0] > 1e-6)
    assert here.log_likelihood == pytest.approx(visited.log_likelihood, rel=1e-9, abs=1e-9)
    assert here.score == pytest.approx(visited.score, rel=1e-7, abs=1e-7)


@few
@given(seeds, st.sampled_from(TIES), st.booleans())
def test_the_order_of_rows_changes_nothing(seed: int, ties: str, entry: bool) -> None:
    cohort = drawn(seed, entry=entry)
    shuffled = cohort.select(np.random.default_rng(seed + 1).permutation(len(cohort)))
    same(fit(cohort, ties=ties), fit(shuffled, ties=ties))


@few
@given(seeds, st.sampled_from(TIES), st.floats(-1e3, 1e3), st.floats(-6, 6))
def test_shift_and_scale_of_a_covariate(seed: int, ties: str, shift: float, power: float) -> None:
    cohort, scale = drawn(seed), 10.0**power
    moved = cohort.with_columns(x=(np.asarray(cohort.covariates["x"]) + shift) * scale)
    one, other = fit(cohort, ties=ties), fit(moved, ties=ties)
    factor = np.array([scale, 1.0])
    assert other.estimate * factor == pytest.approx(one.estimate, rel=1e-6, abs=1e-7)
    assert other.std_error * factor == pytest.approx(one.std_error, rel=1e-6)
    assert other.statistic == pytest.approx(one.statistic, rel=1e-6, abs=1e-6)
    for mine, theirs in zip(one.interval(), other.interval(), strict=True):
        assert theirs * factor == pytest.approx(mine, rel=1e-6, abs=1e-7)
    # The information of a column measured in other units is that many times larger, so the penalty shifts.
    assert other.log_likelihood == pytest.approx(one.log_likelihood + np.log(scale), rel=1e-7, abs=1e-6)
    assert other.tests["likelihood_ratio"].statistic == pytest.approx(
        one.tests["likelihood_ratio"].statistic, rel=1e-6, abs=1e-7
    )


@few
@given(seeds, st.sampled_from(TIES), st.booleans())
def test_frequency_weights_are_repeated_rows(seed: int, ties: str, entry: bool) -> None:
    cohort = drawn(seed, entry=entry)
    weights = np.random.default_rng(seed + 2).integers(0, 4, len(cohort))
    again = np.repeat(np.arange(len(cohort)), weights)
    assume(len(again) > 0)
    repeated = cohort.select(again, person=np.arange(len(again)))
    weighted = replace(cohort, weights=Weights(weights.astype(float), "frequency"))
    one, other = fit(repeated, ties=ties), fit(weighted, ties=ties)
    same(one, other)
    assert (other.n, other.n_people, other.n_events) == (one.n, one.n_people, one.n_events)
    assert other.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-9)


@few
@given(seeds, st.booleans())
def test_without_ties_efron_is_breslow(seed: int, entry: bool) -> None:
    cohort = drawn(seed, tied=False, entry=entry)
    same(fit(cohort, ties="breslow"), fit(cohort, ties="efron"))


@few
@given(seeds, st.sampled_from(TIES))
def test_one_stratum_is_none(seed: int, ties: str) -> None:
    cohort = drawn(seed).with_columns(s=np.ones(24))
    same(fit(cohort, ties=ties), fit(cohort, ["x", "z", strata("s")], ties=ties))


@few
@given(seeds, st.sampled_from(TIES))
def test_splitting_an_interval_changes_nothing(seed: int, ties: str) -> None:
    cohort = drawn(seed)
    cut = cohort.exit * np.random.default_rng(seed + 4).uniform(0.1, 0.9, len(cohort))
    rows = np.concatenate([np.arange(len(cohort))] * 2)
    second = np.arange(len(rows)) >= len(cohort)
    pieces = cohort.select(
        rows,
        entry=np.where(second, cut[rows], -np.inf),
        exit=np.where(second, cohort.exit[rows], cut[rows]),
        event=cohort.event[rows] & second,
    )
    same(fit(cohort, ties=ties), fit(pieces, ties=ties))


@few
@given(seeds, st.sampled_from(TIES), st.booleans(), st.booleans())
def test_there_is_always_a_finite_estimate(seed: int, ties: str, entry: bool, stratified: bool) -> None:
    cohort = drawn(seed, entry=entry, separated=True)
    effects = fit(cohort, ["x", "z", strata("group")] if stratified else ["x", "z"], ties=ties)
    low, high = effects.interval()
    assert np.all(np.isfinite([effects.estimate, low, high, effects.std_error, effects.p_value]))
    assert np.all((low < effects.estimate) & (effects.estimate < high))
    if not any(note.code == "N17" for note in effects.notes):
        assert np.array_equal((low > 0) | (high < 0), effects.p_value < 0.05)


@fewer
@given(st.integers(0, 1000))
def test_with_many_events_the_penalty_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 3000
    x = rng.normal(size=n)
    cohort = Cohort(
        person=np.arange(n),
        exit=rng.exponential(np.exp(-0.5 * x)),
        event=rng.random(n) < 0.9,
        covariates={"x": x, "z": rng.integers(0, 2, n).astype(float)},
    )
    plain, penalised = cox(cohort, ["x", "z"]), firth_cox(cohort, ["x", "z"])
    assert np.max(np.abs(penalised.estimate - plain.estimate) / plain.std_error) < 0.02
    for one, other in zip(plain.interval(), penalised.interval(), strict=True):
        assert np.max(np.abs(other - one) / plain.std_error) < 0.03


@fewer
@given(seeds)
def test_an_offset_moves_the_estimate_by_as_much(seed: int) -> None:
    cohort = drawn(seed)
    x = np.column_stack([np.asarray(cohort.covariates[name]) for name in ("x", "z")])
    order = order_risk_sets(cohort.exit, cohort.event)
    assume(order is not None)
    assert order is not None
    plain, moved = fit_firth(order, x), fit_firth(order, x, offset=0.5 * x[:, 0])
    assume(plain.profile is not None)
    assert plain.profile is not None
    assert moved.profile is not None
    shift = np.array([0.5, 0.0])
    assert moved.coefficients + shift == pytest.approx(plain.coefficients, rel=1e-7, abs=1e-8)
    assert moved.profile.low + shift == pytest.approx(plain.profile.low, rel=1e-7, abs=1e-8)
