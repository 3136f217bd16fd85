"""Who is eligible, condition by condition, with the reason that the flow of patients gives."""

from __future__ import annotations

import numpy as np

from durata.category import Category
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray
from durata.language.speaking import speak
from durata.records.cells import label
from durata.records.records import Records
from durata.study.paper import Condition
from durata.study.types import Study


def not_eligible(study: Study, records: Records) -> tuple[tuple[str, str, BoolArray], ...]:
    """Per condition the reason, the covariate it asks, and (n,) who leaves for it; unknown values are a reason of their own.

    A patient whom two conditions refuse is in both; the flow counts the first.
    """
    steps: list[tuple[str, str, BoolArray]] = []
    for condition in study.eligibility.values():
        known, met = _asked(records, condition)
        reason = condition.label or words(study, condition)
        steps.append((reason, condition.covariate, known & ~met))
        steps.append(
            (speak("{what} not recorded", what=_title(study, condition.covariate)), condition.covariate, ~known)
        )
    return tuple(steps)


def words(study: Study, condition: Condition) -> str:
    """Why somebody is not eligible, when the study file gives no words of its own."""
    parts = []
    if condition.from_ is not None:
        parts.append(speak("below {bound:g}", bound=condition.from_))
    if condition.to is not None:
        parts.append(speak("above {bound:g}", bound=condition.to))
    if condition.is_ is not None:
        parts.append(speak("not {levels}", levels=speak(" or ").join(map(str, condition.is_))))
    if condition.not_ is not None:
        parts.append(speak(" or ").join(map(str, condition.not_)))
    return f"{_title(study, condition.covariate)} " + speak(" or ").join(parts)


def _title(study: Study, covariate: str) -> str:
    return study.covariates[covariate].label or covariate


def satisfies(condition: Condition, column: FloatArray | Category) -> tuple[BoolArray, BoolArray]:
    """Whether each value of a column meets a condition, of the records or of a cohort.

    Parameters
    ----------
    condition : of [eligibility] or [subgroups].
    column : (n,) numbers (NaN unknown) or a Category, what the condition's covariate holds.

    Returns
    -------
    (n,) True where the value is known and meets every part of the condition, and (n,) True where it is unknown.

    Raises
    ------
    CannotEstimate : when the condition asks a category for numbers, or numbers for a text.

    Examples
    --------
    >>> import numpy as np
    >>> met, unknown = satisfies(Condition(covariate="age", to=65.0), np.array([50, 70, np.nan]))
    >>> met.tolist(), unknown.tolist()
    ([True, False, False], [False, False, True])
    """
    if isinstance(column, Category):
        if condition.from_ is not None or condition.to is not None:
            raise CannotEstimate(
                f"A condition asks {condition.covariate!r} for numbers ('from', 'to'), and it is a category; "
                "use 'is' or 'not'."
            )
        met = np.ones(len(column), dtype=bool)
        for codes, wanted in ((condition.is_, True), (condition.not_, False)):
            if codes is not None:
                accepted = {label(str(code)) for code in codes}
                among = np.array([label(level) in accepted for level in column.levels] + [False])
                met &= among[column.codes] == wanted
        return met & ~column.missing, column.missing
    met = np.ones(len(column), dtype=bool)
    if condition.from_ is not None:
        met &= column >= condition.from_
    if condition.to is not None:
        met &= column <= condition.to
    if condition.is_ is not None:
        met &= np.isin(column, _as_numbers(condition, condition.is_))
    if condition.not_ is not None:
        met &= ~np.isin(column, _as_numbers(condition, condition.not_))
    unknown = np.isnan(column)
    return met & ~unknown, unknown


def _as_numbers(condition: Condition, codes: tuple[int | str, ...]) -> list[int]:
    texts = [code for code in codes if isinstance(code, str)]
    if texts:
        raise CannotEstimate(f"A condition asks {condition.covariate!r} for {texts[0]!r}, and it is a number.")
    return [code for code in codes if not isinstance(code, str)]


def _asked(records: Records, condition: Condition) -> tuple[BoolArray, BoolArray]:
    """(n,), (n,) whether the value is known, and whether it meets every part of the condition."""
    name = condition.covariate
    column = records.categories[name] if name in records.categories else records.numbers[name]
    met, unknown = satisfies(condition, column)
    return ~unknown, met
