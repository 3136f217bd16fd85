"""The declared adjusted Cox model from several completed data sets, pooled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from durata.cohort import Cohort
from durata.designs.catalogue import DESIGNS
from durata.designs.imputed import impute, imputed_columns, is_missing
from durata.estimate.pooled import pool
from durata.estimate.result import Effects
from durata.finding import Finding, Severity
from durata.language.speaking import speak
from durata.records.records import Records
from durata.study.types import Study

Completed = Callable[[str, str], tuple[Cohort, ...]]
"""The completed cohorts of a design and an outcome."""


def completed_cohorts(study: Study, records: Records) -> Completed:
    """Make the cohorts of a design and an outcome from the completed records of that outcome; imputed once an outcome."""
    found: dict[str, tuple[Records, ...]] = {}

    def cohorts(design: str, outcome: str) -> tuple[Cohort, ...]:
        if outcome not in found:
            found[outcome] = impute(study, records, outcome)
        return tuple(DESIGNS[design].build(study, one, outcome) for one in found[outcome])

    return cohorts


def pooled_model(
    study: Study, cohort: Cohort, completed: tuple[Cohort, ...], fit: Callable[[Cohort], Effects]
) -> Effects:
    """``fit`` each completed cohort and pool; a note says what was imputed in the ``cohort`` as recorded."""
    pooled = pool([fit(one) for one in completed])
    gaps = {
        name: int(np.count_nonzero(is_missing(cohort.column(name)))) for name in imputed_columns(study, cohort.outcome)
    }
    share = float(np.max(pooled.missing_information)) if pooled.missing_information is not None else 0.0
    text = (
        "Multiple imputation: {m} data sets completed by chained equations, with the event, its cumulative hazard and the "
        "duration group among the predictors (missing values: {gaps}). At most {share:.0f}% of the information on a "
        "coefficient is missing. It assumes that whether a value is missing depends on what was recorded only."
    )
    labels = {name: study.covariates[name].label or name for name in gaps}
    note = Finding(
        "N90",
        Severity.INFO,
        text,
        {
            "m": len(completed),
            "gaps": speak(", ").join(speak("{name} {n}", name=labels[name], n=n) for name, n in gaps.items() if n)
            or speak("none"),
            "share": 100.0 * share,
        },
    )
    return replace(pooled, notes=(*pooled.notes, note))
