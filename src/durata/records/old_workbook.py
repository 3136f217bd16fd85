"""A worksheet of an .xls, .xlsb or .ods file becomes a Table of values; errors look like empty cells there, which is said."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

from durata.finding import Finding, Severity, StudyError, Where
from durata.records.cells import Cell
from durata.records.extent import furthest
from durata.records.sheets import (
    OLD_OFFICE,
    SAVE_AS_XLSX,
    check_header,
    guard_archive,
    is_locked,
    only_the_first,
    place_of_sheet,
)
from durata.records.tables import Choose, Table, header_of, refuse

MOST_CELLS = 20_000_000
KINDS = {
    ".xls": "an old Excel file (.xls)",
    ".xlsb": "a binary Excel workbook (.xlsb)",
    ".ods": "an OpenDocument spreadsheet (.ods)",
}
CHIEF_PART = {".xlsb": "xl/workbook.bin", ".ods": "content.xml"}


def read_old_workbook(content: bytes, file: str, sheet: str | None, choose: Choose) -> Table:
    """The columns that ``choose`` picks from the header of ``sheet`` (the first worksheet if None).

    Only values are there: an error such as #N/A and a formula that was never calculated cannot be told from an empty
    cell, and a finding says so. Raises StudyError (D03) when the file is damaged, protected, too large or not what its
    name says.
    """
    ending = Path(file).suffix.casefold()
    try:
        _guard(content, file, ending)
        title, others, rows = _load(content, file, sheet)
    except StudyError:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        # a damaged workbook makes the reader raise nearly anything, its own panic included, which is no Exception
        what = "the workbook cannot be read ({kind}); it is damaged, or has contents that are refused."
        raise refuse("D03", what, Where(file), SAVE_AS_XLSX, kind=type(error).__name__) from error
    header = header_of(rows[0]) if rows else ()
    check_header(header, file, title)
    wanted = sorted(set(choose(header)))
    kept = {
        number: row
        for number, row in enumerate(rows[1:], start=2)
        if any(cell is not None and str(cell).strip() for cell in row)
    }
    columns = {k: [row[k] if k < len(row) else None for row in kept.values()] for k in wanted}
    findings = [_values_only(file, title, ending)]
    if sheet is None and others:
        findings.append(only_the_first(file, title, others))
    return Table(file, header, columns, list(kept), sheet=title, findings=tuple(findings))


def _guard(content: bytes, file: str, ending: str) -> None:
    if is_locked(content):
        raise refuse("D03", "the workbook is protected by a password.", Where(file), SAVE_AS_XLSX)
    if ending == ".xls":
        if not content.startswith(OLD_OFFICE):
            what = "this is not {kind}, whatever its name says."
            raise refuse("D03", what, Where(file), SAVE_AS_XLSX, kind=KINDS[ending])
        return
    guard_archive(content, file, KINDS[ending])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if CHIEF_PART[ending] not in archive.namelist():
            what = "this is not {kind}, whatever its name says."
            raise refuse("D03", what, Where(file), SAVE_AS_XLSX, kind=KINDS[ending])
    cells = furthest(content)
    if cells > MOST_CELLS:
        what = "a sheet reaches over {n:,} cells, most of them empty; at most {most:,} are read."
        raise refuse("D03", what, Where(file), "Delete the cells far outside the table.", n=cells, most=MOST_CELLS)


def _load(content: bytes, file: str, sheet: str | None) -> tuple[str, list[str], list[list[Cell]]]:
    """The name of the sheet, those of the others, and its rows from the first one of the sheet."""
    import python_calamine

    try:
        book = python_calamine.load_workbook(io.BytesIO(content))
    except python_calamine.PasswordError as error:
        raise refuse("D03", "the workbook is protected by a password.", Where(file), SAVE_AS_XLSX) from error
    worksheet: Any = python_calamine.SheetTypeEnum.WorkSheet
    names = [one.name for one in book.sheets_metadata if one.typ == worksheet]
    title = names[place_of_sheet(names, sheet, file)]
    rows = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
    empty: list[list[Cell]] = [[None if cell == "" else cell for cell in row] for row in rows]
    return title, [name for name in names if name != title], empty


def _values_only(file: str, sheet: str, ending: str) -> Finding:
    what = "in {kind} a cell with an error (#N/A) or with a formula that was never calculated looks empty; both are read as empty."
    remedy = "Save it as .xlsx to have them told apart."
    return Finding("D11", Severity.WARNING, what, {"kind": KINDS[ending]}, remedy, Where(file, sheet=sheet))
