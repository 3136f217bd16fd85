"""Simulated cohorts with known truth: the emulation finds it, grouping by achieved duration does not."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.random import SeedSequence, default_rng

import durata as du
from durata.cli.entry import durata as command
from durata.designs.emulated.courses import NEVER, month_of
from durata.language.speaking import speaking
from durata.simulation.lines import known_lines, simulation_lines
from durata.simulation.mechanism import MONTH_DAYS, Regime, draw_cohort, draw_patients, live
from durata.simulation.methods import METHODS, NAMES
from durata.simulation.page import goals, page
from durata.simulation.performance import Figure, simulate
from durata.simulation.scenarios import HORIZON, SCENARIOS
from durata.simulation.studied import courses_of, records_of, study_of
from durata.simulation.truth import ENDINGS, forced, known_truths

REPLICATES, PATIENTS = 24, 2000


@pytest.fixture(scope="module")
def null() -> du.Simulation:
    methods = ["grouped-from-start", "adjusted-from-start", "time-dependent", "landmark-12", "emulation"]
    return simulate(["null"], methods, n=PATIENTS, replicates=REPLICATES, seed=11)


@pytest.fixture(scope="module")
def optimum() -> du.Simulation:
    return simulate(["optimum"], ["grouped-from-start", "emulation"], n=PATIENTS, replicates=REPLICATES, seed=11)


def errors_away(figure: Figure) -> float:
    """How many Monte Carlo errors a bias lies from none."""
    return abs(figure.value) / figure.error


@pytest.mark.parametrize("window", NAMES)
def test_where_duration_does_not_matter_the_emulation_is_unbiased(null: du.Simulation, window: str) -> None:
    row = null.of("null", "emulation", window)
    assert row.bias.n == REPLICATES
    assert abs(row.bias.value) <= max(0.005, 3 * row.bias.error)
    assert row.bias.error < 0.012


def test_and_grouping_by_achieved_duration_is_not(null: du.Simulation) -> None:
    for window in NAMES:
        row = null.of("null", "grouped-from-start", window)
        assert row.bias.value > 0.03
        assert errors_away(row.bias) > 3
    assert errors_away(null.of("null", "adjusted-from-start", "long - short").bias) > 3
    assert null.of("null", "time-dependent", "ended - not ended").mean < np.log(0.5)
    assert null.of("null", "landmark-12", "ended - not ended").mean < np.log(0.85)


def test_the_optimum_is_recovered_and_harm_of_long_treatment_seen(optimum: du.Simulation) -> None:
    for term, sign in (("middle - short", 1), ("long - middle", -1)):
        row = optimum.of("optimum", "emulation", term)
        assert sign * row.truth > 0.08
        assert sign * row.mean > 0.05
        assert errors_away(row.bias) < 3.5
    for window in NAMES:
        row = optimum.of("optimum", "emulation", window)
        assert abs(row.bias.value) <= max(0.005, 3 * row.bias.error)
    [choice] = [one for one in optimum.choices if one.method == "emulation"]
    assert choice.best == "middle"
    assert choice.right.value > 0.7
    assert 0 <= choice.regret.value < 0.03


def test_weights_by_current_size_are_needed_where_it_decides() -> None:
    done = simulate(["varying"], ["emulation", "emulation-current-size"], n=PATIENTS, replicates=12, seed=5)
    baseline, current = (done.of("varying", how, "short").bias for how in ("emulation", "emulation-current-size"))
    assert errors_away(current) < 3
    assert abs(current.value) < abs(baseline.value)


def test_the_same_seed_gives_the_same_numbers_whoever_works_and_whatever_else_is_asked() -> None:
    asked = {"n": 150, "replicates": 6, "bootstrap": 3, "seed": 4}
    alone = simulate(["optimum"], ["emulation"], **asked)
    assert simulate(["optimum"], ["emulation"], workers=2, **asked) == alone
    among = simulate(["null", "optimum"], ["grouped-from-start", "emulation"], **asked)
    assert among.of("optimum", "emulation", "short") == alone.of("optimum", "emulation", "short")
    other = simulate(["optimum"], ["emulation"], **{**asked, "seed": 5})
    assert other.of("optimum", "emulation", "short").mean != alone.of("optimum", "emulation", "short").mean


def test_the_kept_truths_are_those_of_the_mechanism() -> None:
    known = known_truths()
    assert len(known) == len(SCENARIOS) * len(ENDINGS) * len(NAMES)
    assert max(truth.survival_error for truth in known.values()) < 0.001
    for ending, window, truth in forced(SCENARIOS["optimum"], 20_000, seed=3, endings=("natural", "window")):
        kept = known["optimum", ending, window]
        # h* is estimated from this many people too, hence the allowance beside the Monte Carlo error
        assert truth.survival == pytest.approx(kept.survival, abs=4 * truth.survival_error + 0.002)
        assert truth.restricted_mean == pytest.approx(kept.restricted_mean, abs=4 * truth.restricted_mean_error + 0.1)
    for name, one in SCENARIOS.items():
        survival = {known[name, ending, window].survival for ending in ENDINGS for window in NAMES}
        assert (len(survival) == 1) == one.null


def test_lives_keep_the_order_of_their_months() -> None:
    patients = draw_patients(3000, default_rng(2))
    lives = live(SCENARIOS["lethal"], patients, default_rng(3), 60)
    ended = lives.ended < NEVER
    assert np.all(lives.ended[ended] <= lives.progressed[ended])
    assert np.all(lives.ended[ended] <= lives.died[ended])
    under = live(SCENARIOS["lethal"], patients, default_rng(3), 60, Regime(7, 12))
    there = under.ended < NEVER
    assert np.all((under.ended[there] >= 7) & (under.ended[there] <= 12))
    assert np.all((np.minimum(under.progressed, under.died)[~there]) < 12)
    assert lives.survival(60)[-1] == pytest.approx(np.mean(lives.died > 60))


def test_days_fall_in_their_months() -> None:
    scenario, stream = SCENARIOS["lethal"], SeedSequence(9)
    cohort = draw_cohort(scenario, 3000, default_rng(stream), months=60)
    random = default_rng(stream)
    lives = live(scenario, draw_patients(3000, random), random, 60)
    for seen, month in (
        (cohort.ended, lives.ended),
        (cohort.progressed, lives.progressed),
        (np.where(cohort.died, cohort.last, np.inf), lives.died),
    ):
        there = np.isfinite(seen)
        assert there.sum() > 300
        assert np.array_equal(month_of(seen[there], MONTH_DAYS), month[there])
        assert np.array_equal(seen[there], np.floor(seen[there]))


def test_a_study_of_the_cohort_gives_the_courses_of_the_cohort() -> None:
    cohort = draw_cohort(SCENARIOS["null"], 400, default_rng(1))
    declared = du.declared_courses(study_of(emulated=True), records_of(cohort), "death")
    ours = courses_of(cohort)
    for name in ("ended", "excused", "exit", "cause", "lost"):
        assert np.array_equal(getattr(declared, name), getattr(ours, name)), name
    assert declared.horizon == HORIZON


def test_heaping_moves_ends_to_round_months_and_past_nothing() -> None:
    true = draw_cohort(replace(SCENARIOS["heaped"], heaped=0.0), 2000, default_rng(4))
    heaped = draw_cohort(SCENARIOS["heaped"], 2000, default_rng(4))

    def on_round(ended: np.ndarray) -> float:
        months = ended[np.isfinite(ended)] / MONTH_DAYS
        return float(np.mean(np.min(np.abs(months[:, None] - np.array([3, 6, 9, 12, 18, 24])), axis=1) < 0.05))

    assert on_round(heaped.ended) > on_round(true.ended) + 0.4
    moved = np.isfinite(heaped.ended)
    assert np.all(heaped.ended[moved] <= heaped.progressed[moved])
    assert np.all(heaped.ended[moved] <= heaped.last[moved])


def test_refusals_name_what_there_is() -> None:
    with pytest.raises(du.CannotEstimate, match=r"no scenario 'nul'; there are 'null'"):
        simulate(["nul"])
    with pytest.raises(du.CannotEstimate, match=r"no method 'magic'; there are 'grouped-from-start'"):
        simulate(["null"], ["magic"])
    with pytest.raises(du.CannotEstimate, match="at least 2 replicates"):
        simulate(["null"], replicates=1)
    with pytest.raises(du.CannotEstimate, match="draws or at least 2"):
        simulate(["null"], bootstrap=1)


def test_a_method_without_an_answer_is_counted_with_its_reason() -> None:
    done = simulate(["null"], ["emulation", "grouped-from-start"], n=20, replicates=8, seed=1)
    assert done.failures
    for _, how, times, why in done.failures:
        assert 0 < times <= 8
        assert how in METHODS
        assert why


def test_figures_and_words(null: du.Simulation) -> None:
    made = page([null], None, "durata simulate", None)
    assert "| `emulation` |" in made
    assert [met for _, met, _ in goals([null], None)] == ["yes"] * len(NAMES)
    lines = list(simulation_lines(null))
    assert any(line.startswith("  short: survival 0.") for line in lines)
    with speaking("zh"):
        said = "\n".join([*simulation_lines(null), *known_lines()])
    assert "生存率" in said
    assert "模拟试验" in said


def test_the_command_prints_one_document() -> None:
    asked = ["simulate", "--method", "grouped-from-start", "--n", "100", "--replicates", "3", "--format", "json"]
    done = CliRunner().invoke(command, asked, catch_exceptions=False)
    assert done.exit_code == 0
    rows = json.loads(done.stdout)["performance"]
    assert {row["term"] for row in rows if row["scale"] == "survival"} == set(NAMES)
    assert all({"value", "error", "n"} == set(row["bias"]) for row in rows)
