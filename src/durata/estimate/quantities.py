"""The numbers of an answer, each under what it is about, so that the same number is found again in every replicate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from durata.estimate.analysis import Refused
from durata.estimate.result import Curve, Effects, Summary, Test
from durata.finding import CannotEstimate
from durata.language.speaking import speak

Quantity = tuple[tuple[str, str | float], ...]
"""What a number is about, as columns of the glossary: (("group", "long"), ("time", 36.0))."""

ABOUT = ("term", "level", "group", "reference", "cause", "value", "time", "probability", "method")


def quantities(answer: Any, at: Sequence[float] = ()) -> dict[Quantity, float]:
    """The numbers of an answer; NaN for a cell that says why there is none.

    ``answer`` is one of the four answers, a number, a sequence of numbers, or numbers by name. A Curve is read at the
    times ``at``. The number of a Test is its statistic. Raises CannotEstimate for what holds no numbers.
    """
    if isinstance(answer, Refused):
        raise answer.cause(answer.reason)
    if isinstance(answer, Curve):
        if not len(at):
            raise CannotEstimate(speak("A curve is resampled at given times: say at which, such as at=[36, 60]."))
        answer = answer.at(list(at))
    if isinstance(answer, Test):
        return {(("term", answer.term or "statistic"),): answer.statistic}
    if isinstance(answer, Effects | Summary):
        return _of_rows(answer.rows())
    if isinstance(answer, Mapping):
        return {(("term", str(name)),): _number(value) for name, value in answer.items()}
    if isinstance(answer, str) or answer is None:
        raise CannotEstimate(speak("The estimator returned {kind}, not numbers.", kind=type(answer).__name__))
    if np.ndim(answer) == 0:
        return {(("term", "estimate"),): _number(answer)}
    return {(("term", str(place)),): _number(value) for place, value in enumerate(np.ravel(answer).tolist(), start=1)}


def _of_rows(rows: Iterable[Mapping[str, Any]]) -> dict[Quantity, float]:
    out: dict[Quantity, float] = {}
    for row in rows:
        if "estimate" not in row:
            continue
        value = row["estimate"]
        out[tuple((name, row[name]) for name in ABOUT if row.get(name) not in (None, ""))] = (
            np.nan if value is None else _number(value)
        )
    if not out:
        raise CannotEstimate(speak("The answer has no column of estimates that could be resampled."))
    return out


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise CannotEstimate(speak("The estimator returned {kind}, not numbers.", kind=type(value).__name__)) from None
