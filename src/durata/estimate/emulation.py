"""The emulated trial that a study declares, answered once for every outcome: curves, effects, diagnostics, best duration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, get_args

import numpy as np

from durata.cohort import Cohort
from durata.designs.delayed_entry import delayed_entry
from durata.designs.emulated.courses import Courses, Excuse
from durata.designs.emulated.declared import declared_courses, declared_plan
from durata.designs.emulated.plan import EmulationPlan
from durata.designs.emulated.trial import EmulatedTrial, emulate
from durata.designs.observed import observed
from durata.estimate.analysis import Analysis, Answer
from durata.estimate.best_duration import BestDuration, best_duration
from durata.estimate.cox import cox
from durata.estimate.curve import Curve
from durata.estimate.cutpoint import selected_cut
from durata.estimate.duration_response import DurationResponse, duration_response
from durata.estimate.emulated import effects_at, emulated_survival
from durata.estimate.emulated_bootstrap import EmulatedBootstrap, Told, emulated_bootstrap, emulated_intervals
from durata.estimate.emulated_causes import emulated_cause_intervals
from durata.estimate.emulated_diagnostics import (
    emulated_balance,
    emulated_flow,
    emulated_positivity,
    emulated_truncation,
    emulated_uptake,
    emulated_weights,
)
from durata.estimate.nonlinearity import nonlinearity_test
from durata.estimate.result import Summary, Test
from durata.finding import CannotEstimate
from durata.language.speaking import speak
from durata.records.records import Records
from durata.study.emulation import EmulationTable
from durata.study.types import Study
from durata.terms import spline
from durata.weighting.grace import grace_shares

DESIGN = "emulated"
ACHIEVED = "achieved duration"
GRID_DRAWS = 200
"""Draws for the grid of durations at most: one of them weighs every duration, not a few windows."""
LONGEST = 24
"""Steps up to which durations are looked at one by one, or further where a window reaches further."""
SETTLED = 3
"""A window's limits are worth showing from this many draws on."""


@dataclass(frozen=True)
class Emulation:
    """One outcome's emulated trial: what is costly is made when it is first asked for, and kept."""

    study: Study
    records: Records
    outcome: str
    told: Told | None = None

    @property
    def asked(self) -> EmulationTable:
        """The table [emulation]."""
        if self.study.emulation is None:
            raise CannotEstimate(speak("The study file declares no [emulation]: there is no trial to emulate."))
        return self.study.emulation

    @cached_property
    def courses(self) -> Courses:
        """Its patients."""
        return declared_courses(self.study, self.records, self.outcome)

    @cached_property
    def plan(self) -> EmulationPlan:
        """Its strategies and weights."""
        return declared_plan(self.study)

    @cached_property
    def trial(self) -> EmulatedTrial:
        """Its clones with their weights."""
        return emulate(self.courses, self.plan)

    @cached_property
    def bootstrap(self) -> EmulatedBootstrap:
        """The draws of its patients."""
        asked = self.asked
        return emulated_bootstrap(self.courses, self.plan, replicates=asked.replicates, seed=asked.seed, told=self.told)

    @cached_property
    def response(self) -> DurationResponse:
        """The risk by the duration assigned, over a grid of durations."""
        asked = self.asked
        last = max(LONGEST, *(round(one.to / asked.interval) for one in asked.windows if one.to is not None), 1)
        return duration_response(
            self.courses,
            self.plan,
            last=last,
            replicates=min(asked.replicates, GRID_DRAWS),
            seed=asked.seed,
            told=self.told,
        )

    @cached_property
    def best(self) -> BestDuration:
        """The windows not distinguishable from the best, by the risk at the horizon."""
        trial, month = self.trial, self.courses.horizon
        refused = trial.refusals()
        values = effects_at(trial, month)
        risk = [np.nan if name in refused else 1 - values["survival", name] for name in trial.names]
        draws = np.where(self.bootstrap.known[:, :, month - 1], 1 - self.bootstrap.survival[:, :, month - 1], np.nan)
        return best_duration(trial.names, risk, draws, margin=self.asked.margin, refused=refused)


def emulation_estimators(
    study: Study, records: Records, told: Told | None = None
) -> dict[str, Callable[[Analysis], Answer]]:
    """Every estimator of the declared emulated trial by the name an Analysis calls it; each trial is made once."""
    made: dict[str, Emulation] = {}

    def of(analysis: Analysis) -> Emulation:
        if analysis.outcome not in made:
            made[analysis.outcome] = Emulation(study, records, analysis.outcome, told)
        return made[analysis.outcome]

    return {name: lambda one, read=read: read(of(one)) for name, read in READ.items()}  # type: ignore[misc]


def banded_survival(one: Emulation) -> Curve:
    """Weighted curves by strategy, with pointwise percentile limits at every month; none where a strategy is refused."""
    curve, drawn, refused = emulated_survival(one.trial), one.bootstrap, one.trial.refusals()
    stretches = []
    for g, stretch in enumerate(curve.stretches):
        if stretch.group in refused:
            continue
        values = np.where(drawn.known[:, g], drawn.survival[:, g], np.nan)
        place = np.clip(np.ceil(stretch.time - 1e-9).astype(np.intp), 1, values.shape[1]) - 1
        enough = np.isfinite(values).sum(axis=0) >= SETTLED
        limits = np.full((2, values.shape[1]), np.nan)
        limits[:, enough] = np.nanquantile(values[:, enough], [0.025, 0.975], axis=0)
        low, high = limits[:, place]
        stretches.append(replace(stretch, conf_low=low, conf_high=high))
    if not stretches:
        raise CannotEstimate(speak("; ").join(f"{name}: {why}" for name, why in refused.items()))
    return replace(
        curve,
        stretches=tuple(stretches),
        interval=speak("pointwise percentile limits of {n} bootstrap draws of patients", n=len(drawn.drawn)),
        conf_level=0.95,
        time_zero=one.study.treatment.start_name,
    )


def other_excuses(one: Emulation) -> Summary:
    """Survival at the horizon under every rule of what the excusing dates do; the declared one first, no limits."""
    if not one.asked.excused_by:
        raise CannotEstimate(speak("No dates excuse from a strategy: there is no other rule to compare with."))
    declared, rows = one.asked.excuse, []
    rules: list[Excuse] = [declared, *(rule for rule in get_args(Excuse) if rule != declared)]
    for rule in rules:
        try:
            trial = (
                one.trial
                if rule == declared
                else emulate(declared_courses(one.study, one.records, one.outcome, excuse=rule), one.plan)
            )
        except CannotEstimate as refusal:
            rows += [_row("survival", name, None, str(refusal), method=rule) for name in one.trial.names]
            continue
        refused, values = trial.refusals(), effects_at(trial, one.courses.horizon)
        for name in trial.names:
            number, why = values["survival", name], refused.get(name, "")
            known = not why and bool(np.isfinite(number))
            note = "" if known else why or speak("not followed so far")
            rows.append(_row("survival", name, float(number) if known else None, note, method=rule))
    return Summary(
        what=speak("survival under other rules of what excuses"),
        table=tuple(rows),
        method=one.plan.estimand,
        unit=one.courses.unit,
        settings={"at": one.courses.horizon, "declared": declared},
    )


def grace_chances(one: Emulation) -> Summary:
    """The chance h* with which each strategy ends treatment in each month of its window, for those still on it."""
    plan, courses = one.plan, one.courses
    if plan.grace != "stochastic":
        raise CannotEstimate(
            speak("Natural grace assigns no chances: within its window treatment ends when it happens to.")
        )
    months = plan.months
    ended = np.bincount(np.minimum(courses.ended, months + 1), minlength=months + 2)[1 : months + 1].astype(np.float64)
    rows = []
    for strategy in plan.strategies:
        if strategy.last is None:
            continue
        shares = grace_shares(ended, strategy.first, strategy.last, months, plan.grace_share)
        rows += [
            {"term": "h*", "group": strategy.name, "time": float(k), "estimate": float(shares[k - 1])}
            for k in range(strategy.first, strategy.last + 1)
        ]
    return Summary(
        what=speak("chance of ending treatment in each month of a window"),
        table=tuple(rows),
        method=plan.estimand,
        unit=courses.unit,
    )


def response_rows(one: Emulation) -> Summary:
    """Risk and restricted mean by the duration assigned: by itself, and smooth with pointwise percentile limits."""
    found = one.response
    rows: list[dict[str, Any]] = []
    for term, of in (
        ("risk", "risk"),
        ("risk, smooth", "smooth_risk"),
        ("restricted mean", "restricted_mean"),
        ("restricted mean, smooth", "smooth_mean"),
    ):
        values, (low, high) = getattr(found, of), found.band(of)
        for d, duration in enumerate(found.duration.tolist()):
            note = found.refused.get(f"{duration}", "")
            known = bool(np.isfinite(values[d]))
            row = _row(term, f"{duration}", float(values[d]) if known else None, note)
            if known and np.isfinite(low[d]):
                row |= {"conf_low": float(low[d]), "conf_high": float(high[d])}
            rows.append({**row, "value": float(duration), "time": float(found.at)})
    return Summary(
        what=speak("risk by the duration that everybody is assigned"),
        table=tuple(rows),
        method=speak(
            "clones of every duration, give or take {width}; weighted pooled logistic model with splines of time and "
            "duration; {n} bootstrap draws of patients",
            width=found.width,
            n=len(found.risk_draws),
        ),
        unit=one.courses.unit,
        settings={
            "at": found.at,
            "width": found.width,
            "draws": len(found.risk_draws),
            "failed": found.asked - len(found.risk_draws),
        },
    )


def duration_spline(one: Emulation) -> Summary:
    """Among those who reached the end, at risk from it on: whether the hazard depends on, and bends with, the duration."""
    cohort = _with_duration(one, delayed_entry(one.study, one.records, one.outcome))
    return nonlinearity_test(cohort, cox(cohort, [spline(ACHIEVED, 3)]), ACHIEVED)


def duration_cut(one: Emulation) -> Test:
    """Among those who reached the end, from then on: the cut of the duration that a search finds, its p-value corrected."""
    return selected_cut(_with_duration(one, observed(one.study, one.records, one.outcome, zero="end")), ACHIEVED)


def _with_duration(one: Emulation, cohort: Cohort) -> Cohort:
    treatment, dates = one.study.treatment, one.records.dates
    achieved = (dates[treatment.end] - dates[treatment.start]) / one.study.study.days(treatment.unit)
    return cohort.with_columns(**{ACHIEVED: achieved[cohort.person]})


def _row(term: str, group: str, number: float | None, note: str, **more: Any) -> dict[str, Any]:
    return {"term": term, "group": group, "estimate": number, "note": note, **more}


def _truncated(one: Emulation) -> Summary:
    return emulated_truncation(one.trial, percentiles=one.asked.truncate)


READ: Mapping[str, Callable[[Emulation], Answer]] = {
    "emulated_survival": banded_survival,
    "emulated_intervals": lambda one: emulated_intervals(one.bootstrap),
    "emulated_causes": lambda one: emulated_cause_intervals(one.bootstrap),
    "emulated_flow": lambda one: emulated_flow(one.trial),
    "emulated_uptake": lambda one: emulated_uptake(one.trial),
    "emulated_weights": lambda one: emulated_weights(one.trial),
    "emulated_positivity": lambda one: emulated_positivity(one.trial),
    "emulated_balance": lambda one: emulated_balance(one.trial),
    "emulated_truncation": _truncated,
    "emulated_excuses": other_excuses,
    "emulated_grace": grace_chances,
    "best_window": lambda one: one.best.summary(),
    "duration_response": response_rows,
    "duration_spline": duration_spline,
    "duration_cut": duration_cut,
    "best_month": lambda one: one.response.best(margin=one.asked.margin).summary(),
}
"""What an Analysis of the design "emulated" can ask for."""
