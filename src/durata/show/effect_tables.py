"""Tables of Cox models: hazard ratios with reference rows, several models side by side, proportional hazards."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from durata.estimate.analysis import Refused
from durata.estimate.result import Effects, Summary, Term, Test
from durata.language.speaking import speak
from durata.show.number_style import number_style
from durata.show.numbers import Cell, count, fixed, known, p_value, ratio_interval, refused
from durata.show.survival_tables import test_cells
from durata.show.table import Head, Row, Table

REFERENCE = "1 (reference)"
GLOBAL = "GLOBAL"
TIMES = {"day", "week", "month", "year"}


@dataclass(frozen=True, slots=True)
class Words:
    """What covariates are called in tables and figures.

    ``variables`` gives a variable its label, ``units`` the unit of a number (``"year"``: the effect of one year more).
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    def variable(self, name: str) -> str:
        """The label of a variable; its own name where none is declared."""
        return self.variables.get(name) or name

    def term(self, term: Term) -> str:
        """The label of a coefficient that stands in a row of its own."""
        label = self.variable(term.variable)
        if term.level:
            return f"{label}{number_style().colon}{term.level}"
        unit = self.units.get(term.variable)
        if not unit:
            return label
        return speak("{label}, per {unit}", label=label, unit=speak(unit) if unit in TIMES else unit)


def effects_table(
    models: Mapping[str, Effects | Refused],
    *,
    title: str,
    words: Words = Words(),
    counts: Mapping[tuple[str, str], tuple[float, float]] | None = None,
) -> Table:
    """Hazard ratios with interval and p-value, one row a level, the reference level shown as 1.

    ``models`` are given by the words that stand over them (with one model they are not printed). ``counts`` holds
    people and events of a level, ``{(variable, level): (n, events)}``, and makes two more columns.
    """
    if not models:
        raise ValueError("a table of effects needs at least one model")
    several = len(models) > 1
    heads: list[Head] = []
    if counts is not None:
        heads += [Head(speak("Patients"), "right"), Head(speak("Events"), "right")]
    for name, model in models.items():
        confidence = model.conf_level if isinstance(model, Effects) else 0.95
        spanner = name if several else ""
        ratio = speak("Hazard ratio ({level})", level=f"{fixed(100 * confidence, 0)}% CI")
        heads += [Head(ratio, spanner=spanner), Head(speak("p"), spanner=spanner)]

    estimated = {name: _by_level(model) for name, model in models.items() if isinstance(model, Effects)}
    rows: list[Row] = []
    for variable, levels in _variables(models).items():
        reference = next((term.reference for term in levels.values() if term.reference), "")
        depth = 1 if reference else 0
        if reference:
            rows.append(Row(words.variable(variable), heading=True))
            given = (Cell(speak(REFERENCE)), Cell(""))
            rows.append(
                Row(
                    reference,
                    (
                        *_counts(counts, variable, reference),
                        *(cell for model in models.values() for cell in _reference(model, variable, given)),
                    ),
                    depth,
                )
            )
        for level, term in levels.items():
            cells = tuple(
                cell
                for name, model in models.items()
                for cell in (
                    (refused(model.reason),) * 2
                    if isinstance(model, Refused)
                    else effect_cells(estimated[name].get((variable, level)))
                )
            )
            rows.append(
                Row(level if reference else words.term(term), (*_counts(counts, variable, level), *cells), depth)
            )
    if not rows:
        reasons = {name: model.reason for name, model in models.items() if isinstance(model, Refused)}
        rows.append(
            Row(
                speak("Every model"),
                (
                    *((refused(speak("No model was fitted.")),) * (2 if counts is not None else 0)),
                    *(refused(reasons[name]) for name in models for _ in range(2)),
                ),
            )
        )
    notes = tuple(
        dict.fromkeys(note.message for model in models.values() if isinstance(model, Effects) for note in model.notes)
    )
    return Table(title, "", tuple(heads), tuple(rows), notes)


def effect_cells(row: Mapping[str, Any] | None) -> tuple[Cell, Cell]:
    """Hazard ratio with interval, and p-value, from one row of Effects (log scale)."""
    if row is None:
        cell = refused(speak("Not in this model."))
        return cell, cell
    values = [row.get(name) for name in ("estimate", "conf_low", "conf_high")]
    if any(value is None or not known(value) for value in values):
        cell = refused(str(row.get("note") or speak("This coefficient could not be estimated.")))
        return cell, cell
    p = row.get("p_value")
    note = str(row.get("note") or "")
    return (
        Cell(ratio_interval(*(_exponential(float(value)) for value in values if value is not None)), note),
        Cell(p_value(p)) if p is not None and known(p) else refused(note or speak("There is no p-value.")),
    )


def proportional_hazards_table(test: Test | Summary, *, title: str, words: Words = Words()) -> Table:
    """The test of proportional hazards by term, the global test last."""
    heads = (Head(speak("Chi-square")), Head(speak("df")), Head(speak("p")))
    together = speak("All terms together")
    body = []
    for row in test.rows():
        name = str(row.get("term", "")) or GLOBAL
        stub = together if name.upper() == GLOBAL else words.variable(name)
        body.append(Row(stub, test_cells(row)))
    body.sort(key=lambda row: row.stub == together)
    return Table(title, speak("Term"), heads, tuple(body), tuple(note.message for note in test.notes))


def _exponential(value: float) -> float:
    # a coefficient this large has no ratio in double precision; ratio() prints it as ">9,999"
    return math.exp(min(value, 700.0))


def _by_level(effects: Effects) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (term.variable, term.level or term.name): row for term, row in zip(effects.terms, effects.rows(), strict=True)
    }


def _variables(models: Mapping[str, Effects | Refused]) -> dict[str, dict[str, Term]]:
    found: dict[str, dict[str, Term]] = {}
    for model in models.values():
        if isinstance(model, Effects):
            for term in model.terms:
                found.setdefault(term.variable, {}).setdefault(term.level or term.name, term)
    return found


def _reference(model: Effects | Refused, variable: str, given: tuple[Cell, Cell]) -> tuple[Cell, Cell]:
    if isinstance(model, Refused):
        return refused(model.reason), refused(model.reason)
    return given if any(term.variable == variable for term in model.terms) else effect_cells(None)


def _counts(
    counts: Mapping[tuple[str, str], tuple[float, float]] | None, variable: str, level: str
) -> tuple[Cell, ...]:
    if counts is None:
        return ()
    if (variable, level) not in counts:
        return Cell(""), Cell("")
    people, events = counts[variable, level]
    return Cell(count(people)), Cell(count(events))
