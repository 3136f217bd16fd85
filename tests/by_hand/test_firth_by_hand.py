"""Firth's Cox model of two and of four people in closed form: every number here can be checked with pencil and paper.

Two people, x = 1 has the event at time 1 while x = 0 is at risk. With p = r / (r + 1), r = exp(beta), the likelihood is p and
its information p (1 - p), so the penalised log-likelihood is 3/2 log p + 1/2 log(1 - p). It is largest at p = 3/4.
"""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pytest
from scipy.stats import chi2

from durata.cohort import Cohort
from durata.estimate.firth import firth_cox
from durata.terms import strata

TWO = Cohort(
    person=np.arange(2),
    exit=np.array([1.0, 2.0]),
    event=np.array([True, False]),
    covariates={"x": np.array([1.0, 0.0])},
)
FOUR = Cohort(
    person=np.arange(4),
    exit=np.array([1.0, 1.0, 2.0, 2.0]),
    event=np.array([True, True, False, False]),
    covariates={"x": np.array([1.0, 0.0, 0.0, 0.0])},
)


def penalised(beta: float) -> float:
    p = exp(beta) / (1 + exp(beta))
    return 1.5 * log(p) + 0.5 * log(1 - p)


def test_two_people_have_a_hazard_ratio_of_three() -> None:
    effects = firth_cox(TWO, ["x"])
    assert effects.estimate[0] == pytest.approx(log(3), rel=1e-12)
    assert effects.std_error[0] == pytest.approx(sqrt(16 / 3), rel=1e-12)
    assert effects.log_likelihood == pytest.approx(1.5 * log(3 / 4) + 0.5 * log(1 / 4), rel=1e-12)
    assert effects.log_likelihood_null == pytest.approx(2 * log(1 / 2), rel=1e-12)
    assert effects.settings["log_likelihood_unpenalised"] == pytest.approx(log(3 / 4), rel=1e-12)


def test_their_test_is_twice_the_difference_of_the_penalised_likelihoods() -> None:
    effects = firth_cox(TWO, ["x"])
    # 3 log(3/4) + log(1/4) - 4 log(1/2) = log(27/16)
    statistic = log(27 / 16)
    test = effects.tests["likelihood_ratio"]
    assert (test.statistic, test.df) == (pytest.approx(statistic, rel=1e-12), 1)
    assert test.p_value == pytest.approx(chi2.sf(statistic, 1), rel=1e-12)
    # One coefficient: the test of the whole model is the test of the coefficient.
    assert effects.statistic[0] == pytest.approx(sqrt(statistic), rel=1e-12)
    assert effects.p_value[0] == pytest.approx(chi2.sf(statistic, 1), rel=1e-12)
    assert effects.tests["wald"].statistic == pytest.approx(log(3) ** 2 * 3 / 16, rel=1e-12)


@pytest.mark.parametrize("conf_level", [0.5, 0.95, 0.999])
def test_their_limits_are_where_the_likelihood_has_fallen_enough(conf_level: float) -> None:
    effects = firth_cox(TWO, ["x"], conf_level=conf_level)
    low, high = (float(ends[0]) for ends in effects.interval())
    assert low < log(3) < high
    for limit in (low, high):
        assert 2 * (penalised(log(3)) - penalised(limit)) == pytest.approx(chi2.ppf(conf_level, 1), rel=1e-10)


def test_two_tied_events_by_breslow() -> None:
    # Denominators r + 3 twice: information 6 r / (r + 3)^2 and penalised log-likelihood
    # log r - 2 log(r + 3) + 1/2 log r - log(r + 3) + constant, so the score 3/2 - 3 r / (r + 3) is 0 at r = 3.
    effects = firth_cox(FOUR, ["x"], ties="breslow")
    assert effects.estimate[0] == pytest.approx(log(3), rel=1e-12)
    assert effects.std_error[0] == pytest.approx(sqrt(2), rel=1e-12)


def test_two_tied_events_by_efron() -> None:
    # The second event meets (r + 5) / 2. Score: 1 - r/(r+3) - r/(r+5); information 3r/(r+3)^2 + 5r/(r+5)^2, whose
    # derivative by beta is 3r(3-r)/(r+3)^3 + 5r(5-r)/(r+5)^3.
    effects = firth_cox(FOUR, ["x"], ties="efron")
    r = exp(effects.estimate[0])
    information = 3 * r / (r + 3) ** 2 + 5 * r / (r + 5) ** 2
    slope = 3 * r * (3 - r) / (r + 3) ** 3 + 5 * r * (5 - r) / (r + 5) ** 3
    assert 1 - r / (r + 3) - r / (r + 5) + slope / information / 2 == pytest.approx(0.0, abs=1e-12)
    assert effects.covariance[0, 0] == pytest.approx(1 / information, rel=1e-12)
    assert effects.log_likelihood == pytest.approx(
        log(r) - log(r + 3) - log((r + 5) / 2) + log(information) / 2, rel=1e-12
    )


def test_without_a_difference_there_is_no_effect_and_no_surprise() -> None:
    # The event chooses x = 1 of (1, -1) once and x = -1 of them once: symmetrical, so 0.
    cohort = Cohort(
        person=np.arange(4),
        exit=np.array([1.0, 2.0, 1.0, 2.0]),
        event=np.array([True, False, True, False]),
        covariates={"x": np.array([1.0, -1.0, -1.0, 1.0]), "s": np.array([0.0, 0.0, 1.0, 1.0])},
    )
    effects = firth_cox(cohort, ["x", strata("s")])
    low, high = effects.interval()
    assert effects.estimate[0] == pytest.approx(0.0, abs=1e-12)
    assert low[0] == pytest.approx(-high[0], rel=1e-9)
    assert effects.p_value[0] == pytest.approx(1.0, abs=1e-6)
    # In each stratum x = 1 has the event with p = r / (r + 1/r): penalised 3/2 log p (1 - p) in all, largest at p = 1/2.
    product = exp(-chi2.ppf(0.95, 1) / 3) / 4
    p = (1 + sqrt(1 - 4 * product)) / 2
    assert high[0] == pytest.approx(log(p / (1 - p)) / 2, rel=1e-9)
