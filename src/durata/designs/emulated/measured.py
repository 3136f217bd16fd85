"""Measurements of long tables become histories of an emulated trial: the last value, its change since the start, its plateau.

before the start: the last value is the baseline | after it: every measurement changes the value from its day on
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from durata.designs.emulated.courses import History
from durata.designs.timeline import Timeline
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray, IntArray
from durata.language.speaking import speak
from durata.records.measurements import Measurements
from durata.records.records import Records
from durata.study.long_tables import CHANGE, PLATEAU
from durata.study.types import Study


def measured_histories(
    study: Study, records: Records, line: Timeline, names: Sequence[str], step: float
) -> tuple[dict[str, History], Timeline]:
    """The histories that [emulation] time_varying names, and the timeline of the patients who have them from the start.

    "size" is the value itself; "size.change" its change in percent since the baseline, the last value on the day of the start or
    before it, else the first of the first ``step``; "size.plateau" 1 when it differs from the value before it by less than
    the declared percentage. Patients without a value in the first step leave the timeline.
    """
    sources = {name: _source(records, name) for name in names}
    for base in dict.fromkeys(base for base, _ in sources.values()):
        early = _days(study, records, records.measured[base]) <= step
        has = np.zeros(len(records), dtype=np.bool_)
        has[records.measured[base].person[early]] = True
        line = line.keep(has[line.person], speak("{name} is not known at the start", name=base))
    place = np.full(len(records), -1, dtype=np.intp)
    place[line.person] = np.arange(len(line.person))
    out = {}
    for name, (base, what) in sources.items():
        one = records.measured[base]
        kept = place[one.person] >= 0
        person, time, value = place[one.person[kept]], _days(study, records, one)[kept], one.value[kept]
        if what == CHANGE:
            value = _change(person, time, value, base)
        elif what == PLATEAU:
            value = _plateau(person, value, one.plateau)
        out[name] = History(person, time, value)
    return out, line


def _source(records: Records, name: str) -> tuple[str, str]:
    """The measured value behind a name, and what of it is asked for."""
    if name in records.measured:
        return name, ""
    base, _, what = name.rpartition(".")
    if base not in records.measured or what not in (CHANGE, PLATEAU):
        raise CannotEstimate(speak("No table holds measurements of {name!r}.", name=name))
    return base, what


def _days(study: Study, records: Records, one: Measurements) -> FloatArray:
    """(m,) days of measurements since the start of their patient's treatment."""
    return np.asarray(one.day - records.dates[study.treatment.start][one.person])


def _change(person: IntArray, time: FloatArray, value: FloatArray, name: str) -> FloatArray:
    """(m,) percent since the baseline; rows by person, then time."""
    first = np.searchsorted(person, np.arange(int(person.max(initial=-1)) + 1))
    number = np.bincount(person, weights=(time <= 0).astype(np.float64), minlength=len(first)).astype(np.intp)
    baseline = value[np.minimum(first + np.maximum(number - 1, 0), len(value) - 1)][person]
    if np.any(baseline == 0):
        raise CannotEstimate(
            speak(
                "{name!r} is 0 at the start for {n} patient(s): a change in percent has no base there.",
                name=name,
                n=len(np.unique(person[baseline == 0])),
            )
        )
    return np.asarray(100.0 * (value - baseline) / baseline)


def _plateau(person: IntArray, value: FloatArray, percent: float) -> FloatArray:
    """(m,) 1 where a value differs from its patient's one before by less than ``percent``; the first is on none."""
    out = np.zeros(len(value))
    same = person[1:] == person[:-1]
    out[1:] = same & (100.0 * np.abs(value[1:] - value[:-1]) < percent * np.abs(value[:-1]))
    return out
