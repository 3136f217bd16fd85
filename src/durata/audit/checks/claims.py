"""The conclusion against the results, and subgroups of what was known later only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from durata.audit.figures import ClaimFigure, Figures
from durata.audit.implied import contrasts, implied
from durata.audit.printed import printed_p
from durata.audit.seen import COHERENT, INCOHERENT, OPEN, Seen, said


def claims(figures: Figures) -> Iterator[Seen]:
    """A20: each declared claim is held against the p-values printed for it."""
    for k, claim in enumerate(figures.claims):
        if claim.says == "best":
            yield from _best(figures, k, claim)
        elif claim.says == "no different":
            yield from _no_different(figures, k, claim)
        else:
            yield from _better(figures, k, claim)


def _results(figures: Figures, outcome: str, group: str, versus: str, *, adjusted: bool) -> list[bool | None]:
    """What the p-values of everybody say of a pair: below 0.05, not below, or not told."""
    pair = {group, versus}
    rows = [
        one.p for one in figures.tests if _is(one, outcome, pair) and one.adjusted == adjusted and one.subgroup is None
    ]
    rows += [one.p for one in figures.hazard_ratios if _is(one, outcome, pair) and one.adjusted == adjusted and one.p]
    return [printed_p(p).significant for p in rows]


def _is(one: object, outcome: str, pair: set[str]) -> bool:
    return getattr(one, "outcome", "") == outcome and {getattr(one, "group", ""), getattr(one, "versus", "")} == pair


def _better(figures: Figures, k: int, claim: ClaimFigure) -> Iterator[Seen]:
    versus = str(claim.versus)
    plain = _results(figures, claim.outcome, claim.group, versus, adjusted=False)
    adjusted = _results(figures, claim.outcome, claim.group, versus, adjusted=True)
    evidence: dict[str, Any] = {"outcome": claim.outcome, "group": claim.group, "versus": versus}
    keys = ("claims", k)
    if False in adjusted:
        yield said(
            "A20",
            INCOHERENT,
            "{outcome}: {group} is concluded to be better than {versus}; after adjustment the difference is not significant.",
            "Conclude what the adjusted analysis shows.",
            keys=keys,
            **evidence,
        )
    elif True in adjusted:
        yield said(
            "A20",
            COHERENT,
            "{outcome}: {group} better than {versus} has an adjusted P below 0.05.",
            keys=keys,
            **evidence,
        )
    elif False in plain:
        yield said(
            "A20",
            INCOHERENT,
            "{outcome}: {group} is concluded to be better than {versus}; the difference is not significant.",
            "Conclude what the analysis shows.",
            keys=keys,
            **evidence,
        )
    else:
        yield said(
            "A20",
            OPEN,
            "{outcome}: {group} is concluded to be better than {versus} without an adjusted result.",
            "Print the adjusted comparison.",
            keys=keys,
            warn=True,
            **evidence,
        )


def _no_different(figures: Figures, k: int, claim: ClaimFigure) -> Iterator[Seen]:
    versus = str(claim.versus)
    found = [
        one
        for adjusted in (False, True)
        for one in _results(figures, claim.outcome, claim.group, versus, adjusted=adjusted)
    ]
    evidence: dict[str, Any] = {"outcome": claim.outcome, "group": claim.group, "versus": versus}
    keys = ("claims", k)
    if True in found:
        yield said(
            "A20",
            INCOHERENT,
            "{outcome}: {group} is concluded not to differ from {versus}; a P below 0.05 is printed.",
            "Conclude what the analysis shows.",
            keys=keys,
            **evidence,
        )
        return
    shared = implied(figures, claim.outcome)
    pair = {claim.group, versus}
    interval = next((one for one in contrasts(shared) if {one.group, one.versus} == pair), None) if shared else None
    if interval is None:
        yield said(
            "A20",
            OPEN,
            "{outcome}: {group} is concluded not to differ from {versus}; without an interval nothing shows that.",
            "Print the interval of the hazard ratio, and the difference that would matter.",
            keys=keys,
            warn=True,
            **evidence,
        )
        return
    yield said(
        "A20",
        OPEN,
        "{outcome}: {group} is concluded not to differ from {versus}; the figures leave hazard ratios ({first} against {second}) "
        "from {low:.2f} to {high:.2f} open.",
        "Print the interval of the hazard ratio, and the difference that would matter.",
        keys=keys,
        warn=True,
        **evidence,
        first=interval.group,
        second=interval.versus,
        low=interval.low,
        high=interval.high,
    )


def _best(figures: Figures, k: int, claim: ClaimFigure) -> Iterator[Seen]:
    against: list[str] = []
    shown: list[str] = []
    for group in figures.groups:
        if group.name == claim.group:
            continue
        adjusted = _results(figures, claim.outcome, claim.group, group.name, adjusted=True)
        found = adjusted or _results(figures, claim.outcome, claim.group, group.name, adjusted=False)
        if False in found:
            against.append(group.name)
        elif True in found:
            shown.append(group.name)
    every = len(shown) == len(figures.groups) - 1
    yield said(
        "A20",
        INCOHERENT if against else COHERENT if every else OPEN,
        "{outcome}: {group} is concluded to be best; it does not differ significantly from {others}."
        if against
        else "{outcome}: {group} is concluded to be best; it is compared with {n} of {of} other groups.",
        ""
        if every
        else "A difference from one group and none from another does not make a best group: test the claim itself.",
        keys=("claims", k),
        warn=not every,
        outcome=claim.outcome,
        group=claim.group,
        others=", ".join(against),
        n=len(shown),
        of=max(0, len(figures.groups) - 1),
    )


def later_subgroups(figures: Figures) -> Iterator[Seen]:
    """A21: a subgroup of what was known later conditions on the future."""
    for k, one in enumerate(figures.subgroups):
        later = one.known == "later"
        yield said(
            "A21",
            OPEN if later else COHERENT,
            "Subgroup {name}: known after the treatment began only; belonging to it can be a consequence of the treatment."
            if later
            else "Subgroup {name}: known at baseline.",
            "Leave it out, or start its clock when it is known (landmark)." if later else "",
            keys=("subgroups", k),
            warn=later,
            name=one.name,
        )
