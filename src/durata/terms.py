"""Declared terms to a design matrix that remembers its coding: numbers, factors, transforms, interactions, strata, offsets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, Protocol

import numpy as np

from durata.category import Category, categorise
from durata.cohort import Cohort, Column
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import BoolArray, FloatArray, IntArray

Function = Literal["log", "log2", "scale"]
TIMES = " × "
"""Joins the parts of an interaction in names."""


@dataclass(frozen=True, slots=True)
class Transform:
    """A number seen through a function: ``log``, ``log2``, or ``scale`` (divided by ``per``)."""

    variable: str
    function: Function
    per: float = 1.0


@dataclass(frozen=True, slots=True)
class Factor:
    """A column taken as categories, even if it holds numbers; ``reference`` is the level the others are compared with."""

    variable: str
    reference: str | None = None


Simple = str | Transform | Factor


@dataclass(frozen=True, slots=True)
class Interaction:
    """The product of two terms, beside their main effects."""

    left: Simple
    right: Simple


@dataclass(frozen=True, slots=True)
class Strata:
    """Categories with a baseline hazard each; several columns are crossed."""

    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offset:
    """A number whose coefficient is known to be 1."""

    variable: str


DeclaredTerm = Simple | Interaction | Strata | Offset


def transform(variable: str, function: Function, *, per: float = 1.0) -> Transform:
    """The number ``variable`` through ``log``, ``log2`` or ``scale`` (its effect for a difference of ``per``).

    >>> transform("size", "scale", per=10.0)
    Transform(variable='size', function='scale', per=10.0)
    """
    if function not in ("log", "log2", "scale"):
        raise CannotEstimate(f"There is no transform {function!r}; there are 'log', 'log2' and 'scale'.")
    if not (np.isfinite(per) and per > 0):
        raise CannotEstimate(f"Transform of {variable!r}: 'per' must be a positive number, not {per!r}.")
    return Transform(variable, function, float(per))


def factor(variable: str, *, reference: str | None = None) -> Factor:
    """The column ``variable`` as categories, compared with ``reference`` (the first level if not given)."""
    return Factor(variable, reference)


def interaction(left: Simple, right: Simple) -> Interaction:
    """The interaction of two terms; name both as terms as well (or as strata)."""
    return Interaction(left, right)


def strata(*variables: str) -> Strata:
    """A baseline hazard of its own for every level (combination) of these columns."""
    return Strata(variables)


def offset(variable: str) -> Offset:
    """A known part of the linear predictor."""
    return Offset(variable)


class Columns(Protocol):
    """Where columns are read from: a Cohort, or new people."""

    def column(self, name: str) -> Column:
        """The column of that name."""
        ...


@dataclass(frozen=True)
class Coding:
    """How one variable becomes columns: a number (through ``function``), or ``levels`` of which the first is the reference."""

    variable: str
    function: Function | None = None
    per: float = 1.0
    levels: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The variable with its transform."""
        if self.function == "scale":
            return f"{self.variable} per {self.per:g}"
        return self.variable if self.function is None else f"{self.function}({self.variable})"

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """(name, level) of each column; level "" for a number."""
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
                f"{self.variable!r} is {unseen!r} in a row, a level the model does not know; "
                f"it knows {', '.join(map(repr, self.levels))}."
            )
        return codes

    def columns(self, source: Columns) -> FloatArray:
        """(k, n) the coded columns; NaN where the value is missing."""
        if self.levels:
            codes = self.codes(source)
            coded = (codes == np.arange(1, len(self.levels))[:, None]).astype(np.float64)
            coded[:, codes < 0] = np.nan
            return coded
        column = source.column(self.variable)
        if isinstance(column, Category):
            raise CannotEstimate(f"{self.variable!r} was a number in the model and is a category here.")
        return numbers(column, self)[None, :]


@dataclass(frozen=True)
class Part:
    """One declared term as coded: its ``label``, one coding, or two for an interaction."""

    label: str
    codings: tuple[Coding, ...]

    @property
    def names(self) -> tuple[tuple[str, str, str], ...]:
        """(name, level, reference) of each coefficient."""
        return tuple(
            (
                TIMES.join(name for name, _ in several),
                TIMES.join(level for _, level in several if level),
                TIMES.join(c.reference for c, (_, level) in zip(self.codings, several, strict=True) if level),
            )
            for several in product(*(coding.names for coding in reversed(self.codings)))
            for several in [several[::-1]]
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
            raise CannotEstimate("The model has no terms.")
        return out

    def matrix(self, source: Columns) -> FloatArray:
        """(n, p) the design matrix; NaN where a value is missing."""
        blocks = [part.columns(source) for part in self.parts]
        if not blocks:
            raise CannotEstimate("The model has no terms whose coefficients could be estimated.")
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
        return np.sum([numbers(as_numbers(source, name), Coding(name)) for name in self.offsets], axis=0)


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
            raise CannotEstimate(f"Give a value for {', '.join(map(repr, missing))} as well: the model needs it.")
        columns: dict[str, Column] = {}
        for name in design.variables:
            given = list(values[name])
            if name in levels:
                labels = [f"{v:g}" if isinstance(v, (int, float, np.number)) else v for v in given]
                columns[name] = categorise(labels, levels[name])
            else:
                columns[name] = np.asarray(given, dtype=np.float64)
            if not np.all(present(columns[name])):
                raise CannotEstimate(f"A value of {name!r} is missing; nothing can be predicted without it.")
        if len({len(column) for column in columns.values()}) > 1:
            raise CannotEstimate("Give the same number of values for every variable.")
        return cls(columns)


def design_of(cohort: Cohort, terms: Sequence[DeclaredTerm], rows: BoolArray) -> tuple[Design, tuple[Finding, ...]]:
    """Code ``terms`` by those of ``rows`` (n,) of the cohort in which none of their columns is missing.

    Levels keep the order of the cohort's Category (numbers increase); the first one, or the reference named, is what
    the others are compared with. A level without anybody is dropped, with a note.

    Raises
    ------
    CannotEstimate : no such column; a column that does not vary; a missing main effect of an interaction.
    """
    if isinstance(terms, str):
        raise CannotEstimate(f"Give the terms as a list: [{terms!r}].")
    simple = [term for term in terms if isinstance(term, (str, Transform, Factor))]
    crossed = [term for term in terms if isinstance(term, Interaction)]
    stratified = [name for term in terms if isinstance(term, Strata) for name in term.variables]
    offsets = tuple(term.variable for term in terms if isinstance(term, Offset))
    if len(simple) + len(crossed) + sum(isinstance(term, (Strata, Offset)) for term in terms) < len(terms):
        raise CannotEstimate("A term is a column name, transform(), factor(), interaction(), strata() or offset().")
    for term in crossed:
        for side in (term.left, term.right):
            if side not in simple and variable_of(side) not in stratified:
                raise CannotEstimate(
                    f"The interaction needs {variable_of(side)!r} as a term of its own (or as strata) as well."
                )
    for name in {variable_of(term) for term in simple} & set(stratified):
        raise CannotEstimate(f"{name!r} is both a term and strata; leave out one of the two.")
    named = [variable_of(t) for t in simple] + [variable_of(s) for t in crossed for s in (t.left, t.right)]
    kept = rows.copy()
    for name in dict.fromkeys([*named, *stratified, *offsets]):
        kept &= present(cohort.column(name))
    if not np.any(kept):
        raise CannotEstimate("Nobody is left: every row has a missing value in one of the terms.")
    notes: list[Finding] = []
    codings = {term: _coding(cohort, term, kept, notes) for term in simple}
    for term in crossed:
        for side in (term.left, term.right):
            if side not in codings:
                codings[side] = _coding(cohort, side, kept, notes)
    parts = [Part(codings[term].label, (codings[term],)) for term in simple]
    parts += [
        Part(TIMES.join(codings[side].label for side in (t.left, t.right)), (codings[t.left], codings[t.right]))
        for t in crossed
    ]
    names = [name for part in parts for name, _, _ in part.names]
    for name in names:
        if names.count(name) > 1:
            raise CannotEstimate(f"The term {name!r} is given twice.")
    levels = {name: as_category(cohort, name)[kept].used().levels for name in stratified}
    return Design(tuple(parts), tuple(Coding(n, levels=levels[n]) for n in stratified), offsets), tuple(notes)


def _coding(cohort: Cohort, term: Simple, kept: BoolArray, notes: list[Finding]) -> Coding:
    """How one simple term is coded, by the rows ``kept``."""
    name = variable_of(term)
    column = cohort.column(name)
    if isinstance(term, Transform):
        as_numbers(cohort, name)
        return Coding(name, term.function, term.per)
    if not isinstance(term, Factor) and not isinstance(column, Category):
        return Coding(name)
    category = as_category(cohort, name)[kept]
    used = category.used().levels
    for level in category.levels:
        if level not in used:
            notes.append(
                Finding(
                    code="H12",
                    severity=Severity.INFO,
                    what="Nobody has {variable} = {level}; the level is left out of the model.",
                    evidence={"variable": name, "level": level},
                )
            )
    wanted = term.reference if isinstance(term, Factor) else None
    if wanted is not None:
        if wanted not in used:
            raise CannotEstimate(
                f"Reference {wanted!r} is not a level of {name!r} that anybody has; there are {', '.join(map(repr, used))}."
            )
        used = (wanted, *(level for level in used if level != wanted))
    if len(used) < 2:
        raise CannotEstimate(f"Everybody has {name} = {used[0]}: there is nothing to compare. Leave {name!r} out.")
    return Coding(name, levels=used)


def variable_of(term: Simple) -> str:
    """The column a simple term reads."""
    return term if isinstance(term, str) else term.variable


def as_category(source: Columns, name: str) -> Category:
    """A column as categories; numbers become levels in increasing order."""
    column = source.column(name)
    if isinstance(column, Category):
        return column
    values, codes = np.unique(column, return_inverse=True)
    known = ~np.isnan(values)
    return Category(np.where(np.isnan(column), -1, codes), tuple(f"{value:g}" for value in values[known]))


def as_numbers(source: Columns, name: str) -> FloatArray:
    """A column of numbers; CannotEstimate if it holds categories."""
    column = source.column(name)
    if isinstance(column, Category):
        raise CannotEstimate(f"{name!r} holds categories, not numbers.")
    return column


def present(column: Column) -> BoolArray:
    """(n,) where the value is known."""
    return ~column.missing if isinstance(column, Category) else ~np.isnan(column)


def numbers(column: FloatArray, coding: Coding) -> FloatArray:
    """(n,) numbers through the coding's function; CannotEstimate where it has no finite value."""
    bad = np.isinf(column)
    if coding.function in ("log", "log2"):
        bad = bad | (column <= 0)
    if np.any(bad):
        row = int(np.flatnonzero(bad)[0])
        raise CannotEstimate(f"Row {row + 1}: {coding.label} has no finite value ({coding.variable} = {column[row]:g}).")
    if coding.function == "log":
        return np.log(column)
    if coding.function == "log2":
        return np.log2(column)
    return column / coding.per if coding.function == "scale" else column
