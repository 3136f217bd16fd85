"""How long the treatment lasted in a file, and duration groups proposed from it: by a convention, or by rounded thirds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from durata.drafting.recognise import Column
from durata.kernels.arrays import FloatArray
from durata.language.speaking import speak
from durata.records.cells import Defect
from durata.records.days import DayRules, as_day
from durata.records.tables import Table

MONTH_DAYS = 30.4375
BY_CONVENTION = (6, 12)  # months
FEWEST = 3  # patients in a group by convention
DAYS_BELOW = 4 * MONTH_DAYS  # where two thirds end earlier, durations are told in days


@dataclass(frozen=True, slots=True)
class Groups:
    """Boundaries of duration groups in ``unit``; ``from_data`` when they were taken from the durations themselves."""

    unit: str
    cuts: tuple[int, ...]
    from_data: bool = False

    def named(self) -> tuple[dict[str, str | int], ...]:
        """The groups as the study file writes them, each with its limits in its name."""
        limits = zip((None, *self.cuts), (*self.cuts, None), strict=True)
        return tuple(self._group(low, to) for low, to in limits)

    def _group(self, low: int | None, to: int | None) -> dict[str, str | int]:
        said: dict[str, str | int] = {"name": self._name(low, to)}
        if low is not None:
            said["from"] = low
        if to is not None:
            said["to"] = to
        return said

    def _name(self, low: int | None, to: int | None) -> str:
        days = self.unit == "days"
        if low is None:
            return speak("up to {to} days", to=to) if days else speak("up to {to} months", to=to)
        if to is None:
            return speak("over {low} days", low=low) if days else speak("over {low} months", low=low)
        said = "over {low} to {to} days" if days else "over {low} to {to} months"
        return speak(said, low=low, to=to)


def days_of(table: Table, column: Column, rules: DayRules) -> FloatArray:
    """The days of a date column (n,), NaN where there is none or it cannot be read."""
    read = (as_day(cell, rules) for cell in table.cells[column.place])
    return np.array([math.nan if isinstance(day, Defect) else day for day in read], dtype=np.float64)


def groups_for(durations: FloatArray) -> Groups | None:
    """Groups in which somebody is: 6 and 12 months where these fit, else rounded thirds; None when none can be made.

    ``durations`` (n,) in days.

    >>> groups_for(np.arange(30.0, 600.0, 30)).cuts, groups_for(np.arange(1.0, 91.0))
    ((6, 12), Groups(unit='days', cuts=(30, 60), from_data=True))
    """
    known = durations[np.isfinite(durations) & (durations >= 0)]
    if not known.size:
        return Groups("months", BY_CONVENTION) if not durations.size else None
    months = known / MONTH_DAYS
    if min(_counts(months, BY_CONVENTION)) >= FEWEST:
        return Groups("months", BY_CONVENTION)
    unit, values = ("days", known) if np.quantile(known, 2 / 3) < DAYS_BELOW else ("months", months)
    for shares in ((1 / 3, 2 / 3), (1 / 2,)):
        for step in (10, 5, 2, 1):
            cuts = tuple(step * round(float(np.quantile(values, share)) / step) for share in shares)
            if (
                cuts[0] > 0
                and len(set(cuts)) == len(cuts)
                and min(_counts(values, cuts)) > 0
                and _is_even(values, cuts)
            ):
                return Groups(unit, cuts, from_data=True)
    return None


def _counts(values: FloatArray, cuts: Sequence[int]) -> list[int]:
    return [int(n) for n in np.bincount(np.searchsorted(cuts, values, side="left"), minlength=len(cuts) + 1)]


def _is_even(values: FloatArray, cuts: Sequence[int]) -> bool:
    """Whether no group holds less than half of its share."""
    return min(_counts(values, cuts)) * (len(cuts) + 1) * 2 >= len(values)
