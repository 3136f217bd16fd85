"""Accelerated failure time models of a Cohort: how covariates stretch the time to the event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np

from durata.cohort import Cohort
from durata.estimate.counted import check_level
from durata.estimate.cox import chi_square_test, named_terms, quadratic
from durata.estimate.observation import observed_times
from durata.estimate.result import Effects
from durata.finding import CannotEstimate
from durata.kernels.accelerated import Distribution, fit_accelerated
from durata.language.speaking import speak
from durata.terms import TermLike, design_of

DEPENDENT = 1e-10
"""A column whose part that others do not explain is smaller than this share of it depends on them."""


def accelerated_failure_time(
    cohort: Cohort, terms: Sequence[TermLike], *, distribution: Distribution = "weibull", conf_level: float = 0.95
) -> Effects:
    """Fit an accelerated failure time model: covariates multiply the time to the event.

    Parameters
    ----------
    terms : as in :func:`cox`, without strata and offsets.
    distribution : "exponential", "weibull", "lognormal" or "loglogistic" of the time.

    Returns
    -------
    Effects on the scale log time ratio (exp of it: how many times longer until the event), covariance (p, p) from the
    observed information; tests "likelihood_ratio" and "wald"; ``settings`` with "intercept", "scale" (R's; 1 / shape of
    Weibull), "log_scale_std_error", "aic".

    Raises
    ------
    CannotEstimate : nobody has the event; a time of 0; delayed entry or several rows a person; sampling weights; collinear
        terms; a coefficient that runs to infinity.

    References
    ----------
    Kalbfleisch & Prentice, The Statistical Analysis of Failure Time Data, 2002, chapter 3.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(time=[2, 4, 8, 6, 12, 20], event=[1, 1, 1, 1, 1, 0], group=list("aaabbb"))
    >>> fit = accelerated_failure_time(cohort, ["group"], distribution="exponential")
    >>> round(float(np.exp(fit.estimate[0])), 3)  # 38 / 2 against 14 / 3
    4.071
    """
    if distribution not in get_args(Distribution):
        raise CannotEstimate(
            speak(
                "There is no distribution {distribution!r}; there are {known}.",
                distribution=distribution,
                known=speak(", ").join(get_args(Distribution)),
            )
        )
    check_level(conf_level)
    exit_time, entry = observed_times(cohort)
    if entry is not None or len(np.unique(cohort.person)) < len(cohort):
        raise CannotEstimate(
            speak("An accelerated failure time model needs one row a person, observed from time zero; use a Cox model.")
        )
    if cohort.weights is not None and cohort.weights.kind == "sampling":
        raise CannotEstimate(speak("An accelerated failure time model takes no sampling weights; use a Cox model."))
    counts = np.ones(len(cohort)) if cohort.weights is None else cohort.weights.values
    design, notes = design_of(cohort, terms, counts > 0)
    if design.strata or design.offsets:
        raise CannotEstimate(
            speak("An accelerated failure time model has neither strata nor offsets; add them as terms.")
        )
    kept = np.flatnonzero(design.complete(cohort) & (counts > 0))
    chosen, time, weights = cohort.select(kept), exit_time[kept], counts[kept]
    if not np.any(chosen.event):
        raise CannotEstimate(speak("Nobody in the cohort has the event: no hazard can be compared."))
    if np.any(time <= 0):
        raise CannotEstimate(
            speak(
                "{n} person(s) were observed for a time of 0, which has no logarithm: leave them out, or use a Cox model.",
                n=int(np.count_nonzero(time <= 0)),
            )
        )
    x = np.column_stack([np.ones(len(kept)), design.matrix(chosen)])
    size = np.sqrt((x**2).sum(axis=0))
    r = np.abs(np.diag(np.linalg.qr(x / np.where(size > 0, size, 1.0), mode="r")))
    if len(r) < x.shape[1] or np.min(r) < DEPENDENT:
        weak = [name for name, size in zip(design.names, r[1:], strict=False) if size < DEPENDENT]
        raise CannotEstimate(
            speak("Collinear terms: {names} can be computed from the others.", names=speak(", ").join(weak))
        )
    log_time = np.log(time)
    fit = fit_accelerated(log_time, chosen.event, x, weights, distribution)
    null = fit_accelerated(log_time, chosen.event, x[:, :1], weights, distribution)
    if not (fit.converged and null.converged):
        raise CannotEstimate(
            speak("The likelihood has no maximum: in some level nobody has the event, or all times are the same.")
        )
    p = x.shape[1] - 1
    none = speak("all coefficients are zero")
    covariance = fit.covariance[1 : p + 1, 1 : p + 1]
    tests = {
        "likelihood_ratio": chi_square_test(
            2.0 * (fit.log_likelihood - null.log_likelihood), p, speak("likelihood-ratio test"), none
        )
    }
    wald = quadratic(covariance, fit.coefficients[1:])
    if wald is not None:
        tests["wald"] = chi_square_test(wald, p, speak("Wald test"), none)
    parameters = p + (1 if distribution == "exponential" else 2)
    n = int(weights.sum())
    return Effects(
        terms=named_terms(design),
        estimate=fit.coefficients[1:],
        covariance=covariance,
        model_covariance=covariance,
        scale="log time ratio",
        method=speak("accelerated failure time, {distribution}", distribution=distribution),
        conf_level=conf_level,
        n=n,
        n_people=n,
        n_events=int(weights @ chosen.event),
        log_likelihood=fit.log_likelihood,
        log_likelihood_null=null.log_likelihood,
        tests=tests,
        design=design,
        settings={
            "distribution": distribution,
            "intercept": float(fit.coefficients[0]),
            "intercept_std_error": float(np.sqrt(fit.covariance[0, 0])),
            "scale": float(np.exp(fit.log_scale)),
            "log_scale_std_error": None
            if distribution == "exponential"
            else float(np.sqrt(fit.covariance[p + 1, p + 1])),
            "aic": 2.0 * parameters - 2.0 * fit.log_likelihood,
            "unit": cohort.unit,
            "outcome": cohort.outcome,
        },
        n_left_out=int(counts.sum()) - n,
        notes=(*cohort.notes, *notes),
    )
