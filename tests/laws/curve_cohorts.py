"""Small random cohorts for the laws of curves and tests: ties, censoring, delayed entry, weights, groups."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from durata.category import Category
from durata.cohort import Cohort
from durata.door import cohort_from_arrays


@st.composite
def cohorts(
    draw: st.DrawFn,
    *,
    entry: bool | None = None,
    weights: str | None = None,
    groups: int = 2,
    fractions: bool = False,
    least: int = 2,
) -> Cohort:
    """A cohort of 2 to 25 persons; times are days, or 1/8 days when ``fractions``."""
    n = draw(st.integers(least, 25))
    step = 0.125 if fractions else 1.0

    def some(low: int, high: int) -> list[int]:
        return draw(st.lists(st.integers(low, high), min_size=n, max_size=n))

    delayed = draw(st.booleans()) if entry is None else entry
    starts = np.array(some(0, 6)) if delayed else np.zeros(n)
    stops = starts + np.array(some(1 if delayed else 0, 15))
    return cohort_from_arrays(
        time=stops * step,
        event=np.array(some(0, 3)) > 0,
        entry=starts * step if delayed else None,
        group=[f"g{code}" for code in some(0, groups - 1)],
        weights=None if weights is None else np.array(some(1, 4)) / (1.0 if weights == "frequency" else 2.5),
        weight_kind=weights,
    )


def split(cohort: Cohort, at: float) -> Cohort:
    """The same people, every row that lasts over ``at`` in two pieces."""
    entry = np.full(len(cohort), -np.inf) if cohort.entry is None else cohort.entry
    cut = (entry < at) & (at < cohort.exit)
    assert cohort.group is not None
    codes = cohort.group.codes
    return replace(
        cohort,
        person=np.concatenate([cohort.person, cohort.person[cut]]),
        entry=np.concatenate([entry, np.full(int(cut.sum()), float(at))]),
        exit=np.concatenate([np.where(cut, at, cohort.exit), cohort.exit[cut]]),
        event=np.concatenate([cohort.event & ~cut, cohort.event[cut]]),
        group=Category(np.concatenate([codes, codes[cut]]), cohort.group.levels),
    )
