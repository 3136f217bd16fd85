"""Means and standard deviations of whole numbers (GRIM, GRIMMER); the mean of changes against the change of means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from durata.audit.arithmetic import whole_spread, whole_sums
from durata.audit.figures import Figures
from durata.audit.printed import printed
from durata.audit.seen import COHERENT, INCOHERENT, OPEN, Seen, said


def whole_numbers(figures: Figures) -> Iterator[Seen]:
    """A03 GRIM, A04 GRIMMER: whether n whole numbers can have the mean, and the standard deviation with it."""
    for k, one in enumerate(figures.means):
        mean = printed(one.mean)
        if not one.whole or one.n >= 10**mean.decimals:
            yield said(
                "A03",
                OPEN,
                "{name}: every mean to {places} decimals can occur among {n} values, or they are not said to be whole "
                "numbers.",
                keys=("means", k, "mean"),
                name=one.name,
                n=one.n,
                places=mean.decimals,
            )
            if not one.whole:
                continue
        sums = whole_sums(mean, one.n)
        if not len(sums):
            yield said(
                "A03",
                INCOHERENT,
                "{name}: no {n} whole numbers have the mean {printed}; the nearest means are {below:.4f} and {above:.4f}.",
                "Check how many were measured and the mean.",
                keys=("means", k, "mean"),
                name=one.name,
                n=one.n,
                printed=one.mean,
                below=(sums.start - 1) / one.n,
                above=sums.start / one.n,
            )
            continue
        if one.n < 10**mean.decimals:
            yield said(
                "A03",
                COHERENT,
                "{name}: {n} whole numbers that add up to {total} have the mean {printed}.",
                keys=("means", k, "mean"),
                name=one.name,
                n=one.n,
                total=sums.start,
                printed=one.mean,
            )
        if one.sd is None or one.n < 2:
            continue
        # far more totals than a printed mean allows prove nothing: one of them will do
        right = len(sums) > 1000 or any(whole_spread(total, printed(one.sd), one.n) for total in sums)
        yield said(
            "A04",
            COHERENT if right else INCOHERENT,
            "{name}: {n} whole numbers can have the mean {mean} and the standard deviation {sd}."
            if right
            else "{name}: no {n} whole numbers have the mean {mean} and the standard deviation {sd}.",
            "" if right else "Check the standard deviation, its divisor (n - 1), and how many were measured.",
            keys=("means", k, "sd"),
            name=one.name,
            n=one.n,
            mean=one.mean,
            sd=one.sd,
        )


def changes(figures: Figures) -> Iterator[Seen]:
    """A09: the mean of each patient's percentage is not the percentage of the means."""
    for k, one in enumerate(figures.changes):
        before, after, percent = printed(one.before), printed(one.after), printed(one.percent)
        own = 100 * (1 - after.value / before.value)
        low, high = 100 * (1 - after.high / before.low), 100 * (1 - after.low / before.high)
        same = low <= percent.high and percent.low <= high if before.low > 0 else True
        evidence: dict[str, Any] = {
            "name": one.name,
            "own": float(own),
            "printed": one.percent,
            "places": percent.decimals,
        }
        keys = ("changes", k, "percent")
        if same:
            yield said(
                "A09", COHERENT, "{name}: the means changed by {own:.{places}f}%, as printed.", keys=keys, **evidence
            )
        elif one.of == "means":
            yield said(
                "A09",
                INCOHERENT,
                "{name}: the means changed by {own:.{places}f}%; {printed}% is printed as the change of the means.",
                "Compute it again, or say that it is the mean of each patient's percentage.",
                keys=keys,
                **evidence,
            )
        elif one.of == "individuals":
            yield said(
                "A09",
                COHERENT,
                "{name}: {printed}% is the mean of each patient's percentage; the means changed by {own:.{places}f}%.",
                keys=keys,
                **evidence,
            )
        else:
            yield said(
                "A09",
                OPEN,
                "{name}: the means changed by {own:.{places}f}%; the printed {printed}% can only be the mean of each "
                "patient's percentage.",
                "Say which of the two it is.",
                keys=keys,
                warn=True,
                **evidence,
            )
