"""A Drawing: a figure as SVG text with its alternative text, ready to stand inside a page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drawing:
    """An SVG element made by :func:`durata.show.figures.svg.drawing`, never text from anywhere else.

    ``name`` prefixes every id inside, so that several drawings can stand in one page; ``width`` and ``height`` are in
    points; ``alternative`` says in words what the figure shows.
    """

    name: str
    svg: str
    width: float
    height: float
    title: str
    alternative: str
