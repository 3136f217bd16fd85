"""Cox's log partial likelihood with score and information, ties by Breslow or Efron, in one sweep over the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.kernels.arrays import FloatArray
from durata.kernels.newton import Evaluation
from durata.kernels.partial_likelihood.risk_order import RiskOrder

BLOCK = 1 << 18
"""Elements of the row matrix worked on at once: a block and its product stay in cache."""
DIGITS = 1e6
"""Sums of positive numbers are taken as differences as long as nothing this many times larger cancels."""


@dataclass(frozen=True, eq=False)
class RiskSums:
    """Sums over the risk sets of the K event times and the hazard that follows from them.

    With m tied events at a time, Efron's denominators are s0 - (l / m) e0, l = 0..m-1, with e0 the sum over the
    tied events themselves; Breslow's are all s0. For each time

    ``hazard`` (K,) sums (mean weight) / denominator, ``hazard_events`` (T,) the same times l / m: how much
    of it the tied events themselves are spared; ``squares``, ``squares_events`` and ``squares_both`` sum
    (mean weight) / denominator^2 times 1, l / m, (l / m)^2; ``log_denominators`` sums (mean weight) x
    log(denominator). T counts the tied times (Efron only). ``careful``: differences of running sums lose too many digits.
    """

    relative_risk: FloatArray
    s0: FloatArray
    e0: FloatArray
    log_denominators: float
    hazard: FloatArray
    hazard_events: FloatArray
    squares: FloatArray
    squares_events: FloatArray
    squares_both: FloatArray
    careful: bool


def risk_sums(order: RiskOrder, relative_risk: FloatArray, efron: bool) -> RiskSums:
    """Sums over risk sets of the weighted ``relative_risk`` (m,) = weight x exp(linear predictor) of the kept rows."""
    d = order.death_weight
    ties = order.ties if efron else None
    nothing = np.zeros(0)
    s0 = order.over_risk_sets(relative_risk)
    careful = order.late is not None and _loses_digits(order, relative_risk, s0)
    if careful:
        s0 = order.over_risk_sets(relative_risk, careful=True)
    hazard = d / s0
    squares = hazard / s0
    if ties is None:
        logs = float(d @ np.log(s0))
        return RiskSums(relative_risk, s0, nothing, logs, hazard, nothing, squares, nothing, nothing, careful)
    k = ties.index
    e0 = np.add.reduceat(relative_risk[ties.rows], ties.starts)
    mean_weight = (d[k] / order.deaths[k])[ties.of_event]
    denominator = s0[k][ties.of_event] - ties.fraction * e0[ties.of_event]
    logs_untied = np.log(s0)
    logs_untied[k] = 0.0
    part = mean_weight / denominator
    part_events = part * ties.fraction
    square, square_events = part / denominator, part_events / denominator
    hazard[k] = np.add.reduceat(part, ties.event_starts)
    squares[k] = np.add.reduceat(square, ties.event_starts)
    return RiskSums(
        relative_risk,
        s0,
        e0,
        float(d @ logs_untied + mean_weight @ np.log(denominator)),
        hazard,
        np.add.reduceat(part_events, ties.event_starts),
        squares,
        np.add.reduceat(square_events, ties.event_starts),
        np.add.reduceat(square_events * ties.fraction, ties.event_starts),
        careful,
    )


def _loses_digits(order: RiskOrder, relative_risk: FloatArray, s0: FloatArray) -> bool:
    """Whether sums over intervals, taken as differences of running sums, would lose more than six digits."""
    not_left = order.over_later(np.add.reduceat(relative_risk, order.starts))
    if np.any(s0 * DIGITS < not_left):
        return True
    hazard = order.over_earlier(order.death_weight / s0)
    late = order.late
    if late is None:
        return False
    through = hazard[late.last - 1] - hazard[late.first - 1]
    return bool(np.any(through * DIGITS < hazard[late.last - 1]))


def first_moments(order: RiskOrder, x: FloatArray, sums: RiskSums) -> tuple[FloatArray, FloatArray]:
    """Sums of risk x covariates: over the risk sets (p, K), and over the tied events (p, T); ``x`` is (p, m)."""
    p, m = x.shape
    s1 = np.empty((p, order.n_times))
    ties = order.ties if len(sums.e0) else None
    e1 = np.empty((p, 0 if ties is None else len(ties.index)))
    step = max(1, BLOCK // max(m, 1))
    for begin in range(0, p, step):
        part = x[begin : begin + step] * sums.relative_risk
        s1[begin : begin + step] = order.over_risk_sets(part, careful=sums.careful)
        if ties is not None:
            e1[begin : begin + step] = np.add.reduceat(part[:, ties.rows], ties.starts, axis=1)
    return s1, e1


def expected_events(order: RiskOrder, sums: RiskSums, scale: FloatArray | None = None) -> FloatArray:
    """(m,) weighted number of events each kept row was expected to have: its risk times the hazard it went through.

    ``scale`` (K,) multiplies the hazard of each event time.
    """
    hazard, spared = sums.hazard, sums.hazard_events
    ties = order.ties if len(sums.e0) else None
    if scale is not None:
        hazard = hazard * scale
        spared = spared if ties is None else spared * scale[ties.index]
    through = order.while_at_risk(hazard, careful=sums.careful)
    if ties is not None:
        through[ties.rows] -= spared[ties.of_row]
    return sums.relative_risk * through


def spread_of_means(
    order: RiskOrder, sums: RiskSums, s1: FloatArray, e1: FloatArray, scale: FloatArray | None = None
) -> FloatArray:
    """(p, p) sum over events of (mean covariates at risk)(mean covariates at risk)'; ``scale`` (K,) weighs the times."""
    squares = sums.squares if scale is None else sums.squares * scale
    out = gram(s1, squares) if scale is None else (s1 * squares) @ s1.T
    if order.ties is not None and len(sums.e0):
        k = order.ties.index
        events, both = sums.squares_events, sums.squares_both
        if scale is not None:
            events, both = events * scale[k], both * scale[k]
        cross = (s1[:, k] * events) @ e1.T
        out = out - cross - cross.T + (e1 * both) @ e1.T
    return out


def gram(x: FloatArray, weight: FloatArray) -> FloatArray:
    """X diag(weight) X' for ``x`` (p, m) and weights that are not negative, block by block (a symmetric product each)."""
    p, m = x.shape
    step = max(256, BLOCK // max(p, 1) // 4)
    root = np.sqrt(np.maximum(weight, 0.0))
    if m <= step:
        part = x * root
        return np.asarray(part @ part.T)
    out = np.zeros((p, p))
    for begin in range(0, m, step):
        part = x[:, begin : begin + step] * root[begin : begin + step]
        out += part @ part.T
    return out


@dataclass(frozen=True, eq=False)
class PartialLikelihood:
    """Breslow's or Efron's partial likelihood of one data set as a function of the coefficients.

    ``x`` (p, m) covariates of the kept rows of ``order``; ``offset`` (m,) or None.
    """

    order: RiskOrder
    x: FloatArray
    offset: FloatArray | None
    efron: bool

    def relative_risk(self, eta: FloatArray) -> FloatArray:
        """(m,) weight x exp(linear predictor)."""
        return self.order.weight * np.exp(eta)

    def linear_predictor(self, beta: FloatArray) -> FloatArray:
        """(m,) linear predictor, shifted so that the largest of each stratum is 0 (the likelihood does not notice)."""
        eta = np.asarray(beta @ self.x)
        if self.offset is not None:
            eta = eta + self.offset
        bounds = self.order.row_bounds
        if len(bounds) <= 2:
            return np.asarray(eta - eta.max())
        return np.asarray(eta - np.repeat(np.maximum.reduceat(eta, bounds[:-1]), np.diff(bounds)))

    def __call__(self, beta: FloatArray) -> Evaluation:
        """Log-likelihood, score (p,) and information (p, p) at ``beta`` (p,); not finite where a step went far too far."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            return self._evaluate(beta)

    def _evaluate(self, beta: FloatArray) -> Evaluation:
        order = self.order
        eta = self.linear_predictor(beta)
        sums = risk_sums(order, self.relative_risk(eta), self.efron)
        weight = order.weight[order.event_rows]
        log_likelihood = float(weight @ eta[order.event_rows]) - sums.log_denominators
        expected = expected_events(order, sums)
        s1, e1 = first_moments(order, self.x, sums)
        information = gram(self.x, expected) - spread_of_means(order, sums, s1, e1)
        residual = -expected
        residual[order.event_rows] += weight
        return Evaluation(log_likelihood, self.x @ residual, information)
