"""What an emulated trial rests on, with people one can count, and its marginal structural model beside statsmodels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

import durata as du
from durata.estimate.emulated_diagnostics import _held_by_top

WINDOWS = (du.ending_window("short", 0, 2), du.ending_window("long", 2, 4))


def trial_of(courses: Any, **plan: Any) -> du.EmulatedTrial:
    return du.emulate(courses, du.EmulationPlan(WINDOWS, **{"weights": "empirical", **plan}))


# eight patients: two end in each of months 1 to 4; one more is excused in month 1, one more dies in it
TEN = du.patient_courses(
    [6.0] * 9 + [0.9], [0] * 9 + [1], [0.5, 0.5, 1.5, 1.5, 2.5, 2.5, 3.5, 3.5, None, None],
    excused_at=[None] * 8 + [0.4, None], horizon=6, covariates={"age": np.array([50.0, 60] * 5)},
)  # fmt: skip


def cells(summary: Any, **where: Any) -> list[dict[str, Any]]:
    return [row for row in summary.rows() if all(row.get(key) == value for key, value in where.items())]


def test_flow_counts_clones_and_reasons() -> None:
    flow = {(row["group"], row["term"]): row["n"] for row in du.emulated_flow(trial_of(TEN)).rows()}
    assert flow["short", "patients"] == 10
    assert flow["short", "not ended in time"] == 4
    assert flow["short", "ended too early"] == 0
    assert flow["long", "ended too early"] == 4
    assert flow["long", "not ended in time"] == 0
    assert flow["short", "excused"] == flow["long", "excused"] == 1
    assert flow["short", "events"] == flow["long", "events"] == 1
    assert flow["short", "ended in the window"] == flow["long", "ended in the window"] == 4


def test_uptake_observed_and_under_each_strategy() -> None:
    uptake = du.emulated_uptake(trial_of(TEN))
    # nine are still there in month 2, four of them have ended
    assert cells(uptake, group="observed", time=2.0)[0]["estimate"] == pytest.approx(4 / 9)
    assert cells(uptake, group="long", time=2.0)[0]["estimate"] == 0
    # under short all have ended but the excused one, whose weight is that of month 1, (1 - 1/2) / (1 - 2/10)
    ended = trial_of(TEN).weights_at("short", 2)
    assert ended[8] == pytest.approx(0.5 / 0.8)
    assert cells(uptake, group="short", time=2.0)[0]["estimate"] == pytest.approx(1 - ended[8] / ended.sum())


def test_weights_effective_size_and_share_of_the_top() -> None:
    trial = trial_of(TEN)
    weight = trial.weights_at("short", 2)
    rows = {row["term"]: row["estimate"] for row in cells(du.emulated_weights(trial), group="short", time=2.0)}
    assert rows["effective sample size"] == pytest.approx(weight.sum() ** 2 / (weight**2).sum())
    assert rows["largest weight"] == weight.max()
    assert rows["mean weight"] == pytest.approx(weight.sum() / 5)
    assert rows["patients"] == 5
    assert _held_by_top(np.array([1.0] * 19 + [81.0]), np.ones(20)) == pytest.approx(0.81)
    assert _held_by_top(np.array([1.0, 81.0]), np.array([19.0, 1.0])) == pytest.approx(0.81)


def test_positivity_says_who_could_have_followed() -> None:
    rows = cells(du.emulated_positivity(trial_of(TEN)), group="long", term="chance of following it")
    # 8/10 go on in month 1, 4/6 in month 2 (two ended, one was excused, one died), then all end by month 4
    assert rows[0]["estimate"] == pytest.approx(0.8 * 4 / 6)
    assert "fewer than 10" in rows[0]["note"]
    many = du.patient_courses([6.0] * 4000, [0] * 4000, [0.5] * 3990 + [2.5] * 10, horizon=6)
    refused = trial_of(many).refusals()
    assert set(refused) == {"long"}
    assert "mean chance of 0.25%" in refused["long"]


def test_balance_is_zero_when_everybody_is_alike_and_shows_who_was_lost() -> None:
    young = du.patient_courses(
        [6.0] * 8, [0] * 8, [0.5] * 3 + [2.5] + [0.5] + [2.5] * 3, horizon=6,
        covariates={"age": np.array([40.0] * 4 + [60.0] * 4)},
    )  # fmt: skip
    by_age = cells(du.emulated_balance(trial_of(young, covariates=("age",))), group="long", time=6.0)
    ignored = cells(du.emulated_balance(trial_of(young, covariates=())), group="long", time=6.0)
    assert {row["method"]: row["std_difference"] for row in by_age} == {
        "weighted": pytest.approx(0, abs=1e-12),
        "unweighted": pytest.approx(0.5),
    }
    assert [row["std_difference"] for row in ignored] == [pytest.approx(0.5)] * 2


def test_truncation_caps_the_weights_of_each_month() -> None:
    courses = du.patient_courses(
        [3.0, 6.0] * 50,
        [1, 0] * 50,
        [0.5] * 60 + [2.5] * 40,
        horizon=6,
        covariates={"site": np.array([1.0] * 99 + [0.0])},
    )
    trial = trial_of(courses, covariates=())
    rows = cells(du.emulated_truncation(trial), group="short")
    assert [row["value"] for row in rows] == [100.0, 99.5, 99.0]
    full = du.emulated_survival(trial).group("short").estimate[-1]
    assert rows[0]["estimate"] == pytest.approx(full)
    # weights of short are all alike after its window: nothing to cut off
    assert rows[2]["estimate"] == pytest.approx(full)


def test_the_marginal_structural_model_is_a_weighted_logistic_model_of_clone_months() -> None:
    draw = np.random.default_rng(3)
    n = 400
    death = draw.exponential(15, n)
    courses = du.patient_courses(np.minimum(death, 12), (death <= 12).astype(int), draw.exponential(3, n), horizon=12)
    trial = trial_of(courses)
    curve = du.emulated_standardised(trial, knots=0)
    for name in trial.names:
        X, y, w = [], [], []
        for k in range(1, 13):
            weight = trial.weights_at(name, k)
            for i in np.flatnonzero(weight):
                X.append([1.0, k])
                y.append(float(courses.exit[i] == k and courses.cause[i] == 1))
                w.append(weight[i])
        slow = sm.GLM(y, np.array(X), family=sm.families.Binomial(), var_weights=np.array(w)).fit(tol=1e-14)
        risk = slow.predict(np.column_stack([np.ones(12), np.arange(1, 13)]))
        np.testing.assert_allclose(curve.group(name).estimate, np.cumprod(1 - risk), rtol=1e-7)


def test_a_trial_prints_what_it_is_and_no_row() -> None:
    assert repr(trial_of(TEN)) == (
        "EmulatedTrial: 10 patients cloned to 2 strategies (short, long), 6 months, stochastic grace: within its window "
        "treatment ends as observed endings spread over it"
    )


ONLY_FOR_COHORTS = {
    "kaplan_meier": du.kaplan_meier,
    "log_rank": lambda trial: du.log_rank(trial, by="group"),
    "cox": lambda trial: du.cox(trial, ["group"]),
    "firth_cox": lambda trial: du.firth_cox(trial, ["group"]),
    "selected_cut": lambda trial: du.selected_cut(trial, "age"),
    "restricted_mean": lambda trial: du.restricted_mean(trial, until=5),
    "cumulative_incidence": du.cumulative_incidence,
    "event_rates": du.event_rates,
    "max_combo": lambda trial: du.max_combo(trial, by="group"),
}


@pytest.mark.parametrize("name", ONLY_FOR_COHORTS)
def test_estimators_of_cohorts_refuse_clones_in_words(name: str) -> None:
    with pytest.raises(du.CannotEstimate, match="An emulated trial is no Cohort"):
        ONLY_FOR_COHORTS[name](trial_of(TEN))
