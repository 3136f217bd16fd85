"""Damped Newton for concave log-likelihoods, which tells convergence, separation and collinearity apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray

CONVERGED_DECREMENT = 1e-18
"""Newton decrement (squared distance to the maximum, in standard errors) below which one last step is exact."""
STALLED_DECREMENT = 1e-9
"""Below this, a decrement that no longer falls is rounding error: the maximum is reached."""
FLAT_DECREMENT = 1e-5
FLAT_REACH = 0.25
"""A step that gains less than the one, yet moves some linear predictor by more than the other, may lead to infinity."""
FAR = 20.0
"""Linear predictors this far apart (a ratio of 5e8) without a maximum in sight are on their way to infinity."""
SINGULAR_PIVOT = 1e-11
"""A column whose information, after all other columns, is less than this share of its own is a combination of them."""
HALVINGS = 40


class Status(IntEnum):
    """How a fit ended; the layer above puts it in words."""

    CONVERGED = 0
    SEPARATION = 1
    COLLINEAR = 2
    NOT_CONVERGED = 3
    NO_EVENTS = 4


class Evaluation(NamedTuple):
    """A log-likelihood at one point with its gradient ``score`` (p,) and ``information`` (p, p), minus its Hessian."""

    log_likelihood: float
    score: FloatArray
    information: FloatArray


@dataclass(frozen=True, eq=False)
class Optimum:
    """Where Newton ended: ``at`` (p,), the evaluations ``there`` and at the ``start``, and how.

    ``involved`` (p,) marks the coefficients that run to infinity (SEPARATION) or depend on each other (COLLINEAR).
    """

    status: Status
    at: FloatArray
    there: Evaluation
    start: Evaluation
    iterations: int
    involved: BoolArray


def maximise(
    evaluate: Callable[[FloatArray], Evaluation],
    p: int,
    reach: Callable[[FloatArray], float],
    *,
    unit: float,
    max_iterations: int = 50,
) -> Optimum:
    """Maximise a concave log-likelihood from zero by Newton's method with step halving.

    Parameters
    ----------
    evaluate : point (p,) -> Evaluation; columns are expected to be centred and scaled.
    p : number of coefficients.
    reach : step (p,) -> the largest change it makes between two linear predictors.
    unit : the information a column of standard deviation 1 would have at most, such as the number of events.

    Returns
    -------
    Optimum. A direction along which the likelihood rises for ever but no longer noticeably is SEPARATION; an
    information that is singular at the start is COLLINEAR.
    """
    at = np.zeros(p)
    nobody = np.zeros(p, dtype=np.bool_)
    start = here = evaluate(at)
    if p == 0:
        return Optimum(Status.CONVERGED, at, here, start, 0, nobody)
    dependent = dependent_columns(start.information, unit)
    if np.any(dependent):
        return Optimum(Status.COLLINEAR, at, here, start, 0, dependent)
    before = before_length = np.inf
    for iteration in range(1, max_iterations + 1):
        try:
            step: FloatArray = np.asarray(np.linalg.solve(here.information, here.score), dtype=np.float64)
        except np.linalg.LinAlgError:
            # Regular at the start, singular now: the information was lost on the way to infinity.
            return Optimum(Status.SEPARATION, at, here, start, iteration, _large(at))
        decrement = float(here.score @ step)
        ended = abs(decrement) <= CONVERGED_DECREMENT
        if abs(decrement) < FLAT_DECREMENT:
            length = reach(step)
            # On the way to infinity every step is as long as the one before; to a far maximum they shrink.
            if length > FLAT_REACH and (ended or length > 0.5 * before_length):
                return Optimum(Status.SEPARATION, at, here, start, iteration, _large(step))
        if ended or (abs(decrement) < STALLED_DECREMENT and abs(decrement) > 0.25 * before):
            # A first step may land far out on a plateau, where nothing rises any more because nothing is told any more.
            lost = lost_columns(here.information, start.information)
            if np.any(lost):
                return Optimum(Status.SEPARATION, at, here, start, iteration, lost)
            return Optimum(Status.CONVERGED, at + step if ended else at, here, start, iteration, nobody)
        before, before_length = abs(decrement), reach(step) if abs(decrement) < 100 * FLAT_DECREMENT else np.inf
        slack = 1e-11 * (abs(here.log_likelihood) + 1.0)
        for _ in range(HALVINGS):
            there = evaluate(at + step)
            if _finite(there) and there.log_likelihood >= here.log_likelihood - slack:
                break
            step = step / 2
        else:
            return _stopped(at, here, start, iteration, reach)
        at, here = at + step, there
    return _stopped(at, here, start, max_iterations, reach)


def _stopped(
    at: FloatArray, here: Evaluation, start: Evaluation, iteration: int, reach: Callable[[FloatArray], float]
) -> Optimum:
    """What to say when Newton stops short of a maximum: on the way to infinity, or not known why."""
    if reach(at) > FAR:
        return Optimum(Status.SEPARATION, at, here, start, iteration, _large(at))
    return Optimum(Status.NOT_CONVERGED, at, here, start, iteration, np.zeros(len(at), dtype=np.bool_))


def _finite(point: Evaluation) -> bool:
    """Whether a point can be gone on from."""
    return bool(
        np.isfinite(point.log_likelihood)
        and np.all(np.isfinite(point.score))
        and np.all(np.isfinite(point.information))
    )


def dependent_columns(information: FloatArray, unit: float) -> BoolArray:
    """(p,) which columns of a singular information (p, p) depend on each other or say nothing; none when it is regular."""
    size = np.diag(information)
    empty = ~(size > SINGULAR_PIVOT * unit)
    if np.any(empty):
        return np.asarray(empty)
    scale = 1.0 / np.sqrt(size)
    scaled = information * scale * scale[:, None]
    try:
        if np.min(np.diag(np.linalg.cholesky(scaled)) ** 2) > SINGULAR_PIVOT:
            return np.zeros(len(size), dtype=np.bool_)
    except np.linalg.LinAlgError:
        pass  # not positive definite: find out below which columns are the cause
    values, vectors = np.linalg.eigh(scaled)
    null = np.abs(vectors[:, values <= max(values[0], SINGULAR_PIVOT)])
    return np.asarray(np.any(null > 1e-4 * null.max(axis=0), axis=1))


def lost_columns(information: FloatArray, start: FloatArray) -> BoolArray:
    """(p,) which columns carry a direction of which ``information`` (p, p) tells next to nothing, beside that at the start."""
    size = 1.0 / np.sqrt(np.diag(start))
    lower = np.linalg.cholesky(start * size * size[:, None])
    half = np.linalg.solve(lower, information * size * size[:, None])
    values, vectors = np.linalg.eigh(np.linalg.solve(lower, half.T))
    if values[0] > SINGULAR_PIVOT:
        return np.zeros(len(start), dtype=np.bool_)
    directions = np.linalg.solve(lower.T, vectors[:, values <= SINGULAR_PIVOT])
    return np.asarray(np.any([_large(one) for one in directions.T], axis=0))


def _large(direction: FloatArray) -> BoolArray:
    """Which coefficients carry a direction to infinity."""
    size = np.abs(direction)
    return np.asarray(size > 0.05 * np.max(size))
