"""Which analysis a study's answer rests on: the emulated trial where one is declared and stands, the grouping otherwise."""

from __future__ import annotations

from durata.estimate.analysis import Answers
from durata.estimate.plan import emulation_analyses
from durata.estimate.result import Summary
from durata.study.types import Study

FEWEST_STRATEGIES = 2
"""Strategies that can be estimated, below which nothing is compared."""


def emulation_stands(study: Study, answers: Answers, outcome: str) -> bool:
    """Whether the declared emulated trial of an outcome can be had: everybody from the start, two strategies or more.

    It holds everybody who started, in every strategy, and no strategy guarantees anybody time; the grouping on achieved
    duration then is printed beside it and carries no conclusion. Nothing is drawn again to find this out.
    """
    if study.emulation is None or study.time.zero != "start":
        return False
    found = answers.ask(emulation_analyses(study, outcome)["emulated_positivity"])
    if not isinstance(found, Summary):
        return False
    return len({row["group"] for row in found.rows() if not row["note"]}) >= FEWEST_STRATEGIES


def grouping_is_beside(study: Study, answers: Answers, outcome: str) -> bool:
    """Whether the grouping on achieved duration only stands beside the emulated trial; a claim on it makes it count."""
    claimed = any(claim.outcome == outcome for claim in study.claims.values())
    return not claimed and emulation_stands(study, answers, outcome)
