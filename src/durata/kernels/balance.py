"""Largest standardised difference between any two groups, under many labellings of the same people at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from durata.kernels.arrays import FloatArray, IntArray

LARGEST = 10.0
"""What an infinite difference counts as when labellings are compared: groups that share no value at all."""
CELLS = 4_000_000
"""Labels that are held at once."""


def largest_number_differences(labels: ArrayLike, n_groups: int, values: ArrayLike) -> FloatArray:
    """(B,) largest absolute standardised difference of a number between two groups, for each row of labels (B, n).

    Of two groups it is |mean - mean| / sqrt((variance + variance) / 2). NaN in ``values`` (n,) is a person left out;
    a pair of groups with fewer than two known people each is passed over, NaN where no pair is left. Infinite where
    means differ and nothing varies.
    """
    return largest_differences(labels, n_groups, [np.asarray(values, dtype=np.float64)])[:, 0]


def largest_category_differences(labels: ArrayLike, n_groups: int, levels: ArrayLike, n_levels: int) -> FloatArray:
    """(B,) largest multinomial distance of a category between two groups, for each row of labels (B, n).

    ``levels`` (n,) are codes, -1 a person left out. Of two groups it is
    :func:`~durata.kernels.standardised_difference.category_difference`; a pair with an empty group is passed over.
    """
    return largest_differences(labels, n_groups, [(np.asarray(levels), n_levels)])[:, 0]


def largest_differences(
    labels: ArrayLike, n_groups: int, columns: Sequence[FloatArray | tuple[IntArray, int]]
) -> FloatArray:
    """(B, q) largest differences of q covariates at once: numbers (n,), or (codes, number of levels) of a category.

    Who is in which group is written out once for all covariates, which is most of the work.
    """
    codes = np.asarray(labels)
    features = [_number_features(one) if isinstance(one, np.ndarray) else _level_features(*one) for one in columns]
    ends = np.cumsum([one.shape[1] for one in features])
    every = np.column_stack(features)
    out: list[FloatArray] = []
    for block in _blocks(codes):
        sums = np.stack([(block == k).astype(np.float64) @ every for k in range(n_groups)])
        parts = np.split(sums, ends[:-1], axis=2)
        out.append(
            np.column_stack(
                [
                    _of_number(part) if isinstance(one, np.ndarray) else _of_category(part)
                    for one, part in zip(columns, parts, strict=True)
                ]
            )
        )
    return np.concatenate(out)


def _number_features(x: FloatArray) -> FloatArray:
    """(n, 3) whether a number is known, and it and its square from the mean, in units of the range."""
    known = np.isfinite(x)
    if not known.any():
        return np.zeros((len(x), 3))
    scale = float(np.ptp(x[known])) or 1.0
    z = np.where(known, (x - x[known].mean()) / scale, 0.0)
    return np.column_stack([known.astype(np.float64), z, z**2])


def _level_features(level: IntArray, n_levels: int) -> FloatArray:
    """(n, L) which level each person has."""
    return np.asarray(level[:, None] == np.arange(n_levels), dtype=np.float64)


def _of_number(sums: FloatArray) -> FloatArray:
    """(B,) largest standardised difference by the sums (G, B, 3) of the groups."""
    n = sums[:, :, 0]
    mean = sums[:, :, 1] / np.where(n > 0, n, np.nan)
    spread = sums[:, :, 2] - n * mean**2
    variance = np.where(spread <= 1e-13 * np.maximum(n, 1), 0.0, spread) / np.where(n > 1, n - 1, np.nan)
    found = []
    for a, b in combinations(range(len(n)), 2):
        difference = np.abs(mean[a] - mean[b])
        pooled = (variance[a] + variance[b]) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = difference / np.sqrt(pooled)
        found.append(np.where((pooled == 0) & (difference <= 1e-13), 0.0, ratio))
    return _largest(found, n.shape[1])


def _of_category(counts: FloatArray) -> FloatArray:
    """(B,) largest multinomial distance by the counts (G, B, L) of the groups."""
    total = counts.sum(axis=2)
    share = counts / np.where(total > 0, total, np.nan)[:, :, None]
    found = [_distance(share[a], share[b]) for a, b in combinations(range(len(counts)), 2)]
    return _largest(found, counts.shape[1])


def _distance(p: FloatArray, q: FloatArray) -> FloatArray:
    """(B,) Mahalanobis distances of shares (B, L), any generalised inverse of the mean multinomial covariance."""
    defined = np.isfinite(p).all(axis=1) & np.isfinite(q).all(axis=1)
    out = np.full(len(p), np.nan)
    p, q = p[defined], q[defined]
    difference = p - q
    diagonal = np.eye(p.shape[1])
    covariance = ((p + q)[:, :, None] * diagonal - p[:, :, None] * p[:, None, :] - q[:, :, None] * q[:, None, :]) / 2
    values, vectors = np.linalg.eigh(covariance)
    along = np.einsum("blk,bl->bk", vectors, difference)
    flat = values <= 1e-12 * np.maximum(values.max(axis=1, initial=0.0), 1e-300)[:, None]
    terms = np.where(flat, 0.0, along**2 / np.where(flat, 1.0, values))
    told_apart = np.any(flat & (np.abs(along) > 1e-9), axis=1)
    out[defined] = np.where(told_apart, np.inf, np.sqrt(terms.sum(axis=1)))
    return out


def _largest(found: list[FloatArray], n: int) -> FloatArray:
    """The largest of the pairs that are defined, NaN where none is."""
    every = np.stack([*found, np.full(n, np.nan)])
    largest = np.where(np.isnan(every), -np.inf, every).max(axis=0)
    return np.where(np.isneginf(largest), np.nan, largest)


def _blocks(labels: IntArray) -> Iterator[IntArray]:
    step = max(1, CELLS // max(labels.shape[1], 1))
    for first in range(0, len(labels), step):
        yield labels[first : first + step]


def joint_p_value(differences: FloatArray) -> float:
    """Chance of a largest excess like that of the first labelling, were all labellings (1 + B, q) alike.

    Each covariate's differences are set against their own mean and SD over all labellings; the statistic of a
    labelling is the largest of these over the covariates, so that many covariates raise no more alarms than one.
    Covariates that are NaN somewhere or never vary are left out; 1 when none is left.

    References
    ----------
    Westfall & Young, Resampling-based multiple testing, 1993.

    Examples
    --------
    >>> joint_p_value(np.array([[3.0], [1.0], [2.0], [0.0]]))
    0.25
    """
    capped = np.minimum(differences, LARGEST)
    usable = np.isfinite(capped).all(axis=0)
    capped = capped[:, usable]
    spread = capped.std(axis=0)
    capped, spread = capped[:, spread > 0], spread[spread > 0]
    if capped.shape[1] == 0:
        return 1.0
    statistic = ((capped - capped.mean(axis=0)) / spread).max(axis=1)
    return float(np.mean(statistic >= statistic[0] - 1e-9))
