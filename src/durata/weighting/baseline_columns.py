"""Covariates known at the start as the columns of a model: numbers as they are, categories as indicators of their levels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from durata.category import Category
from durata.cohort import Column
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray, IntArray
from durata.language.speaking import speak


def model_columns(covariates: Mapping[str, Column], n: int) -> tuple[tuple[str, ...], FloatArray]:
    """Names and values (n, p) of the model columns; the first level that occurs is the reference of a category.

    Raises CannotEstimate for a covariate of another length, or with a missing or infinite value.
    """
    names: list[str] = []
    columns: list[FloatArray] = []
    for name, column in covariates.items():
        if len(column) != n:
            raise CannotEstimate(
                speak("Covariate {name!r} has {rows} rows, there are {n} patients.", name=name, rows=len(column), n=n)
            )
        unknown = column.missing if isinstance(column, Category) else ~np.isfinite(column)
        if np.any(unknown):
            raise CannotEstimate(
                speak(
                    "Covariate {name!r} is not known for {n} patients: leave them out or impute it first.",
                    name=name,
                    n=int(unknown.sum()),
                )
            )
        if isinstance(column, Category):
            used = column.used()
            for code, level in enumerate(used.levels[1:], start=1):
                names.append(f"{name}: {level}")
                columns.append((used.codes == code).astype(np.float64))
        else:
            names.append(name)
            columns.append(np.asarray(column, dtype=np.float64))
    return tuple(names), np.column_stack([*columns, np.zeros((n, 0))])


def strata_of(covariates: Mapping[str, Column], n: int) -> IntArray:
    """(n,) codes of the combinations of values that occur; one stratum without covariates."""
    _, x = model_columns(covariates, n)
    if x.shape[1] == 0:
        return np.zeros(n, dtype=np.intp)
    return np.unique(x, axis=0, return_inverse=True)[1].reshape(-1).astype(np.intp)
