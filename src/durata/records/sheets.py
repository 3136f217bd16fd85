"""What every workbook is asked before its cells are read: is the archive of a sane size, which sheet, is there a header."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

from durata.finding import Finding, Severity, Where
from durata.language.speaking import speak
from durata.records.tables import MOST_COLUMNS, refuse
from durata.study.near import advice, listed

LARGEST_UNPACKED = 512 * 1024 * 1024
MOST_ENTRIES = 2_000
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SAVE_AS_XLSX = "Save it as an Excel workbook (.xlsx) without a password."


def is_locked(content: bytes) -> bool:
    """Whether this is the old container in which Office keeps workbooks that are protected by a password."""
    return content.startswith(OLD_OFFICE) and "EncryptedPackage".encode("utf-16-le") in content


def guard_archive(content: bytes, file: str, kind: str) -> None:
    """Refuse what is no zip archive, has a password, or would unpack to more than 512 MB or 2,000 entries."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError) as error:
        what = "this is not {kind}, whatever its name says."
        raise refuse("D03", what, Where(file), SAVE_AS_XLSX, kind=speak(kind)) from error
    if len(entries) > MOST_ENTRIES:
        what = "the workbook has {n:,} parts; more than {most:,} are refused."
        raise refuse("D03", what, Where(file), n=len(entries), most=MOST_ENTRIES)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > LARGEST_UNPACKED:
        what = "the workbook unpacks to {size:,.0f} MB; more than {most:,.0f} MB are refused."
        raise refuse("D03", what, Where(file), size=unpacked / 2**20, most=LARGEST_UNPACKED / 2**20)
    if any(entry.flag_bits & 1 for entry in entries):
        raise refuse("D03", "the workbook is protected by a password.", Where(file), SAVE_AS_XLSX)


def place_of_sheet(names: Sequence[str], sheet: str | None, file: str) -> int:
    """The position of the declared sheet among those of the workbook; the first if none was declared."""
    if not names:
        raise refuse("D03", "the workbook has no worksheet.", Where(file))
    if sheet is not None and sheet not in names:
        remedy = advice(sheet, names, f"It has {listed(names)}.")
        raise refuse("D03", "the workbook has no sheet {sheet!r}.", Where(file), "{near}", sheet=sheet, near=remedy)
    return 0 if sheet is None else names.index(sheet)


def sheet_with_the_columns(names: Sequence[str], scores: Sequence[int], sought: int, file: str) -> int:
    """The position of the sheet that holds most of the columns a study needs, when none was declared.

    ``scores`` say how many each holds. Refused when several hold all of them: which are the patients is not guessed.
    """
    best = max(scores)
    holders = [name for name, score in zip(names, scores, strict=True) if score == best]
    if len(holders) > 1 and best >= max(sought, 1):
        what = "{n} sheets hold the columns that the study needs: {sheets}."
        remedy = "Name the one that is meant under [data] sheet."
        raise refuse("D03", what, Where(file), remedy, n=len(holders), sheets=listed(holders, 10))
    return scores.index(best)


def chosen_by_columns(file: str, name: str, others: Sequence[str], row: int) -> Finding:
    """What is said when another sheet than the first was read because it holds the columns."""
    what = "sheet {sheet!r} was read because it holds the columns that the study needs; not {others}."
    remedy = "Name the sheet under [data] sheet."
    where = Where(file, sheet=name, cell=f"A{row}", row=row)
    return Finding("N10", Severity.INFO, what, {"sheet": name, "others": listed(others, 5)}, remedy, where)


def check_header(header: Sequence[str], file: str, sheet: str) -> None:
    """Refuse a sheet without a header, or with one that is too wide."""
    where = Where(file, sheet=sheet, cell="A1", row=1)
    if not header:
        what = "the first row is empty; the names of the columns stand there."
        raise refuse("D05", what, where, "Begin the sheet with the row of column names.")
    if len(header) > MOST_COLUMNS:
        what = "the header has {n:,} columns; at most {most:,} are read."
        raise refuse("D05", what, where, n=len(header), most=MOST_COLUMNS)


def only_the_first(file: str, name: str, others: Sequence[str]) -> Finding:
    """What is said when nobody declared which of several sheets is meant."""
    return Finding(
        "D03",
        Severity.INFO,
        "only the first of {n} sheets was read, not {others}.",
        {"n": len(others) + 1, "others": listed(others, 5)},
        "Name the sheet under [data] sheet.",
        Where(file, sheet=name, cell="A1", row=1),
    )
