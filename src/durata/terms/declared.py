"""What can be declared as a term: a column, a transform, a factor, an interaction, strata, an offset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from durata.finding import CannotEstimate

Function = Literal["log", "log2", "scale"]


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


TermLike = Simple | Interaction | Strata | Offset


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
    """The column ``variable`` as categories, compared with ``reference`` (the first level if not given).

    >>> factor("grade", reference="2")
    Factor(variable='grade', reference='2')
    """
    return Factor(variable, reference)


def interaction(left: Simple, right: Simple) -> Interaction:
    """The interaction of two terms; name both as terms as well (or as strata).

    >>> ["age", "sex", interaction("age", "sex")][2]
    Interaction(left='age', right='sex')
    """
    return Interaction(left, right)


def strata(*variables: str) -> Strata:
    """A baseline hazard of its own for every level (combination) of these columns.

    >>> strata("centre", "sex")
    Strata(variables=('centre', 'sex'))
    """
    return Strata(variables)


def offset(variable: str) -> Offset:
    """A known part of the linear predictor: the column enters with the coefficient 1.

    >>> offset("log_expected_rate")
    Offset(variable='log_expected_rate')
    """
    return Offset(variable)


def variable_of(term: Simple) -> str:
    """The column a simple term reads."""
    return term if isinstance(term, str) else term.variable
