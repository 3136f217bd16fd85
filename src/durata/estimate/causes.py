"""The causes of a cohort's events: one cause at a time, and Gray's test of its incidence between groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from durata.cohort import Cohort
from durata.estimate.observation import select_rows
from durata.estimate.result import Test
from durata.estimate.tests import compared_parts, observed_groups, upper_tail
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, IntArray
from durata.kernels.gray import gray_comparison
from durata.kernels.log_rank import Comparison, chi_square
from durata.kernels.risk_set import RiskSets, Rows, count_risk_sets
from durata.language.speaking import speak


def causes_of(cohort: Cohort) -> IntArray:
    """(n,) 0 for none, else the cause a row ends with; a cohort without competing events has cause 1 only."""
    return cohort.event.astype(np.intp) if cohort.cause is None else cohort.cause


def cause_specific(cohort: Cohort, cause: int) -> Cohort:
    """The cohort with one cause as its event; who has another is censored at it, as the cause-specific hazard asks.

    With it :func:`~durata.estimate.tests.log_rank` and :func:`~durata.estimate.cox.cox` compare cause-specific
    hazards. A Kaplan-Meier curve of it would say what would happen if nobody had another event; the share of people
    who have the event is :func:`cumulative_incidence`. In the new cohort the cause is number 1, the others follow.

    Raises
    ------
    CannotEstimate : nobody has the cause.

    References
    ----------
    Prentice et al., Biometrics 1978;34:541; Putter, Fiocco & Geskus, Statistics in Medicine 2007;26:2389.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(time=[2, 3, 5, 8], event=[1, 2, 1, 0], event_codes=[1], competing_codes=[2])
    >>> cause_specific(cohort, 2).event.tolist()
    [False, True, False, False]
    """
    causes = causes_of(cohort)
    check_cause(cohort, cause)
    renumbered = np.where(causes == cause, 1, np.where((causes > 0) & (causes < cause), causes + 1, causes))
    outcome = cohort.outcome if cause == 1 else speak("{outcome}, cause {cause}", outcome=cohort.outcome, cause=cause)
    return replace(
        cohort,
        event=causes == cause,
        cause=None if cohort.cause is None else renumbered.astype(np.intp),
        outcome=outcome,
    )


def check_cause(cohort: Cohort, cause: int) -> None:
    """Raise CannotEstimate when nobody has the cause; it says which causes there are."""
    found = np.unique(causes_of(cohort))
    found = found[found > 0]
    if cause not in found.tolist():
        there = (
            speak("there are {causes}", causes=speak(", ").join(map(str, found.tolist())))
            if len(found)
            else speak("nobody had any event")
        )
        raise CannotEstimate(
            speak(
                "Nobody had an event of cause {cause}; {there}. Cause 1 is the event, 2, 3, ... the "
                "competing events in the order in which they were declared.",
                cause=cause,
                there=there,
            )
        )


def gray_test(
    cohort: Cohort, by: str = "group", *, cause: int = 1, rho: float = 0.0, strata: str | Sequence[str] | None = None
) -> Test:
    """Test whether the cumulative incidence of one cause is the same in all groups (Gray 1988).

    It compares subdistribution hazards: who had another event stays at risk of the cause as long as he would have been
    under observation. The log-rank test of :func:`cause_specific` compares the hazards of those still free of every
    event, which is another question. ``rho`` weighs events by (1 - F(t-)) ** rho. R: ``cmprsk::cuminc``.

    Returns
    -------
    Test; ``parts`` have group, n, observed, expected (weighted); ``settings["variance"]`` is the (K, K) covariance.

    Raises
    ------
    CannotEstimate : one group only, nobody has the cause, delayed entry or rows over time, sampling weights.

    References
    ----------
    Gray, Annals of Statistics 1988;16:1141.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(
    ...     time=[1, 2, 3, 4, 5, 6], event=[1, 1, 2, 1, 2, 0], group=["a", "a", "a", "b", "b", "b"],
    ...     event_codes=[1], competing_codes=[2],
    ... )
    >>> gray_test(cohort).df
    1.0
    """
    check_cause(cohort, cause)
    observation, stratum = observed_groups(replace(cohort, event=causes_of(cohort) == cause), by, strata)
    if observation.rows.entry is not None:
        raise CannotEstimate(
            speak(
                "Gray's test is not defined here for delayed entry or rows over time. Compare "
                "cause-specific hazards instead: log_rank(cause_specific(cohort, cause))."
            )
        )
    K, rows = len(observation.levels), observation.rows
    causes = causes_of(cohort)[observation.position]
    total = Comparison(np.zeros(K), np.zeros(K), np.zeros((K, K)))
    for code in np.unique(stratum):
        members = np.flatnonzero(stratum == code)
        part, group, ends = select_rows(rows, members), observation.group[members], causes[members]

        def counts(event: BoolArray, part: Rows = part, group: IntArray = group) -> RiskSets:
            return count_risk_sets(part.exit_time, event, weights=part.weights, frequency=True, group=group, n_groups=K)

        of_cause, of_others = counts(ends == cause), counts((ends > 0) & (ends != cause))
        total = total + gray_comparison(of_cause.at_risk, of_cause.events, of_others.events, rho)
    statistic, df = chi_square(total)
    if df == 0:
        raise CannotEstimate(
            speak(
                "There is no event of cause {cause} at which people of two groups of {by!r} were at risk together.",
                cause=cause,
                by=by,
            )
        )
    return Test(
        hypothesis=speak("the cumulative incidence of cause {cause} is the same in all groups", cause=cause),
        method=("stratified " if strata else "")
        + speak("Gray's test")
        + ("" if rho == 0.0 else speak(" (rho = {rho:g})", rho=rho)),
        statistic=statistic,
        df=float(df),
        p_value=upper_tail(statistic, df),
        term=by,
        parts=compared_parts(observation, total),
        settings={
            "by": by,
            "strata": () if strata is None else (strata,) if isinstance(strata, str) else tuple(strata),
            "rho": rho,
            "cause": cause,
            "variance": total.covariance.tolist(),
        },
        notes=(*cohort.notes, *observation.notes()),
    )
