"""The exact marginal likelihood is the sum over every order of the tied events, and its derivatives are its slopes."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import durata as du
from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.kernels.partial_likelihood.exact_marginal import ExactMarginalLikelihood
from durata.kernels.partial_likelihood.fit import kept_columns
from durata.kernels.partial_likelihood.risk_order import order_risk_sets


def every_order(
    time: FloatArray, event: BoolArray, entry: FloatArray | None, stratum: IntArray, risk: FloatArray
) -> float:
    """The log-likelihood by writing out every order of the tied events."""
    total = 0.0
    for s in np.unique(stratum):
        for t in np.unique(time[event & (stratum == s)]):
            here = (stratum == s) & (time >= t)
            if entry is not None:
                here &= entry < t
            dead = np.flatnonzero(event & (time == t) & (stratum == s))
            chance = 0.0
            for order in permutations(dead):
                left, product = float(risk[here].sum()), 1.0
                for i in order:
                    product *= risk[i] / left
                    left = max(left - risk[i], 1e-300)
                chance += product
            total += float(np.log(chance))
    return total


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    late=st.booleans(),
    strata=st.integers(1, 2),
    size=st.floats(0.0, 3.0),
)
def test_it_is_the_sum_over_every_order(seed: int, late: bool, strata: int, size: float) -> None:
    random = np.random.default_rng(seed)
    n = 11
    time = random.integers(2, 6, n).astype(float)
    event = random.random(n) < 0.7
    event[0] = True
    entry = np.minimum(random.integers(0, 4, n), time - 1).astype(float) if late else None
    stratum = random.integers(0, strata, n)
    x, beta = random.normal(size=(n, 2)), size * random.normal(size=2)
    order = order_risk_sets(time, event, entry=entry, stratum=stratum)
    assert order is not None
    likelihood = ExactMarginalLikelihood(order, kept_columns(order, x), None)
    there = likelihood(beta)
    np.testing.assert_allclose(
        there.log_likelihood, every_order(time, event, entry, stratum, np.exp(x @ beta)), rtol=1e-10, atol=1e-10
    )
    h = 1e-5
    for j, unit in enumerate(np.eye(2)):
        up, down = likelihood(beta + h * unit), likelihood(beta - h * unit)
        np.testing.assert_allclose(there.score[j], (up.log_likelihood - down.log_likelihood) / 2 / h, atol=1e-5)
        np.testing.assert_allclose(there.information[j], -(up.score - down.score) / 2 / h, atol=1e-5)
    assert np.linalg.eigvalsh(there.information).min() > -1e-9  # log-concave


def cohort(*, tied: bool, weights: object = None, seed: int = 4) -> du.Cohort:
    random = np.random.default_rng(seed)
    n = 60
    x = random.normal(size=n)
    time = random.exponential(np.exp(-x))
    time = np.ceil(4 * time) if tied else time
    kind = None if weights is None else "frequency"
    return du.cohort_from_arrays(
        time=time,
        event=random.random(n) < 0.8,
        covariates={"x": x, "z": random.normal(size=n)},
        weights=weights,
        weight_kind=kind,  # type: ignore[arg-type]
    )


def test_without_ties_all_handlings_are_one() -> None:
    fits = [du.cox(cohort(tied=False), ["x", "z"], ties=ties) for ties in ("efron", "exact_marginal", "exact")]
    for fit in fits[1:]:
        np.testing.assert_allclose(fit.estimate, fits[0].estimate, rtol=1e-9)
        np.testing.assert_allclose(fit.covariance, fits[0].covariance, rtol=1e-8)
        np.testing.assert_allclose(fit.log_likelihood, fits[0].log_likelihood, rtol=1e-12)


def test_efrons_approximation_is_near_and_breslows_is_further() -> None:
    exact = du.cox(cohort(tied=True), ["x", "z"], ties="exact_marginal")
    efron, breslow = (du.cox(cohort(tied=True), ["x", "z"], ties=ties) for ties in ("efron", "breslow"))
    far = np.abs(breslow.estimate[0] - exact.estimate[0])
    assert np.abs(efron.estimate[0] - exact.estimate[0]) < 0.5 * far
    assert "exact marginal" in exact.method
    # the score test at 0 is the likelihood's own
    assert exact.tests["likelihood_ratio"].statistic > 0


def test_frequency_weights_are_repetition_and_sampling_weights_are_refused() -> None:
    plain = cohort(tied=True)
    counts = np.random.default_rng(1).integers(1, 4, len(plain)).astype(float)
    weighted = du.cox(cohort(tied=True, weights=counts), ["x"], ties="exact_marginal")
    repeated = plain.select(np.repeat(np.arange(len(plain)), counts.astype(int)))
    np.testing.assert_allclose(weighted.estimate, du.cox(repeated, ["x"], ties="exact_marginal").estimate, rtol=1e-9)
    sampled = plain.select(np.arange(len(plain)), weights=du.Weights(counts, "sampling"))
    with pytest.raises(du.CannotEstimate, match="exact likelihoods for ties"):
        du.cox(sampled, ["x"], ties="exact_marginal")


def test_many_ties_and_very_unequal_risks_stay_exact() -> None:
    # With d equal risks and s others of the same risk, the sum over orders is d! s! / (d + s)!.
    from math import lgamma

    for d, s in [(2, 1), (40, 3), (400, 100)]:
        time = np.concatenate([np.ones(d), np.full(s, 2.0)])
        order = order_risk_sets(time, time == 1.0)
        assert order is not None
        likelihood = ExactMarginalLikelihood(order, np.zeros((1, d + s)), None)
        expected = lgamma(d + 1) + lgamma(s + 1) - lgamma(d + s + 1)
        np.testing.assert_allclose(likelihood(np.zeros(1)).log_likelihood, expected, rtol=1e-11)
