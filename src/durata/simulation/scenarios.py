"""The scenarios of the simulation: one course of disease and treatment, and what each scenario changes in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray
from durata.language.speaking import speak

AfterEnd = Literal["same", "best in the middle", "worse with duration"]
WINDOWS = (("short", 0, 6), ("middle", 6, 12), ("long", 12, 24))
"""The strategies compared: end treatment in (from, to] months."""
HORIZON = 60
"""Months after the start at which survival is compared."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens to patients month by month; chances are of one month.

    ``progression`` for an average patient, times exp(0.55 size + 0.45 site + 0.6 resistant); ``death_after`` and
    ``death_before`` progression. ``waiting`` is how strongly a large tumour puts off the end of treatment, ``response`` how
    strongly shrinkage brings it nearer. ``progression_before_end`` multiplies progression before the end. ``after_end``
    says how progression after the end depends on the month of the end. ``frailty`` is the log odds (ending) and log hazard
    (progression) of something nobody records; ``walk`` the monthly SD of log size about its course, with ``current_size``
    (not size at the start) deciding on progression. ``last_at_centre`` is the month by which one of two centres ends all
    treatment; ``loss`` the chance of being lost, more with size; ``heaped`` the share of ends recorded at round months.
    """

    name: str
    says: str
    progression: float = 0.0052
    death_after: float = 0.022
    death_before: float = 0.0006
    waiting: float = 0.6
    response: float = 0.3
    progression_before_end: float = 1.0
    after_end: AfterEnd = "same"
    frailty: float = 0.0
    walk: float = 0.0
    current_size: bool = False
    last_at_centre: int | None = None
    loss: float = 0.0
    heaped: float = 0.0

    @property
    def null(self) -> bool:
        """Whether the month in which treatment ends changes nothing: every strategy has the same survival."""
        return self.after_end == "same" and not self.current_size

    def hazard_after_end(self, month: FloatArray) -> FloatArray:
        """(n,) by what progression is multiplied after treatment ended in each month."""
        if self.after_end == "best in the middle":
            return np.asarray(np.exp(np.minimum(1.1 * ((month - 9.5) / 6) ** 2, 1.6) - 0.5))
        if self.after_end == "worse with duration":
            return np.asarray(np.exp(np.clip(0.12 * (month - 6), -0.4, 1.2)))
        return np.ones(len(month))


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        one.name: one
        for one in (
            Scenario("null", "when treatment ends does not matter; only those free of progression end it"),
            Scenario(
                "lethal",
                "it does not matter, and the disease is lethal: three times the progression, more deaths after it",
                progression=3 * 0.0052,
                death_after=0.05,
            ),
            Scenario("optimum", "ending treatment near 9.5 months is best", after_end="best in the middle"),
            Scenario("monotone", "the later treatment ends the worse", after_end="worse with duration"),
            Scenario(
                "unmeasured",
                "it does not matter; something nobody records decides both on the end and on progression",
                frailty=0.7,
            ),
            Scenario(
                "varying",
                "current size decides both on the end and on progression, and treatment changes it",
                walk=0.08,
                current_size=True,
            ),
            Scenario(
                "positivity",
                "it does not matter; one of two centres, with the worse patients, never treats beyond 12 months",
                last_at_centre=12,
            ),
            Scenario("loss", "it does not matter; patients with large tumours are lost to follow-up", loss=0.008),
            Scenario("heaped", "it does not matter; six of ten ends are recorded at a round month", heaped=0.6),
        )
    }
)


def scenario(name: str) -> Scenario:
    """A scenario by name.

    Raises
    ------
    CannotEstimate : there is none of this name; the message names those there are.
    """
    if name not in SCENARIOS:
        raise CannotEstimate(
            speak(
                "There is no scenario {name!r}; there are {names}.",
                name=name,
                names=speak(", ").join(map(repr, SCENARIOS)),
            )
        )
    return SCENARIOS[name]
