"""First step: follow-up, recurrence and death of every patient, so that the curves and log-rank tests come out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import norm

from gist import published as target
from gist.annealing import anneal, beyond
from gist.numerics import Bools, Floats, Ints, log_rank_z, median_follow_up, risk_sets, survival_at

GROUP: Ints = np.repeat(np.arange(3), target.GROUP_SIZES)
ROWS = tuple(np.flatnonzero(g == GROUP) for g in range(3))
EVERYBODY: Bools = np.ones(len(GROUP), dtype=np.bool_)
HORIZON_DAYS: Floats = np.array(target.HORIZONS) * target.MONTH
SHORTEST, LONGEST = 130, 3950
DEATHS_BY_GROUP = (10, 5, 5)
RECURRENCES_BY_GROUP = (19, 13, 7)
# Deaths of another cause, without a recurrence before; the cohort is to hold a few of them.
DEATHS_WITHOUT_RECURRENCE = (2, 4)
LEAST_TO_DEATH = 60


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Days from surgery, n = 171 each: ``last`` seen, ``death`` on that day, ``recurrence`` (0 = none)."""

    last: Ints
    death: Bools
    recurrence: Ints

    @property
    def free_until(self) -> Ints:
        """Days free of recurrence and death."""
        return np.where(self.recurrence > 0, self.recurrence, self.last)

    @property
    def failed(self) -> Bools:
        """Recurrence or death."""
        return (self.recurrence > 0) | self.death


def first_guess(rng: np.random.Generator) -> FollowUp:
    """Follow-up as a growing accrual would give it, with events strewn over the patients."""
    n = len(GROUP)
    usual = SHORTEST + (LONGEST - SHORTEST) * rng.beta(1.15, 1.9, n)
    death = np.zeros(n, dtype=np.bool_)
    recurrence = np.zeros(n, dtype=np.int64)
    for rows, deaths, recurrences in zip(ROWS, DEATHS_BY_GROUP, RECURRENCES_BY_GROUP, strict=True):
        recurring = rng.choice(rows, recurrences, replace=False)
        recurrence[recurring] = 1
        death[rng.choice(recurring, deaths - 1, replace=False)] = True
        death[rng.choice(np.setdiff1d(rows, recurring), 1)] = True
    ill = death | (recurrence > 0)
    last: Ints = np.where(ill, rng.uniform(400, 2000, n), usual).astype(np.int64)
    recurrence = np.where(recurrence > 0, (last * rng.uniform(0.3, 0.8, n)).astype(np.int64), 0)
    return FollowUp(last, death, recurrence)


def _allowed(state: FollowUp) -> bool:
    ends = state.last
    known = state.recurrence[state.recurrence > 0]
    if ends.min() < SHORTEST or ends.max() > LONGEST or known.min() < 75:
        return False
    gap = ends - state.recurrence
    if np.any(gap[state.recurrence > 0] < 25) or np.any(gap[state.death] < LEAST_TO_DEATH):
        return False
    alone = int(np.sum(state.death & (state.recurrence == 0)))
    if not DEATHS_WITHOUT_RECURRENCE[0] <= alone <= DEATHS_WITHOUT_RECURRENCE[1]:
        return False
    # No two events on one day and none on a day on which follow-up ends: no analysis depends on a rule for ties.
    events = np.concatenate([known, ends[state.death]])
    others = np.concatenate([events, ends[~state.death]])
    return len(np.unique(events)) == len(events) and int(np.isin(others, events).sum()) == len(events)


def neighbour(state: FollowUp, rng: np.random.Generator) -> FollowUp | None:
    """One patient's day changed, or one event moved to another patient."""
    last, death, recurrence = state.last, state.death, state.recurrence
    kind = rng.integers(5)
    if kind <= 1:
        who = rng.integers(len(GROUP))
        last = last.copy()
        far = rng.random() < 0.3
        last[who] = rng.integers(SHORTEST, LONGEST) if far and not death[who] else last[who] + rng.normal(0, 90)
    elif kind == 2:
        who = rng.choice(np.flatnonzero(recurrence))
        recurrence = recurrence.copy()
        recurrence[who] = rng.integers(75, max(76, last[who] - 25))
    elif kind == 3:
        rows = ROWS[rng.integers(3)]
        leaves, comes = rng.choice(rows[death[rows]]), rng.choice(rows[~death[rows]])
        death, last = death.copy(), last.copy()
        death[leaves], death[comes] = False, True
        last[comes] = max(recurrence[comes] + LEAST_TO_DEATH, min(int(last[comes]), int(rng.integers(300, 2700))))
    else:
        leaves, comes = rng.choice(np.flatnonzero(recurrence)), rng.choice(np.flatnonzero(recurrence == 0))
        recurrence = recurrence.copy()
        recurrence[leaves], recurrence[comes] = 0, rng.integers(75, max(76, last[comes] - 25))
    moved = replace(state, last=last, death=death, recurrence=recurrence)
    return moved if _allowed(moved) else None


def cost(state: FollowUp) -> float:
    """0 when every curve, test and median has its published value."""
    total = 0.0
    for time, event, curve, p in (
        (state.free_until, state.failed, target.RFS, target.LOG_RANK_RFS),
        (state.last, state.death, target.OS, target.LOG_RANK_OS),
    ):
        for rows, printed in zip(ROWS, curve, strict=True):
            reached = survival_at(time[rows], event[rows], HORIZON_DAYS)
            for percent, value in zip(printed, reached, strict=True):
                total += beyond(100 * value, percent - 0.04, percent + 0.04, 0.4)
        wanted = float(norm.isf(p / 2))
        first, second, third = log_rank_z(risk_sets(time, event), GROUP, EVERYBODY, target.PAIRS)
        total += beyond(-first, wanted - 0.006, wanted + 0.006, 0.05)
        total += beyond(second, -1.80, 1.80, 0.1) + beyond(third, -1.80, 1.80, 0.1)
    total += beyond(median_follow_up(state.last, state.death) / target.MONTH, 45.96, 46.04, 0.5)
    total += beyond(float(np.median(state.last)) / target.MONTH, 43.6, 47.4, 0.5)
    # Patients of the last years are followed briefly; the last ones were operated four months before the cut-off.
    total += beyond(float(np.sum(state.last < 430)), 13, 20, 2.0)
    total += beyond(float(np.min(state.last[~state.death])), SHORTEST, 140, 10.0)
    for rows in ROWS:
        total += beyond(float(np.sum(state.last[rows] > HORIZON_DAYS[1])) / len(rows), 0.25, 0.45, 0.05)
    return total


def search(seed: np.random.SeedSequence) -> tuple[FollowUp, float]:
    """Follow-up and events that meet every target, and the remaining cost (0)."""
    rng = np.random.default_rng(seed)
    guess = first_guess(rng)
    while not _allowed(guess):
        guess = first_guess(rng)
    return anneal(guess, lambda state: neighbour(state, rng), cost, rng, steps=60_000, hot=1.0, cold=1e-5)
