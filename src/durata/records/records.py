"""Records: what was recorded about each patient, typed, with the place every value came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from durata.category import Category
from durata.finding import Finding, Where
from durata.kernels.arrays import FloatArray, IntArray
from durata.records.flow import Flow
from durata.records.identity import person_key
from durata.records.measurements import Measurements
from durata.records.personal import Personal


@dataclass(frozen=True)
class Source:
    """The file the records came from: its name (never its folder), sheet, encoding and sha256."""

    file: str
    sha256: str
    sheet: str | None = None
    encoding: str | None = None
    n_rows: int = 0
    header: tuple[str, ...] = ()
    beside: tuple[tuple[str, str], ...] = ()  # name and sha256 of every other file that was read with it


@dataclass(frozen=True, slots=True)
class Column:
    """The column of the source that a name in the study file stands for: its header, and its letters on a sheet."""

    header: str
    letters: str


@dataclass(frozen=True, eq=False)
class Records:
    """Declared columns, one entry per patient that is still in.

    ``dates`` hold days since 1970-01-01 as float64 (NaN missing), so that differences are whole days.
    ``identifiers`` are for tracing one patient on this machine; no report, log or result prints them.
    ``row`` (n,) is the row of each patient in the source, as a spreadsheet numbers it (header = 1); in files of statistics
    programs and Parquet, which have no row of names, the first patient is row 1.
    ``columns`` says which column of the source each name stands for; ``read_as`` (n,) is the position each patient had
    when the file was read, which is what the people of ``flow`` and of ``findings`` refer to (None: nobody has left).
    ``personal`` says which columns look as if they told who a patient is; ``accepted`` holds the reason that a person gave
    for leaving a finding as it is, by the finding's id; ``salt`` makes the pseudonyms of :meth:`keys`.
    ``measured`` holds the values of long tables, by name.
    ``conversions`` counts, by name and kind ("unit stripped"), the cells as read whose text was not the value itself.
    """

    identifiers: tuple[str, ...]
    row: IntArray
    dates: Mapping[str, FloatArray]
    numbers: Mapping[str, FloatArray]
    categories: Mapping[str, Category]
    source: Source
    flow: Flow
    findings: tuple[Finding, ...] = ()
    columns: Mapping[str, Column] = field(default_factory=dict)
    read_as: IntArray | None = None
    conversions: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    salt: str = ""
    personal: tuple[Personal, ...] = ()
    accepted: Mapping[str, str] = field(default_factory=dict)
    measured: Mapping[str, Measurements] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.identifiers)

    def where(self, person: int, column: str) -> Where:
        """The place of one patient's value; ``column`` is the name used in the study file."""
        row = int(self.row[person])
        known = self.columns.get(column)
        header = column if known is None else known.header
        if self.source.sheet is None or known is None:
            return Where(self.source.file, sheet=self.source.sheet, row=row, column=header)
        cell = f"{known.letters}{row}"
        return Where(self.source.file, sheet=self.source.sheet, cell=cell, row=row, column=header)

    def keys(self, people: Iterable[int]) -> tuple[str, ...]:
        """The pseudonyms of patients, by which a later run recognises them."""
        return tuple(person_key(self.salt, self.identifiers[p]) for p in people)

    def as_read(self, people: Iterable[int]) -> tuple[int, ...]:
        """The positions that these patients had when the file was read."""
        return tuple(int(p) if self.read_as is None else int(self.read_as[p]) for p in people)

    def day(self, column: str) -> NDArray[np.datetime64]:
        """A date column as calendar days (NaT missing)."""
        days = self.dates[column]
        known = np.isfinite(days)
        out = np.full(len(days), np.datetime64("NaT"), dtype="datetime64[D]")
        out[known] = days[known].astype(np.int64).astype("datetime64[D]")
        return out


def without(records: Records, reason: str, people: Iterable[int]) -> Records:
    """The records without some patients, who leave the flow for ``reason``; unchanged when there are none.

    ``people`` are positions in ``records`` as given; those who stay keep their order and are numbered anew.
    """
    gone = sorted(set(people))
    if not gone:
        return records
    n = len(records)
    if gone[0] < 0 or gone[-1] >= n:
        raise IndexError(f"positions {gone[0]} to {gone[-1]} are not all within 0 to {n - 1}")
    stay = np.ones(n, dtype=bool)
    stay[gone] = False
    read_as = np.arange(n) if records.read_as is None else records.read_as
    return replace(
        records,
        identifiers=tuple(name for name, kept in zip(records.identifiers, stay, strict=True) if kept),
        row=records.row[stay],
        dates={name: column[stay] for name, column in records.dates.items()},
        numbers={name: column[stay] for name, column in records.numbers.items()},
        categories={name: column[stay] for name, column in records.categories.items()},
        measured={name: one.of(stay) for name, one in records.measured.items()},
        flow=records.flow.without(reason, records.as_read(gone)),
        read_as=read_as[stay],
    )
