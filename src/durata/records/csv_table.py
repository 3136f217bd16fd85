"""A text file with separated values becomes a Table: separated by comma, semicolon or tab."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from durata.finding import Finding, Severity, Where
from durata.records.cells import Cell
from durata.records.decoding import Encoding, decode
from durata.records.tables import MOST_COLUMNS, Choose, Table, header_of, refuse

LARGEST = 512_000_000
SEPARATORS = (",", ";", "\t")
MOST_ROWS_NAMED = 50


def read_csv(content: bytes, file: str, choose: Choose, declared: Encoding | None = None) -> Table:
    """The columns that ``choose`` picks from the header.

    Rows are records as RFC 4180 has them, so that a line end within quotes does not begin a row. The separator is the
    one of comma, semicolon and tab under which the header holds most of the wanted columns. ``declared`` is the
    encoding that the study file names. Raises StudyError when the bytes do not fit their encoding, when quotes are
    broken, or when there is no header.
    """
    text, encoding, said = decode(content, file, declared)
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
    findings = (*said, *_uneven(file, uneven, most))
    return Table(file, header, columns, rows, encoding=encoding, findings=findings)


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
