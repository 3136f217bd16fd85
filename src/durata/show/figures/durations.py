"""A histogram of durations, coloured by the group they fall into, with the boundaries between the groups."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray
from durata.language.speaking import speak
from durata.show.figures.labels import LEGEND_ROW, group_with_size, legend_rows
from durata.show.figures.style import (
    HAIRLINE,
    INK,
    SMALL,
    WIDTH,
    blank,
    fitted,
    look,
    points,
    styled,
)
from durata.show.number_style import between, bracketed, clauses
from durata.show.numbers import counted
from durata.show.printable import printable
from durata.show.time_scale import TimeScale

PLOT_HEIGHT = 190.0
WIDTHS = (0.25, 0.5, 1, 2, 3, 5, 6, 7, 10, 14, 15, 20, 28, 30, 50, 60, 90, 100, 180, 365)
MOST_BARS = 48


def durations_figure(
    durations: Mapping[str, FloatArray], boundaries: Sequence[float], scale: TimeScale, *, label: str = ""
) -> Figure:
    """How long the treatment lasted, by group.

    ``durations`` holds (n,) times by group, in the order of the groups; ``boundaries`` are the times between them. Both
    are in the unit of the answer. Bars count durations in (a, b]; the first includes 0.

    Raises
    ------
    CannotEstimate : there is no duration to draw.
    """
    shown = {group: np.asarray(times, dtype=np.float64) / scale.length for group, times in durations.items()}
    everything = np.concatenate([np.empty(0), *shown.values()])
    if len(everything) == 0 or not np.all(np.isfinite(everything)) or np.any(everything < 0):
        raise CannotEstimate(speak("There is no histogram of durations: none is known, or one is missing or negative."))
    with styled():
        return _draw(
            shown,
            [scale.shown(boundary) for boundary in boundaries],
            float(everything.max()),
            scale,
            label or speak("Duration"),
        )


def durations_words(durations: Mapping[str, FloatArray], scale: TimeScale, *, label: str = "") -> str:
    """The alternative text: people and range of durations by group."""
    said = [
        speak(
            "{group}: {patients}, {range}",
            group=group,
            patients=counted(len(times), "patient"),
            range=between(scale.value(float(np.min(times))), scale.words(float(np.max(times)))),
        )
        if len(times)
        else speak("{group}: no patients", group=group)
        for group, times in durations.items()
    ]
    return printable(speak("{label} by group. {groups}.", label=label or speak("Duration"), groups=clauses(said)))


def bin_width(longest: float, boundaries: Sequence[float]) -> float:
    """The narrowest bar, in the unit shown, that keeps every boundary between two bars and the bars few enough.

    >>> bin_width(309, [14, 42])
    7.0
    >>> bin_width(40, [6, 12])
    1.0
    """
    enough = [width for width in WIDTHS if longest / width <= MOST_BARS]
    for width in enough:
        if longest / width >= 6 and all(
            math.isclose(edge / width, round(edge / width), abs_tol=1e-9) for edge in boundaries
        ):
            return float(width)
    return float(enough[0]) if enough else longest / MOST_BARS


def in_bars(times: FloatArray, width: float, bars: int) -> FloatArray:
    """(bars,) how many times lie in each (a, b]; the first includes 0."""
    # a day count divided by the length of a month is not exactly the boundary it stands on
    position = np.clip(np.ceil(times / width - 1e-9) - 1, 0, bars - 1).astype(np.intp)
    return np.bincount(position, minlength=bars).astype(np.float64)


def _draw(
    shown: Mapping[str, FloatArray], boundaries: Sequence[float], longest: float, scale: TimeScale, label: str
) -> Figure:
    width = bin_width(longest, boundaries)
    bars = max(1, math.ceil(longest / width - 1e-9))
    names = [group_with_size(group, len(times)) for group, times in shown.items()]
    left, right, foot = 52.0, 18.0, 40.0
    rows = legend_rows(names, WIDTH - left - right)
    height = 12 + LEGEND_ROW * len(rows) + 8 + PLOT_HEIGHT + foot
    figure = blank(height)
    axes = figure.add_axes((left / WIDTH, foot / height, (WIDTH - left - right) / WIDTH, PLOT_HEIGHT / height))
    edges = width * np.arange(bars)
    stacked = np.zeros(bars)
    for position, times in enumerate(shown.values()):
        heights = in_bars(times, width, bars)
        axes.bar(
            edges, heights, width=width * 0.94, bottom=stacked, align="edge", color=look(position).colour, linewidth=0,
            zorder=2,
        )  # fmt: skip
        stacked += heights
    axes.set_xlim(0, bars * width * 1.01)
    axes.set_ylim(0, stacked.max() * 1.08)
    for boundary in boundaries:
        if boundary < bars * width:
            axes.axvline(boundary, color=INK, linewidth=0.8, linestyle=(0, (3, 2)), zorder=3, gid="durata:boundary")
    unit = TimeScale(scale.unit)
    axes.set_xticks(unit.ticks(bars * width), unit.tick_labels(bars * width))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axes.grid(axis="y", color=HAIRLINE, linewidth=0.6)
    axes.set_xlabel(fitted(bracketed(label, scale.name), 360), labelpad=5)
    axes.set_ylabel(speak("Patients"), labelpad=6)
    place = points(figure)
    position = 0
    for row, entries in enumerate(rows):
        y = height - 11 - LEGEND_ROW * row
        for name, offset in entries:
            mine = look(position)
            figure.add_artist(Rectangle((left + offset, y - 4), 14, 8, color=mine.colour, linewidth=0, transform=place))
            figure.text(
                left + offset + 20, y, name, transform=place, va="center", size=SMALL, weight="bold", color=mine.ink,
                gid="durata:group",
            )  # fmt: skip
            position += 1
    return figure
