"""Weighted dominance counts: sums over the first q items with rank below r, for many (q, r) at once in n log n."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.kernels.compiled.readiness import loaded, ready, warm

Whole = NDArray[np.int32 | np.int64]
MANY = 100_000
"""Queries from which machine code is worth being loaded."""


class PrefixSums:
    """Items in a fixed order, each with a rank and a weight, ready for sums over prefixes and ranks.

    Items are sorted by the bits of their rank from the highest down, keeping their order otherwise. At each bit a query
    either goes on among the items with the bit clear, or takes all of those and goes on among the ones with it set.
    """

    def __init__(self, rank: IntArray, weight: FloatArray) -> None:
        """``rank`` (n,) whole numbers from 0, ``weight`` (n,)."""
        small = len(rank) < np.iinfo(np.int32).max // 4 and int(rank.max(initial=0)) < np.iinfo(np.int32).max // 4
        self.rank: Whole = rank.astype(np.int32) if small else rank.astype(np.int64)
        self.weight = weight
        self.top = int(rank.max(initial=0)) + 1
        self.bits = self.top.bit_length()
        size = 1 << self.bits
        self.running = np.concatenate([[0.0], np.cumsum(weight)])
        self.below = np.concatenate([[0], np.cumsum(np.bincount(rank, minlength=size))]).astype(self.rank.dtype)
        self.weight_below = np.concatenate([[0.0], np.cumsum(np.bincount(rank, weight, minlength=size))])

    def before(self, q: IntArray) -> FloatArray:
        """Sums over the first ``q`` items."""
        return np.asarray(self.running[q])

    def all_below(self, r: IntArray) -> FloatArray:
        """Sums over the items with rank below ``r``."""
        return np.asarray(self.weight_below[np.minimum(r, self.top)])

    def before_and_below(self, q: IntArray, r: IntArray) -> FloatArray:
        """Sums over the first ``q`` items with rank below ``r``."""
        total = np.zeros(len(q))
        if len(self.rank) == 0 or len(q) == 0:
            return total
        if loaded() or (len(q) >= MANY and ready()):
            warm()
            from durata.kernels.compiled.dominance_sweep import before_and_below

            before_and_below(
                self.rank.astype(np.int64), self.weight, self.top, q.astype(np.int64), r.astype(np.int64), total
            )
            return total
        # Queries in the order of their rank read the items, sorted by rank, from left to right.
        by_rank = np.argsort(r)
        inside, limit = q[by_rank].astype(self.rank.dtype), np.minimum(r[by_rank], self.top).astype(self.rank.dtype)
        rank, weight = self.rank, self.weight
        clear, clear_weight = np.zeros(len(rank) + 1, dtype=rank.dtype), np.zeros(len(rank) + 1)
        for bit in range(self.bits - 1, -1, -1):
            is_set = (rank >> bit) & 1 == 1
            np.cumsum(~is_set, out=clear[1:])
            np.cumsum(np.where(is_set, 0.0, weight), out=clear_weight[1:])
            begin = self.below[(limit >> (bit + 1)) << (bit + 1)]
            here = begin + inside
            zeros = clear[here] - clear[begin]
            goes_up = np.flatnonzero((limit >> bit) & 1)
            total[goes_up] += clear_weight[here[goes_up]] - clear_weight[begin[goes_up]]
            ones = inside[goes_up] - zeros[goes_up]
            inside = zeros
            inside[goes_up] = ones
            if bit:
                into = self._sorted_by_bit(rank, is_set, clear, bit)
                rank, weight = rank[into], weight[into]
        out = np.empty(len(q))
        out[by_rank] = total
        return out

    def _sorted_by_bit(self, rank: Whole, is_set: BoolArray, clear: Whole, bit: int) -> Whole:
        """The permutation that sorts items, sorted by their higher bits, by one bit more, keeping their order."""
        block = (rank >> (bit + 1)) << (bit + 1)
        begin, middle = self.below[block], self.below[block + (1 << bit)]
        place = np.arange(len(rank), dtype=rank.dtype)
        zeros_before = clear[:-1] - clear[begin]
        target = np.where(is_set, middle + (place - begin - zeros_before), begin + zeros_before)
        into = np.empty_like(place)
        into[target] = place
        return into
