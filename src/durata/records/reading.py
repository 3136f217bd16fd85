"""A patient file becomes Records: declared columns only, typed, every defect at its cell, the flow of patients begun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from durata.category import Category
from durata.finding import Finding, Severity, StudyError, Where
from durata.kernels.arrays import BoolArray, IntArray
from durata.language.speaking import speak
from durata.records.amounts import read_number
from durata.records.cells import Cell, Defect, identifier, label, label_texts
from durata.records.columns import Wanted, missing_columns, number_rules, positions_of, wanted_columns
from durata.records.columns import folded as folded_name
from durata.records.days import DayRules, read_day
from durata.records.deriving import derive
from durata.records.eligibility import not_eligible
from durata.records.fixes import Decisions, decisions_of
from durata.records.flow import Flow
from durata.records.grouped import grouped_findings
from durata.records.identity import person_key, salt_of
from durata.records.labelled import worded
from durata.records.long_table import LongRead, read_long_tables
from durata.records.patient_file import patient_table
from durata.records.personal import Personal, Read, by_cells, by_header
from durata.records.privacy import identifies
from durata.records.records import Column, Records, Source, without
from durata.records.status import doubtful_status, undeclared_codes
from durata.records.tables import Table, letters
from durata.records.typed import ColumnRules, Typed, numbers_of, read_column
from durata.study.near import shortened
from durata.study.types import Study

__all__ = ["read_records", "without"]

IN_COLUMN = "column {column!r}: {said}"
SHORT_IDENTIFIER = 4  # a cell that equals so short an identifier may well be a code, and is shown


def read_records(study: Study, folder: str | Path | None = None) -> Records:
    """Read the patient file of a study: one entry per patient, only the columns that the study declares.

    Dates become days, numbers floats, categories levels; a cell that cannot be read for certain is a defect at its
    place and stops the reading, or with ``on_defect = "exclude"`` leaves its patient out. Then eligibility is applied,
    and patients without a start of treatment leave. What rule sets derive is derived first. Identifiers appear in no message.

    Parameters
    ----------
    study : what was declared.
    folder : the folder that holds the patient file; that of the study file if None (the current folder for a study made
        in memory).

    Returns
    -------
    Records; ``flow`` says who left and why, ``findings`` what was noticed on the way.

    Raises
    ------
    StudyError : the file cannot be read (D03), lacks columns (D04), is out of shape (D05), or has defects (D06 to D11).
        Every defect is a finding of its own, with its cell.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> records = du.read_records(study)
    >>> len(records), records.flow.steps[0].reason, str(records.where(3, "tx.date"))
    (103, 'patients in the file', "stanford.csv, row 5, column 'tx.date'")
    """
    found = read_all(study, folder)
    errors = [finding for finding in found.findings if finding.severity is Severity.ERROR]
    if errors or found.records is None:
        raise StudyError(errors)
    return found.records


@dataclass(frozen=True)
class Found:
    """What reading a patient file found: every finding, and the Records.

    Where cells could not be read, ``records`` holds all patients, with these cells missing, and ``doubtful`` the positions
    of those who have one: enough to go on looking for mistakes. It is None where the file as a whole is out of shape.
    """

    records: Records | None
    findings: tuple[Finding, ...]
    doubtful: tuple[int, ...] = ()


def read_all(study: Study, folder: str | Path | None = None) -> Found:
    """Read the patient file and go on as far as possible; raises StudyError only where there is no table to read."""
    root = Path(folder) if folder is not None else Path() if study.source is None else study.source.path.parent
    wanted = wanted_columns(study)
    table, sha256 = patient_table(study, root, wanted)
    reading = _Reading(study, table, wanted, root)
    reading.read()
    return reading.found(sha256)


@dataclass
class _Reading:
    """One table on its way to Records: findings gather, and who has which defect."""

    study: Study
    table: Table
    wanted: Sequence[Wanted]
    root: Path = field(default_factory=Path)
    position: dict[str, int] = field(default_factory=dict)  # of every column that is there, in the header
    findings: list[Finding] = field(default_factory=list)
    stops: bool = False
    typed: dict[str, dict[str, Typed]] = field(default_factory=lambda: {"date": {}, "number": {}, "category": {}})
    identifiers: list[str] = field(default_factory=list)
    worded: dict[int, Sequence[Cell]] = field(default_factory=dict)  # columns taken by their labels
    defective: dict[str, set[int]] = field(default_factory=dict)  # people by the name of the column
    converted: dict[str, Mapping[str, int]] = field(default_factory=dict)  # cells by the name of the column, by kind
    private: set[str] = field(default_factory=set)  # identifiers long enough to be recognised as such
    decisions: Decisions | None = None
    personal: list[Personal] = field(default_factory=list)
    long: LongRead = field(default_factory=LongRead)

    def read(self) -> None:
        """Type every column that is there, and gather everything that is wrong."""
        table, study = self.table, self.study
        self.findings += [*table.findings, *missing_columns(study, self.wanted, table.header, table.file)]
        if not table.rows and all(one.severity is not Severity.ERROR for one in table.findings):
            what = "the file has a header and no patients."
            self.findings.append(Finding("D05", Severity.ERROR, what, where=Where(table.file, sheet=table.sheet)))
        self.stops = any(finding.severity is Severity.ERROR for finding in self.findings)
        self.position = positions_of(table.header, self.wanted, study.data)
        missing = label_texts(study.data.missing) | {""}
        self._find_personal()
        self._read_identifiers(missing)
        for one in self.wanted:
            if one.kind == "identifier" or folded_name(one.column) not in self.position:
                continue
            column = self.position[folded_name(one.column)]
            rules = self._rules(one, missing)
            labelled = column in table.labels
            cells = self._worded(one, column, rules.missing, rules.values) if labelled else table.cells[column]
            cells = self._corrected(column, cells, one.kind, rules)
            typed = read_column(one, cells, rules)
            self.typed[one.kind][one.name] = typed
            self.converted[one.name] = typed.converted
            if typed.trouble is not None:
                self._whole_column(one, typed.trouble)
            self._defects(one.name, column, typed.defects)
        self._read_status()
        self._derive()
        self.long = read_long_tables(study, self.root, self.identifiers, self.private)
        self.findings += [replace(one, keys=self._keys(one.people)) for one in self.long.findings]
        self.defective["tables"] = self.long.defective
        if self.decisions is not None:
            self.decisions.finish()
            self.findings += [*self.decisions.stale, *self.decisions.notes()]

    def _corrected(self, column: int, cells: Sequence[Cell], kind: str, rules: ColumnRules) -> Sequence[Cell]:
        """The cells of a column with what a person decided of them."""
        if self.decisions is None:
            return cells

        def same(cell: Cell, found: str) -> bool:
            return label(cell) == label(found) or shortened(label(cell)) == found or _value(cell) == found

        def _value(cell: Cell) -> str:
            if kind == "date":
                day = read_day(cell, rules.days)[0]
                return "" if isinstance(day, Defect) else str(np.datetime64(int(day), "D"))
            number = read_number(cell, rules.numbers)[0] if kind == "number" else Defect("", "")
            return "" if isinstance(number, Defect) else f"{number:.15g}"

        new = self.decisions.corrected(self.table.header[column], cells, same)
        if not new:
            return cells
        corrected = list(cells)
        for k, cell in new.items():
            corrected[k] = cell
        self.worded[column] = corrected
        return corrected

    def _find_personal(self) -> None:
        """Columns that look personal: those that the study reads by their cells too, the others by their names."""
        read = {self.position[name]: one for one in reversed(self.wanted)
                if (name := folded_name(one.column)) in self.position}  # fmt: skip
        place = self.position.get(folded_name(self.study.data.id))
        for k, header in enumerate(self.table.header):
            if k not in read:
                kind, n = by_header(header), 0
            elif read[k].kind == "date":
                continue
            else:
                kind, n = by_cells(header, self.table.cells[k])
                kind = by_header(header) if kind is None and (k == place or read[k].kind == "category") else kind
            if kind is not None:
                how: Read = "identifier" if k == place else "covariate" if k in read else "not read"
                self.personal.append(Personal(header, kind, how, n))

    def _rules(self, one: Wanted, missing: frozenset[str]) -> ColumnRules:
        """How the cells of one column are read, as the study says."""
        data = self.study.data
        return ColumnRules(
            missing | label_texts(data.missing_in.get(one.column, ())),
            {label(old): label(str(new)) for old, new in data.values.get(one.column, {}).items()},
            DayRules(data.date_order, data.partial_dates),
            number_rules(self.study, one),
        )

    def _worded(self, one: Wanted, column: int, missing: frozenset[str], mapped: Mapping[str, str]) -> Sequence[Cell]:
        """The cells of a column whose values have labels, and what is to be said of it."""
        found = worded(one, self.table.cells[column], self.table.labels[column], missing, mapped)
        self.worded[column] = found.cells
        if found.trouble is not None:
            self._whole_column(one, found.trouble)
        for severity, defect in found.said:
            evidence = {"column": one.column, "said": speak(defect.what, **defect.evidence), **defect.evidence}
            where = self.table.heading(column)
            self.findings.append(Finding(defect.code, severity, IN_COLUMN, evidence, defect.remedy, where))
        return found.cells

    def _derive(self) -> None:
        """The covariates that rule sets derive, and what is impossible in their inputs."""
        covariates = self.study.covariates
        for name, covariate in covariates.items():
            columns = {
                given: self.typed[covariates[source].type][source].values
                for given, source in covariate.inputs.items()
                if source in self.typed[covariates[source].type]
            }
            if covariate.rule_set is None or len(columns) < len(covariate.inputs):
                continue  # a column that is not in the file has been said
            category, refused = derive(self.study, name, columns)
            self.typed["category"][name] = Typed(category, {})
            for source, defects in refused.items():
                column = self.position[folded_name(covariates[source].column or source)]
                before = self.defective.get(source, set())
                self._defects(source, column, {k: v for k, v in defects.items() if k not in before})
            doubtful = [self.defective.get(source, set()) for source in covariate.inputs.values()]
            self.defective[name] = set().union(*doubtful)

    def _read_identifiers(self, missing: frozenset[str]) -> None:
        id_column = self.position.get(folded_name(self.study.data.id))
        if id_column is None:
            return
        self.identifiers = [identifier(cell) for cell in self.table.cells[id_column]]
        salt = salt_of(self.study)
        self.decisions = decisions_of(
            self.study, self.root, self.table, lambda: [person_key(salt, name) for name in self.identifiers]
        )
        cells = self._corrected(id_column, self.table.cells[id_column], "identifier", ColumnRules())
        self.identifiers = [identifier(cell) for cell in cells]
        empty = Defect("D09", "the patient has no identifier.", "Give every patient an identifier of its own.")
        nameless = {k: empty for k, name in enumerate(self.identifiers) if name in missing}
        self.private = {name for name in self.identifiers if len(name) > SHORT_IDENTIFIER}
        self._defects(self.study.data.id, id_column, nameless)

    def _read_status(self) -> None:
        for name, outcome in self.study.outcomes.items():
            typed = None if outcome.status is None else self.typed["category"].get(outcome.status)
            if typed is None or typed.trouble is not None or not isinstance(typed.values, Category):
                continue
            column = self.position[folded_name(outcome.status or "")]
            known = self.defective.get(outcome.status or "", set())
            refused = undeclared_codes(typed.values, outcome)
            self._defects(outcome.status or "", column, {k: v for k, v in refused.items() if k not in known})
            where = self.table.heading(column)
            self.findings += doubtful_status(self.study, name, outcome, typed.values, where)

    def _whole_column(self, one: Wanted, trouble: Defect) -> None:
        where = self.study.place(one.key) or self.table.heading(self.position[folded_name(one.column)])
        evidence = {"column": one.column, "said": speak(trouble.what, **trouble.evidence), **trouble.evidence}
        self.findings.append(Finding(trouble.code, Severity.ERROR, IN_COLUMN, evidence, trouble.remedy, where))
        self.stops = True

    def _defects(self, name: str, column: int, defects: Mapping[int, Defect]) -> None:
        """A finding for every defect of a column; that of a patient who is left out for it is a warning."""
        exclude = self.study.data.on_defect == "exclude"
        severity = Severity.WARNING if exclude else Severity.ERROR
        excluded = {} if self.decisions is None else self.decisions.excluded
        defects = {k: defect for k, defect in defects.items() if k not in excluded}
        self.defective.setdefault(name, set()).update(defects)
        found = grouped_findings(self.table, column, defects, severity, lambda k: self._shown(k, column))
        self.findings += [replace(one, keys=self._keys(one.people)) for one in found]

    def _keys(self, people: Sequence[int]) -> tuple[str, ...]:
        """The pseudonyms of patients; none where the file has no column of identifiers."""
        salt = salt_of(self.study)
        return tuple(person_key(salt, self.identifiers[k]) for k in people) if self.identifiers else ()

    def _shown(self, k: int, column: int) -> str | None:
        """The text of a cell; None for an identifier, or what identifies a person."""
        text = label(self.worded.get(column, self.table.cells[column])[k])
        header = self.table.header[column]
        secret = column == self.position.get(folded_name(self.study.data.id)) or text in self.private
        secret = secret or any(one.header == header for one in self.personal)
        return None if secret or identifies(text) else shortened(text)

    def found(self, sha256: str) -> Found:
        """The Records as far as they go: none where the table as a whole stops them."""
        if self.stops:
            return Found(None, tuple(self.findings))
        if any(finding.severity is Severity.ERROR for finding in self.findings):
            records = self._leave(self._all(sha256), with_defects=True)
            doubtful = set().union(*self.defective.values())
            read_as = records.read_as if records.read_as is not None else ()
            return Found(
                records, tuple(self.findings), tuple(k for k, was in enumerate(read_as) if int(was) in doubtful)
            )
        records = self._leave(self._all(sha256))
        return Found(records, records.findings)

    def _all(self, sha256: str) -> Records:
        """The Records of everybody in the file."""
        table = self.table
        n = len(table.rows)
        decisions = self.decisions
        beside = [] if decisions is None else [(decisions.fixes.file, decisions.fixes.sha256)]
        return Records(
            identifiers=tuple(self.identifiers),
            row=np.array(table.rows, dtype=np.intp),
            dates={**numbers_of(self.typed["date"]), **self.long.dates},
            measured=self.long.measured,
            numbers=numbers_of(self.typed["number"]),
            categories={
                name: one.values for name, one in self.typed["category"].items() if isinstance(one.values, Category)
            },
            source=Source(
                table.file,
                sha256,
                table.sheet,
                table.encoding,
                n,
                table.header,
                (*table.beside, *beside, *self.long.beside),
            ),
            flow=Flow.start(speak("patients in the file"), n),
            findings=tuple(self.findings),
            columns={one.name: self._column(one) for one in self.wanted},
            read_as=np.arange(n),
            conversions=self.converted,
            salt=salt_of(self.study),
            personal=tuple(self.personal),
            accepted={} if decisions is None else decisions.accepted,
        )

    def _column(self, one: Wanted) -> Column:
        k = self.position[folded_name(one.column)]
        return Column(self.table.header[k], letters(k))

    def _leave(self, records: Records, *, with_defects: bool = False) -> Records:
        """Those who leave: as decided, not eligible, defective, without a start; each for the first reason met."""
        n = len(records)
        steps: list[tuple[str, BoolArray]] = []
        excluded = {} if self.decisions is None else self.decisions.excluded
        for reason in dict.fromkeys(excluded.values()):
            decided = np.zeros(n, dtype=bool)
            decided[[k for k, why in excluded.items() if why == reason]] = True
            steps.append((speak("left out by decision: {reason}", reason=reason), decided))
        for reason, covariate, leaves in not_eligible(self.study, records):
            judged = np.ones(n, dtype=bool)
            judged[sorted(self.defective.get(covariate, ()))] = False  # not eligible cannot be said from such a cell
            steps.append((reason, leaves & judged))
        impossible = np.zeros(n, dtype=bool)
        impossible[sorted(set().union(*self.defective.values()))] = True
        start = self.study.treatment.start
        unplaced = np.isnan(records.dates[start])
        if with_defects:
            unplaced, impossible = unplaced & ~impossible, np.zeros(n, dtype=bool)
        steps += [
            (speak("impossible cell"), impossible),
            (speak("{what} not recorded", what=self.study.treatment.start_name), unplaced),
        ]
        gone = np.zeros(n, dtype=bool)
        for reason, leaves in steps:
            positions = np.flatnonzero((leaves & ~gone)[~gone])
            records = without(records, reason, (int(k) for k in positions))
            last, gone = gone, gone | leaves
        startless = np.flatnonzero(gone & ~last)
        if len(startless):
            records = replace(records, findings=(*records.findings, self._without_start(startless)))
        return records

    def _without_start(self, people: IntArray) -> Finding:
        start = self.study.treatment.start
        column = self.position[folded_name(start)]
        return Finding(
            "D09",
            Severity.WARNING,
            "{n} patient(s) have no date of {start}; they are left out.",
            {"n": len(people), "start": self.study.treatment.start_name},
            "Fill in the date where it is known.",
            self.table.where(self.table.rows[int(people[0])], column),
            people=tuple(int(k) for k in people),
            keys=self._keys([int(k) for k in people]),
        )
