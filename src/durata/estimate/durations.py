"""How long treatment lasted in those who reached its end: median, quartiles and range, in everybody and by group."""

from __future__ import annotations

import numpy as np

from durata.designs.timeline import duration_group
from durata.estimate.people import ALL
from durata.estimate.result import Summary
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray
from durata.language.speaking import speak
from durata.records.records import Records
from durata.study.types import Study


def durations(study: Study, records: Records) -> Summary:
    """Describe the achieved durations of the patients whose treatment was seen to end.

    Returns
    -------
    Summary in days, one row a duration group and last one of all: ``group``, ``n``, ``median``, ``quartile_1``,
    ``quartile_3``, ``lowest``, ``highest``; a group without patients has None and says so in ``note``. Its settings
    hold ``unit`` (what the study file shows durations in) and ``unit_days`` (the days of one such unit).

    Raises
    ------
    CannotEstimate : nobody's treatment was seen to end.

    References
    ----------
    Hyndman RJ, Fan Y (1996) Sample quantiles in statistical packages. Am Stat 50:361-365 (type 7).

    Examples
    --------
    >>> from durata.examples import example
    >>> from durata.records.reading import read_records
    >>> from durata.study.file import read_study
    >>> study = read_study(example("stanford"))
    >>> durations(study, read_records(study)).rows()[-1]["median"]
    25.0
    """
    treatment = study.treatment
    days = records.dates[treatment.end] - records.dates[treatment.start]
    ended = np.isfinite(days)
    if not ended.any():
        raise CannotEstimate(speak("Nobody's treatment was seen to end, so there are no durations to describe."))
    group = duration_group(study, np.where(ended, days, np.inf))
    rows = [described(level, days[ended & (group.codes == code)]) for code, level in enumerate(group.levels)]
    settings = {"unit": treatment.unit, "unit_days": study.study.days(treatment.unit)}
    return Summary(speak("quartiles and range"), (*rows, described(ALL, days[ended])), settings=settings)


def described(group: str, days: FloatArray) -> dict[str, object]:
    """One row of the summary."""
    names = ("lowest", "quartile_1", "median", "quartile_3", "highest")
    if len(days) == 0:
        return {"group": group, "n": 0, **dict.fromkeys(names), "note": speak("nobody is in this group")}
    values = np.quantile(days, [0.0, 0.25, 0.5, 0.75, 1.0])
    return {"group": group, "n": len(days), **dict(zip(names, map(float, values), strict=True))}
