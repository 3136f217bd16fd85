"""A name in a study file that leads nowhere, and how a declaration that may be wrong elsewhere too is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from durata.language.speaking import speak
from durata.study.near import advice, listed
from durata.study.rule_sets import RULES, NamedRules

Declaration = Mapping[str, Any]
Keys = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Dangling:
    """A name that leads nowhere: the keys at which it stands, what is wrong, and what to do.

    ``of_key`` says that the key itself is the name, not its value.
    """

    keys: Keys
    what: str
    evidence: Mapping[str, object] = field(default_factory=dict)
    remedy: str = ""
    of_key: bool = False

    @property
    def message(self) -> str:
        """What is wrong, with its names filled in."""
        return speak(self.what, **self.evidence)


def nowhere(
    keys: Keys, kind: str, name: str, known: Mapping[str, Any] | Sequence[str], *, of_key: bool = False
) -> Dangling:
    """There is no such name among the known ones; the nearest is offered."""
    return Dangling(
        keys,
        "there is no {kind} {name!r}",
        {
            "kind": speak(kind),
            "name": name,
            "near": advice(name, known, speak("Declared: {names}.", names=listed(known))),
        },
        "{near}",
        of_key,
    )


def named(keys: Keys, table: Declaration, kind: str, known: Mapping[str, Any] | Sequence[str]) -> Iterator[Dangling]:
    """The name that ``table`` holds under the last key of ``keys``, if it is a text and among no known ones."""
    name = table.get(str(keys[-1]))
    if isinstance(name, str) and name not in known:
        yield nowhere(keys, kind, name, known)


def unknown_level(keys: Keys, level: str | int, covariate: object) -> Iterator[Dangling]:
    """The level, if the category says which levels it has and this is none of them."""
    levels = levels_of(covariate)
    if levels and kind_of(covariate) == "category" and str(level) not in levels:
        yield nowhere(keys, "level", str(level), levels)


def rules_of(covariate: object) -> NamedRules | None:
    """The rule set that derives a covariate; None for one that is read, or that names no rule set there is."""
    name = covariate.get("rule_set") if isinstance(covariate, Mapping) else None
    return RULES.get(name) if isinstance(name, str) else None


def is_derived(covariate: object) -> bool:
    """Whether a covariate is derived by a rule set, and not read."""
    return isinstance(covariate, Mapping) and covariate.get("rule_set") is not None


def levels_of(covariate: object) -> list[str]:
    """The levels a covariate is known to have: those of its rule set or those declared; empty when any text is one."""
    rules = rules_of(covariate)
    if rules is not None:
        return list(rules.levels)
    return [str(known) for _, known in labels(covariate, "levels")] if isinstance(covariate, Mapping) else []


def kind_of(covariate: object) -> str:
    """What a covariate holds: number, category or date."""
    if is_derived(covariate):
        return "category"
    kind = covariate.get("type", "number") if isinstance(covariate, Mapping) else "number"
    return kind if isinstance(kind, str) else "number"


def table(declared: Declaration, key: str) -> Declaration:
    """The table under a key; an empty one if there is none."""
    inner = declared.get(key)
    return inner if isinstance(inner, Mapping) else {}


def tables(declared: Declaration, key: str) -> Iterator[tuple[str, Declaration]]:
    """Name and table of every table within the table under a key."""
    for name, inner in table(declared, key).items():
        if isinstance(inner, Mapping):
            yield name, inner


def listed_tables(declared: Declaration, key: str) -> Iterator[tuple[int, Declaration]]:
    """Position and table of every table in the list under a key."""
    items = declared.get(key)
    if isinstance(items, Sequence) and not isinstance(items, str):
        for k, inner in enumerate(items):
            if isinstance(inner, Mapping):
                yield k, inner


def labels(declared: Declaration, key: str) -> Iterator[tuple[int, str | int]]:
    """Position and value of every text and whole number in the list under a key."""
    items = declared.get(key)
    if isinstance(items, Sequence) and not isinstance(items, str):
        for k, label in enumerate(items):
            if isinstance(label, str | int) and not isinstance(label, bool):
                yield k, label


def texts(declared: Declaration, key: str) -> list[tuple[int, str]]:
    """Position and value of every text in the list under a key."""
    return [(k, label) for k, label in labels(declared, key) if isinstance(label, str)]


def group_names(declared: Declaration) -> list[str]:
    """The names of the duration groups."""
    groups = listed_tables(table(declared, "treatment"), "groups")
    return [group["name"] for _, group in groups if isinstance(group.get("name"), str)]
