"""The hazard ratio of two arms whose weights change over time: weighted Cox model with one indicator, sandwich by cluster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.kernels.growing_weights import GrowingWeights, accumulated, weighted_sets
from durata.kernels.newton import Evaluation, Status, maximise


@dataclass(frozen=True, eq=False)
class Arm:
    """The rows of one arm, (n,) each: end, event, cluster code 0..C-1, and their weights."""

    exit_time: FloatArray
    event: BoolArray
    cluster: IntArray
    weights: GrowingWeights


@dataclass(frozen=True)
class LogRatio:
    """Log hazard ratio of the second arm, its model-based and robust variance, log-likelihoods at it and at 0."""

    status: Status
    estimate: float
    variance: float
    robust_variance: float
    log_likelihood: float
    log_likelihood_null: float


def log_hazard_ratio(first: Arm, second: Arm, *, efron: bool, n_clusters: int) -> LogRatio:
    """Maximise the weighted partial likelihood of the indicator of the second arm over both arms' rows.

    With d tied events of mean weight m at a time, Efron's l-th denominator spares the share l / d of the tied events'
    own weight, as in R. Only sums of each arm at the event times enter it, so its cost does not grow with rows.
    The robust variance sums score residuals by cluster, the weights being taken as known.

    References
    ----------
    Efron, JASA 1977;72:557; Lin & Wei, JASA 1989;84:1074; Therneau & Grambsch, Modeling Survival Data, 2000, chapter 7.
    """
    times = np.unique(np.concatenate([arm.exit_time[arm.event] for arm in (first, second)]))
    if len(times) == 0:
        return LogRatio(Status.NO_EVENTS, *(float("nan"),) * 5)
    sets = [weighted_sets(arm.exit_time, arm.event, arm.weights, times) for arm in (first, second)]
    tied = (sets[0].number + sets[1].number).astype(np.intp)
    # one entry an event: the time it belongs to and the share l / d of the tied events that is spared
    of_event = np.repeat(np.arange(len(times)), tied)
    starts = np.concatenate([[0], np.cumsum(tied)[:-1]])
    spared = (np.arange(len(of_event)) - starts[of_event]) / tied[of_event] if efron else np.zeros(len(of_event))
    weight = ((sets[0].events + sets[1].events) / tied)[of_event]
    left = [one.at_risk[of_event] - spared * one.events[of_event] for one in sets]
    events_second = float(sets[1].events.sum())

    def evaluate(at: FloatArray) -> Evaluation:
        ratio = np.exp(at[0])
        whole = left[0] + ratio * left[1]
        share = ratio * left[1] / whole
        value = float(at[0] * events_second - weight @ np.log(whole))
        information = np.array([[float(weight @ (share * (1.0 - share)))]])
        return Evaluation(value, np.array([events_second - float(weight @ share)]), information)

    found = maximise(evaluate, 1, lambda step: float(abs(step[0])), unit=float(weight.sum()))
    if found.status != Status.CONVERGED:
        return LogRatio(found.status, *(float("nan"),) * 5)
    beta = float(found.at[0])
    there = evaluate(found.at)
    information = float(there.information[0, 0])
    whole = left[0] + np.exp(beta) * left[1]
    share = np.exp(beta) * left[1] / whole
    hazard = weight / whole
    residual = np.zeros(n_clusters)
    for code, arm in enumerate((first, second)):
        away = code - share
        risk = np.exp(beta * code)
        gains = np.bincount(of_event, weights=away) / tied
        steps = risk * np.bincount(of_event, weights=hazard * away)
        given_back = risk * np.bincount(of_event, weights=spared * hazard * away)
        rows = -accumulated(arm.exit_time, arm.weights, times, steps)
        ended = np.flatnonzero(arm.event)
        which = np.searchsorted(times, arm.exit_time[ended])
        rows[ended] += arm.weights.own(arm.exit_time)[ended] * (gains + given_back)[which]
        residual += np.bincount(arm.cluster, weights=rows, minlength=n_clusters)
    robust = float(residual @ residual) / information**2
    null = found.start.log_likelihood
    return LogRatio(Status.CONVERGED, beta, 1.0 / information, robust, there.log_likelihood, null)
