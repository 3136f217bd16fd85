"""Curves and tests of people who make trouble: nobody dies, all die at once, nobody is left, nobody is there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from durata.category import Category
from durata.cohort import Cohort, Weights
from durata.door import cohort_from_arrays
from durata.estimate.curves import fleming_harrington, kaplan_meier, reverse_kaplan_meier
from durata.estimate.restricted_mean import restricted_mean
from durata.estimate.tests import log_rank, log_rank_trend, pairwise_log_rank
from durata.finding import CannotEstimate


def two_arms(**more: Any) -> Cohort:
    return cohort_from_arrays(
        time=[2, 4, 6, 3, 5, 7], event=[1, 1, 0, 1, 0, 1], group=["a", "a", "a", "b", "b", "b"], **more
    )


def test_nobody_has_the_event() -> None:
    curve = kaplan_meier(cohort_from_arrays(time=[3, 5], event=[False, False]))
    (row,) = curve.at(4).rows()
    assert (row["estimate"], row["std_error"], row["conf_low"]) == (1.0, 0.0, None)
    assert row["note"] == "no log-log interval while nobody has had the event"
    (median,) = curve.quantile(0.5).rows()
    assert median["estimate"] is None
    assert median["note"] == "not reached: the curve ends at 1"
    with pytest.raises(CannotEstimate, match="Nobody had the event"):
        log_rank(replace(two_arms(), event=np.zeros(6, dtype=bool)))


def test_one_person_with_the_event() -> None:
    curve = kaplan_meier(cohort_from_arrays(time=[5], event=[True]))
    assert curve.quantile().rows()[0]["estimate"] == 5
    (row,) = curve.at(5).rows()
    assert (row["estimate"], row["std_error"], row["conf_low"], row["at_risk"]) == (0.0, None, None, 1.0)
    assert row["note"].startswith("everybody")


def test_everybody_on_the_same_day() -> None:
    s = kaplan_meier(cohort_from_arrays(time=[9] * 4, event=[1, 1, 1, 0])).group("all")
    assert (s.time.tolist(), s.estimate.tolist()) == ([9], [0.25])
    assert fleming_harrington(cohort_from_arrays(time=[9] * 3, event=[1] * 3)).at(9).rows()[0]["events"] == 3


def test_after_the_last_death_the_curve_stays_at_zero() -> None:
    curve = kaplan_meier(cohort_from_arrays(time=[1, 2], event=[1, 1]))
    (row,) = curve.at(10).rows()
    assert (row["estimate"], row["conf_low"], row["at_risk"]) == (0.0, None, 0.0)
    assert restricted_mean(cohort_from_arrays(time=[1, 2], event=[1, 1]), until=10).rows()[0]["estimate"] == 1.5


def test_no_estimate_beyond_the_last_observation() -> None:
    curve = kaplan_meier(two_arms(), by="group")
    a, b = curve.at(6.5).rows()
    assert a["estimate"] is None
    assert a["note"] == "beyond the last observation at 6 days"
    assert b["estimate"] == pytest.approx(2 / 3)
    extended, _ = curve.at(6.5, extend=True).rows()
    assert extended["estimate"] == pytest.approx(1 / 3)
    short, whole = restricted_mean(two_arms(), by="group", until=7).rows()
    assert short["estimate"] is None
    assert short["note"] == "beyond the last observation at 6 days"
    assert whole["estimate"] == pytest.approx(3 + 4 * 2 / 3)


@pytest.mark.parametrize("variance", ["greenwood", "infinitesimal-jackknife"])
def test_people_with_weight_zero_are_not_there(variance: Any) -> None:
    weights = np.array([1.0, 0.5, 0.0, 2.0, 1.0, 0.0])
    cohort = replace(two_arms(), weights=Weights(weights, "sampling"))
    without = cohort.select(weights > 0)
    one, two = (kaplan_meier(c, variance=variance).group("all") for c in (cohort, without))
    assert one.time.tolist() == [2, 3, 4, 5]
    np.testing.assert_array_equal(one.estimate, two.estimate)
    np.testing.assert_array_equal(one.std_error, two.std_error)
    assert one.n == 4


def test_an_event_on_day_0_counts() -> None:
    s = kaplan_meier(cohort_from_arrays(time=[0, 0, 3], event=[1, 0, 1])).group("all")
    assert (s.time[0], s.at_risk[0], s.estimate[0]) == (0, 3, pytest.approx(2 / 3))
    assert kaplan_meier(cohort_from_arrays(time=[0, 4], event=[1, 0])).at(0).rows()[0]["estimate"] == 0.5


@pytest.mark.parametrize(
    ("times", "words"), [([-1, 2], "before time zero"), ([float("nan"), 2], "missing"), ([np.inf, 2], "infinite")]
)
def test_impossible_times_are_refused_with_their_row(times: list[float], words: str) -> None:
    with pytest.raises(CannotEstimate, match=f"Row 1: .*{words}"):
        cohort_from_arrays(time=times, event=[1, 0])


def test_nobody_at_all() -> None:
    with pytest.raises(CannotEstimate, match="no rows"):
        cohort_from_arrays(time=[], event=[])


def test_entry_and_exit_that_differ_by_rounding() -> None:
    cohort = cohort_from_arrays(time=[0.1 + 0.2, 5.0], entry=[0.3, 0.0], event=[1, 0])
    with pytest.raises(CannotEstimate, match=r"Row 1: entry .* differ by no more than rounding"):
        kaplan_meier(cohort)


def test_a_declared_group_without_anybody() -> None:
    cohort = two_arms()
    cohort = replace(cohort, group=Category(cohort.group.codes, ("a", "b", "none")))
    curve, test = kaplan_meier(cohort, by="group"), log_rank(cohort)
    assert curve.groups == ("a", "b")
    assert test.df == 1
    for answer in (curve, test):
        assert "Nobody is in none" in answer.notes[0].message
    assert log_rank_trend(cohort).settings["scores"] == (1.0, 2.0)


def test_a_group_that_is_not_known() -> None:
    cohort = two_arms()
    codes = cohort.group.codes.copy()
    codes[0] = -1
    cohort = replace(cohort, group=Category(codes, ("a", "b")))
    curve = kaplan_meier(cohort, by="group")
    assert curve.n_left_out == 1
    assert "1 row(s) without a known group" in curve.notes[0].message
    with pytest.raises(CannotEstimate, match="No row has a known value in 'group'"):
        kaplan_meier(replace(cohort, group=Category(np.full(6, -1), ("a", "b"))), by="group")


def test_one_group_cannot_be_compared() -> None:
    with pytest.raises(CannotEstimate, match="Only one group of 'group' has people"):
        log_rank(replace(two_arms(), group=Category(np.zeros(6, dtype=np.intp), ("a", "b"))))


def test_groups_that_were_never_at_risk_together() -> None:
    cohort = cohort_from_arrays(time=[2, 3, 12, 13], entry=[0, 0, 10, 10], event=[1, 1, 1, 1], group=list("aabb"))
    with pytest.raises(CannotEstimate, match="no event at which people of two groups"):
        log_rank(cohort)
    (row,) = pairwise_log_rank(cohort).rows()
    assert (row["statistic"], row["p_adjusted"]) == (None, None)
    assert row["note"] == "no event at which both groups were at risk"


def test_two_pairs_of_groups_in_different_seasons() -> None:
    early = {"time": [2, 3, 4], "entry": [0, 0, 0], "event": [1, 1, 1], "group": list("aab")}
    late = {"time": [12, 13, 14], "entry": [10, 10, 10], "event": [1, 1, 1], "group": list("cdd")}
    both = cohort_from_arrays(**{key: early[key] + late[key] for key in early})
    test = log_rank(both)
    assert test.df == 2  # two comparisons, not three
    apart = [log_rank(cohort_from_arrays(**part)).statistic for part in (early, late)]
    assert test.statistic == pytest.approx(sum(apart))


def test_a_pair_without_events_does_not_count_in_the_family() -> None:
    cohort = cohort_from_arrays(time=[1, 2, 3, 4, 5, 6], event=[1, 1, 0, 0, 0, 0], group=["a", "a", "b", "b", "c", "c"])
    rows = pairwise_log_rank(cohort, adjust="bonferroni")
    assert rows.settings["family"] == 2
    assert [row["note"] != "" for row in rows.rows()] == [False, False, True]
    assert rows.rows()[0]["p_adjusted"] == pytest.approx(min(1.0, 2 * rows.rows()[0]["p_value"]))


def test_a_risk_set_that_dies_out_before_others_enter() -> None:
    curve = kaplan_meier(cohort_from_arrays(time=[1, 5, 7], entry=[0, 3, 3], event=[1, 0, 1]))
    assert curve.group("all").estimate.tolist() == [0, 0, 0]
    assert "the curve is 0 from there on" in curve.notes[0].message


def test_weights_of_another_kind_than_the_test_can_use() -> None:
    with pytest.raises(CannotEstimate, match="under sampling weights its variance is wrong"):
        log_rank(replace(two_arms(), weights=Weights(np.ones(6), "sampling")))


def test_a_frequency_that_changes_within_a_person() -> None:
    cohort = cohort_from_arrays(
        time=[2, 5, 6],
        entry=[0, 2, 0],
        event=[0, 1, 0],
        person=[0, 0, 1],
        weights=[1, 2, 1],
        weight_kind="frequency",
    )
    with pytest.raises(CannotEstimate, match="changes within a person"):
        kaplan_meier(cohort, variance="infinitesimal-jackknife")


def test_a_sampling_weight_that_changes_within_a_person_censors_nobody() -> None:
    cohort = cohort_from_arrays(
        time=[2, 5, 6],
        entry=[0, 2, 0],
        event=[0, 1, 0],
        person=[0, 0, 1],
        weights=[1, 2, 1],
        weight_kind="sampling",
    )
    s = kaplan_meier(cohort).group("all")
    assert s.at_risk.tolist() == [2, 3, 1]
    assert s.censored.tolist() == [0, 0, 1]
    assert s.n == 2


def test_follow_up_of_a_person_whose_group_changes_does_not_end_there() -> None:
    cohort = cohort_from_arrays(
        time=[2, 9, 8], entry=[0, 2, 0], event=[0, 0, 0], person=[0, 0, 1], group=["before", "after", "before"]
    )
    curve = reverse_kaplan_meier(cohort, by="group")
    assert curve.group("before").events.tolist() == [0, 1]
    competing = cohort_from_arrays(time=[2, 9], event=[0, 0])
    competing = replace(competing, cause=np.array([2, 0]))
    assert reverse_kaplan_meier(competing).group("all").events.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (lambda: kaplan_meier(two_arms(), by="arm"), "no column 'arm'; it has 'group'"),
        (lambda: kaplan_meier(two_arms(), interval="wald"), "no interval 'wald'"),
        (lambda: kaplan_meier(two_arms(), variance="robust"), "no variance 'robust'"),
        (lambda: kaplan_meier(two_arms(), conf_level=95), "between 0 and 1"),
        (lambda: kaplan_meier(two_arms()).at(float("nan")), "none missing or infinite"),
        (lambda: kaplan_meier(two_arms()).at([-1, 3]), "before time zero"),
        (lambda: kaplan_meier(two_arms()).quantile([0.5, 1.0]), "between 0 and 1"),
        (lambda: restricted_mean(two_arms(), until=0), "positive number"),
        (lambda: pairwise_log_rank(two_arms(), adjust="sidak"), "no adjustment 'sidak'"),
    ],
)
def test_what_cannot_be_asked(asked: Any, words: str) -> None:
    with pytest.raises(CannotEstimate, match=words):
        asked()


def test_answers_are_tidy() -> None:
    curve = kaplan_meier(two_arms(), by="group")
    assert list(curve.at([3, 99]).tidy().columns) == [
        "group",
        "time",
        "estimate",
        "std_error",
        "conf_low",
        "conf_high",
        "at_risk",
        "events",
        "note",
    ]
    assert set(curve.tidy()["group"]) == {"a", "b"}
    assert set(log_rank(two_arms()).tidy().columns) == {"group", "n", "observed", "expected"}
    assert set(pairwise_log_rank(two_arms()).tidy().columns) == {
        "group",
        "reference",
        "statistic",
        "df",
        "p_value",
        "p_adjusted",
        "note",
    }
