"""Subgroups: curves, tests and hazard ratios inside each, and whether they differ from those outside."""

from __future__ import annotations

from collections.abc import Iterator

from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Analysis, Refused
from durata.estimate.plan import BY_GROUP, cox_analysis, subgroup_analyses
from durata.estimate.result import Curve, Effects, Summary, Test
from durata.language.speaking import speak
from durata.report.chapters.wording import Wording
from durata.report.document import Block, FigureBlock, Heading, Note, Paragraph, Shows, TableBlock
from durata.show.figures.forest import forest_figure
from durata.show.figures.subgroups import DETAIL_HEAD, subgroup_rows, subgroup_words
from durata.show.figures.svg import drawing
from durata.show.subgroup_tables import SubgroupResult, subgroup_survival_table, subgroup_table


def subgroups(words: Wording) -> Iterator[Block]:
    """Blocks of the chapter; none when no subgroup is declared."""
    if not words.study.subgroups:
        return
    yield Heading(words.say("subgroups.chapter"), anchor="subgroups")
    yield Paragraph((words.say("subgroups.intro"),))
    later = later_subgroups(words)
    if later:
        yield Note((words.say("subgroups.later", subgroups=words.phrases.join(later)),), "caution")
    for number, outcome in enumerate(words.study.outcomes, start=1):
        found = results(words, outcome)
        within = words.outcome(outcome)
        shown = subgroup_table(found, title=words.say("subgroups.table", outcome=within))
        yield TableBlock(shown, shows=Shows("subgroups", outcome))
        horizons = [at * words.study.study.days(words.study.study.time_unit) for at in words.study.horizons.at]
        if horizons:
            yield TableBlock(
                subgroup_survival_table(
                    found,
                    horizons,
                    words.scale,
                    title=words.say("subgroups.survival", outcome=within),
                    estimand=words.say("outcome.free", outcome=words.within(outcome)),
                ),
                shows=Shows("subgroup_survival", outcome),
            )
        rows = subgroup_rows(found)
        if any(row.kind == "effect" and not row.refused for row in rows):
            title = words.say("subgroups.forest", outcome=within)
            yield FigureBlock(
                drawing(
                    forest_figure(
                        rows,
                        detail_head=speak(DETAIL_HEAD),
                        less=words.say("beside.less"),
                        more=words.say("beside.more"),
                    ),
                    f"subgroups-{number}",
                    title=title,
                    alternative=subgroup_words(found),
                ),
                words.say("subgroups.forest_caption", title=title),
                Shows("subgroups", outcome),
            )


def later_subgroups(words: Wording) -> list[str]:
    """The labels of the subgroups chosen by what became known only after time zero."""
    covariates = words.study.covariates
    return [
        condition.label or name
        for name, condition in words.study.subgroups.items()
        if condition.covariate in covariates and covariates[condition.covariate].timing == "post"
    ]


def results(words: Wording, outcome: str) -> list[SubgroupResult]:
    """Everybody first, then each subgroup."""
    design = declared_design(words.study)
    everybody = {
        "kaplan_meier": Analysis(design, outcome, "kaplan_meier", BY_GROUP),
        "log_rank": Analysis(design, outcome, "log_rank"),
        "pairwise_log_rank": Analysis(design, outcome, "pairwise_log_rank"),
        "cox": cox_analysis(words.study, design, outcome, adjusted=False),
    }
    found = [result(words, words.say("subgroups.everybody"), everybody)]
    for name, condition in words.study.subgroups.items():
        found.append(result(words, condition.label or name, subgroup_analyses(words.study, design, outcome, name)))
    return found


def result(words: Wording, label: str, asked: dict[str, Analysis]) -> SubgroupResult:
    """The answers about one subgroup; one of the wrong kind cannot come back from these analyses."""
    answers = {kind: words.ask(analysis) for kind, analysis in asked.items()}
    curve, test, model = answers["kaplan_meier"], answers["log_rank"], answers["cox"]
    interaction, pairs = answers.get("interaction"), answers.get("pairwise_log_rank")
    if (
        not isinstance(curve, Curve | Refused)
        or not isinstance(test, Test | Refused)
        or not isinstance(model, Effects | Refused)
        or not isinstance(interaction, Test | Refused | None)
        or not isinstance(pairs, Summary | Refused | None)
    ):
        raise TypeError(f"the answers about {label!r} are not of their kinds")
    return SubgroupResult(label, curve, test, model, interaction, pairs)
