"""Horizons against follow-up, follow-up against the calendar, and from when survival is counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from durata.audit.figures import Figures
from durata.audit.printed import printed
from durata.audit.seen import COHERENT, INCOHERENT, OPEN, Seen, said
from durata.language.speaking import speak
from durata.study.declared import DAYS_IN

MONTH = 30.4375


def horizons(figures: Figures) -> Iterator[Seen]:
    """A17: beyond the median follow-up at most half of all patients can be at risk.

    The share at risk just before t is S(t-) G(t-), and G, the curve of follow-up, is at most one half from its median
    on. A median among survivors only bounds nothing.
    """
    if figures.study.median_follow_up is None:
        if figures.survival:
            yield said(
                "A17", OPEN, "Median follow-up is not stated.", "State it by reverse Kaplan-Meier.", keys=("study",)
            )
        return
    median = printed(figures.study.median_follow_up)
    n, names = figures.study.patients, {group.name for group in figures.groups}
    for name in figures.outcomes:
        rows = [row for row in figures.survival if row.outcome == name]
        for at in sorted({row.at for row in rows}):
            there = {row.group: row.at_risk for row in rows if row.at == at}
            known = [number for number in there.values() if number is not None]
            evidence: dict[str, Any] = {"outcome": name, "at": at, "median": median.text, "n": n}
            index = next(k for k, row in enumerate(figures.survival) if row.outcome == name and row.at == at)
            keys = ("survival", index, "at")
            if at <= median.high:
                yield said(
                    "A17",
                    COHERENT,
                    "{outcome}: {at:g} lies within the median follow-up of {median}.",
                    keys=keys,
                    **evidence,
                )
            elif set(there) == names and len(known) == len(there) and 2 * sum(known) > n:
                sure = figures.study.follow_up in {"reverse Kaplan-Meier", "observed"}
                yield said(
                    "A17",
                    INCOHERENT if sure else OPEN,
                    "{outcome}: {known} of {n} patients are at risk at {at:g}; with a median follow-up of {median} at most half "
                    "can be.",
                    "Check numbers at risk and median, and say how follow-up was computed.",
                    keys=keys,
                    warn=True,
                    **evidence,
                    known=sum(known),
                )
            else:
                yield said(
                    "A17",
                    COHERENT,
                    "{outcome}: survival at {at:g} is printed, beyond the median follow-up of {median}: at most half of the {n} "
                    "patients are at risk there, unless that median is of survivors only.",
                    "Print the numbers at risk, or a horizon within the follow-up.",
                    keys=keys,
                    warn=True,
                    **evidence,
                )
    yield from _numbers(figures)


def _numbers(figures: Figures) -> Iterator[Seen]:
    for k, row in enumerate(figures.survival):
        if row.at_risk is None:
            continue
        size = figures.size(row.group)
        earlier = [
            one.at_risk
            for one in figures.survival
            if one.outcome == row.outcome and one.group == row.group and one.at < row.at and one.at_risk is not None
        ]
        if row.at_risk > min([size, *earlier]):
            yield said(
                "A17",
                INCOHERENT,
                "{outcome} at {at:g}, {group}: {number} at risk; there were {before} before.",
                "Check the numbers at risk.",
                keys=("survival", k, "at_risk"),
                outcome=row.outcome,
                at=row.at,
                group=row.group,
                number=row.at_risk,
                before=min([size, *earlier]),
            )
        elif row.at_risk < 10:
            yield said(
                "A17",
                COHERENT,
                "{outcome} at {at:g}, {group}: only {number} at risk.",
                "Do not print survival where fewer than ten are at risk.",
                keys=("survival", k, "at_risk"),
                warn=True,
                outcome=row.outcome,
                at=row.at,
                group=row.group,
                number=row.at_risk,
            )


def calendar(figures: Figures) -> Iterator[Seen]:
    """A18: nobody was followed longer than from the first patient to the day of submission."""
    study = figures.study
    days = DAYS_IN.get(study.time_unit, MONTH)
    if study.submitted is None or (study.accrual_from is None and study.accrual_to is None):
        yield said(
            "A18", OPEN, "Accrual or submission is not stated: follow-up cannot be held against it.", keys=("study",)
        )
        return
    if study.accrual_from is not None and study.median_follow_up is not None:
        longest = (study.submitted - study.accrual_from).days / days
        # a day, or a unit counted a little shorter, is no contradiction
        right = float(printed(study.median_follow_up).low) <= longest * 1.02
        yield said(
            "A18",
            COHERENT if right else INCOHERENT,
            "The first patients can have been followed for {longest:.1f} {unit}; the median is {median}.",
            "" if right else "Check dates and follow-up.",
            keys=("study", "median_follow_up"),
            longest=longest,
            unit=speak(study.time_unit),
            median=study.median_follow_up,
        )
    if study.accrual_to is not None:
        shortest = (study.submitted - study.accrual_to).days / days
        yield said(
            "A18",
            COHERENT if shortest >= 0 else INCOHERENT,
            "The last patients can have been followed for {shortest:.1f} {unit} at most."
            if shortest >= 0
            else "The last patients came after the paper was submitted.",
            "Say how many were followed less than half a year." if shortest >= 0 else "Check the dates.",
            keys=("study", "accrual_to"),
            warn=shortest * days < 183,
            shortest=shortest,
            unit=speak(study.time_unit),
        )


def time_origin(figures: Figures) -> Iterator[Seen]:
    """A19: where survival is counted from decides which bias the groups carry."""
    if not figures.survival and not figures.tests and not figures.hazard_ratios:
        return
    if figures.study.time_origin is None:
        yield said(
            "A19",
            OPEN,
            "From when survival is counted is not stated. From the start of treatment, long treatment guarantees time alive; "
            "from its end, those who never got there are missing.",
            "State the time origin, and use a design that faces its bias (durata check, rules T01, T02 and S01).",
            keys=("study",),
            warn=True,
        )
    else:
        yield said(
            "A19",
            COHERENT,
            "Survival is counted from: {origin}.",
            keys=("study", "time_origin"),
            origin=figures.study.time_origin,
        )
