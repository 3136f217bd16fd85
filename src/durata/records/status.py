"""What a status column says about each outcome: codes that count, codes nobody declared, codes that hide an event."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from durata.category import Category
from durata.finding import Finding, Severity, Where
from durata.language.speaking import speak
from durata.records.cells import Defect, label
from durata.study.near import listed, shortened
from durata.study.types import Outcome, Study

MOST_NAMED = 10


def undeclared_codes(status: Category, outcome: Outcome) -> dict[int, Defect]:
    """Defects by position: values that are not declared, or that differ from an event code only in capitals."""
    events = {label(str(code)) for code in outcome.event_codes or ()}
    declared = events | {label(str(code)) for code in (*(outcome.censor_codes or ()), *(outcome.competing_codes or ()))}
    refused: dict[int, Defect] = {}
    for k, level in enumerate(status.levels):
        text = label(level)
        if text in declared:
            continue
        if outcome.censor_codes is not None:
            remedy = "Correct the cell, or add the code to event_codes or censor_codes."
            what = "{text} is neither an event code nor a censor code ({codes})."
            refused[k] = Defect("D08", what, remedy, {"codes": listed(sorted(declared))})
        elif text.casefold() in {event.casefold() for event in events}:
            remedy = "Write it one way, or map it under [data.values]."
            what = "{text} differs from an event code only in capitals; it would count as no event."
            refused[k] = Defect("D08", what, remedy)
    return {int(k): refused[int(status.codes[k])] for k in np.flatnonzero(np.isin(status.codes, list(refused)))}


def doubtful_status(study: Study, name: str, outcome: Outcome, status: Category, where: Where) -> Iterator[Finding]:
    """Warnings about a status column: nobody has the event, several undeclared codes are censored, some cells are empty."""
    events = {label(str(code)) for code in outcome.event_codes or ()}
    counts = np.bincount(status.codes[status.codes >= 0], minlength=len(status.levels))
    seen = {level: int(count) for level, count in zip(status.levels, counts, strict=True) if count}
    competing = {label(str(code)) for code in outcome.competing_codes or ()}
    others = [level for level in seen if label(level) not in events | competing]
    title = outcome.label or name
    if seen and not any(label(level) in events for level in seen):
        yield Finding(
            "D10",
            Severity.WARNING,
            "{outcome}: no patient has an event code ({codes}); the column holds {values}. Nothing can be estimated.",
            {
                "outcome": title,
                "codes": listed(str(code) for code in outcome.event_codes or ()),
                "values": _counted(seen),
            },
            "Check the codes: some files write 1/2, some 0/1, and some 0 for the event.",
            study.place(f"outcomes.{name}.event_codes") or where,
        )
    elif outcome.censor_codes is None and len(others) > 1:
        yield Finding(
            "D10",
            Severity.WARNING,
            "{outcome}: {n} different codes count as no event ({values}).",
            {"outcome": title, "n": len(others), "values": _counted({level: seen[level] for level in others})},
            "Say which of them mean no event under censor_codes; a death from another cause is no censoring.",
            study.place(f"outcomes.{name}.status") or where,
        )
    empty = np.flatnonzero(status.missing)
    if len(empty):
        yield Finding(
            "D10",
            Severity.WARNING,
            "{outcome}: {n} patient(s) without a status; they have no follow-up for this outcome.",
            {"outcome": title, "n": len(empty)},
            "Fill in the status, or say under [data] missing which text means unknown.",
            where,
            people=tuple(int(k) for k in empty),
        )


def _counted(counts: dict[str, int]) -> str:
    """Values with how often they occur; a column with many values is described, not printed."""
    if len(counts) > MOST_NAMED:
        return speak("{n} different values", n=len(counts))
    return ", ".join(
        speak("{level!r} ({count:,} times)", level=shortened(level), count=count) for level, count in counts.items()
    )
