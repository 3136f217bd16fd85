"""The same question asked differently: every design side by side, with what each takes for granted."""

from __future__ import annotations

from collections.abc import Iterator

from durata.designs.catalogue import DESIGNS, in_words
from durata.estimate.analysis import Refused
from durata.estimate.claim import Contrast, contrasts
from durata.estimate.guaranteed_time import guaranteed_time, share_of_all
from durata.estimate.plan import cox_analysis, has_adjustment
from durata.estimate.result import Effects
from durata.report.chapters.survival import group_counts
from durata.report.chapters.wording import Wording
from durata.report.document import Block, FigureBlock, Heading, Note, Paragraph, Shows, TableBlock
from durata.show.effect_tables import effects_table
from durata.show.figures.forest import ForestRow, forest_figure, forest_words
from durata.show.figures.svg import drawing
from durata.show.numbers import Cell, count, percent, refused
from durata.show.table import Head, Row, Table


def beside(words: Wording) -> Iterator[Block]:
    """Blocks of the chapter."""
    yield Heading(words.say("beside.chapter"), anchor="designs")
    yield Paragraph((words.say("beside.intro"),))
    for number, outcome in enumerate(words.study.outcomes, start=1):
        yield TableBlock(designs_table(words, outcome), shows=Shows("designs", outcome))
        yield from forest(words, outcome, f"designs-{number}")
        yield from time_dependent_model(words, outcome)
    yield Note((words.say("beside.caution"),), "caution")


def designs_table(words: Wording, outcome: str) -> Table:
    """Each design: what it compares, what it takes for granted, people, events and guaranteed time."""
    heads = (
        Head(words.say("beside.conditions"), "left", wide=True),
        Head(words.say("beside.people"), "right"),
        Head(words.say("beside.events"), "right"),
        Head(words.say("beside.guaranteed"), "right"),
    )
    rows = []
    for name, design in DESIGNS.items():
        conditions = Cell(in_words(design.conditions_on, words.study))
        cohort = words.contents.answers.cohort(name, outcome)
        numbers: tuple[Cell, ...]
        if isinstance(cohort, Refused):
            numbers = (refused(cohort.reason),) * 3
        else:
            times = guaranteed_time(cohort)
            guaranteed = percent(share_of_all(times), 0)
            numbers = (Cell(count(cohort.n_people)), Cell(count(cohort.n_events)), Cell(guaranteed))
        rows.append(Row(in_words(design.title, words.study), (conditions, *numbers)))
    title = words.say("beside.designs", outcome=words.outcome(outcome))
    return Table(title, words.say("beside.design"), heads, tuple(rows))


def forest(words: Wording, outcome: str, name: str) -> Iterator[Block]:
    """The hazard ratios of every design, unadjusted and adjusted, in one figure."""
    adjusted = has_adjustment(words.study, outcome)
    rows: list[ForestRow] = []
    for design, described in DESIGNS.items():
        rows.append(ForestRow(in_words(described.title, words.study), kind="heading"))
        found = contrasts(words.study, words.contents.answers, design, outcome, adjusted=adjusted)
        if not found:
            rows.append(ForestRow(words.say("beside.not_estimated"), refused=words.say("beside.see_table"), depth=1))
        else:
            rows.append(ForestRow(found[0].reference, kind="reference", depth=1))
            rows.extend(effect_row(words, contrast) for contrast in found)
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
        words.say(
            "beside.forest_caption",
            adjusted=words.say("beside.adjusted", covariates=words.covariates(adjust)) if adjust else "",
        ),
        Shows("designs_forest", outcome),
    )


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
