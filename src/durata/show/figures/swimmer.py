"""A swimmer plot: one bar a person, waiting before the end of treatment and time after it, guaranteed time shaded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from durata.finding import CannotEstimate
from durata.language.speaking import ENGLISH, speak, spoken
from durata.show.figures.style import (
    INK,
    LINE,
    MUTED,
    SHADE,
    SMALL,
    WIDTH,
    Look,
    blank,
    fitted,
    look,
    points,
    styled,
    tint,
    width_of,
    wrapped,
)
from durata.show.number_style import clauses
from durata.show.numbers import count, counted
from durata.show.printable import printable
from durata.show.time_scale import TimeScale

MOST_PEOPLE = 250
PLOT_HEIGHT = 540.0
THICKEST, THINNEST = 9.0, 2.2
SHADE_EDGE = "#B7791F"
OUTSIDE = Look("#8C959F", MUTED, (0, ()))
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Bar:
    """One person, without a name: times since time zero, in the unit of the cohort.

    Parameters
    ----------
    group : the exposure group the person is counted in.
    follow_up : when observation ends.
    event : whether it ends with the event; otherwise the person was free of it when last seen.
    treatment_end : when the treatment (or the wait) ended; None when it never did.
    guaranteed_until : until when the person had to be free of the event to be counted in this group (0: never).
    """

    group: str
    follow_up: float
    event: bool
    treatment_end: float | None = None
    guaranteed_until: float = 0.0

    def __post_init__(self) -> None:
        times = (self.follow_up, self.guaranteed_until, self.treatment_end or 0.0)
        if not all(math.isfinite(time) and time >= 0 for time in times):
            raise ValueError(f"a bar begins at time zero and ends at a known time, not {times!r}")


@dataclass(frozen=True, slots=True)
class SwimmerWords:
    """What the parts of the bars are called in the legend and under the axis."""

    before: str = field(default_factory=lambda: speak("On treatment"))
    after: str = field(default_factory=lambda: speak("After the end of treatment"))
    event: str = field(default_factory=lambda: speak("Event"))
    ongoing: str = field(default_factory=lambda: speak("Without event when last seen"))
    guaranteed: str = field(default_factory=lambda: speak("Survival guaranteed by the grouping"))
    time_zero: str = field(default_factory=lambda: speak("start of treatment"))


@dataclass(frozen=True, slots=True)
class Sample:
    """The bars that are drawn, and how they were chosen when there were too many for a page."""

    bars: tuple[Bar, ...]
    every: int
    total: int

    @property
    def note(self) -> str:
        """What the figure says about the sample; empty when everybody is drawn."""
        if self.every == 1:
            return ""
        return speak(
            "Every {nth} of {n} patients, in order of group and follow-up, is drawn.",
            nth=ordinal(self.every),
            n=count(self.total),
        )


def ordinal(number: int) -> str:
    """A counting number in words of order.

    >>> ordinal(2), ordinal(3), ordinal(11), ordinal(21)
    ('2nd', '3rd', '11th', '21st')
    """
    if spoken() != ENGLISH:
        return speak("number {n}", n=number)
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def systematic_sample(bars: Sequence[Bar], groups: Sequence[str], most: int = MOST_PEOPLE) -> Sample:
    """Bars by group and follow-up, the longest first; beyond ``most`` people every k-th of them, from the middle of k."""
    rank = {group: position for position, group in enumerate(_blocks(bars, groups))}
    ordered = sorted(bars, key=lambda bar: (rank[bar.group], -bar.follow_up, bar.event, bar.treatment_end or 0.0))
    every = max(1, math.ceil(len(ordered) / most))
    return Sample(tuple(ordered[every // 2 :: every]), every, len(ordered))


def _blocks(bars: Sequence[Bar], groups: Sequence[str]) -> list[str]:
    """The groups that have people, in their order; then those outside of the comparison."""
    found = {bar.group for bar in bars}
    return [group for group in groups if group in found] + sorted(found - set(groups))


def swimmer_figure(
    bars: Sequence[Bar], groups: Sequence[str], scale: TimeScale, words: SwimmerWords | None = None
) -> Figure:
    """One bar a person, in blocks by group (in the order of ``groups``), the longest follow-up on top.

    The pale part of a bar lies before the end of treatment, the full part after it; shaded is the time a person had to
    survive to be counted in the group. People of a group that is not in ``groups`` (those who were never treated long
    enough to be in one, say) come last, in grey. More than 250 people are sampled systematically, and the figure says so.

    Raises
    ------
    CannotEstimate : there is nobody, or no time, to draw.
    """
    if not bars or max(bar.follow_up for bar in bars) <= 0:
        raise CannotEstimate(speak("There is no follow-up to draw: nobody is observed beyond time zero."))
    with styled():
        return _draw(systematic_sample(bars, groups), groups, scale, words or SwimmerWords())


def swimmer_words(bars: Sequence[Bar], groups: Sequence[str], scale: TimeScale, words: SwimmerWords) -> str:
    """The alternative text: people, events and guaranteed time by group."""
    said = []
    for group in _blocks(bars, groups):
        mine = [bar for bar in bars if bar.group == group]
        guaranteed = sum(min(bar.guaranteed_until, bar.follow_up) for bar in mine)
        said.append(
            speak(
                "{group}: {patients}, {events}, {time} of guaranteed time in all",
                group=group,
                patients=counted(len(mine), "patient"),
                events=counted(sum(bar.event for bar in mine), "event"),
                time=scale.words(guaranteed),
            )
        )
    shown = speak(
        "One bar a patient, by time since {time_zero}. {groups}.", time_zero=words.time_zero, groups=clauses(said)
    )
    return printable(shown)


def _draw(sample: Sample, groups: Sequence[str], scale: TimeScale, words: SwimmerWords) -> Figure:
    bars = sample.bars
    colours = {group: look(position) for position, group in enumerate(groups)}
    groups = _blocks(bars, groups)
    step = min(THICKEST, max(THINNEST, PLOT_HEIGHT / len(bars)))
    gap = max(8.0, 1.5 * step)
    counts = {group: sum(bar.group == group for bar in bars) for group in groups}
    sizes = {group: _size(counts[group], sample.every > 1) for group in groups}
    # the name of a small group needs more room than its bars
    name_lines = {group: wrapped(group, 118, SMALL, lines=2, bold=True) for group in groups}
    blocks = {group: max(step * counts[group], (len(name_lines[group]) + 1) * SMALL * LINE) for group in groups}
    body = sum(blocks.values()) + gap * (len(groups) + 1)
    left = 22 + max(
        [width_of(line, SMALL, bold=True) for lines in name_lines.values() for line in lines]
        + [width_of(_size(counts[group], sample.every > 1, one=False), SMALL) for group in groups]
    )
    rows = _legend_rows(_legend_parts(bars, words), WIDTH - 16)
    top, foot = 10 + 15.0 * len(rows), 40.0 + (14 if sample.note else 0)
    height = top + body + foot
    figure = blank(height)
    axes = figure.add_axes((left / WIDTH, foot / height, (WIDTH - left - 16) / WIDTH, body / height))
    end = scale.axis_end(max(bar.follow_up for bar in bars))
    axes.set_xlim(0, scale.shown(end) * 1.02)
    axes.set_ylim(0, body)
    axes.set_xticks(scale.ticks(end), scale.tick_labels(end))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(fitted(scale.since(words.time_zero), 360), labelpad=5)

    place = points(figure)
    y = body - gap
    for group in groups:
        mine = colours.get(group, OUTSIDE)
        block = [bar for bar in bars if bar.group == group]
        _block(axes, block, scale, top=y, step=step, colour=mine.colour)
        middle = y - step * len(block) / 2 if step * len(block) >= blocks[group] else y - blocks[group] / 2
        lines = (*name_lines[group], sizes[group])
        for line, text in enumerate(lines):
            at = foot + middle + SMALL * LINE * ((len(lines) - 1) / 2 - line)
            last = line == len(lines) - 1
            figure.text(
                left - 12, at, text, transform=place, ha="right", va="center", size=SMALL,
                weight="normal" if last else "bold", color=MUTED if last else mine.ink, gid="durata:group",
            )  # fmt: skip
        y -= blocks[group] + gap
    _legend(figure, rows, height - 10)
    if sample.note:
        figure.text(left, 7, sample.note, transform=place, va="center", size=SMALL - 0.5, color=MUTED)
    return figure


def _size(number: int, drawn: bool, *, one: bool = True) -> str:
    """How many bars a group has; not ``one``: in the plural whatever their number, which the room is kept for."""
    patients = counted(number, "patient") if one else speak("{n} patients", n=number)
    return speak("{patients} drawn", patients=patients) if drawn else patients


def _block(axes: Axes, block: Sequence[Bar], scale: TimeScale, *, top: float, step: float, colour: str) -> None:
    """The bars of one group under each other, as few paths as there are kinds of parts."""
    thick = step * (0.72 if step > 3 else 0.84)
    boxes: dict[str, list[tuple[Span, Span]]] = {"guaranteed": [], "thin": [], "before": [], "after": []}
    middles = [top - step * (position + 0.5) for position in range(len(block))]
    for bar, middle in zip(block, middles, strict=True):
        stop = bar.follow_up if bar.treatment_end is None else min(bar.treatment_end, bar.follow_up)
        guaranteed = min(bar.guaranteed_until, bar.follow_up)
        inside = (middle - thick / 2, middle + thick / 2)
        # guaranteed time fills the whole row, so that it is one shaded area; the bar runs through it as a thin line
        pieces = {
            "guaranteed": (0.0, guaranteed, (middle - step / 2, middle + step / 2)),
            "thin": (0.0, min(guaranteed, stop), (middle - thick / 8, middle + thick / 8)),
            "before": (guaranteed, stop, inside),
            "after": (stop, bar.follow_up, inside),
        }
        for kind, (start, end, rows) in pieces.items():
            if end > start:
                boxes[kind].append(((start, end), rows))
    for kind, fill in {
        "guaranteed": SHADE,
        "thin": tint(colour, 0.55),
        "before": tint(colour, 0.38),
        "after": colour,
    }.items():
        if boxes[kind]:
            axes.add_patch(PathPatch(_boxes(boxes[kind], scale), facecolor=fill, linewidth=0, gid=f"durata:{kind}"))
    size = min(5.0, max(2.6, step * 0.8))
    for event, mark, name in ((True, "X", "durata:event"), (False, ">", "durata:ongoing")):
        chosen = [(scale.shown(bar.follow_up), y) for bar, y in zip(block, middles, strict=True) if bar.event == event]
        if chosen:
            x, y = np.array(chosen).T
            (ends,) = axes.plot(x + 0.004 * axes.get_xlim()[1], y, linestyle="none", marker=mark, markersize=size)
            ends.set(color=INK if event else colour, markeredgewidth=0, clip_on=False, zorder=4, gid=name)


def _boxes(boxes: Sequence[tuple[Span, Span]], scale: TimeScale) -> Path:
    corners = []
    for (start, stop), (low, high) in boxes:
        x0, x1 = scale.shown(start), scale.shown(stop)
        corners += [(x0, low), (x1, low), (x1, high), (x0, high), (x0, low)]
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * len(boxes)
    return Path(corners, codes)


def _legend_parts(bars: Sequence[Bar], words: SwimmerWords) -> list[tuple[str, str]]:
    parts = [("before", words.before), ("after", words.after)]
    if any(bar.guaranteed_until > 0 for bar in bars):
        parts.append(("guaranteed", words.guaranteed))
    parts += [("event", words.event), ("ongoing", words.ongoing)]
    return [(kind, fitted(text, WIDTH - 60, SMALL)) for kind, text in parts]


def _legend_rows(parts: Sequence[tuple[str, str]], width: float) -> list[list[tuple[str, str, float]]]:
    rows: list[list[tuple[str, str, float]]] = [[]]
    used = 0.0
    for kind, text in parts:
        needed = 20 + width_of(text, SMALL)
        if rows[-1] and used + needed > width:
            rows.append([])
            used = 0.0
        rows[-1].append((kind, text, used))
        used += needed + 10
    return rows


def _legend(figure: Figure, rows: Sequence[Sequence[tuple[str, str, float]]], y: float) -> None:
    place = points(figure)
    grey = "#6E7781"
    for row, parts in enumerate(rows):
        level = y - 15 * row
        for kind, text, offset in parts:
            x = 8 + offset
            if kind in {"event", "ongoing"}:
                mark, colour = ("X", INK) if kind == "event" else (">", grey)
                dot = Line2D(
                    [x + 8], [level], marker=mark, markersize=5.5, color=colour, linestyle="none", markeredgewidth=0
                )
                dot.set_transform(place)
                figure.add_artist(dot)
            else:
                colour = {"before": tint(grey, 0.4), "after": grey, "guaranteed": SHADE}[kind]
                edge = SHADE_EDGE if kind == "guaranteed" else "none"
                figure.add_artist(
                    Rectangle((x, level - 3.5), 15, 7, facecolor=colour, edgecolor=edge, linewidth=0.5, transform=place)
                )
            figure.text(x + 20, level, text, transform=place, va="center", size=SMALL, gid="durata:legend")
