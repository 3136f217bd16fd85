"""A worksheet of an .xlsx or .xlsm file becomes a Table: typed cells, errors and uncalculated formulas kept apart from blanks."""

from __future__ import annotations

import datetime
import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import Any

from durata.finding import Finding, StudyError, Where
from durata.records.cells import Cell, Trouble
from durata.records.layout import LOOKED_THROUGH, Heading, Layout, find_heading, heading_notes
from durata.records.not_patients import patients_only
from durata.records.sheet_marks import SheetMarks, covered_cells, hidden_notes, sheet_marks
from durata.records.sheets import (
    OLD_OFFICE,
    SAVE_AS_XLSX,
    check_header,
    chosen_by_columns,
    guard_archive,
    is_locked,
    only_the_first,
    place_of_sheet,
    sheet_with_the_columns,
)
from durata.records.tables import Choose, Table, refuse

FIRST_ROW = Layout()
LARGEST = 100_000_000


def read_xlsx(content: bytes, file: str, sheet: str | None, choose: Choose, layout: Layout = FIRST_ROW) -> Table:
    """The columns that ``choose`` picks from the header of ``sheet``.

    Without a declared sheet it is the first worksheet, or, when ``layout`` says how many columns are sought, the one that
    holds most of them. Refused before anything is unpacked: a file that is no zip archive, or one that would unpack to
    more than 512 MB or 2,000 entries. Raises StudyError; whatever openpyxl trips over is said in words, not as its own
    exception.
    """
    _guard(content, file)
    try:
        picked = _load(content, file, sheet, choose, layout)
        for row, place in picked.marks.uncalculated:
            _mark_uncalculated(picked, row, place)
        if picked.marks.unplaced:
            _find_uncalculated(picked, content)
    except StudyError:
        raise
    except Exception as error:  # a damaged workbook makes openpyxl raise nearly anything
        what = "the workbook cannot be read ({kind}); it is damaged, or has contents that are refused."
        raise refuse("D03", what, Where(file), SAVE_AS_XLSX, kind=type(error).__name__) from error
    return _table(picked, file, choose, layout, declared=sheet is not None)


@dataclass(frozen=True)
class _Picked:
    """Of one sheet: its heading, the wanted positions, their cells by row number, its marks, and all sheets."""

    sheet: str
    heading: Heading
    wanted: Sequence[int]
    rows: dict[int, list[Cell]]
    names: Sequence[str]
    marks: SheetMarks


def _table(picked: _Picked, file: str, choose: Choose, layout: Layout, *, declared: bool) -> Table:
    """The picked cells as a Table: merged ones marked, totals and notes left out, what is hidden said."""
    header, rows = picked.heading.names, sorted(picked.rows)
    chosen = sorted(set(choose(header)))
    columns = {k: [picked.rows[row][place] for row in rows] for place, k in enumerate(picked.wanted)}
    kept = patients_only(columns, rows, header, layout, file, picked.sheet)
    cells = {k: list(kept.columns[k]) for k in chosen}
    place = {row: k for k, row in enumerate(kept.rows)}
    spans = [span for span in picked.marks.spans if span.last_row > picked.heading.last]
    for (row, k), span in covered_cells(spans, kept.rows, chosen).items():
        if cells[k][place[row]] is None:
            cells[k][place[row]] = Trouble("merged", merged=span.name)
    findings: list[Finding] = []
    others = [name for name in picked.names if name != picked.sheet]
    if not declared and others:
        first = picked.sheet == picked.names[0]
        row = picked.heading.first
        said = only_the_first if first else partial(chosen_by_columns, row=row)
        findings.append(said(file, picked.sheet, others))
    findings += heading_notes(picked.heading, layout, file, picked.sheet)
    findings += kept.findings
    findings += hidden_notes(picked.marks, kept.rows, chosen, header, file, picked.sheet)
    return Table(
        file,
        header,
        cells,
        kept.rows,
        sheet=picked.sheet,
        findings=tuple(findings),
        header_row=picked.heading.last,
    )


def _guard(content: bytes, file: str) -> None:
    if content.startswith(OLD_OFFICE):
        what = "this is an old Excel file (.xls)."
        if is_locked(content):
            what = "the workbook is protected by a password."
        raise refuse("D03", what, Where(file), SAVE_AS_XLSX)
    guard_archive(content, file, "an Excel workbook (.xlsx)")


@contextmanager
def _opened(content: bytes, *, values: bool) -> Iterator[Any]:
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells of styles and validations it leaves out; no value is touched
        book: Any = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=values)
        try:
            yield book
        finally:
            book.close()


def _load(content: bytes, file: str, sheet: str | None, choose: Choose, layout: Layout) -> _Picked:
    """Read one sheet row by row; of each row only the wanted cells are kept, and nothing of an empty row."""
    reach = max(LOOKED_THROUGH if layout.sought else 1, layout.header_row or 1)
    with _opened(content, values=True) as book:
        names = [str(one.title) for one in book.worksheets]
        place = place_of_sheet(names, sheet, file)
        if sheet is None and layout.sought and len(names) > 1:
            place = sheet_with_the_columns(names, _scores(book, choose, layout, file, reach), layout.sought, file)
        chosen = book.worksheets[place]
        chosen.reset_dimensions()  # what the file says of its own size may be wrong
        title = str(chosen.title)
        marks = sheet_marks(content, str(chosen._worksheet_path).lstrip("/"))
        rows = enumerate(chosen.iter_rows(), start=1)
        begun = list(islice(rows, reach))
        above = [[_cell(cell, True) for cell in row] for _, row in begun]
        heading = find_heading(above, choose, layout, file, title, marks.spans)
        check_header(heading.names, file, title)
        wanted = sorted({*choose(heading.names), *((0,) if layout.sought else ())})
        kept: dict[int, list[Cell]] = {}
        for number, row in chain(begun[heading.last :], rows):
            if any(cell.value is not None and str(cell.value).strip() for cell in row):
                kept[number] = [_cell(row[k], True) if k < len(row) else None for k in wanted]
        return _Picked(title, heading, wanted, kept, names, marks)


def _scores(book: Any, choose: Choose, layout: Layout, file: str, reach: int) -> list[int]:
    """How many of the columns that the study needs each worksheet holds."""
    found = []
    for one in book.worksheets:
        one.reset_dimensions()
        rows = [[_cell(cell, True) for cell in row] for row in islice(one.iter_rows(), reach)]
        if layout.header_row is not None and not (layout.header_row <= len(rows) and any(rows[layout.header_row - 1])):
            found.append(0)
            continue
        found.append(find_heading(rows, choose, layout, file, str(one.title)).score)
    return found


def _cell(cell: Any, values: bool) -> Cell:
    value = cell.value
    if values and (type(value) is float or type(value) is int or (type(value) is str and cell.data_type != "e")):
        return value  # nearly all cells
    if value is None and cell.data_type == "str":
        return ""  # the result of a formula that gives an empty text
    if value is None or isinstance(value, str | int | float | datetime.date | datetime.time | datetime.timedelta):
        if cell.data_type == "e" and isinstance(value, str):
            return Trouble(value)
        if not values and cell.data_type == "f":
            return Trouble("=", formula=True)
        return value
    return Trouble("=", formula=True)  # array and table formulas come as objects of their own


def _mark_uncalculated(picked: _Picked, row: int, position: int) -> None:
    """Where a formula stands and no value does, the formula was never calculated."""
    if row > picked.heading.last and position in picked.wanted:
        place = picked.wanted.index(position)
        kept = picked.rows.setdefault(row, [None] * len(picked.wanted))
        kept[place] = Trouble("=", formula=True) if kept[place] is None else kept[place]


def _find_uncalculated(picked: _Picked, content: bytes) -> None:
    """The same by a second reading of the sheet, for a file whose cells do not say where they are."""
    with _opened(content, values=False) as book:
        chosen = book.worksheets[picked.names.index(picked.sheet)]
        chosen.reset_dimensions()
        for number, row in enumerate(chosen.iter_rows(), start=1):
            for k, cell in enumerate(row):
                found = _cell(cell, False)
                if isinstance(found, Trouble) and found.formula:
                    _mark_uncalculated(picked, number, k)
