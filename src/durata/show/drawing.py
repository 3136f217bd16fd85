"""A Drawing: a figure as SVG text with its alternative text, ready to stand inside a page, or to be printed as a picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["png", "tiff", "pdf"]
Printer = Callable[[Kind, int], bytes]
DPI = 300  # what journals ask of a picture with lines and words


@dataclass(frozen=True, slots=True)
class Drawing:
    """An SVG element made by :func:`durata.show.figures.svg.drawing`, never text from anywhere else.

    ``name`` prefixes every id inside, so that several drawings can stand in one page; ``width`` and ``height`` are in
    points; ``alternative`` says in words what the figure shows. ``printer`` prints the same figure as a picture when it
    is asked for; the same drawing gives the same bytes.
    """

    name: str
    svg: str
    width: float
    height: float
    title: str
    alternative: str
    printer: Printer = field(repr=False, compare=False)

    def png(self, dpi: int = DPI) -> bytes:
        """The figure as a PNG picture of so many dots an inch, fewer where it is taller than programs open."""
        return self.printer("png", dpi)

    def tiff(self, dpi: int = DPI) -> bytes:
        """The figure as a TIFF picture, compressed without loss."""
        return self.printer("tiff", dpi)

    def pdf(self) -> bytes:
        """The figure as one page of PDF with lines and letters, its fonts inside."""
        return self.printer("pdf", DPI)
