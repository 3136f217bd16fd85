"""Rules D: whether one row is one patient, and every patient's dates could have happened in their order."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from durata.finding import Severity
from durata.kernels.arrays import BoolArray, FloatArray
from durata.language.speaking import speak
from durata.records.records import Records
from durata.rules.contradictions import contradictions, outcome_dates
from durata.rules.runner import Seen, rule, seen
from durata.study.types import Study

REFERENCE = "Van den Broeck J, Argeseanu Cunningham S, Eeckels R, Herbst K (2005) PLoS Med 2:e267"
POINT_ZERO = re.compile(r"^([0-9]+)\.0+$")
LEADING_ZEROS = re.compile(r"(?<![0-9.])0+(?=[0-9])")
MOST_NAMED = 100  # findings of one kind; beyond that the rest is counted in one more


@rule("D01", "duplicate-patients", since="0.1", reference=REFERENCE)
def duplicate_patients(study: Study, records: Records) -> Iterator[Seen]:
    """A patient counted twice adds an event that did not happen and makes every interval too narrow.

    Identifiers are compared after folding full-width characters and trimming blanks. Those that differ only in capitals,
    leading zeros or a trailing ".0" are a warning, since they may be two patients.
    """
    yield from _duplicates(study, records, _shared(records.identifiers), Severity.ERROR)
    alike = [
        people
        for people in _shared(_look(name) for name in records.identifiers)
        if len({records.identifiers[k] for k in people}) > 1
    ]
    yield from _duplicates(study, records, alike, Severity.WARNING)


def _shared(identifiers: Iterable[str]) -> list[list[int]]:
    """Positions that share an identifier."""
    names = list(identifiers)
    if len(set(names)) == len(names):
        return []
    found: dict[str, list[int]] = {}
    for k, name in enumerate(names):
        found.setdefault(name, []).append(k)
    return [people for people in found.values() if len(people) > 1]


def _look(identifier: str) -> str:
    """What an identifier looks like when capitals, blanks, leading zeros and a trailing '.0' are forgiven."""
    bare = "".join(identifier.casefold().split())
    if bare.endswith("0") and "." in bare:
        bare = POINT_ZERO.sub(r"\1", bare)
    return LEADING_ZEROS.sub("", bare) if "0" in bare else bare


def _duplicates(
    study: Study, records: Records, clusters: Sequence[Sequence[int]], severity: Severity
) -> Iterator[Seen]:
    certain = severity is Severity.ERROR
    for people in clusters[:MOST_NAMED]:
        rows = [int(records.row[k]) for k in people]
        yield seen(
            severity,
            "rows {listed} have the same patient identifier."
            if certain
            else "rows {listed} have patient identifiers that differ only in capitals, blanks, leading zeros or a "
            "trailing '.0'.",
            evidence={"listed": _listed(rows), "rows": tuple(rows)},
            remedy="Keep one row for each patient ([data] fixes can leave the others out: durata check --write-fixes); give different patients different identifiers."
            if certain
            else "Check whether they are one patient; [data] fixes can leave one row out (durata check --write-fixes).",
            where=records.where(people[1], study.data.id),
            people=tuple(people),
        )
    rest = [k for people in clusters[MOST_NAMED:] for k in people]
    if rest:
        what = "{n:,} more rows have the same identifier as another." if certain else "{n:,} more rows look alike so."
        yield seen(
            severity,
            what,
            evidence={"n": len(rest), "rows": tuple(int(records.row[k]) for k in rest)},
            remedy="Keep one row for each patient; [data] fixes can leave the others out (durata check --write-fixes).",
            where=records.where(rest[0], study.data.id),
            people=tuple(rest),
        )


def _listed(rows: Sequence[int]) -> str:
    shown = [str(row) for row in rows[:10]]
    if len(rows) > 10:
        return speak("{rows} and {n} more", rows=speak(", ").join(shown), n=len(rows) - 10)
    return speak("{rows} and {last}", rows=speak(", ").join(shown[:-1]), last=shown[-1])


@dataclass(frozen=True, slots=True)
class _Order:
    """One thing that cannot be: for whom ``broken`` (n,), at which ``column``, its days or times and the ``other`` day (n,)."""

    broken: BoolArray
    column: str
    found: FloatArray
    other: FloatArray
    what: str
    remedy: str
    evidence: dict[str, object]


@rule("D02", "dates-out-of-order", since="0.1", reference=REFERENCE)
def dates_out_of_order(study: Study, records: Records) -> Iterator[Seen]:
    """Dates that cannot have happened in their order make every duration computed from them wrong.

    What cannot be is an error at its cell. What only contradicts another record (a recurrence after the death, a last
    contact after it or before a recurrence) is a warning that lists the rows, since either may be the wrong one.
    """
    for order in _orders(study, records):
        people = [int(k) for k in np.flatnonzero(order.broken)]
        for k in people[:MOST_NAMED]:
            yield seen(
                Severity.ERROR,
                order.what,
                evidence={
                    "cells": (_cell(records, k, order),),
                    "date": _cell(records, k, order)[2],
                    "other": _date(order.other[k]),
                    "column": order.column,
                    **order.evidence,
                },
                remedy=order.remedy,
                where=records.where(k, order.column),
                people=(k,),
            )
        rest = people[MOST_NAMED:]
        if rest:
            yield seen(
                Severity.ERROR,
                "{n:,} more patients have the same defect in this column.",
                evidence={"n": len(rest), "cells": tuple(_cell(records, k, order) for k in rest)},
                remedy=order.remedy,
                where=records.where(rest[0], order.column),
                people=tuple(rest),
            )
    for contradiction in contradictions(study, records):
        people = [int(k) for k in np.flatnonzero(contradiction.broken)]
        rows = [int(records.row[k]) for k in people]
        yield seen(
            Severity.WARNING,
            contradiction.what,
            evidence={
                "column": contradiction.column,
                "other": contradiction.other,
                "n": len(people),
                "rows": tuple(rows),
                "listed": speak("row {row}", row=rows[0])
                if len(rows) == 1
                else speak("rows {rows}", rows=_listed(rows)),
            },
            remedy=contradiction.remedy,
            where=records.where(people[0], contradiction.column),
            people=tuple(people),
        )


def _cell(records: Records, k: int, order: _Order) -> tuple[int, str, str]:
    """The row of a patient, the name of the cell where the file has one, and the day or the time that stands there."""
    where = records.where(k, order.column)
    text = _date(order.found[k]) if order.column in records.dates else f"{order.found[k]:g}"
    return int(records.row[k]), where.cell or "", text


def _orders(study: Study, records: Records) -> Iterator[_Order]:
    treatment = study.treatment
    start, end = records.dates[treatment.start], records.dates[treatment.end]
    words: dict[str, object] = {"start": treatment.start_name, "end": treatment.end_name}
    correct = "Correct the date that is wrong, in the file or by [data] fixes (durata check --write-fixes)."
    before = "{end} ({date}) lies before {start} ({other})."
    yield _Order(end < start, treatment.end, end, start, before, correct, words)

    for column, title in outcome_dates(study).items():
        what = "{outcome}: {column} ({date}) lies before {start} ({other})."
        evidence = {**words, "outcome": title}
        days = records.dates[column]
        yield _Order(days < start, column, days, start, what, correct, evidence)

    for name, outcome in study.outcomes.items():
        if outcome.time is not None:
            what = "{outcome}: {column} is {date} {unit}; observation cannot end before it begins."
            evidence = {"outcome": outcome.label or name, "unit": outcome.unit}
            times = records.numbers[outcome.time]
            yield _Order(
                times < 0,
                outcome.time,
                times,
                start,
                what,
                "Correct the time that is wrong, in the file or by [data] fixes (durata check --write-fixes).",
                evidence,
            )

    last, slack = _last_day(study, records)
    what = "{end} ({date}) lies after the last day on which anything is recorded of this patient ({other})."
    remedy = "Correct the date that is wrong, in the file or by [data] fixes (durata check --write-fixes). If the patient was alive after that day (a recurrence, say), record the last contact as the date of an outcome."
    yield _Order((end > last + slack) & ~(end < start), treatment.end, end, last, what, remedy, words)

    cutoff = study.study.data_cutoff
    if cutoff is not None:
        until = float(np.datetime64(cutoff).astype("datetime64[D]").astype(np.int64))
        what = "{column} ({date}) lies after the data cut-off ({other})."
        remedy = "Correct the date, or [study] data_cutoff."
        for column, days in records.dates.items():
            yield _Order(days > until, column, days, np.full(len(days), until), what, remedy, {})


def _last_day(study: Study, records: Records) -> tuple[FloatArray, FloatArray]:
    """(n,) the last day on which any outcome says something of each patient, infinite where none does; and its rounding.

    A time that counts from the start of treatment says something of the day it leads to, as finely as it was written: a
    whole number of months is up to a month short.
    """
    last, slack = np.full(len(records), -np.inf), np.zeros(len(records))
    for column in outcome_dates(study):
        last = np.fmax(last, records.dates[column])
    for outcome in study.outcomes.values():
        if outcome.time is None or study.time.zero != "start":
            continue
        times = records.numbers[outcome.time]
        days = records.dates[study.treatment.start] + times * study.study.days(outcome.unit)
        later = days > last
        last = np.where(later, days, last)
        slack = np.where(later, _written_in(times) * study.study.days(outcome.unit), slack)
    return np.where(np.isneginf(last), np.inf, last), slack


def _written_in(times: FloatArray) -> float:
    """The smallest step in which times were written: 1, 0.1, 0.01 or 0.001."""
    known = times[np.isfinite(times)]
    for step in (1.0, 0.1, 0.01):
        if np.all(np.abs(known / step - np.round(known / step)) < 1e-6):
            return step
    return 0.001


def _date(day: float) -> str:
    return str(np.datetime64(math.floor(day), "D"))
