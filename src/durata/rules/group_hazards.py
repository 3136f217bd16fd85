"""Hazard ratios of the duration groups in a cohort that a rule has made, so that the biased stands beside the safer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from durata.cohort import Cohort
from durata.estimate.analysis import Answer, Refused
from durata.estimate.cox import cox
from durata.estimate.result import Effects
from durata.finding import CannotEstimate
from durata.language.speaking import speak
from durata.study.types import Study
from durata.terms import TermLike, factor


@dataclass(frozen=True, slots=True)
class Ratio:
    """The hazard ratio of ``level`` against ``reference`` with its 95 % limits."""

    level: str
    reference: str
    hazard_ratio: float
    conf_low: float
    conf_high: float
    p_value: float

    @property
    def direction(self) -> int:
        """-1 or 1 when the whole interval lies below or above 1, 0 when it holds 1."""
        if self.conf_high < 1:
            return -1
        return 1 if self.conf_low > 1 else 0


def group_model(study: Study, cohort: Cohort, beside: Sequence[TermLike] = ()) -> Effects | Refused:
    """The Cox model of the duration groups (and terms ``beside`` them), or why there is none."""
    if cohort.group is None:
        return Refused(speak("the cohort has no groups"))
    reference = study.treatment.reference or study.treatment.groups[0].name
    if reference not in cohort.group.used().levels:
        return Refused(speak("nobody is in the group {group}", group=reference))
    try:
        return cox(cohort, [factor("group", reference=reference), *beside])
    except CannotEstimate as refusal:
        return Refused(str(refusal), type(refusal))


def ratios(answer: Answer | Refused) -> tuple[Ratio, ...]:
    """The hazard ratios of the duration groups that a Cox model holds; none where it was refused."""
    if not isinstance(answer, Effects):
        return ()
    low, high = answer.interval()
    return tuple(
        Ratio(
            term.level,
            term.reference,
            hazard_ratio=float(np.exp(answer.estimate[j])),
            conf_low=float(np.exp(low[j])),
            conf_high=float(np.exp(high[j])),
            p_value=float(answer.p_value[j]),
        )
        for j, term in enumerate(answer.terms)
        if term.variable == "group"
    )


def ratio_words(answer: Answer | Refused) -> str:
    """The hazard ratios in words, or why there are none."""
    if isinstance(answer, Refused):
        return speak("cannot be estimated ({reason})", reason=answer.reason.rstrip(".。"))
    found = ratios(answer)
    if not found:
        return speak("no comparison of groups")
    return speak(", ").join(
        speak(
            "{level} against {reference} {ratio:.2f} ({low:.2f} to {high:.2f})",
            level=one.level,
            reference=one.reference,
            ratio=one.hazard_ratio,
            low=one.conf_low,
            high=one.conf_high,
        )
        for one in found
    )


def ratio_numbers(answer: Answer | Refused) -> dict[str, tuple[float, float, float]]:
    """The hazard ratios with their limits by group, for evidence that a machine reads."""
    return {
        f"{one.level} vs {one.reference}": (one.hazard_ratio, one.conf_low, one.conf_high) for one in ratios(answer)
    }
