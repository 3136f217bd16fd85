"""Six patients, a grace period of 6 days: where each clone ends and why, what it weighs, and what comes out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import durata as du

#               a     b  c     d     e   f
TIME = [3, 9, 12, 12, 7, 12]
DIED = [1, 1, 0, 0, 1, 0]
TREATED = [None, 2, 4, None, None, 5]
NO_COVARIATES: dict[str, Any] = {}


def six(**changes: Any) -> Any:
    asked: dict[str, Any] = {
        "time": TIME,
        "event": DIED,
        "treated_at": TREATED,
        "covariates": NO_COVARIATES,
        "grace": 6,
    }
    return du.clones_within_grace(**{**asked, **changes})


def test_where_each_clone_ends() -> None:
    arms = six()
    none, treated = arms.arms
    # not treated: b, c and f leave when they are treated; the deaths of a and e count
    assert none.exit.tolist() == [3, 2, 4, 12, 7, 5]
    assert none.censored.tolist() == [False, True, True, False, False, True]
    assert none.event.tolist() == [True, False, False, False, True, False]
    # treated: d and e leave on day 6, untreated; a died on day 3, when treatment could still have come: it counts here too
    assert treated.exit.tolist() == [3, 9, 12, 6, 6, 12]
    assert treated.censored.tolist() == [False, False, False, True, True, False]
    assert treated.event.tolist() == [True, True, False, False, False, False]


def test_weights_without_covariates() -> None:
    """Cut off from "not treated": day 2 of 6, day 4 of 4, day 5 of 3. From "treated": 2 on day 6, of 5."""
    none, treated = six().arms
    assert none.weights.at(2).tolist() == [1.0] * 6  # what happens on day 2 counts after it
    assert none.weights.at(3) == pytest.approx([math.exp(1 / 6)] * 6)
    assert none.weights.at(7) == pytest.approx([math.exp(1 / 6 + 1 / 4 + 1 / 3)] * 6)
    assert treated.weights.at(6).tolist() == [1.0] * 6
    assert treated.weights.at(9) == pytest.approx([math.exp(1 / 5 + 1 / 4)] * 6)  # Efron: one after the other
    breslow = six(ties="breslow").arm("treated")
    assert breslow.weights.at(9) == pytest.approx([math.exp(2 / 5)] * 6)


def test_survival_and_restricted_means() -> None:
    """Equal weights cancel. Not treated: 1 of 5 on day 3, 1 of 2 on day 7. Treated: 1 of 6 on day 3, 1 of 3 on day 9."""
    curve = du.cloned_survival(six())
    read = {(row["group"], row["time"]): row for row in curve.at([2, 3, 7, 9, 12]).rows()}
    none = [read["not treated", t]["estimate"] for t in (2, 3, 7, 9, 12)]
    assert none == pytest.approx([1, 4 / 5, 4 / 5 * 1 / 2, 4 / 10, 4 / 10])
    treated = [read["treated", t]["estimate"] for t in (2, 3, 7, 9, 12)]
    assert treated == pytest.approx([1, 5 / 6, 5 / 6, 5 / 6 * 2 / 3, 10 / 18])
    assert {row["conf_low"] for row in curve.at([2, 3, 9]).rows() if row["time"] > 2} == {None}
    first, second, difference = du.cloned_restricted_mean(six(), until=12).rows()
    assert first["estimate"] == pytest.approx(3 + 4 * 4 / 5 + 5 * 4 / 10)
    assert second["estimate"] == pytest.approx(3 + 6 * 5 / 6 + 3 * 10 / 18)
    assert difference["estimate"] == pytest.approx(second["estimate"] - first["estimate"])
    assert (difference["group"], difference["reference"]) == ("treated", "not treated")


def test_survival_is_exactly_0_when_all_who_are_left_die_together() -> None:
    arms = six(
        time=[3, 9, 12, 12, 12, 12], event=[1, 1, 1, 1, 1, 1], covariates={"age": [0.7, 0.6, 0.5, 0.66, 0.55, 0.58]}
    )
    for row in du.cloned_survival(arms).at(12).rows():
        assert row["estimate"] == 0.0
        assert row["note"] == "everybody still at risk has had the event; there is no interval"


def test_at_risk_and_events_are_weighted() -> None:
    stretch = du.cloned_survival(six()).group("not treated")
    weight = math.exp(1 / 6 + 1 / 4 + 1 / 3)
    at_7 = stretch.time.tolist().index(7)
    assert stretch.at_risk[at_7] == pytest.approx(2 * weight)
    assert stretch.events[at_7] == pytest.approx(weight)
    unweighted = du.cloned_survival(six(), weighted=False).group("not treated")
    assert unweighted.at_risk.tolist() == [6, 5, 4, 3, 2, 1]


def test_hazard_ratio_solves_its_score() -> None:
    """Unweighted: day 3, two deaths, one in each arm (5 and 6 at risk); day 7 (2, 3); day 9 (1, 3)."""
    ratio = math.exp(float(du.cloned_hazard_ratio(six(), ties="breslow", weighted=False).estimate[0]))
    expected = sum(deaths * at1 * ratio / (at0 + at1 * ratio) for deaths, at0, at1 in [(2, 5, 6), (1, 2, 3), (1, 1, 3)])
    assert expected == pytest.approx(2)  # deaths in the arm "treated": a and b


def test_small_arms_are_named() -> None:
    (note, _) = du.cloned_survival(six()).notes
    assert note.code == "N06"
    assert note.evidence["arm"] == "not treated"
    assert note.evidence["size"] == pytest.approx(2)  # d and e, equally weighted
    assert du.cloned_survival(six(), weighted=False).notes == ()


def test_treatment_after_the_grace_period_is_none() -> None:
    late = six(treated_at=[None, 2, 4, 8, None, 5])
    assert late.arm("not treated").exit.tolist() == six().arm("not treated").exit.tolist()
    assert late.arm("treated").censored.tolist() == six().arm("treated").censored.tolist()
    # on its last day it is still within it, up to rounding
    on_time = six(treated_at=[None, 2, 4, 0.1 + 0.2, None, 5], grace=0.3)
    assert on_time.arm("not treated").censored.tolist() == [False, False, False, True, False, False]


def test_nobody_cut_off_weighs_one() -> None:
    """All who were not treated died before day 6: no clone deviates from "treated", whose model has nothing to fit."""
    arm = six(time=[3, 9, 12, 5, 4, 12], event=[1, 1, 0, 1, 1, 0]).arm("treated")
    assert not arm.censored.any()
    assert arm.weights.at(12).tolist() == [1.0] * 6
    assert np.isnan(arm.coefficients).all()


def test_a_mean_beyond_follow_up_is_refused_in_its_cell() -> None:
    rows = du.cloned_restricted_mean(six(), until=13).rows()
    assert [row["estimate"] for row in rows] == [None, None, None]
    assert rows[0]["note"] == "beyond the last observation at 12 days"
    assert "treated: beyond" in rows[2]["note"]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"treated_at": [None, 10, 4, None, None, 5]}, r"Row 2: treatment at 10 comes after the end of follow-up at 9"),
    ({"treated_at": [None] * 6}, "Nobody was treated within 6 days"),
    ({"treated_at": [1] * 6}, "Everybody was treated within 6 days"),
    ({"grace": 0}, "must be a positive number, not 0"),
    ({"time": [3, 9, None, 12, 7, 12]}, "Column 'time', row 3: the number is missing"),
    ({"time": [3, 9, -1, 12, 7, 12]}, "row 3: -1 lies before time zero"),
    ({"event": [1, 1, 2, 0, 1, 0]}, "row 3: an event is 1 or 0, not 2"),
    ({"event": [1, 1, 0]}, "Column 'event' has 3 rows, the times have 6"),
    ({"covariates": {"sex": list("mfmfmf")}}, "Column 'sex' must be a sequence of numbers"),
    ({"covariates": {"age": [70, 60, 50, 66, float("nan"), 58]}}, "Column 'age', row 5"),
    ({"covariates": {"age": [60] * 6}}, "'age' cannot be told apart or does not vary"),
    ({"covariates": {"cared_for": [0, 1, 1, 0, 0, 1]}}, "'cared_for' separates those who were cut off"),
    ({"counts": [1, 1, 0.5, 1, 1, 1]}, "whole numbers"),
    ({"counts": [0] * 6}, "No patient was drawn"),
    ({"ties": "exact"}, "'efron' or 'breslow'"),
    ({"time": [], "event": [], "treated_at": []}, "There are no patients"),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED, ids=[words[:30] for _, words in REFUSED])
def test_refusals_in_words(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(du.CannotEstimate, match=words):
        six(**changes)


def test_estimators_refuse_in_words() -> None:
    with pytest.raises(du.CannotEstimate, match="Nobody has the event"):
        du.cloned_hazard_ratio(six(event=[0] * 6))
    with pytest.raises(du.CannotEstimate, match="Nobody in the arm 'not treated' has the event"):
        du.cloned_hazard_ratio(six(event=[0, 1, 0, 0, 0, 0]))
    with pytest.raises(du.CannotEstimate, match="must be a positive number"):
        du.cloned_restricted_mean(six(), until=0)
    with pytest.raises(du.CannotEstimate, match="between 0 and 1"):
        du.cloned_hazard_ratio(six(), conf_level=95)
    with pytest.raises(du.CannotEstimate, match="'efron' or 'breslow'"):
        du.cloned_hazard_ratio(six(), ties="exact")  # type: ignore[arg-type]
