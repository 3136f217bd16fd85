"""Pseudo-values are the jackknife written out; conditional survival is a ratio of survivals; contrasts change sign."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import durata as du

SEEDS = st.integers(0, 10_000)


def cohort(seed: int, n: int = 12, *, censored: bool = True) -> du.Cohort:
    random = np.random.default_rng(seed)
    event = (random.random(n) < 0.6).astype(int) if censored else np.ones(n, dtype=int)
    event[0] = 1
    return du.cohort_from_arrays(
        time=random.integers(1, 9, n),
        event=event,
        group=[("a", "b")[k % 2] for k in range(n)],
        covariates={"x": random.normal(size=n)},
    )


def area(one: du.Cohort, until: float) -> float:
    """The area under the curve to ``until``, its last value carried on."""
    stretch = du.kaplan_meier(one).stretches[0]
    inside = stretch.time < until
    edges = np.concatenate([[0.0], stretch.time[inside], [until]])
    return float(np.sum(np.diff(edges) * np.concatenate([[1.0], stretch.estimate[inside]])))


def value(one: du.Cohort, until: float) -> float:
    return float(du.kaplan_meier(one).at(until, extend=True).rows()[0]["estimate"])


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, until=st.sampled_from([0.5, 2.0, 3.5, 5.0]))
def test_everybody_left_out_one_by_one(seed: int, until: float) -> None:
    one = cohort(seed)
    if one.exit.max() < until:
        return
    n = len(one)
    for of, theta in (("restricted mean", area), ("survival", value)):
        written_out = [
            n * theta(one, until) - (n - 1) * theta(one.select(np.delete(np.arange(n), i)), until) for i in range(n)
        ]
        ours = du.pseudo_values(one, until=until, of=of)  # type: ignore[arg-type]
        np.testing.assert_allclose(ours, written_out, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS)
def test_without_censoring_they_are_the_times_and_the_regression_is_of_means(seed: int) -> None:
    one = cohort(seed, censored=False)
    np.testing.assert_allclose(du.pseudo_values(one, until=5), np.minimum(one.exit, 5), atol=1e-9)
    assert one.group is not None
    if min(one.exit[one.group.codes == k].std() for k in (0, 1)) == 0:
        return
    fit = du.pseudo_value_regression(one, ["group"], until=5)
    means = [np.minimum(one.exit, 5)[one.group.codes == k] for k in (0, 1)]
    np.testing.assert_allclose(fit.estimate, [means[1].mean() - means[0].mean()], atol=1e-9)
    # the sandwich of two groups: each group's variance with denominator n, over n
    np.testing.assert_allclose(fit.covariance[0, 0], sum(m.var() / len(m) for m in means), rtol=1e-8)


def test_the_difference_within_groups_is_the_difference_of_restricted_means() -> None:
    one = cohort(3, n=40)
    fit = du.pseudo_value_regression(one, ["group"], until=5)
    plain = du.restricted_mean_contrasts(one, until=5).rows()[0]
    assert abs(fit.estimate[0] - plain["estimate"]) < 0.1 * plain["std_error"]
    assert abs(fit.std_error[0] / plain["std_error"] - 1) < 0.1


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, given_=st.integers(0, 4))
def test_conditional_survival_is_a_ratio(seed: int, given_: int) -> None:
    one = cohort(seed, n=20)
    curve = du.kaplan_meier(one)
    whole, start = (curve.at(t, extend=True).rows()[0]["estimate"] for t in (given_ + 2, given_))
    if not (one.exit > given_).any() or start == 0:
        return
    row = du.conditional_survival(one, given=given_, after=2).rows()[0]
    if row["estimate"] is not None:
        np.testing.assert_allclose(row["estimate"], whole / start, rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_contrasts_change_sign_with_the_reference(seed: int) -> None:
    one = cohort(seed, n=30)
    forth = du.survival_contrasts(one, at=4, reference="a").rows()
    back = du.survival_contrasts(one, at=4, reference="b").rows()
    if forth[0]["p_value"] is None:
        assert forth[0]["note"]
        return
    assert forth[0]["estimate"] == pytest.approx(-back[0]["estimate"])
    assert forth[0]["conf_low"] == pytest.approx(-back[0]["conf_high"])
    assert forth[0]["p_value"] == pytest.approx(back[0]["p_value"])
    assert forth[1]["estimate"] == pytest.approx(1 / back[1]["estimate"])
    assert -1 <= forth[0]["conf_low"] <= forth[0]["estimate"] <= forth[0]["conf_high"] <= 1


def changed(**fields: Any) -> du.Cohort:
    one = cohort(2)
    return one.select(np.arange(len(one)), **fields)


def test_refusals_of_pseudo_values() -> None:
    n = 12
    for bad, words in (
        (changed(weights=du.Weights(np.full(n, 0.5), "sampling")), "take no weights"),
        (changed(entry=np.zeros(n)), "delayed entry"),
        (changed(person=np.zeros(n, dtype=int)), "one row a person"),
    ):
        with pytest.raises(du.CannotEstimate, match=words):
            du.pseudo_values(bad, until=3)
    with pytest.raises(du.CannotEstimate, match="followed to"):
        du.pseudo_values(changed(event=np.zeros(n, dtype=bool)), until=50)
    with pytest.raises(du.CannotEstimate, match="positive number"):
        du.pseudo_values(cohort(1), until=0)
    with pytest.raises(du.CannotEstimate, match="neither strata nor offsets"):
        du.pseudo_value_regression(cohort(1), ["x", du.strata("group")], until=3, by=None)
    copied = cohort(1).with_columns(y=2 * np.asarray(cohort(1).column("x")))
    with pytest.raises(du.CannotEstimate, match="Collinear"):
        du.pseudo_value_regression(copied, ["x", "y"], until=3)
    with pytest.raises(du.CannotEstimate, match="one person only"):
        du.pseudo_values(cohort(1).select(np.arange(2)), "group", until=0.5)


def test_refusals_of_milestones() -> None:
    one = cohort(1)
    cases: list[tuple[Callable[[], object], str]] = [
        (lambda: du.conditional_survival(one, given=100, after=1), "Nobody is under observation"),
        (lambda: du.conditional_survival(one, given=-1, after=1), "from 0 on"),
        (lambda: du.conditional_survival(one, given=1, after=[0]), "positive numbers"),
        (lambda: du.survival_contrasts(one, at=2, reference="z"), "not a group"),
        (lambda: du.survival_contrasts(one, at=2, scale="cubic"), "no scale 'cubic'"),  # type: ignore[arg-type]
        (lambda: du.survival_contrasts(one, at=2, interval="log"), "no interval 'log'"),  # type: ignore[arg-type]
    ]
    for call, words in cases:
        with pytest.raises(du.CannotEstimate, match=words):
            call()


def test_a_group_without_events_has_no_test() -> None:
    one = du.cohort_from_arrays(time=[5, 6, 7, 1, 2, 8], event=[0, 0, 0, 1, 1, 0], group=list("aaabbb"))
    difference, ratio = du.survival_contrasts(one, at=4).rows()
    assert difference["estimate"] == pytest.approx(1 / 3 - 1)
    assert difference["p_value"] is None
    assert "everybody, or nobody" in difference["note"]
    assert ratio["estimate"] == pytest.approx(1 / 3)
    beyond = du.survival_contrasts(one, at=7.5).rows()[0]
    assert beyond["estimate"] is None
    assert "beyond the last observation" in beyond["note"]
