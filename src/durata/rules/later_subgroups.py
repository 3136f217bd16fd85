"""Rules C02 and C03: subgroups by how long something lasted after the end of treatment, and by response."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Answers, Refused
from durata.estimate.plan import cox_analysis, subgroup_analyses
from durata.estimate.result import Effects
from durata.estimate.subgroups import restricted
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, IntArray
from durata.language.speaking import speak
from durata.records.eligibility import satisfies
from durata.rules.after_time_zero import kind_of, unit_of_time, uses_in_models, uses_in_subgroups
from durata.rules.group_hazards import group_model, ratio_numbers, ratio_words
from durata.rules.question import gravity
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import covariate_name, outcome_name, subgroup_name, unit_words
from durata.study.types import Study

ANDERSON = "Anderson JR, Cain KC, Gelber RD (1983) J Clin Oncol 1:710-719"


@rule("C02", "subgroup-by-later-duration", since="0.2", reference=ANDERSON)
def subgroup_by_later_duration(study: Study, answers: Answers) -> Iterator[Seen]:
    """Who had a later treatment for long must have lived for long: its duration is made of the survival compared.

    Patients who die or relapse early fall into the short subgroup whatever was planned, so the subgroup is enriched with
    events, and nobody outside it can have had one early.
    """
    timed = [use for use in uses_in_subgroups(study) if kind_of(study, use.covariate) == "duration"]
    modelled = [use for use in uses_in_models(study) if kind_of(study, use.covariate) == "duration"]
    if not study.subgroups and not study.models:
        raise NotJudged(speak("needs [subgroups] or [models]"))
    for use in timed:
        bound = _bound(study, use.subgroup)
        for outcome in study.outcomes:
            found = None if bound is None else _classified(study, answers, outcome, use.subgroup, bound)
            if found is None:
                continue
            yield seen(
                gravity(study),
                "{outcome}: the subgroup “{subgroup}” is made by how long {covariate} lasted after {end}, which is known only "
                "{bound:g} {unit} later. {early} of its {n} patients ({percent:.0f}%; {early_events} with the event) were "
                "followed for less than that and could be in no other; the others ({outside}) were guaranteed to reach it. Hazard ratios in the "
                "subgroup: {naive}; in its {at_risk} patients at risk at {bound:g} {unit} after {end} ({late_events} events): "
                "{landmark}.",
                evidence=found,
                remedy="Take it out of [subgroups]; compare from a landmark at {bound:g} {unit} after {end}, among those at risk then, or count the later treatment as changing in time.",
                where=study.place(use.key),
            )
    for use in modelled:
        yield seen(
            gravity(study),
            "{outcome}: the model holds {covariate}, a duration after time zero. Only who lived for long can have had it "
            "for long, so it looks protective whatever it does.",
            evidence={
                "outcome": outcome_name(study, use.outcome),
                "covariate": covariate_name(study, use.covariate),
            },
            remedy="Take it out of [models]; rule C01 shows the hazard ratios without it.",
            where=study.place(use.key),
        )


def _bound(study: Study, subgroup: str) -> tuple[float, str] | None:
    """When membership in a subgroup of a later duration is known at the latest, and the unit; None for other conditions."""
    condition = study.subgroups[subgroup]
    unit = unit_of_time(study.covariates[condition.covariate].unit)
    bounds = [bound for bound in (condition.from_, condition.to) if bound is not None]
    return (max(bounds), unit) if bounds and unit is not None else None


def _classified(
    study: Study, answers: Answers, outcome: str, subgroup: str, bound: tuple[float, str]
) -> dict[str, Any] | None:
    """How many were classified by dying or leaving, and the hazard ratios naive and from the landmark."""
    cohort = answers.cohort("observed_from_end", outcome)
    if isinstance(cohort, Refused):
        return None
    condition = study.subgroups[subgroup]
    until = bound[0] * study.study.days(bound[1])
    met, unknown = satisfies(condition, cohort.column(condition.covariate))
    early = met & (cohort.exit < until)
    survivors = cohort.exit > until
    naive = answers.ask(subgroup_analyses(study, declared_design(study), outcome, subgroup)["cox"])
    landmark: Effects | Refused
    at_risk, late_events = int(np.count_nonzero(met & survivors)), int(np.count_nonzero(met & survivors & cohort.event))
    if at_risk == 0:
        landmark = Refused(speak("nobody of the subgroup is at risk then"))
    else:
        later = cohort.select(survivors, exit=cohort.exit[survivors] - until, group_known=None)
        try:
            landmark = group_model(study, restricted(later, condition, subgroup))
        except CannotEstimate as refusal:
            landmark = Refused(str(refusal), type(refusal))
    return {
        "outcome": outcome_name(study, outcome),
        "subgroup": subgroup_name(study, subgroup),
        "covariate": covariate_name(study, condition.covariate),
        "end": study.treatment.end_name,
        "bound": bound[0],
        "unit": unit_words(bound[1]),
        "early": int(early.sum()),
        "early_events": int(np.count_nonzero(early & cohort.event)),
        "n": int(met.sum()),
        "percent": 100 * float(early.sum()) / max(int(met.sum()), 1),
        "outside": int(np.count_nonzero(~met & ~unknown)),
        "at_risk": at_risk,
        "late_events": late_events,
        "naive": ratio_words(naive),
        "landmark": ratio_words(landmark),
        "hazard_ratios": ratio_numbers(naive),
        "hazard_ratios_landmark": ratio_numbers(landmark),
    }


@rule("C03", "survival-by-response", since="0.2", reference=ANDERSON)
def survival_by_response(study: Study, answers: Answers) -> Iterator[Seen]:
    """A responder must live until the response is seen, and response is itself brought about by the treatment.

    Groups of responders are therefore alike in what the duration was meant to change, and differ in what it was not.
    """
    if not study.subgroups and not study.models:
        raise NotJudged(speak("needs [subgroups] or [models]"))
    design = declared_design(study)
    for use in uses_in_subgroups(study):
        if kind_of(study, use.covariate) != "response":
            continue
        condition = study.subgroups[use.subgroup]
        for outcome in study.outcomes:
            cohort = answers.cohort(design, outcome)
            if isinstance(cohort, Refused) or cohort.group is None:
                continue
            met, unknown = satisfies(condition, cohort.column(condition.covariate))
            inside = answers.ask(subgroup_analyses(study, design, outcome, use.subgroup)["cox"])
            others = ~met & ~unknown
            outside: Effects | Refused = (
                group_model(study, cohort.select(others)) if others.any() else Refused(speak("nobody is outside"))
            )
            everybody = answers.ask(cox_analysis(study, design, outcome, adjusted=False))
            yield seen(
                gravity(study),
                "{outcome}: survival is compared among {n} patients chosen by their response ({subgroup}), {share}. Hazard "
                "ratios inside: {inside}; outside: {outside}; in everybody: {everybody}.",
                evidence={
                    "outcome": outcome_name(study, outcome),
                    "subgroup": subgroup_name(study, use.subgroup),
                    "n": int(met.sum()),
                    "share": _shares(met, unknown, cohort.group.codes, cohort.group.levels),
                    "inside": ratio_words(inside),
                    "outside": ratio_words(outside),
                    "everybody": ratio_words(everybody),
                    "hazard_ratios": ratio_numbers(inside),
                    "hazard_ratios_outside": ratio_numbers(outside),
                    "hazard_ratios_everybody": ratio_numbers(everybody),
                },
                remedy="Report the response rates by group ([responses]); compare survival in everybody, or by response from a "
                "landmark on which every response is known.",
                where=study.place(use.key),
            )
    for use in uses_in_models(study):
        if kind_of(study, use.covariate) == "response":
            yield seen(
                gravity(study),
                "{outcome}: the model holds {covariate}, a response to the treatment whose duration is in question.",
                evidence={
                    "outcome": outcome_name(study, use.outcome),
                    "covariate": covariate_name(study, use.covariate),
                },
                remedy="Take it out of [models]; rule C01 shows the hazard ratios without it.",
                where=study.place(use.key),
            )


def _shares(met: BoolArray, unknown: BoolArray, codes: IntArray, levels: tuple[str, ...]) -> str:
    """In words, which share of each duration group responded."""
    known = ~unknown
    parts = []
    for code, level in enumerate(levels):
        of = int(np.count_nonzero(known & (codes == code)))
        if of:
            n = int(np.count_nonzero(met & (codes == code)))
            parts.append(speak("{n} of {of} {level} ({percent:.0f}%)", n=n, of=of, level=level, percent=100 * n / of))
    return speak(", ").join(parts)
