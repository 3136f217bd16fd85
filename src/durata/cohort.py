"""Cohort: who was at risk when, under which exposure, with which weight; the one input of every estimator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np

from durata.category import Category
from durata.finding import CannotEstimate, Finding
from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.language.speaking import speak
from durata.records.flow import Flow

WeightKind = Literal["frequency", "sampling"]


Column = FloatArray | Category


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights of rows, ``values`` (n,), with their kind.

    *frequency*: w identical persons stand behind the row (everything as if it were repeated).
    *sampling*: the row represents w persons elsewhere (R's case weights; robust variance).
    """

    values: FloatArray
    kind: WeightKind


@dataclass(frozen=True, eq=False, repr=False)
class Cohort:
    """Rows of time at risk; one row a person unless an exposure changes over time.

    A row is at risk at t when ``entry < t <= exit``. ``entry`` is None when everybody is under
    observation from before time 0 (so that an event on day 0 counts, as in R); an entry of ``-inf`` says
    the same of one row.

    Attributes
    ----------
    person : (n,) which person a row belongs to; the position of that person in the records.
    exit, entry : (n,) times in ``unit`` since ``time_zero``.
    event : (n,) whether the row ends with the event.
    cause : (n,) 0 for none, 1 for the event, 2, 3, ... for competing events; None without competing events.
    group : the exposure group of the row, or None.
    group_known : (n,) the time at which the group of the row could first be known; None when it is known at entry.
    weights : None for one each.
    covariates : columns by name, numbers (NaN missing) or Category.
    """

    person: IntArray
    exit: FloatArray
    event: BoolArray
    entry: FloatArray | None = None
    cause: IntArray | None = None
    group: Category | None = None
    group_known: FloatArray | None = None
    weights: Weights | None = None
    covariates: Mapping[str, Column] = field(default_factory=dict)
    unit: str = "days"
    time_zero: str = "time zero"
    design: str = "given"
    outcome: str = "event"
    flow: Flow | None = None
    notes: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.exit)
        if n == 0:
            raise CannotEstimate(speak("The cohort is empty: nobody is left to analyse."))
        columns: dict[str, Any] = {
            "person": self.person,
            "event": self.event,
            "entry": self.entry,
            "cause": self.cause,
            "group": self.group,
            "group_known": self.group_known,
            "weights": None if self.weights is None else self.weights.values,
            **self.covariates,
        }
        for name, column in columns.items():
            if column is not None and len(column) != n:
                raise CannotEstimate(
                    speak("Column {name!r} has {n} rows, the times have {n_2}.", name=name, n=len(column), n_2=n)
                )
        if not np.all(np.isfinite(self.exit)):
            bad = int(np.flatnonzero(~np.isfinite(self.exit))[0]) + 1
            raise CannotEstimate(
                speak("Row {row}: the time at which observation ends is missing or infinite.", row=bad)
            )
        if self.entry is None:
            if np.any(self.exit < 0):
                bad = int(np.flatnonzero(self.exit < 0)[0]) + 1
                raise CannotEstimate(
                    speak(
                        "Row {row}: observation ends before time zero (time {exit:g}).",
                        row=bad,
                        exit=self.exit[bad - 1],
                    )
                )
        else:
            if np.any(np.isnan(self.entry)):
                bad = int(np.flatnonzero(np.isnan(self.entry))[0]) + 1
                raise CannotEstimate(speak("Row {row}: the time of entry is missing.", row=bad))
            if np.any(self.entry >= self.exit):
                bad = int(np.flatnonzero(self.entry >= self.exit)[0]) + 1
                raise CannotEstimate(
                    speak(
                        "Row {row}: entry ({entry:g}) is not before exit ({exit:g}).",
                        row=bad,
                        entry=self.entry[bad - 1],
                        exit=self.exit[bad - 1],
                    )
                )
        if self.weights is not None:
            values = self.weights.values
            if not np.all(np.isfinite(values)) or np.any(values < 0):
                bad = int(np.flatnonzero(~(np.isfinite(values) & (values >= 0)))[0]) + 1
                raise CannotEstimate(speak("Row {row}: the weight is negative, missing or infinite.", row=bad))
            if not np.any(values > 0):
                raise CannotEstimate(speak("Every weight is zero: nobody is left to analyse."))
            if self.weights.kind == "frequency" and np.any(values != np.round(values)):
                raise CannotEstimate(
                    speak("Frequency weights count identical persons and must be whole numbers; use kind='sampling'.")
                )

    def __len__(self) -> int:
        return len(self.exit)

    def __repr__(self) -> str:
        """Who is in it, in one line; never a row."""
        groups = "" if self.group is None else f", groups {', '.join(self.group.levels)}"
        return (
            f"Cohort: {self.n_people} people in {len(self)} rows, {self.n_events} events of {self.outcome!r}, "
            f"design {self.design!r}, time in {self.unit} since {self.time_zero}{groups}"
        )

    @property
    def n_people(self) -> int:
        """How many different persons stand behind the rows."""
        return len(np.unique(self.person))

    @property
    def n_events(self) -> int:
        """How many rows end with the event (unweighted)."""
        return int(np.count_nonzero(self.event))

    def column(self, name: str) -> Column:
        """A column by name; ``"group"`` is the exposure group."""
        if name == "group" and self.group is not None:
            return self.group
        try:
            return self.covariates[name]
        except KeyError:
            known = [*(["group"] if self.group is not None else []), *self.covariates]
            raise CannotEstimate(
                speak(
                    "The cohort has no column {name!r}; it has {columns}.",
                    name=name,
                    columns=speak(", ").join(map(repr, known)) or "none",
                )
            ) from None

    def category(self, name: str) -> Category:
        """A column as categories; numbers become levels in increasing order."""
        column = self.column(name)
        if isinstance(column, Category):
            return column
        present = ~np.isnan(column)
        values, codes = np.unique(column[present], return_inverse=True)
        all_codes = np.full(len(column), -1, dtype=np.intp)
        all_codes[present] = codes
        return Category(all_codes, tuple(f"{value:g}" for value in values))

    def select(self, rows: IntArray | BoolArray, **changes: Any) -> Self:
        """The cohort with only these rows (positions or a mask), and with other fields changed."""

        def cut(column: Any) -> Any:
            return None if column is None else column[rows]

        fields: dict[str, Any] = {
            "person": self.person[rows],
            "exit": self.exit[rows],
            "event": self.event[rows],
            "entry": cut(self.entry),
            "cause": cut(self.cause),
            "group": cut(self.group),
            "group_known": cut(self.group_known),
            "weights": None if self.weights is None else Weights(self.weights.values[rows], self.weights.kind),
            "covariates": {name: column[rows] for name, column in self.covariates.items()},
        }
        return replace(self, **{**fields, **changes})

    def with_columns(self, **columns: Column) -> Self:
        """The cohort with these covariates added or replaced."""
        return replace(self, covariates={**self.covariates, **columns})
