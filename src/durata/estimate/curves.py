"""Survival curves: Kaplan-Meier, the exponentiated cumulative hazards, and follow-up by reverse Kaplan-Meier."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from durata.cohort import Cohort
from durata.estimate.counted import Counted, Variance, check_level, count_group, is_robust, variance_name
from durata.estimate.observation import continuing, observe
from durata.estimate.result import Curve, Stretch
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.intervals import INTERVALS, Interval, survival_limits
from durata.kernels.product_limit import cumulative_hazard, product_limit
from durata.language.speaking import speak

Kind = Literal["kaplan-meier", "nelson-aalen", "fleming-harrington"]

METHODS: dict[Kind, str] = {
    "kaplan-meier": "Kaplan-Meier",
    "nelson-aalen": "exponentiated Nelson-Aalen",
    "fleming-harrington": "exponentiated Fleming-Harrington (ties broken)",
}


def kaplan_meier(
    cohort: Cohort,
    by: str | None = None,
    *,
    conf_level: float = 0.95,
    interval: Interval = "log-log",
    variance: Variance = "auto",
    cluster: str | None = "person",
) -> Curve:
    """Estimate S(t), the probability of being free of the event at t, by group (Kaplan & Meier 1958).

    Parameters
    ----------
    cohort : rows at risk in (entry, exit]; frequency weights are repeated persons, sampling weights R's case weights.
    by : the column of groups (``"group"`` is the exposure group); None for one curve named "all".
    conf_level : of the pointwise limits.
    interval : "log-log" (default), "log" (R's default), "plain", "logit" or "arcsin".
    variance : "greenwood"; "infinitesimal-jackknife" (robust); "auto" is the second for sampling weights, else the first.
    cluster : for the jackknife, whose rows move together: "person", a column, or None for every row on its own.

    Returns
    -------
    Curve in the cohort's unit of time, one Stretch a group, with the Nelson-Aalen cumulative hazard beside S.

    Raises
    ------
    CannotEstimate
        where the column, the interval or the variance does not exist, or no row has a group.

    References
    ----------
    Kaplan & Meier, JASA 1958;53:457; Greenwood, The Natural Duration of Cancer, 1926.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(time=[6, 6, 9, 12], event=[True, False, True, False])
    >>> kaplan_meier(cohort).at([6, 9]).tidy()["estimate"].tolist()
    [0.75, 0.375]
    """
    return _curve(
        cohort, by, "kaplan-meier", conf_level=conf_level, interval=interval, variance=variance, cluster=cluster
    )


def nelson_aalen(
    cohort: Cohort,
    by: str | None = None,
    *,
    conf_level: float = 0.95,
    interval: Interval = "log-log",
    variance: Variance = "auto",
    cluster: str | None = "person",
) -> Curve:
    """Estimate S(t) as exp(-H(t)) with the Nelson-Aalen cumulative hazard H, the sum of d / n.

    The hazard itself is the ``cumulative_hazard`` of each Stretch. Arguments, units and errors as in
    :func:`kaplan_meier`. R: ``survfit(stype = 2, ctype = 1)``.

    References
    ----------
    Nelson, Technometrics 1972;14:945; Aalen, Annals of Statistics 1978;6:701.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> curve = nelson_aalen(cohort_from_arrays(time=[1, 2], event=[1, 1]))
    >>> curve.group("all").cumulative_hazard.tolist()
    [0.5, 1.5]
    """
    return _curve(
        cohort, by, "nelson-aalen", conf_level=conf_level, interval=interval, variance=variance, cluster=cluster
    )


def fleming_harrington(
    cohort: Cohort,
    by: str | None = None,
    *,
    conf_level: float = 0.95,
    interval: Interval = "log-log",
    variance: Variance = "auto",
    cluster: str | None = "person",
) -> Curve:
    """Estimate S(t) as exp(-H(t)), H adding 1/n + 1/(n-1) + ... over tied events as if they came one after the other.

    Arguments, units and errors as in :func:`kaplan_meier`. R: ``survfit(stype = 2, ctype = 2)``.

    References
    ----------
    Fleming & Harrington, Communications in Statistics 1984;13:2469.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> curve = fleming_harrington(cohort_from_arrays(time=[1, 1], event=[1, 1]))
    >>> curve.group("all").cumulative_hazard.tolist()
    [1.5]
    """
    return _curve(
        cohort, by, "fleming-harrington", conf_level=conf_level, interval=interval, variance=variance, cluster=cluster
    )


def reverse_kaplan_meier(
    cohort: Cohort, by: str | None = None, *, conf_level: float = 0.95, interval: Interval = "log-log"
) -> Curve:
    """Estimate how long people were followed: Kaplan-Meier with the end of observation as the event.

    Its median is the median follow-up. Who has the event (or a competing one) is censored at it; a row that another
    row of the same person follows ends nothing. Arguments, units and errors as in :func:`kaplan_meier`.

    References
    ----------
    Schemper & Smith, Controlled Clinical Trials 1996;17:343.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(time=[6, 6, 9, 12], event=[True, False, True, False])
    >>> reverse_kaplan_meier(cohort).quantile(0.5).rows()[0]["estimate"]
    12.0
    """
    exit_side = observe(replace(cohort, weights=None)).rows
    goes_on = continuing(exit_side)
    ended = ~cohort.event & ~goes_on
    if cohort.cause is not None:
        ended &= cohort.cause == 0
    curve = _curve(
        replace(cohort, event=ended, cause=None),
        by,
        "kaplan-meier",
        conf_level=conf_level,
        interval=interval,
        variance="auto",
        cluster="person",
    )
    return replace(curve, estimand=speak("share still under observation"), method=speak("reverse Kaplan-Meier"))


def _curve(
    cohort: Cohort,
    by: str | None,
    kind: Kind,
    *,
    conf_level: float,
    interval: Interval,
    variance: Variance,
    cluster: str | None,
) -> Curve:
    if interval not in INTERVALS:
        raise CannotEstimate(
            speak(
                "There is no interval {interval!r}; there are {known}.",
                interval=interval,
                known=speak(", ").join(INTERVALS),
            )
        )
    check_level(conf_level)
    robust = is_robust(cohort, variance)
    observation = observe(cohort, by, cluster=cluster)
    groups = [count_group(observation, code) for code in range(len(observation.levels))]
    emptied = [group.name for group in groups if _emptied_early(group)]
    notes = [*cohort.notes, *observation.notes()]
    if emptied:
        notes.append(
            Finding(
                "N04",
                Severity.WARNING,
                "In {groups} everybody at risk had the event while others had yet to enter: the curve is 0 from there on "
                "whatever happened later.",
                {"groups": speak(", ").join(emptied)},
                "Begin the curve at a time when enough people are at risk.",
                reference="Klein & Moeschberger, Survival Analysis, 2003, section 4.6",
            )
        )
    return Curve(
        stretches=tuple(
            _stretch(group, kind, conf_level=conf_level, interval=interval, robust=robust) for group in groups
        ),
        estimand=speak("probability of being free of the event"),
        method=speak(METHODS[kind]),
        interval=interval,
        conf_level=conf_level,
        unit=cohort.unit,
        time_zero=cohort.time_zero,
        settings={
            "by": by,
            "variance": variance_name(robust=robust),
            "cluster": cluster if robust else None,
            "weights": None if cohort.weights is None else cohort.weights.kind,
        },
        n_left_out=observation.n_left_out,
        notes=tuple(notes),
    )


def _stretch(group: Counted, kind: Kind, *, conf_level: float, interval: Interval, robust: bool) -> Stretch:
    sets = group.sets
    hazard = cumulative_hazard(
        group.at_risk,
        group.events,
        sets.tied[:, 0],
        "fleming-harrington" if kind == "fleming-harrington" else "nelson-aalen",
    )
    hazard_variance = group.jackknife(hazard) if robust else hazard.variance
    if kind == "kaplan-meier":
        estimate = product_limit(group.at_risk, group.events)
        survival = estimate.value
        log_variance = group.jackknife(estimate) if robust else estimate.variance
    else:
        survival, log_variance = np.exp(-hazard.value), hazard_variance
    log_std_error = np.sqrt(log_variance)
    alive = survival > 0
    std_error = np.full(len(survival), np.nan)
    std_error[alive] = survival[alive] * log_std_error[alive]
    low, high = survival_limits(survival, log_std_error, interval, conf_level)
    entry_time = entry_number = None
    if group.rows.entry is not None:
        entry_time, index = np.unique(group.rows.entry, return_inverse=True)
        entry_number = np.bincount(index, weights=group.rows.weights).astype(np.float64)
    return Stretch(
        time=sets.time,
        estimate=survival,
        std_error=std_error,
        conf_low=low,
        conf_high=high,
        at_risk=group.at_risk,
        events=group.events,
        censored=sets.censored[:, 0],
        entered=sets.entered[:, 0],
        n=group.n,
        initial=1.0,
        until=float(sets.time[-1]),
        group=group.name,
        cumulative_hazard=hazard.value,
        cumulative_hazard_std_error=np.sqrt(hazard_variance),
        entry_time=entry_time,
        entry_number=entry_number,
    )


def _emptied_early(group: Counted) -> bool:
    """Whether the risk set died out before the last of the group had entered."""
    if group.rows.entry is None:
        return False
    out = np.flatnonzero((group.events > 0) & (group.events >= group.at_risk))
    return len(out) > 0 and bool(np.any(group.rows.entry >= group.sets.time[out[0]]))
