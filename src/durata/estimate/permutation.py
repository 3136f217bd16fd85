"""The permutation log-rank test: for groups too small for the chi-square distribution."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from durata.cohort import Cohort
from durata.estimate.result import Test
from durata.estimate.tests import HYPOTHESIS, compared, compared_parts, observed_groups
from durata.finding import CannotEstimate
from durata.kernels.log_rank import chi_square
from durata.kernels.permuted_log_rank import exact_p, lay_out, monte_carlo_p, n_arrangements
from durata.language.speaking import speak

MOST_EXACT = 20_000
"""Up to this many arrangements each one is looked at."""
MOST_DRAWS = 1_000_000
ENOUGH_PATIENTS = 40
ENOUGH_EVENTS = 10
"""A group with fewer of either is too small for large-sample tests."""


def has_small_group(cohort: Cohort) -> bool:
    """Whether some exposure group has too few patients or events for the chi-square distribution of the log-rank test."""
    if cohort.group is None:
        return False
    for code in range(len(cohort.group.levels)):
        here = cohort.group.codes == code
        n = len(np.unique(cohort.person[here]))
        if n and (n < ENOUGH_PATIENTS or np.count_nonzero(cohort.event & here) < ENOUGH_EVENTS):
            return True
    return False


def permutation_log_rank(
    cohort: Cohort,
    by: str = "group",
    *,
    strata: str | Sequence[str] | None = None,
    permutations: int = 9999,
    seed: int = 1,
    exact_up_to: int = MOST_EXACT,
) -> Test:
    """Test whether the hazards are the same in all groups by permuting who is in which group.

    The statistic is the log-rank chi-square with its variance computed anew for every permutation (studentised), so that
    the test keeps its size also when the groups were followed for different times, nearly in small groups and exactly where
    censoring is alike. It needs no large groups.

    Parameters
    ----------
    by, strata : as in :func:`log_rank`; labels are permuted within strata.
    permutations : random permutations where there are more than ``exact_up_to`` arrangements; else every one is used.
    seed : of the random permutations; the same seed gives the same p-value.

    Returns
    -------
    Test; ``settings`` have "arrangements", "exact", and "asymptotic_p" of the chi-square distribution. A p-value of
    random permutations counts the observed one among them, and is never 0.

    Raises
    ------
    CannotEstimate : as :func:`log_rank`; and for weights, delayed entry, or persons with several rows, whose labels cannot
        simply be exchanged.

    References
    ----------
    Neuhaus, Ann. Stat. 21:1760, 1993; Janssen & Mayer, J. Nonparametr. Stat. 13:605, 2001 (studentised);
    Wang, Lagakos & Gray, Biostatistics 11:676, 2010; Phipson & Smyth, Stat. Appl. Genet. Mol. Biol. 9:39, 2010.

    Examples
    --------
    >>> import durata as du
    >>> cohort = du.cohort_from_arrays(time=[1, 2, 3, 4, 5, 6], event=[1] * 6, group=list("aaabbb"))
    >>> test = du.permutation_log_rank(cohort)
    >>> test.settings["arrangements"], round(test.p_value, 3)
    (20.0, 0.1)
    """
    if cohort.weights is not None and np.any(cohort.weights.values != 1.0):
        raise CannotEstimate(
            speak("A permutation test exchanges persons and takes no weights; repeat the rows, or use log_rank.")
        )
    if not 1 <= permutations <= MOST_DRAWS:
        raise CannotEstimate(
            speak("Ask for between 1 and {most} permutations, not {n}.", most=MOST_DRAWS, n=permutations)
        )
    observation, stratum = observed_groups(cohort, by, strata)
    rows, group = observation.rows, observation.group
    if rows.entry is not None:
        raise CannotEstimate(
            speak(
                "A permutation test exchanges whole persons, and here observation begins late or groups change over "
                "time: use log_rank."
            )
        )
    if len(np.unique(rows.person)) < len(rows.person):
        raise CannotEstimate(speak("A permutation test needs one row a person."))
    comparison = compared(rows, group, stratum, observation, 0.0)
    statistic, df = chi_square(comparison)
    if df == 0:
        raise CannotEstimate(
            speak(
                "There is no event at which people of two groups of {by!r} were at risk together, so "
                "there is nothing to compare. Look at the numbers at risk.",
                by=by,
            )
        )
    layout = lay_out(rows.exit_time, rows.event, stratum)
    K = len(observation.levels)
    ways = n_arrangements(group, stratum, K)
    exact = ways <= exact_up_to
    p_value = (
        exact_p(layout, group, stratum, K, statistic)
        if exact
        else monte_carlo_p(layout, group, stratum, K, statistic, draws=permutations, seed=seed)
    )
    from scipy.special import chdtrc

    return Test(
        hypothesis=speak(HYPOTHESIS),
        method=speak("log-rank test, exact by all {n} arrangements of the groups", n=ways)
        if exact
        else speak("log-rank test, by {n} random permutations of the groups", n=permutations),
        statistic=statistic,
        df=float(df),
        p_value=p_value,
        term=by,
        parts=compared_parts(observation, comparison),
        settings={
            "by": by,
            "strata": () if strata is None else (strata,) if isinstance(strata, str) else tuple(strata),
            "exact": exact,
            "arrangements": float(ways) if ways < 1e300 else "more than 1e300",
            "permutations": ways if exact else permutations,
            "seed": None if exact else seed,
            "asymptotic_p": float(chdtrc(df, statistic)),
        },
        notes=(*cohort.notes, *observation.notes()),
    )
