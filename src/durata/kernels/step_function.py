"""Reading a step function of time: its value at a time, its quantiles by R's rule, the area under it."""

from __future__ import annotations

import numpy as np

from durata.kernels.arrays import FloatArray, IntArray
from durata.kernels.near_ties import TOLERANCE

FLAT = float(np.sqrt(np.finfo(np.float64).eps))
"""A curve this close to a level is taken to be at it (R's survfit): S = 0.5 only up to rounding is 0.5."""


def rounding(time: FloatArray) -> float:
    """The difference up to which a time asked for is one of the times of the curve."""
    return TOLERANCE * float(np.mean(np.abs(time))) if len(time) else 0.0


def steps_until(time: FloatArray, at: FloatArray) -> IntArray:
    """(k,) how many of the times (m,) are at or before each of ``at`` (k,), up to rounding."""
    return np.searchsorted(time, at + rounding(time), side="right").astype(np.intp, copy=False)


def value_at(time: FloatArray, value: FloatArray, initial: float, at: FloatArray) -> FloatArray:
    """(k,) the value that holds at each of ``at``: that of the last time at or before it, ``initial`` before the first."""
    return np.concatenate([[initial], value])[steps_until(time, at)]


def quantiles(time: FloatArray, value: FloatArray, level: FloatArray) -> FloatArray:
    """(k,) when a falling step function first reaches each level; NaN where it never does.

    Where it stays at the level (up to rounding) from t1 until it falls at t2, the quantile is (t1 + t2) / 2; where it
    stays there to the end, t2 is the last time. NaN among the values (no confidence limit there) reaches nothing.
    A confidence limit may rise again under delayed entry; then, as in R, the time counts at which it is highest among
    those at or below the level.
    """
    found = np.full(len(level), np.nan)
    for k, height in enumerate(level):
        reached = np.flatnonzero(value <= height + FLAT)
        if len(reached) == 0:
            continue
        first = reached[value[reached] >= value[reached].max() - FLAT][0]
        found[k] = time[first]
        if value[first] >= height - FLAT:
            # "not still at the level" rather than "below it": an undefined limit ends the flat stretch as well
            fallen = np.flatnonzero(~(value[first:] >= height - FLAT))
            second = first + fallen[0] if len(fallen) else len(time) - 1
            found[k] = (time[first] + time[second]) / 2
    return found


def area_until(time: FloatArray, value: FloatArray, until: float, initial: float = 1.0) -> tuple[float, FloatArray]:
    """The area under the step function from 0 to ``until``, and (m,) the part of it that lies after each time."""
    inside = time < until
    edges = np.concatenate([[0.0], time[inside], [until]])
    strips = np.diff(edges) * np.concatenate([[initial], value[inside]])
    after = np.zeros(len(time))
    after[inside] = np.cumsum(strips[:0:-1])[::-1]
    return float(np.sum(strips)), after
