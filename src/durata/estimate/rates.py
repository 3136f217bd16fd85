"""Events per person-time: rates by group with exact limits, and their ratios."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from durata.cohort import Cohort
from durata.estimate.counted import check_level
from durata.estimate.glossary import or_none
from durata.estimate.observation import Observation, observe
from durata.estimate.people import ALL
from durata.estimate.result import Summary
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray, IntArray
from durata.kernels.multiplicity import ADJUSTMENTS, Adjustment, adjusted_p_values
from durata.kernels.person_time import exact_rate_limits, log_rate_limits, rate_ratio
from durata.language.speaking import speak

RateInterval = Literal["exact", "log"]


def event_rates(
    cohort: Cohort,
    by: str | None = None,
    *,
    per: float = 1.0,
    conf_level: float = 0.95,
    interval: RateInterval = "exact",
) -> Summary:
    """Estimate events per person-time in each group and in everybody.

    A person is under observation from the later of entry and time zero until exit; rows of one person may belong to
    different groups over time. Frequency weights count identical persons.

    Parameters
    ----------
    by : the column of groups; None for everybody only.
    per : the person-time a rate is given for, in the cohort's unit (36525 with days: per 100 person-years).
    interval : "exact" (Poisson) or "log" (normal on the log scale; none without an event).

    Returns
    -------
    Summary with one row a group, then "all": n (persons), events, person_time (in the cohort's unit), estimate,
    conf_low, conf_high; None, and a note, where there is no person-time.

    Raises
    ------
    CannotEstimate
        for an interval or column that does not exist, ``per`` not above 0, and sampling weights.

    References
    ----------
    Garwood, Biometrika 1936;28:437.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> rates = event_rates(cohort_from_arrays(time=[6, 6, 8], event=[1, 0, 1]), per=100)
    >>> rates.rows()[0]["estimate"]
    10.0
    """
    check_level(conf_level)
    if interval not in ("exact", "log"):
        raise CannotEstimate(
            speak("There is no interval {interval!r} of a rate; there are 'exact' and 'log'.", interval=interval)
        )
    if not (np.isfinite(per) and per > 0):
        raise CannotEstimate(speak("A rate is given per a person-time above 0, not per {per!r}.", per=per))
    observation = _counting(cohort, by)
    n, events, time = _totals(observation)
    names = list(observation.levels)
    if by is not None:
        names.append(ALL)
        # a person whose group changes is in two groups, and once in everybody
        n = np.append(n, _persons(observation).sum())
        events, time = np.append(events, events.sum()), np.append(time, time.sum())
    low, high = (exact_rate_limits if interval == "exact" else log_rate_limits)(events, time, conf_level)
    rows = []
    for k, name in enumerate(names):
        rows.append(
            {
                "group": name,
                "n": int(n[k]),
                "events": int(events[k]),
                "person_time": float(time[k]),
                "estimate": float(per * events[k] / time[k]) if time[k] > 0 else None,
                "conf_low": or_none(float(per * low[k])),
                "conf_high": or_none(float(per * high[k])),
                "note": _why_no_rate(events[k], time[k], interval),
            }
        )
    return Summary(
        what=speak("events per {per:g} person-{unit}", per=per, unit=cohort.unit)
        if per != 1
        else speak("events per person-{unit}", unit=cohort.unit),
        table=tuple(rows),
        method=speak("person-time rate with ")
        + (speak("exact Poisson limits") if interval == "exact" else speak("limits on the log scale")),
        unit=cohort.unit,
        settings={"by": by, "per": per, "conf_level": conf_level, "interval": interval},
        notes=(*cohort.notes, *observation.notes()),
    )


def _why_no_rate(events: float, time: float, interval: RateInterval) -> str:
    if not time > 0:
        return speak("Nobody was under observation for any time.")
    return speak("No limits on the log scale without an event.") if events == 0 and interval == "log" else ""


def rate_ratios(cohort: Cohort, by: str = "group", *, conf_level: float = 0.95, adjust: Adjustment = "holm") -> Summary:
    """Estimate the ratio of the event rates of every pair of groups, with exact limits and test.

    Given the total of their events, the events of one of two groups are binomial with the share of person-time.

    Returns
    -------
    Summary with one row a pair: group, reference (the earlier of the two), events, estimate (rate of group over rate of
    reference), conf_low, conf_high, p_value, p_adjusted, note. A ratio or limit without bound (no event in the
    reference) is None, and the note says so.

    Raises
    ------
    CannotEstimate
        for fewer than two groups, an adjustment that does not exist, and as :func:`event_rates` does.

    References
    ----------
    Przyborowski & Wilenski, Biometrika 1940;31:313.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(time=[5, 5, 10, 10], event=[1, 1, 1, 0], group=list("aabb"))
    >>> rate_ratios(cohort).rows()[0]["estimate"]
    0.25
    """
    check_level(conf_level)
    if adjust not in ADJUSTMENTS:
        raise CannotEstimate(
            speak(
                "There is no adjustment {adjust!r}; there are {known}.",
                adjust=adjust,
                known=speak(", ").join(ADJUSTMENTS),
            )
        )
    observation = _counting(cohort, by)
    if len(observation.levels) < 2:
        raise CannotEstimate(speak("Only one group of {by!r} has anybody: there are no two rates to compare.", by=by))
    _, events, time = _totals(observation)
    rows: list[dict[str, Any]] = []
    for first in range(len(events)):
        for second in range(first + 1, len(events)):
            found = rate_ratio(
                int(events[second]), float(time[second]), int(events[first]), float(time[first]), conf_level
            )
            rows.append(
                {
                    "group": observation.levels[second],
                    "reference": observation.levels[first],
                    "events": int(events[first] + events[second]),
                    "estimate": _bounded(found.ratio),
                    "conf_low": or_none(found.low),
                    "conf_high": _bounded(found.high),
                    "p_value": or_none(found.p_value),
                    "p_adjusted": None,
                    "note": _why_no_ratio(found.ratio, found.high),
                }
            )
    tested = [row for row in rows if row["p_value"] is not None]
    for row, p in zip(tested, adjusted_p_values([row["p_value"] for row in tested], adjust), strict=True):
        row["p_adjusted"] = float(p)
    return Summary(
        what=speak("ratios of event rates of every pair of groups"),
        table=tuple(rows),
        method=speak("rate ratio with exact conditional limits"),
        settings={"by": by, "conf_level": conf_level, "adjust": adjust, "family": len(tested)},
        notes=(*cohort.notes, *observation.notes()),
    )


def _bounded(value: float) -> float | None:
    return None if not np.isfinite(value) else float(value)


def _why_no_ratio(ratio: float, high: float) -> str:
    if np.isnan(ratio):
        return speak("No ratio: neither group has an event, or one has no person-time.")
    return speak("The ratio has no upper limit: the reference has no event.") if np.isinf(high) else ""


def _counting(cohort: Cohort, by: str | None) -> Observation:
    if cohort.weights is not None and cohort.weights.kind == "sampling":
        raise CannotEstimate(
            speak("Exact limits of a rate need whole events: use the cohort before weights are given to it.")
        )
    return observe(cohort, by)


def _totals(observation: Observation) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(K,) persons, events and person-time of each group."""
    rows, k = observation.rows, len(observation.levels)
    weight = _weights(observation)
    begin = np.zeros(len(rows.exit_time)) if rows.entry is None else np.maximum(rows.entry, 0.0)
    time = np.maximum(rows.exit_time - begin, 0.0)
    in_group = np.column_stack([observation.group, rows.person])
    seen = np.unique(in_group, axis=0, return_index=True)[1]

    def total(values: FloatArray, group: IntArray) -> FloatArray:
        return np.asarray(np.bincount(group, values, minlength=k), dtype=np.float64)

    return (
        total(weight[seen], observation.group[seen]),
        total(weight * rows.event, observation.group),
        total(weight * time, observation.group),
    )


def _persons(observation: Observation) -> FloatArray:
    """How many identical persons stand behind each different one."""
    seen = np.unique(observation.rows.person, return_index=True)[1]
    return _weights(observation)[seen]


def _weights(observation: Observation) -> FloatArray:
    weights = observation.rows.weights
    return np.ones(len(observation.rows.exit_time)) if weights is None else weights
