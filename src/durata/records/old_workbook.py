"""A worksheet of an .xls, .xlsb or .ods file becomes a Table of values; errors look like empty cells there, which is said."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

from durata.finding import Finding, Severity, StudyError, Where
from durata.language.speaking import speak
from durata.records.cells import Cell, Trouble
from durata.records.extent import furthest
from durata.records.layout import LOOKED_THROUGH, Layout, Span, find_heading, heading_notes
from durata.records.not_patients import patients_only
from durata.records.sheet_marks import covered_cells
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
from durata.records.tables import Choose, Table, letters, refuse

FIRST_ROW = Layout()

MOST_CELLS = 20_000_000
KINDS = {
    ".xls": "an old Excel file (.xls)",
    ".xlsb": "a binary Excel workbook (.xlsb)",
    ".ods": "an OpenDocument spreadsheet (.ods)",
}
CHIEF_PART = {".xlsb": "xl/workbook.bin", ".ods": "content.xml"}


def read_old_workbook(
    content: bytes, file: str, sheet: str | None, choose: Choose, layout: Layout = FIRST_ROW
) -> Table:
    """The columns that ``choose`` picks from the header of ``sheet``; titles, totals and sheets as for .xlsx files.

    Only values are there: an error such as #N/A and a formula that was never calculated cannot be told from an empty
    cell, and a finding says so. Raises StudyError (D03) when the file is damaged, protected, too large or not what its
    name says.
    """
    ending = Path(file).suffix.casefold()
    try:
        _guard(content, file, ending)
        title, names, rows, spans = _load(content, file, sheet, choose, layout)
    except StudyError:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        # a damaged workbook makes the reader raise nearly anything, its own panic included, which is no Exception
        what = "the workbook cannot be read ({kind}); it is damaged, or has contents that are refused."
        raise refuse("D03", what, Where(file), SAVE_AS_XLSX, kind=type(error).__name__) from error
    heading = find_heading(rows[: _reach(layout)], choose, layout, file, title, spans)
    header = heading.names
    check_header(header, file, title)
    chosen = sorted(set(choose(header)))
    wanted = sorted({0, *chosen}) if layout.sought else chosen
    filled = {
        number: row
        for number, row in enumerate(rows[heading.last :], start=heading.last + 1)
        if any(cell is not None and str(cell).strip() for cell in row)
    }
    columns = {k: [row[k] if k < len(row) else None for row in filled.values()] for k in wanted}
    kept = patients_only(columns, list(filled), header, layout, file, title)
    cells = {k: list(kept.columns[k]) for k in chosen}
    place = {row: k for k, row in enumerate(kept.rows)}
    below = [span for span in spans if span.last_row > heading.last]
    for (row_number, k), span in covered_cells(below, kept.rows, chosen).items():
        if cells[k][place[row_number]] is None:
            cells[k][place[row_number]] = Trouble("merged", merged=span.name)
    findings = [_values_only(file, title, ending)]
    others = [name for name in names if name != title]
    if sheet is None and others:
        first = title == names[0]
        findings.append(
            only_the_first(file, title, others) if first else chosen_by_columns(file, title, others, heading.first)
        )
    findings += [*heading_notes(heading, layout, file, title), *kept.findings]
    return Table(file, header, cells, kept.rows, sheet=title, findings=tuple(findings), header_row=heading.last)


def _reach(layout: Layout) -> int:
    return max(LOOKED_THROUGH if layout.sought else 1, layout.header_row or 1)


def _guard(content: bytes, file: str, ending: str) -> None:
    if is_locked(content):
        raise refuse("D03", "the workbook is protected by a password.", Where(file), SAVE_AS_XLSX)
    if ending == ".xls":
        if not content.startswith(OLD_OFFICE):
            what = "this is not {kind}, whatever its name says."
            raise refuse("D03", what, Where(file), SAVE_AS_XLSX, kind=speak(KINDS[ending]))
        return
    guard_archive(content, file, KINDS[ending])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if CHIEF_PART[ending] not in archive.namelist():
            what = "this is not {kind}, whatever its name says."
            raise refuse("D03", what, Where(file), SAVE_AS_XLSX, kind=speak(KINDS[ending]))
    cells = furthest(content)
    if cells > MOST_CELLS:
        what = "a sheet reaches over {n:,} cells, most of them empty; at most {most:,} are read."
        raise refuse("D03", what, Where(file), "Delete the cells far outside the table.", n=cells, most=MOST_CELLS)


def _load(
    content: bytes, file: str, sheet: str | None, choose: Choose, layout: Layout
) -> tuple[str, list[str], list[list[Cell]], tuple[Span, ...]]:
    """The name of the sheet, those of all sheets, its rows from the first one of the sheet, and its merged ranges."""
    import python_calamine

    try:
        book = python_calamine.load_workbook(io.BytesIO(content))
    except python_calamine.PasswordError as error:
        raise refuse("D03", "the workbook is protected by a password.", Where(file), SAVE_AS_XLSX) from error
    worksheet: Any = python_calamine.SheetTypeEnum.WorkSheet
    names = [one.name for one in book.sheets_metadata if one.typ == worksheet]
    place = place_of_sheet(names, sheet, file)
    if sheet is None and layout.sought and len(names) > 1:
        scores = []
        for name in names:
            begun = _rows(book.get_sheet_by_name(name), _reach(layout))
            known = layout.header_row is None or (layout.header_row <= len(begun) and any(begun[layout.header_row - 1]))
            scores.append(find_heading(begun, choose, layout, file, name).score if known else 0)
        place = sheet_with_the_columns(names, scores, layout.sought, file)
    title = names[place]
    picked = book.get_sheet_by_name(title)
    spans = tuple(
        Span(top + 1, left, bottom + 1, right, f"{letters(left)}{top + 1}:{letters(right)}{bottom + 1}")
        for (top, left), (bottom, right) in picked.merged_cell_ranges or ()
    )
    return title, names, _rows(picked), spans


def _rows(sheet: Any, most: int | None = None) -> list[list[Cell]]:
    rows = sheet.to_python(skip_empty_area=False, nrows=most)
    return [[None if cell == "" else cell for cell in row] for row in rows]


def _values_only(file: str, sheet: str, ending: str) -> Finding:
    what = "in {kind} a cell with an error (#N/A) or with a formula that was never calculated looks empty; both are read as empty."
    remedy = "Save it as .xlsx to have them told apart."
    return Finding("D11", Severity.WARNING, what, {"kind": speak(KINDS[ending])}, remedy, Where(file, sheet=sheet))
