"""Who is at risk when: numbers at risk, of events and of those who leave, at every distinct observed time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray, IntArray

GRID_PER_ROW = 4
GRID_AT_LEAST = 4096
"""Times are counted on a grid of whole numbers when it has at most so many points (a row, and at least); else sorted."""


@dataclass(frozen=True, slots=True)
class RiskSets:
    """Counts at the m distinct times at which a row ends, for K groups; a row is at risk when ``entry < t <= exit``.

    ``time`` (m,); ``at_risk``, ``events``, ``censored``, ``entered`` (m, K), weighted; ``entered[j]`` came under
    observation in [time[j-1], time[j]), so that ``at_risk[j]`` is ``at_risk[j-1]`` less those who left at
    ``time[j-1]`` plus ``entered[j]``. ``tied`` (m, K) counts the persons with the event (weights other than
    frequencies left out). ``exit_index`` (n,) is where in ``time`` a row ends, ``entry_index`` (n,) where it is at
    risk for the first time.
    """

    time: FloatArray
    at_risk: FloatArray
    events: FloatArray
    censored: FloatArray
    entered: FloatArray
    tied: FloatArray
    exit_index: IntArray
    entry_index: IntArray | None


def distinct_times(times: FloatArray, *, grid: bool | None = None) -> tuple[FloatArray, IntArray]:
    """The distinct times (m,) in increasing order, and where in them each time is (n,).

    Whole numbers of modest range are counted, others sorted; ``grid`` (True, False) decides it instead.
    """
    low, high = float(times.min()), float(times.max())
    modest = high - low <= max(GRID_PER_ROW * len(times), GRID_AT_LEAST)
    whole = modest and bool(np.array_equal(np.rint(times), times))
    if grid is False or not whole:
        order = np.argsort(times)
        ordered = times[order]
        new = np.concatenate([[True], ordered[1:] != ordered[:-1]])
        index = np.empty(len(times), dtype=np.intp)
        index[order] = np.cumsum(new) - 1
        return ordered[new], index
    day = (times - low).astype(np.intp)
    seen = np.bincount(day) > 0
    return (np.flatnonzero(seen) + low).astype(np.float64), (np.cumsum(seen) - 1)[day].astype(np.intp, copy=False)


def n_distinct(codes: IntArray) -> int:
    """How many different codes (0, 1, 2, ...) there are; counted, which is faster than sorting or hashing them."""
    if np.all(codes[1:] > codes[:-1]):  # as those of persons with one row each, in their order
        return len(codes)
    return int(np.count_nonzero(np.bincount(codes)))


def count_risk_sets(
    exit_time: FloatArray,
    event: BoolArray,
    entry: FloatArray | None = None,
    *,
    weights: FloatArray | None = None,
    frequency: bool = False,
    group: IntArray | None = None,
    n_groups: int = 1,
    continues: BoolArray | None = None,
    grid: bool | None = None,
) -> RiskSets:
    """Count who is at risk, has the event, leaves and enters, at every distinct time at which a row ends.

    Parameters
    ----------
    exit_time, event : (n,) when rows end, and whether with the event; near-ties already merged.
    entry : (n,) when they begin (``-inf`` = before anything), each before its exit; None for everybody from before 0.
    weights : (n,) positive; None for one each. ``frequency``: a weight counts identical persons.
    group : (n,) 0 .. n_groups - 1.
    continues : (n,) rows that end only because another row of the same person follows; they do not count as censored.
    """
    time, index = distinct_times(exit_time, grid=grid)
    m, K = len(time), n_groups
    cell = index if group is None else index * K + group

    def count(cells: IntArray, among: FloatArray | None, length: int = m) -> FloatArray:
        return np.bincount(cells, weights=among, minlength=length * K).astype(np.float64).reshape(length, K)

    def of(rows: BoolArray) -> FloatArray:
        return count(cell[rows], None if weights is None else weights[rows])

    if weights is None and continues is None:
        # both in one go: picking rows by a mask takes longer than counting them
        ends = count(2 * cell + event, None, 2 * m).reshape(m, K, 2)
        events, censored = np.ascontiguousarray(ends[..., 1]), np.ascontiguousarray(ends[..., 0])
        tied, leaving = events, events + censored
    else:
        events = of(event)
        tied = events if weights is None or frequency else count(cell[event], None)
        leaving = count(cell, weights)
        censored = of(~event if continues is None else ~event & ~continues)
    if entry is None:
        at_risk = np.cumsum(leaving[::-1], axis=0)[::-1]
        entered = np.zeros((m, K))
        entered[0] = at_risk[0]
        entry_index = None
    else:
        entry_index = np.searchsorted(time, entry, side="right").astype(np.intp, copy=False)
        entry_cell = entry_index if group is None else entry_index * K + group
        entered = count(entry_cell, weights)
        # Both sums run backwards: where few are left, few numbers have been added, and nothing cancels.
        still_to_leave = np.cumsum(leaving[::-1], axis=0)[::-1]
        still_to_enter = np.zeros((m, K))
        still_to_enter[:-1] = np.cumsum(entered[:0:-1], axis=0)[::-1]
        at_risk = still_to_leave - still_to_enter
        if weights is not None:
            # A difference of sums of fractions is only nearly the sum of the fractions that are left.
            nearly = np.isclose(at_risk, events, rtol=1e-9, atol=0.0)
            rows_left = np.cumsum(count(cell, None)[::-1], axis=0)[::-1]
            rows_left[:-1] -= np.cumsum(count(entry_cell, None)[:0:-1], axis=0)[::-1]
            at_risk = np.where(nearly & (rows_left == count(cell[event], None)), events, at_risk)
            at_risk[rows_left == 0] = 0.0
    return RiskSets(time, at_risk, events, censored, entered, tied, index, entry_index)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows at risk as kernels take them: (n,) arrays; ``continues`` marks rows that another row of the person follows."""

    exit_time: FloatArray
    event: BoolArray
    entry: FloatArray | None
    weights: FloatArray | None
    person: IntArray
    cluster: IntArray
    continues: BoolArray | None


def join_rows(rows: Rows) -> Rows:
    """Join the rows of a person that follow each other without a gap, so that splitting an interval changes nothing.

    Joined are rows of one person, without the event in between, of the same weight and cluster; where weight or
    cluster differ the rows stay apart and the earlier one is marked as continuing. Rows come back ordered by person
    and time when anything was joined, and unchanged when every person has one row.
    """
    if rows.entry is None or len(rows.exit_time) < 2:
        return rows
    order = np.lexsort((rows.exit_time, rows.person))
    person, entry, exit_time = rows.person[order], rows.entry[order], rows.exit_time[order]
    event, cluster = rows.event[order], rows.cluster[order]
    weights = None if rows.weights is None else rows.weights[order]
    follows = (person[1:] == person[:-1]) & (entry[1:] == exit_time[:-1]) & ~event[:-1]
    if not np.any(follows):
        return rows
    same = follows & (cluster[1:] == cluster[:-1])
    if weights is not None:
        same &= weights[1:] == weights[:-1]
    first = np.concatenate([[True], ~same])
    last = np.concatenate([~same, [True]])
    return Rows(
        exit_time[last],
        event[last],
        entry[first],
        None if weights is None else weights[last],
        person[last],
        cluster[last],
        (np.concatenate([follows, [False]]) | (False if rows.continues is None else rows.continues[order]))[last],
    )
