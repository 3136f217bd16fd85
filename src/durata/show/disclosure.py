"""Small cells: which counts of patients are too small to be shown, which others would give them away, and what stands instead."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

# a whole number that stands by itself in a text, no part of a word, a decimal or a code
_WHOLE = re.compile(r"(?<![\w.,])\d+(?![\w]|[.,]\d)")
# the same where Chinese words stand right beside it
_WHOLE_IN_CHINESE = re.compile(r"(?<![\d.,A-Za-z_])\d+(?![\dA-Za-z_]|[.,]\d)")


class Withheld(int):
    """What stands in the place of a count that is not shown; it holds a bound and never the count itself.

    It prints as its words, whatever format is asked for.
    """

    words: str

    def __new__(cls, bound: int, words: str) -> Withheld:
        """A count known only to lie on one side of ``bound``."""
        made = super().__new__(cls, bound)
        made.words = words
        return made

    def __str__(self) -> str:
        return self.words

    def __repr__(self) -> str:
        return self.words

    def __format__(self, _: str) -> str:
        return self.words


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The policy of a study: counts from 1 to ``fewest`` - 1 are not shown; 0 shows everything.

    >>> policy = Disclosure(5)
    >>> policy.count(3), policy.count(0), policy.count(5)
    (<5, 0, 5)
    """

    fewest: int = 0

    @property
    def declared(self) -> bool:
        """Whether anything is withheld at all."""
        return self.fewest > 1

    def small(self, count: float) -> bool:
        """Whether a count is too small to be shown; one that is withheld already says so itself."""
        if isinstance(count, Withheld):
            return True
        return self.declared and math.isfinite(count) and 0 < count < self.fewest

    def any_small(self, counts: Iterable[float]) -> bool:
        """Whether one of some counts is too small."""
        return any(self.small(count) for count in counts)

    def few(self) -> Withheld:
        """What stands for a small count."""
        return Withheld(max(1, self.fewest - 1), f"<{self.fewest}")

    def not_few(self) -> Withheld:
        """What stands for a larger count that would give a small one away."""
        return Withheld(self.fewest, f"≥{self.fewest}")

    def count(self, count: int) -> int:
        """A count as it may be shown by itself."""
        return self.few() if self.small(count) else count

    def table(self, counts: Sequence[Sequence[int]]) -> list[list[int]]:
        """A table of counts whose rows and columns add up to totals that a reader knows.

        Whoever knows a total works a single missing number out; so in every row and column where one is withheld, the
        smallest other one is withheld too, until none can be worked out.

        >>> Disclosure(5).table([[3, 20, 30], [40, 20, 30], [60, 50, 70]])
        [[<5, ≥5, 30], [≥5, ≥5, 30], [60, 50, 70]]
        """
        shown = [list(row) for row in counts]
        hidden = {(i, j) for i, row in enumerate(counts) for j, count in enumerate(row) if self.small(count)}
        lines = [[(i, j) for j in range(len(row))] for i, row in enumerate(counts)]
        lines += [[(i, j) for i in range(len(counts))] for j in range(len(counts[0]) if counts else 0)]
        changed = bool(hidden)
        while changed:
            changed = False
            for line in lines:
                if sum(place in hidden for place in line) == 1:
                    # a zero is chosen only where nothing else is left: it is a count like another then
                    rest = sorted(
                        (place for place in line if place not in hidden),
                        key=lambda place: (counts[place[0]][place[1]] == 0, counts[place[0]][place[1]], place),
                    )
                    if rest:
                        hidden.add(rest[0])
                        changed = True
        for i, j in hidden:
            shown[i][j] = self.few() if counts[i][j] < self.fewest else self.not_few()
        return shown

    def parts(self, counts: Sequence[int]) -> list[int]:
        """The parts of a whole that a reader knows.

        >>> Disclosure(5).parts([3, 20, 30])
        [<5, ≥5, 30]
        """
        hidden = [self.small(count) for count in counts]
        if sum(hidden) == 1 and len(counts) > 1:
            rest = [k for k in range(len(counts)) if not hidden[k]]
            hidden[min(rest, key=lambda k: (counts[k] == 0, counts[k]))] = True
        return [
            count if not hide else (self.few() if count < self.fewest else self.not_few())
            for count, hide in zip(counts, hidden, strict=True)
        ]

    def tells(self, text: str) -> bool:
        """Whether a text holds a whole number that could be a small count."""
        if not self.declared:
            return False
        numbers = [*_WHOLE.findall(text), *_WHOLE_IN_CHINESE.findall(text)]
        return any(0 < int(number) < self.fewest for number in numbers)


_EVERYTHING = Disclosure()
_POLICY: ContextVar[Disclosure] = ContextVar("durata_disclosure", default=_EVERYTHING)


def disclosure() -> Disclosure:
    """The policy that holds now; nothing is withheld unless :func:`disclosing` said otherwise."""
    return _POLICY.get()


@contextmanager
def disclosing(policy: Disclosure) -> Iterator[None]:
    """Let a policy hold for as long as the block lasts.

    >>> from durata.show.numbers import count
    >>> with disclosing(Disclosure(5)):
    ...     count(3)
    '<5'
    """
    token = _POLICY.set(policy)
    try:
        yield
    finally:
        _POLICY.reset(token)
