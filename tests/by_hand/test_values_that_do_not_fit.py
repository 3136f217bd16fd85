"""When a number is a code, a value is in another unit, two levels are one; and when they are not."""

from __future__ import annotations

import numpy as np
import pytest

from durata.rules.levels_alike import alike, difference
from durata.rules.odd_values import codes_among, other_unit

AGES = np.array([41.0, 50, 52, 55, 58, 60, 61, 63, 66, 70, 74, 81])


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ([*AGES, 999], [999]),
        ([*AGES, -9], [-9]),
        ([*AGES, -9, 999, 999], [-9, 999]),
        ([*AGES, 99], []),  # an old patient
        ([*AGES, 99, 99, 99], [99]),
        ([0, 1, 0, 1, 2, 1, 0, 2, 1, 9], [9]),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], []),  # a scale that goes on
        ([-5, -3, -1, 0, 2, 4, 1, -2, -4, 3], []),  # changes, which may be -1
        ([800, 950, 999, 1100, 870, 1005, 920, 990, 1020, 940], []),
        ([999, 60], []),  # too few to say
        (list(AGES), []),
        ([np.nan] * 12, []),
    ],
)
def test_codes_among_values(values: list[float], codes: list[float]) -> None:
    assert list(codes_among(np.array(values, dtype=float))) == codes


@pytest.mark.parametrize(
    ("values", "unit", "factor"),
    [
        ([*AGES, 5.5], "mm", 10.0),
        ([*AGES, 5.5, 6.1, 4.8], "mm", 10.0),
        ([*AGES, 600.0], "cm", 10.0),
        ([*AGES, 60 * 12.0], "years", 12.0),
        ([*AGES, 60 * 30.4375, 58 * 30.4375], "months", 30.4375),
        ([*AGES, 550.0], "", 10.0),
        ([*AGES, 300.0], "mm", None),  # far, but by no factor
        ([1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 60], "", None),  # counts with one large value
        ([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024], "", None),
        (list(AGES), "mm", None),
        ([0.0] * 20, "mm", None),
        ([5.0] * 20, "mm", None),
    ],
)
def test_values_in_another_unit(values: list[float], unit: str, factor: float | None) -> None:
    found = other_unit(np.array(values, dtype=float), unit)
    assert (None if found is None else found.factor) == factor
    if found is not None:
        assert found.people[len(AGES) :].all()
        assert not found.people[: len(AGES)].any()


@pytest.mark.parametrize(
    ("first", "second", "how"),
    [
        ("Stomach", "stomach", "capitals, blanks or signs"),
        ("stomach", " sto mach", "capitals, blanks or signs"),
        ("KIT-EX11", "KIT_EX11", "capitals, blanks or signs"),
        ("Male", "М ale", "letters of another script"),
        ("male", "男", "the language"),
        ("是", "Yes", "the language"),
        ("stomach", "stomch", "a letter"),
        ("stomach", "stoamch", "a letter"),
        ("duodenum", "duodenun", "a letter"),
        ("exon 9", "exon 11", ""),
        ("exon 11", "exon 12", ""),
        ("stage A", "stage B", ""),
        ("T1a", "T1b", ""),
        ("1.5", "15", ""),
        ("6-10", "610", ""),
        ("-1", "1", ""),
        ("+", "-", ""),
        ("<5", ">5", ""),
        ("male", "female", ""),
        ("上段", "下段", ""),
        ("yes", "no", ""),
        ("I", "II", ""),
    ],
)
def test_levels_that_are_probably_one(first: str, second: str, how: str) -> None:
    assert difference(first, second) == how
    assert difference(second, first) == how


def test_two_common_levels_that_differ_by_a_letter_are_two() -> None:
    assert list(alike({"partial": 40, "martial": 30})) == []
    assert list(alike({"partial": 40, "martial": 2})) == [("martial", "partial", "a letter")]
    assert list(alike({"Partial": 40, "partial": 30})) == [("partial", "Partial", "capitals, blanks or signs")]
