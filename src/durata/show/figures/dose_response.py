"""Risk by the duration that everybody is assigned: the smooth curve with its band, each duration by itself, the best set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray
from durata.language.speaking import speak
from durata.show.figures.labels import LEGEND_ROW
from durata.show.figures.style import (
    HAIRLINE,
    MUTED,
    SHADE,
    SMALL,
    WIDTH,
    blank,
    fitted,
    look,
    points,
    styled,
    width_of,
)
from durata.show.number_style import clauses
from durata.show.numbers import percent
from durata.show.printable import printable

PLOT_HEIGHT = 220.0


@dataclass(frozen=True, slots=True)
class DoseResponse:
    """What is drawn, (D,) each: durations, risks by themselves and smooth with limits (NaN where refused), the set."""

    duration: FloatArray
    risk: FloatArray
    smooth: FloatArray
    low: FloatArray
    high: FloatArray
    in_set: BoolArray


def dose_response_figure(found: DoseResponse, *, x_label: str, y_label: str, unsmoothed: bool = True) -> Figure:
    """The smooth curve and its band, a point a duration, a bar under the set, refused durations shaded.

    Raises
    ------
    CannotEstimate : no duration has a risk.
    """
    if not np.isfinite(found.smooth).any():
        raise CannotEstimate(speak("There is nothing to draw: no duration of the grid can be estimated."))
    with styled():
        return _draw(found, x_label, y_label, unsmoothed)


def dose_response_words(found: DoseResponse, *, x_label: str, y_label: str) -> str:
    """The alternative text: the risk at both ends and where it is lowest, and the set."""
    known = np.flatnonzero(np.isfinite(found.smooth))
    places = dict.fromkeys((int(known[0]), int(known[np.argmin(found.smooth[known])]), int(known[-1])))
    said = [f"{found.duration[d]:g}: {percent(float(found.smooth[d]))}" for d in places]
    members = speak(", ").join(f"{one:g}" for one in found.duration[found.in_set])
    return printable(
        speak(
            "{y} by {x}. {values}. Not distinguishable from the best: {members}.",
            y=y_label,
            x=x_label,
            values=clauses(said),
            members=members or speak("none"),
        )
    )


def _draw(found: DoseResponse, x_label: str, y_label: str, unsmoothed: bool) -> Figure:
    left, right, foot = 58.0, 18.0, 42.0
    entries = _entries(found, unsmoothed)
    rows: list[list[tuple[str, str, float]]] = [[]]
    used = 0.0
    for kind, words in entries:
        needed = 30 + width_of(words, SMALL) + 16
        if rows[-1] and used + needed - 16 > WIDTH - left - right:
            rows.append([])
            used = 0.0
        rows[-1].append((kind, words, used))
        used += needed
    height = 14 + LEGEND_ROW * len(rows) + PLOT_HEIGHT + foot
    figure = blank(height)
    axes = figure.add_axes((left / WIDTH, foot / height, (WIDTH - left - right) / WIDTH, PLOT_HEIGHT / height))
    curve, alone = look(0), look(1)
    x = found.duration
    highest = np.nanmax([np.nanmax(found.smooth), np.nanmax(np.where(np.isfinite(found.high), found.high, 0.0)),
                         np.nanmax(found.risk) if unsmoothed and np.isfinite(found.risk).any() else 0.0])  # fmt: skip
    lowest = min(0.0, float(np.nanmin(found.smooth)))
    top = min(1.0, float(highest) * 1.06) if lowest >= 0 and highest <= 1 else float(highest) * 1.06
    base = lowest - 0.07 * (top - lowest)
    for d in np.flatnonzero(~np.isfinite(found.smooth)):
        axes.axvspan(x[d] - 0.5, x[d] + 0.5, facecolor=HAIRLINE, linewidth=0, zorder=0, gid="durata:refused")
    inside = (np.isfinite(found.low) & np.isfinite(found.high)).tolist()
    axes.fill_between(x, found.low, found.high, where=inside, color=curve.colour, alpha=0.15, linewidth=0, zorder=1)
    axes.plot(x, found.smooth, color=curve.colour, linewidth=1.8, zorder=3, gid="durata:smooth")
    if unsmoothed:
        axes.plot(
            x, found.risk, "o", color=alone.colour, markersize=3.6, markeredgewidth=0, zorder=4, gid="durata:alone"
        )
    for d in np.flatnonzero(found.in_set):
        bar = Rectangle((x[d] - 0.5, base), 1.0, 0.045 * (top - lowest), facecolor=SHADE, linewidth=0, zorder=2)
        bar.set_gid("durata:set")
        axes.add_patch(bar)
    axes.set_xlim(x[0] - 0.7, x[-1] + 0.7)
    axes.set_ylim(base, top)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=12, integer=True, steps=[1, 2, 3, 6, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6))
    shown = FuncFormatter(lambda value, _: percent(value, 0) if -1e-9 <= value <= 1 else "")
    axes.yaxis.set_major_formatter(shown)
    axes.grid(axis="y", color=HAIRLINE, linewidth=0.6)
    axes.set_xlabel(fitted(x_label, 380), labelpad=5)
    axes.set_ylabel(fitted(y_label, PLOT_HEIGHT), labelpad=6)
    place = points(figure)
    for position, row in enumerate(rows):
        y = height - 12 - LEGEND_ROW * position
        for kind, words, offset in row:
            begin = left + offset
            if kind == "smooth":
                figure.add_artist(
                    Line2D([begin, begin + 20], [y, y], color=curve.colour, linewidth=1.8, transform=place)
                )
            elif kind == "alone":
                mark = Line2D([begin + 10], [y], color=alone.colour, marker="o", markersize=3.6, transform=place)
                figure.add_artist(mark)
            else:
                face = {"band": curve.colour, "set": SHADE, "refused": HAIRLINE}[kind]
                alpha = 0.15 if kind == "band" else None
                swatch = Rectangle((begin, y - 4), 20, 8, facecolor=face, alpha=alpha, linewidth=0, transform=place)
                figure.add_artist(swatch)
            figure.text(begin + 26, y, words, transform=place, va="center", size=SMALL, color=MUTED)
    return figure


def _entries(found: DoseResponse, unsmoothed: bool) -> Sequence[tuple[str, str]]:
    """What is explained above the plot: only what is in it."""
    said = [("smooth", speak("smooth in the duration"))]
    if np.isfinite(found.low).any():
        said.append(("band", speak("95% band, pointwise")))
    if unsmoothed:
        said.append(("alone", speak("each duration by itself")))
    if found.in_set.any():
        said.append(("set", speak("not distinguishable from the best")))
    if not np.isfinite(found.smooth).all():
        said.append(("refused", speak("not estimable")))
    return said
