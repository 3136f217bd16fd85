"""Text from a user made safe to print anywhere: no control characters, no text that turns its neighbours round."""

from __future__ import annotations

import re

# A capitalised word of the language, alone or with a hyphen and small letters: "Death", "Progression-free".
_WORD = re.compile(r"([^\W\d_]{3,})((?:-[^\W\d_]+)*)(?![\w\-/])")

HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

# What XML 1.0 cannot hold (controls, lone surrogates, non-characters), and the marks that reverse the direction of
# the text around them: with those a label could read as something other than what it is.
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
)


def printable(text: str) -> str:
    r"""``text`` with every character that must not be printed replaced by U+FFFD, and white space made single.

    >>> printable("two\n  lines")
    'two lines'
    >>> printable("a\x00b") == "a\ufffdb"
    True
    """
    return UNPRINTABLE.sub("\ufffd", " ".join(str(text).split()))


def shortened(text: str, most: int) -> str:
    """``text`` in at most ``most`` characters, its end replaced by an ellipsis where it is longer.

    >>> shortened("intermediate", 6)
    'inter…'
    """
    clean = printable(text)
    return clean if len(clean) <= most else clean[: max(most - 1, 1)].rstrip() + "…"


def inside(label: str) -> str:
    """A label as it stands inside a sentence: a capitalised word loses its capital, a name or a code keeps it.

    >>> inside("Death"), inside("Progression-free survival")
    ('death', 'progression-free survival')
    >>> inside("T stage"), inside("Ki-67"), inside("Clavien-Dindo"), inside("WHO grade")
    ('T stage', 'Ki-67', 'Clavien-Dindo', 'WHO grade')
    """
    found = _WORD.match(label)
    if found is None or HAN.search(label):  # a Latin word before Chinese ones is a name: "Cox回归"
        return label
    word, tail = found.groups()
    plain = word[:1].isupper() and word[1:].islower() and tail == tail.lower()
    return label[:1].lower() + label[1:] if plain else label
