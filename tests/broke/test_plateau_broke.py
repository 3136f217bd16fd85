"""What broke: a first Newton step landed on a plateau, and a coefficient without an estimate came back as converged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from durata.kernels.compiled.readiness import warm
from durata.kernels.newton import Status, lost_columns
from durata.kernels.partial_likelihood.fit import TieMethod, fit_cox
from durata.kernels.partial_likelihood.risk_order import order_risk_sets


@pytest.fixture(params=["numpy", "compiled"])
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "compiled":
        warm()
    else:
        monkeypatch.setattr("durata.kernels.partial_likelihood.fit.loaded", lambda: False)
    return str(request.param)


@pytest.mark.parametrize("ties", ["breslow", "efron"])
@pytest.mark.parametrize("n", [3, 39, 41, 59, 60, 120, 1000])
def test_one_who_dies_first_has_no_finite_hazard_ratio(kernel: str, ties: TieMethod, n: int) -> None:
    x = np.zeros((n, 1))
    x[0, 0] = 1.0
    order = order_risk_sets(np.arange(1.0, n + 1), np.ones(n, dtype=np.bool_))
    assert order is not None
    fit = fit_cox(order, x, ties=ties)
    assert fit.status is Status.SEPARATION
    assert fit.involved.tolist() == [True]
    assert np.isnan(fit.covariance).all()


@settings(max_examples=40, deadline=None)
@given(n=st.integers(12, 140), seed=st.integers(0, 10_000))
def test_only_the_column_that_runs_away_is_to_blame(n: int, seed: int) -> None:
    x = np.zeros((n, 2))
    x[0, 0] = 1.0
    x[:, 1] = np.random.default_rng(seed).normal(size=n)
    order = order_risk_sets(np.arange(1.0, n + 1), np.ones(n, dtype=np.bool_))
    assert order is not None
    fit = fit_cox(order, x, ties="breslow")
    assert fit.status is Status.SEPARATION
    assert fit.involved.tolist() == [True, False]


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_one_who_dies_first_together_with_another_has_one(kernel: str, ties: TieMethod) -> None:
    n = 60
    x = np.zeros((n, 1))
    x[0, 0] = 1.0
    time = np.arange(1.0, n + 1)
    time[1] = 1.0
    order = order_risk_sets(time, np.ones(n, dtype=np.bool_))
    assert order is not None
    fit = fit_cox(order, x, ties=ties)
    assert fit.status is Status.CONVERGED
    # Breslow: the one event of the row against 2 r / (r + n - 1), so that r = n - 1
    if ties == "breslow":
        assert fit.coefficients[0] == pytest.approx(np.log(n - 1), rel=1e-9)


def test_a_direction_that_lost_its_information_is_told_by_its_columns() -> None:
    start = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 0.0], [0.0, 0.0, 2.0]])
    assert not lost_columns(start / 1000, start).any()
    assert lost_columns(np.diag([1.0, 1.0, 1e-14]), start).tolist() == [False, False, True]
    shared = np.array([1.0, -1.0, 0.0])
    along = np.eye(3) - np.outer(shared, shared) / 2
    assert lost_columns(along, start).tolist() == [True, True, False]
