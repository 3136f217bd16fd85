"""Pooled logistic regression of an event month by month, for rows that stay at risk over a stretch of months."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import expit, log_expit, logit

from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.kernels.newton import Evaluation, Status, maximise

CONSTANT = 1e-12
"""A column that varies by less than this share of its size does not vary."""


@dataclass(frozen=True, eq=False)
class LogisticFit:
    """A fitted pooled logistic model: ``intercept``, ``of_month`` (q,) for the basis, ``of_row`` (p,) for the covariates.

    ``involved`` (q + p,) marks the columns, basis first, that run to infinity or depend on each other.
    """

    status: Status
    intercept: float
    of_month: FloatArray
    of_row: FloatArray
    log_likelihood: float
    iterations: int
    involved: BoolArray

    def probability(self, x: FloatArray, basis: FloatArray) -> FloatArray:
        """(n, M) the probability of the event of rows with covariates ``x`` (n, p) in months with ``basis`` (M, q)."""
        month = self.intercept + basis @ self.of_month
        return np.asarray(expit((x @ self.of_row)[:, None] + month[None, :]))


def fit_pooled_logistic(
    first: IntArray,
    last: IntArray,
    event: BoolArray,
    x: FloatArray,
    basis: FloatArray,
    *,
    weights: FloatArray | None = None,
    used: BoolArray | None = None,
) -> LogisticFit:
    """Maximise the likelihood of a logistic model with one observation a row and month.

    A row with covariates ``x`` is at risk in the months ``first`` to ``last`` (counted from 0, both included) and has
    the event in the last of them or never. Only sums over rows and over months of the fitted probabilities are made:
    covariates are never repeated month by month.

    Parameters
    ----------
    first, last : (n,) months; a row whose ``last`` lies before its ``first`` is not there.
    event : (n,) whether the event happened in the last month.
    x : (n, p) covariates of the rows, finite.
    basis : (M, q) functions of the month, without a constant.
    weights : (n,) weight of each row, 0 for not there; None for one each.
    used : (M,) the months whose observations count; None for all.

    References
    ----------
    D'Agostino et al., Statistics in Medicine 1990;9:1501; Cox, Regression models and life-tables, 1972 (discrete time).
    """
    n, p, q = len(first), x.shape[1], basis.shape[1]
    w = np.ones(n) if weights is None else weights
    length = np.where(w > 0, np.maximum(last - first + 1, 0), 0)
    row = np.repeat(np.arange(n), length)
    begin = np.cumsum(length) - length
    month = np.arange(len(row)) - np.repeat(begin - first, length)
    happened = event & (length > 0)
    if used is not None:
        row, month = row[used[month]], month[used[month]]
        happened = happened & used[np.where(length > 0, last, 0)]
    events_of_row = np.where(happened, w, 0.0)
    events_of_month = np.bincount(last[happened], weights=w[happened], minlength=len(basis))
    cell = w[row]
    total, events = float(cell.sum()), float(events_of_row.sum())
    nothing = np.zeros(q + p, dtype=np.bool_)
    if events <= 0 or events >= total * (1 - 1e-14):
        status = Status.NO_EVENTS if events <= 0 else Status.SEPARATION
        return LogisticFit(status, np.nan, np.full(q, np.nan), np.full(p, np.nan), np.nan, 0, nothing)

    time_at_risk = np.bincount(row, weights=cell, minlength=n)
    month_at_risk = np.bincount(month, weights=cell, minlength=len(basis))
    columns, x_mean, x_scale = _standardised(x, time_at_risk / total)
    pieces, b_mean, b_scale = _standardised(basis, month_at_risk / total)
    constant = np.concatenate([b_scale, x_scale]) == 0
    if np.any(constant):
        return LogisticFit(Status.COLLINEAR, np.nan, np.full(q, np.nan), np.full(p, np.nan), np.nan, 0, constant)
    level = float(logit(events / total))
    places = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=n))])

    def linear(at: FloatArray) -> FloatArray:
        """(cells,) the part of the linear predictor that the coefficients make."""
        return np.asarray((at[0] + pieces @ at[1 : 1 + q])[month] + (columns @ at[1 + q :])[row])

    def evaluate(at: FloatArray) -> Evaluation:
        eta = level + linear(at)
        chance = expit(eta)
        log_likelihood = float(cell @ log_expit(-eta))
        log_likelihood += float(events_of_row @ (level + columns @ at[1 + q :]))
        log_likelihood += float(events_of_month @ (at[0] + pieces @ at[1 : 1 + q]))
        expected = cell * chance
        spread = expected * (1.0 - chance)
        of_row = events_of_row - np.bincount(row, weights=expected, minlength=n)
        of_month = events_of_month - np.bincount(month, weights=expected, minlength=len(basis))
        score = np.concatenate([[of_month.sum()], of_month @ pieces, of_row @ columns])
        by_row = np.bincount(row, weights=spread, minlength=n)
        by_month = np.bincount(month, weights=spread, minlength=len(basis))
        mixed = csr_matrix((spread, month, places), shape=(n, len(basis))).T @ columns
        information = np.empty((1 + q + p, 1 + q + p))
        full = np.column_stack([np.ones(len(basis)), pieces])
        information[: 1 + q, : 1 + q] = (full * by_month[:, None]).T @ full
        information[: 1 + q, 1 + q :] = full.T @ mixed
        information[1 + q :, : 1 + q] = information[: 1 + q, 1 + q :].T
        information[1 + q :, 1 + q :] = (columns * by_row[:, None]).T @ columns
        return Evaluation(log_likelihood, score, information)

    share = events / total
    best = maximise(evaluate, 1 + q + p, lambda step: float(np.ptp(linear(step))), unit=total * share * (1 - share))
    of_month, of_row = best.at[1 : 1 + q] / b_scale, best.at[1 + q :] / x_scale
    intercept = float(level + best.at[0] - of_month @ b_mean - of_row @ x_mean)
    return LogisticFit(
        best.status, intercept, of_month, of_row, best.there.log_likelihood, best.iterations, best.involved[1:]
    )


def _standardised(columns: FloatArray, share: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Columns (m, p) centred and scaled under the shares (m,) of the observations; their means and scales, 0 if constant."""
    mean = share @ columns
    centred = columns - mean
    scale = np.sqrt(share @ centred**2)
    there = columns[share > 0]
    size = np.max(np.abs(there), axis=0, initial=0.0)
    scale = np.where(scale <= CONSTANT * size, 0.0, scale)
    return centred / np.where(scale > 0, scale, 1.0), np.asarray(mean), np.asarray(scale)
