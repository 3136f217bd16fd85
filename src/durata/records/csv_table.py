"""A text file with separated values becomes a Table: UTF-8, separated by comma, semicolon or tab."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from durata.finding import Finding, Severity, Where
from durata.records.cells import Cell
from durata.records.tables import MOST_COLUMNS, Choose, Table, header_of, refuse

LARGEST = 512_000_000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
OTHER_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
SEPARATORS = (",", ";", "\t")
SAVE_AS_UTF8 = "Save the file as 'CSV UTF-8'."
MOST_ROWS_NAMED = 50


def read_csv(content: bytes, file: str, choose: Choose) -> Table:
    """The columns that ``choose`` picks from the header.

    Rows are records as RFC 4180 has them, so that a line end within quotes does not begin a row. The separator is the
    one of comma, semicolon and tab under which the header holds most of the wanted columns. Raises StudyError when the
    bytes are not UTF-8, when quotes are broken, or when there is no header.
    """
    text, encoding = _decode(content, file)
    separator = _separator(text, choose)
    records = _records(text, separator, file)
    first = next(records, [])
    header = header_of(first)
    if not header:
        raise refuse(
            "D05", "the first row is empty; the names of the columns stand there.", Where(file, row=1),
            "Begin the file with the row of column names.",
        )  # fmt: skip
    if len(header) > MOST_COLUMNS:
        raise refuse("D05", "the header has {n:,} columns; at most {most:,} are read.", Where(file, row=1),
                     n=len(header), most=MOST_COLUMNS)  # fmt: skip
    wanted = sorted(set(choose(header)))
    columns: dict[int, list[Cell]] = {k: [] for k in wanted}
    rows: list[int] = []
    uneven: list[tuple[int, int]] = []
    least, most = len(header), len(first)  # names left empty at the end of the header need no cells, and may have some
    for number, record in enumerate(records, start=2):
        if not any(map(str.strip, record)):
            continue
        if not least <= len(record) <= most and (len(record) < least or any(record[most:])):
            uneven.append((number, len(record)))
            continue
        rows.append(number)
        for k in wanted:
            columns[k].append(record[k])
    findings = tuple(_uneven(file, uneven, most))
    return Table(file, header, columns, rows, encoding=encoding, findings=findings)


def _decode(content: bytes, file: str) -> tuple[str, str]:
    for mark, name in OTHER_MARKS.items():
        if content.startswith(mark):
            raise refuse("D03", "the file is {name}, not UTF-8.", Where(file), SAVE_AS_UTF8, name=name)
    marked = content.startswith(BYTE_ORDER_MARK)
    body = content[len(BYTE_ORDER_MARK) :] if marked else content
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        row = _row_of(body[: error.start].decode("utf-8"))
        what = "the file is not UTF-8: byte 0x{byte:02x} in row {row} is the first that does not fit."
        where = Where(file, row=row)
        raise refuse("D03", what, where, SAVE_AS_UTF8, byte=body[error.start], row=row) from error
    if "\0" in text:
        row = _row_of(text[: text.index("\0")])
        raise refuse("D03", "row {row} has a zero byte; this is not a text file.", Where(file, row=row), SAVE_AS_UTF8,
                     row=row)  # fmt: skip
    return text, "utf-8 with byte order mark" if marked else "utf-8"


def _row_of(before: str) -> int:
    """The row in which a text breaks off; a quote that is still open there keeps its record going."""
    return max(1, sum(1 for _ in csv.reader(io.StringIO(before + "x", newline=""))))


def _separator(text: str, choose: Choose) -> str:
    """The separator under which most wanted columns are found, then the one that gives most columns."""
    best, most = SEPARATORS[0], (0, 1)
    for separator in SEPARATORS:
        try:
            header = header_of(next(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), []))
        except csv.Error:
            continue  # said when the file is read with the separator chosen
        score = (len(set(choose(header))), len(header))
        if score > most:
            best, most = separator, score
    return best


def _records(text: str, separator: str, file: str) -> Iterator[Sequence[str]]:
    number = 0
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            number += 1
            yield record
    except csv.Error as error:
        row = number + 1
        if "field larger" in str(error):
            raise refuse("D05", "row {row} has a cell of more than {most:,} characters (a quote that is not closed?).",
                         Where(file, row=row), "Check the quotes in this row.", row=row,
                         most=csv.field_size_limit()) from error  # fmt: skip
        what = "the quotes in row {row} are broken: one is not closed, or text follows a closed one."
        raise refuse("D05", what, Where(file, row=row), 'Write a quote within quotes twice ("").', row=row) from error


def _uneven(file: str, uneven: Sequence[tuple[int, int]], width: int) -> Iterator[Finding]:
    for row, cells in uneven[:MOST_ROWS_NAMED]:
        yield Finding(
            "D05",
            Severity.ERROR,
            "the row has {cells} cells, the header {width}.",
            {"cells": cells, "width": width},
            "Put texts that hold the separator in quotes, and give every row all its cells.",
            Where(file, row=row),
        )
    if len(uneven) > MOST_ROWS_NAMED:
        rest = len(uneven) - MOST_ROWS_NAMED
        yield Finding("D05", Severity.ERROR, "{n:,} more rows do not fit the header.", {"n": rest}, "", Where(file))
