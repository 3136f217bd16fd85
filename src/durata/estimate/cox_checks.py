"""Checks of a fitted Cox model: proportional hazards, concordance, residuals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from durata.cohort import Cohort
from durata.estimate.cox import concordance_error, design_and_rows, pairs_of
from durata.estimate.cox_rows import CoxRows, fitted
from durata.estimate.result import Effects, Summary
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray, IntArray
from durata.kernels.concordance import TimeWeight
from durata.kernels.partial_likelihood.fit import AVERAGED
from durata.kernels.product_limit import product_limit
from durata.kernels.proportional_hazards import score_test, time_interaction
from durata.kernels.residuals import (
    deviance_residuals,
    martingale_residuals,
    schoenfeld_residuals,
    score_residuals,
)
from durata.kernels.risk_set import count_risk_sets
from durata.language.speaking import speak

TimeTransform = Literal["km", "rank", "identity", "log"]
TRANSFORM_WORDS = {
    "km": "1 - Kaplan-Meier just before the time",
    "rank": "rank of the time",
    "identity": "time",
    "log": "log time",
}
WEIGHT_WORDS = {
    "n": "Harrell's concordance",
    "n/G2": "Uno's concordance",
    "S": "concordance weighted by survival",
    "S/G": "concordance weighted by survival over censoring",
    "I": "concordance, every event time alike",
}
TOO_FEW_TO_TELL = "There are too few events to tell whether this effect changes along time."
ResidualKind = Literal["martingale", "deviance", "score", "dfbeta", "dfbetas", "schoenfeld", "scaled_schoenfeld"]


@dataclass(frozen=True, eq=False)
class Residuals:
    """Residuals of single rows, for looking at the data on this machine; no answer holds them.

    ``values`` (r,) or (r, p), ``rows`` (r,) positions in the cohort, ``terms`` (p,) names of the columns (empty for one
    value a row), ``time`` (r,) event times of (scaled) Schoenfeld residuals, else None.
    """

    kind: ResidualKind
    values: FloatArray
    rows: IntArray
    terms: tuple[str, ...] = ()
    time: FloatArray | None = None


def proportional_hazards_test(
    cohort: Cohort, effects: Effects, *, transform: TimeTransform = "km", by: Literal["term", "coefficient"] = "term"
) -> Summary:
    """Score test, term by term and for all of them (GLOBAL), that the hazard ratios do not change along time.

    For each term: do its coefficients change in proportion to g(t), the other coefficients being constant? ``transform``
    names g: "km" (1 minus the Kaplan-Meier curve of the whole cohort just before t), "rank" (among all rows),
    "identity" or "log". Sampling weights count in the test but not in g, as in R. The model-based
    information is used even for a robust model.

    Parameters
    ----------
    cohort, effects : a Cox model and the cohort it was fitted to.
    by : one test a "term" (a factor has several degrees of freedom) or a "coefficient".

    Returns
    -------
    Summary with term, statistic (chi-square), df, p_value; the last row is GLOBAL.

    Raises
    ------
    CannotEstimate : other cohort; a penalised model, or one with the exact likelihood; "log" with an event at time 0;
        every event at one time. A term whose change along time cannot be told has no statistic, and a note.

    References
    ----------
    Grambsch & Therneau, Biometrika 81:515, 1994.

    Examples
    --------
    >>> import numpy as np
    >>> from durata.estimate.cox import cox
    >>> x = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 1.0])
    >>> time, event = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), np.ones(6, dtype=bool)
    >>> cohort = Cohort(person=np.arange(6), exit=time, event=event, covariates={"x": x})
    >>> [row["term"] for row in proportional_hazards_test(cohort, cox(cohort, ["x"])).rows()]
    ['x', 'GLOBAL']
    """
    from scipy.special import chdtrc

    if transform not in TRANSFORM_WORDS:
        raise CannotEstimate(
            speak(
                "There is no transform {transform!r} of time; there are {known}.",
                transform=transform,
                known=speak(", ").join(TRANSFORM_WORDS),
            )
        )
    design, rows, ties = design_and_rows(cohort, effects)
    if ties in AVERAGED:
        raise CannotEstimate(
            speak(
                "The score test of proportional hazards is not made for the exact likelihoods for ties; "
                "fit the model with ties='efron' and test that."
            )
        )
    if "penalty" in effects.settings:
        raise CannotEstimate(
            speak(
                "The score test of proportional hazards needs the maximum of the likelihood, and a "
                "penalised model is not there. Test the ordinary Cox model, or one with fewer terms."
            )
        )
    at_fit = fitted(rows, effects.estimate, ties=ties)
    scale = np.sqrt(np.mean(at_fit.columns**2, axis=1))
    g = _function_of_time(rows, at_fit.order.time, transform)
    if np.ptp(g) == 0:
        raise CannotEstimate(
            speak("Every event happens at the same time: nothing can be said about changes along time.")
        )
    # The test does not depend on the scale of the columns; rounding does.
    interaction = time_interaction(at_fit.order, at_fit.columns / scale[:, None], at_fit.sums, g)
    p = len(effects.estimate)
    blocks = design.blocks if by == "term" else tuple((name, (j,)) for j, name in enumerate(design.names))
    table = []
    for label, columns in (*blocks, ("GLOBAL", tuple(range(p)))):
        statistic = score_test(interaction, columns)
        table.append(
            {
                "term": label,
                "statistic": statistic,
                "df": float(len(columns)),
                "p_value": None if statistic is None else float(chdtrc(len(columns), max(statistic, 0.0))),
                **({"note": speak(TOO_FEW_TO_TELL)} if statistic is None else {}),
            }
        )
    return Summary(
        what=speak("Test of proportional hazards"),
        table=tuple(table),
        method=speak(
            "score test of coefficients changing with {words} (Grambsch-Therneau)",
            words=speak(TRANSFORM_WORDS[transform]),
        ),
        settings={"transform": transform, "by": by, **effects.settings},
        notes=effects.notes,
    )


def concordance(cohort: Cohort, effects: Effects, *, weight: TimeWeight = "n") -> Summary:
    """Concordance of a Cox model's linear predictor with survival, with its infinitesimal-jackknife standard error.

    ``weight`` of the event times: "n" (Harrell), "n/G2" (Uno), "S", "S/G", "I"; see
    :func:`durata.kernels.concordance.count_pairs`. Clustered as the model is. ``settings["pairs"]`` has for every stratum
    the weighted numbers of concordant, discordant, tied-score, tied-time and tied-both pairs.

    Raises
    ------
    CannotEstimate : other cohort; no comparable pair; "n/G2" or "S/G" with delayed entry, where the censoring curve
        is not that of one cohort followed from its beginning.

    References
    ----------
    Harrell et al., JAMA 247:2543, 1982; Uno et al., Statist. Med. 30:1105, 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from durata.estimate.cox import cox
    >>> x = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 1.0])
    >>> time, event = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), np.ones(6, dtype=bool)
    >>> cohort = Cohort(person=np.arange(6), exit=time, event=event, covariates={"x": x})
    >>> effects = cox(cohort, ["x"])
    >>> round(concordance(cohort, effects).rows()[0]["estimate"], 3)
    0.467
    """
    if weight not in WEIGHT_WORDS:
        raise CannotEstimate(
            speak(
                "There is no weight {weight!r}; there are {known}.",
                weight=weight,
                known=speak(", ").join(map(repr, WEIGHT_WORDS)),
            )
        )
    _, rows, ties = design_and_rows(cohort, effects)
    if weight in ("n/G2", "S/G") and rows.entry is not None:
        raise CannotEstimate(
            speak(
                "The weight {weight!r} needs everybody under observation from time zero; use 'n', 'S' or 'I'.",
                weight=weight,
            )
        )
    pairs = pairs_of(rows, fitted(rows, effects.estimate, ties=ties).linear_predictor, weight)
    if not pairs.n_pairs > 0:
        if np.isfinite(effects.concordance):
            raise CannotEstimate(
                speak(
                    "With the weight {weight!r} no pair counts: early on, everybody then under observation "
                    "had the event, and the Kaplan-Meier curve is 0 from there. Use weight='n'.",
                    weight=weight,
                )
            )
        raise CannotEstimate(
            speak("Nobody was at risk beside somebody who had the event: there are no pairs to compare.")
        )
    error = concordance_error(rows, pairs, by_cluster=effects.robust)
    counted = zip(pairs.concordant, pairs.discordant, pairs.tied_score, pairs.tied_time, pairs.tied_both, strict=True)
    return Summary(
        what="Concordance",
        table=({"estimate": pairs.index, "std_error": error, "n": rows.n, "events": rows.n_events},),
        method=speak(WEIGHT_WORDS[weight]),
        settings={**effects.settings, "weight": weight, "pairs": tuple(tuple(map(float, one)) for one in counted)},
        notes=effects.notes,
    )


def residuals(cohort: Cohort, effects: Effects, kind: ResidualKind) -> Residuals:
    """Residuals of a Cox model, as R's ``residuals.coxph``, Efron's terms, weights, entry and strata included.

    "martingale" and "deviance" (one a row); "score", "dfbeta" (change of the coefficients when the row is left out, to
    first order; its sampling weight counted), "dfbetas" (in standard errors); "schoenfeld" and
    "scaled_schoenfeld" (one an event, by stratum and time; the scaled ones vary about the coefficient).

    Raises
    ------
    CannotEstimate : other cohort; any kind but the first two after the exact likelihood.

    References
    ----------
    Therneau, Grambsch & Fleming, Biometrika 77:147, 1990; Schoenfeld, Biometrika 69:239, 1982.

    Examples
    --------
    >>> import numpy as np
    >>> from durata.estimate.cox import cox
    >>> x = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 1.0])
    >>> time, event = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), np.ones(6, dtype=bool)
    >>> cohort = Cohort(person=np.arange(6), exit=time, event=event, covariates={"x": x})
    >>> effects = cox(cohort, ["x"])
    >>> bool(abs(residuals(cohort, effects, "martingale").values.sum()) < 1e-9)
    True
    """
    if kind not in get_args(ResidualKind):
        raise CannotEstimate(
            speak(
                "There are no {kind!r} residuals; there are {known}.",
                kind=kind,
                known=speak(", ").join(get_args(ResidualKind)),
            )
        )
    design, rows, ties = design_and_rows(cohort, effects)
    if ties in AVERAGED and kind not in ("martingale", "deviance"):
        raise CannotEstimate(
            speak("The exact likelihoods for ties have no {kind} residuals; use ties='efron'.", kind=kind)
        )
    at_fit = fitted(rows, effects.estimate, ties=ties)
    if kind in ("martingale", "deviance"):
        values = martingale_residuals(at_fit.order, at_fit.sums, rows.event)
        return Residuals(kind, values if kind == "martingale" else deviance_residuals(values, rows.event), rows.rows)
    covariance = effects.model_covariance
    if kind in ("schoenfeld", "scaled_schoenfeld"):
        values, which, time = schoenfeld_residuals(at_fit.order, at_fit.columns, at_fit.sums)
        if kind == "scaled_schoenfeld":
            values = effects.estimate + rows.n_events * values @ covariance
        return Residuals(kind, values, rows.rows[which], design.names, time)
    values = score_residuals(at_fit.order, at_fit.columns, at_fit.sums)
    if kind != "score":
        if rows.weights is not None and not rows.frequency:
            values = values * rows.weights[:, None]
        values = values @ covariance
        if kind == "dfbetas":
            values = values / np.sqrt(np.diag(covariance))
    return Residuals(kind, values, rows.rows, design.names)


def _function_of_time(rows: CoxRows, at: FloatArray, transform: TimeTransform) -> FloatArray:
    """(K,) the function of time at the event times ``at``."""
    repeated = rows.weights if rows.frequency else None
    if transform == "identity":
        return at
    if transform == "log":
        if np.any(at <= 0):
            raise CannotEstimate(speak("An event at time 0 has no log time; use transform='km' or 'rank'."))
        return np.log(at)
    if transform == "rank":
        order = np.argsort(rows.exit_time, kind="stable")
        size = np.ones(len(order)) if repeated is None else repeated[order]
        upto = np.concatenate([[0.0], np.cumsum(size)])
        time = rows.exit_time[order]
        before, through = upto[np.searchsorted(time, at)], upto[np.searchsorted(time, at, side="right")]
        return np.asarray((before + through + 1.0) / 2)
    counts = count_risk_sets(rows.exit_time, rows.event, rows.entry, weights=repeated, frequency=rows.frequency)
    curve = product_limit(counts.at_risk[:, 0], counts.events[:, 0]).value
    return 1.0 - np.concatenate([[1.0], curve])[np.searchsorted(counts.time, at)]
