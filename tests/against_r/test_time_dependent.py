"""The bundled Stanford study, after against before transplantation and at several landmarks, against R (time_dependent.json)."""

from __future__ import annotations

import pytest
from reference import _read, agree
from test_km import column, rows_of

import durata as du

R = _read("time_dependent")


@pytest.fixture(scope="module")
def cohort() -> du.Cohort:
    study = du.read_study(du.example("stanford"))
    return du.time_dependent(study, du.read_records(study), "death")


def test_mantel_byar(cohort: du.Cohort) -> None:
    found = du.mantel_byar(cohort)
    agree(column(found.rows(), "expected"), R["mantel_byar"]["expected"])
    agree(column(found.rows(), "observed"), R["mantel_byar"]["observed"])
    agree(found.statistic, R["mantel_byar"]["chisq"][0])
    assert found.method == "Mantel-Byar test"


def test_simon_makuch(cohort: du.Cohort) -> None:
    theirs = R["simon_makuch"]
    curve = du.simon_makuch(cohort, at=30)
    read = curve.at(sorted(set(theirs["time"])), extend=True)
    mine = [row for group in curve.groups for row in rows_of(read, group)]
    for ours, name in (("estimate", "surv"), ("std_error", "std_err"), ("conf_low", "lower"), ("conf_high", "upper")):
        agree(column(mine, ours), theirs[name], name)


def test_the_effect_by_duration(cohort: du.Cohort) -> None:
    theirs = R["spline"]
    model = du.ended_by_duration(cohort, ["age"])
    agree(model.log_likelihood, theirs["loglik"][0])
    agree(model.estimate, theirs["coef"])
    agree(model.std_error, theirs["se"])
    read = du.ended_hazard_ratios(cohort, model, at=theirs["at"])
    agree(read.settings["knots"], theirs["knots"])
    agree(column(read.rows(), "estimate"), theirs["log_hr"])
    agree(column(read.rows(), "std_error"), theirs["log_hr_se"])


def test_several_landmarks() -> None:
    study = du.read_study(du.example("stanford"))
    stacked = du.landmarks(study, du.read_records(study), "death", at=[30, 60, 90], window=365)
    theirs = R["landmarks"]
    model = du.cox(stacked, ["group", "age", du.strata("landmark")], robust=True)
    assert (model.n, model.n_events) == (theirs["n"], theirs["events"])
    agree(model.estimate, theirs["coef"])
    agree(model.std_error, theirs["robust_se"])
    agree(model.model_covariance.diagonal() ** 0.5, theirs["naive_se"])
    agree(model.log_likelihood, theirs["loglik"][0])
