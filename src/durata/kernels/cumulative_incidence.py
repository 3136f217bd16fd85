"""Cumulative incidence of competing causes (Aalen-Johansen), its three variances, and the area under it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.kernels.arrays import FloatArray, IntArray

ROUNDING = 1e-14
"""A sum of squares smaller than this share of its terms is rounding."""
NOBODY = 1e-12
"""A smaller share of those at risk than this is nobody."""


@dataclass(frozen=True, slots=True)
class Incidence:
    """Shares in each state along time: still free of every event, and gone by each of C causes; they add up to 1.

    ``before`` (m,) is S(t-), ``free`` (m,) is S(t), ``incidence`` (m, C) the shares F_c(t) that each cause has taken.
    """

    at_risk: FloatArray
    events: FloatArray
    before: FloatArray
    free: FloatArray
    incidence: FloatArray


def aalen_johansen(at_risk: FloatArray, events: FloatArray) -> Incidence:
    """The cumulative incidence of each cause: S(t-) d_c / n added up, S being the product limit of all causes.

    Parameters
    ----------
    at_risk : (m,) at increasing times; events : (m, C) by cause, their sum not above ``at_risk``.

    References
    ----------
    Aalen & Johansen, Scandinavian Journal of Statistics 1978;5:141.
    """
    left = at_risk - events.sum(axis=1)
    # Sums of fractional weights only nearly cancel when everybody left has the event.
    left = np.where(left > NOBODY * at_risk, left, 0.0)
    free: FloatArray = np.cumprod(np.where(at_risk > 0, _ratio(left, at_risk), 1.0), dtype=np.float64)
    before = np.concatenate([[1.0], free[:-1]])
    steps = before[:, None] * _ratio(events, at_risk[:, None])
    return Incidence(at_risk, events, before, free, np.cumsum(steps, axis=0))


def multinomial_variance(curve: Incidence, cause: int) -> FloatArray:
    """(m,) variance of F_c with multinomial increments of the hazards: Greenwood's, for several causes (R's etm).

    At each time the causes share the d events; what is lost to any cause at s can no longer be taken by c until t.

    References
    ----------
    Andersen, Borgan, Gill & Keiding, Statistical Models Based on Counting Processes, 1993, section IV.4.1.
    """
    n, F = curve.at_risk, curve.incidence[:, cause]
    p_c, p = _ratio(curve.events[:, cause], n), _ratio(curve.events.sum(axis=1), n)
    own = _ratio(curve.before**2 * p_c * (1.0 - p_c), n)
    # With F(t) - F(s) multiplied out, every sum over s <= t is a running sum. Where S(s) = 0 nothing follows.
    mixed = np.where(curve.free > 0, _ratio(curve.before * p_c, n), 0.0)
    lost = np.where(curve.free > 0, _ratio(p, n * (1.0 - p)), 0.0)
    terms = own + 2.0 * F * mixed + F**2 * lost
    return _quadratic(terms, mixed + F * lost, lost, F)


def hypergeometric_variance(curve: Incidence, cause: int) -> FloatArray:
    """(m,) variance of F_c by the delta method, the two hazards (c; any other cause) independent (R's cmprsk::cuminc).

    The d events of a kind among n at risk have the hypergeometric variance d (n - d) / (n - 1).

    References
    ----------
    Gray, Annals of Statistics 1988;16:1141; Aalen, Annals of Statistics 1978;6:534.
    """
    n, F = curve.at_risk, curve.incidence[:, cause]
    d_c = curve.events[:, cause]
    d_o = curve.events.sum(axis=1) - d_c
    S, free = curve.free, curve.free > 0
    own = curve.before**2 * _spread(d_c, n)
    other = np.where(free, curve.before**2 * _spread(d_o, n), 0.0)
    towards = 1.0 + _ratio(F, S)
    terms = own * np.where(free, towards, 1.0) ** 2 + other * _ratio(F, S) ** 2
    mixed = np.where(free, _ratio(own * towards + other * _ratio(F, S), S), 0.0)
    return _quadratic(terms, mixed, np.where(free, _ratio(own + other, S**2), 0.0), F)


@dataclass(frozen=True, slots=True)
class Ended:
    """How n rows end: ``cause`` (n,) 0 for none, else 1..C; indices into the times; weights and clusters of the jackknife.

    ``weights`` stand inside the square, ``multiplicity`` outside (so many identical clusters); ``cluster`` None for
    every row by itself. ``entry_index`` is where a row is at risk for the first time, None for from the beginning.
    """

    cause: IntArray
    exit_index: IntArray
    entry_index: IntArray | None
    weights: FloatArray | None
    cluster: IntArray | None
    multiplicity: FloatArray | None


@dataclass(frozen=True, slots=True)
class Influence:
    """How the share F(t) of a state moves with the weight of each of n rows: by ``a - F(t) b``, gathered up to t.

    While at risk a row loses ``A`` and ``B`` (m,), counted from its ``a_start``, ``b_start`` (n,); when it has ended it
    stays at ``a_start + a`` and ``b_start + b``.
    """

    F: FloatArray
    A: FloatArray
    B: FloatArray
    a: FloatArray
    b: FloatArray
    a_start: FloatArray
    b_start: FloatArray


def influence(curve: Incidence, cause: int | None, ended: Ended) -> Influence:
    """The influence of rows on F of the ``cause`` (0 .. C - 1), or on the share free of every event (None)."""
    n = curve.at_risk
    m, rows = len(n), len(ended.cause)
    p = _ratio(curve.events.sum(axis=1), n)
    b_event = np.where(curve.free > 0, _ratio(np.ones(m), n * (1.0 - p)), 0.0)
    at_exit, with_event = ended.exit_index, ended.cause > 0
    B = np.cumsum(b_event * p)
    b = np.where(with_event, b_event[at_exit], 0.0) - B[at_exit]
    if cause is None:
        F, A, a = curve.free, np.zeros(m), np.zeros(rows)
    else:
        F = curve.incidence[:, cause]
        own, either = _ratio(curve.before, n), F * b_event
        A = np.cumsum(own * _ratio(curve.events[:, cause], n) + either * p)
        a = np.where(with_event, either[at_exit], 0.0) - A[at_exit]
        a += np.where(ended.cause == cause + 1, own[at_exit], 0.0)
    if ended.entry_index is None:
        return Influence(F, A, B, a, b, np.zeros(rows), np.zeros(rows))
    start = ended.entry_index
    return Influence(F, A, B, a, b, np.concatenate([[0.0], A])[start], np.concatenate([[0.0], B])[start])


def jackknife_variance(curve: Incidence, cause: int | None, ended: Ended) -> FloatArray:
    """(m,) infinitesimal-jackknife variance of F: squared summed influence of the rows of each cluster (R's survfit).

    References
    ----------
    Jaeckel, Bell Laboratories Memorandum MM 72-1215-11, 1972; Therneau & Grambsch, Modeling Survival Data, 2000.
    """
    m, rows = len(curve.at_risk), len(ended.cause)
    of = influence(curve, cause, ended)
    start = np.zeros(rows, dtype=np.intp) if ended.entry_index is None else ended.entry_index
    w = np.ones(rows) if ended.weights is None else ended.weights
    cluster = np.arange(rows) if ended.cluster is None else ended.cluster
    owner, when = np.concatenate([cluster, cluster]), np.concatenate([start, ended.exit_index])
    order = np.lexsort((when, owner))
    owner, when = owner[order], when[order]
    # What a cluster has gathered, and the weight it has at risk; both change only when one of its rows comes or goes.
    gathered = [
        _cumulated_within(np.concatenate([w * first, w * then])[order], owner)
        for first, then in ((of.a_start, of.a), (of.b_start, of.b), (np.ones(rows), np.full(rows, -1.0)))
    ]
    factor = np.ones(2 * rows) if ended.multiplicity is None else np.tile(ended.multiplicity, 2)[order]
    new = np.concatenate([[True], owner[1:] != owner[:-1]])
    coefficient = (np.ones(m), -of.F, of.F * of.B - of.A)
    total, size = np.zeros(m), np.zeros(m)
    for i in range(3):
        for j in range(i, 3):
            product = gathered[i] * gathered[j]
            change = factor * (product - np.where(new, 0.0, np.concatenate([[0.0], product[:-1]])))
            running = np.cumsum(np.bincount(when, weights=change, minlength=m)[:m])
            term = (1.0 if i == j else 2.0) * coefficient[i] * coefficient[j] * running
            total += term
            size += np.abs(term)
    variance = np.where(total > ROUNDING * np.maximum.accumulate(size), total, 0.0)
    # Between events nothing moves; rounding would move it.
    moved = curve.events.sum(axis=1) > 0
    last = np.maximum.accumulate(np.where(moved, np.arange(m), -1))
    return np.asarray(np.concatenate([[0.0], variance])[last + 1], dtype=np.float64)


def jackknife_area_variance(curve: Incidence, cause: int | None, ended: Ended, time: FloatArray, until: float) -> float:
    """Infinitesimal-jackknife variance of the area under F up to ``until``, the times (m,) being those of the curve."""
    of = influence(curve, cause, ended)
    edges = np.minimum(np.concatenate([time, [until]]), until)
    width = np.diff(edges)

    def area(values: FloatArray) -> FloatArray:
        return np.concatenate([[0.0], np.cumsum(values * width)])

    whole_F, whole_A, whole_B = area(of.F), area(of.A), area(of.F * of.B)
    exits = ended.exit_index
    starts = np.zeros(len(exits), dtype=np.intp) if ended.entry_index is None else ended.entry_index
    # From entry to exit the row is at risk; before its first observed time nothing has moved.
    moved = of.a_start * (edges[exits] - edges[starts]) - of.b_start * (whole_F[exits] - whole_F[starts])
    moved += whole_B[exits] - whole_B[starts] - (whole_A[exits] - whole_A[starts])
    moved += (of.a_start + of.a) * (edges[-1] - edges[exits])
    moved -= (of.b_start + of.b) * (whole_F[-1] - whole_F[exits])
    if ended.weights is not None:
        moved = moved * ended.weights
    each = np.ones(len(moved)) if ended.multiplicity is None else ended.multiplicity
    if ended.cluster is None:
        return float(each @ moved**2)
    _, first, codes = np.unique(ended.cluster, return_index=True, return_inverse=True)
    return float(each[first] @ np.bincount(codes, weights=moved) ** 2)


def area_until(time: FloatArray, value: FloatArray, initial: float, until: float) -> float:
    """The area from 0 to ``until`` under a step function that has ``value`` (m,) from ``time`` (m,) on, ``initial`` before."""
    inside = time < until
    edges = np.concatenate([[0.0], time[inside], [until]])
    return float(np.diff(edges) @ np.concatenate([[initial], value[inside]]))


def _spread(d: FloatArray, n: FloatArray) -> FloatArray:
    """Hypergeometric variance of d / n; d / n^2 for a single event."""
    return _ratio(d, n**2) * np.where(d > 1, _ratio(n - d, n - 1.0), 1.0)


def _quadratic(square: FloatArray, mixed: FloatArray, factor: FloatArray, F: FloatArray) -> FloatArray:
    """Running sums of square - 2 F(t) mixed + F(t)^2 factor, what is only rounding being 0."""
    parts = np.cumsum(square), 2.0 * F * np.cumsum(mixed), F**2 * np.cumsum(factor)
    total = parts[0] - parts[1] + parts[2]
    return np.asarray(np.where(total > ROUNDING * parts[0], total, 0.0), dtype=np.float64)


def _cumulated_within(values: FloatArray, owner: IntArray) -> FloatArray:
    """Running sums that start anew at every change of ``owner``."""
    total: FloatArray = np.cumsum(values)
    first = np.flatnonzero(np.concatenate([[True], owner[1:] != owner[:-1]]))
    offset = np.concatenate([[0.0], total[:-1]])[first]
    running: FloatArray = total - np.repeat(offset, np.diff(np.concatenate([first, [len(values)]])))
    return running


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """``above / below``, 0 where ``below`` is 0."""
    shape = np.broadcast_shapes(np.shape(above), np.shape(below))
    return np.divide(above, below, out=np.zeros(shape), where=np.broadcast_to(below, shape) != 0)
