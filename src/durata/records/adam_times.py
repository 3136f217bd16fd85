"""A CDISC ADaM time-to-event file (ADTTE): one row a patient and outcome becomes two columns an outcome beside ADSL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from durata.finding import Finding, Severity, Where
from durata.records.cells import Cell, identifier, label
from durata.records.layout import note, told
from durata.records.tables import Elsewhere, Table, refuse
from durata.study.near import advice, listed
from durata.study.types import Outcome, Study

NEEDED = ("PARAMCD", "AVAL", "CNSR")
UNIT = "AVALU"
UNITS = {
    "day": "days", "days": "days", "d": "days", "week": "weeks", "weeks": "weeks", "month": "months", "months": "months",
    "year": "years", "years": "years",
}  # fmt: skip


@dataclass(frozen=True)
class LongTable:
    """The rows of ADTTE: the table, and the position of each column by its name in capitals."""

    table: Table
    place: Mapping[str, int]

    def cells(self, name: str) -> Sequence[Cell] | None:
        """A column, None where the file lacks it."""
        return self.table.cells[self.place[name]] if name in self.place else None


def adtte_columns(header: Sequence[str], person: str) -> list[int]:
    """The positions of the columns of ADTTE that are read; ``person`` is the one that identifies a patient."""
    wanted = {*NEEDED, UNIT, person.upper()}
    return [k for k, name in enumerate(header) if name.strip().upper() in wanted]


def with_times(table: Table, long: Table, study: Study, id_place: int) -> Table:
    """``table`` (ADSL) with a column of times and one of statuses for each outcome that names a ``paramcd``.

    In ADaM a CNSR of 0 is the event and every whole number above 0 a kind of censoring: the status becomes 0 and 1, as
    the outcome declares it; anything else stays as it is, and is a defect at its cell. The unit is the one declared; where
    the file has AVALU and it says another, that is refused. Patients without a row have no time; rows of people that
    are not in ADSL are counted. Raises StudyError when a column or a parameter is not there, or when a patient has two
    rows of one parameter.
    """
    place: dict[str, int] = {}
    for k in adtte_columns(long.header, study.data.id):
        name = long.header[k].strip().upper()
        if name in place:
            what = "column {column!r} stands twice in {file}."
            raise refuse(
                "D04", what, Where(long.file), "Give each column a name of its own.", column=name, file=long.file
            )
        place[name] = k
    for name in (*NEEDED, study.data.id.upper()):
        if name not in place:
            what = "{file} has no column {column!r}, which a time-to-event file has."
            remedy = "{near}It has {header}."
            near = advice(name, long.header)
            evidence = {"near": near + " " if near else "", "header": listed(long.header)}
            raise refuse("D04", what, Where(long.file), remedy, file=long.file, column=name, **evidence)
    rows = LongTable(long, place)
    people = {identifier(cell): k for k, cell in enumerate(table.cells[id_place])}
    found = table
    for name, outcome in study.outcomes.items():
        if outcome.paramcd is not None:
            found = _joined(found, rows, people, study, name, outcome, outcome.paramcd)
    return found


def _joined(
    table: Table, rows: LongTable, people: Mapping[str, int], study: Study, name: str, outcome: Outcome, parameter: str
) -> Table:
    long, place = rows.table, rows.place
    codes = [label(cell) for cell in long.cells[place["PARAMCD"]]]
    chosen = [k for k, code in enumerate(codes) if code == parameter]
    if not chosen:
        near = advice(parameter, set(codes), f"{listed(sorted(set(codes)))}.")
        where = study.place(f"outcomes.{name}.paramcd") or Where(long.file)
        what = "outcomes.{outcome}.paramcd: {file} has no rows with PARAMCD {parameter!r}."
        raise refuse("D04", what, where, "{near}", outcome=name, file=long.file, parameter=parameter, near=near)
    _check_unit(rows, chosen, outcome, parameter)
    times: list[Cell] = [None] * len(table.rows)
    statuses: list[Cell] = [None] * len(table.rows)
    row_of: dict[int, int] = {}
    strangers: set[str] = set()
    twice: list[int] = []
    events = 0
    for k in chosen:
        person = identifier(long.cells[place[study.data.id.upper()]][k])
        at = people.get(person)
        if at is None:
            strangers.add(person)
        elif table.rows[at] in row_of:
            twice.append(long.rows[k])
        else:
            row_of[table.rows[at]] = long.rows[k]
            times[at] = long.cells[place["AVAL"]][k]
            statuses[at] = _status(long.cells[place["CNSR"]][k])
            events += statuses[at] == 0
    if twice:
        what = "row(s) {rows} repeat a patient within PARAMCD {parameter!r}; each has one row a parameter."
        remedy = "Keep the one row that the analysis is of (ANL01FL)."
        raise refuse("D05", what, Where(long.file, row=twice[0]), remedy, rows=told(twice), parameter=parameter)
    what = "PARAMCD {parameter!r}: a CNSR of 0 is the event, as ADaM defines it; {events} event(s) in {n} patient(s)."
    findings = [note(what, Where(long.file), "", parameter=parameter, events=events, n=len(row_of))]
    lacking = len(table.rows) - len(row_of)
    if lacking:
        what = "{n} patient(s) have no row with PARAMCD {parameter!r}, and so no time."
        evidence = {"n": lacking, "parameter": parameter}
        findings.append(
            Finding("D05", Severity.WARNING, what, evidence, "Check how the file was made.", Where(long.file))
        )
    if strangers:
        what = "{n} patient(s) with PARAMCD {parameter!r} are not in {file}; they were passed over."
        evidence = {"n": len(strangers), "parameter": parameter, "file": table.file}
        findings.append(
            Finding("D05", Severity.WARNING, what, evidence, "Check how the files were made.", Where(long.file))
        )
    k = len(table.header)
    return replace(
        table,
        header=(*table.header, str(outcome.time), str(outcome.status)),
        cells={**table.cells, k: times, k + 1: statuses},
        elsewhere={
            **table.elsewhere,
            k: Elsewhere(long.file, long.sheet, long.header[place["AVAL"]], place["AVAL"], row_of),
            k + 1: Elsewhere(long.file, long.sheet, long.header[place["CNSR"]], place["CNSR"], row_of),
        },
        findings=(*table.findings, *findings),
    )


def _status(cell: Cell) -> Cell:
    """0 for the event, 1 for any kind of censoring; what is no whole number from 0 on stays as it is."""
    text = label(cell)
    return cell if not text.isascii() or not text.isdigit() else min(int(text), 1)


def _check_unit(rows: LongTable, chosen: Sequence[int], outcome: Outcome, parameter: str) -> None:
    """Refuse a declared unit that is not the one the file gives its times in."""
    cells = rows.cells(UNIT)
    if cells is None:
        return
    said = {text for k in chosen if (text := label(cells[k]))}
    strange = sorted(text for text in said if UNITS.get(text.casefold()) != outcome.unit)
    if strange:
        what = "PARAMCD {parameter!r}: the file gives its times in {said}, the study file in {unit}."
        where = Where(rows.table.file, column=UNIT)
        remedy = "Declare the unit of the file at the outcome (unit = ...)."
        raise refuse("D07", what, where, remedy, parameter=parameter, said=listed(strange), unit=outcome.unit)
