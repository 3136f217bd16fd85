"""What must hold of survival curves whatever the data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from curve_cohorts import cohorts, split
from hypothesis import given, settings
from hypothesis import strategies as st

from durata.cohort import Cohort, Weights
from durata.door import cohort_from_arrays
from durata.estimate.curves import fleming_harrington, kaplan_meier, nelson_aalen, reverse_kaplan_meier
from durata.estimate.restricted_mean import restricted_mean
from durata.estimate.result import Curve, Stretch
from durata.finding import CannotEstimate
from durata.kernels.near_ties import merge_near_ties
from durata.kernels.risk_set import count_risk_sets

quick = settings(max_examples=40, deadline=None)
ESTIMATORS = [kaplan_meier, nelson_aalen, fleming_harrington]
FIELDS = ("estimate", "std_error", "conf_low", "conf_high", "at_risk", "events", "censored", "entered")
BOTH = ["greenwood", "infinitesimal-jackknife"]


def same(one: Curve, two: Curve, *, unit: float = 1.0, fields: tuple[str, ...] = FIELDS) -> None:
    assert one.groups == two.groups
    for s, t in zip(one.stretches, two.stretches, strict=True):
        np.testing.assert_allclose(np.asarray(s.time) * unit, t.time, rtol=1e-12)
        assert s.n == t.n
        for name in (*fields, "cumulative_hazard", "cumulative_hazard_std_error"):
            np.testing.assert_allclose(getattr(s, name), getattr(t, name), rtol=1e-9, atol=1e-11, err_msg=name)


def shuffled(cohort: Cohort, seed: int) -> Cohort:
    return cohort.select(np.random.default_rng(seed).permutation(len(cohort)))


@quick
@given(cohorts(), st.integers(0, 99), st.sampled_from(ESTIMATORS), st.sampled_from(BOTH))
def test_row_order_changes_nothing(cohort: Cohort, seed: int, estimator: Any, variance: Any) -> None:
    same(
        estimator(cohort, by="group", variance=variance),
        estimator(shuffled(cohort, seed), by="group", variance=variance),
    )


@quick
@given(cohorts(fractions=True), st.floats(1e-3, 1e3), st.sampled_from(ESTIMATORS))
def test_unit_of_time_changes_nothing(cohort: Cohort, unit: float, estimator: Any) -> None:
    entry = None if cohort.entry is None else cohort.entry * unit
    scaled = replace(cohort, exit=cohort.exit * unit, entry=entry)
    same(estimator(cohort, by="group"), estimator(scaled, by="group"), unit=unit)
    one, two = kaplan_meier(cohort).quantile([0.25, 0.5]), kaplan_meier(scaled).quantile([0.25, 0.5])
    for a, b in zip(one.rows(), two.rows(), strict=True):
        assert (a["estimate"] is None) == (b["estimate"] is None)
        if a["estimate"] is not None:
            np.testing.assert_allclose(a["estimate"] * unit, b["estimate"])


@quick
@given(cohorts(weights="frequency"), st.sampled_from(ESTIMATORS), st.sampled_from(BOTH))
def test_frequency_weights_are_repeated_persons(cohort: Cohort, estimator: Any, variance: Any) -> None:
    assert cohort.weights is not None
    repeated = cohort.select(np.repeat(np.arange(len(cohort)), cohort.weights.values.astype(int)))
    repeated = replace(repeated, weights=None, person=np.arange(len(repeated)))
    same(
        estimator(cohort, by="group", variance=variance),
        estimator(repeated, by="group", variance=variance),
    )


@quick
@given(cohorts(weights="sampling"), st.sampled_from([1e-3, 0.5, 7.0, 1e3]), st.sampled_from(ESTIMATORS))
def test_a_constant_factor_on_sampling_weights_changes_nothing(cohort: Cohort, factor: float, estimator: Any) -> None:
    assert cohort.weights is not None
    heavier = replace(cohort, weights=Weights(cohort.weights.values * factor, "sampling"))
    same(
        estimator(cohort, by="group"),
        estimator(heavier, by="group"),
        fields=("estimate", "std_error", "conf_low", "conf_high"),
    )


@quick
@given(cohorts(), st.integers(1, 12), st.sampled_from(BOTH))
def test_splitting_an_interval_changes_nothing(cohort: Cohort, at: int, variance: Any) -> None:
    pieces = split(cohort, at)
    same(kaplan_meier(cohort, by="group", variance=variance), kaplan_meier(pieces, by="group", variance=variance))
    same(reverse_kaplan_meier(cohort), reverse_kaplan_meier(pieces))


@quick
@given(st.lists(st.integers(0, 9), min_size=1, max_size=30))
def test_without_censoring_the_curve_is_a_proportion(times: list[int]) -> None:
    cohort = cohort_from_arrays(time=times, event=[True] * len(times))
    n = len(times)
    for row in kaplan_meier(cohort).at(range(10)).rows():
        alive = sum(time > row["time"] for time in times) / n
        assert row["estimate"] == pytest.approx(alive, abs=1e-12)
        if alive > 0:
            assert row["std_error"] == pytest.approx(np.sqrt(alive * (1 - alive) / n), abs=1e-12)
    (mean,) = restricted_mean(cohort, until=10).rows()
    assert mean["estimate"] == pytest.approx(np.mean(times))
    # the influence of a person on a mean is the distance from it
    assert mean["std_error"] == pytest.approx(np.std(times) / np.sqrt(n), abs=1e-9)


@quick
@given(cohorts(weights="sampling"))
def test_day_grid_and_sorting_count_the_same(cohort: Cohort) -> None:
    assert cohort.weights is not None
    counted, ordered = (
        count_risk_sets(
            cohort.exit,
            cohort.event,
            cohort.entry,
            weights=cohort.weights.values,
            group=cohort.group.codes,
            n_groups=2,
            grid=grid,
        )
        for grid in (True, False)
    )
    for name in ("time", "at_risk", "events", "censored", "entered", "tied", "exit_index"):
        np.testing.assert_allclose(getattr(counted, name), getattr(ordered, name), rtol=1e-12)


@quick
@given(cohorts(weights="sampling"), st.integers(0, 20))
def test_numbers_at_risk_are_a_count(cohort: Cohort, time: int) -> None:
    assert cohort.weights is not None
    entry = np.full(len(cohort), -np.inf) if cohort.entry is None else cohort.entry
    for moment in (time, time + 0.5):
        (row,) = kaplan_meier(cohort).at(moment).rows()
        there = (entry < moment) & (moment <= cohort.exit)
        assert row["at_risk"] == pytest.approx(cohort.weights.values[there].sum(), abs=1e-12)


@quick
@given(cohorts(weights="sampling"))
def test_who_enters_and_leaves_makes_the_numbers_at_risk(cohort: Cohort) -> None:
    for s in kaplan_meier(cohort, by="group").stretches:
        left = np.concatenate([[0.0], np.cumsum(s.events + s.censored)[:-1]])
        np.testing.assert_allclose(np.cumsum(s.entered) - left, s.at_risk, rtol=1e-9, atol=1e-9)


@quick
@given(cohorts(weights="sampling", least=4), st.sampled_from(ESTIMATORS), st.booleans())
def test_the_jackknife_variance_is_the_sum_of_squared_influences(
    cohort: Cohort, estimator: Any, clustered: bool
) -> None:
    """Against numerical derivatives of the estimate by every weight, rows of a cluster together."""
    assert cohort.weights is not None
    clusters = cohort.person // 3 if clustered else cohort.person
    cohort = cohort.with_columns(centre=clusters.astype(float))
    weights = cohort.weights.values

    def log_survival(values: np.ndarray) -> np.ndarray:
        whole = estimator(replace(cohort, weights=Weights(values, "sampling"))).group("all")
        return np.log(np.maximum(whole.estimate, 1e-300))

    stretch: Stretch = estimator(cohort, cluster="centre").group("all")
    total = np.zeros(len(stretch.time))
    for cluster in np.unique(clusters):
        # the weights of a cluster moved together, each in proportion to itself
        step = np.where(clusters == cluster, 1e-5 * weights, 0.0)
        total += ((log_survival(weights + step) - log_survival(weights - step)) / 2e-5) ** 2
    alive = stretch.estimate > 0
    np.testing.assert_allclose(
        stretch.std_error[alive] / stretch.estimate[alive], np.sqrt(total[alive]), rtol=1e-5, atol=1e-7
    )


@quick
@given(cohorts(), st.sampled_from(ESTIMATORS), st.sampled_from(["log", "log-log", "plain", "logit", "arcsin"]))
def test_curves_fall_and_limits_enclose_them(cohort: Cohort, estimator: Any, interval: Any) -> None:
    for s in estimator(cohort, by="group", interval=interval).stretches:
        assert np.all(np.diff(np.concatenate([[1.0], s.estimate])) <= 1e-15)
        assert np.all((s.estimate >= 0) & (s.estimate <= 1))
        there = ~np.isnan(s.conf_low)
        np.testing.assert_array_equal(there, ~np.isnan(s.conf_high))
        assert np.all(s.conf_low[there] <= s.estimate[there] + 1e-12)
        assert np.all(s.conf_high[there] >= s.estimate[there] - 1e-12)


@quick
@given(st.lists(st.integers(0, 20), min_size=1, max_size=20), st.floats(1e-3, 1e3), st.integers(0, 99))
def test_times_that_differ_by_rounding_are_one_time(steps: list[int], unit: float, seed: int) -> None:
    # rounding is relative to the size of the times: somebody must be followed for longer than rounding
    steps = [*steps, 20]
    exact = np.array(steps) * unit
    noise = np.random.default_rng(seed).uniform(-1, 1, len(steps)) * 1e-12 * unit
    merged, _ = merge_near_ties(exact + noise)
    assert len(np.unique(merged)) == len(set(steps))
    np.testing.assert_allclose(merged, exact, rtol=1e-9, atol=1e-11 * unit)


STATUSES: list[Any] = [0, 1, 2, 3, True, False, "0", "1", "dead", "alive", 0.5, None]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(STATUSES), min_size=1, max_size=6))
def test_every_status_coding_is_understood_or_refused(status: list[Any]) -> None:
    understood = all(value is not None and not isinstance(value, str) and value in (0, 1) for value in status)
    if understood:
        cohort = cohort_from_arrays(time=np.arange(len(status)), event=status)
        assert cohort.event.tolist() == [value == 1 for value in status]
    else:
        with pytest.raises(CannotEstimate, match=r"event_codes|missing"):
            cohort_from_arrays(time=np.arange(len(status)), event=status)


@quick
@given(st.lists(st.sampled_from([1, 2, "dead", "alive"]), min_size=1, max_size=6))
def test_event_codes_say_what_the_event_is(status: list[Any]) -> None:
    codes = [2, "dead"]
    if any(value in codes for value in status):
        cohort = cohort_from_arrays(time=np.arange(len(status)), event=status, event_codes=codes)
        assert cohort.event.tolist() == [value in codes for value in status]
    else:
        with pytest.raises(CannotEstimate, match="None of event_codes"):
            cohort_from_arrays(time=np.arange(len(status)), event=status, event_codes=codes)
