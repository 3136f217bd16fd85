"""The emulated trial that a study file declares: its plan, and the courses of its patients from their records."""

from __future__ import annotations

import numpy as np

from durata.category import Category
from durata.cohort import Column
from durata.designs.emulated.courses import Courses, Excuse, patient_courses
from durata.designs.emulated.measured import measured_histories
from durata.designs.emulated.plan import EmulationPlan
from durata.designs.emulated.strategies import ending_window
from durata.designs.timeline import Timeline, timeline
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray
from durata.language.speaking import speak
from durata.records.records import Records
from durata.study.emulation import EmulationTable
from durata.study.types import Study


def declared_plan(study: Study) -> EmulationPlan:
    """Read the plan of [emulation]: its windows in steps of its interval, its grace rule and its weights.

    Raises
    ------
    CannotEstimate : the study file declares no [emulation].

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> du.declared_plan(study)
    Traceback (most recent call last):
    durata.finding.CannotEstimate: The study file declares no [emulation]: there is no trial to emulate.
    """
    asked = _asked(study)
    return EmulationPlan(
        tuple(ending_window(one.name, one.from_, one.to, asked.interval) for one in asked.windows),
        grace=asked.grace,
        grace_share=asked.grace_share,
        weights=asked.weights,
        covariates=(*asked.covariates, *asked.time_varying),
        spikes=asked.spikes,
        loss=asked.loss,
    )


def declared_courses(study: Study, records: Records, outcome: str, *, excuse: Excuse | None = None) -> Courses:
    """Lay out the patients of a study for its emulated trial: from the start of treatment, on the grid of [emulation].

    Patients without follow-up and those with a covariate of the weights missing (a time-varying one: at the start) are left
    out. Declared competing events are cause 2. Observation that ended
    without the event in a step before the one of [study] data_cutoff counts as loss.

    Parameters
    ----------
    study, records : the declaration and the data.
    outcome : name of a declared outcome.
    excuse : another rule than the declared one, for sensitivity.

    Raises
    ------
    CannotEstimate : no [emulation], or nobody left; everybody's treatment ended, so that those who never ended it are
        missing and nobody can have died or been excused before.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> du.declared_courses(study, du.read_records(study), "death")
    Traceback (most recent call last):
    durata.finding.CannotEstimate: The study file declares no [emulation]: there is no trial to emulate.
    """
    asked = _asked(study)
    line = timeline(study, records, outcome)
    names = tuple(dict.fromkeys((*asked.covariates, *(asked.loss or ()), *([asked.centre] if asked.centre else []))))
    for name in names:
        line = line.keep(_present(line.covariates[name]), speak("{name} is not known", name=name))
    if np.isfinite(line.end).all() and not np.any(line.event & (line.exit < line.end)):
        end, start = study.treatment.end_name, study.treatment.start_name
        raise CannotEstimate(
            speak(
                "Everybody in this file reached {end}: a trial that begins at {start} cannot be emulated from those who "
                "reached its end only. The data need everybody who started, those who never reached {end} included.",
                end=end,
                start=start,
            )
        )
    step = asked.interval * study.study.days(study.treatment.unit)
    histories, line = measured_histories(study, records, line, asked.time_varying, step)
    covariates = {name: line.covariates[name] for name in dict.fromkeys((*asked.covariates, *(asked.loss or ())))}
    label = study.outcomes[outcome].label or outcome
    centre = None if asked.centre is None else line.covariates[asked.centre]
    return patient_courses(
        line.exit,
        line.event.astype(np.float64) if line.cause is None else line.cause,
        line.end,
        horizon=round(asked.horizon / asked.interval),
        interval=step,
        excused_at=_excused(study, records, line, asked),
        lost=_lost(study, records, line, step),
        covariates=covariates,
        histories=histories,
        centre=centre.codes if isinstance(centre, Category) else centre,
        causes=(label,) if line.cause is None else (label, speak("competing event")),
        excuse=asked.excuse if excuse is None else excuse,
        unit=study.treatment.unit
        if asked.interval == 1
        else speak("steps of {length:g} {unit}", length=asked.interval, unit=study.treatment.unit),
    )


def _asked(study: Study) -> EmulationTable:
    if study.emulation is None:
        raise CannotEstimate(speak("The study file declares no [emulation]: there is no trial to emulate."))
    return study.emulation


def _excused(study: Study, records: Records, line: Timeline, asked: EmulationTable) -> FloatArray:
    """(n,) days from the start to the first excusing date, infinite where there is none; dates before it are day 0."""
    if not asked.excused_by:
        return np.full(len(line.exit), np.inf)
    start = records.dates[study.treatment.start]
    dates = np.stack([records.dates[column] for column in asked.excused_by])
    first = np.where(np.isnan(dates), np.inf, dates).min(axis=0) - start
    return np.asarray(np.maximum(first[line.person], 0.0))


def _lost(study: Study, records: Records, line: Timeline, step: float) -> BoolArray | None:
    """(n,) whether observation ended, without the event, in an earlier step than data collection did."""
    if study.study.data_cutoff is None:
        return None
    cutoff = float((np.datetime64(study.study.data_cutoff) - np.datetime64("1970-01-01")).astype(int))
    could = cutoff - records.dates[study.treatment.start][line.person]
    free = ~line.event if line.cause is None else line.cause == 0
    return np.asarray(free & (np.ceil(line.exit / step) < np.ceil(could / step)))


def _present(column: Column) -> BoolArray:
    return ~column.missing if isinstance(column, Category) else np.isfinite(column)
