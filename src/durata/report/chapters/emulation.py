"""The emulated trial: its target, its clones, its curves, contrasts and what they rest on, for every outcome."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from durata.estimate.analysis import Refused
from durata.estimate.plan import emulation_analyses
from durata.estimate.result import Curve, Summary
from durata.report.chapters.survival import refusal
from durata.report.chapters.target import target
from durata.report.chapters.wording import Wording
from durata.report.document import Block, FigureBlock, Heading, Note, Paragraph, Shows, TableBlock
from durata.show.emulated_tables import (
    balance_table,
    chances_table,
    diagnostics_table,
    effects_table,
    flow_table,
    furthest,
    groups_of,
    sensitivity_table,
)
from durata.show.figures.strategies import StrategyLine, strategies_figure, strategies_words
from durata.show.figures.survival import survival_figure, survival_words
from durata.show.figures.svg import drawing
from durata.show.numbers import fixed
from durata.show.time_scale import TimeScale

BALANCED = 0.1
"""A standardised difference beyond this is told."""


def emulation(words: Wording) -> Iterator[Block]:
    """Blocks of the chapter; none when no emulation is declared."""
    if words.study.emulation is None:
        return
    yield Heading(words.say("emulation.chapter"), anchor="emulation")
    yield Paragraph((words.say("emulation.intro"),))
    yield from target(words)
    for number, outcome in enumerate(words.study.outcomes, start=1):
        yield from of_outcome(words, outcome, number)
    yield Note((words.say("emulation.caution", covariates=weighed_by(words)),), "caution")


def of_outcome(words: Wording, outcome: str, number: int) -> Iterator[Block]:
    """One outcome: flow, uptake, curves, contrasts, diagnostics, balance and sensitivity."""
    asked = {name: words.ask(one) for name, one in emulation_analyses(words.study, outcome).items()}
    yield Heading(words.outcome(outcome), 2, anchor=f"emulation-{number}")
    flow = asked["emulated_flow"]
    if isinstance(flow, Refused):
        yield refusal(words, words.say("emulation.flow", outcome=words.outcome(outcome)), flow.reason)
        return
    if isinstance(flow, Summary):
        table = flow_table(flow, title=words.say("emulation.flow", outcome=words.outcome(outcome)))
        yield TableBlock(table, f"emulation-flow-{number}", Shows("emulation", outcome))
    yield from lines(words, outcome, number, "uptake", asked["emulated_uptake"])
    yield from curves(words, outcome, number, asked["emulated_survival"])
    effects = asked["emulated_intervals"]
    title = words.say("emulation.effects", outcome=words.outcome(outcome), horizon=horizon(words))
    if isinstance(effects, Summary):
        table = effects_table(effects, title=title, unit=unit(words), reference=words.say("emulation.reference"))
        yield TableBlock(table, f"emulation-effects-{number}", Shows("emulation", outcome))
        if any(note.code == "N10" for note in effects.notes):
            yield Note((words.phrases.paragraph([note.message for note in effects.notes]),), "caution")
    elif isinstance(effects, Refused):
        yield refusal(words, title, effects.reason)
    yield from diagnostics(words, outcome, number, asked)


def curves(words: Wording, outcome: str, number: int, curve: object) -> Iterator[Block]:
    """The weighted curves with their bootstrap bands and the weighted numbers at risk."""
    title = words.say("emulation.curve", outcome=words.outcome(outcome))
    if isinstance(curve, Refused):
        yield refusal(words, title, curve.reason)
    if not isinstance(curve, Curve):
        return
    label = words.say("outcome.free", outcome=words.within(outcome))
    # weights are no whole numbers; a number at risk in tenths of a patient says nothing more
    rounded = tuple(replace(one, at_risk=np.round(one.at_risk)) for one in curve.stretches)
    figure = survival_figure(replace(curve, stretches=rounded), steps(words), label=label)
    yield FigureBlock(
        drawing(
            figure,
            f"emulation-curve-{number}",
            title=title,
            alternative=survival_words(curve, steps(words), label=label),
        ),
        words.say("emulation.curve_caption", title=title, interval=curve.interval, estimand=estimand(words, outcome)),
        Shows("emulation", outcome),
    )


def lines(words: Wording, outcome: str, number: int, kind: str, found: object) -> Iterator[Block]:
    """A figure with a line a strategy: uptake of the end of treatment, or the largest weight, along the months."""
    title = words.say(f"emulation.{kind}", outcome=words.outcome(outcome))
    if isinstance(found, Refused):
        yield refusal(words, title, found.reason)
    if not isinstance(found, Summary):
        return
    term = "ended" if kind == "uptake" else "largest weight"
    rows = [row for row in found.rows() if row["term"] == term]
    names = tuple(dict.fromkeys(row["group"] for row in rows))
    strategies = {window.name for window in words.study.emulation.windows} if words.study.emulation else set()
    drawn = [line(name, [row for row in rows if row["group"] == name], name not in strategies) for name in names]
    label, shares = words.say(f"emulation.{kind}_axis"), kind == "uptake"
    figure = strategies_figure(
        drawn, steps(words), time_zero=words.study.treatment.start_name, label=label, shares=shares
    )
    yield FigureBlock(
        drawing(
            figure,
            f"emulation-{kind}-{number}",
            title=title,
            alternative=strategies_words(drawn, steps(words), label=label, shares=shares),
        ),
        words.say(f"emulation.{kind}_caption", title=title),
        Shows("emulation_diagnostics", outcome),
    )


def line(name: str, rows: list[dict[str, Any]], observed: bool) -> StrategyLine:
    """The rows of one strategy as a line."""
    values = [np.nan if row["estimate"] is None else row["estimate"] for row in rows]
    return StrategyLine(name, np.array([row["time"] for row in rows]), np.array(values, dtype=np.float64), observed)


def diagnostics(words: Wording, outcome: str, number: int, asked: dict[str, Any]) -> Iterator[Block]:
    """What the answer rests on: positivity and weights, the chances of the grace period, balance, sensitivity."""
    within = words.outcome(outcome)
    positivity, weights = asked["emulated_positivity"], asked["emulated_weights"]
    if isinstance(positivity, Summary) and isinstance(weights, Summary):
        title = words.say("emulation.diagnostics", outcome=within)
        table = diagnostics_table(positivity, weights, title=title, unit=unit(words))
        yield TableBlock(table, f"emulation-diagnostics-{number}", Shows("emulation_diagnostics", outcome))
    yield from lines(words, outcome, number, "weights", weights)
    grace = asked["emulated_grace"]
    if isinstance(grace, Summary):
        title = words.say("emulation.chances", outcome=within)
        yield TableBlock(
            chances_table(grace, title=title, unit=unit(words)), shows=Shows("emulation_diagnostics", outcome)
        )
    balance = asked["emulated_balance"]
    if isinstance(balance, Summary):
        labels = {name: words.covariate(name) for name in words.study.covariates}
        table = balance_table(balance, labels, title=words.say("emulation.balance", outcome=within), unit=unit(words))
        yield TableBlock(table, f"emulation-balance-{number}", Shows("emulation_diagnostics", outcome))
        if furthest(balance) > BALANCED:
            yield Note((words.say("emulation.unbalanced", most=fixed(furthest(balance), 2)),), "caution")
    truncated, excused = asked["emulated_truncation"], asked["emulated_excuses"]
    some = truncated if isinstance(truncated, Summary) else excused
    if isinstance(some, Summary):
        title = words.say("emulation.sensitivity", outcome=within, horizon=horizon(words))
        rules = {rule: words.say(f"emulation.excuse_{rule}") for rule in ("excused", "deviation", "event")}
        table = sensitivity_table(
            truncated if isinstance(truncated, Summary) else None,
            excused if isinstance(excused, Summary) else None,
            groups_of(some),
            rules,
            title=title,
        )
        yield TableBlock(table, f"emulation-sensitivity-{number}", Shows("emulation", outcome))


def steps(words: Wording) -> TimeScale:
    """Times of an emulated trial, which count in steps of its grid, in the unit of the treatment."""
    interval = words.study.emulation.interval if words.study.emulation else 1.0
    return TimeScale(words.study.treatment.unit, 1 / interval)


def unit(words: Wording) -> str:
    """What a step of the grid is called."""
    asked = words.study.emulation
    if asked is None or asked.interval == 1:
        return words.unit(words.study.treatment.unit)
    return words.say("emulation.steps", length=f"{asked.interval:g}", unit=words.unit(words.study.treatment.unit))


def horizon(words: Wording) -> str:
    """The horizon in words."""
    asked = words.study.emulation
    return "" if asked is None else TimeScale(words.study.treatment.unit).words(asked.horizon)


def estimand(words: Wording, outcome: str) -> str:
    """The grace rule in words, which names the estimand."""
    found = words.ask(emulation_analyses(words.study, outcome)["emulated_flow"])
    return found.method if isinstance(found, Summary) else ""


def weighed_by(words: Wording) -> str:
    """The covariates of the weights as an enumeration, or the words for none."""
    covariates = words.study.emulation.covariates if words.study.emulation else ()
    return words.covariates(covariates) if covariates else words.say("emulation.no_covariates")
