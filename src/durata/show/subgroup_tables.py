"""Tables of subgroups: people, events and hazard ratios by group within each, and the tests of interaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from durata.estimate.analysis import Refused
from durata.estimate.result import Curve, Effects, Stretch, Summary, Test
from durata.finding import Finding
from durata.language.speaking import speak
from durata.show.answer_cells import confidence, notes_of, p_cell, sentence, tested_cell
from durata.show.effect_tables import REFERENCE, effect_cells
from durata.show.number_style import number_style
from durata.show.numbers import Cell, count, refused
from durata.show.survival_tables import horizons_table
from durata.show.table import BLANK, Head, Row, Table
from durata.show.time_scale import TimeScale


@dataclass(frozen=True, slots=True)
class SubgroupResult:
    """The answers about one subgroup, or about everybody; each may be the reason why it cannot be had.

    Parameters
    ----------
    label : what the subgroup is called.
    curve : Kaplan-Meier curves by group within the subgroup; people and events are read from it.
    log_rank : the test of all groups.
    model : the Cox model of the groups within the subgroup; its terms of ``variable`` are shown.
    interaction : the test whether the groups differ otherwise outside; None for everybody.
    pairs : log-rank tests of every pair of groups, where they were asked for.
    variable : the model's variable of groups.
    """

    label: str
    curve: Curve | Refused
    log_rank: Test | Refused
    model: Effects | Refused
    interaction: Test | Refused | None = None
    pairs: Summary | Refused | None = None
    variable: str = "group"

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """The curves of the groups that have anybody in the subgroup."""
        return self.curve.stretches if isinstance(self.curve, Curve) else ()

    @property
    def effects(self) -> Mapping[str, Mapping[str, Any]]:
        """The row of each group's hazard ratio (log scale), by group."""
        if isinstance(self.model, Refused):
            return {}
        rows = zip(self.model.terms, self.model.rows(), strict=True)
        return {term.level: row for term, row in rows if term.variable == self.variable}

    @property
    def reference(self) -> str:
        """The group that the hazard ratios compare with; empty when there is no model."""
        if isinstance(self.model, Refused):
            return ""
        return next((term.reference for term in self.model.terms if term.variable == self.variable), "")


def subgroup_table(results: Sequence[SubgroupResult], *, title: str, stub_head: str = "") -> Table:
    """Patients, events, hazard ratios and log-rank tests by group within each subgroup.

    The log-rank test of all groups and the test of interaction stand on the subgroup's own row, the log-rank test of a
    group against the reference on the group's.
    """
    if not results:
        raise ValueError("a table of subgroups needs at least one")
    models = [one.model for one in results]
    level = confidence(next((model for model in models if isinstance(model, Effects)), None))
    heads = (
        Head(speak("Patients"), "right"),
        Head(speak("Events"), "right"),
        Head(speak("Hazard ratio ({level})", level=level)),
        Head(speak("p")),
        Head(speak("Log\u2011rank p")),
        Head(speak("p for interaction")),
    )
    rows: list[Row] = []
    for one in results:
        people = sum(stretch.n for stretch in one.stretches)
        events = sum(float(stretch.events.sum()) for stretch in one.stretches)
        counts = (Cell(count(people)), Cell(count(events))) if one.stretches else (_why(one.curve),) * 2
        ratios = (refused(one.model.reason),) * 2 if isinstance(one.model, Refused) else (BLANK, BLANK)
        rows.append(Row(one.label, (*counts, *ratios, tested_cell(one.log_rank), tested_cell(one.interaction))))
        rows += [_group(one, stretch) for stretch in one.stretches]
    said = speak(
        "Hazard ratios come from a model of each subgroup alone; no p-value is adjusted for the number of subgroups. The "
        "test of interaction asks whether they differ between the patients inside and outside the subgroup; a p below "
        "0.05 inside and above it outside does not show that."
    )
    methods = dict.fromkeys(_method(model) for model in models if isinstance(model, Effects))
    pairs = (speak("Log-rank p of a group: against the reference, not adjusted."),) if _has_pairs(results) else ()
    answers = [answer for one in results for answer in (one.log_rank, one.model, one.interaction)]
    return Table(
        title, stub_head or speak("Subgroup"), heads, tuple(rows), (*methods, *pairs, said, *notes_of(answers))
    )


def _method(model: Effects) -> str:
    """How the hazard ratios of a model and their p-values were had."""
    if model.profile is not None:
        return sentence(speak("hazard ratios: {method}", method=model.method))
    return sentence(speak("hazard ratios: {method}; p-values by Wald's test", method=model.method))


def _has_pairs(results: Sequence[SubgroupResult]) -> bool:
    return any(isinstance(one.pairs, Summary) for one in results)


def _group(one: SubgroupResult, stretch: Stretch) -> Row:
    """One group within a subgroup."""
    ratio: tuple[Cell, Cell] = (BLANK, BLANK)
    if stretch.group == one.reference:
        ratio = (Cell(speak(REFERENCE)), BLANK)
    elif isinstance(one.model, Effects):
        ratio = effect_cells(one.effects.get(stretch.group))
    counts = (Cell(count(stretch.n)), Cell(count(float(stretch.events.sum()))))
    return Row(stretch.group, (*counts, *ratio, _against_reference(one, stretch.group), BLANK), depth=1)


def _against_reference(one: SubgroupResult, group: str) -> Cell:
    """The log-rank test of a group against the reference; nothing where pairs were not asked for."""
    if not isinstance(one.pairs, Summary) or not one.reference or group == one.reference:
        return BLANK
    pair = {group, one.reference}
    found = next((row for row in one.pairs.rows() if {row["group"], row["reference"]} == pair), None)
    return BLANK if found is None else p_cell({**found, "method": ""})


def subgroup_survival_table(
    results: Sequence[SubgroupResult],
    horizons: Sequence[float],
    scale: TimeScale,
    *,
    title: str,
    estimand: str = "",
    stub_head: str = "",
) -> Table:
    """Survival at horizons (in the unit of the curves) by group within each subgroup, with the numbers at risk."""
    if not results or not horizons:
        raise ValueError("a table of survival in subgroups needs subgroups and horizons")
    rows: list[dict[str, Any]] = []
    named: dict[str, tuple[int, str]] = {}
    notes: dict[str, Finding] = {}
    settings: Mapping[str, Any] = {}
    for position, one in enumerate(results):
        if not isinstance(one.curve, Curve):
            continue
        found = one.curve.at(list(horizons))
        settings = found.settings
        notes |= {note.message: note for note in found.notes}
        for row in found.rows():
            key = f"{position}: {row.get('group', 'all')}"
            named[key] = position, str(row.get("group", "all"))
            rows.append({**row, "group": key})
    if not rows:
        body = tuple(Row(one.label, (_why(one.curve),)) for one in results)
        return Table(title, stub_head or speak("Subgroup"), (Head(estimand or speak("Survival")),), body)
    # one table of all subgroups, so that every percentage in it has the same decimals
    every = Summary("survival in subgroups", tuple(rows), settings=settings, notes=tuple(notes.values()))
    shown = horizons_table(every, scale, title=title, estimand=estimand, stub_head=stub_head or speak("Subgroup"))
    return Table(title, shown.stub_head, shown.heads, tuple(_under_labels(results, shown, named)), shown.notes)


def _under_labels(
    results: Sequence[SubgroupResult], shown: Table, named: Mapping[str, tuple[int, str]]
) -> Iterator[Row]:
    """The rows of every subgroup under its label; where times stand as headings, the label stands in each row."""
    times_above = any(row.heading for row in shown.rows)
    if times_above:
        for row in shown.rows:
            position, group = named.get(row.stub, (0, ""))
            yield (
                row
                if row.heading
                else Row(f"{results[position].label}{number_style().colon}{group}", row.cells, row.depth)
            )
    for position, one in enumerate(results):
        if not isinstance(one.curve, Curve):
            yield Row(one.label, (_why(one.curve),) * len(shown.heads))
        elif not times_above:
            yield Row(one.label, heading=True)
            mine = [row for row in shown.rows if named[row.stub][0] == position]
            yield from (Row(named[row.stub][1], row.cells, depth=1) for row in mine)


def _why(curve: Curve | Refused) -> Cell:
    return refused(curve.reason if isinstance(curve, Refused) else speak("Nobody is in this subgroup."))
