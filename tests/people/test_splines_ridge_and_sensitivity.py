"""People and numbers for whom a spline, a ridge or a sensitivity analysis cannot be had, and arithmetic in sight."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from durata.category import Category
from durata.cohort import Cohort, Weights
from durata.estimate.cox import cox, likelihood_ratio_test
from durata.estimate.cox_prediction import predicted_survival
from durata.estimate.nonlinearity import hazard_ratio_curve, nonlinearity_test
from durata.estimate.ridge import ridge_cox
from durata.estimate.sensitivity import e_value, tipping_point, unmeasured_confounder
from durata.finding import CannotEstimate, Finding, Severity
from durata.terms import interaction, spline


def people(**columns: Any) -> Cohort:
    rng = np.random.default_rng(3)
    n = 60
    return Cohort(
        person=np.arange(n),
        exit=np.ceil(rng.exponential(9.0, n)),
        event=rng.random(n) < 0.8,
        covariates={"size": rng.normal(8.0, 2.0, n), "age": rng.normal(60.0, 9.0, n), **columns},
    )


def test_below_100_people_the_outer_knots_are_the_fifth_values() -> None:
    cohort = people()
    ordered = np.sort(np.asarray(cohort.column("size")))
    knots = cox(cohort, [spline("size", 3)]).design.parts[0].codings[0].knots
    assert knots == (ordered[4], np.median(ordered), ordered[-5])


def test_knots_are_remembered_for_new_people() -> None:
    cohort = people()
    effects = cox(cohort, [spline("size", [6.0, 8.0, 10.0]), "age"])
    assert [term.name for term in effects.terms] == ["spline(size)", "spline(size)'", "age"]
    one = predicted_survival(cohort, effects, {"size": [7.0], "age": [60.0]})
    two = predicted_survival(cohort, effects, {"size": [7.0, 11.0], "age": [60.0, 60.0]})
    assert two.stretches[0].estimate == pytest.approx(one.stretches[0].estimate, rel=1e-12)


def test_percentiles_that_coincide() -> None:
    with pytest.raises(CannotEstimate, match="not all different"):
        cox(people(size=np.repeat([1.0, 2.0], 30)), [spline("size", 4)])


@pytest.mark.parametrize("knots", [2, 8, [1.0, 2.0], [3.0, 2.0, 1.0], [1.0, np.nan, 2.0]])
def test_knots_that_are_no_knots(knots: Any) -> None:
    with pytest.raises(CannotEstimate, match="Spline of 'size'"):
        spline("size", knots)


def test_a_spline_of_categories() -> None:
    with pytest.raises(CannotEstimate, match="holds categories"):
        cox(people(size=Category(np.arange(60) % 2, ("a", "b"))), [spline("size")])


def test_questions_that_have_no_one_answer() -> None:
    cohort = people(sex=Category(np.arange(60) % 2, ("f", "m")))
    curved = spline("size", 3)
    crossed = cox(cohort, [curved, "sex", interaction(curved, "sex")])
    with pytest.raises(CannotEstimate, match="part of an interaction"):
        nonlinearity_test(cohort, crossed, "size")
    straight = cox(cohort, ["size", "sex"])
    with pytest.raises(CannotEstimate, match="straight line"):
        nonlinearity_test(cohort, straight, "size")
    with pytest.raises(CannotEstimate, match="not a term"):
        hazard_ratio_curve(cohort, straight, "age")
    with pytest.raises(CannotEstimate, match="as categories"):
        hazard_ratio_curve(cohort, straight, "sex")
    with pytest.raises(CannotEstimate, match="nothing is known there"):
        hazard_ratio_curve(cohort, straight, "size", at=[1000.0])
    with pytest.raises(CannotEstimate, match="penalised model"):
        nonlinearity_test(cohort, ridge_cox(cohort, [curved], penalty=1.0), "size")


def test_a_robust_model_has_wald_tests_only() -> None:
    cohort = people()
    rows = nonlinearity_test(cohort, cox(cohort, [spline("size", 3)], robust=True), "size").rows()
    assert [row["method"] for row in rows] == ["Wald test", "Wald test"]


def test_the_curve_is_zero_at_its_reference() -> None:
    cohort = people()
    rows = hazard_ratio_curve(cohort, cox(cohort, [spline("size", 4)]), "size", at=[8.0], reference=8.0).rows()
    assert (rows[0]["estimate"], rows[0]["std_error"], rows[0]["conf_low"]) == (0.0, 0.0, 0.0)
    assert len(hazard_ratio_curve(cohort, cox(cohort, [spline("size", 4)]), "size").rows()) == 50


def test_a_ridge_is_finite_where_the_ordinary_model_is_not() -> None:
    cohort = people(twin=np.zeros(60))
    same = cohort.with_columns(twin=np.asarray(cohort.column("size")) * 2)
    with pytest.raises(CannotEstimate, match="collinear"):
        cox(same, ["size", "twin"])
    assert np.all(np.isfinite(ridge_cox(same, ["size", "twin"], penalty=1.0).estimate))
    with pytest.raises(CannotEstimate, match="same for everybody"):
        ridge_cox(cohort, ["size", "twin"], penalty=1.0)


def test_what_a_ridge_refuses() -> None:
    cohort = people()
    for asked, words in (
        ({"penalty": -1.0}, "0 or a positive number"),
        ({"penalty": np.nan}, "0 or a positive number"),
        ({"penalty": 1.0, "ties": "exact"}, "for ties"),
        ({"penalty": 1.0, "penalised": ["weight"]}, "not a term"),
        ({"penalty": 1.0, "penalised": "size"}, "as a list"),
    ):
        with pytest.raises(CannotEstimate, match=words):
            ridge_cox(cohort, ["size", "age"], **asked)  # type: ignore[arg-type]
    weighted = cohort.select(np.arange(60), weights=Weights(np.full(60, 2.0), "sampling"))
    with pytest.raises(CannotEstimate, match="no sampling weights"):
        ridge_cox(weighted, ["size"], penalty=1.0)
    with pytest.raises(CannotEstimate, match="Nobody in the cohort has the event"):
        ridge_cox(cohort.select(np.arange(60), event=np.zeros(60, dtype=bool)), ["size"], penalty=1.0)
    with pytest.raises(CannotEstimate, match="penalised likelihood"):
        likelihood_ratio_test(cox(cohort, ["size"]), ridge_cox(cohort, ["size", "age"], penalty=1.0))


def test_tipping_by_hand() -> None:
    """60 operated with 80 % alive against 60 %: 1 in 4 never operated and dead makes 60 of 80, that is 48 alive of 80."""
    first, *others = tipping_point(0.8, 0.6, 60, shares=[0.0, 0.2, 0.25, 0.3]).rows()
    assert (first["estimate"], first["n"]) == (pytest.approx(0.25), 20)
    assert 48 / (60 + first["n"]) == pytest.approx(0.6)
    assert [row["note"] for row in others] == ["advantage kept"] * 2 + ["advantage lost"] * 2
    assert [others[1]["conf_low"], others[1]["conf_high"]] == pytest.approx([0.64, 0.84])
    # Never-operated of the other group who all die make its survival 0.54, so that more are needed.
    moved = tipping_point(0.8, 0.6, 60, reference_share=0.1).rows()[0]
    assert (moved["estimate"], moved["n"]) == (pytest.approx(0.26 / 0.8), 29)
    milder = tipping_point(0.8, 0.6, 60, never_operated=0.3).rows()[0]
    assert milder["estimate"] == pytest.approx(0.4)


def test_tipping_of_the_paper() -> None:
    """5-year survival 92.7 % of 87 and 72.4 %: (0.927 - 0.724) / 0.927 = 0.219, which 25 dead beside the 87 exceed."""
    first = tipping_point(0.927, 0.724, 87).rows()[0]
    assert (round(first["estimate"], 3), first["n"]) == (0.219, 25)


def test_tipping_that_cannot_be() -> None:
    with pytest.raises(CannotEstimate, match="no advantage"):
        tipping_point(0.5, 0.6, 60)
    with pytest.raises(CannotEstimate, match="cannot undo"):
        tipping_point(0.8, 0.6, 60, never_operated=0.7)
    with pytest.raises(CannotEstimate, match="between 0 and 1"):
        tipping_point(80, 60, 60)
    with pytest.raises(CannotEstimate, match="nobody"):
        tipping_point(0.8, 0.6, 0)


def test_a_confounder_by_hand() -> None:
    """Prevalence 40 % and 20 %, risk ratio 6: (1 + 0.4 x 5) / (1 + 0.2 x 5) = 1.5."""
    row = unmeasured_confounder(3.0, 1.5, 6.0, effect=6.0, exposed=0.4, unexposed=0.2).rows()[0]
    assert [row["value"], row["estimate"], row["conf_low"], row["conf_high"]] == pytest.approx([1.5, 2.0, 1.0, 4.0])
    assert len(unmeasured_confounder(2.0, effect=[2, 3], exposed=[0.1, 0.5], unexposed=0.2).rows()) == 4
    # The strongest confounder an E-value speaks of moves the estimate just to 1.
    strength = e_value(3.0).rows()[1]["estimate"]
    bound = strength**2 / (2 * strength - 1)
    assert bound == pytest.approx(3.0)


def test_a_confounder_that_cannot_be() -> None:
    for asked, words in (
        ({"effect": 0.0, "exposed": 0.1, "unexposed": 0.1}, "positive number"),
        ({"effect": 2.0, "exposed": 1.1, "unexposed": 0.1}, "between 0 and 1"),
    ):
        with pytest.raises(CannotEstimate, match=words):
            unmeasured_confounder(2.0, **asked)  # type: ignore[arg-type]


def test_no_e_value_while_the_design_is_broken() -> None:
    broken = Finding("T01", Severity.ERROR, "arms known after time zero")
    with pytest.raises(CannotEstimate, match="while T01 stands"):
        e_value(2.0, findings=[broken])
    assert e_value(2.0, findings=[Finding("D01", Severity.ERROR, "another")]).rows()


def test_ratios_that_are_none() -> None:
    with pytest.raises(CannotEstimate, match="both confidence limits"):
        e_value(2.0, 1.0)
    with pytest.raises(CannotEstimate, match="positive numbers"):
        e_value(-2.0)
    with pytest.raises(CannotEstimate, match="do not enclose"):
        e_value(2.0, 3.0, 4.0)
    with pytest.raises(CannotEstimate, match="no measure"):
        e_value(2.0, measure="hazard")  # type: ignore[arg-type]
