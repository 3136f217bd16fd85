"""Makes ``reference`` importable however pytest was called; with ``--ledger=FILE`` writes what was compared with R."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import recording
import reference

HERE = Path(__file__).parent
NOT_ANSWERS = {"codebook", "versions"}


@cache
def dataset_of(file: str) -> dict[str, str]:
    """The data set of every case of a file, by the case's name; empty for a file without cases."""
    whole = reference._read(file)
    rows = whole if isinstance(whole, list) else []
    return {row["id"]: row["dataset"] for row in rows if isinstance(row, dict) and "dataset" in row}


class Ledger:
    """Every test of this folder that passed, with its data sets, the values of R it compared and the differences."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.tests: list[dict[str, object]] = []
        self.places: set[tuple[str, str]] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Function) -> Iterator[None]:
        """Record the comparisons of one test; a test that fails raises here and leaves no entry."""
        here = recording.Running()
        callspec = getattr(item, "callspec", None)
        given = list(callspec.params.values()) if callspec else []
        here.case = next((value for value in given if isinstance(value, reference.Case)), None)
        if here.case is not None:
            here.datasets[here.case.dataset] = None
        recording.running.append(here)
        try:
            yield
        finally:
            recording.running.clear()
        self.places |= set(here.places)
        if not here.datasets:  # a fit kept from an earlier test: its case says on which data
            for file, path in here.places:
                here.datasets |= {of: None for of in (dataset_of(file).get(path.split("/")[1]),) if of}
        self.tests.append(
            {
                "module": item.path.stem,
                "test": item.originalname,
                "files": sorted({file for file, _ in here.places}),
                "datasets": sorted(here.datasets),
                "comparisons": here.comparisons,
            }
        )

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the ledger unless a test failed."""
        if exitstatus != 0:
            return
        everything = {
            path.stem: [leaf.place for leaf in recording.leaves(reference._read(path.stem))]
            for path in sorted((HERE / "expected").glob("*.json"))
            if path.stem not in NOT_ANSWERS
        }
        written = {
            "tests": self.tests,
            "values": {file: len(places) for file, places in everything.items()},
            "left": {
                file: [path for place in places if place not in self.places for path in [place[1]]]
                for file, places in everything.items()
            },
        }
        self.file.write_text(json.dumps(written), encoding="utf-8")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--ledger=FILE``."""
    parser.addoption("--ledger", metavar="FILE", help="write what was compared with R (JSON)")


def pytest_configure(config: pytest.Config) -> None:
    """Begin a ledger when one is asked for."""
    file = config.getoption("--ledger", default=None)
    if file:
        config.pluginmanager.register(Ledger(Path(file)), "ledger")
