"""Moments of the covariates over every risk set, each centred at its own mean: slow, and exact where sums cancel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from durata.kernels.arrays import FloatArray
from durata.kernels.partial_likelihood.risk_order import RiskOrder


class RiskSet(NamedTuple):
    """Who is at risk at one event, and how the event would choose among them.

    ``events``: weight of the event (of all events of the time without Efron's ties); ``probability`` (r,) of the rows
    at risk, ``centred`` (p, r) their covariates less the ``mean`` (p,); ``log_denominator`` of the likelihood.
    """

    events: float
    probability: FloatArray
    centred: FloatArray
    mean: FloatArray
    log_denominator: float


def each_risk_set(order: RiskOrder, x: FloatArray, eta: FloatArray, *, efron: bool) -> Iterator[RiskSet]:
    """The risk sets one after the other; ``x`` (p, m) covariates and ``eta`` (m,) linear predictors of the kept rows.

    Risks are taken relative to the largest of their own set, so that no set is lost beside another one.
    """
    time_of = np.full(len(order.rows), -1, dtype=np.intp)
    time_of[order.event_rows] = order.event_index
    for s in range(len(order.row_bounds) - 1):
        end = int(order.row_bounds[s + 1])
        for k in range(int(order.time_bounds[s]), int(order.time_bounds[s + 1])):
            rows = np.arange(int(order.starts[k]), end)
            if order.late is not None:
                rows = rows[order.first[rows] <= k]
            likeliest = rows[np.argmax(eta[rows])]
            top = float(eta[likeliest])
            # From the likeliest row the mean is not far: a difference of two numbers of its own size loses no digits.
            shifted = x[:, rows] - x[:, likeliest, None]
            risk = order.weight[rows] * np.exp(eta[rows] - top)
            steps = int(order.deaths[k]) if efron else 1
            happens = time_of[rows] == k
            for step in range(steps):
                left = risk if step == 0 else np.where(happens, risk * (1.0 - step / steps), risk)
                total = float(left.sum())
                probability = left / total
                mean = shifted @ probability
                yield RiskSet(
                    events=float(order.death_weight[k]) / steps,
                    probability=probability,
                    centred=shifted - mean[:, None],
                    mean=x[:, likeliest] + mean,
                    log_denominator=float(np.log(total)) + top,
                )
