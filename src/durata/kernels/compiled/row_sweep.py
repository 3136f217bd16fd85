"""Many rows at once in machine code: covariates gathered in risk order, and score and information in one pass over them."""

from __future__ import annotations

import numpy as np
from numba import njit

BLOCK = 512
"""Rows whose products are formed by one matrix product: a block and its result stay in the nearest cache."""


@njit(cache=True, nogil=True)
def gather(x, rows, centre, scale, out, begin, end):
    """Fill ``out[begin:end]`` (m, p) with the ``rows`` of ``x`` (n, p), centred and scaled."""
    p = x.shape[1]
    for i in range(begin, end):
        row = rows[i]
        for j in range(p):
            out[i, j] = (x[row, j] - centre[j]) * scale[j]


@njit(cache=True, nogil=True)
def spread(x, weight, centre, begin, end, squares, largest):
    """Add up, over rows ``begin`` to ``end`` of ``x``, weighted squares about ``centre``, and find the largest sizes."""
    p = x.shape[1]
    for i in range(begin, end):
        for j in range(p):
            value = x[i, j]
            largest[j] = max(largest[j], abs(value))
            squares[j] += weight[i] * (value - centre[j]) ** 2


@njit(cache=True, nogil=True)
def moments(x, r, expected, residual, starts, squares, tied_of_time, tie_rows, tie_starts, squares_events, squares_both,
            first, last, score, gram, outer, total, weighted, weighted_events, weight):  # fmt: skip
    """One pass over the rows that leave between event times ``first`` and ``last`` (not included), latest first.

    Fills, for these rows alone: score (p,) sum of residual times x; gram (p, p) sum of expected events times x x';
    total (p,) sum of r x; outer (p, p) what is to be taken from the information if nobody else were at risk; and what
    the others at risk, whose sum of r x is known only later, will bring: weighted (p,), weighted_events (p,), weight (1,).
    """
    p = x.shape[1]
    products, means = np.empty((BLOCK, p)), np.empty((BLOCK, p))
    held = held_means = 0
    local, events = np.zeros(p), np.empty(p)
    for k in range(last - 1, first - 1, -1):
        for i in range(starts[k], starts[k + 1]):
            root = np.sqrt(expected[i])
            for j in range(p):
                value = x[i, j]
                local[j] += r[i] * value
                score[j] += residual[i] * value
                products[held, j] = root * value
            held += 1
            if held == BLOCK:
                gram += np.dot(products.T, products)
                held = 0
        square = squares[k]
        root = np.sqrt(square)
        for j in range(p):
            means[held_means, j] = root * local[j]
            weighted[j] += square * local[j]
        weight[0] += square
        held_means += 1
        if held_means == BLOCK:
            outer += np.dot(means.T, means)
            held_means = 0
        tie = tied_of_time[k]
        if tie >= 0:
            events[:] = 0.0
            for position in range(tie_starts[tie], tie_starts[tie + 1]):
                i = tie_rows[position]
                for j in range(p):
                    events[j] += r[i] * x[i, j]
            cross, both = squares_events[tie], squares_both[tie]
            for j in range(p):
                weighted_events[j] += cross * events[j]
                for h in range(p):
                    outer[j, h] -= cross * (local[j] * events[h] + events[j] * local[h]) - both * events[j] * events[h]
    gram += np.dot(products[:held].T, products[:held])
    outer += np.dot(means[:held_means].T, means[:held_means])
    total[:] = local


def exercise() -> None:
    """Have every function compiled (or loaded) by a tiny sweep."""
    x, one, p = np.arange(6.0).reshape(3, 2), np.ones(3), 2
    out = np.empty((3, 2))
    gather(x, np.arange(3), np.zeros(p), np.ones(p), out, 0, 3)
    spread(x, one, np.zeros(p), 0, 3, np.zeros(p), np.zeros(p))
    none, whole = np.zeros(0), np.zeros(0, dtype=np.int64)
    moments(out, one, one, one, np.arange(4), one, np.full(3, -1), whole, np.zeros(1, dtype=np.int64), none, none, 0, 3,
            np.zeros(p), np.zeros((p, p)), np.zeros((p, p)), np.zeros(p), np.zeros(p), np.zeros(p), np.zeros(1))  # fmt: skip
