"""Patients behind a drawn Kaplan-Meier curve: times of events and censoring that give the curve and its numbers at risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from durata.category import Category
from durata.cohort import Cohort
from durata.estimate.reconstruction_walk import Leaving, walk
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import FloatArray, IntArray
from durata.language.speaking import speak

MOST_PATIENTS = 20_000


@dataclass(frozen=True)
class DigitisedCurve:
    """A Kaplan-Meier curve read off a figure.

    ``times`` (k,) increasing and ``survival`` (k,) between 0 and 1, never rising, the survival just after each time;
    best the foot of every step. ``risk_times`` (m,) begin at 0 and ``at_risk`` (m,) are the numbers at risk printed
    under the figure; the number at the start alone will do. ``total_events`` when the paper says it.
    """

    times: Sequence[float]
    survival: Sequence[float]
    risk_times: Sequence[float]
    at_risk: Sequence[int]
    total_events: int | None = None


def reconstruct_patients(curves: Mapping[str, DigitisedCurve], *, unit: str = "months") -> Cohort:
    """Rebuild the patients behind drawn Kaplan-Meier curves, so that a published figure can be analysed again.

    Between two printed numbers at risk the curve says how many events there were, given when patients were censored;
    censoring is spread evenly over the stretch, in the number that leads to the next number at risk. After the last
    printed number it is chosen so that the total of events is met, or goes on at the rate seen before where the total
    is not given. What is lost to rounding and to censoring that was not even cannot be got back.

    Parameters
    ----------
    curves : by name of the group, the first is the reference; times in ``unit``.
    unit : name of the unit of time.

    Returns
    -------
    Cohort with one row a reconstructed patient, grouped by the names of the curves. Its notes say where a total of
    events could not be met.

    Raises
    ------
    CannotEstimate : times that do not increase, survival that rises or leaves 0 to 1, numbers at risk that rise, or a
        curve that falls further than its numbers at risk allow; the message names group and time.

    References
    ----------
    Guyot, Ades, Ouwens & Welton, BMC Medical Research Methodology 2012;12:9.

    Examples
    --------
    >>> import durata as du
    >>> drawn = du.DigitisedCurve([2, 5, 9], [0.9, 0.8, 0.6], [0, 6], [10, 7], total_events=4)
    >>> cohort = du.reconstruct_patients({"short": drawn})
    >>> len(cohort), cohort.n_events
    (10, 4)
    >>> [int((cohort.exit >= month).sum()) for month in (0, 6)]
    [10, 7]
    """
    if not curves:
        raise CannotEstimate(speak("There is no curve to reconstruct patients from."))
    exits: list[FloatArray] = []
    events: list[IntArray] = []
    notes: list[Finding] = []
    for name, curve in curves.items():
        left = _arm(name, curve, notes)
        exits.append(left.exit)
        events.append(left.event)
    codes = np.repeat(np.arange(len(curves)), [len(one) for one in exits])
    time = np.concatenate(exits)
    return Cohort(
        person=np.arange(len(time)),
        exit=time,
        event=np.concatenate(events).astype(bool),
        group=Category(codes.astype(np.intp), tuple(curves)),
        unit=unit,
        time_zero=speak("the start of the drawn curve"),
        design="reconstructed",
        outcome="event",
        notes=tuple(notes),
    )


@dataclass(frozen=True)
class _Left:
    exit: FloatArray
    event: IntArray


def _arm(name: str, curve: DigitisedCurve, notes: list[Finding]) -> _Left:
    """The patients of one curve."""
    times, survival = _points(name, curve)
    risk_times, at_risk = _risk_table(name, curve)
    end = max(float(times[-1]), float(risk_times[-1]))
    falling = int(np.searchsorted(risk_times, times[-1], side="right")) - 1  # the stretch of the last point
    reached, exits, events, censored_before = 1.0, [], [], 0
    happened = 0
    for k, (start, n) in enumerate(zip(risk_times, at_risk, strict=True)):
        last = k == len(risk_times) - 1
        stop = end if last else float(risk_times[k + 1])
        inside = (times >= start) & ((times <= stop) if last else (times < stop))
        stretch = Leaving(float(start), stop, int(n), times[inside], survival[inside], reached)
        wanted = None if curve.total_events is None or k < falling else curve.total_events - happened
        if last:
            guess = _going_on(censored_before, float(start), stop, int(n))
            walked = walk(stretch, events=wanted, censored=guess if wanted is None else None)
        else:
            walked = walk(stretch, leaving=int(n - at_risk[k + 1]), events=wanted)
            if walked.n_events + walked.n_censored != n - at_risk[k + 1]:
                raise CannotEstimate(
                    speak(
                        "Curve {group!r}: from {start:g} to {stop:g} the curve takes at least {events} events, but the "
                        "number at risk falls by {left} only (from {first} to {second}). One of them is misread.",
                        group=name,
                        start=float(start),
                        stop=stop,
                        events=walked.n_events,
                        left=int(n - at_risk[k + 1]),
                        first=int(n),
                        second=int(at_risk[k + 1]),
                    )
                )
        exits += [walked.event_times, walked.censored_times]
        events += [np.ones(walked.n_events, dtype=np.intp), np.zeros(walked.n_censored, dtype=np.intp)]
        reached, censored_before = walked.reached, censored_before + walked.n_censored
        happened += walked.n_events
        if last:
            staying = int(n) - walked.n_events - walked.n_censored
            exits.append(np.full(staying, end))
            events.append(np.zeros(staying, dtype=np.intp))
    if curve.total_events is not None and happened != curve.total_events:
        notes.append(_not_met(name, happened, curve.total_events))
    return _Left(np.concatenate(exits), np.concatenate(events))


def _points(name: str, curve: DigitisedCurve) -> tuple[FloatArray, FloatArray]:
    """The points of a curve, without any at time 0 where everybody is alive."""
    times, survival = np.asarray(curve.times, dtype=np.float64), np.asarray(curve.survival, dtype=np.float64)
    if times.ndim != 1 or times.shape != survival.shape or not len(times):
        raise CannotEstimate(
            speak("Curve {group!r}: as many survival values as times are needed, and at least one.", group=name)
        )
    if not np.all(np.isfinite(times)) or times[0] < 0 or np.any(np.diff(times) <= 0):
        raise CannotEstimate(speak("Curve {group!r}: the times must increase from 0 on.", group=name))
    outside = ~((survival >= 0) & (survival <= 1))
    rising = np.concatenate([[False], np.diff(survival) > 0])
    for wrong, words in (
        (outside, "Curve {group!r}: survival {value:g} at time {time:g} does not lie between 0 and 1."),
        (rising, "Curve {group!r}: survival rises to {value:g} at time {time:g}; a Kaplan-Meier curve never rises."),
    ):
        if np.any(wrong):
            k = int(np.flatnonzero(wrong)[0])
            raise CannotEstimate(speak(words, group=name, value=float(survival[k]), time=float(times[k])))
    if times[0] == 0 and survival[0] == 1:
        times, survival = times[1:], survival[1:]
    if not len(times):
        raise CannotEstimate(speak("Curve {group!r} has no point after time 0.", group=name))
    return times, survival


def _risk_table(name: str, curve: DigitisedCurve) -> tuple[FloatArray, IntArray]:
    """The numbers at risk, up to the first zero: everybody has left by then."""
    risk_times, at_risk = np.asarray(curve.risk_times, dtype=np.float64), np.asarray(curve.at_risk)
    if risk_times.ndim != 1 or risk_times.shape != at_risk.shape or not len(risk_times):
        raise CannotEstimate(
            speak("Curve {group!r}: as many numbers at risk as times of them are needed, and at least one.", group=name)
        )
    if not np.all(np.isfinite(risk_times)) or risk_times[0] != 0 or np.any(np.diff(risk_times) <= 0):
        raise CannotEstimate(
            speak("Curve {group!r}: the times of the numbers at risk must increase from 0.", group=name)
        )
    numbers = at_risk.astype(np.float64)
    if np.any(numbers != np.round(numbers)) or np.any(numbers < 0) or not 1 <= numbers[0] <= MOST_PATIENTS:
        raise CannotEstimate(
            speak(
                "Curve {group!r}: numbers at risk are whole numbers, the first between 1 and {most}.",
                group=name,
                most=MOST_PATIENTS,
            )
        )
    if np.any(np.diff(numbers) > 0):
        k = int(np.flatnonzero(np.diff(numbers) > 0)[0])
        raise CannotEstimate(
            speak(
                "Curve {group!r}: the number at risk rises from {first} to {second} at {time:g}.",
                group=name,
                first=int(numbers[k]),
                second=int(numbers[k + 1]),
                time=float(risk_times[k + 1]),
            )
        )
    total = curve.total_events
    if total is not None and not 0 <= total <= numbers[0]:
        raise CannotEstimate(
            speak(
                "Curve {group!r}: {total} events of {n} patients cannot be.", group=name, total=total, n=int(numbers[0])
            )
        )
    until = int(np.argmax(numbers == 0)) + 1 if np.any(numbers == 0) else len(numbers)
    return risk_times[:until], numbers[:until].astype(np.intp)


def _going_on(censored: int, start: float, stop: float, n: int) -> int:
    """Censored after the last printed number if it goes on at the rate seen before it."""
    return 0 if start == 0 else min(round(censored * (stop - start) / start), n)


def _not_met(name: str, found: int, total: int | None) -> Finding:
    return Finding(
        "N80",
        Severity.WARNING,
        "The curve {group} and its numbers at risk give {found} events; {total} were printed.",
        {"group": name, "found": found, "total": total},
        "Check the points and the numbers at risk that were read off.",
    )
