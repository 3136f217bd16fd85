"""Pooling: the answers from several completed data sets become one, by Rubin's rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from durata.estimate.counted import check_level
from durata.estimate.cox import quadratic
from durata.estimate.result import Curve, Effects, Summary, Test
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray
from durata.kernels.rubin import JointTest, combine, combined_chi_squares, joint_test, t_quantile, t_tail
from durata.language.speaking import speak


def pool(answers: Sequence[Effects], *, complete_df: float | None = None) -> Effects:
    """Pool the same model fitted to several completed (imputed) data sets, by Rubin's rules.

    Parameters
    ----------
    answers : m Effects of the same terms, at least 2.
    complete_df : degrees of freedom without missing values; the number of events less the coefficients if not given.
        Infinity gives Rubin's (1987) degrees of freedom.

    Returns
    -------
    Effects with the mean estimates (p,), total covariance (p, p), ``df`` (p,) of t (Barnard and Rubin's), fractions of
    ``missing_information`` (p,); ``model_covariance`` is the mean covariance within data sets. ``tests`` "wald" (D1)
    and "chi_squares" (D2, rougher) are F tests of all coefficients being zero. There is no pooled likelihood.
    ``settings["share_of_variance"]`` (p,) is due to the missing values.

    Raises
    ------
    CannotEstimate : fewer than two answers, or answers of different terms, people or scales.

    References
    ----------
    Rubin, Multiple Imputation for Nonresponse in Surveys, 1987; Barnard & Rubin, Biometrika 86:948, 1999; Li,
    Raghunathan & Rubin, JASA 86:1065, 1991 (D1); Li, Meng, Raghunathan & Rubin, Statistica Sinica 1:65, 1991 (D2).

    Examples
    --------
    >>> import durata as du
    >>> def completed(ages):
    ...     return du.cohort_from_arrays(time=[1, 2, 3, 4, 5, 6], event=[1, 1, 1, 0, 1, 1], covariates={"age": ages})
    >>> fits = [du.cox(completed([50, 61, 48, age, 55, 42]), ["age"]) for age in (44, 52, 49)]
    >>> du.pool(fits).rows()[0]["df"] < 4
    True
    """
    first = answers[0] if answers else None
    if first is None or len(answers) < 2:
        raise CannotEstimate(
            speak("Pooling needs the answers from two or more completed data sets, not {n}.", n=len(answers))
        )
    for other in answers[1:]:
        if other.terms != first.terms or other.scale != first.scale or other.conf_level != first.conf_level:
            raise CannotEstimate(
                speak(
                    "The answers to be pooled are not of the same terms on the same scale: {first} and {other}. Give the "
                    "levels of categories once for all data sets.",
                    first=speak(", ").join(term.name for term in first.terms),
                    other=speak(", ").join(term.name for term in other.terms),
                )
            )
        if (other.n_people, other.n_events) != (first.n_people, first.n_events):
            raise CannotEstimate(
                speak(
                    "The answers to be pooled are about different people ({n} with {events} events, and {n_2} with "
                    "{events_2}): values are still missing in some data sets.",
                    n=first.n_people,
                    events=first.n_events,
                    n_2=other.n_people,
                    events_2=other.n_events,
                )
            )
    p = len(first.terms)
    given = float(first.n_events - p) if complete_df is None else float(complete_df)
    if not given > 0.0:
        raise CannotEstimate(
            speak(
                "There are no degrees of freedom left: {p} coefficients, {events} events.", p=p, events=first.n_events
            )
        )
    estimates = np.array([one.estimate for one in answers])
    combined = combine(estimates, np.array([one.covariance for one in answers]), given)
    method = speak("{method}; pooled over {m} imputations by Rubin's rules", method=first.method, m=len(answers))
    tests: dict[str, Test] = {}
    together = joint_test(combined)
    if together is not None:
        tests["wald"] = _joint(together, speak("pooled Wald test (D1)"))
    walds = [quadratic(one.covariance, one.estimate) for one in answers]
    chi_squares = np.array([value for value in walds if value is not None])
    if len(chi_squares) == len(answers):
        tests["chi_squares"] = _joint(combined_chi_squares(chi_squares, p), speak("pooled chi-squares (D2)"))
    return replace(
        first,
        estimate=combined.estimate,
        covariance=combined.total,
        model_covariance=combined.within,
        method=method,
        log_likelihood=float("nan"),
        log_likelihood_null=float("nan"),
        tests=tests,
        concordance=float(np.mean([one.concordance for one in answers])),
        concordance_std_error=float("nan"),
        design=None,
        settings={
            **{k: first.settings[k] for k in ("ties", "robust", "unit", "outcome") if k in first.settings},
            "imputations": len(answers),
            "complete_df": given,
            "share_of_variance": tuple(combined.share.tolist()),
        },
        n_left_out=max(one.n_left_out for one in answers),
        notes=tuple(note for note in first.notes if note.code != "N11"),
        profile=None,
        df=combined.df,
        missing_information=combined.missing_information,
    )


def pooled_survival(curves: Sequence[Curve], times: float | Iterable[float], *, conf_level: float = 0.95) -> Summary:
    """Pool survival curves of several completed data sets at given times, on the scale log(-log S).

    Parameters
    ----------
    curves : m Kaplan-Meier (or other survival) curves of the same groups, at least 2, with standard errors.
    times : when, in the curves' unit of time.

    Returns
    -------
    Summary with one row a group and time: estimate, conf_low, conf_high, std_error (on the scale of S, by the delta
    method), df of t (Rubin's, 1987), missing_information, note. Where S is 0 or 1 in a data set there is no log(-log S),
    nothing is pooled and the note says so.

    Raises
    ------
    CannotEstimate : fewer than two curves, different groups, curves that do not start at 1.

    References
    ----------
    White, Royston & Wood, Stat. Med. 30:377, 2011; Marshall et al., BMC Med. Res. Methodol. 9:57, 2009.

    Examples
    --------
    >>> import durata as du
    >>> def completed(last):
    ...     groups = ["a", "a", "a", "b", "b", last]
    ...     return du.cohort_from_arrays(time=[1, 2, 3, 2, 4, 5], event=[1, 0, 1, 1, 0, 1], group=groups)
    >>> curves = [du.kaplan_meier(completed(last), by="group") for last in ("a", "b", "b")]
    >>> [round(row["estimate"], 2) for row in du.pooled_survival(curves, 2).rows()]
    [0.7, 0.62]
    """
    check_level(conf_level)
    if len(curves) < 2:
        raise CannotEstimate(
            speak("Pooling needs the answers from two or more completed data sets, not {n}.", n=len(curves))
        )
    first = curves[0]
    if any(curve.groups != first.groups or curve.estimand != first.estimand for curve in curves):
        raise CannotEstimate(speak("The curves to be pooled are not of the same groups."))
    if any(stretch.initial != 1.0 for curve in curves for stretch in curve.stretches):
        raise CannotEstimate(
            speak("Only survival curves are pooled on log(-log S); this curve is {estimand}.", estimand=first.estimand)
        )
    read = [curve.at(times).rows() for curve in curves]
    rows = [_survival(list(same), conf_level) for same in zip(*read, strict=True)]
    return Summary(
        what=speak("{estimand} at given times, pooled", estimand=first.estimand),
        table=tuple(rows),
        method=speak(
            "{method}; pooled over {m} imputations by Rubin's rules on log(-log S)", method=first.method, m=len(curves)
        ),
        unit=first.unit,
        settings={"imputations": len(curves), "conf_level": conf_level},
        notes=first.notes,
    )


def _survival(same: list[dict[str, Any]], conf_level: float) -> dict[str, Any]:
    """One group and time of every data set, pooled."""
    row: dict[str, Any] = {"group": same[0]["group"], "time": same[0]["time"]}
    nothing = dict.fromkeys(("estimate", "std_error", "df", "conf_low", "conf_high", "missing_information"))
    beyond = [one["note"] for one in same if one["estimate"] is None]
    if beyond:
        return {**row, **nothing, "note": beyond[0]}
    survival = np.array([one["estimate"] for one in same])
    if any(one["std_error"] is None for one in same) or np.any((survival <= 0.0) | (survival >= 1.0)):
        return {
            **row,
            **nothing,
            "note": speak(
                "not pooled: S is {low:.3g} in one data set and {high:.3g} in another, and log(-log S) of 0 or 1 does not exist",
                low=survival.min(),
                high=survival.max(),
            ),
        }
    error = np.array([one["std_error"] for one in same])
    scaled = np.log(-np.log(survival))
    variance = (error / (survival * np.log(survival))) ** 2
    combined = combine(scaled[:, None], variance[:, None, None])
    centre, spread = float(combined.estimate[0]), float(np.sqrt(combined.total[0, 0]))
    half = float(t_quantile(conf_level, combined.df)[0]) * spread
    estimate = float(np.exp(-np.exp(centre)))
    return {
        **row,
        "estimate": estimate,
        "std_error": spread * abs(estimate * np.log(estimate)),
        "df": _finite(combined.df[0]),
        "conf_low": float(np.exp(-np.exp(centre + half))),
        "conf_high": float(np.exp(-np.exp(centre - half))),
        "missing_information": float(combined.missing_information[0]),
        "note": "",
    }


def pooled_means(means: Sequence[Summary], *, conf_level: float = 0.95) -> Summary:
    """Pool estimates with standard errors, row by row: restricted means, or differences, of several completed data sets.

    Parameters
    ----------
    means : m Summaries of the same rows, each with estimate and std_error (as of :func:`restricted_mean`), at least 2.

    Returns
    -------
    Summary with the same rows: estimate, std_error, df of t (Rubin's, 1987), statistic, p_value, conf_low, conf_high,
    missing_information, note. A row without an estimate or standard error in some data set is not pooled.

    Raises
    ------
    CannotEstimate : fewer than two Summaries, different rows.

    References
    ----------
    Rubin, Multiple Imputation for Nonresponse in Surveys, 1987.

    Examples
    --------
    >>> import durata as du
    >>> def completed(last):
    ...     groups = ["a", "a", "a", "b", "b", last]
    ...     return du.cohort_from_arrays(time=[1, 2, 3, 2, 4, 5], event=[1, 0, 1, 1, 0, 1], group=groups)
    >>> means = [du.restricted_mean(completed(last), by="group", until=3) for last in ("a", "b", "b")]
    >>> [round(row["estimate"], 2) for row in du.pooled_means(means).rows()]
    [2.39, 2.61]
    """
    check_level(conf_level)
    if len(means) < 2:
        raise CannotEstimate(
            speak("Pooling needs the answers from two or more completed data sets, not {n}.", n=len(means))
        )
    named = [[tuple(row.get(k) for k in ROW_NAMES) for row in one.rows()] for one in means]
    if any(rows != named[0] for rows in named):
        raise CannotEstimate(speak("The tables to be pooled do not have the same rows."))
    rows = [_mean(list(same), conf_level) for same in zip(*(one.rows() for one in means), strict=True)]
    first = means[0]
    return Summary(
        what=speak("{what}, pooled", what=first.what),
        table=tuple(rows),
        method=speak("{method}; pooled over {m} imputations by Rubin's rules", method=first.method, m=len(means)),
        unit=first.unit,
        settings={**first.settings, "imputations": len(means), "conf_level": conf_level},
        notes=first.notes,
    )


ROW_NAMES = ("term", "group", "reference", "time", "level")


def _mean(same: list[dict[str, Any]], conf_level: float) -> dict[str, Any]:
    """One row of every data set, pooled."""
    row: dict[str, Any] = {name: same[0][name] for name in ROW_NAMES if name in same[0]}
    estimates = [one.get("estimate") for one in same]
    errors = [one.get("std_error") for one in same]
    if any(value is None for value in (*estimates, *errors)):
        notes = [str(one["note"]) for one in same if one.get("note")]
        note = notes[0] if notes else speak("no standard error in some data set")
        nothing = (
            "estimate",
            "std_error",
            "df",
            "statistic",
            "p_value",
            "conf_low",
            "conf_high",
            "missing_information",
        )
        return {**row, **dict.fromkeys(nothing), "note": note}
    variance = np.array(errors, dtype=np.float64) ** 2
    combined = combine(np.array(estimates, dtype=np.float64)[:, None], variance[:, None, None])
    centre, spread = float(combined.estimate[0]), float(np.sqrt(combined.total[0, 0]))
    half = float(t_quantile(conf_level, combined.df)[0]) * spread
    z: FloatArray = np.array([centre / spread]) if spread > 0.0 else np.array([np.nan])
    return {
        **row,
        "estimate": centre,
        "std_error": spread,
        "df": _finite(combined.df[0]),
        "statistic": _finite(z[0]),
        "p_value": float(t_tail(z, combined.df)[0]) if spread > 0.0 else None,
        "conf_low": centre - half,
        "conf_high": centre + half,
        "missing_information": float(combined.missing_information[0]),
        "note": "",
    }


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _joint(joint: JointTest, method: str) -> Test:
    return Test(
        speak("all coefficients are zero"),
        method,
        joint.statistic,
        joint.df,
        joint.p_value,
        settings={"df_residual": joint.df_residual, "increase_in_variance": joint.increase},
    )
