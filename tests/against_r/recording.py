"""Records, while a test runs, which values of R it compares and how far ours lie from them: what the ledger is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Running:
    """The test that runs: the data sets it read, the places of R's values it compared, its comparisons."""

    datasets: dict[str, None] = field(default_factory=dict)
    places: dict[tuple[str, str], None] = field(default_factory=dict)
    comparisons: list[tuple[int, float, float, float]] = field(default_factory=list)
    case: Any = None


running: list[Running] = []
"""Empty, or the one test that runs."""


class Number(float):
    """A number of R that knows its file and its place there; comparing it for equality counts as a comparison."""

    place: tuple[str, str]

    def __eq__(self, other: object) -> bool:
        return noted(self, float(self) == other)

    __hash__ = float.__hash__


class Whole(int):
    """A whole number of R that knows its file and its place there, as :class:`Number` does."""

    place: tuple[str, str]

    def __eq__(self, other: object) -> bool:
        return noted(self, int(self) == other)

    __hash__ = int.__hash__


class Column(list[Any]):
    """A list of R's numbers; when it becomes an array, all of them are operands of the running test."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        for leaf in leaves(self):
            used(leaf)
        return np.array([list(x) if isinstance(x, Column) else x for x in self], dtype=dtype)


def noted(value: Number | Whole, equal: Any) -> Any:
    """Pass on whether a value of R equals one of ours; if it does, it has been compared."""
    if running and equal is True and value.place not in running[0].places:
        running[0].places[value.place] = None
        running[0].comparisons.append((1, 0.0, 0.0, 0.0))
    return equal


def placed(whole: Any, file: str, path: str = "") -> Any:
    """What a file of R holds, every number knowing its place; ``spec`` and ``data`` are questions, not answers."""
    if isinstance(whole, dict):
        questions = ("spec", "data") if "expected" in whole else ()
        return {
            key: value if key in questions else placed(value, file, f"{path}/{key}") for key, value in whole.items()
        }
    if isinstance(whole, list):
        return Column(
            placed(value, file, f"{path}/{value['id'] if isinstance(value, dict) and 'id' in value else k}")
            for k, value in enumerate(whole)
        )
    if isinstance(whole, bool) or not isinstance(whole, int | float):
        return whole
    known: Number | Whole = Whole(whole) if isinstance(whole, int) else Number(whole)
    known.place = (file, path)
    return known


def leaves(whole: Any) -> Iterator[Number | Whole]:
    """Every number of R in what :func:`placed` gave."""
    if isinstance(whole, dict | list):
        for value in whole.values() if isinstance(whole, dict) else whole:
            yield from leaves(value)
    elif isinstance(whole, Number | Whole):
        yield whole


def read(dataset: str) -> None:
    """Note that the running test read a data set."""
    if running:
        running[0].datasets[dataset] = None


def used(value: Any) -> None:
    """Note that a number of R became an operand of a comparison of the running test."""
    if running and isinstance(value, Number | Whole):
        running[0].places[value.place] = None


def compared(ours: np.ndarray, theirs: np.ndarray, relative: float, absolute: float) -> None:
    """Note one comparison that held: how many values, and how far apart at most."""
    if not running:
        return
    known = np.isfinite(theirs)
    if not known.any():
        return
    running[0].comparisons.append(
        (int(known.sum()), difference(ours[known], theirs[known], absolute), relative, absolute)
    )
    of_case = getattr(running[0].case, "expected", None)
    if of_case is not None:  # numbers that lost their place in an array: found again by value, whole numbers aside
        wanted = set(theirs[known].tolist())
        for leaf in leaves(of_case):
            if float(leaf) in wanted and not float(leaf).is_integer():
                running[0].places[leaf.place] = None


def difference(ours: np.ndarray, theirs: np.ndarray, absolute: float) -> float:
    """The largest relative difference; values closer than ``absolute`` count as equal (zeros that are rounding)."""
    apart = np.abs(ours - theirs)
    scale = np.maximum(np.abs(theirs), np.finfo(float).tiny)
    return float(np.max(np.where(apart <= absolute, 0.0, apart / scale), initial=0.0))
