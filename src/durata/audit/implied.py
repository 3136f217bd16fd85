"""What survival percentages imply: events by group, and hazard ratios with the interval those events allow."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import exp, log, sqrt

from durata.audit.arithmetic import two_sided
from durata.audit.figures import Figures
from durata.audit.printed import printed
from durata.kernels.intervals import normal_quantile

FARTHEST = 600.0  # beyond it exp() has no number


@dataclass(frozen=True)
class Implied:
    """Events by group (allocated in proportion to n times the cumulative hazard unless printed), at a horizon."""

    outcome: str
    at: float
    hazard: dict[str, float]
    events: dict[str, float]


@dataclass(frozen=True)
class Contrast:
    """A hazard ratio implied by survival at a horizon."""

    group: str
    versus: str
    hazard_ratio: float
    low: float
    high: float
    p_value: float


def implied(figures: Figures, outcome: str) -> Implied | None:
    """At the last horizon printed for every group; None where there is none, or survival of 0 or 100 percent."""
    names = [group.name for group in figures.groups]
    rows = [row for row in figures.survival if row.outcome == outcome]
    for at in sorted({row.at for row in rows}, reverse=True):
        percent = {row.group: float(printed(row.percent).value) for row in rows if row.at == at}
        if len(names) < 2 or set(percent) != set(names) or not all(0 < one < 100 for one in percent.values()):
            continue
        hazard = {group: -log(percent[group] / 100) for group in names}
        endpoint = figures.outcomes[outcome]
        share = {group: figures.size(group) * hazard[group] for group in names}
        events = {group: endpoint.events * share[group] / sum(share.values()) for group in names}
        if set(endpoint.by_group) == set(names):
            events = {group: float(endpoint.by_group[group]) for group in names}
        return Implied(outcome, at, hazard, events)
    return None


def contrasts(found: Implied) -> list[Contrast]:
    """Every pair, the later group against the earlier; none where a group has no event."""
    reach = normal_quantile(0.95)
    out = []
    for versus, group in combinations(found.hazard, 2):
        if min(found.events[group], found.events[versus]) <= 0:
            continue
        ratio = found.hazard[group] / found.hazard[versus]
        std_error = sqrt(1 / found.events[group] + 1 / found.events[versus])
        half = min(FARTHEST, reach * std_error)
        limits = ratio * exp(-half), ratio * exp(half)
        out.append(Contrast(group, versus, ratio, *limits, two_sided(log(ratio) / std_error)))
    return out
