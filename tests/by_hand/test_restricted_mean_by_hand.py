"""Restricted means of two groups of four compared with pencil and paper.

| group | times (event, + censored) | S until 8                            | mean to 8         |
|-------|---------------------------|--------------------------------------|-------------------|
| slow  | 4, 6+, 8+, 9+             | 1 to 4, 3/4 to 8                     | 4 + 3 = 7         |
| fast  | 2, 4, 8+, 8+              | 1 to 2, 3/4 to 4, 1/2 to 8           | 2 + 3/2 + 2 = 5.5 |

Greenwood's terms d / (n (n - d)) times the squared area to come: slow 1/12 x 3^2 = 3/4; fast 1/12 x (7/2)^2 + 1/6 x 2^2 = 27/16.
"""

from __future__ import annotations

from math import exp, log, sqrt

import pytest
from scipy.stats import norm

from durata.cohort import Cohort
from durata.door import cohort_from_arrays
from durata.estimate.restricted_mean import restricted_mean_contrasts


def two_groups() -> Cohort:
    return cohort_from_arrays(
        time=[4, 6, 8, 9, 2, 4, 8, 8], event=[1, 0, 0, 0, 1, 1, 0, 0], group=["slow"] * 4 + ["fast"] * 4
    )


def test_difference_ratio_and_ratio_of_time_lost() -> None:
    rows = restricted_mean_contrasts(two_groups(), until=8, reference="slow").rows()
    assert [(row["term"], row["group"], row["reference"], row["time"]) for row in rows] == [
        (term, "fast", "slow", 8.0) for term in ("difference", "ratio", "ratio of time lost")
    ]
    assert [row["estimate"] for row in rows] == pytest.approx([-1.5, 5.5 / 7, 2.5 / 1], rel=1e-12)


def test_their_limits_and_p_values() -> None:
    difference, ratio, lost = restricted_mean_contrasts(two_groups(), until=8, reference="slow").rows()
    z = norm.ppf(0.975)
    std_error = sqrt(27 / 16 + 3 / 4)
    assert difference["std_error"] == pytest.approx(std_error, rel=1e-12)
    assert difference["statistic"] == pytest.approx(-1.5 / std_error, rel=1e-12)
    assert difference["conf_low"] == pytest.approx(-1.5 - z * std_error, rel=1e-12)
    assert difference["conf_high"] == pytest.approx(-1.5 + z * std_error, rel=1e-12)
    assert difference["p_value"] == pytest.approx(2 * norm.sf(1.5 / std_error), rel=1e-12)
    # Delta method: the error of a logarithm is the error over the number.
    for row, spread in ((ratio, sqrt(27 / 16 / 5.5**2 + 3 / 4 / 7**2)), (lost, sqrt(27 / 16 / 2.5**2 + 3 / 4))):
        assert row["std_error"] is None
        assert row["statistic"] == pytest.approx(log(row["estimate"]) / spread, rel=1e-12)
        assert row["conf_low"] == pytest.approx(row["estimate"] * exp(-z * spread), rel=1e-12)
        assert row["conf_high"] == pytest.approx(row["estimate"] * exp(z * spread), rel=1e-12)
        assert row["p_value"] == pytest.approx(2 * norm.sf(abs(log(row["estimate"])) / spread), rel=1e-12)
