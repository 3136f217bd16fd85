"""Accelerated failure time models give survreg's values, and refuse what they cannot answer."""

from __future__ import annotations

import numpy as np
import pytest
from reference import Case, agree, all_of

import durata as du


@pytest.mark.parametrize(**all_of("parametric"))
def test_survreg(case: Case) -> None:
    inside, _, right = case.spec["formula"].partition(") ~ ")
    time, event = inside.removeprefix("Surv(").split(", ")
    names = right.split(" + ")
    frame = case.complete([time, event, *names])
    cohort = du.cohort_from_frame(frame, time=time, event=event, covariates=names)
    fit = du.accelerated_failure_time(cohort, names, distribution=case.spec["dist"])
    theirs = case.expected
    # survreg stops at a relative change of 1e-9 in the log-likelihood: its coefficients are good to about 1e-6
    agree([fit.settings["intercept"], *fit.estimate], list(theirs["coef"].values()), "coef", relative=1e-5)
    agree([fit.settings["intercept_std_error"], *fit.std_error], list(theirs["se"].values()), "se", relative=1e-5)
    agree(fit.settings["scale"], theirs["scale"], "scale", relative=1e-6)
    agree(fit.settings["log_scale_std_error"], theirs["log_scale_se"], "log scale", relative=1e-5)
    agree([fit.log_likelihood_null, fit.log_likelihood], [theirs["loglik_null"], theirs["loglik"]], "loglik")
    agree(fit.settings["aic"], theirs["aic"], "aic")
    quantile = {"lognormal": 0.0, "loglogistic": 0.0}.get(case.spec["dist"], float(np.log(np.log(2.0))))
    linear = fit.settings["intercept"] + frame[names].to_numpy()[:5] @ fit.estimate
    agree(np.exp(linear + fit.settings["scale"] * quantile), theirs["median_first5"], "median", relative=1e-5)


def test_unit_of_time_and_repetition() -> None:
    random = np.random.default_rng(0)
    time, event = random.exponential(1.0, 50), random.random(50) < 0.7
    columns = {"x": random.normal(size=50)}
    counts = random.integers(1, 4, 50)
    whole = du.cohort_from_arrays(time=time, event=event, covariates=columns, weights=counts, weight_kind="frequency")
    rows = np.repeat(np.arange(50), counts)
    repeated = du.cohort_from_arrays(time=time[rows] * 365.25, event=event[rows], covariates={"x": columns["x"][rows]})
    for distribution in ("exponential", "weibull", "lognormal", "loglogistic"):
        one, other = (du.accelerated_failure_time(c, ["x"], distribution=distribution) for c in (whole, repeated))
        np.testing.assert_allclose(one.estimate, other.estimate, rtol=1e-7)
        np.testing.assert_allclose(one.std_error, other.std_error, rtol=1e-7)
        np.testing.assert_allclose(
            one.settings["intercept"] + np.log(365.25), other.settings["intercept"], rtol=1e-7, atol=1e-9
        )


def test_refusals() -> None:
    time, group = [1, 2, 3, 4, 5, 6], list("aaabbb")
    for data, words in (
        ({"event": [1, 1, 1, 0, 0, 0]}, "no maximum"),
        ({"event": [0] * 6}, "Nobody"),
        ({"event": [1] * 6, "time": [0, 2, 3, 4, 5, 6]}, "time of 0"),
        ({"event": [1] * 6, "entry": [0, 0, 0, 1, 1, 1]}, "one row a person"),
        ({"event": [1] * 6, "weights": [0.5] * 6, "weight_kind": "sampling"}, "no sampling weights"),
    ):
        cohort = du.cohort_from_arrays(**{"time": time, "group": group, **data})  # type: ignore[arg-type]
        with pytest.raises(du.CannotEstimate, match=words):
            du.accelerated_failure_time(cohort, ["group"])
    cohort = du.cohort_from_arrays(time=time, event=[1] * 6, group=group)
    with pytest.raises(du.CannotEstimate, match="no distribution 'gamma'"):
        du.accelerated_failure_time(cohort, ["group"], distribution="gamma")  # type: ignore[arg-type]
