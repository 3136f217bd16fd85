"""What a study asks: the list of its analyses, the declared design first and the others beside it."""

from __future__ import annotations

from collections.abc import Iterator

from durata.cohort import Cohort
from durata.designs.catalogue import by_duration, declared_design, designs_of
from durata.estimate.analysis import Analysis, Answers, Refused, Setting
from durata.estimate.emulated_bootstrap import Told
from durata.estimate.emulation import DESIGN as EMULATED
from durata.estimate.emulation import READ, emulation_estimators
from durata.estimate.estimators import estimators_for
from durata.estimate.firth import needs_firth
from durata.estimate.imputed import completed_cohorts
from durata.estimate.permutation import has_small_group
from durata.estimate.result import Effects
from durata.estimate.whole_study import PLATEAU, RATIO, SPECIFICATIONS, whole_study_estimators
from durata.finding import CannotEstimate
from durata.kernels.arrays import IntArray
from durata.language.speaking import speak
from durata.records.records import Records
from durata.study.types import Study
from durata.weighting.baseline_weights import written_out

MOST_SPECIFICATIONS = 200
"""Ways of asking in the report; the function itself takes all of them."""
DRAWN = ("emulated_survival", "emulated_intervals", "emulated_causes", "best_window", "duration_response", "best_month")
"""Estimators of an emulated trial that draw its patients again."""
BY_GROUP: tuple[tuple[str, Setting], ...] = (("by", "group"),)


def adjustment(study: Study, outcome: str) -> tuple[str, ...]:
    """The covariates the declared model of an outcome holds beside the groups, before any screening."""
    model = study.models.get(outcome)
    return () if model is None else model.adjust


def has_adjustment(study: Study, outcome: str) -> bool:
    """Whether the study declares a multivariable model of this outcome."""
    model = study.models.get(outcome)
    return model is not None and bool(model.adjust or (model.screen_p and model.candidates))


def candidates(study: Study, outcome: str) -> tuple[str, ...]:
    """The covariates examined one by one: the declared candidates, and those of the model."""
    model = study.models.get(outcome)
    return () if model is None else tuple(dict.fromkeys((*model.candidates, *model.adjust)))


def model_settings(
    study: Study, design: str, outcome: str, *, adjusted: bool, terms: tuple[str, ...] = ("group",), subgroup: str = ""
) -> tuple[tuple[str, Setting], ...]:
    """Settings of a Cox model of one outcome, as declared; ``adjusted`` False leaves the covariates out."""
    model = study.models.get(outcome)
    settings: list[tuple[str, Setting]] = []
    if subgroup:
        settings.append(("subgroup", subgroup))
    if "group" in terms and by_duration(design) and study.treatment.reference is not None:
        settings.append(("reference", study.treatment.reference))
    if model is None:
        return (*settings, ("terms", terms))
    settings.append(("terms", (*terms, *model.adjust) if adjusted else terms))
    if adjusted and model.screen_p:
        settings += [("candidates", model.candidates), ("screen_p", model.screen_p)]
    if model.strata:
        settings.append(("strata", model.strata))
    settings.append(("ties", model.ties))
    if model.robust:
        settings.append(("robust", True))
    return tuple(settings)


def cox_analysis(study: Study, design: str, outcome: str, *, adjusted: bool, subgroup: str = "") -> Analysis:
    """The Cox model of one outcome under one design, in everybody or in a subgroup."""
    return Analysis(
        design, outcome, "cox", model_settings(study, design, outcome, adjusted=adjusted, subgroup=subgroup)
    )


def univariable(study: Study, design: str, outcome: str, covariate: str) -> Analysis:
    """The Cox model of one covariate alone."""
    return Analysis(design, outcome, "cox", model_settings(study, design, outcome, adjusted=False, terms=(covariate,)))


def firth_analysis(study: Study, design: str, outcome: str, *, adjusted: bool, subgroup: str = "") -> Analysis:
    """Firth's penalised form of :func:`cox_analysis`."""
    settings = cox_analysis(study, design, outcome, adjusted=adjusted, subgroup=subgroup).settings
    return Analysis(design, outcome, "firth_cox", tuple(one for one in settings if one[0] != "robust"))


def firth_beside(study: Study, answers: Answers, design: str, outcome: str, *, adjusted: bool) -> Analysis | None:
    """The Firth model that belongs beside the ordinary one, None when the declaration or the events need none."""
    model = study.models.get(outcome)
    choice = "auto" if model is None else model.firth
    if choice == "never":
        return None
    ordinary = answers.ask(cox_analysis(study, design, outcome, adjusted=adjusted))
    cohort = answers.cohort(design, outcome)
    if isinstance(cohort, Refused) or cohort.n_events == 0 or not isinstance(ordinary, Effects | Refused):
        return None
    if choice == "always" or needs_firth(ordinary, cohort):
        return firth_analysis(study, design, outcome, adjusted=adjusted)
    return None


def declares_competing(study: Study, outcome: str) -> bool:
    """Whether an outcome declares events that make it impossible."""
    declared = study.outcomes[outcome]
    return bool(declared.competing or declared.competing_codes)


def competing_analyses(study: Study, outcome: str) -> dict[str, Analysis]:
    """What is asked of an outcome with competing events: incidences, Gray's test, Fine and Gray's models; else nothing."""
    if not declares_competing(study, outcome):
        return {}
    design = declared_design(study)
    asked = {
        "cumulative_incidence": Analysis(design, outcome, "cumulative_incidence", (*BY_GROUP, ("cause", 1))),
        "competing_incidence": Analysis(design, outcome, "cumulative_incidence", (*BY_GROUP, ("cause", 2))),
        "gray_test": Analysis(design, outcome, "gray_test"),
    }
    for adjusted in (False, True) if has_adjustment(study, outcome) else (False,):
        settings = cox_analysis(study, design, outcome, adjusted=adjusted).settings
        kept = tuple(one for one in settings if one[0] != "robust")
        asked["fine_gray_adjusted" if adjusted else "fine_gray"] = Analysis(design, outcome, "fine_gray", kept)
    return asked


def imputes(study: Study, outcome: str) -> bool:
    """Whether the adjusted model of an outcome is also asked of several completed data sets."""
    return study.missing.method == "impute" and has_adjustment(study, outcome)


def pooled_analysis(study: Study, design: str, outcome: str) -> Analysis:
    """The adjusted Cox model of one outcome, pooled over the completed data sets."""
    return Analysis(design, outcome, "pooled_cox", cox_analysis(study, design, outcome, adjusted=True).settings)


def ask_beside(study: Study, answers: Answers) -> None:
    """Ask what depends on other answers: whether a permutation test belongs beside the log-rank test of an outcome."""
    for outcome in study.outcomes:
        beside = permutation_beside(answers, declared_design(study), outcome)
        if beside is not None:
            answers.ask(beside)


def permutation_beside(answers: Answers, design: str, outcome: str) -> Analysis | None:
    """The permutation log-rank test that belongs beside the ordinary one where a group is small; else None."""
    cohort = answers.cohort(design, outcome)
    if isinstance(cohort, Refused) or cohort.entry is not None or not has_small_group(cohort):
        return None
    ordinary = answers.ask(Analysis(design, outcome, "log_rank"))
    return None if isinstance(ordinary, Refused) else Analysis(design, outcome, "permutation_log_rank")


def subgroup_analyses(study: Study, design: str, outcome: str, subgroup: str) -> dict[str, Analysis]:
    """What is asked of one subgroup: curves, tests, hazard ratios, and the interaction in everybody."""
    inside: tuple[tuple[str, Setting], ...] = (("subgroup", subgroup),)
    return {
        "kaplan_meier": Analysis(design, outcome, "kaplan_meier", (*inside, *BY_GROUP)),
        "log_rank": Analysis(design, outcome, "log_rank", inside),
        "pairwise_log_rank": Analysis(design, outcome, "pairwise_log_rank", inside),
        "cox": cox_analysis(study, design, outcome, adjusted=False, subgroup=subgroup),
        "interaction": Analysis(
            design,
            outcome,
            "interaction",
            (
                ("of", subgroup),
                *(
                    one
                    for one in model_settings(study, design, outcome, adjusted=False)
                    if one[0] in ("strata", "ties")
                ),
            ),
        ),
    }


def baseline_analysis(study: Study, part: str | None = None) -> Analysis | None:
    """Table 1 (``part`` None), or the table of one part of what came after time zero; None when it would be empty."""
    design, outcome = declared_design(study), next(iter(study.outcomes))
    described = [
        name
        for name, one in study.covariates.items()
        if one.type != "date"
        and ((one.timing == "baseline") if part is None else (one.timing == "post" and one.part == part))
    ]
    if not described:
        return None
    means = tuple(name for name in described if study.covariates[name].summary == "mean")
    return Analysis(
        design,
        outcome,
        "baseline",
        (*BY_GROUP, ("covariates", tuple(described)), *((("means", means),) if means else ())),
    )


def parts(study: Study) -> tuple[str, ...]:
    """The headings under which covariates known after time zero are described, in the order declared."""
    return tuple(dict.fromkeys(one.part for one in study.covariates.values() if one.timing == "post" and one.part))


def response_analyses(study: Study, response: str) -> dict[str, Analysis]:
    """What is asked of one response: rates, the overall test, the trend and the pairs."""
    design, outcome = declared_design(study), next(iter(study.outcomes))
    one = study.responses[response]
    of: tuple[tuple[str, Setting], ...] = (("of", one.covariate), ("success", tuple(map(str, one.success))))
    return {
        "response_rates": Analysis(design, outcome, "response_rates", (*of, *BY_GROUP)),
        **{
            kind: Analysis(design, outcome, kind, of)
            for kind in ("response_test", "response_trend", "risk_differences")
        },
    }


def change_analysis(study: Study, measurement: str) -> Analysis:
    """The change of one measurement in everybody and by group."""
    design, outcome = declared_design(study), next(iter(study.outcomes))
    one = study.measurements[measurement]
    return Analysis(design, outcome, "paired_change", (("before", one.before), ("after", one.after), *BY_GROUP))


def plateau_analysis(study: Study, measurement: str) -> Analysis:
    """Where the shrinkage of one measurement levels off, by the length of treatment."""
    one = study.measurements[measurement]
    design, outcome = declared_design(study), next(iter(study.outcomes))
    return Analysis(design, outcome, PLATEAU, (("before", one.before), ("after", one.after)))


def per_hundred_years(study: Study) -> float:
    """Days in a hundred patient-years, the person-time rates are given for."""
    return 100 * study.study.days("years")


def weighted_analyses(study: Study, outcome: str) -> dict[str, Analysis]:
    """What is asked under the declared baseline weights: balance, weights, positivity, curves and the hazard ratios."""
    table = study.weights
    if table is None:
        return {}
    how: tuple[tuple[str, Setting], ...] = (("estimand", table.estimand), ("weigh_by", table.covariates))
    if table.target is not None:
        how += (("target", table.target),)
    design = declared_design(study)
    model = tuple(
        one for one in model_settings(study, design, outcome, adjusted=False) if one[0] not in ("strata", "robust")
    )
    return {
        "balance": Analysis(design, outcome, "weighted_balance", how),
        "weights": Analysis(design, outcome, "weights", how),
        "positivity": Analysis(design, outcome, "positivity", how),
        "kaplan_meier": Analysis(design, outcome, "kaplan_meier", (*how, *BY_GROUP)),
        "cox": Analysis(design, outcome, "cox", (*how, *model)),
    }


def emulation_analyses(study: Study, outcome: str) -> dict[str, Analysis]:
    """What is asked of the declared emulated trial, by estimator; nothing when none is declared."""
    asked = study.emulation
    if asked is None:
        return {}
    drawn: tuple[tuple[str, Setting], ...] = (("replicates", asked.replicates), ("seed", asked.seed))
    declared = study.outcomes[outcome]
    alone = not (declared.competing or declared.competing_codes)
    names = (name for name in READ if not (alone and name == "emulated_causes"))
    return {name: Analysis(EMULATED, outcome, name, drawn if name in DRAWN else ()) for name in names}


def ratio_analysis(study: Study, outcome: str) -> Analysis:
    """The immortal-time ratio of one outcome, in the model of the declared covariates."""
    keep = ("reference", "terms")
    settings = model_settings(study, "observed_from_start", outcome, adjusted=has_adjustment(study, outcome))
    return Analysis("observed_from_start", outcome, RATIO, tuple(one for one in settings if one[0] in keep))


def tipping_analysis(study: Study, outcome: str) -> Analysis | None:
    """How many unseen never-ended patients would undo each advantage at the last horizon; None without a horizon."""
    if not study.horizons.at:
        return None
    at = max(study.horizons.at) * study.study.days(study.study.time_unit)
    return Analysis(declared_design(study), outcome, "tipping_points", (("at", at),))


def specification_analysis(study: Study) -> Analysis:
    """The first duration group that is not the reference against it, under every defensible way of asking."""
    names = [group.name for group in study.treatment.groups]
    reference = study.treatment.reference or names[0]
    level = next(name for name in names if name != reference)
    settings: tuple[tuple[str, Setting], ...] = (
        ("level", level),
        ("reference", reference),
        ("most", MOST_SPECIFICATIONS),
    )
    return Analysis(declared_design(study), next(iter(study.outcomes)), SPECIFICATIONS, settings)


def planned(study: Study) -> tuple[Analysis, ...]:
    """Every analysis of the study whose description does not depend on another's answer."""
    return tuple(dict.fromkeys(_all(study)))


def _all(study: Study) -> Iterator[Analysis]:
    first = declared_design(study)
    for part in (None, *parts(study)):
        described = baseline_analysis(study, part)
        if described is not None:
            yield described
    for measurement in study.measurements:
        yield change_analysis(study, measurement)
        yield plateau_analysis(study, measurement)
    for response in study.responses:
        yield from response_analyses(study, response).values()
    for outcome in study.outcomes:
        for design in (first, *(name for name in designs_of(study) if name != first)):
            yield from _survival(study, design, outcome)
        yield from _declared_only(study, first, outcome)
        yield ratio_analysis(study, outcome)
        tipping = tipping_analysis(study, outcome)
        if tipping is not None:
            yield tipping
    if len(study.treatment.groups) > 1:
        yield specification_analysis(study)
    for outcome in study.outcomes:
        yield from emulation_analyses(study, outcome).values()


def _survival(study: Study, design: str, outcome: str) -> Iterator[Analysis]:
    """What is asked under every design."""
    yield Analysis(design, outcome, "kaplan_meier", BY_GROUP)
    yield Analysis(design, outcome, "log_rank")
    if design != "time_dependent":
        yield Analysis(design, outcome, "reverse_kaplan_meier")
        yield Analysis(design, outcome, "reverse_kaplan_meier", BY_GROUP)
        if len(study.treatment.groups) > 2:
            yield Analysis(design, outcome, "pairwise_log_rank")
    yield cox_analysis(study, design, outcome, adjusted=False)
    if has_adjustment(study, outcome):
        yield cox_analysis(study, design, outcome, adjusted=True)
    yield Analysis(design, outcome, "proportional_hazards", model_settings(study, design, outcome, adjusted=True))


def _declared_only(study: Study, design: str, outcome: str) -> Iterator[Analysis]:
    """What is asked under the declared design only: rates, restricted means, one covariate at a time, subgroups."""
    yield Analysis(design, outcome, "event_rates", (*BY_GROUP, ("per", per_hundred_years(study))))
    if study.horizons.restricted_mean is not None:
        until = study.horizons.restricted_mean * study.study.days(study.study.time_unit)
        yield Analysis(design, outcome, "restricted_mean", (*BY_GROUP, ("until", until)))
        reference = study.treatment.reference or study.treatment.groups[0].name
        yield Analysis(design, outcome, "restricted_mean_contrasts", (("until", until), ("reference", reference)))
    if imputes(study, outcome):
        yield pooled_analysis(study, design, outcome)
    for covariate in candidates(study, outcome):
        yield univariable(study, design, outcome, covariate)
    for subgroup in study.subgroups:
        yield from subgroup_analyses(study, design, outcome, subgroup).values()
    yield from weighted_analyses(study, outcome).values()
    yield from competing_analyses(study, outcome).values()


def answers_for(study: Study, records: Records, counts: IntArray | None = None, told: Told | None = None) -> Answers:
    """An empty memory of answers for one study and its records.

    With ``counts`` (n,), how often each patient was drawn, the answers are those of the drawn patients, a patient drawn
    twice being two: everything that is estimated is estimated among them. ``told`` hears of draws that take time.
    """

    def cohort_of(design: str, outcome: str) -> Cohort:
        known = designs_of(study)
        if design not in known:
            raise CannotEstimate(
                speak("There is no design {design!r}; there are {known}.", design=design, known=speak(", ").join(known))
            )
        return written_out(known[design].build(study, records, outcome, counts=counts))

    def declared_cohort(outcome: str) -> Cohort:
        return cohort_of(declared_design(study), outcome)

    completed = completed_cohorts(study, records) if study.missing.method == "impute" else None
    # an emulated trial draws its patients itself, within every draw of which it would draw them again
    emulated = emulation_estimators(study, records, told) if counts is None else {}
    whole = whole_study_estimators(study, records, cohort_of)
    return Answers(cohort_of, estimators_for(study, declared_cohort, completed), {**emulated, **whole})
