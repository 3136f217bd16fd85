"""Pooling, pseudo-values, conditional survival, survival at a horizon and permutation tests give R's values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from reference import Case, _read, agree, all_of, cases, dataset, numbers

import durata as du
from durata.estimate.result import Effects, Term

FURTHER = _read("further")


def imputed(k: int) -> pd.DataFrame:
    whole = dataset("lung_mi_long.csv")
    return whole[whole["imp"] == k].reset_index(drop=True)


def linear(frame: pd.DataFrame, response: str, names: list[str]) -> Effects:
    """Ordinary least squares as Effects, for R's lm."""
    x = np.column_stack([np.ones(len(frame)), frame[names]])
    inverse = np.linalg.inv(x.T @ x)
    coefficients = inverse @ x.T @ frame[response].to_numpy()
    rest = frame[response] - x @ coefficients
    covariance = inverse * float(rest @ rest) / (len(frame) - x.shape[1])
    terms = tuple(Term(name, name) for name in ["(Intercept)", *names])
    return Effects(terms, coefficients, covariance, covariance, "difference", "lm", 0.95, len(frame), len(frame), 0)


@pytest.mark.parametrize(**all_of("mi_rubin"))
def test_rubins_rules(case: Case) -> None:
    response, _, right = case.spec["formula"].partition(" ~ ")
    names = right.split(" + ")
    fits = []
    for k in range(1, 6):
        frame = imputed(k)
        if case.spec["type"] == "lm":
            fits.append(linear(frame, response, names))
        else:
            fits.append(du.cox(du.cohort_from_frame(frame, time="time", event="event", covariates=names), names))
    theirs = case.expected["pooled"]
    for fit, one in zip(fits, case.expected["per_imputation"], strict=True):
        agree(fit.estimate, list(one["coef"].values()), "coef")
        agree(fit.std_error, list(one["se"].values()), "se")
    ours = du.pool(fits, complete_df=theirs["dfcom"]) if case.spec["type"] == "lm" else du.pool(fits)
    assert ours.settings["complete_df"] == theirs["dfcom"]
    agree(ours.estimate, theirs["estimate"], "estimate")
    agree(ours.std_error, theirs["se"], "se")
    agree(ours.covariance, theirs["total_covariance"], "covariance", absolute=1e-15)
    agree(np.diag(ours.model_covariance), theirs["ubar"], "within")
    agree(ours.settings["share_of_variance"], theirs["lambda"], "lambda")
    agree(ours.df, theirs["df_barnard_rubin"], "df", relative=1e-7)
    agree(ours.missing_information, theirs["fmi_barnard_rubin"], "fmi")
    agree(ours.p_value, theirs["p_barnard_rubin"], "p", relative=1e-7)
    low, high = ours.interval()
    agree(low, theirs["lower95_barnard_rubin"], "low")
    agree(high, theirs["upper95_barnard_rubin"], "high")
    large = du.pool(fits, complete_df=np.inf)
    agree(large.df, theirs["df_rubin1987"], "df 1987", relative=1e-6)
    agree(large.p_value, theirs["p_rubin1987"], "p 1987", relative=1e-7)
    agree(large.missing_information, theirs["fmi_rubin1987"], "fmi 1987")
    assert ours.df is not None
    assert [row["df"] for row in ours.rows()] == ours.df.tolist()
    if case.spec["type"] == "cox":
        for name, key in (("wald", "D1_overall"), ("chi_squares", "D2_overall")):
            test, expected = ours.tests[name], case.expected[key]
            agree(test.statistic, expected["F"], key, relative=1e-7)
            agree(test.df, expected["df1"], key)
            agree(test.settings["df_residual"], expected["df2"], key, relative=1e-6)
            agree(test.settings["increase_in_variance"], expected["riv"], key, relative=1e-6)
            agree(test.p_value, expected["p"], key, relative=1e-6)


def test_pooled_curves_and_restricted_means() -> None:
    cohorts = []
    for k in range(1, 6):
        frame = imputed(k).assign(good=lambda one: np.where(one["wt.loss"] > 10, "TRUE", "FALSE"))
        cohorts.append(du.cohort_from_frame(frame, time="time", event="event", group="good"))
    theirs = FURTHER["pooled"]
    rows = du.pooled_survival([du.kaplan_meier(one, by="group") for one in cohorts], 365).rows()
    for ours, key in (("estimate", "surv"), ("conf_low", "lower"), ("conf_high", "upper"), ("df", "df")):
        agree([row[ours] for row in rows], theirs[key], key, relative=1e-7)
    rows = du.pooled_means([du.restricted_mean(one, by="group", until=365) for one in cohorts]).rows()
    for ours, key in (("estimate", "mean"), ("std_error", "mean_se"), ("df", "mean_df")):
        agree([row[ours] for row in rows], theirs[key], key, relative=1e-7)


@pytest.mark.parametrize(**all_of("pseudo"))
def test_pseudo_values_of_everybody(case: Case) -> None:
    frame = case.frame()
    event = "event" if "event" in frame else "fustat"
    time = "time" if "time" in frame else "futime"
    cohort = du.cohort_from_frame(frame, time=time, event=event)
    tau = case.spec["tau"]
    mean = du.pseudo_values(cohort, until=tau)
    survival = du.pseudo_values(cohort, until=tau, of="survival")
    agree(mean[:20], case.expected["rmst_first20"], "rmst", absolute=1e-9)
    agree(mean.sum(), case.expected["rmst_sum"])
    agree(survival[:20], case.expected["surv_first20"], "surv", absolute=1e-11)
    agree(survival.sum(), case.expected["surv_sum"])


def lung() -> du.Cohort:
    frame = dataset("lung.csv").dropna(subset=["ph.ecog"]).reset_index(drop=True)
    sexes = np.where(frame["sex"] == 2, "2", "1")
    return du.cohort_from_frame(
        frame.assign(group=sexes), time="time", event="event", group="group", covariates=["age", "ph.ecog"]
    )


@pytest.mark.parametrize(("of", "key"), [("restricted mean", "mean"), ("survival", "survival")])
def test_regression_of_pseudo_values(of: Any, key: str) -> None:
    cohort = lung()
    theirs = FURTHER["pseudo_regression"]
    agree(du.pseudo_values(cohort, "group", until=365, of=of), theirs[key], key, absolute=1e-9)
    fit = du.pseudo_value_regression(cohort, ["group", "age", "ph.ecog"], until=365, of=of)
    expected = theirs[f"of_{key}"]
    agree([fit.settings["intercept"], *fit.estimate], expected["coef"], "coef")
    agree(fit.covariance, numbers(expected["covariance"])[1:, 1:], "covariance")


@pytest.mark.parametrize("interval", ["log-log", "plain"])
def test_conditional_survival(interval: Any) -> None:
    frame = dataset("lung.csv")
    cohort = du.cohort_from_frame(frame.assign(g=frame["sex"].astype(str)), time="time", event="event", group="g")
    rows = du.conditional_survival(cohort, "group", given=180.5, after=[90, 185], interval=interval).rows()
    theirs = FURTHER["conditional"][interval]
    for ours, key in (
        ("estimate", "surv"),
        ("std_error", "std_err"),
        ("conf_low", "lower"),
        ("conf_high", "upper"),
        ("at_risk", "n_risk"),
    ):
        agree([row[ours] for row in rows], theirs[key], key)
    assert [row["time"] for row in rows[:2]] == [270.5, 365.5]


@pytest.mark.parametrize("scale", ["plain", "log", "log-log", "logit", "arcsin"])
def test_survival_at_a_horizon(scale: Any) -> None:
    frame = dataset("lung.csv")
    cohort = du.cohort_from_frame(frame.assign(g=frame["sex"].astype(str)), time="time", event="event", group="g")
    theirs = FURTHER["horizon"]
    for interval in ("plain", "log-log"):
        answer = du.survival_contrasts(cohort, at=365, interval=interval, scale=scale)
        difference, ratio = answer.rows()
        agree(difference["estimate"], theirs["difference"])
        agree(difference["std_error"], theirs["difference_se"])
        agree([difference["conf_low"], difference["conf_high"]], theirs[interval], interval)
        # log(-log S) falls where S rises; ours is positive for the group that fares better
        agree(difference["statistic"], -theirs["z"][scale] if scale == "log-log" else theirs["z"][scale], scale)
        agree(ratio["estimate"], theirs["ratio"])
        agree([ratio["conf_low"], ratio["conf_high"]], theirs["ratio_limits"])
        assert ratio["p_value"] == difference["p_value"]


def test_every_arrangement_of_a_few_patients() -> None:
    frame = dataset("ovarian.csv").iloc[[0, 1, 2, 3, 4, 5, 13, 14, 15, 16, 17, 18]]
    cohort = du.cohort_from_frame(frame.assign(g=frame["rx"].astype(str)), time="futime", event="fustat", group="g")
    test = du.permutation_log_rank(cohort)
    theirs = FURTHER["permutation"]
    agree(test.statistic, theirs["chisq"])
    agree(test.p_value, theirs["p"])
    assert test.settings["arrangements"] == theirs["n"]
    assert test.settings["exact"]
    near = du.permutation_log_rank(cohort, exact_up_to=1, permutations=20_000, seed=3)
    assert abs(near.p_value - theirs["p"]) < 4 * np.sqrt(theirs["p"] * (1 - theirs["p"]) / 20_000)
    assert len(cases("pseudo")) == 2
