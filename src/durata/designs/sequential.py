"""Sequential trials: every month a trial begins of ending treatment now against going on, and all of them are pooled.

trial 1  | end now  --------------------------------- event or end of follow-up
         | go on    ------- ends later: cut off here; weight grows with 1 / (1 - p)
trial 2       | end now  ---------------------------------
              | go on    ---------
trial 3            | ...      who is under observation, not excused and has not ended before: eligible again
              |  time zero of each trial is the start of its month
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from durata.designs.emulated.courses import Courses
from durata.designs.emulated.declared import declared_courses, declared_plan
from durata.designs.emulated.deviation import obligation
from durata.designs.emulated.monthly import ending_hazard, loss_weights, weight_of_going_on
from durata.designs.emulated.plan import EmulationPlan, WeightModel
from durata.designs.emulated.strategies import Strategy
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray, IntArray
from durata.language.speaking import speak
from durata.records.records import Records
from durata.study.types import Study

Pooling = Literal["ended", "eligible"]
NOW, ON = 0, 1


@dataclass(frozen=True, slots=True)
class SequentialPlan:
    """What is done again in every replicate; see :func:`sequential_trials`."""

    follow: int
    first: int
    last: int
    going_on: int
    pooling: Pooling
    ending: EmulationPlan


@dataclass(frozen=True, eq=False, repr=False)
class SequentialTrials:
    """T trials with two arms each, "end now" (0) and "go on" (1), followed for H months; weights of persons in trials.

    ``month`` (T,) is the month in which each trial begins, ``eligible`` and ``ended`` (T,) how many patients could be in
    it and ended treatment in it. ``at_risk`` (T, 2, H) and ``events`` (T, 2, H, causes) are weighted to all who
    are eligible; ``share`` (T,) is what each trial counts when they are pooled. ``weight`` (T, 2, n) is the weight of each patient
    in the first month of a trial; ``left_out`` are the months whose trial has an empty arm.
    """

    plan: SequentialPlan
    courses: Courses
    counts: FloatArray
    month: IntArray
    eligible: FloatArray
    ended: FloatArray
    share: FloatArray
    at_risk: FloatArray
    events: FloatArray
    patients: FloatArray
    left_out: tuple[int, ...]

    def __repr__(self) -> str:
        """What it compares, in one line; never a row."""
        return (
            f"SequentialTrials: {len(self.month)} trials of ending now against going on, months {self.month[0]} to "
            f"{self.month[-1]}, {int(self.counts.sum())} patients {int(self.eligible.sum())} times eligible, "
            f"followed for {self.plan.follow} {self.courses.unit}"
        )

    @property
    def names(self) -> tuple[str, str]:
        """The arms in words."""
        if self.plan.going_on >= self.plan.follow:
            return speak("end now"), speak("go on")
        return speak("end now"), speak("go on for {months} more", months=self.plan.going_on)

    def pooled(self) -> tuple[FloatArray, FloatArray]:
        """(2, H) weights at risk and (2, H, causes) weights with the event, over all trials."""
        return np.tensordot(self.share, self.at_risk, 1), np.tensordot(self.share, self.events, 1)

    def effective_sample_size(self, arm: int, month: int) -> float:
        """How many equally weighted patients (not persons in trials) an arm at risk in a month since time zero is worth."""
        weight = self.patients[arm, month - 1]
        square = float(self.counts @ weight**2)
        return float(self.counts @ weight) ** 2 / square if square > 0 else 0.0


def sequential_trials(
    courses: Courses,
    *,
    follow: int,
    first: int = 1,
    last: int | None = None,
    going_on: int | None = None,
    pooling: Pooling = "ended",
    weights: WeightModel = "pooled_logistic",
    covariates: tuple[str, ...] | None = None,
    spikes: tuple[int, ...] = (3, 6, 9, 12),
    knots: int = 4,
    loss: tuple[str, ...] | None = None,
    counts: Any = None,
) -> SequentialTrials:
    """Begin a trial every month among those who could still end treatment: end now, or go on.

    Eligible in month k is who is under observation, has not ended before and is not excused. Who ends in month k is in the
    arm "end now" and stays in it; everybody else is in "go on" and is followed until treatment ends while going on is
    asked, or to the end where an excuse comes first. Persons are weighted by the inverse of the chance of what they did, 1 / p
    or the product of 1 / (1 - p), so that each arm of each trial stands for all who are eligible in it. The time of
    a trial starts at the decision: no time is guaranteed. Right only if the covariates hold all that decides both on ending
    and on the event. It compares a decision at each month, not whole durations.

    Parameters
    ----------
    courses : the patients, from ``patient_courses`` or ``declared_courses``.
    follow : months that every trial is followed; trials that could not be followed so long within the horizon are not begun.
    first, last : first and last month in which a trial begins; ``last`` None: the latest possible.
    going_on : for how many months "go on" asks not to end, the month of the decision included; None: all of ``follow``.
    pooling : what a trial counts: "ended", the number who ended in its month, for the effect where endings happened;
        "eligible", the number eligible in it.
    weights, covariates, spikes, knots, loss : the models of ending and of loss, as in ``EmulationPlan``.
    counts : (n,) how often each patient was drawn (a bootstrap replicate): everything is fitted again.

    Returns
    -------
    SequentialTrials, for ``sequential_survival``, ``sequential_effects``, ``sequential_intervals``, ``sequential_flow``.

    Raises
    ------
    CannotEstimate : months that do not fit the horizon, no trial with both arms, a model without an estimate.

    References
    ----------
    Hernan MA, Alonso A, Logan R, et al. (2008) Epidemiology 19:766-779. Danaei G, Rodriguez LAG, Cantero OF, et al. (2013)
    Stat Methods Med Res 22:70-96. Keogh RH, Gran JM, Seaman SR, et al. (2023) Stat Med 42:2191-2225.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(
    ...     time=[2, 4, 4, 3, 4, 4], cause=[1, 0, 0, 1, 0, 0], ended_at=[0.5, 0.5, 1.5, 1.5, None, None], horizon=4)
    >>> trials = du.sequential_trials(courses, follow=2, weights="empirical")
    >>> trials.month.tolist(), trials.eligible.tolist(), trials.ended.tolist()
    ([1, 2], [6.0, 4.0], [2.0, 2.0])
    """
    _check(courses, follow, first, last, going_on, pooling)
    n = len(courses)
    drawn = np.ones(n) if counts is None else np.asarray(counts, dtype=np.float64)
    if drawn.shape != (n,) or np.any(~np.isfinite(drawn) | (drawn < 0) | (drawn != np.rint(drawn))):
        raise CannotEstimate(speak("counts says how often each patient was drawn: whole numbers, 0 or more."))
    rows = np.flatnonzero(drawn > 0)
    if len(rows) == 0:
        raise CannotEstimate(speak("No patient was drawn: nobody is left to analyse."))
    latest = courses.horizon - follow + 1
    until = latest if last is None else last
    asked = follow if going_on is None else going_on
    ending = EmulationPlan(
        (Strategy("go on", until + asked, None),),
        weights=weights,
        covariates=covariates,
        spikes=spikes,
        knots=knots,
        loss=loss,
    )
    plan = SequentialPlan(follow, first, until, asked, pooling, ending)
    chosen = courses if len(rows) == n else courses.select(rows)
    return _begun(chosen, plan, drawn[rows])


def sequential_trials_again(courses: Courses, plan: SequentialPlan, counts: FloatArray) -> SequentialTrials:
    """The same trials of the patients drawn in a replicate, ``counts`` (n,) saying how often."""
    rows = np.flatnonzero(counts > 0)
    return _begun(courses.select(rows), plan, counts[rows])


def declared_sequential_trials(
    study: Study, records: Records, outcome: str, *, follow: int | None = None, going_on: int | None = None
) -> SequentialTrials:
    """Begin the sequential trials of a study from its [emulation]: its grid, excuses, covariates and weights.

    Parameters
    ----------
    study, records : the declaration and the data.
    outcome : name of a declared outcome.
    follow : steps that every trial is followed; if not given, half of the horizon of [emulation].
    going_on : as in :func:`sequential_trials`.

    Raises
    ------
    CannotEstimate : no [emulation], nobody left, or no trial with both arms.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> du.declared_sequential_trials(study, du.read_records(study), "death")
    Traceback (most recent call last):
    durata.finding.CannotEstimate: The study file declares no [emulation]: there is no trial to emulate.
    """
    plan = declared_plan(study)
    courses = declared_courses(study, records, outcome)
    return sequential_trials(
        courses,
        follow=max(1, courses.horizon // 2) if follow is None else follow,
        going_on=going_on,
        weights=plan.weights,
        covariates=plan.covariates,
        spikes=plan.spikes,
        knots=plan.knots,
        loss=plan.loss,
    )


def _begun(courses: Courses, plan: SequentialPlan, counts: FloatArray) -> SequentialTrials:
    months = min(plan.ending.months, courses.horizon)
    bound = obligation(courses, months)
    p = ending_hazard(courses, plan.ending, counts, bound).probability
    going = weight_of_going_on(bound, p)
    staying = loss_weights(courses, plan.ending, counts)
    length, causes = plan.follow, len(courses.causes)
    patients = np.zeros((2, length, len(courses)))
    at_risk, events, month, eligible, ended, share, left_out = [], [], [], [], [], [], []
    for k in range(plan.first, plan.last + 1):
        chosen = np.flatnonzero(bound.through >= k)
        now = bound.ended[chosen] & (bound.through[chosen] == k)
        number, acted = float(counts[chosen].sum()), float(counts[chosen][now].sum())
        if acted in {0.0, number}:
            left_out.append(k)
            continue
        when = np.arange(k, k + length)
        last_asked = k + plan.going_on - 1
        weight = np.zeros((2, len(chosen), length))
        weight[NOW, now] = 1.0 / p[chosen[now], k - 1, None]
        column = np.minimum(when, min(last_asked, months))
        weight[ON, ~now] = going[np.ix_(chosen[~now], column)] / going[chosen[~now], k - 1, None]
        stops = np.where(courses.ended[chosen] <= last_asked, courses.ended[chosen], np.iinfo(np.intp).max)
        weight[ON][when[None, :] >= stops[:, None]] = 0.0
        weight *= when[None, None, :] <= courses.exit[chosen][None, :, None]
        if staying is not None:
            weight *= (staying[np.ix_(chosen, when - 1)] / staying[chosen, k - 1, None])[None]
        part = acted / number if plan.pooling == "ended" else 1.0
        patients[:, :, chosen] += part * weight.transpose(0, 2, 1)
        month.append(k)
        eligible.append(number)
        ended.append(acted)
        share.append(part)
        at_risk.append(np.einsum("i,aij->aj", counts[chosen], weight))
        here = np.flatnonzero((courses.cause[chosen] > 0) & (courses.exit[chosen] < k + length))
        happened = np.zeros((2, length, causes))
        at, what = courses.exit[chosen[here]] - k, courses.cause[chosen[here]] - 1
        for arm in (NOW, ON):
            np.add.at(happened[arm], (at, what), counts[chosen[here]] * weight[arm, here, at])
        events.append(happened)
    if not month:
        raise CannotEstimate(
            speak("In no month did some of those eligible end treatment and others go on: there is no trial to pool.")
        )
    return SequentialTrials(
        plan,
        courses,
        counts,
        np.array(month),
        np.array(eligible),
        np.array(ended),
        np.array(share),
        np.array(at_risk),
        np.array(events),
        patients,
        tuple(left_out),
    )


def _check(courses: Courses, follow: int, first: int, last: int | None, going_on: int | None, pooling: str) -> None:
    latest = courses.horizon - follow + 1
    if follow < 1 or latest < 1:
        raise CannotEstimate(
            speak(
                "Trials are followed for 1 to {last} {unit}, not {given}.",
                last=courses.horizon,
                unit=courses.unit,
                given=follow,
            )
        )
    if not 1 <= first <= (latest if last is None else last) <= latest:
        raise CannotEstimate(
            speak(
                "Trials that are followed for {follow} {unit} can begin in months 1 to {latest}, the first before the last.",
                follow=follow,
                unit=courses.unit,
                latest=latest,
            )
        )
    if going_on is not None and not 1 <= going_on <= follow:
        raise CannotEstimate(
            speak("Going on can be asked for 1 to {follow} months, not {given}.", follow=follow, given=going_on)
        )
    if pooling not in ("ended", "eligible"):
        raise CannotEstimate(speak("pooling is 'ended' or 'eligible', not {given!r}.", given=pooling))
