"""Concordance of a score with survival: pairs counted in n log n, with an infinitesimal-jackknife variance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.kernels.compiled.readiness import loaded, ready, warm
from durata.kernels.dominance import MANY, PrefixSums

TimeWeight = Literal["n", "n/G2", "S", "S/G", "I"]
SAME_SCORE = 1e-12
"""Scores closer than this share of the largest are the same: equal covariates must not differ by rounding."""


@dataclass(frozen=True, eq=False)
class PairCounts:
    """Weighted numbers of pairs by stratum, and what each row contributes to them.

    ``strata`` (S,) codes; counts (S,) each: ``concordant`` (the higher score fails first), ``discordant``, ``tied_score``,
    ``tied_time`` (both fail at once), ``tied_both``. ``influence`` (n, 3): weighted number of concordant, discordant and
    tied-score pairs each row is in, per unit of its own weight.
    """

    strata: IntArray
    concordant: FloatArray
    discordant: FloatArray
    tied_score: FloatArray
    tied_time: FloatArray
    tied_both: FloatArray
    influence: FloatArray

    @cached_property
    def n_pairs(self) -> float:
        """Weighted number of comparable pairs."""
        return float(self.concordant.sum() + self.discordant.sum() + self.tied_score.sum())

    @cached_property
    def index(self) -> float:
        """Share of comparable pairs that are concordant, ties in the score counting half; NaN without a pair."""
        if not self.n_pairs > 0:
            return float("nan")
        return float(self.concordant.sum() + self.tied_score.sum() / 2) / self.n_pairs

    def leverage(self) -> FloatArray:
        """(n,) derivative of the concordance by the weight of each row (NaN without a comparable pair)."""
        if not self.n_pairs > 0:
            return np.full(len(self.influence), np.nan)
        good = self.influence[:, 0] + self.influence[:, 2] / 2
        return np.asarray((good - self.index * self.influence.sum(axis=1)) / self.n_pairs)


def count_pairs(
    exit_time: FloatArray,
    event: BoolArray,
    score: FloatArray,
    *,
    entry: FloatArray | None = None,
    stratum: IntArray | None = None,
    weights: FloatArray | None = None,
    frequency: bool = False,
    time_weight: TimeWeight = "n",
) -> PairCounts:
    """Count pairs in which one is seen to fail while the other is at risk and goes on.

    At each event time every person who fails is compared with everybody at risk who does not fail then. A pair
    counts with the product of its weights and a weight of the time: 1 for "n" (Harrell), 1/G^2 for "n/G2" (Uno),
    N S/n for "S", N S/(G n) for "S/G", 1/n for "I"; N is the size of the stratum, n the number at risk, S and G
    the Kaplan-Meier curves of the event and of censoring just before the time.

    Parameters
    ----------
    exit_time, event, score : (n,); a higher score predicts an earlier event.
    entry : (n,) or None; stratum : (n,) codes or None; weights : (n,) positive, or None (``frequency``: counts).

    References
    ----------
    Harrell et al., JAMA 247:2543, 1982; Uno et al., Statist. Med. 30:1105, 2011; Therneau, vignette "Concordance", 2024.
    """
    n = len(exit_time)
    weight = np.ones(n) if weights is None else weights
    if entry is None and stratum is None and time_weight == "n" and n and (loaded() or (n >= MANY and ready())):
        return _in_machine_code(exit_time, event, score, weight, frequency)
    code = np.zeros(n, dtype=np.intp) if stratum is None else np.unique(stratum, return_inverse=True)[1]
    order = np.lexsort((~event, exit_time, code))
    rows = _Sorted.of(exit_time[order], event[order], code[order].astype(np.intp, copy=False), weight[order])
    rank = _ranks(score[order], rows.stratum)
    late = None if entry is None else _Entries.of(entry[order], rows, rank)
    time_factor = _time_weights(time_weight, rows, late)
    factor = time_factor[rows.of_time]
    fails = rows.fails
    e_rank, e_stratum, e_time, e_weight = rank[fails], rows.stratum[fails], rows.time[fails], rows.weight[fails]
    shared = np.bincount(rank)[rank] > 1  # only a score that occurs twice can be tied

    # Each event against those who go on: how much weight has a lower score, the same, a higher one.
    table = PrefixSums(rank, rows.weight)

    def going_on(chosen: IntArray, below: IntArray) -> FloatArray:
        later = table.all_below(below) - table.before_and_below(rows.behind[chosen], below)
        return later if late is None else later - late.not_yet_below(e_time[chosen], e_stratum[chosen], below)

    everyone = table.before(rows.ends[e_stratum]) - table.before(rows.behind)
    if late is not None:
        everyone = everyone - late.not_yet(e_time, e_stratum)
    tied = np.flatnonzero(shared[fails])
    both = going_on(np.append(np.arange(len(fails)), tied), np.append(e_rank, e_rank[tied] + 1))
    lower, same = both[: len(fails)], np.zeros(len(fails))
    same[tied] = both[len(fails) :] - lower[tied]
    higher = everyone - lower - same

    # Each row against the events it outlived while at risk.
    events = PrefixSums(e_rank, e_weight * factor)
    survived = np.cumsum(rows.event, dtype=np.intp)
    survived[fails] = np.searchsorted(rows.of_time, rows.of_time)  # an event outlives those before its own time only
    # Events of earlier strata are taken away with those before entry.
    missed = (
        np.searchsorted(e_stratum, rows.stratum)
        if late is None
        else _place(e_time, e_stratum, late.row_entry, rows.stratum, side="right")
    )

    def outlived(chosen: IntArray, below: IntArray) -> FloatArray:
        out = events.before_and_below(survived[chosen], below)
        if np.any(missed):
            out = out - events.before_and_below(missed[chosen], below)
        return out

    ties = np.flatnonzero(shared)
    both = outlived(np.append(np.arange(n), ties), np.append(rank, rank[ties] + 1))
    below_it, as_it = both[:n], np.zeros(n)
    as_it[ties] = both[n:] - below_it[ties]
    above_it = events.before(survived) - events.before(missed) - below_it - as_it

    influence = np.column_stack([above_it, below_it, as_it])
    influence[fails] += factor[:, None] * np.column_stack([lower, higher, same])
    put_back = np.empty_like(influence)
    put_back[order] = influence

    def by_stratum(values: FloatArray, of: IntArray) -> FloatArray:
        return np.bincount(of, weights=values, minlength=len(rows.starts)).astype(np.float64, copy=False)

    tied_time, tied_both = _tied_pairs(e_weight, rows, e_rank, frequency)
    time_stratum = e_stratum[rows.time_starts]
    return PairCounts(
        strata=np.zeros(1, dtype=np.intp) if stratum is None else np.unique(stratum),
        concordant=by_stratum(e_weight * factor * lower, e_stratum),
        discordant=by_stratum(e_weight * factor * higher, e_stratum),
        tied_score=by_stratum(e_weight * factor * same, e_stratum),
        tied_time=by_stratum(time_factor * (tied_time - tied_both), time_stratum),
        tied_both=by_stratum(time_factor * tied_both, time_stratum),
        influence=put_back,
    )


def _in_machine_code(
    exit_time: FloatArray, event: BoolArray, score: FloatArray, weight: FloatArray, frequency: bool
) -> PairCounts:
    """The pairs of one stratum without late entry by compiled code."""
    warm()
    from durata.kernels.compiled.concordance_sweep import count

    by_score = np.argsort(score)
    step = np.diff(score[by_score]) > SAME_SCORE * max(float(np.max(np.abs(score))), 1e-300)
    rank = np.zeros(len(score), dtype=np.int64)
    rank[by_score[1:]] = np.cumsum(step)
    influence, totals = np.zeros((len(score), 3)), np.zeros(5)
    order = np.argsort(exit_time).astype(np.int64, copy=False)
    count(order, exit_time, event, rank, weight, int(rank[by_score[-1]]) + 1, frequency, influence, totals)
    concordant, discordant, tied_score, tied_time, tied_both = np.split(totals, 5)
    one = np.zeros(1, dtype=np.intp)
    return PairCounts(one, concordant, discordant, tied_score, tied_time, tied_both, influence)


@dataclass(frozen=True, eq=False)
class _Sorted:
    """Rows sorted by stratum and time, events before others at a time.

    ``starts``, ``ends`` (S,) of the strata; ``fails`` (e,) rows with the event, ``of_time`` (e,) their distinct
    (stratum, time), ``behind`` (e,) the first row after the events of that time; ``time_starts`` (K,) into ``fails``.
    """

    time: FloatArray
    event: BoolArray
    stratum: IntArray
    weight: FloatArray
    starts: IntArray
    ends: IntArray
    fails: IntArray
    of_time: IntArray
    behind: IntArray
    time_starts: IntArray

    @classmethod
    def of(cls, time: FloatArray, event: BoolArray, stratum: IntArray, weight: FloatArray) -> _Sorted:
        starts = np.flatnonzero(np.diff(stratum, prepend=-1))
        fails = np.flatnonzero(event)
        new = np.ones(len(fails), dtype=np.bool_)
        new[1:] = (np.diff(time[fails]) != 0) | (np.diff(stratum[fails]) != 0)
        of_time, time_starts = np.cumsum(new) - 1, np.flatnonzero(new)
        last = np.append(time_starts[1:], len(fails)) - 1
        behind = (fails[last] + 1)[of_time] if len(fails) else fails
        return cls(
            time, event, stratum, weight, starts, np.append(starts[1:], len(time)), fails, of_time, behind, time_starts
        )


@dataclass(frozen=True, eq=False)
class _Entries:
    """The rows by their time of entry: who has not come yet when somebody fails."""

    entry: FloatArray
    stratum: IntArray
    ends: IntArray
    table: PrefixSums
    row_entry: FloatArray

    @classmethod
    def of(cls, entry: FloatArray, rows: _Sorted, rank: IntArray) -> _Entries:
        order = np.lexsort((entry, rows.stratum))
        return cls(entry[order], rows.stratum[order], rows.ends, PrefixSums(rank[order], rows.weight[order]), entry)

    def not_yet(self, at: FloatArray, stratum: IntArray) -> FloatArray:
        """Weight of those of the stratum who enter at ``at`` or later."""
        return self.table.before(self.ends[stratum]) - self.table.before(_place(self.entry, self.stratum, at, stratum))

    def not_yet_below(self, at: FloatArray, stratum: IntArray, below: IntArray) -> FloatArray:
        """The same, of those only whose rank is below ``below``."""
        first = _place(self.entry, self.stratum, at, stratum)
        return self.table.all_below(below) - self.table.before_and_below(first, below)


def _ranks(score: FloatArray, strata: IntArray) -> IntArray:
    """(n,) ranks 0, 1, ... of the scores, those of a later stratum all higher; equal scores share a rank."""
    by_score = np.lexsort((score, strata))
    sorted_score, sorted_strata = score[by_score], strata[by_score]
    apart = np.diff(sorted_score) > SAME_SCORE * max(float(np.max(np.abs(score))), 1e-300)
    new = np.concatenate([[False], apart | (np.diff(sorted_strata) != 0)])
    out = np.empty(len(score), dtype=np.intp)
    out[by_score] = np.cumsum(new)
    return out


def _tied_pairs(weight: FloatArray, rows: _Sorted, rank: IntArray, frequency: bool) -> tuple[FloatArray, FloatArray]:
    """(K,), (K,) weight of the pairs of events at the same time, and of those that also have the same score."""
    of_time, n_times = rows.of_time, len(rows.time_starts)
    if n_times == 0:
        return np.zeros(0), np.zeros(0)
    alone = weight if frequency else weight**2

    def pairs(starts: IntArray, values: FloatArray, single: FloatArray) -> FloatArray:
        return np.asarray((np.add.reduceat(values, starts) ** 2 - np.add.reduceat(single, starts)) / 2)

    both = np.lexsort((rank, of_time))
    new = np.ones(len(both), dtype=np.bool_)
    new[1:] = (np.diff(of_time[both]) != 0) | (np.diff(rank[both]) != 0)
    both_starts = np.flatnonzero(new)
    same = np.bincount(of_time[both][both_starts], pairs(both_starts, weight[both], alone[both]), n_times)
    return pairs(rows.time_starts, weight, alone), same.astype(np.float64, copy=False)


def _time_weights(kind: TimeWeight, rows: _Sorted, late: _Entries | None) -> FloatArray:
    """(K,) weight of each distinct event time; a stratum with a single event counts it once, as in R."""
    out = np.ones(len(rows.time_starts))
    if kind == "n" or len(rows.fails) == 0:
        return out
    total = np.concatenate([[0.0], np.cumsum(rows.weight)])
    first = rows.fails[rows.time_starts]
    s = rows.stratum[first]
    at_risk = total[rows.ends[s]] - total[first]
    if late is not None:
        at_risk = at_risk - late.not_yet(rows.time[first], s)
    dying = total[rows.behind[rows.time_starts]] - total[first]
    for code in range(len(rows.starts)):
        times = np.flatnonzero(s == code)
        members = slice(int(rows.starts[code]), int(rows.ends[code]))
        if np.count_nonzero(rows.event[members]) < 2:
            continue
        n, d = at_risk[times], dying[times]
        survival = np.concatenate([[1.0], np.cumprod(1.0 - d / n)[:-1]])
        size = float(rows.weight[members].sum())
        if kind == "I":
            out[times] = 1.0 / n
        elif kind == "S":
            out[times] = size * survival / n
        else:
            kept = _censoring_before(
                rows.time[members], rows.event[members], rows.weight[members], rows.time[first[times]]
            )
            out[times] = 1.0 / kept**2 if kind == "n/G2" else size * survival / (kept * n)
    return out


def _censoring_before(time: FloatArray, event: BoolArray, weight: FloatArray, at: FloatArray) -> FloatArray:
    """Kaplan-Meier curve of censoring just before the times ``at``; who fails at a time is not at risk of censoring at it.

    Rows are sorted by time, events before others.
    """
    left = np.cumsum(weight[::-1])[::-1]
    censored = np.flatnonzero(~event)
    if len(censored) == 0:
        return np.ones(len(at))
    begins = np.flatnonzero(np.diff(time[censored], prepend=-np.inf))
    gone = np.add.reduceat(weight[censored], begins)
    curve = np.cumprod(1.0 - gone / left[censored[begins]])
    return np.concatenate([[1.0], curve])[np.searchsorted(time[censored[begins]], at, side="left")]


def _place(
    times: FloatArray,
    strata: IntArray,
    at: FloatArray,
    stratum: IntArray,
    side: Literal["left", "right"] = "left",
) -> IntArray:
    """Where (stratum, at) would be put into (strata, times), which are sorted by stratum and time."""
    out = np.empty(len(at), dtype=np.intp)
    for code in np.unique(stratum).tolist():
        begin, end = np.searchsorted(strata, code), np.searchsorted(strata, code, side="right")
        chosen = stratum == code
        out[chosen] = begin + np.searchsorted(times[begin:end], at[chosen], side=side)
    return out
