"""Measurements: a number recorded again and again, each with its patient and its day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Measurements:
    """``person`` (m,) positions of the patients, ``day`` (m,) days since 1970-01-01, ``value`` (m,); by person, then day.

    ``plateau`` is the change in percent from one value to the next below which a value counts as on a plateau.
    """

    person: IntArray
    day: FloatArray
    value: FloatArray
    plateau: float = 10.0

    def of(self, stay: BoolArray) -> Measurements:
        """Those of the patients that stay, who are numbered anew; ``stay`` (n,)."""
        place = np.cumsum(stay) - 1
        kept = stay[self.person]
        return Measurements(place[self.person[kept]], self.day[kept], self.value[kept], self.plateau)
