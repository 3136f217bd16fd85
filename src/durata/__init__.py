"""durata: how long should this treatment last? The public names, nothing else."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from durata.category import Category as Category
    from durata.category import categorise as categorise
    from durata.cohort import Cohort as Cohort
    from durata.cohort import Weights as Weights
    from durata.designs.observed import observed as observed
    from durata.designs.time_dependent import time_dependent as time_dependent
    from durata.examples import example as example
    from durata.finding import CannotEstimate as CannotEstimate
    from durata.finding import DurataError as DurataError
    from durata.finding import Finding as Finding
    from durata.finding import Severity as Severity
    from durata.finding import StudyError as StudyError
    from durata.estimate.guaranteed_time import guaranteed_time as guaranteed_time
    from durata.trace import trace_patient as trace_patient
    from durata.pipeline import run as run
    from durata.records.reading import read_records as read_records
    from durata.records.records import Records as Records
    from durata.rules.catalogue import lint as lint
    from durata.study.file import read_study as read_study
    from durata.study.schema import study_schema as study_schema
    from durata.study.types import Study as Study

# Where each public name lives. It is imported when somebody first asks for it, so that "import durata"
# and "durata --help" load none of numpy, pandas and matplotlib.
_HOMES = {
    # a study from its files
    "read_study": "durata.study.file",
    "read_records": "durata.records.reading",
    "run": "durata.pipeline",
    "lint": "durata.rules.catalogue",
    "study_schema": "durata.study.schema",
    "example": "durata.examples",
    "Study": "durata.study.types",
    "Records": "durata.records.records",
    # cohorts
    "Cohort": "durata.cohort",
    "Weights": "durata.cohort",
    "Category": "durata.category",
    "categorise": "durata.category",
    # designs
    "observed": "durata.designs.observed",
    "time_dependent": "durata.designs.time_dependent",
    "guaranteed_time": "durata.estimate.guaranteed_time",
    "trace_patient": "durata.trace",
    # what durata says
    "Finding": "durata.finding",
    "Severity": "durata.finding",
    "DurataError": "durata.finding",
    "StudyError": "durata.finding",
    "CannotEstimate": "durata.finding",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("durata")
    if name not in _HOMES:
        raise AttributeError(f"module 'durata' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
