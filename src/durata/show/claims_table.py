"""A table of declared claims: the sentence, what the primary estimates say, and the verdict with its reason."""

from __future__ import annotations

from collections.abc import Iterable

from durata.estimate.claim import Contrast
from durata.estimate.judgement import Judgement
from durata.show.answer_cells import sentence
from durata.show.effect_tables import Words
from durata.show.numbers import Cell, p_phrase, ratio_interval, refused
from durata.show.printable import inside
from durata.show.table import Head, Row, Table


def claims_table(
    judgements: Iterable[Judgement], words: Words | None = None, *, title: str, stub_head: str = "Claim"
) -> Table:
    """Every declared claim beside the estimates that bear on it.

    ``words`` label the covariates that estimates are adjusted for.
    """
    heads = (
        Head("What the estimate says", "left", wide=True),
        Head("Verdict", "left"),
        Head("Why", "left", wide=True),
    )
    rows = tuple(
        Row(
            judgement.claim.text,
            (
                _estimates(judgement, words or Words()),
                Cell(judgement.verdict.capitalize()),
                Cell(sentence(judgement.reason)),
            ),
        )
        for judgement in judgements
    )
    said = "A verdict says what these data show under the declared design, not what is true."
    return Table(title, stub_head, heads, rows, (said,) if rows else ())


def contrast_phrase(contrast: Contrast) -> str:
    """A hazard ratio of one group against another, in words with its interval and p-value."""
    numbers = ratio_interval(contrast.hazard_ratio, contrast.conf_low, contrast.conf_high)
    limits = numbers.replace("(", f"({100 * contrast.conf_level:g}% CI ", 1)
    return f"{contrast.level} vs {contrast.reference}: hazard ratio {limits}, {p_phrase(contrast.p_value)}"


def _estimates(judgement: Judgement, words: Words) -> Cell:
    if not judgement.contrasts:
        return refused(sentence(judgement.reason) or "There is no estimate.")
    said = [contrast_phrase(contrast) for contrast in judgement.contrasts]
    if judgement.interaction is not None:
        said.append(p_phrase(judgement.interaction, "p for interaction"))
    covariates = judgement.contrasts[0].adjusted_for
    note = (
        f"Adjusted for {', '.join(inside(words.variable(name)) for name in covariates)}."
        if covariates
        else "Not adjusted."
    )
    return Cell("; ".join(said), note)
