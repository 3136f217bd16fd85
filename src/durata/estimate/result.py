"""The four shapes of an answer - Curve, Effects, Test, Summary - and the closed glossary of their columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from durata.finding import Finding
from durata.kernels.arrays import FloatArray

if TYPE_CHECKING:
    import pandas as pd

GLOSSARY: Mapping[str, str] = {
    "term": "the covariate or contrast a row is about",
    "group": "the group of people a row is about",
    "reference": "the group or level compared with",
    "cause": "the event type, where several compete",
    "time": "time since time zero, in the unit of the answer",
    "probability": "the probability a quantile belongs to",
    "estimate": "the estimate, on the scale the answer names",
    "std_error": "standard error of the estimate, same scale",
    "robust_std_error": "sandwich standard error of the estimate, same scale",
    "conf_low": "lower confidence limit of the estimate",
    "conf_high": "upper confidence limit of the estimate",
    "statistic": "the test statistic",
    "df": "degrees of freedom of the statistic",
    "p_value": "two-sided p-value",
    "p_adjusted": "p-value adjusted for multiplicity, by the method the answer names",
    "at_risk": "weighted number at risk just before the time",
    "events": "weighted number of events",
    "censored": "weighted number censored",
    "n": "number of rows or persons used",
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


class Tidy:
    """What every answer can do: ``rows()`` as plain dictionaries, ``tidy()`` as a DataFrame, ``glance()`` as one row."""

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary a point or term, keys from the glossary."""
        raise NotImplementedError(f"{type(self).__name__} must say its rows")

    def glance(self) -> dict[str, Any]:
        """One dictionary for the whole answer."""
        raise NotImplementedError(f"{type(self).__name__} must say its glance")

    def tidy(self) -> pd.DataFrame:
        """One row a point or term, as a pandas DataFrame."""
        return as_frame(self.rows())


@dataclass(frozen=True, eq=False)
class Stretch:
    """A step function of time for one group (and cause): arrays (m,) at the distinct observed times.

    ``estimate`` holds from its time until the next; before the first time it is ``initial``.
    ``at_risk`` counts just before the time; ``until`` is the last time the curve knows anything about.
    """

    time: FloatArray
    estimate: FloatArray
    std_error: FloatArray
    conf_low: FloatArray
    conf_high: FloatArray
    at_risk: FloatArray
    events: FloatArray
    censored: FloatArray
    entered: FloatArray
    n: int
    initial: float
    until: float
    group: str = "all"
    cause: str = ""
    cumulative_hazard: FloatArray | None = None
    cumulative_hazard_std_error: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class Curve(Tidy):
    """An estimate along time (or duration, or cut), one Stretch a group.

    Estimators in ``estimate.curves`` make it and read it (``at``, ``quantile``).
    """

    stretches: tuple[Stretch, ...]
    estimand: str
    method: str
    interval: str
    conf_level: float
    unit: str
    time_zero: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    n_left_out: int = 0
    notes: tuple[Finding, ...] = ()

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups in their declared order."""
        return tuple(stretch.group for stretch in self.stretches)

    def group(self, name: str) -> Stretch:
        """The stretch of one group; KeyError names the groups there are."""
        for stretch in self.stretches:
            if stretch.group == name:
                return stretch
        raise KeyError(f"no group {name!r}; there are {', '.join(map(repr, self.groups))}")

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary a time and group."""
        return [
            {
                "group": s.group,
                **({"cause": s.cause} if s.cause else {}),
                "time": float(s.time[k]),
                "estimate": float(s.estimate[k]),
                "std_error": float(s.std_error[k]),
                "conf_low": float(s.conf_low[k]),
                "conf_high": float(s.conf_high[k]),
                "at_risk": float(s.at_risk[k]),
                "events": float(s.events[k]),
                "censored": float(s.censored[k]),
            }
            for s in self.stretches
            for k in range(len(s.time))
        ]

    def glance(self) -> dict[str, Any]:
        """One dictionary: numbers of people and events, and the method."""
        return {
            "n": sum(s.n for s in self.stretches),
            "events": float(sum(s.events.sum() for s in self.stretches)),
            "method": self.method,
        }


@dataclass(frozen=True)
class Test(Tidy):
    """A hypothesis test: chi-square (or other) ``statistic`` with ``df`` and two-sided ``p_value``.

    ``parts`` are rows of the glossary that make up the statistic (observed and expected by group, ...).
    """

    __test__ = False  # the field's word; pytest must not collect it

    hypothesis: str
    method: str
    statistic: float
    df: float
    p_value: float
    term: str = ""
    parts: tuple[Mapping[str, Any], ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Finding, ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        """The parts of the statistic, or the statistic itself."""
        return [dict(part) for part in self.parts] or [self.glance()]

    def glance(self) -> dict[str, Any]:
        """The statistic, its degrees of freedom and p-value."""
        return {
            **({"term": self.term} if self.term else {}),
            "statistic": self.statistic,
            "df": self.df,
            "p_value": self.p_value,
            "method": self.method,
        }


@dataclass(frozen=True, eq=False)
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


@dataclass(frozen=True)
class Term:
    """One coefficient: its ``name``, the ``variable`` it belongs to, and the ``level`` against ``reference`` it stands for."""

    name: str
    variable: str
    level: str = ""
    reference: str = ""


@dataclass(frozen=True, eq=False)
class Effects(Tidy):
    """Estimates by term with their covariance, inside always on the scale of ``scale`` (log hazard ratio, ...).

    ``estimate`` (p,), ``covariance`` (p, p) is the one that intervals use (the sandwich when robust);
    ``model_covariance`` (p, p) is the inverse information. ``tests`` are the whole-model tests by name
    ("likelihood_ratio", "wald", "score", "robust_score").
    """

    terms: tuple[Term, ...]
    estimate: FloatArray
    covariance: FloatArray
    model_covariance: FloatArray
    scale: str
    method: str
    conf_level: float
    n: int
    n_people: int
    n_events: int
    robust: bool = False
    log_likelihood: float = float("nan")
    log_likelihood_null: float = float("nan")
    tests: Mapping[str, Test] = field(default_factory=dict)
    concordance: float = float("nan")
    concordance_std_error: float = float("nan")
    design: Any = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    n_left_out: int = 0
    notes: tuple[Finding, ...] = ()

    @property
    def std_error(self) -> FloatArray:
        """(p,) standard errors from ``covariance``."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def statistic(self) -> FloatArray:
        """(p,) Wald z."""
        return self.estimate / self.std_error

    @property
    def p_value(self) -> FloatArray:
        """(p,) two-sided Wald p-values, from the survival function of the normal."""
        from scipy.special import erfc

        return np.asarray(erfc(np.abs(self.statistic) / np.sqrt(2.0)), dtype=np.float64)

    def interval(self) -> tuple[FloatArray, FloatArray]:
        """(p,), (p,) Wald confidence limits on ``scale``."""
        from scipy.special import ndtri

        half = float(ndtri(0.5 + self.conf_level / 2)) * self.std_error
        return self.estimate - half, self.estimate + half

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary a term, on ``scale``."""
        low, high = self.interval()
        z, p, se = self.statistic, self.p_value, self.std_error
        return [
            {
                "term": term.name,
                "group": term.level,
                "reference": term.reference,
                "estimate": float(self.estimate[j]),
                "std_error": float(se[j]),
                "statistic": float(z[j]),
                "p_value": float(p[j]),
                "conf_low": float(low[j]),
                "conf_high": float(high[j]),
            }
            for j, term in enumerate(self.terms)
        ]

    def glance(self) -> dict[str, Any]:
        """Numbers of rows and events, the whole-model likelihood-ratio test and the method."""
        test = self.tests.get("likelihood_ratio")
        whole = {} if test is None else {"statistic": test.statistic, "df": test.df, "p_value": test.p_value}
        return {"n": self.n, "events": self.n_events, **whole, "method": self.method}

    def term(self, name: str) -> dict[str, Any]:
        """The row of one term; KeyError names the terms there are."""
        for row, term in zip(self.rows(), self.terms, strict=True):
            if term.name == name:
                return row
        raise KeyError(f"no term {name!r}; there are {', '.join(repr(t.name) for t in self.terms)}")
