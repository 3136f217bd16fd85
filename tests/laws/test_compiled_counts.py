"""Compiled counts of pairs and compiled penalised likelihoods give the numbers of numpy, and gradients are differences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from durata.kernels import concordance
from durata.kernels.compiled import readiness
from durata.kernels.compiled.relative_risk import relative_risk
from durata.kernels.concordance import count_pairs
from durata.kernels.dominance import PrefixSums
from durata.kernels.partial_likelihood.firth import FirthLikelihood, fit_firth
from durata.kernels.partial_likelihood.fit import centre_and_scale, kept_columns
from durata.kernels.partial_likelihood.likelihood import PartialLikelihood
from durata.kernels.partial_likelihood.risk_order import order_risk_sets


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    readiness.warm()
    assert readiness.loaded()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 60), top=st.integers(1, 40), queries=st.integers(0, 50))
def test_sums_over_prefixes_and_ranks_are_those_of_a_mask(seed: int, n: int, top: int, queries: int) -> None:
    random = np.random.default_rng(seed)
    rank, weight = random.integers(0, top, n), random.random(n)
    q, r = random.integers(0, n + 1, queries), random.integers(0, top + 2, queries)
    expected = np.array([weight[:a][rank[:a] < b].sum() for a, b in zip(q.tolist(), r.tolist(), strict=True)])
    table = PrefixSums(rank, weight)
    np.testing.assert_allclose(table.before_and_below(q, r), expected.reshape(queries), rtol=1e-12, atol=1e-12)
    with pytest.MonkeyPatch.context() as only:
        only.setenv(readiness.SWITCH, "never")
        np.testing.assert_allclose(table.before_and_below(q, r), expected.reshape(queries), rtol=1e-12, atol=1e-12)


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 50),
    weighted=st.sampled_from(["none", "sampling", "frequency"]),
)
def test_pairs_are_counted_alike(seed: int, n: int, weighted: str) -> None:
    random = np.random.default_rng(seed)
    time, event = np.ceil(8 * random.random(n)), random.random(n) < 0.6
    score = np.round(3 * random.normal(size=n)) / 3
    weights = {"none": None, "sampling": random.random(n) + 0.1, "frequency": random.integers(1, 4, n).astype(float)}
    given_weights, frequency = weights[weighted], weighted == "frequency"
    quick = count_pairs(time, event, score, weights=given_weights, frequency=frequency)
    with pytest.MonkeyPatch.context() as only:
        only.setattr(concordance, "loaded", lambda: False)
        slow = count_pairs(time, event, score, weights=given_weights, frequency=frequency)
    for name in ("concordant", "discordant", "tied_score", "tied_time", "tied_both", "influence"):
        np.testing.assert_allclose(getattr(quick, name), getattr(slow, name), rtol=1e-12, atol=1e-10, err_msg=name)
    assert quick.n_pairs == pytest.approx(slow.n_pairs, rel=1e-12)


def test_the_exponential_is_that_of_the_library() -> None:
    eta = -np.concatenate([np.linspace(0, 40, 5001), np.geomspace(1e-300, 700, 5000), [0.0]])
    out, ones = np.empty(len(eta)), np.ones(len(eta))
    relative_risk(eta, ones, np.empty(len(eta)), out)
    np.testing.assert_allclose(out, np.exp(eta), rtol=4e-16)
    relative_risk(np.array([-1e5, -np.inf]), ones[:2], np.empty(2), out[:2])
    assert np.all(out[:2] < 1e-300)


KINDS = ("plain", "strata", "frequency weights", "offset")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("efron", [True, False])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_penalised_likelihood_is_the_same_by_either_kernel(kind: str, efron: bool, seed: int) -> None:
    random = np.random.default_rng(seed)
    n = 40
    x = np.column_stack([random.normal(size=n), random.integers(0, 2, n), random.random(n)])
    time, event = np.ceil(10 * random.random(n)), random.random(n) < 0.7
    event[:2] = True
    more = {
        "strata": {"stratum": np.arange(n) % 2},
        "frequency weights": {"weights": random.integers(1, 4, n).astype(float), "frequency": True},
    }.get(kind, {})
    order = order_risk_sets(time, event, **more)
    assert order is not None
    columns = kept_columns(order, x)
    if np.any(centre_and_scale(order, columns)[1]):
        return
    offset = 0.3 * random.normal(size=len(order.rows)) if kind == "offset" else None
    likelihood = FirthLikelihood(order, columns, offset, efron)
    beta = 0.4 * random.normal(size=3)
    quick = likelihood._in_machine_code(beta)
    if quick is None:
        return  # digits would be lost: numpy is asked
    slow = likelihood.set_by_set(PartialLikelihood(order, columns, offset, efron).linear_predictor(beta))
    assert quick.log_likelihood == pytest.approx(slow.log_likelihood, rel=1e-11)
    np.testing.assert_allclose(quick.score, slow.score, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(quick.information, slow.information, rtol=1e-9, atol=1e-10)
    step = 1e-5
    for j in range(3):
        ends = []
        for side in (step, -step):
            at = beta.copy()
            at[j] += side
            there = likelihood._in_machine_code(at)
            assert there is not None
            ends.append(there.log_likelihood)
        assert quick.score[j] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-5, abs=1e-5)


def test_the_compiled_penalised_likelihood_is_used() -> None:
    random = np.random.default_rng(1)
    x = random.normal(size=(50, 2))
    order = order_risk_sets(random.random(50), random.random(50) < 0.6)
    assert order is not None
    columns = kept_columns(order, x)
    centre_and_scale(order, columns)
    assert FirthLikelihood(order, columns, None, True)._in_machine_code(np.zeros(2)) is not None


def test_a_firth_fit_without_its_profile_is_the_same_fit() -> None:
    random = np.random.default_rng(2)
    x, time, event = random.normal(size=(50, 2)), random.random(50), random.random(50) < 0.6
    order = order_risk_sets(time, event)
    assert order is not None
    whole, short = fit_firth(order, x), fit_firth(order, x, profiled=False)
    assert short.profile is None
    assert whole.profile is not None
    np.testing.assert_array_equal(whole.coefficients, short.coefficients)


def test_a_cache_that_cannot_be_found_waits_for_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(readiness, "__file__", str(tmp_path / "readiness.py"))
    monkeypatch.setattr(readiness, "loaded", lambda: False)
    readiness._cached.cache_clear()
    try:
        assert not readiness.ready()
    finally:
        readiness._cached.cache_clear()
