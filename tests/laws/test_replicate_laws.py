"""Replicates: counts are drawn rows, the fast way is the slow one, and numbers depend on the seed alone."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from durata.cohort import Cohort
from durata.designs.catalogue import DESIGNS
from durata.door import cohort_from_arrays
from durata.estimate.analysis import Analysis
from durata.estimate.bootstrap import Replicated, bootstrap, jackknife
from durata.estimate.cox import cox
from durata.estimate.curves import kaplan_meier
from durata.estimate.exchange import permutation_test
from durata.estimate.plan import BY_GROUP, answers_for
from durata.estimate.quantities import quantities
from durata.estimate.replicated_cox import CoxModel, fast_form, fast_replicates
from durata.estimate.replicates import Draws, OfCohort, OfStudy, replicated
from durata.estimate.tests import log_rank
from durata.examples import example
from durata.finding import CannotEstimate
from durata.kernels.arrays import IntArray
from durata.records.flow import Flow
from durata.records.reading import read_records
from durata.records.records import Records
from durata.study.file import read_study
from durata.study.types import Study
from durata.weighting.baseline_weights import drawn_people, weigh, written_out


@cache
def stanford() -> tuple[Study, Records]:
    study = read_study(example("stanford"))
    return study, read_records(study)


def drawn_records(records: Records, counts: IntArray) -> Records:
    """The records with each patient as often as drawn, every copy a patient of its own."""
    rows = np.repeat(np.arange(len(records)), counts)
    return replace(
        records,
        identifiers=tuple(f"P{place}" for place in range(len(rows))),
        row=records.row[rows],
        dates={name: column[rows] for name, column in records.dates.items()},
        numbers={name: column[rows] for name, column in records.numbers.items()},
        categories={name: column[rows] for name, column in records.categories.items()},
        flow=Flow.start("drawn", len(rows)),
        read_as=None,
    )


def counts_of(seed: int, n: int) -> IntArray:
    return np.bincount(np.random.default_rng(seed).integers(0, n, n), minlength=n).astype(np.intp)


def sorted_rows(cohort: Cohort) -> np.ndarray:
    """The rows of a cohort as numbers, in an order that does not depend on how people are numbered."""
    group = cohort.group
    assert group is not None
    columns = [cohort.exit, cohort.event, group.codes, np.zeros(len(cohort)) if cohort.entry is None else cohort.entry]
    columns += [c for c in cohort.covariates.values() if isinstance(c, np.ndarray)]
    table = np.column_stack(columns).astype(float)
    return table[np.lexsort(table.T)]


@pytest.mark.parametrize("design", list(DESIGNS))
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_counts_are_drawn_rows_with_identities_of_their_own(design: str, seed: int) -> None:
    study, records = stanford()
    outcome = next(iter(study.outcomes))
    counts = counts_of(seed, len(records))
    by_counts = DESIGNS[design].build(study, records, outcome, counts=counts)
    by_rows = DESIGNS[design].build(study, drawn_records(records, counts), outcome)
    assert by_counts.weights is not None
    assert by_counts.weights.kind == "frequency"
    np.testing.assert_array_equal(sorted_rows(written_out(by_counts)), sorted_rows(by_rows))
    assert written_out(by_counts).n_people == by_rows.n_people
    for estimator in (
        lambda cohort: kaplan_meier(cohort, by="group").at([50, 200], extend=True),
        lambda cohort: cox(cohort, ["group"]),
    ):
        try:
            wanted = quantities(estimator(by_rows))
        except CannotEstimate:
            with pytest.raises(CannotEstimate):
                estimator(by_counts)
            continue
        found = quantities(estimator(by_counts))
        assert found.keys() == wanted.keys()
        np.testing.assert_allclose(list(found.values()), list(wanted.values()), rtol=1e-9, atol=1e-12)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_answers_with_counts_are_the_answers_of_the_drawn_patients(seed: int) -> None:
    study, records = stanford()
    outcome = next(iter(study.outcomes))
    counts = counts_of(seed, len(records))
    by_counts, by_rows = answers_for(study, records, counts), answers_for(study, drawn_records(records, counts))
    for design in DESIGNS:
        for one in (
            Analysis(design, outcome, "log_rank"),
            Analysis(design, outcome, "cox", (("terms", ("group", "age")),)),
            Analysis(design, outcome, "baseline", (*BY_GROUP, ("covariates", ("age",)))),
        ):
            first, second = by_counts.ask(one), by_rows.ask(one)
            assert type(first) is type(second), one
            if type(second).__name__ in ("Effects", "Test"):
                np.testing.assert_allclose(
                    list(quantities(first).values()), list(quantities(second).values()), rtol=1e-9, atol=1e-12
                )


def some_cohort(n: int = 60, seed: int = 0, *, entry: bool = False) -> Cohort:
    random = np.random.default_rng(seed)
    group = np.array(["short", "middle", "long"])[random.integers(0, 3, n)]
    start = np.round(random.exponential(5, n), 1)
    return cohort_from_arrays(
        time=start + np.ceil(random.exponential(20, n)),
        event=random.random(n) < 0.6,
        entry=start if entry else None,
        group=group,
        covariates={
            "x": random.normal(size=n),
            "sex": np.where(random.random(n) < 0.4, "f", "m"),
            "seldom": np.where(random.random(n) < 0.05, 1.0, 0.0),
            "gap": np.where(random.random(n) < 0.1, np.nan, random.normal(size=n)),
        },
    )


def slowly(terms: tuple[str, ...], ties: str) -> Any:
    """The same model as a function nobody recognises."""
    return lambda people: cox(people, terms, ties=ties)  # type: ignore[arg-type]


@pytest.mark.parametrize("entry", [False, True])
@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("terms", [("x", "group"), ("seldom", "sex"), ("gap", "group", "sex")])
def test_fast_cox_is_the_slow_one(terms: tuple[str, ...], ties: str, entry: bool) -> None:
    cohort = some_cohort(entry=entry)
    question = OfCohort.of(cohort, CoxModel(terms, ties), (), None)
    fast = fast_form(question)
    assert fast is not None
    draws = Draws(question.n, None, 5, 60)
    quick = fast_replicates(fast, draws, range(60))
    slow = replicated(question, draws, range(60), workers=1, backend="serial")
    assert len(quick) > 20
    for number, numbers in quick.items():
        wanted = slow[number]
        assert not isinstance(wanted, str), (number, wanted)
        assert list(numbers) == list(wanted)
        np.testing.assert_allclose(list(numbers.values()), list(wanted.values()), rtol=1e-8, atol=1e-8)
    # what the fast way leaves is answered in full by bootstrap, so that the two agree in everything
    whole = bootstrap(cohort, CoxModel(terms, ties), replicates=60, seed=5)
    plain = bootstrap(cohort, slowly(terms, ties), replicates=60, seed=5)
    assert whole.failures == plain.failures
    np.testing.assert_array_equal(whole.drawn, plain.drawn)
    np.testing.assert_allclose(whole.values, plain.values, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("design", ["observed_from_start", "observed_from_end", "delayed_entry"])
def test_fast_cox_of_a_study_is_the_slow_one(design: str) -> None:
    study, records = stanford()
    outcome = next(iter(study.outcomes))
    analysis = Analysis(design, outcome, "cox", (("terms", ("group", "age")), ("ties", "efron")))
    question = OfStudy.of(study, records, analysis, (), None)
    fast = fast_form(question)
    assert fast is not None
    draws = Draws(question.n, None, 2, 40)
    quick = fast_replicates(fast, draws, range(40))
    slow = replicated(question, draws, range(40), workers=1, backend="serial")
    assert len(quick) > 20
    for number, numbers in quick.items():
        wanted = slow[number]
        assert not isinstance(wanted, str)
        np.testing.assert_allclose([numbers[key] for key in wanted], list(wanted.values()), rtol=1e-8, atol=1e-8)


def test_what_must_be_coded_again_has_no_fast_way() -> None:
    study, records = stanford()
    outcome = next(iter(study.outcomes))
    changing = Analysis("time_dependent", outcome, "cox", (("terms", ("group",)),))
    assert fast_form(OfStudy.of(study, records, changing, (), None)) is None
    screened = Analysis(
        "delayed_entry", outcome, "cox", (("terms", ("group",)), ("candidates", ("age",)), ("screen_p", 0.1))
    )
    assert fast_form(OfStudy.of(study, records, screened, (), None)) is None
    weighted = Analysis(
        "delayed_entry", outcome, "cox", (("terms", ("group",)), ("estimand", "overlap"), ("weigh_by", ("age",)))
    )
    assert fast_form(OfStudy.of(study, records, weighted, (), None)) is None


def same(first: Replicated, second: Replicated) -> None:
    np.testing.assert_array_equal(first.values, second.values)
    np.testing.assert_array_equal(first.drawn, second.drawn)
    assert first.failures == second.failures
    assert first.rows() == second.rows()


def weighted_ratio(cohort: Cohort) -> Any:
    return cox(weigh(cohort, ["x", "sex"]), ["group"])


def test_numbers_do_not_depend_on_workers() -> None:
    cohort = some_cohort(40)
    one = bootstrap(cohort, weighted_ratio, replicates=35, seed=9, workers=1)
    same(one, bootstrap(cohort, weighted_ratio, replicates=35, seed=9, workers=2))
    same(one, bootstrap(cohort, weighted_ratio, replicates=35, seed=9, backend="serial"))
    more = bootstrap(cohort, weighted_ratio, replicates=50, seed=9, workers=1)
    np.testing.assert_array_equal(more.values[: len(one.values)], one.values)  # a longer run begins as the shorter one
    assert not np.array_equal(one.values, bootstrap(cohort, weighted_ratio, replicates=35, seed=10, workers=1).values)


def test_weights_are_estimated_again_in_every_draw() -> None:
    cohort = some_cohort(50)
    fixed = weigh(cohort, ["x"])
    assert fixed.weights is not None
    again = bootstrap(cohort, lambda people: cox(weigh(people, ["x"]), ["group"]), replicates=20, seed=4)
    kept = bootstrap(fixed, lambda people: cox(people, ["group"]), replicates=20, seed=4)
    np.testing.assert_allclose(again.estimate, kept.estimate, rtol=1e-10)
    assert np.all(np.abs(again.values - kept.values) > 1e-9)
    counts = Draws(50, None, 4, 20).counts([0])[0]
    by_hand = cox(weigh(drawn_people(cohort, counts), ["x"]), ["group"])
    np.testing.assert_allclose(again.values[0], by_hand.estimate, rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(n=st.integers(2, 15), seed=st.integers(0, 1000))
def test_jackknife_of_a_mean_is_its_standard_error(n: int, seed: int) -> None:
    time = np.random.default_rng(seed).exponential(10, n) + 0.1
    cohort = cohort_from_arrays(time=time, event=np.ones(n))
    row = jackknife(cohort, lambda people: float(people.exit.mean())).rows()[0]
    assert row["std_error"] == pytest.approx(time.std(ddof=1) / np.sqrt(n), rel=1e-9)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 1000))
def test_limits_move_with_a_scale_and_bca_with_any_increasing_change(seed: int) -> None:
    cohort = some_cohort(25, seed)

    def of(change: Any, interval: Any) -> dict[str, Any]:
        return bootstrap(
            cohort, lambda people: float(change(people.exit.mean())), replicates=39, seed=seed, interval=interval
        ).rows()[0]

    for interval in ("percentile", "basic"):
        plain, scaled = of(lambda value: value, interval), of(lambda value: 3 * value - 1, interval)
        assert scaled["conf_low"] == pytest.approx(3 * plain["conf_low"] - 1, rel=1e-9)
        assert scaled["conf_high"] == pytest.approx(3 * plain["conf_high"] - 1, rel=1e-9)
    assert of(lambda value: -value, "percentile")["conf_low"] == pytest.approx(
        -of(lambda value: value, "percentile")["conf_high"], rel=1e-9
    )


def test_people_with_several_rows_are_drawn_whole() -> None:
    cohort = cohort_from_arrays(
        time=[3, 5, 4, 9, 2], event=[0, 1, 0, 1, 1], entry=[0, 3, 0, 4, 0], person=["a", "a", "b", "b", "c"]
    )

    def whole(people: Cohort) -> float:
        for person in np.unique(people.person):
            assert people.exit[people.person == person].tolist() in ([3, 5], [4, 9], [2])
        return float(people.n_people)

    found = bootstrap(cohort, whole, replicates=40, seed=1)
    assert set(found.values.ravel()) == {3.0}


def test_drawn_within_a_category() -> None:
    cohort = some_cohort(40)

    def sizes(people: Cohort) -> dict[str, float]:
        assert people.group is not None
        return {name: float(np.sum(people.group.codes == k)) for k, name in enumerate(people.group.levels)}

    found = bootstrap(cohort, sizes, replicates=20, seed=1, within="group")
    np.testing.assert_array_equal(found.values, np.tile(found.estimate, (20, 1)))
    assert bootstrap(cohort, sizes, replicates=20, seed=1).values.std(axis=0).min() > 0


def test_permutation_of_the_log_rank_nears_its_chi_square() -> None:
    cohort = some_cohort(80, 3)
    exact = log_rank(cohort, by="group")
    test = permutation_test(cohort, lambda people: log_rank(people, by="group"), replicates=300, seed=2)
    assert test.statistic == exact.statistic
    assert abs(test.p_value - exact.p_value) < 0.1
