"""Rules M: whether a difference between p-values is taken for a difference between patients."""

from __future__ import annotations

from collections.abc import Iterator

from durata.estimate.analysis import Answers
from durata.estimate.judgement import DIFFERS, judged
from durata.finding import Severity
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import contrast_words, p_words
from durata.study.types import Study


@rule(
    "M02",
    "subgroup-claim-without-interaction",
    since="0.1",
    reference="Assmann SF, Pocock SJ, Enos LE, Kasten LE (2000) Lancet 355:1064-1069; Schandelmaier S et al. (2020) "
    "CMAJ 192:E901-E906",
)
def subgroup_claim_without_interaction(study: Study, answers: Answers) -> Iterator[Seen]:
    """A small p-value inside a subgroup says nothing about the subgroup unless the effect differs outside it.

    Every subgroup inherits the effect of the whole with some noise; only a test of interaction compares them.
    """
    if not study.claims:
        raise NotJudged("needs [claims]")
    for one in judged(study, answers):
        if one.claim.subgroup is None or (one.interaction is not None and one.interaction < DIFFERS):
            continue
        condition = study.subgroups[one.claim.subgroup]
        outcome = study.outcomes[one.claim.outcome]
        found = (
            "the interaction could not be tested"
            if one.interaction is None
            else f"the interaction has {p_words(one.interaction)}"
        )
        yield seen(
            Severity.ERROR,
            "The claim “{text}” is about the subgroup “{subgroup}”, but {found}: nothing shows that the effect on "
            "{outcome} differs between patients inside and outside it.",
            evidence={
                "text": one.claim.text,
                "subgroup": condition.label or one.claim.subgroup,
                "found": found,
                "outcome": outcome.label or one.claim.outcome,
                "interaction_p": one.interaction,
            },
            remedy="State the effect in all patients; mention the subgroup only with its interaction test.",
            where=study.place(f"claims.{one.name}"),
        )


@rule(
    "M03",
    "not-significant-taken-for-equal",
    since="0.1",
    reference="Gelman A, Stern H (2006) Am Stat 60:328-331; Altman DG, Bland JM (1995) BMJ 311:485",
)
def not_significant_taken_for_equal(study: Study, answers: Answers) -> Iterator[Seen]:
    """That one comparison is significant and another is not does not make them different, nor the groups equal.

    "A beats B, C does not differ from A, so A is best" needs the interval of A against C.
    """
    if not study.claims:
        raise NotJudged("needs [claims]")
    for one in judged(study, answers):
        open_ones = tuple(contrast for contrast in one.failing if contrast.direction == 0)
        if one.claim.says in ("better", "worse") or one.claim.subgroup is not None or not open_ones:
            continue
        said = (
            "rests on a difference that was not shown: {parts}. Such an interval shows neither that one is better nor "
            "that they are the same."
            if one.claim.says == "best"
            else "takes the absence of a significant difference for none: {parts}. The interval leaves room for "
            "differences that matter, in either direction."
        )
        yield seen(
            Severity.ERROR,
            "The claim “{text}” " + said,
            evidence={
                "text": one.claim.text,
                "parts": contrast_words(open_ones),
                "contrasts": {
                    f"{c.level} vs {c.reference}": (c.hazard_ratio, c.conf_low, c.conf_high) for c in open_ones
                },
            },
            remedy="Print the hazard ratio of the two groups with its interval and say that the data cannot tell them "
            "apart.",
            where=study.place(f"claims.{one.name}"),
        )
