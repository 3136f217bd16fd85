"""Survival by the product limit and by the exponentiated cumulative hazard, with Greenwood and infinitesimal-jackknife variances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray, IntArray

Hazard = Literal["nelson-aalen", "fleming-harrington"]

ROUNDING = 1e-14
"""A sum of squares smaller than this share of its terms is rounding."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A step function of time (m,) with all that its two variances need.

    ``variance`` (m,) is model-based: of log S for survival (Greenwood), of H for a cumulative hazard; infinite from
    where S = 0. ``event_part`` (m,) and ``at_risk_part`` (m,) say how it moves with the weight of one row: minus the
    influence of a row on log S (the influence on H) is ``event_part`` at its event less the ``at_risk_part``
    accumulated while it was at risk. Where S = 0 both stand still.
    """

    value: FloatArray
    variance: FloatArray
    event_part: FloatArray
    at_risk_part: FloatArray


def product_limit(at_risk: FloatArray, events: FloatArray) -> Estimate:
    """Kaplan-Meier: the product of (n - d) / n over the times so far (Kaplan & Meier 1958; Greenwood 1926).

    ``at_risk``, ``events`` (m,) at increasing times, 0 < events <= at_risk where there are events.
    """
    n = at_risk
    left = np.asarray(np.maximum(at_risk - events, 0.0), dtype=np.float64)
    survival = np.asarray(np.cumprod(_ratio(left, n, where_empty=1.0)), dtype=np.float64)
    gone = survival <= 0.0
    step = _ratio(events, n * left)
    step[gone] = 0.0
    event_part = _ratio(np.ones_like(n), left)
    event_part[gone] = 0.0
    accumulated = np.cumsum(step)
    return Estimate(
        survival, np.asarray(np.where(gone, np.inf, accumulated), dtype=np.float64), event_part, accumulated
    )


def cumulative_hazard(
    at_risk: FloatArray, events: FloatArray, tied: FloatArray, hazard: Hazard = "nelson-aalen"
) -> Estimate:
    """The cumulative hazard: the sum of d / n (Nelson 1972; Aalen 1978), or of 1/n + 1/(n-1) + ... over tied events.

    The second, of Fleming & Harrington (1984), breaks the ties of d events as if they had happened one after the other.
    ``tied`` (m,) counts the persons with the event at a time; each of them then carries the mean weight events / tied.
    """
    if hazard == "nelson-aalen" or not np.any(tied > 1):
        variance = np.cumsum(_ratio(events, at_risk**2))
        return Estimate(np.cumsum(_ratio(events, at_risk)), variance, _ratio(np.ones_like(at_risk), at_risk), variance)
    m, count = len(at_risk), np.rint(tied).astype(np.intp)
    when = np.repeat(np.arange(m), count)
    before = np.arange(len(when)) - np.repeat(np.cumsum(count) - count, count)
    share = 1.0 / count[when]
    mean_weight = events[when] * share
    left = at_risk[when] - before * mean_weight
    step = _summed_at(when, mean_weight / left, m)
    at_risk_step = _summed_at(when, mean_weight / left**2, m)
    event_part = _summed_at(when, share / left + mean_weight * before * share / left**2, m)
    variance = np.cumsum(at_risk_step)
    return Estimate(np.cumsum(step), variance, event_part, variance)


def jackknife_variance(
    estimate: Estimate,
    *,
    event: BoolArray,
    exit_index: IntArray,
    entry_index: IntArray | None,
    weights: FloatArray | None,
    cluster: IntArray | None,
    multiplicity: FloatArray | None = None,
) -> FloatArray:
    """Infinitesimal-jackknife variance (m,): the sum over clusters of the squared, weighted, summed influence of their rows.

    Parameters
    ----------
    estimate : from :func:`product_limit` (the variance is that of log S) or :func:`cumulative_hazard` (of H).
    event, exit_index, entry_index : (n,) as counted by ``risk_set.count_risk_sets``.
    weights : (n,) inside the square; None for one each.
    cluster : (n,) rows of one cluster move together; None when every row is its own.
    multiplicity : (n,) outside the square, the same for all rows of a cluster: so many identical clusters.

    References
    ----------
    Jaeckel, Bell Laboratories Memorandum MM 72-1215-11, 1972; Therneau & Grambsch, Modeling Survival Data, 2000.
    """
    E, A = estimate.event_part, estimate.at_risk_part
    m = len(A)
    w = np.ones(len(event)) if weights is None else weights
    A_entry = np.zeros(len(event)) if entry_index is None else np.concatenate([[0.0], A])[entry_index]
    fixed = np.where(event, E[exit_index], 0.0) - A[exit_index]
    times = 1.0 if multiplicity is None else multiplicity
    start = np.zeros(len(event), dtype=np.intp) if entry_index is None else entry_index
    if cluster is None:
        # Row i has influence fixed_i + A_entry_i once it has left, and A_entry_i - A(t) while it is at risk.
        square = times * w**2

        def under_observation(values: FloatArray) -> FloatArray:
            return np.cumsum(_summed_at(start, values, m) - _summed_at(exit_index, values, m))

        still = np.cumsum(_summed_at(exit_index, square * (fixed + A_entry) ** 2, m))
        mixed = np.zeros(m)
        if entry_index is not None:
            still += under_observation(square * A_entry**2)
            mixed = under_observation(square * A_entry)
        return _sum_of_squares(still, under_observation(square), mixed, A)
    # A cluster has influence F - A(t) R; F and R change only when one of its rows comes or goes.
    owner = np.concatenate([cluster, cluster])
    when = np.concatenate([start, exit_index])
    order = np.lexsort((when, owner))
    owner, when = owner[order], when[order]
    F = _cumulated_within(np.concatenate([w * A_entry, w * fixed])[order], owner)
    R = _cumulated_within(np.concatenate([w, -w])[order], owner)
    factor = np.ones(len(order)) if multiplicity is None else np.concatenate([multiplicity, multiplicity])[order]
    new = np.concatenate([[True], owner[1:] != owner[:-1]])

    def summed(values: FloatArray) -> FloatArray:
        before = np.where(new, 0.0, np.concatenate([[0.0], values[:-1]]))
        return np.cumsum(_summed_at(when, factor * (values - before), m))

    return _sum_of_squares(summed(F**2), summed(R**2), summed(F * R), A)


def _sum_of_squares(FF: FloatArray, RR: FloatArray, FR: FloatArray, A: FloatArray) -> FloatArray:
    """The sum of (F - A R)^2 at every time from the running sums of its terms, carried forward from the last event."""
    total: FloatArray = FF - 2.0 * A * FR + A**2 * RR
    # Where the influences cancel (everybody in one cluster, everybody gone) only the rounding of the sums is left.
    size = np.maximum.accumulate(FF) + A**2 * np.maximum.accumulate(RR)
    variance = np.where(total > ROUNDING * size, total, 0.0)
    # Between events the variance does not move; rounding would move it.
    moved = np.diff(np.concatenate([[0.0], A])) > 0
    last = np.maximum.accumulate(np.where(moved, np.arange(len(variance)), -1))
    return np.asarray(np.concatenate([[0.0], variance])[last + 1], dtype=np.float64)


def _cumulated_within(values: FloatArray, owner: IntArray) -> FloatArray:
    """Running sums that start anew at every change of ``owner``."""
    total: FloatArray = np.cumsum(values)
    first = np.flatnonzero(np.concatenate([[True], owner[1:] != owner[:-1]]))
    offset = np.concatenate([[0.0], total[:-1]])[first]
    running: FloatArray = total - np.repeat(offset, np.diff(np.concatenate([first, [len(values)]])))
    return running


def _summed_at(index: IntArray, values: FloatArray, m: int) -> FloatArray:
    """(m,) the sum of the values that belong to each index."""
    return np.bincount(index, weights=values, minlength=m).astype(np.float64, copy=False)


def _ratio(over: FloatArray, under: FloatArray, where_empty: float = 0.0) -> FloatArray:
    """``over / under``, and ``where_empty`` where ``under`` is 0."""
    out = np.full(len(under), where_empty)
    np.divide(over, under, out=out, where=under > 0)
    return out
