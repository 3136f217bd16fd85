"""Which implementation does which work: the register that ours.py and peers.py fill."""

# mypy: ignore-errors
from __future__ import annotations

from collections.abc import Callable

import numpy as np
from data import Case

Arrays = dict[str, np.ndarray]
Timed = Callable[[], np.ndarray]
"""Does the work once and returns numbers (coefficients, survival, chi-square) that must agree between implementations."""
WORK: dict[str, dict[str, Callable[[Arrays, Case], Timed]]] = {}


def does(implementation: str, *work: str):
    """Register what an implementation does."""

    def register(prepare: Callable[[Arrays, Case], Timed]):
        for one in work:
            WORK.setdefault(implementation, {})[one] = prepare
        return prepare

    return register


def resampled(a: Arrays, case: Case, fit: Callable[[np.ndarray], np.ndarray]) -> Timed:
    """The mean of a fit over all resamples, one after the other."""
    drawn = a["drawn"].T.astype(np.intp)
    return lambda: np.array([fit(rows) for rows in drawn]).mean(axis=0)
