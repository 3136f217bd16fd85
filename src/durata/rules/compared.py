"""Who is compared in the declared design, and the covariates known at time zero that stand or fall with the groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.category import Category
from durata.cohort import Cohort, Column
from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Answers, Refused
from durata.kernels.arrays import BoolArray, IntArray
from durata.language.speaking import speak
from durata.rules.after_time_zero import is_post
from durata.rules.runner import NotJudged
from durata.study.types import Study
from durata.terms import TermLike, strata


@dataclass(frozen=True, eq=False)
class Compared:
    """Patients of the declared design with their duration group, (n,) in the order of the cohort.

    ``person`` is the position in the records, ``group`` has only the levels that occur, ``covariates`` are all columns.
    """

    cohort: Cohort
    person: IntArray
    group: Category

    def __len__(self) -> int:
        return len(self.person)

    def column(self, name: str) -> Column:
        """A covariate by name."""
        return self.cohort.column(name)


def compared(study: Study, answers: Answers) -> Compared:
    """The patients of the first outcome whose cohort can be built; NotJudged when there is none with two groups."""
    for outcome in study.outcomes:
        cohort = answers.cohort(declared_design(study), outcome)
        if isinstance(cohort, Refused) or cohort.group is None:
            continue
        group = cohort.group.used()
        if len(group.levels) > 1:
            return Compared(cohort, cohort.person, group)
    raise NotJudged(speak("no cohort could be built for any outcome"))


def baseline_covariates(study: Study) -> tuple[str, ...]:
    """Numbers and categories that are known at time zero, in the order declared."""
    return tuple(name for name, one in study.covariates.items() if one.type != "date" and not is_post(study, name))


def chosen_confounders(study: Study) -> tuple[str, ...]:
    """Covariates known at time zero that the study names for models, weights, emulation or [confounders]; all if none."""
    named = [name for model in study.models.values() for name in (*model.adjust, *model.strata)]
    named += [*_weighted_for(study), *study.confounders.expected]
    known = baseline_covariates(study)
    chosen = tuple(name for name in dict.fromkeys(named) if name in known)
    return chosen or known


def controlled(study: Study) -> frozenset[str]:
    """Covariates that every outcome's model holds or is stratified by, or that [weights] or [emulation] weight for."""
    held = [
        {*study.models[outcome].adjust, *study.models[outcome].strata} if outcome in study.models else set()
        for outcome in study.outcomes
    ]
    by_models = set.intersection(*held) if held else set()
    return frozenset(by_models | set(_weighted_for(study)))


def _weighted_for(study: Study) -> tuple[str, ...]:
    """Covariates that [weights] or [emulation] weight for."""
    return (
        *(study.weights.covariates if study.weights is not None else ()),
        *(study.emulation.covariates if study.emulation is not None else ()),
    )


def declared_terms(study: Study, outcome: str) -> tuple[tuple[str, ...], tuple[TermLike, ...]]:
    """The covariates that an outcome's declared model holds, and its terms beside the groups."""
    model = study.models.get(outcome)
    if model is None:
        return (), ()
    return (*model.adjust, *model.strata), (*model.adjust, *((strata(*model.strata),) if model.strata else ()))


def known(column: Column) -> BoolArray:
    """(n,) where a covariate is known."""
    return ~column.missing if isinstance(column, Category) else np.isfinite(column)


def varies(column: Column) -> bool:
    """Whether a covariate has two values among those known."""
    if isinstance(column, Category):
        return len(column.used().levels) > 1
    values = column[np.isfinite(column)]
    return len(values) > 0 and bool(np.ptp(values) > 0)


def complete(cohort: Cohort, names: tuple[str, ...]) -> Cohort | Refused:
    """The rows of a cohort in which all these covariates are known."""
    rows = np.ones(len(cohort), dtype=np.bool_)
    for name in names:
        rows &= known(cohort.column(name))
    if not rows.any():
        return Refused(speak("nobody has a known value of every covariate"))
    return cohort if rows.all() else cohort.select(rows)
