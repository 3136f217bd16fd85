"""Log-rank tests that weigh early or late events: Gehan, Tarone-Ware, Peto, Fleming-Harrington, and the largest of several."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement
from typing import Literal, get_args

import numpy as np

from durata.cohort import Cohort
from durata.estimate.result import Test
from durata.estimate.tests import HYPOTHESIS, compared, compared_parts, observed_groups, upper_tail
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray
from durata.kernels.log_rank import EventWeights, chi_square, survival_before, trend
from durata.language.speaking import speak

Family = Literal["log-rank", "gehan-breslow", "tarone-ware", "modified-peto-peto", "fleming-harrington"]
COMBINED = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
"""Fleming-Harrington weights of the max-combo test: all events alike, early, late, in the middle."""


def weighted_log_rank(
    cohort: Cohort,
    by: str = "group",
    *,
    weight: Family,
    p: float = 0.0,
    q: float = 0.0,
    strata: str | Sequence[str] | None = None,
) -> Test:
    """Compare hazards with a weight on every event time, fixed before the data are seen.

    At each event time n are at risk in all groups together and S is their Kaplan-Meier estimate just before it.

    Parameters
    ----------
    weight : "gehan-breslow" n; "tarone-ware" sqrt(n); "modified-peto-peto" the product of 1 - d / (n + 1) up to and with
        the time; "fleming-harrington" S^p (1 - S)^q (p for early, q for late differences); "log-rank" 1.
    p, q : not negative; only for "fleming-harrington".
    cohort, by, strata : as in :func:`~durata.estimate.tests.log_rank`; weights are computed within strata.

    Returns
    -------
    Test; ``parts`` have weighted observed and expected; ``settings["variance"]`` (K, K), ``settings["trend_z"]`` of
    scores 1, 2, ... of the groups in order.

    Raises
    ------
    CannotEstimate : as log_rank; a weight that does not exist.

    References
    ----------
    Gehan, Biometrika 1965;52:203; Breslow, Biometrika 1970;57:579; Tarone & Ware, Biometrika 1977;64:156;
    Andersen, Borgan, Gill & Keiding, Int Stat Rev 1982;50:219; Fleming & Harrington, Counting Processes, 1991.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(time=[1, 2, 3, 4], event=[1, 1, 1, 1], group=["a", "a", "b", "b"])
    >>> [part["observed"] for part in weighted_log_rank(cohort, weight="gehan-breslow").parts]
    [7.0, 3.0]
    """
    weigh = event_weights(weight, p, q)
    observation, stratum = observed_groups(cohort, by, strata)
    comparison = compared(observation.rows, observation.group, stratum, observation, 0.0, weigh=weigh)
    statistic, df = chi_square(comparison)
    if df == 0:
        raise CannotEstimate(
            speak(
                "There is no event with a weight at which people of two groups of {by!r} were at risk "
                "together, so there is nothing to compare.",
                by=by,
            )
        )
    scores = np.arange(1.0, len(observation.levels) + 1.0)
    name = f"{weight} (p = {p:g}, q = {q:g})" if weight == "fleming-harrington" else weight
    return Test(
        hypothesis=speak(HYPOTHESIS),
        method=("stratified " if strata else "") + speak("weighted log-rank test, {name}", name=name),
        statistic=statistic,
        df=float(df),
        p_value=upper_tail(statistic, df),
        term=by,
        parts=compared_parts(observation, comparison),
        settings={
            "by": by,
            "strata": () if strata is None else (strata,) if isinstance(strata, str) else tuple(strata),
            "weight": weight,
            "p": p,
            "q": q,
            "variance": comparison.covariance.tolist(),
            "trend_z": trend(comparison, scores - scores.mean()),
        },
        notes=(*cohort.notes, *observation.notes()),
    )


def max_combo(cohort: Cohort, by: str = "group", *, strata: str | Sequence[str] | None = None) -> Test:
    """Compare two groups when it is not known whether a difference is early, late or in the middle.

    The largest |z| of the Fleming-Harrington tests (0, 0), (1, 0), (0, 1) and (1, 1); its p-value is from their joint
    normal distribution (numerical integration, right to about 3e-5), so that looking at four tests costs what it should.
    ``statistic`` is that |z|, ``df`` the number of tests.

    Raises
    ------
    CannotEstimate : more or fewer than two groups; what log_rank refuses.

    References
    ----------
    Lee, Biometrics 1996;52:721; Karrison, Stata Journal 2016;16:678; Lin et al., Stat Biopharm Res 2020;12:187.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(time=[1, 2, 3, 4, 5, 6], event=[1] * 6, group=["a", "b", "a", "b", "a", "b"])
    >>> max_combo(cohort).p_value > 0.05
    True
    """
    observation, stratum = observed_groups(cohort, by, strata)
    if len(observation.levels) != 2:
        raise CannotEstimate(
            speak(
                "The max-combo test compares two groups; {by!r} has {n} with people. Choose a pair.",
                by=by,
                n=len(observation.levels),
            )
        )

    def against(weigh: EventWeights) -> tuple[float, float]:
        found = compared(observation.rows, observation.group, stratum, observation, 0.0, weigh=weigh)
        return float((found.observed - found.expected)[1]), float(found.covariance[1, 1])

    powers = [event_weights("fleming-harrington", p, q) for p, q in COMBINED]
    differences = np.array([against(weigh)[0] for weigh in powers])
    covariance = np.zeros((len(powers), len(powers)))
    for a, b in combinations_with_replacement(range(len(powers)), 2):
        # The variance under the weight sqrt(w_a w_b) is the sum of w_a w_b V_j: the covariance of the two tests.
        (p_a, q_a), (p_b, q_b) = COMBINED[a], COMBINED[b]
        between = event_weights("fleming-harrington", (p_a + p_b) / 2, (q_a + q_b) / 2)
        covariance[a, b] = covariance[b, a] = against(between)[1]
    informative = np.diag(covariance) > 0
    if not np.any(informative):
        raise CannotEstimate(
            speak("There is no event at which people of both groups of {by!r} were at risk together.", by=by)
        )
    spread = np.sqrt(np.diag(covariance)[informative])
    z = differences[informative] / spread
    largest = float(np.max(np.abs(z)))
    correlation = covariance[np.ix_(informative, informative)] / np.outer(spread, spread)
    names = [f"z({p:g}, {q:g})" for (p, q), kept in zip(COMBINED, informative, strict=True) if kept]
    return Test(
        hypothesis=speak(HYPOTHESIS),
        method=("stratified " if strata else "") + speak("max-combo test (largest of Fleming-Harrington tests)"),
        statistic=largest,
        df=float(len(z)),
        p_value=outside_box(correlation, largest),
        term=by,
        settings={
            "by": by,
            "strata": () if strata is None else (strata,) if isinstance(strata, str) else tuple(strata),
            "z": dict(zip(names, z.tolist(), strict=True)),
            "correlation": correlation.tolist(),
        },
        notes=(*cohort.notes, *observation.notes()),
    )


def event_weights(weight: Family, p: float = 0.0, q: float = 0.0) -> EventWeights:
    """The weights of a family as a function of pooled numbers at risk and of events; CannotEstimate for unknown ones."""
    if weight not in get_args(Family):
        raise CannotEstimate(
            speak(
                "There is no weight {weight!r}; there are {known}.",
                weight=weight,
                known=speak(", ").join(get_args(Family)),
            )
        )
    if not (np.isfinite(p) and np.isfinite(q) and p >= 0 and q >= 0):
        raise CannotEstimate(speak("The powers p and q of the Fleming-Harrington weights must not be negative."))
    if weight != "fleming-harrington" and (p or q):
        raise CannotEstimate(
            speak("The powers p and q belong to the Fleming-Harrington weights, not to {weight!r}.", weight=weight)
        )

    def weigh(n: FloatArray, d: FloatArray) -> FloatArray:
        if weight == "gehan-breslow":
            return n
        if weight == "tarone-ware":
            return np.asarray(np.sqrt(n), dtype=np.float64)
        if weight == "modified-peto-peto":
            return np.cumprod(1.0 - d / (n + 1.0), dtype=np.float64)
        if weight == "fleming-harrington":
            before = np.clip(survival_before(n, d), 0.0, 1.0)
            return np.asarray(before**p * (1.0 - before) ** q, dtype=np.float64)
        return np.ones(len(n))

    return weigh


def outside_box(correlation: FloatArray, limit: float) -> float:
    """P(max |Z| > limit) of normal Z (k,) with these correlations (k, k), by a seeded quasi-random integration.

    Genz's transform: one variable after another, each given those before it lies within its limits.

    References
    ----------
    Genz, Journal of Computational and Graphical Statistics 1992;1:141.
    """
    from scipy.special import ndtr, ndtri
    from scipy.stats import qmc

    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    lower = np.asarray(np.linalg.qr(root.T)[1]).T  # a triangular root, also of a singular matrix
    k = len(lower)
    points = qmc.Sobol(k, seed=20260101).random_base2(16)
    inside, outside = np.ones(len(points)), np.zeros(len(points))
    drawn = np.zeros((len(points), k))
    for j in range(k):
        centre, scale = drawn[:, :j] @ lower[j, :j], abs(float(lower[j, j]))
        if scale < 1e-7:
            # given the others it is known: within its limits, or not
            within = (np.abs(centre) <= limit).astype(np.float64)
            beyond = 1.0 - within
        else:
            low, high = ndtr((-limit - centre) / scale), ndtr((centre - limit) / scale)
            beyond, within = low + high, 1.0 - low - high
            sign = np.sign(float(lower[j, j]))
            place = np.clip(low + points[:, j] * within, 1e-300, 1.0 - 1e-16)
            drawn[:, j] = sign * ndtri(place)
        # what leaves the box here had stayed inside so far: small tails are added up, never 1 - inside
        outside += inside * beyond
        inside = inside * within
    return float(outside.mean())
