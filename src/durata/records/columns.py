"""Which columns a study declares, what each is read as, and where they stand under the header of a file."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from durata.finding import Finding, Severity, Where
from durata.records.amounts import NumberRules, as_number
from durata.records.cells import Defect, label
from durata.records.days import as_day
from durata.study.data_table import DataTable
from durata.study.near import advice, listed
from durata.study.types import Covariate, Study

Kind = Literal["identifier", "date", "number", "category"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A declared column: the ``name`` it has in the records, the ``column`` of the file (after [data.rename]), what it is.

    ``key`` is where the study file says so. ``covariate`` is its declaration if it is one; ``codes`` are the status codes
    that outcomes declare for it; ``from_zero`` marks a time, which cannot be negative; ``unit`` is that of a number.
    """

    name: str
    column: str
    kind: Kind
    key: str
    covariate: Covariate | None = None
    codes: tuple[str | int, ...] = ()
    from_zero: bool = False
    unit: str = ""

    @property
    def levels(self) -> tuple[str | int, ...] | None:
        """Levels that the study file declares for a category; None when any text is one."""
        return None if self.covariate is None else self.covariate.levels


def wanted_columns(study: Study) -> tuple[Wanted, ...]:
    """Every column of the file that the study declares, each name and kind once."""
    times = {outcome.time: outcome.unit for outcome in study.outcomes.values() if outcome.time is not None}
    every = [Wanted(study.data.id, study.data.id, "identifier", "data.id")]
    for name, covariate in study.covariates.items():
        if covariate.rule_set is not None:
            continue  # derived from others that are read
        key = f"covariates.{name}" if covariate.column is None else f"covariates.{name}.column"
        codes = _codes(study, name) if covariate.type == "category" else ()
        unit = covariate.unit or times.get(name, "") or _measured_in(study, name)
        kind = covariate.type
        every.append(Wanted(name, covariate.column or name, kind, key, covariate, codes, name in times, unit))
    every += [
        Wanted(study.treatment.start, study.treatment.start, "date", "treatment.start"),
        Wanted(study.treatment.end, study.treatment.end, "date", "treatment.end"),
    ]
    if study.treatment.last_dose is not None:
        last = study.treatment.last_dose
        every.append(Wanted(last, last, "date", "treatment.last_dose"))
    for name, outcome in study.outcomes.items():
        for k, column in enumerate(outcome.event or ()):
            every.append(Wanted(column, column, "date", f"outcomes.{name}.event.{k}"))
        for k, column in enumerate(outcome.competing or ()):
            every.append(Wanted(column, column, "date", f"outcomes.{name}.competing.{k}"))
        for key, day in (("censor", outcome.censor), ("date", outcome.date)):
            if day is not None:
                every.append(Wanted(day, day, "date", f"outcomes.{name}.{key}"))
        if outcome.time is not None:
            key, unit = f"outcomes.{name}.time", outcome.unit
            every.append(Wanted(outcome.time, outcome.time, "number", key, from_zero=True, unit=unit))
        if outcome.status is not None:
            codes = _codes(study, outcome.status)
            every.append(Wanted(outcome.status, outcome.status, "category", f"outcomes.{name}.status", codes=codes))
    for k, column in enumerate(study.emulation.excused_by if study.emulation is not None else ()):
        every.append(Wanted(column, column, "date", f"emulation.excused_by.{k}"))
    made = {name for one in study.tables.values() for name in one.events.values()}
    every = [one for one in every if one.kind != "date" or one.name not in made]  # first days of a long table's events
    found: dict[tuple[str, Kind], Wanted] = {}
    for one in every:  # a covariate comes first: it says more about its column than an outcome does
        found.setdefault((one.name, one.kind), one)
    return tuple(found.values())


def _measured_in(study: Study, covariate: str) -> str:
    """The unit of the measurement that a covariate is one value of, where it is shown as it stands in the file."""
    return next(
        (
            one.unit
            for one in study.measurements.values()
            if covariate in (one.before, one.after) and one.divide_by == 1
        ),
        "",
    )


def number_rules(study: Study, wanted: Wanted) -> NumberRules:
    """How the numbers of a column are written, as the study says."""
    data = study.data
    return NumberRules(wanted.unit, data.units, data.bounds, data.decimal, study.study.month_days)


def _codes(study: Study, status: str) -> tuple[str | int, ...]:
    """The codes that outcomes declare for a status column."""
    return tuple(
        code
        for outcome in study.outcomes.values()
        if outcome.status == status
        for code in (*(outcome.event_codes or ()), *(outcome.censor_codes or ()), *(outcome.competing_codes or ()))
    )


def folded(name: str) -> str:
    """A column name as it is compared: full-width forms folded, blanks around it trimmed."""
    return unicodedata.normalize("NFKC", name).strip()


def names_of(header: Sequence[str], data: DataTable) -> tuple[str, ...]:
    """The header in the names of the study file."""
    rename = {folded(old): folded(new) for old, new in data.rename.items()}
    return tuple(rename.get(folded(name), folded(name)) for name in header)


def positions_of(header: Sequence[str], wanted: Sequence[Wanted], data: DataTable) -> dict[str, int]:
    """Position in the header of every wanted column that stands there, by its name; the first if it stands there twice."""
    names = names_of(header, data)
    needed = {folded(one.column) for one in wanted}
    found: dict[str, int] = {}
    for k, name in enumerate(names):
        if name in needed:
            found.setdefault(name, k)
    return found


def missing_columns(study: Study, wanted: Sequence[Wanted], header: Sequence[str], file: str) -> list[Finding]:
    """A finding for every declared column that is not in the header, or is in it more than once."""
    names = names_of(header, study.data)
    renamed = {folded(new): old for old, new in study.data.rename.items()}
    # a file without a header must not have its first patient printed as one
    looks_like_data = any(
        name and not (isinstance(as_day(name), Defect) and isinstance(as_number(name), Defect)) for name in header
    )
    findings = []
    for column in dict.fromkeys(folded(one.column) for one in wanted):
        key = next(one.key for one in wanted if folded(one.column) == column)
        times = names.count(column)
        if times == 1:
            continue
        evidence: dict[str, object] = {"key": key, "column": renamed.get(column, column), "file": file}
        if times > 1:
            what = "{key}: column {column!r} stands {times} times in {file}."
            remedy = "Give each column a name of its own."
            evidence["times"] = times
        elif looks_like_data:
            what = "{key}: {file} has no column {column!r}; its first row looks like data, not like column names."
            remedy = "Begin the file with a row of column names."
        else:
            what = "{key}: {file} has no column {column!r}."
            remedy = "{near}It has {header}."
            near = advice(str(evidence["column"]), [name for name in header if name])
            evidence |= {"near": near + " " if near else "", "header": listed(name for name in header if name)}
        where = study.place(key) or Where(file, row=1)
        findings.append(Finding("D04", Severity.ERROR, what, evidence, remedy, where))
    return findings


def level_names(wanted: Wanted) -> dict[str, str]:
    """The name of each declared level or status code, by the text that cells have for it."""
    return {label(str(level)): str(level) for level in (*wanted.codes, *(wanted.levels or ()))}
