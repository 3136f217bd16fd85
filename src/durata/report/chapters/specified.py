"""The specification curve in the report: one contrast under every defensible way of asking, and how many agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from durata.estimate.analysis import Refused
from durata.estimate.plan import specification_analysis
from durata.estimate.result import Summary
from durata.estimate.specifications import Specification
from durata.report.chapters.survival import refusal
from durata.report.chapters.wording import Wording
from durata.report.document import Block, FigureBlock, Paragraph, Shows
from durata.show.figures.specifications import Choice, SpecificationCurve, specifications_figure, specifications_words
from durata.show.figures.svg import drawing
from durata.show.numbers import count, percent, ratio


def specification_curve(words: Wording) -> Iterator[Block]:
    """The figure and what it comes down to."""
    if len(words.study.treatment.groups) < 2:
        return
    asked = specification_analysis(words.study)
    found = words.ask(asked)
    against = words.say("beside.against", group=asked.setting("level"), reference=asked.setting("reference"))
    title = words.say("specifications.title", contrast=against)
    if isinstance(found, Refused):
        yield refusal(words, title, found.reason)
    if not isinstance(found, Summary):
        return
    numbers = found.settings
    curve = drawn(words, found)
    label = words.say("specifications.axis")
    yield FigureBlock(
        drawing(
            specifications_figure(curve, label=label),
            "specifications",
            title=title,
            alternative=specifications_words(curve, label=label),
        ),
        words.say("specifications.caption", title=title),
        Shows("designs_forest"),
    )
    some = "specifications.some" if numbers["asked"] < numbers["all"] else "specifications.every"
    yield Paragraph(
        (
            words.phrases.paragraph(
                [
                    words.say(some, n=count(numbers["estimated"]), all=count(numbers["all"])),
                    words.say(
                        "specifications.agree",
                        below=percent(numbers["below"], 0),
                        clear=percent(numbers["clear"], 0),
                        median=ratio(numbers["median"]),
                    ),
                    words.say("specifications.caution"),
                ]
            ),
        )
    )


def drawn(words: Wording, found: Summary) -> SpecificationCurve:
    """The sorted estimates with the choices behind them."""
    rows = [row for row in found.rows() if row["estimate"] is not None]
    ways: tuple[Specification, ...] = found.settings["specifications"]

    def choice(family: str, name: str, made: Callable[[Specification], bool]) -> Choice:
        return Choice(words.say(f"specifications.{family}"), name, np.array([made(one) for one in ways]))

    choices = [
        choice("design", words.say(f"specifications.{name}"), lambda one, name=name: one.design == name)  # type: ignore[misc]
        for name in dict.fromkeys(one.design for one in ways)
    ]
    if len(words.study.outcomes) > 1:
        choices += [
            choice("outcome", words.outcome(name), lambda one, name=name: one.outcome == name)  # type: ignore[misc]
            for name in words.study.outcomes
        ]
    choices.append(choice("boundaries", words.say("specifications.declared"), lambda one: not any(one.shift)))
    choices.append(choice("boundaries", words.say("specifications.moved"), lambda one: any(one.shift)))
    names = tuple(dict.fromkeys(name for one in ways for name in one.adjust))
    choices += [
        choice("adjusted", words.covariate(name), lambda one, name=name: name in one.adjust)  # type: ignore[misc]
        for name in names
    ]
    if any(one.missing == "indicator" for one in ways):
        choices.append(choice("missing", words.say("specifications.complete"), lambda one: one.missing == "complete"))
        choices.append(choice("missing", words.say("specifications.indicator"), lambda one: one.missing == "indicator"))
    return SpecificationCurve(
        np.array([row["estimate"] for row in rows]),
        np.array([row["conf_low"] for row in rows]),
        np.array([row["conf_high"] for row in rows]),
        choices,
        found.settings["declared"],
    )
