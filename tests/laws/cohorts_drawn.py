"""One drawn cohort with everything estimators may take: causes, groups, strata, clusters, covariates, entry, weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from durata.category import Category
from durata.cohort import Cohort, Weights


def named(codes: np.ndarray, letter: str, n: int) -> Category:
    """Codes as a category of n levels."""
    return Category(codes.astype(np.intp), tuple(f"{letter}{k}" for k in range(n)))


def drawn(
    seed: int,
    n: int = 24,
    *,
    entry: bool = False,
    weights: Literal["frequency", "sampling"] | None = None,
    tied: bool = True,
    censored: bool = True,
) -> Cohort:
    """n persons, times from 1 on in whole units (or all different), two groups, two causes, some censored."""
    rng = np.random.default_rng(seed)
    length = rng.exponential(5.0, n) + 1.0
    begin = rng.integers(0, 3, n).astype(float)
    time = np.ceil(length) if tied else length
    cause = np.where(rng.random(n) < 0.65, 1, np.where(rng.random(n) < 0.6, 2, 0 if censored else 1))
    values = rng.integers(1, 4, n) if weights == "frequency" else rng.uniform(0.3, 3.0, n)
    return Cohort(
        person=np.arange(n),
        exit=time + begin if entry else time,
        event=cause == 1,
        cause=cause.astype(np.intp),
        entry=begin if entry else None,
        group=named(rng.permutation(np.arange(n) % 2), "g", 2),
        weights=None if weights is None else Weights(values.astype(float), weights),
        covariates={
            "x": np.round(rng.normal(size=n), 3) + np.arange(n) * 1e-5,
            "z": rng.permutation(np.arange(n) % 2).astype(float),
            "one": named(np.zeros(n), "only", 1),
            "centre": named(rng.integers(0, 3, n), "k", 3),
            "each": np.arange(float(n)),
            "ward": named(rng.integers(0, 8, n), "w", 8),
        },
    )


def pieces(cohort: Cohort, at: float) -> Cohort:
    """The same people, every row that lasts over ``at`` in two pieces."""
    entry = np.full(len(cohort), -np.inf) if cohort.entry is None else cohort.entry
    cut = (entry < at) & (at < cohort.exit)
    again = np.concatenate([np.arange(len(cohort)), np.flatnonzero(cut)])
    cause = None if cohort.cause is None else np.concatenate([np.where(cut, 0, cohort.cause), cohort.cause[cut]])
    return cohort.select(
        again,
        entry=np.concatenate([entry, np.full(int(cut.sum()), at)]),
        exit=np.concatenate([np.where(cut, at, cohort.exit), cohort.exit[cut]]),
        event=np.concatenate([cohort.event & ~cut, cohort.event[cut]]),
        cause=cause,
    )


def repeated(cohort: Cohort) -> Cohort:
    """The persons a frequency weight counts, each in a row of its own."""
    assert cohort.weights is not None
    rows = np.repeat(np.arange(len(cohort)), cohort.weights.values.astype(int))
    return replace(cohort.select(rows), weights=None, person=np.arange(len(rows)))


def in_unit(cohort: Cohort, unit: float) -> Cohort:
    """The same cohort, its time told in a unit ``unit`` times smaller."""
    return replace(cohort, exit=cohort.exit * unit, entry=None if cohort.entry is None else cohort.entry * unit)
