"""The Cox model of ending treatment in continuous time: the cumulative hazard that weights grow with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray
from durata.kernels.near_ties import merge_near_ties
from durata.kernels.newton import Status
from durata.kernels.partial_likelihood.fit import fit_cox
from durata.kernels.partial_likelihood.likelihood import risk_sums
from durata.kernels.partial_likelihood.risk_order import order_risk_sets
from durata.language.speaking import speak
from durata.weighting.ending_hazard import MonthlyHazard


@dataclass(frozen=True, eq=False)
class EndingCox:
    """The cumulative hazard of mean covariates, ``cumulative`` (J,) from each ``time`` (J,) on, and ``relative_risk`` (n,)."""

    time: FloatArray
    cumulative: FloatArray
    relative_risk: FloatArray
    coefficients: FloatArray

    def hazard(self, at: FloatArray) -> FloatArray:
        """(k,) the cumulative hazard up to and including each time."""
        return np.concatenate([[0.0], self.cumulative])[np.searchsorted(self.time, at, side="right")]

    def between(self, bounds: FloatArray) -> MonthlyHazard:
        """(n, M) the chance of ending in each of the M intervals between M + 1 bounds, given obliged at its beginning."""
        steps = np.diff(self.hazard(bounds * (1 + 1e-12)))
        return MonthlyHazard(np.asarray(-np.expm1(-self.relative_risk[:, None] * steps[None, :])))


def fit_ending_cox(
    time: FloatArray, ended: BoolArray, x: FloatArray, counts: FloatArray, names: tuple[str, ...]
) -> EndingCox:
    """Fit a Cox model (Efron ties) to the end of treatment among the obliged.

    ``time`` (n,) until when each patient is obliged, ``ended`` (n,) whether treatment ended then, ``x`` (n, p),
    ``counts`` (n,) how many persons each row stands for. Raises CannotEstimate where there is no estimate.
    """
    if not ended.any():
        raise CannotEstimate(
            speak("Nobody is seen {what}: its probability cannot be modelled.", what=speak("ending treatment"))
        )
    time, _ = merge_near_ties(time)
    order = order_risk_sets(time, ended, weights=counts, frequency=True)
    if order is None:
        raise ValueError("nobody ended treatment: refused above")
    centre = counts @ x / counts.sum()
    if x.shape[1] == 0:
        beta = np.zeros(0)
    else:
        fit = fit_cox(order, x, ties="efron")
        if fit.status != Status.CONVERGED:
            blamed = speak(", ").join(
                repr(one) for one, chosen in zip(names, fit.involved.tolist(), strict=True) if chosen
            )
            why = {
                Status.COLLINEAR: speak("{columns} cannot be told apart or does not vary", columns=blamed),
                Status.SEPARATION: speak(
                    "{columns} separates those with it from the others without an exception", columns=blamed
                ),
            }.get(fit.status, speak("it did not converge after {steps} steps", steps=fit.iterations))
            raise CannotEstimate(
                speak(
                    "The model of {what} has no estimate: {why}. Leave covariates out or join their levels.",
                    what=speak("ending treatment"),
                    why=why,
                )
            )
        beta = fit.coefficients
    risk = np.exp((x - centre) @ beta)
    sums = risk_sums(order, order.weight * risk[order.rows], True)
    return EndingCox(order.time, np.cumsum(sums.hazard), risk, beta)
