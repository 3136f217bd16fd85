"""Second step: four dichotomised covariates, so that the multivariable Cox models and the non-gastric subgroup come out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gist import published as target
from gist.annealing import anneal, beyond
from gist.follow_up import GROUP, ROWS, FollowUp
from gist.numerics import Bools, Floats, RiskSets, cox, log_rank_z, risk_sets

NAMES = ("over_10_cm", "non_gastric", "many_mitoses", "bleeding")
NON_GASTRIC = NAMES.index("non_gastric")
# Least and largest share of each in any duration group, and overall.
SHARES = ((0.34, 0.54), (0.36, 0.60), (0.24, 0.50), (0.14, 0.38))
OVERALL = ((0.40, 0.46), (0.42, 0.52), (0.30, 0.42), (0.20, 0.30))
GROUP_COLUMNS: Floats = np.stack([GROUP == target.INTERMEDIATE, GROUP == target.LONG], axis=1).astype(np.float64)
# Adjusted hazard ratios of the covariates that a clinician would believe.
LOWEST: Floats = np.log([1.25, 1.25, 1.6, 1.15])
HIGHEST = float(np.log(4.0))
NOT_SIGNIFICANT, SIGNIFICANT = 1.85, 2.06


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Risk sets of recurrence-free and overall survival, computed once."""

    rfs: RiskSets
    os: RiskSets

    @classmethod
    def of(cls, follow_up: FollowUp) -> Outcomes:
        """From days and events."""
        return cls(
            risk_sets(follow_up.free_until, follow_up.failed),
            risk_sets(follow_up.last, follow_up.death),
        )


def subgroup_cost(outcomes: Outcomes, among: Bools) -> float:
    """0 when in a subgroup intermediate is better than short (p < 0.05) and not different from long, in both outcomes."""
    total = 0.0
    for sets in (outcomes.rfs, outcomes.os):
        short, _, long = log_rank_z(sets, GROUP, among, target.PAIRS)
        total += beyond(-short, SIGNIFICANT, 9.0, 0.1) + beyond(long, -NOT_SIGNIFICANT, NOT_SIGNIFICANT, 0.1)
        total += sum(max(0, 2 - int(np.sum(among[sets.owner] & (GROUP[sets.owner] == g)))) for g in range(3))
    return total


class Models:
    """Cost of an assignment of covariates (171 x 4, True = present), each model started from its last solution."""

    def __init__(self, outcomes: Outcomes) -> None:
        self.outcomes = outcomes
        self.last: list[Floats] = [np.zeros(6), np.zeros(6)]

    def __call__(self, present: Bools) -> float:
        """0 when both models, the subgroup and the shares are as wanted."""
        total = 0.0
        for column, (low, high) in enumerate(OVERALL):
            total += beyond(float(present[:, column].mean()), low, high, 0.03)
        for column, (low, high) in enumerate(SHARES):
            for rows in ROWS:
                total += beyond(float(present[rows, column].mean()), low, high, 0.03)
        total += subgroup_cost(self.outcomes, present[:, NON_GASTRIC])
        X = np.concatenate([GROUP_COLUMNS, present], axis=1)
        for index, sets in enumerate((self.outcomes.rfs, self.outcomes.os)):
            # A Newton start from the last model settles in two or three steps; from zero it is the fallback.
            fitted = cox(sets, X, self.last[index])
            if fitted is None:
                fitted = cox(sets, X, np.zeros(6))
            if fitted is None:
                return 1e6
            beta, error = fitted
            self.last[index] = beta
            z = beta / error
            total += beyond(float(z[1]), -NOT_SIGNIFICANT, NOT_SIGNIFICANT, 0.1)
            total += sum(beyond(float(b), low, HIGHEST, 0.2) for b, low in zip(beta[2:], LOWEST, strict=True))
            if index == 0:
                total += beyond(float(z[0]), -NOT_SIGNIFICANT, 0.0, 0.1)
            else:
                total += published_cost(float(beta[0]), float(error[0]))
        return total


def published_cost(beta: float, error: float) -> float:
    """0 when hazard ratio, both limits and p round to the printed figures."""
    limits = np.exp(beta - 1.959964 * error), np.exp(beta + 1.959964 * error)
    total = beyond(float(np.exp(beta)), target.OS_HAZARD_RATIO - 0.0004, target.OS_HAZARD_RATIO + 0.0004, 0.004)
    for limit, printed in zip(limits, target.OS_INTERVAL, strict=True):
        total += beyond(float(limit), printed - 0.0004, printed + 0.0004, 0.015)
    return total


def first_guess(follow_up: FollowUp, rng: np.random.Generator) -> Bools:
    """Covariates more frequent among patients who relapse or die, and in the short group."""
    ill = follow_up.failed.astype(float) + 0.5 * (GROUP == target.SHORT) - 0.3
    usual = np.array([np.log(share / (1 - share)) for share in (0.43, 0.45, 0.35, 0.2)])
    return np.asarray(rng.random((len(GROUP), 4)) < 1 / (1 + np.exp(-(usual[None, :] + 0.8 * ill[:, None]))))


def neighbour(present: Bools, rng: np.random.Generator) -> Bools:
    """One covariate of one patient changed, or exchanged between two patients."""
    changed = present.copy()
    column = rng.integers(len(NAMES))
    who = rng.integers(len(GROUP))
    if rng.random() < 0.4:
        changed[who, column] = not changed[who, column]
    else:
        other = rng.choice(np.flatnonzero(present[:, column] != present[who, column]))
        changed[[who, other], column] = changed[[other, who], column]
    return changed


def search(follow_up: FollowUp, seed: np.random.SeedSequence) -> tuple[Bools, float]:
    """Covariates (171 x 4) that meet every target, and the remaining cost (0)."""
    rng = np.random.default_rng(seed)
    cost = Models(Outcomes.of(follow_up))
    return anneal(
        first_guess(follow_up, rng),
        lambda state: neighbour(state, rng),
        cost,
        rng,
        steps=50_000,
        hot=1.0,
        cold=1e-5,
    )
