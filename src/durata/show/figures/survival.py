"""Survival curves with confidence bands and censoring marks, the numbers at risk aligned beneath them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import blended_transform_factory

from durata.estimate.result import Curve, Stretch
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray
from durata.language.speaking import speak
from durata.show.disclosure import disclosure
from durata.show.figures.labels import LEGEND_ROW, EndLabel, end_labels, legend, legend_rows
from durata.show.figures.style import (
    HAIRLINE,
    INK,
    LINE,
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
from durata.show.number_style import clauses, sentences
from durata.show.numbers import count, counted, percent
from durata.show.printable import printable
from durata.show.time_scale import TimeScale

PLOT_HEIGHT = 262.0
RISK_ROW = 14.0
WIDEST_NAME = 130.0
# a curve ends near enough to the right edge for its name to stand there, without a line that looks like a curve
NEAR_THE_END = 0.9
AT_RISK = "Number at risk"
TOP = 1.005
FAINT = 0.4


@dataclass(frozen=True, slots=True)
class _Plot:
    """What is drawn; ``end`` is where the time axis ends, in the curve's unit."""

    curve: Curve
    scale: TimeScale
    end: float
    label: str
    annotation: str
    min_at_risk: int
    bands: bool


def survival_figure(
    curve: Curve,
    scale: TimeScale,
    *,
    label: str = "",
    annotation: str = "",
    until: float | None = None,
    min_at_risk: int = 10,
    bands: bool = True,
) -> Figure:
    """Curves of all groups with their numbers at risk.

    ``label`` names what the vertical axis shows; ``annotation`` (a log-rank p-value, say) stands where no curve runs;
    ``until`` cuts the time axis (in the curve's unit). Where fewer than ``min_at_risk`` are at risk a curve is drawn
    lighter and without its band.

    Raises
    ------
    CannotEstimate : no group has any follow-up to draw.
    """
    end = max((stretch.until for stretch in curve.stretches), default=0.0)
    end = min(end, until) if until is not None else end
    if not end > 0:
        raise CannotEstimate(speak("There is no follow-up to draw: every curve ends at time zero."))
    plot = _Plot(curve, scale, scale.axis_end(end), label or speak("Survival"), annotation, min_at_risk, bands)
    with styled():
        return _draw(plot)


def survival_words(curve: Curve, scale: TimeScale, *, label: str = "") -> str:
    """The alternative text: what each curve comes down to, and when.

    Named are the number of patients and events of each group and the last value of its curve.
    """
    said = [
        speak(
            "{group}: {patients}, {events}, {share} at {time}",
            group=_named(stretch, curve),
            patients=counted(stretch.n, "patient"),
            events=counted(float(stretch.events.sum()), "event"),
            share=percent(_value_at(stretch, shown_until(stretch))),
            time=scale.words(shown_until(stretch)),
        )
        for stretch in curve.stretches
    ]
    estimand = label or speak("Survival")
    words = speak(
        "{label} by time since {time_zero}. {groups}.", label=estimand, time_zero=curve.time_zero, groups=clauses(said)
    )
    return printable(words)


def _named(stretch: Stretch, curve: Curve) -> str:
    # the one curve of everybody is called "all" where answers are kept
    return speak("all") if len(curve.stretches) == 1 and stretch.group == "all" else stretch.group


def at_risk(stretch: Stretch, time: float) -> float:
    """How many are at risk just before a time; at 0, when observation has just begun."""
    if time > 0 or stretch.entry_time is None or stretch.entry_number is None or len(stretch.time) == 0:
        return stretch.at_risk_at(time)
    later = (stretch.entry_time > 0) & (stretch.entry_time < stretch.time[0])
    return float(stretch.at_risk[0] - stretch.entry_number[later].sum())


def shown_until(stretch: Stretch) -> float:
    """Where a curve ends: with its last observation, or earlier where too few are at risk to be shown."""
    fewest = disclosure().fewest
    if not disclosure().declared:
        return stretch.until
    enough = np.flatnonzero(stretch.at_risk >= fewest)
    return float(stretch.time[enough[-1]]) if len(enough) else 0.0


def _draw(plot: _Plot) -> Figure:
    curve, scale = plot.curve, plot.scale
    looks = [look(position) for position in range(len(curve.stretches))]
    several = len(curve.stretches) > 1
    direct = several and all(stretch.until >= NEAR_THE_END * plot.end for stretch in curve.stretches)
    shown = [
        stretch.group if several or stretch.group != "all" else speak("All patients") for stretch in curve.stretches
    ]
    names = [fitted(name, WIDEST_NAME, SMALL, bold=True) for name in shown]
    left = max(56.0, 18 + max(width_of(text, SMALL, bold=True) for text in (*names, speak(AT_RISK))))
    labels = [wrapped(name, 92, SMALL, lines=3, bold=True) for name in shown]
    right = 16 + max(width_of(line, SMALL, bold=True) for lines in labels for line in lines) if direct else 18.0
    rows = legend_rows(shown, WIDTH - left - right) if several and not direct else []
    notes = _notes(plot, WIDTH - left - 18)
    top = 12 + LEGEND_ROW * len(rows)
    below = 56 + RISK_ROW * len(names) + (8 + SMALL * LINE * len(notes) if notes else 0) + 6
    height = top + PLOT_HEIGHT + below

    figure = blank(height)
    axes = figure.add_axes((left / WIDTH, below / height, (WIDTH - left - right) / WIDTH, PLOT_HEIGHT / height))
    _frame(axes, plot)
    for stretch, mine in zip(curve.stretches, looks, strict=True):
        _curve(axes, stretch, mine, plot)
    if direct:
        ends = [
            EndLabel(lines, below + PLOT_HEIGHT * _value_at(stretch, min(stretch.until, plot.end)) / TOP, mine)
            for stretch, lines, mine in zip(curve.stretches, labels, looks, strict=True)
        ]
        end_labels(figure, ends, x=WIDTH - right + 11, low=below - 6, high=height)
    else:
        legend(figure, rows, looks, x=left, y=height - 11)
    _annotate(axes, plot)

    place = points(figure)
    across = blended_transform_factory(axes.transData, place)
    common: dict[str, Any] = {"va": "center", "size": SMALL}
    y = below - 48.0
    figure.text(left - 16, y, speak(AT_RISK), transform=place, ha="right", color=MUTED, **common)
    for stretch, name, mine in zip(curve.stretches, names, looks, strict=True):
        y -= RISK_ROW
        gid = "durata:at-risk-name"
        figure.text(left - 16, y, name, transform=place, ha="right", color=mine.ink, weight="bold", gid=gid, **common)
        for tick in scale.ticks(plot.end):
            words = count(at_risk(stretch, tick * scale.length))
            figure.text(tick, y, words, transform=across, ha="center", color=INK, gid="durata:at-risk", **common)
    for position, line in enumerate(notes):
        level = y - RISK_ROW / 2 - 8 - SMALL * LINE * (position + 0.5)
        figure.text(left, level, line, transform=place, va="center", size=SMALL - 0.5, color=MUTED)
    return figure


def _frame(axes: Axes, plot: _Plot) -> None:
    scale = plot.scale
    axes.set_xlim(0, scale.shown(plot.end) * 1.005)
    axes.set_ylim(0, TOP)
    axes.set_xticks(scale.ticks(plot.end), scale.tick_labels(plot.end))
    shares = (0.0, 0.25, 0.5, 0.75, 1.0)
    axes.set_yticks(shares, [percent(share, 0) for share in shares])
    for share in shares[1:]:
        axes.axhline(share, color=HAIRLINE, linewidth=0.6, zorder=0)
    axes.set_xlabel(fitted(scale.since(plot.curve.time_zero), 360), labelpad=5)
    axes.set_ylabel(fitted(plot.label, PLOT_HEIGHT), labelpad=6)


def _curve(axes: Axes, stretch: Stretch, mine: Look, plot: _Plot) -> None:
    last = min(shown_until(stretch), plot.end)
    middle = min(_well_known_until(stretch, plot.min_at_risk), last)
    for start, stop, full in ((0.0, middle, True), (middle, last, False)):
        if stop <= start:
            continue
        times, values = _steps(stretch, stretch.estimate, start, stop)
        axes.plot(
            times / plot.scale.length,
            values,
            color=mine.colour,
            linestyle=mine.dash,
            linewidth=1.7,
            alpha=None if full else FAINT,
            clip_on=False,
            zorder=3,
            gid="durata:curve" if full else "durata:curve-few-at-risk",
        )
        if plot.bands:
            _, low = _steps(stretch, stretch.conf_low, start, stop)
            _, high = _steps(stretch, stretch.conf_high, start, stop)
            inside = (np.isfinite(low) & np.isfinite(high)).tolist()
            alpha = 0.13 if full else 0.13 * FAINT
            axes.fill_between(
                times / plot.scale.length,
                low,
                high,
                where=inside,
                color=mine.colour,
                alpha=alpha,
                linewidth=0,
                zorder=1,
            )
        marked = (stretch.censored > 0) & (stretch.time >= start) & (stretch.time <= stop)
        if full or start > 0:
            marked &= (stretch.time > start) | (start == 0)
        if np.any(marked):
            _censor_marks(axes, stretch.time[marked] / plot.scale.length, stretch.estimate[marked], mine, full)


def _censor_marks(axes: Axes, times: FloatArray, values: FloatArray, mine: Look, full: bool) -> None:
    # one path with gaps in it: hundreds of single marks would make the file ten times as large
    gaps = np.full(len(times), np.nan)
    x = np.column_stack([times, times, gaps]).ravel()
    y = np.column_stack([values - 0.011, values + 0.011, gaps]).ravel()
    alpha = None if full else 0.6
    axes.plot(x, y, color=mine.colour, linewidth=0.8, alpha=alpha, clip_on=False, zorder=4, gid="durata:censored")


def _steps(stretch: Stretch, values: FloatArray, start: float, stop: float) -> tuple[FloatArray, FloatArray]:
    """Corners of the step function between two times: (m,) times and values, in the curve's unit."""
    inner = (stretch.time > start) & (stretch.time <= stop) & (stretch.events > 0)
    before = int(np.searchsorted(stretch.time, start, side="right")) - 1
    first = values[before] if before >= 0 else stretch.initial
    times = np.concatenate([[start], stretch.time[inner], [stop]])
    levels = np.concatenate([[first], values[inner]])
    corners = np.repeat(times, 2)[1:-1]
    return corners, np.repeat(levels, 2)


def _value_at(stretch: Stretch, time: float) -> float:
    k = int(np.searchsorted(stretch.time, time, side="right")) - 1
    return float(stretch.estimate[k]) if k >= 0 else stretch.initial


def _well_known_until(stretch: Stretch, min_at_risk: int) -> float:
    enough = np.flatnonzero(stretch.at_risk >= min_at_risk)
    return float(stretch.time[enough[-1]]) if len(enough) else 0.0


def _notes(plot: _Plot, width: float) -> tuple[str, ...]:
    said = []
    stretches = plot.curve.stretches
    if plot.bands:
        said.append(speak("Shaded: {level}% confidence interval.", level=f"{100 * plot.curve.conf_level:g}"))
    if any(np.any(stretch.censored > 0) for stretch in stretches):
        said.append(speak("Vertical marks: end of follow-up without the event."))
    if any(_well_known_until(stretch, plot.min_at_risk) < min(stretch.until, plot.end) for stretch in stretches):
        said.append(speak("Lighter: fewer than {n} at risk.", n=plot.min_at_risk))
    return wrapped(sentences(said), width, SMALL - 0.5) if said else ()


def _annotate(axes: Axes, plot: _Plot) -> None:
    """Write where no curve runs: below them all at the left, above them all at the right, or over the plot."""
    words = fitted(plot.annotation, 250, SMALL)
    if not words:
        return
    stretches = plot.curve.stretches
    lowest = min(_value_at(stretch, min(0.45 * plot.end, stretch.until)) for stretch in stretches)
    highest = max(_value_at(stretch, min(0.5 * plot.end, stretch.until)) for stretch in stretches)
    if all(stretch.initial == 0.0 for stretch in stretches):  # curves that rise leave the upper left
        early = max(_value_at(stretch, min(0.35 * plot.end, stretch.until)) for stretch in stretches)
        x, y, ha = (0.02, 0.95, "left") if early < 0.8 else (0.98, 1.03, "right")
    elif lowest > 0.14:
        x, y, ha = 0.02, 0.05, "left"
    elif highest < 0.86:
        x, y, ha = 0.98, 0.95, "right"
    else:
        x, y, ha = 0.98, 1.03, "right"
    axes.text(x, y, words, transform=axes.transAxes, size=SMALL, ha=ha, va="center", gid="durata:annotation")
