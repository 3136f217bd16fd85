"""Firth-penalised Cox regression, finite where the ordinary estimate runs to infinity, and when to set it beside that one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from durata.cohort import Cohort
from durata.estimate.analysis import Refused
from durata.estimate.counted import check_level
from durata.estimate.cox import (
    SCALE,
    chi_square_test,
    column_means,
    concordance_error,
    model_notes,
    named_terms,
    pairs_of,
    quadratic,
)
from durata.estimate.cox_refusals import Separation, refuse_failure
from durata.estimate.cox_rows import cox_rows, weighted
from durata.estimate.result import Effects
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.newton import Status
from durata.kernels.partial_likelihood.firth import FirthFit, fit_firth
from durata.kernels.profile import ProfiledCoefficients
from durata.language.speaking import speak
from durata.terms import TermLike, design_of

FirthTies = Literal["efron", "breslow"]
METHOD = {
    "efron": "Cox proportional hazards with Firth's penalised likelihood, Efron's handling of ties",
    "breslow": "Cox proportional hazards with Firth's penalised likelihood, Breslow's handling of ties",
}
PROFILE = "; intervals by profile penalised likelihood, p-values by penalised likelihood-ratio tests"

FirthReason = Literal["separation", "few-events"]
EVENTS_PER_PARAMETER = 5.0
"""Below this many events for each coefficient Firth's estimate is set beside the ordinary one."""
ROUNDING = 1e-6
"""A confidence limit that lies nearer to 0 than this share of a standard error is not told from it."""


def firth_cox(
    cohort: Cohort, terms: Sequence[TermLike], *, ties: FirthTies = "efron", conf_level: float = 0.95
) -> Effects:
    """Cox regression with Firth's penalty: log hazard ratios of little bias in small samples, finite under separation.

    Maximises the log partial likelihood plus half the log determinant of its information, both summed over strata, with
    the risk sets ``entry < t <= exit`` and the information of the declared handling of ties. The limits of a
    coefficient are where twice the penalised log-likelihood, maximised over the other coefficients, has fallen by
    the chi-square quantile; its p-value is that of the penalised likelihood-ratio test. In both the penalty keeps
    the information of all coefficients. Rows, terms and missing values as in :func:`cox`. Frequency weights do what
    repeating the rows would do; there is no robust variance.

    Parameters
    ----------
    terms : as in :func:`cox`; levels without events are welcome.
    ties : "efron" or "breslow".
    conf_level : of the profile limits.

    Returns
    -------
    Effects with (p,) estimates and the (p, p) inverse information at them on the log scale. ``interval()`` and
    ``p_value`` are the profile's, ``statistic`` the signed root of the penalised likelihood-ratio chi-square;
    ``dataclasses.replace(effects, profile=None)`` gives Wald's. Tests "likelihood_ratio" (penalised) and "wald" of all
    coefficients being zero. ``log_likelihood`` and ``log_likelihood_null`` are penalised;
    ``settings["log_likelihood_unpenalised"]`` is the other at the same estimate. "modified_score" (p,) is what is
    left of the equations solved.

    Raises
    ------
    CannotEstimate : nobody has the event; sampling weights (their scale is arbitrary and would decide the penalty); a
        column that says nothing about the hazard or is a combination of others; no convergence.

    References
    ----------
    Firth, Biometrika 80:27, 1993; Heinze & Schemper, Biometrics 57:114, 2001.

    Examples
    --------
    Everybody with the event has x = 1, so the ordinary estimate is infinite:

    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(
    ...     time=[1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    ...     event=[1, 1, 1, 1, 0, 1, 0, 0, 0, 0],
    ...     covariates={"x": [1, 1, 1, 1, 1, 1, 0, 0, 0, 0]},
    ... )
    >>> effects = firth_cox(cohort, ["x"])
    >>> low, high = effects.interval()
    >>> round(float(effects.estimate[0]), 4), round(float(low[0]), 4), round(float(high[0]), 4)
    (2.87, 0.5541, 7.7836)
    """
    if ties not in METHOD:
        raise CannotEstimate(
            speak(
                "Firth's penalty goes with {known} for ties, not with {ties!r}.",
                known=speak(" or ").join(map(repr, METHOD)),
                ties=ties,
            )
        )
    check_level(conf_level)
    if cohort.weights is not None and cohort.weights.kind == "sampling":
        raise CannotEstimate(
            speak(
                "Firth's penalty takes no sampling weights: multiplying all of them by a number would "
                "change the estimate. Use frequency weights, or the ordinary Cox model."
            )
        )
    whole = weighted(cohort)
    design, notes = design_of(cohort, terms, whole)
    if not design.parts:
        raise CannotEstimate(
            speak("The model has strata or offsets only; name at least one term whose effect is wanted.")
        )
    rows = cox_rows(cohort, design, ties=ties, cluster=None)
    fit = fit_firth(rows.risk_order(), rows.x, offset=rows.offset, ties=ties, conf_level=conf_level)
    if fit.status == Status.NOT_CONVERGED:
        raise CannotEstimate(_too_far(speak("was not found after {iterations} steps", iterations=fit.iterations)))
    refuse_failure(fit, design.names, rows)
    profile = _profile(fit, design.names)
    pairs = pairs_of(rows, rows.linear_predictor(fit.coefficients), "n")
    left_out = int(np.count_nonzero(whole)) - len(np.unique(rows.rows))
    p, none = len(fit.coefficients), speak("all coefficients are zero")
    fall = 2.0 * (fit.log_likelihood - fit.log_likelihood_null)
    tests = {"likelihood_ratio": chi_square_test(fall, p, speak("penalised likelihood-ratio test"), none)}
    wald = quadratic(fit.covariance, fit.coefficients)
    if wald is not None:
        tests["wald"] = chi_square_test(wald, p, speak("Wald test"), none)
    notes = (*notes, *model_notes(rows, p, left_out, pairs.n_pairs > 0, tests, robust=False))
    effects = Effects(
        terms=named_terms(design),
        estimate=fit.coefficients,
        covariance=fit.covariance,
        model_covariance=fit.covariance,
        scale=SCALE,
        method=speak(METHOD[ties]) + ("" if cohort.weights is None else speak(", frequency weights")) + speak(PROFILE),
        conf_level=conf_level,
        n=rows.n,
        n_people=rows.n_people,
        n_events=rows.n_events,
        log_likelihood=fit.log_likelihood,
        log_likelihood_null=fit.log_likelihood_null,
        tests=tests,
        concordance=pairs.index,
        concordance_std_error=concordance_error(rows, pairs, by_cluster=False),
        design=design,
        settings={
            "ties": ties,
            "penalty": "firth",
            "robust": False,
            "cluster": None,
            "weights": "none" if cohort.weights is None else cohort.weights.kind,
            "unit": cohort.unit,
            "time_zero": cohort.time_zero,
            "outcome": cohort.outcome,
            "log_likelihood_unpenalised": fit.log_likelihood_unpenalised,
            "modified_score": tuple(fit.modified_score.tolist()),
            "means": tuple(column_means(rows).tolist()),
            "iterations": fit.iterations,
        },
        n_left_out=left_out,
        notes=notes,
        profile=profile,
    )
    peaks = _several_peaks(effects)
    return effects if peaks is None else replace(effects, notes=(*notes, peaks))


def needs_firth(
    answer: Effects | Refused | CannotEstimate, cohort: Cohort, parameters: int | None = None
) -> FirthReason | None:
    """Whether Firth's estimate belongs beside an ordinary Cox model, and why (``firth = "auto"``).

    "separation": the ordinary model was refused because a coefficient runs to infinity. "few-events": fewer than
    5 events for each coefficient, where ordinary estimates are biased away from 0 and Wald intervals mislead. Else None,
    also where nobody has the event and no model can be had.

    Parameters
    ----------
    answer : the ordinary model, or why there is none.
    cohort : the cohort it was asked of; its events are counted when the model has none to tell.
    parameters : number of coefficients; those of the model when not given. A refusal without it is judged by
        separation alone.

    References
    ----------
    Heinze & Schemper, Biometrics 57:114, 2001; Vittinghoff & McCulloch, Am. J. Epidemiol. 165:710, 2007.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> from durata.estimate.cox import cox
    >>> cohort = cohort_from_arrays(
    ...     time=[1, 2, 3, 4, 5, 6], event=[1, 0, 1, 1, 0, 1], covariates={"x": [1, 0, 0, 1, 1, 0]}
    ... )
    >>> needs_firth(cox(cohort, ["x"]), cohort)
    'few-events'
    """
    if isinstance(answer, Effects):
        events: float = answer.n_events
        parameters = len(answer.terms) if parameters is None else parameters
    else:
        cause = answer.cause if isinstance(answer, Refused) else type(answer)
        if issubclass(cause, Separation):
            return "separation"
        weights = None if cohort.weights is None or cohort.weights.kind == "sampling" else cohort.weights.values
        events = float(np.count_nonzero(cohort.event) if weights is None else weights[cohort.event].sum())
    if parameters is None or events == 0:
        return None
    return "few-events" if events < EVENTS_PER_PARAMETER * parameters else None


def _profile(fit: FirthFit, names: Sequence[str]) -> ProfiledCoefficients:
    """The profile of a converged fit; CannotEstimate when a limit or a test could not be found."""
    if fit.profile is None:
        raise ValueError("a fit without an estimate has no profile")
    found = np.isfinite(fit.profile.low + fit.profile.high + fit.profile.statistic)
    if not np.all(found):
        lost = speak(", ").join(repr(name) for name, there in zip(names, found.tolist(), strict=True) if not there)
        raise CannotEstimate(_too_far(speak("has no confidence limits for {lost} that can be computed", lost=lost)))
    return fit.profile


def _several_peaks(effects: Effects) -> Finding | None:
    """A warning when interval and test of a coefficient do not agree about 0: the profile falls and rises again between."""
    low, high = effects.interval()
    outside = (low > 0) | (high < 0)
    apart = np.flatnonzero(outside != (effects.p_value < 1.0 - effects.conf_level))
    # A limit that is 0 but for rounding is not a second peak.
    size = np.minimum(np.abs(low), np.abs(high)) / effects.std_error
    terms = [effects.terms[j].name for j in apart.tolist() if size[j] > ROUNDING]
    if not terms:
        return None
    return Finding(
        "N17",
        Severity.WARNING,
        "The penalised likelihood has more than one peak: interval and p-value of {terms} do not agree about no effect.",
        {"terms": speak(", ").join(terms)},
        "There are too few events for these terms; fit fewer.",
    )


def _too_far(problem: str) -> str:
    """Why even the penalised likelihood cannot be computed, and what to do."""
    return speak(
        "Firth's penalised estimate {problem}: the terms put the events in order almost "
        "without an exception. Look for a covariate that is the time of the event in disguise, "
        "for extreme values, or fit fewer terms.",
        problem=problem,
    )
