"""Weights for a duration that is a number: the generalised propensity score by a normal linear model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from durata.cohort import Cohort, Weights
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import FloatArray
from durata.language.speaking import speak
from durata.terms import Offset, Strata, TermLike, design_of
from durata.terms.columns import as_numbers
from durata.weighting.baseline_weights import check_shares, truncated, written_out
from durata.weighting.propensity import refuse_several_rows


def weigh_duration(
    cohort: Cohort,
    duration: str,
    covariates: Sequence[TermLike],
    *,
    scale: Literal["plain", "log"] = "plain",
    truncate: tuple[float, float] | None = (0.01, 0.99),
) -> Cohort:
    """Weigh people by how unusual their duration was for their covariates, so that the two no longer go together.

    The weight is f(d) / f(d | x): normal densities of the duration (or of its log) around its mean and around a linear
    model of the covariates, the variances with n - 1 and n - p - 1 degrees of freedom. It is a description and a
    sensitivity analysis: it rests on that model, and on the duration being known at time zero.

    Parameters
    ----------
    cohort : one row a person; rows with a missing duration or covariate are left out, with a note.
    duration : a column of numbers.
    covariates : as in :func:`propensity`.
    scale : "log" models the logarithm, for durations that are skewed and above 0.
    truncate : quantiles (type 7) to which weights beyond them are set; None for no truncation.

    Returns
    -------
    Cohort with sampling weights.

    Raises
    ------
    CannotEstimate : several rows a person; a duration that is no number, does not vary, or has no logarithm; too few
        people for the covariates, covariates that depend on each other or that give the duration exactly.

    References
    ----------
    Hirano & Imbens, in Gelman & Meng (eds), Applied Bayesian Modeling and Causal Inference, 2004, ch. 7; Robins, Hernan
    & Brumback, Epidemiology 2000;11:550.

    Examples
    --------
    >>> import numpy as np
    >>> import durata as du
    >>> cohort = du.cohort_from_arrays(time=np.arange(1, 7), event=[1] * 6,
    ...     covariates={"months": [3, 4, 6, 8, 9, 12], "size": [2, 5, 4, 7, 5, 9]})
    >>> du.weigh_duration(cohort, "months", ["size"], truncate=None).weights.values.round(3).tolist()
    [0.276, 0.977, 0.566, 0.618, 1.057, 0.195]
    """
    if truncate is not None:
        check_shares(truncate)
    if scale not in ("plain", "log"):
        raise CannotEstimate(speak("scale is 'plain' or 'log', not {scale!r}.", scale=scale))
    if isinstance(covariates, str) or not covariates:
        raise CannotEstimate(speak("Name the baseline covariates the weights are made of, as a list of at least one."))
    if any(isinstance(one, (Strata, Offset)) for one in covariates):
        raise CannotEstimate(speak("strata() and offset() have no place in a propensity model; name covariates."))
    people = written_out(cohort)
    refuse_several_rows(people)
    weights = np.ones(len(people)) if people.weights is None else people.weights.values
    values = as_numbers(people, duration)
    there = np.isfinite(values) & (weights > 0)
    if not np.any(there):
        raise CannotEstimate(speak("Nobody has a known {duration!r}.", duration=duration))
    design, notes = design_of(people, covariates, there)
    if duration in design.variables:
        raise CannotEstimate(
            speak("{column!r} cannot explain itself; leave it out of the covariates.", column=duration)
        )
    position = np.flatnonzero(there & design.complete(people))
    chosen = people.select(position)
    lasted = values[position]
    if scale == "log":
        if np.any(lasted <= 0):
            raise CannotEstimate(
                speak("{duration!r} is 0 or less for somebody: it has no logarithm.", duration=duration)
            )
        lasted = np.log(lasted)
    ratio = density_ratio(lasted, design.matrix(chosen), weights[position], duration)
    if truncate is not None:
        ratio = truncated(ratio, truncate)
    left_out = int(np.count_nonzero(weights > 0)) - len(position)
    if left_out:
        notes = (
            *notes,
            Finding(
                "N72",
                Severity.INFO,
                "{n} row(s) without a known duration or covariate have no weight and were left out.",
                {"n": left_out},
                "Say in the report how many are missing and why, or impute.",
            ),
        )
    return replace(chosen, weights=Weights(ratio * weights[position], "sampling"), notes=(*chosen.notes, *notes))


def density_ratio(lasted: FloatArray, x: FloatArray, weights: FloatArray, duration: str) -> FloatArray:
    """(n,) normal density of ``lasted`` around its mean over that around its regression on ``x`` (n, p)."""
    n, p = x.shape
    mean = weights @ lasted / weights.sum()
    spread = lasted - mean
    if not np.any(np.abs(spread) > 1e-12 * np.max(np.abs(lasted))):
        raise CannotEstimate(speak("{duration!r} is the same for everybody.", duration=duration))
    if n <= p + 1:
        raise CannotEstimate(speak("{n} people are too few for a model with {p} covariate columns.", n=n, p=p))
    root = np.sqrt(weights / weights.mean())
    centred = x - weights @ x / weights.sum()
    size = np.sqrt(np.sum(centred**2, axis=0))
    columns = root[:, None] * np.divide(centred, size, out=np.zeros_like(centred), where=size > 0)
    if np.linalg.matrix_rank(columns, tol=1e-9) < p:
        raise CannotEstimate(speak("The covariates depend on each other (or do not vary): leave one of them out."))
    fitted = columns @ np.linalg.lstsq(columns, root * spread, rcond=None)[0] / root
    left = spread - fitted
    total, rest = float(root**2 @ spread**2), float(root**2 @ left**2)
    if rest <= 1e-18 * total:
        raise CannotEstimate(
            speak(
                "The covariates give {duration!r} exactly: nobody could have had another duration.", duration=duration
            )
        )
    wide, narrow = np.sqrt(total / (n - 1)), np.sqrt(rest / (n - p - 1))
    logs = 0.5 * (left / narrow) ** 2 - 0.5 * (spread / wide) ** 2 + np.log(narrow / wide)
    return np.asarray(np.exp(logs))
