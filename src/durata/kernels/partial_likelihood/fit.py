"""Fitting a Cox model: covariates centred and scaled, Newton on the partial likelihood, answers on their own scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray
from durata.kernels.compiled.readiness import loaded, ready, warm, warm_in_background
from durata.kernels.newton import (
    CONVERGED_DECREMENT,
    SINGULAR_PIVOT,
    STALLED_DECREMENT,
    Evaluation,
    Optimum,
    Status,
    maximise,
)
from durata.kernels.partial_likelihood.exact import ExactLikelihood
from durata.kernels.partial_likelihood.exact_marginal import ExactMarginalLikelihood
from durata.kernels.partial_likelihood.likelihood import PartialLikelihood
from durata.kernels.partial_likelihood.risk_order import RiskOrder
from durata.kernels.partial_likelihood.swept import SweptLikelihood, gathered

TieMethod = Literal["efron", "breslow", "exact", "exact_marginal"]
AVERAGED: tuple[TieMethod, ...] = ("exact", "exact_marginal")
"""Handlings of ties that know no weights and are slower than one sweep."""
CONSTANT = 1e-12
"""A column that varies by less than this share of its size does not vary."""
MANY = 1_000_000
"""Elements of the covariates from which compiled sweeps on several threads are worth their start."""
FEW = 100_000
"""Elements of the covariates up to which one sweep row by row beats whole-array arithmetic."""


@dataclass(frozen=True, eq=False)
class CoxFit:
    """A fitted Cox model, on the covariates' own scale.

    coefficients (p,), covariance (p, p) the inverse information; ``score_null`` (p,) and ``information_null``
    (p, p) at zero; ``involved`` (p,) says which columns are to blame when ``status`` is not CONVERGED.
    """

    status: Status
    coefficients: FloatArray
    covariance: FloatArray
    log_likelihood: float
    log_likelihood_null: float
    score_null: FloatArray
    information_null: FloatArray
    iterations: int
    involved: BoolArray


def kept_columns(order: RiskOrder, x: FloatArray) -> FloatArray:
    """Covariates ``x`` (n, p) of the kept rows, as contiguous columns (p, m)."""
    out = np.empty((x.shape[1], len(order.rows)))
    for j, column in enumerate(x.T):
        np.take(column, order.rows, out=out[j])
    return out


def fit_cox(order: RiskOrder, x: FloatArray, *, offset: FloatArray | None = None, ties: TieMethod = "efron") -> CoxFit:
    """Maximise Cox's partial likelihood.

    Parameters
    ----------
    order : the rows laid out by :func:`~durata.kernels.partial_likelihood.risk_order.order_risk_sets`.
    x : (n, p) covariates, finite.
    offset : (n,) known part of the linear predictor, or None.
    ties : "efron", "breslow", "exact" (Cox's discrete likelihood) or "exact_marginal" (the average over every order
        of the tied events); with the last two, weights must be one each.

    References
    ----------
    Cox, J. R. Statist. Soc. B 34:187, 1972; Breslow, Biometrics 30:89, 1974; Efron, JASA 72:557, 1977.
    """
    if ties not in AVERAGED and _sweeps(order, x):
        swept = _swept(order, x, offset, efron=ties == "efron")
        if swept is not None:
            return swept
    if ties not in AVERAGED and loaded() and _few(order, x):
        quick = _in_machine_code(order, x, offset, ties == "efron")
        if quick is not None:
            return quick
    columns = kept_columns(order, x)
    scale, constant = centre_and_scale(order, columns)
    p = len(columns)
    if np.any(constant):
        zero = Evaluation(np.nan, np.zeros(p), np.zeros((p, p)))
        stopped = Optimum(Status.COLLINEAR, np.zeros(p), zero, zero, 0, constant)
        return _on_own_scale(stopped, scale)
    known = None if offset is None else offset[order.rows]
    likelihood = (
        ExactLikelihood(order, columns, known)
        if ties == "exact"
        else ExactMarginalLikelihood(order, columns, known)
        if ties == "exact_marginal"
        else PartialLikelihood(order, columns, known, ties == "efron")
    )
    events = float(order.death_weight.sum())
    return _on_own_scale(maximise(likelihood, p, lambda step: float(np.ptp(step @ columns)), unit=events), scale)


def _sweeps(order: RiskOrder, x: FloatArray) -> bool:
    """Whether the rows are many and plain enough for compiled sweeps, and those are at hand (or are then made ready)."""
    if x.size < MANY or type(order) is not RiskOrder or order.late is not None or len(order.row_bounds) > 2:
        return False
    if not ready():
        warm_in_background()
        return False
    warm()
    return True


def _swept(order: RiskOrder, x: FloatArray, offset: FloatArray | None, *, efron: bool) -> CoxFit | None:
    """The fit by compiled sweeps; None when a column does not vary or there is no maximum, which numpy then tells."""
    from threadpoolctl import threadpool_limits

    rows, scale, largest = gathered(order, x)
    if np.any(scale <= CONSTANT * largest):
        return None
    known = None if offset is None else offset[order.rows]
    likelihood = SweptLikelihood(order, rows, known, efron)
    events = float(order.death_weight.sum())
    with threadpool_limits(1, "blas"):
        optimum = maximise(likelihood, len(scale), lambda step: float(np.ptp(rows @ step)), unit=events)
    return _on_own_scale(optimum, scale) if optimum.status == Status.CONVERGED else None


def _few(order: RiskOrder, x: FloatArray) -> bool:
    """Whether rows are so few, and plain enough, that one compiled sweep row by row is quickest."""
    return type(order) is RiskOrder and order.late is None and 0 < len(order.rows) * x.shape[1] <= FEW


def _in_machine_code(order: RiskOrder, x: FloatArray, offset: FloatArray | None, efron: bool) -> CoxFit | None:
    """The fit by compiled code; None leaves it to numpy.

    Whatever does not converge is left to numpy too: what separation and collinearity are is decided in one place.
    """
    from durata.kernels.compiled.layout import lay_out, lay_out_rows, mirror
    from durata.kernels.compiled.newton_sweep import climb

    if len(order.row_bounds) <= 2:
        layout, scale, largest = lay_out_rows(order, x, offset, efron=efron)
        if np.any(scale <= CONSTANT * largest):
            return None
    else:
        columns = kept_columns(order, x)
        scale, constant = centre_and_scale(order, columns)
        if np.any(constant):
            return None
        layout = lay_out(order, columns, None if offset is None else offset[order.rows], efron=efron)
    p = len(scale)
    beta, score, information, first = np.empty(p), np.empty(p), np.empty((p, p)), np.empty((1 + p, p))
    drawn = order.weight if order.frequency else np.ones(len(order.rows))
    limits = np.array([CONVERGED_DECREMENT, STALLED_DECREMENT, SINGULAR_PIVOT, order.death_weight.sum(), 50.0])
    status, steps, there, start = climb(
        layout, order.weight, drawn, np.zeros(p), beta, first, score, information, limits
    )
    if status != Status.CONVERGED:
        return None
    at_null = first[1:].copy()
    mirror(information)
    mirror(at_null)
    optimum = Optimum(
        Status.CONVERGED,
        beta,
        Evaluation(there, score, information),
        Evaluation(start, first[0], at_null),
        steps,
        np.zeros(p, dtype=np.bool_),
    )
    return _on_own_scale(optimum, scale)


def centre_and_scale(order: RiskOrder, columns: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Centre ``columns`` (p, m) within strata and scale them, in place; their scale (p,) and which do not vary (p,)."""
    weight, bounds = order.weight, order.row_bounds
    if len(bounds) <= 2:
        size = np.max(np.abs(columns), axis=1, initial=0.0)
        columns -= ((columns @ weight) / weight.sum())[:, None]
    else:
        size = np.max(np.abs(columns), axis=1, initial=0.0)
        total = np.add.reduceat(weight, bounds[:-1])
        for j, column in enumerate(columns):
            columns[j] -= np.repeat(np.add.reduceat(column * weight, bounds[:-1]) / total, np.diff(bounds))
    scale = np.sqrt(np.einsum("pm,pm,m->p", columns, columns, weight) / weight.sum())
    constant = scale <= CONSTANT * size
    scale = np.where(constant, 1.0, scale)
    columns /= scale[:, None]
    return scale, np.asarray(constant)


def _on_own_scale(optimum: Optimum, scale: FloatArray) -> CoxFit:
    """The optimum in terms of the covariates as they were given."""
    p = len(scale)
    covariance = np.full((p, p), np.nan)
    if optimum.status == Status.CONVERGED:
        inverse = np.linalg.inv(optimum.there.information) if p else np.zeros((0, 0))
        covariance = (inverse + inverse.T) / 2 / scale / scale[:, None]
    return CoxFit(
        status=optimum.status,
        coefficients=optimum.at / scale,
        covariance=covariance,
        log_likelihood=optimum.there.log_likelihood,
        log_likelihood_null=optimum.start.log_likelihood,
        score_null=optimum.start.score * scale,
        information_null=optimum.start.information * scale * scale[:, None],
        iterations=optimum.iterations,
        involved=optimum.involved,
    )
