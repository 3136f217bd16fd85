"""Two strategies cloned, cut off and weighted, on Maringe's toy patients, against R: every value of ccw.json."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from reference import _read, agree, dataset
from test_landmark_curves import curves_agree

import durata as du
from durata.designs.emulated.within_grace import ClonedArm, ClonedArms
from durata.door import cohort_from_frame

EXPECTED = _read("ccw")
HAZARD = _read("ccw_hazard")
PUBLISHED = {name: one for name, one in EXPECTED.items() if name.startswith("published_")}
OF_R = {"not treated": "control", "treated": "surgery"}


def cloned(grace: float, *, ties: Any = "efron", counts: Any = None) -> ClonedArms:
    toy = dataset("ccw_toy.csv")
    covariates = {name: toy[name] for name in EXPECTED["predictors"]}
    return du.clones_within_grace(
        toy["fup_obs"], toy["death"], toy["timetosurgery"], covariates, grace=grace, ties=ties, counts=counts
    )


@pytest.fixture(scope="module", params=list(PUBLISHED))
def case(request: pytest.FixtureRequest) -> tuple[ClonedArms, dict[str, Any]]:
    expected = PUBLISHED[request.param]
    return cloned(expected["grace"], ties="breslow" if "breslow" in request.param else "efron"), expected


def cut_times(grace: float) -> np.ndarray:
    """R splits follow-up at every time in the file and at the end of the grace period; we only do so to check it."""
    toy = dataset("ccw_toy.csv")
    return np.unique(np.concatenate([toy["fup_obs"], toy["timetosurgery"].dropna(), [grace]]))


def long_weights(arm: ClonedArm, cuts: np.ndarray) -> np.ndarray:
    """The weight of each interval (a, b] of each clone, written out row by row."""
    rows = [cuts[cuts <= end] for end in arm.exit]
    return np.concatenate(
        [arm.weights.own(np.full(len(arm.exit), b))[[i]] for i, ends in enumerate(rows) for b in ends]
    )


def test_clones(case: tuple[ClonedArms, dict[str, Any]]) -> None:
    arms, expected = case
    assert len(arms.person) == expected["n_patients"]
    assert arms.arm("not treated").censored.sum() == expected["n_treated_in_grace"]
    for arm in arms.arms:
        counts, last = expected["counts"][OF_R[arm.name]], expected["clones_last_interval"][OF_R[arm.name]]
        assert (len(arm.exit), arm.event.sum(), arm.censored.sum()) == (
            counts["n_clones"],
            counts["n_events"],
            counts["n_artificially_censored"],
        )
        agree(arm.exit.sum(), counts["sum_follow_up"])
        agree(arm.exit, last["time"])
        agree(arm.event.astype(float), last["event"])
        agree(arm.censored.astype(float), last["cens"])
        agree(arm.weights.own(arm.exit), last["weight_last_interval"], "weight of the last interval")


@pytest.mark.parametrize("name", list(PUBLISHED))
def test_censoring_models(name: str) -> None:
    expected = PUBLISHED[name]
    arms = cloned(expected["grace"], ties="breslow" if "breslow" in name else "efron")
    means = dataset("ccw_toy.csv")[list(arms.covariates)].to_numpy(float).mean(axis=0)
    for arm in arms.arms:
        model = expected["censoring_model"][OF_R[arm.name]]
        assert list(arms.covariates) == list(model["coef"])
        assert arm.censored.sum() == model["n_cens"]
        agree(arm.coefficients, list(model["coef"].values()), "coefficients")
        agree(np.sqrt(np.diag(arm.covariance)), list(model["se"].values()), "standard errors")
        agree(arm.weights.time, model["basehaz_times_of_jumps"]["time"], "jumps")
        # The control hazard printed in ccw.json belongs to no model (README.md): ccw_hazard.json has R's own.
        theirs = (
            model["basehaz_times_of_jumps"]["cumhaz_centered_false"]
            if arm.name == "treated"
            else HAZARD[name]["cumulative"]
        )
        # ours is the hazard beside mean covariates, R's at covariates 0
        at_zero = arm.weights.cumulative * np.exp(-means @ arm.coefficients)
        agree(at_zero, theirs, "cumulative hazard")


def test_weights(case: tuple[ClonedArms, dict[str, Any]]) -> None:
    arms, expected = case
    cuts = cut_times(expected["grace"])
    assert len(cuts) == expected["n_cut_times"]
    for arm in arms.arms:
        theirs = expected["weights"][OF_R[arm.name]]
        weights = long_weights(arm, cuts)
        assert len(weights) == expected["counts"][OF_R[arm.name]]["n_long_rows"]
        for ours, name in [
            (weights.mean(), "mean"),
            (weights.std(ddof=1), "sd"),
            (weights.sum(), "sum"),
            ((weights**2).sum(), "sumsq"),
            (np.quantile(weights, theirs["quantile_probs"]), "quantiles_type7"),
        ]:
            agree(ours, theirs[name], name)
        assert int((weights == 1.0).sum()) == theirs["n_weight_one"]


@pytest.mark.parametrize("weighted", [True, False])
def test_outcome(case: tuple[ClonedArms, dict[str, Any]], weighted: bool) -> None:
    arms, expected = case
    theirs = expected["outcome"]["weighted" if weighted else "unweighted"]
    read = du.cloned_survival(arms, weighted=weighted).at(theirs["times"], extend=True).rows()
    survival = {
        group: np.array([row["estimate"] for row in read if row["group"] == group], float)
        for group in ("not treated", "treated")
    }
    agree(survival["not treated"], theirs["surv_control"], "S, not treated")
    agree(survival["treated"], theirs["surv_surgery"], "S, treated")
    agree(survival["treated"] - survival["not treated"], theirs["surv_difference"], "difference", absolute=1e-10)
    means = du.cloned_restricted_mean(arms, until=theirs["tau"], weighted=weighted).rows()
    agree([row["estimate"] for row in means], [theirs[f"rmst_{n}"] for n in ("control", "surgery", "difference")])
    efron = du.cloned_hazard_ratio(arms, weighted=weighted)
    agree(efron.estimate, [theirs["log_hr_efron"]], "log hazard ratio, Efron")
    agree(np.exp(efron.estimate), [theirs["hr_efron"]])
    agree(efron.std_error, [theirs["log_hr_robust_se_cluster_patient"]], "robust standard error")
    breslow = du.cloned_hazard_ratio(arms, ties="breslow", weighted=weighted)
    agree(breslow.estimate, [theirs["log_hr_breslow"]], "log hazard ratio, Breslow")
    agree(np.exp(breslow.estimate), [theirs["hr_breslow"]])


def test_bootstrap_of_patients() -> None:
    """25 resamples, everything fitted again in each."""
    theirs = EXPECTED["bootstrap_published_grace_182.62"]
    drawn = dataset(theirs["index_file"]).drop(columns="b").to_numpy() - 1
    found = []
    for rows in drawn:
        arms = cloned(182.62, counts=np.bincount(rows, minlength=200))
        at_365 = [row["estimate"] for row in du.cloned_survival(arms).at(365, extend=True).rows()]
        mean = du.cloned_restricted_mean(arms, until=365).rows()[2]["estimate"]
        found.append([at_365[1] - at_365[0], mean, float(du.cloned_hazard_ratio(arms).estimate[0])])
    values = np.array(found)
    assert len(values) == 25
    for j, name in enumerate(["surv_difference_365", "rmst_difference_365", "log_hr_efron"]):
        agree(values[:, j], theirs[name], name)
        agree(np.quantile(values[:, j], [0.025, 0.975]), theirs["percentile_type7"][j], f"percentiles of {name}")
    agree(values.std(axis=0, ddof=1), theirs["sd"], "standard deviations")


def test_the_treated_stay_at_risk_of_being_cut_off() -> None:
    """Taken out at treatment, everybody at risk at the end of the grace period would be cut off: not our weights."""
    wrong = EXPECTED["WRONG_contrast_grace_90_treated_leave_risk_set"]
    arm = cloned(90).arm("treated")
    last = np.array(wrong["clones_last_interval"]["surgery"]["weight_last_interval"])
    assert np.abs(arm.weights.own(arm.exit) / last - 1).max() > 0.1


def test_naive_groups_for_comparison() -> None:
    toy = dataset("ccw_toy.csv")
    frame = pd.DataFrame({"time": toy["fup_obs"], "event": toy["death"], "surgery": toy["surgery"]})
    cohort = cohort_from_frame(frame, time="time", event="event", group="surgery")
    naive = EXPECTED["naive_observed_groups"]
    curves_agree(cohort, naive["km"], at_risk=True)
    effects = du.cox(cohort, ["group"])
    agree(effects.estimate, [naive["log_hr_efron"]])
    agree(np.exp(effects.estimate), [naive["hr_efron"]])
