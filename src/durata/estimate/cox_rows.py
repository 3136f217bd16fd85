"""The rows of a Cohort as a Cox model uses them: complete, of positive weight, near-ties merged, laid out by risk set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.cohort import Cohort
from durata.estimate.observation import observed_times
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.kernels.partial_likelihood.fit import AVERAGED, TieMethod, kept_columns
from durata.kernels.partial_likelihood.likelihood import RiskSums, risk_sums
from durata.kernels.partial_likelihood.risk_order import RiskOrder, order_risk_sets
from durata.language.speaking import speak
from durata.terms import Design, present


@dataclass(frozen=True, eq=False)
class CoxRows:
    """What the kernels need, for the n rows used.

    ``rows`` (n,) their positions in the cohort; ``x`` (n, p); ``weights`` None for one each; ``stratum`` (n,) codes
    into ``design.stratum_names``, or None; ``cluster`` (n,) codes, or None for every row by itself;
    ``order`` None when nobody has the event.
    """

    rows: IntArray
    exit_time: FloatArray
    entry: FloatArray | None
    event: BoolArray
    weights: FloatArray | None
    frequency: bool
    stratum: IntArray | None
    offset: FloatArray | None
    cluster: IntArray | None
    person: IntArray
    x: FloatArray
    order: RiskOrder | None

    @property
    def n(self) -> int:
        """How many rows (frequency weights counted)."""
        return self._count(np.ones(len(self.rows), dtype=np.bool_))

    @property
    def n_events(self) -> int:
        """How many events (frequency weights counted)."""
        return self._count(self.event)

    @property
    def n_people(self) -> int:
        """How many persons (frequency weights counted)."""
        if np.all(self.person[1:] > self.person[:-1]):  # as most cohorts are: one row a person
            return self.n
        _, first = np.unique(self.person, return_index=True)
        chosen = np.zeros(len(self.rows), dtype=np.bool_)
        chosen[first] = True
        return self._count(chosen)

    def _count(self, chosen: BoolArray) -> int:
        if self.frequency and self.weights is not None:
            return int(self.weights[chosen].sum())
        return int(np.count_nonzero(chosen))

    def risk_order(self) -> RiskOrder:
        """The rows laid out by risk set; CannotEstimate when nobody has the event."""
        if self.order is None:
            raise CannotEstimate(speak("Nobody in the cohort has the event: no hazard can be compared."))
        return self.order

    def linear_predictor(self, coefficients: FloatArray) -> FloatArray:
        """(n,) linear predictors relative to the mean covariates and the mean offset."""
        eta = (self.x - self.mean(self.x)) @ coefficients
        return eta if self.offset is None else eta + (self.offset - self.mean(self.offset[:, None])[0])

    def mean(self, columns: FloatArray) -> FloatArray:
        """(p,) weighted means of ``columns`` (n, p)."""
        if self.weights is None:
            return np.asarray(columns.mean(axis=0))
        return np.asarray(self.weights @ columns / self.weights.sum())

    def clustered(self, leverage: FloatArray, *, by_cluster: bool) -> FloatArray:
        """(c, p) sums of the weighted leverages (n, p) whose squares are the variance, by row or by cluster.

        A frequency weight stands for persons who are independent unless a cluster column joins them.
        """
        if self.weights is None:
            out = leverage
        elif self.frequency and not (by_cluster and self.cluster is not None and not self._cluster_is_person()):
            out = leverage * np.sqrt(self.weights)[:, None]
        else:
            out = leverage * self.weights[:, None]
        if not by_cluster or self.cluster is None:
            return out
        order = np.argsort(self.cluster, kind="stable")
        starts = np.flatnonzero(np.diff(self.cluster[order], prepend=-1))
        return np.asarray(np.add.reduceat(out[order], starts, axis=0))

    def _cluster_is_person(self) -> bool:
        return self.cluster is not None and np.array_equal(self.cluster, _codes(self.person))


@dataclass(frozen=True, eq=False)
class Fitted:
    """Rows of a fitted model with what its post-estimates need.

    ``columns`` (p, m) covariates of the kept rows less ``centre`` (p,); ``sums`` over risk sets at the coefficients,
    the linear predictor being taken relative to ``centre`` and ``zero`` (its mean offset).
    """

    rows: CoxRows
    order: RiskOrder
    columns: FloatArray
    centre: FloatArray
    zero: float
    linear_predictor: FloatArray
    sums: RiskSums


def used_rows(cohort: Cohort, design: Design, cluster: str | None) -> BoolArray:
    """(n,) the rows a model uses: nothing missing in its terms or cluster, weight above 0."""
    kept = design.complete(cohort)
    if cluster is not None and not _is_person(cohort, cluster):
        kept = kept & present(cohort.column(cluster))
    return kept & weighted(cohort)


def weighted(cohort: Cohort) -> BoolArray:
    """(n,) rows that are there at all: their weight is above 0."""
    return np.ones(len(cohort), dtype=np.bool_) if cohort.weights is None else cohort.weights.values > 0


def cox_rows(cohort: Cohort, design: Design, *, ties: TieMethod, cluster: str | None) -> CoxRows:
    """Take the rows a model uses from a Cohort and lay them out.

    Raises
    ------
    CannotEstimate : an interval no longer than rounding; frequency weights that differ within a person when rows of
        persons are clustered.
    """
    kept = np.flatnonzero(used_rows(cohort, design, cluster))
    exit_time, entry = observed_times(cohort)
    chosen = cohort if len(kept) == len(cohort) else cohort.select(kept)
    exit_time, entry = exit_time[kept], None if entry is None else entry[kept]
    weights = None if chosen.weights is None else chosen.weights.values
    frequency = chosen.weights is not None and chosen.weights.kind == "frequency"
    event, person, stratum, offset = chosen.event, chosen.person, design.stratum(chosen), design.offset(chosen)
    x = design.matrix(chosen)
    clusters = None if cluster is None else cluster_codes(chosen, cluster)
    if ties in AVERAGED and frequency and weights is not None:
        # Frequency weights are repetition, and the exact likelihoods have no shorter way to say it.
        again = np.repeat(np.arange(len(kept)), weights.astype(np.intp))
        kept, exit_time, event, person, x = kept[again], exit_time[again], event[again], person[again], x[again]
        entry = None if entry is None else entry[again]
        stratum, offset = None if stratum is None else stratum[again], None if offset is None else offset[again]
        weights, frequency = None, False
    if frequency and weights is not None and cluster is not None and _is_person(cohort, cluster):
        _refuse_changing(weights, person)
    order = order_risk_sets(exit_time, event, entry=entry, stratum=stratum, weights=weights, frequency=frequency)
    return CoxRows(kept, exit_time, entry, event, weights, frequency, stratum, offset, clusters, person, x, order)


def fitted(rows: CoxRows, coefficients: FloatArray, *, ties: TieMethod) -> Fitted:
    """Evaluate the risk sets of ``rows`` at the coefficients (p,); exact ties use Breslow's hazard, as R does."""
    order = rows.risk_order()
    centre = rows.mean(rows.x)
    columns = kept_columns(order, rows.x) - centre[:, None]
    zero = 0.0 if rows.offset is None else float(rows.mean(rows.offset[:, None])[0])
    eta = rows.linear_predictor(coefficients)
    sums = risk_sums(order, order.weight * np.exp(eta[order.rows]), ties == "efron")
    return Fitted(rows, order, columns, centre, zero, eta, sums)


def cluster_codes(cohort: Cohort, cluster: str) -> IntArray:
    """(n,) codes 0, 1, ... of the clusters; "person" is the cohort's persons."""
    if _is_person(cohort, cluster):
        return _codes(cohort.person)
    return _codes(cohort.category(cluster).codes)


def _codes(values: IntArray) -> IntArray:
    return np.unique(values, return_inverse=True)[1].astype(np.intp, copy=False)


def _is_person(cohort: Cohort, cluster: str) -> bool:
    return cluster == "person" and "person" not in cohort.covariates


def _refuse_changing(weights: FloatArray, person: IntArray) -> None:
    order = np.argsort(person, kind="stable")
    person, weights = person[order], weights[order]
    if np.any((person[1:] == person[:-1]) & (weights[1:] != weights[:-1])):
        raise CannotEstimate(
            speak(
                "A frequency weight changes within a person; frequency weights count identical "
                "persons. Use kind='sampling' for weights that change over time."
            )
        )
