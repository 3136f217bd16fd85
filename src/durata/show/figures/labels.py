"""Names of curves: beside their ends without touching each other, or in a legend above the plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from durata.language.speaking import speak
from durata.show.figures.style import LINE, SMALL, Look, fitted, points, width_of
from durata.show.numbers import count

LEGEND_ROW = 15.0
SAMPLE = 24.0


@dataclass(frozen=True, slots=True)
class EndLabel:
    """The name of a curve in lines of text, and the height (in points) at which the curve ends."""

    lines: tuple[str, ...]
    level: float
    look: Look


def spread(wanted: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Middles of labels as near as possible to where they are wanted, none touching another.

    >>> spread([10, 10], [4, 4], 0, 100)
    [8.0, 12.0]
    """
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    # neighbours that would touch become one block, placed at the mean of what its members want
    blocks: list[tuple[list[int], float, float]] = []
    for i in order:
        members, height, middle = [i], float(heights[i]), float(wanted[i])
        middle = min(max(middle, low + height / 2), high - height / 2)
        while blocks and blocks[-1][2] + blocks[-1][1] / 2 > middle - height / 2:
            above, taller, centre = blocks.pop()
            total = height + taller
            middle = (centre * len(above) + middle * len(members)) / (len(above) + len(members))
            members, height = [*above, *members], total
            middle = min(max(middle, low + height / 2), high - height / 2)
        blocks.append((members, height, middle))
    placed = [0.0] * len(wanted)
    for members, height, middle in blocks:
        edge = middle - height / 2
        for i in members:
            placed[i] = edge + heights[i] / 2
            edge += heights[i]
    return placed


def end_labels(figure: Figure, labels: Sequence[EndLabel], *, x: float, low: float, high: float) -> None:
    """Write names right of ``x`` between two heights (points); a short line leads to each that had to move."""
    line = SMALL * LINE
    middles = spread([label.level for label in labels], [line * len(label.lines) + 2 for label in labels], low, high)
    place = points(figure)
    for label, middle in zip(labels, middles, strict=True):
        if abs(label.level - middle) > 2:
            ends = ([x - 9, x - 1], [label.level, middle])
            figure.add_artist(Line2D(*ends, transform=place, color=label.look.colour, linewidth=0.6))
        for position, words in enumerate(label.lines):
            y = middle + line * ((len(label.lines) - 1) / 2 - position)
            _name(figure, x, y, words, label.look)


def group_with_size(group: str, size: int) -> str:
    """A group and how many are in it, as a legend names it.

    >>> group_with_size("short", 50)
    'short (50)'
    """
    return speak("{group} ({n})", group=group, n=count(size))


def legend_rows(names: Sequence[str], width: float) -> list[list[tuple[str, float]]]:
    """Names in rows that fit into ``width``, each with its distance from the left."""
    rows: list[list[tuple[str, float]]] = [[]]
    used = 0.0
    for name in names:
        words = fitted(name, width - SAMPLE - 16, SMALL, bold=True)
        needed = SAMPLE + 6 + width_of(words, SMALL, bold=True) + 16
        if rows[-1] and used + needed - 16 > width:
            rows.append([])
            used = 0.0
        rows[-1].append((words, used))
        used += needed
    return rows


def legend(
    figure: Figure, rows: Sequence[Sequence[tuple[str, float]]], looks: Sequence[Look], *, x: float, y: float
) -> None:
    """Names with a sample of their line, the first row centred at height ``y``."""
    place = points(figure)
    remaining = iter(looks)
    for row, names in enumerate(rows):
        level = y - LEGEND_ROW * row
        for name, offset in names:
            mine = next(remaining)
            ends = ([x + offset, x + offset + SAMPLE], [level, level])
            figure.add_artist(Line2D(*ends, color=mine.colour, linestyle=mine.dash, linewidth=1.7, transform=place))
            _name(figure, x + offset + SAMPLE + 6, level, name, mine)


def _name(figure: Figure, x: float, y: float, words: str, mine: Look) -> None:
    figure.text(
        x,
        y,
        words,
        transform=points(figure),
        va="center",
        size=SMALL,
        weight="bold",
        color=mine.ink,
        gid="durata:curve-name",
    )
