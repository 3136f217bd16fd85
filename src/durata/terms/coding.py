"""Declared terms to a Design: which levels there are among the rows used, which column is coded how."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from durata.category import Category
from durata.cohort import Cohort
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import BoolArray
from durata.kernels.cubic_spline import default_knots
from durata.language.speaking import speak
from durata.terms.columns import as_category, as_numbers, present
from durata.terms.declared import Factor, Interaction, Offset, Simple, Spline, Strata, TermLike, Transform, variable_of
from durata.terms.design import TIMES, Coding, Design, Part


def design_of(cohort: Cohort, terms: Sequence[TermLike], rows: BoolArray) -> tuple[Design, tuple[Finding, ...]]:
    """Code ``terms`` by those of ``rows`` (n,) of the cohort in which none of their columns is missing.

    Levels keep the order of the cohort's Category (numbers increase); the first one, or the reference named, is what
    the others are compared with. A level without anybody is dropped, with a note.

    Raises
    ------
    CannotEstimate : no such column; a column that does not vary; a missing main effect of an interaction.
    """
    if isinstance(terms, str):
        raise CannotEstimate(speak("Give the terms as a list: [{terms!r}].", terms=terms))
    simple = [term for term in terms if isinstance(term, (str, Transform, Factor, Spline))]
    crossed = [term for term in terms if isinstance(term, Interaction)]
    stratified = [name for term in terms if isinstance(term, Strata) for name in term.variables]
    offsets = tuple(term.variable for term in terms if isinstance(term, Offset))
    if len(simple) + len(crossed) + sum(isinstance(term, (Strata, Offset)) for term in terms) < len(terms):
        raise CannotEstimate(
            speak("A term is a column name, transform(), spline(), factor(), interaction(), strata() or offset().")
        )
    for term in crossed:
        for side in (term.left, term.right):
            if side not in simple and variable_of(side) not in stratified:
                raise CannotEstimate(
                    speak(
                        "The interaction needs {variable!r} as a term of its own (or as strata) as well.",
                        variable=variable_of(side),
                    )
                )
    for name in {variable_of(term) for term in simple} & set(stratified):
        raise CannotEstimate(speak("{name!r} is both a term and strata; leave out one of the two.", name=name))
    named = [variable_of(t) for t in simple] + [variable_of(s) for t in crossed for s in (t.left, t.right)]
    kept = rows.copy()
    for name in dict.fromkeys([*named, *stratified, *offsets]):
        kept &= present(cohort.column(name))
    if not np.any(kept):
        raise CannotEstimate(speak("Nobody is left: every row has a missing value in one of the terms."))
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
            raise CannotEstimate(speak("The term {name!r} is given twice.", name=name))
    levels = {name: as_category(cohort, name)[kept].used().levels for name in stratified}
    return Design(tuple(parts), tuple(Coding(n, levels=levels[n]) for n in stratified), offsets), tuple(notes)


def _coding(cohort: Cohort, term: Simple, kept: BoolArray, notes: list[Finding]) -> Coding:
    """How one simple term is coded, by the rows ``kept``."""
    name = variable_of(term)
    column = cohort.column(name)
    if isinstance(term, Transform):
        as_numbers(cohort, name)
        return Coding(name, term.function, term.per)
    if isinstance(term, Spline):
        return Coding(name, knots=_knots(cohort, term, kept))
    if not isinstance(term, Factor) and not isinstance(column, Category):
        return Coding(name)
    category = as_category(cohort, name)[kept]
    used = category.used().levels
    notes += [
        Finding(
            code="N12",
            severity=Severity.INFO,
            what="Nobody has {variable} = {level}; the level is left out of the model.",
            evidence={"variable": name, "level": level},
        )
        for level in category.levels
        if level not in used
    ]
    wanted = term.reference if isinstance(term, Factor) else None
    if wanted is not None:
        if wanted not in used:
            raise CannotEstimate(
                speak(
                    "Reference {wanted!r} is not a level of {name!r} that anybody has; there are {known}.",
                    wanted=wanted,
                    name=name,
                    known=speak(", ").join(map(repr, used)),
                )
            )
        used = (wanted, *(level for level in used if level != wanted))
    if len(used) < 2:
        raise CannotEstimate(
            speak(
                "Everybody has {name} = {used}: there is nothing to compare. Leave {name!r} out.",
                name=name,
                used=used[0],
            )
        )
    return Coding(name, levels=used)


def _knots(cohort: Cohort, term: Spline, kept: BoolArray) -> tuple[float, ...]:
    """The knots of a spline: those given, or percentiles of the values of the rows ``kept``, frequencies counted."""
    column = as_numbers(cohort, term.variable)
    if term.at:
        return term.at
    values = column[kept]
    if np.any(np.isinf(values)):
        raise CannotEstimate(
            speak("{variable!r} is infinite in a row: a spline has no place for it.", variable=term.variable)
        )
    if cohort.weights is not None and cohort.weights.kind == "frequency":
        values = np.repeat(values, cohort.weights.values[kept].astype(np.intp))
    knots = default_knots(values, term.n_knots)
    if np.any(np.diff(knots) <= 0.0):
        raise CannotEstimate(
            speak(
                "The {n_knots} percentiles of {variable!r} at which a spline has its knots are not all "
                "different ({knots}). Ask for fewer knots or say where they are: spline({variable!r}, "
                "[...]).",
                n_knots=term.n_knots,
                variable=term.variable,
                knots=speak(", ").join(f"{knot:g}" for knot in knots),
            )
        )
    return tuple(knots.tolist())
