"""A text file with separated values becomes a Table: separated by comma, semicolon or tab."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain, islice
from operator import itemgetter
from typing import Any

from durata.finding import Finding, Severity, Where
from durata.records.cells import Cell
from durata.records.decoding import Encoding, decode
from durata.records.layout import LOOKED_THROUGH, Layout, find_heading, heading_notes, note, place_of_row
from durata.records.not_patients import is_footnote, is_summary, patients_only
from durata.records.tables import MOST_COLUMNS, Choose, Table, refuse

LARGEST = 512_000_000
SEPARATORS = (",", ";", "\t")
MOST_ROWS_NAMED = 50
FIRST_ROW = Layout()
CBIOPORTAL_LINES = 4
CBIOPORTAL_TYPES = {"STRING", "NUMBER", "BOOLEAN"}
CBIOPORTAL = (
    "this is clinical data as cBioPortal keeps them; the {n} lines of description above the names were passed over."
)


def read_csv(
    content: bytes,
    file: str,
    choose: Choose,
    declared: Encoding | None = None,
    layout: Layout = FIRST_ROW,
    *,
    chinese: bool = False,
) -> Table:
    """The columns that ``choose`` picks from the header.

    Rows are records as RFC 4180 has them, so that a line end within quotes does not begin a row. The separator is the
    one of comma, semicolon and tab under which the header holds most of the wanted columns. ``declared`` is the
    encoding that the study file names; ``chinese`` says that GB 18030 may be tried undeclared; ``layout`` what the study
    says of titles above the table and totals below it. The file of cBioPortal, four lines of which begin with '#', is
    known by these. Raises StudyError when the bytes do not fit their encoding, when quotes are broken, or when there is
    no header.
    """
    text, encoding, said = decode(content, file, declared, chinese=chinese)
    described = is_cbioportal(text)
    if described and layout.header_row is None:
        layout = replace(layout, header_row=CBIOPORTAL_LINES + 1)
        said = (*said, note(CBIOPORTAL, place_of_row(file, None, 1), "", n=CBIOPORTAL_LINES))
    separator = "\t" if described else _separator(text, choose, layout, file)
    records = enumerate(_records(text, separator, file, plain=described), start=1)
    reach = max(LOOKED_THROUGH if layout.sought else 1, layout.header_row or 1)
    begun = list(islice(records, reach))
    heading = find_heading([record for _, record in begun], choose, layout, file, None)
    header = heading.names
    if not header:
        raise refuse(
            "D05", "the first row is empty; the names of the columns stand there.", Where(file, row=1),
            "Begin the file with the row of column names.",
        )  # fmt: skip
    if len(header) > MOST_COLUMNS:
        raise refuse("D05", "the header has {n:,} columns; at most {most:,} are read.", Where(file, row=1),
                     n=len(header), most=MOST_COLUMNS)  # fmt: skip
    chosen = sorted(set(choose(header)))
    wanted = sorted({0, *chosen}) if layout.sought else chosen
    pick = _picker(wanted)
    picked: list[tuple[str, ...]] = []
    rows: list[int] = []
    uneven: list[tuple[int, int]] = []
    least, most = (
        len(header),
        heading.width,
    )  # names left empty at the end of the header need no cells, and may have some
    for number, record in chain(begun[heading.last :], records):
        if not (record and record[0].strip()) and not any(map(str.strip, record)):
            continue
        fits = least <= len(record) and not any(record[most:])
        if not fits and number not in layout.skip_rows and not (layout.sought and _is_lone(record)):
            uneven.append((number, len(record)))
            continue
        rows.append(number)
        picked.append(pick(record if len(record) >= least else [*record, *[""] * (least - len(record))]))
    turned = [list(column) for column in zip(*picked, strict=True)] or [[] for _ in wanted]
    columns: dict[int, Sequence[Cell]] = dict(zip(wanted, turned, strict=True))
    kept = patients_only(columns, rows, header, layout, file, None)
    findings = (*said, *heading_notes(heading, layout, file, None), *_uneven(file, uneven, most), *kept.findings)
    cells = {k: kept.columns[k] for k in chosen}
    return Table(file, header, cells, kept.rows, encoding=encoding, findings=findings, header_row=heading.last)


def _picker(wanted: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """What takes the wanted cells out of a record."""
    if len(wanted) > 1:
        return itemgetter(*wanted)
    return lambda record: tuple(record[k] for k in wanted)


def _is_lone(record: Sequence[str]) -> bool:
    """Whether a short row is a note or the word for a total, which is no row of the table."""
    texts = [text.strip() for text in record if text.strip()]
    return len(texts) == 1 and (is_footnote(texts[0]) or is_summary(texts[0]))


def _separator(text: str, choose: Choose, layout: Layout, file: str) -> str:
    """The separator under which most wanted columns are found, then the one that gives most columns."""
    best, most = SEPARATORS[0], (0, 1)
    reach = max(LOOKED_THROUGH if layout.sought else 1, layout.header_row or 1)
    for separator in SEPARATORS:
        records: list[Sequence[str]] = []
        begun = islice(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), reach)
        with suppress(csv.Error):  # said when the file is read with the separator chosen
            records.extend(begun)
        if not records:
            continue
        if layout.header_row is not None and len(records) < layout.header_row:
            continue
        heading = find_heading(records, choose, layout, file, None)
        score = (len(set(choose(heading.names))), len(heading.names))
        if score > most:
            best, most = separator, score
    return best


def is_cbioportal(text: str) -> bool:
    """Whether four lines of description stand above the header, the third of which names the types of the columns."""
    lines = text[:1_000_000].split("\n", CBIOPORTAL_LINES)
    if len(lines) <= CBIOPORTAL_LINES or not all(line.startswith("#") for line in lines[:CBIOPORTAL_LINES]):
        return False
    return {kind.strip() for kind in lines[2][1:].split("\t")} <= CBIOPORTAL_TYPES


def _records(text: str, separator: str, file: str, *, plain: bool = False) -> Iterator[Sequence[str]]:
    """The records; in a ``plain`` file a quote is a letter like any other."""
    number = 0
    quoting: Any = csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting, strict=True):
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
