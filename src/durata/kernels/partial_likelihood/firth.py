"""Firth's penalised partial likelihood: the score corrected by third cumulants, the fit, and its profile."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray
from durata.kernels.compiled.readiness import loaded
from durata.kernels.newton import Evaluation, Status, dependent_columns
from durata.kernels.partial_likelihood.centred_moments import each_risk_set
from durata.kernels.partial_likelihood.fit import FEW, centre_and_scale, kept_columns
from durata.kernels.partial_likelihood.likelihood import (
    PartialLikelihood,
    RiskSums,
    expected_events,
    first_moments,
    gram,
    risk_sums,
    spread_of_means,
)
from durata.kernels.partial_likelihood.risk_order import RiskOrder
from durata.kernels.profile import ProfiledCoefficients, Profiler
from durata.kernels.quasi_newton import climb

if TYPE_CHECKING:
    from durata.kernels.compiled.layout import Layout

CANCELLED = 1e-3
"""Information smaller than this share of the moments it is the difference of has lost three digits; its third moments, more."""
LAST_DIGITS = 1e-10
"""A root of the information with a pivot below this share of its column is rounding."""


@dataclass(frozen=True, eq=False)
class FirthLikelihood:
    """Breslow's or Efron's log partial likelihood plus half the log determinant of its information I.

    ``x`` (p, m) covariates of the kept rows of ``order``, centred and scaled; ``offset`` (m,) or None. Weights count
    identical rows, in the likelihood and in I.

    The derivative of 1/2 log |I| by coefficient k is 1/2 trace(I^-1 dI/dk). dI/dk sums third central moments of the
    covariates over the events, so in coordinates in which I is the identity half the trace is half the sum of
    E[|z - mean|^2 (z - mean)] over the events: one sweep over the rows, and no array of rows x times or p x p x p.

    References
    ----------
    Firth, Biometrika 80:27, 1993; Heinze & Schemper, Biometrics 57:114, 2001.
    """

    order: RiskOrder
    x: FloatArray
    offset: FloatArray | None
    efron: bool

    def __call__(self, beta: FloatArray) -> Evaluation:
        """Penalised log-likelihood, modified score (p,) and the information I (p, p) of the unpenalised likelihood.

        The log-likelihood is -inf where I is not positive definite in double precision.
        """
        quick = self._in_machine_code(beta)
        if quick is not None:
            return quick
        eta = PartialLikelihood(self.order, self.x, self.offset, self.efron).linear_predictor(beta)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            swept = self._swept(eta)
        return self.set_by_set(eta) if swept is None else swept

    @cached_property
    def _layout(self) -> Layout | None:
        """The rows as machine code takes them; None where it is not loaded or the rows are not few and plain."""
        if not loaded() or self.order.late is not None or self.x.size > FEW:
            return None
        from durata.kernels.compiled.layout import lay_out

        return lay_out(self.order, self.x, self.offset, efron=self.efron)

    def _in_machine_code(self, beta: FloatArray) -> Evaluation | None:
        """The evaluation by compiled code; None where there is none or where it loses digits."""
        layout = self._layout
        if layout is None:
            return None
        from durata.kernels.compiled.firth_sweep import penalised

        score, information = np.empty(len(beta)), np.empty((len(beta), len(beta)))
        # frequencies, if anything: each says how many persons an event stands for
        weight = self.order.weight
        value = penalised(layout, weight, weight, beta, score, information)
        return Evaluation(value, score, information) if np.isfinite(value) else None

    def _swept(self, eta: FloatArray) -> Evaluation | None:
        """One sweep over the rows; None where what is wanted drowns in the rounding of the sums it is a difference of."""
        order = self.order
        sums = risk_sums(order, order.weight * np.exp(eta), self.efron)
        weight = order.weight[order.event_rows]
        log_likelihood = float(weight @ eta[order.event_rows]) - sums.log_denominators
        expected = expected_events(order, sums)
        if not (np.isfinite(log_likelihood) and np.all(np.isfinite(expected))):
            return None
        # Far from 0 few rows carry the risk: centred at them, their moments cancel less.
        x = _centred(order, self.x, np.maximum(expected, 0.0))
        s1, e1 = first_moments(order, x, sums)
        second = gram(x, expected)
        information = second - spread_of_means(order, sums, s1, e1)
        root = _root(information)
        if root is None or np.any(np.diag(root) ** 2 < CANCELLED * np.diag(second)):
            return None
        inverse = np.linalg.inv(root)
        skew = third_moments(order, sums, expected, inverse @ x, inverse @ s1, inverse @ e1)
        residual = -expected
        residual[order.event_rows] += weight
        return _penalised(log_likelihood, x @ residual, information, root, skew)

    def set_by_set(self, eta: FloatArray) -> Evaluation:
        """The same from the linear predictors ``eta`` (m,) by visiting every risk set: exact where moments are very small."""
        order, p = self.order, len(self.x)
        weight = order.weight[order.event_rows]
        log_likelihood, score = float(weight @ eta[order.event_rows]), self.x[:, order.event_rows] @ weight
        upper: FloatArray = np.zeros((p, p))
        skew = np.zeros(p)
        for at_risk in each_risk_set(order, self.x, eta, efron=self.efron):
            log_likelihood -= at_risk.events * at_risk.log_denominator
            score -= at_risk.events * at_risk.mean
            # The root of I, made without I: nearly collinear columns keep twice as many digits.
            rows = at_risk.centred * np.sqrt(at_risk.events * at_risk.probability)
            upper = np.asarray(np.linalg.qr(np.vstack([upper, rows.T]), mode="r"))
        root, information = upper.T, upper.T @ upper
        if not np.all(np.abs(np.diag(root)) > LAST_DIGITS * np.sqrt(np.diag(information))):
            return Evaluation(-np.inf, score, information)
        for at_risk in each_risk_set(order, self.x, eta, efron=self.efron):
            z = np.linalg.solve(root, at_risk.centred)
            skew += at_risk.events * (z @ (at_risk.probability * np.einsum("pr,pr->r", z, z)))
        return _penalised(log_likelihood, score, information, root, skew)


def _penalised(
    log_likelihood: float, score: FloatArray, information: FloatArray, root: FloatArray, skew: FloatArray
) -> Evaluation:
    """Half the log determinant added to a log-likelihood and its derivative to the score; ``root`` root' = information."""
    penalty = float(np.sum(np.log(np.abs(np.diag(root)))))
    return Evaluation(log_likelihood + penalty, score + 0.5 * (root @ skew), information)


def _root(information: FloatArray) -> FloatArray | None:
    """The Cholesky factor of an information (p, p); None where it is singular in double precision."""
    if not np.all(np.isfinite(information)):
        return None
    try:
        return np.asarray(np.linalg.cholesky(information), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None


def third_moments(
    order: RiskOrder, sums: RiskSums, expected: FloatArray, z: FloatArray, s1: FloatArray, e1: FloatArray
) -> FloatArray:
    """(p,) sum over the events of E[|z - mean|^2 (z - mean)], the expectation over who is at risk, by their risk.

    Parameters
    ----------
    expected : (m,) expected events of the kept rows; z : (p, m) their covariates.
    s1, e1 : (p, K), (p, T) the sums of risk x covariates over the risk sets and over the tied events.

    With q = |z|^2 it is E[q z] - E[q] mean - 2 E[(z . mean) z] + 2 |mean|^2 mean; each part is summed by itself. Under
    Efron's ties every event of a tied time has a mean of its own, (s1 - l/m e1) / (s0 - l/m e0).
    """
    ties = order.ties if len(sums.e0) else None
    q = np.einsum("pm,pm->m", z, z)
    sq, eq = first_moments(order, q[None, :], sums)
    out = np.asarray(z @ (q * expected) - s1 @ (sums.squares * sq[0]))
    passed = s1 * sums.squares
    d = order.death_weight
    if ties is not None:
        k = ties.index
        events, both = sums.squares_events, sums.squares_both
        out += e1 @ (events * sq[0, k]) + s1[:, k] @ (events * eq[0]) - e1 @ (both * eq[0])
        passed[:, k] -= e1 * events
        d = d.copy()
        d[k] = 0.0
    # E[(z . mean) z]: each row meets the means of all the risk sets it belongs to.
    met = order.while_at_risk(passed, careful=sums.careful)
    if ties is not None:
        met[:, ties.rows] -= (s1[:, k] * events - e1 * both)[:, ties.of_row]
    out -= 2.0 * (z @ (sums.relative_risk * np.einsum("pm,pm->m", z, met)))
    mean = s1 / sums.s0
    out += 2.0 * (mean @ (d * np.einsum("pk,pk->k", mean, mean)))
    if ties is not None:
        t = ties.of_event
        mean = (s1[:, k][:, t] - ties.fraction * e1[:, t]) / (sums.s0[k][t] - ties.fraction * sums.e0[t])
        weight = (order.death_weight[k] / order.deaths[k])[t]
        out += 2.0 * (mean @ (weight * np.einsum("pe,pe->e", mean, mean)))
    return out


@dataclass(frozen=True, eq=False)
class FirthFit:
    """A fitted Firth model, on the covariates' own scale.

    coefficients (p,), covariance (p, p) the inverse information at them; ``log_likelihood`` and
    ``log_likelihood_null`` (all coefficients 0) penalised, ``log_likelihood_unpenalised`` at the estimate; ``profile``
    limits and signed roots of the penalised likelihood-ratio tests, the full information in the penalty; None when not
    asked for, and unless ``status`` is CONVERGED. ``involved`` (p,) are the columns to blame for COLLINEAR.
    """

    status: Status
    coefficients: FloatArray
    covariance: FloatArray
    log_likelihood: float
    log_likelihood_null: float
    log_likelihood_unpenalised: float
    modified_score: FloatArray
    profile: ProfiledCoefficients | None
    iterations: int
    involved: BoolArray


def fit_firth(
    order: RiskOrder,
    x: FloatArray,
    *,
    offset: FloatArray | None = None,
    ties: Literal["efron", "breslow"] = "efron",
    conf_level: float = 0.95,
    profiled: bool = True,
) -> FirthFit:
    """Maximise Firth's penalised partial likelihood and profile it.

    Parameters
    ----------
    order : the rows laid out by :func:`~durata.kernels.partial_likelihood.risk_order.order_risk_sets`; weights, if
        any, are frequencies.
    x : (n, p) covariates, finite.
    offset : (n,) known part of the linear predictor, or None.
    conf_level : of the profile limits; ``profiled`` False leaves them out (the fit's ``profile`` is None).

    References
    ----------
    Heinze & Schemper, Biometrics 57:114, 2001.
    """
    columns = kept_columns(order, x)
    scale, involved = centre_and_scale(order, columns)
    p = len(columns)
    known = None if offset is None else offset[order.rows]
    plain = PartialLikelihood(order, columns, known, ties == "efron")
    if not np.any(involved):
        involved = dependent_columns(plain(np.zeros(p)).information, float(order.death_weight.sum()))
    if np.any(involved):
        return _without(Status.COLLINEAR, p, involved)
    penalised = FirthLikelihood(order, columns, known, ties == "efron")

    def reach(step: FloatArray) -> float:
        return float(np.ptp(step @ columns))

    top = climb(penalised, np.zeros(p), reach)
    if not top.converged:
        return _without(Status.NOT_CONVERGED, p, involved, top.iterations)
    inverse = np.linalg.inv(top.there.information)
    covariance = (inverse + inverse.T) / 2
    profile = Profiler(penalised, reach, top, covariance).coefficients(conf_level) if profiled else None
    # |I| of the columns as given: half its logarithm is larger by the logarithms of the scales.
    constant = float(np.sum(np.log(scale)))
    return FirthFit(
        status=Status.CONVERGED,
        coefficients=top.at / scale,
        covariance=covariance / scale / scale[:, None],
        log_likelihood=top.there.log_likelihood + constant,
        log_likelihood_null=penalised(np.zeros(p)).log_likelihood + constant,
        log_likelihood_unpenalised=plain(top.at).log_likelihood,
        modified_score=top.there.score * scale,
        profile=None
        if profile is None
        else ProfiledCoefficients(profile.low / scale, profile.high / scale, profile.statistic, conf_level),
        iterations=top.iterations,
        involved=involved,
    )


def _without(status: Status, p: int, involved: BoolArray, iterations: int = 0) -> FirthFit:
    """What is left of a fit that has no estimate."""
    nan = np.full(p, np.nan)
    return FirthFit(status, nan, np.full((p, p), np.nan), np.nan, np.nan, np.nan, nan, None, iterations, involved)


def _centred(order: RiskOrder, columns: FloatArray, weight: FloatArray) -> FloatArray:
    """``columns`` (p, m) less their means within strata, ``weight`` (m,) counting the rows."""
    bounds = order.row_bounds
    if len(bounds) <= 2:
        return np.asarray(columns - ((columns @ weight) / weight.sum())[:, None])
    starts = bounds[:-1]
    total = np.add.reduceat(weight, starts)
    means = np.add.reduceat(columns * weight, starts, axis=1) / total
    return np.asarray(columns - np.repeat(means, np.diff(bounds), axis=1))
