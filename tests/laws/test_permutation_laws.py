"""Permutation log-rank: the statistic is log_rank's, every arrangement is counted once, and the level is kept."""

from __future__ import annotations

from collections import Counter
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import durata as du
from durata.kernels.permuted_log_rank import arrangements, chi_squares, lay_out, n_arrangements


def cohort(seed: int, n: int = 14, groups: int = 2, strata: int = 1) -> du.Cohort:
    random = np.random.default_rng(seed)
    group = [chr(97 + k % groups) for k in range(n)]
    return du.cohort_from_arrays(
        time=random.integers(1, 8, n),
        event=np.concatenate([[1, 1], random.random(n - 2) < 0.7]).astype(int),
        group=group,
        covariates={"site": [f"s{k}" for k in random.integers(0, strata, n)]},
    )


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), groups=st.integers(2, 4), strata=st.integers(1, 2))
def test_each_labelling_gives_the_log_rank_statistic(seed: int, groups: int, strata: int) -> None:
    one = cohort(seed, groups=groups, strata=strata)
    sites = one.category("site").codes
    layout = lay_out(one.exit, one.event, sites)
    random = np.random.default_rng(seed)
    assert one.group is not None
    labels = np.array([random.permutation(one.group.codes) for _ in range(5)])
    ours = chi_squares(layout, labels, groups)
    for codes, statistic in zip(labels, ours, strict=True):
        relabelled = one.select(np.arange(len(one)), group=du.Category(codes, one.group.levels))
        try:
            expected = du.log_rank(relabelled, strata="site").statistic
        except du.CannotEstimate:
            expected = 0.0
        np.testing.assert_allclose(statistic, expected, rtol=1e-8, atol=1e-9)


def test_every_arrangement_once() -> None:
    group, stratum = np.array([0, 0, 1, 1, 2, 0, 1]), np.array([0, 0, 0, 0, 0, 1, 1])
    found = Counter(tuple(one.tolist()) for one in arrangements(group, stratum, 3))
    assert len(found) == n_arrangements(group, stratum, 3) == 5 * comb(4, 2) * 2
    assert set(found.values()) == {1}
    assert tuple(group.tolist()) in found


def test_row_order_and_unit_change_nothing() -> None:
    one = cohort(5)
    test = du.permutation_log_rank(one)
    shuffled = one.select(np.random.default_rng(0).permutation(len(one)))
    assert du.permutation_log_rank(shuffled).p_value == pytest.approx(test.p_value, abs=1e-12)
    months = one.select(np.arange(len(one)), exit=one.exit / 30.4375)
    assert du.permutation_log_rank(months).p_value == pytest.approx(test.p_value, abs=1e-12)


def test_the_same_seed_gives_the_same_p_value_and_it_is_never_zero() -> None:
    random = np.random.default_rng(0)
    time = np.concatenate([random.exponential(1, 30), random.exponential(50, 30)])
    one = du.cohort_from_arrays(time=time, event=np.ones(60, dtype=int), group=["a"] * 30 + ["b"] * 30)
    first, again = (du.permutation_log_rank(one, permutations=500, seed=7) for _ in range(2))
    assert first.p_value == again.p_value == 1 / 501
    assert not first.settings["exact"]
    assert first.settings["asymptotic_p"] < 1e-6


def test_the_level_is_kept_in_small_groups_with_unequal_follow_up() -> None:
    random = np.random.default_rng(2)
    rejected = 0
    for _ in range(400):
        time = random.exponential(1.0, 14)
        censored = np.where(np.arange(14) < 5, random.uniform(0.2, 1.0, 14), random.uniform(1.0, 4.0, 14))
        one = du.cohort_from_arrays(
            time=np.minimum(time, censored), event=(time <= censored).astype(int), group=["a"] * 5 + ["b"] * 9
        )
        try:
            rejected += du.permutation_log_rank(one, exact_up_to=3000).p_value <= 0.05
        except du.CannotEstimate:
            continue
    assert rejected <= 400 * 0.05 + 4 * np.sqrt(400 * 0.05 * 0.95)


def test_what_is_refused() -> None:
    one = cohort(1)
    weighted = one.select(np.arange(len(one)), weights=du.Weights(np.full(len(one), 2.0), "frequency"))
    late = one.select(np.arange(len(one)), entry=np.zeros(len(one)))
    twice = one.select(np.arange(len(one)), person=np.zeros(len(one), dtype=int))
    for bad, words in ((weighted, "no weights"), (late, "begins late"), (twice, "one row a person")):
        with pytest.raises(du.CannotEstimate, match=words):
            du.permutation_log_rank(bad)
    with pytest.raises(du.CannotEstimate, match="between 1 and"):
        du.permutation_log_rank(one, permutations=0)
