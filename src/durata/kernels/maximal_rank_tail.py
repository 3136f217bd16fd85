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
MOST_STATES = 4e6
"""The exact bound keeps at most so many counts of divisions at once."""
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
    inside = np.exp(-nodes**2 / 2) / np.sqrt(2 * np.pi) * weight
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
    """(n,) the scores as whole numbers 0..n, for counting divisions."""
    size = scores - scores.min()
    return np.rint(size * len(scores) / size.max()).astype(np.intp)


def exact_bound(b: float, scores: IntArray, below: IntArray) -> float | None:
    """Upper bound of P(max |T| >= b) from the exact distribution of neighbouring cuts under permutation; None when too long.

    Improved Bonferroni: the chance to reach b at the first cut, plus at each cut that of reaching it there without
    having reached it at the cut before. Both come from counting the divisions of the whole ``scores`` (n,).

    References
    ----------
    Hothorn & Lausen, Computational Statistics & Data Analysis 43:121, 2003; Worsley, Biometrika 69:297, 1982;
    Streitberg & Roehmel, Statistical Software Newsletter 12:10, 1986 (the count).
    """
    n, total = len(scores), int(scores.sum())
    m = below.astype(np.float64)
    mean = m / n * total
    centred = scores - scores.mean()
    deviation = np.sqrt(m * (n - m) / (n * (n - 1.0)) * float(centred @ centred))

    def out(k: int, s: FloatArray) -> FloatArray:
        return np.asarray(np.abs(s - mean[k]) >= (b - 1e-10) * deviation[k])

    gaps = np.diff(below)
    largest = np.cumsum(np.sort(scores)[::-1])
    top = int(below[-1]) if len(gaps) else int(below[0])
    sizes = {int(g): (int(g) + 1) * (int(largest[g - 1]) + 1) * (top + 1) * (total + 1) for g in np.unique(gaps)}
    if sizes and max(sizes.values()) > MOST_STATES:
        return None
    sums = np.arange(total + 1)
    counts = _divisions(scores, 0, 0, int(below[0]), total)[0, 0]
    p = float(counts[below[0]][out(0, sums)].sum()) / comb(n, int(below[0]))
    for g, size in sizes.items():
        del size
        reach = int(largest[g - 1])
        table = _divisions(scores, g, reach, top, total)[g]
        for k in np.flatnonzero(gaps == g):
            low, high = int(below[k]), int(below[k + 1])
            stayed = ~out(k, sums)
            left = out(k + 1, np.arange(reach + 1)[:, None] + sums)
            ways = float(table[:, low, :][left & stayed].sum())
            p += ways / (comb(n, low) * comb(n - low, high - low))
    return min(p, 1.0)


def _divisions(scores: IntArray, extra: int, reach: int, most: int, total: int) -> FloatArray:
    """(extra + 1, reach + 1, most + 1, total + 1) in how many ways two disjoint sets have given sizes and sums.

    Axis 0 and 1 are size and sum of the second set, axis 2 and 3 those of the first.
    """
    table = np.zeros((extra + 1, reach + 1, most + 1, total + 1))
    table[0, 0, 0, 0] = 1.0
    for score in scores.tolist():
        new = table.copy()
        new[:, :, 1:, score:] += table[:, :, :-1, : total + 1 - score]
        if extra and score <= reach:
            new[1:, score:] += table[:-1, : reach + 1 - score]
        table = new
    return table
