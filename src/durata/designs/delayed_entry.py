"""The grouping on achieved duration with its guaranteed time cut out: the clock starts with treatment, entry is its end.

start ----- treatment ----- end ---------------------- event or last contact
|  time zero                |  at risk from here, in the group of the achieved duration
|  not at risk until the end of treatment is reached
"""

from __future__ import annotations

import numpy as np

from durata.cohort import Cohort
from durata.designs.observed import no_end
from durata.designs.time_dependent import HALF_A_DAY
from durata.designs.timeline import timeline
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import IntArray
from durata.language.speaking import speak
from durata.records.records import Records
from durata.study.types import Study


def delayed_entry(study: Study, records: Records, outcome: str, *, counts: IntArray | None = None) -> Cohort:
    """Compare groups by achieved duration on the clock of the start, each patient at risk from the end of treatment on.

    Nobody is at risk before the group is known, so no time is guaranteed, and patients are compared at the same time
    since the start. Only patients whose treatment was seen to end are in it, and it has no null guarantee: where
    progression of the disease keeps patients from the end of treatment (surgery), those who reach it late are selected
    for not having progressed, and a longer duration looks protective though it is not.

    When treatment ended on the day of the patient's own event, entry is placed half a day earlier (the event counts),
    and a note says how often that was so.

    Parameters
    ----------
    study, records : the declaration and the data.
    outcome : name of a declared outcome.
    counts : (n,) how often each patient was drawn in a replicate; None for once each.

    Returns
    -------
    Cohort with one row per patient, (entry, exit] in days since the start of treatment, ``group`` the achieved duration.

    Raises
    ------
    CannotEstimate : when nobody is left, or only one group has patients.

    References
    ----------
    Keiding N (1992) Independent delayed entry. In: Klein JP, Goel PK (eds) Survival Analysis: State of the Art, 309-326.
    Suissa S (2008) Immortal time bias in pharmacoepidemiology. Am J Epidemiol 167:492-499.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> cohort = du.delayed_entry(study, du.read_records(study), "death")
    >>> len(cohort), cohort.n_events
    (69, 45)
    >>> [row.days for row in du.guaranteed_time(cohort)]
    [0.0, 0.0, 0.0]
    """
    treatment = study.treatment
    line = timeline(study, records, outcome, counts)
    line = line.keep(np.isfinite(line.end), no_end(study))
    line = line.keep(line.group.codes >= 0, speak("duration between two declared groups"))
    line = line.keep(line.exit >= line.end, speak("observation ended before {end_name}", end_name=treatment.end_name))
    same_day = line.event & (line.exit == line.end)
    line = line.keep(
        same_day | (line.exit > line.end), speak("last observed on the day of {end_name}", end_name=treatment.end_name)
    )
    same_day = line.event & (line.exit == line.end)
    occupied = np.unique(line.group.codes)
    if len(occupied) < 2:
        raise CannotEstimate(
            speak(
                "Only the duration group {level!r} has patients, so durations cannot be compared. "
                "Check the boundaries under [treatment] groups and their unit.",
                level=line.group.levels[occupied[0]],
            )
        )
    notes = []
    if same_day.any():
        notes.append(
            Finding(
                "N05",
                Severity.INFO,
                "In {n} patient(s) {end} and the event fell on the same day; entry was placed half a day earlier, "
                "so that the event counts.",
                {"n": int(same_day.sum()), "end": treatment.end_name},
                people=tuple(int(p) for p in line.person[same_day]),
            )
        )
    return Cohort(
        person=line.person,
        entry=np.where(same_day, line.end - HALF_A_DAY, line.end),
        exit=line.exit,
        event=line.event,
        cause=line.cause,
        group=line.group,
        weights=line.weights,
        covariates=line.covariates,
        time_zero=treatment.start_name,
        design="delayed_entry",
        outcome=outcome,
        flow=line.flow,
        notes=tuple(notes),
    )
