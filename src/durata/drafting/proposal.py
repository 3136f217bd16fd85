"""A Proposal: the sections of a study file still to be judged by a person, what is lacking, and what to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Value = str | int | float | tuple["Value", ...] | Mapping[str, "Value"]


@dataclass(frozen=True)
class Key:
    """A line ``name = value``, with the comments above it; one without a value is still to be written by a person."""

    name: str
    value: Value | None
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """A table of the study file: its heading (parts of a dotted key), comments, lines; ``off`` prints it as a comment."""

    heading: tuple[str, ...]
    keys: tuple[Key, ...] = ()
    said: tuple[str, ...] = ()
    off: bool = False


@dataclass(frozen=True)
class Proposal:
    """A draft: its ``sections`` in order, what ``lacks`` before it can be checked, what should be ``looked_at``.

    ``found`` says in words what was recognised; ``left`` which columns were not used, and why.
    """

    file: str
    language: str
    sections: tuple[Section, ...]
    lacks: tuple[str, ...] = field(default=())
    looked_at: tuple[str, ...] = field(default=())
    found: tuple[str, ...] = field(default=())
    left: tuple[str, ...] = field(default=())
