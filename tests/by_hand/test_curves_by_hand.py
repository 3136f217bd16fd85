"""Curves and log-rank tests of a handful of people, the arithmetic in the test."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pytest

from durata.cohort import Cohort
from durata.door import cohort_from_arrays
from durata.estimate.curves import fleming_harrington, kaplan_meier, nelson_aalen, reverse_kaplan_meier
from durata.estimate.restricted_mean import restricted_mean
from durata.estimate.tests import log_rank, log_rank_trend
from durata.finding import CannotEstimate

Z = 1.959963984540054


def six_people(**more: object) -> Cohort:
    """Events at 1, 2 (two), 5; censored at 2 and 7; out of order."""
    return cohort_from_arrays(time=[7, 2, 1, 2, 5, 2], event=[0, 1, 1, 0, 1, 1], **more)


def test_kaplan_meier() -> None:
    s = kaplan_meier(six_people()).group("all")
    assert s.time.tolist() == [1, 2, 5, 7]
    assert s.at_risk.tolist() == [6, 5, 2, 1]
    assert s.events.tolist() == [1, 2, 1, 0]
    assert s.censored.tolist() == [0, 1, 0, 1]
    assert s.entered.tolist() == [6, 0, 0, 0]
    np.testing.assert_allclose(s.estimate, [5 / 6, 5 / 6 * 3 / 5, 1 / 4, 1 / 4])
    greenwood = [1 / (6 * 5), 1 / (6 * 5) + 2 / (5 * 3), 1 / 30 + 2 / 15 + 1 / 2]
    np.testing.assert_allclose(s.std_error[:3], s.estimate[:3] * np.sqrt(greenwood))
    # the event at 2 comes before the censoring at 2: that person is at risk
    np.testing.assert_allclose(
        s.cumulative_hazard, [1 / 6, 1 / 6 + 2 / 5, 1 / 6 + 2 / 5 + 1 / 2, 1 / 6 + 2 / 5 + 1 / 2]
    )


def test_five_kinds_of_limits() -> None:
    S, se = 1 / 2, sqrt(1 / 30 + 2 / 15)  # at time 2; se is that of log S
    by_hand = {
        "plain": (S - Z * S * se, S + Z * S * se),
        "log": (S * exp(-Z * se), min(1.0, S * exp(Z * se))),
        "log-log": (S ** exp(Z * se / -log(S)), S ** exp(-Z * se / -log(S))),
        "logit": (1 / (1 + exp(Z * se / (1 - S))), 1 / (1 + exp(-Z * se / (1 - S)))),
        "arcsin": (np.sin(np.pi / 4 - Z * se / 2) ** 2, np.sin(np.pi / 4 + Z * se / 2) ** 2),
    }
    for interval, (low, high) in by_hand.items():
        (row,) = kaplan_meier(six_people(), interval=interval).at(2).rows()  # type: ignore[arg-type]
        assert (row["conf_low"], row["conf_high"]) == (pytest.approx(low), pytest.approx(high)), interval


def test_ties_broken() -> None:
    s = fleming_harrington(six_people()).group("all")
    np.testing.assert_allclose(s.cumulative_hazard[:2], [1 / 6, 1 / 6 + 1 / 5 + 1 / 4])
    np.testing.assert_allclose(s.estimate[1], exp(-(1 / 6 + 1 / 5 + 1 / 4)))
    np.testing.assert_allclose(nelson_aalen(six_people()).group("all").estimate[1], exp(-(1 / 6 + 2 / 5)))


def test_restricted_mean_is_an_area() -> None:
    (row,) = restricted_mean(six_people(), until=6).rows()
    assert row["estimate"] == pytest.approx(1 * 1 + 5 / 6 * 1 + 1 / 2 * 3 + 1 / 4 * 1)
    to_come = np.array([5 / 6 + 3 / 2 + 1 / 4, 3 / 2 + 1 / 4, 1 / 4])
    assert row["std_error"] == pytest.approx(sqrt(np.sum(to_come**2 * np.array([1 / 30, 2 / 15, 1 / 2]))))


def test_the_jackknife_without_weights_and_ties_is_a_sum_of_squares() -> None:
    # two people: at 1 one of two has the event, S = 1/2; each has influence 1/4 on S, up or down
    s = kaplan_meier(cohort_from_arrays(time=[1, 2], event=[1, 0]), variance="infinitesimal-jackknife").group("all")
    assert s.std_error[0] == pytest.approx(sqrt(2 / 16))


def test_follow_up() -> None:
    s = reverse_kaplan_meier(six_people()).group("all")
    # leaving at 2 (one of five at risk) and at 7 (the last)
    np.testing.assert_allclose(s.estimate, [1, 4 / 5, 4 / 5, 0])


def test_log_rank() -> None:
    # groups a: events at 1 and 3; b: event at 2, censored at 4
    cohort = cohort_from_arrays(time=[1, 3, 2, 4], event=[1, 1, 1, 0], group=["a", "a", "b", "b"])
    test = log_rank(cohort)
    # at risk (a, b): (2, 2) at 1, (1, 2) at 2, (1, 1) at 3
    expected = 2 / 4 + 1 / 3 + 1 / 2
    variance = 1 / 4 + 1 / 3 * 2 / 3 + 1 / 4
    assert test.parts[0]["expected"] == pytest.approx(expected)
    assert test.statistic == pytest.approx((2 - expected) ** 2 / variance)
    assert test.settings["variance"][0][0] == pytest.approx(variance)
    # rho = 1 weighs by S just before: 1, 3/4, 1/2
    weighted = log_rank(cohort, rho=1.0)
    assert weighted.parts[0]["observed"] == pytest.approx(1 + 1 / 2)
    assert weighted.parts[0]["expected"] == pytest.approx(2 / 4 + 3 / 4 * 1 / 3 + 1 / 2 * 1 / 2)


def test_tied_events_have_the_hypergeometric_variance() -> None:
    # all four at risk, three events at 1: d (n - d) / (n - 1) * 1/2 * 1/2
    cohort = cohort_from_arrays(time=[1, 1, 1, 2], event=[1, 1, 1, 0], group=["a", "a", "b", "b"])
    assert log_rank(cohort).settings["variance"][0][0] == pytest.approx(3 * 1 / 3 / 4)


def test_mantel_byar_counts_a_person_in_the_group_of_the_day() -> None:
    # person 0 changes from "before" to "after" at 2 and has the event at 3; person 1 the event at 2, as "before"
    cohort = cohort_from_arrays(
        time=[2, 3, 2, 4],
        entry=[0, 2, 0, 0],
        event=[0, 1, 1, 0],
        person=[0, 0, 1, 2],
        group=["before", "after", "before", "before"],
    )
    test = log_rank(cohort)
    parts = {part["group"]: part for part in test.parts}
    # at 2 all three are "before" (the change takes effect after 2); at 3 there are one of each
    assert parts["before"]["expected"] == pytest.approx(1 + 1 / 2)
    assert parts["after"]["expected"] == pytest.approx(1 / 2)
    assert test.statistic == pytest.approx((1 / 2) ** 2 / (1 / 4))


def test_an_entry_tied_with_an_event_is_not_at_risk_at_it() -> None:
    cohort = cohort_from_arrays(time=[5, 8, 9], entry=[0, 5, 0], event=[1, 1, 0])
    s = kaplan_meier(cohort).group("all")
    assert s.at_risk.tolist() == [2, 2, 1]
    assert s.entered.tolist() == [2, 1, 0]


def test_trend_with_scores() -> None:
    cohort = cohort_from_arrays(time=[1, 3, 2, 4], event=[1, 1, 1, 0], group=["a", "a", "b", "b"])
    assert log_rank_trend(cohort, scores=[5, 9]).statistic == pytest.approx(log_rank(cohort).statistic)
    assert log_rank_trend(cohort).settings["z"] < 0  # more events than expected in the lower group
    with pytest.raises(CannotEstimate, match="one number for each of the 2 groups"):
        log_rank_trend(cohort, scores=[1, 2, 3])
