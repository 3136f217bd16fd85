"""Answers from two cloned arms: weighted survival, restricted means with their difference, the weighted hazard ratio."""

from __future__ import annotations

from typing import Any

import numpy as np

from durata.designs.emulated.within_grace import ClonedArm, ClonedArms, Ties
from durata.estimate.curve import NO_INTERVAL
from durata.estimate.result import Curve, Effects, Stretch, Summary, Term
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import FloatArray
from durata.kernels.growing_weights import GrowingWeights, unit_weights, weighted_sets
from durata.kernels.newton import Status
from durata.kernels.product_limit import product_limit
from durata.kernels.step_function import area_until, rounding
from durata.kernels.two_arms import Arm, log_hazard_ratio
from durata.language.speaking import speak

FEW = 10.0
"""An arm that is worth fewer equally weighted patients than this after the grace period says hardly anything."""
REFERENCE = "Maringe et al., Int J Epidemiol 2020;49:1719"


def cloned_survival(arms: ClonedArms, *, weighted: bool = True) -> Curve:
    """Estimate survival under each of two strategies by Kaplan-Meier, each clone weighted as it is just before each time.

    The weights change over time and are evaluated at the times of the curve; no clone is split. There are no limits: the
    same patients are in both arms and the weights are estimated, so intervals come from a bootstrap of patients
    (``counts`` of :func:`~durata.clones_within_grace`). ``weighted=False`` ignores that deviating is informative, for
    comparison.

    Returns
    -------
    Curve with one Stretch a strategy, times in the unit of the arms, numbers at risk and of events weighted.

    References
    ----------
    Maringe et al., Int J Epidemiol 2020;49:1719; Robins & Finkelstein, Biometrics 2000;56:779.

    Examples
    --------
    >>> import durata as du
    >>> arms = du.clones_within_grace(
    ...     time=[3, 9, 12, 12, 7, 12], event=[1, 1, 0, 0, 1, 0], treated_at=[None, 2, 4, None, None, 5],
    ...     covariates={"age": [70, 60, 50, 66, 75, 58]}, grace=6)
    >>> curve = du.cloned_survival(arms)
    >>> curve.groups
    ('not treated', 'treated')
    >>> round(curve.at(3).rows()[1]["estimate"], 4)
    0.8333
    """
    return Curve(
        stretches=tuple(_stretch(arm, _weights(arm, weighted=weighted)) for arm in arms.arms),
        estimand=speak("probability of being free of the event under a strategy"),
        method=speak("Kaplan-Meier of clones, weighted by the inverse probability of not having deviated")
        if weighted
        else speak("Kaplan-Meier of clones, deviating taken as not informative"),
        interval=NO_INTERVAL,
        conf_level=float("nan"),
        unit=arms.unit,
        time_zero="time zero",
        settings=_settings(arms, weighted=weighted),
        notes=_notes(arms, weighted=weighted),
    )


def cloned_restricted_mean(arms: ClonedArms, *, until: float, weighted: bool = True) -> Summary:
    """Estimate the mean time free of the event up to ``until`` under each strategy, and the difference.

    The area under :func:`cloned_survival`, in the unit of the arms. Intervals come from a bootstrap of patients.

    Returns
    -------
    Summary of three rows: one a strategy, and ``term`` "difference" (treated minus not treated); None with a note where an
    arm is not followed so far.

    Raises
    ------
    CannotEstimate : a horizon that is not a positive number.

    References
    ----------
    Maringe et al., Int J Epidemiol 2020;49:1719; Royston & Parmar, BMC Med. Res. Methodol. 2013;13:152.

    Examples
    --------
    >>> import durata as du
    >>> arms = du.clones_within_grace(
    ...     time=[3, 9, 12, 12, 7, 12], event=[1, 1, 0, 0, 1, 0], treated_at=[None, 2, 4, None, None, 5],
    ...     covariates={"age": [70, 60, 50, 66, 75, 58]}, grace=6)
    >>> round(du.cloned_restricted_mean(arms, until=3).rows()[2]["estimate"], 6)
    0.0
    """
    if not np.isfinite(until) or until <= 0:
        raise CannotEstimate(
            speak("The horizon of a restricted mean must be a positive number, not {until!r}.", until=until)
        )
    curve = cloned_survival(arms, weighted=weighted)
    rows: list[dict[str, Any]] = []
    for one in curve.stretches:
        followed = until <= one.until + rounding(one.time) or one.estimate[-1] == 0.0
        area = area_until(one.time, one.estimate, float(until))[0] if followed else None
        note = (
            ""
            if followed
            else speak("beyond the last observation at {until:g} {unit}", until=one.until, unit=arms.unit)
        )
        rows.append(
            {"term": "restricted mean", "group": one.group, "time": float(until), "estimate": area, "note": note}
        )
    base, treated = rows
    known = base["estimate"] is not None and treated["estimate"] is not None
    rows.append(
        {
            "term": "difference",
            "group": treated["group"],
            "reference": base["group"],
            "time": float(until),
            "estimate": treated["estimate"] - base["estimate"] if known else None,
            "note": speak("; ").join(f"{row['group']}: {row['note']}" for row in (base, treated) if row["note"]),
        }
    )
    return Summary(
        what=speak("restricted mean time free of the event under two strategies"),
        table=tuple(rows),
        method=speak("area under the curves: {method}", method=curve.method),
        unit=arms.unit,
        settings={**curve.settings, "until": float(until)},
        notes=curve.notes,
    )


def cloned_hazard_ratio(
    arms: ClonedArms, *, ties: Ties = "efron", weighted: bool = True, conf_level: float = 0.95
) -> Effects:
    """Estimate the hazard ratio of the two strategies by a weighted Cox model over the clones of both.

    A legacy measure, given to compare with published ones: it averages over time a ratio that is 1 before the grace period
    can end for most patients. The covariance sums the score residuals of a patient's two clones and takes the
    weights as known; an interval that counts their estimation is a bootstrap of patients.

    Returns
    -------
    Effects with one term on the log scale, treated against not treated.

    Raises
    ------
    CannotEstimate : nobody has the event, or nobody of one arm has it.

    References
    ----------
    Maringe et al., Int J Epidemiol 2020;49:1719; Lin & Wei, JASA 1989;84:1074.

    Examples
    --------
    >>> import durata as du
    >>> arms = du.clones_within_grace(
    ...     time=[3, 9, 12, 12, 7, 12], event=[1, 1, 0, 0, 1, 0], treated_at=[None, 2, 4, None, None, 5],
    ...     covariates={"age": [70, 60, 50, 66, 75, 58]}, grace=6)
    >>> round(float(du.cloned_hazard_ratio(arms, weighted=False).estimate[0]), 4)
    -0.4676
    """
    if not 0 < conf_level < 1:
        raise CannotEstimate(speak("conf_level must lie between 0 and 1, not {conf_level!r}.", conf_level=conf_level))
    if ties not in ("efron", "breslow"):
        raise CannotEstimate(speak("ties is 'efron' or 'breslow', not {ties!r}.", ties=ties))
    n = len(arms.person)
    base, treated = arms.arms
    first, second = (
        Arm(one.exit, one.event, np.arange(n), _weights(one, weighted=weighted)) for one in (base, treated)
    )
    found = log_hazard_ratio(first, second, efron=ties == "efron", n_clusters=n)
    if found.status != Status.CONVERGED:
        empty = [one.name for one in arms.arms if not one.event.any()]
        who = speak("Nobody") if len(empty) == 2 else speak("Nobody in the arm {arm!r}", arm=empty[0]) if empty else ""
        raise CannotEstimate(
            speak("{who} has the event: the hazard ratio of the two strategies has no estimate.", who=who)
            if who
            else speak("The events leave no time at which both arms are at risk: the hazard ratio has no estimate.")
        )
    return Effects(
        terms=(Term(speak("strategy: {name}", name=treated.name), "strategy", treated.name, base.name),),
        estimate=np.array([found.estimate]),
        covariance=np.array([[found.robust_variance]]),
        model_covariance=np.array([[found.variance]]),
        scale="log hazard ratio",
        method=speak(
            "weighted Cox model of clones ({ties} ties), sandwich by patient, weights taken as known", ties=ties
        ),
        conf_level=conf_level,
        n=2 * n,
        n_people=n,
        n_events=int(sum(one.event.sum() for one in arms.arms)),
        robust=True,
        log_likelihood=found.log_likelihood,
        log_likelihood_null=found.log_likelihood_null,
        settings={**_settings(arms, weighted=weighted), "ties": ties, "conf_level": conf_level, "cluster": "person"},
        notes=_notes(arms, weighted=weighted),
    )


def _weights(arm: ClonedArm, *, weighted: bool) -> GrowingWeights:
    return arm.weights if weighted else unit_weights(len(arm.exit))


def _settings(arms: ClonedArms, *, weighted: bool) -> dict[str, Any]:
    return {
        "grace": arms.grace,
        "weighted": weighted,
        "covariates": arms.covariates,
        "censoring_ties": arms.ties,
        "truncation": None,
    }


def _stretch(arm: ClonedArm, weights: GrowingWeights) -> Stretch:
    """The weighted curve of one arm at every distinct end of follow-up in it."""
    times = np.unique(arm.exit)
    sets = weighted_sets(arm.exit, arm.event, weights, times)
    leaving = weighted_sets(arm.exit, ~arm.event, weights, times).events
    none: FloatArray = np.full(len(times), np.nan)
    return Stretch(
        time=times,
        estimate=product_limit(sets.at_risk, sets.events).value,
        std_error=none,
        conf_low=none,
        conf_high=none,
        at_risk=sets.at_risk,
        events=sets.events,
        censored=leaving,
        entered=np.zeros(len(times)),
        n=len(arm.exit),
        initial=1.0,
        until=float(times[-1]),
        group=arm.name,
    )


def _notes(arms: ClonedArms, *, weighted: bool) -> tuple[Finding, ...]:
    """A note on every arm that the weights leave too little of after the grace period."""
    if not weighted:
        return ()
    after = float(np.nextafter(arms.grace, np.inf))
    return tuple(
        Finding(
            "N06",
            Severity.WARNING,
            "After the grace period the arm {arm} is worth {size:.1f} equally weighted patients (effective sample size).",
            {"arm": arm.name, "size": arm.effective_sample_size(after)},
            "Do not read this arm after the grace period; merge or lengthen the strategies.",
            reference=REFERENCE,
        )
        for arm in arms.arms
        if arm.effective_sample_size(after) < FEW
    )
