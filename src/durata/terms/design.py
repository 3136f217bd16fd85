"""The design matrix that remembers its coding: numbers, splines, factor levels, interactions, strata, offsets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from durata.category import Category, categorise
from durata.cohort import Column
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.kernels.cubic_spline import restricted_cubic_basis
from durata.language.speaking import speak
from durata.terms.columns import Columns, as_category, as_numbers, present
from durata.terms.declared import Function

TIMES = " × "
"""Joins the parts of an interaction in names."""


@dataclass(frozen=True)
class Coding:
    """How one variable becomes columns: a number (through ``function``), a spline with ``knots``, or ``levels``.

    The first level is the reference.
    """

    variable: str
    function: Function | None = None
    per: float = 1.0
    levels: tuple[str, ...] = ()
    knots: tuple[float, ...] = ()

    @property
    def label(self) -> str:
        """The variable with its transform."""
        if self.knots:
            return f"spline({self.variable})"
        if self.function == "scale":
            return f"{self.variable} per {self.per:g}"
        return self.variable if self.function is None else f"{self.function}({self.variable})"

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """(name, level) of each column; level "" for a number. The pieces of a spline are primed, as is usual."""
        if self.knots:
            return tuple((self.label + "'" * k, "") for k in range(len(self.knots) - 1))
        if not self.levels:
            return ((self.label, ""),)
        return tuple((f"{self.variable}: {level}", level) for level in self.levels[1:])

    @property
    def reference(self) -> str:
        """The level the others are compared with; "" for a number."""
        return self.levels[0] if self.levels else ""

    def codes(self, source: Columns) -> IntArray:
        """(n,) which of ``levels`` each row has, -1 for missing; CannotEstimate for a level not seen before."""
        column = as_category(source, self.variable)
        place = {level: k for k, level in enumerate(self.levels)}
        recode = np.array([place.get(level, -2) for level in column.levels] + [-1], dtype=np.intp)
        codes = recode[column.codes]
        if np.any(codes == -2):
            unseen = column.levels[int(column.codes[np.flatnonzero(codes == -2)[0]])]
            raise CannotEstimate(
                speak(
                    "{variable!r} is {unseen!r} in a row, a level the model does not know; it knows {levels}.",
                    variable=self.variable,
                    unseen=unseen,
                    levels=speak(", ").join(map(repr, self.levels)),
                )
            )
        return codes

    def columns(self, source: Columns) -> FloatArray:
        """(k, n) the coded columns; NaN where the value is missing."""
        if self.levels:
            codes = self.codes(source)
            coded: FloatArray = (codes == np.arange(1, len(self.levels))[:, None]).astype(np.float64)
            coded[:, codes < 0] = np.nan
            return coded
        column = source.column(self.variable)
        if isinstance(column, Category):
            raise CannotEstimate(
                speak("{variable!r} was a number in the model and is a category here.", variable=self.variable)
            )
        known = numbers(column, self)
        return restricted_cubic_basis(known, np.asarray(self.knots)) if self.knots else known[None, :]


@dataclass(frozen=True)
class Part:
    """One declared term as coded: its ``label``, one coding, or two for an interaction."""

    label: str
    codings: tuple[Coding, ...]

    @cached_property
    def names(self) -> tuple[tuple[str, str, str], ...]:
        """(name, level, reference) of each coefficient."""
        return tuple(
            (
                TIMES.join(name for name, _ in several),
                TIMES.join(level for _, level in several if level),
                TIMES.join(c.reference for c, (_, level) in zip(self.codings, several, strict=True) if level),
            )
            for several in map(_reversed, product(*(coding.names for coding in reversed(self.codings))))
        )

    def columns(self, source: Columns) -> FloatArray:
        """(k, n) the columns of the term, the first part of an interaction changing fastest."""
        blocks = [coding.columns(source) for coding in self.codings]
        out = blocks[0]
        for block in blocks[1:]:
            out = (block[:, None, :] * out[None, :, :]).reshape(-1, out.shape[-1])
        return out


@dataclass(frozen=True)
class Design:
    """Terms with everything needed to code new people like the first ones.

    ``parts`` make the p columns of the matrix; ``strata`` are crossed; ``offsets`` are added up.
    """

    parts: tuple[Part, ...]
    strata: tuple[Coding, ...] = ()
    offsets: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """(p,) names of the coefficients."""
        return tuple(name for part in self.parts for name, _, _ in part.names)

    @property
    def blocks(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Label of each term with the positions of its coefficients."""
        out, begin = [], 0
        for part in self.parts:
            size = len(part.names)
            out.append((part.label, tuple(range(begin, begin + size))))
            begin += size
        return tuple(out)

    @property
    def variables(self) -> tuple[str, ...]:
        """Every column the design reads, once."""
        coded = [coding.variable for part in self.parts for coding in part.codings]
        return tuple(dict.fromkeys([*coded, *(coding.variable for coding in self.strata), *self.offsets]))

    def complete(self, source: Columns) -> BoolArray:
        """(n,) rows in which no column of the design is missing."""
        out: BoolArray | None = None
        for name in self.variables:
            known = present(source.column(name))
            out = known if out is None else out & known
        if out is None:
            raise CannotEstimate(speak("The model has no terms."))
        return out

    def matrix(self, source: Columns) -> FloatArray:
        """(n, p) the design matrix; NaN where a value is missing."""
        blocks = [part.columns(source) for part in self.parts]
        if not blocks:
            raise CannotEstimate(speak("The model has no terms whose coefficients could be estimated."))
        return np.concatenate(blocks).T

    def stratum(self, source: Columns) -> IntArray | None:
        """(n,) stratum of each row, an index of :attr:`stratum_names`; None without strata."""
        if not self.strata:
            return None
        out: IntArray | None = None
        for coding in self.strata:
            codes = coding.codes(source)
            out = codes if out is None else out * len(coding.levels) + codes
        return out

    @property
    def stratum_names(self) -> tuple[str, ...]:
        """Names of the strata, the last column changing fastest."""
        return tuple(", ".join(levels) for levels in product(*(coding.levels for coding in self.strata)))

    def offset(self, source: Columns) -> FloatArray | None:
        """(n,) sum of the offsets, or None."""
        if not self.offsets:
            return None
        return np.asarray(sum(numbers(as_numbers(source, name), Coding(name)) for name in self.offsets))


@dataclass(frozen=True, eq=False)
class NewPeople:
    """Columns by name for people who are not in the cohort; labels are read as the design's levels."""

    columns: Mapping[str, Column]

    def column(self, name: str) -> Column:
        """The column of that name."""
        return self.columns[name]

    @classmethod
    def of(cls, design: Design, values: Mapping[str, Sequence[object]]) -> NewPeople:
        """Read ``values`` (name -> one value a person) for every variable of ``design``."""
        levels = {c.variable: c.levels for part in design.parts for c in part.codings if c.levels}
        levels.update({c.variable: c.levels for c in design.strata})
        missing = [name for name in design.variables if name not in values]
        if missing:
            raise CannotEstimate(
                speak(
                    "Give a value for {missing} as well: the model needs it.",
                    missing=speak(", ").join(map(repr, missing)),
                )
            )
        columns: dict[str, Column] = {}
        for name in design.variables:
            given = list(values[name])
            if name in levels:
                labels = [f"{v:g}" if isinstance(v, (int, float, np.number)) else v for v in given]
                columns[name] = categorise(labels, levels[name])
            else:
                columns[name] = np.asarray(given, dtype=np.float64)
            if not np.all(present(columns[name])):
                raise CannotEstimate(
                    speak("A value of {name!r} is missing; nothing can be predicted without it.", name=name)
                )
        if len({len(column) for column in columns.values()}) > 1:
            raise CannotEstimate(speak("Give the same number of values for every variable."))
        return cls(columns)


def numbers(column: FloatArray, coding: Coding) -> FloatArray:
    """(n,) numbers through the coding's function; CannotEstimate where it has no finite value."""
    bad = np.isinf(column)
    if coding.function in ("log", "log2"):
        bad = bad | (column <= 0)
    if np.any(bad):
        row = int(np.flatnonzero(bad)[0])
        raise CannotEstimate(
            speak(
                "Row {row}: {label} has no finite value ({variable} = {column:g}).",
                row=row + 1,
                label=coding.label,
                variable=coding.variable,
                column=column[row],
            )
        )
    if coding.function == "log":
        return np.log(column)
    if coding.function == "log2":
        return np.log2(column)
    return column / coding.per if coding.function == "scale" else column


def _reversed(items: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return items[::-1]
