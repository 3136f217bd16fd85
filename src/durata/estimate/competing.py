"""Competing risks without a model: the cumulative incidence of each cause, and the restricted mean time it takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from durata.cohort import Cohort
from durata.estimate.causes import causes_of, check_cause
from durata.estimate.counted import Counted, check_level, count_group
from durata.estimate.observation import Observation, observe, select_rows
from durata.estimate.result import Curve, Stretch, Summary
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import FloatArray, IntArray
from durata.kernels.cumulative_incidence import (
    Ended,
    Incidence,
    aalen_johansen,
    area_until,
    hypergeometric_variance,
    jackknife_area_variance,
    jackknife_variance,
    multinomial_variance,
)
from durata.kernels.intervals import INTERVALS, Interval, normal_quantile, survival_limits
from durata.kernels.risk_set import Rows
from durata.language.speaking import speak

IncidenceVariance = Literal["infinitesimal-jackknife", "greenwood", "delta"]
EVENT_FREE = "event-free"


def cumulative_incidence(
    cohort: Cohort,
    by: str | None = None,
    *,
    cause: int | None = None,
    variance: IncidenceVariance = "infinitesimal-jackknife",
    conf_level: float = 0.95,
    interval: Interval = "log-log",
    cluster: str | None = "person",
) -> Curve:
    """Estimate the share of people who have had each cause by t while all causes compete (Aalen-Johansen).

    Rows are at risk in (entry, exit]. At every time the shares of all causes and of those free of every event add up
    to 1, which 1 - Kaplan-Meier of single causes does not. Frequency weights repeat persons, sampling weights are R's
    case weights.

    Parameters
    ----------
    by : the column of groups; None for one group named "all".
    cause : only this one (1 the event, 2, 3, ... competing); None for all that occur. A stretch is named by number.
    variance : "infinitesimal-jackknife" (R's ``survfit``; clusters), "greenwood" (multinomial increments; R's ``etm``;
        equal to the first without delayed entry and weights), or "delta" (R's ``cmprsk::cuminc``; hypergeometric
        increments; neither entry nor sampling weights).
    interval : as in :func:`~durata.estimate.curves.kaplan_meier`, on the incidence itself (R's ``survfit``).
    cluster : for the jackknife, whose rows move together: "person", a column, or None for every row on its own.

    Returns
    -------
    Curve, one Stretch a group and cause (``curve.group(name, "2")``), beginning at 0.

    Raises
    ------
    CannotEstimate
        nobody has the cause; an interval or variance that does not exist or does not fit entry and weights.

    References
    ----------
    Aalen & Johansen, Scandinavian Journal of Statistics 1978;5:141; Gray, Annals of Statistics 1988;16:1141.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(time=[2, 3, 5, 8], event=[1, 2, 1, 0], event_codes=[1], competing_codes=[2])
    >>> [(row["cause"], row["estimate"]) for row in cumulative_incidence(cohort).at(5).rows()]
    [('1', 0.5), ('2', 0.25)]
    """
    if interval not in INTERVALS:
        raise CannotEstimate(
            speak(
                "There is no interval {interval!r}; there are {known}.",
                interval=interval,
                known=speak(", ").join(INTERVALS),
            )
        )
    check_level(conf_level)
    if variance not in get_args(IncidenceVariance):
        raise CannotEstimate(
            speak(
                "There is no variance {variance!r}; there are {known}.",
                variance=variance,
                known=speak(", ").join(get_args(IncidenceVariance)),
            )
        )
    counted, observation, causes = _counted(cohort, by, cause, cluster)
    sampling = cohort.weights is not None and cohort.weights.kind == "sampling"
    if variance == "delta" and (sampling or observation.rows.entry is not None):
        raise CannotEstimate(
            speak(
                "The delta variance of the cumulative incidence knows neither delayed entry nor "
                "sampling weights; use variance='infinitesimal-jackknife'."
            )
        )
    stretches, absent = [], []
    for group in counted:
        for chosen in causes:
            if not np.any(group.ended.cause == chosen):
                absent.append(speak("{name} (cause {chosen})", name=group.counted.name, chosen=chosen))
            stretches.append(_stretch(group, chosen, variance, interval, conf_level))
    notes = [*cohort.notes, *observation.notes()]
    if absent:
        notes.append(
            Finding(
                "N16",
                Severity.INFO,
                "Nobody had the event in {groups}: the incidence stays at 0 there, without an interval.",
                {"groups": speak(", ").join(absent)},
            )
        )
    return Curve(
        stretches=tuple(stretches),
        estimand=speak("cumulative incidence"),
        method="Aalen-Johansen",
        interval=interval,
        conf_level=conf_level,
        unit=cohort.unit,
        time_zero=cohort.time_zero,
        settings={
            "by": by,
            "causes": tuple(causes),
            "variance": variance,
            "cluster": cluster if variance == "infinitesimal-jackknife" else None,
            "weights": None if cohort.weights is None else cohort.weights.kind,
        },
        n_left_out=observation.n_left_out,
        notes=tuple(notes),
    )


def restricted_time_in_state(
    cohort: Cohort, by: str | None = None, *, until: float, conf_level: float = 0.95, cluster: str | None = "person"
) -> Summary:
    """Estimate how long, of the first ``until`` units of time, people are event-free and how long each cause has taken.

    The areas under S and under the cumulative incidences, which add up to ``until``; the area of a cause is the mean
    time lost to it. Standard errors by the infinitesimal jackknife. R: ``survfit`` of several states, ``rmean``.

    Raises
    ------
    CannotEstimate : ``until`` is not positive, or beyond the last observation of a group with people still free of
        every event.

    References
    ----------
    Andersen, Statistics in Medicine 2013;32:5278.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(time=[2, 3, 5, 8], event=[1, 2, 1, 0], event_codes=[1], competing_codes=[2])
    >>> [(row["cause"], row["estimate"]) for row in restricted_time_in_state(cohort, until=8).rows()]
    [('event-free', 4.5), ('1', 2.25), ('2', 1.25)]
    """
    check_level(conf_level)
    if not (np.isfinite(until) and until > 0):
        raise CannotEstimate(speak("The time up to which to count must be positive, not {until!r}.", until=until))
    counted, observation, causes = _counted(cohort, by, None, cluster)
    z = normal_quantile(conf_level)
    rows: list[dict[str, Any]] = []
    for group in counted:
        time, curve = group.counted.sets.time, group.curve
        if until > time[-1] and curve.free[-1] > 0:
            raise CannotEstimate(
                speak(
                    "Group {name!r} was observed until {time:g} {unit} with people still free of every "
                    "event: nothing is known up to {until:g}. Choose an earlier time.",
                    name=group.counted.name,
                    time=time[-1],
                    unit=cohort.unit,
                    until=until,
                )
            )
        for state in (None, *causes):
            place = None if state is None else state - 1
            value = curve.free if place is None else curve.incidence[:, place]
            estimate = area_until(time, value, 1.0 if place is None else 0.0, until)
            error = float(np.sqrt(jackknife_area_variance(curve, place, group.ended, time, until)))
            rows.append(
                {
                    "group": group.counted.name,
                    "cause": EVENT_FREE if state is None else str(state),
                    "time": float(until),
                    "estimate": estimate,
                    "std_error": error,
                    "conf_low": max(estimate - z * error, 0.0),
                    "conf_high": min(estimate + z * error, float(until)),
                    "n": group.counted.n,
                }
            )
    return Summary(
        what=speak("restricted mean time in each state"),
        table=tuple(rows),
        method=speak("area under Aalen-Johansen curves"),
        unit=cohort.unit,
        settings={"by": by, "until": float(until), "conf_level": conf_level, "variance": "infinitesimal-jackknife"},
        notes=(*cohort.notes, *observation.notes()),
    )


@dataclass(frozen=True, slots=True)
class _Group:
    """One group counted by cause."""

    counted: Counted
    ended: Ended
    curve: Incidence


def _counted(
    cohort: Cohort, by: str | None, cause: int | None, cluster: str | None
) -> tuple[list[_Group], Observation, list[int]]:
    """Every group counted by cause, and the causes asked for."""
    causes = causes_of(cohort)
    if cause is not None:
        check_cause(cohort, cause)
    present = np.unique(causes[causes > 0]).tolist()
    if not present:
        raise CannotEstimate(speak("Nobody had any event: there is no incidence to estimate."))
    observation = observe(replace(cohort, event=causes > 0), by, cluster=cluster)
    causes, C = causes[observation.position], present[-1]
    groups = []
    for code in range(len(observation.levels)):
        counted = count_group(observation, code)
        mask = observation.group == code
        ends = _last_cause(select_rows(observation.rows, mask), counted.rows, causes[mask])
        weights, clusters, multiplicity = counted.clusters()
        m = len(counted.sets.time)
        row_weights = counted.rows.weights
        some = ends > 0
        events = np.bincount(
            counted.sets.exit_index[some] * C + ends[some] - 1,
            weights=None if row_weights is None else row_weights[some],
            minlength=m * C,
        )
        curve = aalen_johansen(counted.at_risk, events.astype(np.float64).reshape(m, C))
        sets = counted.sets
        ended = Ended(ends, sets.exit_index, sets.entry_index, weights, clusters, multiplicity)
        groups.append(_Group(counted, ended, curve))
    return groups, observation, present if cause is None else [cause]


def _last_cause(before: Rows, after: Rows, cause: IntArray) -> IntArray:
    """The cause of every row ``after`` the rows of a person that follow each other were joined."""
    if len(after.exit_time) == len(before.exit_time):
        return (
            cause
            if np.array_equal(before.person, after.person)
            else cause[np.lexsort((before.exit_time, before.person))]
        )
    order = np.lexsort((before.exit_time, before.person))
    times, place = np.unique(before.exit_time, return_inverse=True)
    key = before.person[order] * len(times) + place[order]
    wanted = after.person * len(times) + np.searchsorted(times, after.exit_time)
    return cause[order][np.searchsorted(key, wanted)]


def _stretch(group: _Group, cause: int, variance: IncidenceVariance, interval: Interval, conf_level: float) -> Stretch:
    curve, sets, rows = group.curve, group.counted.sets, group.counted.rows
    incidence = curve.incidence[:, cause - 1]
    if variance == "infinitesimal-jackknife":
        square = jackknife_variance(curve, cause - 1, group.ended)
    elif variance == "greenwood":
        square = multinomial_variance(curve, cause - 1)
    else:
        square = hypergeometric_variance(curve, cause - 1)
    error: FloatArray = np.sqrt(square)
    some = incidence > 0
    relative = np.divide(error, incidence, out=np.zeros_like(error), where=some)
    low, high = survival_limits(incidence, relative, interval, conf_level)
    low, high = np.where(some, low, np.nan), np.where(some, high, np.nan)
    entry_time = entry_number = None
    if rows.entry is not None:
        entry_time, index = np.unique(rows.entry, return_inverse=True)
        entry_number = np.bincount(index, weights=rows.weights).astype(np.float64)
    return Stretch(
        time=sets.time,
        estimate=incidence,
        std_error=error,
        conf_low=low,
        conf_high=high,
        at_risk=group.counted.at_risk,
        events=curve.events[:, cause - 1],
        censored=sets.censored[:, 0],
        entered=sets.entered[:, 0],
        n=group.counted.n,
        initial=0.0,
        until=float(sets.time[-1]),
        group=group.counted.name,
        cause=str(cause),
        entry_time=entry_time,
        entry_number=entry_number,
    )
