"""Weighted dominance counts in machine code: one pass over the items, their weights kept in a tree by rank."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def before_and_below(rank, weight, top, inside, limit, out):
    """Fill ``out`` (Q,) with the sums over the first ``inside`` (Q,) items whose ``rank`` (n,) is below ``limit`` (Q,).

    ``top`` is one more than the highest rank. The tree of partial sums is Fenwick's (Softw. Pract. Exp. 24:327, 1994).
    """
    n = len(rank)
    # the queries in the order of how many items they see
    place = np.zeros(n + 2, dtype=np.int64)
    for q in range(len(inside)):
        place[inside[q] + 1] += 1
    for i in range(n + 1):
        place[i + 1] += place[i]
    queue = np.empty(len(inside), dtype=np.int64)
    for q in range(len(inside)):
        queue[place[inside[q]]] = q
        place[inside[q]] += 1
    tree = np.zeros(top + 1)
    seen = 0
    for turn in range(len(queue)):
        q = queue[turn]
        while seen < inside[q]:
            node = rank[seen] + 1
            while node <= top:
                tree[node] += weight[seen]
                node += node & -node
            seen += 1
        node = min(limit[q], top)
        total = 0.0
        while node > 0:
            total += tree[node]
            node -= node & -node
        out[q] = total


def exercise() -> None:
    """Have every function compiled (or loaded) by a tiny count."""
    whole = np.arange(3)
    before_and_below(whole, np.ones(3), 3, whole, whole, np.empty(3))
