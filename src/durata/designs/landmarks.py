"""Several landmarks at once: those at risk on each of several days, stacked, each day a stratum, people recognised across them.

start ----- | day 1 ------------ event or end of the window      in or not by group as known on day 1
start ----------- | day 2 ------------ event or end of window    the same person again, by group as known on day 2
start ----------------- | day 3 ------------
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from durata.category import Category
from durata.cohort import Cohort, Column, Weights
from durata.designs.landmark import landmark
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import IntArray
from durata.language.speaking import speak
from durata.records.records import Records
from durata.study.types import Study


def landmarks(
    study: Study,
    records: Records,
    outcome: str,
    *,
    at: Sequence[float],
    window: float | None = None,
    event_free_of: Sequence[str] = (),
    counts: IntArray | None = None,
) -> Cohort:
    """Stack the landmark comparisons of several days: ended by that day or not, each followed from its day on.

    A patient who is at risk on several days is in several of the stacked sets, in the group that was known on each. Fit
    ``cox(cohort, ["group", strata("landmark")], robust=True)``: the supermodel of van Houwelingen, one
    effect over all landmarks, its sandwich variance clustered by person; ``interaction("group", "landmark")`` beside them lets the
    effect change with the day. Curves and log-rank tests of the stack would count a patient several times: use
    :func:`landmark` for those.

    Parameters
    ----------
    study, records : the declaration and the data.
    outcome : name of a declared outcome.
    at : the landmarks, days since the start of treatment, at least two, increasing.
    window : days after each landmark at which observation is ended; None: follow everybody to the end.
    event_free_of, counts : as in :func:`landmark`.

    Returns
    -------
    Cohort with a row per patient and landmark, times in days since its landmark, groups "ended" and "not ended", and the
    covariate "landmark" (the day). Landmarks at which one group is empty are left out, with a note.

    Raises
    ------
    CannotEstimate : fewer than two landmarks, days out of order, no landmark with both groups.

    References
    ----------
    van Houwelingen HC (2007) Dynamic prediction by landmarking in event history analysis. Scand J Stat 34:70-85.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> cohort = du.landmarks(study, du.read_records(study), "death", at=[30, 60, 90])
    >>> len(cohort), cohort.n_people
    (192, 78)
    >>> model = du.cox(cohort, ["group", du.strata("landmark")], robust=True)
    >>> round(float(model.estimate[0]), 3)
    -0.221
    """
    days = [float(day) for day in at]
    if len(days) < 2 or any(not later > earlier for earlier, later in pairwise(days)):
        raise CannotEstimate(speak("Name at least two landmarks, in increasing order."))
    if window is not None and (not np.isfinite(window) or window <= 0):
        raise CannotEstimate(
            speak("The window after a landmark is a positive number of days, not {window!r}.", window=window)
        )
    parts: list[Cohort] = []
    kept: list[float] = []
    left_out: list[str] = []
    for day in days:
        try:
            parts.append(landmark(study, records, outcome, at=day, event_free_of=event_free_of, counts=counts))
            kept.append(day)
        except CannotEstimate as reason:
            left_out.append(f"{day:g}: {reason}")
    if not parts:
        raise CannotEstimate(speak("No landmark has both groups ({reasons}).", reasons=speak("; ").join(left_out)))
    exit_ = np.concatenate([one.exit for one in parts])
    event = np.concatenate([one.event for one in parts])
    if window is not None:
        event &= exit_ <= window
        exit_ = np.minimum(exit_, window)
    end = study.treatment.end_name
    codes = np.concatenate([one.group.codes for one in parts if one.group is not None])
    weights = [one.weights.values for one in parts if one.weights is not None]
    lasting = np.repeat(kept, [len(one) for one in parts])
    names = parts[0].covariates
    if "landmark" in names:
        raise CannotEstimate(speak("The study has a covariate called 'landmark'; give it another name."))
    notes: tuple[Finding, ...] = ()
    if left_out:
        notes = (
            Finding(
                "N19",
                Severity.INFO,
                "{n} landmark(s) were left out: {reasons}",
                {"n": len(left_out), "reasons": speak("; ").join(left_out)},
            ),
        )
    return Cohort(
        person=np.concatenate([one.person for one in parts]),
        exit=exit_,
        event=event,
        group=Category(
            codes,
            (speak("no {end_name} by the landmark", end_name=end), speak("{end_name} by the landmark", end_name=end)),
        ),
        weights=None if not weights else Weights(np.concatenate(weights), "frequency"),
        covariates={**{name: _stacked([one.covariates[name] for one in parts]) for name in names}, "landmark": lasting},
        time_zero=speak("each landmark after {start_name}", start_name=study.treatment.start_name),
        design="landmarks",
        outcome=outcome,
        flow=parts[0].flow,
        notes=notes,
    )


def _stacked(columns: Sequence[Any]) -> Column:
    first = columns[0]
    if isinstance(first, Category):
        return Category(np.concatenate([one.codes for one in columns]), first.levels)
    return np.concatenate(columns)
