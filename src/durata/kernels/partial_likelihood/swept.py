"""The partial likelihood of very many rows, its sums taken by compiled sweeps on several threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from durata.kernels.arrays import FloatArray, IntArray
from durata.kernels.newton import Evaluation
from durata.kernels.partial_likelihood.likelihood import expected_events, risk_sums
from durata.kernels.partial_likelihood.risk_order import RiskOrder


def side_by_side(work: Callable[[int], None], pieces: int) -> None:
    """Do ``work(0)`` to ``work(pieces - 1)``, each on a thread of its own."""
    if pieces == 1:
        work(0)
        return
    with ThreadPoolExecutor(pieces) as threads:
        list(threads.map(work, range(pieces)))


def processors() -> int:
    """How many threads are worth starting."""
    return max(1, min(8, os.cpu_count() or 1))


def gathered(order: RiskOrder, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The covariates ``x`` (n, p) of the kept rows in their order, centred and scaled: (m, p); scale (p,), largest (p,)."""
    from durata.kernels.compiled.row_sweep import gather, spread

    x = np.ascontiguousarray(x)
    m, p = len(order.rows), x.shape[1]
    pieces = processors()
    weight = order.to_rows(order.weight)
    total = weight.sum()
    centre = np.asarray(weight @ x) / total
    squares, largest = np.zeros((pieces, p)), np.zeros((pieces, p))
    given, kept = _bounds(len(x), pieces), _bounds(m, pieces)
    side_by_side(lambda k: spread(x, weight, centre, given[k], given[k + 1], squares[k], largest[k]), pieces)
    scale = np.sqrt(squares.sum(axis=0) / total)
    inverse = 1.0 / np.where(scale > 0, scale, 1.0)
    out, rows = np.empty((m, p)), np.asarray(order.rows, dtype=np.int64)
    side_by_side(lambda k: gather(x, rows, centre, inverse, out, kept[k], kept[k + 1]), pieces)
    return out, scale, largest.max(axis=0)


def _bounds(n: int, pieces: int) -> list[int]:
    return [int(one) for one in np.linspace(0, n, pieces + 1)]


@dataclass(frozen=True, eq=False)
class SweptLikelihood:
    """Breslow's or Efron's partial likelihood of one stratum without late entry; ``x`` (m, p) the kept rows of ``order``."""

    order: RiskOrder
    x: FloatArray
    offset: FloatArray | None
    efron: bool

    def __call__(self, beta: FloatArray) -> Evaluation:
        """Log-likelihood, score (p,) and information (p, p) at ``beta`` (p,)."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            return self._evaluate(beta)

    def _evaluate(self, beta: FloatArray) -> Evaluation:
        order = self.order
        eta = self.x @ beta
        if self.offset is not None:
            eta += self.offset
        eta -= eta.max()
        relative_risk = np.exp(eta)
        relative_risk *= order.weight
        sums = risk_sums(order, relative_risk, self.efron)
        weight = order.weight[order.event_rows]
        log_likelihood = float(weight @ eta[order.event_rows]) - sums.log_denominators
        expected = expected_events(order, sums)
        residual = -expected
        residual[order.event_rows] += weight
        ties = order.ties if len(sums.e0) else None
        if ties is None:
            tied, tie_rows, tie_starts = (
                np.full(order.n_times, -1),
                np.zeros(0, dtype=np.int64),
                np.zeros(1, dtype=np.int64),
            )
        else:
            tied = np.full(order.n_times, -1)
            tied[ties.index] = np.arange(len(ties.index))
            tie_rows, tie_starts = ties.rows, np.append(ties.starts, len(ties.rows))
        score, information = self._moments(
            relative_risk, np.maximum(expected, 0.0), residual, sums.squares, tied, tie_rows, tie_starts,
            sums.squares_events, sums.squares_both,
        )  # fmt: skip
        return Evaluation(log_likelihood, score, information)

    def _moments(
        self,
        relative_risk: FloatArray,
        expected: FloatArray,
        residual: FloatArray,
        squares: FloatArray,
        tied: IntArray,
        tie_rows: IntArray,
        tie_starts: IntArray,
        squares_events: FloatArray,
        squares_both: FloatArray,
    ) -> tuple[FloatArray, FloatArray]:
        """Score and information, the event times cut into pieces that are swept side by side and put together after."""
        from durata.kernels.compiled.row_sweep import moments

        p = self.x.shape[1]
        starts = np.append(self.order.starts, len(self.order.rows)).astype(np.int64)
        pieces = processors()
        # cut where as many rows lie on each side
        cuts = np.searchsorted(starts, np.linspace(0, starts[-1], pieces + 1)).tolist()
        cuts[-1] = len(starts) - 1
        score, weighted, weighted_events, total = (np.zeros((pieces, p)) for _ in range(4))
        gram, outer, weight = np.zeros((pieces, p, p)), np.zeros((pieces, p, p)), np.zeros((pieces, 1))

        def sweep(k: int) -> None:
            moments(
                self.x, relative_risk, expected, residual, starts, squares, tied.astype(np.int64),
                tie_rows.astype(np.int64), tie_starts.astype(np.int64), squares_events, squares_both, cuts[k], cuts[k + 1],
                score[k], gram[k], outer[k], total[k], weighted[k], weighted_events[k], weight[k],
            )  # fmt: skip

        side_by_side(sweep, pieces)
        information = gram.sum(axis=0)
        later = np.zeros(p)
        for k in range(pieces - 1, -1, -1):
            # everybody who leaves after this piece is at risk throughout it
            mixed = np.outer(weighted[k] - weighted_events[k], later)
            information -= outer[k] + mixed + mixed.T + weight[k] * np.outer(later, later)
            later = later + total[k]
        return score.sum(axis=0), (information + information.T) / 2
