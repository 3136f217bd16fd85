"""Firth's penalised partial likelihood in machine code: one sweep for the information, one for its third moments."""

from __future__ import annotations

import numpy as np
from numba import njit

from durata.kernels.compiled.layout import Layout
from durata.kernels.compiled.newton_sweep import Room, cholesky, evaluate

LOST = 1e3
"""Second moments of this many times the information, in coordinates in which that is the identity, lose three digits."""


@njit(cache=True, nogil=True)
def penalised(layout, c, drawn, beta, score, info):
    """Log partial likelihood plus half the log determinant of the information, at ``beta`` (p,).

    Fills ``score`` (p,), modified as Firth's, and ``info`` (p, p), unpenalised. NaN where digits are lost, so that
    somebody more careful has to be asked. ``layout``, ``c`` (m,), ``drawn`` (m,) as for ``evaluate``; no late rows.
    """
    m, p = len(layout.x), len(beta)
    width = layout.y.shape[1]
    room = Room(np.empty(m), np.empty(m), np.empty(m), np.empty(width), np.empty(width), np.empty(width))
    value = evaluate(layout, c, drawn, beta, room, score, info)
    for j in range(p):
        for h in range(j):
            info[h, j] = info[j, h]
        if not info[j, j] > 0.0:
            return np.nan
    root = np.zeros((p, p))
    if not np.isfinite(value) or not cholesky(info, root) > 1e-12:
        return np.nan
    skew, largest = np.zeros(p), np.zeros(p)
    third_moments(layout, c, drawn, room.r, root, skew, largest)
    for j in range(p):
        value += np.log(root[j, j])
        if not largest[j] < LOST or not np.isfinite(skew[j]):
            return np.nan
        for h in range(j + 1):
            score[j] += 0.5 * root[j, h] * skew[h]
    return value


@njit(cache=True, nogil=True, error_model="numpy")
def third_moments(layout, c, drawn, r, root, skew, largest):
    """Add to ``skew`` (p,) the sum over events of E[|z - mean|^2 (z - mean)], z the covariates times root^-1.

    Adds to ``largest`` (p,) the sum over events of the second moments about 0 of each coordinate of z.
    """
    m, p = len(r), len(skew)
    z, q = np.empty((m, p)), np.zeros(m)
    for i in range(m):
        for j in range(p):
            value = layout.x[i, j]
            for h in range(j):
                value -= root[j, h] * z[i, h]
            z[i, j] = value / root[j, j]
            q[i] += z[i, j] * z[i, j]
    # sums over the risk set (row 0) and over the tied events (row 1): of risk, of risk q, of risk z, risk q z, risk z z'
    plain, size = np.zeros(2), np.zeros(2)
    first, third, second = np.zeros((2, p)), np.zeros((2, p)), np.zeros((2, p, p))
    mean = np.empty(p)
    for k in range(len(layout.starts) - 2, -1, -1):
        if layout.stratum_ends[k]:
            plain[0] = size[0] = 0.0
            first[0], third[0], second[0] = 0.0, 0.0, 0.0
        for i in range(layout.starts[k], layout.starts[k + 1]):
            take_in(0, r[i], q[i], z[i], plain, size, first, third, second)
        weight = deaths = 0.0
        for position in range(layout.event_starts[k], layout.event_starts[k + 1]):
            weight += c[layout.event_rows[position]]
            deaths += drawn[layout.event_rows[position]]
        if weight == 0.0:
            continue
        turns = int(deaths) if layout.efron else 1
        if turns > 1:
            plain[1] = size[1] = 0.0
            first[1], third[1], second[1] = 0.0, 0.0, 0.0
            for position in range(layout.event_starts[k], layout.event_starts[k + 1]):
                i = layout.event_rows[position]
                take_in(1, r[i], q[i], z[i], plain, size, first, third, second)
        for turn in range(turns):
            fraction = turn / turns if turns > 1 else 0.0
            each = weight / turns
            inverse = 1.0 / (plain[0] - fraction * plain[1])
            length = 0.0
            for j in range(p):
                mean[j] = (first[0, j] - fraction * first[1, j]) * inverse
                length += mean[j] * mean[j]
            spread = (size[0] - fraction * size[1]) * inverse
            for j in range(p):
                along = 0.0
                for h in range(p):
                    cell = (
                        second[0, j, h] - fraction * second[1, j, h]
                        if h <= j
                        else (second[0, h, j] - fraction * second[1, h, j])
                    )
                    along += cell * mean[h]
                    if h == j:
                        largest[j] += each * cell * inverse
                cubic = (third[0, j] - fraction * third[1, j]) * inverse
                skew[j] += each * (cubic - spread * mean[j] - 2.0 * along * inverse + 2.0 * length * mean[j])


@njit(cache=True, nogil=True)
def take_in(which, risk, q, z, plain, size, first, third, second):
    """Add one row to the sums of the risk set (``which`` 0) or of the tied events (1)."""
    plain[which] += risk
    size[which] += risk * q
    for j in range(len(z)):
        part = risk * z[j]
        first[which, j] += part
        third[which, j] += part * q
        for h in range(j + 1):
            second[which, j, h] += part * z[h]


def exercise() -> None:
    """Have every function compiled (or loaded) by a tiny evaluation."""
    x = np.array([[0.0, 0.0], [1.0, 1.0], [0.5, 0.25]])
    whole, none, one = np.arange(4), np.zeros(0, dtype=np.int64), np.ones(3)
    last = np.array([False, False, True])
    layout = Layout(x, x, np.zeros(3), True, whole, whole[:3], whole, last, none, np.zeros(1, dtype=np.int64), none)
    penalised(layout, one, one, np.zeros(1), np.empty(1), np.empty((1, 1)))
