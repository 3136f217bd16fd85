"""Rank tests: Kruskal-Wallis, Wilcoxon's rank-sum and signed-rank tests, exact where R's are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from durata.kernels.arrays import FloatArray
from durata.kernels.contingency import UNDEFINED, Statistic

EXACT_BELOW = 50
"""The exact distribution is used below so many people (in each sample), where no values are tied."""


@dataclass(frozen=True)
class RankTest:
    """A rank statistic with its two-sided p-value; ``exact`` says whether from its exact distribution.

    ``shift`` is the Hodges-Lehmann estimate with exact limits ``low`` and ``high``: NaN where values are tied or people too few.
    """

    statistic: float
    p_value: float
    exact: bool
    n: int
    shift: float = np.nan
    low: float = np.nan
    high: float = np.nan


def kruskal_wallis(samples: Sequence[ArrayLike]) -> Statistic:
    """Kruskal-Wallis test of samples (empty ones left out), corrected for ties; NaN where all values are the same.

    References
    ----------
    Kruskal & Wallis, JASA 1952;47:583.

    Examples
    --------
    >>> round(kruskal_wallis([[1, 2, 3], [4, 5, 6]]).statistic, 4)
    3.8571
    """
    from scipy.special import gammaincc

    used = [np.asarray(sample, dtype=np.float64) for sample in samples if np.size(sample)]
    pooled = np.concatenate(used) if used else np.zeros(0)
    if len(used) < 2 or np.isnan(pooled).any() or len(np.unique(pooled)) < 2:
        return UNDEFINED
    n, ranks = len(pooled), mean_ranks(pooled)
    parts = np.split(ranks, np.cumsum([len(sample) for sample in used])[:-1])
    _, tied = np.unique(pooled, return_counts=True)
    ties = 1.0 - float(np.sum(tied.astype(np.float64) ** 3 - tied)) / (float(n) ** 3 - n)
    between = sum(float(part.sum()) ** 2 / len(part) for part in parts)
    statistic = (12.0 / (n * (n + 1)) * between - 3.0 * (n + 1)) / ties
    degrees = float(len(used) - 1)
    return Statistic(statistic, degrees, float(gammaincc(degrees / 2, max(statistic, 0.0) / 2)))


def rank_sum(
    first: ArrayLike,
    second: ArrayLike,
    *,
    exact: bool | None = None,
    correction: bool = True,
    conf_level: float = 0.95,
) -> RankTest:
    """Wilcoxon's rank-sum (Mann-Whitney) test of first against second.

    ``exact`` None: exact below 50 people in each sample without ties, else the normal approximation (ties corrected)
    with continuity ``correction``. Without ties the Hodges-Lehmann shift first - second has exact limits.

    References
    ----------
    Wilcoxon, Biometrics Bulletin 1945;1:80; Mann & Whitney, Annals of Mathematical Statistics 1947;18:50;
    Hodges & Lehmann, Annals of Mathematical Statistics 1963;34:598.

    Examples
    --------
    >>> rank_sum([1.1, 2.3], [2.0, 3.1, 4.4]).statistic
    1.0
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    m, n = len(x), len(y)
    if min(m, n) == 0:
        return RankTest(np.nan, np.nan, exact=False, n=m + n)
    both = np.concatenate([x, y])
    statistic = float(mean_ranks(both)[:m].sum() - m * (m + 1) / 2)
    _, tied = np.unique(both, return_counts=True)
    untied = bool(np.all(tied == 1))
    if exact is None:
        exact = untied and max(m, n) < EXACT_BELOW
    if exact and not untied:
        raise ValueError("values are tied: there is no exact rank-sum test")
    if not exact:
        people = m + n
        spread = m * n / 12 * (people + 1 - float(np.sum(tied**3 - tied)) / (people * (people - 1)))
        return RankTest(statistic, _normal(statistic - m * n / 2, spread, correction), exact=False, n=people)
    chance = _rank_sum_distribution(m, n)
    differences = np.sort(np.subtract.outer(x, y).ravel())
    low, high = _exact_limits(differences, chance, conf_level)
    return RankTest(
        statistic,
        _two_sided(chance, statistic),
        exact=True,
        n=m + n,
        shift=float(np.median(differences)),
        low=low,
        high=high,
    )


def mean_ranks(values: FloatArray) -> FloatArray:
    """Ranks (n,) of values counted from 1, ties sharing their mean (scipy.stats takes a second to import, only for these).

    >>> mean_ranks(np.array([5.0, 1.0, 5.0])).tolist()
    [2.5, 1.0, 2.5]
    """
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    shared: FloatArray = np.cumsum(count) - (count - 1) / 2
    return shared[place]


def signed_rank(
    differences: ArrayLike, *, exact: bool | None = None, correction: bool = True, conf_level: float = 0.95
) -> RankTest:
    """Wilcoxon's signed-rank test of paired differences; the statistic is the sum of the positive ranks.

    Differences of 0 are left out. ``exact`` None: exact below 50 differences without ties and zeros, else the normal
    approximation with continuity ``correction``. The pseudo-median (Hodges-Lehmann) has exact limits where the test is
    exact. NaN where every difference is 0.

    References
    ----------
    Wilcoxon, Biometrics Bulletin 1945;1:80; Hodges & Lehmann, Annals of Mathematical Statistics 1963;34:598.

    Examples
    --------
    >>> signed_rank([3.0, -1.0, 4.0, 2.5]).statistic
    9.0
    """
    given = np.asarray(differences, dtype=np.float64)
    d = given[given != 0]
    n = len(d)
    if n == 0:
        return RankTest(np.nan, np.nan, exact=False, n=0)
    size = np.abs(d)
    statistic = float(mean_ranks(size)[d > 0].sum())
    _, tied = np.unique(size, return_counts=True)
    plain = bool(np.all(tied == 1)) and n == len(given)
    if exact is None:
        exact = plain and n < EXACT_BELOW
    if exact and not plain:
        raise ValueError("differences are tied or 0: there is no exact signed-rank test")
    if not exact:
        spread = n * (n + 1) * (2 * n + 1) / 24 - float(np.sum(tied**3 - tied)) / 48
        return RankTest(statistic, _normal(statistic - n * (n + 1) / 4, spread, correction), exact=False, n=n)
    chance = np.ones(1)
    for rank in range(1, n + 1):
        chance = 0.5 * (np.concatenate([chance, np.zeros(rank)]) + np.concatenate([np.zeros(rank), chance]))
    upper = np.triu_indices(n)
    averages = np.sort(np.add.outer(d, d)[upper] / 2)
    low, high = _exact_limits(averages, chance, conf_level)
    return RankTest(
        statistic, _two_sided(chance, statistic), exact=True, n=n, shift=float(np.median(averages)), low=low, high=high
    )


def _rank_sum_distribution(m: int, n: int) -> FloatArray:
    """Probabilities of the rank-sum statistic 0, ..., m n: the coefficients of a Gaussian binomial."""
    ways = np.zeros(m * n + 1)
    ways[0] = 1.0
    for k in range(1, m + 1):
        # times (1 - q^(n + k)), then divided by (1 - q^k)
        ways[n + k :] = ways[n + k :] - ways[: len(ways) - n - k].copy()
        for start in range(k):
            ways[start::k] = np.cumsum(ways[start::k])
    return np.asarray(ways / ways.sum())


def _two_sided(chance: FloatArray, statistic: float) -> float:
    at = round(statistic)
    return min(1.0, 2 * float(min(chance[: at + 1].sum(), chance[at:].sum())))


def _exact_limits(ordered: FloatArray, chance: FloatArray, conf_level: float) -> tuple[float, float]:
    """As many ordered values are cut off at each end as the tail allows; NaN where so few people reach no such level."""
    tail = (1 - conf_level) / 2 * (1 + 1e-12)
    if chance[0] > tail:
        return np.nan, np.nan
    cut = max(1, int(np.searchsorted(np.cumsum(chance), tail * (1 - 2e-12))))
    return float(ordered[cut - 1]), float(ordered[len(ordered) - cut])


def _normal(distance: float, variance: float, correction: bool) -> float:
    from scipy.special import erfc

    if not variance > 0:
        return np.nan
    moved = max(0.0, abs(distance) - (0.5 if correction else 0.0))
    return float(erfc(moved / np.sqrt(2 * variance)))
