"""Names that must lead somewhere in what a paper reports: responses, measurements, claims, printed figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from durata.study.near import listed
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
    """Printed figures: names that are declared, and everything that a figure of its kind must say."""
    for k, figure in listed_tables(declared, "published"):
        keys = ("published", k)
        yield from _about(declared, keys, figure)
        kind = figure.get("kind")
        says = KINDS.get(kind) if isinstance(kind, str) else None
        if says is not None:
            yield from _companions(keys, str(kind), figure, says)
            yield from _of(declared, (*keys, "of"), figure, says)


@dataclass(frozen=True, slots=True)
class _Says:
    """What a printed figure of one kind must say, beside what it may: ``needs``, one of ``or_one_of``, and ``of`` what."""

    needs: tuple[str, ...] = ()
    or_one_of: tuple[str, ...] = ()
    of: str = ""
    takes: tuple[str, ...] = ()


_COMPARISON = _Says(needs=("outcome", "group", "versus"), takes=("versus",))
_COUNTED = _Says(or_one_of=("outcome", "of"), of="event date column or outcome")

KINDS: Mapping[str, _Says] = MappingProxyType(
    {
        "patients": _Says(),
        "events": _COUNTED,
        "median duration": _Says(),
        "mean": _Says(needs=("of",), of="number covariate"),
        "standard deviation": _Says(needs=("of",), of="number covariate"),
        "percent change": _Says(needs=("of",), of="measurement"),
        "responders": _Says(needs=("of",), of="response"),
        "response p": _Says(needs=("of",), of="response", takes=("versus",)),
        "median follow-up": _COUNTED,
        "survival": _Says(needs=("outcome", "group", "at"), takes=("at",)),
        "log-rank p": _COMPARISON,
        "hazard ratio": _COMPARISON,
        "hazard ratio p": _COMPARISON,
    }
)


def _companions(keys: Keys, kind: str, figure: Declaration, says: _Says) -> Iterator[Dangling]:
    """Keys that a figure of this kind lacks, and those that mean nothing beside it."""
    lacking = [key for key in says.needs if figure.get(key) is None]
    wanted = listed(lacking) if lacking else ""
    if says.or_one_of and all(figure.get(key) is None for key in says.or_one_of):
        wanted = " or ".join(map(repr, says.or_one_of))
    if wanted:
        yield Dangling(keys, "a figure of the kind {kind!r} needs {wanted}", {"kind": kind, "wanted": wanted})
    if kind == "response p" and figure.get("versus") is not None and figure.get("group") is None:
        yield Dangling((*keys, "versus"), "'versus' needs 'group': the group that is compared")
    for key, read in (("at", "at" in says.takes), ("versus", "versus" in says.takes), ("of", bool(says.of))):
        if figure.get(key) is not None and not read:
            what = "'{key}' says nothing about a figure of the kind {kind!r}"
            yield Dangling((*keys, key), what, {"key": key, "kind": kind}, "Leave it out.")


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
        yield from named(keys, figure, says.of, list(dict.fromkeys([*table(declared, "outcomes"), *events])))


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
