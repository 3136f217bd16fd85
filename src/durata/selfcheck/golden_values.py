"""Reads the bundled values of R and the data sets they belong to."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from durata.cohort import Column
from durata.kernels.arrays import FloatArray

HERE = Path(__file__).resolve().parent / "golden"


@cache
def values(file: str) -> Any:
    """R's values of one file, by case."""
    return _everything()[file]


@cache
def _everything() -> Any:
    return json.loads((HERE / "expected.json").read_text(encoding="utf-8"))


@cache
def demonstration() -> dict[str, list[float]]:
    """The recorded numbers of the demonstration, by analysis."""
    found: dict[str, list[float]] = json.loads((HERE / "demonstration.json").read_text(encoding="utf-8"))
    return found


@cache
def data(name: str) -> dict[str, list[str]]:
    """A data set: column name -> the text of its cells, empty where nothing is known."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return {column: [row[k] for row in rows[1:]] for k, column in enumerate(rows[0])}


def number(name: str, column: str) -> FloatArray:
    """A column of a data set as numbers, NaN where nothing is known."""
    return np.array([float(cell) if cell else np.nan for cell in data(name)[column]])


def labels(name: str, column: str) -> list[str]:
    """A column of a data set as text."""
    return list(data(name)[column])


def columns(name: str, wanted: list[str]) -> dict[str, Column]:
    """Several number columns by name."""
    return {column: number(name, column) for column in wanted}
