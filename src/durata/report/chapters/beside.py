"""The same question asked differently: every design side by side, with what each takes for granted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from durata.designs.catalogue import designs_of, in_words
from durata.estimate.analysis import Analysis, Refused
from durata.estimate.claim import Contrast, contrasts
from durata.estimate.guaranteed_time import guaranteed_time, share_of_all
from durata.estimate.plan import cox_analysis, emulation_analyses, has_adjustment, ratio_analysis, tipping_analysis
from durata.estimate.result import Effects, Summary, Test
from durata.report.chapters.specified import specification_curve
from durata.report.chapters.survival import group_counts, refusal
from durata.report.chapters.wording import Wording
from durata.report.document import Block, FigureBlock, Heading, Note, Paragraph, Shows, TableBlock
from durata.show.effect_tables import effects_table
from durata.show.figures.forest import ForestRow, forest_figure, forest_words
from durata.show.figures.svg import drawing
from durata.show.numbers import Cell, count, fixed, p_phrase, percent, ratio, ratio_interval, refused
from durata.show.table import Head, Row, Table
from durata.show.time_scale import TimeScale


def beside(words: Wording) -> Iterator[Block]:
    """Blocks of the chapter."""
    yield Heading(words.say("beside.chapter"), anchor="designs")
    yield Paragraph((words.say("beside.intro"),))
    for number, outcome in enumerate(words.study.outcomes, start=1):
        yield TableBlock(designs_table(words, outcome), shows=Shows("designs", outcome))
        yield from forest(words, outcome, f"designs-{number}")
        yield from immortal_time(words, outcome)
        yield from time_dependent_model(words, outcome)
        yield from bounds(words, outcome)
    yield from specification_curve(words)
    yield Note((words.say("beside.caution"),), "caution")


def designs_table(words: Wording, outcome: str) -> Table:
    """Each design: what it takes for granted, whether it is safe under the null, people, events, guaranteed time by group."""
    heads = (
        Head(words.say("beside.conditions"), "left", wide=True),
        Head(words.say("beside.null"), "left", wide=True),
        Head(words.say("beside.people"), "right"),
        Head(words.say("beside.events"), "right"),
        Head(words.say("beside.guaranteed"), "left", wide=True),
    )
    rows = []
    for name, design in designs_of(words.study).items():
        said = Cell(in_words(design.conditions_on, words.study)), Cell(in_words(design.null, words.study))
        cohort = words.contents.answers.cohort(name, outcome)
        numbers: tuple[Cell, ...]
        if isinstance(cohort, Refused):
            numbers = (refused(cohort.reason),) * 3
        else:
            times = guaranteed_time(cohort)
            each = [words.say("beside.share", group=row.group, share=percent(row.share, 0)) for row in times]
            shown = words.phrases.clauses(each) if share_of_all(times) > 0 else words.say("beside.nobody")
            numbers = (Cell(count(cohort.n_people)), Cell(count(cohort.n_events)), Cell(shown))
        rows.append(Row(in_words(design.title, words.study), (*said, *numbers)))
    rows += emulated_row(words, outcome)
    title = words.say("beside.designs", outcome=words.outcome(outcome))
    return Table(title, words.say("beside.design"), heads, tuple(rows))


def emulated_row(words: Wording, outcome: str) -> Iterator[Row]:
    """The emulated trial as a row of the table of designs, where one is declared."""
    asked = emulation_analyses(words.study, outcome).get("emulated_flow")
    if asked is None:
        return
    found = words.ask(asked)
    said = Cell(words.say("beside.emulated_conditions")), Cell(words.say("beside.emulated_null"))
    if not isinstance(found, Summary):
        cell = refused(found.reason if isinstance(found, Refused) else words.say("beside.not_estimated"))
        yield Row(words.say("beside.emulated"), (*said, cell, cell, cell))
        return
    cells = {(row["term"], row["group"]): row["n"] for row in found.rows()}
    names = tuple(dict.fromkeys(row["group"] for row in found.rows()))
    events = words.phrases.clauses(
        [words.say("beside.share", group=name, share=count(cells["events", name])) for name in names]
    )
    people = Cell(count(cells["patients", names[0]]))
    yield Row(
        words.say("beside.emulated"),
        (*said, people, Cell(events, words.say("beside.every_strategy")), Cell(words.say("beside.nobody"))),
    )


def forest(words: Wording, outcome: str, name: str) -> Iterator[Block]:
    """The hazard ratios of every design, unadjusted and adjusted, in one figure."""
    adjusted = has_adjustment(words.study, outcome)
    rows: list[ForestRow] = []
    for design, described in designs_of(words.study).items():
        rows.append(ForestRow(in_words(described.title, words.study), kind="heading"))
        found = contrasts(words.study, words.contents.answers, design, outcome, adjusted=adjusted)
        if not found:
            rows.append(ForestRow(words.say("beside.not_estimated"), refused=words.say("beside.see_table"), depth=1))
        else:
            rows.append(ForestRow(found[0].reference, kind="reference", depth=1))
            rows.extend(effect_row(words, contrast) for contrast in found)
    rows += emulated_effects(words, outcome)
    if not any(row.kind == "effect" and not row.refused for row in rows):
        yield Paragraph((words.say("beside.no_contrast"),))
        return
    title = words.say("beside.forest", outcome=words.outcome(outcome))
    figure = forest_figure(
        rows,
        detail_head=words.say("beside.guaranteed"),
        less=words.say("beside.less"),
        more=words.say("beside.more"),
    )
    adjust = words.study.models[outcome].adjust if adjusted else ()
    yield FigureBlock(
        drawing(figure, name, title=title, alternative=forest_words(rows)),
        words.phrases.paragraph(
            [
                words.say(
                    "beside.forest_caption",
                    adjusted=words.say("beside.adjusted", covariates=words.covariates(adjust)) if adjust else "",
                ),
                words.say("beside.forest_emulated") if words.study.emulation else "",
            ]
        ),
        Shows("designs_forest", outcome),
    )


def emulated_effects(words: Wording, outcome: str) -> Iterator[ForestRow]:
    """The ratios of risks of the emulated trial, as rows of the forest."""
    asked = emulation_analyses(words.study, outcome).get("emulated_intervals")
    if asked is None:
        return
    yield ForestRow(words.say("beside.emulated_ratio"), kind="heading")
    found = words.ask(asked)
    if not isinstance(found, Summary):
        yield ForestRow(words.say("beside.not_estimated"), refused=words.say("beside.see_table"), depth=1)
        return
    yield ForestRow(str(found.settings["reference"]), kind="reference", depth=1)
    for row in found.rows():
        if row["term"] != "ratio of risks":
            continue
        value, low, high = row["estimate"], row.get("conf_low"), row.get("conf_high")
        if value is None or low is None or high is None or not 0 < low <= value <= high:
            yield ForestRow(row["group"], refused=words.say("beside.see_emulation"), depth=1)
        else:
            yield ForestRow(row["group"], value, low, high, detail=percent(0.0, 0), depth=1)


def immortal_time(words: Wording, outcome: str) -> Iterator[Block]:
    """The naive hazard ratio over that with delayed entry, same people and covariates, and the Mantel-Byar test."""
    found = words.ask(ratio_analysis(words.study, outcome))
    title = words.say("beside.ratio", outcome=words.outcome(outcome))
    if isinstance(found, Summary):
        heads = (Head(words.say("beside.ratio_head")), Head(words.say("beside.ratio_share"), "left"))
        rows = tuple(
            Row(
                words.say("beside.against", group=row["group"], reference=row["reference"]),
                (
                    ratio_cell(row),
                    refused(words.say("beside.no_share")) if row["value"] is None else Cell(fixed(row["value"], 2)),
                ),
            )
            for row in found.rows()
        )
        note = words.say("beside.ratio_note", n=found.settings["people"], draws=found.settings["replicates"])
        table = Table(title, words.say("beside.contrast"), heads, rows, (note,))
        yield TableBlock(table, shows=Shows("designs", outcome))
    elif isinstance(found, Refused):
        yield refusal(words, title, found.reason)
    test = words.ask(Analysis("time_dependent", outcome, "log_rank"))
    if isinstance(test, Test):
        yield Paragraph((words.say("beside.mantel_byar", p=p_phrase(test.p_value)),))


def ratio_cell(row: Mapping[str, Any]) -> Cell:
    """An immortal-time ratio with its limits; without them where the draws do not enclose it."""
    value, low, high = row["estimate"], row["conf_low"], row["conf_high"]
    return Cell(ratio_interval(value, low, high) if low <= value <= high else ratio(value))


def bounds(words: Wording, outcome: str) -> Iterator[Block]:
    """Where nobody is on record who never reached the end: what cannot be estimated, and how many would undo the result."""
    cohort = words.contents.answers.cohort("time_dependent", outcome)
    asked = tipping_analysis(words.study, outcome)
    if not isinstance(cohort, Refused):
        return
    yield Note((words.say("beside.unseen", reason=cohort.reason),), "caution", words.say("beside.cannot"))
    if asked is None:
        yield Paragraph((words.say("beside.no_horizon"),))
        return
    found = words.ask(asked)
    at = TimeScale(words.study.study.time_unit).words(max(words.study.horizons.at))
    title = words.say("beside.bounds", outcome=words.outcome(outcome), at=at)
    if isinstance(found, Summary):
        heads = (
            Head(words.say("beside.operated"), "right"),
            Head(words.say("beside.tip_share"), "right"),
            Head(words.say("beside.tip_n"), "right"),
        )
        rows = tuple(
            Row(
                words.say("beside.against", group=row["group"], reference=row["reference"]),
                (Cell(count(row["value"])), Cell(percent(row["estimate"])), Cell(count(row["n"]))),
            )
            for row in found.rows()
        )
        table = Table(title, words.say("beside.advantage"), heads, rows, (words.say("beside.bounds_note"),))
        yield TableBlock(table, shows=Shows("designs", outcome))
    elif isinstance(found, Refused):
        yield refusal(words, title, found.reason)


def effect_row(words: Wording, contrast: Contrast) -> ForestRow:
    """One contrast with the share of its group's time that is guaranteed."""
    cohort = words.contents.answers.cohort(contrast.design, contrast.outcome)
    share = 0.0
    if not isinstance(cohort, Refused):
        share = next((row.share for row in guaranteed_time(cohort) if row.group == contrast.level), 0.0)
    return ForestRow(
        contrast.level,
        contrast.hazard_ratio,
        contrast.conf_low,
        contrast.conf_high,
        contrast.p_value,
        detail=percent(share, 0),
        depth=1,
    )


def time_dependent_model(words: Wording, outcome: str) -> Iterator[Block]:
    """The whole time-dependent model in a table."""
    design = "time_dependent"
    cohort = words.contents.answers.cohort(design, outcome)
    if isinstance(cohort, Refused):
        return
    asked = {words.say("outcome.unadjusted"): cox_analysis(words.study, design, outcome, adjusted=False)}
    if has_adjustment(words.study, outcome):
        asked[words.say("outcome.adjusted")] = cox_analysis(words.study, design, outcome, adjusted=True)
    answers = {name: words.ask(analysis) for name, analysis in asked.items()}
    shown = {name: one for name, one in answers.items() if isinstance(one, Effects | Refused)}
    named = words.table_words(group=words.say("beside.td_group"))
    title = words.say("beside.td_model", outcome=words.outcome(outcome))
    table = effects_table(shown, title=title, words=named, counts=group_counts(cohort))
    yield TableBlock(table, shows=Shows("time_dependent_model", outcome))
