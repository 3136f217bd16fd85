"""Cox regression of tiny tables named after the trouble in them: every refusal is in plain words, no number is silent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from durata.category import Category, categorise
from durata.cohort import Cohort, Column, Weights
from durata.estimate.cox import cox, likelihood_ratio_test
from durata.estimate.cox_checks import concordance, proportional_hazards_test, residuals
from durata.estimate.cox_prediction import baseline_hazard, linear_predictor, predicted_survival
from durata.finding import CannotEstimate
from durata.kernels.partial_likelihood.fit import fit_cox
from durata.kernels.partial_likelihood.risk_order import order_risk_sets
from durata.terms import factor, interaction, offset, strata, transform

TWELVE = [3.0, 4, 4, 5, 6, 7, 8, 8, 9, 11, 12, 14]
EVENT = [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1]
AGE = [61.0, 55, 70, 48, 66, 59, 44, 71, 52, 63, 57, 50]
GROUP = list("aababbabbaab")


def people(
    time: list[float] = TWELVE,
    event: list[int] = EVENT,
    *,
    group: list[str] | None = None,
    weights: Weights | None = None,
    entry: list[float] | None = None,
    person: list[int] | None = None,
    levels: list[str] | None = None,
    **columns: list[Any],
) -> Cohort:
    covariates: dict[str, Column] = {
        name: categorise(values) if any(isinstance(v, str) for v in values) else np.array(values, dtype=float)
        for name, values in columns.items()
    }
    return Cohort(
        person=np.arange(len(time)) if person is None else np.array(person),
        exit=np.array(time, dtype=float),
        event=np.array(event) == 1,
        entry=None if entry is None else np.array(entry, dtype=float),
        group=None if group is None else categorise(group, levels),
        weights=weights,
        covariates=covariates,
    )


def test_nobody_has_the_event() -> None:
    with pytest.raises(CannotEstimate, match="Nobody in the cohort has the event"):
        cox(people(event=[0] * 12, age=AGE), ["age"])


def test_the_kernel_says_no_events_by_having_no_risk_sets() -> None:
    assert order_risk_sets(np.array([1.0, 2.0]), np.array([False, False])) is None


def test_one_event() -> None:
    effects = cox(people(event=[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], age=AGE), ["age"])
    assert effects.n_events == 1
    assert np.isfinite(effects.std_error).all()


def test_the_last_person_alone_has_the_event() -> None:
    cohort = people(event=[0] * 11 + [1], age=AGE)
    with pytest.raises(CannotEstimate, match="'age' is the same for everybody who is at risk when somebody has"):
        cox(cohort, ["age"])


def test_everybody_has_the_event_at_the_same_time() -> None:
    cohort = people(time=[5.0] * 12, event=[1] * 12, age=AGE)
    breslow = cox(cohort, ["age"], ties="breslow")
    # Breslow compares the mean of all with the mean of all: the score is zero at zero.
    assert breslow.estimate[0] == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(breslow.concordance)
    assert "N14" in [note.code for note in breslow.notes]
    with pytest.raises(CannotEstimate, match="no pairs"):
        concordance(cohort, breslow)
    with pytest.raises(CannotEstimate, match="same time"):
        proportional_hazards_test(cohort, breslow)


def test_a_covariate_that_separates_those_with_the_event() -> None:
    cohort = people(marker=[9.0 if e else 1.0 + i / 100 for i, e in enumerate(EVENT)], age=AGE)
    with pytest.raises(CannotEstimate, match=r"'marker' separates .* to infinity .*Firth") as refused:
        cox(cohort, ["age", "marker"])
    assert "'age'" not in str(refused.value)


def test_a_two_valued_number_without_events_at_one_value_is_named() -> None:
    cohort = people(marker=[9e8 if e else 1e8 for e in EVENT], age=AGE)
    with pytest.raises(CannotEstimate, match=r"None of the 4 rows with marker = 1e\+08 has the event.* infinity"):
        cox(cohort, ["age", "marker"])


def test_separation_by_two_columns_together() -> None:
    # Each alone has exceptions; their sum has none.
    rng = np.random.default_rng(6)
    first = rng.normal(size=12)
    cohort = people(first=first.tolist(), second=[3.0 * e - f for e, f in zip(EVENT, first, strict=True)])
    with pytest.raises(CannotEstimate, match=r"'first', 'second' separate those .* coefficients run to infinity"):
        cox(cohort, ["first", "second"])


@pytest.mark.parametrize("ties", ["efron", "breslow", "exact"])
def test_a_level_without_events_is_named(ties: Any) -> None:
    group = ["c" if e == 0 else g for g, e in zip(GROUP, EVENT, strict=True)]
    cohort = people(group=group, age=AGE)
    with pytest.raises(CannotEstimate, match=r"None of the 4 rows with group = c has the event.*zero.*Firth"):
        cox(cohort, ["group", "age"], ties=ties)


def test_the_reference_level_without_events_is_named() -> None:
    group = ["c" if e == 0 else g for g, e in zip(GROUP, EVENT, strict=True)]
    with pytest.raises(CannotEstimate, match="group = c, the level the others are compared with, has the event"):
        cox(people(group=group), [factor("group", reference="c")])


def test_a_level_without_anybody_is_dropped_with_a_note() -> None:
    effects = cox(people(group=GROUP, levels=["a", "x", "b"]), ["group"])
    assert [term.name for term in effects.terms] == ["group: b"]
    assert [note.message for note in effects.notes] == ["Nobody has group = x; the level is left out of the model."]


def test_everybody_in_one_level() -> None:
    with pytest.raises(CannotEstimate, match="Everybody has group = a"):
        cox(people(group=["a"] * 12), ["group"])


def test_one_column_is_the_sum_of_two_others() -> None:
    size = [float(x) for x in range(12)]
    cohort = people(age=AGE, size=size, total=[a + s for a, s in zip(AGE, size, strict=True)], other=AGE[::-1])
    with pytest.raises(CannotEstimate, match="collinear") as refused:
        cox(cohort, ["age", "size", "total", "other"])
    assert all(repr(name) in str(refused.value) for name in ("age", "size", "total"))
    assert "'other'" not in str(refused.value)


def test_a_column_that_does_not_vary() -> None:
    with pytest.raises(CannotEstimate, match="'same' is the same for everybody"):
        cox(people(age=AGE, same=[7.0] * 12), ["age", "same"])


def test_a_column_that_varies_only_between_strata() -> None:
    cohort = people(group=GROUP, age=AGE, arm=[1.0 if g == "a" else 2.0 for g in GROUP])
    with pytest.raises(CannotEstimate, match="in the same stratum"):
        cox(cohort, ["age", "arm", strata("group")])


def test_missing_values_are_left_out_and_counted() -> None:
    age = [*AGE]
    age[2] = float("nan")
    effects = cox(people(age=age), ["age"])
    kept = [i for i in range(12) if i != 2]
    without = cox(people([TWELVE[i] for i in kept], [EVENT[i] for i in kept], age=[AGE[i] for i in kept]), ["age"])
    assert (effects.n, effects.n_left_out) == (11, 1)
    assert effects.estimate[0] == pytest.approx(without.estimate[0], rel=1e-12)
    assert "1 row(s) with a missing value" in effects.notes[0].message


def test_every_row_has_a_missing_value() -> None:
    with pytest.raises(CannotEstimate, match="Nobody is left"):
        cox(people(age=[float("nan")] * 12), ["age"])


def test_an_infinite_value_and_the_log_of_zero() -> None:
    with pytest.raises(CannotEstimate, match=r"Row 1: age has no finite value \(age = inf\)"):
        cox(people(age=[float("inf"), *AGE[1:]]), ["age"])
    with pytest.raises(CannotEstimate, match=r"Row 3: log\(age\) has no finite value \(age = 0\)"):
        cox(people(age=[*AGE[:2], 0.0, *AGE[3:]]), [transform("age", "log")])


def test_people_of_weight_zero_are_not_there() -> None:
    weights = np.array([1.0] * 10 + [0.0, 0.0])
    effects = cox(people(age=AGE, weights=Weights(weights, "sampling")), ["age"], robust=False)
    without = cox(people(TWELVE[:10], EVENT[:10], age=AGE[:10]), ["age"])
    assert (effects.n, effects.n_events, effects.n_left_out) == (10, without.n_events, 0)
    assert effects.estimate[0] == pytest.approx(without.estimate[0], rel=1e-12)
    assert effects.covariance[0, 0] == pytest.approx(without.covariance[0, 0], rel=1e-12)


def test_covariates_on_a_huge_and_a_tiny_scale() -> None:
    plain = cox(people(age=AGE, size=AGE[::-1]), ["age", "size"])
    scaled = cox(people(age=[1e8 * a for a in AGE], size=[1e-8 * a for a in AGE[::-1]]), ["age", "size"])
    assert scaled.estimate * np.array([1e8, 1e-8]) == pytest.approx(plain.estimate, rel=1e-9)
    assert scaled.statistic == pytest.approx(plain.statistic, rel=1e-9)


def test_a_covariate_far_from_zero() -> None:
    plain, shifted = cox(people(age=AGE), ["age"]), cox(people(age=[1e9 + a for a in AGE]), ["age"])
    assert shifted.estimate == pytest.approx(plain.estimate, rel=1e-6)


def test_more_coefficients_than_events() -> None:
    # Two deaths, three columns, each death in the middle of those at risk.
    cohort = people(
        [1.0, 1, 1, 1, 1, 1, 1, 1],
        [1, 1, 0, 0, 0, 0, 0, 0],
        x=[0.1, -0.1, 1, -1, 0, 0, 0, 0],
        y=[0.1, -0.1, 0, 0, 1, -1, 0, 0],
        z=[0.1, 0.1, 0, 0, 0, 0, 1, -1],
    )
    effects = cox(cohort, ["x", "y", "z"])
    assert [note.code for note in effects.notes] == ["N13"]


def test_the_event_of_one_is_the_entry_of_another() -> None:
    late = people([5.0, 9, 8, 7], [1, 1, 1, 0], entry=[0.0, 5.0, 0.0, 0.0], x=[1.0, 0.0, 2.0, 0.5])
    later = people([5.0, 9, 8, 7], [1, 1, 1, 0], entry=[0.0, 5.5, 0.0, 0.0], x=[1.0, 0.0, 2.0, 0.5])
    assert cox(late, ["x"]).estimate == pytest.approx(cox(later, ["x"]).estimate, rel=1e-12)


def test_a_stratum_without_events_changes_nothing() -> None:
    base = cox(people(group=GROUP, age=AGE), ["age", strata("group")])
    cohort = people([*TWELVE, 4.0, 6.0], [*EVENT, 0, 0], group=[*GROUP, "z", "z"], age=[*AGE, 30.0, 90.0])
    more = cox(cohort, ["age", strata("group")])
    assert more.estimate == pytest.approx(base.estimate, rel=1e-12)
    assert more.concordance == pytest.approx(base.concordance, rel=1e-12)
    assert [stretch.group for stretch in baseline_hazard(cohort, more).stretches] == ["a", "b", "z"]
    assert baseline_hazard(cohort, more).group("z").estimate.tolist() == [0.0, 0.0]


def test_persons_with_several_rows_are_clustered_by_person() -> None:
    cohort = people(
        [2.0, 5, 3, 6, 4, 9, 8, 7],
        [0, 1, 0, 1, 0, 1, 0, 1],
        entry=[0.0, 2, 0, 3, 0, 4, 0, 0],
        person=[0, 0, 1, 1, 2, 2, 3, 4],
        x=[1.0, 2, 0, 3, 2, 1, 1, 0.5],
    )
    effects = cox(cohort, ["x"], robust=True)
    assert (effects.n, effects.n_people, effects.n_events) == (8, 5, 4)
    assert effects.settings["cluster"] == "person"
    score = residuals(cohort, effects, "score").values[:, 0]
    by_person = np.bincount(cohort.person, score)
    expected = np.sum((by_person * effects.model_covariance[0, 0]) ** 2)
    assert effects.covariance[0, 0] == pytest.approx(expected, rel=1e-10)


def test_a_missing_cluster_is_left_out() -> None:
    effects = cox(people(age=AGE, centre=[1.0, 1, 2, 2, 3, 3, 4, 4, 5, 5, float("nan"), 6]), ["age"], cluster="centre")
    assert (effects.n, effects.n_left_out) == (11, 1)


def test_fewer_clusters_than_coefficients() -> None:
    cohort = people(age=AGE, size=AGE[::-1], other=GROUP, centre=[1.0, 2.0] * 6)
    effects = cox(cohort, ["age", "size", "other"], cluster="centre")
    assert "wald" not in effects.tests
    assert "N15" in [note.code for note in effects.notes]


def test_sampling_weights_get_the_robust_variance_unless_refused() -> None:
    weights = Weights(np.linspace(0.5, 2.0, 12), "sampling")
    assert cox(people(age=AGE, weights=weights), ["age"]).robust
    assert not cox(people(age=AGE, weights=weights), ["age"], robust=False).robust
    assert not cox(people(age=AGE, weights=Weights(np.ones(12), "sampling")), ["age"]).robust


def test_frequency_weights_that_change_within_a_person() -> None:
    cohort = people(
        [2.0, 5, 6, 7],
        [0, 1, 1, 0],
        entry=[0.0, 2, 0, 0],
        person=[0, 0, 1, 2],
        x=[1.0, 2, 0, 3],
        weights=Weights(np.array([1.0, 2, 1, 1]), "frequency"),
    )
    with pytest.raises(CannotEstimate, match="changes within a person"):
        cox(cohort, ["x"], robust=True)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (["nobody"], "no column 'nobody'"),
        ("age", r"as a list: \['age'\]"),
        ([], "name at least one term"),
        ([strata("group")], "at least one term"),
        (["age", "age"], "given twice"),
        (["age", interaction("age", "group")], "needs 'group' as a term"),
        (["age", "group", strata("group")], "both a term and strata"),
        ([transform("group", "log")], "categories, not numbers"),
        ([offset("group"), "age"], "categories, not numbers"),
        ([factor("group", reference="z")], "Reference 'z' is not a level"),
        ([3], "A term is a column name"),
    ],
)
def test_terms_that_cannot_be(terms: Any, words: str) -> None:
    with pytest.raises(CannotEstimate, match=words):
        cox(people(group=GROUP, age=AGE), terms)


def test_settings_that_cannot_be() -> None:
    cohort = people(age=AGE, weights=Weights(np.linspace(0.5, 2.0, 12), "sampling"))
    for asked, words in [
        ({"ties": "random"}, "no method 'random'"),
        ({"conf_level": 95}, "between 0 and 1"),
        ({"ties": "exact"}, "exact likelihoods for ties"),
        ({"cluster": "person", "robust": False}, "leave out robust=False"),
    ]:
        with pytest.raises(CannotEstimate, match=words):
            cox(cohort, ["age"], **asked)  # type: ignore[arg-type]
    for function, per, words in [("sqrt", 1.0, "no transform 'sqrt'"), ("scale", 0.0, "positive number")]:
        with pytest.raises(CannotEstimate, match=words):
            transform("age", function, per=per)  # type: ignore[arg-type]


def test_names_of_terms() -> None:
    cohort = people(group=GROUP, age=AGE, size=AGE[::-1])
    effects = cox(cohort, ["group", "age", transform("size", "scale", per=10), interaction("group", "age")])
    assert [term.name for term in effects.terms] == ["group: b", "age", "size per 10", "group: b × age"]
    first, last = effects.terms[0], effects.terms[-1]
    assert (first.variable, first.level, first.reference) == ("group", "b", "a")
    assert (last.variable, last.level, last.reference) == ("group × age", "b", "a")


def test_an_interaction_of_two_factors_has_every_pair_of_levels() -> None:
    rng = np.random.default_rng(3)
    other = list("xyyzxyxzzxyz")
    time = rng.exponential(size=120).tolist()
    cohort = people(time, [1] * 120, group=GROUP * 10, other=other * 10)
    effects = cox(cohort, ["group", "other", interaction("group", "other")])
    names = [term.name for term in effects.terms]
    assert names == ["group: b", "other: y", "other: z", "group: b × other: y", "group: b × other: z"]
    x = effects.design.matrix(cohort)
    assert np.array_equal(x[:, 3], x[:, 0] * x[:, 1])
    assert np.array_equal(x[:, 4], x[:, 0] * x[:, 2])


def test_a_cohort_that_is_not_the_one_fitted() -> None:
    effects = cox(people(age=AGE), ["age"])
    with pytest.raises(CannotEstimate, match="not the cohort the model was fitted to"):
        residuals(people(TWELVE[:9], EVENT[:9], age=AGE[:9]), effects, "martingale")


def test_new_people_who_cannot_be_predicted() -> None:
    cohort = people(group=GROUP, age=AGE)
    effects = cox(cohort, ["group", "age"])
    for new, words in [
        ({"age": [50]}, "Give a value for 'group'"),
        ({"age": [50], "group": ["c"]}, "'c'"),
        ({"age": [float("nan")], "group": ["a"]}, "missing"),
        ({"age": [50, 60], "group": ["a"]}, "same number of values"),
    ]:
        with pytest.raises(CannotEstimate, match=words):
            predicted_survival(cohort, effects, new)  # type: ignore[arg-type]
    ours = linear_predictor(cohort, effects, {"age": [50.0], "group": ["b"]})
    assert ours.estimate[0] == pytest.approx(effects.estimate @ [1.0, 50.0])


def test_models_that_are_not_nested() -> None:
    size = AGE[::-1]
    cohort = people(age=AGE, size=size)
    age, both = cox(cohort, ["age"]), cox(cohort, ["age", "size"])
    assert likelihood_ratio_test(age, both).df == 1
    fewer = cox(people(TWELVE[:10], EVENT[:10], age=AGE[:10], size=size[:10]), ["age", "size"])
    for smaller, larger, words in [
        (cox(cohort, ["size"]), age, "'size' only in the smaller"),
        (age, age, "no term of its own"),
        (age, fewer, "same rows"),
        (cox(cohort, ["age"], ties="breslow"), both, "same way"),
        (cox(cohort, ["age"], robust=True), both, "robust"),
    ]:
        with pytest.raises(CannotEstimate, match=words):
            likelihood_ratio_test(smaller, larger)


def test_weights_that_need_everybody_from_the_beginning() -> None:
    cohort = people(age=AGE, entry=[0.0] * 6 + [2.0] * 6)
    with pytest.raises(CannotEstimate, match="from time zero"):
        concordance(cohort, cox(cohort, ["age"]), weight="n/G2")


def test_an_event_at_time_zero_counts_but_has_no_log_time() -> None:
    cohort = people([0.0, *TWELVE[1:]], EVENT, age=AGE)
    effects = cox(cohort, ["age"])
    assert effects.n_events == sum(EVENT)
    with pytest.raises(CannotEstimate, match="no log time"):
        proportional_hazards_test(cohort, effects, transform="log")


def test_everybody_there_at_first_dies_before_the_others_come() -> None:
    # The Kaplan-Meier curve is 0 from time 2 on: as a function of time it tells those later events from nothing.
    cohort = people([2.0, 5, 6, 7, 8], [1, 1, 1, 1, 0], entry=[0.0, 3, 3, 3, 3], age=[50.0, 60, 45, 70, 52])
    effects = cox(cohort, ["age"])
    for row in proportional_hazards_test(cohort, effects, transform="km").rows():
        assert row["statistic"] is None
        assert row["p_value"] is None
        assert "too few events" in row["note"]
    assert all(
        row["p_value"] is not None for row in proportional_hazards_test(cohort, effects, transform="rank").rows()
    )
    with pytest.raises(CannotEstimate, match="Kaplan-Meier curve is 0"):
        concordance(cohort, effects, weight="S")


def test_exact_ties_have_no_score_residuals() -> None:
    cohort = people(age=AGE)
    effects = cox(cohort, ["age"], ties="exact")
    with pytest.raises(CannotEstimate, match="exact likelihoods for ties"):
        proportional_hazards_test(cohort, effects)
    with pytest.raises(CannotEstimate, match="no score residuals"):
        residuals(cohort, effects, "score")
    assert residuals(cohort, effects, "martingale").values.sum() == pytest.approx(0.0, abs=1e-10)


def test_values_that_differ_by_rounding_are_ties() -> None:
    whole = cox(people([time / 10 for time in TWELVE], age=AGE), ["age"])
    rounded = cox(people([time / 10 * (1 + 1e-13 * (i % 3)) for i, time in enumerate(TWELVE)], age=AGE), ["age"])
    assert rounded.estimate == pytest.approx(whole.estimate, rel=1e-12)


def test_results_hold_no_rows() -> None:
    effects = cox(people(age=AGE, group=GROUP), ["age", "group"])
    sizes = [np.size(value) for value in vars(effects).values() if isinstance(value, np.ndarray)]
    assert max(sizes) <= 4
    assert not any(isinstance(value, (np.ndarray, Category, Cohort)) for value in effects.settings.values())


def test_a_fit_that_fails_is_said_so_by_the_kernel() -> None:
    order = order_risk_sets(np.array([1.0, 2.0, 3.0]), np.array([True, True, False]))
    assert order is not None
    separated = fit_cox(order, np.array([[3.0], [2.0], [1.0]]))
    assert separated.status.name == "SEPARATION"
    assert separated.involved.tolist() == [True]
    assert fit_cox(order, np.ones((3, 1))).status.name == "COLLINEAR"
