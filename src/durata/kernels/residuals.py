"""Residuals of a Cox model (martingale, deviance, score, Schoenfeld) and the sandwich variance made of them."""

from __future__ import annotations

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.kernels.partial_likelihood.likelihood import RiskSums, expected_events, first_moments
from durata.kernels.partial_likelihood.risk_order import RiskOrder


def martingale_residuals(order: RiskOrder, sums: RiskSums, event: BoolArray) -> FloatArray:
    """(n,) event minus expected number of events; rows with Efron ties are spared their part, as in R.

    ``event`` (n,) is in the order of the rows given; the result is not multiplied by weights.
    """
    return event.astype(np.float64) - order.to_rows(expected_events(order, sums) / order.weight)


def deviance_residuals(martingale: FloatArray, event: BoolArray) -> FloatArray:
    """(n,) martingale residuals made symmetric about zero (Therneau, Grambsch & Fleming, Biometrika 77:147, 1990)."""
    expected = event - martingale
    logs = np.where(event, np.log(np.where(event, expected, 1.0)), 0.0)
    return np.asarray(np.sign(martingale) * np.sqrt(np.maximum(-2.0 * (martingale + logs), 0.0)))


def mean_at_events(order: RiskOrder, sums: RiskSums, s1: FloatArray, e1: FloatArray) -> FloatArray:
    """(p, K) mean covariates of the risk set at each event time (Efron: averaged over the order of tied events)."""
    mean = s1 / sums.s0
    if order.ties is not None and len(sums.e0):
        k = order.ties.index
        mean[:, k] = (s1[:, k] * sums.hazard[k] - e1 * sums.hazard_events) / order.death_weight[k]
    return mean


def score_residuals(order: RiskOrder, x: FloatArray, sums: RiskSums) -> FloatArray:
    """(n, p) contribution of each row to the score; rows that are at risk at no event time have zero.

    ``x`` (p, m) are the covariates of the kept rows. Not multiplied by weights; weighted, they add up to the score.
    """
    s1, e1 = first_moments(order, x, sums)
    ties = order.ties if len(sums.e0) else None
    hazard_mean = s1 * sums.squares
    if ties is not None:
        k = ties.index
        hazard_mean[:, k] -= e1 * sums.squares_events
        spared_mean = s1[:, k] * sums.squares_events - e1 * sums.squares_both
    through = order.while_at_risk(hazard_mean, careful=sums.careful)
    if ties is not None:
        through[:, ties.rows] -= spared_mean[:, ties.of_row]
    expected = expected_events(order, sums) / order.weight
    score = through * (sums.relative_risk / order.weight) - x * expected
    means = mean_at_events(order, sums, s1, e1)
    score[:, order.event_rows] += x[:, order.event_rows] - means[:, order.event_index]
    return order.to_rows(score).T


def schoenfeld_residuals(order: RiskOrder, x: FloatArray, sums: RiskSums) -> tuple[FloatArray, IntArray, FloatArray]:
    """Covariates of each event minus their mean at risk.

    Returns
    -------
    (e, p) residuals, (e,) the rows (of those given) they belong to, (e,) their times; ordered by stratum and
    time, within a time by row.
    """
    means = mean_at_events(order, sums, *first_moments(order, x, sums))
    rows = order.rows[order.event_rows]
    residual = (x[:, order.event_rows] - means[:, order.event_index]).T
    by_time = np.lexsort((rows, order.event_index))
    return residual[by_time], rows[by_time], order.time[order.event_index[by_time]]


def sandwich(
    score: FloatArray,
    covariance: FloatArray,
    weights: FloatArray | None = None,
    cluster: IntArray | None = None,
    *,
    frequency: bool = False,
) -> FloatArray:
    """(p, p) sandwich variance: covariance x (sum over clusters of their summed scores, squared) x covariance.

    Parameters
    ----------
    score : (n, p) score residuals, not weighted.
    weights : (n,) or None; ``frequency``: each row stands for that many rows, every one a cluster of its own kind
        (clusters then are groups of rows with the same weight).
    cluster : (n,) codes 0, 1, ..., or None for every row by itself.

    References
    ----------
    Lin & Wei, JASA 84:1074, 1989.
    """
    leverage = meat_root(score, weights, cluster, frequency=frequency) @ covariance
    return np.asarray(leverage.T @ leverage)


def meat_root(
    score: FloatArray,
    weights: FloatArray | None = None,
    cluster: IntArray | None = None,
    *,
    frequency: bool = False,
) -> FloatArray:
    """(clusters, p) matrix whose cross-product is the middle of the sandwich; arguments as in :func:`sandwich`."""
    if weights is None:
        rows = score
    elif frequency:
        rows = score * np.sqrt(weights)[:, None]
    else:
        rows = score * weights[:, None]
    if cluster is None:
        return rows
    return sum_by(rows, cluster)


def sum_by(rows: FloatArray, cluster: IntArray) -> FloatArray:
    """(c, p) sums of ``rows`` (n, p) over the rows of each cluster, ``cluster`` (n,) being codes 0..c-1."""
    order = np.argsort(cluster, kind="stable")
    starts = np.flatnonzero(np.diff(cluster[order], prepend=-1))
    return np.asarray(np.add.reduceat(rows[order], starts, axis=0))
