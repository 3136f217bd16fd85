"""The common odds ratio of 2 x 2 tables: exact conditional inference (one table: Fisher's) and Mantel-Haenszel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from durata.kernels.arrays import FloatArray
from durata.kernels.contingency import UNDEFINED, Statistic, chi_square_p_value
from durata.kernels.exact_tables import AS_LIKELY, log_factorials
from durata.kernels.intervals import normal_quantile


@dataclass(frozen=True)
class ConditionalOdds:
    """Conditional maximum-likelihood odds ratio with exact limits and p-values against a ratio of 1.

    ``p_less`` and ``p_greater`` are one-sided (odds ratio below, above 1). All NaN where the margins leave one table.
    """

    odds_ratio: float
    low: float
    high: float
    p_value: float
    p_less: float
    p_greater: float


def conditional_odds(tables: ArrayLike, conf_level: float = 0.95) -> ConditionalOdds:
    """Exact conditional inference on the odds ratio common to tables (K, 2, 2), or on that of one table (2, 2).

    Given all margins, the first cells' total has a distribution that depends on the odds ratio alone. The estimate is
    the ratio under which its mean is what was observed; the limits are the ratios under which what was observed is
    just not too extreme on either side; the two-sided p-value adds up totals no likelier than the observed one. Roots
    are found to the last digits (R's ``fisher.test`` stops at about four).

    References
    ----------
    Fisher, JRSS 1935;98:39; Cornfield, Proceedings of the Third Berkeley Symposium 1956;4:135;
    Gart, Biometrika 1970;57:471 (several tables).

    Examples
    --------
    >>> round(conditional_odds([[3, 1], [1, 3]]).odds_ratio, 4)
    6.4083
    """
    whole = np.asarray(tables, dtype=np.float64)
    whole = whole[None] if whole.ndim == 2 else whole
    support, log_weight, observed = np.zeros(1), np.zeros(1), 0.0
    for table in whole:
        low, log_ways = _first_cell(table)
        # the sum over tables: a convolution, done on weights scaled to a largest of 1
        top, other = log_weight.max(), log_ways.max()
        mixed = np.convolve(np.exp(log_weight - top), np.exp(log_ways - other))
        with np.errstate(divide="ignore"):
            log_weight = np.log(mixed) + top + other
        support = support[0] + low + np.arange(len(log_weight))
        observed += float(table[0, 0])
    if len(support) == 1:
        return ConditionalOdds(*(np.nan,) * 6)

    def distribution(log_ratio: float) -> FloatArray:
        log_p = log_weight + log_ratio * (support - observed)
        p = np.exp(log_p - log_p.max())
        return np.asarray(p / p.sum())

    at_most, at_least = support <= observed, support >= observed
    null = distribution(0.0)
    seen = null[support == observed][0]
    tail = (1 - conf_level) / 2
    lowest, highest = observed == support[0], observed == support[-1]
    estimate = (
        0.0
        if lowest
        else np.inf
        if highest
        else _root(lambda log_ratio: float(distribution(log_ratio) @ (support - observed)))
    )
    return ConditionalOdds(
        estimate,
        0.0 if lowest else _root(lambda log_ratio: float(distribution(log_ratio)[at_least].sum()) - tail),
        np.inf if highest else _root(lambda log_ratio: tail - float(distribution(log_ratio)[at_most].sum())),
        min(1.0, float(null[null <= seen * (1 + AS_LIKELY)].sum())),
        min(1.0, float(null[at_most].sum())),
        min(1.0, float(null[at_least].sum())),
    )


def _first_cell(table: FloatArray) -> tuple[float, FloatArray]:
    """The smallest first cell that the margins allow, and the log weights of it and all larger ones."""
    a, b, c, d = (int(cell) for cell in table.ravel())
    row, other, column = a + b, c + d, a + c
    low, high = max(0, column - other), min(row, column)
    cell = np.arange(low, high + 1)
    log_factorial = log_factorials(row + other)
    return float(low), -(
        log_factorial[cell]
        + log_factorial[row - cell]
        + log_factorial[column - cell]
        + log_factorial[other - column + cell]
    )


def _root(rising: Callable[[float], float]) -> float:
    """The number at whose logarithm a rising function crosses 0."""
    from scipy.optimize import brentq

    reach = 1.0
    while rising(-reach) > 0 or rising(reach) < 0:
        reach *= 2
    return float(np.exp(brentq(rising, -reach, reach, xtol=1e-15, rtol=1e-14, maxiter=500)))


@dataclass(frozen=True)
class MantelHaenszel:
    """Mantel-Haenszel common odds ratio with limits (Robins-Breslow-Greenland), and the tests of it being 1."""

    odds_ratio: float
    low: float
    high: float
    test: Statistic
    test_corrected: Statistic


def mantel_haenszel(tables: ArrayLike, conf_level: float = 0.95) -> MantelHaenszel:
    """Mantel-Haenszel estimate and tests (with and without continuity correction) from tables (K, 2, 2).

    References
    ----------
    Mantel & Haenszel, JNCI 1959;22:719; Robins, Breslow & Greenland, Biometrics 1986;42:311.

    Examples
    --------
    >>> tables = [[[2, 3], [5, 6]], [[4, 5], [6, 6]], [[7, 2], [3, 9]]]
    >>> round(mantel_haenszel(tables).odds_ratio, 4)
    1.8451
    """
    whole = np.asarray(tables, dtype=np.float64)
    n = whole.sum(axis=(1, 2))
    whole, n = whole[n > 1], n[n > 1]  # a stratum of one person says nothing
    a, b, c, d = (whole[:, i, j] for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)))
    agree, differ = (a + d) / n, (b + c) / n
    up, down = a * d / n, b * c / n
    R, S = up.sum(), down.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = float(R / S) if R + S > 0 else np.nan
        variance = (
            np.sum(agree * up) / (2 * R**2)
            + np.sum(agree * down + differ * up) / (2 * R * S)
            + np.sum(differ * down) / (2 * S**2)
        )
    # without either product there is a ratio of 0 or infinity, and no limits on the log scale
    half = normal_quantile(conf_level) * np.sqrt(variance) if R > 0 and S > 0 else np.nan
    row, column = a + b, a + c
    distance = abs(float(np.sum(a - row * column / n)))
    spread = float(np.sum(row * (n - row) * column * (n - column) / (n**2 * (n - 1))))
    return MantelHaenszel(
        ratio,
        float(ratio * np.exp(-half)),
        float(ratio * np.exp(half)),
        _of(distance, spread),
        _of(distance - min(0.5, distance), spread),
    )


def _of(distance: float, variance: float) -> Statistic:
    if not variance > 0:
        return UNDEFINED
    statistic = distance**2 / variance
    return Statistic(statistic, 1.0, chi_square_p_value(statistic, 1.0))
