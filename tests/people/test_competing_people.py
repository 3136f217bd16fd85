"""Competing risks of a few people in trouble: nobody with a cause, one group, all of one cause, codes that clash."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from durata.cohort import Cohort
from durata.door import cohort_from_arrays, cohort_from_frame
from durata.estimate.causes import cause_specific, gray_test
from durata.estimate.competing import cumulative_incidence, restricted_time_in_state
from durata.estimate.fine_gray import fine_gray, predicted_incidence
from durata.finding import CannotEstimate


def people(event: list[int], time: list[float] | None = None, **more: object) -> Cohort:
    times = time or list(range(1, len(event) + 1))
    return cohort_from_arrays(time=times, event=event, event_codes=[1], competing_codes=[2], **more)


def test_by_hand() -> None:
    # S(t-): 1, 3/4, 1/2 (day 3), then one is censored on day 4
    rows = cumulative_incidence(people([1, 2, 1, 0])).at([1, 2, 3]).rows()
    assert [row["estimate"] for row in rows if row["cause"] == "1"] == [0.25, 0.25, 0.5]
    assert [row["estimate"] for row in rows if row["cause"] == "2"] == [0.0, 0.25, 0.25]
    # until day 3 nobody was censored: proportions of four
    assert [row["std_error"] for row in rows if row["cause"] == "1"] == pytest.approx([3**0.5 / 8, 3**0.5 / 8, 0.25])


def test_nobody_has_the_cause() -> None:
    with pytest.raises(CannotEstimate, match=r"Nobody had an event of cause 3; there are 1, 2\."):
        cumulative_incidence(people([1, 2, 0]), cause=3)
    with pytest.raises(CannotEstimate, match="cause 2; there are 1"):
        gray_test(people([1, 1, 0, 1], group=["a", "b", "a", "b"]), cause=2)
    with pytest.raises(CannotEstimate, match="cause 2; there are 1"):
        cause_specific(people([1, 0]), 2)


def test_nobody_has_any_event() -> None:
    nobody = cohort_from_arrays(time=[1, 2], event=[0, 0])
    with pytest.raises(CannotEstimate, match="Nobody had any event"):
        cumulative_incidence(nobody)
    with pytest.raises(CannotEstimate, match="nobody had any event"):
        fine_gray(nobody, ["x"], cause=1)


def test_nobody_of_one_group_has_the_cause() -> None:
    curve = cumulative_incidence(people([1, 2, 2, 2], group=["a", "a", "b", "b"]), "group")
    never = curve.group("b", "1")
    assert never.estimate.tolist() == [0.0, 0.0]
    assert never.std_error.tolist() == [0.0, 0.0]
    assert np.all(np.isnan(never.conf_low))
    assert [note.code for note in curve.notes] == ["N16"]
    assert curve.group("a", "1").estimate[-1] == 0.5
    with pytest.raises(KeyError, match="'1', '2'"):
        curve.group("a", "3")


def test_all_of_one_cause() -> None:
    others = Cohort(
        person=np.arange(3), exit=np.array([1.0, 2.0, 3.0]), event=np.zeros(3, dtype=bool), cause=np.array([2, 2, 2])
    )
    curve = cumulative_incidence(others)
    assert [stretch.cause for stretch in curve.stretches] == ["2"]
    assert curve.group("all", "2").estimate.tolist() == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert curve.group("all", "2").std_error[-1] == pytest.approx(0.0, abs=1e-12)
    assert curve.at(3).rows()[0]["note"] == "no log-log interval where everybody has had the event"


def test_one_group_cannot_be_compared() -> None:
    with pytest.raises(CannotEstimate, match="Only one group"):
        gray_test(people([1, 2, 0], group=["a", "a", "a"]))


def test_groups_that_never_met() -> None:
    with pytest.raises(CannotEstimate, match="at risk together"):
        gray_test(people([0, 0, 1, 2], group=["a", "a", "b", "b"]))


def test_who_came_late_is_refused_where_the_method_does_not_know_him() -> None:
    late = people([1, 2, 0], time=[4, 5, 6], entry=[0, 1, 2], group=["a", "b", "a"])
    for refused in (
        lambda: gray_test(late),
        lambda: fine_gray(late.with_columns(x=np.array([0.0, 1.0, 2.0])), ["x"]),
        lambda: cumulative_incidence(late, variance="delta"),
    ):
        with pytest.raises(CannotEstimate, match="delayed entry"):
            refused()
    assert cumulative_incidence(late).group("all", "1").estimate[-1] == pytest.approx(1 / 3)


def test_sampling_weights_are_refused_where_the_variance_would_be_wrong() -> None:
    weighted = people([1, 2, 0], weights=[1.0, 0.5, 2.0], weight_kind="sampling", group=["a", "b", "a"])
    with pytest.raises(CannotEstimate, match="sampling weights"):
        fine_gray(weighted.with_columns(x=np.array([0.0, 1.0, 2.0])), ["x"])
    with pytest.raises(CannotEstimate, match="sampling weights"):
        gray_test(weighted)


def test_time_beyond_everybody() -> None:
    with pytest.raises(CannotEstimate, match="nothing is known up to 9"):
        restricted_time_in_state(people([1, 2, 0]), until=9)
    # nobody is left free of every event, so the rest is known
    rows = restricted_time_in_state(people([1, 2]), until=9).rows()
    assert [row["estimate"] for row in rows] == pytest.approx([1.5, 4.0, 3.5])
    with pytest.raises(CannotEstimate, match="positive"):
        restricted_time_in_state(people([1, 2]), until=0)


def test_fine_gray_refusals() -> None:
    x = {"x": [0.0, 1.0, 1.0, 0.0, 2.0, 1.0]}
    cohort = people([1, 2, 1, 1, 0, 2], covariates=x)
    for words, terms, more in (
        ("no variant", ["x"], {"variant": "other"}),
        ("Breslow", ["x"], {"variant": "crr", "ties": "efron"}),
        ("at least one", [], {}),
        ("cause 5", ["x"], {"cause": 5}),
    ):
        with pytest.raises(CannotEstimate, match=words):
            fine_gray(cohort, terms, **more)
    effects = fine_gray(cohort, ["x"], variant="crr")
    assert "cmprsk::crr" in effects.method
    with pytest.raises(CannotEstimate, match="last observation at 6"):
        predicted_incidence(cohort, effects, {"x": [1]}, 7)
    with pytest.raises(CannotEstimate, match="not the cohort"):
        predicted_incidence(cohort.select(np.arange(5)), effects, {"x": [1]}, 2)


def test_missing_covariates_are_left_out_and_counted() -> None:
    cohort = people([1, 2, 1, 1, 0, 2], covariates={"x": [1.0, 1.0, np.nan, 0.0, 2.0, 1.0]})
    effects = fine_gray(cohort, ["x"])
    assert (effects.n, effects.n_left_out) == (5, 1)


def test_codes_of_a_file() -> None:
    frame = pd.DataFrame({"days": [1, 2, 3, 4], "end": ["relapse", "death", "alive", "other"]})
    cohort = cohort_from_frame(
        frame, time="days", event="end", event_codes=["relapse"], competing_codes=["death", "other"]
    )
    assert cohort.cause.tolist() == [1, 2, 0, 3]
    assert cohort.event.tolist() == [True, False, False, False]


@pytest.mark.parametrize(
    ("event_codes", "competing_codes", "words"),
    [
        ([1], [1], "two causes"),
        (None, [2], "event_codes must say"),
        ([1], "2", "must be a list"),
        ([1], [2, 2], "two causes"),
    ],
)
def test_codes_that_clash(event_codes: list[int] | None, competing_codes: object, words: str) -> None:
    with pytest.raises(CannotEstimate, match=words):
        cohort_from_arrays(time=[1, 2, 3], event=[0, 1, 1], event_codes=event_codes, competing_codes=competing_codes)
