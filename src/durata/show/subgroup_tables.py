"""Tables of subgroups: people, events and hazard ratios by group within each, and the tests of interaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from durata.estimate.analysis import Refused
from durata.estimate.result import Curve, Effects, Stretch, Summary, Test
from durata.show.answer_cells import confidence, notes_of, p_cell, tested_cell
from durata.show.effect_tables import REFERENCE, effect_cells
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


def subgroup_table(results: Sequence[SubgroupResult], *, title: str, stub_head: str = "Subgroup") -> Table:
    """Patients, events, hazard ratios and log-rank tests by group within each subgroup.

    The log-rank test of all groups and the test of interaction stand on the subgroup's own row, the log-rank test of a
    group against the reference on the group's.
    """
    if not results:
        raise ValueError("a table of subgroups needs at least one")
    models = [one.model for one in results]
    level = confidence(next((model for model in models if isinstance(model, Effects)), None))
    heads = (
        Head("Patients", "right"),
        Head("Events", "right"),
        Head(f"Hazard ratio ({level})"),
        Head("p"),
        Head("p, log-rank"),
        Head("p for interaction"),
    )
    rows: list[Row] = []
    for one in results:
        people = sum(stretch.n for stretch in one.stretches)
        events = sum(float(stretch.events.sum()) for stretch in one.stretches)
        counts = (Cell(count(people)), Cell(count(events))) if one.stretches else (_why(one.curve),) * 2
        ratios = (refused(one.model.reason),) * 2 if isinstance(one.model, Refused) else (BLANK, BLANK)
        rows.append(Row(one.label, (*counts, *ratios, tested_cell(one.log_rank), tested_cell(one.interaction))))
        rows += [_group(one, stretch) for stretch in one.stretches]
    said = (
        "Hazard ratios are those of each subgroup's own model, not adjusted for the number of subgroups. The test of "
        "interaction asks whether they differ between those inside and those outside the subgroup: without it, a p "
        "below 0.05 in one subgroup and above in another shows no difference between them."
    )
    answers = [answer for one in results for answer in (one.log_rank, one.model, one.interaction)]
    return Table(title, stub_head, heads, tuple(rows), (said, *notes_of(answers)))


def _group(one: SubgroupResult, stretch: Stretch) -> Row:
    """One group within a subgroup."""
    ratio: tuple[Cell, Cell] = (BLANK, BLANK)
    if stretch.group == one.reference:
        ratio = (Cell(REFERENCE), BLANK)
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
    estimand: str = "Survival",
    stub_head: str = "Subgroup",
) -> Table:
    """Survival at horizons (in the unit of the curves) by group within each subgroup, with the numbers at risk."""
    if not results or not horizons:
        raise ValueError("a table of survival in subgroups needs subgroups and horizons")
    parts = [
        (one, horizons_table(one.curve.at(list(horizons)), scale, title=title, estimand=estimand))
        for one in results
        if isinstance(one.curve, Curve)
    ]
    if not parts:
        body = tuple(Row(one.label, (_why(one.curve),)) for one in results)
        return Table(title, stub_head, (Head(estimand),), body)
    shown = {id(one): part for one, part in parts}
    heads = parts[0][1].heads
    rows: list[Row] = []
    for one in results:
        part = shown.get(id(one))
        if part is None:
            rows.append(Row(one.label, (_why(one.curve),) * len(heads)))
            continue
        rows.append(Row(one.label, heading=True))
        rows += [Row(row.stub, row.cells, row.depth + 1, row.heading) for row in part.rows]
    return Table(title, stub_head, heads, tuple(rows), tuple(dict.fromkeys(n for _, p in parts for n in p.notes)))


def _why(curve: Curve | Refused) -> Cell:
    return refused(curve.reason if isinstance(curve, Refused) else "Nobody is in this subgroup.")
