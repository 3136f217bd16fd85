"""The restricted mean: time free of the event within a horizon, the area under each Kaplan-Meier curve."""

from __future__ import annotations

from typing import Any

import numpy as np

from durata.cohort import Cohort
from durata.estimate.counted import Counted, Variance, check_level, count_group, is_robust, variance_name
from durata.estimate.observation import observe
from durata.estimate.result import Summary
from durata.finding import CannotEstimate
from durata.kernels.intervals import normal_quantile
from durata.kernels.product_limit import Estimate, product_limit
from durata.kernels.step_function import area_until, rounding


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
    if not np.isfinite(until) or until <= 0:
        raise CannotEstimate(f"The horizon of a restricted mean must be a positive number, not {until!r}.")
    robust = is_robust(cohort, variance)
    check_level(conf_level)
    observation = observe(cohort, by, cluster=cluster)
    rows: list[dict[str, Any]] = []
    for code, name in enumerate(observation.levels):
        group = count_group(observation, code)
        row: dict[str, Any] = {"group": name, "time": float(until)}
        last = float(group.sets.time[-1])
        curve = product_limit(group.at_risk, group.events)
        if until > last + rounding(group.sets.time) and curve.value[-1] > 0:
            row |= dict.fromkeys(("estimate", "std_error", "conf_low", "conf_high"))
            note = f"beyond the last observation at {last:g} {cohort.unit}"
        else:
            estimate, std_error = _restricted_mean(group, curve, float(until), robust=robust)
            half = normal_quantile(conf_level) * std_error
            row |= {
                "estimate": estimate,
                "std_error": std_error,
                "conf_low": max(estimate - half, 0.0),
                "conf_high": min(estimate + half, float(until)),
            }
            note = ""
        rows.append({**row, "n": group.n, "events": float(group.events.sum()), "note": note})
    return Summary(
        what="restricted mean time free of the event",
        table=tuple(rows),
        method="area under the Kaplan-Meier curve",
        unit=cohort.unit,
        settings={"until": float(until), "conf_level": conf_level, "variance": variance_name(robust=robust)},
        notes=(*cohort.notes, *observation.notes()),
    )


def _restricted_mean(group: Counted, curve: Estimate, until: float, *, robust: bool) -> tuple[float, float]:
    """The area to ``until`` and its standard error: Greenwood's terms, or the influence of every row, times the area to come."""
    area, after = area_until(group.sets.time, curve.value, until)
    if not robust:
        step = np.diff(np.concatenate([[0.0], curve.at_risk_part]))
        return area, float(np.sqrt(np.sum(after**2 * step)))
    step = np.diff(np.concatenate([[0.0], curve.at_risk_part]))
    influence = Estimate(curve.value, curve.variance, after * curve.event_part, np.cumsum(after * step))
    return area, float(np.sqrt(group.jackknife(influence)[-1]))
