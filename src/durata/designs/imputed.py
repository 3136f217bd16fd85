"""Imputed records: missing covariates completed several times, with the event and its cumulative hazard among the predictors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from durata.category import Category
from durata.cohort import Cohort, Column
from durata.designs.catalogue import DESIGNS, declared_design
from durata.kernels.arrays import FloatArray
from durata.kernels.product_limit import cumulative_hazard
from durata.kernels.risk_set import count_risk_sets
from durata.records.imputation import chained_imputations
from durata.records.records import Records
from durata.study.types import Study


def impute(study: Study, records: Records, outcome: str | None = None) -> tuple[Records, ...]:
    """Impute the missing covariates of an outcome's model, as many times as the study declares under ``[missing]``.

    The columns are those of ``[models.<outcome>]`` (adjust, strata, candidates) and ``[missing] auxiliary``. Each missing
    value is predicted from all other columns, the duration group, whether the event happened, and the Nelson-Aalen
    cumulative hazard at the end of observation. Dates and outcomes are never imputed; patients who are not in the
    declared analysis stay as they are. Values missing because of what they are (not at random) stay a problem.

    Parameters
    ----------
    study, records : the declaration and the data; [missing] gives imputations, iterations and seed.
    outcome : whose model; the first outcome of the study if not given.

    Returns
    -------
    Records, one for each imputation; the same seed gives the same ones.

    Raises
    ------
    CannotEstimate : a column known of fewer than ten patients; no cohort for the outcome.

    References
    ----------
    White & Royston, Stat. Med. 28:1982, 2009; van Buuren & Groothuis-Oudshoorn, J. Stat. Softw. 45(3), 2011.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> completed = du.impute(study, du.read_records(study), "death")
    >>> len(completed)
    20
    """
    chosen = next(iter(study.outcomes)) if outcome is None else outcome
    cohort = DESIGNS[declared_design(study)].build(study, records, chosen)
    names = imputed_columns(study, chosen)
    columns: dict[str, Column] = {name: cohort.column(name) for name in names}
    declared = study.missing
    if not any(is_missing(column).any() for column in columns.values()):
        return (records,) * declared.imputations
    completed = chained_imputations(
        columns,
        outcome_predictors(cohort),
        imputations=declared.imputations,
        iterations=declared.iterations,
        seed=declared.seed,
    )
    return tuple(_with_values(records, cohort, one) for one in completed)


def imputed_columns(study: Study, outcome: str) -> tuple[str, ...]:
    """The covariates that are completed for the model of an outcome, or that help to complete them."""
    model = study.models.get(outcome)
    declared = () if model is None else (*model.adjust, *model.strata, *model.candidates)
    return tuple(dict.fromkeys((*declared, *study.missing.auxiliary)))


def outcome_predictors(cohort: Cohort) -> FloatArray:
    """(n, 2 + groups - 1) of each patient: event, cumulative hazard (Nelson-Aalen) at the end of observation, group."""
    sets = count_risk_sets(cohort.exit, cohort.event, cohort.entry)
    hazard = cumulative_hazard(sets.at_risk[:, 0], sets.events[:, 0], sets.tied[:, 0]).value
    parts = [cohort.event.astype(np.float64), hazard[sets.exit_index]]
    if cohort.group is not None:
        parts += [(cohort.group.codes == code).astype(np.float64) for code in range(1, len(cohort.group.levels))]
    return np.column_stack(parts)


def is_missing(column: Column) -> np.ndarray:
    """(n,) where a column has no value."""
    return column.missing if isinstance(column, Category) else np.isnan(column)


def _with_values(records: Records, cohort: Cohort, columns: dict[str, Column]) -> Records:
    """The records with the completed columns of the people of the cohort."""
    numbers, categories = dict(records.numbers), dict(records.categories)
    for name, column in columns.items():
        if isinstance(column, Category):
            codes = categories[name].codes.copy()
            codes[cohort.person] = column.codes
            categories[name] = Category(codes, column.levels)
        else:
            values = numbers[name].copy()
            values[cohort.person] = column
            numbers[name] = values
    return replace(records, numbers=numbers, categories=categories)
