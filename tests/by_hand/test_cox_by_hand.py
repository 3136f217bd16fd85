"""Cox regression of six people in closed form: every number here can be checked with pencil and paper.

Six people, given out of order, a seventh without a covariate:

| time  | 1 | 1 | 6 | 6 | 8 | 9 |
|-------|---|---|---|---|---|---|
| event | 1 | 0 | 1 | 1 | 0 | 1 |
| x     | 1 | 1 | 1 | 0 | 0 | 0 |

With r = exp(beta) the risk sets sum to 3r + 3 at time 1, r + 3 at time 6 (two events, one with x = 1) and 1 at time 9.
"""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pytest

from durata.cohort import Cohort, Weights
from durata.estimate.cox import cox
from durata.estimate.cox_checks import residuals
from durata.estimate.cox_prediction import baseline_hazard
from durata.estimate.result import Effects
from durata.finding import CannotEstimate

SIX = Cohort(
    person=np.arange(7),
    exit=np.array([9.0, 1, 6, 4, 8, 6, 1]),
    event=np.array([True, True, True, True, False, True, False]),
    covariates={"x": np.array([0.0, 1, 1, np.nan, 0, 0, 1])},
)


def breslow_score(r: float) -> float:
    """1 - 3r/(3r+3) at time 1; 1 - 2r/(r+3) at time 6; nothing at time 9."""
    return 2.0 - r / (r + 1) - 2 * r / (r + 3)


def breslow() -> tuple[Effects, float]:
    effects = cox(SIX, ["x"], ties="breslow")
    return effects, exp(effects.estimate[0])


def test_breslow_in_closed_form() -> None:
    effects, r = breslow()
    # The score is zero where r^2 - 3r - 6 = 0.
    assert r == pytest.approx((3 + sqrt(33)) / 2, rel=1e-12)
    assert breslow_score(r) == pytest.approx(0.0, abs=1e-12)
    assert (effects.n, effects.n_events, effects.n_left_out) == (6, 4, 1)


def test_breslow_likelihood_and_information() -> None:
    effects, r = breslow()
    assert effects.log_likelihood == pytest.approx(2 * log(r) - log(3 * r + 3) - 2 * log(r + 3), rel=1e-12)
    assert effects.log_likelihood_null == pytest.approx(-log(6) - 2 * log(4), rel=1e-12)
    information = r / (r + 1) ** 2 + 6 * r / (r + 3) ** 2
    assert effects.covariance[0, 0] == pytest.approx(1 / information, rel=1e-10)
    # At beta = 0: score 2 - 1/2 - 1/2 = 1, information 1/4 + 6/16 = 5/8.
    assert effects.tests["score"].statistic == pytest.approx(1 / (5 / 8), rel=1e-12)
    assert effects.tests["wald"].statistic == pytest.approx(log(r) ** 2 * information, rel=1e-10)


def test_efron_in_closed_form() -> None:
    effects = cox(SIX, ["x"], ties="efron")
    r = exp(effects.estimate[0])
    # The second tied event meets a risk set from which half of each tied event is gone: (r + 3) - (r + 1)/2 = (r + 5)/2.
    assert 2 - r / (r + 1) - r / (r + 3) - r / (r + 5) == pytest.approx(0.0, abs=1e-12)
    # That is r^3 - 23 r - 30 = 0, whose positive root is 2 sqrt(23/3) cos(acos(45/23 sqrt(3/23)) / 3).
    root = 2 * sqrt(23 / 3) * np.cos(np.arccos(45 / 23 * sqrt(3 / 23)) / 3)
    assert r == pytest.approx(root, rel=1e-12)
    expected = 2 * log(r) - log(3 * r + 3) - log(r + 3) - log((r + 5) / 2)
    assert effects.log_likelihood == pytest.approx(expected, rel=1e-12)
    information = r / (r + 1) ** 2 + 3 * r / (r + 3) ** 2 + 5 * r / (r + 5) ** 2
    assert effects.covariance[0, 0] == pytest.approx(1 / information, rel=1e-10)


def test_exact_likelihood_of_the_six_rises_for_ever() -> None:
    # Two of the four at risk at time 6 (risks r, 1, 1, 1): three pairs with x = 1, three without. The score is
    # 2 - r/(r+1) - r/(r+1) = 2/(r+1), above zero for every r.
    with pytest.raises(CannotEstimate, match="to infinity"):
        cox(SIX, ["x"], ties="exact")


def test_exact_in_closed_form() -> None:
    # Two of five fail at once, one with x = 1 (of three) and one with x = 0 (of two). The pairs weigh 3 r^2 + 6 r + 1,
    # so the score is 1 - (6 r^2 + 6 r)/(3 r^2 + 6 r + 1), zero where 3 r^2 = 1.
    five = Cohort(
        person=np.arange(5),
        exit=np.array([2.0, 2, 3, 3, 3]),
        event=np.array([True, True, False, False, False]),
        covariates={"x": np.array([1.0, 0, 1, 1, 0])},
    )
    effects = cox(five, ["x"], ties="exact")
    r = exp(effects.estimate[0])
    assert r == pytest.approx(1 / sqrt(3), rel=1e-12)
    assert effects.log_likelihood == pytest.approx(log(r) - log(3 * r**2 + 6 * r + 1), rel=1e-12)
    assert effects.log_likelihood_null == pytest.approx(-log(10), rel=1e-12)
    # The sum of x over the two is 2, 1 or 0, both ends with probability 1/(2 + 2 sqrt(3)).
    assert effects.covariance[0, 0] == pytest.approx(1 + sqrt(3), rel=1e-10)


def test_breslow_hazard_and_martingale_residuals() -> None:
    effects, r = breslow()
    curve = baseline_hazard(SIX, effects).stretches[0]
    steps = [1 / (3 * r + 3), 2 / (r + 3), 0.0, 1.0]
    assert curve.time.tolist() == [1.0, 6.0, 8.0, 9.0]
    assert curve.estimate == pytest.approx(np.cumsum(steps), rel=1e-12)
    at_one, at_six, at_nine = steps[0], steps[0] + steps[1], sum(steps)
    found = residuals(SIX, effects, "martingale")
    assert found.rows.tolist() == [0, 1, 2, 4, 5, 6]
    expected = [1 - at_nine, 1 - r * at_one, 1 - r * at_six, -at_six, 1 - at_six, -r * at_one]
    assert found.values == pytest.approx(expected, rel=1e-12)


def test_breslow_schoenfeld_and_score_residuals() -> None:
    effects, r = breslow()
    means = {1: r / (r + 1), 6: r / (r + 3), 9: 0.0}
    schoenfeld = residuals(SIX, effects, "schoenfeld")
    assert schoenfeld.time is not None
    assert schoenfeld.time.tolist() == [1.0, 6.0, 6.0, 9.0]
    assert schoenfeld.values[:, 0] == pytest.approx([1 - means[1], 1 - means[6], -means[6], 0.0], abs=1e-12)
    one, six = 1 / (3 * r + 3), 2 / (r + 3)  # hazard at 1 and at 6
    expected = [
        one * means[1] + six * means[6],  # 9, x = 0: at risk at 1, 6 and its own event, whose mean is x
        (1 - means[1]) * (1 - r * one),
        (1 - means[6]) * (1 - r * six) - r * one * (1 - means[1]),
        one * means[1] + six * means[6],
        -means[6] * (1 - six) + one * means[1],
        -(1 - means[1]) * r * one,
    ]
    score = residuals(SIX, effects, "score").values[:, 0]
    assert score == pytest.approx(expected, rel=1e-10)
    assert score.sum() == pytest.approx(0.0, abs=1e-12)


def test_concordance_pair_by_pair() -> None:
    effects, _ = breslow()
    # Time 1 (x = 1) against the five after it: tied with two of x = 1, concordant with three of x = 0.
    # Time 6, x = 1 against 8 and 9 (x = 0): concordant twice; x = 0 against them: tied twice.
    assert effects.concordance == pytest.approx((5 + (2 + 2) / 2) / 9, rel=1e-12)


def test_case_weights_multiply_the_risk() -> None:
    # Nobody tied: weights (2, 1, 1) of x = (0, 1, 0), events at 1 and 2: score -2 r/(3 + r) + 1 - r/(1 + r).
    cohort = Cohort(
        person=np.arange(3),
        exit=np.array([1.0, 2, 3]),
        event=np.array([True, True, False]),
        weights=Weights(np.array([2.0, 1, 1]), "sampling"),
        covariates={"x": np.array([0.0, 1, 0])},
    )
    r = exp(cox(cohort, ["x"], robust=False).estimate[0])
    assert -2 * r / (3 + r) + 1 - r / (1 + r) == pytest.approx(0.0, abs=1e-12)
    assert r == pytest.approx((-1 + sqrt(25)) / 4, rel=1e-12)  # 2 r^2 + r - 3 = 0
