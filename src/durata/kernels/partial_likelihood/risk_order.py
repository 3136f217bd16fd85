"""The rows of a Cox model laid out for sums over risk sets: sorted once, each row knowing its event times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.kernels.partial_likelihood.block_sums import Intervals

FEW_STRATA = 256
"""Up to this many strata, sums run stratum by stratum; beyond, one sum runs through all and differences are taken."""


@dataclass(frozen=True, eq=False)
class Late:
    """Rows that come under observation after the first event time of their stratum, sorted by entry.

    positions : (l,) into the kept rows; starts : (g,) where each distinct entry begins in ``positions``;
    before : (g,) index of the last event time that the group was *not* at risk at.
    first, last : (l,) their event times, of ``n_times``.
    """

    positions: IntArray
    starts: IntArray
    before: IntArray
    first: IntArray
    last: IntArray
    n_times: int

    @cached_property
    def intervals(self) -> Intervals:
        """The event times of each late row as a few blocks, made when first needed."""
        return Intervals.of(self.first, self.last, self.n_times)


@dataclass(frozen=True, eq=False)
class Ties:
    """Event times with more than one event: what Efron's average over the order of the tied events needs.

    index : (T,) which event times; rows : (e,) kept rows with an event at one of them, sorted by time;
    starts : (T,) into ``rows``; of_row : (e,) which tied time (0..T-1) a row belongs to;
    of_event : (E,) and fraction : (E,) one entry an event: its tied time and l / m for l = 0..m-1;
    event_starts : (T,) into those.
    """

    index: IntArray
    rows: IntArray
    starts: IntArray
    of_row: IntArray
    of_event: IntArray
    fraction: FloatArray
    event_starts: IntArray


@dataclass(frozen=True, eq=False)
class RiskOrder:
    """Rows at risk at one event time or more, sorted by stratum and time; K distinct event times.

    Event times of all strata are numbered 0..K-1, stratum after stratum. Kept row i is at risk at event times
    ``first[i] <= k < last[i]``, which says "entry < t <= exit" for every stratum at once.

    Attributes
    ----------
    n : how many rows there were.
    rows : (m,) positions of the kept rows in the arrays given.
    weight : (m,) their weights; first, last : (m,) their event times.
    starts : (K,) where the kept rows whose last event time is k begin.
    row_bounds, time_bounds : (S + 1,) where each stratum with an event begins among rows and event times.
    time : (K,) the event times; stratum : (K,) their strata as given.
    event_rows : (e,) kept rows that end with the event, sorted; event_index : (e,) their event times.
    deaths : (K,) number of events (weights counted if they are frequencies); death_weight : (K,) their weight.
    late : rows entering later, or None.
    frequency : whether the weights count identical rows.
    """

    n: int
    rows: IntArray
    weight: FloatArray
    first: IntArray
    last: IntArray
    starts: IntArray
    row_bounds: IntArray
    time_bounds: IntArray
    time: FloatArray
    stratum: IntArray
    event_rows: IntArray
    event_index: IntArray
    deaths: FloatArray
    death_weight: FloatArray
    late: Late | None
    frequency: bool

    @cached_property
    def ties(self) -> Ties | None:
        """The tied events, or None; laid out when first needed."""
        return tied_events(self.deaths, self.event_rows, self.event_index)

    @property
    def n_times(self) -> int:
        """K, the number of distinct event times over all strata."""
        return len(self.time)

    def over_later(self, totals: FloatArray) -> FloatArray:
        """Sums over this and all later event times of the same stratum; ``totals`` is (..., K)."""
        bounds = self.time_bounds
        if len(bounds) <= 2:
            return np.cumsum(totals[..., ::-1], axis=-1)[..., ::-1]
        if len(bounds) - 1 <= FEW_STRATA:
            out = np.empty_like(totals)
            for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
                out[..., begin:end] = np.cumsum(totals[..., begin:end][..., ::-1], axis=-1)[..., ::-1]
            return out
        running = np.cumsum(totals[..., ::-1], axis=-1)[..., ::-1]
        after = np.concatenate([running, np.zeros((*running.shape[:-1], 1))], axis=-1)[..., bounds[1:]]
        return np.asarray(running - np.repeat(after, np.diff(bounds), axis=-1))

    def over_earlier(self, totals: FloatArray) -> FloatArray:
        """Sums over this and all earlier event times of the same stratum; ``totals`` is (..., K)."""
        bounds = self.time_bounds
        if len(bounds) <= 2:
            return np.cumsum(totals, axis=-1)
        if len(bounds) - 1 <= FEW_STRATA:
            out = np.empty_like(totals)
            for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
                np.cumsum(totals[..., begin:end], axis=-1, out=out[..., begin:end])
            return out
        running = np.cumsum(totals, axis=-1)
        before = running[..., bounds[:-1]] - totals[..., bounds[:-1]]
        return np.asarray(running - np.repeat(before, np.diff(bounds), axis=-1))

    def over_risk_sets(self, values: FloatArray, *, careful: bool = False) -> FloatArray:
        """Sums of ``values`` (..., m) over the risk set of every event time: (..., K).

        With late rows the sums over those who have not come are taken from the sums over those who have not left;
        ``careful`` adds late rows up without a subtraction, for values so unequal that rounding would show.
        """
        if self.late is None:
            return self.over_later(np.add.reduceat(values, self.starts, axis=-1))
        if careful:
            early = values.copy()
            early[..., self.late.positions] = 0.0
            late = self.late.intervals.to_times(values[..., self.late.positions])
            return self.over_later(np.add.reduceat(early, self.starts, axis=-1)) + late
        totals = np.add.reduceat(values, self.starts, axis=-1)
        totals[..., self.late.before] -= np.add.reduceat(values[..., self.late.positions], self.late.starts, axis=-1)
        return self.over_later(totals)

    def while_at_risk(self, per_time: FloatArray, *, careful: bool = False) -> FloatArray:
        """Sums of ``per_time`` (..., K) over the event times each kept row is at risk at: (..., m).

        ``careful`` as in :meth:`over_risk_sets`.
        """
        upto = self.over_earlier(per_time)
        out = upto[..., self.last - 1]
        if self.late is not None:
            late = self.late
            if careful:
                out[..., late.positions] = late.intervals.over_times(per_time)
            else:
                out[..., late.positions] -= upto[..., late.first - 1]
        return np.asarray(out)

    def to_rows(self, values: FloatArray) -> FloatArray:
        """Values of the kept rows (..., m) put back in the order of the rows given, zero for the others: (..., n)."""
        out = np.zeros((*values.shape[:-1], self.n))
        out[..., self.rows] = values
        return out


def order_risk_sets(
    exit_time: FloatArray,
    event: BoolArray,
    *,
    entry: FloatArray | None = None,
    stratum: IntArray | None = None,
    weights: FloatArray | None = None,
    frequency: bool = False,
) -> RiskOrder | None:
    """Lay out rows for sums over risk sets, "at risk at t" being ``entry < t <= exit``.

    Parameters
    ----------
    exit_time, event : (n,) end of observation and whether it is the event.
    entry : (n,) or None for under observation from before everything.
    stratum : (n,) codes, or None for one stratum.
    weights : (n,) positive, or None for one each; ``frequency`` says that they count identical rows.

    Returns
    -------
    RiskOrder, or None when there is no event.
    """
    n = len(exit_time)
    if not np.any(event):
        return None
    if stratum is None:
        order = np.argsort(exit_time)
        time, status = exit_time[order], event[order]
        strata = np.zeros(n, dtype=np.intp)
        changed = np.empty(n, dtype=np.bool_)
        changed[0] = True
        np.not_equal(time[1:], time[:-1], out=changed[1:])
    else:
        order = np.lexsort((exit_time, stratum))
        time, status, strata = exit_time[order], event[order], stratum[order]
        changed = np.ones(n, dtype=np.bool_)
        changed[1:] = (time[1:] != time[:-1]) | (strata[1:] != strata[:-1])

    # Distinct (stratum, time) groups; those with an event are the event times.
    begins = np.flatnonzero(changed)
    with_event = np.logical_or.reduceat(status, begins)
    number = np.cumsum(with_event)
    last = np.repeat(number, np.diff(begins, append=n)).astype(np.intp)
    event_begins = begins[with_event]
    times, time_stratum = time[event_begins], strata[event_begins]
    n_times = len(times)

    first = _first_event_times(None if entry is None else entry[order], strata, times, time_stratum)
    kept = last > first
    if kept.all():
        rows = order
    else:
        rows, first, last, status, strata = order[kept], first[kept], last[kept], status[kept], strata[kept]
    weight = np.ones(len(rows)) if weights is None else weights[rows]

    starts = np.searchsorted(last, np.arange(1, n_times + 1))
    time_bounds = np.append(np.flatnonzero(np.diff(time_stratum, prepend=time_stratum[0] - 1)), n_times)
    event_rows = np.flatnonzero(status)
    event_index = last[event_rows] - 1
    death_weight = np.bincount(event_index, weight[event_rows], n_times).astype(np.float64, copy=False)
    deaths = death_weight if frequency else np.bincount(event_index, minlength=n_times).astype(np.float64)
    return RiskOrder(
        n=n,
        rows=rows,
        weight=weight,
        first=first,
        last=last,
        starts=starts,
        row_bounds=np.append(starts[time_bounds[:-1]], len(rows)),
        time_bounds=time_bounds,
        time=times,
        stratum=time_stratum,
        event_rows=event_rows,
        event_index=event_index,
        deaths=deaths,
        death_weight=death_weight,
        late=None if entry is None else _late_rows(first, last, time_bounds),
        frequency=frequency,
    )


def _first_event_times(
    entry: FloatArray | None, strata: IntArray, times: FloatArray, time_stratum: IntArray
) -> IntArray:
    """(n,) index of the first event time after each row's entry within its stratum; all in sorted order."""
    if strata[0] == strata[-1]:
        if entry is None:
            return np.zeros(len(strata), dtype=np.intp)
        return np.searchsorted(times, entry, side="right").astype(np.intp, copy=False)
    offset = np.searchsorted(time_stratum, strata).astype(np.intp, copy=False)
    if entry is None:
        return offset
    # A stratum's event times are a slice of ``times``; its rows are a slice of the sorted rows.
    first = np.empty(len(strata), dtype=np.intp)
    bounds = np.append(np.flatnonzero(np.diff(strata, prepend=strata[0] - 1)), len(strata))
    ends = np.searchsorted(time_stratum, strata, side="right")
    for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        low, high = int(offset[begin]), int(ends[begin])
        first[begin:end] = low + np.searchsorted(times[low:high], entry[begin:end], side="right")
    return first


def _late_rows(first: IntArray, last: IntArray, time_bounds: IntArray) -> Late | None:
    """The rows that miss the first event time of their stratum, or None."""
    stratum_begin = time_bounds[np.searchsorted(time_bounds, last - 1, side="right") - 1]
    positions = np.flatnonzero(first > stratum_begin)
    if len(positions) == 0:
        return None
    positions = positions[np.argsort(first[positions], kind="stable")]
    entered = first[positions]
    starts = np.flatnonzero(np.diff(entered, prepend=-1))
    return Late(positions, starts, entered[starts] - 1, entered, last[positions], int(time_bounds[-1]))


def tied_events(deaths: FloatArray, event_rows: IntArray, event_index: IntArray) -> Ties | None:
    """The event times with two events or more, or None."""
    index = np.flatnonzero(deaths > 1)
    if len(index) == 0:
        return None
    place = np.full(len(deaths), -1, dtype=np.intp)
    place[index] = np.arange(len(index))
    of_row = place[event_index]
    tied = of_row >= 0
    rows, of_row = event_rows[tied], of_row[tied]
    counts = deaths[index].astype(np.intp)
    event_starts = np.cumsum(counts) - counts
    of_event = np.repeat(np.arange(len(index)), counts)
    fraction = (np.arange(len(of_event)) - event_starts[of_event]) / counts[of_event]
    return Ties(
        index=index,
        rows=rows,
        starts=np.searchsorted(of_row, np.arange(len(index))),
        of_row=of_row,
        of_event=of_event,
        fraction=fraction,
        event_starts=event_starts,
    )
