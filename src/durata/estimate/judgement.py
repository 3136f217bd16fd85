"""Declared claims judged against the primary estimates: supported, not supported, or beyond what can be estimated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Answers, Refused
from durata.estimate.claim import Contrast, between
from durata.estimate.guaranteed_time import guaranteed_time
from durata.estimate.plan import cox_analysis, has_adjustment, subgroup_analyses
from durata.estimate.result import Effects, Test
from durata.finding import CannotEstimate
from durata.language.speaking import speak
from durata.study.paper import Claim
from durata.study.types import Study

SUPPORTED, NOT_SUPPORTED, NOT_ESTIMABLE = "supported", "not supported", "cannot be judged"
ASSOCIATION = "as an association"
DIFFERS = 0.05
CONF_LEVEL = 0.95
ENOUGH_EVENTS_PER_PARAMETER = 10

# what each claim needs of a contrast, why it is then supported, and why not where the interval holds 1
Needs = tuple[Callable[[Contrast], bool], str, str]
WANTED: Mapping[str, Needs] = MappingProxyType(
    {
        "better": (
            lambda contrast: contrast.direction < 0,
            "the interval of the hazard ratio lies below 1",
            "the interval of the hazard ratio does not lie below 1",
        ),
        "best": (
            lambda contrast: contrast.direction < 0,
            "the simultaneous intervals of the hazard ratios lie below 1",
            "the simultaneous intervals of the hazard ratios do not all lie below 1",
        ),
        "worse": (
            lambda contrast: contrast.direction > 0,
            "the interval of the hazard ratio lies above 1",
            "the interval of the hazard ratio does not lie above 1",
        ),
        "no better": (
            lambda contrast: contrast.direction > 0,
            "the interval of the hazard ratio lies above 1: it is worse",
            "the interval of the hazard ratio holds 1, and also a benefit that may matter",
        ),
        "no difference": (
            lambda contrast: False,
            "",
            "the interval holds 1, but also differences that matter; no margin was declared",
        ),
    }
)


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

    "better" and "best" need intervals wholly below 1, adjusted where the claim says so; those of "best" hold for all
    its comparisons together. "no difference" is never supported by an interval that merely holds 1: absence of evidence
    is not evidence of absence. What is supported by a design whose clock is bent, or by fewer than 10 events a
    parameter, is supported as an association.

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
    # the best of several is picked after looking: its intervals hold for all comparisons together (Bonferroni)
    level = 1 - (1 - CONF_LEVEL) / len(others)
    try:
        contrasts = tuple(
            between(
                study,
                answers,
                design,
                claim.outcome,
                claim.group,
                other,
                adjusted=claim.adjusted,
                subgroup=claim.subgroup or "",
                conf_level=level if len(others) > 1 else None,
            )
            for other in others
        )
    except CannotEstimate as refusal:
        return Judgement(name, claim, (), (), NOT_ESTIMABLE, str(refusal))
    interaction = interaction_p(study, answers, design, claim)
    holds, says_so, otherwise = WANTED[claim.says]
    failing = tuple(contrast for contrast in contrasts if not holds(contrast))
    if failing:
        reason = speak(otherwise) if all(one.direction == 0 for one in failing) else opposite(failing)
        return Judgement(name, claim, contrasts, failing, NOT_SUPPORTED, reason, interaction)
    if claim.subgroup is not None and (interaction is None or interaction >= DIFFERS):
        reason = speak("no interaction shows that the effect differs between inside and outside the subgroup")
        return Judgement(name, claim, contrasts, (), NOT_SUPPORTED, reason, interaction)
    weak = weaknesses(study, answers, design, claim.outcome)
    reason = speak(says_so)
    if weak:
        reason = speak(
            "{says_so}; but {weak}: association, causation not shown", says_so=reason, weak=speak("; ").join(weak)
        )
    return Judgement(name, claim, contrasts, (), ASSOCIATION if weak else SUPPORTED, reason, interaction)


def opposite(failing: tuple[Contrast, ...]) -> str:
    """In words, which of two groups has the higher hazard where an interval lies wholly on one side of 1."""
    one = next(contrast for contrast in failing if contrast.direction != 0)
    higher = one.level if one.direction > 0 else one.reference
    return speak("the interval excludes 1: {higher} has the higher hazard", higher=higher)


def weaknesses(study: Study, answers: Answers, design: str, outcome: str) -> tuple[str, ...]:
    """Why an estimate that says so still does not show an effect: the design's clock, and too few events."""
    cohort = answers.cohort(design, outcome)
    if isinstance(cohort, Refused):
        return ()
    weak = []
    if study.time.zero == "end":
        weak.append(speak("time runs from {end_name}, the end of what is compared", end_name=study.treatment.end_name))
    elif any(row.days > 0 for row in guaranteed_time(cohort)):
        weak.append(speak("the groups carry guaranteed time"))
    model = answers.ask(cox_analysis(study, design, outcome, adjusted=has_adjustment(study, outcome)))
    if isinstance(model, Effects) and model.n_events < ENOUGH_EVENTS_PER_PARAMETER * len(model.terms):
        weak.append(speak("{n_events} events carry {n} parameters", n_events=model.n_events, n=len(model.terms)))
    return tuple(weak)


def interaction_p(study: Study, answers: Answers, design: str, claim: Claim) -> float | None:
    """The interaction p-value of a subgroup claim."""
    if claim.subgroup is None:
        return None
    test = answers.ask(subgroup_analyses(study, design, claim.outcome, claim.subgroup)["interaction"])
    return test.p_value if isinstance(test, Test) else None
