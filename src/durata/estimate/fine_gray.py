"""Fine and Gray's regression: subdistribution hazard ratios of one cause, in the variants of R's finegray() and crr()."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np

from durata.cohort import Cohort
from durata.estimate.causes import cause_specific, causes_of, check_cause
from durata.estimate.counted import check_level
from durata.estimate.cox import chi_square_test, model_notes, named_terms, quadratic
from durata.estimate.cox_refusals import refuse_failure, refuse_without_events, refuse_without_spread
from durata.estimate.cox_rows import CoxRows, cox_rows, weighted
from durata.estimate.result import Effects, Summary
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray
from durata.kernels.partial_likelihood.baseline import hazard_steps
from durata.kernels.partial_likelihood.fit import fit_cox, kept_columns
from durata.kernels.partial_likelihood.likelihood import RiskSums, risk_sums
from durata.kernels.residuals import score_residuals
from durata.kernels.step_function import steps_until
from durata.kernels.subdistribution import (
    Censoring,
    SubdistributionOrder,
    censoring,
    censoring_scores,
    order_subdistribution,
)
from durata.language.speaking import speak
from durata.terms import Design, NewPeople, TermLike, design_of

Variant = Literal["finegray", "crr"]
Ties = Literal["efron", "breslow"]
SUBDISTRIBUTION_SCALE = "log subdistribution hazard ratio"
VARIANTS: Mapping[Variant, str] = {
    "finegray": "weights known (finegray and coxph), robust variance by person",
    "crr": "weights estimated (cmprsk::crr), variance of Fine and Gray",
}


def fine_gray(
    cohort: Cohort,
    terms: Sequence[TermLike],
    *,
    cause: int = 1,
    variant: Variant = "finegray",
    ties: Ties | None = None,
    conf_level: float = 0.95,
) -> Effects:
    """Fine and Gray's regression: how each term moves the cumulative incidence of one cause.

    A Cox model in whose risk sets everybody stays who had a competing event, with a weight G(t-) / G(x-), the chance
    not to have been censored since his event at x. There are two truths in use, and ``method`` names the one printed:

    - "finegray": R's ``finegray()`` and ``coxph()``. Events come before censorings at the same time when G is
      estimated; the sandwich variance treats the weights as known. ``model_covariance`` is the naive one.
    - "crr": ``cmprsk::crr()``. Who has an event is still at risk of being censored at that time; Breslow's ties; the
      variance counts that G was estimated.

    The coefficients order the incidences; they are not ratios of the rates of those still at risk
    (:func:`~durata.estimate.cox.cox` of :func:`~durata.estimate.causes.cause_specific` has those; show both).

    Parameters
    ----------
    terms : as for ``cox``, without strata, offsets.
    ties : "efron" (default of "finegray") or "breslow" (the only one of "crr").

    Returns
    -------
    Effects, (p,) on the scale of log subdistribution hazard ratios.

    Raises
    ------
    CannotEstimate : nobody has the cause; delayed entry or rows over time; sampling weights; what ``cox`` refuses.

    References
    ----------
    Fine & Gray, JASA 1999;94:496; Geskus, Biometrics 2011;67:39; Latouche et al., J Clin Epidemiol 2013;66:648.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(
    ...     time=[1, 2, 3, 4, 5, 6], event=[1, 2, 1, 1, 0, 2], event_codes=[1], competing_codes=[2],
    ...     covariates={"x": [1.0, 0.0, 0.0, 1.0, 0.0, 1.0]},
    ... )
    >>> fine_gray(cohort, ["x"]).scale
    'log subdistribution hazard ratio'
    """
    check_level(conf_level)
    if variant not in get_args(Variant):
        raise CannotEstimate(
            speak(
                "There is no variant {variant!r}; there are {known}.",
                variant=variant,
                known=speak(", ").join(get_args(Variant)),
            )
        )
    ties = ties or ("efron" if variant == "finegray" else "breslow")
    if ties not in get_args(Ties) or (variant == "crr" and ties != "breslow"):
        raise CannotEstimate(
            speak(
                "Ties {ties!r} do not go with variant {variant!r}; crr has Breslow's ties only.",
                ties=ties,
                variant=variant,
            )
        )
    check_cause(cohort, cause)
    design, notes = design_of(cohort, terms, weighted(cohort))
    if design.strata or design.offsets or not design.parts:
        raise CannotEstimate(
            speak("Fine and Gray's model takes terms only: at least one, and neither strata nor offsets.")
        )
    rows, competing = _rows(cohort, design, cause)
    refuse_without_events(design, cohort if cohort.weights is None else _repeated(cohort), rows)
    order, free = _laid_out(rows, competing, variant)
    fit = fit_cox(order, rows.x, ties=ties)
    refuse_failure(fit, design.names, rows)
    columns, sums = _at_fit(order, rows, fit.coefficients, ties)
    scores = score_residuals(order, columns, sums)
    if variant == "crr":
        scores = scores + censoring_scores(order, columns, sums, free, rows.exit_time, ~(rows.event | competing))
    leverage = scores @ fit.covariance
    covariance = leverage.T @ leverage
    refuse_without_spread(covariance, fit.covariance, design.names)
    p, left_out = len(fit.coefficients), int(np.count_nonzero(weighted(cohort) & ~design.complete(cohort)))
    wald = quadratic(covariance, fit.coefficients)
    none = speak("all coefficients are zero")
    tests = {} if wald is None else {"wald": chi_square_test(wald, p, speak("Wald test"), none)}
    return Effects(
        terms=named_terms(design),
        estimate=fit.coefficients,
        covariance=covariance,
        model_covariance=fit.covariance,
        scale=SUBDISTRIBUTION_SCALE,
        method=speak(
            "Fine and Gray, {variant_words}, {ties}'s handling of ties",
            variant_words=speak(VARIANTS[variant]),
            ties=ties.capitalize(),
        ),
        conf_level=conf_level,
        n=rows.n,
        n_people=rows.n_people,
        n_events=rows.n_events,
        robust=True,
        log_likelihood=fit.log_likelihood,
        log_likelihood_null=fit.log_likelihood_null,
        tests=tests,
        design=design,
        settings={
            "variant": variant,
            "cause": cause,
            "ties": ties,
            "robust": True,
            "cluster": "person",
            "weights": "none" if cohort.weights is None else cohort.weights.kind,
            "unit": cohort.unit,
            "time_zero": cohort.time_zero,
            "outcome": cohort.outcome,
            "n_competing": int(np.count_nonzero(competing)),
            "iterations": fit.iterations,
        },
        n_left_out=left_out,
        notes=(*cohort.notes, *notes, *model_notes(rows, p, left_out, True, tests, robust=True)),
    )


def predicted_incidence(
    cohort: Cohort, effects: Effects, new: Mapping[str, Sequence[object]], times: float | Iterable[float]
) -> Summary:
    """The cumulative incidence that a Fine-Gray model predicts for given people at given times.

    1 - exp(-H(t) exp(x b)), H being the cumulative subdistribution hazard. ``new`` gives every variable one value a
    person: ``{"age": [50, 70]}``. R: ``predict.crr``, ``survfit`` of a ``finegray`` fit.

    Raises
    ------
    CannotEstimate : effects of another model or cohort, a variable without a value, a time beyond the last observation.

    References
    ----------
    Fine & Gray, JASA 1999;94:496.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(
    ...     time=[1, 2, 3, 4, 5, 6], event=[1, 2, 1, 1, 0, 2], event_codes=[1], competing_codes=[2],
    ...     covariates={"x": [1.0, 0.0, 0.0, 1.0, 0.0, 1.0]},
    ... )
    >>> rows = predicted_incidence(cohort, fine_gray(cohort, ["x"]), {"x": [0, 1]}, 3).rows()
    >>> [row["group"] for row in rows]
    ['x=0', 'x=1']
    """
    if effects.scale != SUBDISTRIBUTION_SCALE or not isinstance(effects.design, Design):
        raise CannotEstimate(speak("These effects are not those of a Fine-Gray model."))
    design, ties = effects.design, effects.settings["ties"]
    rows, competing = _rows(cohort, design, effects.settings["cause"])
    if rows.n != effects.n or rows.n_events != effects.n_events:
        raise CannotEstimate(speak("This is not the cohort the model was fitted to; give the same one."))
    asked = np.atleast_1d(np.asarray(list(times) if isinstance(times, Iterable) else times, dtype=np.float64))
    last = float(rows.exit_time.max())
    if not np.all((asked >= 0) & (asked <= last)):
        raise CannotEstimate(
            speak("Times must lie between 0 and the last observation at {last:g} {unit}.", last=last, unit=cohort.unit)
        )
    order, _ = _laid_out(rows, competing, effects.settings["variant"])
    columns, sums = _at_fit(order, rows, effects.estimate, ties)
    hazard = np.concatenate([[0.0], np.cumsum(hazard_steps(order, columns, sums).hazard)])
    hazard = hazard[steps_until(order.time, asked)]
    relative = (design.matrix(NewPeople.of(design, new)) - rows.mean(rows.x)) @ effects.estimate
    table: list[dict[str, Any]] = [
        {
            "group": ", ".join(f"{name}={new[name][i]}" for name in design.variables),
            "cause": str(effects.settings["cause"]),
            "time": float(time),
            "estimate": float(-np.expm1(-hazard[k] * np.exp(relative[i]))),
        }
        for i in range(len(relative))
        for k, time in enumerate(asked)
    ]
    return Summary(
        what=speak("predicted cumulative incidence"),
        table=tuple(table),
        method=speak("predicted from {method}", method=effects.method),
        unit=cohort.unit,
        settings=dict(effects.settings),
        notes=effects.notes,
    )


def _repeated(cohort: Cohort) -> Cohort:
    """Frequency weights are repetition; sampling weights and delayed entry are refused."""
    if cohort.weights is None:
        return cohort
    if cohort.weights.kind == "sampling":
        raise CannotEstimate(
            speak(
                "Fine and Gray's model takes no sampling weights here. Use a weighted cause-specific "
                "Cox model: cox(cause_specific(cohort, cause), terms)."
            )
        )
    times = cohort.weights.values.astype(np.intp)
    again = np.repeat(np.arange(len(cohort)), times)
    return cohort.select(again, weights=None, person=np.arange(len(again)))


def _rows(cohort: Cohort, design: Design, cause: int) -> tuple[CoxRows, BoolArray]:
    """The complete rows with the cause as their event, and which of them have a competing event."""
    if cohort.entry is not None and not np.all(np.isneginf(cohort.entry)):
        raise CannotEstimate(
            speak(
                "Fine and Gray's model is not defined here for delayed entry or rows over time. Fit "
                "cause-specific hazards: cox(cause_specific(cohort, cause), terms)."
            )
        )
    whole = _repeated(replace(cohort, entry=None))
    rows = cox_rows(cause_specific(whole, cause), design, ties="breslow", cluster=None)
    causes = causes_of(whole)[rows.rows]
    return rows, (causes > 0) & (causes != cause)


def _laid_out(rows: CoxRows, competing: BoolArray, variant: Variant) -> tuple[SubdistributionOrder, Censoring]:
    free = censoring(rows.exit_time, rows.event | competing, events_first=variant == "finegray")
    order = order_subdistribution(rows.exit_time, rows.event, competing, free)
    if order is None:
        raise CannotEstimate(speak("Nobody with complete covariates has the event of this cause."))
    return order, free


def _at_fit(
    order: SubdistributionOrder, rows: CoxRows, coefficients: FloatArray, ties: Ties
) -> tuple[FloatArray, RiskSums]:
    """Centred columns (p, m) of the kept rows, and the sums over risk sets at the coefficients."""
    columns = kept_columns(order, rows.x) - rows.mean(rows.x)[:, None]
    eta = rows.linear_predictor(coefficients)
    return columns, risk_sums(order, order.weight * np.exp(eta[order.rows]), ties == "efron")
