"""What may be written instead of a declared conclusion: its estimates, and the findings that stand against it."""

from __future__ import annotations

from collections.abc import Sequence

from durata.estimate.judgement import ASSOCIATION, NOT_ESTIMABLE, SUPPORTED, Judgement
from durata.finding import Finding, Severity
from durata.report.chapters.wording import Wording, ratio_words
from durata.report.touching import family_place, outcome_keys

# what bends the comparison of durations itself stands against every conclusion drawn from it, once it is an error
EVERY_CLAIM = ("T01", "T02", "S01", "K01")
OF_AN_OUTCOME = ("P01", "P04")
OF_A_SUBGROUP = ("C01", "C02", "C03")
OF_THE_SENTENCE = ("M02", "M03", "R04")
MANY = "M01"


def against(words: Wording, judgement: Judgement) -> tuple[Finding, ...]:
    """The findings that stand against a claim, one a rule: those about its own words first, then its subgroup, then its data."""
    claim, study = judgement.claim, words.study
    outcomes = outcome_keys(study)
    found: dict[str, Finding] = {}
    for finding in words.contents.verdicts.findings:
        code, evidence = finding.code, finding.evidence
        about = outcomes.get(str(evidence.get("outcome", "")), "")
        of_outcome = not about or about == claim.outcome
        if code in OF_THE_SENTENCE:
            stands = evidence.get("text") == claim.text
        elif code in OF_A_SUBGROUP:
            stands = of_outcome and claim.subgroup is not None and _is_about(words, finding, claim.subgroup)
        elif code in EVERY_CLAIM:
            stands = of_outcome and finding.severity is Severity.ERROR
        elif code in OF_AN_OUTCOME:
            stands = of_outcome and finding.severity is not Severity.INFO
        else:
            stands = code == MANY and claim.subgroup is not None
        if stands:
            found.setdefault(code, finding)
    own = {code: place for place, code in enumerate((*OF_THE_SENTENCE, *OF_A_SUBGROUP))}
    return tuple(
        sorted(found.values(), key=lambda one: (own.get(one.code, len(own)), family_place(one.code), one.code))
    )


def _is_about(words: Wording, finding: Finding, subgroup: str) -> bool:
    """Whether a finding is about a subgroup, whose key or whose label it names; one about a model is about none."""
    label = words.study.subgroups[subgroup].label or subgroup
    named = finding.evidence.get("subgroups", ())
    return finding.evidence.get("subgroup") == label or (isinstance(named, tuple) and subgroup in named)


def against_all(words: Wording, judgements: Sequence[Judgement]) -> tuple[Finding, ...]:
    """The findings whose rules stand against every one of several claims, which are said once for all of them."""
    if len(judgements) < 2:
        return ()
    standing = [against(words, one) for one in judgements]
    shared = set.intersection(*({one.code for one in each} for each in standing))
    return tuple(one for one in standing[0] if one.code in shared)


def reasons(words: Wording, standing: Sequence[Finding]) -> str:
    """Why a claim may not be written as it is, a clause a rule, with the codes."""
    return words.say(
        "conclusions.reasons",
        reasons=words.phrases.clauses([words.say(f"against.{one.code}") for one in standing]),
        codes=words.phrases.separated([one.code for one in standing]),
    )


def reworded(words: Wording, judgement: Judgement, shared: Sequence[Finding] = ()) -> str:
    """What may be written instead of a claim, no more than its estimates and the findings allow.

    ``shared`` are findings that were already said to stand against it, and against the others too.
    """
    said = words.phrases.clauses(
        [
            words.say("conclusions.estimate", ratio=ratio_words(one), level=one.level, reference=one.reference)
            for one in judgement.contrasts
        ]
    )
    if judgement.verdict == NOT_ESTIMABLE or not said:
        verdict = words.say("conclusions.cannot")
    elif judgement.verdict in (SUPPORTED, ASSOCIATION):
        allowed = "as_declared" if judgement.verdict == SUPPORTED else "association"
        verdict = words.say(f"conclusions.{allowed}", estimates=said)
    else:
        verdict = words.say("conclusions.not_shown", estimates=said)
    told = {one.code for one in shared}
    standing = [one for one in against(words, judgement) if one.code not in told]
    if not standing:
        return words.say("conclusions.no_reason", said=verdict)
    return words.say("conclusions.because", said=verdict, reasons=reasons(words, standing))
