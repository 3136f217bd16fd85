"""One comparison: what was found here beside what is expected, how far apart they are, and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from durata.kernels.arrays import FloatArray

RELATIVE, ABSOLUTE = 1e-8, 1e-12


@dataclass(frozen=True, eq=False)
class Compared:
    """``found`` and ``expected`` (n,) of one quantity of ``function``; NaN stands for "not reached" on both sides."""

    function: str
    quantity: str
    data: str
    found: FloatArray
    expected: FloatArray
    relative: float = RELATIVE
    absolute: float = ABSOLUTE

    @property
    def n(self) -> int:
        """How many values were compared."""
        return len(self.expected)

    @property
    def difference(self) -> float:
        """The largest relative difference (values closer than ``absolute`` count as equal); infinite where one is missing."""
        if len(self.found) != len(self.expected) or np.any(np.isnan(self.found) != np.isnan(self.expected)):
            return float("inf")
        same = (self.found == self.expected) | (np.isnan(self.found) & np.isnan(self.expected))
        with np.errstate(invalid="ignore"):
            apart = np.where(same, 0.0, np.abs(self.found - self.expected))
        size = np.maximum(np.abs(np.nan_to_num(self.expected)), np.finfo(float).tiny)
        return float(np.max(np.where(apart <= self.absolute, 0.0, apart / size), initial=0.0))

    @property
    def holds(self) -> bool:
        """Whether nothing differs by more than is allowed."""
        return self.n > 0 and self.difference <= self.relative


def numbers(values: Any) -> FloatArray:
    """Numbers as a flat array: None is NaN, "Inf" and "-Inf" are infinite, nested lists and tables are laid out."""
    if isinstance(values, Mapping):
        values = list(values.values())
    if isinstance(values, str):
        return np.array([float(values)])
    if isinstance(values, Sequence | np.ndarray):
        parts = [numbers(value) for value in values]
        return np.concatenate(parts) if parts else np.empty(0)
    return np.array([np.nan if values is None else float(values)])


def compared(
    function: str,
    quantity: str,
    data: str,
    found: Any,
    expected: Any,
    relative: float = RELATIVE,
    absolute: float = ABSOLUTE,
) -> Compared:
    """A comparison of numbers in any shape."""
    return Compared(function, quantity, data, numbers(found), numbers(expected), relative, absolute)
