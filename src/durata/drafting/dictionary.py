"""The data dictionary: the columns durata knows by name, what each holds, and how it is called in English and Chinese."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal

from durata.language.speaking import spoken

ItemKind = Literal["identifier", "hospital number", "date", "number", "category", "status", "time", "personal"]
SETS = ("general", "gist")


@dataclass(frozen=True, slots=True)
class Level:
    """A level of a category: what it is called in each language, and the other texts that mean it."""

    name: str
    words: Mapping[str, str]
    also: tuple[str, ...] = ()

    @property
    def texts(self) -> frozenset[str]:
        """Every text that means this level, small letters."""
        return frozenset(text.casefold() for text in (self.name, *self.words.values(), *self.also))


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the dictionary; ``role`` is what a study file needs it for, ``part`` the table that describes it."""

    name: str
    kind: ItemKind
    words: Mapping[str, str]
    synonyms: tuple[str, ...]
    role: str = ""
    set: str = "general"
    timing: str = "baseline"
    units: Mapping[str, str] = field(default_factory=dict)
    range: tuple[float, float] | None = None
    part: str = ""
    levels: tuple[Level, ...] = ()
    heads: Mapping[str, str] = field(default_factory=dict)
    says: Mapping[str, str] = field(default_factory=dict)
    by_content: bool = False

    @property
    def label(self) -> str:
        """What the item is called in the language spoken."""
        return self.words[spoken()]

    @property
    def unit(self) -> str:
        """The unit of a number in the language spoken; empty for none."""
        return self.units.get(spoken(), "")

    def level_of(self, text: str) -> Level | None:
        """The level that a cell's text means; None when it means none."""
        found = text.casefold()
        return next((level for level in self.levels if found in level.texts), None)


@cache
def dictionary() -> tuple[Item, ...]:
    """Every item, in the order of a patient's story."""
    text = resources.files(__package__).joinpath("dictionary.toml").read_text(encoding="utf-8")
    return tuple(_item(name, declared) for name, declared in tomllib.loads(text).items())


def _item(name: str, declared: Mapping[str, Any]) -> Item:
    words = {"en": declared["en"], "zh": declared["zh"]}
    unit = declared.get("unit", "")
    low_high = declared.get("range")
    return Item(
        name,
        declared["kind"],
        words,
        tuple(dict.fromkeys([name, *words.values(), *declared["synonyms"]])),
        role=declared.get("role", ""),
        set=declared.get("set", "general"),
        timing=declared.get("timing", "baseline"),
        units={"en": unit, "zh": declared.get("unit_zh", unit)} if unit else {},
        range=None if low_high is None else (float(low_high[0]), float(low_high[1])),
        part=declared.get("part", ""),
        levels=tuple(
            Level(level, {"en": said["en"], "zh": said["zh"]}, tuple(said.get("also", ())))
            for level, said in declared.get("levels", {}).items()
        ),
        heads={"en": declared.get("head_en", name), "zh": declared.get("head_zh", declared["zh"])},
        says={"en": declared.get("says_en", ""), "zh": declared.get("says_zh", "")},
        by_content=declared.get("by_content", False),
    )
