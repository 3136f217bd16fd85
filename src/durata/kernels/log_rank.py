"""The log-rank test: observed and expected events by group, their hypergeometric covariance, chi-square and trend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from durata.kernels.arrays import FloatArray

SEPARATE = 1e-9
"""An eigenvalue of the correlations smaller than this share of the largest is 0: the K differences sum to 0."""


EventWeights = Callable[[FloatArray, FloatArray], FloatArray]
"""Weights (j,) of the event times from the numbers at risk and of events (j,), all groups together."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``observed``, ``expected`` (K,) weighted sums of events, ``covariance`` (K, K) of observed - expected."""

    observed: FloatArray
    expected: FloatArray
    covariance: FloatArray

    def __add__(self, other: Comparison) -> Comparison:
        return Comparison(
            self.observed + other.observed, self.expected + other.expected, self.covariance + other.covariance
        )


def survival_before(n: FloatArray, d: FloatArray) -> FloatArray:
    """(j,) the Kaplan-Meier estimate just before each event time, from numbers at risk and of events (j,)."""
    return np.concatenate([[1.0], np.cumprod(1.0 - d / n)[:-1]])


def compare(at_risk: FloatArray, events: FloatArray, rho: float = 0.0, weigh: EventWeights | None = None) -> Comparison:
    """Observed against expected events of K groups within one stratum, weighted by S(t-) to the power ``rho``.

    Parameters
    ----------
    at_risk, events : (m, K) at increasing times; weights are frequencies.
    rho : 0 is the log-rank test, 1 the Peto-Peto (G-rho) test; S is the pooled Kaplan-Meier estimate just before t.
    weigh : in place of rho, the weights (j,) of the event times from the pooled numbers at risk and of events (j,).

    References
    ----------
    Mantel, Cancer Chemotherapy Reports 1966;50:163; Peto & Peto, JRSS A 1972;135:185;
    Harrington & Fleming, Biometrika 1982;69:553.
    """
    d = events.sum(axis=1)
    with_events = d > 0
    n_k, d_k, d = at_risk[with_events], events[with_events], d[with_events]
    n = n_k.sum(axis=1)
    weight = survival_before(n, d) ** rho if weigh is None else weigh(n, d)
    share = n_k / n[:, None]
    # One person at risk has the event for certain: no variance (and 0 / 0 in the formula).
    spread = np.zeros(len(d))
    np.divide(weight**2 * d * (n - d), n - 1.0, out=spread, where=n > 1.0)
    covariance = -(share * spread[:, None]).T @ share
    # Written so that a group that is alone at risk has a variance of exactly 0.
    np.fill_diagonal(covariance, spread @ (share * (1.0 - share)))
    return Comparison(weight @ d_k, (weight * d) @ share, covariance)


def chi_square(comparison: Comparison) -> tuple[float, int]:
    """The quadratic form of observed - expected in the (generalised) inverse of its covariance, and its rank.

    The rank is K - 1 less the groups that were never at risk at an event with others, and one less for every two sets
    of groups that were never at risk together; 0 when there is nothing to compare.
    """
    variance = np.diag(comparison.covariance)
    kept = variance > 0.0
    if np.count_nonzero(kept) < 2:
        return 0.0, 0
    scale = np.sqrt(variance[kept])
    values, vectors = np.linalg.eigh(comparison.covariance[np.ix_(kept, kept)] / np.outer(scale, scale))
    informative = values > SEPARATE * values[-1]
    projected = vectors[:, informative].T @ ((comparison.observed - comparison.expected)[kept] / scale)
    return float(np.sum(projected**2 / values[informative])), int(np.count_nonzero(informative))


def trend(comparison: Comparison, scores: FloatArray) -> float:
    """The standardised sum of scores times observed - expected (Tarone 1975); NaN when it has no variance."""
    variance = float(scores @ comparison.covariance @ scores)
    if variance <= 0.0:
        return float("nan")
    return float(scores @ (comparison.observed - comparison.expected) / np.sqrt(variance))
