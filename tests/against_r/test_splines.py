"""Restricted cubic splines against R's rcspline.eval and coxph (and rms): knots, basis, model, tests, curve."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from cox_models import cohort_of
from reference import Case, agree, all_of, cases

from durata.cohort import Cohort
from durata.estimate.cox import cox
from durata.estimate.nonlinearity import hazard_ratio_curve, nonlinearity_test
from durata.estimate.result import Effects
from durata.kernels.cubic_spline import restricted_cubic_basis
from durata.terms import spline

EVERY = all_of("splines")


@cache
def fitted(name: str) -> tuple[Case, Cohort, Effects]:
    """A case with its cohort and our model (fitted once)."""
    case = next(case for case in cases("splines") if case.id == name)
    spec = case.spec
    cohort = cohort_of(case.frame(), [spec["time"], spec["event"]])
    return case, cohort, cox(cohort, [spline(spec["variable"], spec["nk"]), *spec["adjust"]], ties=spec["ties"])


@pytest.mark.parametrize(**EVERY)
def test_knots_and_basis(case: Case) -> None:
    _, _, effects = fitted(case.id)
    knots = effects.design.parts[0].codings[0].knots
    agree(knots, case.expected["knots"], "knots")
    grid = case.expected["basis_on_grid"]
    agree(restricted_cubic_basis(np.array(grid["x"]), np.array(knots)).T, grid["basis"], "basis")


@pytest.mark.parametrize(**EVERY)
def test_model(case: Case) -> None:
    _, _, effects = fitted(case.id)
    expected = case.expected
    assert effects.n == expected["n"]
    # Cubic pieces are nearly collinear: their coefficients have up to 1e5 times the spread of the fitted values, and
    # R's two programs (coxph, rms) agree to six or seven digits of them.
    agree(effects.estimate, list(expected["coef"].values()), "coef", relative=1e-6)
    agree(effects.std_error, list(expected["se"].values()), "se", relative=1e-6)
    agree(effects.estimate, list(expected["rms_cph_coef"].values()), "rms", relative=1e-6)
    agree([effects.log_likelihood, effects.settings["aic"]], [expected["loglik_spline"], expected["aic_spline"]])
    straight = cox(fitted(case.id)[1], [case.spec["variable"], *case.spec["adjust"]], ties=case.spec["ties"])
    agree([straight.log_likelihood, straight.settings["aic"]], [expected["loglik_linear"], expected["aic_linear"]])


@pytest.mark.parametrize(**EVERY)
def test_nonlinearity(case: Case) -> None:
    _, cohort, effects = fitted(case.id)
    rows = {
        (row["term"], row["method"]): row for row in nonlinearity_test(cohort, effects, case.spec["variable"]).rows()
    }
    for what in ("nonlinearity", "overall"):
        for key, method in {"lr": "likelihood-ratio test", "wald": "Wald test"}.items():
            row, theirs = rows[what, method], case.expected[f"{key}_{what}"]
            # A p-value of 1e-30 moves 70 times as much as its statistic.
            agree([row["statistic"], row["df"]], [theirs["chisq"], theirs["df"]], f"{key} {what}", relative=1e-7)
            agree(row["p_value"], theirs["p"], f"{key} {what}", relative=1e-5, absolute=0.0)


@pytest.mark.parametrize(**EVERY)
def test_hazard_ratio_against_the_median(case: Case) -> None:
    _, cohort, effects = fitted(case.id)
    theirs: dict[str, Any] = case.expected["hr_vs_median"]
    ours = hazard_ratio_curve(cohort, effects, case.spec["variable"], at=theirs["x"])
    assert ours.settings["reference"] == theirs["reference"]
    table = ours.rows()
    agree([row["estimate"] for row in table], theirs["log_hr"], "log HR", relative=1e-6, absolute=1e-9)
    agree([row["std_error"] for row in table], theirs["se"], "se", relative=1e-6)
    agree(np.exp([row["estimate"] for row in table]), theirs["hr"], "HR", relative=1e-6)
    agree(np.exp([row["conf_low"] for row in table]), theirs["lower"], "lower", relative=1e-6)
    agree(np.exp([row["conf_high"] for row in table]), theirs["upper"], "upper", relative=1e-6)
