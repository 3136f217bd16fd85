"""The set not distinguishable from the best, the global test and the verdict, on draws one can follow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import durata as du
from durata.estimate.best_duration import best_duration
from durata.finding import CannotEstimate

NAMES = ("short", "intermediate", "long")


def draws(centre: list[float], spread: float = 0.02, number: int = 400, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(centre, spread, size=(number, len(centre)))


def test_one_clearly_lowest_risk_is_the_optimum() -> None:
    risk = [0.30, 0.15, 0.29]
    found = best_duration(NAMES, risk, draws(risk))
    assert found.verdict == "optimum"
    assert found.best == ("intermediate",)
    assert found.p_value < 0.01
    assert found.selected.tolist() == [0.0, 1.0, 0.0]


def test_two_alike_and_one_worse_cannot_be_told_apart() -> None:
    risk = [0.30, 0.20, 0.205]
    found = best_duration(NAMES, risk, draws(risk))
    assert (found.verdict, found.best) == ("indistinct", ("intermediate", "long"))


def test_a_declared_margin_makes_them_a_plateau_and_a_narrow_one_does_not() -> None:
    risk = [0.40, 0.200, 0.201]
    sample = draws(risk, spread=0.01)
    assert best_duration(NAMES, risk, sample, margin=0.10).verdict == "plateau"
    narrow = best_duration(NAMES, risk, sample, margin=0.01)
    assert (narrow.verdict, narrow.within_margin) == ("indistinct", False)


def test_no_difference_is_no_evidence_and_says_how_much_it_leaves_room_for() -> None:
    risk = [0.20, 0.205, 0.198]
    found = best_duration(NAMES, risk, draws(risk))
    assert found.verdict == "no evidence"
    assert found.best == NAMES
    # two independent risks with sd .02 differ with sd .028; three simultaneous comparisons reach about 2.3 of them
    assert found.widest == pytest.approx(2.35 * 0.0283, rel=0.1)


def test_on_a_grid_two_neighbours_are_one_optimum_but_two_windows_are_not() -> None:
    risk = [0.40, 0.20, 0.20, 0.40]
    names = ("5", "6", "7", "8")
    assert best_duration(names, risk, draws(risk), grid=True).verdict == "optimum"
    assert best_duration(names, risk, draws(risk)).verdict == "indistinct"
    # 5 and 7 are no neighbours, whether or not 6 can be estimated
    gap = [0.20, float("nan"), 0.20, 0.40]
    found = best_duration(names, gap, draws(gap), grid=True)
    assert (found.verdict, found.best) == ("indistinct", ("5", "7"))


def test_what_is_refused_is_compared_with_nothing() -> None:
    risk = [0.30, 0.15, float("nan")]
    found = best_duration(NAMES, risk, draws([0.30, 0.15, 0.2]), refused={"long": "too few"})
    assert (found.verdict, found.best) == ("optimum", ("intermediate",))
    assert found.summary().rows()[2]["note"] == "too few"
    alone = best_duration(NAMES, [0.3, float("nan"), float("nan")], draws([0.3, 0.2, 0.2]))
    assert (alone.verdict, alone.best) == ("not estimable", ())


def test_durations_followed_by_the_same_people_differ_by_nothing() -> None:
    sample = draws([0.2])[:, [0, 0]]
    found = best_duration(("a", "b"), [0.2, 0.2], sample)
    assert found.verdict == "no evidence"
    assert found.best == ("a", "b")


def test_draws_without_an_estimate_are_left_out_and_counted() -> None:
    risk = [0.30, 0.15, 0.29]
    sample = draws(risk)
    sample[:7, 0] = np.nan
    assert best_duration(NAMES, risk, sample).failed == 7
    sample[:390, 0] = np.nan
    with pytest.raises(CannotEstimate, match="Only 10 of 400"):
        best_duration(NAMES, risk, sample)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.sampled_from([1e-3, 1.0, 1e3]))
def test_the_unit_and_the_direction_change_nothing(seed: int, scale: float) -> None:
    random = np.random.default_rng(seed)
    risk = random.uniform(0.1, 0.4, 4)
    sample = random.normal(risk, 0.03, size=(100, 4))
    plain = best_duration("abcd", risk, sample)
    scaled = best_duration("abcd", scale * risk, scale * sample)
    turned = best_duration("abcd", 1 - risk, 1 - sample, better="higher")
    for other in (scaled, turned):
        assert other.verdict == plain.verdict
        assert other.best == plain.best
        assert other.p_value == pytest.approx(plain.p_value)
    assert plain.in_set[np.argmin(risk)]


def test_one_true_best_is_rarely_left_out() -> None:
    # three risks, the first truly lowest by half a standard error: 300 studies, each with draws around its estimate
    random, kept = np.random.default_rng(5), 0
    for _ in range(300):
        estimate = random.normal([0.20, 0.21, 0.21], 0.02)
        sample = random.normal(estimate, 0.02, size=(200, 3))
        kept += "a" in best_duration("abc", estimate, sample).best
    assert kept / 300 > 0.92


def test_a_dose_response_finds_where_risk_is_lowest_and_where_it_knows_nothing() -> None:
    random = np.random.default_rng(3)
    n = 500
    ended = random.integers(1, 13, n) - 0.5
    lethal = 0.002 + 0.05 * ((ended - 6) / 6) ** 2
    after = np.ceil(random.exponential(1 / lethal)) + ended + 0.5
    time = np.minimum(after, 24.0)
    courses = du.patient_courses(time=time, cause=(after <= 24).astype(int), ended_at=ended, horizon=24)
    plan = du.EmulationPlan((du.ending_window("any", 0, 6),), spikes=())
    found = du.duration_response(courses, plan, last=20, replicates=30, workers=1)
    lowest = found.duration[np.nanargmin(found.smooth_risk)]
    assert 4 <= lowest <= 8
    assert np.isnan(found.risk[-1])
    assert "20" in found.refused
    low, high = found.band()
    kept = np.isfinite(found.smooth_risk)
    assert np.all(low[kept] <= high[kept])
    best = found.best()
    assert {"5", "6", "7"} & set(best.best)
    assert "12" not in best.best
    # a price on every month pulls the choice to shorter treatment
    priced = found.trade_off(per_month=0.05)
    assert found.duration[np.nanargmin(priced)] < lowest


def test_the_number_of_workers_changes_no_draw() -> None:
    courses = du.patient_courses(
        time=[1, 4, 5, 6, 6, 6] * 20,
        cause=[1, 1, 0, 1, 0, 0] * 20,
        ended_at=[0.5, 1.5, 2.5, 3.5, 4.5, 5.5] * 20,
        horizon=6,
    )
    plan = du.EmulationPlan((du.ending_window("any", 0, 6),), spikes=())
    one, again = (du.duration_response(courses, plan, last=5, replicates=20, knots=3, seed=9) for _ in range(2))
    np.testing.assert_array_equal(one.smooth_risk_draws, again.smooth_risk_draws)
