"""Fine and Gray's risk sets: who had a competing event stays in them, weighted by the chance not to have been censored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.kernels.partial_likelihood.likelihood import RiskSums, first_moments
from durata.kernels.partial_likelihood.risk_order import RiskOrder


@dataclass(frozen=True, eq=False)
class Censoring:
    """The hazard of being censored at the distinct times (u,) at which somebody was: events (u,) of at_risk (u,)."""

    time: FloatArray
    censored: FloatArray
    at_risk: FloatArray

    def before(self, times: FloatArray) -> FloatArray:
        """The probability G(t-) of not being censored before each of ``times``."""
        free = np.cumprod(np.concatenate([[1.0], 1.0 - self.censored / self.at_risk]))
        return np.asarray(free[np.searchsorted(self.time, times, side="left")])


def censoring(exit_time: FloatArray, ended: BoolArray, *, events_first: bool) -> Censoring:
    """Count censorings; ``events_first``: who has any event at a time is not at risk of being censored at it."""
    time, counts = np.unique(exit_time[~ended], return_counts=True)
    ordered = np.sort(exit_time)
    at_risk = len(ordered) - np.searchsorted(ordered, time, side="left")
    if events_first:
        with_event = np.sort(exit_time[ended])
        at_risk = at_risk - (np.searchsorted(with_event, time, "right") - np.searchsorted(with_event, time, "left"))
    return Censoring(time, counts.astype(np.float64), at_risk.astype(np.float64))


@dataclass(frozen=True, eq=False)
class SubdistributionOrder(RiskOrder):
    """Rows by subdistribution risk set: a row with a competing event at x counts G(t-) / G(x-) at every later t.

    ``competing`` (c,) are kept rows with a competing event, in order of time; ``at_end`` (c,) G(x-) of them and
    ``at_event`` (K,) G(t-) of the event times. Nothing is laid out row by event time: the weight is a product, and
    sums over rows and over times each need one factor.
    """

    competing: IntArray
    at_end: FloatArray
    at_event: FloatArray

    def over_risk_sets(self, values: FloatArray, *, careful: bool = False) -> FloatArray:
        """Weighted sums of ``values`` (..., m) over the risk set of every event time: (..., K)."""
        gone = np.cumsum(values[..., self.competing] / self.at_end, axis=-1)
        gone = np.concatenate([np.zeros((*gone.shape[:-1], 1)), gone], axis=-1)
        before = np.searchsorted(self.last[self.competing], np.arange(self.n_times), side="right")
        return super().over_risk_sets(values, careful=careful) + self.at_event * gone[..., before]

    def while_at_risk(self, per_time: FloatArray, *, careful: bool = False) -> FloatArray:
        """Weighted sums of ``per_time`` (..., K) over the event times each kept row is at risk at: (..., m)."""
        out = super().while_at_risk(per_time, careful=careful)
        out[..., self.last == 0] = 0.0
        later = np.cumsum((self.at_event * per_time)[..., ::-1], axis=-1)[..., ::-1]
        later = np.concatenate([later, np.zeros((*later.shape[:-1], 1))], axis=-1)
        out[..., self.competing] += later[..., self.last[self.competing]] / self.at_end
        return out


def order_subdistribution(
    exit_time: FloatArray, event: BoolArray, competing: BoolArray, kept_free: Censoring
) -> SubdistributionOrder | None:
    """Lay out rows (n,) observed from the beginning; None when there is no event.

    References
    ----------
    Fine & Gray, JASA 1999;94:496; Geskus, Biometrics 2011;67:39.
    """
    if not np.any(event):
        return None
    times = np.unique(exit_time[event])
    rows = np.argsort(exit_time, kind="stable")
    last = np.searchsorted(times, exit_time[rows], side="right").astype(np.intp)
    kept = (last > 0) | competing[rows]
    rows, last = rows[kept], last[kept]
    event_rows = np.flatnonzero(event[rows])
    event_index = last[event_rows] - 1
    deaths = np.bincount(event_index, minlength=len(times)).astype(np.float64)
    gone = np.flatnonzero(competing[rows])
    return SubdistributionOrder(
        n=len(exit_time),
        rows=rows,
        weight=np.ones(len(rows)),
        first=np.zeros(len(rows), dtype=np.intp),
        last=last,
        starts=np.searchsorted(last, np.arange(1, len(times) + 1)),
        row_bounds=np.array([0, len(rows)]),
        time_bounds=np.array([0, len(times)]),
        time=times,
        stratum=np.zeros(len(times), dtype=np.intp),
        event_rows=event_rows,
        event_index=event_index,
        deaths=deaths,
        death_weight=deaths,
        late=None,
        frequency=False,
        competing=gone,
        at_end=kept_free.before(exit_time[rows[gone]]),
        at_event=kept_free.before(times),
    )


def censoring_scores(
    order: SubdistributionOrder,
    x: FloatArray,
    sums: RiskSums,
    kept_free: Censoring,
    exit_time: FloatArray,
    censored: BoolArray,
) -> FloatArray:
    """(n, p) what each row adds to the score because the censoring distribution was estimated from it.

    ``x`` (p, m) covariates of the kept rows; ``exit_time``, ``censored`` (n,). Added to the score residuals, it gives
    the variance of Fine and Gray, whose weights are known to be estimates.

    References
    ----------
    Fine & Gray, JASA 1999;94:496, section 5.
    """
    p = len(x)
    s1, _ = first_moments(order, x, sums)
    per_time = order.at_event * sums.hazard
    mean = s1 / sums.s0
    # Censoring at u moves the weights that rows with a competing event before u have at event times from u on
    # (cmprsk's reading of ties between them).
    gone = order.competing
    risk = sums.relative_risk[gone] / order.at_end
    of_rows = np.concatenate([np.zeros((p + 1, 1)), np.cumsum(np.vstack([risk, x[:, gone] * risk]), axis=1)], axis=1)
    later = np.cumsum(np.vstack([per_time, mean * per_time])[:, ::-1], axis=1)[:, ::-1]
    of_times = np.concatenate([later, np.zeros((p + 1, 1))], axis=1)
    u = kept_free.time
    ended = of_rows[:, np.searchsorted(exit_time[order.rows[gone]], u, side="left")]
    to_come = of_times[:, np.searchsorted(order.time, u, side="left")]
    moved = (ended[1:] * to_come[0] - ended[0] * to_come[1:]) / kept_free.at_risk
    spent = np.concatenate(
        [np.zeros((p, 1)), np.cumsum(moved * kept_free.censored / kept_free.at_risk, axis=1)], axis=1
    )
    out = -spent[:, np.searchsorted(u, exit_time, side="right")]
    out[:, censored] += moved[:, np.searchsorted(u, exit_time[censored])]
    return np.asarray(out.T)
