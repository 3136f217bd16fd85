"""Who is obliged to follow a strategy when, and in which month a clone deviates from it, and why.

first month .. before the window: ending deviates | in the window: nobody deviates | its last month: not ending deviates
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.designs.emulated.courses import NEVER, Courses
from durata.designs.emulated.strategies import Strategy
from durata.kernels.arrays import BoolArray, IntArray

REASONS = ("ended too early", "not ended in time")


@dataclass(frozen=True, eq=False)
class Obligation:
    """Until when each patient (n,) is bound by any strategy, over the ``months`` in which strategies ask for something.

    ``through`` is the last month in which the patient is obliged: up to the end of treatment, the excusing event, the end
    of observation or ``months``. ``ended`` says that treatment ended in that month. ``settled`` is the first month in
    which nothing more is asked: the month of ending itself, the month after the excuse, the month after ``months``;
    NEVER for those whose observation ended while they were obliged.
    """

    through: IntArray
    ended: BoolArray
    settled: IntArray
    months: int


def obligation(courses: Courses, months: int) -> Obligation:
    """When each patient is obliged, over the first ``months`` months."""
    through = np.minimum(np.minimum(courses.exit, courses.ended), np.minimum(courses.excused, months))
    ended = courses.ended == through
    excused = ~ended & (courses.excused <= through) & (courses.excused < courses.exit)
    past = ~ended & (courses.excused > through) & (courses.exit > months)
    settled = np.where(ended, through, np.where(excused | past, through + 1, NEVER))
    return Obligation(through, ended, settled, months)


def deviation(courses: Courses, strategy: Strategy) -> tuple[IntArray, IntArray]:
    """(n,) the month in which each clone deviates (NEVER if it does not), and why: 0 too early, 1 not in time, -1.

    A clone that deviates in month k is followed until month k - 1. Patients who die, are lost or are excused before
    a month are not obliged in it; those who do so within it are.
    """
    obliged = np.minimum(np.minimum(courses.exit, courses.ended), courses.excused)
    early = (courses.ended < strategy.first) & (courses.ended <= obliged)
    late = np.zeros(len(courses), dtype=np.bool_)
    if strategy.last is not None:
        late = ~early & (obliged >= strategy.last) & (courses.ended != strategy.last)
    month = np.where(early, courses.ended, np.where(late, strategy.last or NEVER, NEVER))
    return month.astype(np.intp), np.where(early, 0, np.where(late, 1, -1)).astype(np.intp)
