"""Baseline weights by hand: small tables, refusals, the generalised propensity, the multinomial kernel beside an oracle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from durata.category import Category
from durata.cohort import Cohort, Weights
from durata.door import cohort_from_arrays
from durata.estimate.balance import balance_table, positivity_table, weight_table
from durata.estimate.bootstrap import bootstrap, jackknife
from durata.estimate.cox import cox
from durata.estimate.exchange import permutation_test
from durata.finding import CannotEstimate
from durata.kernels.multinomial import fit_multinomial
from durata.kernels.newton import Status
from durata.kernels.resampled_limits import bca_limits
from durata.weighting.baseline_weights import weigh, written_out
from durata.weighting.duration_weights import weigh_duration
from durata.weighting.propensity import propensity


def cohort_of(n: int = 90, seed: int = 1, k: int = 3, **more: Any) -> Cohort:
    random = np.random.default_rng(seed)
    x, z = random.normal(size=n), random.normal(size=n)
    score = np.column_stack([0.8 * j * x - 0.3 * j * z for j in range(k)]) + random.gumbel(size=(n, k))
    return cohort_from_arrays(
        time=random.exponential(10, n) + 0.01,
        event=random.random(n) < 0.7,
        group=[f"g{code}" for code in score.argmax(axis=1)],
        covariates={"x": x, "z": z, "sex": np.where(random.random(n) < 0.5, "f", "m"), **more},
    )


def values(cohort: Cohort) -> np.ndarray:
    assert cohort.weights is not None
    return cohort.weights.values


# a table of 2 x 3 counts: old or not by group; the propensity is the plain share of each group among the old and the young
COUNTS = {("young", "a"): 6, ("young", "b"): 3, ("young", "c"): 1, ("old", "a"): 2, ("old", "b"): 4, ("old", "c"): 4}


def table() -> Cohort:
    age, group = zip(*[key for key, n in COUNTS.items() for _ in range(n)], strict=True)
    return cohort_from_arrays(time=np.arange(1, 21), event=[1] * 20, group=group, covariates={"age": list(age)})


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"estimand": "ate"}, {("young", "c"): 10.0, ("old", "a"): 5.0}),
        ({"estimand": "ate", "stabilised": True}, {("young", "c"): 10 * 5 / 20, ("old", "a"): 5 * 8 / 20}),
        ({"estimand": "att", "target": "c"}, {("young", "a"): 1 / 6, ("old", "b"): 1.0, ("old", "c"): 1.0}),
        ({"estimand": "matching"}, {("young", "a"): 1 / 6, ("young", "c"): 1.0, ("old", "b"): 0.5}),
        # h = 1 / (10/6 + 10/3 + 10) = 1/15 for the young, 1 / (5 + 2.5 + 2.5) = 1/10 for the old
        ({"estimand": "overlap"}, {("young", "c"): 10 / 15, ("young", "a"): 10 / 6 / 15, ("old", "b"): 0.25}),
    ],
)
def test_weights_of_a_table(how: dict[str, Any], expected: dict[tuple[str, str], float]) -> None:
    weighed = weigh(table(), ["age"], **how)
    age, group = weighed.category("age"), weighed.category("group")
    for (years, arm), value in expected.items():
        chosen = (age.codes == age.levels.index(years)) & (group.codes == group.levels.index(arm))
        np.testing.assert_allclose(values(weighed)[chosen], value, rtol=1e-9)
    # a saturated model balances exactly, whatever the estimand
    after = [row["estimate"] for row in balance_table(weighed, ["age"]).rows() if row["method"] == "weighted"]
    np.testing.assert_allclose(after, 0.0, atol=1e-9)


def test_effective_size_and_share_by_hand() -> None:
    rows = {
        (row["group"], row["term"]): row["estimate"]
        for row in weight_table(weigh(table(), ["age"], estimand="ate")).rows()
    }
    # group c: one weight of 10, four of 2.5
    assert rows["c", "people"] == 5
    assert rows["c", "effective sample size"] == pytest.approx(20**2 / (100 + 4 * 6.25))
    assert rows["c", "share of the largest 5%"] == pytest.approx(0.5)  # one of five is at least 5 %
    assert rows["all", "sum of weights"] == pytest.approx(60)


def test_positivity_by_hand() -> None:
    found = {
        (row["group"], row["term"]): row["estimate"]
        for row in positivity_table(propensity(table(), ["age"]), below=0.15).rows()
    }
    assert found["c", "least chance"] == pytest.approx(0.1)
    assert found["c", "share below the limit"] == pytest.approx(0.5)
    assert found["a", "share below the limit"] == 0


@pytest.mark.parametrize("k", [2, 3, 4])
def test_multinomial_beside_statsmodels(k: int) -> None:
    cohort = cohort_of(200, 3, k)
    model = propensity(cohort, ["x", "z", "sex"])
    assert cohort.group is not None
    sex = cohort.category("sex").codes
    design = sm.add_constant(np.column_stack([cohort.column("x"), cohort.column("z"), sex]))
    oracle = sm.MNLogit(cohort.group.codes, design).fit(disp=0, method="newton", tol=1e-14, maxiter=200)
    np.testing.assert_allclose(model.coefficients, oracle.params.T, rtol=1e-7, atol=1e-9)
    assert model.log_likelihood == pytest.approx(oracle.llf, rel=1e-10)
    assert model.log_likelihood_null == pytest.approx(oracle.llnull, rel=1e-10)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.sampled_from([1e-6, 1.0, 1e8]), shift=st.sampled_from([0.0, 1e3]))
def test_chances_do_not_depend_on_units_or_the_order_of_groups(seed: int, scale: float, shift: float) -> None:
    random = np.random.default_rng(seed)
    x = random.normal(size=(60, 2))
    group = random.integers(0, 3, 60)
    plain = fit_multinomial(group, x, 3)
    if plain.status != Status.CONVERGED:
        return
    moved = fit_multinomial(group, (x + shift) * scale, 3)
    np.testing.assert_allclose(moved.probability, plain.probability, rtol=1e-6, atol=1e-9)
    turned = fit_multinomial((group + 1) % 3, x, 3)
    np.testing.assert_allclose(turned.probability[:, [1, 2, 0]], plain.probability, rtol=1e-7, atol=1e-10)
    # the score equations: expected and observed counts agree
    np.testing.assert_allclose(plain.probability.sum(axis=0), np.bincount(group, minlength=3), rtol=1e-8)
    doubled = fit_multinomial(group, x, 3, weights=np.full(60, 2.0))
    np.testing.assert_allclose(doubled.coefficients, plain.coefficients, rtol=1e-7, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_overlap_weights_balance_two_groups_exactly(seed: int) -> None:
    cohort = cohort_of(70, seed, 2)
    try:
        weighed = weigh(cohort, ["x", "z"])
    except CannotEstimate:
        return
    after = [row["estimate"] for row in balance_table(weighed, ["x", "z"]).rows() if row["method"] == "weighted"]
    np.testing.assert_allclose(after, 0.0, atol=1e-8)


def test_frequency_weights_are_people() -> None:
    cohort = cohort_of(40)
    times = np.random.default_rng(2).integers(0, 3, 40)
    counted = Cohort(**{**vars(cohort), "weights": Weights(times.astype(float), "frequency")})
    repeated = cohort.select(np.repeat(np.arange(40), times), person=np.arange(int(times.sum())))
    np.testing.assert_allclose(values(weigh(counted, ["x"])), values(weigh(repeated, ["x"])), rtol=1e-10)
    assert written_out(counted).n_people == times.sum()
    one, two = cox(weigh(counted, ["x"]), ["group"]), cox(weigh(repeated, ["x"]), ["group"])
    np.testing.assert_allclose(one.covariance, two.covariance, rtol=1e-9)


def test_sampling_weights_go_on() -> None:
    cohort = cohort_of(40)
    own = np.random.default_rng(3).uniform(0.5, 2, 40)
    weighed = weigh(Cohort(**{**vars(cohort), "weights": Weights(own, "sampling")}), ["x"], estimand="ate")
    fit = fit_multinomial(cohort.category("group").codes, np.column_stack([cohort.column("x")]), 3, weights=own)
    chance = fit.probability[np.arange(40), cohort.category("group").codes]
    np.testing.assert_allclose(values(weighed), own / chance, rtol=1e-10)


def test_who_lacks_a_covariate_is_left_out_and_counted() -> None:
    gap = np.where(np.arange(90) % 9 == 0, np.nan, np.arange(90.0))
    weighed = weigh(cohort_of(90, gap=gap), ["x", "gap"])
    assert len(weighed) == 80
    assert any("10 row(s)" in note.message for note in weighed.notes)


def test_hardly_any_chance_is_said() -> None:
    random = np.random.default_rng(5)
    x = random.normal(size=200)
    group = np.where(2.5 * x + random.logistic(size=200) > 0, "long", "short")
    cohort = cohort_from_arrays(time=np.arange(1, 201), event=[1] * 200, group=group, covariates={"x": x})
    assert any(note.code == "N71" for note in weigh(cohort, ["x"], estimand="ate").notes)
    assert not any(note.code == "N71" for note in weigh(table(), ["age"], estimand="ate").notes)


def test_an_empty_group_is_named_and_left_out() -> None:
    cohort = cohort_of()
    assert cohort.group is not None
    more = Category(cohort.group.codes, (*cohort.group.levels, "never"))
    weighed = weigh(Cohort(**{**vars(cohort), "group": more}), ["x"])
    assert any("never" in note.message for note in weighed.notes)
    np.testing.assert_allclose(values(weighed), values(weigh(cohort, ["x"])))


def test_a_group_that_is_never_the_likeliest_has_chances_all_the_same() -> None:
    random = np.random.default_rng(8)
    x = random.normal(size=300)
    group = np.array(["a"] * 145 + ["b"] * 145 + ["c"] * 10)
    model = propensity(
        cohort_from_arrays(time=np.arange(1, 301), event=[1] * 300, group=group, covariates={"x": x}), ["x"]
    )
    assert not np.any(model.probability.argmax(axis=1) == 2)
    assert model.probability[:, 2].sum() == pytest.approx(10)
    assert np.all(model.least() > 0)


REFUSED = [
    (lambda: weigh(table(), []), "at least one"),
    (lambda: weigh(table(), "age"), "as a list"),
    (lambda: weigh(table(), ["group"]), "cannot explain itself"),
    (lambda: weigh(table(), ["age"], estimand="atc"), "no weights for 'atc'"),  # type: ignore[arg-type]
    (lambda: weigh(table(), ["age"], estimand="att"), "'target'"),
    (lambda: weigh(table(), ["age"], target="a"), "'target'"),
    (lambda: weigh(table(), ["age"], estimand="att", target="z"), "has nobody"),
    (lambda: weigh(table(), ["age"], stabilised=True), "stabilised"),
    (lambda: weigh(table(), ["age"], truncate=(0.9, 0.1)), "two probabilities"),
    (lambda: weight_table(table()), "no weights"),
    (lambda: balance_table(table(), []), "at least one"),
    (lambda: balance_table(table(), ["age"], denominator="none"), "denominator"),  # type: ignore[arg-type]
    (lambda: weigh(table().select(table().category("group").codes == 0), ["age"]), "two groups"),
    (lambda: weigh_duration(cohort_of(), "sex", ["x"]), "categories"),
    (lambda: weigh_duration(cohort_of(), "x", ["x"]), "cannot explain itself"),
    (lambda: weigh_duration(cohort_of(), "x", ["z"], scale="log"), "logarithm"),
    (lambda: weigh_duration(cohort_of(90, flat=np.ones(90)), "flat", ["z"]), "same for everybody"),
    (lambda: weigh_duration(cohort_of(3), "x", ["z", "sex"]), "too few"),
    (lambda: bootstrap(table(), lambda c: 1.0, replicates=1), "at least 2"),
    (lambda: bootstrap(table(), lambda c: "one", replicates=5), "not numbers"),
    (lambda: bootstrap(table(), lambda c: 1.0, interval="exact"), "no interval"),  # type: ignore[arg-type]
    (lambda: bootstrap(table(), lambda c: 1.0, backend="threads"), "no backend"),  # type: ignore[arg-type]
    (lambda: bootstrap(table(), lambda c: 1.0, workers=0), "one worker"),
    (lambda: permutation_test(table(), lambda c: [1.0, 2.0]), "one number"),
    (lambda: permutation_test(weigh(table(), ["age"]), lambda c: 1.0), "weigh it in the function"),
]


@pytest.mark.parametrize(("asked", "words"), REFUSED)
def test_refused_in_words(asked: Any, words: str) -> None:
    with pytest.raises(CannotEstimate, match=words):
        asked()


def test_dask_is_refused_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("durata.estimate.replicates.find_spec", lambda name: None)
    with pytest.raises(CannotEstimate, match="not installed"):
        bootstrap(table(), lambda c: 1.0, backend="dask", replicates=5)


@pytest.mark.parametrize("far", [False, True])
def test_separation_and_collinearity_are_told_apart(far: bool) -> None:
    x = np.concatenate([np.linspace(0, 1, 10), np.linspace(2, 3, 10)]) * (1e6 if far else 1.0)
    group = ["short"] * 10 + ["long"] * 10
    cohort = cohort_from_arrays(
        time=np.arange(1, 21), event=[1] * 20, group=group, covariates={"x": x, "y": np.arange(20) % 3, "v": 3 - 2 * x}
    )
    with pytest.raises(CannotEstimate, match="'x' tell for certain"):
        weigh(cohort, ["x", "y"])
    with pytest.raises(CannotEstimate, match="depend on each other"):
        weigh(cohort, ["x", "v"])
    with pytest.raises(CannotEstimate, match="depend on each other"):
        weigh_duration(cohort, "y", ["x", "v"])


def test_a_level_only_one_group_has_is_separation() -> None:
    group = ["a"] * 10 + ["b"] * 10 + ["c"] * 10
    site = ["one", "two"] * 10 + ["one", "two"] * 4 + ["three"] * 2
    cohort = cohort_from_arrays(time=np.arange(1, 31), event=[1] * 30, group=group, covariates={"site": site})
    with pytest.raises(CannotEstimate, match="site: three"):
        weigh(cohort, ["site"])


def test_weights_need_one_row_a_person() -> None:
    cohort = cohort_from_arrays(
        time=[2, 4, 3, 5], entry=[0, 2, 0, 3], event=[0, 1, 0, 1], person=["a", "a", "b", "b"],
        group=["before", "after"] * 2, covariates={"x": [1.0, 1.0, 2.0, 2.0]},
    )  # fmt: skip
    with pytest.raises(CannotEstimate, match="one row a person"):
        weigh(cohort, ["x"])


def test_duration_weights_by_two_regressions() -> None:
    cohort = cohort_of(50)
    weighed = weigh_duration(cohort, "x", ["z", "sex"], truncate=None)
    x, z = np.asarray(cohort.column("x")), np.asarray(cohort.column("z"))
    wide = sm.OLS(x, np.ones(50)).fit()
    narrow = sm.OLS(x, sm.add_constant(np.column_stack([z, cohort.category("sex").codes]))).fit()

    def density(left: np.ndarray, variance: float) -> np.ndarray:
        return np.exp(-(left**2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)

    expected = density(wide.resid, wide.scale) / density(narrow.resid, narrow.scale)
    np.testing.assert_allclose(values(weighed), expected, rtol=1e-9)
    low, high = np.quantile(expected, [0.01, 0.99])
    np.testing.assert_allclose(
        values(weigh_duration(cohort, "x", ["z", "sex"])), np.clip(expected, low, high), rtol=1e-9
    )


def test_duration_weights_loosen_the_tie_to_covariates() -> None:
    random = np.random.default_rng(4)
    z = random.normal(size=2000)
    months = 12 + z + 2 * random.normal(size=2000)
    cohort = cohort_from_arrays(time=np.arange(1, 2001), event=[1] * 2000, covariates={"months": months, "z": z})
    w = values(weigh_duration(cohort, "months", ["z"], truncate=None))
    assert np.corrcoef(months, z)[0, 1] > 0.4
    assert abs(np.cov(months, z, aweights=w)[0, 1] / np.sqrt(np.prod(np.diag(np.cov(months, z, aweights=w))))) < 0.1


def test_bca_beside_scipy() -> None:
    from scipy import stats

    data = np.random.default_rng(0).exponential(3, 30)
    cohort = cohort_from_arrays(time=data, event=np.ones(30))

    def skewed(people: Cohort) -> float:
        return float(np.log(people.exit.mean()) + people.exit.std())

    for interval, name in (("percentile", "percentile"), ("basic", "basic"), ("bca", "BCa")):
        ours = bootstrap(cohort, skewed, replicates=199, seed=6, interval=interval)  # type: ignore[arg-type]
        before = stats.bootstrap((data,), np.mean, n_resamples=9, method="percentile")
        before.bootstrap_distribution = ours.values[:, 0]
        theirs = stats.bootstrap(
            (data,),
            lambda x, axis=-1: np.log(x.mean(axis=axis)) + x.std(axis=axis),
            n_resamples=0,
            bootstrap_result=before,
            method=name,
            vectorized=True,
        )
        row = ours.rows()[0]
        assert row["conf_low"] == pytest.approx(theirs.confidence_interval.low, rel=1e-9)
        assert row["conf_high"] == pytest.approx(theirs.confidence_interval.high, rel=1e-9)
        assert row["std_error"] == pytest.approx(theirs.standard_error, rel=1e-9)


def test_no_bca_where_every_draw_lies_on_one_side() -> None:
    assert bca_limits(np.array([2.0, 3.0]), 1.0, np.array([0.0, 1.0]), 0.95) is None
    row = bootstrap(table(), lambda people: float(people.exit.max()), replicates=20, seed=2, interval="bca").rows()[0]
    assert row["conf_low"] is not None or "no BCa" in row["note"]
    constant = bootstrap(table(), lambda people: 1.0, replicates=5, interval="bca").rows()[0]
    assert "no BCa" in constant["note"]


def test_failures_are_counted_by_their_reason() -> None:
    def picky(people: Cohort) -> float:
        if people.exit.max() < 20:
            raise CannotEstimate("nobody lived long")
        return float(people.exit.mean())

    found = bootstrap(table(), picky, replicates=60, seed=1)
    failed = found.failures["nobody lived long"]
    assert 5 < failed < 40
    assert len(found.drawn) + failed == 60
    assert found.rows()[0]["n"] == 60 - failed
    assert "nobody lived long" in found.notes[0].message
    with pytest.raises(CannotEstimate, match="All"):
        bootstrap(table(), _unless_whole, replicates=10, seed=1)


def _unless_whole(people: Cohort) -> float:
    if len(np.unique(people.exit)) < 20:
        raise CannotEstimate("somebody is missing")
    return 1.0


def test_a_term_that_a_draw_has_not_is_counted_out() -> None:
    cohort = cohort_from_arrays(
        time=np.random.default_rng(4).permutation(24) + 1,
        event=[1] * 24,
        group=["a"] * 11 + ["b"] * 11 + ["c"] * 2,
        covariates={},
    )
    found = bootstrap(cohort, lambda people: cox(people, ["group"]), replicates=60, seed=3)
    by_level = {row["group"]: row["n"] for row in found.rows()}
    assert by_level["c"] < by_level["b"] <= 60


def test_jackknife_limits_by_hand() -> None:
    row = jackknife(table(), lambda people: float(people.exit.mean())).rows()[0]
    half = 1.959963984540054 * np.arange(1, 21).std(ddof=1) / np.sqrt(20)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((10.5 - half, 10.5 + half))


def test_permutation_by_all_exchanges() -> None:
    cohort = cohort_from_arrays(time=[1, 2, 3, 4, 5, 6], event=[1] * 6, group=list("aaabbb"))

    def apart(people: Cohort) -> float:
        assert people.group is not None
        return float(people.exit[people.group.codes == 1].mean() - people.exit[people.group.codes == 0].mean())

    test = permutation_test(cohort, apart, replicates=4000, seed=1, alternative="two-sided")
    assert test.p_value == pytest.approx(2 / 20, abs=0.015)  # 2 of the 20 exchanges are as far apart
    assert permutation_test(cohort, apart, replicates=4000, seed=1).p_value == pytest.approx(1 / 20, abs=0.012)
    late = cohort_from_arrays(time=[2, 3], event=[1, 1], entry=[0, 1], group=["a", "b"])
    with pytest.raises(CannotEstimate, match="different times"):
        permutation_test(late, apart)


WEIGHTS = '\n[weights]\ncovariates = ["age", "surgery"]\nestimand = "att"\n'


def test_names_in_the_study_file_lead_somewhere(tmp_path: Path) -> None:
    from durata.examples import example
    from durata.finding import StudyError
    from durata.study.file import read_study

    text = example("stanford").read_text(encoding="utf-8")
    file = tmp_path / "study.toml"
    file.write_text(
        text + '\n[weights]\ncovariates = ["agee"]\ntarget = "nobody"\nestimand = "att"\n', encoding="utf-8"
    )
    with pytest.raises(StudyError) as wrong:
        read_study(file)
    assert "agee" in str(wrong.value)
    assert "nobody" in str(wrong.value)
    file.write_text(text + WEIGHTS, encoding="utf-8")
    with pytest.raises(StudyError, match="target"):
        read_study(file)
