"""Guaranteed (immortal) person-time: time at risk before the group of a row could be known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from durata.cohort import Cohort
from durata.finding import CannotEstimate
from durata.language.speaking import speak


@dataclass(frozen=True, slots=True)
class GuaranteedTime:
    """Of one group: guaranteed and whole person-time (in the cohort's unit) and the share that is guaranteed."""

    group: str
    people: int
    days: float
    total: float

    @property
    def share(self) -> float:
        """Guaranteed time as a share of all time at risk, 0 to 1."""
        return self.days / self.total if self.total > 0 else 0.0


def share_of_all(times: Iterable[GuaranteedTime]) -> float:
    """Guaranteed time of all groups together as a share of their time at risk, 0 to 1.

    >>> share_of_all([GuaranteedTime("short", 2, 10.0, 30.0), GuaranteedTime("long", 2, 20.0, 70.0)])
    0.3
    """
    rows = list(times)
    total = sum(row.total for row in rows)
    return sum(row.days for row in rows) / total if total > 0 else 0.0


def guaranteed_time(cohort: Cohort) -> tuple[GuaranteedTime, ...]:
    """Sum, by group, the time at risk before the group of each row could be known.

    For a row at risk over (entry, exit] whose group became known at g, max(0, min(exit, g) - entry); an entry
    before time zero counts from zero.

    Raises
    ------
    CannotEstimate : when the cohort has no groups.

    References
    ----------
    Suissa S (2008) Immortal time bias in pharmacoepidemiology. Am J Epidemiol 167:492-499.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> cohort = du.observed(study, du.read_records(study), "death", zero="start")
    >>> [(row.group, round(row.days)) for row in du.guaranteed_time(cohort)]
    [('≤14 days', 109), ('15-42 days', 776), ('>42 days', 1715)]
    """
    if cohort.group is None:
        raise CannotEstimate(speak("Guaranteed time belongs to groups, and this cohort has none."))
    entry = np.zeros(len(cohort)) if cohort.entry is None else np.maximum(cohort.entry, 0.0)
    weight = np.ones(len(cohort)) if cohort.weights is None else cohort.weights.values
    known = entry if cohort.group_known is None else cohort.group_known
    guaranteed = weight * np.maximum(0.0, np.minimum(cohort.exit, known) - entry)
    at_risk = weight * np.maximum(0.0, cohort.exit - entry)
    return tuple(
        GuaranteedTime(
            group=level,
            people=len(np.unique(cohort.person[cohort.group.codes == code])),
            days=float(guaranteed[cohort.group.codes == code].sum()),
            total=float(at_risk[cohort.group.codes == code].sum()),
        )
        for code, level in enumerate(cohort.group.levels)
    )
