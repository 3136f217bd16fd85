"""What can be declared as a term: a column, a transform, a spline, a factor, an interaction, strata, an offset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from durata.finding import CannotEstimate
from durata.kernels.cubic_spline import FEWEST_KNOTS, MOST_KNOTS
from durata.language.speaking import speak

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


@dataclass(frozen=True, slots=True)
class Spline:
    """A number as a restricted cubic spline: ``n_knots`` at fixed percentiles, or at the places ``at``."""

    variable: str
    n_knots: int
    at: tuple[float, ...] = ()


Simple = str | Transform | Factor | Spline


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
        raise CannotEstimate(
            speak("There is no transform {function!r}; there are 'log', 'log2' and 'scale'.", function=function)
        )
    if not (np.isfinite(per) and per > 0):
        raise CannotEstimate(
            speak(
                "Transform of {variable!r}: 'per' must be a positive number, not {per!r}.", variable=variable, per=per
            )
        )
    return Transform(variable, function, float(per))


def spline(variable: str, knots: int | Sequence[float] = 4) -> Spline:
    """The number ``variable`` as a restricted cubic spline: smooth between the knots, a straight line beyond them.

    Parameters
    ----------
    variable : column of numbers.
    knots : how many (3 to 7), placed at Harrell's percentiles (type 7) of the values in the model (3: 10, 50, 90; 4: 5,
        35, 65, 95; 5: 5, 27.5, 50, 72.5, 95; 6: 5 to 95; 7: 2.5 to 97.5, evenly; below 100 values the outer knots are
        the fifth smallest and largest); or the places themselves, increasing. The model remembers the places.

    References
    ----------
    Harrell, Regression Modeling Strategies, 2nd ed. 2015, section 2.4.

    Examples
    --------
    >>> spline("size", 4)
    Spline(variable='size', n_knots=4, at=())
    >>> spline("size", [2, 5, 9]).at
    (2.0, 5.0, 9.0)
    """
    several = () if isinstance(knots, int) else tuple(float(knot) for knot in knots)
    number = knots if isinstance(knots, int) else len(several)
    if not FEWEST_KNOTS <= number <= MOST_KNOTS:
        raise CannotEstimate(
            speak(
                "Spline of {variable!r}: a restricted cubic spline has {fewest} to {most} knots, not {number}.",
                variable=variable,
                fewest=FEWEST_KNOTS,
                most=MOST_KNOTS,
                number=number,
            )
        )
    if several and not (np.all(np.isfinite(several)) and np.all(np.diff(several) > 0)):
        raise CannotEstimate(speak("Spline of {variable!r}: give the knots as increasing numbers.", variable=variable))
    return Spline(variable, number, several)


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
