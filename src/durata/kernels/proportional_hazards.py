"""Score tests of proportional hazards: whether any coefficient changes along a function of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from durata.kernels.arrays import FloatArray, IntArray
from durata.kernels.newton import dependent_columns
from durata.kernels.partial_likelihood.likelihood import (
    RiskSums,
    expected_events,
    first_moments,
    gram,
    spread_of_means,
)
from durata.kernels.partial_likelihood.risk_order import RiskOrder


@dataclass(frozen=True, eq=False)
class TimeInteraction:
    """Score (p,) of adding covariate x g(time) at no change, and the information (2p, 2p) of both sets of coefficients.

    ``unit`` is the information that a column of standard deviation 1 would have at most.
    """

    score: FloatArray
    information: FloatArray
    unit: float


def time_interaction(order: RiskOrder, x: FloatArray, sums: RiskSums, g: FloatArray) -> TimeInteraction:
    """Score and information for coefficients beta + theta g(t) at theta = 0 and the fitted beta.

    ``x`` (p, m) covariates of the kept rows, centred and of size one; ``sums`` at the fitted beta; ``g`` (K,) the
    function at the event times, not the same at all. The test depends on neither origin nor unit of g: it is centred and
    scaled over events.

    References
    ----------
    Grambsch & Therneau, Biometrika 81:515, 1994; the score test of R's survival from version 3.0 on.
    """
    p = len(x)
    events = np.bincount(order.event_index, minlength=order.n_times)
    g = g - np.average(g, weights=events)
    g = g / np.sqrt(np.average(g * g, weights=events))
    s1, e1 = first_moments(order, x, sums)

    def information(scale: FloatArray) -> FloatArray:
        at_risk = expected_events(order, sums, scale)
        return np.asarray((x * at_risk) @ x.T - spread_of_means(order, sums, s1, e1, scale))

    whole = np.empty((2 * p, 2 * p))
    whole[:p, :p] = gram(x, expected_events(order, sums)) - spread_of_means(order, sums, s1, e1)
    whole[:p, p:] = information(g)
    whole[p:, :p] = whole[:p, p:].T
    whole[p:, p:] = information(g * g)
    residual = -expected_events(order, sums, g)
    residual[order.event_rows] += order.weight[order.event_rows] * g[order.event_index]
    return TimeInteraction(np.asarray(x @ residual), whole, float(order.death_weight.sum()))


def score_test(interaction: TimeInteraction, columns: Sequence[int] | IntArray) -> float | None:
    """Chi-square that the coefficients ``columns`` do not change with g(t), the others being constant.

    None where the events cannot tell: the change along time says nothing that the coefficients themselves do not.
    """
    p = len(interaction.score)
    chosen = np.asarray(columns, dtype=np.intp)
    kept = np.concatenate([np.arange(p), chosen + p])
    score = np.concatenate([np.zeros(p), interaction.score[chosen]])
    information = interaction.information[np.ix_(kept, kept)]
    if np.any(dependent_columns(information, interaction.unit)):
        return None
    return float(score @ np.linalg.solve(information, score))
