"""Sentences in the language of the run: written in English where they are said, looked up in a catalogue otherwise."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import resources
from types import MappingProxyType

ENGLISH = "en"
LANGUAGES = (ENGLISH, "zh")

_SPOKEN: ContextVar[str] = ContextVar("durata_language", default=ENGLISH)


def spoken() -> str:
    """The language that is spoken now: "en" unless :func:`speaking` said otherwise."""
    return _SPOKEN.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language for as long as the block lasts; ValueError when durata does not know it.

    >>> with speaking("zh"):
    ...     speak("Number at risk")
    '在险人数'
    """
    if language not in LANGUAGES:
        raise ValueError(f"durata does not speak {language!r}; it speaks {' and '.join(LANGUAGES)}")
    token = _SPOKEN.set(language)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def speak(sentence: str, /, **values: object) -> str:
    """A sentence in the language spoken now, its ``{names}`` filled with ``values``.

    ``sentence`` is the English one, written out where it is said; it is also the key of its translation. Without
    values nothing is filled, so a sentence may then hold braces.

    >>> speak("{n} patients", n=3)
    '3 patients'
    """
    return say_in(spoken(), sentence, values)


def say_in(language: str, sentence: str, values: Mapping[str, object]) -> str:
    """A sentence in a given language, filled; in English where the catalogue lacks it (a test sees to it that none is)."""
    words = sentence if language == ENGLISH else catalogue(language).get(sentence, sentence)
    return words.format_map(dict(values)) if values else words


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All translations into a language, English sentence to translated one; ValueError when two files disagree."""
    found: dict[str, str] = {}
    for file in sorted(resources.files(__package__).joinpath(language).iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".toml"):
            continue
        for sentence, words in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if found.setdefault(sentence, words) != words:
                raise ValueError(f"{file.name}: {sentence!r} is translated in two ways")
    return MappingProxyType(found)
