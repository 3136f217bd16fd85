"""Firth's penalised Cox model against the implementation in R: every value of firth.json."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from cox_models import cohort_of
from reference import Case, agree, all_of, cases

from durata.estimate.firth import firth_cox
from durata.estimate.result import Effects
from durata.terms import TermLike

TOGETHER = {"celltypesmallcell": "celltype", "celltypeadeno": "celltype", "celltypelarge": "celltype"}
SOLVED = 1e-10
"""What may be left of the equations solved, in standard errors of the estimates."""


@cache
def fitted(name: str) -> Effects:
    """Our fit of a case."""
    (case,) = (one for one in cases("firth") if one.id == name)
    spec, frame = case.spec, case.frame()
    surv = [*([spec["start"]] if "start" in spec else []), spec["time"], spec["event"]]
    terms: list[TermLike] = []
    for covariate in spec["covariates"]:
        column, _, made = covariate.partition(" = ")
        if made == "(age < 50)":
            frame = frame.assign(**{column: (frame.age < 50).astype(float)})
        terms.append(TOGETHER.get(column, column))
    levels = case.levels if case.dataset != "inline" else None
    return firth_cox(cohort_of(frame, surv, levels), list(dict.fromkeys(terms)), ties=spec["ties"])


def values(named: dict[str, Any]) -> list[Any]:
    return list(named.values())


@pytest.mark.parametrize(**all_of("firth"))
def test_estimate_and_covariance(case: Case) -> None:
    effects, e = fitted(case.id), case.expected
    agree(effects.estimate, values(e["coef"]), "coef")
    agree(np.exp(effects.estimate), values(e["hr"]), "hr")
    agree(effects.std_error, values(e["se"]), "se")
    agree(effects.covariance, e["vcov"], "vcov")


@pytest.mark.parametrize(**all_of("firth"))
def test_profile_limits_and_tests(case: Case) -> None:
    effects, e = fitted(case.id), case.expected
    low, high = effects.interval()
    agree(low, values(e["profile_lower95"]), "profile_lower95")
    agree(high, values(e["profile_upper95"]), "profile_upper95")
    agree(effects.statistic**2, values(e["plr_chisq"]), "plr_chisq")
    agree(effects.p_value, values(e["plr_p"]), "plr_p")
    rows = effects.rows()
    agree([row["conf_low"] for row in rows], values(e["profile_lower95"]), "rows")
    agree([row["conf_high"] for row in rows], values(e["profile_upper95"]), "rows")
    agree([row["p_value"] for row in rows], values(e["plr_p"]), "rows")


@pytest.mark.parametrize(**all_of("firth"))
def test_wald_without_the_profile(case: Case) -> None:
    wald, e = replace(fitted(case.id), profile=None), case.expected
    low, high = wald.interval()
    agree(low, values(e["wald_lower95"]), "wald_lower95")
    agree(high, values(e["wald_upper95"]), "wald_upper95")
    agree(wald.p_value, values(e["wald_p"]), "wald_p")


@pytest.mark.parametrize(**all_of("firth"))
def test_likelihoods_and_the_test_of_the_whole_model(case: Case) -> None:
    effects, e = fitted(case.id), case.expected
    agree(effects.settings["log_likelihood_unpenalised"], e["loglik_unpenalised_at_estimate"])
    agree([effects.log_likelihood, effects.log_likelihood_null], [e["penalised_loglik"], e["penalised_loglik_null"]])
    test, theirs = effects.tests["likelihood_ratio"], e["global_plr"]
    agree([test.statistic, test.df, test.p_value], [theirs["chisq"], theirs["df"], theirs["p"]])
    # How far R was from its own solution, and we from ours.
    assert e["max_abs_modified_score"] < 1e-11
    assert e["check_optim_max_abs_diff"] < 1e-3
    assert np.max(np.abs(effects.settings["modified_score"] * effects.std_error)) < SOLVED


def test_nothing_of_the_reference_is_left_out() -> None:
    tested = {
        "coef",
        "se",
        "vcov",
        "hr",
        "wald_lower95",
        "wald_upper95",
        "wald_p",
        "profile_lower95",
        "profile_upper95",
    }
    tested |= {"plr_chisq", "plr_p", "loglik_unpenalised_at_estimate", "penalised_loglik", "penalised_loglik_null"}
    tested |= {"global_plr", "max_abs_modified_score", "check_optim_max_abs_diff"}
    assert len(cases("firth")) == 7
    assert {key for case in cases("firth") for key in case.expected} == tested
