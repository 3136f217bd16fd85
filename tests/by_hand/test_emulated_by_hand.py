"""Emulated trials with people one can count: deviation, grace, excuse and ties, one person a rule; Hernan's twelve persons."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import durata as du
from durata.designs.emulated.courses import NEVER, Courses
from durata.estimate.emulated import monthly_risks
from durata.weighting.grace import grace_shares

SHORT, LONG = du.ending_window("short", 0, 2), du.ending_window("long", 2, 4)
WINDOWS = (SHORT, LONG)
HERNAN = Path(__file__).parent.parent / "against_r" / "data" / "hernan2018.csv"


def people(*rows: tuple[float, int, float | None, float | None], horizon: int = 6, **more: Any) -> Courses:
    """Rows (end of observation, cause, treatment ended, excused)."""
    time, cause, ended, excused = zip(*rows, strict=True)
    return du.patient_courses(time, cause, ended, excused_at=excused, horizon=horizon, **more)


def cut_off(course: tuple[float, int, float | None, float | None], strategy: du.Strategy) -> tuple[int, int]:
    from durata.designs.emulated.deviation import deviation

    month, why = deviation(people(course), strategy)
    return int(month[0]), int(why[0])


# (end of observation, cause, treatment ended, excused) -> month of deviating from "short" (0, 2] and from "long" (2, 4]
DEVIATIONS = {
    "ends in the first window": ((6, 0, 0.5, None), NEVER, 1),
    "ends on the start itself": ((6, 0, 0.0, None), NEVER, 1),
    "ends at the very end of the first window": ((6, 0, 2.0, None), NEVER, 2),
    "ends just after it": ((6, 0, 2.01, None), 2, NEVER),
    "ends at the very end of the second window": ((6, 0, 4.0, None), 2, NEVER),
    "ends too late for both": ((6, 0, 4.5, None), 2, 4),
    "never ends": ((6, 0, None, None), 2, 4),
    "dies before anything could be asked of short": ((1.0, 1, None, None), NEVER, NEVER),
    "dies in the last month of short without having ended: obliged in it, so deviates": (
        (1.5, 1, None, None),
        2,
        NEVER,
    ),
    "dies in the month after short closed": ((2.5, 1, None, None), 2, NEVER),
    "is lost in the first month": ((0.7, 0, None, None), NEVER, NEVER),
    "excused in month 1, never ends": ((6, 0, None, 0.5), NEVER, NEVER),
    "excused in the last month of short: the excuse acts one month later": ((6, 0, None, 1.5), 2, NEVER),
    "excused in month 3: too late for short": ((6, 0, None, 2.5), 2, NEVER),
    "excused in month 1, ends in month 2: free for long": ((6, 0, 1.5, 0.5), NEVER, NEVER),
    "excused earlier on in the month of ending: the ending does not deviate": ((6, 0, 0.8, 0.5), NEVER, NEVER),
    "excused after ending in the same month: not excused": ((6, 0, 0.5, 0.8), NEVER, 1),
    "excused on the day of ending: not excused": ((6, 0, 0.5, 0.5), NEVER, 1),
    "dies on the day of ending: the ending comes first": ((1.5, 1, 1.5, None), NEVER, 2),
}


@pytest.mark.parametrize("case", DEVIATIONS)
def test_when_a_clone_deviates(case: str) -> None:
    course, short, long = DEVIATIONS[case]
    assert cut_off(course, SHORT)[0] == short
    assert cut_off(course, LONG)[0] == long


def test_why_a_clone_deviates_and_who_never_ends() -> None:
    assert cut_off((6, 0, 0.5, None), LONG) == (1, 0)
    assert cut_off((6, 0, 3.5, None), SHORT) == (2, 1)
    never = du.ending_window("not before 4", 4, None)
    assert cut_off((6, 0, 3.5, None), never) == (4, 0)
    assert cut_off((6, 0, 4.5, None), never) == (NEVER, -1)
    assert cut_off((6, 0, None, None), never) == (NEVER, -1)


def test_excuses_as_sensitivity() -> None:
    row = (6.0, 0, 1.5, 0.5)
    assert people(row, excuse="deviation").ended.tolist() == [2]
    as_event = people(row, excuse="event")
    assert (as_event.exit.tolist(), as_event.cause.tolist(), as_event.ended.tolist()) == ([1], [1], [NEVER])


# eight people alike: two end in each of months 1 to 4; the hazards are 1/4, 1/3, 1/2, 1
EIGHT = people(*[(6.0, 0, k - 0.5, None) for k in (1, 1, 2, 2, 3, 3, 4, 4)])


def weights(month: float, strategy: str, **plan: Any) -> list[float]:
    trial = du.emulate(EIGHT, du.EmulationPlan(WINDOWS, weights="empirical", **plan))
    return trial.weights_at(strategy, month).tolist()


def test_weights_with_natural_grace() -> None:
    # month 1: nobody deviates from short; long loses two of eight
    assert weights(1, "short", grace="natural") == [1.0] * 8
    assert weights(1, "long", grace="natural") == pytest.approx([0, 0] + [8 / 6] * 6)
    # month 2 closes short: p = 2/6 of the obliged end, and stand for all who were obliged
    assert weights(2, "short", grace="natural") == pytest.approx([1, 1, 3, 3, 0, 0, 0, 0])
    assert weights(2, "long", grace="natural") == pytest.approx([0, 0, 0, 0, 2, 2, 2, 2])
    # month 4 closes long: all who are left end in it
    assert weights(5, "long", grace="natural") == pytest.approx([0, 0, 0, 0, 2, 2, 2, 2])


def test_weights_with_stochastic_grace() -> None:
    # short: h* = 2/4 and 1; who ends in month 1 weighs (1/2)/(1/4), who goes on (1/2)/(3/4), then 1/(1/3) more
    assert weights(1, "short") == pytest.approx([2, 2] + [2 / 3] * 6)
    assert weights(2, "short") == pytest.approx([2, 2, 2, 2, 0, 0, 0, 0])
    assert weights(3, "long") == pytest.approx([0, 0, 0, 0, 2, 2, 2, 2])
    assert weights(5, "long", grace_share="uniform") == pytest.approx([0, 0, 0, 0, 2, 2, 2, 2])


def test_shares_of_a_grace_period() -> None:
    ended = np.array([9.0, 1.0, 0.0, 3.0, 0.0, 7.0])
    assert grace_shares(ended, 2, 5, 6, "window").tolist() == [0, 0.25, 0, 1, 1, 0]
    assert grace_shares(ended, 2, 5, 6, "uniform") == pytest.approx([0, 1 / 4, 1 / 3, 1 / 2, 1, 0])


def test_a_death_before_deviating_counts_in_every_strategy() -> None:
    courses = people((0.9, 1, None, None), *[(6.0, 0, k - 0.5, None) for k in (1, 1, 2, 2, 3, 3, 4, 4)])
    trial = du.emulate(courses, du.EmulationPlan(WINDOWS, weights="empirical", grace="natural"))
    risks = monthly_risks(trial)
    assert risks.survival[0, 0] == pytest.approx(8 / 9)
    # nine obliged in month 1, two end: every one left in long weighs 9/7, the dying one too
    assert risks.survival[1, 0] == pytest.approx(1 - 1 / 7)
    assert du.emulated_flow(trial).rows()[7]["n"] == 1


def test_hernan_twelve_persons_have_the_same_risk_in_every_strategy() -> None:
    """Hernan, BMJ 2018;360:k182: assigned 0, 1 or 2 years; the assignment is hidden, treatment in each year is seen."""
    with HERNAN.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    time, cause, ended = [], [], []
    for row in rows:
        first = row["dead_end_year1"] == "1"
        time.append(1.0 if first else 2.0)
        cause.append(int(first or row["dead_end_year2"] == "1"))
        ended.append(0.0 if row["treated_year1"] == "0" else 1.5 if row["treated_year2"] == "0" else None)
    courses = du.patient_courses(time, cause, ended, horizon=2, unit="years")
    strategies = (du.ending_window("0", 0, 1), du.ending_window("1", 1, 2), du.ending_window("2", 2, None))
    for grace in ("natural", "stochastic"):
        trial = du.emulate(courses, du.EmulationPlan(strategies, weights="empirical", grace=grace))  # type: ignore[arg-type]
        assert (1 - monthly_risks(trial).survival[:, -1]).tolist() == [0.75, 0.75, 0.75]
    # what grouping by achieved duration makes of them: 2/3 of the two-year users, 4/5 of the one-year users
    two = [row["dead_end_year2"] for row in rows if row["treated_year2"] == "1"]
    one = [row for row in rows if row["treated_year1"] == "1" and row["treated_year2"] != "1"]
    assert (two.count("1"), len(two)) == (2, 3)
    assert (sum("1" in (row["dead_end_year1"], row["dead_end_year2"]) for row in one), len(one)) == (4, 5)


def test_what_cannot_be_answered_is_refused_in_words() -> None:
    plan = du.EmulationPlan((SHORT, du.ending_window("gap", 4, 5)), weights="empirical", grace="natural")
    gap = du.emulated_effects(du.emulate(EIGHT, plan)).rows()[2]
    assert (gap["group"], gap["estimate"]) == ("gap", None)
    assert "nobody who was not excused ended treatment in its window" in gap["note"]
    with pytest.raises(du.CannotEstimate, match="ends after the horizon"):
        du.emulate(EIGHT, du.EmulationPlan((du.ending_window("far", 5, 9),), weights="empirical"))
    with pytest.raises(du.CannotEstimate, match="no whole number of steps"):
        du.ending_window("odd", 0.5, 2)
    with pytest.raises(du.CannotEstimate, match="Two strategies are called 'short'"):
        du.EmulationPlan((SHORT, SHORT))
    with pytest.raises(du.CannotEstimate, match="row 2: -1 lies before time zero"):
        people((1, 0, None, None), (1, 0, -1, None))
    cells = {
        row["group"]: row
        for row in du.emulated_effects(du.emulate(EIGHT, du.EmulationPlan(WINDOWS, weights="empirical"))).rows()
    }
    assert cells["short"]["estimate"] is None
    assert "worth 4.0 equally weighted patients" in cells["short"]["note"]


@pytest.mark.parametrize("weights_of", ["empirical", "pooled_logistic", "cox"])
def test_natural_grace_needs_somebody_who_ends_just_in_time(weights_of: Any) -> None:
    """100 end in months 1 to 3, 100 in month 7 or never: nobody stands for these at the end of month 6."""
    ended = [*([0.5, 1.5, 2.5, 2.5] * 25), *([6.5, 7.5, None, None] * 25)]
    windows = (du.ending_window("short", 0, 6), du.ending_window("long", 6, 8))
    courses = people(*[(24.0, 0, stop, None) for stop in ended], horizon=24)
    plan = du.EmulationPlan(windows, weights=weights_of, grace="natural", spikes=())
    refused = du.emulate(courses, plan).refusals()
    assert set(refused) == {"short"}
    assert "nobody did; choose stochastic grace" in refused["short"]
    one_more = people(*[(24.0, 0, stop, None) for stop in (*ended, *[5.5] * 12)], horizon=24)
    assert du.emulate(one_more, plan).refusals() == {}
    # nobody is cut off where everybody ended before the last month
    early = people(*[(24.0, 0, stop, None) for stop in ended[:100]], horizon=24)
    assert du.emulate(early, du.EmulationPlan(windows[:1], weights=weights_of, grace="natural")).refusals() == {}


@pytest.mark.parametrize("grace", ["natural", "stochastic"])
def test_who_ends_on_the_start_itself_is_in_the_first_month_of_cox_weights_too(grace: Any) -> None:
    """Two of eight end on day 0: the same as two who end a moment later, and six who go on stand for all in "later"."""
    windows = (du.ending_window("at once", 0, 1), du.ending_window("soon", 0, 2), du.ending_window("later", 2, 4))
    found = []
    for first in (0.0, 1e-3):
        courses = people(*[(6.0, 0, stop, None) for stop in (first, first, 1.5, 1.5, 2.5, 2.5, 3.5, 3.5)])
        trial = du.emulate(courses, du.EmulationPlan(windows, weights="cox", grace=grace))
        assert trial.clones.comply()[:2, 0] == pytest.approx(
            [1 - np.exp(-1 / 8 - 1 / 7), 1 - np.exp(-sum(1 / k for k in range(5, 9)))]
        )
        found.append([trial.weights_at(name, month).tolist() for name in trial.names for month in (0.5, 1.5, 3, 5)])
    assert found[0] == found[1]
    assert found[0][3][:3] == pytest.approx([1 / (1 - np.exp(-1 / 8 - 1 / 7))] * 2 + [0])


def test_in_continuous_time_who_dies_or_is_excused_just_before_the_end_of_the_window_has_not_deviated() -> None:
    rows = [(1.5, 1, None, None), (6.0, 1, None, 1.5), (6.0, 1, 1.5, None), (6.0, 1, 0.5, None), (6.0, 1, 3.5, None)]
    for grace_weights, counted, late in (("cox", 4, 1), ("empirical", 2, 3)):
        plan = du.EmulationPlan((SHORT, LONG), weights=grace_weights, grace="natural")  # type: ignore[arg-type]
        trial = du.emulate(people(*rows), plan)
        flow = {row["term"]: row["n"] for row in du.emulated_flow(trial).rows() if row["group"] == "short"}
        assert (flow["events"], flow["not ended in time"]) == (counted, late)
        if grace_weights == "cox":
            events = trial.all_sums()[0].events.sum(axis=1)
            assert events[events > 0] == pytest.approx([1, 2 + 1 / (1 - np.exp(-1 / 4))])  # at 1.5 and at 6 months


def test_lost_patients_are_weighed_for() -> None:
    # months 1 and 2; one of four is lost at the end of month 1; the three left weigh 4/3 in month 2
    courses = du.patient_courses(
        [1, 3, 3, 3] * 2, [0, 1, 0, 0] * 2, [0.5] * 4 + [2.5] * 4, horizon=3, lost=[1, 0, 0, 0] * 2
    )
    plan = du.EmulationPlan(
        (du.ending_window("end at once", 0, 1), du.ending_window("not", 1, None)), weights="empirical", loss=(), knots=0
    )
    trial = du.emulate(courses, plan)
    assert trial.weights_at("end at once", 1).tolist() == [2.0] * 4 + [0.0] * 4
    late = trial.weights_at("end at once", 2)
    assert late[0] == 0
    assert late[1] > 2.0


def test_histories_are_read_as_they_were_known() -> None:
    """Sizes measured at the start, in month 2 before and in month 2 after the end of treatment."""
    from durata.designs.emulated.deviation import obligation
    from durata.designs.emulated.ending_rows import rows_of_ending

    history = du.History(np.array([0, 0, 0, 1]), np.array([0.0, 1.2, 1.8, 0.0]), np.array([9.0, 5.0, 4.0, 7.0]))
    courses = people((6, 0, 1.5, None), (6, 0, None, None), histories={"size": history})
    rows = rows_of_ending(courses, obligation(courses, 4), ("size",))
    assert rows.person.tolist() == [0, 0, 1]
    assert rows.first.tolist() == [1, 2, 1]
    assert rows.last.tolist() == [1, 2, 4]
    assert rows.occurs.tolist() == [False, True, False]
    assert rows.x[:, 0].tolist() == [9.0, 5.0, 7.0]


def test_a_round_month_in_which_nobody_ended_has_no_hazard() -> None:
    """The level of its own that month 3 has runs to minus infinity; its limit is used, not a refusal."""
    ended = [0.5, 0.5, 1.5, 1.5, 3.5, 3.5, 4.5, 4.5, 4.5, 5.5]
    courses = people(*[(8.0, 0, stop, None) for stop in ended], *[(8.0, 0, None, None)] * 4, horizon=8)
    plan = du.EmulationPlan((du.ending_window("short", 0, 3), du.ending_window("long", 3, 6)), spikes=(3,))
    clones = du.emulate(courses, plan).clones
    assert np.all(clones.probability[:, 2] == 0)  # type: ignore[union-attr]
    assert np.all(clones.probability[:, [0, 1, 3, 4, 5]] > 0)  # type: ignore[union-attr]
    without = du.emulate(courses, du.EmulationPlan(plan.strategies, spikes=())).clones
    assert np.all(without.probability[:, 2] > 0)  # type: ignore[union-attr]


def test_weights_in_continuous_time() -> None:
    """Five end at 0.2, 0.8, 1.5, 1.7 and 3; the hazard of ending jumps by 1/7, 1/6, 1/5, 1/4 and 1/2."""
    courses = people(
        (6, 0, 0.2, None), (6, 0, 0.8, None), (6, 0, 1.5, None), (6, 0, 1.7, 1.9), (6, 0, 3.0, None),
        (2.5, 1, None, None), (6, 1, None, None),
    )  # fmt: skip
    trial = du.emulate(courses, du.EmulationPlan(WINDOWS, weights="cox", grace="natural"))
    # nothing is asked of short before it closes at 2; who ended in (1, 2] then stands for the two obliged that did not,
    # but for the one who would have been excused by then anyway
    assert trial.weights_at("short", 1.8).tolist() == [1.0] * 7
    closing = 1 / (1 - np.exp(-(1 / 5 + 1 / 4)))
    assert trial.weights_at("short", 2.2) == pytest.approx([1, 1, closing, 1, 0, 0, 0])
    # long: who ends early leaves, the others grow with the hazard up to 2; it closes at 4 without anybody in (3, 4]
    assert trial.weights_at("long", 0.5) == pytest.approx([0, *[np.exp(1 / 7)] * 6])
    grown = np.exp(1 / 7 + 1 / 6 + 1 / 5 + 1 / 4)
    assert trial.weights_at("long", 2.2) == pytest.approx([0, 0, 0, 0, grown, grown, grown])
    assert trial.weights_at("long", 5) == pytest.approx([0, 0, 0, 0, grown, 0, 0])
