"""Records: what was recorded about each patient, typed, with the place every value came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from durata.category import Category
from durata.finding import Finding, Where
from durata.kernels.arrays import FloatArray, IntArray
from durata.records.flow import Flow


@dataclass(frozen=True)
class Source:
    """The file the records came from: its name (never its folder), sheet, encoding and sha256."""

    file: str
    sha256: str
    sheet: str | None = None
    encoding: str | None = None
    n_rows: int = 0
    header: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Records:
    """Declared columns, one entry per patient that is still in.

    ``dates`` hold days since 1970-01-01 as float64 (NaN missing), so that differences are whole days.
    ``identifiers`` are for tracing one patient on this machine; no report, log or result prints them.
    ``row`` (n,) is the row of each patient in the source, as a spreadsheet numbers it (header = 1).
    """

    identifiers: tuple[str, ...]
    row: IntArray
    dates: Mapping[str, FloatArray]
    numbers: Mapping[str, FloatArray]
    categories: Mapping[str, Category]
    source: Source
    flow: Flow
    findings: tuple[Finding, ...] = ()

    def __len__(self) -> int:
        return len(self.identifiers)

    def where(self, person: int, column: str) -> Where:
        """The place of one patient's value; ``column`` is the name used in the study file."""
        raise NotImplementedError

    def day(self, column: str) -> NDArray[np.datetime64]:
        """A date column as calendar days (NaT missing)."""
        days = self.dates[column]
        known = np.isfinite(days)
        out = np.full(len(days), np.datetime64("NaT"), dtype="datetime64[D]")
        out[known] = days[known].astype(np.int64).astype("datetime64[D]")
        return out
