"""Multiple imputation: what is filled in, that it repeats, and that it recovers coefficients complete cases get wrong."""

from __future__ import annotations

import numpy as np
import pytest

import durata as du
from durata.category import Category
from durata.designs.imputed import outcome_predictors
from durata.kernels.arrays import BoolArray, FloatArray
from durata.records.imputation import Value, chained_imputations


def patients(n: int, seed: int) -> tuple[dict[str, Value], dict[str, Value], FloatArray, BoolArray]:
    """Whole columns, the same with gaps that depend on the outcome (missing at random), time and event."""
    random = np.random.default_rng(seed)
    x = random.normal(size=n)
    site = random.choice(3, size=n, p=[0.5, 0.3, 0.2])
    z = 0.6 * x + 0.5 * (site == 1) + random.normal(size=n)
    hazard = np.exp(0.7 * x - 0.5 * z + np.array([0.0, 0.6, -0.6])[site])
    time, censored = random.exponential(1 / hazard), random.exponential(2.0, n)
    event = time <= censored
    time = np.minimum(time, censored)
    whole: dict[str, Value] = {"x": x, "z": z, "site": Category(site, ("a", "b", "c"))}
    # More often missing where the event was seen early: complete cases are then a biased choice.
    chance = np.where(event & (time < 0.5), 0.55, 0.1)
    gap_x, gap_site = random.random(n) < chance, random.random(n) < chance
    holes: dict[str, Value] = {
        "x": np.where(gap_x, np.nan, x),
        "z": z,
        "site": Category(np.where(gap_site, -1, site), ("a", "b", "c")),
    }
    return whole, holes, time, event


def numbers(column: Value) -> FloatArray:
    assert not isinstance(column, Category)
    return column


def cohort(columns: dict[str, Value], time: FloatArray, event: BoolArray) -> du.Cohort:
    return du.Cohort(person=np.arange(len(time)), exit=time, event=event, covariates=columns)


def test_imputation_recovers_what_complete_cases_get_wrong() -> None:
    whole, holes, time, event = patients(1500, seed=11)
    terms = ["x", "z", "site"]
    truth = du.cox(cohort(whole, time, event), terms)
    complete = du.cox(cohort(holes, time, event), terms)
    predictors = outcome_predictors(cohort(holes, time, event))
    completed = chained_imputations(holes, predictors, imputations=6, iterations=4, seed=3)
    pooled = du.pool([du.cox(cohort(one, time, event), terms) for one in completed])
    assert np.all(np.abs(pooled.estimate - truth.estimate) < 2.5 * truth.std_error)
    assert np.sum((pooled.estimate - truth.estimate) ** 2) < 0.5 * np.sum((complete.estimate - truth.estimate) ** 2)
    # wider than without gaps, and z, which has none, loses least
    assert np.all(pooled.std_error > truth.std_error)
    assert pooled.missing_information is not None
    assert pooled.missing_information[1] < pooled.missing_information[0]
    assert complete.n_left_out > 400


def test_only_gaps_are_filled_with_values_that_occur_and_the_seed_repeats_them() -> None:
    _, holes, time, event = patients(120, seed=5)
    predictors = outcome_predictors(cohort(holes, time, event))
    few = chained_imputations(holes, predictors, imputations=2, iterations=3, seed=9)
    many = chained_imputations(holes, predictors, imputations=3, iterations=3, seed=9)
    x, site = numbers(holes["x"]), holes["site"]
    assert isinstance(site, Category)
    for one, other in zip(few, many, strict=False):
        assert isinstance(one["site"], Category)
        assert isinstance(other["site"], Category)
        np.testing.assert_array_equal(numbers(one["x"]), numbers(other["x"]))
        np.testing.assert_array_equal(one["site"].codes, other["site"].codes)
        known = ~np.isnan(x)
        np.testing.assert_array_equal(numbers(one["x"])[known], x[known])
        np.testing.assert_array_equal(one["site"].codes[~site.missing], site.codes[~site.missing])
        assert set(numbers(one["x"])[~known]) <= set(x[known])
        assert not one["site"].missing.any()
        assert one["site"].levels == site.levels
    assert not np.array_equal(numbers(few[0]["x"]), numbers(few[1]["x"]))
    again = chained_imputations(holes, predictors, imputations=2, iterations=3, seed=10)
    assert not np.array_equal(numbers(few[0]["x"]), numbers(again[0]["x"]))


def test_the_distribution_of_a_category_missing_completely_at_random_is_kept() -> None:
    random = np.random.default_rng(0)
    site = random.choice(3, size=3000, p=[0.6, 0.3, 0.1])
    codes = np.where(random.random(3000) < 0.4, -1, site)
    one = chained_imputations(
        {"site": Category(codes, ("a", "b", "c"))}, random.normal(size=(3000, 1)), imputations=1, iterations=1, seed=1
    )[0]["site"]
    assert isinstance(one, Category)
    filled = one.codes[codes < 0]
    share = np.bincount(filled, minlength=3) / len(filled)
    expected = np.bincount(codes[codes >= 0]) / np.count_nonzero(codes >= 0)
    assert np.all(np.abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / len(filled)) + 0.01)


def test_separation_constants_and_copies_do_not_break_it() -> None:
    random = np.random.default_rng(1)
    x = random.normal(size=60)
    split = (x > 0).astype(int)  # separated by x
    columns: dict[str, Value] = {
        "x": x,
        "copy": 2.0 * x,
        "constant": np.full(60, 3.0),
        "split": Category(np.where(np.arange(60) % 7 == 0, -1, split), ("no", "yes")),
        "only": Category(np.where(np.arange(60) % 9 == 0, -1, 0), ("one", "never")),
        "number": np.where(np.arange(60) % 8 == 0, np.nan, np.round(x)),
    }
    done = chained_imputations(columns, np.zeros((60, 1)), imputations=2, iterations=3, seed=1)
    for one in done:
        assert isinstance(one["only"], Category)
        assert isinstance(one["split"], Category)
        assert set(one["only"].codes) == {0}
        gap = np.arange(60) % 7 == 0
        far = gap & (np.abs(x) > 0.7)
        assert np.mean(one["split"].codes[far] == split[far]) > 0.8
        assert not np.isnan(numbers(one["number"])).any()


def test_too_few_known_values_are_refused() -> None:
    column = np.full(40, np.nan)
    column[:9] = 1.0
    with pytest.raises(du.CannotEstimate, match="known of 9 patients only"):
        chained_imputations({"x": column}, np.zeros((40, 1)), imputations=2, iterations=1, seed=1)


def test_what_cannot_be_pooled() -> None:
    whole, _, time, event = patients(60, seed=2)
    one = cohort(whole, time, event)
    fit, other, fewer = du.cox(one, ["x"]), du.cox(one, ["z"]), du.cox(one.select(np.arange(50)), ["x"])
    for answers, words in (([fit], "two or more"), ([fit, other], "same terms"), ([fit, fewer], "different people")):
        with pytest.raises(du.CannotEstimate, match=words):
            du.pool(answers)
    same = du.pool([fit, fit])  # nothing between: what is left is Barnard and Rubin's loss of degrees of freedom
    np.testing.assert_allclose(same.covariance, fit.covariance, rtol=1e-12)
    assert same.df is not None
    assert same.df[0] < one.n_events
    curve = du.kaplan_meier(one)
    dead = du.kaplan_meier(one.select(np.flatnonzero(event)[:3]))
    row = du.pooled_survival([curve, dead], float(dead.stretches[0].time[-1])).rows()[0]
    assert row["estimate"] is None
    assert "not pooled" in row["note"]
    with pytest.raises(du.CannotEstimate, match="same groups"):
        du.pooled_survival([curve, du.kaplan_meier(one, by="site")], 1.0)
    means = du.restricted_mean(one, until=1.0)
    assert du.pooled_means([means, means]).rows()[0]["estimate"] == pytest.approx(means.rows()[0]["estimate"])
    with pytest.raises(du.CannotEstimate, match="same rows"):
        du.pooled_means([means, du.restricted_mean(one, until=0.5)])
