"""What durata noticed: a Finding, its place and severity, and the errors one cannot go past."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from durata.language.speaking import say_in, speak, spoken

Evidence = Mapping[str, object]


class Severity(StrEnum):
    """How much a finding matters; ordered by :attr:`rank`."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for information, 1 for a warning, 2 for an error."""
        return {"info": 0, "warning": 1, "error": 2}[self.value]


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a file a person can go to.

    ``line`` and ``position`` count from 1 and belong to text files (``study.toml:9:1``);
    ``sheet``, ``cell``, ``row`` and ``column`` belong to tables (``cohort.xlsx, Sheet1!D12``).
    ``row`` is the row number a spreadsheet shows, the header being row 1.
    """

    file: str
    line: int | None = None
    position: int | None = None
    sheet: str | None = None
    cell: str | None = None
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        if self.line is not None:
            return f"{self.file}:{self.line}:{self.position or 1}"
        place = self.file
        if self.sheet is not None and self.cell is not None:
            return f"{place}, {self.sheet}!{self.cell}"
        if self.row is not None:
            place += speak(", row {row}", row=self.row)
        if self.column is not None:
            place += speak(", column '{column}'", column=self.column)
        return place


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing noticed in the declaration, the data, a design or an answer.

    ``what`` and ``remedy`` are sentences with ``{names}`` that are filled from ``evidence``; they are
    kept apart so that a machine can read them. ``language`` is the one its evidence is worded in, and it is said in.
    ``people`` are positions of patients in the records (never identifiers); ``keys`` are a pseudonym of each of them, in
    the same order, by which a later run recognises them (empty where none is needed).
    """

    code: str
    severity: Severity
    what: str
    evidence: Evidence = field(default_factory=dict)
    remedy: str = ""
    where: Where | None = None
    reference: str = ""
    people: tuple[int, ...] = ()
    keys: tuple[str, ...] = ()
    language: str = field(default_factory=spoken)

    def __post_init__(self) -> None:
        object.__setattr__(self, "evidence", MappingProxyType(dict(self.evidence)))

    @property
    def message(self) -> str:
        """The sentence that says what was seen, its numbers filled in."""
        return say_in(self.language, self.what, self.evidence)

    @property
    def advice(self) -> str:
        """The sentence that says what to do, its numbers filled in."""
        return say_in(self.language, self.remedy, self.evidence)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f" {self.advice}" if self.remedy else ""
        return f"{place}{self.severity} {self.code}: {self.message}{advice}"


class DurataError(Exception):
    """Anything durata refuses to do, in words; ``exit_code`` is what the command line returns."""

    exit_code = 70


class StudyError(DurataError):
    """The study file or the data cannot become a Cohort; carries every finding that says why."""

    exit_code = 3

    def __init__(self, findings: Iterable[Finding], also: Iterable[Finding] = ()) -> None:
        self.findings = tuple(findings)
        self.also = tuple(also)  # what was noticed besides and would not have stopped anything
        super().__init__("\n".join(str(finding) for finding in self.findings))


class CannotEstimate(DurataError):
    """A Cohort stands, but this answer cannot be had from it; the message says why and what to do."""

    exit_code = 4
