"""Where only those who reached the end were recorded: how many unseen others would undo each advantage of a group."""

from __future__ import annotations

from typing import Any

import numpy as np

from durata.cohort import Cohort
from durata.estimate.curves import kaplan_meier
from durata.estimate.result import Summary
from durata.estimate.sensitivity import tipping_point
from durata.finding import CannotEstimate
from durata.language.speaking import speak


def tipping_points(cohort: Cohort, at: float) -> Summary:
    """Tip every advantage of a duration group over another, at one time, by patients who never reached the end.

    Those unseen are put at survival 0, the worst case, all of them in the better group: the fewest that can undo it.

    Parameters
    ----------
    cohort : those who reached the end, in duration groups.
    at : the time at which survival is compared, in the cohort's unit.

    Returns
    -------
    Summary with a row a pair whose first group is better: group, reference, estimate (the share of all who started
    that group's treatment), n (unseen patients), value (operated patients of the group).

    Raises
    ------
    CannotEstimate : no groups; no group has survival at that time, or no two differ.

    References
    ----------
    Manski, American Economic Review 1990;80:319; Hernan, Hernandez-Diaz & Robins, Epidemiology 2004;15:615.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> cohort = du.observed(study, du.read_records(study), "death", zero="start")
    >>> [(row["group"], row["n"]) for row in tipping_points(cohort, 365.25).rows()][:1]
    [('15-42 days', 7)]
    """
    if cohort.group is None:
        raise CannotEstimate(speak("Bounds compare groups, and this cohort has none."))
    read = {row["group"]: row["estimate"] for row in kaplan_meier(cohort, by="group").at(at).rows()}
    sizes = {
        level: len(np.unique(cohort.person[cohort.group.codes == code]))
        for code, level in enumerate(cohort.group.levels)
    }
    known = [level for level in cohort.group.levels if read.get(level) is not None]
    rows: list[dict[str, Any]] = []
    for better in known:
        for other in known:
            if read[better] > read[other] > 0:
                first = tipping_point(float(read[better]), float(read[other]), sizes[better]).rows()[0]
                rows.append(
                    {
                        "group": better,
                        "reference": other,
                        "time": at,
                        "estimate": first["estimate"],
                        "n": first["n"],
                        "value": float(sizes[better]),
                    }
                )
    if not rows:
        raise CannotEstimate(
            speak("No group has a higher survival than another at that time: there is nothing to undo.")
        )
    return Summary(
        what=speak("unseen patients who would undo the advantage of a group"),
        table=tuple(rows),
        method=speak("bounds over patients who were never operated"),
        unit=cohort.unit,
        settings={"at": at},
    )
