"""A patient file becomes a Table: the wanted columns as raw cells, with the place of every row and column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from durata.finding import Finding, Severity, StudyError, Where
from durata.records.cells import Cell, label

MOST_COLUMNS = 16_384

Choose = Callable[[Sequence[str]], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A column that was joined from another file: its place there, and the row of each row of the table there."""

    file: str
    sheet: str | None
    header: str
    column: int
    row_of: Mapping[int, int]


@dataclass(frozen=True, eq=False)
class Table:
    """The wanted columns of a file.

    ``cells[k]`` is the column at position ``k`` of the header, one raw cell a row; ``rows`` says which row of the file
    each is, as a spreadsheet numbers it: the header is row 1, a record whose quoted text goes over several lines is
    one row, and empty rows count although they are passed over. A file of a statistics program numbers its cases from 1
    and has no row of names: ``header_row`` is None. ``labels[k]`` names the values of a column that has value labels.
    ``findings`` hold what is wrong with the table's form, and what was done about it. ``elsewhere[k]`` is said of a column
    that comes from another file; ``beside`` holds the name and sha256 of every other file that was read.
    """

    file: str
    header: tuple[str, ...]
    cells: Mapping[int, Sequence[Cell]]
    rows: Sequence[int]
    sheet: str | None = None
    encoding: str | None = None
    findings: tuple[Finding, ...] = field(default=())
    header_row: int | None = 1
    labels: Mapping[int, Mapping[float | str, str]] = field(default_factory=dict)
    elsewhere: Mapping[int, Elsewhere] = field(default_factory=dict)
    beside: tuple[tuple[str, str], ...] = ()

    def heading(self, column: int) -> Where:
        """The place of the name of the column at position ``column``."""
        if column in self.elsewhere:
            return Where(self.elsewhere[column].file, column=self.elsewhere[column].header)
        if self.header_row is None:
            return Where(self.file, column=self.header[column])
        return self.where(self.header_row, column)

    def where(self, row: int, column: int | None = None) -> Where:
        """The place of a row, or of its cell in the column at position ``column``."""
        if column is not None and column in self.elsewhere:
            other = self.elsewhere[column]
            there = other.row_of.get(row)
            cell = f"{letters(other.column)}{there}" if other.sheet is not None and there is not None else None
            return Where(other.file, sheet=other.sheet, cell=cell, row=there, column=other.header)
        header = None if column is None else self.header[column]
        if self.sheet is None or column is None:
            return Where(self.file, sheet=self.sheet, row=row, column=header)
        return Where(self.file, sheet=self.sheet, cell=f"{letters(column)}{row}", row=row, column=header)


def letters(column: int) -> str:
    """The letters of a spreadsheet column, counted from 0.

    >>> letters(0), letters(25), letters(26)
    ('A', 'Z', 'AA')
    """
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def header_of(cells: Sequence[Cell]) -> tuple[str, ...]:
    """Header names from the cells of the first row, empty ones at the end dropped."""
    names = [label(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def refuse(code: str, what: str, where: Where, remedy: str = "", **evidence: object) -> StudyError:
    """The error that says why a file cannot become a Table."""
    return StudyError([Finding(code, Severity.ERROR, what, evidence, remedy, where)])
