"""What is tried on simulated cohorts: the paper's method, designs that fix its clock, and the emulation, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.random import SeedSequence

from durata.cohort import Cohort
from durata.designs.delayed_entry import delayed_entry
from durata.designs.emulated.plan import EmulationPlan
from durata.designs.emulated.strategies import ending_window
from durata.designs.emulated.trial import emulate
from durata.designs.landmark import landmark
from durata.designs.observed import observed
from durata.designs.time_dependent import time_dependent
from durata.estimate.cox import cox
from durata.estimate.curves import kaplan_meier
from durata.estimate.emulated import monthly_risks
from durata.estimate.emulated_bootstrap import emulated_bootstrap
from durata.finding import CannotEstimate
from durata.language.speaking import speak
from durata.simulation.mechanism import SimulatedCohort
from durata.simulation.scenarios import HORIZON, WINDOWS
from durata.simulation.studied import COVARIATES, courses_of, records_of, study_of
from durata.simulation.truth import Ending

Z = 1.959963984540054
NAMES = tuple(name for name, _, _ in WINDOWS)
PAIRS = tuple((one, other) for k, one in enumerate(NAMES) for other in NAMES[:k])
ENDED = "ended - not ended"
Scale = Literal["survival", "difference", "log hazard ratio"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate with its standard error and limits, NaN where the method gives none."""

    value: float
    error: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")

    @classmethod
    def normal(cls, value: float, error: float) -> Estimate:
        """With limits of the normal distribution."""
        return cls(value, error, value - Z * error, value + Z * error)


@dataclass(frozen=True)
class Tried:
    """What a method made of one cohort: estimates by scale and term, and the window it would call best, if any."""

    estimates: Mapping[tuple[Scale, str], Estimate] = field(default_factory=dict)
    best: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Draws of the bootstrap of each cohort (0: no intervals), and the random stream of the cohort."""

    bootstrap: int
    stream: SeedSequence


@dataclass(frozen=True, slots=True)
class Method:
    """A method by ``name``; ``says`` what it is, ``ending`` whose truth it is held against, ``drawn`` has a bootstrap."""

    name: str
    says: str
    run: Callable[[SimulatedCohort, Settings], Tried]
    ending: Ending = "natural"
    drawn: bool = False


def versus(one: str, other: str) -> str:
    """The term of a contrast."""
    return f"{one} - {other}"


def grouped_curves(zero: Literal["start", "end"], cohort: SimulatedCohort, _: Settings) -> Tried:
    """Kaplan-Meier curves of the groups by achieved duration."""
    groups = observed(study_of(zero), records_of(cohort), "death", zero=zero)
    read = {row["group"]: row for row in kaplan_meier(groups, by="group").at([HORIZON * cohort.month_days]).rows()}
    found: dict[tuple[Scale, str], Estimate] = {}
    for name in NAMES:
        if name not in read or read[name]["estimate"] is None:
            raise CannotEstimate(speak("survival of {group!r} is not known at the horizon", group=name))
        parts = (read[name][part] for part in ("estimate", "std_error", "conf_low", "conf_high"))
        found["survival", name] = Estimate(*(np.nan if part is None else float(part) for part in parts))
    for one, other in PAIRS:
        a, b = found["survival", one], found["survival", other]
        found["difference", versus(one, other)] = Estimate.normal(a.value - b.value, float(np.hypot(a.error, b.error)))
    return Tried(found, max(NAMES, key=lambda name: found["survival", name].value))


def group_hazards(design: str, cohort: SimulatedCohort, _: Settings) -> Tried:
    """Cox's model of the groups by achieved duration, adjusted for everything recorded at the start."""
    zero: Literal["start", "end"] = "end" if design == "end" else "start"
    study, records = study_of(zero), records_of(cohort)
    rows = delayed_entry(study, records, "death") if design == "entry" else observed(study, records, "death", zero=zero)
    log_hazard, variance = _group_terms(rows)
    found: dict[tuple[Scale, str], Estimate] = {}
    for one, other in PAIRS:
        a, b = NAMES.index(one) - 1, NAMES.index(other) - 1
        contrast = np.zeros(len(log_hazard))
        contrast[a] = 1.0
        if b >= 0:
            contrast[b] = -1.0
        error = float(np.sqrt(contrast @ variance @ contrast))
        found["log hazard ratio", versus(one, other)] = Estimate.normal(float(contrast @ log_hazard), error)
    least = int(np.argmin([0.0, *log_hazard]))
    return Tried(found, NAMES[least])


def ended_or_not(kind: str, month: int, cohort: SimulatedCohort, _: Settings) -> Tried:
    """Cox's model of treatment ended or not yet, in time or at a landmark, adjusted."""
    if kind == "progression-free":
        cohort = cohort.select(cohort.progressed > month * cohort.month_days)
    study, records = study_of(), records_of(cohort)
    if kind == "in time":
        rows = time_dependent(study, records, "death")
    else:
        rows = landmark(study, records, "death", at=month * cohort.month_days)
    log_hazard, variance = _group_terms(rows)
    return Tried({("log hazard ratio", ENDED): Estimate.normal(float(log_hazard[0]), float(variance[0, 0] ** 0.5))})


def _group_terms(cohort: Cohort) -> tuple[np.ndarray, np.ndarray]:
    effects = cox(cohort, ["group", *COVARIATES])
    own = [k for k, term in enumerate(effects.terms) if term.variable == "group"]
    return effects.estimate[own], effects.covariance[np.ix_(own, own)]


def emulated(
    ending: Ending, cohort: SimulatedCohort, settings: Settings, *, current_size: bool = False, loss: bool = False
) -> Tried:
    """The emulated trial of the windows, weighted by what was recorded at the start (or by current size)."""
    courses = courses_of(cohort, current_size=current_size)
    plan = EmulationPlan(
        tuple(ending_window(name, from_, to) for name, from_, to in WINDOWS),
        grace="natural" if ending == "natural" else "stochastic",
        grace_share="uniform" if ending == "uniform" else "window",
        loss=tuple(courses.covariates) if loss else None,
    )
    found: dict[tuple[Scale, str], Estimate] = {}
    if settings.bootstrap:
        drawn = emulated_bootstrap(
            courses, plan, replicates=settings.bootstrap, seed=int(settings.stream.generate_state(1)[0]), workers=1
        )
        trial, several = drawn.trial, drawn.survival[:, :, HORIZON - 1]
    else:
        trial, several = emulate(courses, plan), np.empty((0, len(NAMES)))
    refused = trial.refusals()
    risks = monthly_risks(trial)
    survival = risks.survival[:, HORIZON - 1]
    known = [risks.known[g, HORIZON - 1] and name not in refused for g, name in enumerate(NAMES)]
    for g, name in enumerate(NAMES):
        if known[g]:
            found["survival", name] = _with_limits(float(survival[g]), several[:, g])
    for one, other in PAIRS:
        a, b = NAMES.index(one), NAMES.index(other)
        if known[a] and known[b]:
            found["difference", versus(one, other)] = _with_limits(
                float(survival[a] - survival[b]), several[:, a] - several[:, b]
            )
    if not any(known):
        raise CannotEstimate(speak("no window is estimable"))
    return Tried(found, max((name for g, name in enumerate(NAMES) if known[g]), key=lambda n: survival[NAMES.index(n)]))


def _with_limits(value: float, drawn: np.ndarray) -> Estimate:
    """Percentile limits of the bootstrap, at ranks 0.025 and 0.975 of B + 1 so that few draws do not shorten them."""
    if len(drawn) < 2:
        return Estimate(value)
    low, high = np.quantile(drawn, [0.025, 0.975], method="weibull")
    return Estimate(value, float(drawn.std(ddof=1)), float(low), float(high))


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        one.name: one
        for one in (
            Method(
                "grouped-from-start",
                "groups by achieved duration, only those whose treatment ended, curves from the start",
                partial(grouped_curves, "start"),
            ),
            Method(
                "grouped-from-end",
                "the same groups, curves from the end of treatment",
                partial(grouped_curves, "end"),
            ),
            Method(
                "adjusted-from-start",
                "the same groups from the start in an adjusted Cox model",
                partial(group_hazards, "start"),
            ),
            Method(
                "adjusted-from-end",
                "the same groups from the end in an adjusted Cox model",
                partial(group_hazards, "end"),
            ),
            Method(
                "delayed-entry",
                "the same groups from the start, at risk from the end on, adjusted Cox model",
                partial(group_hazards, "entry"),
            ),
            Method(
                "time-dependent",
                "everybody, the end of treatment as a change in time, adjusted Cox model",
                partial(ended_or_not, "in time", 0),
            ),
            Method(
                "landmark-6",
                "those alive at 6 months, ended by then or not, adjusted Cox model",
                partial(ended_or_not, "alive", 6),
            ),
            Method(
                "landmark-12",
                "those alive at 12 months, ended by then or not, adjusted Cox model",
                partial(ended_or_not, "alive", 12),
            ),
            Method(
                "landmark-6-free",
                "those alive and free of progression at 6 months, ended by then or not, adjusted Cox model",
                partial(ended_or_not, "progression-free", 6),
            ),
            Method(
                "landmark-12-free",
                "those alive and free of progression at 12 months, ended by then or not, adjusted Cox model",
                partial(ended_or_not, "progression-free", 12),
            ),
            Method(
                "emulation-natural",
                "emulated trial, natural grace",
                partial(emulated, "natural"),
                "natural",
                drawn=True,
            ),
            Method(
                "emulation",
                "emulated trial, stochastic grace as observed ends spread over the window (the default)",
                partial(emulated, "window"),
                "window",
                drawn=True,
            ),
            Method(
                "emulation-uniform",
                "emulated trial, uniform stochastic grace",
                partial(emulated, "uniform"),
                "uniform",
                drawn=True,
            ),
            Method(
                "emulation-current-size",
                "the default, weighted by size as measured every month where the scenario has it",
                partial(emulated, "window", current_size=True),
                "window",
                drawn=True,
            ),
            Method(
                "emulation-loss",
                "the default, with weights for loss to follow-up",
                partial(emulated, "window", loss=True),
                "window",
                drawn=True,
            ),
        )
    }
)


def method(name: str) -> Method:
    """A method by name.

    Raises
    ------
    CannotEstimate : there is none of this name; the message names those there are.
    """
    if name not in METHODS:
        raise CannotEstimate(
            speak(
                "There is no method {name!r}; there are {names}.", name=name, names=speak(", ").join(map(repr, METHODS))
            )
        )
    return METHODS[name]
