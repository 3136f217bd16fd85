"""The restricted mean: time free of the event within a horizon, by group, and its differences and ratios between groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from durata.cohort import Cohort
from durata.estimate.counted import Counted, Variance, check_level, count_group, is_robust, variance_name
from durata.estimate.observation import Observation, observe
from durata.estimate.result import Summary
from durata.finding import CannotEstimate
from durata.kernels.arrays import IntArray
from durata.kernels.intervals import normal_quantile
from durata.kernels.product_limit import Estimate, product_limit
from durata.kernels.step_function import area_until, rounding
from durata.language.speaking import speak

EMPTY = 1e-12
"""A part of the horizon smaller than this share of it is none."""
SHARED = "No limits: the same person or cluster has rows in both groups, so that the two means are not independent."
STILL = "No limits: the standard error is 0, as where nobody, or everybody at once, has the event before the horizon."


def restricted_mean(
    cohort: Cohort,
    by: str | None = None,
    *,
    until: float,
    conf_level: float = 0.95,
    variance: Variance = "auto",
    cluster: str | None = "person",
) -> Summary:
    """Estimate the mean time free of the event within ``until``: the area under each Kaplan-Meier curve.

    Parameters
    ----------
    until : the horizon, in the cohort's unit of time. A group observed for less has no estimate (None, and a note)
        unless its curve has come down to 0.
    cohort, by, variance, cluster : as in :func:`kaplan_meier`; limits are those of the normal distribution.

    Returns
    -------
    Summary with one row a group: time (the horizon), estimate, std_error, conf_low, conf_high, n, events, note.

    References
    ----------
    Irwin, Journal of Hygiene 1949;47:188; Klein & Moeschberger, Survival Analysis, 2003, section 4.5.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(time=[6, 6, 9, 12], event=[True, False, True, False])
    >>> restricted_mean(cohort, until=10).rows()[0]["estimate"]
    8.625
    """
    robust = _checked(cohort, until, variance, conf_level)
    observation = observe(cohort, by, cluster=cluster)
    rows: list[dict[str, Any]] = []
    for mean in _means(observation, float(until), robust=robust, unit=cohort.unit):
        row: dict[str, Any] = {"group": mean.name, "time": float(until)}
        if mean.note:
            row |= dict.fromkeys(("estimate", "std_error", "conf_low", "conf_high"))
        else:
            half = normal_quantile(conf_level) * mean.std_error
            row |= {
                "estimate": mean.estimate,
                "std_error": mean.std_error,
                "conf_low": max(mean.estimate - half, 0.0),
                "conf_high": min(mean.estimate + half, float(until)),
            }
        rows.append({**row, "n": mean.n, "events": mean.events, "note": mean.note})
    return Summary(
        what=speak("restricted mean time free of the event"),
        table=tuple(rows),
        method=speak("area under the Kaplan-Meier curve"),
        unit=cohort.unit,
        settings={"until": float(until), "conf_level": conf_level, "variance": variance_name(robust=robust)},
        notes=(*cohort.notes, *observation.notes()),
    )


def restricted_mean_contrasts(
    cohort: Cohort,
    by: str = "group",
    *,
    until: float,
    reference: str | None = None,
    conf_level: float = 0.95,
    variance: Variance = "auto",
    cluster: str | None = "person",
) -> Summary:
    """Compare groups by their restricted means: differences, ratios, and ratios of the time lost.

    The time lost to the event is ``until`` less the restricted mean. The standard error of a difference is the root
    of the sum of the groups' squared ones (R's, without a factor n / (n - 1)); limits of ratios are those of the normal
    distribution on the log scale, by the delta method.

    Parameters
    ----------
    cohort, by, until, variance, cluster : as in :func:`restricted_mean`.
    reference : the group the others are compared with; the first if not given.

    Returns
    -------
    Summary with three rows for each other group, ``term`` being "difference" (group minus reference, in the cohort's
    unit of time), "ratio" and "ratio of time lost" (group over reference): group, reference, time (the horizon),
    estimate, std_error (of the difference), statistic (the normal one, on the log scale for ratios), conf_low,
    conf_high, p_value, note. Where a number cannot be had it is None and the note says why: a group was not followed to
    the horizon, nobody had the event by then (no time is lost), or, for the jackknife, a cluster has rows in
    both groups.

    Raises
    ------
    CannotEstimate : fewer than two groups; no such reference; and as :func:`restricted_mean` does.

    References
    ----------
    Royston & Parmar, BMC Med. Res. Methodol. 2013;13:152; Uno et al., J. Clin. Oncol. 2014;32:2380.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(time=[2, 4, 8, 6, 8, 8], event=[1, 1, 0, 1, 0, 0], group=list("aaabbb"))
    >>> [(row["term"], round(row["estimate"], 3)) for row in restricted_mean_contrasts(cohort, until=8).rows()]
    [('difference', 2.667), ('ratio', 1.571), ('ratio of time lost', 0.2)]
    """
    robust = _checked(cohort, until, variance, conf_level)
    observation = observe(cohort, by, cluster=cluster)
    if len(observation.levels) < 2:
        raise CannotEstimate(
            speak("Only one group of {by!r} has anybody: there are no two restricted means to compare.", by=by)
        )
    if reference is not None and reference not in observation.levels:
        raise CannotEstimate(
            speak(
                "Reference {reference!r} is not a group of {by!r} that anybody is in; there are {levels}.",
                reference=reference,
                by=by,
                levels=speak(", ").join(map(repr, observation.levels)),
            )
        )
    means = _means(observation, float(until), robust=robust, unit=cohort.unit)
    compared = means[0] if reference is None else means[observation.levels.index(reference)]
    z = normal_quantile(conf_level)
    return Summary(
        what=speak("contrasts of the restricted mean time free of the event"),
        table=tuple(
            row
            for mean in means
            if mean is not compared
            for row in _contrasts(mean, compared, float(until), z, robust=robust)
        ),
        method=speak("areas under the Kaplan-Meier curves; normal limits, for ratios on the log scale"),
        unit=cohort.unit,
        settings={
            "by": by,
            "until": float(until),
            "reference": compared.name,
            "conf_level": conf_level,
            "variance": variance_name(robust=robust),
        },
        notes=(*cohort.notes, *observation.notes()),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Mean:
    """The restricted mean of one group; NaN with a ``note`` where there is none."""

    name: str
    estimate: float
    std_error: float
    n: int
    events: float
    clusters: IntArray
    note: str


def _checked(cohort: Cohort, until: float, variance: Variance, conf_level: float) -> bool:
    """Whether the variance is robust; CannotEstimate for an impossible horizon, variance or level."""
    if not np.isfinite(until) or until <= 0:
        raise CannotEstimate(
            speak("The horizon of a restricted mean must be a positive number, not {until!r}.", until=until)
        )
    check_level(conf_level)
    return is_robust(cohort, variance)


def _means(observation: Observation, until: float, *, robust: bool, unit: str) -> list[_Mean]:
    """The restricted mean of every group."""
    found = []
    for code, name in enumerate(observation.levels):
        group = count_group(observation, code)
        last = float(group.sets.time[-1])
        curve = product_limit(group.at_risk, group.events)
        estimate = std_error = np.nan
        note = ""
        if until > last + rounding(group.sets.time) and curve.value[-1] > 0:
            note = speak("beyond the last observation at {last:g} {unit}", last=last, unit=unit)
        else:
            estimate, std_error = _restricted_mean(group, curve, until, robust=robust)
        found.append(_Mean(name, estimate, std_error, group.n, float(group.events.sum()), group.rows.cluster, note))
    return found


def _contrasts(group: _Mean, reference: _Mean, until: float, z: float, *, robust: bool) -> list[dict[str, Any]]:
    """The three rows of one group against the reference."""
    from scipy.special import erfc

    unknown = speak("; ").join(f"{mean.name}: {mean.note}" for mean in (group, reference) if mean.note)
    shared = speak(SHARED) if robust and len(np.intersect1d(group.clusters, reference.clusters)) else ""
    rows = []
    for term in ("difference", "ratio", speak("ratio of time lost")):
        # On the scale of the limits: one value and standard error a group, their difference and its.
        first, second = (_on_scale(mean, term, until) for mean in (group, reference))
        numbers = dict.fromkeys(("estimate", "std_error", "statistic", "conf_low", "conf_high", "p_value"))
        note = unknown
        if not note and not np.isfinite(first[0] + second[0]):
            note = speak(
                "Nobody loses time in {groups}: there is no such ratio.", groups=_names(group, first, reference, second)
            )
            if term == "ratio":
                note = speak(
                    "No time is free of the event in {groups}: there is no ratio.",
                    groups=_names(group, first, reference, second),
                )
        if not note:
            value, std_error = first[0] - second[0], float(np.hypot(first[1], second[1]))
            back = float if term == "difference" else np.exp
            numbers["estimate"] = float(back(value))
            note = shared or ("" if std_error > 0 else speak(STILL))
            if not note:
                statistic = value / std_error
                numbers |= {
                    "std_error": std_error if term == "difference" else None,
                    "statistic": statistic,
                    "conf_low": float(back(value - z * std_error)),
                    "conf_high": float(back(value + z * std_error)),
                    "p_value": float(erfc(abs(statistic) / np.sqrt(2.0))),
                }
        rows.append(
            {"term": term, "group": group.name, "reference": reference.name, "time": until, **numbers, "note": note}
        )
    return rows


def _on_scale(mean: _Mean, term: str, until: float) -> tuple[float, float]:
    """Restricted mean, log of it, or log of the time lost, with the standard error of that; infinite where there is no log."""
    if term == "difference":
        return mean.estimate, mean.std_error
    # A curve that stays at 1 loses no time, whatever rounding makes of the area under it.
    size = mean.estimate if term == "ratio" else max(until - mean.estimate, 0.0)
    if size <= EMPTY * until:
        return -np.inf, np.nan
    return float(np.log(size)), mean.std_error / size


def _names(group: _Mean, first: tuple[float, float], reference: _Mean, second: tuple[float, float]) -> str:
    """The groups whose logarithm is infinite."""
    return speak(" and ").join(mean.name for mean, value in ((group, first), (reference, second)) if np.isinf(value[0]))


def _restricted_mean(group: Counted, curve: Estimate, until: float, *, robust: bool) -> tuple[float, float]:
    """The area to ``until`` and its standard error: Greenwood's terms, or the influence of every row, times the area to come."""
    area, after = area_until(group.sets.time, curve.value, until)
    if not robust:
        step = np.diff(np.concatenate([[0.0], curve.at_risk_part]))
        return area, float(np.sqrt(np.sum(after**2 * step)))
    step = np.diff(np.concatenate([[0.0], curve.at_risk_part]))
    influence = Estimate(curve.value, curve.variance, after * curve.event_part, np.cumsum(after * step))
    return area, float(np.sqrt(group.jackknife(influence)[-1]))
