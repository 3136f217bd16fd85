"""A simulated cohort as any other study: a declaration and records, so that every design and rule can be asked about it."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from durata.category import Category
from durata.designs.emulated.courses import Courses, History, patient_courses
from durata.records.flow import Flow
from durata.records.records import Records, Source
from durata.simulation.mechanism import SimulatedCohort
from durata.simulation.scenarios import HORIZON, WINDOWS
from durata.study.types import Study

CUTOFF = 20_000
"""The day (since 1970) on which every simulated observation ends at the latest: 2024-10-04."""
COVARIATES = ("size", "site", "resistant")


def study_of(
    zero: Literal["start", "end"] = "start",
    *,
    adjust: tuple[str, ...] = COVARIATES,
    emulated: bool = False,
    population: Literal["started", "ended"] | None = None,
) -> Study:
    """The declaration of a simulated cohort: duration groups like the strategies, death, covariates known at the start."""
    groups: list[dict[str, Any]] = [{"name": name, "from": from_, "to": to} for name, from_, to in WINDOWS]
    del groups[-1]["to"]
    declared: dict[str, Any] = {
        "study": {"title": "Simulated cohort", "data_cutoff": np.datetime64(CUTOFF, "D").item()},
        "data": {"file": "simulated.csv", "id": "patient"},
        "treatment": {
            "name": "treatment",
            "start": "start",
            "end": "end",
            "groups": groups,
        },
        "time": {"zero": zero},
        "outcomes": {"death": {"label": "Death", "event": ["death"], "censor": "last_contact"}},
        "covariates": {
            "size": {"unit": "SD"},
            "site": {"type": "category", "levels": [0, 1]},
            "resistant": {"type": "category", "levels": [0, 1]},
        },
        "models": {"death": {"adjust": list(adjust)}},
        "horizons": {"at": [HORIZON]},
    }
    if population is not None:
        declared["study"]["population"] = population
    if emulated:
        windows = [{"name": name, "from": from_, "to": to} for name, from_, to in WINDOWS]
        declared["emulation"] = {
            "windows": windows,
            "horizon": HORIZON,
            "excused_by": ["progression"],
            "covariates": list(COVARIATES),
        }
    return Study.model_validate(declared)


def records_of(cohort: SimulatedCohort) -> Records:
    """The records of a simulated cohort; everybody's observation could go on until the same calendar day."""
    n, start = len(cohort), CUTOFF - cohort.could
    flow = Flow.start("patients simulated", n)

    def day(after: Any) -> Any:
        return np.where(np.isfinite(after), start + after, np.nan)

    people = cohort.patients
    return Records(
        identifiers=tuple(map(str, range(1, n + 1))),
        row=np.arange(2, n + 2),
        dates={
            "start": start,
            "end": day(cohort.ended),
            "progression": day(cohort.progressed),
            "death": day(np.where(cohort.died, cohort.last, np.inf)),
            "last_contact": start + cohort.last,
        },
        numbers={"size": people.size},
        categories={
            "site": Category(people.site.astype(np.intp), ("0", "1")),
            "resistant": Category(people.resistant.astype(np.intp), ("0", "1")),
        },
        source=Source("simulated.csv", "", n_rows=n),
        flow=flow,
    )


def courses_of(cohort: SimulatedCohort, *, current_size: bool = False) -> Courses:
    """The courses of a simulated cohort for its emulated trial; with ``current_size`` as measured every month."""
    people = cohort.patients
    covariates: dict[str, Any] = {"site": people.site, "resistant": people.resistant}
    histories = {}
    if np.ptp(people.centre) > 0 and cohort.centres:
        covariates["centre"] = people.centre
    if current_size and cohort.sizes is not None:
        person, month = np.nonzero(np.arange(24) * cohort.month_days < cohort.last[:, None])
        histories["size"] = History(
            person, np.asarray(month * cohort.month_days + 0.001, dtype=np.float64), cohort.sizes[person, month]
        )
    else:
        covariates["size"] = people.size
    return patient_courses(
        cohort.last,
        cohort.died.astype(np.float64),
        cohort.ended,
        horizon=HORIZON,
        interval=cohort.month_days,
        excused_at=cohort.progressed,
        lost=cohort.lost,
        covariates=covariates,
        histories=histories,
    )
