"""A forest of ratios with their intervals, in groups of rows, on a log axis, the numbers aligned beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import blended_transform_factory

from durata.finding import CannotEstimate
from durata.language.speaking import speak
from durata.show.figures.style import (
    HAIRLINE,
    INK,
    MUTED,
    SMALL,
    WIDTH,
    Look,
    blank,
    fitted,
    look,
    points,
    styled,
    width_of,
    wrapped,
)
from durata.show.number_style import bracketed, clauses, number_style
from durata.show.numbers import p_value, ratio_interval
from durata.show.printable import printable

ROW = 19.0
GAP = 6.0
TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
# an interval that reaches further than this from 1 ends in an arrow: the axis is for the estimates
FURTHEST = 20.0
MARKS = ("s", "o", "D", "^", "v", "P", "X")


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One row: a heading, a reference level, a ratio with its interval, or the reason why there is none.

    Parameters
    ----------
    label : the words at the left; ``depth`` indents them.
    estimate, low, high : the ratio and its limits, on the ratio scale (not logs); None in other rows.
    p : its p-value, if it has one.
    detail : a few words or counts in a column of their own ("10/50").
    series : which model, design or outcome the row belongs to; rows of one series share colour and mark.
    refused : why there is no estimate.
    kind : "effect", "heading" or "reference".
    """

    label: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    detail: str = ""
    series: str = ""
    refused: str = ""
    depth: int = 0
    kind: str = "effect"

    def __post_init__(self) -> None:
        if self.kind not in {"effect", "heading", "reference"}:
            raise ValueError(f"a forest has no rows of kind {self.kind!r}")
        if self.kind != "effect" or self.refused:
            return
        if self.estimate is None or self.low is None or self.high is None:
            raise ValueError(f"row {self.label!r} has no estimate with limits; say why in 'refused'")
        if not 0 <= self.low <= self.estimate <= self.high or not 0 < self.estimate < math.inf:
            raise ValueError(
                f"row {self.label!r}: {self.estimate!r} is no ratio between {self.low!r} and {self.high!r}"
            )


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where the columns stand, in points from the left."""

    detail: float
    plot: float
    plot_end: float
    numbers: float
    p: float


@dataclass(frozen=True, slots=True)
class _Mark:
    """The point of one row."""

    look: Look
    shape: str
    size: float


def forest_figure(
    rows: Sequence[ForestRow],
    *,
    scale_label: str = "",
    numbers_head: str = "",
    detail_head: str = "",
    less: str = "",
    more: str = "",
) -> Figure:
    """Ratios in rows. ``less`` and ``more`` say under the axis what ratios below and above 1 mean.

    A limit beyond the axis ends in an arrow. Points are larger where the estimate is more precise.

    Raises
    ------
    CannotEstimate : not one row has an estimate to draw.
    """
    drawn = [row for row in rows if row.kind == "effect" and not row.refused]
    if not drawn:
        raise CannotEstimate(speak("There is no estimate to draw: every row of the forest plot is refused."))
    with styled():
        heads = detail_head, numbers_head or speak("HR ({level})", level="95% CI")
        return _draw(rows, drawn, scale_label or speak("Hazard ratio (log scale)"), heads, (less, more))


def forest_words(rows: Sequence[ForestRow], *, what: str = "") -> str:
    """The alternative text: every estimate with its interval, under the words of its heading."""
    said: list[str] = []
    heading = ""
    for row in rows:
        if row.kind == "heading":
            heading = f"{row.label}{number_style().part}"
        elif row.kind == "effect":
            label = bracketed(row.label, row.series) if row.series else row.label
            name = f"{heading if row.depth else ''}{label}"
            said.append(f"{name}{number_style().colon}{row.refused.rstrip('.。') or _numbers(row)}")
    words = speak("{what} with interval. {rows}.", what=what or speak("Hazard ratio"), rows=clauses(said))
    return printable(words)


def _numbers(row: ForestRow) -> str:
    if row.estimate is None or row.low is None or row.high is None:
        raise ValueError(f"row {row.label!r} has no numbers")
    return ratio_interval(row.estimate, row.low, row.high)


def _limits(drawn: Sequence[ForestRow]) -> tuple[float, float]:
    """The axis: every estimate, and every limit that is not further from 1 than FURTHEST times."""
    points_ = [row.estimate for row in drawn if row.estimate is not None]
    ends = [end for row in drawn for end in (row.low, row.high) if end is not None]
    near = [end for end in ends if 1 / FURTHEST <= end <= FURTHEST]
    low, high = min([*points_, *near, 0.5]), max([*points_, *near, 2.0])
    return low / 1.12, high * 1.12


def _columns(rows: Sequence[ForestRow], heads: tuple[str, str]) -> tuple[_Columns, float]:
    """The columns, and the room there is for labels."""
    detail_head, numbers_head = heads
    p_width = max(width_of(text, SMALL) for text in (">0.999", number_style().p))
    numbers = [_numbers(row) for row in rows if row.kind == "effect" and not row.refused]
    numbers_width = max(
        width_of(text, SMALL, bold=text == numbers_head) for text in (*numbers, numbers_head, speak("1 (reference)"))
    )
    details = [text for text in (detail_head, *(row.detail for row in rows)) if text]
    detail_width = max((min(width_of(text, SMALL), 90) for text in details), default=-12.0)
    # headings may reach over the plot, where nothing is drawn beside them
    labels = [width_of(row.label, SMALL) + 10 * row.depth for row in rows if row.kind != "heading"]
    label_width = min(max(labels), 190)
    p = WIDTH - 4.0
    numbers_at = p - p_width - 14 - numbers_width
    detail = 4 + label_width + 14
    plot = detail + detail_width + 16
    return _Columns(detail, plot, numbers_at - 14, numbers_at, p), label_width


def _draw(
    rows: Sequence[ForestRow],
    drawn: Sequence[ForestRow],
    scale_label: str,
    heads: tuple[str, str],
    sides: tuple[str, str],
) -> Figure:
    columns, label_width = _columns(rows, heads)
    series = [name for name in dict.fromkeys(row.series for row in drawn) if name]
    looks = {name: look(position) for position, name in enumerate(series)}
    head = 24.0 + (16.0 if len(series) > 1 else 0.0)
    foot = 34.0 + (14.0 if any(sides) else 0.0)
    breaks = sum(1 for position, row in enumerate(rows) if row.kind == "heading" and position)
    body = ROW * len(rows) + GAP * breaks
    height = head + body + foot
    figure = blank(height)
    axes = figure.add_axes(
        (columns.plot / WIDTH, foot / height, (columns.plot_end - columns.plot) / WIDTH, body / height)
    )
    _frame(axes, drawn, body, scale_label, columns)

    place = points(figure)
    text: dict[str, Any] = {"transform": place, "va": "center", "size": SMALL}
    y = foot + body + 10
    detail_head, numbers_head = heads
    figure.text(columns.numbers, y, numbers_head, weight="bold", **text)
    if any(row.p is not None for row in drawn):
        figure.text(columns.p, y, number_style().p, weight="bold", ha="right", **text)
    if detail_head:
        figure.text(columns.detail, y, fitted(detail_head, 90, SMALL, bold=True), weight="bold", **text)
    _rule(figure, foot + body + 1)
    if len(series) > 1:
        _legend(figure, series, looks, y + 18)

    widths = [_width(row) for row in drawn]
    level = body
    for position, row in enumerate(rows):
        if row.kind == "heading" and position:
            level -= GAP
        middle = level - ROW / 2
        level -= ROW
        bold = row.kind == "heading"
        room = WIDTH - 8 if bold else label_width - 10 * row.depth + 2
        figure.text(
            4 + 10 * row.depth,
            foot + middle,
            fitted(row.label, room, SMALL, bold=bold),
            weight="bold" if bold else "normal",
            gid="durata:label",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5} if bold else None,
            **text,
        )
        if row.detail:
            figure.text(columns.detail, foot + middle, fitted(row.detail, 90, SMALL), **text)
        mine = looks.get(row.series, Look(INK, INK, (0, ())))
        mark = MARKS[series.index(row.series) % len(MARKS)] if row.series in looks else MARKS[0]
        if row.kind == "reference":
            figure.text(columns.numbers, foot + middle, speak("1 (reference)"), color=MUTED, **text)
        elif row.refused:
            room = columns.p - columns.plot - 8
            for line, words in enumerate(lines := wrapped(row.refused, room, SMALL - 1, lines=2)):
                at = foot + middle + (SMALL - 1) * 1.15 * ((len(lines) - 1) / 2 - line)
                figure.text(
                    columns.plot + 8,
                    at,
                    words,
                    style="italic",
                    color=MUTED,
                    gid="durata:refused",
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 2},
                    **{**text, "size": SMALL - 1},
                )
        elif row.kind == "effect":
            _effect(axes, row, middle, _Mark(mine, mark, _size(row, widths)))
            figure.text(columns.numbers, foot + middle, _numbers(row), gid="durata:numbers", **text)
            if row.p is not None:
                figure.text(columns.p, foot + middle, p_value(row.p), ha="right", gid="durata:p", **text)
    _sides(figure, axes, sides, columns)
    return figure


def _frame(axes: Axes, drawn: Sequence[ForestRow], body: float, scale_label: str, columns: _Columns) -> None:
    low, high = _limits(drawn)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(0, body)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    inside = [tick for tick in TICKS if low <= tick <= high]
    if len(inside) * 22 > columns.plot_end - columns.plot:
        inside = [tick for tick in inside if math.log10(tick) == round(math.log10(tick))]
    axes.set_xticks(inside, [f"{tick:g}" for tick in inside])
    axes.set_xticks([], minor=True)
    axes.axvline(1, color=MUTED, linewidth=0.8, zorder=1)
    for tick in inside:
        if tick != 1:
            axes.axvline(tick, color=HAIRLINE, linewidth=0.5, zorder=0)
    axes.set_xlabel(fitted(scale_label, WIDTH - columns.plot, SMALL), size=SMALL, labelpad=4)


def _effect(axes: Axes, row: ForestRow, y: float, mark: _Mark) -> None:
    if row.estimate is None or row.low is None or row.high is None:
        raise ValueError(f"row {row.label!r} has no estimate")
    low, high = axes.get_xlim()
    colour = mark.look.colour
    axes.plot([max(row.low, low), min(row.high, high)], [y, y], color=colour, linewidth=1.4, zorder=2)
    for limit, edge, beyond, arrow in (
        (row.low, low, row.low < low, "<"),
        (row.high, high, row.high > high, ">"),
    ):
        if beyond:
            (end,) = axes.plot([edge], [y], color=colour, marker=arrow, markersize=5.5, markeredgewidth=0, zorder=4)
            end.set_clip_on(False)
            end.set_gid("durata:beyond-the-axis")
        else:
            axes.plot([limit, limit], [y - 2.6, y + 2.6], color=colour, linewidth=1.1, zorder=2)
    (point,) = axes.plot([row.estimate], [y], color=colour, marker=mark.shape, markersize=mark.size, zorder=3)
    point.set_markeredgecolor("white")
    point.set_markeredgewidth(0.5)


def _width(row: ForestRow) -> float:
    if not row.low or not row.high or math.isinf(row.high):
        return math.inf
    return max(math.log(row.high / row.low), 1e-9)


def _size(row: ForestRow, widths: Sequence[float]) -> float:
    """Area in proportion to precision, between limits that keep the smallest visible and the largest in its row."""
    narrowest, mine = min(widths), _width(row)
    if math.isinf(narrowest) or math.isinf(mine):
        return 5.0
    return max(5.0, 9.0 * math.sqrt(narrowest / mine))


def _rule(figure: Figure, y: float) -> None:
    figure.add_artist(Line2D([4, WIDTH - 4], [y, y], transform=points(figure), color=INK, linewidth=0.6))


def _legend(figure: Figure, series: Sequence[str], looks: dict[str, Look], y: float) -> None:
    x = 8.0
    place = points(figure)
    for position, name in enumerate(series):
        mine = looks[name]
        words = fitted(name, 200, SMALL)
        figure.add_artist(
            Line2D(
                [x],
                [y],
                marker=MARKS[position % len(MARKS)],
                markersize=6,
                color=mine.colour,
                linestyle="none",
                transform=place,
            )
        )
        figure.text(x + 8, y, words, transform=place, va="center", size=SMALL, color=mine.ink, gid="durata:series")
        x += 8 + width_of(words, SMALL) + 18


def _sides(figure: Figure, axes: Axes, sides: tuple[str, str], columns: _Columns) -> None:
    less, more = sides
    if not (less or more):
        return
    across = blended_transform_factory(axes.transData, points(figure))
    low, high = axes.get_xlim()
    share = math.log(1 / low) / math.log(high / low)
    middle = columns.plot + share * (columns.plot_end - columns.plot)
    for words, room, ha, gap in ((less, middle - 10, "right", 0.96), (more, WIDTH - middle - 10, "left", 1.04)):
        if words:
            arrow = f"← {words}" if ha == "right" else f"{words} →"
            figure.text(
                gap, 7, fitted(arrow, room, SMALL), transform=across, ha=ha, va="center", size=SMALL, color=MUTED
            )
