"""Pairs that a score puts in order, counted in machine code: one pass back and one forward over the rows by time."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def below(tree, rank):
    """The sum of what was added to a Fenwick ``tree`` at ranks below ``rank``."""
    total = 0.0
    while rank > 0:
        total += tree[rank]
        rank -= rank & -rank
    return total


@njit(cache=True, nogil=True)
def add(tree, rank, weight):
    """Add ``weight`` to a Fenwick ``tree`` at ``rank``."""
    node = rank + 1
    while node < len(tree):
        tree[node] += weight
        node += node & -node


@njit(cache=True, nogil=True)
def count(order, time, event, rank, weight, ranks, frequency, influence, totals):
    """Pairs of one stratum whose rows all enter at the beginning, each counting the product of its weights.

    ``order`` (n,) sorts the rows by ``time`` (n,), in any order where equal; ``rank`` (n,) from 0 to ``ranks`` - 1.
    Fills ``influence`` (n, 3), zero before, with the weight of concordant, discordant and tied-score pairs of each row
    per unit of its own, and ``totals`` (5,): concordant, discordant, tied score, tied time, tied both.
    """
    n = len(order)
    tree, at, together = np.zeros(ranks + 1), np.zeros(ranks), np.zeros(ranks)
    inside = 0.0
    end = n
    while end > 0:
        begin = end - 1
        now = time[order[begin]]
        while begin > 0 and time[order[begin - 1]] == now:
            begin -= 1
        for position in range(begin, end):
            i = order[position]
            if not event[i]:
                add(tree, rank[i], weight[i])
                at[rank[i]] += weight[i]
                inside += weight[i]
        dying = alone = 0.0
        for position in range(begin, end):
            i = order[position]
            if event[i]:
                lower, same = below(tree, rank[i]), at[rank[i]]
                higher = inside - lower - same
                influence[i, 0] += lower
                influence[i, 1] += higher
                influence[i, 2] += same
                totals[0] += weight[i] * lower
                totals[1] += weight[i] * higher
                totals[2] += weight[i] * same
                together[rank[i]] += weight[i]
                dying += weight[i]
                alone += weight[i] if frequency else weight[i] * weight[i]
        both = 0.0
        for position in range(begin, end):
            i = order[position]
            if event[i]:
                both += together[rank[i]] ** 2
                together[rank[i]] = 0.0
                add(tree, rank[i], weight[i])
                at[rank[i]] += weight[i]
                inside += weight[i]
        totals[3] += (dying * dying - both) / 2.0
        totals[4] += (both - alone) / 2.0
        end = begin
    tree[:] = 0.0
    at[:] = 0.0
    inside = 0.0
    begin = 0
    while begin < n:
        now = time[order[begin]]
        end = begin + 1
        while end < n and time[order[end]] == now:
            end += 1
        for turn in range(2):
            # events outlived those before their time only; who goes on outlived those of the time too
            for position in range(begin, end):
                i = order[position]
                if event[i] == (turn == 0):
                    lower, same = below(tree, rank[i]), at[rank[i]]
                    influence[i, 0] += inside - lower - same
                    influence[i, 1] += lower
                    influence[i, 2] += same
            if turn == 0:
                for position in range(begin, end):
                    i = order[position]
                    if event[i]:
                        add(tree, rank[i], weight[i])
                        at[rank[i]] += weight[i]
                        inside += weight[i]
        begin = end


def exercise() -> None:
    """Have every function compiled (or loaded) by a tiny count."""
    whole, one = np.arange(3), np.ones(3)
    count(whole, one, one > 0, whole, one, 3, False, np.zeros((3, 3)), np.zeros(5))
