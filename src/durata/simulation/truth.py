"""The truth: survival when each strategy is forced on everybody, by the generator of the cohorts with very many patients."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import numpy as np
from numpy.random import SeedSequence, default_rng

from durata.designs.emulated.courses import month_of
from durata.kernels.arrays import FloatArray
from durata.simulation.mechanism import MONTH_DAYS, Regime, draw_cohort, draw_patients, live
from durata.simulation.scenarios import HORIZON, SCENARIOS, WINDOWS, Scenario
from durata.weighting.grace import grace_shares

Ending = Literal["natural", "window", "uniform"]
ENDINGS: tuple[Ending, ...] = ("natural", "window", "uniform")
"""How treatment ends within a window: as it happens to, as observed ends spread over it, or evenly."""
SEED = 20_251_122


@dataclass(frozen=True, slots=True)
class Truth:
    """Survival and restricted mean (months) at the horizon under one strategy, each with its Monte Carlo error."""

    survival: float
    survival_error: float
    restricted_mean: float
    restricted_mean_error: float


@cache
def known_truths() -> Mapping[tuple[str, str, str], Truth]:
    """The truths kept with the package, by scenario, ending and window; made by ``durata simulate --truth``."""
    kept = json.loads(resources.files(__package__).joinpath("truth.json").read_text(encoding="utf-8"))
    return {
        (row["scenario"], row["ending"], row["window"]): Truth(
            row["survival"], row["survival_error"], row["restricted_mean"], row["restricted_mean_error"]
        )
        for row in kept["truths"]
    }


def forced(
    scenario: Scenario, people: int, seed: int = SEED, endings: tuple[Ending, ...] = ENDINGS
) -> Iterator[tuple[Ending, str, Truth]]:
    """Force every window on the same patients with the same fates, once for each way of ending."""
    of_patients, of_fates, of_cohort = SeedSequence(seed).spawn(3)
    patients = draw_patients(people, default_rng(of_patients))
    observed = observed_endings(scenario, people, of_cohort)
    for ending in endings:
        for name, from_, to in WINDOWS:
            chances = None
            if ending != "natural":
                chances = tuple(grace_shares(observed, from_ + 1, to, HORIZON, ending)[from_:to].tolist())
            lives = live(scenario, patients, default_rng(of_fates), HORIZON, Regime(from_ + 1, to, chances))
            survival = lives.survival(HORIZON)
            months = np.minimum(np.where(lives.died <= HORIZON, lives.died - 0.5, HORIZON), HORIZON)
            yield (
                ending,
                name,
                Truth(
                    float(survival[-1]),
                    float(np.sqrt(survival[-1] * (1 - survival[-1]) / people)),
                    float(months.mean()),
                    float(months.std() / np.sqrt(people)),
                ),
            )


def observed_endings(scenario: Scenario, people: int, stream: SeedSequence) -> FloatArray:
    """(months,) how many ends of treatment are observed in each month in a very large cohort, which is what h* goes by."""
    cohort = draw_cohort(scenario, people, default_rng(stream), months=max(to for _, _, to in WINDOWS))
    months = month_of(cohort.ended, MONTH_DAYS)
    free = cohort.ended <= cohort.progressed
    return np.bincount(months[free & (months <= HORIZON)], minlength=HORIZON + 1)[1:].astype(np.float64)


def truth_table(people: int, seed: int = SEED) -> dict[str, Any]:
    """All truths as one document, for the file kept with the package."""
    rows = [
        {
            "scenario": name,
            "ending": ending,
            "window": window,
            "survival": round(truth.survival, 6),
            "survival_error": round(truth.survival_error, 6),
            "restricted_mean": round(truth.restricted_mean, 5),
            "restricted_mean_error": round(truth.restricted_mean_error, 5),
        }
        for name, one in SCENARIOS.items()
        for ending, window, truth in forced(one, people, seed)
    ]
    return {"people": people, "seed": seed, "horizon": HORIZON, "truths": rows}
