"""One group of a Cohort, counted: its rows, its risk sets, and the variances that both allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from durata.cohort import Cohort
from durata.estimate.observation import Observation
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray, IntArray
from durata.kernels.product_limit import Estimate, jackknife_variance
from durata.kernels.risk_set import RiskSets, Rows, count_risk_sets, n_distinct
from durata.language.speaking import speak

Variance = Literal["auto", "greenwood", "infinitesimal-jackknife"]


@dataclass(frozen=True, slots=True)
class Counted:
    """The rows of one group (those of a person that follow each other joined), counted; ``n`` persons."""

    name: str
    rows: Rows
    sets: RiskSets
    repeated_clusters: bool
    n: int

    @property
    def at_risk(self) -> FloatArray:
        """(m,) weighted number at risk."""
        return self.sets.at_risk[:, 0]

    @property
    def events(self) -> FloatArray:
        """(m,) weighted number of events."""
        return self.sets.events[:, 0]

    def jackknife(self, estimate: Estimate) -> FloatArray:
        """(m,) the robust variance of the estimate's log S or H."""
        weights, cluster, multiplicity = self.clusters()
        return jackknife_variance(
            estimate,
            event=self.rows.event,
            exit_index=self.sets.exit_index,
            entry_index=self.sets.entry_index,
            weights=weights,
            cluster=cluster,
            multiplicity=multiplicity,
        )

    def clusters(self) -> tuple[FloatArray | None, IntArray | None, FloatArray | None]:
        """Weights inside the square, clusters (None: every row its own) and how many identical clusters there are."""
        alone = n_distinct(self.rows.cluster) == len(self.rows.cluster)
        repeated = self.rows.weights if self.repeated_clusters else None
        if repeated is not None and not alone:
            _refuse_changing(repeated, self.rows)
        return self.rows.weights if repeated is None else None, None if alone else self.rows.cluster, repeated


def _refuse_changing(repeated: FloatArray, rows: Rows) -> None:
    """Frequency weights repeat persons; one that changes within a person repeats nobody."""
    order = np.argsort(rows.person, kind="stable")
    person, weight = rows.person[order], repeated[order]
    if np.any((person[1:] == person[:-1]) & (weight[1:] != weight[:-1])):
        raise CannotEstimate(
            speak(
                "A frequency weight changes within a person; frequency weights count identical "
                "persons. Use kind='sampling' for weights that change over time."
            )
        )


def count_group(observation: Observation, code: int) -> Counted:
    """Count one group of an Observation."""
    rows = observation.of_group(code)
    sets = count_risk_sets(
        rows.exit_time,
        rows.event,
        rows.entry,
        weights=rows.weights,
        frequency=observation.frequency,
        continues=rows.continues,
    )
    if observation.frequency and rows.weights is not None:
        _, first = np.unique(rows.person, return_index=True)
        n = int(rows.weights[first].sum())
    else:
        n = n_distinct(rows.person)
    return Counted(observation.levels[code], rows, sets, observation.repeated_clusters, n)


def is_robust(cohort: Cohort, variance: Variance) -> bool:
    """Whether the variance asked for is the jackknife's; "auto" is, for sampling weights."""
    if variance not in get_args(Variance):
        raise CannotEstimate(
            speak(
                "There is no variance {variance!r}; there are {known}.",
                variance=variance,
                known=speak(", ").join(get_args(Variance)),
            )
        )
    sampling = cohort.weights is not None and cohort.weights.kind == "sampling"
    return variance == "infinitesimal-jackknife" or (variance == "auto" and sampling)


def variance_name(*, robust: bool) -> str:
    """The variance by its field name."""
    return "infinitesimal-jackknife" if robust else "greenwood"


def check_level(conf_level: float) -> None:
    """Raise CannotEstimate for a confidence level outside (0, 1)."""
    if not 0.0 < conf_level < 1.0:
        raise CannotEstimate(
            speak("The confidence level must lie between 0 and 1 (0.95), not {conf_level!r}.", conf_level=conf_level)
        )
