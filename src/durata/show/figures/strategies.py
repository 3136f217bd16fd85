"""Lines by strategy along the months of an emulated trial: how many ended treatment, how large the weights are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray
from durata.language.speaking import speak
from durata.show.figures.labels import LEGEND_ROW, legend, legend_rows
from durata.show.figures.style import HAIRLINE, INK, MUTED, WIDTH, Look, blank, fitted, look, styled
from durata.show.number_style import clauses, number_style
from durata.show.numbers import fixed, number, percent
from durata.show.printable import printable
from durata.show.time_scale import TimeScale

PLOT_HEIGHT = 190.0
OBSERVED = Look(MUTED, INK, (0, (1.2, 1.6)))
"""How what was observed, which is no strategy, looks beside the strategies."""


@dataclass(frozen=True, slots=True)
class StrategyLine:
    """One line: ``time`` and ``value`` (m,), NaN where there is none; ``observed`` lines are no strategy's."""

    name: str
    time: FloatArray
    value: FloatArray
    observed: bool = False


def strategies_figure(
    lines: Sequence[StrategyLine], scale: TimeScale, *, time_zero: str, label: str, shares: bool
) -> Figure:
    """Lines over the months since the start; ``shares`` are drawn from 0% to 100%, other values from 0 upwards.

    Raises
    ------
    CannotEstimate : no line has a value.
    """
    if not any(np.isfinite(line.value).any() for line in lines):
        raise CannotEstimate(speak("There is nothing to draw: no strategy has a value in any month."))
    with styled():
        return _draw(lines, scale, time_zero, label, shares)


def strategies_words(lines: Sequence[StrategyLine], scale: TimeScale, *, label: str, shares: bool) -> str:
    """The alternative text: where each line ends, and its highest value."""
    said = []
    for line in lines:
        known = np.flatnonzero(np.isfinite(line.value))
        if len(known):
            last, most = float(line.value[known[-1]]), float(line.value[known].max())
            said.append(
                speak(
                    "{name}: {last} at {time}, at most {most}",
                    name=line.name,
                    last=percent(last, 0) if shares else number(last),
                    time=scale.words(float(line.time[known[-1]])),
                    most=percent(most, 0) if shares else number(most),
                )
            )
    return printable(f"{label}{number_style().colon}{clauses(said)}")


def _draw(lines: Sequence[StrategyLine], scale: TimeScale, time_zero: str, label: str, shares: bool) -> Figure:
    end = scale.axis_end(max(float(line.time.max()) for line in lines))
    strategies = [line for line in lines if not line.observed]
    looks = {line.name: look(position) for position, line in enumerate(strategies)}
    looks |= {line.name: OBSERVED for line in lines if line.observed}
    left, right, foot = 58.0, 18.0, 42.0
    rows = legend_rows([line.name for line in lines], WIDTH - left - right)
    height = 14 + LEGEND_ROW * len(rows) + PLOT_HEIGHT + foot
    figure = blank(height)
    axes = figure.add_axes((left / WIDTH, foot / height, (WIDTH - left - right) / WIDTH, PLOT_HEIGHT / height))
    for line in lines:
        mine = looks[line.name]
        axes.plot(
            scale_times(line.time, scale), line.value, color=mine.colour, linestyle=mine.dash, linewidth=1.7,
            drawstyle="steps-post", zorder=3, gid="durata:strategy",
        )  # fmt: skip
    axes.set_xlim(0, scale.shown(end) * 1.005)
    axes.set_xticks(scale.ticks(end), scale.tick_labels(end))
    if shares:
        axes.set_ylim(0, 1.02)
        ticks = (0.0, 0.25, 0.5, 0.75, 1.0)
        axes.set_yticks(ticks, [percent(tick, 0) for tick in ticks])
    else:
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
        axes.yaxis.set_major_formatter(
            FuncFormatter(lambda value, _: fixed(value, 0) if value == round(value) else f"{value:g}")
        )
    axes.grid(axis="y", color=HAIRLINE, linewidth=0.6)
    axes.set_xlabel(fitted(scale.since(time_zero), 360), labelpad=5)
    axes.set_ylabel(fitted(label, PLOT_HEIGHT), labelpad=6)
    legend(figure, rows, [looks[line.name] for line in lines], x=left, y=height - 12)
    return figure


def scale_times(times: FloatArray, scale: TimeScale) -> FloatArray:
    """Times in the unit that is shown."""
    return np.asarray(times / scale.length)
