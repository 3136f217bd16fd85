"""Standardised differences between two groups: of a number, and of a category."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def number_difference(first: ArrayLike, second: ArrayLike) -> float:
    """(mean of second - mean of first) / pooled SD, the two variances weighing the same whatever the group sizes.

    0 where the means are equal, infinite where they differ and nothing varies; NaN below two people in a group.

    References
    ----------
    Austin, Statistics in Medicine 2009;28:3083.

    Examples
    --------
    >>> number_difference([1.0, 2.0, 3.0], [2.0, 3.0, 4.0])
    1.0
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if min(len(x), len(y)) < 2:
        return np.nan
    difference = float(y.mean() - x.mean())
    if np.all(x == x[0]) and np.all(y == y[0]):
        return 0.0 if x[0] == y[0] else float(np.copysign(np.inf, y[0] - x[0]))
    return difference / float(np.sqrt((x.var(ddof=1) + y.var(ddof=1)) / 2))


def category_difference(first: ArrayLike, second: ArrayLike) -> float:
    """Multinomial distance between the shares behind two lists of counts (K,), in pooled standard deviations.

    The Mahalanobis distance of the shares without one level, its covariance the plain mean of the two multinomial
    ones; which level goes does not matter. Two levels: |p - q| / sqrt((p(1 - p) + q(1 - q)) / 2). Infinite where the
    groups have people at a level that tells them apart for certain; NaN where a group is empty.

    References
    ----------
    Yang & Dalton, SAS Global Forum 2012, paper 335 (the covariances in it need a minus sign).

    Examples
    --------
    >>> round(category_difference([585, 213, 2753], [335, 142, 1707]), 3)
    0.036
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.sum() == 0 or b.sum() == 0:
        return np.nan
    some = (a + b) > 0
    p, q = a[some] / a.sum(), b[some] / b.sum()
    # the commonest level goes: what is left is the best conditioned
    kept = np.arange(len(p)) != np.argmax(p + q)
    p, q = p[kept], q[kept]
    difference = p - q
    if not np.any(difference):
        return 0.0
    covariance = (np.diag(p) - np.outer(p, p) + np.diag(q) - np.outer(q, q)) / 2
    values, vectors = np.linalg.eigh(covariance)
    along = vectors.T @ difference
    flat = values <= 1e-12 * max(values.max(), 1e-300)
    if np.any(np.abs(along[flat]) > 1e-9):
        return np.inf
    return float(np.sqrt(np.sum(along[~flat] ** 2 / values[~flat])))
