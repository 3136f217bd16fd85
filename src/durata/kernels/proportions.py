"""Confidence limits of proportions and of their differences and ratios."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from durata.kernels.arrays import FloatArray
from durata.kernels.intervals import normal_quantile

ProportionInterval = Literal["wilson", "clopper-pearson"]
PROPORTION_INTERVALS: tuple[str, ...] = get_args(ProportionInterval)

Limits = tuple[FloatArray, FloatArray]


def wilson_limits(successes: ArrayLike, n: ArrayLike, conf_level: float = 0.95) -> Limits:
    """Score limits of proportions successes / n, without continuity correction; NaN where n is 0.

    References
    ----------
    Wilson, JASA 1927;22:209.

    Examples
    --------
    >>> low, high = wilson_limits(25, 50)
    >>> round(float(low), 3), round(float(high), 3)
    (0.366, 0.634)
    """
    x, total = _counts(successes, n)
    z2 = normal_quantile(conf_level) ** 2
    share = x / total
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = np.sqrt(z2 * (share * (1 - share) + z2 / (4 * total)) / total) / (1 + z2 / total)
    # at 0 and at n one limit is the share itself, which the difference of two equal terms only nearly gives
    return np.where(x == 0, 0.0, middle - half) + 0 * share, np.where(x == total, 1.0, middle + half) + 0 * share


def clopper_pearson_limits(successes: ArrayLike, n: ArrayLike, conf_level: float = 0.95) -> Limits:
    """Exact binomial limits of proportions successes / n; NaN where n is 0.

    References
    ----------
    Clopper & Pearson, Biometrika 1934;26:404.

    Examples
    --------
    >>> low, high = clopper_pearson_limits(0, 20)
    >>> float(low), round(float(high), 4)
    (0.0, 0.1684)
    """
    from scipy.special import betaincinv

    x, total = _counts(successes, n)
    tail = (1 - conf_level) / 2
    with np.errstate(invalid="ignore"):
        low = np.where(x == 0, 0.0, betaincinv(x, total - x + 1, tail))
        high = np.where(x == total, 1.0, betaincinv(x + 1, total - x, 1 - tail))
    return low + 0 * (x / total), high + 0 * (x / total)


def proportion_limits(
    successes: ArrayLike, n: ArrayLike, interval: ProportionInterval, conf_level: float = 0.95
) -> Limits:
    """Limits of proportions by the name of the interval."""
    return (wilson_limits if interval == "wilson" else clopper_pearson_limits)(successes, n, conf_level)


def newcombe_limits(
    successes: ArrayLike, n: ArrayLike, other_successes: ArrayLike, other_n: ArrayLike, conf_level: float = 0.95
) -> Limits:
    """Limits of the difference successes / n - other_successes / other_n from the two Wilson intervals (method 10).

    References
    ----------
    Newcombe, Statistics in Medicine 1998;17:873.

    Examples
    --------
    >>> low, high = newcombe_limits(56, 70, 48, 80)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0524, 0.3339)
    """
    x, total = _counts(successes, n)
    other, other_total = _counts(other_successes, other_n)
    share, other_share = x / total, other / other_total
    low, high = wilson_limits(x, total, conf_level)
    other_low, other_high = wilson_limits(other, other_total, conf_level)
    difference = share - other_share
    return (
        difference - np.hypot(share - low, other_high - other_share),
        difference + np.hypot(high - share, other_share - other_low),
    )


def odds_ratio_wald(table: ArrayLike, conf_level: float = 0.95) -> tuple[float, float, float]:
    """Odds ratio of a 2 x 2 table with Woolf's limits on the log scale; NaN where a cell is 0."""
    (a, b), (c, d) = np.asarray(table, dtype=np.float64)
    if min(a, b, c, d) == 0:
        return np.nan, np.nan, np.nan
    half = normal_quantile(conf_level) * np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    ratio = a * d / (b * c)
    return float(ratio), float(ratio * np.exp(-half)), float(ratio * np.exp(half))


def risk_ratio_wald(table: ArrayLike, conf_level: float = 0.95) -> tuple[float, float, float]:
    """Ratio of the first column's shares (first row over second) with limits on the log scale; NaN where one is 0."""
    (a, b), (c, d) = np.asarray(table, dtype=np.float64)
    if min(a, c) == 0:
        return np.nan, np.nan, np.nan
    half = normal_quantile(conf_level) * np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))
    ratio = (a / (a + b)) / (c / (c + d))
    return float(ratio), float(ratio * np.exp(-half)), float(ratio * np.exp(half))


def _counts(successes: ArrayLike, n: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Counts as floats; a total of 0 becomes NaN, so that shares of nobody are NaN without a warning."""
    x, total = np.broadcast_arrays(np.asarray(successes, dtype=np.float64), np.asarray(n, dtype=np.float64))
    if np.any((x < 0) | (x > total)):
        raise ValueError("successes lie between 0 and n")
    return x, np.where(total == 0, np.nan, total)
