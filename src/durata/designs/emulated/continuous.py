"""Clones weighted in continuous time: natural grace, Cox weights on baseline covariates, a closing interval per window.

(0, from] weights grow with the hazard of ending | (from, to - 1] nothing is asked | (to - 1, to] the closing interval
at `to`: who was still obliged and has not ended deviates; who ended in the closing interval stands in for them afterwards
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.designs.emulated.courses import BEFORE_THE_START, HAIR, Courses
from durata.designs.emulated.ending_rows import ending_cox
from durata.designs.emulated.monthly import WeightedSums
from durata.designs.emulated.plan import EmulationPlan
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray
from durata.language.speaking import speak
from durata.weighting.proportional_ending import EndingCox


@dataclass(frozen=True, eq=False)
class ContinuousClones:
    """Weights of clones at any time, from one hazard; G strategies, n people, times in the unit of the courses.

    ``obliged`` (n,) is until when a patient is bound, ``settled`` (n,) the weight that stays with a patient after that by
    strategy up to the end of its window (G, n), ``after`` (G, n) after it (0: deviated). ``opens`` (G,), ``closes`` (G,).
    """

    courses: Courses
    counts: FloatArray
    cox: EndingCox
    obliged: FloatArray
    ended: BoolArray
    opens: FloatArray
    closes: FloatArray
    within: FloatArray
    after: FloatArray

    def weights_at(self, g: int, month: float) -> FloatArray:
        """(n,) the weight of each clone at a time in months, 0 for those not at risk; multiplicities not included."""
        return self._at(g, month * self.courses.interval)

    def _at(self, g: int, time: float) -> FloatArray:
        there = self.courses.exit_time >= time * (1 - HAIR)
        if time > self.closes[g]:
            return np.where(there, self.after[g], 0.0)
        if time > self.opens[g]:
            return np.where(there, self.within[g], 0.0)
        growing = np.exp(float(self.cox.hazard(np.array([time * (1 + HAIR)]))[0]) * self.cox.relative_risk)
        frozen = np.exp(self.cox.hazard(self.obliged) * self.cox.relative_risk)
        # who ends treatment at this very time has ended it before anything else happens at it
        undecided = (self.obliged > time * (1 + HAIR)) | ((self.obliged >= time * (1 - HAIR)) & ~self.ended)
        return np.where(there, np.where(undecided, growing, np.where(self.ended, 0.0, frozen)), 0.0)

    def sums(self, g: int, *, exact: bool = True) -> WeightedSums:
        """The sums of one strategy, at the times of :meth:`all_sums` always (weights change in continuous time)."""
        del exact
        return self.all_sums()[g]

    def all_sums(self) -> tuple[WeightedSums, ...]:
        """The sums of every strategy at every time of an event and every end of a month."""
        courses, m = self.courses, self.counts
        happened = courses.cause > 0
        # the ends of months too, so that numbers at risk can be read there
        months = np.arange(1, courses.horizon + 1) * courses.interval
        times = np.unique(np.concatenate([courses.exit_time[happened], months]))
        place = np.searchsorted(times, courses.exit_time[happened])
        causes = courses.cause[happened] - 1
        exit_place = np.searchsorted(times, courses.exit_time, side="right")

        def leaving(weight: FloatArray) -> FloatArray:
            """(m,) the weight of those whose observation has not ended before each time."""
            until = np.bincount(exit_place, weights=weight * m, minlength=len(times) + 1)[1:]
            return np.asarray(np.cumsum(until[::-1])[::-1])

        early = times <= self.opens.max(initial=0.0)
        growing = self._growing(times[early])
        own = np.flatnonzero(happened)
        out = []
        for g in range(len(self.opens)):
            before, inside = times <= self.opens[g], (times > self.opens[g]) & (times <= self.closes[g])
            at_risk = np.where(inside, leaving(self.within[g]), leaving(self.after[g]))
            at_risk[before] = growing[: int(before.sum())]
            weight = np.where(times[place] <= self.closes[g], self.within[g, own], self.after[g, own])
            sooner = times[place] <= self.opens[g]
            weight[sooner] = self._own_early(own[sooner])
            events = np.zeros((len(times), len(courses.causes)))
            np.add.at(events, (place, causes), weight * m[own])
            total = events.sum(axis=1)
            everybody = (total > 0) & (np.abs(total - at_risk) <= 1e-12 * np.maximum(total, at_risk))
            at_risk = np.where(everybody, total, at_risk)
            out.append(WeightedSums(times / courses.interval, at_risk, events))
        return tuple(out)

    def _own_early(self, people: np.ndarray) -> FloatArray:
        """The weight of each of these at the end of observation, before any window that matters opens."""
        hazard = self.cox.hazard(np.minimum(self.obliged, self.courses.exit_time)[people])
        weight = np.exp(hazard * self.cox.relative_risk[people])
        return np.asarray(np.where(self.ended[people], 0.0, weight))

    def _growing(self, times: FloatArray) -> FloatArray:
        """(k,) the weight at risk of a strategy that has not opened yet: the undecided, growing, and the excused."""
        order = np.argsort(-self.obliged, kind="stable")
        obliged, risk, m = self.obliged[order], self.cox.relative_risk[order], self.counts[order]
        there = np.searchsorted(-obliged, -times, side="right")
        hazard = self.cox.hazard(times)
        out = np.zeros(len(times))
        for j in range(len(times)):
            out[j] = m[: there[j]] @ np.exp(hazard[j] * risk[: there[j]])
        ends_now = np.flatnonzero(self.ended & np.isin(self.obliged, times))
        place = np.searchsorted(times, self.obliged[ends_now])
        gone = self.counts[ends_now] * np.exp(hazard[place] * self.cox.relative_risk[ends_now])
        out -= np.bincount(place, weights=gone, minlength=len(times))
        excused = np.flatnonzero(~self.ended & (self.obliged < self.courses.exit_time))
        frozen = self.counts[excused] * np.exp(self.cox.hazard(self.obliged[excused]) * self.cox.relative_risk[excused])
        since, until = self.obliged[excused], self.courses.exit_time[excused]
        for j, time in enumerate(times.tolist()):
            out[j] += frozen[(since < time) & (until >= time)].sum()
        return out

    def comply(self) -> FloatArray:
        """(G, n) the modelled chance of following each strategy if nothing but ending treatment could happen."""
        risk = self.cox.relative_risk
        out = np.empty((len(self.opens), len(risk)))
        for g in range(len(out)):
            on = np.exp(-float(self.cox.hazard(np.array([self.opens[g]]))[0]) * risk)
            bound = self.closes[g]
            later = np.exp(-float(self.cox.hazard(np.array([bound]))[0]) * risk) if np.isfinite(bound) else 0.0
            out[g] = on - later
        return out


def continuous_clones(courses: Courses, plan: EmulationPlan, counts: FloatArray) -> ContinuousClones:
    """Fit the Cox model of ending treatment and lay out what each clone weighs before, within and after its window."""
    step = courses.interval
    limit = min(plan.months, courses.horizon) * step * (1 + HAIR)
    cox = ending_cox(courses, plan.covariates, counts, limit)
    obliged = np.minimum(np.minimum(courses.ended_time, courses.excused_time), courses.exit_time)
    ended = courses.ended_time <= obliged
    opens, closes, within, after = [], [], [], []
    for strategy in plan.strategies:
        start = _bound(strategy.first - 1, step)
        stop = np.inf if strategy.last is None else strategy.last * step * (1 + HAIR)
        if strategy.decided > courses.horizon:
            raise CannotEstimate(speak("The window of strategy {name!r} ends after the horizon.", name=strategy.name))
        too_early = ended & (obliged <= start)
        weight = np.exp(cox.hazard(np.minimum(obliged, start)) * cox.relative_risk)
        inside = np.where(too_early, 0.0, weight)
        later = inside
        if strategy.last is not None:
            closing = _bound(strategy.last - 1, step)
            between = np.diff(cox.hazard(np.array([closing, stop])))[0] * cox.relative_risk
            just = ended & (obliged > closing) & (obliged <= stop)
            # who would have been excused before the window closed stands for nobody but those excused alike
            stands_in = just & ~(courses.excused_time <= stop)
            chance = -np.expm1(-between)
            later = inside * np.where(stands_in, 1.0 / np.where(stands_in, chance, 1.0), 1.0)
            late = (obliged > stop) | (~ended & (obliged >= stop))
            later = np.where(late, 0.0, later)
        opens.append(start)
        closes.append(stop)
        within.append(inside)
        after.append(later)
    return ContinuousClones(
        courses, counts, cox, obliged, ended, np.array(opens), np.array(closes), np.array(within), np.array(after)
    )


def _bound(month: int, step: float) -> float:
    """The time at the end of a month; before any time for the beginning, as month 1 includes the start itself."""
    return month * step * (1 + HAIR) if month > 0 else BEFORE_THE_START
