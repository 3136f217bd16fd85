"""A love plot: how far apart the groups are in each covariate, before and after weighting."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from durata.language.speaking import speak
from durata.show.balance_tables import TOO_FAR, BalanceRow, to_draw
from durata.show.figures.style import (
    HAIRLINE,
    INK,
    MUTED,
    SMALL,
    WIDTH,
    blank,
    fitted,
    look,
    points,
    styled,
    width_of,
)
from durata.show.numbers import fixed

ROW = 17.0
LABELS = 190.0
STEPS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


def balance_figure(rows: Sequence[BalanceRow]) -> Figure:
    """One row a covariate: a ring where it was before weighting, a dot where it is after; a dashed line at 0.1.

    Raises
    ------
    CannotEstimate : no covariate has a difference to draw.
    """
    drawn = to_draw(tuple(rows))
    with styled():
        return _draw(drawn)


def _draw(rows: tuple[BalanceRow, ...]) -> Figure:
    foot, top, right = 42.0, 26.0, 18.0
    body = ROW * len(rows)
    height = foot + body + top
    figure = blank(height)
    place = points(figure)
    axes = figure.add_axes((LABELS / WIDTH, foot / height, (WIDTH - LABELS - right) / WIDTH, body / height))
    largest = max(max(row.before or 0.0, row.after or 0.0) for row in rows)
    step = next((one for one in STEPS if largest / one <= 8), largest / 8)
    high = max(1.06 * largest, 1.5 * TOO_FAR)
    axes.set_xlim(0, high)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    ticks = [step * k for k in range(int(high / step) + 1)]
    axes.set_xticks(ticks, [fixed(tick, 2) for tick in ticks])
    axes.set_yticks([])
    axes.grid(axis="x", color=HAIRLINE, linewidth=0.6)
    axes.axvline(TOO_FAR, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1, gid="durata:limit")
    axes.set_xlabel(
        fitted(speak("Largest standardised mean difference between two groups"), WIDTH - LABELS - right), labelpad=5
    )
    before, after = look(1), look(0)
    for position, row in enumerate(rows):
        y = foot + body - ROW * (position + 0.5)
        figure.text(
            LABELS - 8,
            y,
            fitted(row.label, LABELS - 14, SMALL),
            transform=place,
            ha="right",
            va="center",
            size=SMALL,
            gid="durata:covariate",
        )
        axes.plot([row.before or 0.0, row.after or 0.0], [position, position], color=HAIRLINE, linewidth=1.2, zorder=2)
    across = range(len(rows))
    axes.plot(
        [row.before or 0.0 for row in rows], across, linestyle="none", marker="o", markersize=5.5, markerfacecolor="white",
        markeredgecolor=before.colour, markeredgewidth=1.3, clip_on=False, zorder=3, gid="durata:before",
    )  # fmt: skip
    axes.plot(
        [row.after or 0.0 for row in rows], across, linestyle="none", marker="o", markersize=5.5, color=after.colour,
        markeredgewidth=0, clip_on=False, zorder=4, gid="durata:after",
    )  # fmt: skip
    x = LABELS
    for words, mine, face in ((speak("unweighted"), before, "white"), (speak("weighted"), after, after.colour)):
        figure.add_artist(
            Line2D(
                [x + 3],
                [height - 12],
                marker="o",
                markersize=5.5,
                markerfacecolor=face,
                markeredgecolor=mine.colour,
                linestyle="none",
                transform=place,
            )
        )
        figure.text(
            x + 11, height - 12, words, transform=place, va="center", size=SMALL, color=INK, gid="durata:series"
        )
        x += 11 + width_of(words, SMALL) + 20
    return figure
