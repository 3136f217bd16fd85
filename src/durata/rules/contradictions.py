"""Records of one patient that contradict each other: something after the death, a last contact before a recurrence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray
from durata.records.records import Records
from durata.study.types import Study


@dataclass(frozen=True, slots=True)
class Contradiction:
    """For whom (n,) the date in ``column`` and the one in ``other`` do not go together, and what to do."""

    broken: BoolArray
    column: str
    other: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class _Dated:
    """A column and its days (n,): of an event, or of having been seen without it (NaN for none)."""

    column: str
    days: FloatArray


def contradictions(study: Study, records: Records) -> Iterator[Contradiction]:
    """Find recorded dates that do not go together; each pair of columns once, with everybody concerned.

    Which event is the patient's death no name can tell. An event is taken for the last one when some outcome consists
    of it alone, most patients who have it have nothing recorded later, and it follows each other event more often than it
    comes before it.
    """
    events = _events(study, records)
    contacts = _contacts(study, records)
    final = [one for one in _alone(study, records) if _is_final(one, events, contacts)]
    ends = {one.column: one.days for one in final}
    for last in final:
        for one in events:
            if one.column in ends:
                continue
            after = one.days > last.days
            if after.any():
                yield Contradiction(
                    after,
                    one.column,
                    last.column,
                    "{column} lies after {other} in {n} patient(s) ({listed}), though {other} is the last thing recorded of "
                    "most patients who have it.",
                    "Correct the date that is wrong, in the file or by [data] fixes (durata check --write-fixes).",
                )
        for contact in contacts:
            after = contact.days > last.days
            if contact.column != last.column and after.any():
                yield Contradiction(
                    after,
                    contact.column,
                    last.column,
                    "{column}, a day of being known without the event, lies after {other} in {n} patient(s) ({listed}), "
                    "though {other} is the last thing recorded of most patients who have it.",
                    "Correct the date that is wrong, in the file or by [data] fixes (durata check --write-fixes); if {column} is the day on which the file was updated, record the last day on which the patient was seen.",
                )
    for contact in contacts:
        for one in events:
            before = contact.days < one.days
            if contact.column in ends:  # what lies after the last event has been said above
                before &= ~(one.days > ends[contact.column])
            both = np.isfinite(contact.days) & np.isfinite(one.days)
            # where it is so of most patients, the column is meant as the last day free of the event
            exceptional = np.count_nonzero(before) * 2 < np.count_nonzero(both)
            if one.column not in ends and one.column != contact.column and before.any() and exceptional:
                yield Contradiction(
                    before,
                    contact.column,
                    one.column,
                    "{column} lies before {other} in {n} patient(s) ({listed}): they were seen later than their last "
                    "contact says.",
                    "Record the last day on which the patient was seen, in the file or by [data] fixes (durata check --write-fixes).",
                )


def outcome_dates(study: Study) -> dict[str, str]:
    """Date columns of the outcomes with the name of the first outcome that reads each; the treatment's own left out."""
    columns: dict[str, str] = {}
    for name, outcome in study.outcomes.items():
        for column in (*(outcome.event or ()), outcome.censor, outcome.date):
            if column is not None and column not in {study.treatment.start, study.treatment.end}:
                columns.setdefault(column, outcome.label or name)
    return columns


def _events(study: Study, records: Records) -> list[_Dated]:
    """Every event that outcomes date, by column."""
    listed = {column for outcome in study.outcomes.values() for column in outcome.event or ()}
    found = [_Dated(column, records.dates[column]) for column in outcome_dates(study) if column in listed]
    return [*found, *(one for one in _alone(study, records) if one.column not in listed)]


def _alone(study: Study, records: Records) -> list[_Dated]:
    """The events that make up an outcome by themselves: the only date listed, or a date with a status."""
    found: dict[str, FloatArray] = {}
    for outcome in study.outcomes.values():
        if outcome.event is not None and len(outcome.event) == 1:
            found.setdefault(outcome.event[0], records.dates[outcome.event[0]])
        elif outcome.date is not None and outcome.status is not None:
            happened = _happened(records, outcome.status, outcome.event_codes or ())
            found.setdefault(outcome.date, np.where(happened, records.dates[outcome.date], np.nan))
    known = outcome_dates(study)
    return [_Dated(column, days) for column, days in found.items() if column in known]


def _contacts(study: Study, records: Records) -> list[_Dated]:
    """The days on which patients were last known free of an event."""
    found: dict[str, FloatArray] = {}
    for outcome in study.outcomes.values():
        if outcome.censor is not None:
            found.setdefault(outcome.censor, records.dates[outcome.censor])
        elif outcome.date is not None and outcome.status is not None:
            happened = _happened(records, outcome.status, outcome.event_codes or ())
            known = ~happened & ~records.categories[outcome.status].missing
            found.setdefault(outcome.date, np.where(known, records.dates[outcome.date], np.nan))
    known_columns = outcome_dates(study)
    return [_Dated(column, days) for column, days in found.items() if column in known_columns]


def _happened(records: Records, status: str, codes: tuple[str | int, ...]) -> BoolArray:
    """(n,) whether a status says that the event happened."""
    column = records.categories[status]
    texts = {str(code) for code in codes}
    return np.array([*(level in texts for level in column.levels), False], dtype=np.bool_)[column.codes]


def _is_final(event: _Dated, events: list[_Dated], contacts: list[_Dated]) -> bool:
    """Whether the records themselves say that nothing comes after an event."""
    has = np.isfinite(event.days)
    later = np.zeros(len(event.days), dtype=np.bool_)
    for one in (*events, *contacts):
        if one.column != event.column:
            later |= one.days > event.days
    mostly_last = np.count_nonzero(later & has) * 2 < np.count_nonzero(has)
    follows = all(
        np.count_nonzero(one.days > event.days) <= np.count_nonzero(one.days < event.days)
        for one in events
        if one.column != event.column
    )
    return bool(mostly_last and follows)
