"""Tables of restricted means: time free of the event within a horizon by group, and what sets groups apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from durata.estimate.result import Summary
from durata.language.speaking import speak
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
    versus,
)
from durata.show.numbers import Cell
from durata.show.table import Head, Row, Table
from durata.show.time_scale import TimeScale

DIFFERENCE, RATIO, TIME_LOST = "difference", "ratio", "ratio of time lost"


def restricted_mean_table(means: Summary, scale: TimeScale, *, title: str, overall: str = "") -> Table:
    """The mean time free of the event within the horizon, one row a group.

    ``means`` is the answer of :func:`durata.estimate.restricted_mean.restricted_mean`.
    """
    rows = means.rows()
    places, factor = common_decimals(rows, 1 / scale.length), 1 / scale.length
    heads = (
        Head(speak("Patients"), "right"),
        Head(speak("Mean, {unit} ({level})", unit=scale.name, level=confidence(means))),
    )
    body = tuple(
        Row(
            (overall or speak(OVERALL)) if len(rows) == 1 and row["group"] == "all" else str(row["group"]),
            (count_cell(row, "n"), estimate_cell(row, places, factor)),
        )
        for row in rows
    )
    horizon = scale.words(float(means.settings["until"]))
    said = speak("{method}, up to {horizon}.", method=sentence(means.method)[:-1], horizon=horizon)
    return Table(title, speak("Group"), heads, body, (said, *notes_of([means])))


def restricted_mean_contrasts_table(contrasts: Summary, scale: TimeScale, *, title: str) -> Table:
    """Differences, ratios and ratios of the time lost against the reference group, one row a comparison.

    ``contrasts`` is the answer of :func:`durata.estimate.restricted_mean.restricted_mean_contrasts`.
    """
    found: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}
    said = {speak(term): term for term in (DIFFERENCE, RATIO, TIME_LOST)}  # terms are worded in the language of the run
    for row in contrasts.rows():
        term = str(row["term"])
        found.setdefault((str(row["group"]), str(row["reference"])), {})[said.get(term, term)] = row
    factor = 1 / scale.length
    places = common_decimals([terms[DIFFERENCE] for terms in found.values()], factor)
    level = confidence(contrasts)
    heads = tuple(
        head
        for spanner in (speak("Difference, {unit}", unit=scale.name), speak("Ratio"), speak("Ratio of time lost"))
        for head in (
            Head(speak("Estimate ({level})", level=level), spanner=spanner),
            Head(speak("p"), spanner=spanner),
        )
    )

    def cells(terms: Mapping[str, Mapping[str, Any]]) -> tuple[Cell, ...]:
        estimates = (
            estimate_cell(terms[DIFFERENCE], places, factor),
            ratio_cell(terms[RATIO]),
            ratio_cell(terms[TIME_LOST]),
        )
        tests = (p_cell(terms[term]) for term in (DIFFERENCE, RATIO, TIME_LOST))
        return tuple(cell for pair in zip(estimates, tests, strict=True) for cell in pair)

    body = tuple(Row(versus(group, reference), cells(terms)) for (group, reference), terms in found.items())
    horizon = scale.words(float(contrasts.settings["until"]))
    note = speak(
        "{method} Up to {horizon}. The time lost to the event is {horizon} less the mean; a ratio below 1 means less of it.",
        method=sentence(contrasts.method),
        horizon=horizon,
    )
    return Table(title, speak("Comparison"), heads, body, (note, *notes_of([contrasts])))
