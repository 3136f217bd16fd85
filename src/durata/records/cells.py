"""One cell becomes a day, a number or a label; what cannot be read for certain is a Defect in words, never a guess."""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Trouble:
    """A spreadsheet cell without a value of its own: an error ('#N/A'), or a formula that was never calculated."""

    shown: str
    formula: bool = False


Cell = (
    str | int | float | bool | datetime.datetime | datetime.date | datetime.time | datetime.timedelta | Trouble | None
)


@dataclass(frozen=True, slots=True)
class Defect:
    """Why a cell cannot be read: a sentence (``{text}`` is the cell's text) and what to do about it."""

    code: str
    what: str
    remedy: str = ""
    evidence: Mapping[str, object] = field(default_factory=dict)


EPOCH = datetime.date(1970, 1, 1).toordinal()
FIRST_YEAR, LAST_YEAR = 1800, 2200
WRITE_DATES = "Write dates as 2020-03-05."
DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"))
YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?:[T ]+(.+))?")
CHINESE = re.compile(r"([0-9]{4})年\s*([0-9]{1,2})月\s*([0-9]{1,2})[日号]?")
COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
MIDNIGHT = re.compile(r"0?0:00(:00(\.0+)?)?Z?")
MONTHS = 12
DAY_LAST = re.compile(r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{4}|[0-9]{2})(\s.*)?")
YEAR_MONTH = re.compile(r"[0-9]{4}([-/.][0-9]{1,2}|年\s*[0-9]{1,2}月)?")
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
PLAIN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


def label(cell: Cell) -> str:
    """The text of a cell, as its reader means it: full-width forms folded, blanks trimmed, 1.0 and 1 the same.

    >>> label(" Ａ１ "), label(1.0), label("1.50"), label("01"), label(True)
    ('A1', '1', '1.5', '01', 'TRUE')
    """
    if cell is None:
        return ""
    if isinstance(cell, str):
        text = cell.strip() if cell.isascii() else unicodedata.normalize("NFKC", cell).strip()
        return text if not text or text[-1] not in "0123456789" or not PLAIN.fullmatch(text) else _plain(text)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float):
        return _plain(repr(cell)) if math.isfinite(cell) and PLAIN.fullmatch(repr(cell)) else repr(cell)
    if isinstance(cell, datetime.datetime):
        midnight = cell.time() == datetime.time()
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return cell.shown if isinstance(cell, Trouble) else str(cell)


def identifier(cell: Cell) -> str:
    """The text that identifies a patient: as written, full-width forms folded and blanks trimmed, '01' and '1' apart.

    >>> identifier(" Ｐ01 "), identifier("1.0"), identifier(1.0)
    ('P01', '1.0', '1')
    """
    return unicodedata.normalize("NFKC", cell).strip() if isinstance(cell, str) else label(cell)


def _plain(text: str) -> str:
    """A plain number without trailing zeros behind the point."""
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def as_day(cell: Cell) -> float | Defect:
    """Days since 1970-01-01 of a date written year first, in Chinese, as eight digits, or typed by a spreadsheet.

    >>> as_day("1970-01-02"), as_day("1970年1月3日"), as_day("19700104")
    (1.0, 2.0, 3.0)
    >>> as_day("2020-02-30").what
    '{text} is not a day of the calendar.'
    """
    trouble = _trouble(cell)
    if trouble is not None:
        return trouble
    if isinstance(cell, datetime.datetime):
        if cell.time() != datetime.time():
            return _with_time()
        return _day(cell.year, cell.month, cell.day)
    if isinstance(cell, datetime.date):
        return _day(cell.year, cell.month, cell.day)
    if isinstance(cell, datetime.time | datetime.timedelta):
        return Defect("D06", "{text} is a time of day or a duration, not a date.", "Give the cell a date.")
    text = label(cell).translate(DASHES)
    found = YEAR_FIRST.fullmatch(text)
    if found:
        if found[5] and not MIDNIGHT.fullmatch(found[5].strip()):
            return _with_time()
        return _day(int(found[1]), int(found[3]), int(found[4]))
    found = CHINESE.fullmatch(text) or COMPACT.fullmatch(text)
    if found:
        return _day(int(found[1]), int(found[2]), int(found[3]))
    return _no_date(text)


def _day(year: int, month: int, day: int) -> float | Defect:
    try:
        date = datetime.date(year, month, day)
    except ValueError:
        return Defect("D06", "{text} is not a day of the calendar.", "Correct the date in the patient file.")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        evidence = {"first": FIRST_YEAR, "last": LAST_YEAR}
        remedy = "Correct it; if it stands for 'unknown', name it under [data] missing."
        return Defect("D06", "{text} is not a year between {first} and {last}.", remedy, evidence)
    return float(date.toordinal() - EPOCH)


def _with_time() -> Defect:
    return Defect("D06", "{text} has a time of day; durations are counted in whole days.", "Keep only the date.")


def _no_date(text: str) -> Defect:
    day_last = DAY_LAST.fullmatch(text)
    if day_last:
        first, second = (int(part) for part in re.split("[-/.]", text, maxsplit=2)[:2])
        if len(day_last[1]) == 2:
            what = "{text} has a year of two digits."
        elif first <= MONTHS and second <= MONTHS:
            what = "{text} can be read as day/month and as month/day."
        else:
            what = "{text} has the day before the year; others in the column could be read two ways."
    elif YEAR_MONTH.fullmatch(text):
        what = "{text} has no day."
    elif NUMBER.fullmatch(text):
        what = "{text} is a bare number, not a date (the day count of a spreadsheet without its date format?)."
        return Defect("D06", what, "Give the cells of this column a date format. " + WRITE_DATES)
    else:
        what = "{text} is not a date."
    return Defect("D06", what, WRITE_DATES)


def as_number(cell: Cell) -> float | Defect:
    """A plain decimal number; thousands, comma decimals, units, signs such as '<' and infinities are refused in words.

    >>> as_number("5.50"), as_number("-2"), as_number(3)
    (5.5, -2.0, 3.0)
    >>> as_number("5,5").what
    '{text} has a comma, which can mean a decimal point or thousands.'
    """
    trouble = _trouble(cell)
    if trouble is not None:
        return trouble
    if isinstance(cell, bool):
        return Defect("D07", "{text} is true or false, not a number.", "Write 0 or 1.")
    if isinstance(cell, int | float):
        return _finite(cell)
    if isinstance(cell, datetime.date | datetime.time | datetime.timedelta):
        what = "{text} is a date or a time, not a number (spreadsheets turn a text such as '6-10' into 10 June)."
        return Defect("D07", what, "Give the cell a number, in a column whose format is not a date.")
    text = label(cell).replace("\u2212", "-")
    if NUMBER.fullmatch(text):
        return _finite(float(text))
    return _no_number(text)


def _finite(number: float) -> float | Defect:
    try:
        value = float(number)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        return Defect("D07", "{text} is not a finite number.", "Leave the cell empty when the value is not known.")
    return value + 0.0  # -0 becomes 0


def _no_number(text: str) -> Defect:
    if re.fullmatch(r"[+-]?[0-9][0-9 ]*(,[0-9 ]*)+(\.[0-9]*)?", text):
        return Defect("D07", "{text} has a comma, which can mean a decimal point or thousands.", "Write 5.5 or 1000.")
    if re.fullmatch(r"[+-]?(nan|inf|infinity)", text, re.IGNORECASE):
        remedy = "Leave the cell empty when the value is not known, or name this text under [data] missing."
        return Defect("D07", "{text} is not a finite number.", remedy)
    if re.match(r"[<>≤≥=~约]", text):
        return Defect(
            "D07", "{text} is a bound, not a number.", "Give the number, or declare the column as a category."
        )
    if re.match(r"[+-]?[0-9]", text):
        remedy = "Keep the number only; the unit belongs to the study file (unit = ...)."
        return Defect("D07", "{text} is not a plain number.", remedy)
    remedy = "Correct it; if it stands for 'unknown', name it under [data] missing."
    return Defect("D07", "{text} is not a number.", remedy)


def as_label(cell: Cell) -> str | Defect:
    """The label of a category; a date that a spreadsheet made of a label such as '6-10' is refused."""
    trouble = _trouble(cell)
    if trouble is not None:
        return trouble
    if isinstance(cell, datetime.date | datetime.time | datetime.timedelta):
        what = "{text} is a date or a time, not a category (spreadsheets turn a text such as '6-10' into 10 June)."
        return Defect("D08", what, "Write the category into a cell that has the format 'text'.")
    return label(cell)


def _trouble(cell: Cell) -> Defect | None:
    if not isinstance(cell, Trouble):
        return None
    if cell.formula:
        remedy = "Open the file in the spreadsheet program, let it calculate, and save it."
        return Defect("D11", "the cell holds a formula without a result.", remedy)
    return Defect("D11", "the cell holds the spreadsheet error {text}.", "Correct the formula or empty the cell.")
