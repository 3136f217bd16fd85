"""Whether weights did their work: balance of covariates between groups, effective sample size, and positivity."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, Literal

import numpy as np

from durata.category import Category
from durata.cohort import Cohort
from durata.estimate.result import Summary
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray
from durata.kernels.weighted_balance import effective_size, group_moments, share_of_largest, standardised
from durata.language.speaking import speak
from durata.terms import present
from durata.weighting.baseline_weights import written_out
from durata.weighting.propensity import RARE, Propensity, refuse_several_rows

Denominator = Literal["all", "pair"]
BEFORE, AFTER = "unweighted", "weighted"


def balance_table(
    cohort: Cohort, covariates: Sequence[str], *, by: str = "group", denominator: Denominator = "all"
) -> Summary:
    """Standardised mean differences of covariates between every two groups, before and after weighting.

    Parameters
    ----------
    cohort : one row a person, with the sampling weights of :func:`weigh` (or of none, which gives "before" twice).
    covariates : columns; of a category of two levels the second is looked at, of more every level.
    by : the column of groups.
    denominator : the standard deviation, never weighted so that it is the same before and after: "all" is the root of
        the mean variance of all groups, "pair" of the two compared.

    Returns
    -------
    Summary with a row a column, pair and ``method`` ("unweighted", "weighted"): ``estimate`` is the difference, the
    group less the reference; ``std_difference`` the largest of all pairs, its sign dropped.

    Raises
    ------
    CannotEstimate : several rows a person, fewer than two groups, a covariate that is missing for somebody.

    References
    ----------
    Austin & Stuart, Statistics in Medicine 2015;34:3661; McCaffrey et al., Statistics in Medicine 2013;32:3388.

    Examples
    --------
    >>> import numpy as np
    >>> import durata as du
    >>> cohort = du.cohort_from_arrays(
    ...     time=np.arange(1, 9), event=[1] * 8, group=["a", "a", "a", "b", "a", "b", "b", "b"],
    ...     covariates={"old": [0, 0, 0, 0, 1, 1, 1, 1]})
    >>> [round(abs(row["estimate"]), 3) for row in du.balance_table(du.weigh(cohort, ["old"]), ["old"]).rows()]
    [1.0, 0.0]
    """
    if denominator not in ("all", "pair"):
        raise CannotEstimate(speak("denominator is 'all' or 'pair', not {given!r}.", given=denominator))
    if isinstance(covariates, str) or not covariates:
        raise CannotEstimate(speak("Name the covariates to be looked at, as a list of at least one."))
    people = _people(cohort, by)
    group = people.category(by).used()
    names, x = columns_of(people, covariates)
    weights = np.ones(len(people)) if people.weights is None else people.weights.values
    k = len(group.levels)
    _, plain = group_moments(x, group.codes, k, np.ones(len(people)))
    pairs = list(combinations(range(k), 2))
    found: dict[str, FloatArray] = {}
    for method, w in ((BEFORE, np.ones(len(people))), (AFTER, weights)):
        mean, _ = group_moments(x, group.codes, k, w)
        found[method] = np.stack(
            [
                standardised(
                    mean[i], mean[j], np.sqrt(np.mean(plain if denominator == "all" else plain[[i, j]], axis=0))
                )
                for i, j in pairs
            ]
        )
    rows: list[dict[str, Any]] = []
    for column, (name, level) in enumerate(names):
        for method, differences in found.items():
            known = np.abs(differences[:, column])
            largest = None if np.all(np.isnan(known)) else float(np.nanmax(known))
            for place, (i, j) in enumerate(pairs):
                value = float(differences[place, column])
                rows.append(
                    {
                        "term": name,
                        "level": level,
                        "group": group.levels[j],
                        "reference": group.levels[i],
                        "estimate": None if np.isnan(value) else value,
                        "std_difference": largest,
                        "method": method,
                        **({"note": speak("a group has one person only")} if np.isnan(value) else {}),
                    }
                )
    return Summary(
        what=speak("standardised mean differences"),
        table=tuple(rows),
        method=speak("standardised by the unweighted SD of all groups")
        if denominator == "all"
        else speak("standardised by the unweighted SD of the two groups"),
        settings={"denominator": denominator, "by": by},
    )


def weight_table(cohort: Cohort, *, by: str = "group") -> Summary:
    """How many people each group still speaks for once it is weighted: the effective sample size, and who carries it.

    Returns
    -------
    Summary with, for every group and for "all", the ``term`` s "people", "effective sample size" ((sum w)^2 / sum w^2),
    "sum of weights", "largest weight", "smallest weight" and "share of the largest 5%" (of all weight).

    Raises
    ------
    CannotEstimate : several rows a person, no weights, nobody with a group.

    References
    ----------
    Kish, Survey Sampling, 1965; Cole & Hernan, Am J Epidemiol 2008;168:656.

    Examples
    --------
    >>> import numpy as np
    >>> import durata as du
    >>> cohort = du.cohort_from_arrays(time=[1, 2, 3, 4], event=[1] * 4, group=["a", "a", "b", "b"],
    ...     weights=[1.0, 3.0, 2.0, 2.0], weight_kind="sampling")
    >>> [row["estimate"] for row in du.weight_table(cohort).rows() if row["term"] == "effective sample size"]
    [1.6, 2.0, 3.5555555555555554]
    """
    if cohort.weights is None:
        raise CannotEstimate(speak("The cohort has no weights; weigh() gives it some."))
    people = _people(cohort, by)
    group, weights = people.category(by).used(), np.ones(len(people))
    if people.weights is not None:
        weights = people.weights.values
    rows: list[dict[str, Any]] = []
    parts = [*((level, weights[group.codes == code]) for code, level in enumerate(group.levels)), ("all", weights)]
    for level, w in parts:
        for term, value in (
            ("people", float(len(w))),
            ("effective sample size", effective_size(w)),
            ("sum of weights", float(w.sum())),
            ("largest weight", float(w.max())),
            ("smallest weight", float(w.min())),
            ("share of the largest 5%", share_of_largest(w)),
        ):
            rows.append({"group": level, "term": term, "estimate": value})
    return Summary(what=speak("weights by group"), table=tuple(rows), method="", notes=people.notes)


def positivity_table(model: Propensity, *, below: float = RARE) -> Summary:
    """Whether everybody could have been in every group: the least chance of each, and how many had next to none.

    Returns
    -------
    Summary with, for every group, the ``term`` s "least chance" and "share below the limit" (of all people; the limit is
    in ``settings``).

    References
    ----------
    Petersen et al., Statistical Methods in Medical Research 2012;21:31.

    Examples
    --------
    >>> import numpy as np
    >>> import durata as du
    >>> cohort = du.cohort_from_arrays(
    ...     time=np.arange(1, 9), event=[1] * 8, group=["a", "a", "a", "b", "a", "b", "b", "b"],
    ...     covariates={"old": [0, 0, 0, 0, 1, 1, 1, 1]})
    >>> [round(row["estimate"], 3) for row in du.positivity_table(du.propensity(cohort, ["old"])).rows()]
    [0.25, 0.0, 0.25, 0.0]
    """
    rows = []
    for level, least, share in zip(model.levels, model.least(), model.share_rare(below), strict=True):
        rows.append({"group": level, "term": "least chance", "estimate": float(least)})
        rows.append({"group": level, "term": "share below the limit", "estimate": float(share)})
    return Summary(
        what=speak("chances of each group given the covariates"),
        table=tuple(rows),
        method=speak("multinomial logistic regression"),
        settings={"below": below},
        notes=model.notes,
    )


def columns_of(cohort: Cohort, covariates: Sequence[str]) -> tuple[list[tuple[str, str]], FloatArray]:
    """(name, level) of each column, and the columns (n, p): numbers, the second level of two, every level of more."""
    names: list[tuple[str, str]] = []
    columns: list[FloatArray] = []
    for name in covariates:
        column = cohort.column(name)
        known = present(column)
        if not np.all(known):
            raise CannotEstimate(
                speak(
                    "{name!r} is missing for {n} people: weigh() leaves them out, or leave them out first.",
                    name=name,
                    n=int(np.count_nonzero(~known)),
                )
            )
        if not isinstance(column, Category):
            names.append((name, ""))
            columns.append(column)
            continue
        used = column.used()
        for code, level in enumerate(used.levels):
            if len(used.levels) == 2 and code == 0:
                continue
            names.append((name, level))
            columns.append((used.codes == code).astype(np.float64))
    return names, np.column_stack(columns)


def _people(cohort: Cohort, by: str) -> Cohort:
    """One row a person with a known group and a weight above 0."""
    people = written_out(cohort)
    refuse_several_rows(people)
    known = ~people.category(by).missing
    if people.weights is not None:
        known = known & (people.weights.values > 0)
    if not np.any(known):
        raise CannotEstimate(speak("No row has a known value of {column!r}: there are no groups to weigh.", column=by))
    chosen = people.select(known)
    if len(chosen.category(by).used().levels) < 2:
        raise CannotEstimate(speak("Only one group has people: there is nothing to balance."))
    return chosen
