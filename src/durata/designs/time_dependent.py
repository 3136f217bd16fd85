"""Everybody from the start of treatment, the exposure changing on the day treatment ends.

start ----- not yet ended ----- end ----- ended ----- event or last contact
|  row 1: (before 0, end]       |  row 2: (end, exit]
"""

from __future__ import annotations

import numpy as np

from durata.category import Category
from durata.cohort import Cohort, Weights
from durata.designs.timeline import timeline
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import IntArray
from durata.language.speaking import speak
from durata.records.records import Records
from durata.study.types import Study

HALF_A_DAY = 0.5


def time_dependent(study: Study, records: Records, outcome: str, *, counts: IntArray | None = None) -> Cohort:
    """Compare time after the end of treatment with time before it, everybody who started being in it.

    A patient contributes to "before" until treatment ends and to "after" from then on, so that no time is
    guaranteed to either. When treatment ended on the day of the patient's own event, the switch is placed half a day
    earlier (the event then belongs to "after"), and a note says how often that was so.

    Parameters
    ----------
    study, records : the declaration and the data.
    outcome : name of a declared outcome.
    counts : (n,) how often each patient was drawn in a replicate; None for once each.

    Returns
    -------
    Cohort with one or two rows per patient in (start, stop] form, times in days since the start of treatment, ``group``
    whether treatment had ended.

    Raises
    ------
    CannotEstimate : when nobody is left; when everybody reached the end of treatment, which leaves nothing to compare.

    References
    ----------
    Mantel N, Byar DP (1974) Evaluation of response-time data involving transient states. J Am Stat Assoc 69:81-86.
    Crowley J, Hu M (1977) Covariance analysis of heart transplant survival data. J Am Stat Assoc 72:27-36.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> cohort = du.time_dependent(study, du.read_records(study), "death")
    >>> cohort.n_people, len(cohort), cohort.n_events
    (103, 172, 75)
    """
    line = timeline(study, records, outcome, counts)
    treatment = study.treatment
    same_day = (line.end == line.exit) & line.event
    end = np.where(same_day, line.end - HALF_A_DAY, line.end)
    ended = end < line.exit

    if np.isfinite(line.end).all() and not (line.event & ~ended).any():
        raise CannotEstimate(
            speak(
                "Every patient in this cohort reached {end_name}, so that no time before it could end "
                "with the event: time before and after it cannot be compared. The data need everybody "
                "who started, those who never reached {end_name} included.",
                end_name=treatment.end_name,
            )
        )
    n = len(line.exit)
    before = np.arange(n)
    after = np.flatnonzero(ended)
    rows = np.concatenate([before, after])
    first = np.arange(len(rows)) < n
    entry = np.where(first, -np.inf, end[rows])
    exit_ = np.where(first & ended[rows], end[rows], line.exit[rows])
    event = line.event[rows] & ~(first & ended[rows])
    cause = None if line.cause is None else np.where(first & ended[rows], 0, line.cause[rows])
    order = np.lexsort((entry, line.person[rows]))
    rows, entry, exit_, event, first = rows[order], entry[order], exit_[order], event[order], first[order]
    cause = None if cause is None else cause[order]

    notes = []
    if same_day.any():
        notes.append(
            Finding(
                "N01",
                Severity.INFO,
                "In {n} patient(s) {end} and the event fell on the same day; the switch was placed half a day earlier, "
                "so that the event counts after it.",
                {"n": int(same_day.sum()), "end": treatment.end_name},
                people=tuple(int(p) for p in line.person[same_day]),
            )
        )
    return Cohort(
        person=line.person[rows],
        entry=entry,
        exit=exit_,
        event=event,
        cause=cause,
        group=Category(
            np.where(first, 0, 1).astype(np.intp),
            (
                speak("before {end_name}", end_name=treatment.end_name),
                speak("after {end_name}", end_name=treatment.end_name),
            ),
        ),
        weights=None if line.weights is None else Weights(line.weights.values[rows], line.weights.kind),
        covariates={name: column[rows] for name, column in line.covariates.items()},
        time_zero=treatment.start_name,
        design="time_dependent",
        outcome=outcome,
        flow=line.flow,
        notes=tuple(notes),
    )
