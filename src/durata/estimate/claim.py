"""What the numbers allow one to say: contrasts, their direction, and the naive beside the safe one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import erfc, ndtri

from durata.designs.catalogue import DESIGNS, declared_design
from durata.designs.observed import no_end
from durata.estimate.analysis import Answers, Refused
from durata.estimate.guaranteed_time import GuaranteedTime, guaranteed_time
from durata.estimate.plan import adjustment, cox_analysis, has_adjustment
from durata.estimate.result import Effects
from durata.finding import CannotEstimate
from durata.records.flow import Flow
from durata.study.types import Study


@dataclass(frozen=True, slots=True)
class Contrast:
    """A hazard ratio of ``level`` against ``reference`` under one design, with its interval and p-value."""

    design: str
    outcome: str
    level: str
    reference: str
    hazard_ratio: float
    conf_low: float
    conf_high: float
    p_value: float
    conf_level: float
    adjusted_for: tuple[str, ...] = ()

    @property
    def direction(self) -> int:
        """-1 or 1 when the whole interval lies below or above 1; 0 when it holds 1: no clear difference."""
        if self.conf_high < 1:
            return -1
        return 1 if self.conf_low > 1 else 0


def contrasts(study: Study, answers: Answers, design: str, outcome: str, *, adjusted: bool) -> tuple[Contrast, ...]:
    """Read the hazard ratios of the exposure groups off one Cox model; empty when there is none."""
    answer = answers.ask(cox_analysis(study, design, outcome, adjusted=adjusted))
    if not isinstance(answer, Effects):
        return ()
    low, high = answer.interval()
    adjust = adjustment(study, outcome) if adjusted else ()
    return tuple(
        Contrast(
            design=design,
            outcome=outcome,
            level=term.level,
            reference=term.reference,
            hazard_ratio=float(np.exp(answer.estimate[j])),
            conf_low=float(np.exp(low[j])),
            conf_high=float(np.exp(high[j])),
            p_value=float(answer.p_value[j]),
            conf_level=answer.conf_level,
            adjusted_for=tuple(adjust),
        )
        for j, term in enumerate(answer.terms)
        if term.variable == "group"
    )


def between(
    study: Study,
    answers: Answers,
    design: str,
    outcome: str,
    group: str,
    versus: str,
    *,
    adjusted: bool,
    subgroup: str = "",
) -> Contrast:
    """The hazard ratio of any two groups from one Cox model, through the covariance of its coefficients.

    Raises
    ------
    CannotEstimate : the model was refused, or does not hold one of the groups.
    """
    answer = answers.ask(cox_analysis(study, design, outcome, adjusted=adjusted, subgroup=subgroup))
    if isinstance(answer, Refused):
        raise CannotEstimate(answer.reason)
    if not isinstance(answer, Effects):
        raise CannotEstimate("The model has no coefficients.")
    weights = np.zeros(len(answer.terms))
    references = {term.reference for term in answer.terms if term.variable == "group"}
    for name, sign in ((group, 1.0), (versus, -1.0)):
        found = [j for j, term in enumerate(answer.terms) if term.variable == "group" and term.level == name]
        if not found and name not in references:
            raise CannotEstimate(f"The model does not hold the group {name!r}.")
        weights[found] = sign
    estimate = float(weights @ answer.estimate)
    std_error = float(np.sqrt(weights @ answer.covariance @ weights))
    half = float(ndtri(0.5 + answer.conf_level / 2)) * std_error
    return Contrast(
        design=design,
        outcome=outcome,
        level=group,
        reference=versus,
        hazard_ratio=float(np.exp(estimate)),
        conf_low=float(np.exp(estimate - half)),
        conf_high=float(np.exp(estimate + half)),
        p_value=float(erfc(abs(estimate / std_error) / np.sqrt(2.0))),
        conf_level=answer.conf_level,
        adjusted_for=adjustment(study, outcome) if adjusted else (),
    )


@dataclass(frozen=True, slots=True)
class Lesson:
    """The two things a reader should take from one outcome.

    ``naive`` are the contrasts of the declared grouping on achieved duration, ``guaranteed`` the immortal time in it,
    ``never`` how many patients never reached the end of treatment and are not in it; ``safe`` is the contrast of the design that guarantees nobody any time (None when it could not be had,
    ``refusal`` says why).
    """

    outcome: str
    naive: tuple[Contrast, ...]
    never: int
    guaranteed: tuple[GuaranteedTime, ...]
    safe: Contrast | None
    refusal: str = ""


def lesson(study: Study, answers: Answers, outcome: str) -> Lesson:
    """Set the naive contrasts of one outcome beside the time-dependent one."""
    adjusted = has_adjustment(study, outcome)
    declared = declared_design(study)
    cohort = answers.cohort(declared, outcome)
    naive = contrasts(study, answers, declared, outcome, adjusted=adjusted)
    safe = contrasts(study, answers, "time_dependent", outcome, adjusted=adjusted)
    refused = answers.ask(cox_analysis(study, "time_dependent", outcome, adjusted=adjusted))
    return Lesson(
        outcome=outcome,
        naive=naive,
        never=0 if isinstance(cohort, Refused) or cohort.flow is None else never_ended(study, cohort.flow),
        guaranteed=() if isinstance(cohort, Refused) else guaranteed_time(cohort),
        safe=safe[0] if safe else None,
        refusal=refused.reason if isinstance(refused, Refused) else "",
    )


def never_ended(study: Study, flow: Flow) -> int:
    """How many patients a flow left out because their treatment never was seen to end."""
    reason = no_end(study)
    return sum(step.excluded for step in flow.steps if step.reason == reason)


def side_by_side(study: Study, answers: Answers, outcome: str) -> tuple[Contrast, ...]:
    """Every exposure contrast of one outcome under every design, by the declared model."""
    adjusted = has_adjustment(study, outcome)
    return tuple(
        contrast for design in DESIGNS for contrast in contrasts(study, answers, design, outcome, adjusted=adjusted)
    )
