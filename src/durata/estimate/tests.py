"""Tests of curves against each other: log-rank (overall, stratified, pairwise) and its trend."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from durata.category import Category
from durata.cohort import Cohort
from durata.estimate.observation import Observation, observe, select_rows
from durata.estimate.result import Summary, Test
from durata.finding import CannotEstimate
from durata.kernels.arrays import IntArray
from durata.kernels.log_rank import Comparison, EventWeights, chi_square, compare, trend
from durata.kernels.multiplicity import ADJUSTMENTS, Adjustment, adjusted_p_values
from durata.kernels.risk_set import Rows, count_risk_sets
from durata.language.speaking import speak

HYPOTHESIS = "the hazards of the event are the same in all groups"


def log_rank(cohort: Cohort, by: str = "group", *, strata: str | Sequence[str] | None = None, rho: float = 0.0) -> Test:
    """Test whether the hazards of the event are the same in all groups.

    Observed events of each group are compared with those expected if at every event time each person at risk
    (``entry < t <= exit``) had been equally likely to have the event, with the hypergeometric covariance. Rows of one
    person may belong to different groups over time (the test of Mantel and Byar). Frequency weights repeat persons.

    Parameters
    ----------
    by : the column of groups.
    strata : one column or several; observed, expected and covariance are summed over their combinations.
    rho : 0 the log-rank test; 1 weighs every event by the pooled S(t-) (R's ``survdiff(rho = 1)``).

    Returns
    -------
    Test; ``parts`` have group, n, observed, expected; ``settings["variance"]`` is the (K, K) covariance.

    Raises
    ------
    CannotEstimate
        for fewer than two groups with people, no events, no event at which two groups were at risk, sampling weights.

    References
    ----------
    Mantel, Cancer Chemotherapy Reports 1966;50:163; Peto & Peto, JRSS A 1972;135:185; Mantel & Byar, JASA 1974;69:81.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(time=[1, 2, 3, 4], event=[1, 1, 1, 1], group=["a", "a", "b", "b"])
    >>> round(log_rank(cohort).statistic, 4)
    2.8824
    """
    observation, stratum = observed_groups(cohort, by, strata)
    comparison = compared(observation.rows, observation.group, stratum, observation, rho)
    statistic, df = chi_square(comparison)
    if df == 0:
        raise CannotEstimate(
            speak(
                "There is no event at which people of two groups of {by!r} were at risk together, so "
                "there is nothing to compare. Look at the numbers at risk.",
                by=by,
            )
        )
    return Test(
        hypothesis=speak(HYPOTHESIS),
        method=_method(rho, strata),
        statistic=statistic,
        df=float(df),
        p_value=upper_tail(statistic, df),
        term=by,
        parts=compared_parts(observation, comparison),
        settings=_settings(by, strata, rho) | {"variance": comparison.covariance.tolist()},
        notes=(*cohort.notes, *observation.notes()),
    )


def log_rank_trend(
    cohort: Cohort,
    by: str = "group",
    *,
    scores: Sequence[float] | None = None,
    strata: str | Sequence[str] | None = None,
    rho: float = 0.0,
) -> Test:
    """Test whether the hazard rises or falls along ordered groups (Tarone 1975); 1 degree of freedom.

    ``scores`` stand for the groups in their declared order (1, 2, ... if not given). The test is blind to an optimum
    in the middle. ``settings["z"]`` has the sign: positive when groups with higher scores have more events than
    expected. Other arguments, and errors, as in :func:`log_rank`.

    References
    ----------
    Tarone, Biometrika 1975;62:679.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(time=[1, 2, 3, 4, 5, 6], event=[1] * 6, group=["c", "c", "b", "b", "a", "a"])
    >>> log_rank_trend(cohort).settings["z"] > 0
    True
    """
    observation, stratum = observed_groups(cohort, by, strata)
    comparison = compared(observation.rows, observation.group, stratum, observation, rho)
    levels = tuple(cohort.category(by).levels)
    given = np.arange(1.0, len(levels) + 1.0) if scores is None else np.asarray(scores, dtype=np.float64)
    if given.shape != (len(levels),) or not np.all(np.isfinite(given)):
        raise CannotEstimate(
            speak(
                "A trend needs one number for each of the {n} groups {levels}.",
                n=len(levels),
                levels=speak(", ").join(levels),
            )
        )
    used = np.array([given[levels.index(name)] for name in observation.levels])
    # Only differences of scores matter; centred, nothing is lost to the covariance's null direction.
    z = trend(comparison, used - used.mean())
    if np.isnan(z):
        raise CannotEstimate(
            speak(
                "There is no event at which people of two groups of {by!r} with different scores were "
                "at risk together.",
                by=by,
            )
        )
    return Test(
        hypothesis=speak("the hazard of the event does not change along the ordered groups"),
        method=speak("{test}, test for trend", test=_method(rho, strata)),
        statistic=z**2,
        df=1.0,
        p_value=upper_tail(z**2, 1),
        term=by,
        parts=compared_parts(observation, comparison),
        settings=_settings(by, strata, rho) | {"z": z, "scores": tuple(float(score) for score in used)},
        notes=(*cohort.notes, *observation.notes()),
    )


def pairwise_log_rank(
    cohort: Cohort,
    by: str = "group",
    *,
    adjust: Adjustment = "holm",
    strata: str | Sequence[str] | None = None,
) -> Summary:
    """Test every pair of groups with the log-rank test on only these two groups' rows, p-values adjusted.

    A pair that cannot be compared has no statistic (None, and a note) and does not count in the adjustment.

    Parameters
    ----------
    adjust : "holm", "hochberg", "hommel", "bh" (Benjamini-Hochberg), "by" (Benjamini-Yekutieli), "bonferroni" or "none".
    cohort, by, strata : as in :func:`log_rank`.

    Returns
    -------
    Summary with one row a pair: group, reference (the earlier of the two), statistic, df, p_value, p_adjusted, note.

    References
    ----------
    Holm, Scandinavian Journal of Statistics 1979;6:65; Hochberg, Biometrika 1988;75:800;
    Benjamini & Hochberg, JRSS B 1995;57:289; Benjamini & Yekutieli, Annals of Statistics 2001;29:1165.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(time=[1, 2, 3, 4, 5, 6], event=[1] * 6, group=["a", "a", "b", "b", "c", "c"])
    >>> [(row["group"], row["reference"]) for row in pairwise_log_rank(cohort).rows()]
    [('b', 'a'), ('c', 'a'), ('c', 'b')]
    """
    if adjust not in ADJUSTMENTS:
        raise CannotEstimate(
            speak(
                "There is no adjustment {adjust!r}; there are {known}.",
                adjust=adjust,
                known=speak(", ").join(ADJUSTMENTS),
            )
        )
    observation, stratum = observed_groups(cohort, by, strata)
    rows: list[dict[str, Any]] = []
    for first, second in combinations(range(len(observation.levels)), 2):
        mask = (observation.group == first) | (observation.group == second)
        pair = select_rows(observation.rows, mask)
        row: dict[str, Any] = {"group": observation.levels[second], "reference": observation.levels[first]}
        found = (0.0, 0)
        if np.any(pair.event):
            of_second = (observation.group[mask] == second).astype(np.intp)
            found = chi_square(compared(pair, of_second, stratum[mask], observation, 0.0, n_groups=2))
        statistic, df = found
        if df == 0:
            row |= {"statistic": None, "df": None, "p_value": None, "p_adjusted": None}
            row["note"] = speak("no event at which both groups were at risk")
        else:
            row |= {"statistic": statistic, "df": float(df), "p_value": upper_tail(statistic, df)}
            row |= {"p_adjusted": None, "note": ""}
        rows.append(row)
    tested = [row for row in rows if row["p_value"] is not None]
    for row, adjusted in zip(tested, adjusted_p_values([row["p_value"] for row in tested], adjust), strict=True):
        row["p_adjusted"] = float(adjusted)
    return Summary(
        what=speak("log-rank tests of every pair of groups"),
        table=tuple(rows),
        method=_method(0.0, strata),
        settings=_settings(by, strata, 0.0) | {"adjust": adjust, "family": len(tested)},
        notes=(*cohort.notes, *observation.notes()),
    )


def observed_groups(cohort: Cohort, by: str, strata: str | Sequence[str] | None) -> tuple[Observation, IntArray]:
    """Rows with a known group and stratum; the stratum of each as a code."""
    if cohort.weights is not None and cohort.weights.kind == "sampling":
        raise CannotEstimate(
            speak(
                "The log-rank test counts people; under sampling weights its variance is wrong. Use "
                "the robust test of a weighted Cox model, or frequency weights if a weight counts "
                "identical persons."
            )
        )
    names = () if strata is None else (strata,) if isinstance(strata, str) else tuple(strata)
    stratum = np.zeros(len(cohort), dtype=np.intp)
    unknown = np.zeros(len(cohort), dtype=np.bool_)
    for name in names:
        column = cohort.category(name)
        unknown |= column.missing
        stratum = stratum * len(column.levels) + column.codes
    stratum[unknown] = -1
    groups = cohort.category(by)
    codes = np.where(unknown, -1, groups.codes).astype(np.intp)
    observation = observe(cohort, Category(codes, groups.levels), cluster=None)
    if len(observation.levels) < 2:
        raise CannotEstimate(
            speak(
                "Only one group of {by!r} has people ({level!r}); a comparison needs two or more.",
                by=by,
                level=observation.levels[0],
            )
        )
    if not np.any(observation.rows.event):
        raise CannotEstimate(speak("Nobody had the event, so there is nothing to compare."))
    return observation, stratum[observation.position]


def compared(
    rows: Rows,
    group: IntArray,
    stratum: IntArray,
    observation: Observation,
    rho: float,
    *,
    n_groups: int | None = None,
    weigh: EventWeights | None = None,
) -> Comparison:
    """Observed, expected and covariance, summed over the strata that have events."""
    K = len(observation.levels) if n_groups is None else n_groups
    total = Comparison(np.zeros(K), np.zeros(K), np.zeros((K, K)))
    order = np.argsort(stratum, kind="stable")
    ends = np.flatnonzero(np.diff(stratum[order])) + 1
    for members in np.split(order, ends):
        alone = len(members) == len(order)
        part, part_group = (rows, group) if alone else (select_rows(rows, members), group[members])
        if not np.any(part.event):
            continue
        sets = count_risk_sets(
            part.exit_time,
            part.event,
            part.entry,
            weights=part.weights,
            frequency=observation.frequency,
            group=part_group,
            n_groups=K,
        )
        total = total + compare(sets.at_risk, sets.events, rho, weigh)
    return total


def compared_parts(observation: Observation, comparison: Comparison) -> tuple[dict[str, Any], ...]:
    """One row a group: n, observed and expected events."""
    rows = observation.rows
    n = np.bincount(observation.group, weights=rows.weights, minlength=len(observation.levels))
    return tuple(
        {
            "group": name,
            "n": int(n[k]),
            "observed": float(comparison.observed[k]),
            "expected": float(comparison.expected[k]),
        }
        for k, name in enumerate(observation.levels)
    )


def _method(rho: float, strata: str | Sequence[str] | None) -> str:
    name = speak("log-rank test") if rho == 0.0 else speak("G-rho test (rho = {rho:g})", rho=rho)
    return speak("stratified {name}", name=name) if strata else name


def _settings(by: str, strata: str | Sequence[str] | None, rho: float) -> dict[str, Any]:
    names = () if strata is None else (strata,) if isinstance(strata, str) else tuple(strata)
    return {"by": by, "strata": names, "rho": rho}


def upper_tail(statistic: float, df: int) -> float:
    """P(chi-square with df degrees of freedom > statistic), from the survival function."""
    from scipy.special import chdtrc

    return float(chdtrc(df, statistic))
