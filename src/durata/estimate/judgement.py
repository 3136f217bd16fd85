"""Declared claims judged against the primary estimates: supported, not supported, or beyond what can be estimated."""

from __future__ import annotations

from dataclasses import dataclass

from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Answers
from durata.estimate.claim import Contrast, between
from durata.estimate.plan import subgroup_analyses
from durata.estimate.result import Test
from durata.finding import CannotEstimate
from durata.study.paper import Claim
from durata.study.types import Study

SUPPORTED, NOT_SUPPORTED, NOT_ESTIMABLE = "supported", "not supported", "cannot be judged"
DIFFERS = 0.05


@dataclass(frozen=True, slots=True)
class Judgement:
    """One claim with the contrasts that bear on it, the verdict and the reason in words.

    ``failing`` are the contrasts that do not say what the claim says; ``interaction`` is the interaction p-value of a
    claim restricted to a subgroup, None for others or when it could not be had.
    """

    name: str
    claim: Claim
    contrasts: tuple[Contrast, ...]
    failing: tuple[Contrast, ...]
    verdict: str
    reason: str
    interaction: float | None = None


def judged(study: Study, answers: Answers) -> tuple[Judgement, ...]:
    """Judge every declared claim by the declared design's estimates.

    "better" and "best" need intervals wholly below 1, adjusted where the claim says so. "no difference" is never
    supported by an interval that merely holds 1: absence of evidence is not evidence of absence.

    References
    ----------
    Altman DG, Bland JM (1995) Absence of evidence is not evidence of absence. BMJ 311:485.

    Examples
    --------
    >>> import durata as du
    >>> contents = du.run(du.example("gist")).contents
    >>> verdicts = {one.name: one.verdict for one in du.judged(contents.study, contents.answers)}
    >>> verdicts["rfs"]
    'not supported'
    """
    return tuple(judge_claim(study, answers, name, claim) for name, claim in study.claims.items())


def judge_claim(study: Study, answers: Answers, name: str, claim: Claim) -> Judgement:
    """Judge one claim."""
    others = (
        (claim.versus,)
        if claim.versus is not None
        else tuple(group.name for group in study.treatment.groups if group.name != claim.group)
    )
    design = declared_design(study)
    adjusted = claim.adjusted and claim.subgroup is None
    try:
        contrasts = tuple(
            between(
                study,
                answers,
                design,
                claim.outcome,
                claim.group,
                other,
                adjusted=adjusted,
                subgroup=claim.subgroup or "",
            )
            for other in others
        )
    except CannotEstimate as refusal:
        return Judgement(name, claim, (), (), NOT_ESTIMABLE, str(refusal))
    interaction = interaction_p(study, answers, design, claim)
    if claim.says == "no difference":
        return no_difference(name, claim, contrasts)
    failing = tuple(contrast for contrast in contrasts if contrast.direction >= 0)
    if failing:
        reason = "the interval of the hazard ratio does not lie below 1"
        return Judgement(name, claim, contrasts, failing, NOT_SUPPORTED, reason, interaction)
    if claim.subgroup is not None and (interaction is None or interaction >= DIFFERS):
        reason = "no interaction shows that the effect differs between inside and outside the subgroup"
        return Judgement(name, claim, contrasts, (), NOT_SUPPORTED, reason, interaction)
    return Judgement(
        name, claim, contrasts, (), SUPPORTED, "the interval of the hazard ratio lies below 1", interaction
    )


def no_difference(name: str, claim: Claim, contrasts: tuple[Contrast, ...]) -> Judgement:
    """A claim of no difference: refuted by an interval beyond 1, and never shown by one that holds 1."""
    beyond = tuple(contrast for contrast in contrasts if contrast.direction != 0)
    if beyond:
        return Judgement(name, claim, contrasts, beyond, NOT_SUPPORTED, "the interval excludes 1: they differ")
    reason = "the interval holds 1, but also differences that matter; no margin was declared"
    return Judgement(name, claim, contrasts, contrasts, NOT_SUPPORTED, reason)


def interaction_p(study: Study, answers: Answers, design: str, claim: Claim) -> float | None:
    """The interaction p-value of a subgroup claim."""
    if claim.subgroup is None:
        return None
    test = answers.ask(subgroup_analyses(study, design, claim.outcome, claim.subgroup)["interaction"])
    return test.p_value if isinstance(test, Test) else None
