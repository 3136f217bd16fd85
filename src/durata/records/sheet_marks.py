"""What the XML of a worksheet says beside its cells: merged ranges, hidden rows and columns, a filter, formulas."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from durata.finding import Finding
from durata.records.layout import Span, note, place_of_row, told
from durata.records.tables import letters

BLOCK = 1 << 20
MARK = re.compile(rb"<(?:[A-Za-z][\w.]*:)?(row|col|mergeCell|autoFilter)(?=[\s/>])([^>]*)>")
NUMBERED = re.compile(rb"""\br\s*=\s*["'](\d+)["']""")
HIDDEN = re.compile(rb"""\bhidden\s*=\s*["'](?:1|true)["']""")
REFERENCE = re.compile(rb"""\bref\s*=\s*["']([^"']+)["']""")
BOUNDS = re.compile(rb"""\b(min|max)\s*=\s*["'](\d+)["']""")
RANGE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7}):\$?([A-Z]{1,3})\$?([0-9]{1,7})")
# A cell that holds a formula, and the value that was calculated of it, if there is one.
FORMULA = re.compile(
    rb"<(?:[A-Za-z][\w.]*:)?c(?=[\s>])([^>]*)>\s*<(?:[A-Za-z][\w.]*:)?f(?=[\s/>])[^>]*?(?:/>|>[^<]*</[^>]*>)"
    rb"\s*(<(?:[A-Za-z][\w.]*:)?v(?:\s[^>]*)?>[^<]+)?"
)
PLACE = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})(\d{1,7})["']""")
CELL_END = b"</c>"
MOST_SPANS = 100_000
UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


@dataclass(frozen=True)
class SheetMarks:
    """The marks of one worksheet; ``hidden_columns`` are ranges of positions counted from 0, last ones included.

    ``uncalculated`` are the cells (row, position) with a formula and no value; ``unplaced`` says that a formula stands in
    a cell that does not say where it is.
    """

    spans: tuple[Span, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: tuple[tuple[int, int], ...] = ()
    filtered: str = ""
    uncalculated: tuple[tuple[int, int], ...] = ()
    unplaced: bool = False


def sheet_marks(content: bytes, part: str) -> SheetMarks:
    """The marks of the worksheet that is the part ``part`` of a workbook; read block by block, never as a tree."""
    spans: list[Span] = []
    hidden: set[int] = set()
    columns: list[tuple[int, int]] = []
    filtered, row = "", 0
    uncalculated: list[tuple[int, int]] = []
    unplaced = False
    with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(part) as opened:
        begun = opened.read(BLOCK)
        encoding = UTF_16.get(begun[:2])
        if encoding is not None:  # rare, and small when it happens: made UTF-8 as a whole
            begun = (begun + opened.read()).decode(encoding, "replace").encode("utf-8", "replace")
        while begun:
            block = opened.read(max(BLOCK, len(begun)))
            end = _cut(begun) if block else len(begun)
            for found in MARK.finditer(begun, 0, end):
                kind, attributes = found[1], found[2]
                if kind == b"row":
                    numbered = NUMBERED.search(attributes)
                    row = int(numbered[1]) if numbered else row + 1
                    if b"hidden" in attributes and HIDDEN.search(attributes):
                        hidden.add(row)
                elif kind == b"col":
                    if HIDDEN.search(attributes):
                        bounds = {name: int(value) for name, value in BOUNDS.findall(attributes)}
                        columns.append((bounds.get(b"min", 1) - 1, bounds.get(b"max", 1) - 1))
                elif reference := REFERENCE.search(attributes):
                    text = reference[1].decode("ascii", "replace")
                    if kind == b"autoFilter":
                        filtered = text
                    elif len(spans) < MOST_SPANS and (span := span_of(text)) is not None:
                        spans.append(span)
            for found in FORMULA.finditer(begun, 0, end):
                if found[2] is None:
                    place = PLACE.search(found[1])
                    unplaced = unplaced or place is None
                    if place is not None:
                        uncalculated.append((int(place[2]), _position(place[1].decode("ascii"))))
            begun = begun[end:] + block
    return SheetMarks(tuple(spans), frozenset(hidden), tuple(columns), filtered, tuple(uncalculated), unplaced)


def _cut(block: bytes) -> int:
    """Where a block may be cut: behind a whole cell, or else behind a whole tag."""
    cell = block.rfind(CELL_END)
    return cell + len(CELL_END) if cell >= 0 else block.rfind(b">") + 1


def span_of(text: str) -> Span | None:
    """A range such as B3:D5; None when the text is none.

    >>> span_of("B3:D5")
    Span(first_row=3, first_column=1, last_row=5, last_column=3, name='B3:D5')
    """
    found = RANGE.fullmatch(text)
    if found is None:
        return None
    return Span(int(found[2]), _position(found[1]), int(found[4]), _position(found[3]), text.replace("$", ""))


def _position(column: str) -> int:
    number = 0
    for letter in column:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def covered_cells(spans: Sequence[Span], rows: Sequence[int], wanted: Sequence[int]) -> Mapping[tuple[int, int], Span]:
    """The cells (row, position of a wanted column) that are empty because they are merged with the first one of a range."""
    known = set(rows)
    found: dict[tuple[int, int], Span] = {}
    for span in spans:
        inside = [k for k in wanted if span.first_column <= k <= span.last_column]
        if not inside:
            continue
        long = span.last_row - span.first_row + 1 > len(known)
        numbers = known if long else range(span.first_row, span.last_row + 1)
        for row in numbers:
            if row in known and span.first_row <= row <= span.last_row:
                for k in inside:
                    if (row, k) != (span.first_row, span.first_column):
                        found[row, k] = span
    return found


def hidden_notes(
    marks: SheetMarks, rows: Sequence[int], wanted: Sequence[int], header: Sequence[str], file: str, sheet: str
) -> list[Finding]:
    """What is hidden and was read all the same; only rows of the table and columns that the study needs are told."""
    found = []
    hidden = [row for row in rows if row in marks.hidden_rows]
    if hidden and marks.filtered:
        what = "a filter hides {n:,} row(s) of the table; they were read like the others ({rows})."
        found.append(note(what, place_of_row(file, sheet, hidden[0]), "", n=len(hidden), rows=told(hidden)))
    elif hidden:
        what = "{n:,} hidden row(s) of the table were read like the others ({rows})."
        found.append(note(what, place_of_row(file, sheet, hidden[0]), "", n=len(hidden), rows=told(hidden)))
    columns = [k for k in wanted if any(first <= k <= last for first, last in marks.hidden_columns)]
    if columns:
        what = "{n} hidden column(s) were read like the others ({columns})."
        names = told([f"{letters(k)} {header[k]!r}" for k in columns])
        found.append(note(what, place_of_row(file, sheet, 1), "", n=len(columns), columns=names))
    return found
