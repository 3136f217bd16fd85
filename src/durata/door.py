"""The dataframe door: arrays, or any dataframe, become a Cohort; status codes are understood or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoDataFrame

from durata.category import Category, categorise
from durata.cohort import Cohort, Column, WeightKind, Weights
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.language.speaking import speak


def cohort_from_frame(
    frame: IntoDataFrame,
    *,
    time: str,
    event: str,
    entry: str | None = None,
    group: str | None = None,
    covariates: Sequence[str] = (),
    weights: str | None = None,
    weight_kind: WeightKind | None = None,
    person: str | None = None,
    event_codes: Sequence[Any] | None = None,
    competing_codes: Sequence[Any] | None = None,
    unit: str = "days",
) -> Cohort:
    """Make a Cohort from the columns of a dataframe (pandas, polars, pyarrow; through narwhals).

    Parameters
    ----------
    frame : one row a person, or several with ``entry`` and ``person``.
    time, event : columns: when the row ends, in ``unit``, and how (see ``event_codes``).
    entry : column: when the row begins (at risk in (entry, time]); everybody from before 0 if not given.
    group : column of the exposure group. Categorical columns keep the order of their levels, other texts are sorted.
    covariates : columns to keep; texts, categories and truth values become Category, numbers floats (NaN missing).
    weights, weight_kind : column, and "frequency" (identical persons) or "sampling" (R's case weights).
    person : column that says which rows belong to one person; every row its own person if not given.
    event_codes : the values of ``event`` that mean the event. Without them only true/false and 0/1 are understood.
    competing_codes : the values of ``event`` that mean competing events: causes 2, 3, ... in this order. Needs
        ``event_codes``, which are cause 1.
    unit : name of the unit of time.

    Raises
    ------
    CannotEstimate
        for a column that does not exist, a missing or negative time, a missing status, a status coding that is not
        understood, weights without a kind.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"days": [5, 8, 9], "status": [1, 2, 2], "arm": ["a", "b", "b"]})
    >>> cohort = cohort_from_frame(frame, time="days", event="status", event_codes=[2], group="arm")
    >>> cohort.n_events, cohort.group.levels
    (2, ('a', 'b'))
    """
    try:
        table = nw.from_native(frame, eager_only=True)
    except TypeError as problem:
        raise CannotEstimate(
            speak(
                "A {kind} is not a dataframe that can be read; give one of pandas, polars or pyarrow, "
                "or arrays to cohort_from_arrays.",
                kind=type(frame).__name__,
            )
        ) from problem
    asked = [time, event, *(name for name in (entry, group, weights, person) if name is not None), *covariates]
    absent = [name for name in asked if name not in table.columns]
    if absent:
        raise CannotEstimate(
            speak(
                "The dataframe has no column {absent}; it has {columns}.",
                absent=speak(", ").join(map(repr, absent)),
                columns=speak(", ").join(map(repr, table.columns)),
            )
        )

    def numeric(name: str) -> FloatArray:
        return _number_column(table[name], name)

    return _cohort(
        numeric(time),
        _values(table[event]),
        entry=None if entry is None else numeric(entry),
        group=None if group is None else _as_category(_column(table[group], group)),
        covariates={name: _column(table[name], name) for name in covariates},
        weights=None if weights is None else numeric(weights),
        weight_kind=weight_kind,
        person=None if person is None else _values(table[person]),
        event_codes=event_codes,
        competing_codes=competing_codes,
        unit=unit,
        names=(time, event, weights or "weights"),
    )


def cohort_from_arrays(
    *,
    time: Any,
    event: Any,
    entry: Any = None,
    group: Any = None,
    covariates: Mapping[str, Any] | None = None,
    weights: Any = None,
    weight_kind: WeightKind | None = None,
    person: Any = None,
    event_codes: Sequence[Any] | None = None,
    competing_codes: Sequence[Any] | None = None,
    unit: str = "days",
) -> Cohort:
    """Make a Cohort from arrays or lists, all of one length (n,).

    Parameters, refusals and their words as in :func:`cohort_from_frame`, with arrays in place of column names;
    ``group`` and ``covariates`` may also be Category.

    Examples
    --------
    >>> cohort = cohort_from_arrays(time=[5, 8, 9], event=[True, False, True], group=["a", "b", "b"])
    >>> len(cohort), cohort.n_events
    (3, 2)
    """
    lengths = {"time": len(time), "event": len(event)}
    given = {"entry": entry, "group": group, "weights": weights, "person": person, **(covariates or {})}
    lengths |= {name: len(values) for name, values in given.items() if values is not None}
    for name, length in lengths.items():
        if length != lengths["time"]:
            raise CannotEstimate(
                speak("{name!r} has {length} values, the times have {n}.", name=name, length=length, n=lengths["time"])
            )
    return _cohort(
        _numbers(time, "time"),
        event,
        entry=None if entry is None else _numbers(entry, "entry"),
        group=None if group is None else _as_category(_as_column(group, "group")),
        covariates={name: _as_column(values, name) for name, values in (covariates or {}).items()},
        weights=None if weights is None else _numbers(weights, "weights"),
        weight_kind=weight_kind,
        person=None if person is None else person,
        event_codes=event_codes,
        competing_codes=competing_codes,
        unit=unit,
        names=("time", "event", "weights"),
    )


def _cohort(
    time: FloatArray,
    status: Any,
    *,
    entry: FloatArray | None,
    group: Category | None,
    covariates: Mapping[str, Column],
    weights: FloatArray | None,
    weight_kind: WeightKind | None,
    person: Any,
    event_codes: Sequence[Any] | None,
    competing_codes: Sequence[Any] | None,
    unit: str,
    names: tuple[str, str, str],
) -> Cohort:
    time_name, event_name, weights_name = names
    if len(time) == 0:
        raise CannotEstimate(speak("The data have no rows: nobody is left to analyse."))
    missing = np.flatnonzero(np.isnan(time))
    if len(missing):
        raise CannotEstimate(
            speak(
                "Row {row}: {time_name!r} is missing ({n} row(s) in all). Leave these rows out, or complete them.",
                row=missing[0] + 1,
                time_name=time_name,
                n=len(missing),
            )
        )
    if weights is None and weight_kind is not None:
        raise CannotEstimate(speak("A weight_kind was given without weights."))
    if weights is not None and weight_kind not in ("frequency", "sampling"):
        raise CannotEstimate(
            speak(
                "Say what the weights in {weights_name!r} mean: weight_kind='frequency' (so many "
                "identical persons) or 'sampling' (R's case weights).",
                weights_name=weights_name,
            )
        )
    event = understood_status(status, event_codes, event_name)
    return Cohort(
        person=_persons(person, len(time)),
        exit=time,
        event=event,
        cause=None if competing_codes is None else _causes(status, event, event_codes, competing_codes, event_name),
        entry=entry,
        group=group,
        weights=None if weights is None or weight_kind is None else Weights(weights, weight_kind),
        covariates=dict(covariates),
        unit=unit,
    )


def understood_status(status: Any, event_codes: Sequence[Any] | None, name: str = "event") -> BoolArray:
    """(n,) whether each status means the event; true/false and 0/1 are understood, anything else needs ``event_codes``.

    Raises CannotEstimate for a missing status, a coding that is not understood (1/2, 0/3, words), and codes that do
    not occur.

    Examples
    --------
    >>> understood_status([1, 2, 2], [2]).tolist()
    [False, True, True]
    """
    array = np.asarray(status)
    if array.dtype.kind in "biuf":
        # Truth values and numbers, the long columns: no loop over rows.
        unknown = np.isnan(array.astype(np.float64)) if array.dtype.kind == "f" else np.zeros(len(array), np.bool_)
        found = np.unique(array[~unknown]).tolist()
    else:
        listed = _listed(status)
        unknown = np.array([_is_missing(value) for value in listed], dtype=np.bool_)
        found = list(dict.fromkeys(value for value in listed if not _is_missing(value)))
    if np.any(unknown):
        raise CannotEstimate(
            speak(
                "Row {row}: {name!r} is missing ({n} row(s) in all). Leave the row out, or say whether "
                "the event happened.",
                row=int(np.flatnonzero(unknown)[0]) + 1,
                name=name,
                n=int(unknown.sum()),
            )
        )
    shown = speak(", ").join(repr(value) for value in found[:6]) + (speak(", ...") if len(found) > 6 else "")
    if event_codes is not None:
        if isinstance(event_codes, (str, bytes)):
            raise CannotEstimate(
                speak("event_codes must be a list of values, such as [{event_codes!r}].", event_codes=event_codes)
            )
        codes = _listed(event_codes)
        if not any(value in codes for value in found):
            raise CannotEstimate(
                speak(
                    "None of event_codes {codes!r} occurs in {name!r}, which holds {shown}. If nobody had "
                    "the event, give true/false or 0/1.",
                    codes=codes,
                    name=name,
                    shown=shown,
                )
            )
        if array.dtype.kind in "biuf":
            return np.isin(array, [value for value in found if value in codes])
        return np.array([value in codes for value in listed], dtype=np.bool_)
    if all(isinstance(value, (bool, int, float)) and value in (0, 1) for value in found):
        truth: BoolArray = array.astype(np.float64) == 1.0
        return truth
    raise CannotEstimate(
        speak(
            "{name!r} holds {shown}: which of them is the event? Give event_codes, the list of "
            "values that mean it (only true/false and 0/1 are understood without).",
            name=name,
            shown=shown,
        )
    )


def _causes(
    status: Any, event: BoolArray, event_codes: Sequence[Any] | None, competing_codes: Sequence[Any], name: str
) -> IntArray:
    """(n,) 0 for none, 1 for the event, 2, 3, ... for the competing events in the order of their codes."""
    if isinstance(competing_codes, (str, bytes)):
        raise CannotEstimate(
            speak(
                "competing_codes must be a list of values, such as [{competing_codes!r}].",
                competing_codes=competing_codes,
            )
        )
    codes = _listed(competing_codes)
    if event_codes is None:
        raise CannotEstimate(speak("With competing_codes, event_codes must say which values mean the event itself."))
    both = [code for code in codes if code in _listed(event_codes)]
    if both or len(set(codes)) < len(codes):
        raise CannotEstimate(
            speak(
                "A value of {name!r} stands for two causes ({codes!r}); each means one thing.",
                name=name,
                codes=both or codes,
            )
        )
    place = {code: 2 + k for k, code in enumerate(codes)}
    return np.where(event, 1, [place.get(value, 0) for value in _listed(status)]).astype(np.intp)


def _is_missing(value: Any) -> bool:
    return value is None or value != value


def _persons(person: Any, n: int) -> IntArray:
    """Positions of persons in the order in which they first occur."""
    if person is None:
        return np.arange(n)
    listed = _listed(person)
    for row, value in enumerate(listed):
        if _is_missing(value):
            raise CannotEstimate(speak("Row {row}: it is not known which person the row belongs to.", row=row + 1))
    place = {value: k for k, value in enumerate(dict.fromkeys(listed))}
    return np.array([place[value] for value in listed], dtype=np.intp)


def _values(series: nw.Series[Any]) -> Any:
    """A dataframe column as a numpy array where it is plain numbers or truth values, else as a list with None for missing."""
    if (series.dtype.is_numeric() or series.dtype == nw.Boolean) and not series.null_count():
        return series.to_numpy()
    return [None if null else value for value, null in zip(series.to_list(), series.is_null().to_list(), strict=True)]


def _number_column(series: nw.Series[Any], name: str) -> FloatArray:
    return _numbers(_values(series), name)


def _column(series: nw.Series[Any], name: str) -> Column:
    """A dataframe column as the Cohort keeps it: numbers as floats, everything else as categories."""
    if series.dtype.is_numeric():
        return _number_column(series, name)
    if series.dtype in (nw.Categorical, nw.Enum):
        return categorise(_values(series), [str(level) for level in series.cat.get_categories().to_list()])
    return _as_column(_values(series), name)


def _as_column(values: Any, name: str) -> Column:
    """Numbers become floats, Category stays, texts and truth values become categories."""
    if isinstance(values, Category):
        return values
    listed = _listed(values)
    present = [value for value in listed if not _is_missing(value)]
    if present and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in present):
        return _numbers(values, name)
    return categorise(listed)


def _as_category(column: Column) -> Category:
    """A column as groups; numbers become levels in increasing order."""
    if isinstance(column, Category):
        return column
    present = ~np.isnan(column)
    values, codes = np.unique(column[present], return_inverse=True)
    all_codes = np.full(len(column), -1, dtype=np.intp)
    all_codes[present] = codes
    return Category(all_codes, tuple(f"{value:g}" for value in values))


def _numbers(values: Any, name: str) -> FloatArray:
    """Numbers as floats, None as NaN; anything that is not a number is refused with its row."""
    array = np.asarray(values)
    if array.dtype.kind in "fiub":
        return np.asarray(array, dtype=np.float64)
    numbers = np.empty(len(array))
    for row, value in enumerate(_listed(values)):
        if _is_missing(value):
            numbers[row] = np.nan
        elif isinstance(value, (int, float)):
            numbers[row] = value
        else:
            raise CannotEstimate(
                speak(
                    "Row {row}: {name!r} holds {value!r}, which is not a number.", row=row + 1, name=name, value=value
                )
            )
    return numbers


def _listed(values: Any) -> list[Any]:
    """Any sequence as a list of plain Python values."""
    listed = values.tolist() if hasattr(values, "tolist") else list(values)
    return [value.item() if isinstance(value, np.generic) else value for value in listed]
