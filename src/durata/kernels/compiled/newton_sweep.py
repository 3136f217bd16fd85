"""Cox models fitted row by row in machine code: one data set with many vectors of counts (bootstrap), or one small fit."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from durata.kernels.arrays import FloatArray
from durata.kernels.compiled.layout import Layout, mirror, standardise
from durata.kernels.compiled.relative_risk import relative_risk

CONVERGED, SEPARATION, COLLINEAR, NOT_CONVERGED, NO_EVENTS = 0, 1, 2, 3, 4
"""The statuses of :class:`durata.kernels.newton.Status`; anything but CONVERGED is asked again of the numpy kernel."""

TINY, HUGE = 1e-150, 1e150
FLAT, FLAT_REACH = 1e-5, 0.25  # as in durata.kernels.newton


class Room(NamedTuple):
    """Arrays to work in: linear predictor, relative risk and powers of two (m,); moments of the risk set, of tied events, and expected."""

    eta: FloatArray
    r: FloatArray
    powers: FloatArray
    s: FloatArray
    e: FloatArray
    packed: FloatArray


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def evaluate(layout, c, drawn, beta, room, score, info):
    """Log partial likelihood at ``beta`` (p,); fills ``score`` (p,) and the lower half of ``info`` (p, p).

    c (m,) weights of the rows, all above 0; drawn (m,) how many persons an event stands for among
    those tied with it.
    """
    x, y, starts, event_rows, event_starts = layout.x, layout.y, layout.starts, layout.event_rows, layout.event_starts
    late, late_starts, late_before = layout.late, layout.late_starts, layout.late_before
    eta, r, powers, s, e, packed = room
    m, p = len(x), len(beta)
    width = y.shape[1]
    n_times = len(starts) - 1
    top = -np.inf
    for i in range(m):
        value = layout.offset[i]
        for j in range(p):
            value += x[i, j] * beta[j]
        eta[i] = value
        top = max(top, value)
    if not np.isfinite(top):
        return np.nan
    for i in range(m):
        eta[i] -= top
    relative_risk(eta, c, powers, r)
    log_likelihood = 0.0
    score[:] = 0.0
    packed[:] = 0.0
    s0 = 0.0
    s[:] = 0.0
    group = len(late_before) - 1
    for k in range(n_times - 1, -1, -1):
        if layout.stratum_ends[k]:
            s0 = 0.0
            s[:] = 0.0
        for i in range(starts[k], starts[k + 1]):
            w = r[i]
            s0 += w
            for q in range(width):
                s[q] += w * y[i, q]
        while group >= 0 and late_before[group] == k:
            for position in range(late_starts[group], late_starts[group + 1]):
                i = late[position]
                w = r[i]
                s0 -= w
                for q in range(width):
                    s[q] -= w * y[i, q]
            group -= 1
        weight = 0.0
        deaths = 0.0
        e0 = 0.0
        for position in range(event_starts[k], event_starts[k + 1]):
            i = event_rows[position]
            weight += c[i]
            deaths += drawn[i]
            e0 += r[i]
            log_likelihood += c[i] * eta[i]
            for j in range(p):
                score[j] += c[i] * x[i, j]
        if weight == 0.0:
            continue
        if layout.efron and deaths > 1.0:
            mean = weight / deaths
            hazard = spared = squares = squares_events = squares_both = 0.0
            # one logarithm for many denominators, taken before their product leaves the range of numbers
            product = 1.0
            share = 1.0 / deaths
            for turn in range(int(deaths)):
                fraction = turn * share
                denominator = s0 - fraction * e0
                product *= denominator
                if not TINY < product < HUGE:
                    log_likelihood -= mean * (np.log(product / denominator) + np.log(denominator))
                    product = 1.0
                inverse = 1.0 / denominator
                part = mean * inverse
                square = part * inverse
                hazard += part
                spared += part * fraction
                squares += square
                squares_events += square * fraction
                squares_both += square * fraction * fraction
            log_likelihood -= mean * np.log(product)
            e[:] = 0.0
            for position in range(event_starts[k], event_starts[k + 1]):
                i = event_rows[position]
                w = r[i]
                for q in range(width):
                    e[q] += w * y[i, q]
            for q in range(width):
                packed[q] += hazard * s[q] - spared * e[q]
            q = p
            for j in range(p):
                left, right = squares * s[j] - squares_events * e[j], squares_events * s[j] - squares_both * e[j]
                for h in range(j + 1):
                    packed[q] -= left * s[h] - right * e[h]
                    q += 1
        else:
            hazard = weight / s0
            log_likelihood -= weight * np.log(s0)
            for q in range(width):
                packed[q] += hazard * s[q]
            q = p
            for j in range(p):
                left = hazard * (s[j] / s0)
                for h in range(j + 1):
                    packed[q] -= left * s[h]
                    q += 1
    q = p
    for j in range(p):
        score[j] -= packed[j]
        for h in range(j + 1):
            info[j, h] = packed[q]
            q += 1
    return log_likelihood


@njit(cache=True, nogil=True)
def cholesky(matrix, lower):
    """Factor the lower half of ``matrix`` into ``lower``; the smallest share that is left of a diagonal entry."""
    p = len(matrix)
    least = 1.0
    for j in range(p):
        for h in range(j + 1):
            value = matrix[j, h]
            for q in range(h):
                value -= lower[j, q] * lower[h, q]
            if j == h:
                share = value / matrix[j, j] if matrix[j, j] > 0.0 else 0.0
                if not share > 0.0:
                    return 0.0
                least = min(least, share)
                lower[j, j] = np.sqrt(value)
            else:
                lower[j, h] = value / lower[h, h]
    return least


@njit(cache=True, nogil=True)
def solve(lower, right, out):
    """Solve (lower lower') out = right."""
    p = len(right)
    for j in range(p):
        value = right[j]
        for h in range(j):
            value -= lower[j, h] * out[h]
        out[j] = value / lower[j, j]
    for j in range(p - 1, -1, -1):
        value = out[j]
        for h in range(j + 1, p):
            value -= lower[h, j] * out[h]
        out[j] = value / lower[j, j]


@njit(cache=True, nogil=True)
def reach(x, c, step):
    """The largest change a step (p,) makes between the linear predictors of two rows that are there."""
    low, high = np.inf, -np.inf
    for i in range(len(x)):
        if c[i] > 0.0:
            value = 0.0
            for j in range(len(step)):
                value += x[i, j] * step[j]
            low, high = min(low, value), max(high, value)
    return high - low


@njit(cache=True, nogil=True)
def climb(layout, c, drawn, begin, beta, first, score, info, limits):
    """Newton from ``begin`` (p,): fills ``beta`` and, there, ``score`` and the lower ``info``.

    Returns (status, steps, log-likelihood, log-likelihood at ``begin``); score and information at ``begin`` go to
    ``first`` (1 + p, p), the score first.

    ``limits`` = (decrement that ends it, decrement that is rounding, least pivot, unit of information, most steps).
    """
    m, p = len(layout.x), len(begin)
    width = layout.y.shape[1]
    room = Room(np.empty(m), np.empty(m), np.empty(m), np.empty(width), np.empty(width), np.empty(width))
    lower, step, trial = np.zeros((p, p)), np.empty(p), np.empty(p)
    score_there, info_there = np.empty(p), np.empty((p, p))
    beta[:] = begin
    here = evaluate(layout, c, drawn, beta, room, score, info)
    start = here
    first[0] = score
    first[1:] = info
    before = before_length = np.inf
    for turn in range(1, int(limits[4]) + 1):
        for j in range(p):
            if not info[j, j] > limits[2] * limits[3]:
                return COLLINEAR if turn == 1 else SEPARATION, turn, here, start
        if not cholesky(info, lower) > limits[2]:
            return COLLINEAR if turn == 1 else SEPARATION, turn, here, start
        solve(lower, score, step)
        decrement = 0.0
        for j in range(p):
            decrement += score[j] * step[j]
        if not np.isfinite(decrement):
            return NOT_CONVERGED, turn, here, start
        length = reach(layout.x, c, step) if abs(decrement) < 100.0 * FLAT else np.inf
        # a step that gains next to nothing and is no shorter than the one before leads to infinity
        ended = abs(decrement) <= limits[0]
        if abs(decrement) < FLAT and length > FLAT_REACH and (ended or length > 0.5 * before_length):
            return SEPARATION, turn, here, start
        before_length = length
        if ended:
            for j in range(p):
                beta[j] += step[j]
            return CONVERGED, turn, here, start
        if abs(decrement) < limits[1] and abs(decrement) > 0.25 * before:
            return CONVERGED, turn, here, start
        before = abs(decrement)
        slack = 1e-11 * (abs(here) + 1.0)
        moved = False
        for _ in range(40):
            for j in range(p):
                trial[j] = beta[j] + step[j]
            there = evaluate(layout, c, drawn, trial, room, score_there, info_there)
            if np.isfinite(there) and there >= here - slack:
                moved = True
                break
            for j in range(p):
                step[j] *= 0.5
        if not moved:
            return NOT_CONVERGED, turn, here, start
        here = there
        beta[:] = trial
        score[:] = score_there
        info[:, :] = info_there
    return NOT_CONVERGED, int(limits[4]), here, start


@njit(cache=True, nogil=True)
def climb_many(layout, counts, weight, frequency, begin, influence, limits, betas, statuses):
    """Fit every row of ``counts`` (B, m): how often each kept row was drawn; fills ``betas`` (B, p), ``statuses`` (B,).

    The climb begins at ``begin`` (p,) moved by the ``influence`` (m, p) of the rows drawn once more or once less.
    """
    m, p = len(layout.x), len(begin)
    width, n_times = layout.y.shape[1], len(layout.starts) - 1
    score, info, first, from_here = np.empty(p), np.empty((p, p)), np.empty((1 + p, p)), np.empty(p)
    c, drawn, y, offset = np.empty(m), np.empty(m), np.empty((m, width)), np.empty(m)
    place, starts, event_starts = (
        np.empty(m, dtype=np.int64),
        np.empty_like(layout.starts),
        np.empty_like(layout.starts),
    )
    event_rows, late = np.empty_like(layout.event_rows), np.empty_like(layout.late)
    late_starts = np.empty_like(layout.late_starts)
    own = limits.copy()
    for b in range(len(counts)):
        # the rows that were drawn, side by side: what follows then asks of no row whether it is there
        from_here[:] = begin
        there = 0
        for k in range(n_times + 1):
            until = layout.starts[k + 1] if k < n_times else m
            starts[k] = there
            for i in range(layout.starts[k], until):
                times = float(counts[b, i])
                for j in range(p):
                    from_here[j] += (times - 1.0) * influence[i, j]
                place[i] = -1
                if times > 0.0:
                    c[there] = times * weight[i]
                    drawn[there] = c[there] if frequency else times
                    offset[there] = layout.offset[i]
                    for q in range(width):
                        y[there, q] = layout.y[i, q]
                    place[i] = there
                    there += 1
        events = 0.0
        kept = 0
        for k in range(n_times + 1):
            event_starts[k] = kept
            if k < n_times:
                for position in range(layout.event_starts[k], layout.event_starts[k + 1]):
                    i = place[layout.event_rows[position]]
                    if i >= 0:
                        event_rows[kept] = i
                        events += c[i]
                        kept += 1
        came = 0
        for group in range(len(late_starts)):
            late_starts[group] = came
            if group < len(late_starts) - 1:
                for position in range(layout.late_starts[group], layout.late_starts[group + 1]):
                    if place[layout.late[position]] >= 0:
                        late[came] = place[layout.late[position]]
                        came += 1
        if events == 0.0:
            statuses[b] = NO_EVENTS
            betas[b, :] = np.nan
            continue
        own[3] = events
        present = Layout(
            y[:there],
            y[:there],
            offset[:there],
            layout.efron,
            starts,
            event_rows,
            event_starts,
            layout.stratum_ends,
            late,
            late_starts,
            layout.late_before,
        )
        statuses[b] = climb(present, c[:there], drawn[:there], from_here, betas[b], first, score, info, own)[0]


def exercise() -> None:
    """Have every function compiled (or loaded) by a tiny fit."""
    standardise(np.ones((3, 1)), np.arange(3), np.ones(3), np.empty((3, 2)), np.empty(1), np.empty(1))
    mirror(np.eye(2))
    layout = Layout(
        np.array([[0.0], [1.0], [0.5]]),
        np.array([[0.0, 0.0], [1.0, 1.0], [0.5, 0.25]]),
        np.zeros(3),
        True,
        np.array([0, 1, 2, 3]),
        np.array([0, 1, 2]),
        np.array([0, 1, 2, 3]),
        np.array([False, False, True]),
        np.zeros(0, dtype=np.int64),
        np.zeros(1, dtype=np.int64),
        np.zeros(0, dtype=np.int64),
    )
    climb_many(
        layout,
        np.ones((1, 3), dtype=np.uint16),
        np.ones(3),
        True,
        np.zeros(1),
        np.zeros((3, 1)),
        np.array([1e-18, 1e-9, 1e-11, 3.0, 50.0]),
        np.empty((1, 1)),
        np.empty(1, dtype=np.int64),
    )
