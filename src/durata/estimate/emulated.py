"""Answers from an emulated trial: weighted survival, incidence and restricted means by strategy, and their contrasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from durata.designs.emulated.monthly import WeightedSums
from durata.designs.emulated.trial import EmulatedTrial
from durata.estimate.curve import NO_INTERVAL
from durata.estimate.result import Curve, Stretch, Summary
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray
from durata.language.speaking import speak


@dataclass(frozen=True, eq=False)
class MonthlyRisks:
    """Every strategy at the end of every month, G strategies, K months.

    ``survival`` (G, K) free of any event, ``incidence`` (G, K, causes), ``restricted_mean`` (G, K) months free of any
    event up to then, ``known`` (G, K) whether anybody was at risk so far or nobody was left to have the event.
    """

    survival: FloatArray
    incidence: FloatArray
    restricted_mean: FloatArray
    known: BoolArray


def monthly_risks(trial: EmulatedTrial) -> MonthlyRisks:
    """Survival and incidence of every strategy at the end of every month; what every contrast is made of."""
    horizon, number = trial.courses.horizon, len(trial.names)
    months = np.arange(1, horizon + 1)
    survival, mean, known = (
        np.empty((number, horizon)),
        np.empty((number, horizon)),
        np.empty((number, horizon), np.bool_),
    )
    incidence = np.empty((number, horizon, len(trial.courses.causes)))
    for g, sums in enumerate(trial.all_sums()):
        free, cumulative = _product(sums)
        place = np.searchsorted(sums.time, months * (1 + 1e-9), side="right")
        survival[g] = np.concatenate([[1.0], free])[place]
        incidence[g] = np.vstack([np.zeros((1, incidence.shape[2])), cumulative])[place]
        if trial.plan.continuous:
            edges = np.concatenate([[0.0], sums.time, [max([float(horizon), *sums.time[-1:].tolist()])]])
            area = np.concatenate([[0.0], np.cumsum(np.diff(edges) * np.concatenate([[1.0], free]))])
            mean[g] = np.interp(months, edges, area)
        else:
            mean[g] = np.cumsum((np.concatenate([[1.0], free[:-1]]) + free) / 2)
        known[g] = (months <= _followed(trial, sums, g)) | (survival[g] == 0)
    return MonthlyRisks(survival, incidence, mean, known)


def emulated_survival(trial: EmulatedTrial, *, exact: bool = False) -> Curve:
    """Estimate survival under each strategy by a Kaplan-Meier estimator of the clones, weighted anew every month.

    ``exact`` reads deaths at their exact times within the months (weights stay those of the month); with Cox weights and
    natural grace times are always exact. There are no limits on the curve: the same patients are in every strategy and
    weights are estimated, so Greenwood's variance is not given and intervals come from :func:`~durata.emulated_bootstrap`.

    Returns
    -------
    Curve with one Stretch a strategy, time in months of the trial's grid, numbers at risk and of events weighted.

    Raises
    ------
    CannotEstimate : never for a trial that stands; a strategy that cannot be estimated carries a note.

    References
    ----------
    Robins & Finkelstein, Biometrics 2000;56:779; Hernan, BMJ 2018;360:k182.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(
    ...     time=[1, 2, 2, 2, 2, 2], cause=[0, 1, 0, 0, 1, 0], ended_at=[0.5, 0.5, 0.8, 1.5, 1.5, 1.2], horizon=2)
    >>> trial = du.emulate(courses, du.EmulationPlan((du.ending_window("short", 0, 1), du.ending_window("long", 1, 2)), weights="empirical"))
    >>> [round(row["estimate"], 4) for row in du.emulated_survival(trial).at(2).rows()]
    [0.5, 0.6667]
    """
    return _curve(trial, exact, cause=None)


def emulated_incidence(trial: EmulatedTrial, *, exact: bool = False) -> Curve:
    """Estimate the cumulative incidence of each cause under each strategy by a weighted Aalen-Johansen estimator.

    Returns
    -------
    Curve with one Stretch a strategy and cause; no limits (see :func:`~durata.emulated_survival`).

    Raises
    ------
    CannotEstimate : never for a trial that stands.

    References
    ----------
    Aalen & Johansen, Scand. J. Statist. 1978;5:141; Young et al., Stat Med 2020;39:1199.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(
    ...     time=[1, 2, 2, 2, 2, 2], cause=[0, 1, 2, 0, 1, 0], ended_at=[0.5, 0.5, 0.8, 1.5, 1.5, 1.2], horizon=2,
    ...     causes=("relapse", "death"))
    >>> trial = du.emulate(courses, du.EmulationPlan((du.ending_window("short", 0, 1), du.ending_window("long", 1, 2)), weights="empirical"))
    >>> [round(row["estimate"], 4) for row in du.emulated_incidence(trial).at(2).rows()]
    [0.5, 0.5, 0.3333, 0.0]
    """
    return _curve(trial, exact, cause=trial.courses.causes)


def emulated_effects(trial: EmulatedTrial, *, at: int | None = None, reference: str | None = None) -> Summary:
    """Read survival and restricted mean at a horizon under each strategy, and compare every strategy with one of them.

    Parameters
    ----------
    trial : from :func:`~durata.emulate`.
    at : month of the horizon; the last of the trial if not given.
    reference : the strategy the others are compared with; the first if not given.

    Returns
    -------
    Summary with rows "survival", "restricted mean" (in months) by strategy and, against the reference, "difference of
    survival", "ratio of risks", "difference of restricted means". A strategy with too few effective patients (below
    10) or hardly ever followed (mean chance below 1 %) has no number, and a note that says so. On a grid of months the
    restricted mean is the trapezoid sum, in continuous time the area under the steps.

    Raises
    ------
    CannotEstimate : a horizon outside the trial, an unknown reference.

    References
    ----------
    Hernan, BMJ 2018;360:k182; Royston & Parmar, BMC Med. Res. Methodol. 2013;13:152; Wanis et al., JRSS-A 2024;187:796.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(
    ...     time=[1, 2, 2] * 10, cause=[0, 1, 0] * 10, ended_at=[0.5, 1.5, 0.8] * 10, horizon=2)
    >>> trial = du.emulate(courses, du.EmulationPlan((du.ending_window("short", 0, 1), du.ending_window("long", 1, 2)), weights="empirical"))
    >>> [row["term"] for row in du.emulated_effects(trial).rows() if row["group"] == "long"]
    ['survival', 'restricted mean', 'difference of survival', 'ratio of risks', 'difference of restricted means']
    """
    month = horizon_of(trial, at)
    base = trial.names[0] if reference is None else trial.names[trial.plan.index(reference)]
    refused = trial.refusals()
    values = effects_at(trial, month)
    rows: list[dict[str, Any]] = []
    for name in trial.names:
        rows += [
            _cell(term, name, month, values[term, name], refused.get(name, ""))
            for term in ("survival", "restricted mean")
        ]
    for name in trial.names:
        if name == base:
            continue
        note = refused.get(name, "") or refused.get(base, "")
        for term, number in contrasts(values, name, base).items():
            rows.append({**_cell(term, name, month, number, note), "reference": base})
    return Summary(
        what=speak("outcome under each strategy at {month} {unit}", month=month, unit=trial.courses.unit),
        table=tuple(rows),
        method=method_of(trial),
        unit=trial.courses.unit,
        settings={**settings_of(trial), "at": month, "reference": base},
    )


def effects_at(trial: EmulatedTrial, month: int) -> dict[tuple[str, str], float]:
    """Survival and restricted mean of every strategy at the end of a month, NaN where it is not followed so far."""
    risks = monthly_risks(trial)
    out = {}
    for g, name in enumerate(trial.names):
        known = bool(risks.known[g, month - 1])
        out["survival", name] = float(risks.survival[g, month - 1]) if known else np.nan
        out["restricted mean", name] = float(risks.restricted_mean[g, month - 1]) if known else np.nan
    return out


def contrasts(values: dict[tuple[str, str], float], name: str, base: str) -> dict[str, float]:
    """The contrasts of one strategy with another."""
    one, other = values["survival", name], values["survival", base]
    return {
        "difference of survival": one - other,
        "ratio of risks": (1 - one) / (1 - other) if other < 1 else np.nan,
        "difference of restricted means": values["restricted mean", name] - values["restricted mean", base],
    }


def horizon_of(trial: EmulatedTrial, at: int | None) -> int:
    """The month asked for, the last one if none is."""
    month = trial.courses.horizon if at is None else int(at)
    if not 1 <= month <= trial.courses.horizon or (at is not None and month != at):
        raise CannotEstimate(
            speak("The horizon must be a month from 1 to {last}, not {given!r}.", last=trial.courses.horizon, given=at)
        )
    return month


def method_of(trial: EmulatedTrial) -> str:
    """The estimator, its weights and its estimand in words."""
    model = {
        "pooled_logistic": speak("pooled logistic"),
        "cox": speak("Cox"),
        "empirical": speak("exact proportions by strata"),
    }[trial.plan.weights]
    return speak(
        "Kaplan-Meier of clones weighted by the inverse probability of the observed end of treatment ({model}); {estimand}",
        model=model,
        estimand=trial.plan.estimand,
    )


def settings_of(trial: EmulatedTrial) -> dict[str, Any]:
    """What the answer depends on."""
    plan = trial.plan
    return {
        "strategies": tuple((one.name, one.first, one.last) for one in plan.strategies),
        "grace": plan.grace,
        "grace_share": plan.grace_share if plan.grace == "stochastic" else None,
        "weights": plan.weights,
        "covariates": plan.covariates,
        "loss": plan.loss,
        "excuse": trial.courses.excuse,
        "truncation": None,
    }


def _cell(term: str, name: str, month: int, number: float, note: str) -> dict[str, Any]:
    """A cell with its number, or without one and with the reason."""
    if not note and not np.isfinite(number):
        note = (
            speak("not followed so far")
            if term != "ratio of risks"
            else speak("the reference has no risk or is unknown")
        )
    return {
        "term": term,
        "group": name,
        "time": float(month),
        "estimate": None if note else float(number),
        "note": note,
    }


def _product(sums: WeightedSums) -> tuple[FloatArray, FloatArray]:
    """(m,) the product limit of being free of any event, and (m, causes) the incidence of each cause."""
    total = sums.events.sum(axis=1)
    share = np.zeros_like(total)
    np.divide(total, sums.at_risk, out=share, where=sums.at_risk > 0)
    free = np.cumprod(1.0 - np.minimum(share, 1.0))
    before = np.concatenate([[1.0], free[:-1]])
    hazard = np.zeros_like(sums.events)
    np.divide(sums.events, sums.at_risk[:, None], out=hazard, where=sums.at_risk[:, None] > 0)
    return free, np.cumsum(before[:, None] * hazard, axis=0)


def _followed(trial: EmulatedTrial, sums: WeightedSums, g: int) -> float:
    """The last month in which any clone of a strategy is at risk."""
    if not trial.plan.continuous:
        there = np.flatnonzero(sums.at_risk > 0)
        return float(sums.time[there[-1]]) if len(there) else 0.0
    clones = trial.clones
    after = clones.weights_at(g, float(trial.courses.horizon))
    if np.any(after > 0):
        return float(trial.courses.horizon)
    last, _ = trial.deviated(trial.names[g])
    ends = np.minimum(trial.courses.exit, last - 1)
    return float(ends.max(initial=0))


def _curve(trial: EmulatedTrial, exact: bool, cause: tuple[str, ...] | None) -> Curve:
    stretches = []
    for g, sums in enumerate(trial.all_sums(exact=exact)):
        free, incidence = _product(sums)
        none: FloatArray = np.full(len(sums.time), np.nan)
        for j, word in enumerate(("",) if cause is None else cause):
            stretches.append(
                Stretch(
                    time=sums.time,
                    estimate=free if cause is None else incidence[:, j],
                    std_error=none,
                    conf_low=none,
                    conf_high=none,
                    at_risk=sums.at_risk,
                    events=sums.events.sum(axis=1) if cause is None else sums.events[:, j],
                    censored=np.zeros(len(sums.time)),
                    entered=np.zeros(len(sums.time)),
                    n=int(trial.counts.sum()),
                    initial=1.0 if cause is None else 0.0,
                    until=_followed(trial, sums, g),
                    group=trial.names[g],
                    cause=word,
                )
            )
    return Curve(
        stretches=tuple(stretches),
        estimand=speak("probability of being free of the event under a strategy")
        if cause is None
        else speak("cumulative incidence under a strategy"),
        method=method_of(trial),
        interval=NO_INTERVAL,
        conf_level=float("nan"),
        unit=trial.courses.unit,
        time_zero=speak("start of treatment"),
        settings={**settings_of(trial), "exact": exact or trial.plan.continuous},
    )
