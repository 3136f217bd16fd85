"""What keeps the numbers of a report from being worded as more than an association: errors that stand, and few events."""

from __future__ import annotations

from dataclasses import dataclass, replace

from durata.designs.catalogue import declared_design
from durata.estimate.judgement import ASSOCIATION, ENOUGH_EVENTS_PER_PARAMETER, SUPPORTED, Judgement, judged
from durata.estimate.plan import cox_analysis, has_adjustment
from durata.estimate.result import Effects
from durata.finding import Severity
from durata.report.contents import Contents
from durata.report.words import phrases


@dataclass(frozen=True, slots=True)
class FewEvents:
    """The declared model of an outcome with fewer than 10 events a parameter."""

    outcome: str
    events: int
    parameters: int


def errors_standing(contents: Contents) -> tuple[str, ...]:
    """The codes of the findings of severity error, each once."""
    grave = (finding.code for finding in contents.verdicts.findings if finding.severity is Severity.ERROR)
    return tuple(dict.fromkeys(grave))


def few_events(contents: Contents) -> tuple[FewEvents, ...]:
    """The outcomes whose declared model has fewer than 10 events a parameter."""
    study, found = contents.study, []
    for outcome in study.outcomes:
        adjusted = has_adjustment(study, outcome)
        model = contents.answers.ask(cox_analysis(study, declared_design(study), outcome, adjusted=adjusted))
        if isinstance(model, Effects) and model.n_events < ENOUGH_EVENTS_PER_PARAMETER * len(model.terms):
            found.append(FewEvents(outcome, int(model.n_events), len(model.terms)))
    return tuple(found)


def claims(contents: Contents) -> tuple[Judgement, ...]:
    """The declared claims judged; while an error stands, none is supported as more than an association."""
    standing = errors_standing(contents)
    found = judged(contents.study, contents.answers)
    if not standing:
        return found
    words = phrases(contents.study.study.language)
    codes = words.separated(standing)
    return tuple(
        replace(one, verdict=ASSOCIATION, reason=words.say("conclusions.error_stands", reason=one.reason, codes=codes))
        if one.verdict == SUPPORTED
        else one
        for one in found
    )
