"""One stretch of a drawn curve walked from number at risk to number at risk: who has the event and who is censored when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.kernels.arrays import FloatArray, IntArray

TRIED = 240  # numbers of censored patients tried at once; beyond it they are searched from coarse to fine


@dataclass(frozen=True)
class Leaving:
    """A stretch [start, stop) of a curve: n at risk at its start, survival ``reached`` before it, and its points."""

    start: float
    stop: float
    n: int
    times: FloatArray
    survival: FloatArray
    reached: float


@dataclass(frozen=True)
class Walked:
    """Who left in a stretch and when, and the survival reached."""

    event_times: FloatArray
    censored_times: FloatArray
    reached: float
    misfit: float

    @property
    def n_events(self) -> int:
        """Events in the stretch."""
        return len(self.event_times)

    @property
    def n_censored(self) -> int:
        """Censored in the stretch."""
        return len(self.censored_times)


def walk(
    stretch: Leaving, *, leaving: int | None = None, events: int | None = None, censored: int | None = None
) -> Walked:
    """Walk a stretch with the number of censored patients that fits best.

    ``leaving`` is how many leave in all, ``events`` how many should have the event; ``censored`` fixes the number.
    """
    if censored is not None:
        return _with(stretch, censored)

    def distance(walked: Walked) -> tuple[float, float, float]:
        left = 0 if leaving is None else abs(walked.n_events + walked.n_censored - leaving)
        return left, 0 if events is None else abs(walked.n_events - events), walked.misfit

    most = stretch.n if leaving is None else leaving
    low, high = 0, most
    while True:
        step = max(1, (high - low) // TRIED)
        tried = {c: _with(stretch, c) for c in (*range(low, high, step), high)}
        best = min(tried, key=lambda c: (*distance(tried[c]), c))
        if step == 1:
            break
        low, high = max(0, best - step), min(most, best + step)
    found = tried[best]
    if leaving is None or found.n_events + found.n_censored == leaving:
        return found
    # rounding left no number that meets both: the events stand, and the rest of those who left were censored
    rest = leaving - found.n_events
    return found if rest < 0 else _with(stretch, rest, events_at=found.event_times)


def _with(stretch: Leaving, censored: int, events_at: FloatArray | None = None) -> Walked:
    """A stretch with so many censored, evenly spread; the events are read off the curve unless they are given."""
    gaps = np.arange(1, censored + 1) / (censored + 1)
    leave: FloatArray = stretch.start + gaps * (stretch.stop - stretch.start)
    n, reached, gone, misfit = stretch.n, stretch.reached, 0, 0.0
    happened: list[int] = []
    before: IntArray = np.searchsorted(leave, stretch.times, side="left")
    for k, survival in enumerate(stretch.survival.tolist()):
        n -= min(int(before[k]) - gone, n)
        gone = int(before[k])
        if events_at is not None:
            d = int(np.count_nonzero(events_at == stretch.times[k]))
        else:
            d = round(n * (1 - survival / reached)) if reached > 0 else 0
        d = min(max(d, 0), n)
        if d:
            reached *= 1 - d / n
        n -= d
        happened.append(d)
        misfit = max(misfit, abs(reached - survival))
    event_times: FloatArray = np.repeat(stretch.times, np.asarray(happened, dtype=np.intp))
    # those who had the event cannot be censored later
    staying = min(censored, stretch.n - len(event_times))
    return Walked(event_times, leave[:staying], reached, misfit)
