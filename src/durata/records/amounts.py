"""One cell becomes a number: plain, with its declared unit, or a bound by the declared rule; the rest is refused in words."""

from __future__ import annotations

import datetime
import math
import re
from dataclasses import dataclass

from durata.records.cells import MADE_A_DATE, NUMBER, Cell, Defect, folded_text, label, trouble
from durata.records.units import MONTH_DAYS, converted, unit_named
from durata.study.data_table import Bounds, DecimalSign, Units

SIGNS = {
    ">=": ">=", "=>": ">=", "≥": ">=", "≧": ">=", "⩾": ">=", "不小于": ">=", "至少": ">=",
    "<=": "<=", "=<": "<=", "≤": "<=", "≦": "<=", "⩽": "<=", "不大于": "<=", "至多": "<=",
    ">": ">", "大于": ">", "超过": ">", "<": "<", "小于": "<", "不足": "<",
}  # fmt: skip
ROUGHLY = ("~", "≈", "约", "大约", "about", "ca.", "ca ")
NAN = re.compile(r"[+-]?(nan|inf|infinity|∞)", re.IGNORECASE)
COMMAS = re.compile(r"[+-]?[0-9][0-9 ]*(,[0-9 ]*)+(\.[0-9]*)?")
LEADING = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*([^0-9\s.,+_-].*)?")
RANGE = re.compile(r"[0-9.]+\s*[-~]\s*[0-9.]+.*")
UNKNOWN = "Correct it; if it stands for 'unknown', name it under [data] missing."
SAY_DECIMAL = "Write 5.5 or 1000, or declare the sign by [data] decimal."


@dataclass(frozen=True, slots=True)
class NumberRules:
    """How a study says the numbers of a column are written; ``unit`` is the declared one ("" for none)."""

    unit: str = ""
    units: Units = "same"
    bounds: Bounds = "refuse"
    decimal: DecimalSign = "."
    month_days: float = MONTH_DAYS


PLAIN_NUMBERS = NumberRules()


def as_number(cell: Cell, rules: NumberRules = PLAIN_NUMBERS) -> float | Defect:
    """A decimal number; thousands, undeclared units and decimal signs, bounds and infinities are refused in words.

    >>> as_number("5.50"), as_number("-2"), as_number(3)
    (5.5, -2.0, 3.0)
    >>> as_number("5,5").what
    '{text} has a comma, which can mean a decimal point or thousands.'
    >>> as_number("10.3 cm", NumberRules(unit="cm")), as_number("<5", NumberRules(bounds="half"))
    (10.3, 2.5)
    """
    return read_number(cell, rules)[0]


def read_number(cell: Cell, rules: NumberRules = PLAIN_NUMBERS) -> tuple[float | Defect, tuple[str, ...]]:
    """A number as :func:`as_number` reads it, and what had to be converted to read it."""
    error = trouble(cell)
    if error is not None:
        return error, ()
    if isinstance(cell, bool):
        return Defect("D07", "{text} is true or false, not a number.", "Write 0 or 1."), ()
    if isinstance(cell, int | float):
        return _finite(cell), ()
    if isinstance(cell, datetime.date | datetime.time | datetime.timedelta):
        return _date(), ()
    folded = folded_text(cell) if isinstance(cell, str) else label(cell)
    wide = ("full-width characters",) if isinstance(cell, str) and not cell.isascii() and folded != cell.strip() else ()
    text = folded.replace("\u2212", "-")
    if NUMBER.fullmatch(text) and rules.decimal == ".":
        return _finite(float(text)), wide
    if MADE_A_DATE.fullmatch(text):
        return _date(), ()
    number, kinds = _written(text, rules)
    return number, () if isinstance(number, Defect) else (*wide, *kinds)


def _written(text: str, rules: NumberRules) -> tuple[float | Defect, tuple[str, ...]]:
    """A number that is not plain: its bound, decimal sign and unit, one after the other."""
    if NAN.fullmatch(text):
        remedy = "Leave the cell empty when the value is not known, or name this text under [data] missing."
        return Defect("D07", "{text} is not a finite number.", remedy), ()
    sign = next((found for found in sorted(SIGNS, key=len, reverse=True) if text.startswith(found)), None)
    if sign is not None and rules.bounds == "refuse":
        remedy = "Give the number, say by [data] bounds how bounds are read, or declare the column as a category."
        return Defect("D07", "{text} is a bound, not a number.", remedy), ()
    if text.startswith(ROUGHLY):
        return Defect("D07", "{text} is a rough value, not a number.", "Give the number, or leave the cell empty."), ()
    bare = text[len(sign or "") :].strip()
    number, kinds = _amount(bare, rules)
    if sign is None or isinstance(number, Defect):
        return number, kinds
    if rules.bounds == "half" and SIGNS[sign] in ("<", "<="):
        if number <= 0:
            what = "{text} is a bound of which no half can be taken."
            return Defect("D07", what, "Give the number, or leave the cell empty."), ()
        return number / 2, (*kinds, "bound read as half the limit")
    return number, (*kinds, "bound read as the limit")


def _amount(text: str, rules: NumberRules) -> tuple[float | Defect, tuple[str, ...]]:
    kinds: tuple[str, ...] = ()
    if rules.decimal == ",":
        if "." in re.sub(r"[^0-9.,].*", "", text.lstrip("+-")):
            what = "{text} has a point, and [data] decimal declares the comma."
            return Defect("D07", what, "Write 5,5 or 1000 in this file."), ()
        if re.match(r"[+-]?[0-9 ]*,[0-9 ]*,", text):
            return Defect("D07", "{text} has a comma, which can mean a decimal point or thousands.", SAY_DECIMAL), ()
        if re.match(r"[+-]?[0-9]*,[0-9]", text):
            text, kinds = text.replace(",", ".", 1), ("decimal comma",)
    elif COMMAS.match(text):
        return Defect("D07", "{text} has a comma, which can mean a decimal point or thousands.", SAY_DECIMAL), ()
    found = LEADING.fullmatch(text)
    if found is None:
        return _no_number(text), ()
    number = _finite(float(found[1]))
    written = (found[2] or "").strip()
    if isinstance(number, Defect) or not written:
        return number, kinds
    if not rules.unit:
        remedy = "Keep the number only, or declare the unit of the column in the study file (unit = ...)."
        return Defect("D07", "{text} is not a plain number.", remedy), ()
    if unit_named(written) == unit_named(rules.unit):
        return number, (*kinds, "unit stripped")
    told = {"unit": rules.unit}
    value = converted(number, written, rules.unit, rules.month_days)
    if value is None:
        what = "{text} is not a number in the declared unit ({unit})."
        return Defect("D07", what, "Correct the cell.", told), ()
    if rules.units == "same":
        what = "{text} is in another unit than the declared one ({unit})."
        return Defect("D07", what, 'Correct the cell, or declare [data] units = "convert".', told), ()
    said = _finite(value)
    return said, () if isinstance(said, Defect) else (*kinds, "unit converted")


def _finite(number: float) -> float | Defect:
    try:
        value = float(number)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        return Defect("D07", "{text} is not a finite number.", "Leave the cell empty when the value is not known.")
    return value + 0.0  # -0 becomes 0


def _date() -> Defect:
    what = "{text} is a date or a time, not a number (spreadsheets turn a text such as '6-10' into 10 June)."
    return Defect("D07", what, "Give the cell a number, in a column whose format is not a date.")


def _no_number(text: str) -> Defect:
    if RANGE.fullmatch(text):
        return Defect(
            "D07", "{text} is a range, not a number.", "Give the number, or declare the column as a category."
        )
    if re.match(r"[+-]?[0-9]", text):
        remedy = "Keep the number only; the unit belongs to the study file (unit = ...)."
        return Defect("D07", "{text} is not a plain number.", remedy)
    return Defect("D07", "{text} is not a number.", UNKNOWN)
