"""The hazard that goes with a fitted Cox model: cumulative hazard and its variance for given covariates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.kernels.arrays import FloatArray
from durata.kernels.partial_likelihood.likelihood import RiskSums, first_moments
from durata.kernels.partial_likelihood.risk_order import RiskOrder


@dataclass(frozen=True, eq=False)
class HazardSteps:
    """Steps of the hazard at the K event times, for a person whose covariates and linear predictor are 0 (as given).

    ``hazard`` (K,): Breslow's or Efron's estimate, weights and delayed entry counted; ``variance`` (K,) of it, the
    coefficients being known; ``mean_hazard`` (p, K): hazard x mean covariates at risk.
    """

    hazard: FloatArray
    variance: FloatArray
    mean_hazard: FloatArray


def hazard_steps(order: RiskOrder, x: FloatArray, sums: RiskSums) -> HazardSteps:
    """The steps from the sums over risk sets; ``x`` (p, m) covariates of the kept rows."""
    s1, e1 = first_moments(order, x, sums)
    mean_hazard = s1 * sums.squares
    if order.ties is not None and len(sums.e0):
        mean_hazard[:, order.ties.index] -= e1 * sums.squares_events
    return HazardSteps(sums.hazard, sums.squares, mean_hazard)


def cumulative_hazard(
    steps: HazardSteps, times: slice, x: FloatArray, linear_predictor: float, covariance: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Cumulative hazard of one person along the event times ``times`` of one stratum, and its standard error.

    Parameters
    ----------
    x : (p,) covariates, ``linear_predictor`` with them; both relative to the same zero as ``steps``.
    covariance : (p, p) of the coefficients.

    Returns
    -------
    (k,), (k,) : the cumulative hazard and its standard error, which counts the error of the coefficients.

    References
    ----------
    Tsiatis, Ann. Statist. 9:93, 1981; Therneau & Grambsch, Modeling Survival Data, 2000, section 10.2.
    """
    risk = np.exp(linear_predictor)
    cumulative = np.cumsum(steps.hazard[times])
    drift = np.cumsum(steps.mean_hazard[:, times], axis=1) - np.outer(x, cumulative)
    variance = np.cumsum(steps.variance[times]) + np.einsum("pk,pq,qk->k", drift, covariance, drift)
    return risk * cumulative, risk * np.sqrt(variance)
