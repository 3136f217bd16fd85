"""Weighted log-rank tests and max-combo: against simulation, arithmetic and refusals."""

from __future__ import annotations

import numpy as np
import pytest

from durata.door import cohort_from_arrays
from durata.estimate.tests import log_rank
from durata.estimate.weighted_tests import max_combo, outside_box, weighted_log_rank
from durata.finding import CannotEstimate

SIX = cohort_from_arrays(time=[1, 2, 3, 4, 5, 6], event=[1] * 6, group=["a", "a", "b", "a", "b", "b"])


def test_the_box_of_independent_normals() -> None:
    # P(|Z| <= 1.96)^3 = 0.95^3 nearly
    from scipy.special import ndtr

    one = 1.0 - 2.0 * ndtr(-1.96)
    assert outside_box(np.eye(3), 1.96) == pytest.approx(1.0 - one**3, abs=1e-7)


def test_the_box_of_one_normal_seen_twice() -> None:
    from scipy.special import ndtr

    assert outside_box(np.ones((2, 2)), 5.0) == pytest.approx(2.0 * ndtr(-5.0), rel=1e-6)


@pytest.mark.parametrize("limit", [1.0, 2.0, 3.0])
def test_the_box_against_simulation(limit: float) -> None:
    correlation = np.array([[1.0, 0.9, 0.8, 0.85], [0.9, 1.0, 0.5, 0.7], [0.8, 0.5, 1.0, 0.8], [0.85, 0.7, 0.8, 1.0]])
    draws = np.random.default_rng(1).standard_normal((1_000_000, 4)) @ np.linalg.cholesky(correlation).T
    share = np.mean(np.max(np.abs(draws), axis=1) > limit)
    # four standard errors of the simulation
    assert outside_box(correlation, limit) == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 1e6))


def test_max_combo_is_the_largest_of_its_tests() -> None:
    found = max_combo(SIX)
    singles = [
        weighted_log_rank(SIX, weight="fleming-harrington", p=p, q=q) for p, q in ((0, 0), (1, 0), (0, 1), (1, 1))
    ]
    assert found.statistic**2 == pytest.approx(max(test.statistic for test in singles))
    smallest = min(test.p_value for test in singles)
    # correlated tests cost more than one look and less than Bonferroni's four
    assert smallest < found.p_value < 4 * smallest
    np.testing.assert_allclose(np.diag(found.settings["correlation"]), 1.0)


def test_max_combo_does_not_depend_on_the_order_of_groups_or_rows() -> None:
    turned = SIX.select(np.arange(6)[::-1])
    assert max_combo(turned).p_value == pytest.approx(max_combo(SIX).p_value, rel=1e-9)


def test_weights_by_hand() -> None:
    # at risk 6, 5, 4, 3, 2, 1 at the six events; a has the 1st, 2nd and 4th
    parts = weighted_log_rank(SIX, weight="tarone-ware").parts
    assert parts[0]["observed"] == pytest.approx(6**0.5 + 5**0.5 + 3**0.5)
    assert weighted_log_rank(SIX, weight="log-rank").statistic == pytest.approx(log_rank(SIX).statistic)


def test_frequency_weights_repeat_persons() -> None:
    again = np.repeat(np.arange(6), [1, 2, 3, 1, 2, 3])
    heavy = cohort_from_arrays(
        time=SIX.exit,
        event=SIX.event,
        group=SIX.group,
        weights=[1, 2, 3, 1, 2, 3],
        weight_kind="frequency",
    )
    many = SIX.select(again, person=np.arange(len(again)))
    for weight in ("gehan-breslow", "tarone-ware", "modified-peto-peto"):
        assert weighted_log_rank(heavy, weight=weight).statistic == pytest.approx(
            weighted_log_rank(many, weight=weight).statistic
        )
    assert max_combo(heavy).p_value == pytest.approx(max_combo(many).p_value)


def test_refusals() -> None:
    three = cohort_from_arrays(time=[1, 2, 3], event=[1, 1, 1], group=["a", "b", "c"])
    with pytest.raises(CannotEstimate, match="compares two groups"):
        max_combo(three)
    with pytest.raises(CannotEstimate, match="no weight 'wilcoxon'"):
        weighted_log_rank(SIX, weight="wilcoxon")
    with pytest.raises(CannotEstimate, match="must not be negative"):
        weighted_log_rank(SIX, weight="fleming-harrington", p=-1)
    with pytest.raises(CannotEstimate, match="belong to the Fleming-Harrington"):
        weighted_log_rank(SIX, weight="tarone-ware", q=1)
    apart = cohort_from_arrays(time=[1, 2, 8, 9], event=[0, 0, 1, 1], group=["a", "a", "b", "b"])
    for refused in (lambda: max_combo(apart), lambda: weighted_log_rank(apart, weight="gehan-breslow")):
        with pytest.raises(CannotEstimate, match="at risk together"):
            refused()


def test_the_box_against_another_integration() -> None:
    from scipy.stats import multivariate_normal

    correlation = np.array([[1.0, 0.9, 0.8], [0.9, 1.0, 0.5], [0.8, 0.5, 1.0]])
    for limit in (1.0, 2.0, 2.5):
        inside = multivariate_normal(np.zeros(3), correlation, abseps=1e-7, releps=1e-7, seed=1).cdf(
            [limit] * 3, lower_limit=[-limit] * 3
        )
        assert outside_box(correlation, limit) == pytest.approx(1.0 - inside, abs=1e-4)
