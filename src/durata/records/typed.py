"""The raw cells of one column become typed values, and every cell that cannot be read a defect at its row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from durata.category import Category, categorise
from durata.kernels.arrays import FloatArray
from durata.records.cells import Cell, Defect, as_day, as_label, as_number, label
from durata.records.columns import Wanted, level_names
from durata.study.near import advice, listed

MOST_LEVELS = 50  # undeclared levels beyond this are no category: they may even be names of patients

Value = TypeVar("Value", float, str)


@dataclass(frozen=True, eq=False)
class Typed:
    """One column, typed: numbers (NaN missing) or categories, and the defects by position; those read as missing."""

    values: FloatArray | Category
    defects: Mapping[int, Defect]
    trouble: Defect | None = field(default=None)


def read_column(wanted: Wanted, cells: Sequence[Cell], missing: frozenset[str], values: Mapping[str, str]) -> Typed:
    """Type one column; ``values`` maps cell texts to the texts that [data.values] puts in their place."""
    if wanted.kind == "category":
        return _categories(wanted, cells, missing, values)
    parse = as_day if wanted.kind == "date" else as_number
    numbers, defects = _parsed(cells, parse, missing, values)
    column = np.array([np.nan if value is None else value for value in numbers], dtype=np.float64)
    if wanted.kind == "number":
        _within_range(wanted, column, defects)
    return Typed(column, defects)


def _parsed(
    cells: Sequence[Cell], parse: Callable[[Cell], Value | Defect], missing: frozenset[str], values: Mapping[str, str]
) -> tuple[list[Value | None], dict[int, Defect]]:
    """Values (None missing or defective) and defects; each distinct cell is read once."""

    def read(cell: Cell) -> Value | Defect | None:
        text = label(cell)
        if text in values:
            cell = text = values[text]
        return None if text in missing else parse(cell)

    known: dict[object, Value | Defect | None] = {}
    column: list[Value | None] = []
    defects: dict[int, Defect] = {}
    for k, cell in enumerate(cells):
        key = cell if type(cell) is str else (type(cell), cell)  # 1, 1.0 and True are equal, and not the same cell
        try:
            value = known[key]
        except KeyError:
            value = known[key] = read(cell)
        if isinstance(value, Defect):
            defects[k] = value
            value = None
        column.append(value)
    return column, defects


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


def _categories(wanted: Wanted, cells: Sequence[Cell], missing: frozenset[str], values: Mapping[str, str]) -> Typed:
    labels, defects = _parsed(cells, as_label, missing, values)
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
    return Typed(categorise(texts, levels), defects)


def _in_order(text: str) -> tuple[int, float, str]:
    """Numbers by size, then texts by spelling."""
    number = as_number(text)
    return (1, 0.0, text) if isinstance(number, Defect) else (0, number, text)


def _unknown(text: str, levels: Iterable[str]) -> Defect:
    known = list(levels)
    near = advice(text, known, "Correct the cell, or map it under [data.values].")
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
    near = advice(name, levels, f"It has {listed(levels)}.")
    return Defect(
        "D08", "the reference {reference!r} does not occur in the column.", "{near}", {"reference": name, "near": near}
    )
