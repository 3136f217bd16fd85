"""A Table declared in a typographer's words: title, stub, heads with spanners, body, notes; rendered late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from durata.show.number_style import number_style
from durata.show.numbers import NOTHING, Cell

Align = Literal["left", "center", "right", "decimal"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
BLANK = Cell("")


@dataclass(frozen=True, slots=True)
class Head:
    """The head of one column; heads beside each other with the same ``spanner`` stand under it together.

    ``align="decimal"`` lines the column up at the decimal point of the first number in each cell.
    ``wide`` columns hold sentences and take the room that is left.
    """

    text: str
    align: Align = "decimal"
    spanner: str = ""
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its ``stub`` and a cell a column; a ``heading`` has no cells and speaks for the rows below it."""

    stub: str
    cells: tuple[Cell, ...] = ()
    depth: int = 0
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table of ``rows`` under ``heads``, the first column (the stub) under ``stub_head``.

    ``notes`` are sentences printed under the table, after the notes of single cells.

    >>> table = Table("Deaths", "Group", (Head("Deaths"),), (Row("short", (Cell("10"),)),))
    >>> table.text()
    [['Group', 'Deaths'], ['short', '10']]
    """

    title: str
    stub_head: str
    heads: tuple[Head, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            width = 0 if row.heading else len(self.heads)
            if len(row.cells) != width:
                raise ValueError(f"row {row.stub!r} has {len(row.cells)} cells, the table has {width} columns for it")

    def marks(self) -> Mapping[str, str]:
        """The letter of every different note of a cell, in the order in which a reader meets them."""
        found: dict[str, str] = {}
        for row in self.rows:
            for cell in row.cells:
                if cell.note and cell.note not in found:
                    found[cell.note] = letter(len(found))
        return found

    def spanners(self) -> tuple[tuple[str, int], ...]:
        """The spanners with how many columns each stands over; an empty text where there is none."""
        spans: list[tuple[str, int]] = []
        for head in self.heads:
            if spans and spans[-1][0] == head.spanner:
                spans[-1] = (head.spanner, spans[-1][1] + 1)
            else:
                spans.append((head.spanner, 1))
        return tuple(spans) if any(text for text, _ in spans) else ()

    def text(self) -> list[list[str]]:
        """Heads and body as plain text, without notes."""
        heads = [
            f"{head.spanner}{number_style().colon}{head.text}" if head.spanner else head.text for head in self.heads
        ]
        return [[self.stub_head, *heads], *([row.stub, *(cell.text for cell in row.cells)] for row in self.rows)]


def letter(position: int) -> str:
    """The mark of the note at a position: a, b, ..., z, aa, ab, ...

    >>> letter(0), letter(25), letter(26)
    ('a', 'z', 'aa')
    """
    if position < 0:
        raise ValueError(f"positions count from 0, not {position}")
    mark = ""
    while position >= 0:
        mark = LETTERS[position % 26] + mark
        position = position // 26 - 1
    return mark


def before_point(text: str) -> int:
    """How many characters of a cell stand before the decimal point of its first number.

    >>> before_point("0.53 (0.27 to 1.04)"), before_point("12 (4 to 30)"), before_point("not reached")
    (1, 2, 0)
    """
    if text == NOTHING or not any(character.isdigit() for character in text):
        return 0
    place = 0
    for character in text:
        if not (character.isdigit() or character in "−,<>"):
            break
        place += 1
    return place
