"""tables/*.csv: every table of a Document for machines, with nothing that a spreadsheet would take for a formula."""

from __future__ import annotations

import csv
from io import StringIO

from durata.language.speaking import speak, speaking
from durata.report.document import Document
from durata.report.plain_numbers import plain_number
from durata.report.workbook import tables
from durata.show.printable import UNPRINTABLE
from durata.show.table import Table

# What makes a spreadsheet compute: also the full-width forms, which Excel reads as the others on Chinese computers.
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads the file in the code page of the computer
FOLDER = "tables"


def to_csv_files(document: Document) -> dict[str, bytes]:
    """A file a table, and one that lists them with their titles and notes, by path ("tables/table-01.csv").

    A table has one row of heads (a spanner stands before its head), its rows, and a last column with the notes of the
    row's cells where there are any. Numbers are written plainly (``-5.2``, ``1254``).
    """
    with speaking(document.language):
        files, listed = {}, [[speak("File"), speak("Table"), speak("Title"), speak("Notes")]]
        for position, (entry, table) in enumerate(tables(document), start=1):
            name = f"table-{position:02d}.csv"
            files[f"{FOLDER}/{name}"] = as_csv(with_notes(table))
            listed.append([name, entry.number, table.title, " ".join(table.notes)])
        return {**files, f"{FOLDER}/contents.csv": as_csv(listed)} if files else {}


def with_notes(table: Table) -> list[list[str]]:
    """Heads and rows as texts, with a column for the notes of cells where there are any."""
    noted = bool(table.marks())
    head, *_ = table.text()
    lines = [[*head, speak("Notes")] if noted else head]
    for row in table.rows:
        cells = [f"{'  ' * row.depth}{row.stub}", *(cell.text for cell in row.cells)]
        cells += [""] * (len(table.heads) + 1 - len(cells))
        if noted:
            cells.append(" ".join(dict.fromkeys(cell.note for cell in row.cells if cell.note)))
        lines.append(cells)
    return lines


def as_csv(lines: list[list[str]]) -> bytes:
    """Lines of texts as a CSV file that Excel opens as it is: UTF-8 with its mark, no formulas."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([[disarmed(cell) for cell in line] for line in lines])
    return (BYTE_ORDER_MARK + text.getvalue()).encode("utf-8")


def disarmed(text: str) -> str:
    """A text that no spreadsheet takes for a formula; plain numbers stay numbers.

    >>> disarmed("=1+1"), disarmed("−5.2"), disarmed("1,254"), disarmed("-5.2 (-8 to 2)")
    ("'=1+1", '-5.2', '1254', "'-5.2 (-8 to 2)")
    """
    number = plain_number(text)
    if number is not None:
        return number.text
    # spaces before a sign do not keep every program from reading a formula
    dangerous = text.startswith(STARTS_A_FORMULA) or text.lstrip().startswith(STARTS_A_FORMULA)
    shown = UNPRINTABLE.sub("\ufffd", text)
    return f"'{shown}" if dangerous else shown
