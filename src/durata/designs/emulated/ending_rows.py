"""Patients as rows under risk: of ending treatment while obliged, and of being lost to follow-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from durata.cohort import Column
from durata.designs.emulated.courses import Courses, History
from durata.designs.emulated.deviation import Obligation
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray
from durata.language.speaking import speak
from durata.weighting.baseline_columns import model_columns
from durata.weighting.ending_hazard import AtRisk
from durata.weighting.proportional_ending import EndingCox, fit_ending_cox


def chosen_covariates(courses: Courses, names: Sequence[str] | None) -> tuple[dict[str, Column], dict[str, History]]:
    """The baseline covariates and the histories of these names; all there are for None."""
    known: Mapping[str, object] = {**courses.covariates, **courses.histories}
    wanted = tuple(known) if names is None else tuple(names)
    for name in wanted:
        if name not in known:
            raise CannotEstimate(
                speak(
                    "There is no covariate {name!r}; there are {names}.",
                    name=name,
                    names=speak(", ").join(map(repr, known)) or speak("none"),
                )
            )
    return (
        {name: courses.covariates[name] for name in wanted if name in courses.covariates},
        {name: courses.histories[name] for name in wanted if name in courses.histories},
    )


def rows_of_ending(courses: Courses, bound: Obligation, names: Sequence[str] | None) -> AtRisk:
    """Obliged months of each patient under risk of ending; one row, or one for each stretch in which histories stand still."""
    baseline, histories = chosen_covariates(courses, names)
    labels, x = model_columns(baseline, len(courses))
    n = len(courses)
    person, first = np.arange(n), np.ones(n, dtype=np.intp)
    if not histories:
        return AtRisk(person, first, bound.through, bound.ended, x, labels)
    steps = np.arange(1, bound.months + 1)
    values = [carried_forward(name, one, courses, bound) for name, one in histories.items()]
    changes = np.zeros((n, bound.months), dtype=np.bool_)
    changes[:, 0] = True
    for value in values:
        changes[:, 1:] |= value[:, 1:] != value[:, :-1]
    changes &= steps[None, :] <= bound.through[:, None]
    person, column = np.nonzero(changes)
    first = (column + 1).astype(np.intp)
    following = np.append(person[1:], -1) == person
    last = np.where(following, np.append(first[1:], 0) - 1, bound.through[person])
    varying = np.column_stack([value[person, column] for value in values])
    return AtRisk(
        person.astype(np.intp),
        first,
        last.astype(np.intp),
        bound.ended[person] & (last == bound.through[person]),
        np.column_stack([x[person], varying]),
        (*labels, *histories),
    )


def carried_forward(name: str, history: History, courses: Courses, bound: Obligation) -> FloatArray:
    """(n, months) the last value measured in each month or before, in the month of ending not after the ending.

    Measurements come first within a month, so one of the month itself counts; what was measured after the patient was no
    longer obliged plays no part. Raises CannotEstimate for a patient without a value in the first month.
    """
    n, months = len(courses), bound.months
    order = np.lexsort((history.time, history.person))
    person, time, value = history.person[order], history.time[order], history.value[order]
    kept = np.isfinite(value) & np.isfinite(time)
    kept &= time <= np.minimum(courses.ended_time, courses.exit_time)[person]
    person, time, value = person[kept], time[kept], value[kept]
    month = np.maximum(np.ceil(time / courses.interval - 1e-9), 1).astype(np.intp)
    key = person * (months + 2) + np.minimum(month, months + 1)
    asked = np.arange(n)[:, None] * (months + 2) + np.arange(1, months + 1)[None, :]
    place = np.searchsorted(key, asked, side="right") - 1
    without = (place < 0) | (person[np.maximum(place, 0)] != np.arange(n)[:, None]) if len(person) else place < 0
    if np.any(without[:, 0]):
        raise CannotEstimate(
            speak(
                "History {name!r} has no value in the first month for {n} patients: give the value at the start, or leave "
                "them out.",
                name=name,
                n=int(without[:, 0].sum()),
            )
        )
    return np.asarray(value[place])


def rows_of_loss(courses: Courses, names: Sequence[str]) -> AtRisk:
    """Months under risk of being lost, in one row before and one after the end of treatment, which is a covariate too.

    The event of a month comes before the loss of that month: who has it is not under risk of loss in it.
    """
    baseline, histories = chosen_covariates(courses, names)
    if histories:
        raise CannotEstimate(
            speak("Loss is modelled with baseline covariates; {name!r} is a history.", name=next(iter(histories)))
        )
    labels, x = model_columns(baseline, len(courses))
    n = len(courses)
    last = np.where(courses.cause > 0, courses.exit - 1, courses.exit)
    before = np.minimum(courses.ended - 1, last)
    person = np.concatenate([np.arange(n), np.arange(n)])
    first = np.concatenate([np.ones(n, dtype=np.intp), courses.ended])
    until = np.concatenate([before, last])
    lost = np.concatenate([courses.lost & (courses.ended > last), courses.lost & (courses.ended <= last)])
    ended = np.repeat([0.0, 1.0], n)
    there = until >= first
    # everybody keeps a first row, so that predictions exist also for who is under no risk in month 1
    there[:n] |= ~there[n:]
    varying = [] if not np.any(there[n:]) else [ended[there]]
    return AtRisk(
        person[there].astype(np.intp),
        first[there].astype(np.intp),
        until[there].astype(np.intp),
        lost[there],
        np.column_stack([x[person[there]], *varying]),
        (*labels, *([speak("treatment ended")] if varying else [])),
    )


def ending_cox(courses: Courses, names: Sequence[str] | None, counts: FloatArray, until: float) -> EndingCox:
    """The Cox model of ending treatment while obliged, up to a time; those whose treatment ended leave the risk set."""
    baseline, histories = chosen_covariates(courses, names)
    if histories:
        raise CannotEstimate(
            speak(
                "Cox weights need baseline covariates; {name!r} is a history. Choose weights = 'pooled_logistic'.",
                name=next(iter(histories)),
            )
        )
    labels, x = model_columns(baseline, len(courses))
    obliged = np.minimum(np.minimum(courses.ended_time, courses.excused_time), courses.exit_time)
    ended = (courses.ended_time <= obliged) & (courses.ended_time <= until)
    return fit_ending_cox(np.minimum(obliged, until), ended, x, counts, labels)
