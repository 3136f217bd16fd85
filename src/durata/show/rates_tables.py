"""The table of event rates: events per person-time with their intervals."""

from __future__ import annotations

from durata.estimate.result import Summary
from durata.language.speaking import speak
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
    events: str = "",
    overall: str = "",
) -> Table:
    """Patients, events, person-time and the rate with its interval, one row a group.

    Parameters
    ----------
    rates : the answer of :func:`durata.estimate.rates.event_rates`, whatever person-time it was asked for.
    scale : the unit in which person-time is shown (``TimeScale("years", 365.25)`` for an answer in days).
    per : the person-time a rate is shown for, in that unit.
    """
    factor = per * scale.length / float(rates.settings["per"])
    person = speak(f"patient-{scale.unit}")
    heads = (
        Head(speak("Patients"), "right"),
        Head(events or speak("Events"), "right"),
        Head(person.capitalize()),
        Head(
            speak("Rate per {n} {person_time} ({level})", n=fixed(per, 0), person_time=person, level=confidence(rates))
        ),
    )
    rows = rates.rows()
    places = common_decimals(rows, factor)
    grouped = rates.settings["by"] is not None
    body = []
    for position, row in enumerate(rows):
        name = str(row["group"]) if grouped and position < len(rows) - 1 else overall or speak(OVERALL)
        time = number_of(row, "person_time")
        unknown = refused(speak("The time under observation is unknown."))
        shown = Cell(fixed(scale.shown(time), 1)) if time is not None else unknown
        body.append(
            Row(name, (count_cell(row, "n"), count_cell(row, "events"), shown, estimate_cell(row, places, factor)))
        )
    return Table(title, speak("Group"), heads, tuple(body), (sentence(rates.method), *notes_of([rates])))
