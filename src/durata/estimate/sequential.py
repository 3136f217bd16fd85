"""Answers from sequential trials: pooled survival of ending now and of going on, contrasts, intervals by drawing patients."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.random import SeedSequence

from durata.designs.sequential import NOW, ON, SequentialTrials, sequential_trials_again
from durata.estimate.curve import NO_INTERVAL
from durata.estimate.emulated_bootstrap import drawn_counts
from durata.estimate.result import Curve, Stretch, Summary
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import FloatArray
from durata.kernels.resampled_limits import percentile_limits
from durata.language.speaking import speak

FEWEST = 10.0
"""An arm worth fewer equally weighted patients than this at the horizon has no number."""
TERMS = ("survival", "restricted mean")
CONTRASTS = ("difference of survival", "ratio of risks", "difference of restricted means")


def sequential_survival(trials: SequentialTrials) -> Curve:
    """Estimate survival after the decision for ending now and for going on, over all trials, by weighted Kaplan-Meier.

    At every month since time zero of the trials, weights at risk and with any event are summed over trials. No limits: a patient
    is in several trials and weights are estimated, so intervals come from :func:`~durata.sequential_intervals`.

    Returns
    -------
    Curve with one Stretch an arm, "end now" and "go on", times in months since the decision, numbers weighted.

    Raises
    ------
    CannotEstimate : never for trials that stand.

    References
    ----------
    Danaei et al., Stat Methods Med Res 2013;22:70; Keogh et al., Stat Med 2023;42:2191.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(
    ...     time=[2, 4, 4, 3, 4, 4], cause=[1, 0, 0, 1, 0, 0], ended_at=[0.5, 0.5, 1.5, 1.5, None, None], horizon=4)
    >>> trials = du.sequential_trials(courses, follow=2, weights="empirical")
    >>> [round(row["estimate"], 4) for row in du.sequential_survival(trials).at(2).rows()]
    [0.5, 1.0]
    """
    at_risk, events = trials.pooled()
    month = np.arange(1, trials.plan.follow + 1, dtype=np.float64)
    none: FloatArray = np.full(len(month), np.nan)
    free, _ = _curves(trials)
    stretches = tuple(
        Stretch(
            time=month,
            estimate=free[arm],
            std_error=none,
            conf_low=none,
            conf_high=none,
            at_risk=at_risk[arm],
            events=events[arm].sum(axis=1),
            censored=np.zeros(len(month)),
            entered=np.zeros(len(month)),
            n=int(trials.counts.sum()),
            initial=1.0,
            until=float(_followed(at_risk[arm])),
            group=trials.names[arm],
        )
        for arm in (NOW, ON)
    )
    return Curve(
        stretches=stretches,
        estimand=speak("probability of being free of the event after the decision"),
        method=_method(trials),
        interval=NO_INTERVAL,
        conf_level=float("nan"),
        unit=trials.courses.unit,
        time_zero=speak("start of the month of each trial"),
        settings=_settings(trials),
        notes=_notes(trials),
    )


def sequential_effects(trials: SequentialTrials, *, at: int | None = None) -> Summary:
    """Read survival and restricted mean of both arms some months after the decision, and compare ending now with going on.

    Parameters
    ----------
    trials : from :func:`~durata.sequential_trials`.
    at : months since the decision; the whole follow-up of the trials if not given.

    Returns
    -------
    Summary with rows "survival" and "restricted mean" by arm and, of "end now" against "go on", "difference of survival",
    "ratio of risks", "difference of restricted means". An arm worth fewer than 10 equally weighted patients at the horizon
    has no number, and a note that says so.

    Raises
    ------
    CannotEstimate : a horizon beyond the follow-up of the trials.

    References
    ----------
    Hernan et al., Epidemiology 2008;19:766; Keogh et al., Stat Med 2023;42:2191.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(
    ...     time=[2, 4, 4, 3, 4, 4] * 10, cause=[1, 0, 0, 1, 0, 0] * 10, ended_at=[0.5, 0.5, 1.5, 1.5, None, None] * 10, horizon=4)
    >>> trials = du.sequential_trials(courses, follow=2, weights="empirical")
    >>> [round(row["estimate"], 3) for row in du.sequential_effects(trials).rows() if row["term"] == "difference of survival"]
    [-0.5]
    """
    month = _horizon(trials, at)
    values = _values(trials, month)
    refused = {}
    for arm in (NOW, ON):
        size = trials.effective_sample_size(arm, month)
        if size < FEWEST:
            refused[arm] = speak(
                "not estimable here: {month} months after the decision the arm is worth {size:.1f} equally weighted "
                "patients, fewer than {least:.0f}",
                month=month,
                size=size,
                least=FEWEST,
            )
    rows: list[dict[str, Any]] = []
    for arm in (NOW, ON):
        rows += [_cell(term, trials.names[arm], month, values[term, arm], refused.get(arm, "")) for term in TERMS]
    note = refused.get(NOW, "") or refused.get(ON, "")
    rows += [
        {**_cell(term, trials.names[NOW], month, values[term, NOW], note), "reference": trials.names[ON]}
        for term in CONTRASTS
    ]
    return Summary(
        what=speak("ending now against going on, {month} months after the decision", month=month),
        table=tuple(rows),
        method=_method(trials),
        unit=trials.courses.unit,
        settings={**_settings(trials), "at": month},
        notes=_notes(trials),
    )


def sequential_intervals(
    trials: SequentialTrials, *, replicates: int = 1000, seed: int = 1, at: int | None = None, conf_level: float = 0.95
) -> Summary:
    """Set percentile intervals of a bootstrap of patients beside the rows of ``sequential_effects``.

    Patients are drawn with all the trials they are in, never persons in trials; within their centre where there is one, and
    hazards and weights are fitted again in every draw. Replicates without an estimate are counted by their reason.

    Returns
    -------
    Summary with the rows of ``sequential_effects``, standard error (SD of the replicates), limits and the number of replicates.

    Raises
    ------
    CannotEstimate : fewer than 2 replicates, a confidence level outside 0 to 1, trials that are themselves a replicate,
        or no replicate with an estimate.

    References
    ----------
    Efron & Tibshirani, An Introduction to the Bootstrap, 1993; Danaei et al., Stat Methods Med Res 2013;22:70.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(
    ...     time=[2, 4, 4, 3, 4, 4] * 10, cause=[1, 0, 0, 1, 0, 0] * 10, ended_at=[0.5, 0.5, 1.5, 1.5, None, None] * 10, horizon=4)
    >>> trials = du.sequential_trials(courses, follow=2, weights="empirical")
    >>> row = du.sequential_intervals(trials, replicates=20, seed=7).rows()[0]
    >>> row["conf_low"] <= row["estimate"] <= row["conf_high"]
    True
    """
    if not 0 < conf_level < 1:
        raise CannotEstimate(speak("conf_level must lie between 0 and 1, not {given!r}.", given=conf_level))
    if replicates < 2:
        raise CannotEstimate(speak("A bootstrap needs at least 2 replicates, not {n}.", n=replicates))
    if np.any(trials.counts != 1):
        raise CannotEstimate(speak("These trials are a replicate themselves: draw from the trials of all patients."))
    month = _horizon(trials, at)
    estimates = sequential_effects(trials, at=month)
    arm_of = {name: arm for arm, name in enumerate(trials.names)}
    drawn: list[dict[tuple[str, int], float]] = []
    failures: Counter[str] = Counter()
    for stream in SeedSequence(seed).spawn(replicates):
        counts = drawn_counts(len(trials.courses), trials.courses.centre, stream)
        try:
            drawn.append(_values(sequential_trials_again(trials.courses, trials.plan, counts), month))
        except CannotEstimate as reason:
            failures[str(reason)] += 1
    if not drawn:
        reason_, times = failures.most_common(1)[0]
        raise CannotEstimate(
            speak(
                "All {n} replicates failed; most often ({times}): {reason}", n=replicates, times=times, reason=reason_
            )
        )
    rows = []
    for row in estimates.rows():
        values = np.array([one[row["term"], arm_of[row["group"]]] for one in drawn])
        finite = values[np.isfinite(values)]
        known = row["estimate"] is not None and len(finite) >= 2
        low, high = percentile_limits(finite, conf_level) if known else (None, None)
        error = float(finite.std(ddof=1)) if known else None
        rows.append({**row, "std_error": error, "conf_low": low, "conf_high": high, "n": len(finite)})
    failed = sum(failures.values())
    return Summary(
        what=estimates.what,
        table=tuple(rows),
        method=speak(
            "{method}; percentile intervals of {n} bootstrap draws of patients, everything fitted again",
            method=estimates.method,
            n=len(drawn),
        ),
        unit=estimates.unit,
        settings={
            **estimates.settings, "replicates": replicates, "failed": failed, "seed": seed, "conf_level": conf_level,
        },
        notes=(*estimates.notes, *_failed(failed, replicates, failures)),
    )  # fmt: skip


def sequential_flow(trials: SequentialTrials) -> Summary:
    """Count, for each trial, who was eligible, who ended treatment in its month and who went on.

    Returns
    -------
    Summary with rows "eligible", "ended now", "went on" by month of the trial (``time``), counts of patients drawn (``n``).

    Raises
    ------
    CannotEstimate : never for trials that stand.

    References
    ----------
    Hernan et al., Epidemiology 2008;19:766.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(
    ...     time=[2, 4, 4, 3, 4, 4], cause=[1, 0, 0, 1, 0, 0], ended_at=[0.5, 0.5, 1.5, 1.5, None, None], horizon=4)
    >>> [row["n"] for row in du.sequential_flow(du.sequential_trials(courses, follow=2, weights="empirical")).rows()]
    [6, 2, 4, 4, 2, 2]
    """
    rows = []
    for month, eligible, ended in zip(
        trials.month.tolist(), trials.eligible.tolist(), trials.ended.tolist(), strict=True
    ):
        for term, number in (("eligible", eligible), ("ended now", ended), ("went on", eligible - ended)):
            rows.append({"term": term, "time": float(month), "n": int(number)})
    return Summary(
        what=speak("patients of each sequential trial"),
        table=tuple(rows),
        method=_method(trials),
        unit=trials.courses.unit,
        settings=_settings(trials),
        notes=_notes(trials),
    )


def _curves(trials: SequentialTrials) -> tuple[FloatArray, FloatArray]:
    """(2, H) survival and (2, H) restricted mean at the end of every month since the decision."""
    at_risk, events = trials.pooled()
    total = events.sum(axis=2)
    share = np.zeros_like(total)
    np.divide(total, at_risk, out=share, where=at_risk > 0)
    free = np.cumprod(1.0 - np.minimum(share, 1.0), axis=1)
    before = np.column_stack([np.ones(2), free[:, :-1]])
    return free, np.cumsum((before + free) / 2, axis=1)


def _followed(at_risk: FloatArray) -> int:
    there = np.flatnonzero(at_risk > 0)
    return int(there[-1]) + 1 if len(there) else 0


def _values(trials: SequentialTrials, month: int) -> dict[tuple[str, int], float]:
    """Every number of both arms at a month, contrasts under the arm "end now"; NaN where an arm is not followed so far."""
    free, mean = _curves(trials)
    at_risk, _ = trials.pooled()
    out: dict[tuple[str, int], float] = {}
    for arm in (NOW, ON):
        known = month <= _followed(at_risk[arm]) or free[arm, month - 1] == 0.0
        out["survival", arm] = float(free[arm, month - 1]) if known else np.nan
        out["restricted mean", arm] = float(mean[arm, month - 1]) if known else np.nan
    now, on = out["survival", NOW], out["survival", ON]
    out["difference of survival", NOW] = now - on
    out["ratio of risks", NOW] = (1 - now) / (1 - on) if on < 1 else np.nan
    out["difference of restricted means", NOW] = out["restricted mean", NOW] - out["restricted mean", ON]
    return out


def _horizon(trials: SequentialTrials, at: int | None) -> int:
    month = trials.plan.follow if at is None else int(at)
    if not 1 <= month <= trials.plan.follow or (at is not None and month != at):
        raise CannotEstimate(
            speak(
                "The trials are followed for {last} {unit} after the decision; the horizon is a month from 1 to {last}, not "
                "{given!r}.",
                last=trials.plan.follow,
                unit=trials.courses.unit,
                given=at,
            )
        )
    return month


def _cell(term: str, name: str, month: int, number: float, note: str) -> dict[str, Any]:
    if not note and not np.isfinite(number):
        note = (
            speak("not followed so far")
            if term != "ratio of risks"
            else speak("the reference has no risk or is unknown")
        )
    estimate = None if note else float(number)
    return {"term": term, "group": name, "time": float(month), "estimate": estimate, "note": note}


def _method(trials: SequentialTrials) -> str:
    how = (
        speak("trials counted by the number who ended in them")
        if trials.plan.pooling == "ended"
        else speak("trials counted by the number eligible")
    )
    return speak(
        "Kaplan-Meier over {n} sequential trials, weighted by the inverse probability of what was done; {how}",
        n=len(trials.month),
        how=how,
    )


def _settings(trials: SequentialTrials) -> dict[str, Any]:
    plan = trials.plan
    return {
        "first": plan.first,
        "last": plan.last,
        "follow": plan.follow,
        "going_on": plan.going_on,
        "pooling": plan.pooling,
        "weights": plan.ending.weights,
        "covariates": plan.ending.covariates,
        "loss": plan.ending.loss,
        "excuse": trials.courses.excuse,
        "truncation": None,
    }


def _notes(trials: SequentialTrials) -> tuple[Finding, ...]:
    """Which months have no trial because one of the arms is empty."""
    if not trials.left_out:
        return ()
    return (
        Finding(
            "N18",
            Severity.INFO,
            "In {n} month(s) nobody, or everybody, of those eligible ended treatment; they have no trial ({months}).",
            {"n": len(trials.left_out), "months": speak(", ").join(map(str, trials.left_out))},
        ),
    )


def _failed(failed: int, asked: int, failures: Counter[str]) -> tuple[Finding, ...]:
    if not failed:
        return ()
    return (
        Finding(
            "N10",
            Severity.WARNING,
            "{failed} of {asked} replicates of the bootstrap have no estimate ({reasons}); the intervals leave them out.",
            {
                "failed": failed,
                "asked": asked,
                "reasons": speak("; ").join(f"{times}: {why}" for why, times in failures.items()),
            },
            "With more than a few of them, begin fewer trials or use fewer covariates.",
        ),
    )
