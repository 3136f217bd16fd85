"""What the numbers allow one to say: contrasts, their direction, and the naive beside the safe one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import erfc, ndtri

from durata.designs.catalogue import declared_design
from durata.designs.observed import no_end
from durata.estimate.analysis import Answers, Refused
from durata.estimate.firth import needs_firth
from durata.estimate.guaranteed_time import GuaranteedTime, guaranteed_time
from durata.estimate.plan import cox_analysis, firth_analysis, has_adjustment
from durata.estimate.result import Effects
from durata.finding import CannotEstimate
from durata.language.speaking import speak
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
            adjusted_for=fitted_beside_groups(answer),
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
    conf_level: float | None = None,
) -> Contrast:
    """The hazard ratio of any two groups from one Cox model, through the covariance of its coefficients.

    Where the ordinary model runs to infinity, Firth's penalised one answers, unless the study file says never.
    ``conf_level`` is that of the interval; the model's own when not given.

    Raises
    ------
    CannotEstimate : no model can be had, or it does not hold one of the groups.
    """
    answer = model_answer(study, answers, design, outcome, adjusted=adjusted, subgroup=subgroup)
    level = answer.conf_level if conf_level is None else conf_level
    position = {term.level: j for j, term in enumerate(answer.terms) if term.variable == "group"}
    references = {term.reference for term in answer.terms if term.variable == "group"}
    weights = np.zeros(len(answer.terms))
    for name, sign in ((group, 1.0), (versus, -1.0)):
        if name in position:
            weights[position[name]] = sign
        elif name not in references:
            raise CannotEstimate(speak("The model does not hold the group {name!r}.", name=name))
    estimate = float(weights @ answer.estimate)
    std_error = float(np.sqrt(weights @ answer.covariance @ weights))
    half = float(ndtri(0.5 + level / 2)) * std_error
    low, high, p_value = estimate - half, estimate + half, float(erfc(abs(estimate / std_error) / np.sqrt(2.0)))
    if versus in references and level == answer.conf_level:
        # a coefficient of its own keeps its own limits and test, which for Firth's model are those of the profile
        j = position[group]
        low, high, p_value = float(answer.interval()[0][j]), float(answer.interval()[1][j]), float(answer.p_value[j])
    return Contrast(
        design=design,
        outcome=outcome,
        level=group,
        reference=versus,
        hazard_ratio=float(np.exp(estimate)),
        conf_low=float(np.exp(low)),
        conf_high=float(np.exp(high)),
        p_value=p_value,
        conf_level=level,
        adjusted_for=fitted_beside_groups(answer),
    )


def model_answer(
    study: Study, answers: Answers, design: str, outcome: str, *, adjusted: bool, subgroup: str = ""
) -> Effects:
    """The ordinary Cox model, or Firth's where that one was refused for separation; CannotEstimate otherwise."""
    answer = answers.ask(cox_analysis(study, design, outcome, adjusted=adjusted, subgroup=subgroup))
    if isinstance(answer, Effects):
        return answer
    model = study.models.get(outcome)
    cohort = answers.cohort(design, outcome)
    allowed = model is None or model.firth != "never"
    if isinstance(answer, Refused) and allowed and not isinstance(cohort, Refused) and needs_firth(answer, cohort):
        penalised = answers.ask(firth_analysis(study, design, outcome, adjusted=adjusted, subgroup=subgroup))
        if isinstance(penalised, Effects):
            return penalised
    raise CannotEstimate(answer.reason if isinstance(answer, Refused) else speak("The model has no coefficients."))


def fitted_beside_groups(effects: Effects) -> tuple[str, ...]:
    """The covariates a fitted model holds beside the groups, those a screen let in included."""
    return tuple(dict.fromkeys(term.variable for term in effects.terms if term.variable != "group"))


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
