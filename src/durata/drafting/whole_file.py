"""A patient file that no study file describes yet becomes a Table of all its columns, its row of names found by what names look like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from durata.drafting.headers import named_exactly
from durata.finding import StudyError, Where
from durata.records.amounts import as_number
from durata.records.any_file import largest, table_of
from durata.records.cells import Defect
from durata.records.days import as_day
from durata.records.decoding import Encoding
from durata.records.layout import Layout
from durata.records.privacy import identifies
from durata.records.tables import Choose, Table, refuse
from durata.study.data_files import EVERY_KIND
from durata.study.opening import NotReadable, read_file

EVERY_COLUMN = 1_000_000  # sought columns that no row holds, so that all the first rows are looked at
ENOUGH = 2  # names recognised in a row that make it the row of names
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def read_whole(path: Path, sheet: str | None = None) -> Table:
    """Every column of a patient file.

    The row of names is the one (of the first rows, on whatever sheet) that holds most names of the dictionary; where no row
    holds two, the one with most texts. A text file that is not UTF-8 is read as GB 18030 if Chinese names of the dictionary
    come out. Raises StudyError when the file cannot be read, or begins with data and not with names.
    """
    ending = path.suffix.casefold()
    if ending not in EVERY_KIND:
        what = "{file!r} is neither {kinds} nor {last}."
        kinds = ", ".join(EVERY_KIND[:-1])
        remedy = "Save it as .xlsx or as CSV UTF-8."
        raise refuse("D03", what, Where(path.name), remedy, file=path.name, kinds=kinds, last=EVERY_KIND[-1])
    try:
        content = read_file(path, largest(path.name))
    except NotReadable as reason:
        raise refuse("D03", "the patient file {reason}.", Where(path.name), reason=str(reason)) from reason
    encoding: Encoding | None = None
    try:
        table = _table(content, path.name, sheet, encoding)
    except StudyError as error:
        if not any(finding.evidence.get("byte") is not None for finding in error.findings):
            raise
        table = _as_chinese(content, path.name, sheet, error)
    if sum(looks_like_data(name) for name in table.header) and len(known(table.header)) < ENOUGH:
        what = "the first row looks like data, not like column names."
        raise refuse(
            "D05", what, Where(path.name, sheet=table.sheet, row=1), "Begin the file with a row of column names."
        )
    return table


def _as_chinese(content: bytes, name: str, sheet: str | None, otherwise: StudyError) -> Table:
    """The table read as GB 18030, if Chinese names of the dictionary come out; else the error of the first attempt."""
    try:
        table = _table(content, name, sheet, "gb18030")
    except StudyError:
        raise otherwise from None
    if any(CHINESE.search(table.header[k]) for k in known(table.header)):
        return table
    raise otherwise


def _table(content: bytes, name: str, sheet: str | None, encoding: Encoding | None) -> Table:
    found = _first_look(content, name, sheet, encoding, known)
    if len(known(found.header)) < ENOUGH:
        found = _first_look(content, name, sheet, encoding, texts)
    header = found.header

    def choose(names: Sequence[str]) -> Sequence[int]:
        return range(len(names)) if tuple(names) == header else known(names)

    place = found.sheet if sheet is None else sheet
    table = table_of(content, name, choose, Layout(sought=EVERY_COLUMN), sheet=place, encoding=encoding)
    return replace(table, findings=found.findings)  # those of the second look speak of a sheet that was named


def _first_look(content: bytes, name: str, sheet: str | None, encoding: Encoding | None, choose: Choose) -> Table:
    return table_of(content, name, choose, Layout(sought=EVERY_COLUMN), sheet=sheet, encoding=encoding)


def known(header: Sequence[str]) -> list[int]:
    """Positions of names of the dictionary, each item once."""
    found: dict[str, int] = {}
    for k, name in enumerate(header):
        for named in named_exactly(name) if name else ():
            if found.setdefault(named.item.name, k) == k:
                break
    return sorted(found.values())


def texts(header: Sequence[str]) -> list[int]:
    """Positions of different texts that are neither dates nor numbers."""
    found: dict[str, int] = {}
    for k, name in enumerate(header):
        if name and not looks_like_data(name):
            found.setdefault(name, k)
    return sorted(found.values())


def looks_like_data(name: str) -> bool:
    """Whether the name of a column is a date or a number, or identifies a person: then it is a patient's cell."""
    is_data = not (isinstance(as_day(name), Defect) and isinstance(as_number(name), Defect))
    return bool(name) and (is_data or identifies(name))
