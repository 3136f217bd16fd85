"""A column of categories: codes that index levels, the first level being the reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, IntArray
from durata.language.speaking import speak


@dataclass(frozen=True, eq=False)
class Category:
    """A column of categories: ``codes`` (n,) index ``levels``; -1 is missing. The first level is the reference."""

    codes: IntArray
    levels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: IntArray | BoolArray | slice) -> Category:
        return Category(self.codes[rows], self.levels)

    @property
    def missing(self) -> BoolArray:
        """(n,) True where the category is not known."""
        return self.codes < 0

    def used(self) -> Category:
        """The same column with only the levels that occur, in their order."""
        kept = np.flatnonzero(np.bincount(self.codes[self.codes >= 0], minlength=len(self.levels)))
        recode = np.full(len(self.levels) + 1, -1, dtype=np.intp)
        recode[kept] = np.arange(len(kept))
        return Category(recode[self.codes], tuple(self.levels[k] for k in kept))


def categorise(values: Sequence[Any], levels: Sequence[str] | None = None) -> Category:
    """Turn labels into a Category; ``levels`` fixes their order (sorted otherwise), None and NaN are missing.

    Parameters
    ----------
    values : (n,) labels of any kind; they are compared as text.
    levels : the labels there may be, the reference first.

    Raises
    ------
    CannotEstimate : when a label is not among ``levels``.

    Examples
    --------
    >>> import durata as du
    >>> du.categorise(["long", "short", None, "long"], levels=["short", "long"]).codes
    array([ 1,  0, -1,  1])
    """
    labels = [None if value is None or value != value else str(value) for value in values]
    names = tuple(levels) if levels is not None else tuple(sorted({label for label in labels if label is not None}))
    index = {name: code for code, name in enumerate(names)}
    unknown = sorted({label for label in labels if label is not None and label not in index})
    if unknown:
        raise CannotEstimate(
            speak(
                "Labels {unknown} are not among the levels {names}.",
                unknown=speak(", ").join(map(repr, unknown)),
                names=speak(", ").join(names),
            )
        )
    return Category(np.array([-1 if label is None else index[label] for label in labels], dtype=np.intp), names)
