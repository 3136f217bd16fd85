"""A Cohort as a table of persons: one row each, by group, for what is described rather than followed over time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from durata.category import Category
from durata.cohort import Cohort
from durata.estimate.observation import group_notes
from durata.finding import CannotEstimate, Finding
from durata.kernels.arrays import FloatArray, IntArray
from durata.language.speaking import speak

ALL = "all"
"""What the row about everybody is called."""


@dataclass(frozen=True, slots=True)
class People:
    """Persons by group.

    ``row`` (n,) is the row of each person in the cohort (repeated for frequency weights); ``group`` (n,) codes into
    ``levels``, which keep their declared order, empty ones too. ``n_left_out`` have no known group.
    """

    row: IntArray
    group: IntArray
    levels: tuple[str, ...]
    n_left_out: int
    cohort_notes: tuple[Finding, ...]

    def __len__(self) -> int:
        return len(self.row)

    @property
    def sizes(self) -> IntArray:
        """(K,) persons in each group."""
        return np.bincount(self.group, minlength=len(self.levels)).astype(np.intp)

    def pairs(self) -> list[tuple[int, int]]:
        """Codes of every pair of groups that hold somebody, the earlier one (the reference) first."""
        return list(combinations((int(code) for code in np.flatnonzero(self.sizes)), 2))

    def by_group(self, values: FloatArray) -> list[FloatArray]:
        """The known values of a number (one a cohort row), an array a group."""
        mine = values[self.row]
        known = ~np.isnan(mine)
        return [mine[known & (self.group == code)] for code in range(len(self.levels))]

    def counts(self, category: Category) -> FloatArray:
        """(levels of the category, K) how many persons are where; missing ones are nowhere."""
        codes = category.codes[self.row]
        known = codes >= 0
        table = np.zeros((len(category.levels), len(self.levels)))
        np.add.at(table, (codes[known], self.group[known]), 1.0)
        return table

    def notes(self) -> tuple[Finding, ...]:
        """What a reader must know about the cohort and its groups."""
        empty = tuple(level for level, size in zip(self.levels, self.sizes, strict=True) if size == 0)
        return (*self.cohort_notes, *group_notes(empty, self.n_left_out))


def people(cohort: Cohort, by: str | None = "group") -> People:
    """The persons of a cohort by the groups of one of its columns; None for one group, "all".

    Raises CannotEstimate where a person has several rows (an exposure that changes over time describes no person),
    for sampling weights (which stand for people who are not there), and where nobody has a known group.
    """
    if cohort.n_people < len(cohort):
        raise CannotEstimate(
            speak(
                "{n} rows belong to {n_people} persons: people whose exposure changes over time have "
                "no one group to be described in. Describe the cohort of a design with one row a "
                "person (observed, landmark).",
                n=len(cohort),
                n_people=cohort.n_people,
            )
        )
    row = np.arange(len(cohort))
    if cohort.weights is not None:
        if cohort.weights.kind == "sampling":
            raise CannotEstimate(
                speak(
                    "Counts and tests of persons are not weighted: describe the cohort before weights are given to it."
                )
            )
        row = np.repeat(row, cohort.weights.values.astype(np.intp))
    if by is None:
        return People(row, np.zeros(len(row), dtype=np.intp), (ALL,), 0, cohort.notes)
    groups = cohort.category(by)
    known = ~groups.missing[row]
    if not np.any(known):
        raise CannotEstimate(speak("Nobody has a known value in {by!r}: there are no groups to describe.", by=by))
    kept = row[known]
    return People(kept, groups.codes[kept], groups.levels, int(np.count_nonzero(~known)), cohort.notes)


def quantile(values: FloatArray, probability: float) -> float:
    """A quantile of known values, R's type 7; NaN of nobody."""
    return float(np.quantile(values, probability, method="linear")) if len(values) else np.nan


def std_dev(values: FloatArray) -> float:
    """Standard deviation with n - 1; NaN below two values."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else np.nan
