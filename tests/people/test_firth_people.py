"""Firth's Cox model of tiny tables named after the trouble in them, and when it is set beside the ordinary model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from durata.category import categorise
from durata.cohort import Cohort, Column, Weights
from durata.door import cohort_from_arrays
from durata.estimate.analysis import Analysis, Answers, Refused
from durata.estimate.cox import cox, likelihood_ratio_test
from durata.estimate.cox_checks import concordance, proportional_hazards_test, residuals
from durata.estimate.cox_prediction import baseline_hazard, predicted_survival
from durata.estimate.cox_refusals import Separation
from durata.estimate.firth import firth_cox, needs_firth
from durata.finding import CannotEstimate
from durata.terms import factor, strata

TWELVE = [3.0, 4, 4, 5, 6, 7, 8, 8, 9, 11, 12, 14]
EVENT = [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1]
AGE = [61.0, 55, 70, 48, 66, 59, 44, 71, 52, 63, 57, 50]
GROUP = list("aababbabbaab")
NONE_IN_C = ["c" if e == 0 else g for g, e in zip(GROUP, EVENT, strict=True)]


def people(event: list[int] = EVENT, *, weights: Weights | None = None, **columns: list[Any]) -> Cohort:
    covariates: dict[str, Column] = {
        name: categorise(values) if any(isinstance(v, str) for v in values) else np.array(values, dtype=float)
        for name, values in columns.items()
    }
    return Cohort(
        person=np.arange(12),
        exit=np.array(TWELVE),
        event=np.array(event) == 1,
        weights=weights,
        covariates=covariates,
    )


def test_nobody_has_the_event() -> None:
    with pytest.raises(CannotEstimate, match="Nobody in the cohort has the event"):
        firth_cox(people([0] * 12, age=AGE), ["age"])


def test_one_event() -> None:
    effects = firth_cox(people([0, 0, 0, 1] + [0] * 8, age=AGE), ["age"])
    low, high = effects.interval()
    assert effects.n_events == 1
    assert np.isfinite([effects.estimate[0], low[0], high[0]]).all()
    assert low[0] < 0 < high[0]
    # It was the youngest but one of those at risk.
    assert effects.estimate[0] < 0
    assert 0.05 < effects.p_value[0] < 1


def test_one_event_and_the_person_with_the_largest_value_has_it() -> None:
    cohort = people([1] + [0] * 11, x=[12.0, *(float(i) for i in range(11, 0, -1))])
    with pytest.raises(CannotEstimate, match="separates"):
        cox(cohort, ["x"])
    effects = firth_cox(cohort, ["x"])
    assert np.isfinite(effects.interval()).all()


def test_the_last_person_alone_has_the_event() -> None:
    with pytest.raises(CannotEstimate, match="'age' is the same for everybody who is at risk"):
        firth_cox(people([0] * 11 + [1], age=AGE), ["age"])


def test_a_level_without_events_has_a_finite_estimate() -> None:
    cohort = people(group=NONE_IN_C, age=AGE)
    with pytest.raises(Separation, match="Firth"):
        cox(cohort, ["group", "age"])
    effects = firth_cox(cohort, ["group", "age"])
    row = effects.term("group: c")
    assert row["estimate"] < 0
    assert np.isfinite([row["conf_low"], row["conf_high"], row["p_value"]]).all()
    # Wald's interval is symmetrical; the profile's reaches further to the side where the data set no bound.
    assert row["estimate"] - row["conf_low"] > row["conf_high"] - row["estimate"]


def test_the_reference_level_without_events() -> None:
    effects = firth_cox(people(group=NONE_IN_C), [factor("group", reference="c")])
    turned = firth_cox(people(group=NONE_IN_C), ["group"])
    assert effects.term("group: a")["estimate"] == pytest.approx(-turned.term("group: c")["estimate"], rel=1e-9)
    assert effects.term("group: a")["conf_low"] == pytest.approx(-turned.term("group: c")["conf_high"], rel=1e-8)
    assert effects.log_likelihood == pytest.approx(turned.log_likelihood, rel=1e-10)


def test_a_number_that_separates() -> None:
    cohort = people(marker=[9.0 if e else 1.0 + i / 100 for i, e in enumerate(EVENT)], age=AGE)
    effects = firth_cox(cohort, ["marker", "age"])
    assert 0 < effects.term("marker")["conf_low"] < effects.estimate[0] < effects.term("marker")["conf_high"] < 10
    assert effects.p_value[0] < 0.05


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_everybody_has_the_event_at_the_same_time(ties: Any) -> None:
    cohort = replace(people([1] * 12, age=AGE), exit=np.full(12, 5.0))
    effects = firth_cox(cohort, ["age"], ties=ties)
    assert np.isfinite(effects.interval()).all()
    assert "N14" in [note.code for note in effects.notes]


def test_columns_that_say_the_same_thing() -> None:
    with pytest.raises(CannotEstimate, match="collinear"):
        firth_cox(people(age=AGE, years=[2 * a + 1 for a in AGE]), ["age", "years"])


def test_sampling_weights_are_refused() -> None:
    weights = Weights(np.ones(12), "sampling")
    with pytest.raises(CannotEstimate, match="takes no sampling weights"):
        firth_cox(people(age=AGE, weights=weights), ["age"])


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"ties": "exact"}, "not with 'exact'"),
        ({"conf_level": 95}, "between 0 and 1"),
        ({"terms": [strata("age")]}, "at least one term"),
        ({"terms": ["size"]}, "no column 'size'"),
    ],
)
def test_what_cannot_be_asked(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(CannotEstimate, match=words):
        firth_cox(people(age=AGE), **{"terms": ["age"], **asked})


def test_missing_values_are_left_out_and_counted() -> None:
    effects = firth_cox(people(age=[np.nan, *AGE[1:]]), ["age"])
    assert (effects.n, effects.n_left_out) == (11, 1)
    assert "N11" in [note.code for note in effects.notes]


def test_more_coefficients_than_events_are_said_to_be_too_many() -> None:
    rng = np.random.default_rng(4)
    columns = {name: rng.normal(size=12).tolist() for name in "pqr"}
    effects = firth_cox(people([1, 0, 0, 1] + [0] * 8, **columns), list("pqr"))
    assert "N13" in [note.code for note in effects.notes]


def test_the_answer_says_how_it_was_made() -> None:
    effects = firth_cox(people(age=AGE), ["age"])
    assert "Firth" in effects.method
    assert "profile penalised likelihood" in effects.method
    assert effects.glance()["method"] == effects.method
    assert not effects.robust
    assert concordance(people(age=AGE), effects).rows()[0]["estimate"] == pytest.approx(effects.concordance)


def test_another_confidence_level_needs_another_profile() -> None:
    effects = replace(firth_cox(people(age=AGE), ["age"]), conf_level=0.9)
    with pytest.raises(CannotEstimate, match=r"level 0.95, not 0.9: estimate the model again with conf_level=0.9"):
        effects.interval()


def test_what_a_penalised_model_cannot_tell() -> None:
    cohort = people(group=GROUP, age=AGE)
    small, large = firth_cox(cohort, ["age"]), firth_cox(cohort, ["age", "group"])
    with pytest.raises(CannotEstimate, match="two models cannot be compared"):
        likelihood_ratio_test(small, large)
    with pytest.raises(CannotEstimate, match="two models cannot be compared"):
        likelihood_ratio_test(cox(cohort, ["age"]), large)
    with pytest.raises(CannotEstimate, match="Test the ordinary Cox model"):
        proportional_hazards_test(cohort, large)


def test_what_a_penalised_model_can_predict() -> None:
    cohort = people(group=NONE_IN_C)
    effects = firth_cox(cohort, ["group"])
    assert np.all(np.diff(baseline_hazard(cohort, effects).stretches[0].estimate) >= 0)
    curve = predicted_survival(cohort, effects, {"group": ["a", "c"]})
    a, c = (curve.group(stretch.group).estimate[-1] for stretch in curve.stretches)
    assert a < c
    assert residuals(cohort, effects, "martingale").values.sum() == pytest.approx(0.0, abs=1e-9)


# When Firth's estimate is set beside the ordinary one.


def test_enough_events_need_no_firth() -> None:
    cohort = people(age=AGE)
    effects = cox(cohort, ["age"])
    assert effects.n_events == 8
    assert needs_firth(effects, cohort) is None


def test_fewer_than_five_events_for_each_coefficient() -> None:
    cohort = people(group=GROUP, age=AGE)
    effects = cox(cohort, ["age", "group"])
    assert needs_firth(effects, cohort) == "few-events"
    assert needs_firth(effects, cohort, 1) is None
    assert needs_firth(cox(cohort, ["age"]), cohort, 2) == "few-events"


@pytest.mark.parametrize(("events", "needed"), [(4, "few-events"), (5, None)])
def test_five_events_are_enough_for_one_coefficient(events: int, needed: str | None) -> None:
    cohort = cohort_from_arrays(
        time=range(1, 13), event=[1] * events + [0] * (12 - events), covariates={"x": [1, 0] * 6}
    )
    assert needs_firth(cox(cohort, ["x"]), cohort) == needed


def ask(cohort: Cohort, terms: list[str]) -> Refused:
    """The refusal as the answers of a study remember it."""
    answers = Answers(lambda design, outcome: cohort, {"cox": lambda cohort, analysis: cox(cohort, terms)})
    refused = answers.ask(Analysis("observed", "os", "cox"))
    assert isinstance(refused, Refused)
    return refused


def test_a_model_refused_for_separation() -> None:
    level = people(group=NONE_IN_C, age=AGE)
    assert needs_firth(ask(level, ["group"]), level) == "separation"
    number = people(marker=[9.0 if e else 1.0 + i / 100 for i, e in enumerate(EVENT)])
    assert needs_firth(ask(number, ["marker"]), number) == "separation"
    two = people(marker=[1.0 if e else 0.0 for e in EVENT])
    assert needs_firth(ask(two, ["marker"]), two) == "separation"
    with pytest.raises(CannotEstimate) as refusal:
        cox(level, ["group"])
    assert needs_firth(refusal.value, level) == "separation"


def test_a_model_refused_for_something_else() -> None:
    nobody = people([0] * 12, age=AGE)
    assert needs_firth(ask(nobody, ["age"]), nobody, 1) is None
    same = people(age=AGE, years=[2 * a + 1 for a in AGE])
    refused = ask(same, ["age", "years"])
    assert refused.cause is CannotEstimate
    # Eight events for two coefficients; without their number it cannot be said.
    assert needs_firth(refused, same) is None
    assert needs_firth(refused, same, 2) == "few-events"
    assert needs_firth(refused, same, 1) is None


def test_frequency_weights_count_events() -> None:
    twice = people(age=AGE, years=AGE, weights=Weights(np.full(12, 2.0), "frequency"))
    assert needs_firth(ask(twice, ["age", "years"]), twice, 3) is None
    assert needs_firth(ask(twice, ["age", "years"]), twice, 4) == "few-events"


def test_a_category_counts_as_its_coefficients() -> None:
    cohort = people(age=AGE).with_columns(centre=categorise(list("abcacbabcabc")))
    effects = cox(cohort, ["centre"])
    assert needs_firth(effects, cohort) == "few-events"
