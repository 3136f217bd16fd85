"""Is a category distributed alike in all groups: chi-square, or Fisher's exact test where counts are small."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np

from durata.cohort import Cohort
from durata.estimate.glossary import or_none
from durata.estimate.people import people
from durata.estimate.result import Test
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import FloatArray
from durata.kernels.contingency import chi_square, cramers_v, expected_counts, likelihood_ratio, occupied
from durata.kernels.correlation import CORRELATIONS, Correlation, correlation
from durata.kernels.exact_tables import SEED, SIMULATED_TABLES, fisher_exact
from durata.language.speaking import speak

TableTest = Literal["auto", "chi-square", "chi-square-yates", "likelihood-ratio", "fisher"]
TABLE_TESTS: tuple[str, ...] = get_args(TableTest)
SMALL = 5.0
"""Fisher's exact test takes over where a count expected without association is below this (Cochran 1954)."""

METHODS: Mapping[str, str] = {
    "chi-square": "chi-square test",
    "chi-square-yates": "chi-square test with Yates' correction",
    "likelihood-ratio": "likelihood-ratio (G) test",
    "fisher": "Fisher's exact test",
}


@dataclass(frozen=True)
class TableResult:
    """What a test of a table found; numbers are NaN where ``why_not`` says that there is no test."""

    method: str
    statistic: float = np.nan
    df: float = np.nan
    p_value: float = np.nan
    smallest_expected: float = np.nan
    monte_carlo_error: float = 0.0
    why_not: str = ""
    notes: tuple[Finding, ...] = field(default=())

    def cells(self) -> dict[str, Any]:
        """The cells of a tidy row: a number that is not there is None, and the note says why."""
        return {
            "statistic": or_none(self.statistic),
            "df": or_none(self.df),
            "p_value": or_none(self.p_value),
            "method": self.method,
            "note": self.why_not or " ".join(note.message for note in self.notes),
        }


def table_result(
    table: FloatArray, test: TableTest = "auto", *, seed: int = SEED, n_simulated: int = SIMULATED_TABLES
) -> TableResult:
    """Test a table of counts; "auto" is chi-square unless an expected count is below 5, then Fisher's exact test."""
    if test not in TABLE_TESTS:
        raise CannotEstimate(
            speak(
                "There is no test {test!r} of a table; there are {known}.",
                test=test,
                known=speak(", ").join(TABLE_TESTS),
            )
        )
    inner = occupied(table)
    if min(inner.shape) < 2:
        if inner.size == 0:
            return TableResult("", why_not=speak("Not tested: nobody has a known value."))
        same = (
            "Not tested: everybody with a known value has the same value."
            if inner.shape[0] < 2
            else "Not tested: everybody with a known value has the same group."
        )
        return TableResult("", why_not=speak(same))
    smallest = float(expected_counts(inner).min())
    chosen = test if test != "auto" else "fisher" if smallest < SMALL else "chi-square"
    if chosen == "chi-square-yates" and inner.shape != (2, 2):
        raise CannotEstimate(
            speak("Yates' correction belongs to tables of two rows and two columns; use 'chi-square'.")
        )
    if chosen == "fisher":
        exact = fisher_exact(inner, seed=seed, n_simulated=n_simulated)
        notes = (_simulated(exact.n_simulated, exact.monte_carlo_error, seed),) if exact.n_simulated else ()
        return TableResult(
            speak(METHODS[chosen]),
            p_value=exact.p_value,
            smallest_expected=smallest,
            monte_carlo_error=exact.monte_carlo_error,
            notes=notes,
        )
    found = likelihood_ratio(inner) if chosen == "likelihood-ratio" else chi_square(inner, yates="yates" in chosen)
    return TableResult(speak(METHODS[chosen]), found.statistic, found.df, found.p_value, smallest)


def _simulated(n_simulated: int, error: float, seed: int) -> Finding:
    return Finding(
        "N20",
        Severity.INFO,
        "p was simulated: {n} tables drawn with seed {seed}, Monte Carlo standard error {error:.1g}.",
        {"n": n_simulated, "seed": seed, "error": error},
        reference="Freeman & Halton, Biometrika 1951;38:141",
    )


def association_test(
    cohort: Cohort,
    column: str,
    by: str = "group",
    *,
    test: TableTest = "auto",
    seed: int = SEED,
    n_simulated: int = SIMULATED_TABLES,
) -> Test:
    """Test whether a category (r levels) is distributed alike in all groups (c).

    Parameters
    ----------
    cohort : one row a person.
    column, by : the category and the groups; persons with either unknown are left out (``settings["missing"]``).
    test : "auto": chi-square without continuity correction, Fisher's exact test where an expected count is below 5;
        or one of "chi-square", "chi-square-yates" (2 x 2), "likelihood-ratio", "fisher".
    seed, n_simulated : used only where Fisher's test is too large to enumerate; a note then gives the Monte Carlo error.

    Returns
    -------
    Test; Fisher's has no statistic and no degrees of freedom (NaN, None in ``glance``). ``parts`` have level, group,
    observed, expected; ``settings`` the smallest expected count, Cramér's V and the Monte Carlo standard error.

    Raises
    ------
    CannotEstimate
        where fewer than two levels or groups hold somebody, and as :func:`durata.estimate.people.people` does.

    References
    ----------
    Pearson, Philosophical Magazine 1900;50:157; Freeman & Halton, Biometrika 1951;38:141;
    Cochran, Biometrics 1954;10:417 (expected counts).

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(
    ...     time=[1] * 8, event=[0] * 8, group=list("aaaabbbb"), covariates={"margin": list("RRRSSSSR")}
    ... )
    >>> test = association_test(cohort, "margin")
    >>> test.method, round(test.p_value, 4)
    ("Fisher's exact test", 0.4857)
    """
    persons = people(cohort, by)
    category = cohort.category(column)
    table = persons.counts(category)
    found = table_result(table, test, seed=seed, n_simulated=n_simulated)
    if found.why_not:
        raise CannotEstimate(
            speak(
                "{column!r} by {by!r}: {why_not} Compare another column or other groups.",
                column=column,
                by=by,
                why_not=found.why_not,
            )
        )
    expected = expected_counts(table)
    return Test(
        hypothesis=speak("{column} is distributed alike in all groups of {by}", column=column, by=by),
        method=found.method,
        statistic=found.statistic,
        df=found.df,
        p_value=found.p_value,
        term=column,
        parts=tuple(
            {"level": level, "group": group, "observed": float(table[i, k]), "expected": float(expected[i, k])}
            for i, level in enumerate(category.levels)
            for k, group in enumerate(persons.levels)
        ),
        settings={
            "by": by,
            "test": test,
            "smallest_expected": found.smallest_expected,
            "cramers_v": cramers_v(table),
            "monte_carlo_error": found.monte_carlo_error,
            "missing": len(persons) - int(table.sum()),
        },
        notes=(*persons.notes(), *found.notes),
    )


def correlation_test(cohort: Cohort, first: str, second: str, *, method: Correlation = "spearman") -> Test:
    """Test whether two numbers rise together, in everybody whose two values are known.

    Returns
    -------
    Test whose ``statistic`` is the correlation coefficient (Spearman's, Pearson's or Kendall's tau-b); no degrees of
    freedom. ``settings["n"]`` persons were used.

    Raises
    ------
    CannotEstimate
        for a column that is no number, fewer than three persons, or a number that is the same in everybody.

    References
    ----------
    Spearman, American Journal of Psychology 1904;15:72; Kendall, Biometrika 1938;30:81.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(
    ...     time=[1] * 4, event=[0] * 4, covariates={"months": [3, 6, 9, 12], "shrinkage": [10, 25, 40, 35]}
    ... )
    >>> round(correlation_test(cohort, "months", "shrinkage").statistic, 2)
    0.8
    """
    if method not in CORRELATIONS:
        raise CannotEstimate(
            speak(
                "There is no correlation {method!r}; there are {known}.",
                method=method,
                known=speak(", ").join(CORRELATIONS),
            )
        )
    persons = people(cohort, None)
    x, y = (number(cohort, name)[persons.row] for name in (first, second))
    known = ~(np.isnan(x) | np.isnan(y))
    estimate, p_value = correlation(x[known], y[known], method)
    if np.isnan(estimate):
        raise CannotEstimate(
            speak(
                "{first!r} and {second!r} have no correlation: fewer than three persons have both, or "
                "one of the two is the same in all of them.",
                first=first,
                second=second,
            )
        )
    return Test(
        hypothesis=speak("{first} and {second} are not correlated", first=first, second=second),
        method={
            "spearman": speak("Spearman correlation"),
            "pearson": speak("Pearson correlation"),
            "kendall": speak("Kendall's tau-b"),
        }[method],
        statistic=estimate,
        df=np.nan,
        p_value=p_value,
        term=first,
        settings={"with": second, "n": int(np.count_nonzero(known)), "missing": int(np.count_nonzero(~known))},
        notes=persons.notes(),
    )


def number(cohort: Cohort, name: str) -> FloatArray:
    """A column of numbers (one a cohort row); CannotEstimate for a category."""
    column = cohort.column(name)
    if not isinstance(column, np.ndarray):
        raise CannotEstimate(speak("Column {name!r} holds categories, not numbers; choose a number.", name=name))
    return column
