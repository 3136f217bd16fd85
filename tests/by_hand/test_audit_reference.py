"""The audit of the bundled abstract: every number its printed figures imply, worked out once by hand."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, log, sqrt
from typing import Any

import pytest

import durata as du
from durata.audit.audit import Judged
from durata.audit.seen import Verdict


@pytest.fixture(scope="module")
def judged() -> tuple[Judged, ...]:
    return du.audit_figures(du.read_figures(du.example_figures()))


def evidence(judged: tuple[Judged, ...], code: str, *needed: str, **same: object) -> Mapping[str, Any]:
    found = [
        one.finding.evidence
        for one in judged
        if one.finding.code == code
        and set(needed) <= set(one.finding.evidence)
        and all(one.finding.evidence.get(key) == value for key, value in same.items())
    ]
    assert len(found) == 1, found
    return found[0]


def verdicts(judged: tuple[Judged, ...], code: str) -> list[str]:
    return [one.verdict.value for one in judged if one.finding.code == code]


def test_counts_percentages_and_totals_agree(judged: tuple[Judged, ...]) -> None:
    assert set(verdicts(judged, "A01")) == set(verdicts(judged, "A02")) == {"coherent"}
    orr = evidence(judged, "A01", name="objective response", n=171)
    assert (orr["count"], round(orr["own"], 1)) == (94, 55.0)
    high_grade = evidence(judged, "A01", name="high-grade pathological response", n=171)
    assert (high_grade["count"], round(high_grade["own"], 1)) == (57, 33.3)
    shares = {"short": 50.0, "intermediate": 58.6, "long": 52.9}
    for group, share in shares.items():
        assert round(evidence(judged, "A01", name="objective response", group=group)["own"], 1) == share


def test_the_comparisons_of_responses_are_reproduced_and_their_intervals_are_wide(judged: tuple[Judged, ...]) -> None:
    orr = evidence(judged, "A05", name="objective response")
    assert (round(orr["statistic"], 2), round(orr["chi"], 2)) == (1.02, 0.60)
    high_grade = evidence(judged, "A05", name="high-grade pathological response")
    assert (round(high_grade["statistic"], 2), round(high_grade["chi"], 2)) == (1.70, 0.43)
    for name, low, high in (("objective response", -8.4, 25.2), ("high-grade pathological response", -6.7, 24.8)):
        one = evidence(judged, "A06", name=name, group="intermediate")
        assert (round(one["low"], 1), round(one["high"], 1)) == (low, high)


def test_quartiles_fit_the_groups_and_the_gap_between_six_and_seven_is_seen(judged: tuple[Judged, ...]) -> None:
    assert set(verdicts(judged, "A07")) == {"coherent"}
    assert round(evidence(judged, "A07", bound=6.0, quantile="Q1")["percent"], 1) == 29.2
    assert round(evidence(judged, "A07", bound=12.0, quantile="Q3")["percent"], 1) == 80.1
    assert verdicts(judged, "A08") == ["cannot be judged", "coherent"]


def test_the_shrinkage_is_not_that_of_the_means(judged: tuple[Judged, ...]) -> None:
    assert verdicts(judged, "A09") == ["cannot be judged"]
    own = evidence(judged, "A09")["own"]
    assert own == pytest.approx(100 * (10.37 - 6.99) / 10.37)
    assert round(own, 1) == 32.6


def test_the_hazard_ratio_its_limits_and_its_p_value_agree(judged: tuple[Judged, ...]) -> None:
    triad = evidence(judged, "A10", "p_printed")
    assert triad["middle"] == pytest.approx(sqrt(0.089 * 0.851))
    assert triad["std_error"] == pytest.approx(log(0.851 / 0.089) / (2 * 1.959963984540054))
    assert (round(triad["std_error"], 3), round(triad["z"], 2), round(triad["p"], 4)) == (0.576, -2.24, 0.0250)
    assert (round(triad["p_low"], 4), round(triad["p_high"], 4)) == (0.0244, 0.0256)
    assert set(verdicts(judged, "A10")) == set(verdicts(judged, "A11")) == {"coherent"}
    assert round(evidence(judged, "A11", "least")["inverse"], 3) == 0.332


def test_events_and_hazard_ratios_behind_survival(judged: tuple[Judged, ...]) -> None:
    events = {
        (outcome, group): round(evidence(judged, "A13", "events", outcome=outcome, group=group)["events"], 1)
        for outcome in ("OS", "RFS")
        for group in ("short", "intermediate", "long")
    }
    assert [events["OS", g] for g in ("short", "intermediate", "long")] == [10.6, 4.3, 5.1]
    assert [events["RFS", g] for g in ("short", "intermediate", "long")] == [19.5, 13.2, 6.3]
    ratios = {
        (outcome, group, versus): evidence(judged, "A13", "ratio", outcome=outcome, group=group, versus=versus)
        for outcome in ("OS", "RFS")
        for group, versus in (("intermediate", "short"), ("long", "short"), ("long", "intermediate"))
    }
    assert [round(one["ratio"], 3) for one in ratios.values()] == [0.235, 0.714, 3.043, 0.388, 0.477, 1.232]
    long = ratios["OS", "long", "intermediate"]
    assert (round(long["low"], 2), round(long["high"], 2), round(long["p"], 2)) == (0.85, 10.95, 0.09)
    short = ratios["OS", "long", "short"]
    assert (round(short["low"], 2), round(short["high"], 2), round(short["p"], 2)) == (0.25, 2.05, 0.53)
    assert round(ratios["OS", "intermediate", "short"]["p"], 3) == 0.011
    assert round(ratios["RFS", "intermediate", "short"]["p"], 3) == 0.008


def test_survival_among_34_patients(judged: tuple[Judged, ...]) -> None:
    alive = {
        (outcome, at): evidence(judged, "A12", "alive", outcome=outcome, at=at, group="long")["alive"]
        for outcome, at in (("RFS", 36.0), ("OS", 36.0), ("OS", 60.0))
    }
    assert list(alive.values()) == [29, 30, 27]
    step = evidence(judged, "A12", "start", outcome="OS", group="long")
    assert (step["events"], step["at_risk"]) == (1, 10)


@pytest.mark.parametrize(
    ("outcome", "group", "low", "high"),
    [
        ("OS", "short", 0.58, 0.83),
        ("OS", "intermediate", 0.85, 0.97),
        ("OS", "long", 0.62, 0.90),
        ("RFS", "short", 0.41, 0.68),
        ("RFS", "intermediate", 0.70, 0.87),
        ("RFS", "long", 0.57, 0.87),
    ],
)
def test_limits_if_nobody_had_been_censored(
    judged: tuple[Judged, ...], outcome: str, group: str, low: float, high: float
) -> None:
    one = evidence(judged, "A14", outcome=outcome, group=group, at=60.0)
    assert (round(one["low"], 2), round(one["high"], 2)) == (low, high)


def test_what_so_few_events_can_show(judged: tuple[Judged, ...]) -> None:
    def rest(outcome: str) -> float:
        events = {"OS": 20, "RFS": 39}[outcome]
        return float(round(evidence(judged, "A15", outcome=outcome, group="intermediate", events=events)["ratio"], 2))

    def short(outcome: str) -> float:
        one = evidence(judged, "A15", "versus", outcome=outcome, group="intermediate", versus="short")
        return float(round(one["ratio"], 2))

    assert (rest("OS"), rest("RFS"), short("OS"), short("RFS")) == (0.29, 0.41, 0.22, 0.36)
    share = 87 / 171
    assert rest("OS") == round(exp(-(1.959964 + 0.841621) / sqrt(20 * share * (1 - share))), 2)
    assert evidence(judged, "A22", outcome="OS")["allowed"] == 2


def test_thirty_tests(judged: tuple[Judged, ...]) -> None:
    counted = evidence(judged, "A16", "chance")
    assert (counted["n"], round(counted["chance"], 3)) == (30, 0.785)
    for outcome, few in (("OS", 0.021), ("RFS", 0.012)):
        one = evidence(judged, "A16", "few", outcome=outcome, among="")
        assert one["few"] == pytest.approx(few)
        assert one["all"] > 0.05
        assert one["holm"] > 0.05


def test_horizons_calendar_and_origin(judged: tuple[Judged, ...]) -> None:
    warned = [one for one in judged if one.finding.code == "A17" and one.finding.severity is du.Severity.WARNING]
    assert [one.finding.evidence["at"] for one in warned] == [60.0, 60.0]
    assert 4 < evidence(judged, "A18", "shortest")["shortest"] < 6
    assert verdicts(judged, "A19") == ["cannot be judged"]
    assert verdicts(judged, "A21") == ["coherent", "coherent", "cannot be judged", "cannot be judged"]


def test_the_conclusion_is_held_against_the_results(judged: tuple[Judged, ...]) -> None:
    assert verdicts(judged, "A20") == ["incoherent", "coherent", "incoherent", "cannot be judged"]
    assert [one.finding.code for one in judged if one.verdict is Verdict.INCOHERENT] == ["A20", "A20"]
