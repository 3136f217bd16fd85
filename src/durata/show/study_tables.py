"""Tables of the study itself: the flow of patients, and the findings in order of their weight."""

from __future__ import annotations

from collections.abc import Iterable

from durata.finding import Finding
from durata.records.flow import Flow
from durata.show.numbers import Cell, count
from durata.show.table import Head, Row, Table


def flow_table(flow: Flow, *, title: str = "Flow of patients") -> Table:
    """Every step with the patients who left and who remained.

    >>> flow_table(Flow.start("In the file", 103)).text()[1]
    ['In the file', '', '103']
    """
    rows = tuple(
        Row(step.reason, (Cell(count(step.excluded) if position else ""), Cell(count(step.remaining))))
        for position, step in enumerate(flow.steps)
    )
    return Table(title, "Step", (Head("Left out", "right"), Head("Remaining", "right")), rows)


def findings_table(findings: Iterable[Finding], *, title: str = "Findings") -> Table:
    """What was noticed and what to do about it, the gravest first, in the order given within a severity."""
    ordered = sorted(findings, key=lambda finding: -finding.severity.rank)
    heads = (
        Head("Severity", "left"),
        Head("What was seen", "left", wide=True),
        Head("What to do", "left", wide=True),
        Head("Where", "left"),
    )
    rows = tuple(
        Row(
            finding.code,
            (
                Cell(finding.severity.value.capitalize()),
                Cell(finding.message),
                Cell(finding.advice),
                Cell(str(finding.where) if finding.where else ""),
            ),
        )
        for finding in ordered
    )
    return Table(title, "Code", heads, rows)
