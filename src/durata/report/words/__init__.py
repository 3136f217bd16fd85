"""The report's sentences as data, one file a language; filled with numbers by the chapters."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any


class Phrases:
    """Sentences of one language by dotted key; ``say`` fills one with values.

    >>> phrases("en").join(["a", "b", "c"])
    'a, b and c'
    """

    def __init__(self, sentences: Mapping[str, Any]) -> None:
        self._sentences = sentences

    def say(self, key: str, **values: object) -> str:
        """The sentence of ``key`` with its ``{names}`` filled; KeyError when there is no such sentence."""
        return " ".join(self.raw(key).format(**values).split())

    def raw(self, key: str) -> str:
        """The sentence of ``key`` as it is written, nothing filled; KeyError when there is no such sentence."""
        found: Any = self._sentences
        for part in key.split("."):
            found = found[part]
        if not isinstance(found, str):
            raise KeyError(f"{key!r} is a group of sentences, not a sentence")
        return " ".join(found.split())

    def join(self, items: Sequence[str]) -> str:
        """Items as an enumeration in the language."""
        if len(items) < 2:
            return "".join(items)
        return self.say("list", start=self.separated(items[:-1]), last=items[-1])

    def separated(self, items: Sequence[str]) -> str:
        """Items with the language's comma of enumerations between them."""
        return str(self._sentences["list_separator"]).join(items)

    def clauses(self, items: Sequence[str]) -> str:
        """Clauses of one sentence with the language's semicolon between them."""
        return str(self._sentences["clause_separator"]).join(items)

    @property
    def gap(self) -> str:
        """What stands between two sentences: a space in English, nothing in Chinese."""
        return str(self._sentences["gap"])

    def paragraph(self, sentences: Sequence[str]) -> str:
        """Sentences one after the other.

        >>> phrases("en").paragraph(["It is.", "", "It was."])
        'It is. It was.'
        """
        return self.gap.join(one for one in sentences if one)


@cache
def phrases(language: str) -> Phrases:
    """Load the sentences of a language; KeyError when durata does not speak it."""
    file = resources.files(__name__) / f"{language}.toml"
    if not file.is_file():
        raise KeyError(f"durata has no sentences in {language!r}")
    return Phrases(tomllib.loads(file.read_text(encoding="utf-8")))
