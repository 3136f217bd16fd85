"""Fifth step: durations of preoperative imatinib and the calendar day of everything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gist import published as target
from gist.follow_up import GROUP, FollowUp
from gist.numerics import Ints


def _day(iso: str) -> int:
    return int(np.datetime64(iso, "D").astype(np.int64))


CUTOFF = _day("2025-02-28")
FIRST_START, LAST_SURGERY = _day("2012-11-05"), _day("2024-10-29")
LAST_LONG_START = _day("2023-09-29")
LOST = 0.14

# (patients, from day, to day): appointments are made in weeks, 13 of them a quarter, and surgery is planned for
# 6, 9 and 12 months. Nobody is between 6 and 6.5 or 12 and 12.5 months, so that rounding to months changes no group.
DURATIONS = (
    ((3, 56, 80), (9, 84, 97), (7, 112, 126), (10, 140, 160), (12, 165, 181), (9, 182, 182)),
    (
        *((11, 200, 219), (12, 231, 250), (11, 256, 271), (10, 273, 274), (10, 294, 315), (8, 322, 343)),
        *((8, 350, 362), (17, 364, 365)),
    ),
    ((6, 385, 410), (10, 440, 475), (4, 490, 520), (7, 535, 560), (4, 600, 740), (3, 760, 1080)),
)


@dataclass(frozen=True, slots=True)
class Dates:
    """Days since 1970-01-01 of start of imatinib, surgery and last contact (n each)."""

    start: Ints
    surgery: Ints
    last_contact: Ints


def _durations(rng: np.random.Generator) -> Ints:
    days = [np.concatenate([rng.integers(low, high + 1, size) for size, low, high in steps]) for steps in DURATIONS]
    return np.concatenate([rng.permutation(one) for one in days]).astype(np.int64)


def make(follow_up: FollowUp, seed: np.random.SeedSequence) -> Dates:
    """Dates that agree with the follow-up of each patient, surgery on a working day."""
    rng = np.random.default_rng(seed)
    n = len(GROUP)
    duration = _durations(rng)
    latest = np.minimum(LAST_SURGERY, CUTOFF - follow_up.last)
    latest = np.where(target.LONG == GROUP, np.minimum(latest, LAST_LONG_START + duration), latest)
    earliest = FIRST_START + duration
    # The living come at least every half-year, so most were last seen shortly before the cut-off; some were lost.
    seen = np.where(rng.random(n) < LOST, rng.uniform(200, 1500, n), rng.uniform(0, 180, n))
    waits = np.where(follow_up.death, rng.beta(1.0, 1.4, n) * (latest - earliest), seen).astype(np.int64)
    surgery = np.maximum(latest - waits, earliest)
    if np.any(earliest + 6 > latest):
        raise RuntimeError("a follow-up is too long for the years of the study: change the seed")
    # The living patient with the least room opened the study, the one with the briefest follow-up closed it.
    living = np.flatnonzero(~follow_up.death)
    first, last = living[np.argmin((latest - earliest)[living])], living[np.argmin(follow_up.last[living])]
    surgery[first], surgery[last] = earliest[first], latest[last]
    weekday = (surgery + 3) % 7
    sooner = surgery - (weekday - 4) - rng.integers(0, 5, n)
    later = surgery + (7 - weekday) + rng.integers(0, 5, n)
    moved = np.where(sooner >= earliest, sooner, later)
    surgery = np.where(weekday >= 5, moved, surgery)
    if np.any(surgery > latest):
        raise RuntimeError("a surgery is too late for its follow-up: change the seed")
    return Dates(surgery - duration, surgery, surgery + follow_up.last)


def iso(day: int) -> str:
    """A day as YYYY-MM-DD."""
    return str(np.datetime64(int(day), "D"))
