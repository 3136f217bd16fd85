"""Texts that identify a person, whatever column they stand in: identity numbers and telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

IDENTITY_NUMBER = re.compile(r"(?<![0-9])([0-9]{17})([0-9Xx])(?![0-9])")
MOBILE = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9]|\.[0-9])")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
CHECKS = "10X98765432"


def identifies(text: str) -> bool:
    """Whether a text holds an identity number with its right check character, or the number of a mobile telephone.

    >>> identifies("11010519491231002X"), identifies("110105194912310021"), identifies("tel 13800138000")
    (True, False, True)
    """
    return MOBILE.search(text) is not None or any(identity_numbers(text))


def identity_numbers(text: str) -> Iterator[str]:
    """The 18-digit identity numbers in a text whose check character is right."""
    for body, check in IDENTITY_NUMBER.findall(text):
        if CHECKS[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11] == check.upper():
            yield body + check
