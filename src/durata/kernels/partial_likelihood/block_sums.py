"""Sums over intervals of event times without a subtraction: every interval is cut into a few nested blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.kernels.arrays import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Intervals:
    """Intervals of event times, each cut into blocks of 1, 2, 4, ... times that begin at a multiple of their length.

    Blocks are numbered as in a binary tree: 1 is everything, 2 and 3 its halves, and so on; the event time k is
    block ``size + k``. ``interval`` and ``block`` (b,) say which blocks make up which interval.

    Differences of running sums would do the same with one operation a time, but lose what is small beside what was
    added before; here only numbers that belong to an interval are added for it.
    """

    n: int
    n_times: int
    size: int
    interval: IntArray
    block: IntArray

    @classmethod
    def of(cls, first: IntArray, last: IntArray, n_times: int) -> Intervals:
        """Cut the intervals ``first <= k < last`` (l,) of ``n_times`` event times."""
        size = 1 << max(n_times - 1, 0).bit_length()
        low, high, which = first + size, last + size, np.arange(len(first))
        intervals, blocks = [], []
        while len(which):
            odd = low % 2 == 1
            intervals.append(which[odd])
            blocks.append(low[odd])
            odd_end = high % 2 == 1
            intervals.append(which[odd_end])
            blocks.append(high[odd_end] - 1)
            low, high = (low + odd) // 2, (high - odd_end) // 2
            more = low < high
            low, high, which = low[more], high[more], which[more]
        return cls(len(first), n_times, size, np.concatenate(intervals), np.concatenate(blocks))

    def to_times(self, values: FloatArray) -> FloatArray:
        """(..., K) at each event time the sum of ``values`` (..., l) of the intervals it lies in."""
        flat = values.reshape(-1, self.n)
        out = np.empty((len(flat), self.n_times))
        for i, row in enumerate(flat):
            tree = np.bincount(self.block, weights=row[self.interval], minlength=2 * self.size)
            width = 1
            while width < self.size:
                tree[2 * width : 4 * width] += np.repeat(tree[width : 2 * width], 2)
                width *= 2
            out[i] = tree[self.size : self.size + self.n_times]
        return out.reshape(*values.shape[:-1], self.n_times)

    def over_times(self, values: FloatArray) -> FloatArray:
        """(..., l) for each interval the sum of ``values`` (..., K) of its event times."""
        flat = values.reshape(-1, self.n_times)
        out = np.empty((len(flat), self.n))
        tree = np.zeros(2 * self.size)
        for i, row in enumerate(flat):
            tree[self.size : self.size + self.n_times] = row
            width = self.size
            while width > 1:
                tree[width // 2 : width] = tree[width : 2 * width : 2] + tree[width + 1 : 2 * width : 2]
                width //= 2
            out[i] = np.bincount(self.interval, weights=tree[self.block], minlength=self.n)
        return out.reshape(*values.shape[:-1], self.n)
