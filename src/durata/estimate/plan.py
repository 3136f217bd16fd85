"""What a study asks: the list of its analyses, and which function answers each kind."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from durata.cohort import Cohort
from durata.designs.catalogue import DESIGNS, declared_design
from durata.estimate.analysis import Analysis, Answer, Answers, Setting
from durata.estimate.cox import cox
from durata.estimate.cox_checks import proportional_hazards_test
from durata.estimate.curves import kaplan_meier, reverse_kaplan_meier
from durata.estimate.result import Effects
from durata.estimate.tests import log_rank, pairwise_log_rank
from durata.finding import CannotEstimate
from durata.records.records import Records
from durata.study.types import Study
from durata.terms import TermLike, factor, strata


def _by(analysis: Analysis) -> str | None:
    by = analysis.setting("by")
    return str(by) if by else None


def _names(analysis: Analysis, setting: str) -> tuple[str, ...]:
    value = analysis.setting(setting, ())
    return tuple(str(name) for name in value) if isinstance(value, tuple) else (str(value),)


def _cox(cohort: Cohort, analysis: Analysis) -> Effects:
    reference = str(analysis.setting("reference"))
    terms: list[TermLike] = [factor("group", reference=reference) if reference else "group"]
    terms += _names(analysis, "adjust")
    stratified = _names(analysis, "strata")
    if stratified:
        terms.append(strata(*stratified))
    return cox(
        cohort,
        terms,
        ties="breslow" if analysis.setting("ties") == "breslow" else "efron",
        cluster="person" if analysis.setting("robust", False) else None,
    )


def _proportional_hazards(cohort: Cohort, analysis: Analysis) -> Answer:
    return proportional_hazards_test(cohort, _cox(cohort, analysis))


ESTIMATORS: MappingProxyType[str, Callable[[Cohort, Analysis], Answer]] = MappingProxyType(
    {
        "kaplan_meier": lambda cohort, analysis: kaplan_meier(cohort, by=_by(analysis)),
        "reverse_kaplan_meier": lambda cohort, analysis: reverse_kaplan_meier(cohort, by=_by(analysis)),
        "log_rank": lambda cohort, analysis: log_rank(cohort, by="group"),
        "pairwise_log_rank": lambda cohort, analysis: pairwise_log_rank(cohort, by="group", adjust="holm"),
        "cox": _cox,
        "proportional_hazards": _proportional_hazards,
    }
)

BY_GROUP: tuple[tuple[str, Setting], ...] = (("by", "group"),)


def model_settings(study: Study, design: str, outcome: str, *, adjusted: bool) -> tuple[tuple[str, Setting], ...]:
    """Settings of the Cox model of one outcome, as declared; ``adjusted`` False leaves the covariates out."""
    model = study.models.get(outcome)
    settings: list[tuple[str, Setting]] = []
    if design != "time_dependent" and study.treatment.reference is not None:
        settings.append(("reference", study.treatment.reference))
    if model is not None:
        if adjusted and model.adjust:
            settings.append(("adjust", model.adjust))
        if model.strata:
            settings.append(("strata", model.strata))
        settings.append(("ties", model.ties))
        if model.robust:
            settings.append(("robust", True))
    return tuple(settings)


def cox_analysis(study: Study, design: str, outcome: str, *, adjusted: bool) -> Analysis:
    """The Cox model of one outcome under one design."""
    return Analysis(design, outcome, "cox", model_settings(study, design, outcome, adjusted=adjusted))


def has_adjustment(study: Study, outcome: str) -> bool:
    """Whether the study declares covariates for this outcome's model."""
    model = study.models.get(outcome)
    return model is not None and bool(model.adjust)


def planned(study: Study) -> tuple[Analysis, ...]:
    """Every analysis of the study: the declared design first, then the other designs beside it."""
    first = declared_design(study)
    order = [first, *(name for name in DESIGNS if name != first)]
    asked: list[Analysis] = []
    for outcome in study.outcomes:
        for design in order:
            asked.append(Analysis(design, outcome, "kaplan_meier", BY_GROUP))
            asked.append(Analysis(design, outcome, "log_rank"))
            if design != "time_dependent":
                asked.append(Analysis(design, outcome, "reverse_kaplan_meier"))
                asked.append(Analysis(design, outcome, "reverse_kaplan_meier", BY_GROUP))
                if len(study.treatment.groups) > 2:
                    asked.append(Analysis(design, outcome, "pairwise_log_rank"))
            asked.append(cox_analysis(study, design, outcome, adjusted=False))
            if has_adjustment(study, outcome):
                asked.append(cox_analysis(study, design, outcome, adjusted=True))
            asked.append(
                Analysis(design, outcome, "proportional_hazards", model_settings(study, design, outcome, adjusted=True))
            )
    return tuple(asked)


def answers_for(study: Study, records: Records) -> Answers:
    """An empty memory of answers for one study and its records."""

    def cohort_of(design: str, outcome: str) -> Cohort:
        if design not in DESIGNS:
            raise CannotEstimate(f"There is no design {design!r}; there are {', '.join(DESIGNS)}.")
        return DESIGNS[design].build(study, records, outcome)

    return Answers(cohort_of, dict(ESTIMATORS))
