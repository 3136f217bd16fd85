"""Clones weighted month by month: arrays of people x months and strategies x months, no clone is ever written out.

W = 1/(1-p) each month obliged and going on | h*/p in the month of ending, (1-h*)/(1-p) before it | constant from then on
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.designs.emulated.courses import BEFORE_THE_START, NEVER, Courses
from durata.designs.emulated.deviation import Obligation, obligation
from durata.designs.emulated.ending_rows import chosen_covariates, ending_cox, rows_of_ending, rows_of_loss
from durata.designs.emulated.plan import EmulationPlan
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray, IntArray
from durata.language.speaking import speak
from durata.weighting.baseline_columns import strata_of
from durata.weighting.ending_hazard import MonthlyHazard, empirical_hazard, pooled_logistic_hazard
from durata.weighting.grace import grace_shares

ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class WeightedSums:
    """Weights over one strategy's clones at times (m,) in months: ``at_risk`` (m,), with the event ``events`` (m, causes)."""

    time: FloatArray
    at_risk: FloatArray
    events: FloatArray


@dataclass(frozen=True, eq=False)
class MonthlyClones:
    """Weights of every strategy's clones, G strategies, n people, M months that ask for something, K months in all.

    ``probability`` (n, M) of ending; ``going_on`` (n, M + 1) the product of 1 / (1 - p) over the obliged months so far,
    column 0 being 1. An undecided clone of strategy g weighs ``scale[g, k] * going_on[:, column[g, k]]`` in month k, a
    settled one ``settled[g]`` (n,). ``shares`` (G, M) are h* (NaN where grace is natural). ``staying`` (n, K) is the
    weight for loss, None for none.
    """

    courses: Courses
    counts: FloatArray
    obliged: Obligation
    probability: FloatArray
    going_on: FloatArray
    scale: FloatArray
    column: IntArray
    settled: FloatArray
    shares: FloatArray
    staying: FloatArray | None
    knots: tuple[float, ...]

    def weights_at(self, g: int, month: float) -> FloatArray:
        """(n,) the weight of each clone in a month, 0 for those not at risk in it; multiplicities not included."""
        k = int(np.ceil(month - 1e-9))
        courses, bound = self.courses, self.obliged
        weight = np.where(bound.settled <= k, self.settled[g], 0.0)
        if k <= bound.months:
            undecided = self.scale[g, k] * self.going_on[:, self.column[g, k]]
            weight = np.where((bound.settled > k) & (bound.through >= k), undecided, weight)
        weight = np.where(courses.exit >= k, weight, 0.0)
        return weight if self.staying is None else np.where(weight > 0, weight * self.staying[:, k - 1], 0.0)

    def own_weights(self) -> FloatArray:
        """(G, n) the weight of each clone in its patient's last month under observation."""
        exit_, bound = self.courses.exit, self.obliged
        rows = np.arange(len(exit_))
        k = np.minimum(exit_, bound.months)
        own = np.where(
            (bound.settled <= exit_)[None, :], self.settled, self.scale[:, k] * self.going_on[rows, self.column[:, k]]
        )
        return own if self.staying is None else own * self.staying[rows, exit_ - 1]

    def sums(self, g: int, *, exact: bool = False) -> WeightedSums:
        """The sums of one strategy, at every month, or (``exact``) at every time of an event within the months."""
        at_risk, events = self.all_sums()
        months = np.arange(1, self.courses.horizon + 1, dtype=np.float64)
        if not exact:
            return WeightedSums(months, at_risk[g], events[g])
        return self._exact(g, at_risk[g])

    def all_sums(self) -> tuple[FloatArray, FloatArray]:
        """(G, K) weights at risk and (G, K, causes) weights with an event, month by month."""
        courses, bound, m = self.courses, self.obliged, self.counts
        number, horizon, decided = len(self.settled), courses.horizon, bound.months
        month = np.arange(1, horizon + 1)
        staying = m[:, None] * (np.ones((1, horizon)) if self.staying is None else self.staying)
        observed = staying * (month[None, :] <= courses.exit[:, None])
        after = np.where(month[None, :] >= bound.settled[:, None], observed, 0.0)
        until = observed[:, :decided] * (month[None, :decided] < bound.settled[:, None])
        until *= month[None, :decided] <= bound.through[:, None]
        moving = np.concatenate([[0.0], np.einsum("ik,ik->k", until, self.going_on[:, 1:])])
        at_risk = np.empty((number, horizon))
        own = np.arange(decided + 1)
        for g in range(number):
            # one product a strategy, all of one shape: strategies that agree so far agree to the last digit
            at_risk[g] = self.settled[g] @ after
            still = np.where(self.column[g] == own, moving, 0.0)
            if np.any(self.column[g] != own):
                first = int(self.column[g].max())
                frozen = self.going_on[:, first] @ until
                still[1:] = np.where(self.column[g][1:] == own[1:], still[1:], frozen)
            at_risk[g, :decided] += (self.scale[g] * still)[1:]
        happened = courses.cause > 0
        weight = self.own_weights() * m
        events = np.zeros((number, horizon, len(courses.causes)))
        place = (courses.exit - 1) * len(courses.causes) + courses.cause - 1
        for g in range(number):
            events[g].flat[:] = np.bincount(place[happened], weights=weight[g, happened], minlength=events[g].size)
        return at_risk, _no_more_than(events, at_risk)

    def _exact(self, g: int, at_risk: FloatArray) -> WeightedSums:
        courses = self.courses
        weight = self.own_weights()[g] * self.counts
        order = np.argsort(courses.exit_time, kind="stable")
        time, month, weight, cause = (
            courses.exit_time[order],
            courses.exit[order],
            weight[order],
            courses.cause[order],
        )
        running = np.concatenate([[0.0], np.cumsum(weight)])
        begins = np.searchsorted(month, month, side="left")
        times = np.unique(time[cause > 0])
        first = np.searchsorted(time, times, side="left")
        gone = running[first] - running[np.minimum(begins[first], first)]
        left = np.maximum(at_risk[month[first] - 1] - gone, 0.0)
        events = np.zeros((len(times), len(courses.causes)))
        happened = cause > 0
        np.add.at(events, (np.searchsorted(times, time[happened]), cause[happened] - 1), weight[happened])
        return WeightedSums(times / courses.interval, left, _no_more_than(events, left))

    def comply(self) -> FloatArray:
        """(G, n) the modelled chance of following each strategy if nothing but ending treatment could happen."""
        out = np.empty((len(self.settled), len(self.counts)))
        on = np.cumprod(1.0 - self.probability, axis=1)
        on = np.column_stack([np.ones(len(on)), on])
        for g in range(len(out)):
            first = int(self.column[g].max()) if np.isnan(self.shares[g]).all() else int(np.sum(self._before(g)))
            last = int(np.flatnonzero(self.scale[g] > 0).max()) + 1
            out[g] = on[:, first] if last > self.obliged.months else on[:, first] - on[:, last]
        return out

    def _before(self, g: int) -> FloatArray:
        """(M,) 1 for the months before the window of a stochastic strategy."""
        return np.asarray(np.cumsum(self.shares[g]) == 0, dtype=np.float64)


def monthly_clones(courses: Courses, plan: EmulationPlan, counts: FloatArray) -> MonthlyClones:
    """Fit what the weights need and lay them out; ``counts`` (n,) how often each patient was drawn, all above 0."""
    months = min(plan.months, courses.horizon)
    bound = obligation(courses, months)
    hazard = ending_hazard(courses, plan, counts, bound)
    p = hazard.probability
    n = len(courses)
    rows = np.arange(n)
    going_on = weight_of_going_on(bound, p)

    ended = np.bincount(bound.through[bound.ended], weights=counts[bound.ended], minlength=months + 1)[1:].astype(float)
    number = len(plan.strategies)
    scale, column = np.ones((number, months + 1)), np.tile(np.arange(months + 1), (number, 1))
    shares = np.full((number, months), np.nan)
    settled = np.zeros((number, n))
    month_ended = np.where(bound.ended, bound.through, 1)
    own = p[rows, month_ended - 1]
    for g, strategy in enumerate(plan.strategies):
        first, last = strategy.first, strategy.last
        if first > months and last is not None:
            raise CannotEstimate(speak("The window of strategy {name!r} begins after the horizon.", name=strategy.name))
        if last is not None and last > months:
            raise CannotEstimate(speak("The window of strategy {name!r} ends after the horizon.", name=strategy.name))
        if last is not None and plan.grace == "stochastic":
            shares[g] = grace_shares(ended, first, last, months, plan.grace_share)
            scale[g] = np.concatenate([[1.0], np.cumprod(1.0 - shares[g])])
            scale[g, last:] = 0.0
            chance = shares[g][month_ended - 1] * scale[g, month_ended - 1]
            at_end = np.zeros(n)
            np.divide(chance * going_on[rows, month_ended - 1], own, out=at_end, where=bound.ended & (own > 0))
        else:
            column[g] = np.minimum(column[g], first - 1)
            if last is not None:
                scale[g, last:] = 0.0
            at_end = np.where(bound.ended & (month_ended >= first), going_on[rows, min(first - 1, months)], 0.0)
            if last is not None:
                closing = bound.ended & (month_ended == last) & (own > 0)
                at_end = np.where(month_ended > last, 0.0, at_end)
                np.divide(at_end, own, out=at_end, where=closing)
        until = bound.through
        kept = scale[g, until] * going_on[rows, column[g, until]]
        settled[g] = np.where(bound.ended, at_end, np.where(bound.settled != NEVER, kept, 0.0))
    staying = None if plan.loss is None else loss_weights(courses, plan, counts)
    return MonthlyClones(courses, counts, bound, p, going_on, scale, column, settled, shares, staying, hazard.knots)


def weight_of_going_on(bound: Obligation, p: FloatArray) -> FloatArray:
    """(n, M + 1) the product of 1 / (1 - p) over the obliged months so far in which treatment did not end; column 0 is 1."""
    month = np.arange(1, bound.months + 1)[None, :]
    goes_on = (month <= bound.through[:, None]) & ~(bound.ended[:, None] & (month == bound.through[:, None]))
    factor = np.ones(p.shape)
    np.divide(1.0, 1.0 - p, out=factor, where=goes_on)
    return np.column_stack([np.ones(len(p)), np.cumprod(factor, axis=1)])


def ending_hazard(courses: Courses, plan: EmulationPlan, counts: FloatArray, bound: Obligation) -> MonthlyHazard:
    """The modelled chance (n, M) of ending treatment in each month, by the model that the plan names."""
    if plan.weights == "empirical":
        baseline, histories = chosen_covariates(courses, plan.covariates)
        if histories:
            raise CannotEstimate(
                speak(
                    "Exact proportions need baseline covariates; {name!r} is a history. Choose weights = "
                    "'pooled_logistic'.",
                    name=next(iter(histories)),
                )
            )
        rows = rows_of_ending(courses, bound, ())
        return empirical_hazard(rows, counts, bound.months, strata_of(baseline, len(courses)))
    if plan.weights == "cox":
        until = np.arange(bound.months + 1, dtype=np.float64) * courses.interval
        until[0] = BEFORE_THE_START
        return ending_cox(courses, plan.covariates, counts, float(until[-1])).between(until)
    rows = rows_of_ending(courses, bound, plan.covariates)
    what = speak("ending treatment")
    return pooled_logistic_hazard(rows, counts, bound.months, spikes=plan.spikes, knots=plan.knots, what=what)


def loss_weights(courses: Courses, plan: EmulationPlan, counts: FloatArray) -> FloatArray | None:
    """(n, K) the inverse probability of not having been lost before each month; None where nobody was lost."""
    if not np.any(courses.lost) or plan.loss is None:
        return None
    rows = rows_of_loss(courses, plan.loss)
    q = pooled_logistic_hazard(rows, counts, courses.horizon, spikes=(), knots=plan.knots, what=speak("being lost"))
    return np.column_stack([np.ones(len(courses)), np.cumprod(1.0 / (1.0 - q.probability[:, :-1]), axis=1)])


def _no_more_than(events: FloatArray, at_risk: FloatArray) -> FloatArray:
    """Events (..., causes) as they are, but where they are all that is at risk up to rounding, exactly so."""
    total = events.sum(axis=-1)
    everybody = (total > 0) & (np.abs(total - at_risk) <= ROUNDING * np.maximum(at_risk, total))
    share = np.ones_like(total)
    np.divide(at_risk, total, out=share, where=everybody)
    return np.asarray(events * share[..., None])
