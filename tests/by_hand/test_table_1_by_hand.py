"""Table 1, change and rates by hand: standardised differences, quartiles, percentages, person-time."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import Any

import numpy as np
import pytest

from durata.category import categorise
from durata.door import cohort_from_arrays
from durata.estimate.baseline import baseline_table
from durata.estimate.change import individual_change, paired_change
from durata.estimate.rates import event_rates, rate_ratios
from durata.kernels.means import ratio_of_means
from durata.kernels.standardised_difference import category_difference, number_difference

NAN = float("nan")
COHORT = cohort_from_arrays(
    time=np.ones(9),
    event=np.zeros(9, dtype=bool),
    group=categorise(list("aaabbbccc"), ["a", "b", "c"]),
    covariates={
        "size": [1, 2, 3, 3, 4, 8, 5, NAN, 7],
        "site": categorise(
            ["stomach", "stomach", "bowel", "stomach", "bowel", "bowel", None, "bowel", "bowel"],
            ["stomach", "bowel", "rectum"],
        ),
    },
)


def rows_of(term: str, **settings: Any) -> list[dict[str, Any]]:
    return [row for row in baseline_table(COHORT, **settings).rows() if row["term"] == term]


def test_medians_and_quartiles_of_type_7() -> None:
    a, b, c, everybody, compared = rows_of("size")
    # 3, 4, 8: positions 1 + (3 - 1) / 4 = 1.5 and 2.5
    assert (b["estimate"], b["quartile_1"], b["quartile_3"]) == (4.0, 3.5, 6.0)
    assert (a["missing"], c["missing"], c["n"], everybody["missing"]) == (0, 1, 2, 1)
    # 1, 2, 3, 3, 4, 5, 7, 8: the median lies between 3 and 4
    assert everybody["estimate"] == 3.5
    assert compared["method"] == "Kruskal-Wallis test"
    # the farthest pair is a and c: means 2 and 6, variances 1 and 2
    assert compared["std_difference"] == pytest.approx(4 / sqrt((1 + 2) / 2))


def test_means_as_declared() -> None:
    *_, everybody, compared = rows_of("size", summary={"size": "mean"})
    assert everybody["estimate"] == pytest.approx(33 / 8)
    assert compared["method"] == "analysis of variance"
    # between: 3(2 - 33/8)^2 + 3(5 - 33/8)^2 + 2(6 - 33/8)^2 = 22.875; within: 2 + 14 + 2 = 18
    assert compared["statistic"] == pytest.approx((22.875 / 2) / (18 / 5))
    assert (compared["df"], compared["df_residual"]) == (2.0, 5.0)


def test_shares_are_of_those_whose_level_is_known() -> None:
    found = {(row["level"], row["group"]): row for row in rows_of("site") if "level" in row}
    assert found["bowel", "c"]["events"] == 2
    assert found["bowel", "c"]["n"] == 2
    assert found["bowel", "c"]["estimate"] == 1.0
    assert found["bowel", "c"]["missing"] == 1
    assert found["rectum", "all"]["events"] == 0
    compared = rows_of("site")[-1]
    assert compared["method"] == "Fisher's exact test"
    # a against c: 2/3 stomach against 0/2
    assert compared["std_difference"] == pytest.approx((2 / 3) / sqrt((2 / 3 * 1 / 3 + 0) / 2))


def test_standardised_difference_of_a_number_does_not_weigh_by_group_size() -> None:
    # variances 1 and 4, means 2 and 5
    assert number_difference([1, 2, 3], [3, 5, 7]) == pytest.approx(3 / sqrt((1 + 4) / 2))
    assert number_difference([1, 1], [1, 1, 1]) == 0
    assert number_difference([2, 2], [1, 1]) == -np.inf
    assert np.isnan(number_difference([2], [1, 3]))


def test_standardised_difference_of_three_levels_by_the_inverse_matrix() -> None:
    p, q = np.array([0.165, 0.060]), np.array([0.153, 0.065])
    S = (np.diag(p) - np.outer(p, p) + np.diag(q) - np.outer(q, q)) / 2
    wanted = sqrt((p - q) @ np.linalg.inv(S) @ (p - q))
    assert category_difference([165, 60, 775], [153, 65, 782]) == pytest.approx(wanted, rel=1e-10)


def test_a_level_that_tells_groups_apart_for_certain() -> None:
    assert category_difference([5, 0], [0, 5]) == np.inf
    assert category_difference([5, 5, 0], [0, 0, 7]) == np.inf
    assert category_difference([5, 5, 0], [10, 10, 0]) == 0


BEFORE, AFTER = np.array([10.0, 8.0, 4.0]), np.array([7.0, 6.0, 3.0])


def test_two_percentages_that_are_not_the_same() -> None:
    cohort = cohort_from_arrays(
        time=np.ones(3), event=np.zeros(3, dtype=bool), covariates={"before": BEFORE, "after": AFTER}
    )
    assert individual_change(cohort, "before", "after").tolist() == [-30.0, -25.0, -25.0]
    rows = {row["term"]: row for row in paired_change(cohort, "before", "after").rows()}
    assert rows["individual change, percent"]["estimate"] == pytest.approx(-80 / 3)
    assert rows["change of the means, percent"]["estimate"] == pytest.approx(100 * (16 / 22 - 1))
    # differences -3, -2, -1: mean -2, SD 1, t = -2 / (1 / sqrt 3) on 2 degrees of freedom
    difference = rows["difference"]
    assert difference["statistic"] == pytest.approx(-2 * sqrt(3))
    assert difference["conf_low"] == pytest.approx(-2 - 4.302652729911275 / sqrt(3))
    # all three ranks are negative: V = 0, p = 2 / 2^3; with three persons no 95 % limits exist
    ranks = rows["difference, by ranks"]
    assert (ranks["statistic"], ranks["p_value"], ranks["conf_low"]) == (0.0, 0.25, None)


def test_limits_of_the_ratio_of_means() -> None:
    ratio, low, high = ratio_of_means(AFTER, BEFORE)
    x, y = BEFORE.mean(), AFTER.mean()
    covariance = np.cov(BEFORE, AFTER)
    variance = (covariance[1, 1] / y**2 + covariance[0, 0] / x**2 - 2 * covariance[0, 1] / (x * y)) / 3
    half = 4.302652729911275 * sqrt(variance)
    assert (low, high) == (pytest.approx(exp(log(ratio) - half)), pytest.approx(exp(log(ratio) + half)))


def test_person_time_begins_at_entry_and_at_time_zero() -> None:
    cohort = cohort_from_arrays(
        time=[10, 10, 20],
        entry=[-5, 4, 10],
        event=[True, False, True],
        group=categorise(["a", "a", "b"], ["a", "b"]),
        person=[0, 1, 1],
    )
    a, b, everybody = event_rates(cohort, "group", per=100).rows()
    assert (a["person_time"], b["person_time"], everybody["person_time"]) == (16.0, 10.0, 26.0)
    assert (a["n"], b["n"], everybody["n"]) == (2, 1, 2)
    assert a["estimate"] == pytest.approx(100 / 16)
    pair = rate_ratios(cohort).rows()[0]
    assert pair["estimate"] == pytest.approx((1 / 10) / (1 / 16))
