"""Survival numerics written for search: Kaplan-Meier, log-rank and Cox by plain arrays, no two events on one day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def survival_at(time: Ints, event: Bools, horizons: Floats) -> Floats:
    """Kaplan-Meier survival at each horizon; ``time`` in days, no two events on one day."""
    when = np.sort(time[event])
    at_risk = len(time) - np.searchsorted(np.sort(time), when)
    curve = np.concatenate([[1.0], np.cumprod(1.0 - 1.0 / at_risk)])
    return np.asarray(curve[np.searchsorted(when, horizons, side="right")])


def median_follow_up(time: Ints, death: Bools) -> float:
    """Reverse Kaplan-Meier median in days: censoring is the event, deaths on the same day come first."""
    ends, leaving = np.unique(time[~death], return_counts=True)
    at_risk = len(time) - np.searchsorted(np.sort(time), ends) - np.isin(ends, time[death])
    curve = np.cumprod(1.0 - leaving / at_risk)
    return float(ends[np.argmax(curve <= 0.5)])


@dataclass(frozen=True, slots=True)
class RiskSets:
    """Who is at risk (events x patients, 1 or 0) at every event, in order of time; ``owner`` had the event."""

    at_risk: Floats
    owner: Ints


def risk_sets(time: Ints, event: Bools) -> RiskSets:
    """Risk sets of untied events."""
    owner = np.flatnonzero(event)
    owner = owner[np.argsort(time[owner])]
    return RiskSets((time[None, :] >= time[owner][:, None]).astype(np.float64), owner)


def log_rank_z(sets: RiskSets, group: Ints, among: Bools, pairs: tuple[tuple[int, int], ...]) -> list[float]:
    """Signed log-rank z of each pair (first has more events than expected: positive), within ``among``."""
    inside = np.equal.outer(group, np.arange(3)) & among[:, None]
    at_risk = sets.at_risk @ inside
    mine = inside[sets.owner]
    found = []
    for one, other in pairs:
        counts = mine[:, one] | mine[:, other]
        n_one, n_other = at_risk[counts, one], at_risk[counts, other]
        n = n_one + n_other
        variance = float(np.sum(n_one * n_other / n**2))
        excess = float(np.sum(mine[counts, one]) - np.sum(n_one / n))
        found.append(excess / variance**0.5 if variance > 0 else 0.0)
    return found


def cox(sets: RiskSets, X: Floats, start: Floats) -> tuple[Floats, Floats] | None:
    """Coefficients and standard errors by Newton's steps from ``start``; None where it does not settle."""
    n, p = X.shape
    row, column = np.triu_indices(p)
    Z = np.concatenate([np.ones((n, 1)), X, X[:, row] * X[:, column]], axis=1)
    observed = X[sets.owner].sum(axis=0)
    beta = start.copy()
    information = np.empty((p, p))
    for _ in range(25):
        sums = sets.at_risk @ (np.exp(X @ beta)[:, None] * Z)
        sums /= sums[:, :1]
        mean = sums[:, 1 : p + 1]
        upper = sums[:, p + 1 :].sum(axis=0)
        information[row, column] = upper
        information[column, row] = upper
        information -= mean.T @ mean
        try:
            step = np.linalg.solve(information, observed - mean.sum(axis=0))
            if np.max(np.abs(step)) < 1e-7:
                return beta, np.sqrt(np.diag(np.linalg.inv(information)))
        except np.linalg.LinAlgError:
            return None
        beta = beta + step
        if not np.all(np.abs(beta) < 8):
            return None
    return None
