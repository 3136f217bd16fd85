"""People among whom a cut cannot be searched, and what is said of a cut that was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from durata.category import Category
from durata.cohort import Cohort, Weights
from durata.estimate.cut_stability import selected_cut_stability
from durata.estimate.cutpoint import cut_statistics, selected_cut, selected_cuts
from durata.finding import CannotEstimate


def people(**changed: Any) -> Cohort:
    n = 12
    fields: dict[str, Any] = {
        "person": np.arange(n),
        "exit": np.arange(1.0, n + 1.0),
        "event": np.ones(n, dtype=bool),
        "covariates": {"size": np.array([9.0, 1, 8, 2, 7, 3, 6, 4, 5, 5, 4, 6])},
    }
    return Cohort(**{**fields, **changed})


def test_a_searched_cut_says_that_it_was_searched() -> None:
    for answer in (
        selected_cut(people(), "size", permutations=19),
        selected_cuts(people(), "size", permutations=19),
        cut_statistics(people(), "size"),
        selected_cut_stability(people(), "size", replicates=40, minprop=0.3, maxprop=0.7),
    ):
        assert any("not a prespecified cut" in note.message for note in answer.notes)


def test_late_entry_is_refused() -> None:
    with pytest.raises(CannotEstimate, match="come under observation late"):
        selected_cut(people(entry=np.arange(12.0) * 0.5), "size")


def test_several_rows_a_person_are_refused() -> None:
    with pytest.raises(CannotEstimate, match="several rows for some"):
        selected_cut(people(person=np.repeat(np.arange(6), 2)), "size")


def test_sampling_weights_are_refused() -> None:
    with pytest.raises(CannotEstimate, match="no sampling weights"):
        selected_cut(people(weights=Weights(np.ones(12), "sampling")), "size")


def test_nobody_with_the_event() -> None:
    with pytest.raises(CannotEstimate, match="Nobody with a known value had the event"):
        selected_cut(people(event=np.zeros(12, dtype=bool)), "size")


def test_everybody_at_the_same_time() -> None:
    with pytest.raises(CannotEstimate, match="at the same time"):
        selected_cut(people(exit=np.ones(12)), "size")
    with pytest.raises(CannotEstimate, match="at the same time"):
        selected_cuts(people(exit=np.ones(12)), "size")


def test_categories_have_no_cut() -> None:
    column = Category(np.zeros(12, dtype=np.intp), ("a",))
    with pytest.raises(CannotEstimate, match="holds categories"):
        selected_cut(people(covariates={"size": column}), "size")


def test_missing_values_are_counted() -> None:
    size = np.arange(12.0)
    size[3] = np.nan
    test = selected_cut(people(covariates={"size": size}), "size", permutations=19)
    assert sum(part["n"] for part in test.rows()) == 11
    assert any("1 row(s) without a value of size" in note.message for note in test.notes)
    with pytest.raises(CannotEstimate, match="known value of 'size'"):
        selected_cut(people(covariates={"size": np.full(12, np.nan)}), "size")


def test_an_infinite_value() -> None:
    with pytest.raises(CannotEstimate, match="infinite"):
        selected_cut(people(covariates={"size": np.append(np.arange(11.0), np.inf)}), "size")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"p_value": "chi-square"}, "There is no p-value"),
        ({"permutations": 0}, "must be 1 or more"),
        ({"minprop": 0.9, "maxprop": 0.1}, "0 <= minprop < maxprop"),
        ({"p_value": "lausen-1992", "minprop": 0.0}, "cannot be had"),
    ],
)
def test_what_is_asked_wrongly(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(CannotEstimate, match=words):
        selected_cut(people(), "size", **asked)


def test_too_many_cuts_for_few_values() -> None:
    with pytest.raises(CannotEstimate, match="too few different values"):
        selected_cuts(people(covariates={"size": np.repeat([1.0, 2.0], 6)}), "size")
    with pytest.raises(CannotEstimate, match="1 to 5"):
        selected_cuts(people(), "size", n_cuts=6)
    with pytest.raises(CannotEstimate, match="'minprop'"):
        selected_cuts(people(), "size", minprop=0.5)


def test_too_few_replicates_for_a_distribution() -> None:
    with pytest.raises(CannotEstimate, match="needs 20 replicates"):
        selected_cut_stability(people(), "size", replicates=5)


def test_nobody_on_one_side_has_the_event() -> None:
    separated = people(
        exit=np.append(np.arange(1.0, 7.0), np.full(6, 20.0)),
        event=np.arange(12) < 6,
        covariates={"size": np.arange(12.0)},
    )
    with pytest.raises(CannotEstimate, match="hazard ratio whose optimism"):
        selected_cut_stability(separated, "size", replicates=20)
