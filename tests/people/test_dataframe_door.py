"""People who come in through a dataframe, of any library, and those who are turned away with a reason."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

from durata.category import Category
from durata.door import cohort_from_arrays, cohort_from_frame
from durata.finding import CannotEstimate

COLUMNS = {
    "days": [5, 8, 9, 12],
    "dead": [1, 0, 0, 1],
    "arm": ["new", "old", "old", None],
    "age": [50.5, None, 61.0, 70.0],
    "node": [True, False, True, True],
    "who": ["p3", "p1", "p3", "p2"],
    "w": [1, 2, 1, 1],
}
FRAMES = ["pandas", "polars", "pyarrow"]


def frame_of(library: str, columns: dict[str, Any] = COLUMNS) -> Any:
    module = pytest.importorskip(library)
    return module.table(columns) if library == "pyarrow" else module.DataFrame(columns)


@pytest.mark.parametrize("library", FRAMES)
def test_any_dataframe(library: str) -> None:
    cohort = cohort_from_frame(
        frame_of(library),
        time="days",
        event="dead",
        group="arm",
        covariates=["age", "node"],
        person="who",
        weights="w",
        weight_kind="frequency",
        unit="days",
    )
    assert cohort.exit.tolist() == [5, 8, 9, 12]
    assert cohort.event.tolist() == [True, False, False, True]
    assert (cohort.group.levels, cohort.group.codes.tolist()) == (("new", "old"), [0, 1, 1, -1])
    np.testing.assert_array_equal(cohort.covariates["age"], [50.5, np.nan, 61, 70])
    assert cohort.covariates["node"].levels == ("False", "True")
    assert cohort.person.tolist() == [0, 1, 0, 2]
    assert cohort.weights.kind == "frequency"


def test_pandas_with_missing_values_of_its_own() -> None:
    frame = pd.DataFrame(
        {
            "days": pd.array([5, 8], dtype="Int64"),
            "dead": pd.array([True, False], dtype="boolean"),
            "size": pd.array([3, None], dtype="Int64"),
            "arm": pd.Categorical(["b", "a"], categories=["b", "a", "c"]),
        }
    )
    cohort = cohort_from_frame(frame, time="days", event="dead", covariates=["size"], group="arm")
    assert cohort.event.tolist() == [True, False]
    np.testing.assert_array_equal(cohort.covariates["size"], [3, np.nan])
    assert cohort.group.levels == ("b", "a", "c")
    frame["dead"] = pd.array([True, None], dtype="boolean")
    with pytest.raises(CannotEstimate, match="Row 2: 'dead' is missing"):
        cohort_from_frame(frame, time="days", event="dead")


@pytest.mark.parametrize("status", [[1, 2, 2], [0, 3, 3], ["dead", "alive", "dead"], [1.0, 2.0, 1.0], ["0", "1", "1"]])
def test_a_status_that_is_not_understood(status: list[Any]) -> None:
    with pytest.raises(CannotEstimate, match=r"which of them is the event\? Give event_codes"):
        cohort_from_arrays(time=[1, 2, 3], event=status)
    cohort = cohort_from_arrays(time=[1, 2, 3], event=status, event_codes=[status[1]])
    assert cohort.event.tolist() == [value == status[1] for value in status]


def test_codes_that_do_not_occur() -> None:
    with pytest.raises(CannotEstimate, match=r"None of event_codes \['2'\] occurs in 'event', which holds 1, 2"):
        cohort_from_arrays(time=[1, 2], event=[1, 2], event_codes=["2"])
    with pytest.raises(CannotEstimate, match=r"must be a list of values, such as \['dead'\]"):
        cohort_from_arrays(time=[1, 2], event=["dead", "alive"], event_codes="dead")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"time": "months"}, "no column 'months'; it has 'days'"),
        ({"time": "arm"}, "Row 1: 'arm' holds 'new', which is not a number"),
        ({"time": "age"}, "Row 2: 'age' is missing"),
        ({"weights": "w"}, "Say what the weights in 'w' mean"),
        ({"weight_kind": "sampling"}, "without weights"),
        ({"person": "arm"}, "Row 4: it is not known which person"),
    ],
)
def test_what_is_turned_away(change: dict[str, Any], words: str) -> None:
    with pytest.raises(CannotEstimate, match=words):
        cohort_from_frame(frame_of("pandas"), **({"time": "days", "event": "dead"} | change))


def test_what_is_not_a_dataframe() -> None:
    with pytest.raises(CannotEstimate, match="A dict is not a dataframe"):
        cohort_from_frame(COLUMNS, time="days", event="dead")  # type: ignore[type-var]


def test_arrays_of_different_lengths() -> None:
    with pytest.raises(CannotEstimate, match="'group' has 1 values, the times have 2"):
        cohort_from_arrays(time=[1, 2], event=[0, 1], group=["a"])


def test_arrays_with_categories_of_their_own() -> None:
    group = Category(np.array([1, 0]), ("short", "long"))
    cohort = cohort_from_arrays(time=[1, 2], event=[0, 1], group=group, covariates={"dose": [400, None]})
    assert cohort.group is group
    np.testing.assert_array_equal(cohort.covariates["dose"], [400, np.nan])
    numbered = cohort_from_arrays(time=[1, 2, 3], event=[0, 1, 1], group=[10, 2, 2])
    assert numbered.group.levels == ("2", "10")


def test_estimating_imports_neither_pandas_nor_scipy_stats() -> None:
    code = (
        "import sys; from durata.door import cohort_from_arrays as c; "
        "from durata.estimate.curves import kaplan_meier; from durata.estimate.tests import log_rank; "
        "x = c(time=[1, 2, 3, 4], event=[1, 1, 0, 1], group=list('aabb')); kaplan_meier(x).at(2); log_rank(x); "
        "sys.exit(sum(name in sys.modules for name in ('pandas', 'scipy.stats')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
