"""Names that must lead somewhere in what a paper reports: responses, measurements, claims, printed figures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from durata.study.near import shortened
from durata.study.nowhere import (
    Dangling,
    Declaration,
    Keys,
    group_names,
    kind_of,
    labels,
    listed_tables,
    named,
    nowhere,
    table,
    tables,
    texts,
    unknown_level,
)

NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
BOUND = re.compile(r"[<>] ?[0-9]+(?:\.[0-9]+)?")
EXAMPLES = {1: "'75.5'", 2: "'25/50'", 3: "'9 (6, 12)' or '0.275 (0.089-0.851)'"}


def responses(declared: Declaration) -> Iterator[Dangling]:
    """Responses: a category, and levels that it has."""
    covariates = table(declared, "covariates")
    for name, response in tables(declared, "responses"):
        keys = ("responses", name, "covariate")
        yield from _covariate(keys, response, covariates, "category", "a response is some levels of a category")
        covariate = response.get("covariate")
        if isinstance(covariate, str) and covariate in covariates:
            for k, level in labels(response, "success"):
                yield from unknown_level(("responses", name, "success", k), level, covariates[covariate])


def measurements(declared: Declaration) -> Iterator[Dangling]:
    """Measurements: two numbers."""
    covariates = table(declared, "covariates")
    for name, measurement in tables(declared, "measurements"):
        for key in ("before", "after"):
            keys = ("measurements", name, key)
            yield from _covariate(keys, measurement, covariates, "number", "a measurement is a number")


def claims(declared: Declaration) -> Iterator[Dangling]:
    """Claims: an outcome, groups and a subgroup that are declared."""
    for name, claim in tables(declared, "claims"):
        yield from _about(declared, ("claims", name), claim)


def printed_figures(declared: Declaration) -> Iterator[Dangling]:
    """Printed figures: names that are declared, everything that a figure of its kind must say, and nothing else."""
    for k, figure in listed_tables(table(declared, "published"), "figures"):
        keys = ("published", "figures", k)
        yield from _about(declared, keys, figure)
        kind = figure.get("kind")
        says = KINDS.get(kind) if isinstance(kind, str) else None
        if says is not None:
            yield from _companions(keys, str(kind), figure, says)
            yield from _of(declared, (*keys, "of"), figure, says)
            yield from _printed((*keys, "printed"), str(kind), figure, says)


@dataclass(frozen=True, slots=True)
class _Says:
    """What a printed figure of one kind says: the keys it ``needs`` and those it ``may`` have, ``of`` what it is, and
    how many ``numbers`` are printed.
    """

    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    of: str = ""
    numbers: int = 1


# Keys that not every figure takes; 'outcome' always may be said, since it tells whose patients are counted.
ABOUT = ("group", "versus", "at", "of", "subgroup")
_MEAN = _Says(needs=("of",), of="number covariate")
_COMPARISON = ("outcome", "group", "versus")

KINDS: Mapping[str, _Says] = MappingProxyType(
    {
        "patients": _Says(may=("group",)),
        "events": _Says(may=("of",), of="event date column"),
        "median duration": _Says(numbers=3),
        "mean": _MEAN,
        "standard deviation": _MEAN,
        "percent change": _Says(needs=("of",), may=("group",), of="measurement"),
        "responders": _Says(needs=("of",), may=("group",), of="response", numbers=2),
        "response p": _Says(needs=("of",), of="response"),
        "median follow-up": _Says(needs=("outcome",)),
        "survival": _Says(needs=("outcome", "group", "at")),
        "survival interval": _Says(needs=("outcome", "group", "at"), numbers=2),
        "at risk": _Says(needs=("outcome", "group", "at")),
        "log-rank p": _Says(needs=_COMPARISON, may=("subgroup",)),
        "hazard ratio": _Says(needs=_COMPARISON, numbers=3),
        "hazard ratio p": _Says(needs=_COMPARISON),
    }
)


def _companions(keys: Keys, kind: str, figure: Declaration, says: _Says) -> Iterator[Dangling]:
    """Keys that a figure of this kind lacks, and those that would be passed over."""
    wanted = [key for key in says.needs if figure.get(key) is None]
    if kind == "events" and figure.get("outcome") is None and figure.get("of") is None:
        wanted = ["outcome", "of"]
    if wanted:
        needed = (" or " if kind == "events" else " and ").join(map(repr, wanted))
        yield Dangling(keys, "a figure of the kind {kind!r} needs {needed}", {"kind": kind, "needed": needed})
    for key in ABOUT:
        if figure.get(key) is not None and key not in (*says.needs, *says.may):
            what = "'{key}' says nothing about a figure of the kind {kind!r}"
            yield Dangling((*keys, key), what, {"key": key, "kind": kind}, "Leave it out.", of_key=True)


def _of(declared: Declaration, keys: Keys, figure: Declaration, says: _Says) -> Iterator[Dangling]:
    """Whether what a figure is ``of`` is declared, and is of the sort that its kind asks for."""
    if says.of == "number covariate":
        yield from _covariate(
            keys, figure, table(declared, "covariates"), "number", f"a {figure['kind']} is of numbers"
        )
    elif says.of in {"measurement", "response"}:
        yield from named(keys, figure, says.of, table(declared, f"{says.of}s"))
    elif says.of:
        events = [column for _, outcome in tables(declared, "outcomes") for _, column in texts(outcome, "event")]
        yield from named(keys, figure, says.of, list(dict.fromkeys(events)))


def _printed(keys: Keys, kind: str, figure: Declaration, says: _Says) -> Iterator[Dangling]:
    """Whether what is printed has the numbers of its kind, so that this study's can be set beside them."""
    printed = figure.get("printed")
    if not isinstance(printed, str) or not printed:
        return
    if printed[0] in "<>" and says.numbers == 1:
        if not BOUND.fullmatch(printed):
            what = "{printed!r} is no bound; one is written '<0.05' or '>0.05'"
            yield Dangling(keys, what, {"printed": shortened(printed)})
        return
    count = len(NUMBER.findall(printed))
    if count != says.numbers:
        what = "a figure of the kind {kind!r} prints {wanted} number(s), and {printed!r} has {count}"
        evidence = {"kind": kind, "wanted": says.numbers, "printed": shortened(printed), "count": count}
        yield Dangling(keys, what, evidence, f"Write it as {EXAMPLES[says.numbers]}.")


def _about(declared: Declaration, keys: Keys, said: Declaration) -> Iterator[Dangling]:
    """The outcome, the two groups and the subgroup that a claim or a figure is about."""
    groups = group_names(declared)
    yield from named((*keys, "outcome"), said, "outcome", table(declared, "outcomes"))
    if groups:
        yield from named((*keys, "group"), said, "group", groups)
        yield from named((*keys, "versus"), said, "group", groups)
    yield from named((*keys, "subgroup"), said, "subgroup", table(declared, "subgroups"))
    if keys[0] == "published" and said.get("group") is not None and said.get("versus") == said.get("group"):
        yield Dangling((*keys, "versus"), "'group' and 'versus' name the same group")


def _covariate(keys: Keys, said: Declaration, covariates: Mapping[str, Any], kind: str, why: str) -> Iterator[Dangling]:
    """The covariate that ``said`` names under the last of ``keys``: declared, and of this kind."""
    name = said.get(str(keys[-1]))
    if not isinstance(name, str):
        return
    if name not in covariates:
        yield nowhere(keys, "covariate", name, covariates)
    elif kind_of(covariates[name]) != kind:
        held = kind_of(covariates[name])
        yield Dangling(keys, "{name!r} is a {held}; {why}", {"name": name, "held": held, "why": why})
