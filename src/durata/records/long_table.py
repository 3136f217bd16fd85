"""A file with several rows per patient is read beside the patient file: measurements, first days of events, every defect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from durata.finding import Finding, Severity, Where
from durata.kernels.arrays import FloatArray
from durata.records.amounts import NumberRules
from durata.records.cells import Cell, Defect, identifier, label
from durata.records.columns import Wanted, folded
from durata.records.days import DayRules
from durata.records.grouped import grouped_findings
from durata.records.layout import note
from durata.records.measurements import Measurements
from durata.records.patient_file import other_table
from durata.records.privacy import identifies
from durata.records.tables import Table, refuse
from durata.records.typed import ColumnRules, read_column
from durata.study.long_tables import LongTable
from durata.study.near import advice, listed, shortened
from durata.study.types import Study

Shown = Callable[[str], str | None]


@dataclass
class LongRead:
    """What the long tables of a study hold: measurements and first days (n,) by name, findings, people with a defect.

    ``beside`` holds name and sha256 of every file read.
    """

    measured: dict[str, Measurements] = field(default_factory=dict)
    dates: dict[str, FloatArray] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    defective: set[int] = field(default_factory=set)
    beside: list[tuple[str, str]] = field(default_factory=list)


def read_long_tables(study: Study, root: Path, identifiers: Sequence[str], private: Collection[str]) -> LongRead:
    """Read every [tables.<name>] of a study; texts that are ``private``, or that tell who somebody is, are never shown."""
    found = LongRead()

    def shown(text: str) -> str | None:
        return None if text in private or identifies(text) else shortened(text)

    if not identifiers:  # without the column of identifiers, which is said, nobody can be matched
        return found
    for name, declared in study.tables.items():
        choose = partial(wanted_of, declared=declared, study=study)
        table = other_table(study, root, f"tables.{name}.file", declared.file, choose, declared.sheet)
        found.beside += table.beside
        read_long_table(found, name, table, study, identifiers, shown)
    return found


def wanted_of(header: Sequence[str], declared: LongTable, study: Study) -> list[int]:
    """Positions in a header of the columns that a long table declares; the first of those that stand there twice."""
    names = [folded(name) for name in header]
    return [names.index(name) for name in _columns(declared, study) if name in names]


def read_long_table(
    into: LongRead, name: str, table: Table, study: Study, identifiers: Sequence[str], shown: Shown
) -> None:
    """Read one long table; raises StudyError where a declared column is not there, or stands there twice.

    Rows of people who are not in the patient file, without a day, or of kinds of events that are not declared are passed over
    and counted. A cell that cannot be read is a defect at its place: it stops the reading, or with ``on_defect =
    "exclude"`` its patient is left out. Two different values of one patient on one day are a defect too.
    ``identifiers`` (n,) are those of the patients; ``shown`` gives the text that may be shown of a cell.
    """
    declared = study.tables[name]
    place = _places(name, table, declared, study)
    into.findings += table.findings
    people = {one: k for k, one in enumerate(identifiers) if one}
    who = [people.get(identifier(cell), -1) for cell in table.cells[place[_id(declared, study)]]]
    nameless = {
        k: Defect("D09", "the row has no identifier of a patient.", "Say in every row whose it is.")
        for k, cell in enumerate(table.cells[place[_id(declared, study)]])
        if not identifier(cell)
    }
    _defects(into, table, place[_id(declared, study)], nameless, who, study, shown)
    strangers = {identifier(c) for k, c in enumerate(table.cells[place[_id(declared, study)]]) if who[k] < 0} - {""}
    if strangers:
        what = "{n} patient(s) of table {name!r} are not in the patient file; their rows were passed over."
        into.findings.append(
            Finding("D05", Severity.WARNING, what, {"n": len(strangers), "name": name},
                    "Check how the files were made.", Where(table.file, sheet=table.sheet))
        )  # fmt: skip
    person = np.array(who, dtype=np.intp)
    day = _typed(into, table, place[folded(declared.date)], "date", declared.date, name, who, study, shown)
    undated = int(np.count_nonzero(np.isnan(day) & (person >= 0)))
    if undated:
        what = "{n} row(s) of table {name!r} have no day; they were passed over."
        into.findings.append(
            Finding("D05", Severity.WARNING, what, {"n": undated, "name": name}, "Add the days.",
                    Where(table.file, sheet=table.sheet))
        )  # fmt: skip
    placed = (person >= 0) & np.isfinite(day)
    for value in declared.values:
        column = place[folded(value)]
        number = _typed(into, table, column, "number", value, name, who, study, shown)
        rows = np.flatnonzero(placed & np.isfinite(number))
        rows = rows[np.lexsort((rows, day[rows], person[rows]))]
        again = np.zeros(len(rows), dtype=np.bool_)
        again[1:] = (person[rows[1:]] == person[rows[:-1]]) & (day[rows[1:]] == day[rows[:-1]])
        differs = rows[1:][again[1:] & (number[rows[1:]] != number[rows[:-1]])]
        twice = Defect("D07", "the patient has another value on the same day ({text}).", "Keep one of them.")
        _defects(into, table, column, dict.fromkeys(differs.tolist(), twice), who, study, shown)
        rows = rows[~again]
        into.measured[value] = Measurements(person[rows], day[rows], number[rows], declared.plateau)
    if declared.type is not None:
        _events(into, name, table, declared, table.cells[place[folded(declared.type)]], person, day, len(identifiers))


def _events(
    into: LongRead, name: str, table: Table, declared: LongTable, cells: Sequence[Cell], person: np.ndarray,
    day: FloatArray, n: int,
) -> None:  # fmt: skip
    """The first day of each declared kind of event, NaN for patients without one."""
    kinds = [label(cell) for cell in cells]
    counted = Counter(kind for kind in kinds if kind)
    for kind, made in declared.events.items():
        chosen = np.array([one == label(kind) for one in kinds], dtype=np.bool_)
        first = np.full(n, np.inf)
        there = chosen & (person >= 0) & np.isfinite(day)
        np.minimum.at(first, person[there], day[there])
        into.dates[made] = np.where(np.isfinite(first), first, np.nan)
        if not chosen.any():
            what = "table {name!r} has no row of the kind {kind!r}."
            near = advice(kind, list(counted), listed(list(counted)))
            where = Where(table.file, sheet=table.sheet, column=declared.type)
            into.findings.append(
                Finding("D08", Severity.WARNING, what, {"name": name, "kind": kind, "near": near}, "{near}", where)
            )
    passed = sum(number for kind, number in counted.items() if kind not in {label(one) for one in declared.events})
    if passed:
        what = "{n} row(s) of table {name!r} are of kinds that the study file does not declare; they were passed over."
        into.findings.append(note(what, Where(table.file, sheet=table.sheet), n=passed, name=name))


def _id(declared: LongTable, study: Study) -> str:
    return folded(declared.id or study.data.id)


def _columns(declared: LongTable, study: Study) -> tuple[str, ...]:
    """Every column that a long table declares, once, as names are compared."""
    kind = () if declared.type is None else (declared.type,)
    every = (_id(declared, study), *(folded(one) for one in (declared.date, *declared.values, *kind)))
    return tuple(dict.fromkeys(every))


def _places(name: str, table: Table, declared: LongTable, study: Study) -> Mapping[str, int]:
    names = [folded(one) for one in table.header]
    for column in _columns(declared, study):
        times = names.count(column)
        if times == 1:
            continue
        where = study.place(f"tables.{name}") or Where(table.file)
        if times > 1:
            what, remedy = (
                "{key}: column {column!r} stands {times} times in {file}.",
                "Give each column a name of its own.",
            )
            raise refuse("D04", what, where, remedy, key=f"tables.{name}", column=column, times=times, file=table.file)
        near = advice(column, [one for one in table.header if one])
        evidence = {"near": near + " " if near else "", "header": listed(one for one in table.header if one)}
        what, remedy = "{key}: {file} has no column {column!r}.", "{near}It has {header}."
        raise refuse("D04", what, where, remedy, key=f"tables.{name}", column=column, file=table.file, **evidence)
    return {column: names.index(column) for column in _columns(declared, study)}


def _typed(
    into: LongRead, table: Table, column: int, kind: str, written: str, name: str, who: Sequence[int], study: Study,
    shown: Shown,
) -> FloatArray:  # fmt: skip
    """(m,) a column of dates (as days) or numbers, its defects said."""
    data = study.data
    missing = frozenset({label(str(one)) for one in data.missing} | {""})
    rules = ColumnRules(
        missing,
        {},
        DayRules(data.date_order, data.partial_dates),
        NumberRules("", data.units, data.bounds, data.decimal, study.study.month_days),
    )
    key = f"tables.{name}.{'date' if kind == 'date' else 'values'}"
    wanted = Wanted(written, written, "date" if kind == "date" else "number", key)
    read = read_column(wanted, table.cells[column], rules)
    if read.trouble is not None:
        where = study.place(key) or table.heading(column)
        raise refuse(read.trouble.code, read.trouble.what, where, read.trouble.remedy, **dict(read.trouble.evidence))
    _defects(into, table, column, read.defects, who, study, shown)
    return np.asarray(read.values, dtype=np.float64)


def _defects(
    into: LongRead,
    table: Table,
    column: int,
    defects: Mapping[int, Defect],
    who: Sequence[int],
    study: Study,
    shown: Shown,
) -> None:
    """A finding for every defect of a column, about the patients whose rows they are in; those of strangers do not count."""
    exclude = study.data.on_defect == "exclude"
    counted = {k: defect for k, defect in defects.items() if who[k] >= 0 or defect.code == "D09"}
    # a row of nobody can leave nobody out: it stops the reading
    for severity, chosen in (
        (Severity.ERROR, {k: d for k, d in counted.items() if not exclude or who[k] < 0}),
        (Severity.WARNING, {k: d for k, d in counted.items() if exclude and who[k] >= 0}),
    ):
        found = grouped_findings(table, column, chosen, severity, lambda k: shown(label(table.cells[column][k])))
        for one in found:
            people = tuple(dict.fromkeys(who[k] for k in one.people if who[k] >= 0))
            into.findings.append(replace(one, people=people))
    into.defective |= {who[k] for k in counted if who[k] >= 0}
