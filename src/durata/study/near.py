"""Near names: what somebody probably meant who wrote a name that does not exist."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

from durata.language.speaking import speak

LONGEST_SHOWN = 60
LONGEST_COMPARED = 200


def near(name: str, known: Iterable[str]) -> str | None:
    """The known name nearest to ``name``, spelling and case forgiven; None when nothing is near.

    >>> near("form", ["from", "to", "name"])
    'from'
    >>> near("colour", ["from", "to"]) is None
    True
    """
    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(_fold(candidate), candidate)
    matches = difflib.get_close_matches(_fold(name), folded, n=1, cutoff=0.6)
    return folded[matches[0]] if matches else None


def advice(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """A sentence that offers the nearest name, or ``otherwise`` when nothing is near."""
    found = near(name, known)
    return otherwise if found is None else speak("Did you mean {found!r}?", found=found)


def listed(names: Iterable[str], most: int = 40) -> str:
    """Names in quotes, separated by commas; beyond ``most`` only their number."""
    every = list(names)
    shown = ", ".join(repr(shortened(name)) for name in every[:most])
    if not every:
        return speak("none")
    return shown if len(every) <= most else speak("{shown} and {more} more", shown=shown, more=len(every) - most)


def shortened(text: str) -> str:
    """A text short enough for one line of a message."""
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def _fold(name: str) -> str:
    text = unicodedata.normalize("NFKC", name[:LONGEST_COMPARED]).casefold()
    return text.replace("_", " ").replace(".", " ").replace("-", " ").strip()
