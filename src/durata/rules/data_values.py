"""Rules D on values: codes taken for numbers, mixed units, levels written in two ways, lost deaths, last contacts at one date."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from durata.finding import Severity
from durata.kernels.arrays import BoolArray, FloatArray
from durata.language.speaking import speak
from durata.records.columns import wanted_columns
from durata.records.privacy import identifies
from durata.records.records import Records
from durata.rules.levels_alike import UNKNOWN, alike
from durata.rules.odd_values import codes_among, other_unit
from durata.rules.runner import Seen, rule, seen
from durata.study.near import shortened
from durata.study.types import Study

REFERENCE = "Van den Broeck J, Argeseanu Cunningham S, Eeckels R, Herbst K (2005) PLoS Med 2:e267"
CENSORING = "Clark TG, Altman DG, De Stavola BL (2002) Lancet 359:1309-1310"
MOST_ROWS = 10
MOST_CONTACTS = 0.8  # of last contacts at one date
FEWEST_CONTACTS = 10
DEAD = frozenset(["dead", "died", "death", "deceased", "死亡", "已故", "去世", "病故"])
BIRTH = ("birth", "born", "dob", "出生", "生日")


@rule("D12", "codes-taken-for-values", since="0.1", reference=REFERENCE)
def codes_taken_for_values(study: Study, records: Records) -> Iterator[Seen]:
    """A code for 'unknown' that is read as a number moves every mean, cut and coefficient; as a level it is a group of its own."""
    remedy = "If it stands for 'unknown', name it under [data] missing, or missing_in for this column alone."
    for name, values in records.numbers.items():
        for code, people in codes_among(values).items():
            what = (
                "{column}: {code:g} stands in {n} cell(s) ({rows}), far from every other value; it looks like a code."
            )
            yield _seen(records, name, people, what, remedy, code=code)
    covariates = {one.name: one.covariate for one in wanted_columns(study) if one.kind == "category"}
    for name, category in records.categories.items():
        declared = covariates.get(name)
        if declared is None or declared.levels is not None:
            continue
        for k, level in enumerate(category.levels):
            numbers = all(_number(other) for other in category.levels)
            code = level.casefold() in UNKNOWN and not (numbers and len(level) < 2)
            people = category.codes == k
            if code and people.any() and not (level.startswith("-") and len(level) == 1 and "+" in category.levels):
                what = (
                    "{column}: the level {code!r} stands in {n} cell(s) ({rows}); it looks like a code for 'unknown'."
                )
                yield _seen(records, name, people, what, remedy, code=level)


def _number(level: str) -> bool:
    return level.lstrip("-").replace(".", "", 1).isdigit()


@rule("D13", "units-mixed", since="0.1", reference=REFERENCE)
def units_mixed(study: Study, records: Records) -> Iterator[Seen]:
    """Values in two units in one column make the larger ones outliers that decide every mean and every coefficient."""
    units = {one.name: one.unit for one in wanted_columns(study) if one.kind == "number"}
    for name, values in records.numbers.items():
        usual = np.where(np.any([values == code for code in codes_among(values)] or [np.zeros(len(values), bool)], axis=0),
                         np.nan, values)  # fmt: skip
        found = other_unit(usual, units.get(name, ""))
        if found is None:
            continue
        what = (
            "{column}: {n} value(s) ({rows}) are about {factor:g} times smaller than the others (median {median:.3g} against "
            "{others:.3g}), as in another unit."
            if found.smaller
            else "{column}: {n} value(s) ({rows}) are about {factor:g} times larger than the others (median {median:.3g} against "
            "{others:.3g}), as in another unit."
        )
        remedy = "Write the column in one unit, or write the unit behind each number and declare [data] units."
        told: dict[str, Any] = {"factor": found.factor, "median": found.median, "others": found.median_others}
        yield _seen(records, name, found.people, what, remedy, **told)


@rule("D14", "levels-alike", since="0.1", reference=REFERENCE)
def levels_alike(study: Study, records: Records) -> Iterator[Seen]:
    """One level written in two ways is two groups, each smaller than the one it was."""
    for name, category in records.categories.items():
        counts = {level: int(np.count_nonzero(category.codes == k)) for k, level in enumerate(category.levels)}
        for rare, common, how in alike({level: n for level, n in counts.items() if n}):
            people = category.codes == category.levels.index(rare)
            what = "{column}: the level {rare!r} in {n} cell(s) ({rows}) differs from {common!r} only in {how}."
            remedy = "Write it one way, or map it under [data.values]."
            yield _seen(records, name, people, what, remedy, rare=rare, common=common, how=speak(how))


@rule("D15", "last-contacts-at-one-date", since="0.1", reference=CENSORING)
def last_contacts_at_one_date(study: Study, records: Records) -> Iterator[Seen]:
    """A date on which a file was updated, taken for the last contact, counts as observed a time in which nobody was seen."""
    told: set[str] = set()
    for name, outcome in study.outcomes.items():
        column = outcome.censor or outcome.date
        if column is None or column in told:
            continue
        told.add(column)
        days = records.dates[column]
        free = np.isfinite(days) & ~_happened(study, records, name)
        if np.count_nonzero(free) < FEWEST_CONTACTS:
            continue
        every, counts = np.unique(days[free], return_counts=True)
        most = int(np.argmax(counts))
        if counts[most] < MOST_CONTACTS * np.count_nonzero(free):
            continue
        people = free & (days == every[most])
        date = str(np.datetime64(int(every[most]), "D"))
        of = int(np.count_nonzero(free))
        if date == str(study.study.data_cutoff):
            what = (
                "{column}: {n} of {of} patients without the event have the data cut-off, {date}, as their last contact."
            )
            remedy = "Right where the state of each was ascertained on that day; otherwise name under [outcomes] censor the day on which each was last seen."
            yield _seen(records, column, people, what, remedy, Severity.INFO, date=date, of=of)
            continue
        what = "{column}: {n} of {of} patients without the event have the same last contact, {date}."
        remedy = "Name under [outcomes] censor the day on which each patient was last seen, not the day on which the file was updated."
        yield _seen(records, column, people, what, remedy, date=date, of=of)


def _happened(study: Study, records: Records, outcome: str) -> BoolArray:
    """(n,) who has the event of an outcome, as far as it is recorded."""
    declared = study.outcomes[outcome]
    if declared.event is not None:
        happened: BoolArray = np.any([np.isfinite(records.dates[column]) for column in declared.event], axis=0)
        return happened
    status = records.categories[declared.status or ""]
    codes = {str(code) for code in declared.event_codes or ()}
    return np.isin(status.codes, [k for k, level in enumerate(status.levels) if level in codes])


@rule("D16", "dead-without-a-date", since="0.1", reference=REFERENCE)
def dead_without_a_date(study: Study, records: Records) -> Iterator[Seen]:
    """An event without its date drops out of the analysis, and survival looks longer than it was."""
    for name, outcome in study.outcomes.items():
        if outcome.status is None:
            continue
        column = outcome.date or outcome.time or ""
        when = records.dates[column] if outcome.date is not None else records.numbers[column]
        lost = _happened(study, records, name) & np.isnan(when)
        if lost.any():
            what = "{outcome}: {n} patient(s) have the event and no date or time of it in {column} ({rows})."
            remedy = "Fill in when it happened, in the file or by [data] fixes (durata check --write-fixes); without it the event is lost."
            yield _seen(records, column, lost, what, remedy, outcome=outcome.label or name)
    deaths = _dates_of_death(study)
    for name, category in records.categories.items():
        dead = np.isin(category.codes, [k for k, level in enumerate(category.levels) if level.casefold() in DEAD])
        for column in deaths:
            lost = dead & np.isnan(records.dates[column])
            if lost.any():
                what = "{n} patient(s) are dead by {status} and have no date in {column} ({rows})."
                remedy = "Fill in the date of death, in the file or by [data] fixes (durata check --write-fixes); without it they count as alive."
                yield _seen(records, column, lost, what, remedy, status=name)


def _dates_of_death(study: Study) -> list[str]:
    """Date columns that make up an outcome alone and whose name or outcome says that it is a death."""
    words = ("death", "dead", "died", "死亡", "os", "overall survival", "总生存")
    return [
        outcome.event[0]
        for name, outcome in study.outcomes.items()
        if outcome.event is not None
        and len(outcome.event) == 1
        and any(
            word in (name, outcome.label.casefold()) or word in outcome.event[0].casefold().split("_") for word in words
        )
    ]


@rule("D17", "before-birth", since="0.1", reference=REFERENCE)
def before_birth(study: Study, records: Records) -> Iterator[Seen]:
    """A date before the patient's birth is wrong, or the birth is, and with it the age."""
    for name, covariate in study.covariates.items():
        title = " ".join((name, covariate.column or "", covariate.label)).casefold()
        if not any(word in title for word in BIRTH):
            continue
        if covariate.type == "date":
            born = records.dates[name]
        elif covariate.type == "number" and name in records.numbers:
            born = _first_of_year(records.numbers[name])
        else:
            continue
        for column, days in records.dates.items():
            before = (days < born) & (column != name)
            for k in np.flatnonzero(before):
                yield seen(
                    Severity.ERROR,
                    "{column} ({date}) lies before the birth ({birth}).",
                    evidence={
                        "column": column,
                        "date": _date(days[k]),
                        "birth": _date(born[k]),
                        "cells": ((int(records.row[k]), records.where(int(k), column).cell or "", _date(days[k])),),
                    },
                    remedy="Correct the date that is wrong, in the file or by [data] fixes (durata check --write-fixes).",
                    where=records.where(int(k), column),
                    people=(int(k),),
                )


def _first_of_year(years: FloatArray) -> FloatArray:
    """Days since 1970-01-01 of 1 January of each year; NaN for what is no year."""
    possible = np.isfinite(years) & (years >= 1800) & (years <= 2200)
    whole = np.where(possible, years, 1970).astype(np.int64)
    days = (whole - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.float64)
    return np.where(possible, days, np.nan)


def _date(day: float) -> str:
    return str(np.datetime64(int(day), "D"))


def _text(records: Records, column: str, k: int) -> str:
    """What stands in a cell, as it was read; nothing where that may tell who the patient is."""
    if column in records.dates:
        text = "" if np.isnan(records.dates[column][k]) else _date(records.dates[column][k])
    elif column in records.numbers:
        text = "" if np.isnan(records.numbers[column][k]) else f"{records.numbers[column][k]:.15g}"
    else:
        code = int(records.categories[column].codes[k])
        text = "" if code < 0 else records.categories[column].levels[code]
    known = records.columns.get(column)
    header = column if known is None else known.header
    return "" if identifies(text) or any(one.header == header for one in records.personal) else shortened(text)


def _seen(
    records: Records,
    column: str,
    people: BoolArray,
    what: str,
    remedy: str,
    severity: Severity = Severity.WARNING,
    **evidence: object,
) -> Seen:
    """What was seen of some patients of one column: their rows, and the cell of the first."""
    positions = [int(k) for k in np.flatnonzero(people)]
    rows = [int(records.row[k]) for k in positions]
    shown = ", ".join(map(str, rows[:MOST_ROWS])) + (", …" if len(rows) > MOST_ROWS else "")
    places = [records.where(k, column) for k in positions]
    told = {
        "column": column,
        "n": len(rows),
        "rows": speak("row(s) {rows}", rows=shown),
        "row_numbers": tuple(rows),
        "cells": tuple(
            (row, place.cell or "", _text(records, column, k))
            for k, row, place in zip(positions, rows, places, strict=True)
        ),
    }
    return seen(severity, what, evidence={**told, **evidence}, remedy=remedy, where=places[0], people=tuple(positions))
