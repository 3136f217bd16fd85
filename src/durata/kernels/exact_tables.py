"""Fisher's exact test of an r x c table: exact by dynamic programming over its columns, simulated beyond a stated limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from durata.kernels.arrays import FloatArray, IntArray
from durata.kernels.contingency import occupied

AS_LIKELY = 1e-7
"""Tables up to this much likelier than the observed one (relatively) count as no likelier, as in R."""

WORK_LIMIT = 30_000_000
"""Exact up to so many steps from one partial table to the next; a second or two."""

TO_STORE = 10
"""A partial table that is stored costs as much as so many steps, and memory besides."""

SIMULATED_TABLES = 999_999
"""Tables drawn beyond the limit: a p-value of 0.05 has a Monte Carlo standard error of 0.0002."""

SEED = 20_08
"""Seed of the simulation where none is given: the same table always gets the same p-value."""

SAME = 1e-10
"""Partial tables whose log probabilities differ by less have the same one: rounding leaves about 1e-13."""


@dataclass(frozen=True)
class ExactTest:
    """p-value of Fisher's test; ``monte_carlo_error`` is its standard error, 0 where it is exact."""

    p_value: float
    monte_carlo_error: float = 0.0
    n_simulated: int = 0


class TooMuchWork(ArithmeticError):
    """Enumerating the tables takes more steps than allowed."""


def fisher_exact(
    table: ArrayLike, *, work_limit: int = WORK_LIMIT, n_simulated: int = SIMULATED_TABLES, seed: int = SEED
) -> ExactTest:
    """Two-sided exact test of association: the probability, given both margins, of tables no likelier than this one.

    Tables with probability <= observed x (1 + 1e-7) are added up. Where that would take more than ``work_limit``
    steps, ``n_simulated`` tables are drawn with ``seed``; the p-value is (1 + hits) / (1 + draws) and its Monte Carlo
    standard error stands beside it. Empty rows and columns are left out; a table without association to test (one row
    or one column) has p-value NaN.

    References
    ----------
    Fisher, Statistical Methods for Research Workers, 5th edition 1934; Freeman & Halton, Biometrika 1951;38:141;
    Mehta & Patel, JASA 1983;78:427 (bounds on the paths through a network of partial tables).

    Examples
    --------
    >>> round(fisher_exact([[3, 1], [1, 3]]).p_value, 6)
    0.485714
    """
    inner = occupied(table)
    if min(inner.shape) < 2:
        return ExactTest(np.nan)
    # partial tables are what is left of each row: the shorter side as rows, the largest columns last, where all is forced
    upright = inner.T if inner.shape[0] > inner.shape[1] else inner
    rows = upright.sum(axis=1).astype(np.intp)
    columns = np.sort(upright.sum(axis=0)).astype(np.intp)
    observed = -float(np.sum(log_factorials(int(upright.sum()))[upright.astype(np.intp)]))
    try:
        return ExactTest(_enumerate(rows, columns, observed, work_limit))
    except TooMuchWork:
        return _simulate(rows, columns, observed, n_simulated, seed)


def log_factorials(n: int) -> FloatArray:
    """(n + 1,) of log 0!, log 1!, ..., log n!."""
    from scipy.special import gammaln

    return np.asarray(gammaln(np.arange(1.0, n + 2)), dtype=np.float64)


class _Network:
    """The partial tables on the way from an empty table to a full one, column by column.

    A node of stage k is what is left of the row margins when k columns are filled; a move fills the next column. The
    weight of cells is 1 / product of their factorials, as a logarithm; a table's probability differs from its weight
    by a factor that depends on the margins only.
    """

    def __init__(self, rows: IntArray, columns: IntArray, work_limit: int) -> None:
        self.columns, self.work_limit, self.steps = columns, work_limit, 0
        self.factorial = log_factorials(int(rows.sum()))
        radix = np.cumprod([1, *(int(row) + 1 for row in rows[:-1])], dtype=object)
        if radix[-1] * (int(rows[-1]) + 1) > np.iinfo(np.int64).max:
            raise TooMuchWork
        self.place = radix.astype(np.int64)
        self.nodes = [rows - self.fillings(rows, int(done)) for done in np.cumsum([0, *columns[:-1]])]
        for stage, at in enumerate(self.nodes):
            self.nodes[stage] = at[np.argsort(at @ self.place)]
        self.codes = [at @ self.place for at in self.nodes]
        self.moves = [self.fillings(rows, int(column)) for column in columns]
        self.weights = [self.weight(move) for move in self.moves]

    def weight(self, cells: IntArray) -> FloatArray:
        """Log weights (m,) of the cells (m, r) of a column."""
        return np.asarray(-self.factorial[cells].sum(axis=1))

    def fillings(self, rows: IntArray, total: int) -> IntArray:
        """(m, r) every way to spread ``total`` over the rows, none above its margin."""
        found = np.zeros((1, 0), dtype=np.intp)
        room = [*np.cumsum(rows[::-1])[::-1][1:], 0]  # what the rows after this one can take
        for row, after in zip(rows, room, strict=True):
            left = total - found.sum(axis=1)
            low = np.maximum(0, left - after)
            width = np.minimum(row, left) - low + 1
            self.work(TO_STORE * int(width.sum()))
            start = np.repeat(np.cumsum(width) - width, width)
            value = np.repeat(low, width) + np.arange(int(width.sum())) - start
            found = np.column_stack([np.repeat(found, width, axis=0), value])
        return found

    def work(self, steps: int) -> None:
        """Count steps; TooMuchWork beyond the limit."""
        self.steps += steps
        if self.steps > self.work_limit:
            raise TooMuchWork

    def ahead(self, stage: int, at: IntArray) -> Iterator[tuple[IntArray, IntArray, IntArray]]:
        """Every move from the nodes ``at`` of a stage: which of ``at``, by which filling, to which node; in pieces."""
        moves, taken = self.moves[stage], self.moves[stage] @ self.place
        self.work(len(at) * len(moves))
        piece = max(1, 500_000 // len(moves))
        for first in range(0, len(at), piece):
            here = at[first : first + piece]
            fits = np.all(moves[None, :, :] <= self.nodes[stage][here][:, None, :], axis=2)
            which, by = np.nonzero(fits)
            reached = np.searchsorted(self.codes[stage + 1], self.codes[stage][here[which]] - taken[by])
            yield which + first, by, reached

    def bounds(self) -> tuple[list[FloatArray], list[FloatArray]]:
        """Largest and smallest log weight of any completion, from every node of every stage."""
        only = self.weight(self.nodes[-1])  # with one column left there is one completion
        largest, smallest = [only], [only]
        for stage in range(len(self.columns) - 2, -1, -1):
            high = np.full(len(self.nodes[stage]), -np.inf)
            low = np.full(len(self.nodes[stage]), np.inf)
            for which, by, reached in self.ahead(stage, np.arange(len(high))):
                weight = self.weights[stage][by]
                np.maximum.at(high, which, weight + largest[0][reached])
                np.minimum.at(low, which, weight + smallest[0][reached])
            largest.insert(0, high)
            smallest.insert(0, low)
        return largest, smallest

    def all_completions(self, stage: int, at: IntArray) -> FloatArray:
        """Log of the sum of the weights of all completions: N! / (row margins left! x column margins left!)."""
        remaining = self.columns[stage:]
        whole = self.factorial[int(remaining.sum())] - self.factorial[remaining].sum()
        return np.asarray(whole + self.weight(self.nodes[stage][at]))


def _enumerate(rows: IntArray, columns: IntArray, observed: float, work_limit: int) -> float:
    """Add up the probabilities of the tables whose log weight is at most the observed one.

    Partial tables that meet at a node with the same weight go on as one. The largest and smallest completion from a
    node settle many of them at once: all their completions count, or none does. From the nodes with two columns left
    the completions are sorted by weight once, so that every partial table there needs one look-up.
    """
    network = _Network(rows, columns, work_limit)
    largest, smallest = network.bounds()
    whole = float(network.all_completions(0, np.zeros(1, dtype=np.intp))[0])
    limit = observed + np.log1p(AS_LIKELY)
    if largest[0][0] <= limit:
        return 1.0
    p = 0.0
    at, past, ways = np.zeros(1, dtype=np.intp), np.zeros(1), np.ones(1)
    for stage in range(len(columns) - 2):
        if not len(at):  # every partial table is settled already
            break
        ends = []
        for which, by, reached in network.ahead(stage, at):
            along = past[which] + network.weights[stage][by]
            counted = along + largest[stage + 1][reached] <= limit
            rest = network.all_completions(stage + 1, reached[counted])
            p += float(np.sum(ways[which[counted]] * np.exp(along[counted] + rest - whole)))
            open_ = ~counted & (along + smallest[stage + 1][reached] <= limit)
            ends.append(_merged(reached[open_], along[open_], ways[which[open_]]))
        at, past, ways = _merged(*(np.concatenate([end[k] for end in ends]) for k in range(3)))
    return min(1.0, p + _last_two(network, at, past, ways, limit=limit, whole=whole))


def _merged(at: IntArray, past: FloatArray, ways: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """Partial tables at the same node with the same weight become one, which stands for as many ways."""
    if not len(at):
        return at, past, ways
    order = np.lexsort((past, at))
    at, past, ways = at[order], past[order], ways[order]
    new = np.flatnonzero(np.concatenate([[True], (np.diff(at) > 0) | (np.diff(past) > SAME)]))
    return at[new], past[new], np.add.reduceat(ways, new)


def _last_two(
    network: _Network, at: IntArray, past: FloatArray, ways: FloatArray, *, limit: float, whole: float
) -> float:
    """Probability of the tables that count, from partial tables (sorted by node) with two columns left."""
    if not len(at):
        return 0.0
    stage = len(network.columns) - 2
    p = 0.0
    for first, last in pairwise(np.flatnonzero(np.concatenate([[True], np.diff(at) > 0, [True]]))):
        network.work(len(network.moves[stage]) + int(last - first))
        left = network.nodes[stage][at[first]]
        fits = np.all(network.moves[stage] <= left, axis=1)
        weight = network.weights[stage][fits] + network.weight(left - network.moves[stage][fits])
        weight.sort()
        so_far = np.concatenate([[0.0], np.cumsum(np.exp(weight - weight[-1]))])
        counted = so_far[np.searchsorted(weight, limit - past[first:last], side="right")]
        p += float(np.sum(ways[first:last] * counted * np.exp(past[first:last] + weight[-1] - whole)))
    return p


def _simulate(rows: IntArray, columns: IntArray, observed: float, n_simulated: int, seed: int) -> ExactTest:
    """Draw tables with the same margins and count those no likelier than the observed one."""
    from scipy.stats import random_table

    generator = np.random.default_rng(seed)
    margins = random_table(rows, columns)
    factorial = log_factorials(int(rows.sum()))
    limit = observed + np.log1p(AS_LIKELY)
    hits, left = 0, n_simulated
    while left > 0:
        drawn = margins.rvs(size=min(left, 10_000), random_state=generator).astype(np.intp)
        hits += int(np.count_nonzero(-factorial[drawn].sum(axis=(1, 2)) <= limit))
        left -= len(drawn)
    p = (1 + hits) / (1 + n_simulated)
    return ExactTest(p, float(np.sqrt(p * (1 - p) / n_simulated)), n_simulated)
