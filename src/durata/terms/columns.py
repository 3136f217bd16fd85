"""Columns as terms read them: as numbers, as categories, and where they are known."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from durata.category import Category
from durata.cohort import Column
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray
from durata.language.speaking import speak


class Columns(Protocol):
    """Where columns are read from: a Cohort, or new people."""

    def column(self, name: str) -> Column:
        """The column of that name."""
        ...


def as_category(source: Columns, name: str) -> Category:
    """A column as categories; numbers become levels in increasing order."""
    column = source.column(name)
    if isinstance(column, Category):
        return column
    values, codes = np.unique(column, return_inverse=True)
    known = ~np.isnan(values)
    return Category(np.where(np.isnan(column), -1, codes), tuple(f"{value:g}" for value in values[known]))


def as_numbers(source: Columns, name: str) -> FloatArray:
    """A column of numbers; CannotEstimate if it holds categories."""
    column = source.column(name)
    if isinstance(column, Category):
        raise CannotEstimate(speak("{name!r} holds categories, not numbers.", name=name))
    return column


def present(column: Column) -> BoolArray:
    """(n,) where the value is known."""
    return ~column.missing if isinstance(column, Category) else ~np.isnan(column)
