"""Third step: response, genotype and adjuvant treatment, so that the pattern holds in each of their subgroups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gist import published as target
from gist.annealing import anneal, beyond
from gist.follow_up import GROUP, ROWS, FollowUp
from gist.numerics import Bools, Ints
from gist.prognosis import Outcomes, subgroup_cost

# Adjuvant treatment counts as longer than 24 months from here on; nobody is between 24 and 24.5 months.
TWO_YEARS, BEYOND_TWO_YEARS = 730, 746
EXON_11_SHARE = (0.60, 0.76)
BRIEF_ADJUVANT_SHARE = (0.50, 0.78)


@dataclass(frozen=True, slots=True)
class Subgroups:
    """Who responded on imaging, has a KIT exon 11 mutation, had adjuvant imatinib for 24 months or less (n each).

    ``delay`` is the days from surgery to adjuvant imatinib, were it given.
    """

    responded: Bools
    exon_11: Bools
    brief_adjuvant: Bools
    delay: Ints


def _search(
    start: Bools,
    neighbour: Callable[[Bools], Bools],
    cost: Callable[[Bools], float],
    rng: np.random.Generator,
) -> tuple[Bools, float]:
    return anneal(start, neighbour, cost, rng, steps=20_000, hot=0.5, cold=1e-4)


def _responders(outcomes: Outcomes, rng: np.random.Generator) -> tuple[Bools, float]:
    start = np.zeros(len(GROUP), dtype=np.bool_)
    for rows, size in zip(ROWS, target.RESPONDERS, strict=True):
        start[rng.choice(rows, size, replace=False)] = True

    def exchange(who: Bools) -> Bools:
        rows = ROWS[rng.integers(3)]
        changed = who.copy()
        changed[rng.choice(rows[who[rows]])] = False
        changed[rng.choice(rows[~who[rows]])] = True
        return changed

    return _search(start, exchange, lambda who: subgroup_cost(outcomes, who), rng)


def _with_exon_11(outcomes: Outcomes, responded: Bools, rng: np.random.Generator) -> tuple[Bools, float]:
    start = rng.random(len(GROUP)) < np.where(responded, 0.82, 0.52)

    def flip(who: Bools) -> Bools:
        changed = who.copy()
        one = rng.integers(len(GROUP))
        changed[one] = not changed[one]
        return changed

    def cost(who: Bools) -> float:
        total = subgroup_cost(outcomes, who)
        total += sum(beyond(float(who[rows].mean()), *EXON_11_SHARE, 0.03) for rows in ROWS)
        # Responses are more frequent with the mutation that imatinib fits.
        return total + beyond(float(responded[who].mean() - responded[~who].mean()), 0.15, 0.4, 0.05)

    return _search(start, flip, cost, rng)


def _with_brief_adjuvant(
    outcomes: Outcomes, follow_up: FollowUp, delay: Ints, rng: np.random.Generator
) -> tuple[Bools, float]:
    # Adjuvant treatment ends with recurrence and is known to last contact: who is not seen so long had it briefly.
    forced = follow_up.free_until - delay < BEYOND_TWO_YEARS
    free = np.flatnonzero(~forced)

    def flip(who: Bools) -> Bools:
        changed = who.copy()
        one = rng.choice(free)
        changed[one] = not changed[one]
        return changed

    def cost(who: Bools) -> float:
        total = subgroup_cost(outcomes, who)
        return total + sum(beyond(float(who[rows].mean()), *BRIEF_ADJUVANT_SHARE, 0.03) for rows in ROWS)

    return _search(forced | (rng.random(len(GROUP)) < 0.45), flip, cost, rng)


def search(follow_up: FollowUp, seed: np.random.SeedSequence) -> tuple[Subgroups, float]:
    """The three memberships and the sum of their remaining costs (0)."""
    rng = np.random.default_rng(seed)
    outcomes = Outcomes.of(follow_up)
    delay = rng.integers(21, 61, len(GROUP))
    responded, first = _responders(outcomes, rng)
    exon_11, second = _with_exon_11(outcomes, responded, rng)
    brief, third = _with_brief_adjuvant(outcomes, follow_up, delay, rng)
    return Subgroups(responded, exon_11, brief, delay), first + second + third
