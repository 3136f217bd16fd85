"""A RuleSet: a published classification with its version, inputs and reference; what missing inputs leave open stays open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from durata.category import Category
from durata.finding import Finding, Severity, StudyError
from durata.kernels.arrays import BoolArray, FloatArray, IntArray

Kind = Literal["number", "yes-no"]


@dataclass(frozen=True, slots=True)
class Input:
    """One column a rule set reads: its ``name``, what it ``means``, its ``unit``; not ``required`` ones may be left out.

    A number lies within ``low`` and ``high``; anything else is impossible.
    """

    name: str
    means: str
    kind: Kind = "number"
    unit: str = ""
    required: bool = True
    low: float = 0.0
    high: float = np.inf


@dataclass(frozen=True)
class RuleSet:
    """A classification that can be derived from columns.

    ``version`` names the published rules and our reading of them; it changes when a single patient could be classified
    otherwise. ``levels`` are in their natural order. ``caveat`` is what a report must say beside the result.
    ``classify`` takes the inputs by name as arrays (n,) and returns a Category (n,).
    """

    name: str
    version: str
    levels: tuple[str, ...]
    inputs: tuple[Input, ...]
    reference: str
    classify: Callable[..., Category]
    caveat: str = ""


def settled(rule: Callable[..., IntArray], *columns: tuple[IntArray, int]) -> IntArray:
    """(n,) codes of a rule whose inputs are classes 0, ..., k - 1 or -1 for unknown; -1 where unknowns leave it open.

    Every unknown class is tried in turn: where all of them lead to the same level, the level is known all the same (a
    ruptured tumour is of high risk whatever its size).

    >>> yes = (np.array([1, 0, -1]), 2)
    >>> settled(lambda flag, other: np.maximum(flag, other), yes, (np.array([-1, -1, -1]), 2)).tolist()
    [1, -1, -1]
    """
    open_to: list[IntArray] = []
    for filling in product(*(range(k) for _, k in columns)):
        filled = [np.where(codes < 0, value, codes) for (codes, _), value in zip(columns, filling, strict=True)]
        open_to.append(np.asarray(rule(*filled), dtype=np.intp))
    levels = np.array(open_to)
    return np.where(np.all(levels == levels[0], axis=0), levels[0], -1).astype(np.intp)


def quantity(values: ArrayLike, name: str, low: float = 0.0, high: float = np.inf) -> FloatArray:
    """A column of numbers, NaN missing; StudyError for one that is infinite or outside [low, high]."""
    numbers = np.asarray(values, dtype=np.float64)
    bad = np.flatnonzero(~np.isnan(numbers) & ~((numbers >= low) & (numbers <= high) & np.isfinite(numbers)))
    if len(bad):
        between = f"at least {low:g}" if np.isinf(high) else f"between {low:g} and {high:g}"
        raise StudyError([_impossible(name, numbers[bad[0]], between, bad)])
    return numbers


def yes_no(values: ArrayLike | None, n: int, name: str) -> IntArray:
    """A column of 1 (yes), 0 (no) and NaN (unknown) as codes; None, a column that was not recorded, means no."""
    if values is None:
        return np.zeros(n, dtype=np.intp)
    numbers = np.asarray(values, dtype=np.float64)
    bad = np.flatnonzero(~np.isnan(numbers) & (numbers != 0) & (numbers != 1))
    if len(bad):
        raise StudyError([_impossible(name, numbers[bad[0]], "1 (yes), 0 (no) or missing", bad)])
    return np.where(np.isnan(numbers), -1, numbers).astype(np.intp)


def classes(numbers: FloatArray, *bounds: float) -> IntArray:
    """(n,) in which class a number falls: 0 up to and including the first bound, 1 up to the second, ...; -1 missing.

    >>> classes(np.array([2.0, 2.1, np.nan]), 2, 5).tolist()
    [0, 1, -1]
    """
    return np.where(np.isnan(numbers), -1, np.searchsorted(np.array(bounds), numbers, side="left")).astype(np.intp)


def reaches(value: FloatArray, bound: FloatArray | float) -> BoolArray:
    """Whether value >= bound; what differs by rounding only (30 % of 6.9) reaches it. False where one is missing."""
    return np.asarray(value >= bound - 1e-9 * np.maximum(np.abs(value), np.abs(bound)))


def _impossible(name: str, value: float, expected: str, people: IntArray) -> Finding:
    return Finding(
        "D07",
        Severity.ERROR,
        "{name} is {value} in {n} patient(s); it must be {expected}.",
        {"name": name, "value": f"{value:g}", "n": len(people), "expected": expected},
        "Correct the cell, or mark it as missing.",
        people=tuple(int(person) for person in people),
    )
