"""Every design by name, and the words that say what it compares and what it conditions on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Protocol

from durata.cohort import Cohort
from durata.designs.delayed_entry import delayed_entry
from durata.designs.landmark import landmark
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

    ``conditions_on`` says what a patient must have reached to be compared; ``null`` whether durations without any effect
    would be found to have none.
    """

    name: str
    title: str
    compares: str
    conditions_on: str
    build: Builder
    null: str


NONE_GUARANTEED = (
    "no: guaranteed time and the selection of those who reached {end} make a difference where there is none"
)
NO_START = "no: what happened before {end} selects who is compared"
STOPPED = (
    "no, where progression keeps patients from {end}: durations can differ in this analysis without having any effect"
)
APPROXIMATE = "approximate, among those free of progression at the landmark; else no"

DESIGNS: Mapping[str, Design] = MappingProxyType(
    {
        "observed_from_start": Design(
            "observed_from_start",
            "Achieved duration, time from {start}",
            "groups by the duration patients turned out to have, followed from {start}",
            "having reached {end}; each group is guaranteed survival until its members reached it",
            partial(observed, zero="start"),
            NONE_GUARANTEED,
        ),
        "observed_from_end": Design(
            "observed_from_end",
            "Achieved duration, time from {end}",
            "groups by the duration patients turned out to have, followed from {end}",
            "having reached {end}; what happened before it is not seen",
            partial(observed, zero="end"),
            NO_START,
        ),
        "delayed_entry": Design(
            "delayed_entry",
            "Achieved duration, entering at {end}",
            "groups by the duration patients turned out to have, on the clock from {start}, each at risk from {end} on",
            "having reached {end}; no time is guaranteed",
            delayed_entry,
            STOPPED,
        ),
        "time_dependent": Design(
            "time_dependent",
            "{End} as a change in time",
            "time after {end} with time before it, everybody from {start}",
            "nothing: everybody who started is in it and no time is guaranteed",
            time_dependent,
            STOPPED,
        ),
    }
)


LANDMARK = "landmark"
"""What the names of the declared landmarks begin with."""


def designs_of(study: Study) -> Mapping[str, Design]:
    """The designs of a study: those that every study has, and its declared landmarks."""
    length = study.study.days(study.treatment.unit)
    unit = speak(study.treatment.unit)
    marks = {
        f"{LANDMARK}_{at:g}": Design(
            f"{LANDMARK}_{at:g}",
            speak("Landmark at {at:g} {unit}", at=at, unit=unit),
            "those at risk at the landmark by whether treatment had ended by then, followed from that day",
            "being under observation without the event at the landmark; no time is guaranteed",
            partial(landmark, at=at * length),
            APPROXIMATE,
        )
        for at in study.time.landmarks
    }
    return MappingProxyType({**DESIGNS, **marks})


def by_duration(design: str) -> bool:
    """Whether a design compares the declared duration groups, rather than ended with not ended."""
    return design != "time_dependent" and not design.startswith(LANDMARK)


def declared_design(study: Study) -> str:
    """Name the design the study file declares: the grouping on achieved duration from its time zero."""
    return f"observed_from_{study.time.zero}"


def in_words(sentence: str, study: Study) -> str:
    """Fill a design's sentence with the study's own words for the start and the end of treatment."""
    start, end = study.treatment.start_name, study.treatment.end_name
    capital = {"Start": start[:1].upper() + start[1:], "End": end[:1].upper() + end[1:]}
    return speak(sentence, start=start, end=end, **capital)
