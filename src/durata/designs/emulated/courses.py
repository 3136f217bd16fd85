"""The course of each patient as an emulated trial sees it: months of ending, of an excuse, of the event, of leaving.

month k = (k - 1, k]; within it: what is measured -> treatment ends -> an excuse -> the event -> leaving observation
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from durata.category import Category
from durata.cohort import Column
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.language.speaking import speak

NEVER = 1_000_000
"""The month of what does not happen."""
HAIR = 1e-9
"""A time this share of a month past the end of a month still belongs to it: 6 x 30.4375 days are 6 months."""
BEFORE_THE_START = -1.0
"""A time before all times: month 1 is [0, 1], so that it begins with who ends treatment on the start itself."""
Excuse = Literal["excused", "deviation", "event"]


@dataclass(frozen=True, eq=False)
class History:
    """A covariate measured again and again: ``person`` (m,) positions, ``time`` (m,) since the start, ``value`` (m,)."""

    person: IntArray
    time: FloatArray
    value: FloatArray


@dataclass(frozen=True, eq=False)
class Courses:
    """One row a patient, (n,). Times are in ``unit`` since the start, months are counted from 1 (``NEVER``: not seen).

    ``ended`` is the month in which treatment ended while the strategy could still be deviated from: NEVER for those whose
    treatment ended after they were excused. ``excused`` is the month of the excusing event, which acts from the next
    month on. ``exit`` is the last month under observation, with ``cause`` 0 for no event, 1 for the event, 2, 3, ... for
    competing ones; ``lost`` says that observation ended before it had to. ``*_time`` are the same as exact times
    (infinite: not seen). ``histories`` are covariates that change, ``centre`` the stratum that patients are drawn within.
    """

    ended: IntArray
    excused: IntArray
    exit: IntArray
    cause: IntArray
    lost: BoolArray
    ended_time: FloatArray
    excused_time: FloatArray
    exit_time: FloatArray
    horizon: int
    interval: float
    unit: str
    covariates: Mapping[str, Column] = field(default_factory=dict)
    histories: Mapping[str, History] = field(default_factory=dict)
    centre: IntArray | None = None
    causes: tuple[str, ...] = ("event",)
    excuse: Excuse = "excused"

    def __len__(self) -> int:
        return len(self.exit)

    def select(self, rows: IntArray) -> Courses:
        """Only these patients, by position, none twice; histories stay with their patients."""
        place = np.full(len(self), -1, dtype=np.intp)
        place[rows] = np.arange(len(rows))
        histories = {}
        for name, one in self.histories.items():
            stays = place[one.person] >= 0
            histories[name] = History(place[one.person[stays]], one.time[stays], one.value[stays])
        return replace(
            self,
            ended=self.ended[rows],
            excused=self.excused[rows],
            exit=self.exit[rows],
            cause=self.cause[rows],
            lost=self.lost[rows],
            ended_time=self.ended_time[rows],
            excused_time=self.excused_time[rows],
            exit_time=self.exit_time[rows],
            covariates={name: column[rows] for name, column in self.covariates.items()},
            histories=histories,
            centre=None if self.centre is None else self.centre[rows],
        )


def patient_courses(
    time: Any,
    cause: Any,
    ended_at: Any,
    *,
    horizon: int,
    interval: float = 1.0,
    excused_at: Any = None,
    lost: Any = None,
    covariates: Mapping[str, Column] | None = None,
    histories: Mapping[str, History] | None = None,
    centre: Any = None,
    causes: tuple[str, ...] = ("event",),
    excuse: Excuse = "excused",
    unit: str = "months",
) -> Courses:
    """Lay out patients on the months of an emulated trial, from exact times since the start of treatment.

    Within a month the order is: measurements, the end of treatment, an excuse, the event, leaving. Exact times decide
    what they can: an excuse dated before the end of treatment (also within the month) excuses from then on whatever is
    done, so that the end no longer matters; an excuse on the day of the end or after it does not. An end on the day of the
    event comes before it. What is dated after observation ended is not seen.

    Parameters
    ----------
    time : (n,) end of observation; ``cause`` (n,) what it ended with: 0 nothing, 1 the event, 2, ... competing events.
    ended_at : (n,) when treatment ended, NaN or None where it was not seen to end.
    horizon : number of months the trial lasts; what comes later is not used.
    interval : length of a month in the unit of the times.
    excused_at : (n,) when the patient was first excused from the strategy (progression, toxicity, ...); NaN never.
    lost : (n,) whether observation ended before the event and before it had to (loss); None: nobody was lost.
    covariates : columns (n,) known at the start; ``histories`` those measured again, by name.
    centre : (n,) codes or labels of the strata that bootstrap draws are made within.
    causes : the words for cause 1, 2, ...
    excuse : "excused"; "deviation": nobody is excused, whatever the reason; "event": an excuse is the event itself.
    unit : the word for a month of the grid.

    Raises
    ------
    CannotEstimate : arrays of different length, missing or negative times, a cause without a name.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(
    ...     time=[6, 12, 9], cause=[1, 0, 0], ended_at=[2.5, None, 4], excused_at=[None, None, 3.5], horizon=12)
    >>> courses.ended.tolist(), courses.excused.tolist()
    ([3, 1000000, 1000000], [1000000, 1000000, 4])
    """
    end = _column(time, "time")
    n = len(end)
    if n == 0:
        raise CannotEstimate(speak("There are no patients: nobody is left to analyse."))
    what = _column(cause, "cause", n)
    stop = _column(ended_at, "ended_at", n, missing=True)
    pardon = np.full(n, np.inf) if excused_at is None else _column(excused_at, "excused_at", n, missing=True)
    gone = np.zeros(n) if lost is None else _column(lost, "lost", n)
    if horizon < 1 or not np.isfinite(interval) or interval <= 0:
        raise CannotEstimate(speak("The horizon must be at least one month and the interval a positive length."))
    for name, one in (("time", end), ("ended_at", stop), ("excused_at", pardon)):
        if np.any(one < 0):
            bad = int(np.flatnonzero(one < 0)[0]) + 1
            raise CannotEstimate(
                speak(
                    "Column {name!r}, row {row}: {value:g} lies before time zero.",
                    name=name,
                    row=bad,
                    value=one[bad - 1],
                )
            )
    if np.any((what != np.rint(what)) | (what < 0) | (what > len(causes))):
        raise CannotEstimate(
            speak("A cause is a whole number from 0 (none) to {last}, the number of named causes.", last=len(causes))
        )
    code = what.astype(np.intp)

    pardon = np.where(pardon <= end, pardon, np.inf)
    stop = np.where(stop <= end, stop, np.inf)
    if excuse == "event":
        first = np.isfinite(pardon)
        end, code, gone = np.where(first, pardon, end), np.where(first, 1, code), np.where(first, 0.0, gone)
        stop, pardon = np.where(stop <= end, stop, np.inf), np.full(n, np.inf)
    elif excuse == "deviation":
        pardon = np.full(n, np.inf)
    elif excuse != "excused":
        raise CannotEstimate(speak("excuse is 'excused', 'deviation' or 'event', not {given!r}.", given=excuse))
    after_excuse = pardon < stop
    month_end = month_of(end, interval)
    beyond = month_end > horizon
    month_stop = np.where(after_excuse, NEVER, month_of(stop, interval))
    month_pardon = np.where(after_excuse, month_of(pardon, interval), NEVER)
    return Courses(
        ended=np.where(month_stop > horizon, NEVER, month_stop),
        excused=np.where(month_pardon > horizon, NEVER, month_pardon),
        exit=np.minimum(month_end, horizon),
        cause=np.where(beyond, 0, code),
        lost=(gone == 1) & (code == 0) & ~beyond,
        ended_time=np.where(after_excuse, np.inf, stop),
        excused_time=pardon,
        exit_time=np.minimum(end, horizon * interval),
        horizon=int(horizon),
        interval=float(interval),
        unit=unit,
        covariates={name: _known(column) for name, column in (covariates or {}).items()},
        histories=dict(histories or {}),
        centre=None
        if centre is None
        else np.unique(np.asarray(_labels(centre)), return_inverse=True)[1].astype(np.intp),
        causes=causes,
        excuse=excuse,
    )


def month_of(time: FloatArray, interval: float) -> IntArray:
    """(n,) the month k = (k - 1, k] that each time falls in, time 0 in the first; NEVER for infinite times."""
    finite = np.isfinite(time)
    steps = np.ceil(np.where(finite, time, 0.0) / interval - HAIR)
    return np.where(finite, np.maximum(steps, 1), NEVER).astype(np.intp)


def _labels(values: Any) -> Any:
    return values.codes if isinstance(values, Category) else values


def _known(column: Any) -> Column:
    return column if isinstance(column, Category) else np.asarray(column, dtype=np.float64)


def _column(values: Any, name: str, length: int | None = None, *, missing: bool = False) -> FloatArray:
    """A column as numbers (n,); what is missing becomes infinite (never) where that is allowed."""
    try:
        column = np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)
    except (TypeError, ValueError):
        raise CannotEstimate(
            speak("Column {name!r} must be a sequence of numbers, one for each patient.", name=name)
        ) from None
    if length is not None and len(column) != length:
        raise CannotEstimate(
            speak("Column {name!r} has {rows} rows, the times have {n}.", name=name, rows=len(column), n=length)
        )
    unknown = np.isnan(column)
    if missing:
        return np.where(unknown, np.inf, column)
    if np.any(unknown | np.isinf(column)):
        bad = int(np.flatnonzero(unknown | np.isinf(column))[0]) + 1
        raise CannotEstimate(
            speak(
                "Column {name!r}, row {row}: the number is missing or infinite. Leave the patient out.",
                name=name,
                row=bad,
            )
        )
    return column
