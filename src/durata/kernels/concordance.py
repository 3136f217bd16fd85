"""Concordance of a score with survival: pairs counted in n log n, with an infinitesimal-jackknife variance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray, IntArray

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

    @property
    def index(self) -> float:
        """The concordance: share of comparable pairs that are concordant, ties in the score counting half; NaN for none."""
        pairs = self.concordant.sum() + self.discordant.sum() + self.tied_score.sum()
        return float((self.concordant.sum() + self.tied_score.sum() / 2) / pairs) if pairs > 0 else float("nan")

    def leverage(self) -> FloatArray:
        """(n,) derivative of the concordance by the weight of each row (NaN without a comparable pair)."""
        pairs = self.concordant.sum() + self.discordant.sum() + self.tied_score.sum()
        if not pairs > 0:
            return np.full(len(self.influence), np.nan)
        good = self.influence[:, 0] + self.influence[:, 2] / 2
        return np.asarray((good - self.index * self.influence.sum(axis=1)) / pairs)


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
    code = np.zeros(n, dtype=np.intp) if stratum is None else np.unique(stratum, return_inverse=True)[1]
    order = np.lexsort((~event, exit_time, code))
    time, status, strata, w = exit_time[order], event[order], code[order], weight[order]
    rank = _ranks(score[order], strata)
    starts = np.flatnonzero(np.diff(strata, prepend=-1))
    ends = np.append(starts[1:], n)

    # Events, their distinct times, and the first row after the events of each time.
    fails = np.flatnonzero(status)
    new_time = np.ones(len(fails), dtype=np.bool_)
    new_time[1:] = (np.diff(time[fails]) != 0) | (np.diff(strata[fails]) != 0)
    of_time = np.cumsum(new_time) - 1
    time_starts = np.flatnonzero(new_time)
    behind = (fails[np.append(time_starts[1:], len(fails)) - 1] + 1)[of_time] if len(fails) else fails

    late = None if entry is None else _Entries.of(entry[order], strata, rank, w)
    time_factor = _time_weights(time_weight, fails, time_starts, behind, time, status, strata, w, starts, ends, late)
    factor = time_factor[of_time]

    # Each event against those who go on: how much weight has a lower score, the same, a higher one.
    e_rank, e_stratum = rank[fails], strata[fails]
    table = _Prefix(rank, w)

    def going_on(chosen: IntArray, below: IntArray) -> FloatArray:
        later = table.all_below(below) - table.before(behind[chosen], below)
        return later if late is None else later - late.not_yet(time[fails[chosen]], e_stratum[chosen], below)

    everyone = table.before(ends[e_stratum]) - table.before(behind)
    if late is not None:
        everyone = everyone - late.not_yet(time[fails], e_stratum)
    shared = np.bincount(rank)[rank] > 1  # only a score that occurs twice can be tied
    tied = np.flatnonzero(shared[fails])
    lower, same = going_on(np.arange(len(fails)), e_rank), np.zeros(len(fails))
    same[tied] = going_on(tied, e_rank[tied] + 1) - lower[tied]
    higher = everyone - lower - same

    # Each row against the events it outlived while at risk.
    events = _Prefix(e_rank, w[fails] * factor)
    survived = np.cumsum(status)
    survived[fails] = np.searchsorted(of_time, of_time)  # an event outlives those before its own time only
    missed = np.searchsorted(e_stratum, strata) if late is None else late.events_missed(time[fails], e_stratum, strata)

    def outlived(chosen: IntArray, below: IntArray) -> FloatArray:
        return events.before(survived[chosen], below) - events.before(missed[chosen], below)

    ties = np.flatnonzero(shared)
    below_it, as_it = outlived(np.arange(n), rank), np.zeros(n)
    as_it[ties] = outlived(ties, rank[ties] + 1) - below_it[ties]
    above_it = events.before(survived) - events.before(missed) - below_it - as_it

    influence = np.empty((n, 3))
    influence[:, 0], influence[:, 1], influence[:, 2] = above_it, below_it, as_it
    influence[fails] += factor[:, None] * np.column_stack([lower, higher, same])

    def by_stratum(values: FloatArray) -> FloatArray:
        return np.bincount(e_stratum, weights=values, minlength=len(starts))

    ew = w[fails]
    tied_time, tied_both = _tied_pairs(ew, of_time, time_starts, e_rank, frequency)
    time_stratum = e_stratum[time_starts]
    put_back = np.empty_like(influence)
    put_back[order] = influence
    return PairCounts(
        strata=strata[starts] if stratum is None else np.unique(stratum),
        concordant=by_stratum(ew * factor * lower),
        discordant=by_stratum(ew * factor * higher),
        tied_score=by_stratum(ew * factor * same),
        tied_time=np.bincount(time_stratum, weights=time_factor * (tied_time - tied_both), minlength=len(starts)),
        tied_both=np.bincount(time_stratum, weights=time_factor * tied_both, minlength=len(starts)),
        influence=put_back,
    )


def _ranks(score: FloatArray, strata: IntArray) -> IntArray:
    """(n,) ranks 0, 1, ... of the scores, those of a later stratum all higher; equal scores share a rank."""
    by_score = np.lexsort((score, strata))
    sorted_score, sorted_strata = score[by_score], strata[by_score]
    apart = np.diff(sorted_score) > SAME_SCORE * max(float(np.max(np.abs(score))), 1e-300)
    new = np.concatenate([[False], apart | (np.diff(sorted_strata) != 0)])
    out = np.empty(len(score), dtype=np.intp)
    out[by_score] = np.cumsum(new)
    return out


def _tied_pairs(
    weight: FloatArray, of_time: IntArray, time_starts: IntArray, rank: IntArray, frequency: bool
) -> tuple[FloatArray, FloatArray]:
    """(K,), (K,) weight of the pairs of events at the same time, and of those that also have the same score."""
    if len(weight) == 0:
        return np.zeros(0), np.zeros(0)
    alone = weight if frequency else weight**2

    def pairs(starts: IntArray, values: FloatArray, single: FloatArray) -> FloatArray:
        return np.asarray((np.add.reduceat(values, starts) ** 2 - np.add.reduceat(single, starts)) / 2)

    both = np.lexsort((rank, of_time))
    new = np.ones(len(both), dtype=np.bool_)
    new[1:] = (np.diff(of_time[both]) != 0) | (np.diff(rank[both]) != 0)
    both_starts = np.flatnonzero(new)
    same = np.bincount(of_time[both][both_starts], pairs(both_starts, weight[both], alone[both]), len(time_starts))
    return pairs(time_starts, weight, alone), same


def _time_weights(
    kind: TimeWeight,
    fails: IntArray,
    time_starts: IntArray,
    behind: IntArray,
    time: FloatArray,
    status: BoolArray,
    strata: IntArray,
    w: FloatArray,
    starts: IntArray,
    ends: IntArray,
    late: _Entries | None,
) -> FloatArray:
    """(K,) weight of each distinct event time; a stratum with a single event counts it once, as in R."""
    out = np.ones(len(time_starts))
    if kind == "n" or len(fails) == 0:
        return out
    total = np.concatenate([[0.0], np.cumsum(w)])
    first = fails[time_starts]
    s = strata[first]
    at_risk = total[ends[s]] - total[first]
    if late is not None:
        at_risk = at_risk - late.not_yet(time[first], s)
    dying = total[behind[time_starts]] - total[first]
    for code in range(len(starts)):
        times = np.flatnonzero(s == code)
        if np.count_nonzero(strata[fails] == code) < 2:
            continue
        n, d = at_risk[times], dying[times]
        survival = np.concatenate([[1.0], np.cumprod(1.0 - d / n)[:-1]])
        size = total[ends[code]] - total[starts[code]]
        if kind == "I":
            out[times] = 1.0 / n
        elif kind == "S":
            out[times] = size * survival / n
        else:
            # Censoring curve just before the time: those who fail at a time are no longer at risk of censoring at it.
            rows = slice(int(starts[code]), int(ends[code]))
            kept = _censoring_before(time[rows], status[rows], w[rows], time[first[times]])
            out[times] = 1.0 / kept**2 if kind == "n/G2" else size * survival / (kept * n)
    return out


def _censoring_before(time: FloatArray, status: BoolArray, w: FloatArray, at: FloatArray) -> FloatArray:
    """Kaplan-Meier curve of censoring just before the times ``at``; rows sorted by time, events before censorings."""
    left = np.cumsum(w[::-1])[::-1]
    censored = np.flatnonzero(~status)
    if len(censored) == 0:
        return np.ones(len(at))
    begins = np.flatnonzero(np.diff(time[censored], prepend=-np.inf))
    gone = np.add.reduceat(w[censored], begins)
    curve = np.cumprod(1.0 - gone / left[censored[begins]])
    return np.concatenate([[1.0], curve])[np.searchsorted(time[censored[begins]], at, side="left")]


class _Prefix:
    """Sums of weights over the first q items whose rank is below r, for many (q, r) at once, in log n passes.

    Items are sorted by the bits of their rank from the highest down; at each bit a query either keeps those with
    the bit clear (and is then done with the others) or counts them and goes on among those with it set.
    """

    def __init__(self, rank: IntArray, weight: FloatArray) -> None:
        self.rank, self.weight = rank, weight
        self.bits = int(rank.max(initial=0) + 1).bit_length()
        self.running = np.concatenate([[0.0], np.cumsum(weight)])
        self.below = np.concatenate([[0], np.cumsum(np.bincount(rank, minlength=1 << self.bits))])
        self.weight_below = np.concatenate([[0.0], np.cumsum(np.bincount(rank, weight, minlength=1 << self.bits))])

    def all_below(self, r: IntArray) -> FloatArray:
        """Sums over all items with rank below ``r``."""
        return self.weight_below[r]

    def before(self, q: IntArray, r: IntArray | None = None) -> FloatArray:
        """Sums over the first ``q`` items with rank below ``r`` (all ranks if None)."""
        if r is None:
            return self.running[q]
        out = np.zeros(len(q))
        if len(self.rank) == 0 or len(q) == 0:
            return out
        rank, weight, inside = self.rank, self.weight, q.astype(np.intp)
        for bit in range(self.bits - 1, -1, -1):
            set_bit = (rank >> bit) & 1
            clear = np.concatenate([[0], np.cumsum(1 - set_bit)])
            clear_weight = np.concatenate([[0.0], np.cumsum(np.where(set_bit, 0.0, weight))])
            block = (r >> (bit + 1)) << (bit + 1)  # lowest rank of the block of ranks the query is in
            begin = self.below[np.minimum(block, len(self.below) - 1)]
            zeros = clear[begin + inside] - clear[begin]
            goes_on = ((r >> bit) & 1).astype(np.bool_)
            out += np.where(goes_on, clear_weight[begin + inside] - clear_weight[begin], 0.0)
            inside = np.where(goes_on, inside - zeros, zeros)
            # Stable sort by this bit within each block of equal higher bits.
            into = _refine(rank, set_bit, clear, bit, self.below)
            rank, weight = rank[into], weight[into]
        return out


def _refine(rank: IntArray, set_bit: IntArray, clear: IntArray, bit: int, below: IntArray) -> IntArray:
    """The permutation that sorts items by one more bit, keeping their order: clear before set within each block."""
    block = (rank >> (bit + 1)) << (bit + 1)
    begin = below[block]
    middle = below[block + (1 << bit)]
    place = np.arange(len(rank))
    zeros_before = clear[place] - clear[begin]
    target = np.where(set_bit, middle + (place - begin - zeros_before), begin + zeros_before)
    into = np.empty(len(rank), dtype=np.intp)
    into[target] = place
    return into


@dataclass(frozen=True, eq=False)
class _Entries:
    """The rows by their time of entry: who has not come yet when somebody fails."""

    time: FloatArray
    stratum: IntArray
    row_time: FloatArray
    row_stratum: IntArray
    table: _Prefix
    ends: IntArray

    @classmethod
    def of(cls, entry: FloatArray, strata: IntArray, rank: IntArray, w: FloatArray) -> _Entries:
        order = np.lexsort((entry, strata))
        ends = np.searchsorted(strata, np.arange(int(strata.max(initial=0)) + 1), side="right")
        return cls(entry[order], strata[order], entry, strata, _Prefix(rank[order], w[order]), ends)

    def not_yet(self, at: FloatArray, stratum: IntArray, below: IntArray | None = None) -> FloatArray:
        """Weight of those of the stratum who enter at ``at`` or later (and have a rank below ``below``)."""
        first = _place(self.time, self.stratum, at, stratum)
        if below is None:
            return self.table.before(self.ends[stratum]) - self.table.before(first)
        return self.table.all_below(below) - self.table.before(first, below)

    def events_missed(self, event_time: FloatArray, event_stratum: IntArray, strata: IntArray) -> IntArray:
        """(n,) number of events (in sorted order) up to and including each row's entry, earlier strata counted."""
        return _place(event_time, event_stratum, self.row_time, strata, side="right")


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
