"""One outcome that other events make impossible: its cumulative incidence, Gray's test, and the two hazard ratios."""

from __future__ import annotations

from collections.abc import Iterator

from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Analysis, Refused
from durata.estimate.plan import BY_GROUP, competing_analyses, cox_analysis
from durata.estimate.result import Curve, Effects, Test
from durata.report.chapters.survival import refusal
from durata.report.chapters.wording import Wording
from durata.report.document import Block, FigureBlock, Heading, Paragraph, Shows, TableBlock
from durata.show.competing_tables import incidence_table
from durata.show.effect_tables import effects_table
from durata.show.figures.survival import survival_figure, survival_words
from durata.show.figures.svg import drawing
from durata.show.numbers import count, p_phrase

ADJUSTED = {"fine_gray": False, "fine_gray_adjusted": True}


def competing(words: Wording, outcome: str) -> Iterator[Block]:
    """Blocks on the competing events of one outcome; none when it declares no such events."""
    asked = competing_analyses(words.study, outcome)
    if not asked:
        return
    design = declared_design(words.study)
    title = words.say("competing.chapter", outcome=words.outcome(outcome))
    cohort = words.contents.answers.cohort(design, outcome)
    if isinstance(cohort, Refused) or cohort.cause is None:
        return  # the chapter of the outcome says why there is no cohort
    number = list(words.study.outcomes).index(outcome) + 1
    others = int((cohort.cause > 1).sum())
    yield Heading(title, level=2, anchor=f"competing-{number}")
    if others == 0:
        yield Paragraph((words.say("competing.none", outcome=words.within(outcome)),))
        return
    yield Paragraph(
        (words.say("competing.intro", outcome=words.within(outcome), n=count(others), events=count(cohort.n_events)),)
    )
    yield from incidences(words, outcome, asked, f"incidence-{number}")
    yield from hazard_ratios(words, outcome, asked)


def incidences(words: Wording, outcome: str, asked: dict[str, Analysis], name: str) -> Iterator[Block]:
    """The figure of cumulative incidences with Gray's test, and the table beside one minus Kaplan-Meier."""
    title = words.say("competing.curve", outcome=words.outcome(outcome))
    curve, other = words.ask(asked["cumulative_incidence"]), words.ask(asked["competing_incidence"])
    if not isinstance(curve, Curve):
        yield refusal(words, title, curve.reason if isinstance(curve, Refused) else "")
        return
    test = words.ask(asked["gray_test"])
    annotation = words.say("competing.test", p=p_phrase(test.p_value)) if isinstance(test, Test) else ""
    label = words.say("competing.with", outcome=words.within(outcome))
    yield FigureBlock(
        drawing(
            survival_figure(curve, words.scale, label=label, annotation=annotation),
            name,
            title=title,
            alternative=survival_words(curve, words.scale, label=label),
        ),
        words.say(
            "competing.caption",
            title=title,
            level=f"{100 * curve.conf_level:g}",
            zero=curve.time_zero,
            test=words.say("outcome.test_sentence", test=annotation) if annotation else "",
        ),
        Shows("curve", outcome),
    )
    if isinstance(test, Refused):
        yield refusal(words, words.say("competing.gray"), test.reason)
    survival = words.ask(Analysis(declared_design(words.study), outcome, "kaplan_meier", BY_GROUP))
    if isinstance(survival, Curve):
        length = words.study.study.days(words.study.study.time_unit)
        times = [horizon * length for horizon in words.study.horizons.at]
        shown = incidence_table(
            survival,
            curve,
            other if isinstance(other, Curve) else None,
            times or [min(stretch.until for stretch in curve.stretches)],
            words.scale,
            title=words.say("competing.table", outcome=words.within(outcome)),
        )
        yield TableBlock(shown, shows=Shows("horizons", outcome))


def hazard_ratios(words: Wording, outcome: str, asked: dict[str, Analysis]) -> Iterator[Block]:
    """Cause-specific beside subdistribution hazard ratios, the variant of the latter named."""
    models: dict[str, Effects | Refused] = {}
    method = ""
    for kind, adjusted in ADJUSTED.items():
        if kind not in asked:
            continue
        fit = words.say("outcome.adjusted" if adjusted else "outcome.unadjusted")
        design = declared_design(words.study)
        for column, analysis in (
            ("competing.cause_specific", cox_analysis(words.study, design, outcome, adjusted=adjusted)),
            ("competing.subdistribution", asked[kind]),
        ):
            answer = words.ask(analysis)
            if isinstance(answer, Effects | Refused):
                models[words.say(column, fit=fit)] = answer
            if column == "competing.subdistribution" and isinstance(answer, Effects):
                method = answer.method
    if not models:
        return
    yield TableBlock(
        effects_table(
            models,
            title=words.say("competing.models", outcome=words.within(outcome)),
            words=words.table_words(),
        ),
        shows=Shows("model", outcome),
    )
    if method:
        yield Paragraph((words.say("competing.reading", method=method),))
