"""Ridge-penalised Cox regression: coefficients drawn towards zero, with both of their standard errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from durata.cohort import Cohort
from durata.estimate.counted import check_level
from durata.estimate.cox import SCALE, column_means, concordance_error, model_notes, named_terms, pairs_of
from durata.estimate.cox_refusals import refuse_failure
from durata.estimate.cox_rows import cox_rows, weighted
from durata.estimate.result import Effects, Test
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray
from durata.kernels.partial_likelihood.ridge import fit_ridge
from durata.language.speaking import speak
from durata.terms import Design, TermLike, design_of

RidgeTies = Literal["efron", "breslow"]
METHOD = {
    "efron": "Cox proportional hazards with a ridge penalty, Efron's handling of ties",
    "breslow": "Cox proportional hazards with a ridge penalty, Breslow's handling of ties",
}


def ridge_cox(
    cohort: Cohort,
    terms: Sequence[TermLike],
    *,
    penalty: float,
    penalised: Sequence[str] | None = None,
    scale: bool = True,
    ties: RidgeTies = "efron",
    conf_level: float = 0.95,
) -> Effects:
    """Cox regression with a ridge penalty: the log partial likelihood less penalty / 2 x sum of squared coefficients.

    Rows, terms and missing values as in :func:`cox`. Levels without events and collinear terms have estimates when they
    are penalised. Frequency weights do what repeating the rows would do; there is no robust variance. The estimates
    are biased towards zero on purpose, so the intervals are no confidence intervals of an effect in the usual
    sense; the penalty is taken as given, not chosen.

    Parameters
    ----------
    penalty : 0 or more; 0 is the ordinary Cox model.
    penalised : columns whose coefficients are penalised (all if not given), as they are named in ``terms``.
    scale : penalise the coefficients of columns divided by their standard deviation (over all rows of the cohort in
        which the column is known, as R does); otherwise those of the columns as they are.
    ties : "efron" or "breslow".

    Returns
    -------
    Effects with (p,) estimates; ``covariance`` is the inverse H of the penalised information (R's ``se(coef)``).
    ``settings`` has "std_error_2" (from H^-1 I H^-1 with I the plain information, R's ``se2``),
    "effective_df" (trace of I H^-1) and "penalty_taken"; ``log_likelihood`` is not penalised. The test
    "likelihood_ratio" has the effective degrees of freedom, as in R.

    Raises
    ------
    CannotEstimate : a negative penalty; sampling weights (their scale is arbitrary and would decide the penalty); nobody
        has the event; a column that does not vary; an unpenalised one that is separated or collinear.

    References
    ----------
    Verweij & van Houwelingen, Statistics in Medicine 1994;13:2427; Gray, JASA 1992;87:942.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(
    ...     time=[1, 2, 3, 4, 5, 6], event=[1, 1, 1, 0, 1, 0], covariates={"x": [1, 1, 1, 0, 0, 0]}
    ... )
    >>> round(float(ridge_cox(cohort, ["x"], penalty=1.0).estimate[0]), 4) < 3.0
    True
    """
    if ties not in METHOD:
        raise CannotEstimate(
            speak(
                "A ridge penalty goes with {known} for ties, not with {ties!r}.",
                known=speak(" or ").join(map(repr, METHOD)),
                ties=ties,
            )
        )
    check_level(conf_level)
    if not (np.isfinite(penalty) and penalty >= 0):
        raise CannotEstimate(speak("The penalty must be 0 or a positive number, not {penalty!r}.", penalty=penalty))
    if cohort.weights is not None and cohort.weights.kind == "sampling":
        raise CannotEstimate(
            speak(
                "A ridge penalty takes no sampling weights: multiplying all of them by a number would "
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
    pull = np.where(_chosen(design, penalised), penalty, 0.0)
    if scale:
        pull = pull * _variances(cohort, design, whole)
    fit = fit_ridge(rows.risk_order(), rows.x, pull, offset=rows.offset, ties=ties)
    refuse_failure(fit, design.names, rows)
    pairs = pairs_of(rows, rows.linear_predictor(fit.coefficients), "n")
    left_out = int(np.count_nonzero(whole)) - len(np.unique(rows.rows))
    tests = {"likelihood_ratio": _test(2.0 * (fit.log_likelihood - fit.log_likelihood_null), fit.degrees)}
    return Effects(
        terms=named_terms(design),
        estimate=fit.coefficients,
        covariance=fit.covariance,
        model_covariance=fit.covariance,
        scale=SCALE,
        method=speak(METHOD[ties]) + ("" if cohort.weights is None else speak(", frequency weights")),
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
            "penalty": "ridge",
            "ridge_penalty": float(penalty),
            "penalised": tuple(design.variables) if penalised is None else tuple(penalised),
            "scale": scale,
            "std_error_2": tuple(np.sqrt(np.diag(fit.sandwich)).tolist()),
            "effective_df": fit.degrees,
            "penalty_taken": fit.penalty,
            "robust": False,
            "cluster": None,
            "weights": "none" if cohort.weights is None else cohort.weights.kind,
            "unit": cohort.unit,
            "time_zero": cohort.time_zero,
            "outcome": cohort.outcome,
            "means": tuple(column_means(rows).tolist()),
            "iterations": fit.iterations,
        },
        n_left_out=left_out,
        notes=(
            *notes,
            *model_notes(rows, len(fit.coefficients), left_out, pairs.n_pairs > 0, tests, robust=False),
        ),
    )


def _chosen(design: Design, penalised: Sequence[str] | None) -> BoolArray:
    """(p,) which coefficients are penalised: those of terms that read one of the columns named."""
    if penalised is None:
        return np.ones(len(design.names), dtype=np.bool_)
    if isinstance(penalised, str):
        raise CannotEstimate(speak("Give the penalised columns as a list: [{penalised!r}].", penalised=penalised))
    known = {coding.variable for part in design.parts for coding in part.codings}
    for name in penalised:
        if name not in known:
            raise CannotEstimate(speak("{name!r} is to be penalised and is not a term of the model.", name=name))
    return np.concatenate(
        [
            np.full(len(part.names), any(coding.variable in penalised for coding in part.codings))
            for part in design.parts
        ]
    )


def _variances(cohort: Cohort, design: Design, whole: BoolArray) -> FloatArray:
    """(p,) variance (n - 1) of each column over the rows of the cohort in which it is known."""
    matrix = design.matrix(cohort)[whole]
    if cohort.weights is not None:
        matrix = np.repeat(matrix, cohort.weights.values[whole].astype(np.intp), axis=0)
    if len(matrix) < 2:
        raise CannotEstimate(speak("One row has no spread to scale the penalty by."))
    return np.asarray(np.nanvar(matrix, axis=0, ddof=1))


def _test(statistic: float, df: float) -> Test:
    """The likelihood-ratio test on effective degrees of freedom."""
    from scipy.special import chdtrc

    return Test(
        speak("all coefficients are zero"),
        speak("likelihood-ratio test on effective degrees of freedom"),
        statistic,
        df,
        float(chdtrc(df, max(statistic, 0.0))),
    )
