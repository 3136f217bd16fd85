"""Numbers as they are printed: what was rounded to them, exactly, and what a printed p-value can have been."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

from pydantic import AfterValidator

from durata.language.speaking import speak

NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,9})?")
P_VALUE = re.compile(r"[<>]?(0?\.\d{1,9}|[01](\.0{1,9})?)")
SIGNIFICANT = Fraction(1, 20)


def _number(text: str) -> str:
    if not NUMBER.fullmatch(text):
        raise ValueError(speak("must be a number as it is printed, such as '50.0'"))
    return text


def _share(text: str) -> str:
    if not 0 <= printed(_number(text)).value <= 100:
        raise ValueError(speak("must be a percentage between 0 and 100"))
    return text


def _positive(text: str) -> str:
    if printed(_number(text)).value <= 0:
        raise ValueError(speak("must be a number greater than 0 as it is printed, such as '0.275'"))
    return text


def _p_value(text: str) -> str:
    if not P_VALUE.fullmatch(text):
        raise ValueError(speak("must be a p-value as it is printed, such as '0.025', '<0.001' or '>0.05'"))
    return text


NumberText = Annotated[str, AfterValidator(_number)]
PercentText = Annotated[str, AfterValidator(_share)]
PositiveText = Annotated[str, AfterValidator(_positive)]
PText = Annotated[str, AfterValidator(_p_value)]


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed number and everything that rounds to it, whichever way a half is rounded: [low, high]."""

    text: str
    value: Fraction
    low: Fraction
    high: Fraction
    decimals: int

    def may_be(self, number: Fraction) -> bool:
        """Whether a number can have been printed like this."""
        return self.low <= number <= self.high


def printed(text: str) -> Printed:
    """A printed number read exactly.

    >>> printed("58.6").low, printed("58.6").high
    (Fraction(1171, 20), Fraction(1173, 20))
    """
    decimals = len(text.partition(".")[2])
    value, half = Fraction(text), Fraction(1, 2 * 10**decimals)
    return Printed(text, value, value - half, value + half, decimals)


@dataclass(frozen=True, slots=True)
class PrintedP:
    """A printed p-value: what it can have been before it was rounded, [low, high]."""

    text: str
    low: float
    high: float

    @property
    def significant(self) -> bool | None:
        """Whether it says "below 0.05"; None where the print does not tell."""
        bound = Fraction(self.text.lstrip("<>"))
        if self.text[0] == "<":
            return True if bound <= SIGNIFICANT else None
        if self.text[0] == ">":
            return False if bound >= SIGNIFICANT else None
        return None if bound == SIGNIFICANT else bound < SIGNIFICANT


def printed_p(text: str) -> PrintedP:
    """A printed p-value read.

    >>> printed_p(">0.05").significant, printed_p("0.025").low
    (False, 0.0245)
    """
    bare = text.lstrip("<>")
    if text[0] == "<":
        return PrintedP(text, 0.0, float(bare))
    if text[0] == ">":
        return PrintedP(text, float(bare), 1.0)
    number = printed(bare)
    return PrintedP(text, max(0.0, float(number.low)), min(1.0, float(number.high)))
