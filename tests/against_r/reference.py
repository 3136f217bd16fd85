"""Reads R's values: the cases of a file, the data set of a case with its subset, missing rows dropped, and the comparison."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import recording

HERE = Path(__file__).parent
RELATIVE = 1e-8
"""Relative tolerance of everything deterministic: R's values carry 15 digits, sums in another order lose a few."""
ABSOLUTE = 1e-12
"""What counts as zero beside numbers of order one (R leaves rounding such as 3e-17 where 0 is meant)."""


@dataclass(frozen=True)
class Case:
    """One case: which data, what was asked (``spec``), what R said (``expected``)."""

    id: str
    dataset: str
    spec: dict[str, Any]
    expected: dict[str, Any]
    subset: str = ""
    note: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    file: str = ""

    def frame(self) -> pd.DataFrame:
        """The data set of the case, its subset taken; row order as in the file."""
        if self.dataset == "inline":
            recording.read("inline")
            return pd.DataFrame(self.data)
        whole = dataset(self.dataset)
        return whole.query(self.subset, engine="python").reset_index(drop=True) if self.subset else whole

    def complete(self, columns: Iterable[str]) -> pd.DataFrame:
        """The rows of :meth:`frame` without a missing value in ``columns``."""
        return self.frame().dropna(subset=list(columns)).reset_index(drop=True)

    def levels(self, column: str) -> list[str]:
        """The levels of a column in R's order: as declared for a factor, increasing for numbers."""
        return levels(self.dataset, column)


@cache
def _read(file: str) -> Any:
    return recording.placed(json.loads((HERE / "expected" / f"{file}.json").read_text(encoding="utf-8")), file)


@cache
def _read_csv(name: str) -> pd.DataFrame:
    return pd.read_csv(HERE / "data" / name)


def dataset(name: str) -> pd.DataFrame:
    """A whole data set (do not change it in place)."""
    recording.read(name)
    return _read_csv(name)


def levels(name: str, column: str) -> list[str]:
    """The levels of a column of a data set, the first being the reference."""
    declared = _read("codebook")[name.removesuffix(".csv")]["factor_levels"]
    if isinstance(declared, dict) and column in declared:
        return list(declared[column])
    values = np.unique(dataset(name)[column].dropna())
    return [as_label(value) for value in values]


def as_label(value: Any) -> str:
    """A level as R prints it: 2.0 is "2"."""
    return f"{value:g}" if isinstance(value, (int, float, np.number)) else str(value)


def cases(file: str, part: str | None = None) -> list[Case]:
    """All cases of ``expected/<file>.json``; ``part`` where the file is an object of lists."""
    whole = _read(file)
    rows: Sequence[dict[str, Any]] = whole if part is None else whole[part]
    return [
        Case(
            row["id"],
            row["dataset"],
            row["spec"] or {},
            row["expected"],
            row.get("subset", ""),
            row.get("note", ""),
            row.get("data", {}),
            file,
        )
        for row in rows
    ]


def numbers(values: Any) -> np.ndarray:
    """Numbers as R wrote them: null is NaN, "Inf" and "-Inf" are infinite; one number or (nested) lists of them."""
    if isinstance(values, list):
        return np.array([numbers(value) for value in values], dtype=float)
    recording.used(values)
    return np.float64("nan") if values is None else np.float64(values)


def agree(ours: Any, theirs: Any, what: str = "", relative: float = RELATIVE, absolute: float = ABSOLUTE) -> None:
    """Assert that our numbers are R's; None and NaN on our side stand for R's NA."""
    mine = np.array([np.nan if value is None else value for value in np.ravel(np.asarray(ours, dtype=object))], float)
    wanted = np.ravel(numbers(theirs))
    np.testing.assert_allclose(mine, wanted, rtol=relative, atol=absolute, err_msg=what)
    recording.compared(mine, wanted, relative, absolute)


def all_of(file: str, part: str | None = None) -> dict[str, Any]:
    """Arguments for ``pytest.mark.parametrize`` over all cases of a file: ``argnames``, ``argvalues``, ``ids``."""
    found = cases(file, part)
    return {"argnames": "case", "argvalues": found, "ids": [case.id for case in found]}
