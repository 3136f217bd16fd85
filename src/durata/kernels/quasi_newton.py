"""Climbing a smooth function whose curvature is only roughly known: quasi-Newton steps, some coordinates held still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray
from durata.kernels.newton import Evaluation

CONVERGED_DECREMENT = 1e-24
"""Squared distance to the top, in standard errors, at which nothing is left to do."""
STALLED_DECREMENT = 1e-14
"""Below this, a decrement that no longer falls is rounding error: the top is reached."""
FLAT_DECREMENT = 1e-9
"""Below this, a function that rises along no step but rounding is at its top."""
LONGEST = 10.0
"""No step moves two linear predictors further apart than this (a ratio of 22,000)."""
SUFFICIENT_RISE = 1e-4
HALVINGS = 40
NOISE = 1e-8
"""Share of the log-likelihood that rounding may make of the difference between two points beside each other."""
LEAST_EIGENVALUE = 1e-15
"""Of a correlation matrix; a smaller one is rounding."""


@dataclass(frozen=True, eq=False)
class Peak:
    """Where the climb ended: ``at`` (p,), what was found ``there``, after how many steps, and whether it is a top."""

    converged: bool
    at: FloatArray
    there: Evaluation
    iterations: int


def climb(
    evaluate: Callable[[FloatArray], Evaluation],
    start: FloatArray,
    reach: Callable[[FloatArray], float],
    *,
    free: BoolArray | None = None,
    max_iterations: int = 100,
) -> Peak:
    """Maximise ``evaluate`` from ``start`` (p,) over the coordinates that are ``free`` (p,), the others held still.

    The first step trusts the information given; what the scores then say of the true curvature corrects it (BFGS), so
    that the end is reached as fast as by Newton's method although the information is not the second derivative.

    Parameters
    ----------
    evaluate : point (p,) -> Evaluation; the log-likelihood is -inf where the information is not positive definite.
    reach : step (p,) -> the largest change it makes between two linear predictors.

    References
    ----------
    Nocedal & Wright, Numerical Optimization, 2006, chapter 6.
    """
    chosen = np.arange(len(start)) if free is None else np.flatnonzero(free)
    at, here = start, evaluate(start)
    if not np.isfinite(here.log_likelihood):
        return Peak(False, at, here, 0)
    if len(chosen) == 0:
        return Peak(True, at, here, 0)
    block = np.ix_(chosen, chosen)
    metric, trusted, before = inverse_of(here.information[block]), True, np.inf
    for iteration in range(1, max_iterations + 1):
        score = here.score[chosen]
        decrement = float(score @ inverse_of(here.information[block]) @ score)
        if decrement <= CONVERGED_DECREMENT or (decrement < STALLED_DECREMENT and decrement >= before):
            return Peak(True, at, here, iteration - 1)
        before = decrement
        direction = metric @ score
        if direction @ score <= 0:
            metric, trusted = inverse_of(here.information[block]), True
            direction = metric @ score
        step = np.zeros(len(start))
        step[chosen] = direction
        step *= min(1.0, LONGEST / max(reach(step), 1e-300))
        there = _along(evaluate, at, here, step)
        if there is None:
            if trusted:
                return Peak(decrement < FLAT_DECREMENT, at, here, iteration)
            metric, trusted = inverse_of(here.information[block]), True
            continue
        share, here = there
        moved, fallen = share * step[chosen], score - here.score[chosen]
        at = at + share * step
        curvature = float(moved @ fallen)
        if curvature > 1e-10 * float(np.linalg.norm(moved) * np.linalg.norm(fallen)):
            # The metric is made to explain what the score did along the step, and changed as little as that allows.
            turn = np.eye(len(chosen)) - np.outer(moved, fallen) / curvature
            metric, trusted = turn @ metric @ turn.T + np.outer(moved, moved) / curvature, False
        else:
            metric, trusted = inverse_of(here.information[block]), True
    return Peak(False, at, here, max_iterations)


def inverse_of(information: FloatArray) -> FloatArray:
    """The inverse of an information (p, p), positive definite whatever rounding has made of it."""
    unit = 1.0 / np.sqrt(np.diag(information))
    values, vectors = np.linalg.eigh(information * unit * unit[:, None])
    half = vectors / np.sqrt(np.maximum(values, LEAST_EIGENVALUE)) * unit[:, None]
    return np.asarray(half @ half.T)


def _along(
    evaluate: Callable[[FloatArray], Evaluation], at: FloatArray, here: Evaluation, step: FloatArray
) -> tuple[float, Evaluation] | None:
    """The largest of 1, 1/2, 1/4, ... of the step that rises enough, and what is there; None when none does.

    Near the top rises are lost in rounding before the slope is: a step then counts that keeps the height, and at whose
    end the slope is no steeper than it was, up or down (Hager & Zhang, SIAM J. Optim. 16:170, 2005).
    """
    slope, noise = float(here.score @ step), NOISE * (abs(here.log_likelihood) + 1.0)
    share = 1.0
    for _ in range(HALVINGS):
        there = evaluate(at + share * step)
        rise = there.log_likelihood - here.log_likelihood
        if np.isfinite(rise) and rise >= -noise:
            rises = rise >= SUFFICIENT_RISE * share * slope
            if rises or abs(float(there.score @ step)) <= (1.0 - 2.0 * SUFFICIENT_RISE) * slope:
                return share, there
        share /= 2
    return None
