"""Trace one patient through every stage of a study: a filter on what each stage kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.cohort import Cohort
from durata.designs.catalogue import DESIGNS, in_words
from durata.designs.timeline import duration_group
from durata.estimate.analysis import Answers, Refused
from durata.estimate.plan import answers_for
from durata.finding import CannotEstimate
from durata.records.records import Records
from durata.rules.catalogue import lint
from durata.study.types import Study


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the walk and what it did with the patient, in lines."""

    name: str
    lines: tuple[str, ...]


def trace_patient(study: Study, records: Records, identifier: str) -> tuple[Stage, ...]:
    """Follow one patient from the file to the curves.

    Parameters
    ----------
    study, records : the declaration and the data.
    identifier : the patient's identifier as it stands in the file.

    Returns
    -------
    Stages in the order of the walk: records, duration, each design's rows, numbers at risk, findings.

    Raises
    ------
    CannotEstimate : when no patient (or no patient still in) has that identifier.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> [stage.name for stage in du.trace_patient(study, du.read_records(study), "4")][:2]
    ['records', 'duration']
    """
    wanted = identifier.strip()
    if wanted not in records.identifiers:
        raise CannotEstimate(
            f"No patient with this identifier is in {records.source.file} after the exclusions "
            f"({records.flow.remaining} patients are). Give it as it stands in the column {study.data.id!r}."
        )
    person = records.identifiers.index(wanted)
    answers = answers_for(study, records)
    return (
        Stage("records", recorded(study, records, person)),
        Stage("duration", (achieved(study, records, person),)),
        *(
            Stage(f"{design} / {declared.label or outcome}", placed(study, records, answers, design, outcome, person))
            for outcome, declared in study.outcomes.items()
            for design in DESIGNS
        ),
        Stage("findings", concerned(study, records, answers, person)),
    )


def recorded(study: Study, records: Records, person: int) -> tuple[str, ...]:
    """What the file says about the patient, declared columns only."""
    source = records.source.file + (f", {records.source.sheet}" if records.source.sheet else "")
    lines = [f"{source}, row {records.row[person]}"]
    for name in records.dates:
        day = records.day(name)[person]
        lines.append(f"{name}: {'not recorded' if np.isnat(day) else day}")
    for name, values in records.numbers.items():
        lines.append(f"{name}: {'missing' if np.isnan(values[person]) else f'{values[person]:g}'}")
    for name, category in records.categories.items():
        code = category.codes[person]
        lines.append(f"{name}: {'missing' if code < 0 else category.levels[code]}")
    return tuple(lines)


def achieved(study: Study, records: Records, person: int) -> str:
    """The patient's achieved duration and its group."""
    treatment = study.treatment
    end = records.dates[treatment.end] - records.dates[treatment.start]
    if np.isnan(end[person]):
        return f"no {treatment.end_name}: no achieved duration, in no duration group"
    group = duration_group(study, np.where(np.isnan(end), np.inf, end))
    code = group.codes[person]
    length = study.study.days(treatment.unit)
    named = f"group {group.levels[code]!r}" if code >= 0 else "between two declared groups"
    return (
        f"{treatment.start_name} to {treatment.end_name}: {end[person]:g} days"
        f"{'' if treatment.unit == 'days' else f' = {end[person] / length:.2f} {treatment.unit}'}, {named}"
    )


def placed(study: Study, records: Records, answers: Answers, design: str, outcome: str, person: int) -> tuple[str, ...]:
    """The patient's rows in one design's cohort, and the horizons at which they count as at risk."""
    cohort = answers.cohort(design, outcome)
    if isinstance(cohort, Refused):
        return (f"no cohort: {cohort.reason}",)
    rows = np.flatnonzero(cohort.person == person)
    if len(rows) == 0:
        # the steps before these counted positions in the file as read, not in the records as they are now
        steps = cohort.flow.steps[len(records.flow.steps) :] if cohort.flow else ()
        why = next((step.reason for step in steps if person in step.people), "not eligible")
        return (f"left out: {why}",)
    lines = [f"compares {in_words(DESIGNS[design].compares, study)}"]
    lines += [row_words(cohort, int(row)) for row in rows]
    lines.append(at_risk_words(study, cohort, rows))
    return tuple(lines)


def row_words(cohort: Cohort, row: int) -> str:
    """One row of a cohort in words."""
    entry = -np.inf if cohort.entry is None else cohort.entry[row]
    begins = "from the beginning" if np.isneginf(entry) else f"after day {entry:g}"
    ends = "with the event" if cohort.event[row] else "without the event"
    group = "" if cohort.group is None else f" in {cohort.group.levels[cohort.group.codes[row]]!r}"
    known = ""
    if cohort.group_known is not None and cohort.group_known[row] > max(entry, 0.0):
        guaranteed = min(cohort.exit[row], cohort.group_known[row]) - max(entry, 0.0)
        known = f"; the group was known only on day {cohort.group_known[row]:g} ({guaranteed:g} days guaranteed)"
    return f"at risk {begins} to day {cohort.exit[row]:g} since {cohort.time_zero}{group}, {ends}{known}"


def at_risk_words(study: Study, cohort: Cohort, rows: np.ndarray[tuple[int], np.dtype[np.intp]]) -> str:
    """Under which horizons the patient is counted at risk."""
    unit = study.study.time_unit
    length = study.study.days(unit)
    entry = np.full(len(rows), -np.inf) if cohort.entry is None else cohort.entry[rows]
    asked = (0.0, *study.horizons.at)
    counted = [
        f"{horizon:g}"
        for horizon in asked
        if np.any((entry < horizon * length) & (cohort.exit[rows] >= horizon * length))
    ]
    among = ", ".join(f"{horizon:g}" for horizon in asked)
    if not counted:
        return f"counted at risk at none of the times {among} ({unit})"
    return f"counted at risk at {', '.join(counted)} {unit} (of {among})"


def concerned(study: Study, records: Records, answers: Answers, person: int) -> tuple[str, ...]:
    """The findings that name this patient's row."""
    verdicts = lint(study, records, answers)
    spoken = [*records.findings, *verdicts.findings, *(finding for finding, _ in verdicts.ignored)]
    for outcome in study.outcomes:
        for design in DESIGNS:
            cohort = answers.cohort(design, outcome)
            if not isinstance(cohort, Refused):
                spoken.extend(cohort.notes)
    lines = dict.fromkeys(f"{f.severity} {f.code}: {f.message}" for f in spoken if person in f.people)
    return tuple(lines) or ("none names this patient",)
