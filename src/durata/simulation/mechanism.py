"""The data-generating mechanism: patients month by month, in each the end of treatment, then progression, then death.

what is measured -> treatment ends (only while alive and free of progression) -> progression -> death
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from durata.designs.emulated.courses import NEVER
from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.simulation.scenarios import Scenario

SHRINKS = 0.3
"""How fast a tumour reaches its smallest size, a month."""
SIZE_SD = 0.5
"""SD of log size at the start."""


@dataclass(frozen=True, eq=False)
class Patients:
    """What is known at the start, (n,): ``size`` (log, standardised), ``site`` and ``resistant`` (0 or 1), ``centre``.

    ``shrinkage`` is the share of its size that a tumour loses in the end, ``frailty`` what nobody records.
    """

    size: FloatArray
    site: FloatArray
    resistant: FloatArray
    centre: FloatArray
    shrinkage: FloatArray
    frailty: FloatArray

    def __len__(self) -> int:
        return len(self.size)


@dataclass(frozen=True, slots=True)
class Regime:
    """A strategy that is forced on everybody: end treatment in the months ``first`` to ``last``.

    ``chances`` are those of each of these months (the last 1); without them treatment ends as it happens to, in the last
    month for certain. Who has progressed does not end treatment.
    """

    first: int
    last: int
    chances: tuple[float, ...] | None = None


@dataclass(frozen=True, eq=False)
class Lives:
    """Months, (n,), in which things happened (``NEVER``), and ``sizes`` (n, months) where current size was asked for."""

    ended: IntArray
    progressed: IntArray
    died: IntArray
    sizes: FloatArray | None = None

    def survival(self, months: int) -> FloatArray:
        """(months,) the share alive at the end of each month."""
        died = np.bincount(np.minimum(self.died, months + 1), minlength=months + 2)[1 : months + 1]
        return np.asarray(1.0 - np.cumsum(died) / len(self.died))


def draw_patients(n: int, random: Generator) -> Patients:
    """Patients as they start treatment."""
    resistant = (random.random(n) < 0.22).astype(np.float64)
    return Patients(
        size=random.standard_normal(n),
        site=(random.random(n) < 0.45).astype(np.float64),
        resistant=resistant,
        centre=(random.random(n) < 0.5).astype(np.float64),
        shrinkage=random.beta(4, 5, n) * np.where(resistant == 1, 0.45, 1.0),
        frailty=random.standard_normal(n),
    )


def base_chance(month: int) -> float:
    """The chance that an average patient's treatment ends in a month."""
    if month < 3:
        return 0.01
    if month < 6:
        return 0.06
    return {6: 0.12, 12: 0.25}.get(month, 0.13 if month < 12 else 0.12 if month <= 36 else 0.0)


def live(
    scenario: Scenario,
    patients: Patients,
    random: Generator,
    months: int,
    regime: Regime | None = None,
    *,
    keep_sizes: bool = False,
) -> Lives:
    """Live through the months: as it happens, or under a regime.

    Random numbers are drawn for everybody in every month, so that regimes can be compared in the same patients with the
    same fates.
    """
    n = len(patients)
    ended, progressed, died = (np.full(n, NEVER, dtype=np.intp) for _ in range(3))
    ended_by, ill, dead = (np.zeros(n, dtype=np.bool_) for _ in range(3))
    risk = 0.45 * patients.site + 0.6 * patients.resistant + scenario.frailty * patients.frailty
    if scenario.last_at_centre is not None:
        risk = risk + 0.5 * patients.centre
    base = np.log(scenario.progression) + risk + (0.0 if scenario.current_size else 0.55 * patients.size)
    walk = np.zeros(n)
    frozen = patients.size.copy()
    sizes = np.empty((n, months)) if keep_sizes else None
    later = np.zeros(n)
    for month in range(1, months + 1):
        chance, fate, last = random.random(n), random.random(n), random.random(n)
        if scenario.walk:
            walk += scenario.walk * random.standard_normal(n)
        obliged = ~(ended_by | ill | dead)
        shrunk = 1.0 - patients.shrinkage * -np.expm1(-SHRINKS * month)
        size = np.where(ended_by, frozen, patients.size + (np.log(shrunk) + walk) / SIZE_SD)
        if sizes is not None:
            sizes[:, month - 1] = size
        ends = obliged & (chance < _ending(scenario, patients, size, month, regime))
        ended[ends], ended_by = month, ended_by | ends
        frozen = np.where(ends, size, frozen)
        if scenario.after_end != "same" and np.any(ends):
            later[ends] = np.log(scenario.hazard_after_end(np.full(int(ends.sum()), float(month))))
        hazard = base + later + (0.9 * (size + 0.6) if scenario.current_size else 0.0)
        rate = np.exp(hazard) * np.where(ended_by, 1.0, scenario.progression_before_end)
        falls_ill = ~ill & ~dead & (fate < -np.expm1(-rate))
        progressed[falls_ill], ill = month, ill | falls_ill
        dies = ~dead & (last < np.where(ill, scenario.death_after, scenario.death_before))
        died[dies], dead = month, dead | dies
    return Lives(ended, progressed, died, sizes)


def _ending(
    scenario: Scenario, patients: Patients, size: FloatArray, month: int, regime: Regime | None
) -> FloatArray | float:
    """(n,) the chance that treatment ends in a month for those obliged."""
    if regime is not None and not regime.first <= month <= regime.last:
        return 0.0
    if regime is not None and month == regime.last:
        return 1.0
    if regime is not None and regime.chances is not None:
        return regime.chances[month - regime.first]
    level = base_chance(month)
    if level == 0.0:
        return 0.0
    logit = np.log(level / (1 - level)) - scenario.waiting * size + scenario.response * (patients.shrinkage - 0.4)
    logit = logit - scenario.frailty * patients.frailty
    chance = 1.0 / (1.0 + np.exp(-logit))
    if scenario.last_at_centre is not None and regime is None and month >= scenario.last_at_centre:
        chance = np.where(patients.centre == 1, 1.0, chance)
    return np.asarray(chance)


@dataclass(frozen=True, eq=False)
class SimulatedCohort:
    """What somebody would have recorded, (n,), times in whole days since each patient's start (infinite: not seen).

    ``last`` is the end of observation, ``died`` whether it was death, ``could`` the day until which observation could
    have gone on, ``lost`` whether it ended before. ``sizes`` (n, months) only where current size matters; ``centres``
    whether the centre does.
    """

    patients: Patients
    ended: FloatArray
    progressed: FloatArray
    last: FloatArray
    died: BoolArray
    could: FloatArray
    lost: BoolArray
    month_days: float
    sizes: FloatArray | None = None
    centres: bool = False

    def __len__(self) -> int:
        return len(self.last)

    def select(self, rows: BoolArray) -> SimulatedCohort:
        """Only these patients."""
        fields = {name: getattr(self, name)[rows] for name in ("ended", "progressed", "last", "died", "could", "lost")}
        patients = Patients(**{name: getattr(self.patients, name)[rows] for name in Patients.__dataclass_fields__})
        return replace(self, patients=patients, sizes=None if self.sizes is None else self.sizes[rows], **fields)


ROUND_MONTHS = (3, 6, 9, 12, 18, 24)
MONTH_DAYS = 30.4375
ENTRY = 108
"""Months since the first patient entered."""


def draw_cohort(
    scenario: Scenario,
    n: int,
    random: Generator,
    *,
    months: int = 108,
    least: int = 8,
    regime: Regime | None = None,
) -> SimulatedCohort:
    """Simulate ``n`` who started treatment; they entered evenly, and could be followed for ``least`` to 108 months.

    Observation stops after ``months``; treatment ends as it happens to, or under a regime.
    """
    patients = draw_patients(n, random)
    lives = live(scenario, patients, random, months, regime, keep_sizes=scenario.current_size)
    where = random.random((3, n))
    # each third of a month has its own event, so that days keep the order within the month
    ended = _day(lives.ended, where[0] / 3, up=True)
    progressed = _day(lives.progressed, (1 + 0.9 * where[1]) / 3, up=True)
    died = _day(lives.died, (2 + where[2]) / 3, up=False)
    could = np.minimum(np.floor(MONTH_DAYS * random.uniform(least, ENTRY, n)), np.floor(MONTH_DAYS * months))
    gone = np.full(n, np.inf)
    if scenario.loss:
        gone = _lost(scenario, patients, lives, random, months)
    last = np.minimum(np.minimum(died, could), gone)
    if scenario.heaped:
        ended = _heaped(ended, np.minimum(progressed, last), scenario.heaped, random)
    return SimulatedCohort(
        patients,
        np.where(ended <= last, ended, np.inf),
        np.where(progressed <= last, progressed, np.inf),
        last,
        died <= last,
        could,
        (gone < could) & (gone < died),
        MONTH_DAYS,
        lives.sizes,
        scenario.last_at_centre is not None,
    )


def _day(month: IntArray, place: FloatArray, *, up: bool) -> FloatArray:
    """(n,) the whole day at a place (0 to 1) within each month, infinite for what never happens."""
    exact = np.where(month == NEVER, np.inf, (month - 1 + place) * MONTH_DAYS)
    return np.asarray(np.maximum(np.ceil(exact), 1) if up else np.floor(exact))


def _lost(scenario: Scenario, patients: Patients, lives: Lives, random: Generator, months: int) -> FloatArray:
    """(n,) the day of being lost: likelier with a large tumour and after the end of treatment; the last day of a month."""
    gone = np.full(len(patients), np.inf)
    for month in range(1, months + 1):
        after = lives.ended <= month
        logit = np.log(scenario.loss / (1 - scenario.loss)) + 1.2 * patients.size + 0.7 * after
        lost = np.isinf(gone) & (random.random(len(gone)) < 1 / (1 + np.exp(-logit)))
        gone[lost] = np.floor(month * MONTH_DAYS)
    return gone


def _heaped(ended: FloatArray, before: FloatArray, share: float, random: Generator) -> FloatArray:
    """Ends as recorded: some moved to the nearest round month within two months, never past what came after them."""
    months = np.array(ROUND_MONTHS)
    at = np.where(np.isfinite(ended), ended / MONTH_DAYS, 0.0)
    nearest = months[np.argmin(np.abs(at[:, None] - months[None, :]), axis=1)]
    moved = np.floor(nearest * MONTH_DAYS)
    may = np.isfinite(ended) & (np.abs(nearest - at) <= 2) & (moved < before)
    return np.where(may & (random.random(len(ended)) < share), moved, ended)
