"""A table of printed figures beside the study's own, figure by figure, and how many agree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

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


def published_table(
    figures: Iterable[SetBeside], *, title: str, printed: str = "Printed", reproduced: str = "This study"
) -> Table:
    """Every printed figure beside the study's own; a figure that could not be computed says why."""
    beside = tuple(figures)
    heads = (Head(printed), Head(reproduced), Head("Agrees", "left"))
    rows = tuple(
        Row(
            one.figure,
            (
                Cell(one.printed),
                Cell(one.reproduced) if one.reproduced else refused(one.reason or "It could not be computed."),
                Cell("Yes" if one.agrees else "No"),
            ),
        )
        for one in beside
    )
    agreed = sum(one.agrees for one in beside)
    said = f"{agreed} of {counted(len(beside), 'printed figure')} {'agrees' if agreed == 1 else 'agree'}, at the rounding they were printed with."
    return Table(title, "Figure", heads, rows, (said,) if beside else ())
