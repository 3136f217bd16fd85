"""How wide the columns of a table must be, and so on which paper and in which size it is printed: nothing is cut."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from durata.report.docx.styles import CELL_MARGIN, TABLE_SIZES
from durata.show.table import Head, Table

A4 = (595.3, 841.9)  # points
MARGIN = 70.9  # 2.5 cm
UPRIGHT, ACROSS = A4[0] - 2 * MARGIN, A4[1] - 2 * MARGIN
NARROW = frozenset("ijltfrI.,:;|!'()[]- /\u2019\u2018")
BROAD = frozenset("mwMW%@")
SENTENCE = 110.0  # a column of sentences narrower than this is no column
SAFE = 1.06  # fonts differ from machine to machine
TOGETHER = 4  # Chinese characters of a word that stay on one line
CHINESE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+")
STUB_SHARE = 0.26  # of the paper, for words that may be broken over lines


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a table in points, the stub first; the style of its text; whether the paper lies across."""

    columns: tuple[float, ...]
    style: str
    across: bool


def layout(table: Table) -> Layout:
    """The largest letters with which no number has to be broken, upright paper before paper that lies across."""
    for across in (False, True):
        room = ACROSS if across else UPRIGHT
        # 7 points are small for a page that could be turned
        for style, size in TABLE_SIZES if across else TABLE_SIZES[:2]:
            least, natural = _needs(table, size, room)
            if sum(least) <= room:
                return Layout(_spread(least, natural, room, table), style, across)
    style, size = TABLE_SIZES[-1]
    least, _ = _needs(table, size, ACROSS)
    share = ACROSS / sum(least)  # what is still too wide is broken over lines by Word, never cut
    return Layout(tuple(width * share for width in least), style, True)


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide a line is in points; from the classes of its characters, a little too much rather than too little.

    >>> text_width("0.53", 10) < text_width("0.53 (0.27 to 1.04)", 10)
    True
    >>> text_width("中位数", 10) >= 30
    True
    """
    ems = sum(_em(character) for character in text)
    return ems * size * SAFE * (1.06 if bold else 1.0)


def _em(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in NARROW:
        return 0.34
    if character in BROAD:
        return 0.85
    return 0.7 if character.isupper() or not character.isascii() else 0.5


def _needs(table: Table, size: float, room: float) -> tuple[list[float], list[float]]:
    """The least and the natural width of every column, the stub first."""
    stubs = [text_width(row.stub, size) + 10 * row.depth for row in table.rows if not row.heading]
    longest = max([text_width(table.stub_head, size, bold=True), *stubs], default=0.0)
    whole = longest + 2 * CELL_MARGIN
    unbroken = max((_longest_word(row.stub, size) + 10 * row.depth for row in table.rows if not row.heading), default=0)
    least = [max(min(whole, STUB_SHARE * room), min(unbroken + 2 * CELL_MARGIN, room / 2))]
    natural = [whole]
    marks = table.marks()
    for column, head in enumerate(table.heads):
        texts = [row.cells[column] for row in table.rows if row.cells]
        cells = [text_width(cell.text + marks.get(cell.note, ""), size) for cell in texts]
        widest = max([*cells, text_width(head.text, size, bold=True)], default=0.0) + 2 * CELL_MARGIN
        natural.append(widest)
        kept = max([*cells, _longest_word(head.text, size, bold=True)], default=0.0) + 2 * CELL_MARGIN
        least.append(min(widest, SENTENCE) if _breaks(head, kept) else kept)
    _widen_for_spanners(table, size, least)
    return least, natural


def _breaks(head: Head, width: float) -> bool:
    """Whether the cells of a column are broken over lines: sentences are, and what is as long as one."""
    return head.wide or width > 2 * SENTENCE


def _longest_word(text: str, size: float, *, bold: bool = False) -> float:
    # Chinese may be broken between any two characters, but a head of single characters one below the other is no head
    words = [word[:TOGETHER] if CHINESE.match(word) else word for word in CHINESE.sub(r" \g<0> ", text).split()]
    return max((text_width(word, size, bold=bold) for word in words), default=0.0)


def _widen_for_spanners(table: Table, size: float, least: list[float]) -> None:
    """A spanner's longest word must fit over its columns."""
    start = 1
    for words, columns in table.spanners():
        missing = _longest_word(words, size, bold=True) + 2 * CELL_MARGIN - sum(least[start : start + columns])
        if missing > 0:
            for column in range(start, start + columns):
                least[column] += missing / columns
        start += columns


def _spread(least: Sequence[float], natural: Sequence[float], room: float, table: Table) -> tuple[float, ...]:
    """What is left of the room goes first to columns that had to break their text, then to all of them alike."""
    wanted = [max(0.0, more - less) for less, more in zip(least, natural, strict=True)]
    left = room - sum(least)
    share = min(1.0, left / sum(wanted)) if sum(wanted) else 0.0
    widths = [less + share * more for less, more in zip(least, wanted, strict=True)]
    still = max(0.0, room - sum(widths))
    # a column of numbers gains nothing from room; a column of words does
    weights = [2.0, *(3.0 if head.wide else 1.0 for head in table.heads)]
    return tuple(width + still * weight / sum(weights) for width, weight in zip(widths, weights, strict=True))
