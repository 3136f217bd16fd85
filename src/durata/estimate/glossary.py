"""The closed glossary of columns, and the Summary: rows of a described table whose keys all come from it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from durata.finding import Finding

if TYPE_CHECKING:
    import pandas as pd

GLOSSARY: Mapping[str, str] = {
    "term": "the covariate or contrast a row is about",
    "level": "the level of a category a row is about",
    "group": "the group of people a row is about",
    "reference": "the group or level compared with",
    "cause": "the event type, where several compete",
    "value": "the value of a number a row is about: of a covariate, or a cut that divides X <= value from X > value",
    "time": "time since time zero, in the unit of the answer",
    "probability": "the probability a quantile belongs to",
    "estimate": "the estimate, on the scale the answer names",
    "std_dev": "standard deviation of the values behind a mean",
    "quartile_1": "first quartile of the values (type 7)",
    "quartile_3": "third quartile of the values (type 7)",
    "std_error": "standard error of the estimate, same scale",
    "robust_std_error": "sandwich standard error of the estimate, same scale",
    "conf_low": "lower confidence limit of the estimate",
    "conf_high": "upper confidence limit of the estimate",
    "statistic": "the test statistic",
    "df": "degrees of freedom of the statistic",
    "df_residual": "degrees of freedom of the denominator, where the statistic is a ratio of variances",
    "p_value": "two-sided p-value",
    "missing_information": "fraction of the information about the estimate that is missing, with imputed values",
    "p_adjusted": "p-value adjusted for multiplicity, by the method the answer names",
    "at_risk": "weighted number at risk just before the time",
    "events": "weighted number of events",
    "censored": "weighted number censored",
    "person_time": "time under observation, of all persons together",
    "n": "number of rows or persons used",
    "missing": "number of persons whose value is not known",
    "std_difference": "standardised difference between groups; the largest of all pairs",
    "observed": "observed number of events",
    "expected": "number of events expected under the null hypothesis",
    "method": "the method by its field name",
    "note": "why a cell has no number, or what to know about it",
}


def check_columns(row: Mapping[str, Any]) -> None:
    """Raise KeyError when a tidy row uses a column name outside the glossary."""
    unknown = set(row) - set(GLOSSARY)
    if unknown:
        raise KeyError(f"columns outside the glossary: {sorted(unknown)}")


def as_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a pandas DataFrame (pandas is imported only here), its columns in the order of the glossary."""
    import pandas as pd

    for row in rows:
        check_columns(row)
    used = {name for row in rows for name in row}
    return pd.DataFrame(rows, columns=[name for name in GLOSSARY if name in used])


def or_none(number: float) -> float | None:
    """A number, or None where there is none: a cell never holds a silent NaN."""
    return None if np.isnan(number) else float(number)


class Tidy(ABC):
    """What every answer can do: ``rows()`` as plain dictionaries, ``tidy()`` as a DataFrame, ``glance()`` as one row."""

    @abstractmethod
    def rows(self) -> list[dict[str, Any]]:
        """One dictionary a point or term, keys from the glossary."""

    @abstractmethod
    def glance(self) -> dict[str, Any]:
        """One dictionary for the whole answer."""

    def tidy(self) -> pd.DataFrame:
        """One row a point or term, as a pandas DataFrame."""
        return as_frame(self.rows())

    def __repr__(self) -> str:
        """The answer as a person reads it: its glance, and the first rows in columns."""
        told = ", ".join(f"{name} = {short(value)}" for name, value in self.glance().items() if value not in (None, ""))
        rows = self.rows()
        lines = [f"{type(self).__name__}: {told}", *in_columns(rows[:MOST_ROWS])]
        if len(rows) > MOST_ROWS:
            lines.append(f"... and {len(rows) - MOST_ROWS} rows more; .tidy() has them all")
        return "\n".join(lines)


MOST_ROWS = 12


def short(value: Any) -> str:
    """A value in few characters."""
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def in_columns(rows: list[dict[str, Any]]) -> list[str]:
    """Rows as lines of aligned columns, in the order of the glossary; columns without any value are left out."""
    names = [name for name in GLOSSARY if any(row.get(name) not in (None, "") for row in rows)]
    cells = [names, *([short(row.get(name, "")) for name in names] for row in rows)]
    widths = [max(len(line[k]) for line in cells) for k in range(len(names))]
    return ["  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)) for line in cells]


@dataclass(frozen=True, eq=False, repr=False)
class Summary(Tidy):
    """Rows of a described table; every row's keys come from the glossary."""

    what: str
    table: tuple[Mapping[str, Any], ...]
    method: str = ""
    unit: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Finding, ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        """The rows as plain dictionaries."""
        return [dict(row) for row in self.table]

    def glance(self) -> dict[str, Any]:
        """How many rows, by which method."""
        return {"n": len(self.table), "method": self.method}
