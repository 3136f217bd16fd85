"""The arithmetic of an audit: Wald triads over their rounding, means of whole numbers, survival values that can occur."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, erfc, floor, log, sqrt

import numpy as np

from durata.audit.printed import Printed
from durata.kernels.intervals import normal_quantile

EVERY_SUBSET = 16  # patients up to whom every set of events is tried


def two_sided(z: float) -> float:
    """The two-sided p-value of a standard normal deviate."""
    return erfc(abs(z) / sqrt(2))


@dataclass(frozen=True)
class Triad:
    """A hazard ratio with limits: standard error, z and p as printed, and p and SE over all that rounds to the print."""

    middle: float
    std_error: float
    z: float
    p: float
    p_low: float
    p_high: float
    std_error_low: float
    std_error_high: float


def triad(hr: Printed, low: Printed, high: Printed, level: float) -> Triad | None:
    """What a hazard ratio and its limits say together; None where no ratio is in the middle of its limits (log scale).

    The p-value's range lets the ratio and the standard error vary over their rounding each for itself, which is
    wider than both together allow: limits that are a little off the middle are forgiven.
    """
    q = normal_quantile(level / 100)
    tiny = 1e-300
    u, v, x = _logs(low), _logs(high), _logs(hr)
    slack = 1e-9  # the logarithms are rounded by the machine
    if u[0] + v[0] > 2 * x[1] + slack or u[1] + v[1] < 2 * x[0] - slack:
        return None
    narrow, wide = max(v[0] - u[1], tiny) / (2 * q), max(v[1] - u[0], tiny) / (2 * q)
    nearest = 0.0 if x[0] <= 0 <= x[1] else min(abs(x[0]), abs(x[1])) / wide
    farthest = max(abs(x[0]), abs(x[1])) / narrow
    u0, v0 = log(max(float(low.value), tiny)), log(float(high.value))
    std_error = max(v0 - u0, tiny) / (2 * q)
    z0 = log(float(hr.value)) / std_error
    return Triad(
        float(np.exp((u0 + v0) / 2)),
        std_error,
        z0,
        two_sided(z0),
        two_sided(farthest),
        two_sided(nearest),
        narrow,
        wide,
    )


def _logs(number: Printed) -> tuple[float, float]:
    return log(max(float(number.low), 1e-300)), log(float(number.high))


def whole_sums(mean: Printed, n: int) -> range:
    """The totals of n whole numbers whose mean is printed so; empty where there is none (GRIM)."""
    return range(ceil(mean.low * n), floor(mean.high * n) + 1)


def whole_spread(total: int, sd: Printed, n: int) -> bool:
    """Whether n whole numbers of this total can have the standard deviation printed (GRIMMER).

    Their squares add up to a whole number as even or odd as the total, and to no less than when all lie side by side.
    """
    if n < 2:
        return False
    centre = Fraction(total * total, n)
    low = max(sd.low, Fraction(0)) ** 2 * (n - 1) + centre
    high = sd.high**2 * (n - 1) + centre
    share, rest = divmod(total, n)
    least = rest * (share + 1) ** 2 + (n - rest) * share**2
    first = max(ceil(low), least)
    first += (first - total) % 2
    return first <= high


@dataclass(frozen=True)
class Steps:
    """A way to a survival value: first events with nobody censored, then the censored leave, then the later events."""

    first: int
    censored: int
    at_risk: int
    later: int


def simplest_steps(survival: Printed, n: int) -> Steps | None:
    """The way to a printed percentage with the fewest censored; None where none of this kind leads there."""
    low, high = survival.low / 100, survival.high / 100
    best: Steps | None = None
    for first in range(n + 1):
        share = Fraction(n - first, n)
        if share < low:
            break
        if share <= high:
            return Steps(first, 0, n - first, 0)
        left = n - first
        r = np.arange(left - 1, 0, -1)
        fewest = np.ceil(r * float(1 - high / share) - 1e-9)
        most = np.floor(r * float(1 - low / share) + 1e-9)
        for k in np.flatnonzero((fewest <= most) & (most >= 1)):
            at_risk, later = int(r[k]), int(max(fewest[k], 1))
            if best is not None and left - at_risk >= best.censored:
                break
            if low <= share * Fraction(at_risk - later, at_risk) <= high:
                best = Steps(first, left - at_risk, at_risk, later)
                break
    return best


def reachable(survival: Printed, n: int) -> bool | None:
    """Whether n patients can have the printed percentage by Kaplan-Meier; None where it was not settled."""
    if simplest_steps(survival, n) is not None:
        return True
    if n > EVERY_SUBSET:
        return None
    return any(survival.low <= 100 * value <= survival.high for value in every_value(n))


def every_value(n: int) -> Iterator[Fraction]:
    """Every Kaplan-Meier value of n patients: products of (r - 1) / r over any set of numbers at risk r."""
    values = {Fraction(1)}
    for r in range(n, 0, -1):
        values |= {value * Fraction(r - 1, r) for value in values}
    yield from values


def schoenfeld(events: float, share: float, power: float = 0.8, level: float = 0.95) -> float:
    """The hazard ratio below 1 that so many events in two groups show with this power (two-sided)."""
    reach = normal_quantile(level) + normal_quantile(2 * power - 1)
    return float(np.exp(-reach / sqrt(events * share * (1 - share))))
