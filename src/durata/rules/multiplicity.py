"""Rules M: whether a difference between p-values is taken for a difference between patients."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Analysis, Answers, Refused
from durata.estimate.judgement import DIFFERS, judged
from durata.estimate.plan import subgroup_analyses
from durata.estimate.result import Summary, Test
from durata.finding import Severity
from durata.kernels.multiplicity import adjusted_p_values
from durata.language.speaking import speak
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import contrast_words, joined, outcome_name, p_words, subgroup_name
from durata.study.types import Study

MANY = 5  # with five tests the chance of a false positive is above a fifth
MOST_NAMED = 12


@rule(
    "M01",
    "many-tests",
    since="0.2",
    reference="Holm S (1979) Scand J Stat 6:65-70; Assmann SF, Pocock SJ, Enos LE, Kasten LE (2000) Lancet 355:1064-1069",
)
def many_tests(study: Study, answers: Answers) -> Iterator[Seen]:
    """Each pair of groups, outcome and subgroup tested at 5% adds its own chance of a false positive.

    What is significant among many tests is what is printed; taken together fewer of them hold.
    """
    places: list[tuple[str, str]] = [
        (outcome, subgroup) for outcome in study.outcomes for subgroup in ("", *study.subgroups)
    ]
    pairs = len(list(combinations(study.treatment.groups, 2)))
    tests = len(places) * pairs
    if tests < MANY:
        return
    found = {
        (outcome, subgroup, group, reference): p
        for outcome, subgroup in places
        for (group, reference), p in _pairs(study, answers, outcome, subgroup).items()
    }
    if not found:
        raise NotJudged(speak("no two groups could be compared"))
    adjusted = dict(zip(found, map(float, adjusted_p_values(list(found.values()), "holm")), strict=True))
    small = sorted((one for one in found if found[one] < DIFFERS), key=lambda one: found[one])
    survive = [one for one in small if adjusted[one] < DIFFERS]
    named = joined(
        speak(
            "{where}, {group} against {reference}: {p}, adjusted {adjusted}",
            where=_where(study, one[0], one[1]),
            group=one[2],
            reference=one[3],
            p=p_words(found[one]),
            adjusted=p_words(adjusted[one]),
        )
        for one in small[:MOST_NAMED]
    )
    yield seen(
        Severity.WARNING,
        "{tests} comparisons of groups are asked for ({pairs} pair(s), {outcomes} outcome(s), {subgroups} subgroup(s)). If "
        "nothing differed, {expected:.1f} of them would be below 0.05 by chance, and at least one with a chance of "
        "{chance:.0f}% if they were independent. Below 0.05 are {small} of the {made} that could be made, {survive} after Holm's adjustment over all "
        "of them{named}.",
        evidence={
            "tests": tests,
            "pairs": pairs,
            "outcomes": len(study.outcomes),
            "subgroups": len(study.subgroups),
            "expected": DIFFERS * tests,
            "chance": 100 * (1 - (1 - DIFFERS) ** tests),
            "made": len(found),
            "small": len(small),
            "survive": len(survive),
            "named": speak(" ({named})", named=named) if named else "",
            "adjusted": {" / ".join(filter(None, one)): (found[one], adjusted[one]) for one in small},
        },
        remedy="Name one outcome and one comparison as the primary one before looking, test all groups together first, print adjusted p-values for the rest, and shorten [subgroups].",
    )


def _pairs(study: Study, answers: Answers, outcome: str, subgroup: str) -> dict[tuple[str, str], float]:
    """The p-value of each pair of groups that could be compared, in everybody or in a subgroup."""
    design = declared_design(study)
    if subgroup:
        asked = subgroup_analyses(study, design, outcome, subgroup)
        pairwise, overall = asked["pairwise_log_rank"], asked["log_rank"]
    else:
        pairwise, overall = Analysis(design, outcome, "pairwise_log_rank"), Analysis(design, outcome, "log_rank")
    if len(study.treatment.groups) == 2:
        answer = answers.ask(overall)
        first, second = (group.name for group in study.treatment.groups)
        return {(second, first): answer.p_value} if isinstance(answer, Test) else {}
    table = answers.ask(pairwise)
    if isinstance(table, Refused) or not isinstance(table, Summary):
        return {}
    return {
        (str(row["group"]), str(row["reference"])): float(row["p_value"])
        for row in table.rows()
        if row["p_value"] is not None
    }


def _where(study: Study, outcome: str, subgroup: str) -> str:
    """The outcome of a test, and its subgroup."""
    name = outcome_name(study, outcome)
    return speak("{outcome} in {subgroup}", outcome=name, subgroup=subgroup_name(study, subgroup)) if subgroup else name


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
        raise NotJudged(speak("needs [claims]"))
    for one in judged(study, answers):
        if one.claim.subgroup is None or (one.interaction is not None and one.interaction < DIFFERS):
            continue
        condition = study.subgroups[one.claim.subgroup]
        outcome = study.outcomes[one.claim.outcome]
        found = (
            speak("the interaction could not be tested")
            if one.interaction is None
            else speak("the interaction has {p}", p=p_words(one.interaction))
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
            remedy="State the effect in all patients ([claims] without subgroup); mention the subgroup only with its interaction test.",
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
        raise NotJudged(speak("needs [claims]"))
    for one in judged(study, answers):
        open_ones = tuple(contrast for contrast in one.failing if contrast.direction == 0)
        if one.claim.says in ("better", "worse") or one.claim.subgroup is not None or not open_ones:
            continue
        yield seen(
            Severity.ERROR,
            "The claim “{text}” rests on a difference that was not shown: {parts}. Such an interval shows neither that one is "
            "better nor that they are the same."
            if one.claim.says == "best"
            else "The claim “{text}” takes the absence of a significant difference for none: {parts}. The interval leaves room "
            "for differences that matter, in either direction.",
            evidence={
                "text": one.claim.text,
                "parts": contrast_words(open_ones),
                "contrasts": {
                    f"{c.level} vs {c.reference}": (c.hazard_ratio, c.conf_low, c.conf_high) for c in open_ones
                },
            },
            remedy="Take the sentence out of [claims]; print the hazard ratio of the two groups with its interval and say that the data cannot tell them apart.",
            where=study.place(f"claims.{one.name}"),
        )
