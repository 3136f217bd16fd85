"""Where a table begins on its sheet: the row of column names, found by the declared names, in one row or in two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from durata.finding import Finding, Severity, Where
from durata.language.speaking import speak
from durata.records.cells import Cell, label
from durata.records.tables import Choose, header_of, refuse

LOOKED_THROUGH = 30  # rows in which the names of the columns are looked for
MOST_ROWS_TOLD = 10


@dataclass(frozen=True, slots=True)
class Span:
    """A merged range: rows counted from 1 as a spreadsheet does, columns from 0, the last ones included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int
    name: str


@dataclass(frozen=True, slots=True)
class Layout:
    """What the study says of the form of the table.

    ``header_row`` and ``skip_rows`` as declared; ``sought`` is how many columns the study needs (0: the names stand in the
    first row, and nothing is looked for); ``identifier`` gives the position of the patients' identifiers in a header.
    """

    header_row: int | None = None
    skip_rows: frozenset[int] = frozenset()
    sought: int = 0
    identifier: Callable[[Sequence[str]], int | None] | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """The names of the columns and the rows they were taken from; ``score`` declared ones are among them."""

    names: tuple[str, ...]
    first: int
    last: int
    score: int = 0
    width: int = field(default=0)  # cells of the row, empty ones at its end included


def find_heading(
    rows: Sequence[Sequence[Cell]],
    choose: Choose,
    layout: Layout,
    file: str,
    sheet: str | None,
    spans: Iterable[Span] = (),
) -> Heading:
    """The heading among the first rows of a sheet (``rows[0]`` is row 1).

    The declared row, or else the first one that holds most of the columns that the study needs. Where two rows together
    hold more than any one does, each name is that of the lower row, or of the upper one where the lower is empty; a lower
    name that stands twice has the upper one set before it.
    """
    spans = tuple(spans)

    def row(number: int) -> list[Cell]:
        return _spread(rows[number - 1], number, spans)

    def single(number: int) -> Heading:
        names = header_of(row(number))
        return Heading(names, number, number, len(set(choose(names))), len(rows[number - 1]))

    def double(number: int) -> Heading:
        names = _two_rows(row(number), row(number + 1))
        width = max(len(rows[number - 1]), len(rows[number]))
        return Heading(names, number, number + 1, len(set(choose(names))), width)

    declared = layout.header_row
    if declared is not None and not (declared <= len(rows) and header_of(rows[declared - 1])):
        what = "header_row: row {row} is empty or not there."
        remedy = "Give the row in which the names of the columns stand, as a spreadsheet numbers it."
        raise refuse("D05", what, Where(file, sheet=sheet, row=declared), remedy, row=declared)
    if not rows:
        return Heading((), 1, 1)
    best = single(declared or 1)
    if declared is None:
        for number in range(2, len(rows) + 1 if layout.sought else 2):
            if best.score >= layout.sought:
                break
            one = single(number)
            if one.score > best.score and one.score >= min(2, layout.sought):
                best = one
    if 0 < best.score < layout.sought:
        for number in (best.first - 1, best.first):
            if 1 <= number < len(rows) and (declared is None or number == declared):
                both = double(number)
                best = both if both.score > best.score else best
    return best


def _spread(cells: Sequence[Cell], number: int, spans: Sequence[Span]) -> list[Cell]:
    """The cells of a heading, those of a merged range all with its text."""
    spread = list(cells)
    for span in spans:
        if span.first_row == number and span.first_column < len(spread):
            end = min(span.last_column, len(spread) - 1)
            spread[span.first_column : end + 1] = [spread[span.first_column]] * (end + 1 - span.first_column)
    return spread


def _two_rows(upper: Sequence[Cell], lower: Sequence[Cell]) -> tuple[str, ...]:
    width = max(len(upper), len(lower))
    above = [label(cell) for cell in upper] + [""] * (width - len(upper))
    below = [label(cell) for cell in lower] + [""] * (width - len(lower))
    for k in range(1, width):  # a heading over several columns stands in the first of them where nothing is merged
        if not above[k] and below[k]:
            above[k] = above[k - 1]
    names = []
    for over, under in zip(above, below, strict=True):
        twice = bool(under) and below.count(under) > 1
        names.append(f"{over} {under}".strip() if twice else under or over)
    return header_of(names)


def heading_notes(heading: Heading, layout: Layout, file: str, sheet: str | None) -> list[Finding]:
    """What is to be said of a heading that is not simply the first row."""
    found = []
    where = place_of_row(file, sheet, heading.first)
    if heading.first > 1 and layout.header_row is None:
        what = "the names of the columns stand in row {row}; the {n} row(s) above it were passed over."
        found.append(note(what, where, "", row=heading.first, n=heading.first - 1))
    if heading.last > heading.first:
        what = "the names of the columns were put together from rows {first} and {last}."
        remedy = "Look at the names that durata gives them, and map them under [data.rename]."
        found.append(note(what, where, remedy, first=heading.first, last=heading.last))
    return found


def note(what: str, where: Where, remedy: str = "", **evidence: object) -> Finding:
    """A finding that says how a table was read; nobody has to do anything."""
    return Finding("N10", Severity.INFO, what, evidence, remedy, where)


def place_of_row(file: str, sheet: str | None, row: int) -> Where:
    """The place of a whole row: on a sheet, its first cell."""
    return Where(file, sheet=sheet, cell=None if sheet is None else f"A{row}", row=row)


def told(numbers: Sequence[int | str]) -> str:
    """Numbers of rows in one line; beyond ten only how many more."""
    shown = ", ".join(map(str, numbers[:MOST_ROWS_TOLD]))
    rest = len(numbers) - MOST_ROWS_TOLD
    return shown if rest <= 0 else speak("{shown} and {n} more", shown=shown, n=rest)
