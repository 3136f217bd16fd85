"""Competing events of an emulated trial: the incidence of each cause under each strategy, contrasts, percentile intervals."""

from __future__ import annotations

from typing import Any

import numpy as np

from durata.designs.emulated.trial import EmulatedTrial
from durata.estimate.emulated import horizon_of, method_of, monthly_risks, settings_of
from durata.estimate.emulated_bootstrap import EmulatedBootstrap
from durata.estimate.result import Summary
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray
from durata.kernels.resampled_limits import percentile_limits
from durata.language.speaking import speak


def emulated_causes(trial: EmulatedTrial, *, at: int | None = None, reference: str | None = None) -> Summary:
    """Read the incidence of every cause at a horizon under each strategy, and compare every strategy with one of them.

    The incidence is that of a weighted Aalen-Johansen estimator: the chance of the cause by then where the others can
    come first. A strategy can lower the incidence of one cause by raising another's, so all causes are given.

    Parameters
    ----------
    trial : from :func:`~durata.emulate`.
    at : month of the horizon; the last of the trial if not given.
    reference : the strategy the others are compared with; the first if not given.

    Returns
    -------
    Summary with rows "incidence" by strategy and ``cause`` and, against the reference, "difference of incidence" and "ratio of
    incidence". A refused strategy has no number, and a note that says why.

    Raises
    ------
    CannotEstimate : a horizon outside the trial, an unknown reference.

    References
    ----------
    Aalen & Johansen, Scand. J. Statist. 1978;5:141; Young et al., Stat Med 2020;39:1199.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(
    ...     time=[1, 2, 2, 2, 2, 2] * 10, cause=[0, 1, 2, 0, 1, 0] * 10, ended_at=[0.5, 0.5, 1.5, 1.5, 1.5, 0.2] * 10, horizon=2,
    ...     causes=("relapse", "death"))
    >>> trial = du.emulate(courses, du.EmulationPlan((du.ending_window("short", 0, 1), du.ending_window("long", 1, 2)), weights="empirical"))
    >>> rows = [row for row in du.emulated_causes(trial).rows() if row["term"] == "difference of incidence"]
    >>> [(row["cause"], round(row["estimate"], 4)) for row in rows]
    [('relapse', -0.1667), ('death', 0.3333)]
    """
    month = horizon_of(trial, at)
    base = 0 if reference is None else trial.plan.index(reference)
    risks = monthly_risks(trial)
    values = _contrasts(risks.incidence[None], risks.known[None], month, base)
    return _summary(trial, month, base, _rows(trial, month, base, values))


def emulated_cause_intervals(
    bootstrap: EmulatedBootstrap, *, at: int | None = None, reference: str | None = None, conf_level: float = 0.95
) -> Summary:
    """Set percentile intervals of the patient bootstrap beside the rows of ``emulated_causes``.

    Returns
    -------
    Summary with the rows of ``emulated_causes``, standard error (SD of the replicates), limits and number of replicates.

    Raises
    ------
    CannotEstimate : a confidence level outside 0 to 1, a horizon outside the trial.

    References
    ----------
    Efron & Tibshirani, An Introduction to the Bootstrap, 1993.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(
    ...     time=[1, 2, 2, 2, 2, 2] * 10, cause=[0, 1, 2, 0, 1, 0] * 10, ended_at=[0.5, 0.5, 1.5, 1.5, 1.5, 0.2] * 10, horizon=2,
    ...     causes=("relapse", "death"))
    >>> plan = du.EmulationPlan((du.ending_window("short", 0, 1), du.ending_window("long", 1, 2)), weights="empirical")
    >>> row = du.emulated_cause_intervals(du.emulated_bootstrap(courses, plan, replicates=20, seed=7)).rows()[0]
    >>> row["conf_low"] <= row["estimate"] <= row["conf_high"]
    True
    """
    if not 0 < conf_level < 1:
        raise CannotEstimate(speak("conf_level must lie between 0 and 1, not {given!r}.", given=conf_level))
    trial = bootstrap.trial
    month = horizon_of(trial, at)
    base = 0 if reference is None else trial.plan.index(reference)
    drawn = _contrasts(bootstrap.incidence, bootstrap.known, month, base)
    rows = []
    for row in emulated_causes(trial, at=month, reference=reference).rows():
        values = drawn[row["term"]][:, trial.names.index(row["group"]), trial.courses.causes.index(row["cause"])]
        finite = values[np.isfinite(values)]
        known = row["estimate"] is not None and len(finite) >= 2
        low, high = percentile_limits(finite, conf_level) if known else (None, None)
        error = float(finite.std(ddof=1)) if known else None
        rows.append({**row, "std_error": error, "conf_low": low, "conf_high": high, "n": len(finite)})
    return _summary(trial, month, base, rows, replicates=bootstrap.asked, seed=bootstrap.seed, conf_level=conf_level)


def _contrasts(incidence: FloatArray, known: BoolArray, month: int, base: int) -> dict[str, FloatArray]:
    """(B, G, causes) of every term, from (B, G, K, causes) incidences; NaN where a strategy is not followed so far."""
    value = np.where(known[:, :, month - 1, None], incidence[:, :, month - 1], np.nan)
    other = value[:, base : base + 1]
    ratio = np.full_like(value, np.nan)
    np.divide(value, other, out=ratio, where=other > 0)
    return {"incidence": value, "difference of incidence": value - other, "ratio of incidence": ratio}


def _rows(trial: EmulatedTrial, month: int, base: int, values: dict[str, FloatArray]) -> list[dict[str, Any]]:
    refused, rows = trial.refusals(), []
    for term, value in values.items():
        for g, name in enumerate(trial.names):
            if term != "incidence" and g == base:
                continue
            for j, cause in enumerate(trial.courses.causes):
                against = {} if term == "incidence" else {"reference": trial.names[base]}
                note = refused.get(name, "") or (refused.get(trial.names[base], "") if against else "")
                number = float(value[0, g, j])
                if not note and not np.isfinite(number):
                    ratio = term == "ratio of incidence"
                    note = speak("the reference has no risk or is unknown") if ratio else speak("not followed so far")
                rows.append(
                    {"term": term, "group": name, "cause": cause, "time": float(month),
                     "estimate": None if note else number, "note": note, **against}
                )  # fmt: skip
    return rows


def _summary(trial: EmulatedTrial, month: int, base: int, rows: list[dict[str, Any]], **more: Any) -> Summary:
    return Summary(
        what=speak(
            "incidence of each cause under each strategy at {month} {unit}", month=month, unit=trial.courses.unit
        ),
        table=tuple(rows),
        method=method_of(trial),
        unit=trial.courses.unit,
        settings={**settings_of(trial), "at": month, "reference": trial.names[base], **more},
    )
