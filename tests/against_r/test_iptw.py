"""Baseline weights against R: multinomial propensities, six kinds of weights, balance, weighted Cox and Kaplan-Meier."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from reference import Case, agree, all_of, cases, dataset
from test_landmark_curves import INTERVALS

from durata.cohort import Cohort, Weights
from durata.door import cohort_from_frame
from durata.estimate.balance import balance_table, weight_table
from durata.estimate.cox import cox
from durata.estimate.curves import kaplan_meier
from durata.kernels.weighted_balance import group_moments
from durata.terms import factor
from durata.weighting.baseline_weights import weigh
from durata.weighting.propensity import Propensity, propensity

CASES = {case.id: case for case in cases("iptw")}
ASKED: dict[str, dict[str, Any]] = {
    "ate": {"estimand": "ate"},
    "ate_stabilised": {"estimand": "ate", "stabilised": True},
    "overlap": {"estimand": "overlap"},
    "matching": {"estimand": "matching"},
    "ate_trunc_1_99": {"estimand": "ate", "truncate": (0.01, 0.99)},
}
PAIRS = [(case, name) for case in CASES.values() for name in case.expected["weights"]]
IDS = [f"{case.id}-{name}" for case, name in PAIRS]


def asked(name: str) -> dict[str, Any]:
    """The arguments of weigh() for a name in R's list."""
    return {"estimand": "att", "target": name.removeprefix("att_")} if name.startswith("att_") else ASKED[name]


def prepared(case: Case) -> tuple[pd.DataFrame, list[str], str, str, list[str]]:
    """The data of a case with R's own columns: frame, covariates, time, event, the groups in their order."""
    groups = case.expected["groups"]
    if case.dataset == "rotterdam.csv":
        frame = dataset("rotterdam.csv").query("treat != 'both'").reset_index(drop=True)
        frame = frame.assign(
            size2050=(frame["size"] == "20-50").astype(float),
            size50=(frame["size"] == ">50").astype(float),
            pgr=frame["pgr"] / 100,
            er=frame["er"] / 100,
            g=pd.Categorical(frame["treat"], groups),
        )
        return frame, ["age", "meno", "size2050", "size50", "grade", "nodes", "pgr", "er"], "dtime", "death", groups
    if case.dataset == "lung.csv":
        needed = ["time", "event", "ph.ecog", "age", "sex", "ph.karno", "pat.karno"]
        frame = dataset("lung.csv").dropna(subset=needed)
        frame = frame[frame["ph.ecog"] < 3].reset_index(drop=True)
        labels = frame["ph.ecog"].map(lambda value: f"{value:g}")
        return frame.assign(g=pd.Categorical(labels, groups)), ["age", "sex", "pat.karno"], "time", "event", groups
    frame = dataset("gbsg.csv")
    labels = frame["hormon"].map(str)
    covariates = ["age", "meno", "size", "grade", "nodes", "pgr", "er"]
    return frame.assign(g=pd.Categorical(labels, groups)), covariates, "rfstime", "status", groups


@cache
def cohort_of(name: str) -> Cohort:
    case = CASES[name]
    frame, covariates, time, event, _groups = prepared(case)
    assert len(frame) == case.expected["n"]
    return cohort_from_frame(frame, time=time, event=event, group="g", covariates=covariates)


@cache
def covariates_of(name: str) -> tuple[str, ...]:
    return tuple(prepared(CASES[name])[1])


@cache
def model_of(name: str) -> Propensity:
    return propensity(cohort_of(name), covariates_of(name))


@cache
def weighed(name: str, weights: str) -> Cohort:
    return weigh(cohort_of(name), covariates_of(name), **asked(weights))


@pytest.mark.parametrize(**all_of("iptw"))
def test_propensities(case: Case) -> None:
    model, expected = model_of(case.id), case.expected
    assert list(model.levels) == expected["groups"]
    agree(model.log_likelihood, expected["ps_loglik"])
    agree(model.probability[:10], expected["ps_first10"])
    for row, level in enumerate(model.levels[1:]):
        theirs = expected["ps_coef"].get(level) or expected["ps_coef"]
        agree(model.coefficients[row], list(theirs.values()), level)


@pytest.mark.parametrize(("case", "name"), PAIRS, ids=IDS)
def test_weights(case: Case, name: str) -> None:
    cohort, expected = weighed(case.id, name), case.expected["weights"][name]
    assert cohort.weights is not None
    assert cohort.weights.kind == "sampling"
    values = cohort.weights.values
    agree(values[:20], expected["weights_first20"])
    agree(values.max(), expected["max_weight"])
    agree(values.min(), expected["min_weight"])
    rows = weight_table(cohort).rows()
    for term, key in (("effective sample size", "ess"), ("sum of weights", "sum_weights")):
        mine = [row["estimate"] for row in rows if row["term"] == term and row["group"] != "all"]
        agree(mine, expected[key], key)


def check_balance(cohort: Cohort, name: str, expected: dict[str, Any], method: str) -> None:
    covariates = covariates_of(name)
    assert list(covariates) == expected["covariates"]
    group = cohort.group
    assert group is not None
    assert cohort.weights is not None
    x = np.column_stack([cohort.column(one) for one in covariates])  # type: ignore[misc]
    weights = cohort.weights.values if method == "weighted" else np.ones(len(cohort))
    mean, variance = group_moments(x, group.codes, len(group.levels), weights)
    agree(mean, expected["weighted_means"], "means")
    agree(variance, expected["weighted_var"], "variances")
    for key, denominator in (("smd_sd_all_groups", "all"), ("smd_sd_pair_unweighted", "pair")):
        rows = balance_table(cohort, covariates, denominator=denominator).rows()  # type: ignore[arg-type]
        for (first, second), theirs in zip(expected["pairs"], expected[key], strict=True):
            mine = [
                row for row in rows if row["method"] == method and {row["group"], row["reference"]} == {first, second}
            ]
            assert {row["group"] for row in mine} == {second}  # R's difference too is the second less the first
            ours = [row["estimate"] for row in mine]
            agree(ours, theirs, key, absolute=1e-11)
    largest = {
        row["term"]: row["std_difference"]
        for row in balance_table(cohort, covariates).rows()
        if row["method"] == method
    }
    agree([largest[one] for one in covariates], expected["max_abs_smd"], "largest", absolute=1e-11)


@pytest.mark.parametrize(**all_of("iptw"))
def test_balance_before(case: Case) -> None:
    cohort = weighed(case.id, "overlap")
    check_balance(cohort, case.id, case.expected["unweighted"]["balance"], "unweighted")


@pytest.mark.parametrize(("case", "name"), PAIRS, ids=IDS)
def test_balance_after(case: Case, name: str) -> None:
    check_balance(weighed(case.id, name), case.id, case.expected["weights"][name]["balance"], "weighted")


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize(("case", "name"), PAIRS, ids=IDS)
def test_weighted_cox(case: Case, name: str, ties: Any) -> None:
    expected = case.expected["weights"][name][f"cox_{ties}"]
    effects = cox(weighed(case.id, name), [factor("group", reference=case.expected["groups"][0])], ties=ties)
    assert effects.robust
    agree(effects.estimate, list(expected["coef"].values()), "coef")
    agree(effects.std_error, list(expected["robust_se"].values()), "robust se")
    agree(np.sqrt(np.diag(effects.model_covariance)), list(expected["naive_se"].values()), "naive se")
    agree(effects.covariance, expected["vcov"], "vcov")
    agree(effects.log_likelihood, expected["loglik"])
    agree(effects.tests["robust_score"].statistic, expected["robust_score_test"]["chisq"])
    agree(effects.concordance, expected["concordance"]["c"])
    agree(effects.concordance_std_error, expected["concordance"]["se"])


@pytest.mark.parametrize(("case", "name"), PAIRS, ids=IDS)
def test_weighted_kaplan_meier(case: Case, name: str) -> None:
    times = case.spec["times"]
    for interval, key in INTERVALS.items():
        curve = kaplan_meier(weighed(case.id, name), by="group", interval=interval)
        read, quantiles = curve.at(times, extend=True).rows(), curve.quantile([0.25, 0.5, 0.75]).rows()
        for group, expected in case.expected["weights"][name]["km"].items():
            mine = [row for row in read if row["group"] == group]
            theirs = expected["at_times"]
            agree([row["estimate"] for row in mine], theirs["surv"], "surv")
            agree([row["std_error"] for row in mine], theirs["std_err"], "std_err")
            agree([row["at_risk"] for row in mine], theirs["n_risk"], "n_risk")
            agree([row["conf_low"] for row in mine], theirs[key]["lower"], key)
            agree([row["conf_high"] for row in mine], theirs[key]["upper"], key)
            mine, theirs = [row for row in quantiles if row["group"] == group], expected["quantiles"]
            agree([row["estimate"] for row in mine], theirs["estimate"], "quantiles")
            agree([row["conf_low"] for row in mine], theirs[key]["lower"], key)
            agree([row["conf_high"] for row in mine], theirs[key]["upper"], key)


@pytest.mark.parametrize(**all_of("iptw"))
def test_unweighted_is_the_weight_of_one(case: Case) -> None:
    cohort = cohort_of(case.id)
    one = cox(cohort, [factor("group", reference=case.expected["groups"][0])])
    agree(one.estimate, list(case.expected["unweighted"]["cox_efron"]["coef"].values()))
    same = Cohort(**{**vars(cohort), "weights": Weights(np.full(len(cohort), 2.5), "sampling")})
    rows = balance_table(same, covariates_of(case.id)).rows()
    before = [row["estimate"] for row in rows if row["method"] == "unweighted"]
    after = [row["estimate"] for row in rows if row["method"] == "weighted"]
    np.testing.assert_allclose(after, before, rtol=1e-12, atol=1e-14)
