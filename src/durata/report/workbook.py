"""tables.xlsx: every table of a Document on a sheet of its own, nothing in it that a spreadsheet could run or follow."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Literal

import xlsxwriter

from durata.language.speaking import speak, speaking
from durata.report.document import Document, Numbered, TableBlock
from durata.report.plain_numbers import plain_number
from durata.show.numbers import Cell
from durata.show.printable import UNPRINTABLE
from durata.show.table import Head, Table

# What Excel refuses in the name of a sheet, and how long it may be.
NOT_IN_A_SHEET_NAME = "[]:*?/\\'"
LONGEST_SHEET_NAME = 31
LONGEST_TEXT = 32_767
# A workbook remembers when it was made; the same tables must make the same bytes.
CREATED = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
FONT = {"en": "Arial", "zh": "Microsoft YaHei"}
SAFE = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
NARROWEST, WIDEST, SENTENCE = 9.0, 44.0, 60.0
FIRST_HEAD = 2  # title, an empty row, then the heads

Look = dict[str, Any]


def to_xlsx(document: Document) -> bytes:
    """The tables of a document as a workbook: a sheet of contents with links, then a sheet a table.

    Every text is written as text, whatever it begins with; a cell that is a plain number becomes that number in the
    format it is printed in. The same document gives the same bytes.
    """
    with speaking(document.language):
        buffer = BytesIO()
        book = xlsxwriter.Workbook(buffer, SAFE)
        book.set_properties({"title": clean(document.title), "created": CREATED})
        _Book(book, FONT.get(document.language, FONT["en"])).write(document)
        book.close()
        return buffer.getvalue()


def clean(text: str) -> str:
    """A text as a cell can hold it: no control characters, no longer than a cell may be."""
    shown = UNPRINTABLE.sub("\ufffd", text)
    return shown if len(shown) <= LONGEST_TEXT else shown[: LONGEST_TEXT - 1] + "…"


def sheet_name(text: str, taken: set[str]) -> str:
    """A name that Excel accepts for a sheet and no other sheet has.

    >>> sheet_name("Table 1: a/b", {"table 1 a b"})
    'Table 1 a b (2)'
    """
    allowed = "".join(" " if letter in NOT_IN_A_SHEET_NAME else letter for letter in clean(text))
    name = " ".join(allowed.split())[:LONGEST_SHEET_NAME].strip() or "1"
    found, number = name, 1
    while found.casefold() in taken or found.casefold() == "history":
        number += 1
        ending = f" ({number})"
        found = name[: LONGEST_SHEET_NAME - len(ending)] + ending
    return found


class _Book:
    """A workbook being written, with the looks its cells share."""

    def __init__(self, book: Any, font: str) -> None:
        self.book, self.font = book, font
        self.looks: dict[tuple[tuple[str, Any], ...], Any] = {}

    def look(self, **properties: Any) -> Any:
        """A format, made once: a workbook holds each look a single time."""
        key = tuple(sorted(properties.items()))
        if key not in self.looks:
            self.looks[key] = self.book.add_format(
                {"font_name": self.font, "font_size": 10, "valign": "top", **properties}
            )
        return self.looks[key]

    def write(self, document: Document) -> None:
        front_name = sheet_name(speak("Contents"), set())
        front = self.book.add_worksheet(front_name)
        front.hide_gridlines(2)
        front.set_column(0, 0, 12)
        front.set_column(1, 1, 90)
        front.write_string(0, 0, clean(document.title), self.look(bold=True, font_size=14))
        if document.subtitle:
            front.write_string(1, 0, clean(document.subtitle), self.look(font_color="#555555"))
        taken, row = {front_name.casefold()}, 3
        for entry, table in tables(document):
            name = sheet_name(entry.number, taken)
            taken.add(name.casefold())
            link = f"internal:'{name}'!A1"
            front.write_url(row, 0, link, self.look(font_color="#0072B2", underline=1), clean(entry.number))
            front.write_string(row, 1, clean(table.title), self.look(text_wrap=True))
            self.sheet(self.book.add_worksheet(name), entry.number, table, front_name)
            row += 1
        front.activate()

    def sheet(self, sheet: Any, number: str, table: Table, front: str) -> None:
        """One table: title, heads under their spanners, body, notes."""
        sheet.hide_gridlines(2)
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.write_string(0, 0, clean(f"{number}. {table.title}"), self.look(bold=True, font_size=12))
        sheet.write_url(
            1, 0, f"internal:'{front}'!A1", self.look(font_color="#0072B2", underline=1, font_size=9), speak("Contents")
        )
        row = FIRST_HEAD
        spanners = table.spanners()
        if spanners:
            column = 1
            for words, width in spanners:
                look = self.look(bold=True, align="center", top=1, **({"bottom": 4} if words else {}))
                if width > 1 and words:
                    sheet.merge_range(row, column, row, column + width - 1, "", look)
                sheet.write_string(row, column, clean(words), look)
                for empty in range(1, width if not words else 1):
                    sheet.write_blank(row, column + empty, None, look)
                column += width
            sheet.write_blank(row, 0, None, self.look(top=1))
            row += 1
        edge = {"bottom": 1} if spanners else {"bottom": 1, "top": 1}
        sheet.write_string(row, 0, clean(table.stub_head), self.look(bold=True, text_wrap=True, **edge))
        for column, head in enumerate(table.heads, start=1):
            align = "left" if head.align == "left" else "right"
            sheet.write_string(row, column, clean(head.text), self.look(bold=True, text_wrap=True, align=align, **edge))
        row += 1
        sheet.freeze_panes(row, 1)
        marks = table.marks()
        for line in table.rows:
            last: Look = {"bottom": 1} if line is table.rows[-1] else {}
            stub = self.look(text_wrap=True, indent=line.depth, bold=line.heading, **last)
            sheet.write_string(row, 0, clean(line.stub), stub)
            if line.heading:
                for column in range(1, len(table.heads) + 1):
                    sheet.write_blank(row, column, None, self.look(**last))
            for column, (head, cell) in enumerate(zip(table.heads, line.cells, strict=False), start=1):
                self.cell(sheet, row, column, head, cell, marks.get(cell.note, ""), last)
            row += 1
        row += 1
        for note, mark in marks.items():
            sheet.write_string(row, 0, clean(f"({mark}) {note}"), self.look(font_size=9))
            row += 1
        for note in table.notes:
            sheet.write_string(row, 0, clean(note), self.look(font_size=9))
            row += 1
        for column, wide in enumerate(widths(table)):
            sheet.set_column(column, column, wide)

    def cell(self, sheet: Any, row: int, column: int, head: Head, cell: Cell, mark: str, last: Look) -> None:
        """One cell: a number where its text is nothing but one, else its text; the mark of its note behind it."""
        align: Literal["left", "right"] = "left" if head.align == "left" else "right"
        number = plain_number(cell.text)
        ending = f" ({mark})" if mark else ""
        if number is None:
            text = clean(cell.text + ending)
            sheet.write_string(row, column, text, self.look(align=align, text_wrap=True, **last))
            return
        grouped = "#,##0" if number.grouped else "0"
        shown = f"{grouped}.{'0' * number.decimals}" if number.decimals else grouped
        if ending:
            shown += f'"{ending}"'
        sheet.write_number(row, column, number.value, self.look(align=align, num_format=shown, **last))


def tables(document: Document) -> list[tuple[Numbered, Table]]:
    """The tables of a document with their numbers, in order; the findings that touch one stand among its notes."""
    return [
        (entry, replace(entry.block.table, notes=(*entry.block.table.notes, *marked(document, entry.block))))
        for entry in document.numbered()
        if isinstance(entry.block, TableBlock)
    ]


def marked(document: Document, block: TableBlock) -> tuple[str, ...]:
    """The marks of a table as notes: the mark of each finding with what it means, or with its name."""
    return tuple(f"{document.mark_label(mark)} {mark.words or mark.name}" for mark in block.marks)


def widths(table: Table) -> list[float]:
    """How wide each column should be, in characters: as its longest cell, within limits; sentences are wrapped."""
    columns = [[row.stub + "  " * row.depth for row in table.rows if not row.heading] + [table.stub_head]]
    for position, head in enumerate(table.heads):
        cells = [row.cells[position].text for row in table.rows if row.cells]
        columns.append([*cells, *(word for word in head.text.split(" "))])
    limits = [WIDEST, *(SENTENCE if head.wide else WIDEST for head in table.heads)]
    return [
        min(limit, max(NARROWEST, 2.0 + max(breadth(text) for text in texts)))
        for texts, limit in zip(columns, limits, strict=True)
    ]


def breadth(text: str) -> int:
    """How wide a text is, in characters of a number: a Chinese character takes two.

    >>> breadth("3年生存率"), breadth("Deaths")
    (9, 6)
    """
    return sum(2 if ord(letter) >= 0x2E80 else 1 for letter in text)
