"""Numbers that one column cannot hold together: codes that stand for 'unknown', and values in another unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray
from durata.records.units import MONTH_DAYS, kind_of_unit

CODES = (9, 88, 99, 99.9, 888, 999, 999.9, 8888, 9999, 99999, -1, -2, -3, -8, -9, -88, -99, -888, -999, -9999)
FEWEST = 8  # values that a column must have before its distribution says anything
OFTEN = 3
# Factors between units that get mixed, by what the unit of the column measures; those of a column without a known unit.
FACTORS = {"length": (10.0,), "time": (MONTH_DAYS, 12.0, 7.0, 365.25), "mass": (1000.0,)}
ANY_FACTOR = (10.0, MONTH_DAYS)
NEAR = 0.35  # how far, in logarithms, the ratio of two medians may lie from the factor
DOUBLE = float(np.log(2.0))


def codes_among(values: FloatArray) -> dict[float, BoolArray]:
    """Per value that looks like a code for 'unknown' (n,) who has it.

    A code is one of the usual numbers that lies beyond all other values, and far: further than three times the quartile
    range beyond the quartiles, or below zero where nothing else is, or, when it occurs three times or more, with a gap
    wider than the quartile range before it.
    """
    known = np.isfinite(values)
    suspects = known & np.isin(values, CODES)
    rest = values[known & ~suspects]
    if not suspects.any() or len(rest) < FEWEST:
        return {}
    found: dict[float, BoolArray] = {}
    for code in sorted(set(values[suspects].tolist()), key=abs):
        others = rest if not found else values[known & ~suspects]
        low, high = np.quantile(others, [0.25, 0.75])
        spread = max(float(high - low), float(np.ptp(others)) / 10, 1e-12)
        beyond = max(code - float(others.max()), float(others.min()) - code)
        outlying = code > high + 3 * spread or code < low - 3 * spread
        below_zero = code < 0 <= float(others.min())
        holders = values == code
        often = np.count_nonzero(holders) >= OFTEN and beyond > spread
        if beyond > 0 and (outlying or below_zero or often):
            found[code] = holders
    return found


@dataclass(frozen=True)
class OtherUnit:
    """For whom (n,) a value seems to be in another unit: ``factor`` times too large (or too small if ``smaller``)."""

    people: BoolArray
    factor: float
    smaller: bool
    median: float
    median_others: float


def other_unit(values: FloatArray, unit: str) -> OtherUnit | None:
    """The values of a column that seem to be in another unit than the rest; None when nothing says so.

    Positive values are split at their widest gap on the scale of logarithms, which must be at least a doubling. The
    smaller part is in another unit when the ratio of the medians is near the factor between two units and its values,
    divided by the factor, fall among the others; a single value must lie further off than all the others lie apart.
    """
    known = np.flatnonzero(np.isfinite(values) & (values > 0))
    if len(known) < FEWEST + 1:
        return None
    logs = np.log(values[known])
    order = np.argsort(logs, kind="stable")
    climb = logs[order]
    gaps = np.diff(climb)
    split = int(np.argmax(gaps)) + 1
    gap = float(gaps[split - 1])
    if gap < DOUBLE:
        return None
    low, high = climb[:split], climb[split:]
    smaller = len(low) < len(high)
    few, many = (low, high) if smaller else (high, low)
    spread = float(np.ptp(many))
    if len(many) < FEWEST or gap < (spread if len(few) == 1 else spread / 2):
        return None
    sign = 1.0 if smaller else -1.0
    for factor in FACTORS.get(kind_of_unit(unit), ANY_FACTOR):
        step = sign * float(np.log(factor))
        moved = few + step
        ratio = abs(float(np.median(moved) - np.median(many)))
        room = NEAR if len(few) >= OFTEN else max(NEAR, spread)
        if ratio <= room and moved.min() >= many.min() - NEAR and moved.max() <= many.max() + NEAR:
            people = np.zeros(len(values), dtype=bool)
            people[known[order[:split] if smaller else order[split:]]] = True
            medians = np.exp(np.median(few)), np.exp(np.median(many))
            return OtherUnit(people, factor, smaller, float(medians[0]), float(medians[1]))
    return None
