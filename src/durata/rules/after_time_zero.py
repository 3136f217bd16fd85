"""Where a study conditions on what was known only after time zero: models, strata and subgroups."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from durata.study.types import Covariate, Study

Kind = Literal["duration", "response", "other"]

RESPONSE_RULES = ("recist", "choi", "modified_choi", "path_grade", "path_viable")
UNITS_OF_TIME = MappingProxyType(
    {
        **dict.fromkeys(("day", "days", "d", "天", "日"), "days"),
        **dict.fromkeys(("week", "weeks", "wk", "周"), "weeks"),
        **dict.fromkeys(("month", "months", "mo", "月", "个月"), "months"),
        **dict.fromkeys(("year", "years", "yr", "年"), "years"),
    }
)


@dataclass(frozen=True, slots=True)
class Use:
    """A covariate known only later, and where it is conditioned on: a dotted ``key``, its outcome or subgroup."""

    covariate: str
    key: str
    outcome: str = ""
    subgroup: str = ""


def is_post(study: Study, covariate: str) -> bool:
    """Whether a covariate is known only after time zero: declared so, or derived from one that is."""
    declared = study.covariates[covariate]
    return declared.timing == "post" or any(
        study.covariates[source].timing == "post" for source in declared.inputs.values() if source in study.covariates
    )


def uses_in_models(study: Study) -> tuple[Use, ...]:
    """Covariates known only later that a model adjusts for, screens or stratifies by."""
    return tuple(
        Use(name, f"models.{outcome}.{key}", outcome=outcome)
        for outcome, model in study.models.items()
        for key, names in (
            ("adjust", model.adjust),
            ("candidates", model.candidates if model.screen_p else ()),
            ("strata", model.strata),
        )
        for name in names
        if is_post(study, name)
    )


def uses_in_subgroups(study: Study) -> tuple[Use, ...]:
    """Subgroups made by covariates known only later."""
    return tuple(
        Use(condition.covariate, f"subgroups.{name}", subgroup=name)
        for name, condition in study.subgroups.items()
        if is_post(study, condition.covariate)
    )


def kind_of(study: Study, covariate: str) -> Kind:
    """What a covariate known only later is: how long something lasted after the end, a response, or something else."""
    declared: Covariate = study.covariates[covariate]
    if declared.type == "number" and unit_of_time(declared.unit) is not None:
        return "duration"
    if declared.rule_set in RESPONSE_RULES or any(one.covariate == covariate for one in study.responses.values()):
        return "response"
    return "other"


def unit_of_time(unit: str) -> str | None:
    """The unit of time that a covariate's unit is, None when it is something else."""
    return UNITS_OF_TIME.get(unit.strip().casefold())
