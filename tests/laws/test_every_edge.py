"""What no estimator may do with a difficult cohort: another exception than a refusal in words, or a NaN that nobody mentions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from cohorts_drawn import drawn, named
from estimators_listed import ESTIMATORS, Estimator, told

import durata as du
from durata.category import Category
from durata.cohort import Cohort, Weights

BASE = drawn(3)
N = len(BASE)
CAUSE = np.zeros(N, dtype=np.intp) if BASE.cause is None else BASE.cause


def ending(cause: Any) -> Cohort:
    """The cohort with these causes in place of its own."""
    causes = np.broadcast_to(np.asarray(cause), N).astype(np.intp)
    return replace(BASE, event=causes == 1, cause=causes)


def weighted(kind: Any, values: Any) -> Cohort:
    return replace(BASE, weights=Weights(np.asarray(values, dtype=np.float64), kind))


def with_x(values: Any) -> Cohort:
    return BASE.with_columns(x=np.asarray(values, dtype=np.float64))


X, Z = np.asarray(BASE.covariates["x"]), np.asarray(BASE.covariates["z"])
G = BASE.group.codes if BASE.group is not None else np.zeros(N, dtype=np.intp)
FIRST = np.arange(N)

EDGES: dict[str, Callable[[], Cohort]] = {
    "no events": lambda: ending(0),
    "competing events only": lambda: ending(2),
    "one event": lambda: ending(FIRST == 4),
    "one event of each cause": lambda: ending((FIRST == 4) * 1 + (FIRST == 9) * 2),
    "all tied": lambda: replace(BASE, exit=np.full(N, 5.0)),
    "all tied, all events": lambda: replace(ending(1), exit=np.full(N, 5.0)),
    "all tied, all events, weighted": lambda: replace(
        weighted("sampling", 1.0 + FIRST % 2), exit=np.full(N, 5.0), event=np.full(N, True), cause=np.full(N, 1)
    ),
    "all at time zero": lambda: replace(BASE, exit=np.zeros(N)),
    "some at time zero": lambda: replace(BASE, exit=np.where(FIRST % 3 == 0, 0.0, BASE.exit)),
    "nobody censored": lambda: ending(1),
    "the last has the event": lambda: ending(np.where(BASE.exit == BASE.exit.max(), 1, CAUSE)),
    "an empty group": lambda: replace(BASE, group=Category(G * 2, ("g0", "nobody", "g1"))),
    "one group": lambda: replace(BASE, group=named(np.zeros(N), "g", 1)),
    "no group": lambda: replace(BASE, group=None),
    "groups unknown": lambda: replace(BASE, group=Category(np.full(N, -1), ("g0", "g1"))),
    "some groups unknown": lambda: replace(BASE, group=Category(np.where(FIRST % 4 == 0, -1, G), ("g0", "g1"))),
    "a group without events": lambda: ending(np.where(G == 1, 0, CAUSE)),
    "a level without events": lambda: ending(np.where(Z == 1.0, 0, CAUSE)),
    "groups at different times": lambda: replace(BASE, exit=np.where(G == 1, BASE.exit + 100, BASE.exit)),
    "some weights zero": lambda: weighted("sampling", FIRST % 3),
    "some counts zero": lambda: weighted("frequency", FIRST % 3),
    "one group's weights zero": lambda: weighted("sampling", G),
    "one group's counts zero": lambda: weighted("frequency", G),
    "one weight": lambda: weighted("sampling", FIRST == 4),
    "weights from 1e-9 to 1e9": lambda: weighted("sampling", np.logspace(-9, 9, N)),
    "x unknown for some": lambda: with_x(np.where(FIRST % 4 == 0, np.nan, X)),
    "x unknown for all": lambda: with_x(np.full(N, np.nan)),
    "x infinite for one": lambda: with_x(np.where(FIRST == 3, np.inf, X)),
    "x constant": lambda: with_x(np.ones(N)),
    "x zero": lambda: with_x(np.zeros(N)),
    "x times 1e8": lambda: with_x(X * 1e8),
    "x times 1e-8": lambda: with_x(X * 1e-8),
    "x near 1e8": lambda: with_x(X + 1e8),
    "x with an outlier": lambda: with_x(np.where(FIRST == 3, 1e6, X)),
    "x is z": lambda: with_x(2.0 * Z),
    "x orders the events": lambda: with_x(BASE.exit),
    "more parameters than events": lambda: BASE.select(np.array([0, 1, 2])),
    "two people": lambda: BASE.select(np.array([3, 4])),
    "one person": lambda: BASE.select(np.array([4])),
    "late entry empties the risk set": lambda: replace(
        BASE, entry=np.where(FIRST < 2, 0.0, 2.0), exit=np.where(FIRST < 2, 1.0, BASE.exit + 2.0)
    ),
    "entry before time zero": lambda: replace(BASE, entry=np.full(N, -5.0)),
    "times before time zero": lambda: replace(BASE, entry=np.full(N, -50.0), exit=BASE.exit - 20.0),
    "times of 1e-9": lambda: replace(BASE, exit=BASE.exit * 1e-9),
    "times of 1e12": lambda: replace(BASE, exit=BASE.exit * 1e12),
}


def wrong_with(estimator: Estimator, cohort: Cohort) -> str:
    """What is wrong with the answer, or with the words of the refusal; empty where nothing is."""
    try:
        answer = told(estimator.ask(cohort, 1.0))
    except (du.CannotEstimate, du.StudyError) as refusal:
        words = str(refusal).lower().split()
        return "" if len(words) > 3 and "nan" not in words else f"refused as {refusal}"
    except Exception as broken:  # every other exception is what is looked for
        return f"{type(broken).__name__}: {broken}"
    rows_of_people = bool(answer) and "row" in answer[0]
    for row in answer:
        for name, value in row.items():
            if isinstance(value, float) and not rows_of_people and not np.isfinite(value):
                return f"{name} in {row}"
        if "estimate" in row and row["estimate"] is None and not row.get("note"):
            return f"no number, and no reason: {row}"
    return ""


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: estimator.name)
def test_an_answer_in_numbers_or_a_refusal_in_words(estimator: Estimator) -> None:
    found = {edge: wrong_with(estimator, cohort()) for edge, cohort in EDGES.items()}
    assert {edge: wrong for edge, wrong in found.items() if wrong} == {}


TIMES: dict[str, tuple[dict[str, Any], str]] = {
    "time is negative": ({"time": [-1.0, 2.0, 3.0]}, "before time zero"),
    "time is missing": ({"time": [1.0, None, 3.0]}, "missing"),
    "time is NaN": ({"time": [1.0, float("nan"), 3.0]}, "missing"),
    "time is infinite": ({"time": [1.0, float("inf"), 3.0]}, "infinite"),
    "time is minus infinity": ({"time": [1.0, -float("inf"), 3.0]}, "infinite"),
    "time is a word": ({"time": [1.0, "two", 3.0]}, "not a number"),
    "entry is missing": ({"entry": [0.0, None, 0.0]}, "entry is missing"),
    "entry is infinite": ({"entry": [0.0, float("inf"), 0.0]}, "not before exit"),
    "entry after exit": ({"entry": [0.0, 5.0, 0.0]}, "not before exit"),
    "status is missing": ({"event": [1, None, 0]}, "missing"),
    "status is NaN": ({"event": [1, float("nan"), 0]}, "missing"),
    "status is infinite": ({"event": [1, float("inf"), 0]}, "event_codes"),
    "weight is missing": ({"weights": [1, None, 1], "weight_kind": "sampling"}, "missing"),
    "weight is negative": ({"weights": [1, -1, 1], "weight_kind": "sampling"}, "negative"),
    "weight is infinite": ({"weights": [1, float("inf"), 1], "weight_kind": "sampling"}, "infinite"),
    "every weight is zero": ({"weights": [0, 0, 0], "weight_kind": "frequency"}, "zero"),
    "half a person": ({"weights": [1, 0.5, 1], "weight_kind": "frequency"}, "whole numbers"),
    "nobody": ({"time": [], "event": []}, "no rows"),
    "lengths differ": ({"event": [1, 0]}, "2 values"),
    "person unknown": ({"person": ["a", None, "b"]}, "which person"),
}


@pytest.mark.parametrize("case", TIMES)
def test_what_is_no_cohort_is_refused_at_the_door(case: str) -> None:
    given, words = TIMES[case]
    columns: dict[str, Any] = {"time": [1.0, 2.0, 3.0], "event": [1, 0, 1]}
    with pytest.raises(du.CannotEstimate, match=words):
        du.cohort_from_arrays(**(columns | given))
