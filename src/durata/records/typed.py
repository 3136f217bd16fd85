"""The raw cells of one column become typed values, and every cell that cannot be read a defect at its row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from durata.category import Category, categorise
from durata.kernels.arrays import FloatArray
from durata.language.speaking import speak
from durata.records.amounts import PLAIN_NUMBERS, NumberRules, as_number, read_number
from durata.records.cells import Cell, Defect, as_label, folded_text, label
from durata.records.columns import Wanted, level_names
from durata.records.days import PLAIN_DAYS, DayRules, read_day
from durata.study.near import advice, listed

MOST_LEVELS = 50  # undeclared levels beyond this are no category: they may even be names of patients


@dataclass(frozen=True, eq=False)
class Typed:
    """One column, typed: numbers (NaN missing) or categories, the defects by position, and how many cells were converted.

    ``converted`` counts by kind the cells whose text is not the value itself: other ways of writing, units taken off,
    texts that mean missing, what [data.values] replaced. ``trouble`` is what is wrong with the column as a whole.
    """

    values: FloatArray | Category
    defects: Mapping[int, Defect]
    trouble: Defect | None = field(default=None)
    converted: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ColumnRules:
    """How the cells of one column are read: what means missing, what [data.values] replaces, how values are written."""

    missing: frozenset[str] = frozenset({""})
    values: Mapping[str, str] = field(default_factory=dict)
    days: DayRules = PLAIN_DAYS
    numbers: NumberRules = PLAIN_NUMBERS


Value = TypeVar("Value", float, str)
Parse = Callable[[Cell], tuple[Value | Defect, tuple[str, ...]]]


def read_column(wanted: Wanted, cells: Sequence[Cell], rules: ColumnRules) -> Typed:
    """Type one column by the rules of the study."""
    if wanted.kind == "category":
        return _categories(wanted, cells, rules)
    parse: Parse[float]
    if wanted.kind == "date":
        parse = lambda cell: read_day(cell, rules.days)  # noqa: E731
    else:
        parse = lambda cell: read_number(cell, rules.numbers)  # noqa: E731
    numbers, defects, converted = _parsed(cells, parse, rules)
    column = np.array([np.nan if value is None else value for value in numbers], dtype=np.float64)
    if wanted.kind == "number":
        _within_range(wanted, column, defects)
    return Typed(column, defects, converted=converted)


def _read_label(cell: Cell) -> tuple[str | Defect, tuple[str, ...]]:
    text = as_label(cell)
    wide = (
        isinstance(cell, str)
        and not cell.isascii()
        and not isinstance(text, Defect)
        and folded_text(cell) != cell.strip()
    )
    return text, ("full-width characters",) if wide else ()


def _parsed(
    cells: Sequence[Cell], parse: Parse[Value], rules: ColumnRules
) -> tuple[list[Value | None], dict[int, Defect], dict[str, int]]:
    """Values (None missing or defective), defects and what was converted; each distinct cell is read once."""

    def read(cell: Cell) -> tuple[Value | Defect | None, tuple[str, ...]]:
        text = label(cell)
        mapped: tuple[str, ...] = ()
        if text in rules.values:
            cell = text = rules.values[text]
            mapped = ("replaced as [data.values] says",)
        if text in rules.missing:
            return None, (*mapped, "read as missing") if text else mapped
        parsed: tuple[Value | Defect, tuple[str, ...]] = parse(cell)
        return parsed[0], (*mapped, *parsed[1])

    texts = set(map(type, cells)) <= {str}
    # 1, 1.0 and True are equal, and not the same cell
    distinct: Sequence[object] = cells if texts else [(type(cell), cell) for cell in cells]
    known = {key: read(cell) for key, cell in dict(zip(distinct, cells, strict=True)).items()}
    values = {key: None if isinstance(value, Defect) else value for key, (value, _) in known.items()}
    column = [values[key] for key in distinct]
    refused = {key: value for key, (value, _) in known.items() if isinstance(value, Defect)}
    defects = {k: refused[key] for k, key in enumerate(distinct) if key in refused} if refused else {}
    by_kind: Counter[str] = Counter()
    if any(kinds for _, kinds in known.values()):
        for key, n in Counter(distinct).items():
            for kind in known[key][1] if key not in refused else ():
                by_kind[kind] += n
    return column, defects, dict(sorted(by_kind.items()))


def _within_range(wanted: Wanted, column: FloatArray, defects: dict[int, Defect]) -> None:
    """Numbers outside the declared range, and times below zero, are defects and become missing."""
    low, high = -np.inf, np.inf
    if wanted.covariate is not None and wanted.covariate.range is not None:
        low, high = wanted.covariate.range
    outside = Defect(
        "D07",
        "{text} is outside the declared range, {low:g} to {high:g}.",
        "Correct the cell, or the range in the study file.",
        {"low": low, "high": high},
    )
    for k in np.flatnonzero((column < low) | (column > high)):
        defects[int(k)] = outside
        column[k] = np.nan
    if wanted.from_zero:
        negative = Defect("D07", "{text} is a negative time.", "Correct the cell; times are counted from time zero.")
        for k in np.flatnonzero(column < 0):
            defects[int(k)] = negative
            column[k] = np.nan


def _categories(wanted: Wanted, cells: Sequence[Cell], rules: ColumnRules) -> Typed:
    labels, defects, converted = _parsed(cells, _read_label, rules)
    names = level_names(wanted)
    declared = None if wanted.levels is None else [str(level) for level in wanted.levels]
    texts = [None if text is None else names.get(text, text) for text in labels]
    found = {text for text in texts if text is not None}
    if declared is None:
        if len(found) > MOST_LEVELS:
            return Typed(categorise([None] * len(cells)), defects, _too_many(len(found), wanted))
        levels = sorted(found | {str(code) for code in wanted.codes}, key=_in_order)
    else:
        levels = declared
        unknown = {text: _unknown(text, declared) for text in found.difference(declared)}
        for k, text in enumerate(texts):
            if text in unknown:
                defects[k] = unknown[text]
                texts[k] = None
    reference = None if wanted.covariate is None else wanted.covariate.reference
    if reference is not None:
        first = str(reference) if str(reference) in levels else names.get(label(str(reference)), label(str(reference)))
        if first not in levels:
            return Typed(categorise(texts, levels), defects, _no_reference(first, levels))
        levels = [first, *(level for level in levels if level != first)]
    return Typed(categorise(texts, levels), defects, converted=converted)


def _in_order(text: str) -> tuple[int, float, str]:
    """Numbers by size, then texts by spelling."""
    number = as_number(text)
    return (1, 0.0, text) if isinstance(number, Defect) else (0, number, text)


def _unknown(text: str, levels: Iterable[str]) -> Defect:
    known = list(levels)
    near = advice(text, known, speak("Correct the cell, or map it under [data.values]."))
    return Defect(
        "D08", "{text} is not a declared level ({levels}).", "{near}", {"levels": listed(known), "near": near}
    )


def _too_many(n: int, wanted: Wanted) -> Defect:
    what = "{n:,} different texts in one category; a category without declared levels has at most {most}."
    remedy = "Check that this is the right column, or declare its levels."
    if wanted.covariate is None:
        remedy = "Check that this is the status column."
    return Defect("D08", what, remedy, {"n": n, "most": MOST_LEVELS})


def _no_reference(name: str, levels: Sequence[str]) -> Defect:
    near = advice(name, levels, speak("It has {levels}.", levels=listed(levels)))
    return Defect(
        "D08", "the reference {reference!r} does not occur in the column.", "{near}", {"reference": name, "near": near}
    )


def numbers_of(typed: Mapping[str, Typed]) -> dict[str, FloatArray]:
    """The values of the columns that hold numbers or days."""
    return {name: one.values for name, one in typed.items() if not isinstance(one.values, Category)}
