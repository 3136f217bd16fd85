"""Every design by name, and the words that say what it compares and what it conditions on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Protocol

from durata.cohort import Cohort
from durata.designs.delayed_entry import delayed_entry
from durata.designs.observed import observed
from durata.designs.time_dependent import time_dependent
from durata.kernels.arrays import IntArray
from durata.language.speaking import speak
from durata.records.records import Records
from durata.study.types import Study


class Builder(Protocol):
    """Makes the Cohort of a design; ``counts`` (n,) say how often each patient was drawn, None for once each."""

    def __call__(self, study: Study, records: Records, outcome: str, *, counts: IntArray | None = None) -> Cohort:
        """The Cohort of one outcome."""
        ...


@dataclass(frozen=True, slots=True)
class Design:
    """A design: ``build(study, records, outcome)`` makes its Cohort; the sentences go into the report.

    ``conditions_on`` says what a patient must have reached to be compared.
    """

    name: str
    title: str
    compares: str
    conditions_on: str
    build: Builder


DESIGNS: Mapping[str, Design] = MappingProxyType(
    {
        "observed_from_start": Design(
            "observed_from_start",
            "Achieved duration, time from {start}",
            "groups by the duration patients turned out to have, followed from {start}",
            "having reached {end}; each group is guaranteed survival until its members reached it",
            partial(observed, zero="start"),
        ),
        "observed_from_end": Design(
            "observed_from_end",
            "Achieved duration, time from {end}",
            "groups by the duration patients turned out to have, followed from {end}",
            "having reached {end}; what happened before it is not seen",
            partial(observed, zero="end"),
        ),
        "delayed_entry": Design(
            "delayed_entry",
            "Achieved duration, entering at {end}",
            "groups by the duration patients turned out to have, on the clock from {start}, each at risk from {end} on",
            "having reached {end}; no time is guaranteed, but where progression keeps patients from {end} there is no "
            "null guarantee: durations can differ in this analysis without having any effect",
            delayed_entry,
        ),
        "time_dependent": Design(
            "time_dependent",
            "{End} as a change in time",
            "time after {end} with time before it, everybody from {start}",
            "nothing: everybody who started is in it and no time is guaranteed; where progression keeps patients from "
            "{end} there is no null guarantee here either",
            time_dependent,
        ),
    }
)


def declared_design(study: Study) -> str:
    """Name the design the study file declares: the grouping on achieved duration from its time zero."""
    return f"observed_from_{study.time.zero}"


def in_words(sentence: str, study: Study) -> str:
    """Fill a design's sentence with the study's own words for the start and the end of treatment."""
    start, end = study.treatment.start_name, study.treatment.end_name
    capital = {"Start": start[:1].upper() + start[1:], "End": end[:1].upper() + end[1:]}
    return speak(sentence, start=start, end=end, **capital)
