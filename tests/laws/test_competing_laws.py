"""Laws of competing risks: shares add up, one cause is 1 - Kaplan-Meier, weights repeat, units and row order change nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from durata.cohort import Cohort, Weights
from durata.door import cohort_from_arrays
from durata.estimate.causes import cause_specific, gray_test
from durata.estimate.competing import cumulative_incidence, restricted_time_in_state
from durata.estimate.curves import kaplan_meier
from durata.estimate.fine_gray import fine_gray
from durata.finding import CannotEstimate
from durata.kernels.cumulative_incidence import aalen_johansen


@st.composite
def competing(draw: st.DrawFn, *, entry: bool = False, weights: str | None = None, least: int = 4) -> Cohort:
    """4 to 25 persons with two causes, tied days, two groups and a number."""
    n = draw(st.integers(least, 25))

    def some(low: int, high: int) -> np.ndarray:
        return np.array(draw(st.lists(st.integers(low, high), min_size=n, max_size=n)))

    start = some(0, 5) if entry else np.zeros(n)
    causes = some(0, 2)
    causes[:2] = (1, 2)
    return Cohort(
        person=np.arange(n),
        exit=start + some(1, 12),
        entry=start.astype(float) if entry else None,
        event=causes == 1,
        cause=causes,
        weights=None if weights is None else Weights(some(1, 3) / (1.0 if weights == "frequency" else 2.5), weights),
        covariates={"x": some(0, 4).astype(float), "group": some(0, 1).astype(float), "site": some(0, 3).astype(float)},
    )


def repeated(cohort: Cohort) -> Cohort:
    again = np.repeat(np.arange(len(cohort)), cohort.weights.values.astype(int))
    return cohort.select(again, weights=None, person=np.arange(len(again)))


def same(one: object, other: object) -> None:
    np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)


@given(competing(entry=True))
@settings(max_examples=40)
def test_shares_of_all_causes_and_of_the_event_free_add_up_to_1(cohort: Cohort) -> None:
    curve = cumulative_incidence(cohort)
    free = kaplan_meier(replace(cohort, event=cohort.cause > 0, cause=None)).group("all").estimate
    same(sum(stretch.estimate for stretch in curve.stretches) + free, np.ones(len(free)))


@given(competing(entry=True), st.sampled_from(["infinitesimal-jackknife", "greenwood"]))
@settings(max_examples=40)
def test_one_cause_is_one_minus_kaplan_meier(cohort: Cohort, variance: str) -> None:
    alone = replace(cohort, cause=None)
    ours = cumulative_incidence(alone, variance=variance).group("all", "1")
    theirs = kaplan_meier(alone, variance=variance).group("all")
    same(ours.estimate, 1.0 - theirs.estimate)
    alive = theirs.estimate > 0
    same(ours.std_error[alive], theirs.std_error[alive])


@given(competing())
@settings(max_examples=30)
def test_without_censoring_incidences_are_proportions(cohort: Cohort) -> None:
    causes = np.where(cohort.cause == 0, 2, cohort.cause)
    complete = replace(cohort, cause=causes)
    n, curve = len(cohort), cumulative_incidence(complete)
    for cause in (1, 2):
        for variance in ("infinitesimal-jackknife", "greenwood"):
            stretch = cumulative_incidence(complete, variance=variance).group("all", str(cause))
            share = np.array([np.mean((complete.exit <= t) & (causes == cause)) for t in stretch.time])
            same(stretch.estimate, share)
            same(stretch.std_error, np.sqrt(share * (1 - share) / n))
    rows = restricted_time_in_state(complete, until=float(cohort.exit.max())).rows()
    same(rows[0]["estimate"], complete.exit.mean())
    same(rows[0]["std_error"], complete.exit.std() / np.sqrt(n))
    assert curve.groups == ("all",)


@given(competing(entry=True, weights="frequency"), st.sampled_from(["infinitesimal-jackknife", "greenwood"]))
@settings(max_examples=40)
def test_frequency_weights_repeat_persons_on_curves(cohort: Cohort, variance: str) -> None:
    one, other = (cumulative_incidence(c, "group", variance=variance) for c in (cohort, repeated(cohort)))
    for mine, theirs in zip(one.stretches, other.stretches, strict=True):
        for name in ("estimate", "std_error", "at_risk", "events", "n"):
            same(getattr(mine, name), getattr(theirs, name))


@given(competing(weights="frequency"))
@settings(max_examples=40)
def test_frequency_weights_repeat_persons_in_tests_and_models(cohort: Cohort) -> None:
    same(
        [stretch.std_error[-1] for stretch in cumulative_incidence(cohort, variance="delta").stretches],
        [stretch.std_error[-1] for stretch in cumulative_incidence(repeated(cohort), variance="delta").stretches],
    )
    try:
        whole = gray_test(repeated(cohort)).statistic
    except CannotEstimate:
        with pytest.raises(CannotEstimate):
            gray_test(cohort)
    else:
        same(gray_test(cohort).statistic, whole)
    try:
        model = fine_gray(repeated(cohort), ["x"])
    except CannotEstimate:
        with pytest.raises(CannotEstimate):
            fine_gray(cohort, ["x"])
    else:
        same(fine_gray(cohort, ["x"]).covariance, model.covariance)


@given(competing(), st.sampled_from([1e-3, 1e3]), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_row_order_and_unit_of_time_change_nothing(cohort: Cohort, factor: float, random: object) -> None:
    order = np.array(random.sample(range(len(cohort)), len(cohort)))
    other = cohort.select(order, exit=cohort.exit[order] * factor)
    for mine, theirs in zip(
        cumulative_incidence(cohort, "group").stretches, cumulative_incidence(other, "group").stretches, strict=True
    ):
        same(mine.estimate, theirs.estimate)
        same(mine.std_error, theirs.std_error)
    for variant in ("finegray", "crr"):
        try:
            effects = fine_gray(cohort, ["x"], variant=variant)
        except CannotEstimate:
            assume(False)
        same(fine_gray(other, ["x"], variant=variant).covariance, effects.covariance)
        same(gray_test_or_nothing(cohort), gray_test_or_nothing(other))


def gray_test_or_nothing(cohort: Cohort) -> float:
    try:
        return gray_test(cohort).statistic
    except CannotEstimate:
        return 0.0


@given(competing(entry=True, weights="sampling"), st.booleans())
@settings(max_examples=25)
def test_the_jackknife_is_the_derivative_by_the_weights(cohort: Cohort, clustered: bool) -> None:
    """Influence by brute force: the weight of one cluster moved a little, the curve and its area estimated anew."""
    times, until = np.unique(cohort.exit), float(cohort.exit.max())
    causes, weights = cohort.cause, cohort.weights.values

    def estimated(w: np.ndarray) -> np.ndarray:
        at_risk = np.array([w[(cohort.entry < t) & (cohort.exit >= t)].sum() for t in times])
        events = np.array([[w[(cohort.exit == t) & (causes == k)].sum() for k in (1, 2)] for t in times])
        curve = aalen_johansen(at_risk, events)
        F = curve.incidence[:, 0]
        return np.append(F, np.diff(np.append(times, until)) @ F)

    # where everybody at risk has an event the curve has a corner, and no derivative
    free = kaplan_meier(replace(cohort, event=causes > 0, cause=None)).group("all").estimate
    assume(np.all(free > 0))
    cluster = cohort.covariates["site"] if clustered else cohort.person
    total = np.zeros(len(times) + 1)
    for one in np.unique(cluster):
        step = np.where(cluster == one, 1e-5 * weights, 0.0)
        total += ((estimated(weights + step) - estimated(weights - step)) / 2e-5) ** 2
    name = "site" if clustered else "person"
    ours = cumulative_incidence(cohort, cause=1, cluster=name).group("all", "1").std_error
    area = restricted_time_in_state(cohort, until=until, cluster=name).rows()[1]["std_error"]
    np.testing.assert_allclose(np.append(ours, area), np.sqrt(total), rtol=1e-5, atol=1e-7)


@given(competing())
@settings(max_examples=30)
def test_a_constant_factor_on_sampling_weights_changes_nothing(cohort: Cohort) -> None:
    one, other = (
        cumulative_incidence(replace(cohort, weights=Weights(np.full(len(cohort), factor), "sampling")))
        for factor in (1.0, 0.3)
    )
    for mine, theirs in zip(one.stretches, other.stretches, strict=True):
        same(mine.estimate, theirs.estimate)
        same(mine.std_error, theirs.std_error)


@given(competing())
@settings(max_examples=20)
def test_rows_of_a_person_in_pieces_are_one_row(cohort: Cohort) -> None:
    cut = cohort.exit > 3
    pieces = Cohort(
        person=np.concatenate([cohort.person, cohort.person[cut]]),
        entry=np.concatenate([np.full(len(cohort), -np.inf), np.full(int(cut.sum()), 3.0)]),
        exit=np.concatenate([np.where(cut, 3.0, cohort.exit), cohort.exit[cut]]),
        event=np.concatenate([cohort.event & ~cut, cohort.event[cut]]),
        cause=np.concatenate([np.where(cut, 0, cohort.cause), cohort.cause[cut]]),
    )
    for variance in ("infinitesimal-jackknife", "greenwood"):
        whole, split = (cumulative_incidence(c, variance=variance) for c in (cohort, pieces))
        for mine, theirs in zip(whole.stretches, split.stretches, strict=True):
            at = np.searchsorted(theirs.time, mine.time)
            same(mine.estimate, theirs.estimate[at])
            same(mine.std_error, theirs.std_error[at])


def test_causes_in_pairs_swap() -> None:
    cohort = cohort_from_arrays(time=[1, 2, 3], event=[1, 2, 3], event_codes=[1], competing_codes=[2, 3])
    assert cause_specific(cohort, 2).cause.tolist() == [2, 1, 3]
