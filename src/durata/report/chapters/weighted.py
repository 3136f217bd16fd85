"""The declared analysis under baseline weights: balance before and after, what the weights cost, curves and hazard ratios."""

from __future__ import annotations

from collections.abc import Iterator

from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Refused
from durata.estimate.plan import cox_analysis, weighted_analyses
from durata.estimate.result import Curve, Effects, Summary
from durata.report.chapters.survival import refusal
from durata.report.chapters.wording import Wording
from durata.report.document import Block, FigureBlock, Heading, Note, Paragraph, TableBlock
from durata.show.balance_tables import balance_of_covariates, balance_rows, balance_words, far_apart, weights_table
from durata.show.effect_tables import effects_table
from durata.show.figures.balance import balance_figure
from durata.show.figures.survival import survival_figure, survival_words
from durata.show.figures.svg import drawing
from durata.show.survival_tables import horizons_table


def weighted(words: Wording) -> Iterator[Block]:
    """Blocks of the chapter; none when no weights are declared."""
    table = words.study.weights
    if table is None:
        return
    yield Heading(words.say("weighted.chapter"), anchor="weighted")
    for_whom = words.say(f"weighted.{table.estimand}", target=table.target or "")
    yield Paragraph((words.say("weighted.intro", covariates=words.covariates(table.covariates), whom=for_whom),))
    for number, outcome in enumerate(words.study.outcomes, start=1):
        yield from of_outcome(words, outcome, number)
    yield Note((words.say("weighted.caution"),), "caution")


def of_outcome(words: Wording, outcome: str, number: int) -> Iterator[Block]:
    """The blocks of one outcome: the groups are weighted among the patients who are followed for it."""
    asked = {name: words.ask(one) for name, one in weighted_analyses(words.study, outcome).items()}
    within = words.within(outcome)
    balance, weights, chances = asked["balance"], asked["weights"], asked["positivity"]
    if isinstance(balance, Refused):
        yield refusal(words, words.say("weighted.balance", outcome=within), balance.reason)
        return
    if isinstance(balance, Summary):
        named = words.table_words()
        yield TableBlock(
            balance_of_covariates(balance, title=words.say("weighted.balance", outcome=within), words=named)
        )
        rows = balance_rows(balance, named)
        title = words.say("weighted.love", outcome=within)
        yield FigureBlock(
            drawing(balance_figure(rows), f"balance-{number}", title=title, alternative=balance_words(rows)),
            words.say("weighted.love_caption", title=title),
        )
        left = tuple(far_apart(balance, named))
        if left:
            yield Note((words.say("weighted.left", covariates=words.phrases.join(list(left))),), "caution")
    if isinstance(weights, Summary) and isinstance(chances, Summary):
        yield TableBlock(weights_table(weights, chances, title=words.say("weighted.weights", outcome=within)))
    yield from curves(words, outcome, asked["kaplan_meier"], number)
    title = words.say("weighted.model", outcome=within)
    plain = words.ask(cox_analysis(words.study, declared_design(words.study), outcome, adjusted=False))
    model = asked["cox"]
    if isinstance(plain, Effects | Refused) and isinstance(model, Effects | Refused):
        shown = {words.say("weighted.plain"): plain, words.say("weighted.with_weights"): model}
        yield TableBlock(effects_table(shown, title=title, words=words.table_words()))


def curves(words: Wording, outcome: str, curve: object, number: int) -> Iterator[Block]:
    """The weighted curves, and the declared horizons read off them."""
    title = words.say("weighted.curve", outcome=words.outcome(outcome))
    if isinstance(curve, Refused):
        yield refusal(words, title, curve.reason)
    if not isinstance(curve, Curve):
        return
    label = words.say("outcome.free", outcome=words.within(outcome))
    yield FigureBlock(
        drawing(
            survival_figure(curve, words.scale, label=label),
            f"weighted-{number}",
            title=title,
            alternative=survival_words(curve, words.scale, label=label),
        ),
        words.say("weighted.curve_caption", title=title, level=f"{100 * curve.conf_level:g}"),
    )
    length = words.study.study.days(words.study.study.time_unit)
    if words.study.horizons.at:
        read = curve.at([horizon * length for horizon in words.study.horizons.at])
        title = words.say("weighted.horizons", outcome=words.within(outcome))
        yield TableBlock(horizons_table(read, words.scale, title=title, estimand=label))
