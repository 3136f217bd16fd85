"""Every rule set by its name, and the one function that derives a category with it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from durata.category import Category
from durata.finding import CannotEstimate
from durata.records.rule_sets.pathological_response import EFFECT, VIABLE
from durata.records.rule_sets.recurrence_risk import NIH_RISK
from durata.records.rule_sets.response_criteria import CHOI, MODIFIED_CHOI, RECIST
from durata.records.rule_sets.rule_set import RuleSet

RULE_SETS: Mapping[str, RuleSet] = MappingProxyType(
    {rules.name: rules for rules in (RECIST, CHOI, MODIFIED_CHOI, EFFECT, VIABLE, NIH_RISK)}
)


def derived(rule_set: str, columns: Mapping[str, ArrayLike]) -> Category:
    """The category of every patient by a rule set, from its inputs by name (n,), in the rule set's units.

    Raises
    ------
    CannotEstimate
        for a rule set or input that does not exist, an input that is needed and absent, columns of unequal length.
    StudyError
        for impossible values (a negative size, a percentage above 100), with the patients.

    Examples
    --------
    >>> derived("recist", {"before": [100, 50], "after": [60, 50]}).codes.tolist()
    [1, 2]
    """
    if rule_set not in RULE_SETS:
        raise CannotEstimate(f"There is no rule set {rule_set!r}; there are {', '.join(RULE_SETS)}.")
    rules = RULE_SETS[rule_set]
    names = [given.name for given in rules.inputs]
    unknown = sorted(set(columns) - set(names))
    if unknown:
        raise CannotEstimate(
            f"Rule set {rule_set!r} reads no {', '.join(map(repr, unknown))}; it reads {', '.join(names)}."
        )
    absent = [given.name for given in rules.inputs if given.required and given.name not in columns]
    if absent:
        raise CannotEstimate(f"Rule set {rule_set!r} needs {', '.join(map(repr, absent))}.")
    lengths = {name: np.size(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise CannotEstimate(f"The columns of rule set {rule_set!r} differ in length: {lengths}.")
    return rules.classify(**columns)
