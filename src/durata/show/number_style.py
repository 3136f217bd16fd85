"""How numbers are set in each language: brackets, the sign between two limits, thousands, what a p-value is called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from durata.language.speaking import spoken


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """The house style of one language.

    ``opening`` stands between a number and the bracket's first character, ``to`` between two limits, ``level`` between
    "95% CI" and the limits, ``equals`` around the sign of a p-value, ``comma`` between two quartiles; ``each_percent``
    repeats the percent sign in an interval. ``item``, ``part``, ``clause`` and ``sentence`` stand between things listed.
    """

    thousands: str
    opening: str
    to: str
    level: str
    p: str
    equals: str
    comma: str
    plus_minus: str
    each_percent: bool
    item: str
    part: str
    clause: str
    sentence: str
    stop: str
    colon: str


STYLES = {
    "en": NumberStyle(",", " (", " to ", " ", "p", " ", ", ", " ± ", False, ", ", ", ", "; ", " ", ".", ": "),
    "zh": NumberStyle("", "(", "~", ":", "P", "", ",", "±", True, "、", "，", "；", "", "。", "："),
}


def number_style() -> NumberStyle:
    """The style of the language spoken now."""
    return STYLES[spoken()]


def between(low: str, high: str) -> str:
    """Two limits as they are printed.

    >>> between("0.27", "1.04")
    '0.27 to 1.04'
    """
    return f"{low}{number_style().to}{high}"


def bracketed(value: str, inner: str) -> str:
    """A number with what stands in brackets behind it.

    >>> bracketed("0.53", "0.27 to 1.04")
    '0.53 (0.27 to 1.04)'
    """
    return f"{value}{number_style().opening}{inner})"


def items(texts: Iterable[str]) -> str:
    """Things of one kind in a row: ``"age, sex"``, in Chinese with the enumeration comma."""
    return number_style().item.join(texts)


def parts(texts: Iterable[str]) -> str:
    """Parts of one statement in a row, with commas."""
    return number_style().part.join(texts)


def clauses(texts: Iterable[str]) -> str:
    """Statements in a row, with semicolons."""
    return number_style().clause.join(texts)


def sentences(texts: Iterable[str]) -> str:
    """Whole sentences behind each other."""
    return number_style().sentence.join(texts)


def statement(text: str) -> str:
    """A text with the full stop of the language."""
    return f"{text}{number_style().stop}"
