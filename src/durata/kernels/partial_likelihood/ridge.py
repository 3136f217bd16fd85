"""Ridge-penalised Cox model: the log partial likelihood less half a weighted sum of squared coefficients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray
from durata.kernels.newton import Evaluation, Status, maximise
from durata.kernels.partial_likelihood.fit import centre_and_scale, kept_columns
from durata.kernels.partial_likelihood.likelihood import PartialLikelihood
from durata.kernels.partial_likelihood.risk_order import RiskOrder


@dataclass(frozen=True, eq=False)
class RidgeFit:
    """A penalised fit on the covariates' own scale.

    coefficients (p,); with H the penalised and I the plain information there, ``covariance`` (p, p) is H^-1 and
    ``sandwich`` (p, p) H^-1 I H^-1; ``degrees`` the trace of I H^-1. ``log_likelihood`` (and the one at zero) are not
    penalised; ``penalty`` is what is taken off at the estimate.
    """

    status: Status
    coefficients: FloatArray
    covariance: FloatArray
    sandwich: FloatArray
    degrees: float
    log_likelihood: float
    log_likelihood_null: float
    penalty: float
    iterations: int
    involved: BoolArray


def fit_ridge(
    order: RiskOrder,
    x: FloatArray,
    penalty: FloatArray,
    *,
    offset: FloatArray | None = None,
    ties: Literal["efron", "breslow"] = "efron",
) -> RidgeFit:
    """Maximise the log partial likelihood less sum of ``penalty`` (p,) x coefficient^2 / 2, for covariates ``x`` (n, p).

    References
    ----------
    Verweij & van Houwelingen, Statistics in Medicine 13:2427, 1994; Gray, JASA 87:942, 1992.
    """
    columns = kept_columns(order, x)
    scale, constant = centre_and_scale(order, columns)
    p = len(scale)
    nothing = np.full((p, p), np.nan)
    if np.any(constant):
        return RidgeFit(Status.COLLINEAR, np.zeros(p), nothing, nothing, np.nan, np.nan, np.nan, np.nan, 0, constant)
    known = None if offset is None else offset[order.rows]
    plain = PartialLikelihood(order, columns, known, ties == "efron")
    pull = penalty / scale**2

    def penalised(at: FloatArray) -> Evaluation:
        here = plain(at)
        return Evaluation(
            here.log_likelihood - float(pull @ at**2) / 2.0, here.score - pull * at, here.information + np.diag(pull)
        )

    events = float(order.death_weight.sum())
    found = maximise(penalised, p, lambda step: float(np.ptp(step @ columns)), unit=events)
    if found.status != Status.CONVERGED:
        return RidgeFit(
            found.status, found.at / scale, nothing, nothing, np.nan, np.nan, np.nan, np.nan,
            found.iterations, found.involved,
        )  # fmt: skip
    there = plain(found.at)
    inverse = np.linalg.inv(there.information + np.diag(pull))
    inverse = (inverse + inverse.T) / 2
    own = np.outer(scale, scale)
    return RidgeFit(
        found.status,
        found.at / scale,
        inverse / own,
        inverse @ there.information @ inverse / own,
        float(np.trace(there.information @ inverse)),
        there.log_likelihood,
        found.start.log_likelihood,
        float(pull @ found.at**2) / 2.0,
        found.iterations,
        found.involved,
    )
