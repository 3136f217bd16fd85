"""One cell becomes a day: every certain way of writing a date, the declared ones, and a refusal in words for the rest."""

from __future__ import annotations

import calendar
import datetime
import re
from dataclasses import dataclass

from durata.records.cells import DASHES, NUMBER, Cell, Defect, folded_text, label, trouble
from durata.study.data_table import DateOrder, PartialDates

EPOCH = datetime.date(1970, 1, 1).toordinal()
FIRST_YEAR, LAST_YEAR = 1800, 2200
WRITE_DATES = "Write dates as 2020-03-05."
CORRECT = "Correct the date in the patient file."
ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?:[T ]+(.+))?")
CHINESE = re.compile(r"([0-9]{4})\s*年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*[日号]?")
COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
MIDNIGHT = re.compile(r"0?0:00(:00(\.0+)?)?Z?")
MONTHS = 12
DAY_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})(\s.*)?")
TWO_DIGIT_CHINESE = re.compile(r"[0-9]{2}\s*年.*")
PARTIAL = re.compile(r"([0-9]{4})(?:[-/.]([0-9]{1,2})|\s*年\s*([0-9]{1,2})\s*月(?:份)?|\s*年)?")
TENTH = re.compile(r"[0-9]{4}\.1")  # '2020.10' once a spreadsheet took it for a number
SPREADSHEET_ZERO = datetime.date(1899, 12, 30).toordinal()
FIRST_SERIAL, LAST_SERIAL = 7_306, 73_415  # 1920-01-01 to 2100-12-31


@dataclass(frozen=True, slots=True)
class DayRules:
    """How a study says its dates are written: the order of d/m/y, and what becomes of a date without a day."""

    order: DateOrder = "ymd"
    partial: PartialDates = "refuse"


PLAIN_DAYS = DayRules()
AS_WRITTEN: tuple[str, ...] = ()


def as_day(cell: Cell, rules: DayRules = PLAIN_DAYS) -> float | Defect:
    """Days since 1970-01-01 of a date written year first, in Chinese, as eight digits, or typed by a spreadsheet.

    >>> as_day("1970-01-02"), as_day("1970年1月3日"), as_day("19700104")
    (1.0, 2.0, 3.0)
    >>> as_day("2020-02-30").what
    '{text} is not a day of the calendar.'
    >>> as_day("5/1/1970", DayRules(order="dmy")), as_day("1970-01", DayRules(partial="last"))
    (4.0, 30.0)
    """
    return read_day(cell, rules)[0]


def read_day(cell: Cell, rules: DayRules = PLAIN_DAYS) -> tuple[float | Defect, tuple[str, ...]]:
    """A day as :func:`as_day` reads it, and what had to be converted to read it."""
    error = trouble(cell)
    if error is not None:
        return error, AS_WRITTEN
    if isinstance(cell, datetime.datetime):
        if cell.time() != datetime.time():
            return _with_time(), AS_WRITTEN
        return _day(cell.year, cell.month, cell.day), AS_WRITTEN
    if isinstance(cell, datetime.date):
        return _day(cell.year, cell.month, cell.day), AS_WRITTEN
    if isinstance(cell, datetime.time | datetime.timedelta):
        return Defect("D06", "{text} is a time of day or a duration, not a date.", "Give the cell a date."), AS_WRITTEN
    if type(cell) is str and ISO.fullmatch(cell):
        return _day(int(cell[:4]), int(cell[5:7]), int(cell[8:])), AS_WRITTEN
    folded = folded_text(cell) if isinstance(cell, str) else label(cell)
    wide = ("full-width characters",) if isinstance(cell, str) and not cell.isascii() and folded != cell.strip() else ()
    text = folded.translate(DASHES)
    day, form = _written(text, rules)
    return day, AS_WRITTEN if isinstance(day, Defect) else (*wide, *form)


def _written(text: str, rules: DayRules) -> tuple[float | Defect, tuple[str, ...]]:
    """The day that a text names, and the form it is written in unless that is 2020-03-05."""
    found = YEAR_FIRST.fullmatch(text)
    if found:
        if found[5] and not MIDNIGHT.fullmatch(found[5].strip()):
            return _with_time(), ()
        form = () if ISO.fullmatch(text) else ("midnight dropped",) if found[5] else ("date written as 2020/3/5",)
        return _day(int(found[1]), int(found[3]), int(found[4])), form
    for pattern, said in ((CHINESE, "date written as 2020年3月5日"), (COMPACT, "date written as 20200305")):
        found = pattern.fullmatch(text)
        if found:
            return _day(int(found[1]), int(found[2]), int(found[3])), (said,)
    found = DAY_LAST.fullmatch(text)
    if found and len(found[4]) == 4 and not found[5] and rules.order != "ymd":
        return _in_order(int(found[1]), int(found[3]), int(found[4]), rules.order)
    found = PARTIAL.fullmatch(text)
    if found and (found[2] or found[3] or FIRST_YEAR <= int(found[1]) <= LAST_YEAR):
        return _partial(text, int(found[1]), found[2] or found[3], rules.partial)
    return _no_date(text), ()


def _in_order(first: int, second: int, year: int, order: DateOrder) -> tuple[float | Defect, tuple[str, ...]]:
    day, month = (first, second) if order == "dmy" else (second, first)
    if month > MONTHS and day <= MONTHS:
        what = "{text} has no month {month}, read in the order that [data] date_order declares ({order})."
        return Defect("D06", what, "Correct the cell, or the declared order.", {"month": month, "order": order}), ()
    form = "date written day first" if order == "dmy" else "date written month first"
    return _day(year, month, day), (form,)


def _partial(text: str, year: int, month: str | None, rule: PartialDates) -> tuple[float | Defect, tuple[str, ...]]:
    """The day that the declared rule puts in the place of a date without a day."""
    if TENTH.fullmatch(text):
        what = "{text} can be January or October (a spreadsheet drops the last zero)."
        return Defect("D06", what, WRITE_DATES), ()
    if rule == "refuse":
        remedy = "Write dates as 2020-03-05, or say by [data] partial_dates which day stands for the unknown one."
        return Defect("D06", "{text} has no day.", remedy), ()
    number = None if month is None else int(month)
    if number is not None and not 1 <= number <= MONTHS:
        return Defect("D06", "{text} is not a day of the calendar.", CORRECT), ()
    if rule == "first":
        return _day(year, number or 1, 1), ("partial date, first day taken",)
    if rule == "middle":
        day = _day(year, 7, 1) if number is None else _day(year, number, 15)
        return day, ("partial date, middle day taken",)
    last = number or MONTHS
    days = calendar.monthrange(year, last)[1] if FIRST_YEAR <= year <= LAST_YEAR else 1
    return _day(year, last, days), ("partial date, last day taken",)


def _day(year: int, month: int, day: int) -> float | Defect:
    try:
        date = datetime.date(year, month, day)
    except ValueError:
        return Defect("D06", "{text} is not a day of the calendar.", CORRECT)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        evidence = {"first": FIRST_YEAR, "last": LAST_YEAR}
        remedy = "Correct it; if it stands for 'unknown', name it under [data] missing."
        return Defect("D06", "{text} is not a year between {first} and {last}.", remedy, evidence)
    return float(date.toordinal() - EPOCH)


def _with_time() -> Defect:
    return Defect("D06", "{text} has a time of day; durations are counted in whole days.", "Keep only the date.")


def _no_date(text: str) -> Defect:
    day_last = DAY_LAST.fullmatch(text)
    remedy = WRITE_DATES
    if day_last:
        first, second = int(day_last[1]), int(day_last[3])
        remedy = "Write dates as 2020-03-05, or declare by [data] date_order which comes first."
        if len(day_last[4]) == 2:
            what, remedy = "{text} has a year of two digits.", WRITE_DATES
        elif first <= MONTHS and second <= MONTHS:
            what = "{text} can be read as day/month and as month/day."
        else:
            what = "{text} has the day before the year; others in the column could be read two ways."
    elif TWO_DIGIT_CHINESE.fullmatch(text):
        what = "{text} has a year of two digits."
    elif NUMBER.fullmatch(text):
        return _bare_number(text)
    else:
        what = "{text} is not a date."
    return Defect("D06", what, remedy)


def _bare_number(text: str) -> Defect:
    """A number where a date should be; the day count of a spreadsheet is said with the date it would be."""
    give = "Give the cells of this column a date format, or write dates as 2020-03-05."
    count = float(text)
    if count.is_integer() and FIRST_SERIAL <= count <= LAST_SERIAL:
        what = (
            "{text} is a bare number; as the day count of a spreadsheet it would be {date}, or {other} where days are "
        )
        what += "counted from 1904."
        date = datetime.date.fromordinal(SPREADSHEET_ZERO + int(count))
        other = datetime.date.fromordinal(SPREADSHEET_ZERO + int(count) + 1462)
        return Defect("D06", what, give, {"date": date.isoformat(), "other": other.isoformat()})
    what = "{text} is a bare number, not a date (the day count of a spreadsheet without its date format?)."
    return Defect("D06", what, give)
