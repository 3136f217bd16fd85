"""Risks of the strategies by a marginal structural model: a weighted pooled logistic model of the event, month by month."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from durata.cohort import Column
from durata.designs.emulated.ending_rows import chosen_covariates
from durata.designs.emulated.trial import EmulatedTrial
from durata.estimate.curve import NO_INTERVAL
from durata.estimate.emulated import method_of, settings_of
from durata.estimate.result import Curve, Stretch
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray
from durata.kernels.logistic import LogisticFit, fit_pooled_logistic
from durata.kernels.newton import Status
from durata.language.speaking import speak
from durata.weighting.baseline_columns import model_columns
from durata.weighting.ending_hazard import month_spline


def emulated_standardised(trial: EmulatedTrial, *, knots: int = 4, covariates: Sequence[str] = ()) -> Curve:
    """Estimate survival under each strategy by a weighted pooled logistic model of any event: logit P = f(k) + g + g x f(k).

    Every strategy has a spline of the month of its own, with the same knots, at percentiles of the months of events (a
    line for fewer than three ``knots``). It
    smooths what :func:`~durata.emulated_survival` steps through. With baseline ``covariates`` they are in the model of each
    strategy too, and its survival is the mean of those predicted for every patient. No limits: see
    :func:`~durata.emulated_bootstrap`.

    Returns
    -------
    Curve with one Stretch a strategy, at every month up to the last in which its clones are at risk.

    Raises
    ------
    CannotEstimate : continuous-time weights; a strategy without an event or without an estimate; a covariate that changes.

    References
    ----------
    Cain et al., Int J Biostat 2010;6(2):18; Hernan & Robins, Causal Inference: What If, 2020, chapter 17.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(
    ...     time=[1, 3, 4, 4, 2, 4, 4, 4], cause=[1, 1, 0, 0, 1, 1, 0, 0], ended_at=[0.5] * 4 + [1.5] * 4, horizon=4)
    >>> trial = du.emulate(courses, du.EmulationPlan((du.ending_window("short", 0, 1), du.ending_window("long", 1, 2)), weights="empirical"))
    >>> [len(one.time) for one in du.emulated_standardised(trial, knots=0).stretches]
    [4, 4]
    """
    if trial.plan.continuous:
        raise CannotEstimate(
            speak("A month-by-month model needs monthly weights: choose weights = 'pooled_logistic' or 'empirical'.")
        )
    horizon = trial.courses.horizon
    month = np.arange(1, horizon + 1, dtype=np.float64)
    happened = trial.courses.cause > 0
    seen = np.repeat(trial.courses.exit[happened], trial.counts[happened].astype(np.intp)).astype(np.float64)
    if len(seen) == 0:
        raise CannotEstimate(speak("Nobody has the event: its risk cannot be modelled."))
    basis, places = month_spline(month, seen, knots)
    _, v = model_columns(_baseline(trial, covariates), len(trial.courses))
    stretches = []
    for name, sums in zip(trial.names, trial.all_sums(), strict=True):
        events = sums.events.sum(axis=1)
        there = np.flatnonzero(sums.at_risk > 0)
        cells, last = np.concatenate([there, there]), int(there[-1])
        weight = np.concatenate([events[there], (sums.at_risk - events)[there]])
        kind = np.arange(len(cells)) < len(there)
        if len(covariates):
            fit = _with_covariates(trial, name, v, basis)
        else:
            fit = fit_pooled_logistic(cells, cells, kind, np.zeros((len(cells), 0)), basis, weights=weight)
        if fit.status != Status.CONVERGED:
            raise CannotEstimate(
                speak(
                    "The model of the event under the strategy {name!r} has no estimate: it has too few events over time. "
                    "Read the weighted Kaplan-Meier curve instead.",
                    name=name,
                )
            )
        free = np.cumprod(1.0 - fit.probability(v, basis), axis=1)
        survival = trial.counts @ free / trial.counts.sum()
        none: FloatArray = np.full(last + 1, np.nan)
        stretches.append(
            Stretch(
                time=month[: last + 1],
                estimate=survival[: last + 1],
                std_error=none,
                conf_low=none,
                conf_high=none,
                at_risk=sums.at_risk[: last + 1],
                events=events[: last + 1],
                censored=np.zeros(last + 1),
                entered=np.zeros(last + 1),
                n=int(trial.counts.sum()),
                initial=1.0,
                until=float(last + 1),
                group=name,
            )
        )
    return Curve(
        stretches=tuple(stretches),
        estimand=speak("probability of being free of the event under a strategy"),
        method=speak("weighted pooled logistic model, standardised; {method}", method=method_of(trial)),
        interval=NO_INTERVAL,
        conf_level=float("nan"),
        unit=trial.courses.unit,
        time_zero=speak("start of treatment"),
        settings={**settings_of(trial), "knots": places, "standardised_over": tuple(covariates)},
    )


def _baseline(trial: EmulatedTrial, covariates: Sequence[str]) -> dict[str, Column]:
    """The covariates to standardise over; what changes over time has no place in the model of a strategy's risk."""
    baseline, histories = chosen_covariates(trial.courses, covariates)
    if histories:
        raise CannotEstimate(
            speak("Risks are standardised over baseline covariates; {name!r} is a history.", name=next(iter(histories)))
        )
    return baseline


def _with_covariates(trial: EmulatedTrial, name: str, v: FloatArray, basis: FloatArray) -> LogisticFit:
    """The model of one strategy's clones, one row a clone and month at risk."""
    courses = trial.courses
    weight = np.column_stack([trial.weights_at(name, k) for k in range(1, courses.horizon + 1)]) * trial.counts[:, None]
    person, month = np.nonzero(weight)
    event = (courses.cause[person] > 0) & (courses.exit[person] == month + 1)
    return fit_pooled_logistic(month, month, event, v[person], basis, weights=weight[person, month])
