"""The specification curve: every estimate sorted, with its interval, over dots that say which way of asking gave it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray
from durata.language.speaking import speak
from durata.show.figures.forest import TICKS
from durata.show.figures.style import HAIRLINE, INK, MUTED, SMALL, WIDTH, blank, fitted, look, points, styled
from durata.show.numbers import percent, ratio
from durata.show.printable import printable

PLOT_HEIGHT = 190.0
ROW = 13.0
FURTHEST = 20.0


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to choose within a ``family`` (design, outcome, ...): its name, and where (m,) it was made."""

    family: str
    name: str
    made: BoolArray


@dataclass(frozen=True, slots=True)
class SpecificationCurve:
    """(m,) ratios sorted, their limits, the choices behind them, and the place of the declared one."""

    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    choices: Sequence[Choice]
    declared: int | None


def specifications_figure(curve: SpecificationCurve, *, label: str) -> Figure:
    """Ratios in their order on a log axis above the choices; whose interval excludes 1 is coloured, the declared one marked.

    Raises
    ------
    CannotEstimate : there is no estimate.
    """
    if len(curve.estimate) == 0:
        raise CannotEstimate(speak("There is nothing to draw: no specification has an estimate."))
    with styled():
        return _draw(curve, label)


def specifications_words(curve: SpecificationCurve, *, label: str) -> str:
    """The alternative text: how many there are, from where to where, and how many agree."""
    return printable(
        speak(
            "{label}: {n} specifications sorted, from {low} to {high}; {below} below 1.",
            label=label,
            n=len(curve.estimate),
            low=ratio(float(curve.estimate.min())),
            high=ratio(float(curve.estimate.max())),
            below=percent(float(np.mean(curve.estimate < 1)), 0),
        )
    )


def _draw(curve: SpecificationCurve, label: str) -> Figure:
    left, right, foot = 176.0, 18.0, 14.0
    families = list(dict.fromkeys(one.family for one in curve.choices))
    lines = len(curve.choices) + len(families)
    height = 14 + PLOT_HEIGHT + 14 + ROW * lines + foot
    figure = blank(height)
    across = (WIDTH - left - right) / WIDTH
    axes = figure.add_axes((left / WIDTH, (foot + ROW * lines + 14) / height, across, PLOT_HEIGHT / height))
    below = figure.add_axes((left / WIDTH, foot / height, across, ROW * lines / height))
    place, x = points(figure), np.arange(len(curve.estimate))
    clear = (curve.high < 1) | (curve.low > 1)
    strong, plain = look(1).colour, MUTED
    colours = [strong if one else plain for one in clear.tolist()]
    low, high = np.clip(curve.low, 1 / FURTHEST, FURTHEST), np.clip(curve.high, 1 / FURTHEST, FURTHEST)
    axes.vlines(x, low, high, colors=colours, linewidth=0.7, alpha=0.45, gid="durata:interval")
    axes.scatter(x, curve.estimate, s=5, c=colours, linewidths=0, zorder=3, gid="durata:specification")
    axes.axhline(1, color=INK, linewidth=0.8)
    if curve.declared is not None:
        for part in (axes, below):
            part.axvline(curve.declared, color=look(0).colour, linewidth=1.1, zorder=2, gid="durata:declared")
    axes.set_yscale("log")
    axes.set_ylim(float(low.min()) * 0.93, float(high.max()) * 1.07)
    ticks = [tick for tick in TICKS if axes.get_ylim()[0] <= tick <= axes.get_ylim()[1]]
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_yticklabels([f"{tick:g}" for tick in ticks])
    axes.set_xlim(-1, len(x))
    axes.set_xticks([])
    axes.grid(axis="y", color=HAIRLINE, linewidth=0.6)
    axes.set_ylabel(fitted(label, PLOT_HEIGHT), labelpad=6)
    below.set_xlim(-1, len(x))
    below.set_ylim(lines - 0.5, -0.5)
    below.axis("off")
    top = foot + ROW * lines
    line = 0
    for family in families:
        y = top - ROW * (line + 0.5)
        figure.text(
            14, y, fitted(family, left - 30, SMALL, bold=True), transform=place, va="center", size=SMALL, weight="bold"
        )
        line += 1
        for one in (choice for choice in curve.choices if choice.family == family):
            there = np.flatnonzero(one.made)
            below.scatter(there, np.full(len(there), line), s=3.2, c=INK, linewidths=0, gid="durata:choice")
            y = top - ROW * (line + 0.5)
            figure.text(
                22, y, fitted(one.name, left - 36, SMALL), transform=place, va="center", size=SMALL, color=MUTED
            )
            line += 1
    return figure
