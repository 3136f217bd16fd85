"""Restricted means compared in tiny tables named after the trouble in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from durata.cohort import Cohort, Weights
from durata.door import cohort_from_arrays
from durata.estimate.restricted_mean import restricted_mean_contrasts
from durata.finding import CannotEstimate

EMPTY = ("std_error", "statistic", "conf_low", "conf_high", "p_value")


def groups(a: dict[str, Any], b: dict[str, Any], **more: Any) -> Cohort:
    return cohort_from_arrays(
        time=[*a["time"], *b["time"]],
        event=[*a["event"], *b["event"]],
        group=["a"] * len(a["time"]) + ["b"] * len(b["time"]),
        **more,
    )


A = {"time": [2, 5, 7, 9], "event": [1, 0, 1, 0]}
B = {"time": [1, 3, 4, 6], "event": [1, 1, 0, 0]}


def test_a_group_that_was_not_followed_to_the_horizon() -> None:
    rows = restricted_mean_contrasts(groups(A, B), until=8).rows()
    assert len(rows) == 3
    for row in rows:
        assert row["estimate"] is None
        assert all(row[name] is None for name in EMPTY)
        assert row["note"] == "b: beyond the last observation at 6 days"


def test_only_its_own_contrasts_are_refused() -> None:
    c = [("c", t, e) for t, e in zip([3, 8, 8, 10], [1, 1, 0, 0], strict=True)]
    cohort = groups(A, B)
    cohort = cohort_from_arrays(
        time=[*cohort.exit, *(t for _, t, _ in c)],
        event=[*cohort.event.tolist(), *(bool(e) for *_, e in c)],
        group=["a"] * 4 + ["b"] * 4 + ["c"] * 4,
    )
    rows = restricted_mean_contrasts(cohort, until=8).rows()
    assert [(row["group"], row["estimate"] is None) for row in rows] == [("b", True)] * 3 + [("c", False)] * 3
    against_b = restricted_mean_contrasts(cohort, until=8, reference="b").rows()
    assert all(row["estimate"] is None for row in against_b)


def test_nobody_has_the_event_before_the_horizon() -> None:
    cohort = groups({"time": [8, 9, 9], "event": [0, 1, 0]}, B)
    difference, ratio, lost = restricted_mean_contrasts(cohort, until=6).rows()
    assert difference["p_value"] is not None
    assert ratio["p_value"] is not None
    assert lost["estimate"] is None
    assert lost["note"] == "Nobody loses time in a: there is no such ratio."


def test_nobody_in_either_group_has_the_event_before_the_horizon() -> None:
    late = {"time": [8, 9, 9], "event": [0, 1, 0]}
    difference, ratio, lost = restricted_mean_contrasts(groups(late, late), until=6).rows()
    assert (difference["estimate"], ratio["estimate"], lost["estimate"]) == (0.0, 1.0, None)
    assert "standard error is 0" in difference["note"]
    assert "standard error is 0" in ratio["note"]
    assert lost["note"] == "Nobody loses time in b and a: there is no such ratio."
    assert all(row[name] is None for row in (difference, ratio, lost) for name in EMPTY)


def test_everybody_of_a_group_has_the_event_at_once() -> None:
    cohort = groups({"time": [0, 0], "event": [1, 1]}, B)
    difference, ratio, lost = restricted_mean_contrasts(cohort, until=6).rows()
    assert difference["estimate"] == pytest.approx(1 + 2 * 3 / 4 + 3 / 2)
    assert ratio["note"] == "No time is free of the event in a: there is no ratio."
    assert lost["estimate"] == pytest.approx((6 - difference["estimate"]) / 6)


def test_one_group() -> None:
    cohort = cohort_from_arrays(time=[1, 2], event=[1, 0], group=["a", "a"])
    with pytest.raises(CannotEstimate, match="Only one group of 'group' has anybody"):
        restricted_mean_contrasts(cohort, until=1)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"reference": "c"}, "Reference 'c' is not a group of 'group' that anybody is in; there are 'a', 'b'"),
        ({"until": 0}, "positive number"),
        ({"until": float("nan")}, "positive number"),
        ({"conf_level": 2}, "between 0 and 1"),
        ({"by": "size"}, "no column 'size'"),
        ({"variance": "bootstrap"}, "no variance 'bootstrap'"),
    ],
)
def test_what_cannot_be_asked(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(CannotEstimate, match=words):
        restricted_mean_contrasts(groups(A, B), **{"until": 5, **asked})


def test_a_cluster_with_rows_in_both_groups() -> None:
    cohort = groups(A, B, covariates={"centre": [1, 1, 2, 2, 2, 2, 3, 3]})
    row = restricted_mean_contrasts(cohort, until=5, variance="infinitesimal-jackknife", cluster="centre").rows()[0]
    assert row["estimate"] is not None
    assert row["p_value"] is None
    assert "rows in both groups" in row["note"]
    # Greenwood's variance knows no clusters, and a cluster within one group is no trouble.
    assert restricted_mean_contrasts(cohort, until=5).rows()[0]["p_value"] is not None
    apart = cohort.with_columns(centre=np.array([1.0, 1, 2, 2, 3, 3, 4, 4]))
    row = restricted_mean_contrasts(apart, until=5, variance="infinitesimal-jackknife", cluster="centre").rows()[0]
    assert row["p_value"] is not None


def test_sampling_weights_have_the_robust_variance() -> None:
    cohort = replace(groups(A, B), weights=Weights(np.array([1.0, 2, 1, 1, 0.5, 2, 1, 1]), "sampling"))
    answer = restricted_mean_contrasts(cohort, until=5)
    assert answer.settings["variance"] == "infinitesimal-jackknife"
    assert all(row["p_value"] is not None for row in answer.rows())


def test_the_last_event_at_the_horizon_is_no_time_lost() -> None:
    cohort = groups({"time": [6, 6], "event": [1, 1]}, B)
    lost = restricted_mean_contrasts(cohort, until=6).rows()[2]
    assert lost["note"] == "Nobody loses time in a: there is no such ratio."
