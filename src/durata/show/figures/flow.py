"""The flow of patients: a box a step, those who left beside it with the reason, the groups at the end."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, Polygon

from durata.language.speaking import speak
from durata.records.flow import Flow, Step
from durata.show.figures.style import (
    INK,
    LINE,
    MUTED,
    SMALL,
    WIDTH,
    blank,
    look,
    points,
    styled,
    tint,
    wrapped,
)
from durata.show.number_style import number_style, sentences, statement
from durata.show.numbers import counted
from durata.show.printable import printable

MAIN, SIDE = 214.0, 214.0
PAD = 8.0
BETWEEN = 22.0
ROW = SMALL * LINE


@dataclass(frozen=True, slots=True)
class _Box:
    """Lines of text in a frame, its upper edge at ``top``, in points."""

    x: float
    top: float
    width: float
    lines: tuple[str, ...]
    edge: str = INK
    fill: str = "#FFFFFF"
    ink: str = INK

    @property
    def height(self) -> float:
        return 2 * PAD + ROW * len(self.lines)

    @property
    def middle(self) -> float:
        return self.top - self.height / 2

    @property
    def centre(self) -> float:
        return self.x + self.width / 2


def flow_figure(flow: Flow, groups: Mapping[str, int] | None = None) -> Figure:
    """Who was read, who left at which step and why, who was analysed; ``groups`` split those who remain.

    Steps at which nobody left are not drawn. The last word of the last box is the number analysed.
    """
    with styled():
        return _draw(flow, dict(groups or {}))


def flow_words(flow: Flow, groups: Mapping[str, int] | None = None) -> str:
    """The alternative text: the steps in order."""
    first, *others = flow.steps
    colon = number_style().colon
    said = [f"{first.reason}{colon}{counted(first.remaining, 'patient')}"]
    said += [
        speak(
            "{n} left out: {reason}; {remaining} remain", n=step.excluded, reason=step.reason, remaining=step.remaining
        )
        for step in others
        if step.excluded
    ]
    said += [f"{name}{colon}{number}" for name, number in (groups or {}).items()]
    return printable(sentences(statement(one) for one in said))


def _main(step: Step, first: bool, last: bool) -> tuple[str, ...]:
    words = step.reason if first else speak("Analysed") if last else speak("Remaining")
    return (*wrapped(words, MAIN - 2 * PAD, SMALL, lines=3, bold=True), counted(step.remaining, "patient"))


def _left_out(step: Step) -> str:
    return speak("{patients} left out", patients=counted(step.excluded, "patient"))


def _draw(flow: Flow, groups: dict[str, int]) -> Figure:
    first, *rest = flow.steps
    steps = [step for step in rest if step.excluded]
    x = (WIDTH - MAIN - SIDE - 34) / 2 if steps else (WIDTH - MAIN) / 2
    main = [_Box(x, 0.0, MAIN, _main(first, True, not steps), fill=tint("#0072B2", 0.06))]
    side: list[_Box] = []
    for position, step in enumerate(steps):
        above = main[-1]
        reason = wrapped(step.reason, SIDE - 2 * PAD, SMALL, lines=4)
        left = _Box(x + MAIN + 34, 0.0, SIDE, (_left_out(step), *reason), MUTED)
        # the reason hangs beside the line between two boxes, which must be long enough for it
        room = max(BETWEEN, left.height + 12)
        left = _Box(left.x, above.top - above.height - (room - left.height) / 2, SIDE, left.lines, MUTED)
        side.append(left)
        last = position == len(steps) - 1
        fill = tint("#0072B2", 0.06) if last else "#FFFFFF"
        main.append(_Box(x, above.top - above.height - room, MAIN, _main(step, False, last), fill=fill))
    below = _groups(groups, main[-1])
    bottom = min(box.top - box.height for box in (*main, *side, *below))
    height = -bottom + 12
    figure = blank(height)
    shift = height - 6
    for upper, lower in itertools.pairwise(main):
        _arrow(figure, [(upper.centre, upper.top - upper.height), (lower.centre, lower.top)], shift)
    for upper, left in zip(main, side, strict=False):
        _arrow(figure, [(upper.centre, left.middle), (left.x, left.middle)], shift)
    for box in below:
        fork = main[-1].top - main[-1].height - 13
        start = (main[-1].centre, main[-1].top - main[-1].height)
        _arrow(figure, [start, (main[-1].centre, fork), (box.centre, fork), (box.centre, box.top)], shift)
    for box in (*main, *side, *below):
        _box(figure, box, shift)
    return figure


def _groups(groups: dict[str, int], above: _Box) -> list[_Box]:
    if not groups:
        return []
    across = min(len(groups), 4)
    gap = 12.0
    width = min(150.0, (WIDTH - 12 - gap * (across - 1)) / across)
    start = min(
        max(above.centre - (across * width + (across - 1) * gap) / 2, 6.0),
        WIDTH - 6 - across * width - (across - 1) * gap,
    )
    lines = [
        (*wrapped(name, width - 2 * PAD, SMALL, lines=3, bold=True), counted(number, "patient"))
        for name, number in groups.items()
    ]
    tallest = 2 * PAD + ROW * max(len(words) for words in lines)
    boxes = []
    for position, words in enumerate(lines):
        row, column = divmod(position, across)
        mine = look(position)
        top = above.top - above.height - 26 - row * (tallest + 14)
        boxes.append(_Box(start + column * (width + gap), top, width, words, mine.colour, ink=mine.ink))
    return boxes


def _box(figure: Figure, box: _Box, shift: float) -> None:
    place = points(figure)
    figure.add_artist(
        FancyBboxPatch(
            (box.x, box.top - box.height + shift),
            box.width,
            box.height,
            boxstyle="round,pad=0,rounding_size=3",
            facecolor=box.fill,
            edgecolor=box.edge,
            linewidth=0.9,
            transform=place,
        )
    )
    for position, words in enumerate(box.lines):
        y = box.top + shift - PAD - ROW * (position + 0.5)
        # in the main column the words lead and the number follows; beside it the number leads
        bold = position < len(box.lines) - 1 if box.edge != MUTED else position == 0
        weight = "bold" if bold else "normal"
        figure.text(
            box.centre, y, words, transform=place, ha="center", va="center", size=SMALL, weight=weight, color=box.ink,
            gid="durata:box",
        )  # fmt: skip


def _arrow(figure: Figure, corners: Sequence[tuple[float, float]], shift: float) -> None:
    place = points(figure)
    xs, ys = [x for x, _ in corners], [y + shift for _, y in corners]
    figure.add_artist(Line2D(xs, ys, color=MUTED, linewidth=0.9, transform=place))
    (x0, y0), (x1, y1) = (xs[-2], ys[-2]), (xs[-1], ys[-1])
    tip = (
        [(x1, y1), (x1 - 5, y1 + 2.6), (x1 - 5, y1 - 2.6)]
        if x1 > x0
        else [(x1, y1), (x1 - 2.6, y1 + 5), (x1 + 2.6, y1 + 5)]
    )
    if y0 == y1 or x0 == x1:
        figure.add_artist(Polygon(tip, closed=True, color=MUTED, linewidth=0, transform=place))
