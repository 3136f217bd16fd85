"""The grouping on achieved duration: time runs from the start or the end of treatment, groups as they turned out.

start ----- treatment ----- end ---------------------- event or last contact
|  time zero "start": the whole line; the group is known only at "end" (guaranteed time)
|  time zero "end": from here; the group is known at entry
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from durata.cohort import Cohort
from durata.designs.timeline import timeline
from durata.finding import CannotEstimate
from durata.kernels.arrays import IntArray
from durata.language.speaking import speak
from durata.records.records import Records
from durata.study.types import Study


def no_end(study: Study) -> str:
    """Why somebody whose treatment never was seen to end is in no group, in the words of the flow."""
    return speak("no {end_name}: in no duration group", end_name=study.treatment.end_name)


def observed(
    study: Study,
    records: Records,
    outcome: str,
    *,
    zero: Literal["start", "end"] | None = None,
    counts: IntArray | None = None,
) -> Cohort:
    """Compare groups by the duration that patients turned out to have, as published studies do.

    Only patients whose treatment ended are in it. From ``zero="start"`` every group carries time during which its
    patients could not have the event and stay in the group (immortal time); from ``zero="end"`` that time is cut off,
    but the comparison is still conditional on having reached the end. It is the design other designs are set beside.

    Parameters
    ----------
    study, records : the declaration and the data.
    outcome : name of a declared outcome.
    zero : where time starts; the study's ``[time] zero`` if None.
    counts : (n,) how often each patient was drawn in a replicate; None for once each.

    Returns
    -------
    Cohort with one row per patient, times in days, ``group`` the achieved duration.

    Raises
    ------
    CannotEstimate : when nobody is left.

    References
    ----------
    Suissa S (2008) Immortal time bias in pharmacoepidemiology. Am J Epidemiol 167:492-499.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> cohort = du.observed(study, du.read_records(study), "death")
    >>> len(cohort), cohort.n_events
    (69, 45)
    """
    zero = zero or study.time.zero
    treatment = study.treatment
    line = timeline(study, records, outcome, counts)
    line = line.keep(np.isfinite(line.end), no_end(study))
    line = line.keep(line.group.codes >= 0, speak("duration between two declared groups"))
    if zero == "end":
        line = line.keep(
            line.exit >= line.end, speak("observation ended before {end_name}", end_name=treatment.end_name)
        )
    origin = line.end if zero == "end" else np.zeros(len(line.end))
    empty = [level for code, level in enumerate(line.group.levels) if not np.any(line.group.codes == code)]
    if len(empty) > len(line.group.levels) - 2:
        raise CannotEstimate(
            speak(
                "Only one duration group has patients; {empty} is empty, so durations cannot be compared. "
                "Check the boundaries under [treatment] groups and their unit."
                if len(empty) == 1
                else "Only one duration group has patients; {empty} are empty, so durations cannot be compared. "
                "Check the boundaries under [treatment] groups and their unit.",
                empty=speak(", ").join(map(repr, empty)),
            )
        )
    return Cohort(
        person=line.person,
        exit=line.exit - origin,
        event=line.event,
        cause=line.cause,
        group=line.group,
        group_known=line.end - origin,
        weights=line.weights,
        covariates=line.covariates,
        time_zero=treatment.end_name if zero == "end" else treatment.start_name,
        design=f"observed_from_{zero}",
        outcome=outcome,
        flow=line.flow,
    )
