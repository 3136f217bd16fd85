"""The exact marginal likelihood for tied events: the average over every order in which the tied events may have happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.kernels.arrays import FloatArray, IntArray
from durata.kernels.newton import Evaluation
from durata.kernels.partial_likelihood.risk_order import RiskOrder

SMALLEST = -42.0
"""Below this log u nothing is left of an integrand that falls at least as fast as u itself."""
FINEST = 0.1
"""Step in log u; rules for analytic integrands that vanish at both ends gain digits exponentially as it shrinks."""
BLOCK = 2_000_000
"""At most this many (event, node) pairs in memory at once."""


@dataclass(frozen=True, eq=False)
class ExactMarginalLikelihood:
    """Kalbfleisch and Prentice's marginal likelihood: ties come from rounding, and every order is as likely as the risks say.

    At a time with events D and others at risk of total risk s, the sum over all orders of D is
    ``integral_0^inf prod_{i in D} (1 - exp(-risk_i u / s)) exp(-u) du``; with one event it is Cox's own factor, and with
    nobody else at risk it is 1. The integral is taken by the trapezoid rule in log u. In (beta, log u) the integrand
    is log-concave, hence so is the likelihood, and Newton's method climbs it. ``x`` (p, m) covariates of the kept
    rows of ``order`` (weights one each); ``offset`` (m,) or None.

    References
    ----------
    Kalbfleisch & Prentice, Biometrika 60:267, 1973; DeLong, Guirguis & So, Biometrika 81:607, 1994.
    """

    order: RiskOrder
    x: FloatArray
    offset: FloatArray | None

    def __call__(self, beta: FloatArray) -> Evaluation:
        """Log-likelihood, score (p,) and information (p, p) at ``beta`` (p,)."""
        order, p = self.order, len(self.x)
        eta = np.asarray(beta @ self.x) if self.offset is None else np.asarray(beta @ self.x) + self.offset
        log_likelihood, score, information = 0.0, np.zeros(p), np.zeros((p, p))
        bounds = np.searchsorted(order.event_index, np.arange(order.n_times + 1))
        for s in range(len(order.row_bounds) - 1):
            rows = slice(int(order.row_bounds[s]), int(order.row_bounds[s + 1]))
            risk = np.exp(eta - eta[rows].max())
            others = self._others(risk, rows, s, bounds)
            for k in range(int(order.time_bounds[s]), int(order.time_bounds[s + 1])):
                dead = order.event_rows[bounds[k] : bounds[k + 1]]
                total, first, second = (part[k - int(order.time_bounds[s])] for part in others)
                if total <= 0.0:
                    continue  # whatever the order, these were the last
                mean = first / total
                spread = second / total - np.outer(mean, mean)
                away = self.x[:, dead] - mean[:, None]
                value, slope, curvature = _tied(risk[dead] / total, away)
                log_likelihood += value
                score += away @ slope
                information += spread * slope.sum() - curvature
        return Evaluation(log_likelihood, score, information)

    def _others(
        self, risk: FloatArray, rows: slice, s: int, bounds: IntArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """At each event time of a stratum, over those at risk without the event then: sums of risk (1, x, x x')."""
        order, (p, m) = self.order, self.x.shape
        begin, end = int(order.time_bounds[s]), int(order.time_bounds[s + 1])
        sums = (np.zeros(end - begin), np.zeros((end - begin, p)), np.zeros((end - begin, p, p)))
        here = np.arange(rows.start, rows.stop)
        alive = np.ones(m, dtype=np.bool_)
        running = (0.0, np.zeros(p), np.zeros((p, p)))
        for k in range(end - 1, begin - 1, -1):
            dead = order.event_rows[bounds[k] : bounds[k + 1]]
            if order.late is None:
                # Those who leave after this time without an event at it, then those with one: nothing is subtracted.
                leaving = np.arange(order.starts[k], rows.stop if k == end - 1 else order.starts[k + 1])
                alive[dead] = False
                running = _added(running, risk, self.x, leaving[alive[leaving]])
                found = running
                running = _added(running, risk, self.x, dead)
            else:
                alive[dead] = False
                found = _added(
                    (0.0, np.zeros(p), np.zeros((p, p))),
                    risk,
                    self.x,
                    here[(order.first[here] <= k) & (k < order.last[here]) & alive[here]],
                )
                alive[dead] = True
            sums[0][k - begin], sums[1][k - begin], sums[2][k - begin] = found
        return sums


Sums = tuple[float, FloatArray, FloatArray]


def _added(sums: Sums, risk: FloatArray, x: FloatArray, rows: IntArray) -> Sums:
    """Sums of risk (1, x, x x') with more rows."""
    weighted = x[:, rows] * risk[rows]
    return sums[0] + float(risk[rows].sum()), sums[1] + weighted.sum(axis=1), sums[2] + weighted @ x[:, rows].T


def _tied(a: FloatArray, away: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Log integral_0^inf prod (1 - exp(-a_i u)) exp(-u) du, its gradient (d,) and, by ``away`` (p, d), its Hessian in log a.

    The Hessian (d, d) is only made as away @ Hessian @ away.T (p, p).
    """
    d = len(a)
    if d == 1:
        return (
            float(np.log(a[0]) - np.log1p(a[0])),
            1.0 / (1.0 + a),
            away * (-a / (1.0 + a) ** 2) @ away.T,
        )
    step = min(FINEST, 0.5 / np.sqrt(d))
    largest = np.log(d + 1.0 + 15.0 * np.sqrt(d + 1.0) + 60.0)
    t = np.arange(SMALLEST, largest, step)
    u = np.exp(t)
    density = t - u
    block = max(1, BLOCK // len(t))
    for begin in range(0, d, block):
        density = density + np.log(-np.expm1(-np.outer(a[begin : begin + block], u))).sum(axis=0)
    peak = density.max()
    inside = density > peak - 45.0
    u, density = u[inside], np.exp(density[inside] - peak)
    total = float(density.sum())
    z = np.outer(a, u)
    # z / (e^z - 1), the derivative of log(1 - e^-z) in log z; 0 where e^z would overflow.
    q = z * np.exp(-z) / -np.expm1(-z)
    p = density / total
    mean = q @ p
    moved = away @ (q - mean[:, None])
    curvature = moved * p @ moved.T + away * ((q * (1.0 - q - z)) @ p) @ away.T
    return float(peak + np.log(total * step)), mean, curvature
