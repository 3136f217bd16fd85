"""Rules P: whether the events are enough for what is asked of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from durata.category import Category
from durata.cohort import Cohort
from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Analysis, Answers, Refused
from durata.estimate.estimators import is_constant, names, screened
from durata.estimate.plan import adjustment, candidates, cox_analysis, firth_beside, has_adjustment
from durata.estimate.result import Effects
from durata.finding import Severity
from durata.kernels.arrays import BoolArray
from durata.language.speaking import speak
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.rules.wording import joined
from durata.study.types import Study
from durata.terms import Design, present

ENOUGH_EVENTS_PER_PARAMETER = 10


@rule(
    "P01",
    "too-few-events",
    since="0.1",
    reference="Peduzzi P et al. (1995) J Clin Epidemiol 48:1503-1510; Vittinghoff E, McCulloch CE (2007) "
    "Am J Epidemiol 165:710-718; Heinze G, Schemper M (2001) Biometrics 57:114-119",
)
def too_few_events(study: Study, answers: Answers) -> Iterator[Seen]:
    """With few events for each parameter estimates drift away from 1 and intervals are too narrow.

    Counted are the events of the rows that the declared Cox model uses, and every parameter that was examined for it:
    the groups, its covariates, and the candidates that a screen left out.
    """
    judged = False
    for outcome, declared in study.outcomes.items():
        design = declared_design(study)
        cohort = answers.cohort(design, outcome)
        if isinstance(cohort, Refused) or cohort.group is None:
            continue
        judged = True
        adjusted = has_adjustment(study, outcome)
        model = _modelled(cohort, answers, cox_analysis(study, design, outcome, adjusted=adjusted))
        evidence = _evidence(study, outcome, cohort, model)
        penalised = firth_beside(study, answers, design, outcome, adjusted=adjusted)
        firth = penalised is not None and isinstance(answers.ask(penalised), Effects)
        evidence |= {"outcome": declared.label or outcome, "firth": firth}
        if model.events == 0:
            yield _no_event(evidence)
            continue
        empty = _levels_without_event(study, cohort, model)
        if empty:
            yield _empty_level({**evidence, "empty": joined(empty)}, firth=firth)
        yield from _too_many_parameters(evidence, firth=firth)
    if not judged:
        raise NotJudged(speak("no cohort could be built for any outcome"))


@dataclass(frozen=True, eq=False)
class _Modelled:
    """The declared model: the columns it holds, and which rows (n,) of the cohort are complete in them."""

    variables: tuple[str, ...]
    complete: BoolArray
    events: int


def _modelled(cohort: Cohort, answers: Answers, analysis: Analysis) -> _Modelled:
    """Ask the Cox model for its terms and events; where it was refused, count complete rows of the terms it would hold."""
    answer = answers.ask(analysis)
    if isinstance(answer, Effects) and isinstance(answer.design, Design):
        variables = tuple(dict.fromkeys(term.variable for term in answer.terms))
        return _Modelled(variables, answer.design.complete(cohort), answer.n_events)
    kept = screened(cohort, analysis).kept if analysis.setting("screen_p") else ()
    variables = tuple(
        name
        for name in dict.fromkeys((*names(analysis, "terms"), *kept))
        if name == "group" or not is_constant(cohort, name)
    )
    complete = np.ones(len(cohort), dtype=np.bool_)
    for name in (*variables, *names(analysis, "strata")):
        complete &= present(cohort.column(name))
    return _Modelled(variables, complete, int(np.count_nonzero(cohort.event & complete)))


def _evidence(study: Study, outcome: str, cohort: Cohort, model: _Modelled) -> dict[str, object]:
    """Events, patients and parameters of the model, in numbers and in words."""
    examined = {
        name: _columns(cohort, name)
        for name in dict.fromkeys(("group", *adjustment(study, outcome), *candidates(study, outcome)))
    }
    examined = {name: columns for name, columns in examined.items() if columns or name == "group"}
    parameters = sum(examined.values())
    by_group = _events_by_level(cohort, "group", model)
    left_out = len(cohort) - int(np.count_nonzero(model.complete))
    return {
        "events": model.events,
        "patients": int(np.count_nonzero(model.complete)),
        "left_out": left_out,
        "without": speak(" {n} patient(s) with a missing value are not in the model.", n=left_out) if left_out else "",
        "parameters": parameters,
        "examined": examined,
        "counted": joined(
            speak("{name}: {columns}", name=_label(study, name), columns=columns)
            if name in model.variables
            else speak("{name}: {columns} (examined, not in the model)", name=_label(study, name), columns=columns)
            for name, columns in examined.items()
        ),
        "per_parameter": model.events / parameters if parameters else float(model.events),
        "by_group": by_group,
        "parts": speak(", ").join(f"{level} {count}" for level, count in by_group.items()),
        "enough": ENOUGH_EVENTS_PER_PARAMETER,
    }


def _no_event(evidence: Mapping[str, object]) -> Seen:
    return seen(
        Severity.ERROR,
        "{outcome}: none of the {patients} patients of the model has the event, so no hazard ratio can be estimated."
        "{without}",
        evidence=evidence,
        remedy="Leave the covariate whose missing values cost the events out of [models], impute it ([missing] method), or report the curves without a model."
        if evidence["left_out"]
        else "Check the event columns or codes under [outcomes]; report follow-up without a model.",
    )


def _empty_level(evidence: Mapping[str, object], *, firth: bool) -> Seen:
    if firth:
        return seen(
            Severity.WARNING,
            "{outcome}: no event in {empty} (events by group: {parts}). The ordinary model has no estimate; Firth's penalised "
            "model stands beside it.",
            evidence=evidence,
            remedy="Read Firth's estimate ([models] firth) with its interval, which reaches far; nothing finer can be said.",
        )
    return seen(
        Severity.ERROR,
        "{outcome}: no event in {empty} (events by group: {parts}). The model has no estimate.",
        evidence=evidence,
        remedy="Merge the level with its neighbour ([data.values]), leave the covariate out of [models], or give survival curves only.",
    )


def _too_many_parameters(evidence: Mapping[str, object], *, firth: bool) -> Iterator[Seen]:
    events, parameters = int(str(evidence["events"])), int(str(evidence["parameters"]))
    if events <= parameters:
        yield seen(
            Severity.ERROR,
            "{outcome}: {events} events for {parameters} parameters examined ({counted}). With no more events than "
            "parameters a model fits anything and shows nothing.{without}",
            evidence=evidence,
            remedy="Shorten [models] adjust and candidates, or report the groups without a model.",
        )
    elif events < ENOUGH_EVENTS_PER_PARAMETER * parameters:
        yield seen(
            Severity.WARNING,
            "{outcome}: {events} events for {parameters} parameters examined ({counted}), {per_parameter:.1f} each "
            "(events by group: {parts}); fewer than {enough} each make hazard ratios unstable.{without}",
            evidence=evidence,
            remedy="Keep only covariates fixed before looking at the data under [models] adjust, and read the interval, not "
            "the p-value. Firth's penalised model stands beside the ordinary one."
            if firth
            else "Keep only covariates fixed before looking at the data under [models] adjust, and read the interval, not the "
            "p-value.",
        )


def _columns(cohort: Cohort, name: str) -> int:
    """How many coefficients a column takes: levels less one, one for a number, none where everybody has the same value."""
    column = cohort.column(name)
    if isinstance(column, Category):
        return max(len(column.used().levels) - 1, 0)
    return 0 if is_constant(cohort, name) else 1


def _events_by_level(cohort: Cohort, name: str, model: _Modelled) -> dict[str, int]:
    """Events of the model's rows by level, the levels that these rows have."""
    column = cohort.category(name)
    found = {}
    for code, level in enumerate(column.levels):
        here = model.complete & (column.codes == code)
        if here.any():
            found[level] = int(np.count_nonzero(cohort.event & here))
    return found


def _levels_without_event(study: Study, cohort: Cohort, model: _Modelled) -> list[str]:
    """In words, the levels of the model's categories (and of numbers with two values) whose patients all lack the event."""
    found = []
    for name in model.variables:
        column = cohort.column(name)
        if not isinstance(column, Category) and len(np.unique(column[model.complete])) != 2:
            continue
        present_levels = _events_by_level(cohort, name, model)
        if len(present_levels) < 2:
            continue
        reference = study.treatment.reference if name == "group" else None
        reference = reference if reference in present_levels else next(iter(present_levels))
        for level in (level for level, events in present_levels.items() if events == 0):
            runs = (
                speak("the level the others are compared with: the hazard ratios of the others run off to infinity")
                if level == reference
                else speak("its hazard ratio runs off to zero")
            )
            found.append(speak("{name} = {level} ({runs})", name=_label(study, name), level=level, runs=runs))
    return found


def _label(study: Study, name: str) -> str:
    if name == "group":
        return speak("groups")
    return (study.covariates[name].label if name in study.covariates else "") or name
