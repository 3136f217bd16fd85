"""Quartiles of the duration against the groups made of it, and durations that no group or two groups hold."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import ceil, floor
from typing import Any

from durata.audit.figures import Exposure, Figures
from durata.audit.printed import printed
from durata.audit.seen import COHERENT, INCOHERENT, OPEN, Seen, said
from durata.language.speaking import speak


def quartiles(figures: Figures) -> Iterator[Seen]:
    """A07: so many patients lie below a boundary that a quantile must lie on its side."""
    if figures.exposure is None or sum(group.patients for group in figures.groups) != figures.study.patients:
        return
    n, below = figures.study.patients, 0
    for group in figures.groups[:-1]:
        below += group.patients
        if group.up_to is None:
            continue
        for key, share in (("q1", 0.25), ("median", 0.5), ("q3", 0.75)):
            yield from _against(figures.exposure, key, share, below, n, group.up_to)


def _against(exposure: Exposure, key: str, share: float, below: int, n: int, bound: float) -> Iterator[Seen]:
    """One quantile against one boundary; first and last are the people it lies between by any common definition."""
    text = getattr(exposure, key)
    if text is None:
        return
    quantile = printed(text)
    first = max(1, floor(n * share - 0.5))
    last = min(n, ceil(max(n * share + 0.5, (n - 1) * share + 1, (n + 1) * share)))
    wrong = (quantile.low > bound and below >= last) or (quantile.high <= bound and below < first)
    yield said(
        "A07",
        INCOHERENT if wrong else COHERENT,
        "{below} of {n} patients ({percent:.1f}%) have at most {bound:g}; {quantile} {printed} cannot be."
        if wrong
        else "{below} of {n} patients ({percent:.1f}%) have at most {bound:g}; {quantile} {printed} can be.",
        "Check the quantiles, the groups' sizes and their boundaries." if wrong else "",
        keys=("exposure", key),
        below=below,
        n=n,
        percent=100 * below / n,
        bound=bound,
        quantile={"q1": "Q1", "median": speak("median"), "q3": "Q3"}[key],
        printed=text,
    )


def boundaries(figures: Figures) -> Iterator[Seen]:
    """A08: every duration belongs to one group."""
    whole = figures.exposure is not None and figures.exposure.whole
    for k, (shorter, longer) in enumerate(pairwise(figures.groups)):
        end = shorter.up_to if shorter.up_to is not None else shorter.below
        begin = longer.from_ if longer.from_ is not None else longer.above
        evidence: dict[str, Any] = {"shorter": shorter.name, "longer": longer.name, "end": end, "begin": begin}
        keys = ("groups", k + 1)
        if end is None or begin is None:
            yield said("A08", OPEN, "Where {shorter} ends and {longer} begins is not stated.", keys=keys, **evidence)
            continue
        both = shorter.up_to is not None and longer.from_ is not None
        neither = shorter.below is not None and longer.above is not None
        if begin < end or (begin == end and both):
            yield said(
                "A08",
                INCOHERENT,
                "{shorter} goes to {end:g} and {longer} begins at {begin:g}: some durations belong to both.",
                "State one boundary and to which side it belongs.",
                keys=keys,
                **evidence,
            )
        elif begin == end and not neither:
            yield said("A08", COHERENT, "{longer} begins where {shorter} ends, at {end:g}.", keys=keys, **evidence)
        elif whole and both and begin == end + 1:
            yield said(
                "A08",
                COHERENT,
                "{shorter} goes to {end:g} and {longer} begins at {begin:g}; durations are whole numbers.",
                keys=keys,
                **evidence,
            )
        else:
            yield said(
                "A08",
                OPEN,
                "{shorter} goes to {end:g} and {longer} begins at {begin:g}: durations between belong to no group, or were "
                "rounded into one.",
                "State the boundary without a gap, and how durations were rounded.",
                keys=keys,
                warn=True,
                **evidence,
            )
