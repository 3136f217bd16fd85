"""A table of printed figures beside the study's own, figure by figure, and how many agree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from durata.language.speaking import speak
from durata.show.numbers import Cell, counted, refused
from durata.show.table import Head, Row, Table


class SetBeside(Protocol):
    """One printed figure, what the study gives for it, whether the two agree, and why it gives nothing (or "")."""

    @property
    def figure(self) -> str: ...  # noqa: D102
    @property
    def printed(self) -> str: ...  # noqa: D102
    @property
    def reproduced(self) -> str: ...  # noqa: D102
    @property
    def agrees(self) -> bool: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102


def published_table(figures: Iterable[SetBeside], *, title: str, printed: str = "", reproduced: str = "") -> Table:
    """Every printed figure beside the study's own; a figure that could not be computed says why."""
    beside = tuple(figures)
    heads = (
        Head(printed or speak("Printed")),
        Head(reproduced or speak("This study")),
        Head(speak("Agrees"), "left"),
    )
    rows = tuple(
        Row(
            one.figure,
            (
                Cell(one.printed),
                Cell(one.reproduced) if one.reproduced else refused(one.reason or speak("It could not be computed.")),
                Cell(speak("Yes") if one.agrees else speak("No")),
            ),
        )
        for one in beside
    )
    agreed = sum(one.agrees for one in beside)
    template = (
        "{agreed} of {figures} agrees, at the rounding they were printed with."
        if agreed == 1
        else "{agreed} of {figures} agree, at the rounding they were printed with."
    )
    said = speak(template, agreed=agreed, figures=counted(len(beside), "printed figure"))
    return Table(title, speak("Figure"), heads, rows, (said,) if beside else ())
