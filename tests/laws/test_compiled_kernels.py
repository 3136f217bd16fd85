"""Compiled kernels give the numbers of their numpy twins, and resamples those of the rows they repeat."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from durata.kernels.compiled import readiness
from durata.kernels.newton import Status
from durata.kernels.partial_likelihood import fit as fitting
from durata.kernels.partial_likelihood import swept
from durata.kernels.partial_likelihood.fit import fit_cox
from durata.kernels.partial_likelihood.risk_order import RiskOrder, order_risk_sets
from durata.kernels.replicate import cox_replicates

KINDS = ("plain", "late entry", "strata", "sampling weights", "frequency weights", "offset")


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    readiness.warm()
    assert readiness.ready()


def people(kind: str, seed: int, n: int = 40) -> tuple[RiskOrder, np.ndarray, np.ndarray | None]:
    random = np.random.default_rng(seed)
    x = np.column_stack([random.normal(size=n), random.integers(0, 2, n)])
    time = np.ceil(12 * random.exponential(size=n) * np.exp(-0.4 * x[:, 0]))
    event = random.random(n) < 0.7
    event[:2] = True
    settled = {
        "late entry": {"entry": np.where(np.arange(n) % 3 == 0, np.floor(0.4 * time), -np.inf)},
        "strata": {"stratum": np.arange(n) % 2},
        "sampling weights": {"weights": 0.5 + random.random(n)},
        "frequency weights": {"weights": random.integers(1, 4, n).astype(float), "frequency": True},
    }.get(kind, {})
    order = order_risk_sets(time, event, **settled)
    assert order is not None
    return order, x, 0.3 * random.normal(size=n) if kind == "offset" else None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_a_small_fit_is_the_same_by_either_kernel(
    kind: str, ties: fitting.TieMethod, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(5):
        order, x, offset = people(kind, seed)
        quick = fit_cox(order, x, offset=offset, ties=ties)
        with monkeypatch.context() as only:
            only.setattr(fitting, "loaded", lambda: False)
            slow = fit_cox(order, x, offset=offset, ties=ties)
        assert quick.status is slow.status is Status.CONVERGED
        for name in ("coefficients", "covariance", "score_null", "information_null"):
            np.testing.assert_allclose(getattr(quick, name), getattr(slow, name), rtol=1e-9, atol=1e-11)
        assert quick.log_likelihood == pytest.approx(slow.log_likelihood, rel=1e-12)
        assert quick.log_likelihood_null == pytest.approx(slow.log_likelihood_null, rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("efron", [True, False])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_resamples_are_fits_to_the_rows_repeated(kind: str, efron: bool, seed: int) -> None:
    order, x, offset = people(kind, seed)
    ties: fitting.TieMethod = "efron" if efron else "breslow"
    around = fit_cox(order, x, offset=offset, ties=ties)
    if around.status is not Status.CONVERGED:
        return
    n = len(x)
    counts = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=6).astype(np.uint16)
    quick = cox_replicates(order, x, counts, around=around, offset=offset, efron=efron)
    with pytest.MonkeyPatch.context() as only:
        only.setenv(readiness.SWITCH, "never")
        slow = cox_replicates(order, x, counts, around=around, offset=offset, efron=efron)
    np.testing.assert_array_equal(quick.status, slow.status)
    np.testing.assert_allclose(quick.coefficients, slow.coefficients, rtol=1e-8, atol=1e-9)


def test_the_number_of_workers_changes_nothing() -> None:
    order, x, _ = people("plain", 1)
    counts = np.random.default_rng(2).multinomial(40, np.full(40, 1 / 40), size=50).astype(np.uint16)
    around = fit_cox(order, x)
    one, three = (cox_replicates(order, x, counts, around=around, workers=k) for k in (1, 3))
    np.testing.assert_array_equal(one.coefficients, three.coefficients)


def test_a_resample_without_events_and_one_that_separates_are_told() -> None:
    order = order_risk_sets(np.arange(1.0, 7.0), np.array([True, True, True, True, False, False]))
    assert order is not None
    x = np.array([[1.0], [0.0], [1.0], [0.0], [0.0], [1.0]])
    counts = np.array([[0, 0, 0, 0, 3, 3], [3, 0, 3, 0, 3, 0], [1, 1, 1, 1, 1, 1]], dtype=np.uint16)
    found = cox_replicates(order, x, counts, around=fit_cox(order, x))
    assert found.status.tolist() == [Status.NO_EVENTS, Status.SEPARATION, Status.CONVERGED]
    assert np.isnan(found.coefficients[:2]).all()
    assert np.isfinite(found.coefficients[2]).all()


def test_without_machine_code_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(readiness.SWITCH, "never")
    assert not readiness.ready()
    assert not readiness.loaded()


@pytest.mark.parametrize("kind", ["plain", "sampling weights", "frequency weights", "offset"])
@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("pieces", [1, 3])
def test_sweeps_over_many_rows_are_the_numpy_fit(
    kind: str, ties: fitting.TieMethod, pieces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "MANY", 1)
    monkeypatch.setattr(swept, "processors", lambda: pieces)
    asked = []
    monkeypatch.setattr(fitting, "SweptLikelihood", lambda *given: asked.append(given) or swept.SweptLikelihood(*given))
    for seed, n in ((0, 40), (1, 1300)):
        order, x, offset = people(kind, seed, n)
        quick = fit_cox(order, x, offset=offset, ties=ties)
        with monkeypatch.context() as only:
            only.setenv(readiness.SWITCH, "never")
            slow = fit_cox(order, x, offset=offset, ties=ties)
        for name in ("coefficients", "covariance", "score_null", "information_null"):
            np.testing.assert_allclose(getattr(quick, name), getattr(slow, name), rtol=1e-9, atol=1e-9)
        assert quick.log_likelihood == pytest.approx(slow.log_likelihood, rel=1e-12)
    assert len(asked) == 2


def test_a_constant_column_among_many_rows_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "MANY", 1)
    order, x, _ = people("plain", 3)
    x[:, 1] = 7.0
    fit = fit_cox(order, x)
    assert fit.status is Status.COLLINEAR
    assert fit.involved.tolist() == [False, True]
