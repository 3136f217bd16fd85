"""Restricted means and survival at a horizon adjusted for covariates: regression of jackknife pseudo-values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from durata.cohort import Cohort
from durata.estimate.counted import check_level
from durata.estimate.observation import observe
from durata.estimate.result import Effects, Term, Test
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import BoolArray, FloatArray
from durata.kernels.pseudo_values import pseudo_values as jackknifed
from durata.kernels.step_function import rounding
from durata.language.speaking import speak
from durata.terms import TermLike, design_of

Quantity = Literal["restricted mean", "survival"]
SCALES = {"restricted mean": "difference in restricted mean", "survival": "difference in probability"}
EXACT_FIT = 1e-20
"""Residuals whose squares are less than this share of those of the values are rounding."""
DEPENDENT = 1e-10
"""A column whose part that other columns do not explain is smaller than this share of it depends on them."""


def pseudo_values(
    cohort: Cohort, by: str | None = None, *, until: float, of: Quantity = "restricted mean"
) -> FloatArray:
    """Make jackknife pseudo-values: what each person contributes to a restricted mean, or to survival, at ``until``.

    n theta - (n - 1) theta without the person, within each group of ``by``. Their mean is close to theta, and they
    stand for the time (or state) of every person as if nobody had been censored.

    Parameters
    ----------
    until : the horizon, in the cohort's unit.
    by : column of groups in each of which the jackknife is made by itself (censoring may differ between them).
    of : "restricted mean" (area under the Kaplan-Meier curve) or "survival" (the curve itself).

    Returns
    -------
    (n,) one number for each row of the cohort; NaN where the group is not known.

    Raises
    ------
    CannotEstimate : weights, delayed entry or several rows a person; a group not followed to the horizon, or of one person.

    References
    ----------
    Andersen, Klein & Rosthoj, Biometrika 90:15, 2003; Andersen, Hansen & Klein, Lifetime Data Anal. 10:335, 2004.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(time=[1, 2, 3, 4], event=[1, 1, 1, 1])
    >>> pseudo_values(cohort, until=3).tolist()  # without censoring: the time itself, up to the horizon
    [1.0, 2.0, 3.0, 3.0]
    """
    if of not in SCALES:
        raise CannotEstimate(
            speak("There are no pseudo-values of {of!r}; there are {known}.", of=of, known=speak(", ").join(SCALES))
        )
    if not np.isfinite(until) or until <= 0:
        raise CannotEstimate(
            speak("The horizon of a restricted mean must be a positive number, not {until!r}.", until=until)
        )
    if cohort.weights is not None and np.any(cohort.weights.values != 1.0):
        raise CannotEstimate(
            speak(
                "Pseudo-values leave out one person at a time and take no weights; use a weighted restricted mean or Cox model."
            )
        )
    observation = observe(cohort, by)
    rows = observation.rows
    if rows.entry is not None:
        raise CannotEstimate(
            speak("Pseudo-values are not made with delayed entry or groups that change over time; use a Cox model.")
        )
    if len(np.unique(rows.person)) < len(rows.person):
        raise CannotEstimate(speak("Pseudo-values need one row a person."))
    found = np.full(len(cohort), np.nan)
    for code, level in enumerate(observation.levels):
        here = observation.group == code
        time, event = rows.exit_time[here], rows.event[here]
        if len(time) < 2:
            raise CannotEstimate(speak("Group {level!r} has one person only: nobody can be left out.", level=level))
        last = float(time.max())
        if until > last + rounding(time) and not np.all(event[time == last]):
            raise CannotEstimate(
                speak(
                    "Group {level!r} was followed to {last:g} {unit} only; choose a horizon no later than that.",
                    level=level,
                    last=last,
                    unit=cohort.unit,
                )
            )
        found[observation.position[here]] = jackknifed(time, event, float(until), mean=of == "restricted mean")
    return found


def pseudo_value_regression(
    cohort: Cohort,
    terms: Sequence[TermLike],
    *,
    until: float,
    of: Quantity = "restricted mean",
    by: str | None = "group",
    conf_level: float = 0.95,
) -> Effects:
    """Compare restricted means (or survival at a horizon) adjusted for covariates, by regression of pseudo-values.

    A linear model with an intercept and the sandwich variance (generalised estimating equations with identity link and
    independence). It assumes no proportional hazards; censoring may depend on the group of ``by`` and on nothing else.

    Parameters
    ----------
    terms : as in :func:`cox`, without strata and offsets.
    until, of : as in :func:`pseudo_values`.
    by : the column of groups within which the jackknife is made; "group" is passed over where there is no group.

    Returns
    -------
    Effects on the scale of time (or probability): differences in the mean for each term, others held constant;
    ``covariance`` (p, p) is the sandwich, ``model_covariance`` that of ordinary least squares; ``tests`` "wald".
    ``settings["intercept"]`` is the value where all columns are 0.

    Raises
    ------
    CannotEstimate : as :func:`pseudo_values`; collinear terms; fewer rows than coefficients; strata or offsets.

    References
    ----------
    Andersen, Hansen & Klein, Lifetime Data Anal. 10:335, 2004; Andersen & Perme, Stat. Methods Med. Res. 19:71, 2010.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(time=[2, 4, 8, 6, 8, 8], event=[1, 1, 0, 1, 0, 0], group=list("aaabbb"))
    >>> round(float(pseudo_value_regression(cohort, ["group"], until=8).estimate[0]), 3)
    2.667
    """
    check_level(conf_level)
    if by == "group" and cohort.group is None and "group" not in cohort.covariates:
        by = None
    everybody: BoolArray = np.ones(len(cohort), dtype=np.bool_)
    if by is not None:
        everybody = ~cohort.category(by).missing
    design, notes = design_of(cohort, terms, everybody)
    if design.strata or design.offsets:
        raise CannotEstimate(speak("A regression of pseudo-values has neither strata nor offsets; add them as terms."))
    kept = np.flatnonzero(design.complete(cohort) & everybody)
    # Complete cases first, then the jackknife: who is not in the model is in no curve of it either.
    chosen = cohort.select(kept)
    values = pseudo_values(chosen, by, until=until, of=of)
    x = np.column_stack([np.ones(len(kept)), design.matrix(chosen)])
    n, columns = x.shape
    if n <= columns:
        raise CannotEstimate(speak("There are {n} persons for {columns} coefficients.", n=n, columns=columns))
    scale = np.sqrt((x**2).sum(axis=0))
    scale[scale == 0.0] = 1.0  # a column of zeros is found below, as dependent on the others
    q, r = np.linalg.qr(x / scale)
    if np.min(np.abs(np.diag(r))) < DEPENDENT:
        weak = [design.names[k - 1] for k in np.flatnonzero(np.abs(np.diag(r)) < DEPENDENT) if k > 0]
        raise CannotEstimate(
            speak("Collinear terms: {names} can be computed from the others.", names=speak(", ").join(weak))
        )
    inverse = np.linalg.inv(r) / scale[:, None]
    coefficients = inverse @ (q.T @ values)
    residuals = values - x @ coefficients
    if float(residuals @ residuals) <= EXACT_FIT * float(values @ values):
        raise CannotEstimate(
            speak(
                "The terms say every person's value exactly (all were free of the event throughout, or all had it at one "
                "time, for example): there is no error to judge a difference by. Choose another horizon."
            )
        )
    leverage = (q * residuals[:, None]) @ inverse.T
    covariance = leverage.T @ leverage
    ordinary = inverse @ inverse.T * float(residuals @ residuals) / (n - columns)
    left_out = len(cohort) - n
    from scipy.special import chdtrc

    from durata.estimate.cox import quadratic

    wald = quadratic(covariance[1:, 1:], coefficients[1:])
    tests = {}
    if wald is not None:
        none = speak("all coefficients are zero")
        df = columns - 1
        tests["wald"] = Test(none, speak("Wald test"), wald, float(df), float(chdtrc(df, wald)))
    if left_out:
        notes = (
            *notes,
            Finding(
                "N11",
                Severity.INFO,
                "{n} row(s) with a missing value in a term of the model were left out.",
                {"n": left_out},
                "Say in the report how many are missing and why, or impute.",
            ),
        )
    return Effects(
        terms=tuple(Term(name, part.label, level, ref) for part in design.parts for name, level, ref in part.names),
        estimate=coefficients[1:],
        covariance=covariance[1:, 1:],
        model_covariance=ordinary[1:, 1:],
        scale=SCALES[of],
        method=speak("linear regression of pseudo-values, sandwich variance"),
        conf_level=conf_level,
        n=n,
        n_people=n,
        n_events=int(np.count_nonzero(chosen.event)),
        robust=True,
        tests=tests,
        design=design,
        settings={
            "until": float(until),
            "of": of,
            "by": by,
            "unit": cohort.unit,
            "time_zero": cohort.time_zero,
            "outcome": cohort.outcome,
            "intercept": float(coefficients[0]),
            "intercept_std_error": float(np.sqrt(covariance[0, 0])),
        },
        n_left_out=left_out,
        notes=(*cohort.notes, *notes),
    )
