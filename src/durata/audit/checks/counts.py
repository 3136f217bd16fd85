"""Percentages against counts, and the sum of the groups and of their events."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from durata.audit.figures import Figures
from durata.audit.printed import printed
from durata.audit.seen import COHERENT, INCOHERENT, OPEN, Seen, said


def percentages(figures: Figures) -> Iterator[Seen]:
    """A01: every printed percentage is its count divided by its group, rounded."""
    for k, response in enumerate(figures.responses):
        for group, text in response.percent.items():
            count, n = response.events[group], response.of.get(group, figures.size(group))
            exact, number = Fraction(100 * count, n), printed(text)
            right = number.may_be(exact)
            yield said(
                "A01",
                COHERENT if right else INCOHERENT,
                "{name}, {group}: {count} of {n} is {own:.{places}f}%, as printed."
                if right
                else "{name}, {group}: {count} of {n} is {own:.{places}f}%; {printed}% is printed.",
                "" if right else "Count again: either a number of patients or the percentage is wrong.",
                keys=("responses", k, "percent", group),
                name=response.name,
                group=group,
                count=count,
                n=n,
                own=float(exact),
                places=number.decimals,
                printed=text,
            )
        names = [one.name for one in figures.groups]
        if len(names) > 1 and set(names) == set(response.events):
            total = sum(response.events.values())
            n = sum(response.of.get(group, figures.size(group)) for group in names)
            yield said(
                "A01",
                COHERENT,
                "{name}: {count} of {n} patients in all ({own:.1f}%).",
                keys=("responses", k),
                name=response.name,
                count=total,
                n=n,
                own=100 * total / n,
            )


def totals(figures: Figures) -> Iterator[Seen]:
    """A02: groups add up to the patients, a group is not exceeded, events by group add up to the events."""
    if figures.groups:
        total = sum(group.patients for group in figures.groups)
        right = total == figures.study.patients
        yield said(
            "A02",
            COHERENT if right else INCOHERENT,
            "The groups add up to {total} patients, as printed."
            if right
            else "The groups add up to {total} patients; {printed} are printed.",
            "" if right else "Say who is in no group, or in two.",
            keys=("groups",),
            total=total,
            printed=figures.study.patients,
        )
    for k, response in enumerate(figures.responses):
        for group, n in response.of.items():
            if n > figures.size(group):
                yield said(
                    "A02",
                    INCOHERENT,
                    "{name}, {group}: {n} patients were judged; the group has {size}.",
                    "Count the group again.",
                    keys=("responses", k, "of", group),
                    name=response.name,
                    group=group,
                    n=n,
                    size=figures.size(group),
                )
    for name, outcome in figures.outcomes.items():
        if outcome.events > figures.study.patients:
            yield said(
                "A02",
                INCOHERENT,
                "{name}: {events} patients with the event among {n} patients.",
                "Count first events only, one a patient.",
                keys=("outcomes", name, "events"),
                name=name,
                events=outcome.events,
                n=figures.study.patients,
            )
        yield from _by_group(figures, name)


def _by_group(figures: Figures, name: str) -> Iterator[Seen]:
    outcome = figures.outcomes[name]
    if not outcome.by_group:
        return
    total = sum(outcome.by_group.values())
    every = set(outcome.by_group) == {group.name for group in figures.groups}
    whole = every and sum(group.patients for group in figures.groups) == figures.study.patients
    wrong = total > outcome.events or (whole and total != outcome.events)
    over = [group for group, events in outcome.by_group.items() if events > figures.size(group)]
    yield said(
        "A02",
        INCOHERENT if wrong or over else COHERENT if whole else OPEN,
        "{name}: the groups' events add up to {total}, of {events} in all.",
        "Count the events by group again." if wrong or over else "",
        keys=("outcomes", name, "by_group"),
        name=name,
        total=total,
        events=outcome.events,
    )
