"""What a check found as a workbook that can be filtered: one row a cell, nothing in it that runs."""

from __future__ import annotations

from io import BytesIO

import xlsxwriter

from durata.language.speaking import speak, spoken
from durata.report.since import Compared, Row
from durata.report.workbook import CREATED, FONT, SAFE, clean, sheet_name

WIDTHS = (18, 11, 10, 8, 20, 14, 8, 8, 18, 18, 60, 60, 30)
COLOURS = {"error": "#F8D7CF", "warning": "#FFF1CC", "info": "#E3EFF8"}
MOST_ROWS = 1_000_000  # a sheet has 1,048,576


def check_workbook(found: Compared) -> bytes:
    """The rows of a check as xlsx: heads that stay in sight, a filter on every column, every text written as text.

    What does not fit on one sheet goes on to the next. The same rows give the same bytes.
    """
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, SAFE)
    book.set_properties({"title": clean(speak("Findings")), "created": CREATED})
    font = {"font_name": FONT.get(spoken(), FONT["en"]), "font_size": 10, "valign": "top"}
    head = book.add_format({**font, "bold": True, "bottom": 1, "text_wrap": True})
    plain = book.add_format({**font, "text_wrap": True})
    looks = {severity: book.add_format({**font, "bg_color": colour}) for severity, colour in COLOURS.items()}
    heads, taken = _heads(), set[str]()
    for begin in range(0, max(len(found.rows), 1), MOST_ROWS):
        name = sheet_name(speak("Findings"), taken)
        taken.add(name.casefold())
        sheet = book.add_worksheet(name)
        rows = found.rows[begin : begin + MOST_ROWS]
        for k, (title, width) in enumerate(zip(heads, WIDTHS, strict=True)):
            sheet.set_column(k, k, width)
            sheet.write_string(0, k, clean(title), head)
        for at, row in enumerate(rows, start=1):
            for k, value in enumerate(_values(row)):
                look = looks[row.severity] if k == 2 and row.severity in looks else plain
                if isinstance(value, int):
                    sheet.write_number(at, k, value, look)
                elif value:
                    sheet.write_string(at, k, clean(value), look)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(rows), 1), len(heads) - 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
    book.close()
    return buffer.getvalue()


def _heads() -> tuple[str, ...]:
    return (
        speak("Id"),
        speak("Since the last check"),
        speak("Severity"),
        speak("Code"),
        speak("File"),
        speak("Sheet"),
        speak("Cell"),
        speak("Row"),
        speak("Column"),
        speak("Text"),
        speak("What is wrong"),
        speak("What to do"),
        speak("Reference"),
    )


def _values(row: Row) -> tuple[str | int | None, ...]:
    place = (row.file, row.sheet, row.cell, row.row, row.column)
    words = {"new": speak("new"), "unchanged": speak("unchanged"), "gone": speak("gone")}
    severity = {"error": speak("error"), "warning": speak("warning"), "info": speak("info")}
    state = words.get(row.state, "")
    told = (row.text, row.message, row.remedy, row.reference)
    return (row.id, state, severity.get(row.severity, ""), row.code, *place, *told)
