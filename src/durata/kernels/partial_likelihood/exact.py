"""Cox's discrete partial likelihood (conditional logistic) for tied events, by recursion over the risk set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.kernels.arrays import FloatArray, IntArray
from durata.kernels.newton import Evaluation
from durata.kernels.partial_likelihood.risk_order import RiskOrder


@dataclass(frozen=True, eq=False)
class ExactLikelihood:
    """The discrete likelihood: at each event time, the chance that just these d of all sets of d people fail.

    The denominator at a time with d events is the sum over all subsets of size d of the risk set of the product
    of their risks. ``x`` (p, m) covariates of the kept rows of ``order`` (weights one each); ``offset`` (m,) or None.

    References
    ----------
    Cox, J. R. Statist. Soc. B 34:187, 1972; Gail, Lubin & Rubinstein, Biometrika 68:703, 1981 (the recursion).
    """

    order: RiskOrder
    x: FloatArray
    offset: FloatArray | None

    def __call__(self, beta: FloatArray) -> Evaluation:
        """Log-likelihood, score (p,) and information (p, p) at ``beta`` (p,)."""
        order, p = self.order, len(self.x)
        eta = np.asarray(beta @ self.x) if self.offset is None else np.asarray(beta @ self.x) + self.offset
        bounds = order.row_bounds
        log_likelihood, score, information = 0.0, np.zeros(p), np.zeros((p, p))
        for s in range(len(bounds) - 1):
            begin, end = int(bounds[s]), int(bounds[s + 1])
            rows = slice(begin, end)
            part = self._stratum(eta[rows], self.x[:, rows], s, begin)
            log_likelihood += part.log_likelihood
            score += part.score
            information += part.information
        events = order.event_rows
        return Evaluation(
            log_likelihood + float(np.sum(eta[events])), score + self.x[:, events].sum(axis=1), information
        )

    def _stratum(self, eta: FloatArray, x: FloatArray, s: int, begin: int) -> Evaluation:
        """Minus the log denominators of one stratum, with derivatives; ``x`` (p, rows)."""
        order, p = self.order, len(x)
        times = range(int(order.time_bounds[s + 1]) - 1, int(order.time_bounds[s]) - 1, -1)
        first, last = order.first[begin : begin + len(eta)], order.last[begin : begin + len(eta)]
        deaths = order.deaths.astype(np.intp)
        largest = int(deaths[times[-1] : times[0] + 1].max())
        # Sums over subsets stay near one when risks add up to about the size of the subsets.
        shift = float(eta.max())
        shift += float(np.log(max(np.sum(np.exp(eta - shift)) / largest, 1e-300)))
        risk = np.exp(eta - shift)
        nested = order.late is None
        subsets = Subsets.none(p, largest)
        log_likelihood, score, information = 0.0, np.zeros(p), np.zeros((p, p))
        for k in times:
            d = int(deaths[k])
            if nested:
                subsets.add(risk, x, np.flatnonzero(last == k + 1))
            else:
                subsets = Subsets.none(p, d)
                subsets.add(risk, x, np.flatnonzero((first <= k) & (k < last)))
            total, mean, second = subsets.moments(d)
            log_likelihood -= float(np.log(total)) + d * shift
            score -= mean
            information += second - np.outer(mean, mean)
        return Evaluation(log_likelihood, score, information)


@dataclass(eq=False)
class Subsets:
    """Sums over all subsets of size 0..d of the people added so far of (product of risks) x (1, s)(1, s)', s their sum of x.

    ``table`` (d + 1, p + 1, p + 1): adding a person with risk r and covariates x turns (1, s) into (1, s + x), a
    linear map, so every subset size is updated from the one below by one matrix product.
    """

    table: FloatArray

    @classmethod
    def none(cls, p: int, d: int) -> Subsets:
        """Nobody added: only the empty subset, of weight 1."""
        table = np.zeros((d + 1, p + 1, p + 1))
        table[0, 0, 0] = 1.0
        return cls(table)

    def add(self, risk: FloatArray, x: FloatArray, rows: IntArray) -> None:
        """Add the people ``rows`` with their ``risk`` (m,) and covariates ``x`` (p, m)."""
        table = self.table
        move = np.eye(table.shape[1])
        for i in rows.tolist():
            move[1:, 0] = x[:, i]
            table[1:] += risk[i] * (move @ table[:-1] @ move.T)

    def moments(self, d: int) -> tuple[float, FloatArray, FloatArray]:
        """Total weight of the subsets of size ``d``; mean (p,) and mean square (p, p) of their sums of covariates."""
        of_size = self.table[d]
        total = float(of_size[0, 0])
        return total, of_size[1:, 0] / total, of_size[1:, 1:] / total
