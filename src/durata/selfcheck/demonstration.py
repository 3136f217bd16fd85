"""The bundled demonstration from its files to its numbers: every analysis of the study, asked as a report asks it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from durata.estimate.analysis import Refused
from durata.estimate.plan import planned
from durata.estimate.result import Curve, Effects, Summary, Test
from durata.examples import example
from durata.language.speaking import ENGLISH, speaking
from durata.pipeline import run
from durata.selfcheck.compared import Compared, compared
from durata.selfcheck.golden_values import demonstration

DEMONSTRATION = "stanford"
SAME = 1e-9


def numbers_of_demonstration() -> dict[str, list[float]]:
    """Run the demonstration and read the numbers of every planned analysis, by a description of it."""
    with speaking(ENGLISH):
        contents = run(example(DEMONSTRATION)).contents
        found: dict[str, list[float]] = {}
        for analysis in planned(contents.study):
            answer = contents.answers.ask(analysis)
            if isinstance(answer, Refused):
                continue
            settings = " ".join(f"{name}={value}" for name, value in analysis.settings)
            numbers = [value for value in _numbers(answer) if math.isfinite(value)]
            if numbers:
                found[" ".join((analysis.design, analysis.outcome, analysis.estimator, settings)).strip()] = numbers
        return found


def _numbers(answer: Any) -> Iterator[float]:
    if isinstance(answer, Effects):
        yield from (float(value) for value in (*answer.estimate, *answer.std_error, answer.log_likelihood))
    elif isinstance(answer, Test):
        yield from (float(answer.statistic), float(answer.df), float(answer.p_value))
    elif isinstance(answer, Curve):
        for stretch in answer.stretches:
            yield from (float(stretch.n), float(stretch.events.sum()), float(stretch.estimate[-1]))
    elif isinstance(answer, Summary):
        for row in answer.rows():
            for name in ("estimate", "conf_low", "conf_high", "statistic", "p_value"):
                if isinstance(row.get(name), int | float):
                    yield float(row[name])


def compared_demonstration() -> Iterator[Compared]:
    """The numbers of the demonstration on this machine beside the recorded ones."""
    found = numbers_of_demonstration()
    for name, expected in demonstration().items():
        estimator = name.split(" ")[2]
        yield compared(estimator, name, DEMONSTRATION, found.get(name, []), expected, relative=SAME)
