"""What an emulated trial rests on: uptake, weights, positivity, balance, the flow of clones, and truncated weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from durata.category import Category
from durata.designs.emulated.courses import NEVER
from durata.designs.emulated.deviation import REASONS
from durata.designs.emulated.trial import EmulatedTrial
from durata.estimate.emulated import horizon_of, settings_of
from durata.estimate.emulated_differences import changing_balance, difference
from durata.estimate.result import Summary
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray
from durata.language.speaking import speak

RARE = 0.025
"""The share of patients with a smaller chance of following a strategy is shown (Petersen et al. 2012 look for such)."""
TOP = 0.05
PERCENTILES = (99.5, 99.0)


def emulated_uptake(trial: EmulatedTrial) -> Summary:
    """Show how many patients have ended treatment by each month, as observed and as each strategy has it (weighted).

    Returns
    -------
    Summary with rows "ended" by group ("observed" and every strategy) and month: the share of those still under
    observation at the month whose treatment has ended.

    Raises
    ------
    CannotEstimate : never for a trial that stands.

    References
    ----------
    Hernan & Robins, Am J Epidemiol 2016;183:758.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(time=[2, 2, 2], cause=[0, 0, 0], ended_at=[0.5, 1.5, 0.8], horizon=2)
    >>> trial = du.emulate(courses, du.EmulationPlan((du.ending_window("short", 0, 1), du.ending_window("long", 1, 2)), weights="empirical"))
    >>> [round(row["estimate"], 3) for row in du.emulated_uptake(trial).rows()]
    [0.667, 1.0, 1.0, 1.0, 0.0, 1.0]
    """
    courses, rows = trial.courses, []
    for name in (None, *trial.names):
        for k in range(1, courses.horizon + 1):
            weight = trial.counts * ((courses.exit >= k) if name is None else trial.weights_at(name, k))
            total = float(weight.sum())
            share = float(weight @ (courses.ended <= k)) / total if total > 0 else None
            rows.append(
                {
                    "term": "ended",
                    "group": speak("observed") if name is None else name,
                    "time": float(k),
                    "estimate": share,
                    **({} if total > 0 else {"note": speak("nobody is at risk")}),
                }
            )
    return _summary(trial, speak("share of patients whose treatment has ended"), rows)


def emulated_weights(trial: EmulatedTrial) -> Summary:
    """Describe the weights of the clones at risk in every month: how large, how uneven, how many patients they are worth.

    Returns
    -------
    Summary with rows by strategy and month: "mean weight", "largest weight", "effective sample size" (Kish), "share of
    the top 5 %" (of all weight held by the 5 % of clones with the largest), "patients" (unique, at risk).

    Raises
    ------
    CannotEstimate : never for a trial that stands.

    References
    ----------
    Kish, Survey Sampling, 1965; Cole & Hernan, Am J Epidemiol 2008;168:656.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(time=[2, 2, 2], cause=[0, 0, 0], ended_at=[0.5, 1.5, 0.8], horizon=2)
    >>> trial = du.emulate(courses, du.EmulationPlan((du.ending_window("short", 0, 1), du.ending_window("long", 1, 2)), weights="empirical"))
    >>> [row["estimate"] for row in du.emulated_weights(trial).rows() if row["term"] == "effective sample size"]
    [2.0, 2.0, 1.0, 1.0]
    """
    rows: list[dict[str, Any]] = []
    for name in trial.names:
        for k in range(1, trial.courses.horizon + 1):
            weight = trial.weights_at(name, k)
            there = weight > 0
            w, m = weight[there], trial.counts[there]
            if not len(w):
                rows.append(_row("patients", name, k, 0.0))
                continue
            total = float(w @ m)
            rows += [
                _row("mean weight", name, k, total / float(m.sum())),
                _row("largest weight", name, k, float(w.max())),
                _row("effective sample size", name, k, total**2 / float(w**2 @ m)),
                _row("share of the top 5 %", name, k, _held_by_top(w, m)),
                _row("patients", name, k, float(len(w))),
            ]
    return _summary(trial, speak("weights of the clones at risk"), rows)


def emulated_positivity(trial: EmulatedTrial) -> Summary:
    """Show whether every kind of patient could have followed each strategy.

    Returns
    -------
    Summary with rows by strategy: "chance of following it" (modelled, mean over patients, if nothing but ending treatment
    could happen), "smallest chance", "share below 2.5 %", "effective sample size" and "largest weight" at the end of
    its window; ``note`` says why a strategy is refused (mean chance below 1 %, effective sample size below 10).

    Raises
    ------
    CannotEstimate : never for a trial that stands.

    References
    ----------
    Petersen et al., Stat Methods Med Res 2012;21:31.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(time=[2, 2, 2], cause=[0, 0, 0], ended_at=[0.5, 1.5, 0.8], horizon=2)
    >>> trial = du.emulate(courses, du.EmulationPlan((du.ending_window("short", 0, 1), du.ending_window("long", 1, 2)), weights="empirical"))
    >>> round(du.emulated_positivity(trial).rows()[0]["estimate"], 3)
    0.667
    """
    chance, refused, rows = trial.clones.comply(), trial.refusals(), []
    for g, name in enumerate(trial.names):
        month = trial.closing_month(name)
        at = month + (1e-6 if trial.plan.continuous else 0)
        weight = trial.weights_at(name, at)
        m = trial.counts
        for term, number in (
            ("chance of following it", float(chance[g] @ m / m.sum())),
            ("smallest chance", float(chance[g].min())),
            ("share below 2.5 %", float(m[chance[g] < RARE].sum() / m.sum())),
            ("effective sample size", trial.effective_sample_size(name, at)),
            ("largest weight", float(weight.max(initial=0.0))),
        ):
            rows.append({**_row(term, name, month, number), "note": refused.get(name, "")})
    return _summary(trial, speak("whether every strategy can be followed"), rows)


def emulated_balance(trial: EmulatedTrial) -> Summary:
    """Compare each strategy's clones with everybody still under observation: before its window, at its end, at the horizon.

    Returns
    -------
    Summary with rows by covariate, strategy and month: the standardised difference of weighted clones ("weighted") and of
    the same clones unweighted ("unweighted", as ``method``), the SD being that of all patients at the start. For what is
    measured again and again: the clones still obliged in the last month before the window and in its last month, after what
    they did in it against before it, with the SD of those obliged.

    Raises
    ------
    CannotEstimate : the trial has no covariates.

    References
    ----------
    Austin & Stuart, Stat Med 2015;34:3661.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(
    ...     time=[2, 2, 2, 2], cause=[0] * 4, ended_at=[0.5, 1.5, 0.8, 1.2], horizon=2, covariates={"age": [50, 60, 60, 50]})
    >>> trial = du.emulate(courses, du.EmulationPlan((du.ending_window("short", 0, 1), du.ending_window("long", 1, 2)), weights="empirical"))
    >>> max(abs(row["std_difference"]) for row in du.emulated_balance(trial).rows())
    0.0
    """
    courses, rows = trial.courses, []
    columns = _balanced_columns(trial)
    changing = changing_balance(trial)
    if not columns and not changing:
        raise CannotEstimate(speak("The trial has no covariates: there is no balance to look at."))
    for name in trial.names:
        strategy = trial.plan.strategies[trial.plan.index(name)]
        for k in sorted({max(strategy.first - 1, 1), trial.closing_month(name), courses.horizon}):
            everybody = trial.counts * (courses.exit >= k)
            weight = trial.weights_at(name, k) * trial.counts
            for label, column in columns.items():
                for method, w in (("weighted", weight), ("unweighted", trial.counts * (weight > 0))):
                    rows.append(
                        {
                            "term": label,
                            "group": name,
                            "time": float(k),
                            "std_difference": difference(column, w, everybody, trial.counts),
                            "method": method,
                        }
                    )
    return _summary(trial, speak("balance of covariates under each strategy"), [*rows, *changing])


def emulated_flow(trial: EmulatedTrial) -> Summary:
    """Count patients and clones: how many follow each strategy, are cut off and why, are excused, have the event.

    Returns
    -------
    Summary with rows by strategy: "patients", "clones", "ended too early", "not ended in time" (artificially censored),
    "excused", "lost", "events" (counted in this strategy), "ended in the window". Counts are of patients drawn.

    Raises
    ------
    CannotEstimate : never for a trial that stands.

    References
    ----------
    Cashin et al. (TARGET statement), JAMA 2025;334:1084.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(time=[2, 2, 2], cause=[0, 1, 0], ended_at=[0.5, 1.5, 0.8], horizon=2)
    >>> trial = du.emulate(courses, du.EmulationPlan((du.ending_window("short", 0, 1), du.ending_window("long", 1, 2)), weights="empirical"))
    >>> {row["term"]: row["n"] for row in du.emulated_flow(trial).rows() if row["group"] == "short"}["not ended in time"]
    1
    """
    courses, m, rows = trial.courses, trial.counts, []
    for name in trial.names:
        strategy = trial.plan.strategies[trial.plan.index(name)]
        month, why = trial.deviated(name)
        followed = courses.exit < month
        last = courses.horizon if strategy.last is None else strategy.last
        counted = {
            "patients": np.ones(len(m), dtype=np.bool_),
            "clones": np.ones(len(m), dtype=np.bool_),
            **{reason: why == code for code, reason in enumerate(REASONS)},
            "excused": (courses.excused != NEVER) & (courses.excused < month) & (courses.excused < last),
            "ended in the window": (courses.ended >= strategy.first) & (courses.ended <= last) & (why < 0),
            "lost": courses.lost & followed,
            "events": (courses.cause > 0) & followed,
        }
        for term, chosen in counted.items():
            number = int(np.count_nonzero(m)) if term == "patients" else int(m[chosen].sum())
            rows.append({"term": term, "group": name, "n": number})
    return _summary(trial, speak("patients and clones of each strategy"), rows)


def emulated_truncation(
    trial: EmulatedTrial, *, at: int | None = None, percentiles: Sequence[float] = PERCENTILES
) -> Summary:
    """Estimate survival again with the weights cut off at ``percentiles`` of their strategy and month.

    Truncation lowers variance and brings bias back; it is never the default, and what it changes is always shown.

    Returns
    -------
    Summary with rows "survival" by strategy and ``value``: the percentile (100: not truncated, 99.5, 99).

    Raises
    ------
    CannotEstimate : a horizon outside the trial, a percentile outside 0 to 100.

    References
    ----------
    Cole & Hernan, Am J Epidemiol 2008;168:656.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(time=[2, 2, 2], cause=[0, 1, 0], ended_at=[0.5, 1.5, 0.8], horizon=2)
    >>> trial = du.emulate(courses, du.EmulationPlan((du.ending_window("short", 0, 1), du.ending_window("long", 1, 2)), weights="empirical"))
    >>> [row["value"] for row in du.emulated_truncation(trial).rows()]
    [100.0, 99.5, 99.0, 100.0, 99.5, 99.0]
    """
    if any(not 0 < one <= 100 for one in percentiles):
        raise CannotEstimate(speak("Percentiles of weights lie between 0 and 100."))
    month, courses, rows = horizon_of(trial, at), trial.courses, []
    happened = courses.cause > 0
    when = courses.exit_time / courses.interval if trial.plan.continuous else courses.exit.astype(np.float64)
    times = np.unique(when[happened & (when <= month * (1 + 1e-9))])
    drawn = trial.counts.astype(np.intp)
    for name in trial.names:
        free = dict.fromkeys((100.0, *percentiles), 1.0)
        for time in times.tolist():
            weight = trial.weights_at(name, time)
            there = weight > 0
            if not np.any(there):
                continue
            dead = happened & (when == time)
            several = np.repeat(weight[there], drawn[there])
            for share in free:
                w = np.minimum(weight, np.percentile(several, share)) * trial.counts
                free[share] *= 1.0 - min(1.0, float(w[dead].sum() / w.sum()))
        for share, survival in free.items():
            rows.append({**_row("survival", name, month, survival), "value": share})
    return _summary(trial, speak("survival with weights truncated at percentiles"), rows)


def _row(term: str, name: str, month: float, number: float) -> dict[str, Any]:
    return {"term": term, "group": name, "time": float(month), "estimate": number}


def _summary(trial: EmulatedTrial, what: str, rows: list[dict[str, Any]]) -> Summary:
    return Summary(
        what=what,
        table=tuple(rows),
        method=trial.plan.estimand,
        unit=trial.courses.unit,
        settings=settings_of(trial),
    )


def _held_by_top(weight: FloatArray, counts: FloatArray) -> float:
    """The share of all weight that the 5 % of clones with the largest weights hold."""
    order = np.argsort(-weight, kind="stable")
    number = np.concatenate([[0.0], np.cumsum(counts[order])])
    held = np.concatenate([[0.0], np.cumsum((weight * counts)[order])])
    return float(np.interp(TOP * number[-1], number, held) / held[-1])


def _balanced_columns(trial: EmulatedTrial) -> dict[str, FloatArray]:
    """Numbers, and an indicator of every level of the categories."""
    out: dict[str, FloatArray] = {}
    for name, column in trial.courses.covariates.items():
        if isinstance(column, Category):
            used = column.used()
            for code, level in enumerate(used.levels):
                out[f"{name}: {level}"] = (used.codes == code).astype(np.float64)
        else:
            out[name] = column
    return out
