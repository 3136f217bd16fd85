"""p-values adjusted for multiplicity: Bonferroni, Holm, Hochberg, Hommel, Benjamini-Hochberg, Benjamini-Yekutieli."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from durata.kernels.arrays import FloatArray

Adjustment = Literal["none", "bonferroni", "holm", "hochberg", "hommel", "bh", "by"]
ADJUSTMENTS: tuple[str, ...] = get_args(Adjustment)


def adjusted_p_values(p_values: ArrayLike, method: Adjustment = "holm") -> FloatArray:
    """p-values (m,) adjusted as one family; NaN stays NaN and does not count as a member.

    "bonferroni", "holm", "hochberg" and "hommel" bound the chance of any false positive (Hochberg and Hommel under
    independence or positive dependence); "bh" (Benjamini-Hochberg) and "by" (Benjamini-Yekutieli) bound the share of false positives among the positives.

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
    if method == "by":
        factor = factor * np.sum(1.0 / rank)
    return np.minimum(1.0, np.minimum.accumulate((factor * p)[::-1])[::-1])


def _hommel(p: FloatArray) -> FloatArray:
    """Hommel's closed test: the largest Simes p-value among all sets of hypotheses that a hypothesis belongs to.

    Of the sets of one size that hold it, the one with the largest other p-values has the largest Simes p-value.
    """
    m = len(p)
    adjusted = p.copy()
    for j in range(m):
        for size in range(2, m + 1):
            largest = p[m - size :]
            members = largest if j >= m - size else np.concatenate([p[j : j + 1], largest[1:]])
            adjusted[j] = max(adjusted[j], float(np.min(size * members / np.arange(1, size + 1))))
    return np.minimum(1.0, adjusted)
