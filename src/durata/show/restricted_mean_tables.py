"""Tables of restricted means: time free of the event within a horizon by group, and what sets groups apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from durata.estimate.result import Summary
from durata.show.answer_cells import (
    OVERALL,
    common_decimals,
    confidence,
    count_cell,
    estimate_cell,
    notes_of,
    p_cell,
    ratio_cell,
    sentence,
)
from durata.show.numbers import Cell
from durata.show.table import Head, Row, Table
from durata.show.time_scale import TimeScale

DIFFERENCE, RATIO, TIME_LOST = "difference", "ratio", "ratio of time lost"


def restricted_mean_table(means: Summary, scale: TimeScale, *, title: str, overall: str = OVERALL) -> Table:
    """The mean time free of the event within the horizon, one row a group.

    ``means`` is the answer of :func:`durata.estimate.restricted_mean.restricted_mean`.
    """
    rows = means.rows()
    places, factor = common_decimals(rows, 1 / scale.length), 1 / scale.length
    heads = (Head("Patients", "right"), Head(f"Mean, {scale.unit} ({confidence(means)})"))
    body = tuple(
        Row(
            overall if len(rows) == 1 and row["group"] == "all" else str(row["group"]),
            (count_cell(row, "n"), estimate_cell(row, places, factor)),
        )
        for row in rows
    )
    horizon = scale.words(float(means.settings["until"]))
    said = f"{sentence(means.method)[:-1]}, up to {horizon}."
    return Table(title, "Group", heads, body, (said, *notes_of([means])))


def restricted_mean_contrasts_table(contrasts: Summary, scale: TimeScale, *, title: str) -> Table:
    """Differences, ratios and ratios of the time lost against the reference group, one row a comparison.

    ``contrasts`` is the answer of :func:`durata.estimate.restricted_mean.restricted_mean_contrasts`.
    """
    found: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}
    for row in contrasts.rows():
        found.setdefault((str(row["group"]), str(row["reference"])), {})[str(row["term"])] = row
    factor = 1 / scale.length
    places = common_decimals([terms[DIFFERENCE] for terms in found.values()], factor)
    level = confidence(contrasts)
    heads = tuple(
        head
        for spanner in (f"Difference, {scale.unit}", "Ratio", "Ratio of time lost")
        for head in (Head(f"Estimate ({level})", spanner=spanner), Head("p", spanner=spanner))
    )

    def cells(terms: Mapping[str, Mapping[str, Any]]) -> tuple[Cell, ...]:
        estimates = (
            estimate_cell(terms[DIFFERENCE], places, factor),
            ratio_cell(terms[RATIO]),
            ratio_cell(terms[TIME_LOST]),
        )
        tests = (p_cell(terms[term]) for term in (DIFFERENCE, RATIO, TIME_LOST))
        return tuple(cell for pair in zip(estimates, tests, strict=True) for cell in pair)

    body = tuple(Row(f"{group} vs {reference}", cells(terms)) for (group, reference), terms in found.items())
    horizon = scale.words(float(contrasts.settings["until"]))
    said = f"{sentence(contrasts.method)} Up to {horizon}. The time lost to the event is {horizon} less the mean; a ratio below 1 means less of it."
    return Table(title, "Comparison", heads, body, (said, *notes_of([contrasts])))
