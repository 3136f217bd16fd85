"""Permutation tests of any estimator: the groups of people are exchanged, which changes nothing if groups do not matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.random import SeedSequence, default_rng

from durata.category import Category
from durata.cohort import Cohort
from durata.estimate.quantities import quantities
from durata.estimate.result import Test
from durata.finding import CannotEstimate
from durata.language.speaking import speak
from durata.weighting.baseline_weights import refuse_several_rows, written_out


def permutation_test(
    cohort: Cohort,
    estimator: Callable[[Cohort], Any],
    *,
    by: str = "group",
    replicates: int = 999,
    seed: int = 1,
    alternative: Literal["two-sided", "greater"] = "greater",
) -> Test:
    """Exchange the groups of people at random: how often a statistic is as extreme as the one seen, if they do not matter.

    Parameters
    ----------
    cohort : one row a person, all from time zero: groups that people enter at different times cannot be exchanged.
    estimator : a function of the cohort that returns one number (or a Test, whose statistic is taken).
    alternative : "greater" (as for chi-square statistics), or "two-sided" (as far from 0).
    replicates : B exchanges; p is (1 + those as extreme) / (B + 1), and can never be 0.

    Returns
    -------
    Test with the statistic and its p; ``settings`` says how many exchanges had no number (they count as extreme).

    Raises
    ------
    CannotEstimate : several rows a person, delayed entry, sampling weights, no groups, more than one number.

    References
    ----------
    Phipson & Smyth, Stat Appl Genet Mol Biol 2010;9:39; Good, Permutation Tests, 2000.

    Examples
    --------
    >>> import durata as du
    >>> cohort = du.cohort_from_arrays(time=[1, 2, 3, 4, 5, 6, 7, 8], event=[1] * 8, group=list("aaaabbbb"))
    >>> test = du.permutation_test(cohort, lambda people: du.log_rank(people, by="group"), replicates=499, seed=1)
    >>> 0.01 < test.p_value < 0.06
    True
    """
    if alternative not in ("two-sided", "greater"):
        raise CannotEstimate(speak("alternative is 'greater' or 'two-sided', not {given!r}.", given=alternative))
    if replicates < 1:
        raise CannotEstimate(speak("A permutation test needs at least 1 exchange, not {n}.", n=replicates))
    people = written_out(cohort)
    refuse_several_rows(people)
    if people.weights is not None and np.any(people.weights.values != people.weights.values[0]):
        raise CannotEstimate(
            speak(
                "Sampling weights were made for the groups as they are, and would stay with people whose group is exchanged. "
                "Give the cohort without weights and weigh it in the function."
            )
        )
    if people.entry is not None and not np.all(np.isneginf(people.entry)):
        raise CannotEstimate(
            speak("People enter at different times, which goes with their group: groups cannot be exchanged.")
        )
    groups = people.category(by)
    seen = _one_number(estimator(people))
    extreme = failed = 0
    for stream in SeedSequence(seed).spawn(replicates):
        exchanged = groups[default_rng(stream).permutation(len(people))]
        try:
            value = _one_number(estimator(_with_groups(people, by, exchanged)))
        except CannotEstimate:
            # on the safe side: an exchange without a number counts against the hypothesis of a difference
            failed += 1
            continue
        slack = 1e-9 * max(1.0, abs(seen))
        extreme += abs(value) >= abs(seen) - slack if alternative == "two-sided" else value >= seen - slack
    return Test(
        speak("the group of a person does not matter"),
        speak("permutation test, {n} exchanges of the groups", n=replicates),
        seen,
        float("nan"),
        (1 + extreme + failed) / (replicates + 1),
        settings={"replicates": replicates, "seed": seed, "failed": failed, "alternative": alternative},
    )


def _with_groups(cohort: Cohort, by: str, groups: Category) -> Cohort:
    if by == "group" and cohort.group is not None:
        return replace(cohort, group=groups)
    return cohort.with_columns(**{by: groups})


def _one_number(answer: Any) -> float:
    values = list(quantities(answer).values())
    if len(values) != 1 or not np.isfinite(values[0]):
        raise CannotEstimate(
            speak("A permutation test needs one number from the estimator; it returned {n}.", n=len(values))
        )
    return values[0]
