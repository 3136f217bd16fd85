"""The table of event rates: events per person-time with their intervals."""

from __future__ import annotations

from durata.estimate.result import Summary
from durata.show.answer_cells import (
    OVERALL,
    common_decimals,
    confidence,
    count_cell,
    estimate_cell,
    notes_of,
    number_of,
    sentence,
)
from durata.show.numbers import Cell, fixed, refused
from durata.show.table import Head, Row, Table
from durata.show.time_scale import TimeScale


def rates_table(
    rates: Summary,
    scale: TimeScale,
    *,
    title: str,
    per: float = 100.0,
    events: str = "Events",
    overall: str = OVERALL,
) -> Table:
    """Patients, events, person-time and the rate with its interval, one row a group.

    Parameters
    ----------
    rates : the answer of :func:`durata.estimate.rates.event_rates`, whatever person-time it was asked for.
    scale : the unit in which person-time is shown (``TimeScale("years", 365.25)`` for an answer in days).
    per : the person-time a rate is shown for, in that unit.
    """
    factor = per * scale.length / float(rates.settings["per"])
    person = f"patient-{scale.unit}"
    heads = (
        Head("Patients", "right"),
        Head(events, "right"),
        Head(person.capitalize()),
        Head(f"Rate per {fixed(per, 0)} {person} ({confidence(rates)})"),
    )
    rows = rates.rows()
    places = common_decimals(rows, factor)
    grouped = rates.settings["by"] is not None
    body = []
    for position, row in enumerate(rows):
        name = str(row["group"]) if grouped and position < len(rows) - 1 else overall
        time = number_of(row, "person_time")
        shown = (
            Cell(fixed(scale.shown(time), 1)) if time is not None else refused("The time under observation is unknown.")
        )
        body.append(
            Row(name, (count_cell(row, "n"), count_cell(row, "events"), shown, estimate_cell(row, places, factor)))
        )
    return Table(title, "Group", heads, tuple(body), (sentence(rates.method), *notes_of([rates])))
