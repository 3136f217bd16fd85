"""Pathological response from the percentage of viable tumour: the four grades of effect, and the Western thirds."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from durata.category import Category
from durata.kernels.arrays import IntArray
from durata.records.rule_sets.rule_set import Input, RuleSet, classes, quantity

EFFECT_LEVELS = ("minimal", "low", "moderate", "high")
VIABLE_LEVELS = ("<=10% viable", "11-50% viable", ">50% viable")

EFFECT_VERSION = "four grades of treatment effect (10/50/90 % regression), reading 1"
VIABLE_VERSION = "viable tumour 10/50 %, reading 1"


def effect_grade(viable_percent: ArrayLike) -> Category:
    """Grade of treatment effect from percent viable tumour (n,): regression = 100 - viable.

    Minimal: regression up to 10 %; low: above 10 to 50 %; moderate: above 50 to 90 %; high: above 90 % (fewer than
    10 % viable). These are the grades used in Chinese reports on preoperative imatinib.

    Examples
    --------
    >>> grade = effect_grade([90, 50, 10, 9])
    >>> [grade.levels[code] for code in grade.codes]
    ['minimal', 'low', 'moderate', 'high']
    """
    return Category(
        _graded(100.0 - quantity(viable_percent, "percent viable", high=100.0), 10.0, 50.0, 90.0), EFFECT_LEVELS
    )


def viable_grade(viable_percent: ArrayLike) -> Category:
    """Viable tumour (n,) in three classes: up to 10 %, above 10 to 50 %, above 50 %.

    Exactly 10 % viable is in the best class here and of moderate effect in :func:`effect_grade`. Up to 50 % is the
    dichotomy of Cavnar et al.

    References
    ----------
    Cavnar et al., Journal of Gastrointestinal Surgery 2021;25:1828 (up to 50 % viable).

    Examples
    --------
    >>> grade = viable_grade([10, 50, 51])
    >>> grade.codes.tolist()
    [0, 1, 2]
    """
    return Category(_graded(quantity(viable_percent, "percent viable", high=100.0), 10.0, 50.0), VIABLE_LEVELS)


def _graded(percent: np.ndarray, *bounds: float) -> IntArray:
    # 100 - 89.9 is 10.099999999999994: what is off by rounding only belongs to its decimal
    return classes(np.round(percent, 9), *bounds)


_VIABLE = (Input("viable_percent", "viable tumour in the resected specimen", unit="%", high=100.0),)

EFFECT = RuleSet(
    name="path_grade",
    version=EFFECT_VERSION,
    levels=EFFECT_LEVELS,
    inputs=_VIABLE,
    reference="grades of treatment effect as used in Chinese reports on preoperative imatinib for GIST",
    classify=effect_grade,
    caveat="'High' means more than 90 % regression; other scales draw the line elsewhere. Keep the percentage.",
)
VIABLE = RuleSet(
    name="path_viable",
    version=VIABLE_VERSION,
    levels=VIABLE_LEVELS,
    inputs=_VIABLE,
    reference="Cavnar et al., Journal of Gastrointestinal Surgery 2021;25:1828 (up to 50 % viable)",
    classify=viable_grade,
)
