"""Who the patients were: the baseline table, what came after time zero, sizes before and after, and responses."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Refused
from durata.estimate.change import individual_change
from durata.estimate.plan import baseline_analysis, change_analysis, parts, plateau_analysis, response_analyses
from durata.estimate.result import Summary, Test
from durata.finding import CannotEstimate
from durata.language.speaking import speak
from durata.records.deriving import rule_sets_used
from durata.report.chapters.patients import withheld
from durata.report.chapters.survival import refusal
from durata.report.chapters.wording import Wording
from durata.report.document import Block, FigureBlock, Heading, Paragraph, Shows, TableBlock
from durata.show.baseline_tables import baseline_table_shown
from durata.show.change_tables import change_table
from durata.show.disclosure import disclosure
from durata.show.figures.svg import drawing
from durata.show.figures.waterfall import waterfall_figure, waterfall_words
from durata.show.numbers import count, fixed, percent, percent_interval
from durata.show.printable import inside
from durata.show.response_tables import ResponseResult, response_differences_table, response_table
from durata.study.paper import Measurement


def describe(words: Wording) -> Iterator[Block]:
    """Blocks of the chapters on baseline, sizes and responses; none when nothing of it is declared."""
    baseline = baseline_analysis(words.study)
    if baseline is not None:
        yield Heading(words.say("describe.baseline"), anchor="baseline")
        yield from described(words, None, words.say("describe.baseline_table"))
    if words.study.measurements or words.study.responses:
        yield Heading(words.say("describe.responses"), anchor="responses")
        for name, one in words.study.measurements.items():
            yield from measured(words, name, one)
            yield from plateau(words, name, one)
        yield from responses(words)
    after = parts(words.study)
    if after:
        yield Heading(words.say("describe.after"), anchor="after")
        yield Paragraph((words.say("describe.after_note"),))
        for part in after:
            yield from described(words, part, part)
    rules = rule_sets_used(words.study)
    if rules:
        said = words.phrases.join(
            [
                words.say("describe.rule_set", version=speak(one.version), reference=speak(one.reference))
                for one in rules
            ]
        )
        caveats = dict.fromkeys(speak(one.caveat) for one in rules if one.caveat)
        yield Paragraph((words.phrases.paragraph([words.say("describe.rule_sets", rules=said), *caveats]),))


def described(words: Wording, part: str | None, title: str) -> Iterator[Block]:
    """The table of baseline covariates, or of one part of what came later."""
    analysis = baseline_analysis(words.study, part)
    if analysis is None:
        return
    answer = words.ask(analysis)
    if isinstance(answer, Summary):
        named = replace(answer, table=tuple(in_language(words, row) for row in answer.table))
        shown = baseline_table_shown(named, words.table_words(), title=title)
        yield TableBlock(shown, shows=Shows("after" if part else "baseline"))
    elif isinstance(answer, Refused):
        yield refusal(words, title, answer.reason)


def in_language(words: Wording, row: Mapping[str, object]) -> Mapping[str, object]:
    """A row whose level is one of a rule set's own, in the study's language; a level of the file stays as it is."""
    declared = words.study.covariates.get(str(row.get("term")))
    if declared is None or declared.rule_set is None or not row.get("level"):
        return row
    # "low" is one thing in a grade of response and another in a class of risk
    key = f"{declared.rule_set}: {row['level']}"
    said = speak(key)
    return row if said == key else {**row, "level": said}


def measured(words: Wording, name: str, one: Measurement) -> Iterator[Block]:
    """One measurement before and after, with its waterfall."""
    answer = words.ask(change_analysis(words.study, name))
    label = one.label or name
    title = words.say("describe.change", what=label)
    if isinstance(answer, Refused):
        yield refusal(words, title, answer.reason)
        return
    if isinstance(answer, Summary):
        shown = change_table(answer, title=title, unit=one.unit, divide_by=one.divide_by)
        yield TableBlock(shown, shows=Shows("measurement"))
    yield from waterfall(words, name, one, label)


def waterfall(words: Wording, name: str, one: Measurement, label: str) -> Iterator[Block]:
    """Everybody's change, largest increase to largest decrease."""
    design, outcome = declared_design(words.study), next(iter(words.study.outcomes))
    cohort = words.contents.answers.cohort(design, outcome)
    if isinstance(cohort, Refused) or cohort.group is None:
        return
    if disclosure().declared:
        yield withheld(words, words.say("describe.waterfall", what=inside(label)))
        return
    within = inside(label)
    title = words.say("describe.waterfall", what=within)
    axis = words.say("describe.waterfall_axis", what=within)
    try:
        change = individual_change(cohort, one.before, one.after)
        changes = {
            level: change[cohort.group.codes == code]
            for code, level in enumerate(cohort.group.levels)
            if np.any(cohort.group.codes == code)
        }
        figure = waterfall_figure(changes, label=axis)
    except CannotEstimate as reason:
        yield refusal(words, title, str(reason))
        return
    number = list(words.study.measurements).index(name) + 1
    yield FigureBlock(
        drawing(figure, f"waterfall-{number}", title=title, alternative=waterfall_words(changes, label=axis)),
        words.say("describe.waterfall_caption", title=title),
        Shows("measurement"),
    )


def plateau(words: Wording, name: str, one: Measurement) -> Iterator[Block]:
    """Where the shrinkage of one measurement levels off: described across patients treated for different times."""
    found = words.ask(plateau_analysis(words.study, name))
    title = words.say("describe.plateau", measurement=inside(one.label or name))
    if isinstance(found, Refused):
        yield refusal(words, title, found.reason)
    if not isinstance(found, Summary):
        return
    share, _, time = found.rows()
    open_end = not math.isfinite(time["conf_high"])
    yield Paragraph(
        (
            words.say(
                "describe.plateau_open" if open_end else "describe.plateau_closed",
                title=title,
                n=count(share["n"]),
                share=percent_interval(share["estimate"], share["conf_low"], share["conf_high"]),
                time=fixed(time["estimate"], 1),
                low=fixed(time["conf_low"], 1),
                high="" if open_end else fixed(time["conf_high"], 1),
                unit=words.counted_unit(words.study.treatment.unit),
                without=percent(found.settings["without"] / found.settings["draws"], 0),
                longest=fixed(found.settings["longest"], 1),
            ),
        )
    )


def responses(words: Wording) -> Iterator[Block]:
    """Response rates with their tests, and the differences between groups."""
    found = []
    for name, one in words.study.responses.items():
        answers = {kind: words.ask(analysis) for kind, analysis in response_analyses(words.study, name).items()}
        rates, differences = answers["response_rates"], answers["risk_differences"]
        test, trend = answers["response_test"], answers["response_trend"]
        if (
            isinstance(rates, Summary | Refused)
            and isinstance(differences, Summary | Refused)
            and isinstance(test, Test | Refused)
            and isinstance(trend, Test | Refused)
        ):
            found.append(ResponseResult(one.label or name, rates, test, trend, differences))
    if found:
        yield TableBlock(response_table(found, title=words.say("describe.response_rates")), shows=Shows("responses"))
        differing = response_differences_table(found, title=words.say("describe.response_differences"))
        yield TableBlock(differing, shows=Shows("responses"))
