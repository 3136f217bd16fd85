"""Balance of weighted groups: means and variances by group, standardised differences, and how uneven the weights are."""

from __future__ import annotations

import numpy as np

from durata.kernels.arrays import FloatArray, IntArray


def group_moments(x: FloatArray, group: IntArray, n_groups: int, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weighted means and variances (K, p) of columns ``x`` (n, p); the variance is divided by W - sum(w^2) / W.

    With equal weights that is n - 1. NaN for the mean of a group without weight, and for the variance of one person.
    """
    member = (group == np.arange(n_groups)[:, None]) * weights
    total = member.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = member @ x / total[:, None]
        left = total - (member**2).sum(axis=1) / total
        left = np.where(left > 1e-12 * total, left, np.nan)
        spread = np.stack([member[k] @ (x - mean[k]) ** 2 for k in range(n_groups)])
        return np.asarray(mean), np.asarray(spread / left[:, None])


def standardised(first: FloatArray, second: FloatArray, spread: FloatArray) -> FloatArray:
    """(p,) (second - first) / SD; 0 where the means are equal though nothing varies, infinite where they are not."""
    difference = second - first
    with np.errstate(invalid="ignore", divide="ignore"):
        out = difference / spread
    return np.asarray(np.where((spread == 0) & (difference == 0), 0.0, out))


def effective_size(weights: FloatArray) -> float:
    """How many people of equal weight would be as informative: (sum w)^2 / sum w^2 (Kish)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def share_of_largest(weights: FloatArray, share: float = 0.05) -> float:
    """The part of all weight that the largest ``share`` of people carry (their number rounded up)."""
    count = int(np.ceil(share * len(weights) - 1e-9))
    return float(np.sort(weights)[len(weights) - count :].sum() / weights.sum())
