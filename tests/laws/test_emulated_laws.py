"""Laws of emulated trials: the same as clones written out, as rows drawn again, and equal before anybody can deviate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from emulated_written_out import slow_trial
from hypothesis import given, settings
from hypothesis import strategies as st

import durata as du
from durata.designs.emulated.courses import Courses, patient_courses
from durata.designs.emulated.ending_rows import rows_of_ending
from durata.estimate.emulated import monthly_risks
from durata.estimate.emulated_bootstrap import drawn_counts
from durata.kernels.logistic import fit_pooled_logistic
from durata.kernels.newton import Status

WINDOWS = (du.ending_window("short", 0, 3), du.ending_window("middle", 3, 6), du.ending_window("long", 6, 9))
HORIZON = 15


def patients(seed: int, n: int = 120) -> dict[str, Any]:
    """Patients whose ending, excuse, event and loss depend on two covariates; times within months in every order."""
    draw = np.random.default_rng(seed)
    size, site = draw.normal(0, 1, n), (draw.random(n) < 0.4).astype(float)
    ended = draw.exponential(6 * np.exp(0.3 * size))
    ended = np.where(draw.random(n) < 0.3, np.round(ended / 3) * 3, ended)
    excused = draw.exponential(30 * np.exp(-0.3 * site), n)
    death, leaving = draw.exponential(25 * np.exp(-0.4 * size)), draw.uniform(4, 20, n)
    lost = draw.random(n) < 0.4
    return {
        "time": np.minimum(death, leaving),
        "cause": (death <= leaving).astype(int),
        "ended_at": ended,
        "excused_at": excused,
        "lost": (lost & (death > leaving)).astype(int),
        "covariates": {"size": size, "site": site},
        "horizon": HORIZON,
    }


def drawn(given_: dict[str, Any], rows: Any) -> Courses:
    """The patients of these rows, each with an identity of its own."""
    columns = {name: given_[name][rows] for name in ("time", "cause", "ended_at", "excused_at", "lost")}
    covariates = {name: column[rows] for name, column in given_["covariates"].items()}
    return patient_courses(**columns, covariates=covariates, horizon=HORIZON)


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 500),
    grace=st.sampled_from([("natural", "window"), ("stochastic", "window"), ("stochastic", "uniform")]),
    with_loss=st.booleans(),
)
def test_the_same_as_clones_written_out_row_by_row(seed: int, grace: tuple[Any, Any], with_loss: bool) -> None:
    given_ = patients(seed)
    never = du.ending_window("not before 9", 9, None)
    plan = du.EmulationPlan(
        (*WINDOWS, never),
        grace=grace[0],
        grace_share=grace[1],
        spikes=(3, 6),
        loss=("size", "site") if with_loss else None,
    )
    trial = du.emulate(patient_courses(**given_), plan)
    survival, at_risk = slow_trial(
        given_["time"], given_["cause"], given_["ended_at"], given_["excused_at"], given_["lost"],
        np.column_stack(list(given_["covariates"].values())),
        windows=[(1, 3), (4, 6), (7, 9), (10, None)], horizon=HORIZON,
        natural=grace[0] == "natural", uniform=grace[1] == "uniform", spikes=[3, 6], with_loss=with_loss,
    )  # fmt: skip
    np.testing.assert_allclose(monthly_risks(trial).survival, survival, rtol=1e-8)
    ours = np.array([sums.at_risk for sums in trial.all_sums()])
    np.testing.assert_allclose(ours, at_risk, rtol=1e-8, atol=1e-9)
    written = np.array(
        [[trial.counts @ trial.weights_at(name, k) for k in range(1, HORIZON + 1)] for name in trial.names]
    )
    np.testing.assert_allclose(written, ours, rtol=1e-10, atol=1e-9)


PLANS = {
    "pooled logistic": {},
    "pooled logistic, natural, loss": {"grace": "natural", "loss": ("size",)},
    "Cox, natural": {"weights": "cox", "grace": "natural"},
    "Cox, stochastic": {"weights": "cox"},
    "exact proportions": {"weights": "empirical", "covariates": ("site",)},
}


@pytest.mark.parametrize("kind", PLANS)
def test_counts_say_what_rows_drawn_again_say(kind: str) -> None:
    given_ = patients(11, n=300)
    plan = du.EmulationPlan(WINDOWS, spikes=(3, 6), **PLANS[kind])  # type: ignore[arg-type]
    counts = drawn_counts(300, None, np.random.SeedSequence(5))
    by_count = monthly_risks(du.emulate(patient_courses(**given_), plan, counts=counts))
    by_row = monthly_risks(du.emulate(drawn(given_, np.repeat(np.arange(300), counts.astype(int))), plan))
    np.testing.assert_allclose(by_count.survival, by_row.survival, rtol=1e-9)
    np.testing.assert_allclose(by_count.restricted_mean, by_row.restricted_mean, rtol=1e-9)
    np.testing.assert_array_equal(by_count.known, by_row.known)


@pytest.mark.parametrize("kind", PLANS)
def test_strategies_agree_to_the_last_digit_until_the_first_can_be_deviated_from_alone(kind: str) -> None:
    plan = du.EmulationPlan(WINDOWS, spikes=(3, 6), **PLANS[kind])  # type: ignore[arg-type]
    risks = monthly_risks(du.emulate(patient_courses(**patients(3, n=400)), plan))
    assert np.array_equal(risks.survival[1, :3], risks.survival[2, :3])
    assert not np.array_equal(risks.survival[1, 3:], risks.survival[2, 3:])
    if plan.grace == "natural" and plan.loss is None:
        assert risks.survival[0, :2] != pytest.approx(risks.survival[1, :2], abs=1e-12)


def test_exact_times_and_months_agree_at_the_end_of_months_without_leaving() -> None:
    given_ = patients(5, n=400)
    given_["time"] = np.where(given_["cause"] == 1, given_["time"], np.ceil(given_["time"]))
    trial = du.emulate(patient_courses(**given_), du.EmulationPlan(WINDOWS))
    monthly, exact = monthly_risks(trial), du.emulated_survival(trial, exact=True)
    for g, name in enumerate(trial.names):
        stretch = exact.group(name)
        place = np.searchsorted(stretch.time, np.arange(1, HORIZON + 1) * (1 + 1e-9), side="right")
        read = np.concatenate([[1.0], stretch.estimate])[place]
        np.testing.assert_allclose(read, monthly.survival[g], rtol=1e-9)


def test_weights_of_those_who_do_not_deviate_sum_to_about_everybody() -> None:
    given_ = patients(8, n=4000)
    given_["time"], given_["cause"] = np.full(4000, 15.0), np.zeros(4000, dtype=int)
    for plan in (du.EmulationPlan(WINDOWS), du.EmulationPlan(WINDOWS, grace="natural"),
                 du.EmulationPlan(WINDOWS, weights="cox", grace="natural")):  # fmt: skip
        trial = du.emulate(patient_courses(**given_), plan)
        for name in trial.names:
            assert trial.weights_at(name, 12).sum() == pytest.approx(4000, rel=0.1)


def test_natural_weights_by_cox_are_near_those_by_months() -> None:
    courses = patient_courses(**patients(21, n=4000))
    monthly = monthly_risks(du.emulate(courses, du.EmulationPlan(WINDOWS, grace="natural")))
    continuous = monthly_risks(du.emulate(courses, du.EmulationPlan(WINDOWS, grace="natural", weights="cox")))
    np.testing.assert_allclose(continuous.survival, monthly.survival, atol=0.03)


def test_continuous_sums_are_those_of_the_weights_at_each_time() -> None:
    trial = du.emulate(
        patient_courses(**patients(31, n=300)), du.EmulationPlan(WINDOWS, grace="natural", weights="cox")
    )
    for g, sums in enumerate(trial.all_sums()):
        slow = [trial.clones.weights_at(g, time).sum() for time in sums.time]
        np.testing.assert_allclose(sums.at_risk, slow, rtol=1e-9, atol=1e-9)


def test_incidences_and_survival_make_up_one() -> None:
    given_ = patients(2, n=300)
    given_["cause"] = np.where(given_["cause"] == 1, np.arange(300) % 2 + 1, 0)
    risks = monthly_risks(du.emulate(patient_courses(**given_, causes=("relapse", "death")), du.EmulationPlan(WINDOWS)))
    np.testing.assert_allclose(risks.survival + risks.incidence.sum(axis=2), 1.0, rtol=1e-12)


def test_the_bootstrap_is_the_same_by_any_number_of_workers() -> None:
    courses = replace(patient_courses(**patients(4, n=80)), centre=np.arange(80) % 3)
    plan = du.EmulationPlan((WINDOWS[0], WINDOWS[1]), weights="empirical", covariates=())
    one = du.emulated_bootstrap(courses, plan, replicates=30, seed=3, workers=1)
    two = du.emulated_bootstrap(courses, plan, replicates=30, seed=3, workers=2)
    assert np.array_equal(one.survival, two.survival)
    assert len(one.drawn) + sum(one.failures.values()) == 30
    again = du.emulated_bootstrap(courses, plan, replicates=30, seed=4, workers=1)
    assert not np.array_equal(one.survival, again.survival)
    counts = drawn_counts(80, courses.centre, np.random.SeedSequence(1))
    assert [int(counts[np.arange(80) % 3 == c].sum()) for c in range(3)] == [27, 27, 26]


def test_failed_replicates_are_counted_and_said() -> None:
    given_ = patients(4, n=60)
    given_["covariates"]["rare"] = (np.arange(60) == 7).astype(float)
    courses = patient_courses(**given_)
    result = du.emulated_bootstrap(
        courses, du.EmulationPlan(WINDOWS[:2], covariates=("rare",)), replicates=30, workers=1
    )
    assert 0 < sum(result.failures.values()) < 30
    answer = du.emulated_intervals(result)
    assert "of 30 replicates of the bootstrap have no estimate" in answer.notes[0].message
    assert "'rare'" in answer.notes[0].message


def test_collinear_columns_and_separation_are_told_apart() -> None:
    given_ = patients(6)
    given_["covariates"]["twice"] = 2 * given_["covariates"]["size"]
    with pytest.raises(du.CannotEstimate, match="'size', 'twice' cannot be told apart"):
        du.emulate(patient_courses(**given_), du.EmulationPlan(WINDOWS))
    given_ = patients(6)
    never = given_["covariates"]["size"] > 1
    given_["ended_at"] = np.where(never, np.inf, given_["ended_at"])
    given_["covariates"] = {"never ends": never.astype(float)}
    with pytest.raises(du.CannotEstimate, match="'never ends' separates"):
        du.emulate(patient_courses(**given_), du.EmulationPlan(WINDOWS))


def test_the_pooled_logistic_model_is_that_of_rows_month_by_month() -> None:
    import statsmodels.api as sm

    draw = np.random.default_rng(1)
    last, x, w = draw.integers(0, 8, 200), draw.normal(0, 1, (200, 2)), draw.integers(0, 3, 200).astype(float)
    event = draw.random(200) < 0.5
    month = np.arange(8.0)
    basis = np.column_stack([month, month == 3])
    fit = fit_pooled_logistic(np.zeros(200, dtype=int), last, event, x, basis, weights=w)
    rows = [(i, k) for i in range(200) for k in range(last[i] + 1)]
    X = np.array([[1, *basis[k], *x[i]] for i, k in rows])
    y = np.array([float(event[i] and k == last[i]) for i, k in rows])
    slow = sm.GLM(y, X, family=sm.families.Binomial(), freq_weights=w[[i for i, _ in rows]]).fit(tol=1e-14)
    np.testing.assert_allclose([fit.intercept, *fit.of_month, *fit.of_row], slow.params, rtol=1e-8)
    assert fit.log_likelihood == pytest.approx(slow.llf, rel=1e-10)
    assert fit.status == Status.CONVERGED


def test_a_history_that_never_changes_is_a_baseline_covariate() -> None:
    given_ = patients(9, n=200)
    baseline = du.emulate(patient_courses(**given_), du.EmulationPlan(WINDOWS, spikes=(3, 6)))
    size = given_["covariates"].pop("size")
    scans = np.repeat(np.arange(200), 5)
    history = du.History(scans, np.tile([0.0, 1.5, 3.2, 6.1, 8.0], 200), size[scans])
    varying = du.emulate(
        patient_courses(**given_, histories={"size": history}), du.EmulationPlan(WINDOWS, spikes=(3, 6))
    )
    np.testing.assert_allclose(monthly_risks(varying).survival, monthly_risks(baseline).survival, rtol=1e-8)
    changing = replace(history, value=history.value + 0.1 * history.time)
    courses = patient_courses(**given_, histories={"size": changing})
    moved = du.emulate(courses, du.EmulationPlan(WINDOWS, spikes=(3, 6)))
    assert len(rows_of_ending(moved.courses, moved.clones.obliged, None).person) > 200
    assert not np.allclose(monthly_risks(moved).survival, monthly_risks(baseline).survival, rtol=1e-6)
