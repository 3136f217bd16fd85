"""The Curve: an estimate along time, one Stretch a group, that can be read at times and by quantiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from durata.estimate.glossary import Summary, Tidy, or_none
from durata.finding import CannotEstimate, Finding
from durata.kernels.arrays import FloatArray
from durata.kernels.step_function import quantiles, rounding, steps_until
from durata.language.speaking import speak

NO_INTERVAL = "none"
"""The ``interval`` of a curve that has no standard errors and no limits."""


def _asked(numbers: float | Iterable[float], what: str) -> FloatArray:
    """Numbers asked for, one or several, as an array; refused when missing or infinite."""
    several = list(numbers) if isinstance(numbers, Iterable) and not isinstance(numbers, np.ndarray) else numbers
    asked = np.atleast_1d(np.asarray(several, dtype=np.float64))
    if asked.ndim != 1 or not np.all(np.isfinite(asked)):
        raise CannotEstimate(speak("The {what} asked for must be numbers, none missing or infinite.", what=speak(what)))
    return asked


@dataclass(frozen=True, eq=False)
class Stretch:
    """A step function of time for one group (and cause): arrays (m,) at the distinct observed times.

    ``estimate`` holds from its time until the next; before the first time it is ``initial``.
    ``at_risk`` counts just before the time; ``entered`` came under observation since the time before (at or after it);
    ``until`` is the last time the curve knows anything about. ``std_error`` and limits are NaN where there are none
    (S = 0; S = 1 on a scale that sends 1 to infinity). ``entry_time`` and ``entry_number`` (e,) are the distinct times
    at which rows came under observation and how many did, where not everybody was there from the beginning.
    """

    time: FloatArray
    estimate: FloatArray
    std_error: FloatArray
    conf_low: FloatArray
    conf_high: FloatArray
    at_risk: FloatArray
    events: FloatArray
    censored: FloatArray
    entered: FloatArray
    n: int
    initial: float
    until: float
    group: str = "all"
    cause: str = ""
    cumulative_hazard: FloatArray | None = None
    cumulative_hazard_std_error: FloatArray | None = None
    entry_time: FloatArray | None = None
    entry_number: FloatArray | None = None

    def at_risk_at(self, time: float) -> float:
        """How many are at risk at any time t: those with ``entry < t <= exit`` (weighted)."""
        slack = rounding(self.time)
        next_time = int(np.searchsorted(self.time, time - slack, side="left"))
        if next_time == len(self.time):
            return 0.0
        number = float(self.at_risk[next_time])
        if self.entry_time is not None and self.entry_number is not None:
            later = (self.entry_time >= time - slack) & (self.entry_time < self.time[next_time])
            number -= float(self.entry_number[later].sum())
        return number


@dataclass(frozen=True, eq=False, repr=False)
class Curve(Tidy):
    """An estimate along time (or duration, or cut), one Stretch a group.

    Estimators in ``estimate.curves`` make it; it reads itself off with ``at`` and ``quantile``.
    """

    stretches: tuple[Stretch, ...]
    estimand: str
    method: str
    interval: str
    conf_level: float
    unit: str
    time_zero: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    n_left_out: int = 0
    notes: tuple[Finding, ...] = ()

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups in their declared order."""
        return tuple(dict.fromkeys(stretch.group for stretch in self.stretches))

    def group(self, name: str, cause: str | None = None) -> Stretch:
        """The stretch of one group (and cause, where several compete); KeyError names those there are."""
        for stretch in self.stretches:
            if stretch.group == name and cause in (None, stretch.cause):
                return stretch
        causes = tuple(dict.fromkeys(stretch.cause for stretch in self.stretches))
        named = (
            ""
            if cause is None
            else speak(
                " with cause {cause!r} (causes: {causes})", cause=cause, causes=speak(", ").join(map(repr, causes))
            )
        )
        raise KeyError(f"no group {name!r}{named}; there are {', '.join(map(repr, self.groups))}")

    def at(self, times: float | Iterable[float], *, extend: bool = False) -> Summary:
        """The curve at given times: estimate, standard error, limits, numbers at risk and of events so far.

        ``at_risk`` counts ``entry < t <= exit``. Beyond the last observation of a group there is no estimate (None, and
        a note) unless nobody was left to have the event (S = 0 stays 0) or ``extend`` carries the last value forward,
        as R does. Raises CannotEstimate for times that are missing, infinite or before time zero.

        Examples
        --------
        >>> from durata.door import cohort_from_arrays
        >>> from durata.estimate.curves import kaplan_meier
        >>> curve = kaplan_meier(cohort_from_arrays(time=[6, 6, 9, 12], event=[1, 0, 1, 0]))
        >>> curve.at(9).rows()[0]["estimate"]
        0.375
        """
        asked = _asked(times, "times")
        earliest = min([0.0, *(float(s.time[0]) for s in self.stretches if len(s.time))])
        if np.any(asked < earliest):
            raise CannotEstimate(speak("Time {time:g} is before time zero; a curve begins there.", time=asked.min()))
        rows = [self._row_at(stretch, float(time), extend) for stretch in self.stretches for time in asked]
        return Summary(
            what=speak("{estimand} at given times", estimand=self.estimand),
            table=tuple(rows),
            method=self.method,
            unit=self.unit,
            settings={**self.settings, "interval": self.interval, "conf_level": self.conf_level, "extend": extend},
            notes=self.notes,
        )

    def _row_at(self, stretch: Stretch, time: float, extend: bool) -> dict[str, Any]:
        steps = int(steps_until(stretch.time, np.array([time]))[0])
        k = steps - 1
        exhausted = steps > 0 and float(stretch.estimate[k]) == 0.0 and stretch.initial == 1.0
        row: dict[str, Any] = {
            "group": stretch.group,
            **({"cause": stretch.cause} if stretch.cause else {}),
            "time": time,
            "estimate": stretch.initial if k < 0 else float(stretch.estimate[k]),
            "std_error": 0.0 if k < 0 else or_none(stretch.std_error[k]),
            "conf_low": stretch.initial if k < 0 else or_none(stretch.conf_low[k]),
            "conf_high": stretch.initial if k < 0 else or_none(stretch.conf_high[k]),
            "at_risk": stretch.at_risk_at(time),
            "events": float(stretch.events[:steps].sum()),
            "note": "",
        }
        if time > stretch.until + rounding(stretch.time) and not extend and not exhausted:
            row |= dict.fromkeys(("estimate", "std_error", "conf_low", "conf_high"))
            row["note"] = speak("beyond the last observation at {until:g} {unit}", until=stretch.until, unit=self.unit)
        elif self.interval == NO_INTERVAL:
            row |= dict.fromkeys(("std_error", "conf_low", "conf_high"))
            if stretch.initial == 1.0 and row["estimate"] == 0.0:
                row["note"] = self._why_no_interval(stretch, row)
        else:
            row["note"] = self._why_no_interval(stretch, row)
        return row

    def _why_no_interval(self, stretch: Stretch, row: Mapping[str, Any]) -> str:
        """The note of a row without limits; empty for one that has them."""
        if stretch.initial == 1.0 and row["estimate"] == 0.0:
            return speak("everybody still at risk has had the event; there is no interval")
        if row["conf_low"] is not None or self.interval == NO_INTERVAL:
            return ""
        if stretch.initial == 0.0 and row["estimate"] > 0.0:
            return speak("no {interval} interval where everybody has had the event", interval=self.interval)
        return speak("no {interval} interval while nobody has had the event", interval=self.interval)

    def quantile(self, probabilities: float | Iterable[float] = 0.5) -> Summary:
        """The times by which given shares have had the event (0.5 = the median), with limits read off the limits.

        R's survfit rule: the first time at which the curve is at or below 1 - p; where it stays exactly at 1 - p for a
        while, the middle of that while. None, and a note, where the curve never comes down so far. Raises
        CannotEstimate for probabilities outside (0, 1) and for curves that do not start at 1.

        References
        ----------
        Brookmeyer & Crowley, Biometrics 1982;38:29 (limits by inversion).

        Examples
        --------
        >>> from durata.door import cohort_from_arrays
        >>> from durata.estimate.curves import kaplan_meier
        >>> kaplan_meier(cohort_from_arrays(time=[1, 2, 3, 4], event=[1, 1, 1, 1])).quantile(0.5).rows()[0]["estimate"]
        2.5
        """
        asked = _asked(probabilities, "probabilities")
        if np.any((asked <= 0.0) | (asked >= 1.0)):
            raise CannotEstimate(speak("A quantile needs a probability between 0 and 1 (0.5 for the median)."))
        if any(stretch.initial != 1.0 for stretch in self.stretches):
            raise CannotEstimate(
                speak("Quantiles are read off survival curves; this curve is {estimand}.", estimand=self.estimand)
            )
        rows = []
        for stretch in self.stretches:
            found, low, high = (
                quantiles(stretch.time, band, 1.0 - asked)
                for band in (stretch.estimate, stretch.conf_low, stretch.conf_high)
            )
            lowest = float(stretch.estimate[-1]) if len(stretch.estimate) else stretch.initial
            for k, probability in enumerate(asked):
                row = {
                    "group": stretch.group,
                    "probability": float(probability),
                    "estimate": or_none(found[k]),
                    "conf_low": or_none(low[k]),
                    "conf_high": or_none(high[k]),
                    "events": float(stretch.events.sum()),
                    "n": stretch.n,
                    "note": "",
                }
                if row["estimate"] is None:
                    row["note"] = speak("not reached: the curve ends at {lowest:.3g}", lowest=lowest)
                rows.append(row)
        return Summary(
            what=speak("quantiles of the time to the event ({estimand})", estimand=self.estimand),
            table=tuple(rows),
            method=self.method,
            unit=self.unit,
            settings={**self.settings, "interval": self.interval, "conf_level": self.conf_level},
            notes=self.notes,
        )

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary a time and group; None, and a note, where there is no standard error or limit."""
        rows = []
        for s in self.stretches:
            for k in range(len(s.time)):
                row: dict[str, Any] = {
                    "group": s.group,
                    **({"cause": s.cause} if s.cause else {}),
                    "time": float(s.time[k]),
                    "estimate": or_none(s.estimate[k]),
                    "std_error": or_none(s.std_error[k]),
                    "conf_low": or_none(s.conf_low[k]),
                    "conf_high": or_none(s.conf_high[k]),
                    "at_risk": float(s.at_risk[k]),
                    "events": float(s.events[k]),
                    "censored": float(s.censored[k]),
                }
                rows.append(row | {"note": self._why_no_interval(s, row)})
        return rows

    def glance(self) -> dict[str, Any]:
        """One dictionary: numbers of people and events, and the method."""
        return {
            "n": sum({s.group: s.n for s in self.stretches}.values()),
            "events": float(sum(s.events.sum() for s in self.stretches)),
            "method": self.method,
        }
