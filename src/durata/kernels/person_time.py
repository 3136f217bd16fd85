"""Events per person-time: Poisson limits of a rate, and the ratio of two rates given their total of events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from durata.kernels.arrays import FloatArray
from durata.kernels.intervals import normal_quantile
from durata.kernels.proportions import clopper_pearson_limits


def exact_rate_limits(
    events: ArrayLike, person_time: ArrayLike, conf_level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Exact Poisson limits of events / person_time; NaN where there is no person-time.

    References
    ----------
    Garwood, Biometrika 1936;28:437.

    Examples
    --------
    >>> low, high = exact_rate_limits(0, 100)
    >>> float(low), round(float(high), 5)
    (0.0, 0.03689)
    """
    from scipy.special import gammaincinv

    d = np.asarray(events, dtype=np.float64)
    time = np.asarray(person_time, dtype=np.float64)
    time = np.where(time > 0, time, np.nan)
    tail = (1 - conf_level) / 2
    low = np.where(d == 0, 0.0, gammaincinv(np.where(d == 0, 1.0, d), tail))
    return low / time, gammaincinv(d + 1, 1 - tail) / time


def log_rate_limits(
    events: ArrayLike, person_time: ArrayLike, conf_level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Limits of events / person_time on the log scale; NaN without an event.

    >>> low, high = log_rate_limits(4, 100)
    >>> round(float(low), 4), round(float(high), 4)
    (0.015, 0.1066)
    """
    d = np.asarray(events, dtype=np.float64)
    time = np.asarray(person_time, dtype=np.float64)
    d, time = np.where(d > 0, d, np.nan), np.where(time > 0, time, np.nan)
    half = normal_quantile(conf_level) / np.sqrt(d)
    return d / time * np.exp(-half), d / time * np.exp(half)


@dataclass(frozen=True)
class RateRatio:
    """Ratio of two rates with exact limits and the two-sided exact p-value of it being 1; all NaN without an event."""

    ratio: float
    low: float
    high: float
    p_value: float


def rate_ratio(
    events: int, person_time: float, other_events: int, other_time: float, conf_level: float = 0.95
) -> RateRatio:
    """(events / person_time) / (other_events / other_time), by the binomial distribution of ``events`` given their total.

    The limits are Clopper-Pearson's for the share of events, turned into a ratio; the p-value adds up the outcomes no
    likelier than the one seen.

    References
    ----------
    Przyborowski & Wilenski, Biometrika 1940;31:313; Clopper & Pearson, Biometrika 1934;26:404.

    Examples
    --------
    >>> round(rate_ratio(10, 100.0, 5, 100.0).ratio, 3)
    2.0
    """
    from scipy.stats import binomtest

    total = events + other_events
    if total == 0 or not (person_time > 0 and other_time > 0):
        return RateRatio(np.nan, np.nan, np.nan, np.nan)
    times = other_time / person_time
    low, high = clopper_pearson_limits(events, total, conf_level)
    with np.errstate(divide="ignore"):
        limits = np.array([low, high]) / (1 - np.array([low, high])) * times
    p = float(binomtest(events, total, person_time / (person_time + other_time)).pvalue)
    ratio = np.inf if other_events == 0 else events / other_events * times
    return RateRatio(float(ratio), float(limits[0]), float(limits[1]), min(1.0, p))
