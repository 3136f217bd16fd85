"""Standardised differences of many labellings equal those of one at a time; random groups raise few alarms."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from durata.kernels.balance import joint_p_value, largest_category_differences, largest_number_differences
from durata.kernels.standardised_difference import category_difference, number_difference


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4), st.integers(9, 30))
def test_numbers_equal_the_differences_of_single_pairs(seed: int, groups: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(50, 9, n).round(rng.integers(0, 3))
    x[rng.random(n) < 0.1] = np.nan
    labels = rng.integers(0, groups, (5, n))
    found = largest_number_differences(labels, groups, x)
    for row, largest in zip(labels, found, strict=True):
        samples = [x[(row == k) & np.isfinite(x)] for k in range(groups)]
        pairs = [abs(number_difference(a, b)) for a, b in combinations(samples, 2)]
        defined = [one for one in pairs if not np.isnan(one)]
        assert largest == pytest.approx(max(defined), rel=1e-9) if defined else np.isnan(largest)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4), st.integers(2, 5), st.integers(6, 30))
def test_categories_equal_the_distances_of_single_pairs(seed: int, groups: int, levels: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    level = rng.integers(-1, levels, n)
    labels = rng.integers(0, groups, (5, n))
    found = largest_category_differences(labels, groups, level, levels)
    for row, largest in zip(labels, found, strict=True):
        counts = [[np.sum((row == k) & (level == code)) for code in range(levels)] for k in range(groups)]
        pairs = [category_difference(a, b) for a, b in combinations(counts, 2)]
        defined = [one for one in pairs if not np.isnan(one)]
        assert largest == pytest.approx(max(defined), rel=1e-7, abs=1e-9) if defined else np.isnan(largest)


def test_groups_without_a_common_value_are_infinitely_apart() -> None:
    labels = np.array([[0, 0, 1, 1], [0, 1, 0, 1]])
    assert largest_number_differences(labels, 2, [1.0, 1.0, 2.0, 2.0]).tolist() == [np.inf, 0.0]
    assert largest_category_differences(labels, 2, np.array([0, 0, 1, 1]), 2).tolist() == [np.inf, 0.0]


def alarms(rng: np.random.Generator, shift: float, cohorts: int) -> float:
    """The share of cohorts of 171 in three groups with twelve covariates whose joint p lies below 0.05."""
    groups = np.repeat([0, 1, 2], [50, 87, 34])
    fired = 0
    for _ in range(cohorts):
        labels = np.vstack([groups, rng.permuted(np.tile(groups, (199, 1)), axis=1)])
        columns = [
            largest_number_differences(labels, 3, rng.normal(size=171) + shift * (k == 0) * groups) for k in range(8)
        ]
        columns += [largest_category_differences(labels, 3, rng.integers(0, 3, 171), 3) for _ in range(4)]
        fired += joint_p_value(np.column_stack(columns)) < 0.05
    return fired / cohorts


def test_random_groups_raise_an_alarm_once_in_twenty() -> None:
    """Binomial with share 0.05 in 160 cohorts: SD .017, so .05 + 3 SD = .10."""
    assert alarms(np.random.default_rng(5), 0.0, 160) < 0.10


def test_one_confounder_among_twelve_is_seen() -> None:
    assert alarms(np.random.default_rng(6), 0.7, 40) >= 0.95
