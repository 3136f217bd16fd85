"""Responses (yes or no, once a person): rates by group, their differences, and the tests of their being the same."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from durata.category import Category
from durata.cohort import Cohort
from durata.estimate.association import TableTest, table_result
from durata.estimate.counted import check_level
from durata.estimate.glossary import or_none
from durata.estimate.people import ALL, People, people
from durata.estimate.result import Summary, Test
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import FloatArray
from durata.kernels.contingency import expected_counts, trend
from durata.kernels.exact_tables import SEED, SIMULATED_TABLES
from durata.kernels.multiplicity import ADJUSTMENTS, Adjustment, adjusted_p_values
from durata.kernels.proportions import (
    PROPORTION_INTERVALS,
    ProportionInterval,
    newcombe_limits,
    proportion_limits,
)
from durata.language.speaking import speak

Levels = Collection[str | int]

INTERVAL_NAMES = {"wilson": "Wilson", "clopper-pearson": "Clopper-Pearson (exact)"}


def response_rates(
    cohort: Cohort,
    response: str,
    success: Levels | str | None = None,
    by: str | None = "group",
    *,
    conf_level: float = 0.95,
    interval: ProportionInterval = "wilson",
) -> Summary:
    """Estimate the share of responders in each group and in everybody.

    Parameters
    ----------
    cohort : one row a person.
    response : a category, or a number coded 0 and 1 (1 responds).
    success : the level or levels that count as a response; needed for a category.
    by : the column of groups; None for everybody only.
    interval : "wilson" (score, without continuity correction) or "clopper-pearson" (exact).

    Returns
    -------
    Summary with one row a group, then "all": n (known), events (responders), missing, estimate, conf_low, conf_high.

    Raises
    ------
    CannotEstimate
        for levels or an interval that do not exist, a number that is not 0 or 1, a category without ``success``, and
        as :func:`durata.estimate.people.people` does.

    References
    ----------
    Wilson, JASA 1927;22:209; Clopper & Pearson, Biometrika 1934;26:404.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(
    ...     time=[1] * 4, event=[0] * 4, group=list("aabb"), covariates={"imaging": ["PR", "SD", "PR", "CR"]}
    ... )
    >>> [row["estimate"] for row in response_rates(cohort, "imaging", ["CR", "PR"]).rows()]
    [0.5, 1.0, 0.75]
    """
    check_level(conf_level)
    if interval not in PROPORTION_INTERVALS:
        raise CannotEstimate(
            speak(
                "There is no interval {interval!r}; there are {known}.",
                interval=interval,
                known=speak(", ").join(PROPORTION_INTERVALS),
            )
        )
    persons = people(cohort, by)
    x, n = _counted(cohort, persons, response, success)
    names = list(persons.levels)
    sizes = [int(size) for size in persons.sizes]
    if by is not None:
        names, sizes = [*names, ALL], [*sizes, len(persons)]
        x, n = np.append(x, x.sum()), np.append(n, n.sum())
    low, high = proportion_limits(x, n, interval, conf_level)
    rows = []
    for k, (name, size) in enumerate(zip(names, sizes, strict=True)):
        row: dict[str, Any] = {"term": response, "group": name, "n": int(n[k]), "events": int(x[k])}
        row["missing"] = size - int(n[k])
        row["estimate"] = float(x[k] / n[k]) if n[k] else None
        row |= {"conf_low": or_none(low[k]), "conf_high": or_none(high[k])}
        row["note"] = "" if n[k] else speak("Nobody with a known response.")
        rows.append(row)
    return Summary(
        what=speak("share of persons with {success}", success=_success_words(response, success)),
        table=tuple(rows),
        method=speak("proportion with {interval} interval", interval=speak(INTERVAL_NAMES[interval])),
        settings={"by": by, "success": _success_levels(success), "interval": interval, "conf_level": conf_level},
        notes=persons.notes(),
    )


def response_test(
    cohort: Cohort,
    response: str,
    success: Levels | str | None = None,
    by: str = "group",
    *,
    test: TableTest = "auto",
    seed: int = SEED,
    n_simulated: int = SIMULATED_TABLES,
) -> Test:
    """Test whether the share of responders is the same in all groups.

    ``test`` "auto" is chi-square without continuity correction, Fisher's exact test where an expected count is below
    5; arguments, errors and references otherwise as in :func:`response_rates` and
    :func:`durata.estimate.association.association_test`.

    Returns
    -------
    Test; ``parts`` have group, n, observed and expected responders. Fisher's test has no statistic.

    References
    ----------
    Pearson, Philosophical Magazine 1900;50:157; Freeman & Halton, Biometrika 1951;38:141.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(
    ...     time=[1] * 8, event=[0] * 8, group=list("aaaabbbb"), covariates={"margin": [1, 1, 1, 0, 0, 0, 0, 1]}
    ... )
    >>> round(response_test(cohort, "margin").p_value, 4)
    0.4857
    """
    persons = people(cohort, by)
    x, n = _counted(cohort, persons, response, success)
    table = np.vstack([x, n - x])
    found = table_result(table, test, seed=seed, n_simulated=n_simulated)
    if found.why_not:
        raise CannotEstimate(
            speak("Response {response!r} by {by!r}: {why_not}", response=response, by=by, why_not=found.why_not)
        )
    expected = expected_counts(table)[0]
    return Test(
        hypothesis=speak(
            "the share with {success} is the same in all groups", success=_success_words(response, success)
        ),
        method=found.method,
        statistic=found.statistic,
        df=found.df,
        p_value=found.p_value,
        term=response,
        parts=tuple(
            {"group": group, "n": int(n[k]), "observed": float(x[k]), "expected": float(expected[k])}
            for k, group in enumerate(persons.levels)
        ),
        settings={
            "by": by,
            "success": _success_levels(success),
            "test": test,
            "smallest_expected": found.smallest_expected,
            "monte_carlo_error": found.monte_carlo_error,
        },
        notes=(*persons.notes(), *found.notes),
    )


def response_trend(cohort: Cohort, response: str, success: Levels | str | None = None, by: str = "group") -> Test:
    """Test for a straight trend of the share of responders over the groups in their order (Cochran-Armitage).

    Scores are 1..K of the groups as declared; a group with nobody keeps its score. A share that rises and falls again
    (the best duration in the middle) is not seen by this test; a note says so.

    Raises
    ------
    CannotEstimate
        where everybody or nobody responds or fewer than two groups hold anybody, and as :func:`response_rates` does.

    References
    ----------
    Cochran, Biometrics 1954;10:417; Armitage, Biometrics 1955;11:375.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(
    ...     time=[1] * 6, event=[0] * 6, group=list("aabbcc"), covariates={"response": [0, 0, 0, 1, 1, 1]}
    ... )
    >>> round(response_trend(cohort, "response").statistic, 4)
    4.0
    """
    persons = people(cohort, by)
    x, n = _counted(cohort, persons, response, success)
    found = trend(x, n)
    if np.isnan(found.statistic):
        raise CannotEstimate(
            speak(
                "Response {response!r} has no trend over {by!r}: everybody or nobody responds, or only "
                "one group has people with a known response.",
                response=response,
                by=by,
            )
        )
    blind = Finding(
        "N21",
        Severity.INFO,
        "The trend test looks for a straight line over the groups: a share that is highest or lowest in the middle is "
        "not seen by it.",
    )
    return Test(
        hypothesis=speak(
            "the share with {success} has no linear trend over the groups", success=_success_words(response, success)
        ),
        method=speak("Cochran-Armitage test for trend"),
        statistic=found.statistic,
        df=found.df,
        p_value=found.p_value,
        term=response,
        parts=tuple(
            {"group": group, "n": int(n[k]), "observed": float(x[k])} for k, group in enumerate(persons.levels)
        ),
        settings={"by": by, "success": _success_levels(success), "scores": list(range(1, len(n) + 1))},
        notes=(*persons.notes(), blind),
    )


def risk_differences(
    cohort: Cohort,
    response: str,
    success: Levels | str | None = None,
    by: str = "group",
    *,
    conf_level: float = 0.95,
    adjust: Adjustment = "holm",
    test: TableTest = "auto",
) -> Summary:
    """Estimate the difference of the share of responders between every pair of groups, and test it.

    The family of the adjustment is the pairs of this one response; the overall test (:func:`response_test`) stands
    beside it. Arguments, errors and references otherwise as in :func:`response_rates`, :func:`response_test`.

    Returns
    -------
    Summary with one row a pair: group, reference (the earlier of the two), estimate (share in group minus share in
    reference), conf_low, conf_high (Newcombe), n, statistic, df, p_value, p_adjusted, method, note. The interval is
    not adjusted for there being several pairs.

    References
    ----------
    Newcombe, Statistics in Medicine 1998;17:873 (method 10); Holm, Scandinavian Journal of Statistics 1979;6:65.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(
    ...     time=[1] * 4, event=[0] * 4, group=list("aabb"), covariates={"response": [1, 0, 1, 1]}
    ... )
    >>> risk_differences(cohort, "response").rows()[0]["estimate"]
    0.5
    """
    check_level(conf_level)
    if adjust not in ADJUSTMENTS:
        raise CannotEstimate(
            speak(
                "There is no adjustment {adjust!r}; there are {known}.",
                adjust=adjust,
                known=speak(", ").join(ADJUSTMENTS),
            )
        )
    persons = people(cohort, by)
    x, n = _counted(cohort, persons, response, success)
    rows: list[dict[str, Any]] = []
    notes: list[Finding] = []
    for first, second in persons.pairs():
        low, high = newcombe_limits(x[second], n[second], x[first], n[first], conf_level)
        known = min(n[first], n[second]) > 0
        table = np.vstack([x, n - x])[:, [first, second]]
        found = table_result(table, test)
        notes += found.notes
        row: dict[str, Any] = {"term": response, "group": persons.levels[second], "reference": persons.levels[first]}
        row["n"] = int(n[first] + n[second])
        row["estimate"] = float(x[second] / n[second] - x[first] / n[first]) if known else None
        row |= {"conf_low": or_none(float(low)), "conf_high": or_none(float(high))}
        rows.append(row | found.cells() | {"p_adjusted": None})
    tested = [row for row in rows if row["p_value"] is not None]
    for row, p in zip(tested, adjusted_p_values([row["p_value"] for row in tested], adjust), strict=True):
        row["p_adjusted"] = float(p)
    return Summary(
        what=speak("differences between groups in the share with {success}", success=_success_words(response, success)),
        table=tuple(rows),
        method=speak("difference of proportions with Newcombe interval"),
        settings={
            "by": by,
            "success": _success_levels(success),
            "conf_level": conf_level,
            "adjust": adjust,
            "family": len(tested),
            "test": test,
        },
        notes=(*persons.notes(), *notes),
    )


def responders(cohort: Cohort, response: str, success: Levels | str | None = None) -> FloatArray:
    """(n,) 1 for a response, 0 for none, NaN where it is not known; errors as in :func:`response_rates`."""
    column = cohort.column(response)
    if isinstance(column, Category):
        return _of_category(column, response, success)
    if success is not None and {str(level) for level in _success_levels(success)} != {"1"}:
        raise CannotEstimate(
            speak(
                "Response {response!r} is a number: 1 is the response, and no other level can be chosen.",
                response=response,
            )
        )
    known = column[~np.isnan(column)]
    if np.any((known != 0) & (known != 1)):
        other = known[(known != 0) & (known != 1)][0]
        raise CannotEstimate(
            speak(
                "Response {response!r} holds {other:g}; a number can be a response only when coded 0 "
                "(none) and 1 (response).",
                response=response,
                other=other,
            )
        )
    return column


def _of_category(column: Category, response: str, success: Levels | str | None) -> FloatArray:
    if not column.levels:  # nobody's response is known
        return np.full(len(column), np.nan)
    if success is None:
        raise CannotEstimate(
            speak(
                "Response {response!r} is a category: say which of its levels count as a response with "
                "'success'; it has {levels}.",
                response=response,
                levels=speak(", ").join(map(repr, column.levels)),
            )
        )
    wanted = {str(level) for level in _success_levels(success)}
    unknown = sorted(wanted - set(column.levels))
    if unknown:
        raise CannotEstimate(
            speak(
                "Response {response!r} has no level {unknown}; it has {levels}.",
                response=response,
                unknown=speak(", ").join(map(repr, unknown)),
                levels=speak(", ").join(map(repr, column.levels)),
            )
        )
    hit = np.array([level in wanted for level in column.levels] + [False])
    return np.where(column.codes < 0, np.nan, hit[column.codes].astype(np.float64))


def _counted(
    cohort: Cohort, persons: People, response: str, success: Levels | str | None
) -> tuple[FloatArray, FloatArray]:
    """(K,) responders and (K,) persons with a known response."""
    groups = persons.by_group(responders(cohort, response, success))
    return np.array([values.sum() for values in groups]), np.array([float(len(values)) for values in groups])


def _success_levels(success: Levels | str | None) -> tuple[str, ...]:
    if success is None:
        return ()
    return (success,) if isinstance(success, str) else tuple(str(level) for level in success)


def _success_words(response: str, success: Levels | str | None) -> str:
    levels = _success_levels(success)
    return f"{response} {' or '.join(levels)}" if levels else response
