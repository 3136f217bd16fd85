"""Tail probabilities of a maximally selected rank statistic: approximations, the normal process, permutation, exact bound."""

from __future__ import annotations

from collections.abc import Iterator
from math import comb

import numpy as np

from durata.kernels.arrays import FloatArray, IntArray

NODE_SPACING = 0.6
"""Distance of quadrature nodes, in standard deviations of a step: the rule's error is then below 1e-10."""
MOST_NODES = 1200
MOST_WORK = 4e9
"""The normal process is followed with at most so many nodes, and so many products of nodes and cuts."""
MOST_ADDITIONS = 5e8
"""The exact bound adds at most so many counts of divisions."""
PERMUTED_AT_ONCE = 1 << 21
"""Elements of permuted scores held at once."""


def lausen_schumacher(b: float, low: float, high: float) -> float:
    """P(max |Z| >= b) over shares between ``low`` and ``high`` (Lausen & Schumacher, Biometrics 48:73, 1992); at most 1.

    The formula of Miller and Siegmund for large b; below b = 1 it is no probability and 1 is returned.
    """
    if b < 1.0:
        return 1.0
    density = np.exp(-b * b / 2) / np.sqrt(2 * np.pi)
    p = 4 * density / b + density * (b - 1 / b) * np.log(high * (1 - low) / ((1 - high) * low))
    return float(np.clip(p, 0.0, 1.0))


def lausen_sauerbrei_schumacher(b: float, n: int, below: IntArray) -> float:
    """P(max |Z| >= b) by the improved Bonferroni inequality over the C cuts of ``below`` (C,) rows, cut off at 0 and 1.

    Lausen, Sauerbrei & Schumacher 1994, as R's maxstat has it, but the two-sided tail comes from the survival function
    and keeps its digits where the difference of two distribution functions has lost them.
    """
    from scipy.special import ndtr

    first, second = below[:-1].astype(np.float64), below[1:].astype(np.float64)
    t = np.sqrt(np.maximum(1.0 - first * (n - second) / ((n - first) * second), 0.0))
    steps = np.exp(-b * b / 2) / np.pi * (t - (b * b / 4 - 1) * t**3 / 6)
    return float(np.clip(2.0 * ndtr(-b) + steps.sum(), 0.0, 1.0))


def normal_process(b: float, n: int, below: IntArray) -> float | None:
    """P(max |Z_k| >= b) for the normal process with the correlations of the C cuts, to about 1e-9; None when too long.

    The correlation of two cuts with m < l rows below is sqrt(m (n - l) / (l (n - m))), a product of those of neighbours:
    the process forgets its past. The chance to leave (-b, b) for the first time at each cut is therefore an
    integral over one number at a time, and the sum of positive chances keeps its digits however small it is.
    """
    from scipy.special import ndtr

    m = below.astype(np.float64)
    rho = np.sqrt(m[:-1] * (n - m[1:]) / (m[1:] * (n - m[:-1])))
    width = np.sqrt(1.0 - rho**2)
    total = 2.0 * float(ndtr(-b))
    if len(rho) == 0:
        return min(total, 1.0)
    count = int(np.ceil(np.pi * b / (NODE_SPACING * min(1.0, float(width.min()))))) + 16
    if count > MOST_NODES or float(count) ** 2 * len(rho) > MOST_WORK:
        return None
    x, w = np.polynomial.legendre.leggauss(count)
    nodes, weight = x * b, w * b
    inside = np.exp(-(nodes**2) / 2) / np.sqrt(2 * np.pi) * weight
    for r, s in zip(rho, width, strict=True):
        total += float(inside @ (ndtr((r * nodes - b) / s) + ndtr((-b - r * nodes) / s)))
        step = np.exp(-(((nodes[:, None] - r * nodes) / s) ** 2) / 2)
        inside = (step @ inside) / (s * np.sqrt(2 * np.pi)) * weight
    return min(total, 1.0)


def permuted(scores: FloatArray, permutations: int, rng: np.random.Generator) -> Iterator[FloatArray]:
    """Blocks (k, n) of permuted ``scores`` (n,), ``permutations`` rows in all; the blocks do not change the numbers."""
    step = max(1, PERMUTED_AT_ONCE // len(scores))
    for begin in range(0, permutations, step):
        block = np.tile(scores, (min(step, permutations - begin), 1))
        yield rng.permuted(block, axis=1, out=block)


def maxima_of_permutations(
    scores: FloatArray, below: IntArray, deviation: FloatArray, permutations: int, rng: np.random.Generator
) -> FloatArray:
    """(permutations,) the largest absolute statistic at the cuts of ``below`` (C,) rows under permuted scores (n,)."""
    centred = scores - scores.mean()
    return np.concatenate(
        [
            np.max(np.abs(np.cumsum(block, axis=1)[:, below - 1] / deviation), axis=1)
            for block in permuted(centred, permutations, rng)
        ]
    )


def whole_scores(scores: FloatArray) -> IntArray:
    """(n,) the scores as whole numbers 0..n, for counting divisions; all 0 when they are all the same."""
    size = scores - scores.min()
    return np.asarray(np.rint(size * len(scores) / max(float(size.max()), 1e-300)), dtype=np.intp)


def hothorn_lausen(scores: IntArray, below: IntArray, *, as_r: bool = False) -> float | None:
    """Upper bound of P(max |T| >= observed) under permutation, from the exact distribution at each cut; None when too long.

    Parameters
    ----------
    scores : (n,) whole numbers from 0 on, in the order of X; the observed maximum is theirs.
    below : (C,) rows up to each cut.
    as_r : as R's maxstat counts, which leaves out the divisions that reach just the observed maximum and those whose
        scores below the cut are all 0; its value is a little smaller and no bound.

    Notes
    -----
    The chances to reach b at each cut are added. A division that reaches it at m rows and would at m + 1 rows
    whatever the score of the row added is not counted twice.

    References
    ----------
    Hothorn & Lausen, Computational Statistics & Data Analysis 43:121, 2003; Streitberg & Roehmel, Statistical Software
    Newsletter 12:10, 1986 (the count).
    """
    n, total, top = len(scores), int(scores.sum()), int(below[-1])
    if float(n) * top * (total + 1) > MOST_ADDITIONS or total == 0:
        return None
    centred = scores - scores.mean()
    square = float(centred @ centred)
    observed = np.cumsum(centred)[below - 1]
    deviation = np.sqrt(below * (n - below) / (n * (n - 1.0)) * square)
    b = float(np.max(np.abs(observed / deviation)))
    limit = b * (1.0 + 1e-10) if as_r else b * (1.0 - 1e-10)
    counts = np.zeros((top + 1, total + 1))
    counts[0, 0] = 1.0
    for score in scores.tolist():
        counts[1:, score:] += counts[:-1, : total + 1 - score].copy()
    sums, largest = np.arange(total + 1), int(scores.max())
    p, before, smaller = 0.0, np.zeros(total + 1), -1
    for m in below.tolist():
        mean = m / n * total
        there = np.abs(sums - mean) / np.sqrt(m * (n - m) / (n * (n - 1.0)) * square) >= limit
        there &= counts[m] > 0
        if as_r:
            there[0] = False
        chance = np.where(there, counts[m] / comb(n, m), 0.0)
        p += float(chance.sum())
        if m == smaller + 1:
            # Below the mean the largest score brings a sum closest to it, above the mean the smallest, which is 0.
            farthest = np.where(sums < smaller / n * total, sums + largest, sums)
            p -= float(before[(farthest <= total) & there[np.minimum(farthest, total)]].sum())
        before, smaller = chance, m
    return float(np.clip(p, 0.0, 1.0))
