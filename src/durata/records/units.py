"""Units that may stand behind a number: their spellings in English and Chinese, and how one becomes another."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

# Kind of unit -> unit -> (how many of the smallest there are in it, its spellings). Months are filled in by the study.
MONTH_DAYS = 30.4375
_KINDS: Mapping[str, Mapping[str, tuple[float, str]]] = {
    "length": {
        "mm": (1.0, "millimeter millimeters millimetre millimetres 毫米"),
        "cm": (10.0, "centimeter centimeters centimetre centimetres 厘米 公分"),
        "m": (1000.0, "meter meters metre metres 米"),
    },
    "time": {
        "days": (1.0, "d day 天 日"),
        "weeks": (7.0, "w wk wks week 周 星期"),
        "months": (MONTH_DAYS, "mo mos mth month 月 个月 月龄"),
        "years": (365.25, "y yr yrs year 年 岁 周岁"),
    },
    "mass": {
        "mg": (1.0, "milligram milligrams 毫克"),
        "g": (1000.0, "gram grams 克"),
        "kg": (1_000_000.0, "kilogram kilograms 千克 公斤"),
    },
    "mass concentration": {"mg/l": (1.0, ""), "mg/dl": (10.0, ""), "g/l": (1000.0, ""), "g/dl": (10_000.0, "")},
    "amount concentration": {"umol/l": (1.0, "μmol/l"), "mmol/l": (1000.0, "")},
    "share": {"%": (1.0, "percent")},
}
UNITS: Mapping[str, tuple[str, float]] = MappingProxyType(
    {unit: (kind, size) for kind, units in _KINDS.items() for unit, (size, _) in units.items()}
)
_SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        word: unit
        for units in _KINDS.values()
        for unit, (_, spellings) in units.items()
        for word in (unit, *spellings.split())
    }
)


def unit_named(text: str) -> str:
    """A unit under the one name it has here; a unit that is not known keeps its own, capitals and blanks forgiven.

    >>> unit_named("毫米"), unit_named(" CM "), unit_named("per 50 HPF")
    ('mm', 'cm', 'per50hpf')
    """
    folded = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold().rstrip(".")
    return _SPELLINGS.get(folded, folded)


def kind_of_unit(text: str) -> str:
    """What a unit measures: length, time, mass ...; empty when it is not known."""
    return UNITS[unit_named(text)][0] if unit_named(text) in UNITS else ""


def converted(value: float, written: str, wanted: str, month_days: float = MONTH_DAYS) -> float | None:
    """A value in the ``wanted`` unit; None when the ``written`` one is not known or measures something else.

    Multiplied and divided by the whole sizes of the units, so that 30 mm are 3 cm and not 3.0000000000000004.

    >>> converted(30.0, "mm", "cm"), converted(1.5, "厘米", "mm"), converted(3.0, "HU", "mm") is None
    (3.0, 15.0, True)
    """
    first, second = unit_named(written), unit_named(wanted)
    if first not in UNITS or second not in UNITS or UNITS[first][0] != UNITS[second][0]:
        return None
    times, per = (month_days if unit == "months" else UNITS[unit][1] for unit in (first, second))
    return value * times / per
