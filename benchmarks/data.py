"""The data every implementation is timed on: made from a seed, written as raw numbers that R and Python read alike."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Case:
    """One piece of work on one data set: what is done, on how many rows and columns, with which times, how often."""

    work: str
    n: int
    p: int = 0
    times: str = "days"
    replicates: int = 0

    @property
    def name(self) -> str:
        """What the case is called in tables."""
        size = f"n = {self.n:,}" + (f", p = {self.p}" if self.p else "")
        return size + f", {self.times}" + (f", {self.replicates:,} replicates" if self.replicates else "")


def make(case: Case, folder: Path) -> None:
    """Write the arrays of a case into ``folder``, one raw file of doubles each (matrices column by column), and their list."""
    random = np.random.default_rng(20_261_122)
    makers = {"cox": _cox, "bootstrap": _cox, "rows": _rows, "curve": _groups, "logrank": _groups, "finegray": _causes}
    arrays = makers.get(case.work, _cox)(case, random)
    if case.work == "bootstrap":
        drawn = np.random.default_rng(7).integers(0, case.n, size=(case.replicates, case.n))
        arrays["drawn"] = drawn.T.astype(np.float64)  # one resample a column
    for name, values in arrays.items():
        np.asarray(values, dtype=np.float64).T.tofile(folder / f"{name}.bin")
    shapes = {name: list(np.shape(values)) for name, values in arrays.items()}
    (folder / "case.json").write_text(json.dumps({**asdict(case), "arrays": shapes}))


def read(folder: Path) -> tuple[Case, dict[str, np.ndarray]]:
    """The case of a folder and its arrays; matrices (n, p) row by row."""
    told = json.loads((folder / "case.json").read_text())
    shapes = told.pop("arrays")
    arrays = {}
    for name, shape in shapes.items():
        flat = np.fromfile(folder / f"{name}.bin")
        arrays[name] = np.ascontiguousarray(flat.reshape(shape[::-1]).T)
    return Case(**told), arrays


def _covariates(n: int, p: int, random: np.random.Generator) -> np.ndarray:
    x = random.normal(size=(n, p))
    x[:, 1::2] = x[:, 1::2] > 0.3
    return x


def _cox(case: Case, random: np.random.Generator) -> dict[str, np.ndarray]:
    x = _covariates(case.n, case.p, random)
    beta = 0.3 * (-1.0) ** np.arange(case.p) / np.sqrt(1 + np.arange(case.p))
    event = random.exponential(size=case.n) * np.exp(-(x - x.mean(axis=0)) @ beta)
    return {**_observed(event, random.exponential(1.2, size=case.n), case.times), "x": x}


def _observed(event: np.ndarray, censored: np.ndarray, times: str) -> dict[str, np.ndarray]:
    """Time and status; whole days are cut at 3,650."""
    if times == "days":
        event, censored = np.ceil(900 * event), np.minimum(np.ceil(900 * censored), 3650)
    return {"time": np.minimum(event, censored), "status": event <= censored}


def _rows(case: Case, random: np.random.Generator) -> dict[str, np.ndarray]:
    """N / 10 persons with ten rows of 120 days each; the rows after an event dropped."""
    people = case.n // 10
    person = np.repeat(np.arange(people), 10)
    interval = np.tile(np.arange(10), people)
    x = _covariates(len(person), case.p, random)
    beta = 0.25 * (-1.0) ** np.arange(case.p) / np.sqrt(1 + np.arange(case.p))
    begin = 120.0 * interval + np.repeat(np.floor(60 * random.random(people)), 10)
    gap = random.exponential(2500, size=len(person)) * np.exp(-x @ beta)
    if case.times == "days":
        gap = np.ceil(gap)
    event = gap <= 120
    past = np.cumsum(event) - event
    kept = past - np.repeat(past[::10], 10) == 0  # no event in an earlier row of the same person
    weights = np.repeat(np.exp(0.4 * random.normal(size=people)), 10)
    columns = {"entry": begin, "time": begin + np.minimum(gap, 120.0), "status": event, "weights": weights}
    return {**{name: values[kept] for name, values in columns.items()}, "person": person[kept], "x": x[kept]}


def _groups(case: Case, random: np.random.Generator) -> dict[str, np.ndarray]:
    group = random.integers(0, 3, size=case.n)
    event = random.exponential(size=case.n) * np.exp(-0.1 * group)
    return {**_observed(event, random.exponential(1.2, size=case.n), case.times), "group": group}


def _causes(case: Case, random: np.random.Generator) -> dict[str, np.ndarray]:
    made = _cox(case, random)
    other = random.exponential(1.5, size=case.n)
    other = np.ceil(900 * other) if case.times == "days" else other
    second = other < made["time"]
    return {
        "time": np.minimum(made["time"], other),
        "status": np.where(second, 2, made["status"]),
        "x": made["x"],
    }
