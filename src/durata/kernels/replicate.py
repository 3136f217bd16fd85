"""One Cox model fitted to many resamples: count vectors over one sorted risk set, side by side."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from durata.kernels.arrays import FloatArray, IntArray
from durata.kernels.compiled.readiness import ready, warm, warm_in_background
from durata.kernels.newton import SINGULAR_PIVOT, STALLED_DECREMENT, Status
from durata.kernels.partial_likelihood.fit import CoxFit, centre_and_scale, fit_cox, kept_columns
from durata.kernels.partial_likelihood.likelihood import PartialLikelihood, risk_sums
from durata.kernels.partial_likelihood.risk_order import RiskOrder, order_risk_sets
from durata.kernels.residuals import score_residuals

CLOSE_ENOUGH = 1e-10
"""Newton decrement (squared distance in standard errors) after which the last step leaves an error below 1e-9 of one."""
MANY = 32
"""Resamples for which machine code is worth having."""

Counts = npt.NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Replicates:
    """Coefficients (B, p) of B resamples, NaN where there is none, and how each fit ended: (B,) of Status."""

    coefficients: FloatArray
    status: IntArray


def cox_replicates(
    order: RiskOrder,
    x: FloatArray,
    counts: Counts,
    *,
    around: CoxFit,
    offset: FloatArray | None = None,
    efron: bool = True,
    workers: int | None = None,
) -> Replicates:
    """Fit a Cox model to every resample of the rows.

    A row drawn twice is two tied rows (not one of double weight, which Efron's ties tell apart); its weight, where there
    are weights, goes with it.

    Parameters
    ----------
    order, x, offset : the rows as :func:`~durata.kernels.partial_likelihood.fit.fit_cox` takes them, (n, p) and (n,).
    counts : (B, n) how often each row was drawn.
    around : the fit to the rows themselves; every resample is climbed from there.
    workers : threads; None for as many as there are processors. The numbers do not depend on it.
    """
    if not ready():
        if len(counts) >= MANY:
            warm_in_background()
        return _one_by_one(order, x, counts, offset, efron, range(len(counts)))
    found = _side_by_side(order, x, counts, around, offset, efron, workers)
    again = np.flatnonzero(~np.isin(found.status, (Status.CONVERGED, Status.NO_EVENTS)))
    if len(again):
        # whether a resample has no maximum is decided in one place
        slow = _one_by_one(order, x, counts, offset, efron, again.tolist())
        found.coefficients[again], found.status[again] = slow.coefficients, slow.status
    return found


def _side_by_side(
    order: RiskOrder,
    x: FloatArray,
    counts: Counts,
    around: CoxFit,
    offset: FloatArray | None,
    efron: bool,
    workers: int | None,
) -> Replicates:
    warm()
    from durata.kernels.compiled.layout import lay_out
    from durata.kernels.compiled.newton_sweep import climb_many

    columns = kept_columns(order, x)
    scale, _ = centre_and_scale(order, columns)
    begin = around.coefficients * scale
    known = None if offset is None else offset[order.rows]
    if order.late is not None:
        eta = begin @ columns if known is None else begin @ columns + known
        if risk_sums(order, order.weight * np.exp(eta - eta.max()), efron).careful:
            return _one_by_one(order, x, counts, offset, efron, range(len(counts)))
    influence = _influence(order, columns, begin, known, efron, around.covariance * scale * scale[:, None])
    layout = lay_out(order, columns, known, efron=efron)
    limits = np.array([CLOSE_ENOUGH, STALLED_DECREMENT, SINGULAR_PIVOT, 1.0, 50.0])
    drawn = np.ascontiguousarray(counts[:, order.rows], dtype=np.uint16)
    coefficients, status = np.empty((len(counts), x.shape[1])), np.empty(len(counts), dtype=np.int64)
    pieces = min(len(counts), workers or os.cpu_count() or 1)
    bounds = np.linspace(0, len(counts), pieces + 1).astype(int)

    def fit(piece: int) -> None:
        part = slice(bounds[piece], bounds[piece + 1])
        climb_many(
            layout,
            drawn[part],
            order.weight,
            order.frequency,
            begin,
            influence,
            limits,
            coefficients[part],
            status[part],
        )

    if pieces == 1:
        fit(0)
    else:
        with ThreadPoolExecutor(pieces) as threads:
            list(threads.map(fit, range(pieces)))
    coefficients[status != Status.CONVERGED] = np.nan
    return Replicates(coefficients / scale, status.astype(np.intp))


def _influence(
    order: RiskOrder,
    columns: FloatArray,
    beta: FloatArray,
    offset: FloatArray | None,
    efron: bool,
    covariance: FloatArray,
) -> FloatArray:
    """(m, p) how far each kept row, drawn once more, moves the coefficients, to first order (Efron's ties apart)."""
    eta = PartialLikelihood(order, columns, offset, efron).linear_predictor(beta)
    sums = risk_sums(order, order.weight * np.exp(eta), efron)
    scores = score_residuals(order, columns, sums)[order.rows] * order.weight[:, None]
    return np.ascontiguousarray(scores @ covariance)


def _one_by_one(
    order: RiskOrder,
    x: FloatArray,
    counts: Counts,
    offset: FloatArray | None,
    efron: bool,
    which: range | list[int],
) -> Replicates:
    """The same by the numpy kernel, each resample as rows repeated."""
    coefficients, status = np.full((len(which), x.shape[1]), np.nan), np.full(len(which), int(Status.NO_EVENTS))
    event = np.zeros(order.n, dtype=np.bool_)
    event[order.rows[order.event_rows]] = True
    # event times by their number: the order of times is all a Cox model looks at
    exit_time, entry, stratum = (
        order.to_rows(order.last.astype(np.float64) + 0.5),
        order.to_rows(order.first.astype(np.float64) + 0.25),
        order.to_rows(_strata(order)),
    )
    exit_time[order.rows[order.event_rows]] = order.event_index + 1.0
    weight = order.to_rows(order.weight)
    for place, b in enumerate(which):
        rows = np.repeat(np.arange(order.n), counts[b])
        rows = rows[weight[rows] > 0]
        resampled = order_risk_sets(
            exit_time[rows],
            event[rows],
            entry=entry[rows] if order.late is not None else None,
            stratum=stratum[rows].astype(np.intp),
            weights=weight[rows],
            frequency=order.frequency,
        )
        if resampled is None:
            continue
        fit = fit_cox(
            resampled, x[rows], offset=None if offset is None else offset[rows], ties="efron" if efron else "breslow"
        )
        status[place] = fit.status
        if fit.status == Status.CONVERGED:
            coefficients[place] = fit.coefficients
    return Replicates(coefficients, status)


def _strata(order: RiskOrder) -> FloatArray:
    """(m,) the stratum of each kept row, counted from 0."""
    return np.repeat(np.arange(len(order.row_bounds) - 1), np.diff(order.row_bounds)).astype(np.float64)
