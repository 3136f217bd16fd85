"""Survival at milestones: conditional on having come so far, and compared between groups at one time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np

from durata.cohort import Cohort
from durata.estimate.counted import check_level
from durata.estimate.curves import kaplan_meier
from durata.estimate.result import Summary
from durata.finding import CannotEstimate
from durata.kernels.intervals import Interval, normal_quantile, survival_limits
from durata.language.speaking import speak

Scale = Literal["log-log", "plain", "log", "logit", "arcsin"]
DifferenceInterval = Literal["log-log", "plain"]


def conditional_survival(
    cohort: Cohort,
    by: str | None = None,
    *,
    given: float,
    after: float | Iterable[float],
    interval: Interval = "log-log",
    conf_level: float = 0.95,
) -> Summary:
    """Estimate the survival of those who have come so far: S(given + after) / S(given).

    Only those still under observation after ``given`` say anything about it, so the curve begins with them, and
    Greenwood's sum runs over (given, given + after].

    Parameters
    ----------
    given : the time survived, in the cohort's unit, after time zero.
    after : further times, counted from ``given``.
    by, interval : as in :func:`kaplan_meier`.

    Returns
    -------
    Summary with one row a group and time: time (from time zero), estimate, std_error, conf_low, conf_high, at_risk (at that
    time), events (since ``given``), note.

    Raises
    ------
    CannotEstimate : nobody is under observation after ``given``; and as :func:`kaplan_meier` does.

    References
    ----------
    Hieke et al., Clin. Cancer Res. 21:1530, 2015; Greenwood, Reports on Public Health 33, 1926.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(time=[2, 4, 6, 8, 10], event=[1, 1, 1, 1, 0])
    >>> conditional_survival(cohort, given=5, after=3).rows()[0]["estimate"]  # one of the three who came to 5
    0.3333333333333333
    """
    if not np.isfinite(given) or given < 0:
        raise CannotEstimate(speak("The time survived must be a number from 0 on, not {given!r}.", given=given))
    wanted = np.atleast_1d(np.asarray(list(after) if isinstance(after, Iterable) else after, dtype=np.float64))
    if not len(wanted) or not np.all(np.isfinite(wanted)) or np.any(wanted <= 0):
        raise CannotEstimate(speak("The further times must be positive numbers."))
    still = cohort.exit > given
    if not np.any(still):
        raise CannotEstimate(
            speak("Nobody is under observation after {given:g} {unit}.", given=given, unit=cohort.unit)
        )
    entry = None if cohort.entry is None else np.maximum(cohort.entry[still], given)
    later = cohort.select(still, entry=entry)
    curve = kaplan_meier(later, by, interval=interval, conf_level=conf_level)
    read = curve.at(given + wanted)
    return replace(
        read,
        what=speak(
            "probability of being free of the event, given that one is at {given:g} {unit}",
            given=given,
            unit=cohort.unit,
        ),
        settings={**read.settings, "given": float(given), "after": tuple(wanted.tolist())},
    )


def survival_contrasts(
    cohort: Cohort,
    by: str = "group",
    *,
    at: float,
    reference: str | None = None,
    interval: DifferenceInterval = "log-log",
    scale: Scale = "log-log",
    conf_level: float = 0.95,
) -> Summary:
    """Compare groups by their survival at one time: differences and ratios of Kaplan-Meier estimates, with a test.

    Parameters
    ----------
    at : the time, chosen before the data were seen, in the cohort's unit.
    reference : the group the others are compared with; the first if not given.
    interval : of the difference: "log-log" combines the log-log limits of both groups (they never leave [-1, 1] and hold
        better in small groups), "plain" is normal. Limits of the ratio are normal on the log scale.
    scale : on which the two estimates are compared by the test; log-log keeps its size best.

    Returns
    -------
    Summary with two rows for each other group, ``term`` being "difference" (group minus reference) and "ratio" (group over
    reference): group, reference, time, estimate, std_error (of the difference), conf_low, conf_high, statistic (a normal
    one: positive when the group fares better), p_value, at_risk (in the group), note. Both rows carry the same test.
    Where a number cannot be had it is None and the note says why.

    Raises
    ------
    CannotEstimate : fewer than two groups; no such reference, interval or scale; and as :func:`kaplan_meier` does.

    References
    ----------
    Klein et al., Stat. Med. 26:4505, 2007 (tests); Zou & Donner, Stat. Med. 27:1693, 2008 (log-log limits).

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(time=[1, 2, 3, 9, 2, 8, 9, 9], event=[1, 1, 1, 0, 1, 1, 0, 0], group=list("aaaabbbb"))
    >>> [(row["term"], round(row["estimate"], 3)) for row in survival_contrasts(cohort, at=5).rows()]
    [('difference', 0.5), ('ratio', 3.0)]
    """
    check_level(conf_level)
    if interval not in get_args(DifferenceInterval):
        raise CannotEstimate(
            speak(
                "There is no interval {interval!r}; there are {known}.",
                interval=interval,
                known=speak(", ").join(get_args(DifferenceInterval)),
            )
        )
    if scale not in get_args(Scale):
        raise CannotEstimate(
            speak(
                "There is no scale {scale!r}; there are {known}.", scale=scale, known=speak(", ").join(get_args(Scale))
            )
        )
    curve = kaplan_meier(cohort, by, interval="log-log", conf_level=conf_level)
    levels = curve.groups
    if len(levels) < 2:
        raise CannotEstimate(speak("Only one group of {by!r} has anybody: there is nothing to compare.", by=by))
    if reference is not None and reference not in levels:
        raise CannotEstimate(
            speak(
                "Reference {reference!r} is not a group of {by!r} that anybody is in; there are {levels}.",
                reference=reference,
                by=by,
                levels=speak(", ").join(map(repr, levels)),
            )
        )
    compared = levels[0] if reference is None else reference
    read = {row["group"]: row for row in curve.at(at).rows()}
    rows = [
        row
        for level in levels
        if level != compared
        for row in _contrast(read[level], read[compared], interval, scale, conf_level)
    ]
    return Summary(
        what=speak("contrasts of the probability of being free of the event at one time"),
        table=tuple(rows),
        method=speak("Kaplan-Meier estimates at one time; {scale} test", scale=scale),
        unit=cohort.unit,
        settings={
            "by": by,
            "at": float(at),
            "reference": compared,
            "interval": interval,
            "scale": scale,
            "conf_level": conf_level,
        },
        notes=curve.notes,
    )


NUMBERS = ("estimate", "std_error", "conf_low", "conf_high", "statistic", "p_value")


def _contrast(
    group: dict[str, Any], reference: dict[str, Any], interval: str, scale: str, conf_level: float
) -> list[dict[str, Any]]:
    """The two rows of one group against the reference."""
    from scipy.special import erfc

    named = {"group": group["group"], "reference": reference["group"], "time": group["time"]}
    difference: dict[str, Any] = {"term": "difference", **named, **dict.fromkeys(NUMBERS), "at_risk": group["at_risk"]}
    ratio = {**difference, "term": "ratio"}
    unknown = [one for one in (group, reference) if one["estimate"] is None]
    if unknown:
        note = speak("; ").join(f"{one['group']}: {one['note']}" for one in unknown)
        return [{**difference, "note": note}, {**ratio, "note": note}]
    s1, s0 = group["estimate"], reference["estimate"]
    difference["estimate"] = s1 - s0
    note = ratio_note = ""
    if s0 > 0.0:
        ratio["estimate"] = s1 / s0
    else:
        ratio_note = speak("Nobody in {group} is free of the event: there is no ratio.", group=reference["group"])
    # A group in which everybody, or nobody, had the event has no standard error to compare with.
    still = [one["group"] for one in (group, reference) if not one["std_error"] or not 0.0 < one["estimate"] < 1.0]
    if still:
        note = speak(
            "No limits and no test: in {groups} everybody, or nobody, had the event.", groups=speak(" and ").join(still)
        )
        return [{**difference, "note": note}, {**ratio, "note": ratio_note or note}]
    e1, e0 = group["std_error"], reference["std_error"]
    error = float(np.hypot(e1, e0))
    z = normal_quantile(conf_level)
    difference["std_error"] = error
    if interval == "plain":
        low, high = s1 - s0 - z * error, s1 - s0 + z * error
    else:
        (low1, high1), (low0, high0) = (_log_log(s, e, conf_level) for s, e in ((s1, e1), (s0, e0)))
        low = s1 - s0 - float(np.hypot(s1 - low1, high0 - s0))
        high = s1 - s0 + float(np.hypot(high1 - s1, s0 - low0))
    difference |= {"conf_low": max(low, -1.0), "conf_high": min(high, 1.0)}
    relative = float(np.hypot(e1 / s1, e0 / s0))
    ratio |= {
        "conf_low": float(np.exp(np.log(s1 / s0) - z * relative)),
        "conf_high": float(np.exp(np.log(s1 / s0) + z * relative)),
    }
    (v1, f1), (v0, f0) = _on_scale(s1, scale), _on_scale(s0, scale)
    statistic = (v1 - v0) / float(np.hypot(f1 * e1, f0 * e0))
    tested = {"statistic": statistic, "p_value": float(erfc(abs(statistic) / np.sqrt(2.0))), "note": ""}
    return [{**difference, **tested}, {**ratio, **tested}]


def _log_log(survival: float, std_error: float, conf_level: float) -> tuple[float, float]:
    low, high = survival_limits(np.array([survival]), np.array([std_error / survival]), "log-log", conf_level)
    return float(low[0]), float(high[0])


def _on_scale(s: float, scale: str) -> tuple[float, float]:
    """A probability on a scale on which more is better, and the slope there."""
    if scale == "plain":
        return s, 1.0
    if scale == "log":
        return float(np.log(s)), 1.0 / s
    if scale == "log-log":
        return float(-np.log(-np.log(s))), -1.0 / (s * float(np.log(s)))
    if scale == "logit":
        return float(np.log(s / (1.0 - s))), 1.0 / (s * (1.0 - s))
    return float(np.arcsin(np.sqrt(s))), 0.5 / float(np.sqrt(s * (1.0 - s)))
