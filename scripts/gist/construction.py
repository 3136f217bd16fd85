"""The steps in order: each is searched with seeds of its own until it meets every target, then its rows are written."""

from __future__ import annotations

import csv
import io
import sys
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from gist import dates, dossier, follow_up, prognosis, subgroups, tumour

TRIES = 8
Found = TypeVar("Found")


class _Clock:
    """Says on stderr what has been found, and when."""

    def __init__(self) -> None:
        self.began = time.perf_counter()

    def says(self, name: str, cost: float) -> None:
        words = "all targets met" if cost == 0 else f"not met, remaining cost {cost:.2g}"
        print(f"{time.perf_counter() - self.began:6.1f} s  {name}: {words}", file=sys.stderr, flush=True)


def _settled(
    name: str,
    search: Callable[[np.random.SeedSequence], tuple[Found, float]],
    seeds: np.random.SeedSequence,
    clock: _Clock,
) -> Found:
    """What the first seed finds that leaves no cost."""
    for seed in seeds.spawn(TRIES):
        found, cost = search(seed)
        clock.says(name, cost)
        if cost == 0.0:
            return found
    raise RuntimeError(f"{name}: none of {TRIES} tries met every target; choose another seed")


def calibrated(seed: int) -> dossier.Calibrated:
    """The patients as the published figures fix them.

    Follow-up comes first, for it alone decides the curves and log-rank tests; covariates, subgroups and sizes are then
    dealt to patients whose course is known, and dates are laid around it last.
    """
    steps = np.random.SeedSequence(seed).spawn(5)
    clock = _Clock()
    course = _settled("follow-up and events", follow_up.search, steps[0], clock)
    present = _settled("prognostic covariates", lambda one: prognosis.search(course, one), steps[1], clock)
    members = _settled("subgroups", lambda one: subgroups.search(course, one), steps[2], clock)
    over_10_cm = present[:, prognosis.NAMES.index("over_10_cm")]
    sizes = _settled("diameters", lambda one: tumour.make(over_10_cm, members.responded, one), steps[3], clock)
    return dossier.Calibrated(course, present, members, sizes, dates.make(course, steps[4]))


def file_text(seed: int) -> str:
    """The whole file as CSV text, the header first."""
    rows: Sequence[dossier.Row] = dossier.rows(calibrated(seed), np.random.SeedSequence([seed, 1]))
    text = io.StringIO()
    writer = csv.DictWriter(text, dossier.COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
