"""Covariates that are derived by a published rule set, from the columns that were read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from durata.category import Category
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray
from durata.language.speaking import speak
from durata.records.cells import Defect
from durata.records.rule_sets.catalogue import RULE_SETS, derived
from durata.records.rule_sets.rule_set import Input, RuleSet
from durata.study.rule_sets import NO, YES, factor_between
from durata.study.types import Study

Defects = Mapping[int, Defect]


def rule_sets_used(study: Study) -> tuple[RuleSet, ...]:
    """The rule sets that derive covariates of a study, each once in the order of the study file.

    A report prints their ``version``, ``reference`` and ``caveat``.

    Examples
    --------
    >>> import durata as du
    >>> rule_sets_used(du.read_study(du.example("stanford")))
    ()
    """
    names = dict.fromkeys(one.rule_set for one in study.covariates.values() if one.rule_set is not None)
    return tuple(RULE_SETS[name] for name in names)


def derive(
    study: Study, name: str, columns: Mapping[str, FloatArray | Category]
) -> tuple[Category, Mapping[str, Defects]]:
    """Derive one covariate of a study by its rule set.

    Lengths in mm and cm are converted to what the rule set reads. A value that is impossible there counts as missing
    and is a defect. The declared reference is the first level.

    Parameters
    ----------
    study : what was declared.
    name : a covariate with a rule set.
    columns : per input of the rule set what was read for it, (n,) numbers (NaN missing) or a Category.

    Returns
    -------
    Category (n,), -1 where missing inputs leave it open; and the defects by covariate and position.

    Raises
    ------
    CannotEstimate : when the covariate has no rule set, or an input of it is absent or does not fit its unit.
    """
    covariate = study.covariates[name]
    if covariate.rule_set is None:
        raise CannotEstimate(speak("The covariate {name!r} is read, not derived: it has no rule set.", name=name))
    rules = RULE_SETS[covariate.rule_set]
    given: dict[str, FloatArray] = {}
    defects: dict[str, Defects] = {}
    for one in rules.inputs:
        if one.name in columns:
            source = covariate.inputs[one.name]
            values, refused = _input(rules, one, columns[one.name], study.covariates[source].unit)
            given[one.name] = values
            if refused:
                defects[source] = refused
    category = derived(rules.name, given)
    return category if covariate.reference is None else _led_by(category, str(covariate.reference)), defects


def _input(rules: RuleSet, one: Input, column: FloatArray | Category, unit: str) -> tuple[FloatArray, Defects]:
    """(n,) what the rule set reads for one input, in its unit, NaN missing; and the values it cannot be."""
    if one.kind == "yes-no":
        return _yes_no(rules, one, column)
    factor = factor_between(unit, one.unit)
    if isinstance(column, Category) or factor is None:
        told = {"rules": rules.name, "input": one.name, "wanted": one.unit, "unit": unit}
        if isinstance(column, Category):
            what = "Rule set {rules!r} reads {input!r} as a number in {wanted}; it is a category."
        elif unit:
            what = "Rule set {rules!r} reads {input!r} as a number in {wanted}; it is in {unit}."
        else:
            what = "Rule set {rules!r} reads {input!r} as a number in {wanted}; it is in no unit."
        raise CannotEstimate(speak(what, **told))
    times, per = factor
    with np.errstate(over="ignore"):
        values = column * times / per
    between = (
        speak("at least {low:g} {unit}", low=one.low, unit=one.unit)
        if np.isinf(one.high)
        else speak("between {low:g} and {high:g} {unit}", low=one.low, high=one.high, unit=one.unit)
    )
    defect = Defect(
        "D07",
        "{text} is impossible for rule set {rule_set!r}, which reads here: {means}. It must be {between}.",
        "Correct the cell, or mark it as missing.",
        {"rule_set": rules.name, "means": speak(one.means), "between": between.strip()},
    )
    return _without(values, (values < one.low) | (values > one.high) | np.isinf(values), defect)


def _yes_no(rules: RuleSet, one: Input, column: FloatArray | Category) -> tuple[FloatArray, Defects]:
    """(n,) 1 for yes, 0 for no, NaN for unknown."""
    if isinstance(column, Category):
        known = {**dict.fromkeys(YES, 1.0), **dict.fromkeys(NO, 0.0)}
        values = np.array([*(known.get(level.casefold(), np.inf) for level in column.levels), np.nan])[column.codes]
    else:
        values = column
    defect = Defect(
        "D08" if isinstance(column, Category) else "D07",
        "{text} is neither yes nor no; rule set {rule_set!r} reads here: {means}.",
        "Write yes or no (1 or 0), or map the text under [data.values].",
        {"rule_set": rules.name, "means": speak(one.means)},
    )
    return _without(values, ~np.isnan(values) & (values != 0) & (values != 1), defect)


def _without(values: FloatArray, impossible: BoolArray, defect: Defect) -> tuple[FloatArray, Defects]:
    return np.where(impossible, np.nan, values), {int(k): defect for k in np.flatnonzero(impossible)}


def _led_by(category: Category, first: str) -> Category:
    """The same column with one of its levels first."""
    order = [category.levels.index(first), *(k for k, level in enumerate(category.levels) if level != first)]
    place = np.argsort(order)  # where each old level stands now; the last, for -1, stays -1
    recode = np.append(place, -1).astype(np.intp)
    return Category(recode[category.codes], tuple(category.levels[k] for k in order))
