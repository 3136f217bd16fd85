"""The log-rank chi-square of every permutation of the groups, its variance computed anew for each: exact or Monte Carlo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import factorial, prod

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray, IntArray

BLOCK = 4_000_000
"""At most this many (permutation, person, group) cells in memory at once."""
EQUAL = 1e-9
"""A chi-square this close (relatively) to the observed one is the same one: sums in another order differ by rounding."""


@dataclass(frozen=True, eq=False)
class Layout:
    """People sorted by stratum and time.

    ``begins`` (T,) is the first person still at risk at each event time, ``ends`` (T,) where
    the stratum ends; ``events`` and ``at_risk`` (T,) in all groups; ``who`` (e,) the sorted people with the event.
    """

    order: IntArray
    begins: IntArray
    ends: IntArray
    events: FloatArray
    at_risk: FloatArray
    who: IntArray


def lay_out(time: FloatArray, event: BoolArray, stratum: IntArray) -> Layout:
    """Sort people (n,), one row each, everybody at risk from the beginning; near-ties already merged."""
    order = np.lexsort((time, stratum))
    t, s, d = time[order], stratum[order], event[order]
    fresh = np.concatenate([[True], (t[1:] != t[:-1]) | (s[1:] != s[:-1])])
    starts = np.flatnonzero(fresh)
    deaths = np.add.reduceat(d.astype(np.float64), starts)
    begins = starts[deaths > 0]
    ends = np.searchsorted(s, s[begins], side="right")
    who = np.flatnonzero(d)
    return Layout(order, begins, ends, deaths[deaths > 0], (ends - begins).astype(np.float64), who)


def chi_squares(layout: Layout, groups: IntArray, n_groups: int) -> FloatArray:
    """(B,) the log-rank chi-square of each labelling ``groups`` (B, n) of the people as given, strata summed; 0 without variance."""
    B = len(groups)
    sorted_groups = groups[:, layout.order]
    member = np.stack([sorted_groups == k for k in range(n_groups - 1)], axis=1).astype(np.float64)
    until = np.concatenate([np.zeros((B, n_groups - 1, 1)), np.cumsum(member, axis=2)], axis=2)
    share = (until[:, :, layout.ends] - until[:, :, layout.begins]) / layout.at_risk
    observed = member[:, :, layout.who].sum(axis=2)
    difference = observed - share @ layout.events
    spread = np.zeros(len(layout.events))
    N, d = layout.at_risk, layout.events
    np.divide(d * (N - d), N - 1.0, out=spread, where=N > 1.0)
    weighted = share * spread
    covariance = -weighted @ share.transpose(0, 2, 1)
    diagonal = np.arange(n_groups - 1)
    covariance[:, diagonal, diagonal] = (share * (1.0 - share)) @ spread
    if n_groups == 2:
        variance = covariance[:, 0, 0]
        out = np.zeros(B)
        np.divide(difference[:, 0] ** 2, variance, out=out, where=variance > 1e-12)
        return out
    inverse = np.linalg.pinv(covariance, rcond=1e-9, hermitian=True)
    return np.asarray(np.einsum("bk,bkl,bl->b", difference, inverse, difference))


def n_arrangements(group: IntArray, stratum: IntArray, n_groups: int) -> int:
    """How many different ways there are to deal the groups' labels out again within strata."""
    ways = 1
    for one in np.unique(stratum):
        counts = np.bincount(group[stratum == one], minlength=n_groups)
        ways *= factorial(int(counts.sum())) // prod(factorial(int(count)) for count in counts)
    return ways


def arrangements(group: IntArray, stratum: IntArray, n_groups: int) -> Iterator[IntArray]:
    """Every different way to deal the labels out again within strata, (n,) each."""
    places = [np.flatnonzero(stratum == one) for one in np.unique(stratum)]

    def within(k: int, current: IntArray) -> Iterator[IntArray]:
        if k == len(places):
            yield current.copy()
            return
        counts = np.bincount(group[places[k]], minlength=n_groups).tolist()
        for dealt in _dealt(list(range(len(places[k]))), counts, 0):
            current[places[k]] = dealt
            yield from within(k + 1, current)

    yield from within(0, np.empty(len(group), dtype=np.intp))


def _dealt(free: list[int], counts: list[int], label: int) -> Iterator[IntArray]:
    """Every way to give ``counts`` of each label from ``label`` on to the ``free`` places; labels by place."""
    if label == len(counts) - 1 or not free:
        out = np.full(len(free), label, dtype=np.intp)
        yield out
        return
    for chosen in combinations(range(len(free)), counts[label]):
        taken = set(chosen)
        rest = [k for k in range(len(free)) if k not in taken]
        for others in _dealt([free[k] for k in rest], counts, label + 1):
            out = np.empty(len(free), dtype=np.intp)
            out[list(chosen)] = label
            out[rest] = others
            yield out


def exact_p(layout: Layout, group: IntArray, stratum: IntArray, n_groups: int, observed: float) -> float:
    """The share of all arrangements whose chi-square is at least the observed one."""
    size = max(1, BLOCK // (len(group) * n_groups))
    reached = total = 0
    block: list[IntArray] = []
    for one in arrangements(group, stratum, n_groups):
        block.append(one)
        if len(block) == size:
            reached += _reached(layout, np.array(block), n_groups, observed)
            total += len(block)
            block = []
    if block:
        reached += _reached(layout, np.array(block), n_groups, observed)
        total += len(block)
    return reached / total


def monte_carlo_p(
    layout: Layout, group: IntArray, stratum: IntArray, n_groups: int, observed: float, *, draws: int, seed: int
) -> float:
    """The share among ``draws`` random permutations within strata, the observed one counted with them (so never 0)."""
    random = np.random.default_rng(seed)
    size = max(1, BLOCK // (len(group) * n_groups))
    places = [np.flatnonzero(stratum == one) for one in np.unique(stratum)]
    reached = 0
    for begin in range(0, draws, size):
        labels = np.empty((min(size, draws - begin), len(group)), dtype=np.intp)
        for where in places:
            labels[:, where] = random.permuted(np.tile(group[where], (len(labels), 1)), axis=1)
        reached += _reached(layout, labels, n_groups, observed)
    return (reached + 1) / (draws + 1)


def _reached(layout: Layout, labels: IntArray, n_groups: int, observed: float) -> int:
    return int(np.count_nonzero(chi_squares(layout, labels, n_groups) >= observed * (1.0 - EQUAL) - EQUAL))
