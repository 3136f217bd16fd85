"""Text from a user made safe to print anywhere: no control characters, no text that turns its neighbours round."""

from __future__ import annotations

import re

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
