"""A waterfall: the change of every patient as one bar, sorted, coloured by group, with the limits of response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray, IntArray
from durata.language.speaking import speak
from durata.show.figures.labels import LEGEND_ROW, group_with_size, legend_rows
from durata.show.figures.style import (
    HAIRLINE,
    INK,
    LINE,
    MUTED,
    SMALL,
    WIDTH,
    blank,
    fitted,
    look,
    points,
    styled,
    wrapped,
)
from durata.show.number_style import bracketed, clauses, number_style, parts, sentences
from durata.show.numbers import MINUS, counted, fixed
from durata.show.printable import printable

PLOT_HEIGHT = 230.0
# a bar that rises further is cut off there: one such patient would leave no room for the others
HIGHEST = 100.0
LEAST = 1.6  # points; a bar of nothing is drawn this high
CHANGE = "Change of the diameter"
RECIST: Mapping[float, str] = MappingProxyType(
    {20.0: "+20%: progression, by size", -30.0: f"{MINUS}30%: partial response, by size"}
)


def waterfall_figure(
    changes: Mapping[str, FloatArray],
    *,
    label: str = "",
    limits: Mapping[float, str] = RECIST,
) -> Figure:
    """One bar a patient, the largest increase at the left, the largest decrease at the right; nobody is named.

    Parameters
    ----------
    changes : (n,) individual changes in percent by group, in the order of the groups; a decrease is negative, NaN is
        not known (not drawn; the figure says how many).
    label : what changes, along the vertical axis, without its unit (per cent).
    limits : what lines are drawn at, and called; RECIST 1.1's by size if not given.

    Raises
    ------
    CannotEstimate : no change is known, or one is infinite or a decrease by more than all there was.
    """
    values, group = in_order(changes)
    with styled():
        return _draw(values, group, changes, label or speak(CHANGE), _named(limits))


def in_order(changes: Mapping[str, FloatArray]) -> tuple[FloatArray, IntArray]:
    """(n,) known changes from the largest to the smallest, and the position of each one's group.

    >>> values, group = in_order({"short": np.array([-10.0, np.nan]), "long": np.array([5.0, -10.0])})
    >>> values.tolist(), group.tolist()
    ([5.0, -10.0, -10.0], [1, 0, 1])
    """
    columns = [np.asarray(values, dtype=np.float64) for values in changes.values()]
    values = np.concatenate([np.empty(0), *columns])
    group = np.repeat(np.arange(len(columns), dtype=np.intp), [len(column) for column in columns])
    known = ~np.isnan(values)
    if not np.any(known):
        raise CannotEstimate(speak("There is no waterfall to draw: nobody's change is known."))
    values, group = values[known], group[known]
    if not np.all(np.isfinite(values)) or np.any(values < -100):
        raise CannotEstimate(
            speak("There is no waterfall to draw: a change is infinite, or a decrease by more than 100%.")
        )
    order = np.lexsort((group, -values))
    return values[order], group[order]


def waterfall_words(
    changes: Mapping[str, FloatArray],
    *,
    label: str = "",
    limits: Mapping[float, str] = RECIST,
) -> str:
    """The alternative text: patients, median change, and how many lie beyond each limit, by group."""
    said = []
    for name, column in changes.items():
        values = np.asarray(column, dtype=np.float64)
        values = values[~np.isnan(values)]
        if not len(values):
            said.append(speak("{group}: no patients", group=name))
            continue
        beyond = [
            speak(
                "{n} at or below {limit}" if limit < 0 else "{n} at or above {limit}",
                n=np.count_nonzero(values <= limit if limit < 0 else values >= limit),
                limit=_percent(limit),
            )
            for limit in sorted(limits)
        ]
        middle = speak("median {value}", value=_percent(float(np.median(values))))
        said.append(f"{name}{number_style().colon}{parts([counted(len(values), 'patient'), middle, *beyond])}")
    words = speak(
        "{label} of every patient, from the largest increase to the largest decrease. {groups}.",
        label=label or speak(CHANGE),
        groups=clauses(said),
    )
    return printable(words)


def _named(limits: Mapping[float, str]) -> Mapping[float, str]:
    return {limit: speak(name) for limit, name in limits.items()} if limits is RECIST else limits


def _draw(
    values: FloatArray, group: IntArray, changes: Mapping[str, FloatArray], label: str, limits: Mapping[float, str]
) -> Figure:
    sizes = np.bincount(group, minlength=len(changes))
    names = [group_with_size(name, int(size)) for name, size in zip(changes, sizes, strict=True)]
    left, right, foot = 58.0, 18.0, 26.0
    rows = legend_rows(names, WIDTH - left - right)
    notes = _notes(values, sum(len(column) for column in changes.values()) - len(values), WIDTH - left - right)
    foot += SMALL * LINE * len(notes) + (4 if notes else 0)
    height = 12 + LEGEND_ROW * len(rows) + 8 + PLOT_HEIGHT + foot
    figure = blank(height)
    axes = figure.add_axes((left / WIDTH, foot / height, (WIDTH - left - right) / WIDTH, PLOT_HEIGHT / height))
    low, high = _frame(axes, values, label, limits)
    for position in range(len(changes)):
        mine = np.flatnonzero(group == position)
        if len(mine):
            bars = _bars(mine, np.minimum(values[mine], high), len(values), least=LEAST * (high - low) / PLOT_HEIGHT)
            axes.add_patch(PathPatch(bars, facecolor=look(position).colour, linewidth=0, zorder=2, gid="durata:bars"))
    axes.axhline(0, color=INK, linewidth=0.8, zorder=3)
    cut = np.flatnonzero(values > high)
    if len(cut):
        axes.plot(
            cut + 0.5, np.full(len(cut), high + 0.018 * (high - low)), linestyle="none", marker="^", markersize=4, color=INK,
            markeredgewidth=0, clip_on=False, zorder=4, gid="durata:cut-off",
        )  # fmt: skip
    _limits(axes, limits, low, high)
    _legend(figure, rows, left, height - 11)
    place = points(figure)
    patients = speak("{patients}, in order of change", patients=counted(len(values), "patient"))
    figure.text(
        (left + WIDTH - right) / 2,
        foot - 12,
        patients,
        transform=place,
        ha="center",
        va="center",
        gid="durata:patients",
    )
    for line, words in enumerate(notes):
        y = foot - 28 - SMALL * LINE * line
        figure.text(left, y, words, transform=place, va="center", size=SMALL - 0.5, color=MUTED, gid="durata:note")
    return figure


def _frame(axes: Axes, values: FloatArray, label: str, limits: Mapping[float, str]) -> tuple[float, float]:
    """The axes; returned is what they reach down and up to."""
    up = [min(float(values.max()), HIGHEST), *(limit for limit in limits if limit > 0)]
    high = min(HIGHEST, 20 * np.ceil(max(up) / 20 + 0.25)) if max(up) < HIGHEST else HIGHEST
    down = [float(values.min()), *(limit for limit in limits if limit < 0)]
    low = max(-100.0, 20 * np.floor(min(down) / 20)) if min(down) < 0 else 0.0
    axes.set_xlim(0, len(values))
    axes.set_ylim(low, high)
    ticks = [tick for tick in range(-100, 101, 20) if low <= tick <= high]
    axes.set_yticks(ticks, [_percent(tick) for tick in ticks])
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.grid(axis="y", color=HAIRLINE, linewidth=0.6)
    axes.set_ylabel(fitted(bracketed(label, "%"), PLOT_HEIGHT), labelpad=6)
    return float(low), float(high)


def _bars(positions: IntArray, values: FloatArray, people: int, *, least: float) -> Path:
    """One path for the bars of a group: hundreds of single rectangles would make the file many times as large."""
    gap = 0.1 if people <= 60 else 0.05 if people <= 250 else 0.0
    corners = []
    for x, value in zip(positions.tolist(), values.tolist(), strict=True):
        # a change of exactly nothing is still a patient
        top = value if abs(value) > least else (least if value >= 0 else -least)
        corners += [(x + gap, 0.0), (x + 1 - gap, 0.0), (x + 1 - gap, top), (x + gap, top), (x + gap, 0.0)]
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * len(positions)
    return Path(corners, codes)


def _limits(axes: Axes, limits: Mapping[float, str], low: float, high: float) -> None:
    """Lines and their names: those of increases at the right, of decreases at the left, where no bar reaches them."""
    for limit, name in limits.items():
        if not low <= limit <= high:
            continue
        axes.axhline(limit, color=INK, linewidth=0.8, linestyle=(0, (3, 2)), zorder=3, gid="durata:limit")
        up = limit > 0
        axes.annotate(
            fitted(name, 240, SMALL), (1.0 if up else 0.0, limit), xycoords=("axes fraction", "data"),
            xytext=(-4 if up else 4, 3 if up else -3), textcoords="offset points", ha="right" if up else "left",
            va="bottom" if up else "top", size=SMALL, color=INK, zorder=4, gid="durata:limit-name",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )  # fmt: skip


def _legend(figure: Figure, rows: Sequence[Sequence[tuple[str, float]]], left: float, y: float) -> None:
    place = points(figure)
    position = 0
    for row, entries in enumerate(rows):
        level = y - LEGEND_ROW * row
        for name, offset in entries:
            mine = look(position)
            figure.add_artist(
                Rectangle((left + offset, level - 4), 14, 8, color=mine.colour, linewidth=0, transform=place)
            )
            figure.text(
                left + offset + 20, level, name, transform=place, va="center", size=SMALL, weight="bold",
                color=mine.ink, gid="durata:group",
            )  # fmt: skip
            position += 1


def _notes(values: FloatArray, missing: int, width: float) -> tuple[str, ...]:
    said = []
    cut = int(np.count_nonzero(values > HIGHEST))
    if cut:
        said.append(
            speak(
                "{bars} reaches beyond +{highest}%, the largest to {largest}."
                if cut == 1
                else "{bars} reach beyond +{highest}%, the largest to {largest}.",
                bars=counted(cut, "bar"),
                highest=f"{HIGHEST:g}",
                largest=_percent(float(values[0])),
            )
        )
    if missing:
        said.append(speak("The change of {patients} is not known.", patients=counted(missing, "patient")))
    return wrapped(sentences(said), width, SMALL - 0.5) if said else ()


def _percent(value: float) -> str:
    text = fixed(value, 0 if value == round(value) else 1)
    return f"+{text}%" if value > 0 else f"{text}%"
