"""Cells that are nothing but a number: which number it is, and how it is printed."""

from __future__ import annotations

import re
from dataclasses import dataclass

# digits in threes behind commas or without any; a real minus or a hyphen before; at most 15 digits, which a
# spreadsheet keeps exactly; no leading zeros, which a number would lose ("007" is a name, not a number)
_GROUPED = re.compile(r"[-−]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_PLAIN = re.compile(r"[-−]?(?:0|[1-9]\d*)(?:\.\d+)?")
EXACT_DIGITS = 15


@dataclass(frozen=True, slots=True)
class PlainNumber:
    """A number with the ``text`` a machine reads, its decimals, and whether its thousands are set apart."""

    value: float
    text: str
    decimals: int
    grouped: bool


def plain_number(text: str) -> PlainNumber | None:
    """The number that a text is, None where it is anything else, or would not come back as it was printed.

    >>> plain_number("−1,254.20")
    PlainNumber(value=-1254.2, text='-1254.20', decimals=2, grouped=True)
    >>> plain_number("0.53 (0.27 to 1.04)"), plain_number("<0.001"), plain_number("007"), plain_number("1e3")
    (None, None, None, None)
    """
    grouped = _GROUPED.fullmatch(text) is not None
    if not text.isascii() and not text.replace("−", "-").isascii():
        return None  # full-width digits are digits to a pattern
    if not grouped and _PLAIN.fullmatch(text) is None:
        return None
    plain = text.replace("−", "-").replace(",", "")
    if sum(letter.isdigit() for letter in plain) > EXACT_DIGITS:
        return None
    return PlainNumber(float(plain), plain, len(plain.partition(".")[2]), grouped)
