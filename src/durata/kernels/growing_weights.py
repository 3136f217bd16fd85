"""Weights that grow with a censoring hazard, exp(H(t-) r): their sums over risk sets, without splitting a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.kernels.newton import Status
from durata.kernels.partial_likelihood.fit import CoxFit, fit_cox
from durata.kernels.partial_likelihood.likelihood import risk_sums
from durata.kernels.partial_likelihood.risk_order import order_risk_sets


@dataclass(frozen=True, eq=False)
class GrowingWeights:
    """The inverse probability of not having been censored just before t, exp(H(t-) r), of n rows.

    ``time`` (K,) increasing, where the cumulative censoring hazard H ``cumulative`` (K,) of mean covariates jumps;
    ``relative_risk`` (n,) the r of each row beside mean covariates. Without jumps every weight is 1.
    """

    time: FloatArray
    cumulative: FloatArray
    relative_risk: FloatArray

    def hazard_before(self, at: FloatArray) -> FloatArray:
        """(k,) the cumulative hazard just before each time: a jump at the time itself does not count yet."""
        return np.concatenate([[0.0], self.cumulative])[np.searchsorted(self.time, at, side="left")]

    def at(self, time: float) -> FloatArray:
        """(n,) the weight of every row just before a time."""
        hazard = float(self.hazard_before(np.array([time]))[0])
        return np.asarray(np.exp(hazard * self.relative_risk))

    def own(self, time: FloatArray) -> FloatArray:
        """(n,) the weight of each row just before its own time (n,)."""
        return np.asarray(np.exp(self.hazard_before(time) * self.relative_risk))


def unit_weights(n: int) -> GrowingWeights:
    """Weights of 1 for n rows."""
    return GrowingWeights(np.zeros(0), np.zeros(0), np.ones(n))


def fit_censoring(
    time: FloatArray, censored: BoolArray, x: FloatArray, ties: Literal["efron", "breslow"]
) -> tuple[CoxFit, GrowingWeights]:
    """Fit a Cox model to being censored and turn it into weights.

    ``time`` (n,), ``censored`` (n,) at least one, ``x`` (n, p) covariates at time 0. Everybody stays at risk of being
    censored until ``time``. The weights are only defined when the fit's ``status`` is CONVERGED (1 each otherwise).
    """
    order = order_risk_sets(time, censored)
    if order is None:
        raise ValueError("nobody is censored: there is no hazard to fit")
    fit = fit_cox(order, x, ties=ties)
    if fit.status != Status.CONVERGED:
        return fit, unit_weights(len(time))
    risk = np.exp((x - x.mean(axis=0)) @ fit.coefficients)
    sums = risk_sums(order, risk[order.rows], ties == "efron")
    return fit, GrowingWeights(order.time, np.cumsum(sums.hazard), risk)


@dataclass(frozen=True, eq=False)
class WeightedSets:
    """Sums at each of the given times: weight at risk, weight of those with the event, and their number."""

    at_risk: FloatArray
    events: FloatArray
    number: FloatArray


def weighted_sets(exit_time: FloatArray, event: BoolArray, weights: GrowingWeights, times: FloatArray) -> WeightedSets:
    """Sums over those with ``t <= exit_time`` at each of ``times`` (K,), increasing, weights taken just before it.

    One pass a distinct value of the hazard; memory n + K.
    """
    order = np.argsort(exit_time, kind="stable")
    sorted_exit, risk = exit_time[order], weights.relative_risk[order]
    at_risk = np.zeros(len(times))
    for level, chosen in _levels(weights, times):
        first = int(np.searchsorted(sorted_exit, times[chosen.start], side="left"))
        own = np.exp(level * risk[first:])
        place = np.searchsorted(sorted_exit, times[chosen], side="left") - first
        at_risk[chosen] = np.concatenate([np.cumsum(own[::-1])[::-1], [0.0]])[place]
    rows = np.flatnonzero(event)
    which = np.searchsorted(times, exit_time[rows])
    # events at other times than those given do not count
    there = (which < len(times)) & (times[np.minimum(which, len(times) - 1)] == exit_time[rows])
    own = weights.own(exit_time)[rows[there]]
    events = np.bincount(which[there], weights=own, minlength=len(times)).astype(np.float64)
    number = np.bincount(which[there], minlength=len(times)).astype(np.float64)
    # where everybody at risk has the event, the two sums are the same weights added in another order
    last = number == len(sorted_exit) - np.searchsorted(sorted_exit, times, side="left")
    return WeightedSets(at_risk, np.where(last, at_risk, events), number)


def accumulated(exit_time: FloatArray, weights: GrowingWeights, times: FloatArray, steps: FloatArray) -> FloatArray:
    """(n,) for each row the sum over ``times`` (K,) up to its exit of ``steps`` (K,) x its weight just before the time."""
    out = np.zeros(len(exit_time))
    place = np.searchsorted(times, exit_time, side="right")
    for level, chosen in _levels(weights, times):
        running = np.concatenate([[0.0], np.cumsum(steps[chosen])])
        reached = np.clip(place - chosen.start, 0, len(running) - 1)
        some = np.flatnonzero(reached)
        out[some] += np.exp(level * weights.relative_risk[some]) * running[reached[some]]
    return out


def _levels(weights: GrowingWeights, times: FloatArray) -> Iterator[tuple[float, slice]]:
    """Runs of ``times`` between two jumps of the hazard, with the hazard that holds there."""
    jumps = np.searchsorted(weights.time, times, side="left")
    starts: IntArray = np.flatnonzero(np.diff(jumps, prepend=-1))
    ends = np.append(starts[1:], len(times))
    hazard = weights.hazard_before(times)
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        yield float(hazard[start]), slice(start, end)
