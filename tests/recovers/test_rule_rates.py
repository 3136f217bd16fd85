"""Rules of design on simulated cohorts: they fire where their fault is, and hardly ever where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

import durata as du
from durata.simulation.rule_rates import TRIALS, rule_rates, with_rates

PAGES = Path(__file__).parents[2] / "docs" / "rules"


@pytest.mark.parametrize("code", TRIALS)
def test_a_rule_fires_with_its_fault_and_not_without(code: str) -> None:
    [rate] = rule_rates([code], sizes=[300], replicates=12, seed=8)
    assert rate.hits.value >= 0.9
    # at a true rate of 5 % more than 3 of 12 happen once in 500
    assert rate.false_alarms.value <= 0.25
    assert rate.hits.n == rate.false_alarms.n == 12


@pytest.mark.parametrize("code", TRIALS)
def test_pages_hold_the_rates_and_are_written_again_in_place(code: str) -> None:
    page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    assert page.count("## How often it fires") == 1
    again = with_rates(page, rule_rates([code], sizes=[60], replicates=2, seed=8))
    assert again.count("## How often it fires") == 1
    head, _, tail = page.partition("<!-- rates: begin -->")
    assert again.startswith(head)
    assert again.endswith(tail.partition("<!-- rates: end -->")[2])


def test_a_rule_without_a_simulation_is_refused() -> None:
    with pytest.raises(du.CannotEstimate, match=r"rule 'K04'; there are T01"):
        rule_rates(["K04"])
