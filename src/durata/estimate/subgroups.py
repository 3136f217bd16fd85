"""Subgroups: a cohort restricted to one, and the test whether the exposure acts differently inside and outside it."""

from __future__ import annotations

from typing import Literal

import numpy as np

from durata.category import Category
from durata.cohort import Cohort
from durata.estimate.cox import cox, likelihood_ratio_test
from durata.estimate.result import Test
from durata.finding import CannotEstimate
from durata.language.speaking import speak
from durata.records.eligibility import satisfies
from durata.study.paper import Condition
from durata.terms import TermLike, interaction, strata

INSIDE = "subgroup"


def restricted(cohort: Cohort, condition: Condition, name: str) -> Cohort:
    """Keep the rows of a cohort that satisfy a subgroup's condition; rows whose value is unknown are not in it.

    Raises
    ------
    CannotEstimate : when nobody is in the subgroup.
    """
    met, unknown = satisfies(condition, cohort.column(condition.covariate))
    inside = met & ~unknown
    if not inside.any():
        raise CannotEstimate(speak("Nobody is in the subgroup {subgroup!r}.", subgroup=condition.label or name))
    return cohort.select(inside)


def interaction_test(
    cohort: Cohort,
    condition: Condition,
    name: str,
    *,
    by: str = "group",
    ties: Literal["breslow", "efron"] = "efron",
    stratified: tuple[str, ...] = (),
) -> Test:
    """Test whether hazard ratios of the groups differ between those inside and those outside a subgroup.

    Likelihood-ratio test of the products of group and subgroup in a Cox model with both; persons whose value is
    unknown are left out of both models.

    Parameters
    ----------
    cohort : with groups, and the covariate that the condition asks.
    condition, name : the subgroup.
    by : the column of groups.
    ties, stratified : handling of tied times, and the columns whose strata have baseline hazards of their own.

    Returns
    -------
    Test with the likelihood-ratio statistic, its degrees of freedom and p-value.

    Raises
    ------
    CannotEstimate : when everybody is inside or outside, or either model cannot be fitted.

    References
    ----------
    Assmann SF, Pocock SJ, Enos LE, Kasten LE (2000) Subgroup analysis and other (mis)uses of baseline data in clinical
    trials. Lancet 355:1064-1069.

    Examples
    --------
    >>> import durata as du
    >>> from durata.study.paper import Condition
    >>> study = du.read_study(du.example("stanford"))
    >>> cohort = du.observed(study, du.read_records(study), "death")
    >>> du.interaction_test(cohort, Condition(covariate="age", to=45.0), "younger").df
    2.0
    """
    met, unknown = satisfies(condition, cohort.column(condition.covariate))
    known = cohort.select(~unknown) if unknown.any() else cohort
    inside = met[~unknown]
    if inside.all() or not inside.any():
        raise CannotEstimate(
            speak("Everybody is on one side of the subgroup {subgroup!r}.", subgroup=condition.label or name)
        )
    marked = known.with_columns(**{INSIDE: Category(inside.astype(np.intp), ("outside", "inside"))})
    terms: list[TermLike] = [by, INSIDE, *([strata(*stratified)] if stratified else [])]
    return likelihood_ratio_test(
        cox(marked, terms, ties=ties), cox(marked, [*terms, interaction(by, INSIDE)], ties=ties)
    )
