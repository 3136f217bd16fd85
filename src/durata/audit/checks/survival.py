"""Survival percentages: whether so few patients can have them, what they imply, how wide they are at best."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from math import ceil, exp, floor, log, sqrt
from typing import Any

from durata.audit.arithmetic import reachable, simplest_steps
from durata.audit.figures import Figures
from durata.audit.implied import contrasts, implied
from durata.audit.printed import printed
from durata.audit.seen import COHERENT, INCOHERENT, OPEN, Seen, said
from durata.kernels.intervals import normal_quantile

FARTHEST = 700.0  # beyond it exp() has no number; the limits are 0 and 1 long before
MANY = 400  # beyond so many patients every printed percentage can occur


def reachable_values(figures: Figures) -> Iterator[Seen]:
    """A12: products of (r - 1) / r over numbers at risk r; curves do not rise."""
    for k, row in enumerate(figures.survival):
        n, survival = figures.size(row.group), printed(row.percent)
        about: dict[str, Any] = {
            "outcome": row.outcome,
            "group": row.group,
            "at": row.at,
            "printed": row.percent,
            "n": n,
        }
        keys = ("survival", k, "percent")
        if n > MANY:
            yield said("A12", OPEN, "{outcome}, {group}: {n} patients can have any percentage.", keys=keys, **about)
            continue
        steps = simplest_steps(survival, n)
        if steps is not None and steps.censored == 0:
            yield said(
                "A12",
                COHERENT,
                "{outcome} at {at:g}, {group}: {printed}% is {alive} of {n}: nobody need be censored before.",
                keys=keys,
                **about,
                alive=n - steps.first,
            )
        elif steps is not None:
            yield said(
                "A12",
                COHERENT,
                "{outcome} at {at:g}, {group}: {printed}% is no share of {n}; it needs at least somebody censored before, as "
                "{alive}/{n} x {stay}/{at_risk}.",
                keys=keys,
                **about,
                alive=n - steps.first,
                stay=steps.at_risk - steps.later,
                at_risk=steps.at_risk,
            )
        else:
            possible = reachable(survival, n)
            yield said(
                "A12",
                INCOHERENT if possible is False else COHERENT if possible else OPEN,
                "{outcome} at {at:g}, {group}: no Kaplan-Meier estimate of {n} patients is {printed}%."
                if possible is False
                else "{outcome} at {at:g}, {group}: {printed}% takes several waves of censoring among {n} patients.",
                "Check the percentage and the size of the group." if possible is False else "",
                keys=keys,
                **about,
            )
    yield from _later(figures)


def _later(figures: Figures) -> Iterator[Seen]:
    """A curve from horizon to horizon: it does not rise; the smallest number at risk that makes the later step."""
    for outcome in figures.outcomes:
        for group in figures.groups:
            rows = sorted(
                (row.at, k)
                for k, row in enumerate(figures.survival)
                if row.outcome == outcome and row.group == group.name
            )
            for (start, first), (stop, second) in pairwise(rows):
                before, after = printed(figures.survival[first].percent), printed(figures.survival[second].percent)
                evidence: dict[str, Any] = {"outcome": outcome, "group": group.name, "start": start, "stop": stop}
                keys = ("survival", second, "percent")
                if after.low > before.high:
                    yield said(
                        "A12",
                        INCOHERENT,
                        "{outcome}, {group}: survival rises from {first}% at {start:g} to {second}% at {stop:g}.",
                        "Check the two percentages.",
                        keys=keys,
                        **evidence,
                        first=before.text,
                        second=after.text,
                    )
                    continue
                if before.low <= 0 or after.high >= before.low:
                    continue
                step = _smallest_step(after.low / before.high, after.high / before.low, group.patients)
                if step is not None:
                    at_risk, events = step
                    yield said(
                        "A12",
                        COHERENT,
                        "{outcome}, {group}: between {start:g} and {stop:g} the step can be as little as {events} of {at_risk} "
                        "at risk.",
                        "Print the numbers at risk at every horizon.",
                        keys=keys,
                        warn=at_risk <= 10,
                        **evidence,
                        events=events,
                        at_risk=at_risk,
                    )


def _smallest_step(low: Fraction, high: Fraction, n: int) -> tuple[int, int] | None:
    """The smallest number at risk, with the events that bring survival down by a factor between low and high."""
    for at_risk in range(1, n + 1):
        events = ceil(at_risk * (1 - high))
        if 1 <= events <= floor(at_risk * (1 - low)):
            return at_risk, events
    return None


def events_implied(figures: Figures) -> Iterator[Seen]:
    """A13: each percentage bounds its group's events; together they cannot exceed the printed total.

    With n patients at most n (1 - S) had the event by then. With m at risk just then, at least m (1 - S) had it: that
    many if all events came at that very time, more if earlier.
    """
    for name, outcome in figures.outcomes.items():
        least, found = 0, False
        for group in figures.groups:
            rows = [row for row in figures.survival if row.outcome == name and row.group == group.name]
            bounds = [_least(printed(row.percent).high / 100, row.at_risk) for row in rows]
            if not bounds:
                continue
            found = True
            least += max(bounds)
            own = outcome.by_group.get(group.name)
            if own is not None and own < max(bounds):
                yield said(
                    "A13",
                    INCOHERENT,
                    "{outcome}, {group}: its survival takes at least {least} events; {events} are printed.",
                    "Check events and survival of the group.",
                    keys=("outcomes", name, "by_group", group.name),
                    outcome=name,
                    group=group.name,
                    least=max(bounds),
                    events=own,
                )
        if not found:
            continue
        right = least <= outcome.events
        yield said(
            "A13",
            COHERENT if right else INCOHERENT,
            "{outcome}: the survival percentages take at least {least} events; {events} are printed.",
            "" if right else "Check the events, the percentages and the numbers at risk.",
            keys=("outcomes", name, "events"),
            outcome=name,
            least=least,
            events=outcome.events,
        )
    yield from _ratios(figures)


def _least(survival: Fraction, at_risk: int | None) -> int:
    return max(1 if survival < 1 else 0, ceil((at_risk or 0) * (1 - survival)))


def _ratios(figures: Figures) -> Iterator[Seen]:
    """Events allocated by cumulative hazard, and the hazard ratio of each pair."""
    for name in figures.outcomes:
        found = implied(figures, name)
        if found is None:
            continue
        for group, events in found.events.items():
            yield said(
                "A13",
                COHERENT,
                "{outcome}, {group}: about {events:.1f} events, shared out by survival at {at:g}.",
                keys=("outcomes", name),
                outcome=name,
                group=group,
                events=events,
                at=found.at,
            )
        for one in contrasts(found):
            yield said(
                "A13",
                COHERENT,
                "{outcome}, {group} against {versus}: survival at {at:g} implies a hazard ratio of {ratio:.3f} (95% CI "
                "{low:.2f} to {high:.2f}, P={p:.3f}).",
                keys=("outcomes", name),
                warn=one.low < 0.5 and one.high > 2,
                outcome=name,
                group=one.group,
                versus=one.versus,
                at=found.at,
                ratio=one.hazard_ratio,
                low=one.low,
                high=one.high,
                p=one.p_value,
            )


def best_limits(figures: Figures) -> Iterator[Seen]:
    """A14: the log-log limits if nobody had been censored; the true ones are wider."""
    reach = normal_quantile(0.95)
    for k, row in enumerate(figures.survival):
        survival, n = float(printed(row.percent).value) / 100, figures.size(row.group)
        if not 0 < survival < 1:
            continue
        half = min(FARTHEST, reach * sqrt((1 - survival) / (n * survival)) / -log(survival))
        yield said(
            "A14",
            COHERENT,
            "{outcome} at {at:g}, {group}: {printed}%, 95% CI {low:.2f} to {high:.2f} at best (nobody censored).",
            keys=("survival", k),
            outcome=row.outcome,
            group=row.group,
            at=row.at,
            printed=row.percent,
            low=survival ** exp(half),
            high=survival ** exp(-half),
        )
