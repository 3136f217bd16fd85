"""Doubly robust risks of an emulated trial: weighted regressions iterated from the horizon back to the start.

month K ...... month k: those observed, by what they did, weighted ...... month 1: everybody's predicted risk, averaged
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import SeedSequence

from durata.designs.emulated.deviation import Obligation
from durata.designs.emulated.ending_rows import carried_forward, chosen_covariates
from durata.designs.emulated.monthly import MonthlyClones
from durata.designs.emulated.trial import EmulatedTrial, emulate
from durata.estimate.emulated import horizon_of, settings_of
from durata.estimate.emulated_bootstrap import drawn_counts
from durata.estimate.result import Summary
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray
from durata.kernels.resampled_limits import percentile_limits
from durata.language.speaking import speak
from durata.weighting.baseline_columns import model_columns


def emulated_doubly_robust(
    trial: EmulatedTrial,
    *,
    at: int | None = None,
    reference: str | None = None,
    covariates: tuple[str, ...] | None = None,
    replicates: int = 0,
    seed: int = 1,
    conf_level: float = 0.95,
) -> Summary:
    """Estimate survival under each strategy by iterated regression, weighted: right if either model is.

    From the horizon back, the risk still to come is regressed month by month on the covariates as they then are, among clones
    observed, separately for those who end treatment in the month, go on, have ended, or are excused, with their weights
    (least squares). Predictions are mixed as the strategy does, Q = h* Q(ended now) + (1 - h*) Q(gone on), and
    carried to the month before. The mean at the start is the risk; it equals the augmented weighted estimator, so it is
    right if the chance of ending is modelled right, or if the regressions are. Competing events count as events.

    Parameters
    ----------
    trial : from :func:`~durata.emulate`, with monthly weights.
    at : month of the horizon; the last of the trial if not given.
    reference : the strategy the others are compared with; the first if not given.
    covariates : of the regressions; None for those of the weights.
    replicates, seed, conf_level : draws of patients for percentile intervals, everything fitted again; 0 for none.

    Returns
    -------
    Summary with rows "survival" by strategy and "difference of survival" against the reference.

    Raises
    ------
    CannotEstimate : weights in continuous time, a horizon outside the trial, one replicate, nobody to regress on.

    References
    ----------
    Bang H, Robins JM (2005) Doubly robust estimation in missing data and causal inference models. Biometrics 61:962-973.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(
    ...     time=[1, 2, 2, 2, 2, 2] * 10, cause=[1, 1, 0, 0, 1, 0] * 10, ended_at=[0.5, 0.5, 0.8, 1.5, 1.5, 1.2] * 10, horizon=2)
    >>> trial = du.emulate(courses, du.EmulationPlan((du.ending_window("short", 0, 1), du.ending_window("long", 1, 2)), weights="empirical"))
    >>> [round(row["estimate"], 4) for row in du.emulated_doubly_robust(trial).rows()]
    [0.3333, 0.6667, 0.3333]
    """
    month = horizon_of(trial, at)
    base = 0 if reference is None else trial.plan.index(reference)
    if replicates == 1 or replicates < 0 or not 0 < conf_level < 1:
        raise CannotEstimate(speak("Intervals need at least 2 replicates and a confidence level between 0 and 1."))
    refused = trial.refusals()
    value = _survivals(trial, month, covariates)
    drawn: list[FloatArray] = []
    failed = 0
    for stream in SeedSequence(seed).spawn(replicates):
        counts = drawn_counts(len(trial.courses), trial.courses.centre, stream)
        try:
            drawn.append(_survivals(emulate(trial.courses, trial.plan, counts=counts), month, covariates))
        except CannotEstimate:  # counted, and said in the settings
            failed += 1
    replicated = np.array(drawn).reshape(len(drawn), len(value))
    rows: list[dict[str, Any]] = []
    for g, name in enumerate(trial.names):
        row = {"term": "survival", "group": name, "time": float(month)}
        rows.append(row | _number(value[g], replicated[:, g], refused.get(name, ""), conf_level, replicates))
    for g, name in enumerate(trial.names):
        if g != base:
            note = refused.get(name, "") or refused.get(trial.names[base], "")
            row = {
                "term": "difference of survival",
                "group": name,
                "reference": trial.names[base],
                "time": float(month),
            }
            gaps = replicated[:, g] - replicated[:, base]
            rows.append(row | _number(value[g] - value[base], gaps, note, conf_level, replicates))
    return Summary(
        what=speak("doubly robust survival under each strategy at {month} {unit}", month=month, unit=trial.courses.unit),
        table=tuple(rows),
        method=speak("iterated regression weighted by the inverse probability of what was done; {estimand}", estimand=trial.plan.estimand),
        unit=trial.courses.unit,
        settings={
            **settings_of(trial),
            "at": month,
            "reference": trial.names[base],
            "regressed_on": covariates,
            "replicates": replicates,
            "failed": failed,
            "seed": seed,
            "conf_level": conf_level,
        },
    )  # fmt: skip


def _number(value: float, drawn: FloatArray, note: str, conf_level: float, replicates: int) -> dict[str, Any]:
    """A number with its limits, or the reason why there is none."""
    out: dict[str, Any] = {"estimate": None if note else float(value), "note": note}
    if replicates:
        known = not note and len(drawn) >= 2
        low, high = percentile_limits(drawn, conf_level) if known else (None, None)
        error = float(drawn.std(ddof=1)) if known else None
        out |= {"std_error": error, "conf_low": low, "conf_high": high, "n": len(drawn)}
    return out


def _survivals(trial: EmulatedTrial, horizon: int, covariates: tuple[str, ...] | None) -> FloatArray:
    """(G,) survival at the horizon under each strategy."""
    clones = trial.clones
    if not isinstance(clones, MonthlyClones):
        raise CannotEstimate(
            speak("A month-by-month model needs monthly weights: choose weights = 'pooled_logistic' or 'empirical'.")
        )
    courses, bound = trial.courses, clones.obliged
    chosen = trial.plan.covariates if covariates is None else covariates
    baseline, histories = chosen_covariates(courses, chosen)
    _, x = model_columns(baseline, len(courses))
    values = [carried_forward(name, one, courses, bound) for name, one in histories.items()]
    out = np.empty(len(trial.names))
    for g, name in enumerate(trial.names):
        strategy = trial.plan.strategies[g]
        ahead = np.zeros(len(courses))
        for k in range(horizon, 0, -1):
            now = np.column_stack([np.ones(len(courses)), x, *(one[:, min(k, bound.months) - 1] for one in values)])
            weight = trial.weights_at(name, k) * trial.counts
            last = (courses.exit == k) & (courses.cause > 0)
            risk = np.where(last, 1.0, ahead)
            undecided, ends, settled = _classes(bound, courses.cause, k)
            asked = strategy.first <= k if strategy.last is None else strategy.first <= k < strategy.last
            stochastic = asked and strategy.last is not None and trial.plan.grace == "stochastic"
            h = (
                float(clones.shares[g, k - 1])
                if stochastic
                else float(strategy.last is not None and k >= strategy.first)
            )
            ahead = np.zeros(len(courses))
            for state in settled:
                ahead = np.where(state, _predicted(now, risk, weight * state), ahead)
            if asked and not stochastic:
                own = _predicted(now, risk, weight * undecided)
            else:
                own = np.zeros(len(courses))
                for share, did in ((h, ends), (1.0 - h, undecided & ~ends)):
                    if share > 0:
                        own = own + share * _predicted(now, risk, weight * did)
            ahead = np.where(undecided, own, ahead)
        out[g] = 1.0 - float(trial.counts @ ahead / trial.counts.sum())
    return out


def _classes(bound: Obligation, cause: Any, k: int) -> tuple[BoolArray, BoolArray, tuple[BoolArray, BoolArray]]:
    """Who is undecided at the start of month k, who of them ends in it, and who is settled: having ended, or not (excused).

    Patients who left before without an event are in the class they would be in, for their predictions are needed.
    """
    left = ~bound.ended & (bound.through < k) & (cause == 0) & (bound.settled > k)
    undecided = (bound.through >= k) | (left & (k <= bound.months))
    off = bound.ended & (bound.through < k)
    return undecided, bound.ended & (bound.through == k), (off, ~undecided & ~off)


def _predicted(x: FloatArray, y: FloatArray, weight: FloatArray) -> FloatArray:
    """(n,) the weighted least-squares prediction from those with a weight, for everybody; 0 where nobody has one."""
    there = weight > 0
    if not there.any():
        return np.zeros(len(x))
    root = np.sqrt(weight[there])
    return np.asarray(x @ np.linalg.lstsq(root[:, None] * x[there], root * y[there], rcond=None)[0])
