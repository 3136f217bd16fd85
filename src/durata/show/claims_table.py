"""A table of declared claims: the sentence, what the primary estimates say, and the verdict with its reason."""

from __future__ import annotations

from collections.abc import Iterable

from durata.estimate.claim import Contrast
from durata.estimate.judgement import Judgement
from durata.language.speaking import speak
from durata.show.answer_cells import sentence
from durata.show.effect_tables import Words
from durata.show.number_style import clauses, items
from durata.show.numbers import Cell, p_phrase, ratio_with_level, refused
from durata.show.printable import inside
from durata.show.table import Head, Row, Table


def claims_table(
    judgements: Iterable[Judgement], words: Words | None = None, *, title: str, stub_head: str = ""
) -> Table:
    """Every declared claim beside the estimates that bear on it.

    ``words`` label the covariates that estimates are adjusted for.
    """
    heads = (
        Head(speak("What the estimate says"), "left", wide=True),
        Head(speak("Verdict"), "left"),
        Head(speak("Why"), "left", wide=True),
    )
    rows = tuple(
        Row(
            judgement.claim.text,
            (
                _estimates(judgement, words or Words()),
                Cell(speak(judgement.verdict).capitalize()),
                Cell(sentence(judgement.reason)),
            ),
        )
        for judgement in judgements
    )
    said = speak("A verdict says what these data show under the declared design, not what is true.")
    return Table(title, stub_head or speak("Claim"), heads, rows, (said,) if rows else ())


def contrast_phrase(contrast: Contrast) -> str:
    """A hazard ratio of one group against another, in words with its interval and p-value."""
    limits = ratio_with_level(contrast.hazard_ratio, contrast.conf_low, contrast.conf_high, contrast.conf_level)
    return speak(
        "{level} vs {reference}: hazard ratio {ratio}, {p}",
        level=contrast.level,
        reference=contrast.reference,
        ratio=limits,
        p=p_phrase(contrast.p_value),
    )


def _estimates(judgement: Judgement, words: Words) -> Cell:
    if not judgement.contrasts:
        return refused(sentence(judgement.reason) or speak("There is no estimate."))
    said = [contrast_phrase(contrast) for contrast in judgement.contrasts]
    if judgement.interaction is not None:
        said.append(p_phrase(judgement.interaction, "p for interaction"))
    covariates = judgement.contrasts[0].adjusted_for
    note = (
        speak("Adjusted for {covariates}.", covariates=items(inside(words.variable(name)) for name in covariates))
        if covariates
        else speak("Not adjusted.")
    )
    return Cell(clauses(said), note)
