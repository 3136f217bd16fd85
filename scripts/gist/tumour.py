"""Fourth step: diameters before and after in whole millimetres, so that means, SDs, shrinkage and responses come out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gist import published as target
from gist.annealing import anneal, beyond
from gist.follow_up import GROUP, ROWS
from gist.numerics import Bools, Floats, Ints

PROGRESSED_BY_GROUP = (2, 1, 1)
SMALLEST, LARGEST = 26, 315
SMALLEST_AFTER = 9
# Two readings of the published SDs: the natural logarithm of a size has about this spread.
LOG_SPREAD = 0.52


@dataclass(frozen=True, slots=True)
class Tumour:
    """Maximum diameter in mm at start and on the last scan before surgery, and percent of viable cells (n each)."""

    before: Ints
    after: Ints
    viable: Ints


def _ratio_limits(responded: Bools, progressed: Bools) -> tuple[Floats, Floats]:
    """Least and largest after/before: well inside RECIST's 30 % decrease and 20 % increase, so that no rounding decides."""
    low = np.where(progressed, 1.21, np.where(responded, 0.12, 0.715))
    high = np.where(progressed, 1.45, np.where(responded, 0.695, 1.17))
    return low, high


def _cost(sizes: tuple[Ints, Ints]) -> float:
    before, after = sizes
    total = 0.0
    for values, (mean, sd) in ((before, target.SIZE_BEFORE_CM), (after, target.SIZE_AFTER_CM)):
        total += beyond(float(values.mean()) / 10, mean - 0.003, mean + 0.003, 0.1)
        total += beyond(float(values.std(ddof=1)) / 10, sd - 0.003, sd + 0.003, 0.1)
    shrinkage = 100 * float(np.mean(1 - after / before))
    return total + beyond(shrinkage, target.MEAN_SHRINKAGE_PERCENT - 0.03, target.MEAN_SHRINKAGE_PERCENT + 0.03, 1.0)


def _diameters(over_10_cm: Bools, responded: Bools, rng: np.random.Generator) -> tuple[tuple[Ints, Ints], float]:
    n = len(GROUP)
    progressed = np.zeros(n, dtype=np.bool_)
    for rows, size in zip(ROWS, PROGRESSED_BY_GROUP, strict=True):
        progressed[rng.choice(rows[~responded[rows]], size, replace=False)] = True
    low, high = _ratio_limits(responded, progressed)

    def allowed(before: Ints, after: Ints) -> bool:
        ratio = after / before
        return bool(
            before.min() >= SMALLEST
            and before.max() <= LARGEST
            and after.min() >= SMALLEST_AFTER
            and np.array_equal(before > 100, over_10_cm)
            and np.all((ratio >= low) & (ratio <= high))
            and np.all(after[progressed] - before[progressed] >= 6)
        )

    # Sizes are drawn until each side of 10 cm has enough of them, then dealt to the patients of that side.
    center = np.log(10 * target.SIZE_BEFORE_CM[0]) - LOG_SPREAD**2 / 2
    pool = np.exp(rng.normal(center, LOG_SPREAD, 4000))
    pool = pool[(pool >= SMALLEST) & (pool <= LARGEST)].astype(np.int64)
    before = np.zeros(n, dtype=np.int64)
    before[over_10_cm] = rng.choice(pool[pool > 100], int(over_10_cm.sum()))
    before[~over_10_cm] = rng.choice(pool[pool <= 100], int((~over_10_cm).sum()))
    before[progressed] = np.maximum(before[progressed], 45)
    shrinkage = np.where(responded, 0.32 + 0.48 * rng.beta(1.8, 3.0, n), rng.uniform(-0.08, 0.275, n))
    after = np.rint(before * np.where(progressed, 1.28, 1 - shrinkage)).astype(np.int64)
    after = np.clip(after, np.ceil(low * before), np.floor(high * before)).astype(np.int64)
    after = np.maximum(after, SMALLEST_AFTER)

    def neighbour(sizes: tuple[Ints, Ints]) -> tuple[Ints, Ints] | None:
        changed = (sizes[0].copy(), sizes[1].copy())
        changed[rng.integers(2)][rng.integers(n)] += rng.integers(1, 8) * rng.choice([-1, 1])
        return changed if allowed(*changed) else None

    if not allowed(before, after):
        raise RuntimeError("the first diameters are not allowed: change the seed")
    return anneal((before, after), neighbour, _cost, rng, steps=60_000, hot=0.05, cold=1e-6)


def _viable(responded: Bools, rng: np.random.Generator) -> Ints:
    """Percent of viable tumour cells: below 10 in the high-grade responses, above 10 in the others, never 10 itself."""
    n = len(GROUP)
    viable = np.rint(11 + 84 * rng.beta(1.3, np.where(responded, 1.9, 1.2), n)).astype(np.int64)
    for rows, size in zip(ROWS, target.HIGH_GRADE, strict=True):
        weight = np.where(responded[rows], 2.2, 1.0)
        high = rng.choice(rows, size, replace=False, p=weight / weight.sum())
        viable[high] = rng.choice([0, 1, 2, 3, 5, 8], size, p=[0.1, 0.12, 0.13, 0.15, 0.4, 0.1])
    # Pathologists estimate in steps of five; 10 % would be a matter of definition.
    coarse = viable > 12
    viable[coarse] = np.maximum(15, 5 * np.rint(viable[coarse] / 5).astype(np.int64))
    return viable


def make(over_10_cm: Bools, responded: Bools, seed: np.random.SeedSequence) -> tuple[Tumour, float]:
    """Diameters and viable share of every patient, and the remaining cost (0)."""
    rng = np.random.default_rng(seed)
    (before, after), cost = _diameters(over_10_cm, responded, rng)
    return Tumour(before, after, _viable(responded, rng)), cost
