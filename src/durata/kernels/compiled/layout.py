"""The rows of a Cox model as flat arrays that machine code walks over, covariates centred, scaled and multiplied."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.kernels.partial_likelihood.risk_order import RiskOrder


class Layout(NamedTuple):
    """A RiskOrder as flat arrays, with the covariates of its rows; what machine code walks over.

    x (m, p or more) covariates, more columns being left alone, and offset (m,) of the kept rows; y (m, p + p (p + 1) / 2) the covariates followed by the products
    of every two of them, so that all moments of a risk set are one sum over contiguous numbers; starts (K + 1,) rows by last event time; event_rows with
    event_starts (K + 1,); stratum_ends (K,) whether a stratum ends at an event time; late rows, in groups of one entry
    (late_starts), and the last event time each group misses (late_before).
    """

    x: FloatArray
    y: FloatArray
    offset: FloatArray
    efron: bool
    starts: IntArray
    event_rows: IntArray
    event_starts: IntArray
    stratum_ends: BoolArray
    late: IntArray
    late_starts: IntArray
    late_before: IntArray


def lay_out(order: RiskOrder, columns: FloatArray, offset: FloatArray | None, *, efron: bool) -> Layout:
    """The Layout of an order with the covariates ``columns`` (p, m) of its kept rows."""
    x = np.ascontiguousarray(columns.T)
    return _laid_out(order, x, with_products(x), offset, efron=efron)


def lay_out_rows(
    order: RiskOrder, x: FloatArray, offset: FloatArray | None, *, efron: bool
) -> tuple[Layout, FloatArray, FloatArray]:
    """The Layout of an order of one stratum with covariates ``x`` (n, p) of all rows, centred and scaled.

    Also their scale (p,) and largest size (p,), as ``centre_and_scale`` of ``durata.kernels.partial_likelihood.fit``.
    """
    m, p = len(order.rows), x.shape[1]
    y, scale, largest = np.empty((m, p + p * (p + 1) // 2)), np.empty(p), np.empty(p)
    rows = order.rows.astype(np.int64, copy=False)
    standardise(np.ascontiguousarray(x), rows, order.weight, y, scale, largest)
    known = None if offset is None else offset[order.rows]
    return _laid_out(order, y, y, known, efron=efron), scale, largest


@njit(cache=True, nogil=True)
def standardise(x, rows, weight, y, scale, largest):
    """Fill ``y`` (m, p + p (p + 1) / 2) with the rows of ``x``, centred and scaled, and their products."""
    m, p = len(rows), x.shape[1]
    total = 0.0
    centre = np.zeros(p)
    scale[:] = 0.0
    largest[:] = 0.0
    for i in range(m):
        total += weight[i]
        for j in range(p):
            value = x[rows[i], j]
            y[i, j] = value
            centre[j] += weight[i] * value
            largest[j] = max(largest[j], abs(value))
    centre /= total
    for i in range(m):
        for j in range(p):
            y[i, j] -= centre[j]
            scale[j] += weight[i] * y[i, j] * y[i, j]
    for j in range(p):
        scale[j] = np.sqrt(scale[j] / total)
    for i in range(m):
        q = p
        for j in range(p):
            if scale[j] > 0.0:
                y[i, j] /= scale[j]
            for h in range(j + 1):
                y[i, q] = y[i, j] * y[i, h]
                q += 1


@njit(cache=True, nogil=True)
def mirror(matrix):
    """Copy the lower half of ``matrix`` to its upper half."""
    for j in range(len(matrix)):
        for h in range(j):
            matrix[h, j] = matrix[j, h]


def _laid_out(order: RiskOrder, x: FloatArray, y: FloatArray, offset: FloatArray | None, *, efron: bool) -> Layout:
    n_times, none = order.n_times, np.zeros(0, dtype=np.int64)
    ends = np.zeros(n_times, dtype=np.bool_)
    ends[np.asarray(order.time_bounds[1:]) - 1] = True
    late = order.late
    return Layout(
        x,
        y,
        np.zeros(len(order.rows)) if offset is None else np.ascontiguousarray(offset),
        efron,
        np.append(order.starts, len(order.rows)).astype(np.int64, copy=False),
        order.event_rows.astype(np.int64, copy=False),
        np.searchsorted(order.event_index, np.arange(n_times + 1)).astype(np.int64),
        ends,
        none if late is None else late.positions.astype(np.int64),
        np.zeros(1, dtype=np.int64) if late is None else np.append(late.starts, len(late.positions)).astype(np.int64),
        none if late is None else late.before.astype(np.int64),
    )


def with_products(x: FloatArray) -> FloatArray:
    """(m, p + p (p + 1) / 2) the columns of ``x`` (m, p) and, row by row of a lower triangle, their products."""
    j, h = np.tril_indices(x.shape[1])
    return np.ascontiguousarray(np.concatenate([x, x[:, j] * x[:, h]], axis=1))
