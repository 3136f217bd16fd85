"""Firth's penalised partial likelihood written out person by person, with derivatives by complex steps: the oracle."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize, root

from durata.cohort import Cohort

STEP = 1e-30
"""A complex step this small has no error but rounding, for there is no difference to take."""
LOST = -1e6
"""In place of minus infinity, where a climb must turn back."""


class WrittenOut:
    """The penalised log-likelihood of covariates ``names``; frequency weights are repetition, "group" the strata if asked."""

    def __init__(self, cohort: Cohort, names: list[str], ties: str, *, strata: bool = False) -> None:
        again = np.arange(len(cohort))
        if cohort.weights is not None:
            again = np.repeat(again, cohort.weights.values.astype(int))
        self.exit, self.event = cohort.exit[again], cohort.event[again]
        self.entry = np.full(len(again), -np.inf) if cohort.entry is None else cohort.entry[again]
        self.x = np.column_stack([np.asarray(cohort.covariates[name]) for name in names])[again]
        in_stratum = strata and cohort.group is not None
        self.stratum = cohort.group.codes[again] if in_stratum and cohort.group is not None else np.zeros(len(again))
        self.efron = ties == "efron"
        self.p = len(names)

    def value(self, beta: np.ndarray, *, penalty: bool = True) -> complex:
        """The log-likelihood at real or complex ``beta`` (p,), plus half the log determinant of its information."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            return self._value(beta, penalty=penalty)

    def _value(self, beta: np.ndarray, *, penalty: bool) -> complex:
        eta = self.x @ beta
        total, information = 0j, np.zeros((self.p, self.p), dtype=complex)
        for stratum, time in sorted({(s, t) for s, t, e in zip(self.stratum, self.exit, self.event, strict=True) if e}):
            here = self.stratum == stratum
            at_risk = here & (self.entry < time) & (time <= self.exit)
            dies = here & self.event & (self.exit == time)
            d = int(dies.sum())
            total += eta[dies].sum()
            for step in range(d):
                share = step / d if self.efron else 0.0
                risk = np.exp(eta) * (at_risk - share * dies)
                total -= np.log(risk.sum())
                mean = risk @ self.x / risk.sum()
                centred = self.x - mean
                information += (centred * (risk / risk.sum())[:, None]).T @ centred
        if not penalty:
            return complex(total)
        determinant = np.linalg.det(information)
        return complex(total + np.log(determinant) / 2) if np.isfinite(total) and determinant else complex(LOST)

    def score(self, beta: np.ndarray) -> np.ndarray:
        """(p,) the derivative of the penalised log-likelihood."""
        steps = np.eye(self.p) * 1j * STEP
        return np.array([self.value(beta + step).imag / STEP for step in steps])

    def maximum(self, fixed: int | None = None, at: float = 0.0, near: np.ndarray | None = None) -> np.ndarray:
        """(p,) where scipy finds the maximum, coefficient ``fixed`` held ``at`` a value: climbed, then its score solved."""
        free = np.array([j for j in range(self.p) if j != fixed], dtype=int)
        whole = np.zeros(self.p) if near is None else near.copy()
        if fixed is not None:
            whole[fixed] = at

        def put(part: np.ndarray) -> np.ndarray:
            out = whole.copy()
            out[free] = part
            return out

        if len(free) == 0:
            return whole
        climbed = minimize(
            lambda b: -self.value(put(b)).real, whole[free], jac=lambda b: -self.score(put(b))[free], method="BFGS"
        )
        solved = root(lambda b: self.score(put(b))[free], climbed.x, tol=1e-13)
        return put(solved.x)
