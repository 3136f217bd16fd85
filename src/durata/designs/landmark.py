"""Those at risk on a fixed day, grouped by whether treatment had ended by then, followed from that day.

start ----- treatment ----- end ----- | landmark ---------- event or last contact     ended by the landmark
start ----- treatment --------------- | landmark -- end --- event or last contact     not ended by the landmark
start ----- event                     |                                                not in it
                                      |  time zero: the group is known here and stays
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from durata.category import Category
from durata.cohort import Cohort
from durata.designs.timeline import Timeline, timeline
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, IntArray
from durata.language.speaking import speak
from durata.records.records import Records
from durata.study.types import Study


def landmark(
    study: Study,
    records: Records,
    outcome: str,
    *,
    at: float,
    groups: Literal["ended", "duration"] = "ended",
    event_free_of: Sequence[str] = (),
    counts: IntArray | None = None,
) -> Cohort:
    """Compare patients whose treatment had ended by a fixed day with those whose had not, from that day on.

    In it is who was under observation without the event after the landmark; what happened later, an end of treatment
    included, changes nobody's group. No time is guaranteed, because the group is known when time starts. The answer
    is about those who reached the landmark only, and it compares them as they then were: a course of the disease that
    brings the end of treatment nearer and the event too still confounds it, which progression-free patients at
    the landmark mend in part. Choose the day before looking at the outcome.

    Parameters
    ----------
    study, records : the declaration and the data.
    outcome : name of a declared outcome.
    at : the landmark, days since the start of treatment.
    groups : "ended" for two groups, not ended by the landmark (first) and ended by it; "duration" to tell those whose
        treatment had ended apart by the declared group of their duration, which is known by then.
    event_free_of : date columns of what patients must not have had by the landmark, whether their treatment has ended or
        not (progression): the landmark is then progression-free in both groups.
    counts : (n,) how often each patient was drawn in a replicate; None for once each.

    Returns
    -------
    Cohort with one row per patient, times in days since the landmark.

    Raises
    ------
    CannotEstimate : when the landmark is negative or no number, when nobody is at risk after it, when all of them
        are in one group; a column of ``event_free_of`` that holds no dates.

    References
    ----------
    Anderson JR, Cain KC, Gelber RD (1983) Analysis of survival by tumor response. J Clin Oncol 1:710-719.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> cohort = du.landmark(study, du.read_records(study), "death", at=30)
    >>> cohort.group.levels
    ('no transplantation by day 30', 'transplantation by day 30')
    >>> len(cohort), cohort.n_events
    (78, 52)
    """
    if not np.isfinite(at) or at < 0:
        raise CannotEstimate(
            speak("The landmark is a number of days since the start of treatment, 0 or more; it is {at:g}.", at=at)
        )
    day = speak("day {at:g}", at=at)
    line = timeline(study, records, outcome, counts)
    label = study.outcomes[outcome].label or outcome
    late = line.exit > at
    line = line.keep(late | ~line.event, speak("{label} on or before {day}", label=label, day=day))
    line = line.keep(line.exit > at, speak("last observed on or before {day}", day=day))
    for column in event_free_of:
        line = line.keep(
            ~_happened(study, records, column, at)[line.person],
            speak("{column} on or before {day}", column=column, day=day),
        )
    line, group = grouped(study, line, at, groups)
    if len(np.unique(group.codes)) < 2:
        raise CannotEstimate(
            speak(
                "Everybody at risk after {day} is in the group {level!r}, so there is nobody to "
                "compare with. Choose another landmark; the data need everybody who started treatment.",
                day=day,
                level=group.levels[group.codes[0]],
            )
        )
    return Cohort(
        person=line.person,
        exit=line.exit - at,
        event=line.event,
        cause=line.cause,
        group=group,
        weights=line.weights,
        covariates=line.covariates,
        time_zero=speak("{day} after {start_name}", day=day, start_name=study.treatment.start_name),
        design="landmark",
        outcome=outcome,
        flow=line.flow,
    )


def grouped(study: Study, line: Timeline, at: float, groups: str) -> tuple[Timeline, Category]:
    """The group of each patient as it is known at the landmark, and the timeline of those who have one."""
    end_name = study.treatment.end_name
    waiting = speak("no {end_name} by day {at:g}", end_name=end_name, at=at)
    if groups == "ended":
        return line, Category(
            (line.end <= at).astype(np.intp), (waiting, speak("{end_name} by day {at:g}", end_name=end_name, at=at))
        )
    if groups != "duration":
        raise CannotEstimate(speak("groups is 'ended' or 'duration', not {groups!r}.", groups=groups))
    line = line.keep((line.end > at) | (line.group.codes >= 0), speak("duration between two declared groups"))
    # a window that opens at the landmark or later can hold nobody whose treatment has ended by then
    length = study.study.days(study.treatment.unit)
    opened = tuple(one.name for one in study.treatment.groups if one.from_ * length < max(at, 1e-12))
    codes = np.where(line.end > at, 0, line.group.codes + 1)
    return line, Category(codes.astype(np.intp), (waiting, *opened))


def _happened(study: Study, records: Records, column: str, at: float) -> BoolArray:
    """(n,) whether a date of the records lies on the landmark or before it."""
    if column not in records.dates:
        raise CannotEstimate(
            speak(
                "The records hold no dates {column!r}; they hold {columns}.",
                column=column,
                columns=speak(", ").join(map(repr, records.dates)),
            )
        )
    since = records.dates[column] - records.dates[study.treatment.start]
    return np.asarray(np.where(np.isnan(since), np.inf, since) <= at)
