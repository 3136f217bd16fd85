"""Rules P02 and P03: covariates let into a model by their p-values, and a duration kept out of the model that judges it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from durata.cohort import Cohort
from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Analysis, Answers, Refused, Setting
from durata.estimate.estimators import screened
from durata.estimate.plan import adjustment, cox_analysis, has_adjustment
from durata.finding import Severity
from durata.language.speaking import speak
from durata.rules.group_hazards import ratio_numbers, ratio_words
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import covariate_name, joined, outcome_name
from durata.study.types import Study

REPLICATES = 100
SEED = 20250102


@rule(
    "P02",
    "covariates-screened-by-p-value",
    since="0.2",
    reference="Sun GW, Shook TL, Kay GL (1996) J Clin Epidemiol 49:907-916; Heinze G, Wallisch C, Dunkler D (2018) "
    "Biom J 60:431-449",
)
def covariates_screened_by_p_value(study: Study, answers: Answers) -> Iterator[Seen]:
    """A covariate's own p-value says nothing about whether it confounds; screening keeps chance and drops confounders.

    The model that results changes from sample to sample, and its intervals do not know that it was chosen.
    """
    if not study.models:
        raise NotJudged(speak("needs [models]"))
    for outcome, model in study.models.items():
        if not model.screen_p or not model.candidates:
            continue
        cohort = answers.cohort(declared_design(study), outcome)
        if isinstance(cohort, Refused):
            continue
        settings: tuple[tuple[str, Setting], ...] = (
            ("candidates", model.candidates),
            ("screen_p", model.screen_p),
            ("ties", model.ties),
            *((("strata", model.strata),) if model.strata else ()),
        )
        screen = Analysis(cohort.design, outcome, "screen", settings)
        kept = screened(cohort, screen).kept
        share, replicates = _inclusion(cohort, screen, model.candidates)
        unstable = [name for name in model.candidates if 0.1 < share[name] < 0.9]
        yield seen(
            Severity.WARNING,
            "{outcome}: of {tried} candidates the {kept} with p below {p:g} alone were let into the model. In {replicates} samples "
            "of the same patients drawn again each would have been let in: {parts}. {unstable} of them change with the sample.",
            evidence={
                "outcome": outcome_name(study, outcome),
                "tried": len(model.candidates),
                "kept": len(kept),
                "p": model.screen_p,
                "replicates": replicates,
                "unstable": len(unstable),
                "inclusion": share,
                "parts": joined(
                    speak(
                        "{name} {percent:.0f}% ({now})",
                        name=covariate_name(study, name),
                        percent=100 * share[name],
                        now=speak("kept") if name in kept else speak("left out"),
                    )
                    for name in model.candidates
                ),
            },
            remedy="Name under [models] adjust what was known to matter before looking, and drop screen_p; with few events use "
            "Firth's or ridge regression rather than a screen.",
            where=study.place(f"models.{outcome}.screen_p"),
        )


def _inclusion(cohort: Cohort, screen: Analysis, candidates: tuple[str, ...]) -> tuple[dict[str, float], int]:
    """The share of bootstrap samples of persons in which each candidate passes the screen, and how many samples there were."""
    times = dict.fromkeys(candidates, 0)
    _, person = np.unique(cohort.person, return_inverse=True)
    order = np.argsort(person, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(person))])
    done = 0
    for spawned in np.random.SeedSequence(SEED).spawn(REPLICATES):
        drawn = np.random.default_rng(spawned).integers(0, len(starts) - 1, len(starts) - 1)
        rows = (
            order[drawn]
            if len(order) == len(starts) - 1
            else np.concatenate([order[starts[who] : starts[who + 1]] for who in drawn])
        )
        sample = cohort.select(rows)
        if sample.n_events == 0:
            continue
        done += 1
        for name in screened(sample, screen).kept:
            times[name] += 1
    if done == 0:
        raise NotJudged(speak("no sample drawn again has an event"))
    return {name: count / done for name, count in times.items()}, done


@rule(
    "P03",
    "duration-outside-the-model",
    since="0.2",
    reference="Greenland S (1989) Am J Public Health 79:340-349",
)
def duration_outside_the_model(study: Study, answers: Answers) -> Iterator[Seen]:
    """The question decides what stands in a model: the duration belongs in each, whether it is significant or not.

    Judged by the adjusted model where that is favourable and by the crude comparison where it is not, it always wins.
    """
    if not study.claims:
        raise NotJudged(speak("needs [claims]"))
    modelled = [outcome for outcome in study.outcomes if has_adjustment(study, outcome)]
    for name, claim in study.claims.items():
        if claim.subgroup is not None:
            continue
        crude = answers.ask(cox_analysis(study, declared_design(study), claim.outcome, adjusted=False))
        if claim.outcome in modelled and not claim.adjusted:
            adjusted = answers.ask(cox_analysis(study, declared_design(study), claim.outcome, adjusted=True))
            yield seen(
                Severity.INFO,
                "The claim “{text}” rests on the unadjusted comparison though a model of {outcome} is declared. Hazard ratios "
                "unadjusted: {crude}; adjusted: {adjusted}.",
                evidence={
                    "text": claim.text,
                    "outcome": outcome_name(study, claim.outcome),
                    "crude": ratio_words(crude),
                    "adjusted": ratio_words(adjusted),
                    "hazard_ratios": ratio_numbers(crude),
                    "hazard_ratios_adjusted": ratio_numbers(adjusted),
                },
                remedy="Judge the claim by the model: adjusted = true under [claims].",
                where=study.place(f"claims.{name}"),
            )
        elif modelled and claim.outcome not in modelled:
            yield seen(
                Severity.INFO,
                "The claim “{text}” has no model: {outcome} is not adjusted, while {others} is adjusted for {names}. Hazard "
                "ratios unadjusted: {crude}.",
                evidence={
                    "text": claim.text,
                    "outcome": outcome_name(study, claim.outcome),
                    "others": speak(", ").join(outcome_name(study, other) for other in modelled),
                    "names": speak(", ").join(
                        covariate_name(study, one)
                        for one in dict.fromkeys(one for other in modelled for one in adjustment(study, other))
                    )
                    or speak("screened covariates"),
                    "crude": ratio_words(crude),
                    "hazard_ratios": ratio_numbers(crude),
                },
                remedy="Declare the same model for it under [models].",
                where=study.place(f"claims.{name}"),
            )
