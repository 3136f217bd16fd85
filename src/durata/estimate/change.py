"""Before and after in the same persons: paired tests, the mean of individual changes, and the change of the means."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from durata.cohort import Cohort
from durata.estimate.association import number
from durata.estimate.comparison import GroupTest, samples_result
from durata.estimate.counted import check_level
from durata.estimate.glossary import or_none
from durata.estimate.people import ALL, people, quantile, std_dev
from durata.estimate.result import Summary
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import FloatArray
from durata.kernels.means import one_mean, ratio_of_means
from durata.kernels.rank_tests import signed_rank
from durata.language.speaking import speak

Change = Literal["difference", "percent"]

DIFFERENCE = "difference"
SIGNED_RANK = "difference, by ranks"
INDIVIDUAL = "individual change, percent"
OF_MEANS = "change of the means, percent"


def individual_change(cohort: Cohort, before: str, after: str, *, kind: Change = "percent") -> FloatArray:
    """(n,) after minus before of every row of the cohort, or 100 times that over before; NaN where one is not known.

    Raises
    ------
    CannotEstimate
        for a column that is no number, and for percentages where a value before is not above 0.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(
    ...     time=[1, 1], event=[0, 0], covariates={"before": [10.0, 8.0], "after": [7.0, 8.0]}
    ... )
    >>> individual_change(cohort, "before", "after").tolist()
    [-30.0, 0.0]
    """
    first, second = number(cohort, before), number(cohort, after)
    difference = second - first
    if kind == "difference":
        return difference
    bad = ~np.isnan(difference) & ~(first > 0)
    if np.any(bad):
        row = int(np.flatnonzero(bad)[0]) + 1
        raise CannotEstimate(
            speak(
                "Row {row}: {before!r} is {value:g}, and a percentage of it means nothing. Correct the "
                "value, leave the person out, or ask for the difference.",
                row=row,
                before=before,
                value=first[row - 1],
            )
        )
    # in whole percent first: 30 % of 10 stays 30
    return np.asarray(100 * difference / np.where(np.isnan(difference), np.nan, first), dtype=np.float64)


def paired_change(
    cohort: Cohort,
    before: str,
    after: str,
    by: str | None = None,
    *,
    conf_level: float = 0.95,
    test: GroupTest = "kruskal-wallis",
) -> Summary:
    """Estimate how a number changed in the same persons, in everybody and by group.

    The mean of the individual percentages and the change of the means are two different numbers (the second weighs
    persons by their size) and stand in rows of their own. A decrease is negative.

    Parameters
    ----------
    cohort : one row a person; persons with either value unknown are left out and counted.
    before, after : two numbers of the same unit.
    by : the column of groups; None for everybody only.
    test : of the groups' individual changes: "kruskal-wallis", "anova" or "welch-anova".

    Returns
    -------
    Summary with, for each group and "all", rows named by ``term``: the two columns (estimate = mean, std_dev,
    quartile_1, quartile_3), "difference" (mean after minus before, t limits, paired t test), "difference, by ranks"
    (Wilcoxon signed-rank test; estimate = pseudo-median with exact limits where the test is exact, else None),
    "individual change, percent" (mean of individual percentages, t limits) and "change of the means, percent"
    (t limits on the log scale of the ratio). With ``by``, two rows without a group test whether the individual
    differences and percentages are alike in all groups. The percent rows are None, with a note, where a value before is
    not above 0.

    Raises
    ------
    CannotEstimate
        for a column that is no number, nobody with both values, and as :func:`durata.estimate.people.people` does.

    References
    ----------
    Student, Biometrika 1908;6:1; Wilcoxon, Biometrics Bulletin 1945;1:80.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(
    ...     time=[1] * 3, event=[0] * 3, covariates={"before": [10.0, 8.0, 4.0], "after": [7.0, 6.0, 3.0]}
    ... )
    >>> rows = {row["term"]: row for row in paired_change(cohort, "before", "after").rows()}
    >>> round(rows["individual change, percent"]["estimate"], 2), round(rows["change of the means, percent"]["estimate"], 2)
    (-26.67, -27.27)
    """
    check_level(conf_level)
    persons = people(cohort, by)
    difference = individual_change(cohort, before, after, kind="difference")
    known = ~np.isnan(difference)
    first = persons.by_group(np.where(known, number(cohort, before), np.nan))
    second = persons.by_group(np.where(known, number(cohort, after), np.nan))
    pairs = list(zip(persons.levels, first, second, persons.sizes, strict=True))
    if not sum(len(values) for values in first):
        raise CannotEstimate(speak("Nobody has both {before!r} and {after!r}.", before=before, after=after))
    rows: list[dict[str, Any]] = []
    for group, x, y, size in pairs:
        rows += _changed(group, (before, x), (after, y), int(size), conf_level)
    if by is not None:
        rows += _changed(
            ALL, (before, np.concatenate(first)), (after, np.concatenate(second)), len(persons), conf_level
        )
        rows.append({"term": DIFFERENCE, **samples_result([y - x for _, x, y, _ in pairs], test).cells()})
        if all(np.all(x > 0) for x in first):
            percent = [100 * (y - x) / x for _, x, y, _ in pairs]
            rows.append({"term": INDIVIDUAL, **samples_result(percent, test).cells()})
    return Summary(
        what=speak("change from {before} to {after}", before=before, after=after),
        table=tuple(rows),
        method=speak("paired t test and Wilcoxon signed-rank test"),
        settings={"before": before, "after": after, "by": by, "conf_level": conf_level, "test": test},
        notes=(*persons.notes(), *_left_out(len(persons) - sum(len(values) for values in first), before, after)),
    )


def _left_out(n: int, before: str, after: str) -> tuple[Finding, ...]:
    if n == 0:
        return ()
    return (
        Finding(
            "N22",
            Severity.INFO,
            "{n} person(s) without {before} or {after} are not in the comparison.",
            {"n": n, "before": before, "after": after},
        ),
    )


def _changed(
    group: str, before: tuple[str, FloatArray], after: tuple[str, FloatArray], size: int, conf_level: float
) -> list[dict[str, Any]]:
    """The six rows of one group."""
    (before_name, x), (after_name, y) = before, after
    n = len(x)
    shared: dict[str, Any] = {"group": group, "n": n, "missing": size - n}
    if n == 0:
        empty = {"estimate": None, "note": speak("Nobody with both values.")}
        terms = (before_name, after_name, DIFFERENCE, SIGNED_RANK, INDIVIDUAL, OF_MEANS)
        return [{"term": term, **shared, **empty} for term in terms]
    rows = [{"term": name, **shared, **_spread(values)} for name, values in (before, after)]
    rows.append(
        {"term": DIFFERENCE, **shared, **_spread(y - x), **_mean_cells(y - x, conf_level, speak("paired t test"))}
    )
    ranked = signed_rank(y - x, conf_level=conf_level)
    rows.append(
        {
            "term": SIGNED_RANK,
            **shared,
            "estimate": or_none(ranked.shift),
            "conf_low": or_none(ranked.low),
            "conf_high": or_none(ranked.high),
            "statistic": or_none(ranked.statistic),
            "p_value": or_none(ranked.p_value),
            "method": speak("Wilcoxon signed-rank test (exact)")
            if ranked.exact
            else speak("Wilcoxon signed-rank test (normal approximation)"),
            "note": "" if ranked.n else speak("Not tested: nobody's value changed."),
        }
    )
    return [*rows, *_percentages(x, y, shared, conf_level)]


def _percentages(x: FloatArray, y: FloatArray, shared: dict[str, Any], conf_level: float) -> list[dict[str, Any]]:
    if not np.all(x > 0):
        note = speak("A value before is not above 0: percentages of it mean nothing.")
        return [{"term": term, **shared, "estimate": None, "note": note} for term in (INDIVIDUAL, OF_MEANS)]
    percent = 100 * (y - x) / x
    individual = {**_spread(percent), **_mean_cells(percent, conf_level, speak("mean of individual percentages"))}
    ratio, low, high = ratio_of_means(y, x, conf_level)
    of_means = {
        "estimate": or_none(100 * (ratio - 1)),
        "conf_low": or_none(100 * (low - 1)),
        "conf_high": or_none(100 * (high - 1)),
        "method": speak("ratio of means, t limits on the log scale"),
        "note": "" if not np.isnan(low) else speak("No interval: it takes two persons and means above 0."),
    }
    return [{"term": INDIVIDUAL, **shared, **individual}, {"term": OF_MEANS, **shared, **of_means}]


def _spread(values: FloatArray) -> dict[str, Any]:
    return {
        "estimate": float(values.mean()),
        "std_dev": or_none(std_dev(values)),
        "quartile_1": or_none(quantile(values, 0.25)),
        "quartile_3": or_none(quantile(values, 0.75)),
        "note": "",
    }


def _mean_cells(values: FloatArray, conf_level: float, method: str) -> dict[str, Any]:
    """Mean, t limits and the t test of its being 0."""
    found = one_mean(values, conf_level)
    note = ""
    if np.isnan(found.std_error):
        note = speak("No interval: it takes two persons.")
    elif np.isnan(found.p_value):
        note = speak("Not tested: the same change in everybody.")
    return {
        "estimate": found.estimate,
        "std_error": or_none(found.std_error),
        "conf_low": or_none(found.low),
        "conf_high": or_none(found.high),
        "statistic": or_none(found.statistic),
        "df": or_none(found.df),
        "p_value": or_none(found.p_value),
        "method": method,
        "note": note,
    }
