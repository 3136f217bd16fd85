"""Cox regression of a Cohort: hazard ratios by term, with tests, concordance and model-based or robust variance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from durata.cohort import Cohort
from durata.estimate.counted import check_level
from durata.estimate.cox_refusals import refuse_failure, refuse_without_events, refuse_without_spread
from durata.estimate.cox_rows import CoxRows, cox_rows, fitted, weighted
from durata.estimate.result import Effects, Term, Test
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import FloatArray
from durata.kernels.concordance import PairCounts, TimeWeight, count_pairs
from durata.kernels.partial_likelihood.fit import AVERAGED, CoxFit, TieMethod, fit_cox
from durata.kernels.residuals import score_residuals
from durata.language.speaking import speak
from durata.terms import Design, TermLike, design_of, present

SCALE = "log hazard ratio"
METHOD = {
    "efron": "Cox proportional hazards, Efron's handling of ties",
    "breslow": "Cox proportional hazards, Breslow's handling of ties",
    "exact": "Cox proportional hazards, exact discrete likelihood for ties",
    "exact_marginal": "Cox proportional hazards, exact marginal likelihood for ties",
}


def cox(
    cohort: Cohort,
    terms: Sequence[TermLike],
    *,
    ties: TieMethod = "efron",
    robust: bool | None = None,
    cluster: str | None = None,
    conf_level: float = 0.95,
) -> Effects:
    """Cox's proportional-hazards regression: the log hazard ratio of each term, the others held constant.

    Rows are at risk when ``entry < t <= exit``; several rows a person ((start, stop] data), delayed entry, strata,
    offsets and weights are read from the cohort and the terms. Rows with a missing value in a term are left out and
    counted. Frequency weights do what repeating the rows would do; sampling weights are R's case weights.

    Parameters
    ----------
    terms : column names (numbers, or categories against their first level) and ``transform()``, ``factor()``,
        ``interaction()``, ``strata()``, ``offset()`` of :mod:`durata.terms`.
    ties : "efron", "breslow", "exact" (Cox's discrete likelihood, R's ``ties="exact"``), or "exact_marginal" (the
        average over every order of the tied events; SAS's ``TIES=EXACT``); the last two take no sampling weights.
    robust : sandwich variance, clustered by person unless ``cluster`` says otherwise. None: with ``cluster``, and with
        sampling weights that are not all 1 (whose model-based variance would depend on their sum).
    cluster : column whose rows belong together, or "person".

    Returns
    -------
    Effects with (p,) estimates, (p, p) covariances on the log scale; tests "likelihood_ratio", "wald", "score" (and
    "robust_score") of all coefficients being zero; concordance with its jackknife standard error; ``settings`` with
    "aic", "bic" (penalty log of the number of events), "means" (of each column; 0 for columns of -1, 0 and 1, which
    stay as they are when "centred" is asked for, as in R), "iterations".

    Raises
    ------
    CannotEstimate : nobody has the event; a level without events; separation; collinear terms; no convergence.

    References
    ----------
    Cox, J. R. Statist. Soc. B 34:187, 1972; Efron, JASA 72:557, 1977; Lin & Wei, JASA 84:1074, 1989.

    Examples
    --------
    >>> import numpy as np
    >>> from durata.cohort import Cohort
    >>> cohort = Cohort(
    ...     person=np.arange(6),
    ...     exit=np.array([1.0, 1.0, 6.0, 6.0, 8.0, 9.0]),
    ...     event=np.array([True, False, True, True, False, True]),
    ...     covariates={"x": np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])},
    ... )
    >>> round(float(cox(cohort, ["x"], ties="breslow").estimate[0]), 6)  # log((3 + sqrt(33)) / 2)
    1.475285
    """
    if ties not in METHOD:
        raise CannotEstimate(
            speak("There is no method {ties!r} for ties; there are {known}.", ties=ties, known=speak(", ").join(METHOD))
        )
    check_level(conf_level)
    sampling = cohort.weights is not None and cohort.weights.kind == "sampling"
    if robust is None:
        robust = cluster is not None or _weights_differ_from_one(cohort)
    if cluster is not None and not robust:
        raise CannotEstimate(
            speak("A cluster column asks for the robust variance; leave out robust=False or the cluster.")
        )
    by = (cluster or "person") if robust else None
    if ties in AVERAGED and (robust or sampling):
        raise CannotEstimate(
            speak(
                "The exact likelihoods for ties have no robust variance and take no sampling weights; use ties='efron'."
            )
        )
    whole = weighted(cohort)
    if by is not None and by != "person":
        whole = whole & present(cohort.column(by))
    design, notes = design_of(cohort, terms, whole)
    if not design.parts:
        raise CannotEstimate(
            speak("The model has strata or offsets only; name at least one term whose effect is wanted.")
        )
    rows = cox_rows(cohort, design, ties=ties, cluster=by)
    refuse_without_events(design, cohort, rows)
    fit = fit_cox(rows.risk_order(), rows.x, offset=rows.offset, ties=ties)
    refuse_failure(fit, design.names, rows)
    covariance = fit.covariance
    if robust:
        at_fit = fitted(rows, fit.coefficients, ties=ties)
        leverage = rows.clustered(
            score_residuals(at_fit.order, at_fit.columns, at_fit.sums) @ covariance, by_cluster=True
        )
        covariance = leverage.T @ leverage
        refuse_without_spread(covariance, fit.covariance, design.names)
    pairs = pairs_of(rows, rows.linear_predictor(fit.coefficients), "n")
    left_out = int(np.count_nonzero(weighted(cohort))) - len(np.unique(rows.rows))
    p = len(fit.coefficients)
    tests = _tests(fit, covariance, rows, ties, robust=bool(robust))
    return Effects(
        terms=named_terms(design),
        estimate=fit.coefficients,
        covariance=covariance,
        model_covariance=fit.covariance,
        scale=SCALE,
        method=speak(METHOD[ties]) + _variance_words(cohort, by),
        conf_level=conf_level,
        n=rows.n,
        n_people=rows.n_people,
        n_events=rows.n_events,
        robust=bool(robust),
        log_likelihood=fit.log_likelihood,
        log_likelihood_null=fit.log_likelihood_null,
        tests=tests,
        concordance=pairs.index,
        concordance_std_error=concordance_error(rows, pairs, by_cluster=bool(robust)),
        design=design,
        settings={
            "ties": ties,
            "robust": bool(robust),
            "cluster": by,
            "weights": "none" if cohort.weights is None else cohort.weights.kind,
            "unit": cohort.unit,
            "time_zero": cohort.time_zero,
            "outcome": cohort.outcome,
            "aic": 2.0 * p - 2.0 * fit.log_likelihood,
            "bic": p * float(np.log(rows.n_events)) - 2.0 * fit.log_likelihood,
            "means": tuple(column_means(rows).tolist()),
            "iterations": fit.iterations,
        },
        n_left_out=left_out,
        notes=(*notes, *model_notes(rows, p, left_out, pairs.n_pairs > 0, tests, robust=bool(robust))),
    )


def likelihood_ratio_test(smaller: Effects, larger: Effects) -> Test:
    """Whether the terms that only ``larger`` has improve the fit: twice the difference of the log-likelihoods.

    Both must be Cox models of the same rows, one's terms among the other's, the variance model-based.

    Raises
    ------
    CannotEstimate : the models are not nested, were not fitted to the same rows, or are robust (their likelihood is
        not one; use a Wald test).

    References
    ----------
    Wilks, Ann. Math. Statist. 9:60, 1938.

    Examples
    --------
    >>> import numpy as np
    >>> from durata.cohort import Cohort
    >>> x, z = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 1.0]), np.array([2.0, 1.0, 0.0, 1.0, 3.0, 0.0])
    >>> time, event = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), np.ones(6, dtype=bool)
    >>> cohort = Cohort(person=np.arange(6), exit=time, event=event, covariates={"x": x, "z": z})
    >>> likelihood_ratio_test(cox(cohort, ["x"]), cox(cohort, ["x", "z"])).df
    1.0
    """
    new = [term.name for term in larger.terms if term.name not in {t.name for t in smaller.terms}]
    lost = [term.name for term in smaller.terms if term.name not in {t.name for t in larger.terms}]
    if lost or not new:
        raise CannotEstimate(
            speak("The models are not nested: {lost} only in the smaller one.", lost=speak(", ").join(map(repr, lost)))
            if lost
            else speak("The models are not nested: the larger one has no term of its own.")
        )
    if "penalty" in smaller.settings or "penalty" in larger.settings:
        raise CannotEstimate(
            speak(
                "A penalised likelihood depends on which terms are in the model, so two models cannot "
                "be compared by it. Look at the penalised likelihood-ratio tests of the larger model."
            )
        )
    if smaller.robust or larger.robust:
        raise CannotEstimate(
            speak("Models with a robust variance have no likelihood-ratio test; look at the Wald tests.")
        )
    same_ties = smaller.settings.get("ties") == larger.settings.get("ties")
    same_null = np.isclose(smaller.log_likelihood_null, larger.log_likelihood_null, rtol=1e-9, atol=1e-9)
    if smaller.n != larger.n or smaller.n_events != larger.n_events or not same_ties or not same_null:
        raise CannotEstimate(
            speak(
                "The models were not fitted to the same rows in the same way ({n} and {n_2} rows): "
                "leave out the rows with missing values from both, and use the same strata, weights "
                "and handling of ties.",
                n=smaller.n,
                n_2=larger.n,
            )
        )
    return chi_square_test(
        2.0 * (larger.log_likelihood - smaller.log_likelihood),
        len(new),
        speak("likelihood-ratio test"),
        speak("the coefficients of {new} are zero", new=speak(", ").join(new)),
    )


def named_terms(design: Design) -> tuple[Term, ...]:
    """(p,) what each coefficient of a design stands for."""
    return tuple(
        Term(name, part.label, level, reference) for part in design.parts for name, level, reference in part.names
    )


def pairs_of(rows: CoxRows, score: FloatArray, weight: TimeWeight) -> PairCounts:
    """Count the pairs of ``rows`` that a ``score`` (n,) puts in order."""
    return count_pairs(
        rows.exit_time,
        rows.event,
        score,
        entry=rows.entry,
        stratum=rows.stratum,
        weights=rows.weights,
        frequency=rows.frequency,
        time_weight=weight,
    )


def concordance_error(rows: CoxRows, pairs: PairCounts, *, by_cluster: bool) -> float:
    """Infinitesimal-jackknife standard error of a concordance; NaN without pairs."""
    return float(np.sqrt(np.sum(rows.clustered(pairs.leverage()[:, None], by_cluster=by_cluster) ** 2)))


def _tests(fit: CoxFit, covariance: FloatArray, rows: CoxRows, ties: TieMethod, *, robust: bool) -> dict[str, Test]:
    """The tests of all coefficients being zero."""
    p, b = len(fit.coefficients), fit.coefficients
    none = speak("all coefficients are zero")
    tests = {
        "likelihood_ratio": chi_square_test(
            2.0 * (fit.log_likelihood - fit.log_likelihood_null), p, speak("likelihood-ratio test"), none
        ),
        "score": chi_square_test(
            float(fit.score_null @ np.linalg.solve(fit.information_null, fit.score_null)), p, speak("score test"), none
        ),
    }
    wald = quadratic(covariance, b)
    if wald is not None:
        tests["wald"] = chi_square_test(wald, p, speak("Wald test"), none)
    if robust:
        null = fitted(rows, np.zeros(p), ties=ties)
        root = rows.clustered(score_residuals(null.order, null.columns, null.sums), by_cluster=True)
        robust_score = quadratic(root.T @ root, fit.score_null)
        if robust_score is not None:
            tests["robust_score"] = chi_square_test(robust_score, p, speak("robust score test"), none)
    return tests


def quadratic(variance: FloatArray, vector: FloatArray) -> float | None:
    """Vector' variance^-1 vector; None when the variance is singular (fewer clusters than coefficients)."""
    unit = 1.0 / np.sqrt(np.maximum(np.diag(variance), 1e-300))
    scaled = variance * unit * unit[:, None]
    if not _plainly_regular(scaled) and np.linalg.matrix_rank(scaled, hermitian=True) < len(vector):
        return None
    return float((vector * unit) @ np.linalg.solve(scaled, vector * unit))


def _plainly_regular(correlation: FloatArray) -> bool:
    """Whether the pivots of a small correlation matrix are so large that no rank need be sought."""
    if len(correlation) > 12:
        return False
    try:
        return bool(np.diag(np.linalg.cholesky(correlation)).min(initial=1.0) > 1e-3)
    except np.linalg.LinAlgError:
        return False


def chi_square_test(statistic: float, df: int, method: str, hypothesis: str) -> Test:
    """A chi-square test, its p-value from the survival function."""
    from scipy.special import chdtrc

    return Test(hypothesis, method, statistic, float(df), float(chdtrc(df, max(statistic, 0.0))))


def column_means(rows: CoxRows) -> FloatArray:
    """(p,) mean of each column, 0 for columns of -1, 0 and 1: where "centred" predictions are made."""
    coded = np.all((rows.x == 0) | (np.abs(rows.x) == 1), axis=0)
    return np.where(coded, 0.0, rows.mean(rows.x))


def _weights_differ_from_one(cohort: Cohort) -> bool:
    weights = cohort.weights
    return weights is not None and weights.kind == "sampling" and bool(np.any(weights.values != 1.0))


def _variance_words(cohort: Cohort, by: str | None) -> str:
    weights = "" if cohort.weights is None else speak(", {kind} weights", kind=cohort.weights.kind)
    return weights if by is None else speak("{weights}, robust variance by {by}", weights=weights, by=by)


def model_notes(
    rows: CoxRows, p: int, left_out: int, comparable: bool, tests: dict[str, Test], *, robust: bool
) -> list[Finding]:
    """What a reader must know about a fitted model with ``p`` coefficients."""
    notes = []
    if left_out:
        notes.append(
            Finding(
                "N11",
                Severity.INFO,
                "{n} row(s) with a missing value in a term of the model were left out.",
                {"n": left_out},
                "Say in the report how many are missing and why, or impute.",
            )
        )
    if p > rows.n_events:
        notes.append(
            Finding(
                "N13",
                Severity.WARNING,
                "The model has {p} coefficients and only {events} events; its estimates are not to be trusted.",
                {"p": p, "events": rows.n_events},
                "Fit fewer terms.",
            )
        )
    if robust and "wald" not in tests:
        notes.append(
            Finding(
                "N15",
                Severity.WARNING,
                "There are fewer clusters than coefficients: the robust variance cannot test all of them together.",
            )
        )
    if not comparable:
        notes.append(
            Finding(
                "N14",
                Severity.INFO,
                "There is no concordance: nobody was at risk beside somebody who had the event.",
            )
        )
    return notes


def design_and_rows(cohort: Cohort, effects: Effects) -> tuple[Design, CoxRows, TieMethod]:
    """The remembered design of a Cox model and the rows of the cohort it was fitted to."""
    if not isinstance(effects.design, Design) or effects.scale != SCALE:
        raise CannotEstimate(speak("These effects are not those of a Cox model."))
    ties: TieMethod = effects.settings["ties"]
    rows = cox_rows(cohort, effects.design, ties=ties, cluster=effects.settings["cluster"])
    if rows.n != effects.n or rows.n_events != effects.n_events:
        raise CannotEstimate(
            speak(
                "This is not the cohort the model was fitted to: it has {n} usable rows and {n_events} "
                "events, the model had {n_2} and {n_events_2}.",
                n=rows.n,
                n_events=rows.n_events,
                n_2=effects.n,
                n_events_2=effects.n_events,
            )
        )
    return effects.design, rows, ties
