"""A worksheet of an .xlsx or .xlsm file becomes a Table: typed cells, errors and uncalculated formulas kept apart from blanks."""

from __future__ import annotations

import datetime
import io
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from durata.finding import StudyError, Where
from durata.records.cells import Cell, Trouble
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

LARGEST = 100_000_000


def read_xlsx(content: bytes, file: str, sheet: str | None, choose: Choose) -> Table:
    """The columns that ``choose`` picks from the header of ``sheet`` (the first worksheet if None).

    Refused before anything is unpacked: a file that is no zip archive, or one that would unpack to more than 512 MB or
    2,000 entries. Raises StudyError; whatever openpyxl trips over is said in words, not as its own exception.
    """
    _guard(content, file)
    try:
        picked = _load(content, file, sheet, choose, values=True)
        if _has_formulas(content):
            _mark_uncalculated(picked, _load(content, file, picked.sheet, choose, values=False))
    except StudyError:
        raise
    except Exception as error:  # a damaged workbook makes openpyxl raise nearly anything
        what = "the workbook cannot be read ({kind}); it is damaged, or has contents that are refused."
        raise refuse("D03", what, Where(file), SAVE_AS_XLSX, kind=type(error).__name__) from error
    findings = () if sheet is not None or not picked.others else (only_the_first(file, picked.sheet, picked.others),)
    rows = sorted(picked.rows)
    columns = {k: [picked.rows[row][place] for row in rows] for place, k in enumerate(picked.wanted)}
    return Table(file, picked.header, columns, rows, sheet=picked.sheet, findings=findings)


@dataclass(frozen=True)
class _Picked:
    """Of one sheet: its header, the wanted positions, their cells by row number, and the sheets passed over."""

    sheet: str
    header: tuple[str, ...]
    wanted: Sequence[int]
    rows: dict[int, list[Cell]]
    others: Sequence[str]


def _guard(content: bytes, file: str) -> None:
    if content.startswith(OLD_OFFICE):
        what = "this is an old Excel file (.xls)."
        if is_locked(content):
            what = "the workbook is protected by a password."
        raise refuse("D03", what, Where(file), SAVE_AS_XLSX)
    guard_archive(content, file, "an Excel workbook (.xlsx)")


def _load(content: bytes, file: str, sheet: str | None, choose: Choose, *, values: bool) -> _Picked:
    """Read one sheet row by row; of each row only the wanted cells are kept, and nothing of an empty row."""
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells of styles and validations it leaves out; no value is touched
        book: Any = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=values)
        try:
            names = [str(one.title) for one in book.worksheets]
            chosen = book.worksheets[place_of_sheet(names, sheet, file)]
            chosen.reset_dimensions()  # what the file says of its own size may be wrong
            title = str(chosen.title)
            rows = chosen.iter_rows()
            header = header_of([_cell(cell, values) for cell in next(rows, ())])
            check_header(header, file, title)
            wanted = sorted(set(choose(header)))
            kept: dict[int, list[Cell]] = {}
            for number, row in enumerate(rows, start=2):
                if any(cell.value is not None and str(cell.value).strip() for cell in row):
                    kept[number] = [_cell(row[k], values) if k < len(row) else None for k in wanted]
            return _Picked(title, header, wanted, kept, [one for one in names if one != title])
        finally:
            book.close()


def _cell(cell: Any, values: bool) -> Cell:
    value = cell.value
    if value is None and cell.data_type == "str":
        return ""  # the result of a formula that gives an empty text
    if value is None or isinstance(value, str | int | float | datetime.date | datetime.time | datetime.timedelta):
        if cell.data_type == "e" and isinstance(value, str):
            return Trouble(value)
        if not values and cell.data_type == "f":
            return Trouble("=", formula=True)
        return value
    return Trouble("=", formula=True)  # array and table formulas come as objects of their own


def _has_formulas(content: bytes) -> bool:
    """Whether any worksheet holds a formula; only then is the second pass worth its time."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            if entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml"):
                with archive.open(entry) as part:
                    tail = b""
                    while block := part.read(1 << 20):
                        if b"<f>" in tail + block or b"<f " in tail + block:
                            return True
                        tail = block[-2:]
    return False


def _mark_uncalculated(values: _Picked, formulas: _Picked) -> None:
    """Where a formula stands and no value does, the formula was never calculated."""
    for number, row in formulas.rows.items():
        for k, cell in enumerate(row):
            if isinstance(cell, Trouble) and cell.formula:
                kept = values.rows.setdefault(number, [None] * len(row))
                kept[k] = cell if kept[k] is None else kept[k]
