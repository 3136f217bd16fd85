"""Rules P: whether the events are enough for what is asked of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from durata.category import Category
from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Answers, Refused
from durata.finding import Severity
from durata.rules.runner import NotJudged, Seen, rule, seen
from durata.study.types import Study

ENOUGH_EVENTS_PER_PARAMETER = 10


@rule(
    "P01",
    "too-few-events",
    since="0.1",
    reference="Peduzzi P et al. (1995) J Clin Epidemiol 48:1503-1510; Vittinghoff E, McCulloch CE (2007) "
    "Am J Epidemiol 165:710-718; Heinze G, Schemper M (2001) Biometrics 57:114-119",
)
def too_few_events(study: Study, answers: Answers) -> Iterator[Seen]:
    """With few events for each parameter estimates drift away from 1 and intervals are too narrow."""
    judged = False
    for outcome, declared in study.outcomes.items():
        cohort = answers.cohort(declared_design(study), outcome)
        if isinstance(cohort, Refused) or cohort.group is None:
            continue
        judged = True
        model = study.models.get(outcome)
        adjust = model.adjust if model is not None else ()
        parameters = len(cohort.group.used().levels) - 1
        for name in adjust:
            column = cohort.column(name)
            parameters += max(len(column.used().levels) - 1, 0) if isinstance(column, Category) else 1
        events = cohort.n_events
        by_level = {
            level: int(np.count_nonzero(cohort.event & (cohort.group.codes == code)))
            for code, level in enumerate(cohort.group.levels)
            if np.any(cohort.group.codes == code)
        }
        evidence = {
            "outcome": declared.label or outcome,
            "events": events,
            "parameters": parameters,
            "per_parameter": events / parameters if parameters else float(events),
            "by_group": by_level,
            "parts": ", ".join(f"{level} {count}" for level, count in by_level.items()),
            "enough": ENOUGH_EVENTS_PER_PARAMETER,
        }
        empty = [level for level, count in by_level.items() if count == 0]
        if events <= parameters:
            yield seen(
                Severity.ERROR,
                "{outcome}: {events} events for {parameters} parameters. A model with as many parameters as events "
                "fits anything and shows nothing.",
                evidence=evidence,
                remedy="Shorten [models] adjust, or report the groups without a model.",
            )
        elif empty:
            yield seen(
                Severity.ERROR,
                "{outcome}: no event in {empty} (events by group: {parts}). Its hazard ratio has no finite estimate.",
                evidence={**evidence, "empty": " and ".join(empty)},
                remedy="Merge the group with its neighbour under [treatment] groups, or give its survival curve only.",
            )
        elif events < ENOUGH_EVENTS_PER_PARAMETER * parameters:
            yield seen(
                Severity.WARNING,
                "{outcome}: {events} events for {parameters} parameters, {per_parameter:.1f} each (events by group: "
                "{parts}); fewer than {enough} each make hazard ratios unstable.",
                evidence=evidence,
                remedy="Keep only covariates fixed before looking at the data under [models] adjust, and read the "
                "interval, not the p-value.",
            )
    if not judged:
        raise NotJudged("no cohort could be built for any outcome")
