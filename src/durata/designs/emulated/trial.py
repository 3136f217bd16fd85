"""The emulated trial: every patient a clone in every strategy, followed until it deviates, weighted for those who did.

start --- before the window: ending deviates --- | window: grace | --- nothing is asked --- event or horizon
            weight grows as others drop out      |  h* or natural |    weight stays
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, NoReturn

import numpy as np

from durata.cohort import Cohort
from durata.designs.emulated.continuous import ContinuousClones, continuous_clones
from durata.designs.emulated.courses import NEVER, Courses
from durata.designs.emulated.deviation import deviation
from durata.designs.emulated.monthly import MonthlyClones, WeightedSums, monthly_clones
from durata.designs.emulated.plan import EmulationPlan
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.language.speaking import speak

FEWEST = 10.0
"""A strategy whose clones are worth fewer equally weighted patients at the end of its window is refused in its cell."""
RAREST = 0.01
"""A strategy that patients would follow with a smaller mean chance is refused in its cell."""

OF_A_COHORT = frozenset(one.name for one in fields(Cohort)) | {
    "column",
    "category",
    "select",
    "with_columns",
    "n_people",
}


@dataclass(frozen=True, eq=False, repr=False)
class EmulatedTrial:
    """Clones of every strategy with their weights; what estimators of emulated trials read.

    ``courses`` are the patients drawn at least once, ``counts`` (n,) how often, ``person`` (n,) their position among the
    patients given. ``clones`` holds the weights, by month or in continuous time. It is no Cohort: a Cohort's
    estimators take its rows for independent patients, which clones are not.
    """

    plan: EmulationPlan
    courses: Courses
    counts: FloatArray
    person: IntArray
    clones: MonthlyClones | ContinuousClones

    def __repr__(self) -> str:
        """What it compares, in one line; never a row."""
        names = ", ".join(one.name for one in self.plan.strategies)
        return (
            f"EmulatedTrial: {int(self.counts.sum())} patients cloned to {len(self.plan.strategies)} strategies ({names}), "
            f"{self.courses.horizon} {self.courses.unit}, {self.plan.estimand}"
        )

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse in words what only a Cohort has, so that its estimators do not take clones for independent patients."""
        if name in OF_A_COHORT:
            raise CannotEstimate(
                speak(
                    "An emulated trial is no Cohort: its clones are not independent patients and their weights change over "
                    "time, so that this method does not hold for them. Use the estimators named emulated_..., with "
                    "intervals from emulated_bootstrap."
                )
            )
        raise AttributeError(f"EmulatedTrial has no attribute {name!r}")

    @property
    def names(self) -> tuple[str, ...]:
        """The strategies in their declared order."""
        return tuple(one.name for one in self.plan.strategies)

    def all_sums(self, *, exact: bool = False) -> tuple[WeightedSums, ...]:
        """Weighted numbers at risk and with the event, one a strategy: by month, or at the exact times of events."""
        clones = self.clones
        if isinstance(clones, ContinuousClones):
            return clones.all_sums()
        if exact:
            return tuple(clones.sums(g, exact=True) for g in range(len(self.names)))
        at_risk, events = clones.all_sums()
        months = np.arange(1, self.courses.horizon + 1, dtype=np.float64)
        return tuple(WeightedSums(months, at_risk[g], events[g]) for g in range(len(self.names)))

    def weights_at(self, strategy: str, month: float) -> FloatArray:
        """(n,) the weight of each patient's clone at a month, 0 where it is not at risk; multiplicities not included."""
        return self.clones.weights_at(self.plan.index(strategy), month)

    def effective_sample_size(self, strategy: str, month: float) -> float:
        """How many equally weighted patients the clones at risk in a month are worth (Kish 1965)."""
        weight = self.weights_at(strategy, month)
        square = float(self.counts @ weight**2)
        return float(self.counts @ weight) ** 2 / square if square > 0 else 0.0

    def deviated(self, strategy: str) -> tuple[IntArray, IntArray]:
        """(n,) the month in which each clone deviates, and why: 0 ended too early, 1 not in time, -1 did not deviate."""
        g = self.plan.index(strategy)
        month, why = deviation(self.courses, self.plan.strategies[g])
        if isinstance(self.clones, ContinuousClones):
            # in continuous time only who is still obliged at the very end of the window has not ended in time
            spared = (why == 1) & (self.clones.after[g] > 0)
            month, why = np.where(spared, NEVER, month), np.where(spared, -1, why)
        return month, why

    def closing_month(self, strategy: str) -> int:
        """The month at which a strategy is judged: the last of its window, or the first after the last it forbids."""
        one = self.plan.strategies[self.plan.index(strategy)]
        return min(self.courses.horizon, max(1, one.decided))

    def _ended_within(self, g: int) -> BoolArray:
        """(n,) whose treatment ended in the window of a strategy, nobody excused among them."""
        one, ended = self.plan.strategies[g], self.courses.ended
        return (ended >= one.first) & (ended <= one.decided)

    def _nobody_stands_in(self, g: int) -> bool:
        """Whether natural grace cuts off people at the end of a window whom nobody who ended just before stands for."""
        one, clones = self.plan.strategies[g], self.clones
        if one.last is None or self.plan.grace != "natural":
            return False
        if isinstance(clones, ContinuousClones):
            cut_off, standing = (clones.within[g] > 0) & (clones.after[g] == 0), clones.after[g] > clones.within[g]
        else:
            cut_off, standing = self.deviated(one.name)[1] == 1, self.courses.ended == one.last
        return bool(np.any(cut_off) and not np.any(standing))

    def refusals(self) -> dict[str, str]:
        """Strategies that the data cannot say anything about, with the reason in words."""
        chance = self.clones.comply() @ self.counts / self.counts.sum()
        out = {}
        for g, name in enumerate(self.names):
            month = self.closing_month(name)
            size = self.effective_sample_size(name, month if not self.plan.continuous else month + 1e-6)
            if self.plan.strategies[g].last is not None and not np.any(self._ended_within(g)):
                out[name] = speak("not estimable here: nobody who was not excused ended treatment in its window")
            elif self._nobody_stands_in(g):
                out[name] = speak(
                    "not estimable here: with natural grace, who ends treatment in the last month of the window ({month}) "
                    "stands for all who had not ended it before, and nobody did; choose stochastic grace",
                    month=month,
                )
            elif chance[g] < RAREST:
                out[name] = speak(
                    "not estimable here: patients would follow it with a mean chance of {chance:.2%}, below {least:.0%}",
                    chance=chance[g],
                    least=RAREST,
                )
            elif size < FEWEST:
                out[name] = speak(
                    "not estimable here: at month {month} its clones are worth {size:.1f} equally weighted patients, fewer "
                    "than {least:.0f}",
                    month=month,
                    size=size,
                    least=FEWEST,
                )
        return out


def emulate(courses: Courses, plan: EmulationPlan, *, counts: Any = None) -> EmulatedTrial:
    """Emulate the trial that assigns when to end treatment: clone every patient to every strategy, censor, weigh.

    A clone is followed until its patient deviates: by ending treatment before the window, or by not having ended it at
    the end of the window while still obliged. Who is excused may do anything from the next month on. An event before
    deviating counts in every strategy it is still compatible with. What deviating removes is made up for by
    the inverse probability of what was observed under the chance of ending treatment given the covariates.
    Right only if these covariates hold all that decides both on ending treatment and on the event.

    Parameters
    ----------
    courses : the patients, from ``patient_courses`` or ``declared_courses``.
    plan : the strategies and how to weigh.
    counts : (n,) how often each patient was drawn (a bootstrap replicate): everything is fitted again, and the answer is
        the one that the drawn rows would give. None for once each.

    Returns
    -------
    EmulatedTrial, for the estimators named ``emulated_...``. Intervals come from ``emulated_bootstrap`` only.

    Raises
    ------
    CannotEstimate : a window that nobody followed or that lies beyond the horizon; a model without an estimate.

    References
    ----------
    Hernan MA (2018) How to estimate the effect of treatment duration on survival outcomes using observational data. BMJ
    360:k182. Cain LE, Robins JM, Lanoy E, et al. (2010) When to start treatment? Int J Biostat 6(2):18. Wanis KN, Sarvet AL,
    Wen L, et al. (2024) Grace periods in comparative effectiveness studies of sustained treatments. JRSS-A 187:796-810.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(
    ...     time=[1, 2, 2, 2, 2, 2], cause=[0, 1, 0, 0, 1, 0], ended_at=[0.5, 0.5, 0.8, 1.5, 1.5, 1.2], horizon=2)
    >>> trial = du.emulate(courses, du.EmulationPlan((du.ending_window("short", 0, 1), du.ending_window("long", 1, 2)), weights="empirical"))
    >>> trial.weights_at("long", 2).tolist()
    [0.0, 0.0, 0.0, 2.0, 2.0, 2.0]
    """
    n = len(courses)
    drawn = np.ones(n) if counts is None else np.asarray(counts, dtype=np.float64)
    if drawn.shape != (n,) or np.any(~np.isfinite(drawn) | (drawn < 0) | (drawn != np.rint(drawn))):
        raise CannotEstimate(speak("counts says how often each patient was drawn: whole numbers, 0 or more."))
    rows = np.flatnonzero(drawn > 0)
    if len(rows) == 0:
        raise CannotEstimate(speak("No patient was drawn: nobody is left to analyse."))
    chosen = courses if len(rows) == n else courses.select(rows)
    build = continuous_clones if plan.continuous else monthly_clones
    return EmulatedTrial(plan, chosen, drawn[rows], rows, build(chosen, plan, drawn[rows]))
