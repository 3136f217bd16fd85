"""Laws of descriptions: order of rows and groups, units, merged and repeated persons; cohorts drawn at random."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from durata.category import Category, categorise
from durata.cohort import Cohort, Weights
from durata.door import cohort_from_arrays
from durata.estimate.association import association_test
from durata.estimate.baseline import baseline_table
from durata.estimate.change import paired_change
from durata.estimate.comparison import compare_groups
from durata.estimate.glossary import check_columns
from durata.estimate.rates import event_rates, rate_ratios
from durata.estimate.response import response_rates, response_test, response_trend, risk_differences
from durata.finding import CannotEstimate
from durata.kernels.means import analysis_of_variance, one_mean, two_means, welch_analysis_of_variance
from durata.kernels.rank_tests import kruskal_wallis, rank_sum, signed_rank
from durata.kernels.standardised_difference import category_difference, number_difference

QUICK = settings(max_examples=30, deadline=None)
values = st.lists(st.integers(-30, 30).map(lambda k: k / 4), min_size=2, max_size=12)
counts = st.lists(st.integers(0, 9), min_size=3, max_size=3)


@st.composite
def cohorts(draw: st.DrawFn) -> Cohort:
    """A cohort with any trouble: empty groups, missing values and groups, constant columns, days of length 0."""
    n = draw(st.integers(1, 25))
    column = st.lists(st.one_of(st.just(float("nan")), st.integers(0, 6).map(float)), min_size=n, max_size=n)
    code = st.lists(st.integers(-1, 2), min_size=n, max_size=n)
    return Cohort(
        person=np.arange(n),
        exit=np.array(draw(st.lists(st.integers(0, 9), min_size=n, max_size=n)), dtype=float),
        event=np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n))),
        group=Category(np.array(draw(code)), ("short", "middle", "long")),
        covariates={
            "size": np.array(draw(column)),
            "after": np.array(draw(column)),
            "response": np.array([min(value, 1.0) for value in draw(column)]),
            "site": Category(np.array(draw(code)), ("stomach", "bowel", "rectum")),
        },
    )


def alike(one: Any, other: Any) -> bool:
    """The same word, the same absence, or numbers that differ by rounding."""
    if isinstance(one, float) and isinstance(other, float):
        return bool(one == pytest.approx(other, rel=1e-8, abs=1e-9))
    return bool(one == other)


def every_answer(cohort: Cohort) -> list[list[dict[str, Any]]]:
    """Whatever can be asked; a refusal is its words."""
    asked = (
        lambda: response_rates(cohort, "response"),
        lambda: response_test(cohort, "response"),
        lambda: response_trend(cohort, "response"),
        lambda: risk_differences(cohort, "response"),
        lambda: association_test(cohort, "site"),
        lambda: baseline_table(cohort),
        lambda: baseline_table(cohort, summary="mean"),
        lambda: compare_groups(cohort, "size"),
        lambda: compare_groups(cohort, "size", test="welch-anova"),
        lambda: paired_change(cohort, "size", "after", by="group"),
        lambda: event_rates(cohort, "group"),
        lambda: rate_ratios(cohort),
    )
    found = []
    for ask in asked:
        try:
            answer = ask()
        except CannotEstimate as refusal:
            found.append([{"note": str(refusal)}])
            continue
        found.append([*answer.rows(), answer.glance()])
    return found


@settings(max_examples=60, deadline=None)
@given(cohorts())
def test_any_cohort_gives_numbers_or_reasons(cohort: Cohort) -> None:
    """No NaN, no infinity, no traceback; a cell without a number says why; p-values and shares are between 0 and 1."""
    for rows in every_answer(cohort):
        for row in rows:
            check_columns(row)
            for name, value in row.items():
                assert not (isinstance(value, float) and not np.isfinite(value)), (name, row)
                assert not isinstance(value, np.generic), (name, row)
            for name in ("p_value", "p_adjusted"):
                assert row.get(name) is None or 0 <= row[name] <= 1 + 1e-12
            if "estimate" in row and row["estimate"] is None and "by ranks" not in row.get("term", ""):
                assert row["note"], row
            if row.get("conf_low") is not None and row.get("conf_high") is not None and row["estimate"] is not None:
                assert row["conf_low"] <= row["estimate"] + 1e-9
                assert row["estimate"] <= row["conf_high"] + 1e-9


@QUICK
@given(cohorts(), st.randoms(use_true_random=False))
def test_the_order_of_persons_changes_nothing(cohort: Cohort, random: Any) -> None:
    order = list(range(len(cohort)))
    random.shuffle(order)
    for one, other in zip(every_answer(cohort), every_answer(cohort.select(np.array(order))), strict=True):
        for row, same in zip(one, other, strict=True):
            assert row.keys() == same.keys()
            for name in row:
                assert alike(row[name], same[name]), (name, row, same)


@QUICK
@given(cohorts())
def test_frequency_weights_are_repeated_persons(cohort: Cohort) -> None:
    times = 1 + np.arange(len(cohort)) % 3
    rows = np.repeat(np.arange(len(cohort)), times)
    repeated = cohort.select(rows, person=np.arange(len(rows)))
    weighted = cohort.select(np.arange(len(cohort)), weights=Weights(times.astype(float), "frequency"))
    for one, other in zip(every_answer(weighted), every_answer(repeated), strict=True):
        for row, same in zip(one, other, strict=True):
            for name in row.keys() - {"note"}:
                assert alike(row[name], same[name]), (name, row, same)


@QUICK
@given(values, values, values, st.floats(0.01, 100), st.integers(-50, 50))
def test_units_of_a_number_change_no_test(
    a: list[float], b: list[float], c: list[float], scale: float, origin: int
) -> None:
    samples = [np.array(x) for x in (a, b, c)]
    moved = [scale * (sample + origin) for sample in samples]
    plain, other = kruskal_wallis(samples), kruskal_wallis([np.round(x, 9) for x in moved])
    assert other.p_value == pytest.approx(plain.p_value, nan_ok=True)
    for test in (analysis_of_variance, welch_analysis_of_variance):
        assert test(moved).p_value == pytest.approx(test(samples).p_value, rel=1e-6, abs=1e-12, nan_ok=True)
    assert number_difference(moved[0], moved[1]) == pytest.approx(
        number_difference(samples[0], samples[1]), nan_ok=True
    )


@QUICK
@given(values, values)
def test_two_groups_by_any_name(a: list[float], b: list[float]) -> None:
    x, y = np.array(a), np.array(b)
    # F is t squared; Kruskal-Wallis of two groups is the rank-sum test without correction
    student = two_means(x, y, equal_variances=True)
    if not np.isnan(student.statistic):
        assert analysis_of_variance([x, y]).statistic == pytest.approx(student.statistic**2, rel=1e-6, abs=1e-9)
    assert two_means(y, x).estimate == pytest.approx(-two_means(x, y).estimate)
    ranks = rank_sum(x, y, exact=False, correction=False)
    assert kruskal_wallis([x, y]).p_value == pytest.approx(ranks.p_value, rel=1e-6, abs=1e-12, nan_ok=True)
    assert rank_sum(x, y, exact=False).statistic + rank_sum(y, x, exact=False).statistic == len(x) * len(y)
    assert number_difference(x, y) == pytest.approx(-number_difference(y, x), nan_ok=True)


@QUICK
@given(st.lists(st.floats(-5, 5, width=32), min_size=2, max_size=9, unique_by=abs))
def test_signed_ranks_mirror(differences: list[float]) -> None:
    d = np.array(differences, dtype=float)
    d = d[d != 0]
    assume(len(d) > 1)
    one, other = signed_rank(d), signed_rank(-d)
    assert one.exact
    assert one.statistic + other.statistic == len(d) * (len(d) + 1) / 2
    assert one.p_value == pytest.approx(other.p_value)
    assert one.shift == pytest.approx(-other.shift, abs=1e-9)
    assert one.low == pytest.approx(-other.high, abs=1e-9, nan_ok=True)
    assert one_mean(d).p_value == pytest.approx(one_mean(-d).p_value, nan_ok=True)


@QUICK
@given(counts, counts, st.permutations([0, 1, 2]), st.integers(2, 5))
def test_distance_of_categories(a: list[int], b: list[int], order: list[int], k: int) -> None:
    x, y = np.array(a), np.array(b)
    found = category_difference(x, y)
    assert category_difference(y, x) == pytest.approx(found, nan_ok=True)
    assert category_difference(x[order], y[order]) == pytest.approx(found, rel=1e-6, abs=1e-9, nan_ok=True)
    # shares, not counts
    assert category_difference(k * x, y) == pytest.approx(found, rel=1e-6, abs=1e-9, nan_ok=True)


@QUICK
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
def test_two_levels_are_a_number_of_zeros_and_ones(a: int, b: int, c: int, d: int) -> None:
    p, q = a / (a + b), c / (c + d)
    wanted = abs(p - q) / np.sqrt((p * (1 - p) + q * (1 - q)) / 2)
    assert category_difference([a, b], [c, d]) == pytest.approx(wanted)


def test_a_big_level_of_others_merges_two_that_behave_alike() -> None:
    """Levels whose shares have the same ratio in both groups add no distance."""
    assert category_difference([10, 20, 70], [5, 10, 85]) == pytest.approx(category_difference([30, 70], [15, 85]))


@QUICK
@given(cohorts(), st.sampled_from([7.0, 30.4375, 0.01]))
def test_unit_of_time_only_scales_rates(cohort: Cohort, unit: float) -> None:
    try:
        days = event_rates(cohort, "group").rows()
    except CannotEstimate:
        return
    other = event_rates(cohort.select(np.arange(len(cohort)), exit=cohort.exit / unit), "group").rows()
    for row, scaled in zip(days, other, strict=True):
        if row["estimate"] is not None:
            assert scaled["estimate"] == pytest.approx(unit * row["estimate"])
            assert scaled["conf_high"] == pytest.approx(unit * row["conf_high"])
    try:
        ratios = rate_ratios(cohort).rows()
    except CannotEstimate:
        return
    again = rate_ratios(cohort.select(np.arange(len(cohort)), exit=cohort.exit / unit)).rows()
    assert [row["p_value"] for row in again] == [pytest.approx(row["p_value"]) for row in ratios]


def test_groups_of_one_covariate_and_its_numbers_agree() -> None:
    """A number with two values, told as a category, has the same standardised difference (variances of n)."""
    group = categorise(["a"] * 40 + ["b"] * 60, ["a", "b"])
    value = np.array([1.0] * 10 + [0.0] * 30 + [1.0] * 30 + [0.0] * 30)
    cohort = cohort_from_arrays(
        time=np.ones(100),
        event=np.zeros(100, dtype=bool),
        group=group,
        covariates={"number": value, "category": categorise([f"{v:g}" for v in value])},
    )
    compared = {row["term"]: row for row in baseline_table(cohort).rows() if "std_difference" in row}
    assert compared["number"]["std_difference"] == pytest.approx(compared["category"]["std_difference"], rel=0.02)
