"""p-values adjusted for multiplicity: Bonferroni, Holm, Hochberg, Hommel, Benjamini-Hochberg, Benjamini-Yekutieli."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from durata.kernels.arrays import FloatArray

Adjustment = Literal["none", "bonferroni", "holm", "hochberg", "hommel", "BH", "BY"]
ADJUSTMENTS: tuple[str, ...] = get_args(Adjustment)


def adjusted_p_values(p_values: ArrayLike, method: Adjustment = "holm") -> FloatArray:
    """p-values (m,) adjusted as one family; NaN stays NaN and does not count as a member.

    "bonferroni", "holm", "hochberg" and "hommel" bound the chance of any false positive (Hochberg and Hommel under
    independence or positive dependence); "BH" and "BY" bound the share of false positives among the positives.

    References
    ----------
    Holm, Scandinavian Journal of Statistics 1979;6:65; Hochberg, Biometrika 1988;75:800;
    Hommel, Biometrika 1988;75:383; Benjamini & Hochberg, JRSS-B 1995;57:289;
    Benjamini & Yekutieli, Annals of Statistics 2001;29:1165.

    Examples
    --------
    >>> adjusted_p_values([0.01, 0.02, 0.04]).tolist()
    [0.03, 0.04, 0.04]
    """
    p = np.asarray(p_values, dtype=np.float64)
    if method not in ADJUSTMENTS:
        raise ValueError(f"no adjustment {method!r}; there are {', '.join(ADJUSTMENTS)}")
    known = np.flatnonzero(~np.isnan(p))
    if np.any((p[known] < 0) | (p[known] > 1)):
        raise ValueError("a p-value lies between 0 and 1")
    out = p.copy()
    if len(known):
        order = known[np.argsort(p[known], kind="stable")]
        out[order] = _adjust_sorted(p[order], method)
    return out


def _adjust_sorted(p: FloatArray, method: Adjustment) -> FloatArray:
    m = len(p)
    rank = np.arange(1, m + 1)
    if method == "none":
        return p
    if method == "bonferroni":
        return np.minimum(1.0, m * p)
    if method == "holm":
        return np.minimum(1.0, np.maximum.accumulate((m - rank + 1) * p))
    if method == "hommel":
        return _hommel(p)
    # step-up: the smallest multiple among all p-values that are not smaller
    factor = (m - rank + 1).astype(np.float64) if method == "hochberg" else m / rank
    if method == "BY":
        factor = factor * np.sum(1.0 / rank)
    return np.minimum(1.0, np.minimum.accumulate((factor * p)[::-1])[::-1])


def _hommel(p: FloatArray) -> FloatArray:
    """Hommel's closed Simes test: for each size of an intersection, its Simes p-value spread over its members."""
    m = len(p)
    adjusted = np.full(m, np.min(m * p / np.arange(1, m + 1)))
    best = adjusted.copy()
    for size in range(m - 1, 1, -1):
        first = m - size + 1  # the hypotheses before it are tested within intersections of this size
        simes = np.min(size * p[first:] / np.arange(2, size + 1))
        best[:first] = np.minimum(size * p[:first], simes)
        best[first:] = best[first - 1]
        adjusted = np.maximum(adjusted, best)
    return np.maximum(adjusted, p)
