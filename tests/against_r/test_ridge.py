"""Ridge-penalised Cox models against R's coxph with ridge()."""

from __future__ import annotations

import re

import pytest
from cox_models import cohort_of
from reference import Case, agree, all_of

from durata.estimate.ridge import ridge_cox


@pytest.mark.parametrize(**all_of("ridge"))
def test_ridge(case: Case) -> None:
    formula = case.spec["formula"]
    surv = re.search(r"Surv\((\w+), (\w+)\)", formula)
    inside = re.search(r"ridge\((.*?), theta", formula)
    assert surv is not None
    assert inside is not None
    penalised = inside[1].split(", ")
    others = formula.partition(") + ")[2].split(" + ") if ") + " in formula else []
    effects = ridge_cox(
        cohort_of(case.frame(), list(surv.groups())),
        [*penalised, *others],
        penalty=case.spec["theta"],
        penalised=penalised,
        scale=case.spec["scale"],
    )
    expected = case.expected
    assert effects.n == expected["n"]
    agree(effects.estimate, list(expected["coef"].values()), "coef")
    agree(effects.std_error, list(expected["se"].values()), "se")
    agree(effects.settings["std_error_2"], list(expected["se2"].values()), "se2")
    agree(
        [effects.log_likelihood_null, effects.log_likelihood], [expected["loglik_null"], expected["loglik"]], "loglik"
    )
    if others:
        # R counts each term by itself: the trace of (its block of se2's variance) x (its block of se's variance)^-1. One
        # unpenalised coefficient beside the ridge takes exactly 1 of the whole trace, so the ridge has the rest.
        ridge, other = expected["df"]
        agree(effects.settings["effective_df"] - 1.0, ridge, "df of the ridge")
        agree((effects.settings["std_error_2"][-1] / effects.std_error[-1]) ** 2, other, "df of the other")
    else:
        agree(effects.settings["effective_df"], expected["df"], "df")
    agree(effects.settings["penalty_taken"], expected["penalty"], "penalty")
