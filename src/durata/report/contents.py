"""Everything a report is made from, in one frozen hand-over; and where it came from (provenance)."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

from durata.estimate.analysis import Answers
from durata.records.records import Records
from durata.rules.runner import Verdicts
from durata.study.types import Study

COMPUTED_WITH = ("numpy", "scipy", "pandas", "pydantic", "openpyxl", "matplotlib")


@dataclass(frozen=True)
class Provenance:
    """What made the numbers: durata and its libraries by version, and the inputs by sha256."""

    durata: str
    python: str
    platform: str
    libraries: Mapping[str, str]
    data_file: str
    data_sha256: str
    study_file: str
    study_sha256: str
    beside: Mapping[str, str] = field(default_factory=dict)  # name and sha256 of what was read beside the data


def provenance(study: Study, records: Records) -> Provenance:
    """Collect versions and hashes; file names without their folders."""
    source = study.source
    return Provenance(
        durata=installed("durata"),
        python=".".join(map(str, sys.version_info[:3])),
        platform=f"{platform.system()} {platform.machine()}",
        libraries={name: installed(name) for name in COMPUTED_WITH},
        data_file=records.source.file,
        data_sha256=records.source.sha256,
        study_file=source.path.name if source else "(made in memory)",
        study_sha256=source.sha256 if source else "",
        beside=dict(records.source.beside),
    )


def installed(name: str) -> str:
    """The installed version of a library, as its metadata say."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


@dataclass(frozen=True)
class Contents:
    """Study, records, answers, verdicts and provenance: what chapters and results are written from."""

    study: Study
    records: Records
    answers: Answers
    verdicts: Verdicts
    provenance: Provenance
