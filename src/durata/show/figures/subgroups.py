"""The rows of a forest of subgroups: each subgroup with its test of interaction, its groups against the reference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from durata.estimate.analysis import Refused
from durata.estimate.result import Stretch, Test
from durata.language.speaking import speak
from durata.show.answer_cells import number_of, versus
from durata.show.figures.forest import ForestRow
from durata.show.number_style import bracketed, clauses, number_style, parts
from durata.show.numbers import count, p_phrase, ratio_interval
from durata.show.printable import printable
from durata.show.subgroup_tables import SubgroupResult

DETAIL_HEAD = "Events/patients"


def subgroup_rows(results: Sequence[SubgroupResult]) -> tuple[ForestRow, ...]:
    """Rows for :func:`durata.show.figures.forest.forest_figure`, with ``detail_head=DETAIL_HEAD``.

    A heading says the subgroup, how many are in it and the p-value of its interaction; below it stands every group
    against the reference, with events and patients of both.
    """
    rows: list[ForestRow] = []
    for one in results:
        rows.append(ForestRow(_heading(one), kind="heading"))
        if isinstance(one.model, Refused):
            rows.append(ForestRow(speak("No hazard ratio"), refused=one.model.reason, depth=1))
            continue
        by_group = {stretch.group: stretch for stretch in one.stretches}
        for group, row in one.effects.items():
            rows.append(_effect(versus(group, one.reference), row, _detail(by_group, group, one.reference)))
    return tuple(rows)


def subgroup_words(results: Sequence[SubgroupResult], *, what: str = "") -> str:
    """The alternative text: in each subgroup the ratio of every group to the reference, and the interaction."""
    said = []
    for one in results:
        ratios = [_phrase(row) for row in subgroup_rows([one]) if row.kind == "effect"]
        said.append(f"{_heading(one)}{number_style().colon}{parts(ratios)}")
    named = what or speak("Hazard ratio")
    return printable(speak("{what} with interval by subgroup. {subgroups}.", what=named, subgroups=clauses(said)))


def _phrase(row: ForestRow) -> str:
    if row.estimate is None or row.low is None or row.high is None:
        return bracketed(row.label, row.refused.rstrip(".。"))
    return f"{row.label} {ratio_interval(row.estimate, row.low, row.high)}"


def _heading(one: SubgroupResult) -> str:
    said = [speak("n = {n}", n=count(sum(stretch.n for stretch in one.stretches)))] if one.stretches else []
    if isinstance(one.interaction, Test):
        said.append(p_phrase(one.interaction.p_value, "p for interaction"))
    elif isinstance(one.interaction, Refused):
        said.append(speak("interaction not tested"))
    return bracketed(one.label, clauses(said)) if said else one.label


def _effect(label: str, row: Mapping[str, object], detail: str) -> ForestRow:
    logs = [number_of(row, name) for name in ("estimate", "conf_low", "conf_high")]
    known = [math.exp(min(value, 700.0)) for value in logs if value is not None]
    # a limit that no double can hold is no limit: the arrow at the edge of the axis says so
    if len(known) < 3 or not 0 < known[0] < 1e300:
        note = str(row.get("note") or speak("This hazard ratio could not be estimated."))
        return ForestRow(label, refused=note, depth=1, detail=detail)
    value, low, high = known
    return ForestRow(label, value, low, high, number_of(row, "p_value"), detail, depth=1)


def _detail(by_group: Mapping[str, Stretch], group: str, reference: str) -> str:
    if group not in by_group or reference not in by_group:
        return ""
    said = [f"{count(float(by_group[name].events.sum()))}/{count(by_group[name].n)}" for name in (group, reference)]
    mine, others = said
    return speak("{counts} vs {reference_counts}", counts=mine, reference_counts=others)
