"""The table of the flow of patients."""

from __future__ import annotations

from durata.language.speaking import speak
from durata.records.flow import Flow
from durata.show.numbers import Cell, count
from durata.show.table import Head, Row, Table


def flow_table(flow: Flow, *, title: str = "") -> Table:
    """Every step with the patients who left and who remained.

    >>> flow_table(Flow.start("In the file", 103)).text()[1]
    ['In the file', '', '103']
    """
    rows = tuple(
        Row(step.reason, (Cell(count(step.excluded) if position else ""), Cell(count(step.remaining))))
        for position, step in enumerate(flow.steps)
    )
    return Table(
        title or speak("Flow of patients"),
        speak("Step"),
        (Head(speak("Left out"), "right"), Head(speak("Remaining"), "right")),
        rows,
    )
