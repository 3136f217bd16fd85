"""Correlation of two numbers: Pearson's, Spearman's and Kendall's, by scipy, with what scipy leaves silent refused."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

Correlation = Literal["pearson", "spearman", "kendall"]
CORRELATIONS: tuple[str, ...] = get_args(Correlation)


def correlation(first: ArrayLike, second: ArrayLike, method: Correlation = "spearman") -> tuple[float, float]:
    """Correlation and its two-sided p-value (Pearson, Spearman: t; Kendall's tau-b: normal).

    NaN below three pairs or where one of the two does not vary.

    References
    ----------
    Spearman, American Journal of Psychology 1904;15:72; Kendall, Biometrika 1938;30:81.

    Examples
    --------
    >>> round(correlation([1, 2, 3, 4], [1, 2, 4, 3])[0], 3)
    0.8
    """
    from scipy.stats import kendalltau, pearsonr, spearmanr

    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if len(x) < 3 or np.all(x == x[0]) or np.all(y == y[0]):
        return np.nan, np.nan
    if method == "kendall":
        tau = kendalltau(x, y, method="asymptotic")
        return float(tau.statistic), float(tau.pvalue)
    result = pearsonr(x, y) if method == "pearson" else spearmanr(x, y)
    return float(result.statistic), float(result.pvalue)
