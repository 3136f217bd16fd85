"""Maximally selected log-rank statistics: scores, the statistic at every admissible cut, and the best several cuts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray, IntArray

EQUAL = 1e-12
"""Statistics that differ by less than this share are the same one; the lowest of their cuts is taken."""


@dataclass(frozen=True, eq=False)
class CutProcess:
    """The standardised statistic of X <= cut against X > cut at C admissible cuts.

    ``cut`` (C,) values of X; ``below`` (C,) how many have X <= cut; ``statistic`` (C,) with its sign: positive when
    those with low values have more events than expected; ``n`` rows in all.
    """

    cut: FloatArray
    below: IntArray
    statistic: FloatArray
    n: int

    @property
    def best(self) -> int:
        """Where the absolute statistic is largest; the first of several."""
        size = np.abs(self.statistic)
        return int(np.flatnonzero(size >= size.max() * (1.0 - EQUAL))[0])


def log_rank_scores(time: FloatArray, event: BoolArray) -> FloatArray:
    """(n,) event minus the hazard a row has gone through: sums of events / (n - number with time <= t + 1).

    The scores add up to about zero without ties. With ties each tied event has the denominator of the last of them,
    which is how the permutation form of the test is defined.

    References
    ----------
    Hothorn & Lausen, Computational Statistics & Data Analysis 43:121, 2003.
    """
    ordered = np.sort(time)
    rank = np.searchsorted(ordered, time, side="right")
    hazard = np.bincount(rank, weights=event, minlength=len(time) + 1)
    through = np.cumsum(hazard / np.maximum(len(time) - np.arange(len(time) + 1) + 1.0, 1.0))
    return np.asarray(event - through[rank])


def order_by_value(value: FloatArray, scores: FloatArray) -> tuple[FloatArray, FloatArray, IntArray]:
    """Values and scores in increasing order of value, and (G,) how many rows there are up to each distinct value.

    Within a value scores are sorted, so that sums do not depend on the order in which the rows were given.
    """
    order = np.lexsort((scores, value))
    value, scores = value[order], scores[order]
    ends = np.flatnonzero(np.concatenate([value[1:] != value[:-1], [True]])) + 1
    return value, scores, ends.astype(np.intp)


def admissible(ends: IntArray, n: int, low: float, high: float) -> IntArray:
    """(C,) those of the group sizes ``ends`` between the whole parts of n x ``low`` and n x ``high``, less than n."""
    # A share such as 0.29 of 100 must not become 28 by rounding.
    least, most = np.floor(n * low + 1e-9), np.floor(n * high + 1e-9)
    return np.asarray(ends[(ends >= least) & (ends <= most) & (ends < n)])


def spread(below: IntArray, scores: FloatArray) -> FloatArray:
    """(C,) permutation standard deviation of the sum of ``below`` of the scores (n,)."""
    n = len(scores)
    centred = scores - scores.mean()
    return np.asarray(np.sqrt(below * (n - below) / (n * (n - 1.0)) * float(centred @ centred)))


def cut_process(value: FloatArray, scores: FloatArray, low: float, high: float) -> CutProcess:
    """The standardised linear rank statistic at every admissible cut of ``value`` (n,); ``scores`` (n,).

    References
    ----------
    Lausen & Schumacher, Biometrics 48:73, 1992.
    """
    ordered, sorted_scores, ends = order_by_value(value, scores)
    below = admissible(ends, len(value), low, high)
    sums = np.cumsum(sorted_scores - sorted_scores.mean())[below - 1]
    deviation = spread(below, sorted_scores)
    return CutProcess(ordered[below - 1], below, sums / np.where(deviation > 0, deviation, 1.0), len(value))


def best_cuts(scores: FloatArray, ends: IntArray, n_cuts: int, least: int) -> tuple[FloatArray, IntArray]:
    """The largest statistic of a division into ``n_cuts`` + 1 groups of neighbouring values, for B orders of the scores.

    The statistic is (n - 1) / (sum of squared scores) x (sum over groups of (sum of scores)^2 / size), scores centred: a
    chi-square of ``n_cuts`` degrees of freedom if the cuts were known. The sum is largest over every choice of cuts;
    the best last group is added to the best division of those before it, which finds the same as trying all.

    Parameters
    ----------
    scores : (B, n), each row ordered by value.
    ends : (G,) how many rows there are up to each distinct value, the last being n.
    least : smallest size of a group.

    Returns
    -------
    (B,) statistics (-inf where no division has groups so large) and (n_cuts,) the sizes up to each cut of the first
    row of ``scores`` (empty where there is none).
    """
    n = scores.shape[1]
    centred = scores - scores.mean(axis=1, keepdims=True)
    squares = np.einsum("bn,bn->b", centred, centred)
    sums = np.cumsum(centred, axis=1)[:, ends - 1]
    sizes = ends.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        best = np.where(sizes >= least, sums**2 / sizes, -np.inf)
        came = []
        for k in range(n_cuts):
            following = np.full_like(best, -np.inf)
            origin = np.zeros(len(ends), dtype=np.intp)
            last = k == n_cuts - 1
            for j in [len(ends) - 1] if last else range(len(ends)):
                before = np.flatnonzero(sizes <= sizes[j] - least)
                if len(before) == 0:
                    continue
                total = best[:, before] + (sums[:, [j]] - sums[:, before]) ** 2 / (sizes[j] - sizes[before])
                following[:, j] = total.max(axis=1)
                first = total[0]
                origin[j] = before[np.flatnonzero(first >= first.max() - EQUAL * abs(first.max()))[0]]
            best = following
            came.append(origin)
    chosen, j = [], len(ends) - 1
    for origin in reversed(came):
        j = int(origin[j])
        chosen.append(int(ends[j]))
    found = bool(np.isfinite(best[0, -1]))
    statistic = np.where(squares > 0, best[:, -1] * (n - 1.0) / np.where(squares > 0, squares, 1.0), 0.0)
    return np.where(np.isfinite(best[:, -1]), statistic, -np.inf), np.array(
        chosen[::-1] if found else [], dtype=np.intp
    )
