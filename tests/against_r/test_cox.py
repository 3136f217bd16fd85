"""Cox regression against R's coxph, survfit, basehaz, cox.zph, concordance, predict and residuals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from cox_models import COX, EVERY, cohort_of, fitted_case, having
from reference import agree, cases, dataset
from scipy.stats import chi2

from durata.cohort import Cohort
from durata.estimate.cox import cox, likelihood_ratio_test
from durata.estimate.cox_checks import concordance, proportional_hazards_test, residuals
from durata.estimate.cox_prediction import baseline_hazard, linear_predictor, predicted_survival
from durata.estimate.result import Effects, Test
from durata.terms import factor


def values(named: dict[str, Any]) -> list[Any]:
    return list(named.values())


def agree_test(ours: Test, theirs: dict[str, Any], what: str) -> None:
    agree([ours.statistic, ours.df, ours.p_value], [theirs["chisq"], theirs["df"], theirs["p"]], what)


def agree_model(effects: Effects, expected: dict[str, Any]) -> None:
    """Everything R's ``coxph`` and its summary say of a model."""
    e = expected
    assert (effects.n, effects.n_events, effects.settings["ties"]) == (e["n"], e["n_event"], e["method"])
    low, high = effects.interval()
    for what, ours in {
        "coef": effects.estimate,
        "se": effects.std_error,
        "z": effects.statistic,
        "p": effects.p_value,
        "hr": np.exp(effects.estimate),
        "hr_lower95": np.exp(low),
        "hr_upper95": np.exp(high),
        "means": effects.settings["means"],
    }.items():
        agree(ours, values(e[what]), what)
    # Covariances of columns on scales 1e-12 apart are compared as correlations.
    se = np.asarray(values(e["se"]))
    agree(effects.covariance / np.outer(se, se), np.asarray(e["vcov"]) / np.outer(se, se), "vcov", absolute=1e-9)
    agree(np.diag(effects.covariance), np.diag(np.asarray(e["vcov"])), "variances", absolute=0.0)
    agree(
        [effects.log_likelihood, effects.log_likelihood_null, effects.settings["aic"], effects.settings["bic"]],
        [e["loglik"], e["loglik_null"], e["aic"], e["bic_nevent"]],
        "log-likelihoods",
    )
    agree_test(effects.tests["likelihood_ratio"], e["lr_test"], "lr_test")
    agree_test(effects.tests["score"], e["score_test"], "score_test")
    # The reference's wald_test was taken from a fit that started at its own estimate, which R tests against: it is
    # about 1e-29 everywhere. Wald's statistic is made here from R's coefficients and covariance instead.
    assert e["wald_test"]["chisq"] < 1e-20
    coef = np.asarray(values(e["coef"]))
    wald = float((coef / se) @ np.linalg.solve(np.asarray(e["vcov"]) / np.outer(se, se), coef / se))
    agree_test(effects.tests["wald"], {"chisq": wald, "df": len(coef), "p": chi2.sf(wald, len(coef))}, "wald_test")
    agree([effects.concordance, effects.concordance_std_error], [e["concordance"]["c"], e["concordance"]["se"]])
    assert effects.robust == e.get("robust", False)
    if effects.robust:
        agree(effects.std_error, values(e["robust_se"]), "robust_se")
        agree(np.sqrt(np.diag(effects.model_covariance)), values(e["naive_se"]), "naive_se")
        agree_test(effects.tests["robust_score"], e["robust_score_test"], "robust_score_test")


PAIRS = ("concordant", "discordant", "tied_x", "tied_y", "tied_xy")


@pytest.mark.parametrize(**EVERY)
def test_model(name: str) -> None:
    case, cohort, effects = fitted_case(name)
    agree_model(effects, case.expected)
    pairs = np.sum(concordance(cohort, effects).settings["pairs"], axis=0)
    agree(pairs, [case.expected["concordance"][kind] for kind in PAIRS], "pairs", absolute=1e-8)


@pytest.mark.parametrize(**having("baseline"))
@pytest.mark.parametrize("centred", [False, True])
def test_baseline_hazard(name: str, centred: bool) -> None:
    case, cohort, effects = fitted_case(name)
    curve = baseline_hazard(cohort, effects, centred=centred)
    theirs = case.expected["baseline"]["centered_true" if centred else "centered_false"]
    time, hazard = np.array(theirs["time"]), np.array(theirs["cumhaz"])
    names = np.array(theirs.get("strata", ["all"] * len(time)))
    assert len(curve.stretches) == len(set(names.tolist()))
    for stretch in curve.stretches:
        label = next(label for label in dict.fromkeys(names.tolist()) if label.split("=")[-1] == stretch.group)
        mine = names == label
        if len(time) < 400:
            assert stretch.time == pytest.approx(time[mine], rel=1e-12)
        at = np.searchsorted(stretch.time, time[mine] * (1 + 1e-12), side="right") - 1
        agree(stretch.estimate[at], hazard[mine].tolist(), f"{name}: {label}")


@pytest.mark.parametrize(**having("survfit_newdata"))
@pytest.mark.parametrize("interval", ["log", "log-log", "plain"])
def test_predicted_survival(name: str, interval: Any) -> None:
    case, cohort, effects = fitted_case(name)
    theirs = case.expected["survfit_newdata"]
    curve = predicted_survival(cohort, effects, theirs["newdata"], interval=interval)
    limits = theirs["ci_" + interval.replace("-", "")]
    # R lists the people one after the other; with strata it puts all of them into one list.
    rows = [
        row for s in curve.stretches for row in curve.at(theirs["times"], extend=True).rows() if row["group"] == s.group
    ]
    assert len(rows) == len(np.ravel(theirs["surv"]))
    for column, key in {"estimate": "surv", "std_error": "std_err"}.items():
        agree([row[column] for row in rows], np.ravel(theirs[key]).tolist(), key)
    for column, key in {"conf_low": "lower", "conf_high": "upper"}.items():
        agree([row[column] for row in rows], np.ravel(limits[key]).tolist(), key)
    agree([-np.log(row["estimate"]) for row in rows], np.ravel(theirs["cumhaz"]).tolist(), "cumhaz")


@pytest.mark.parametrize(**having("zph"))
@pytest.mark.parametrize("asked", ["km", "identity", "rank", "log", "km_per_coefficient"])
def test_proportional_hazards(name: str, asked: str) -> None:
    case, cohort, effects = fitted_case(name)
    theirs = case.expected["zph"][asked]
    by: Any = "coefficient" if asked == "km_per_coefficient" else "term"
    test = proportional_hazards_test(cohort, effects, transform=asked.removesuffix("_per_coefficient"), by=by)  # type: ignore[arg-type]
    rows = test.rows()
    assert [row["term"] == "GLOBAL" for row in rows] == [label == "GLOBAL" for label in theirs["rows"]]
    for column, key in {"statistic": "chisq", "df": "df", "p_value": "p"}.items():
        agree([row[column] for row in rows], theirs[key], f"{asked}: {key}")


@pytest.mark.parametrize(**having("concordance_weights"))
def test_concordance_weights(name: str) -> None:
    case, cohort, effects = fitted_case(name)
    for weight, theirs in case.expected["concordance_weights"].items():
        ours = concordance(cohort, effects, weight=weight)
        row = ours.rows()[0]
        error = row["std_error"]
        if effects.robust:
            # R's concordance() of a fit does not know the cluster, which here is the row: the same number.
            assert effects.settings["cluster"] == "person"
        agree([row["estimate"], error], [theirs["c"], theirs["se"]], weight)
        counts = theirs["counts"]
        agree(ours.settings["pairs"], [values(counts)] if isinstance(counts, dict) else counts, weight, absolute=1e-8)


@pytest.mark.parametrize(**having("predictions_first10"))
def test_predictions(name: str) -> None:
    case, cohort, effects = fitted_case(name)
    theirs = case.expected["predictions_first10"]
    for reference in ("zero", "sample", "strata"):
        ours = linear_predictor(cohort, effects, reference=reference)  # type: ignore[arg-type]
        agree(ours.estimate[:10], theirs[f"lp_{reference}"]["fit"], reference)
        agree(ours.std_error[:10], theirs[f"lp_{reference}"]["se"], reference)
    risk = np.exp(linear_predictor(cohort, effects, reference="sample").estimate)
    agree(risk[:10], theirs["risk_sample"], "risk")
    martingale = residuals(cohort, effects, "martingale")
    agree((cohort.event[martingale.rows] - martingale.values)[:10], theirs["expected"], "expected")


@pytest.mark.parametrize(**having("residuals_first20"))
@pytest.mark.parametrize("kind", ["martingale", "deviance"])
def test_residuals_of_rows(name: str, kind: Any) -> None:
    case, cohort, effects = fitted_case(name)
    theirs = case.expected["residuals_first20"][kind]
    ours = residuals(cohort, effects, kind).values
    assert len(ours) == theirs["n_total"]
    agree(ours[: len(theirs["first"])], theirs["first"], kind)
    agree([ours.sum(), (ours**2).sum()], [theirs["sum"], theirs["sumsq"]], kind)


R_NAMES = {"scaled_schoenfeld": "scaledsch"}


@pytest.mark.parametrize(**having("residuals_first20"))
@pytest.mark.parametrize("kind", ["score", "dfbeta", "dfbetas", "schoenfeld", "scaled_schoenfeld"])
def test_residuals_by_coefficient(name: str, kind: Any) -> None:
    case, cohort, effects = fitted_case(name)
    theirs = case.expected["residuals_first20"][R_NAMES.get(kind, kind)]
    ours = residuals(cohort, effects, kind)
    k = len(theirs["first"])
    assert len(ours.values) == theirs["nrow_total"]
    size = np.sqrt(np.array(theirs["colsumsq"]))
    # Sums that are zero but for rounding are compared on the scale of the column.
    agree(ours.values[:k] / size, (np.array(theirs["first"]) / size).tolist(), kind)
    agree(ours.values.sum(axis=0) / size, (np.array(theirs["colsum"]) / size).tolist(), kind, absolute=1e-10)
    agree((ours.values**2).sum(axis=0), theirs["colsumsq"], kind)
    if "times" in theirs:
        assert ours.time is not None
        agree(ours.time[:k], theirs["times"], "times")


def test_nothing_of_the_reference_is_left_out() -> None:
    parts = {key for case in COX.values() for key in case.expected}
    tested = {"n", "n_event", "method", "coef", "se", "z", "p", "hr", "hr_lower95", "hr_upper95", "vcov", "loglik_null"}
    tested |= {"loglik", "lr_test", "wald_test", "score_test", "aic", "bic_nevent", "means", "concordance", "baseline"}
    tested |= {"survfit_newdata", "zph", "concordance_weights", "predictions_first10", "residuals_first20"}
    tested |= {"robust", "robust_se", "naive_se", "robust_score_test"}
    assert len(COX) == 40
    assert parts == tested


def test_nested_models() -> None:
    nested, sequential = cases("cox_nested")
    veteran = cohort_of(nested.frame(), ["time", "status"], nested.levels)
    small, large = cox(veteran, ["karno"]), cox(veteran, ["karno", "celltype"])
    e = nested.expected
    agree([small.log_likelihood, large.log_likelihood], [e["loglik_small"], e["loglik_large"]])
    agree_test(likelihood_ratio_test(small, large), e, "nested")
    e = sequential.expected
    models = [cox(veteran, e["terms"][1 : k + 1]) for k in (1, 2, 3)]
    agree([models[0].log_likelihood_null, *(model.log_likelihood for model in models)], e["loglik"])
    steps = [models[0].tests["likelihood_ratio"], *map(likelihood_ratio_test, models, models[1:])]
    for k, step in enumerate(steps, 1):
        agree_test(step, {key: e[key][k] for key in ("chisq", "df", "p")}, e["terms"][k])


LANDMARK = {case.id: case for case in cases("landmark_td")}


@pytest.mark.parametrize("day", [30, 60, 90])
def test_landmark(day: int) -> None:
    case = LANDMARK[f"landmark_jasa_{day}"]
    frame = case.frame()
    frame = frame[frame.futime > day].reset_index(drop=True)
    frame = frame.assign(lm_time=frame.futime - day, tx_by_lm=(frame["wait.time"] <= day).astype(float))
    e = case.expected
    assert (len(frame), frame.tx_by_lm.sum(), frame.fustat.sum()) == (e["n"], e["n_exposed"], e["n_event"])
    agree_model(cox(cohort_of(frame, ["lm_time", "fustat"]), ["tx_by_lm", "age"]), e["cox"])


def recurrence_in_colon() -> Cohort:
    """Deaths in colon, the rows split where the recurrence came strictly before the end."""
    colon = dataset("colon.csv")
    death = colon[colon.etype == 2].sort_values("id").reset_index(drop=True)
    recurrence = colon[colon.etype == 1].sort_values("id").reset_index(drop=True)
    assert (death.id == recurrence.id).all()
    at = recurrence.time.where((recurrence.status == 1) & (recurrence.time < death.time))
    before = death.assign(tstart=0.0, tstop=at.fillna(death.time), died=death.status.where(at.isna(), 0), rec=0.0)
    after = death.assign(tstart=at, tstop=death.time, died=death.status, rec=1.0)[at.notna()]
    assert at.notna().sum() == LANDMARK["td_colon_recurrence_efron"].expected["n_recurred_before"]
    frame = pd.concat([before, after]).sort_values(["id", "tstart"]).reset_index(drop=True)
    assert len(frame) == LANDMARK["td_colon_recurrence_efron"].expected["n_split_rows"]
    levels = COX["cox_colon_death"].levels
    return cohort_of(frame, ["tstart", "tstop", "died"], levels)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_recurrence_as_time_dependent_covariate(ties: Any) -> None:
    effects = cox(recurrence_in_colon(), ["rec", "rx", "age", "node4"], ties=ties)
    agree_model(effects, LANDMARK[f"td_colon_recurrence_{ties}"].expected["cox"])


def test_recurrence_alone() -> None:
    effects = cox(recurrence_in_colon(), ["rec"], ties="breslow")
    agree_model(effects, LANDMARK["mantel_byar_colon"].expected["cox_breslow"])


def test_reference_level_named_by_hand() -> None:
    case, cohort, effects = fitted_case("cox_veteran_efron")
    turned = cox(cohort, ["trt", factor("celltype", reference="large"), "karno", "diagtime", "age", "prior"])
    agree(-turned.term("celltype: squamous")["estimate"], case.expected["coef"]["celltypelarge"])
    agree(turned.log_likelihood, effects.log_likelihood)
