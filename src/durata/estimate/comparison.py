"""Comparing a number between groups: Kruskal-Wallis or analysis of variance, then pair by pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from durata.cohort import Cohort
from durata.estimate.association import number
from durata.estimate.counted import check_level
from durata.estimate.glossary import or_none
from durata.estimate.people import people, quantile, std_dev
from durata.estimate.result import Summary, Test
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray
from durata.kernels.means import VarianceRatio, analysis_of_variance, two_means, welch_analysis_of_variance
from durata.kernels.multiplicity import ADJUSTMENTS, Adjustment, adjusted_p_values
from durata.kernels.rank_tests import kruskal_wallis, rank_sum
from durata.language.speaking import speak

GroupTest = Literal["kruskal-wallis", "anova", "welch-anova"]
PairTest = Literal["wilcoxon", "welch-t", "student-t"]

GROUP_TESTS: Mapping[str, str] = {
    "kruskal-wallis": "Kruskal-Wallis test",
    "anova": "analysis of variance",
    "welch-anova": "Welch's analysis of variance",
}
PAIR_TESTS: Mapping[str, str] = {
    "wilcoxon": "Wilcoxon rank-sum test",
    "welch-t": "Welch's t test",
    "student-t": "Student's t test",
}


@dataclass(frozen=True)
class NumberResult:
    """What a test of a number found; NaN where ``why_not`` says that there is no test."""

    method: str
    statistic: float = np.nan
    df: float = np.nan
    df_residual: float = np.nan
    p_value: float = np.nan
    why_not: str = ""

    def cells(self) -> dict[str, Any]:
        """The cells of a tidy row."""
        return {
            "statistic": or_none(self.statistic),
            "df": or_none(self.df),
            "df_residual": or_none(self.df_residual),
            "p_value": or_none(self.p_value),
            "method": self.method,
            "note": self.why_not,
        }


def samples_result(samples: Sequence[FloatArray], test: GroupTest) -> NumberResult:
    """Test known values, an array a group; groups without anybody are left out."""
    if test not in GROUP_TESTS:
        raise CannotEstimate(
            speak(
                "There is no test {test!r} of groups; there are {known}.",
                test=test,
                known=speak(", ").join(GROUP_TESTS),
            )
        )
    used = [sample for sample in samples if len(sample)]
    if len(used) < 2:
        return NumberResult("", why_not=speak("Not tested: fewer than two groups have known values."))
    if len(np.unique(np.concatenate(used))) == 1:
        return NumberResult("", why_not=speak("Not tested: everybody has the same value."))
    method = speak(GROUP_TESTS[test])
    if test == "kruskal-wallis":
        ranked = kruskal_wallis(used)
        return NumberResult(method, ranked.statistic, ranked.df, np.nan, ranked.p_value)
    found: VarianceRatio = (analysis_of_variance if test == "anova" else welch_analysis_of_variance)(used)
    if np.isnan(found.p_value):
        why = speak("nobody's value differs from another's in the same group")
        if test == "welch-anova":
            why = speak("a group has one person, or the same value in everybody")
        return NumberResult("", why_not=speak("Not tested: {why}.", why=why))
    return NumberResult(method, found.statistic, found.df, found.df_residual, found.p_value)


def compare_groups(cohort: Cohort, column: str, by: str = "group", *, test: GroupTest = "kruskal-wallis") -> Test:
    """Test whether a number is distributed alike in all groups.

    Parameters
    ----------
    cohort : one row a person; persons without a known value or group are left out.
    test : "kruskal-wallis" (for numbers described by medians), "anova" (by means) or "welch-anova" (unequal variances).

    Returns
    -------
    Test; ``parts`` have group, n, missing, estimate (median, or mean for the analyses of variance), std_dev, quartile_1,
    quartile_3; ``settings["df_residual"]`` belongs to the F statistic of an analysis of variance.

    Raises
    ------
    CannotEstimate
        where fewer than two groups have known values or nothing varies, and as
        :func:`durata.estimate.people.people` does.

    References
    ----------
    Kruskal & Wallis, JASA 1952;47:583; Fisher, Statistical Methods for Research Workers, 1925;
    Welch, Biometrika 1951;38:330.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(
    ...     time=[1] * 6, event=[0] * 6, group=list("aaabbb"), covariates={"size": [1, 2, 3, 4, 5, 6]}
    ... )
    >>> round(compare_groups(cohort, "size").statistic, 4)
    3.8571
    """
    persons = people(cohort, by)
    samples = persons.by_group(number(cohort, column))
    found = samples_result(samples, test)
    if found.why_not:
        raise CannotEstimate(speak("{column!r} by {by!r}: {why_not}", column=column, by=by, why_not=found.why_not))
    described = "median" if test == "kruskal-wallis" else "mean"
    return Test(
        hypothesis=speak("{column} is distributed alike in all groups of {by}", column=column, by=by),
        method=found.method,
        statistic=found.statistic,
        df=found.df,
        p_value=found.p_value,
        term=column,
        parts=tuple(
            {"group": group, **described_number(sample, described), "missing": int(size) - len(sample)}
            for group, sample, size in zip(persons.levels, samples, persons.sizes, strict=True)
        ),
        settings={"by": by, "test": test, "df_residual": or_none(found.df_residual), "summary": described},
        notes=persons.notes(),
    )


def described_number(values: FloatArray, summary: str) -> dict[str, Any]:
    """n, the mean or median as estimate, standard deviation and quartiles (type 7) of known values."""
    middle = quantile(values, 0.5) if summary == "median" else float(values.mean()) if len(values) else np.nan
    return {
        "n": len(values),
        "estimate": or_none(middle),
        "std_dev": or_none(std_dev(values)),
        "quartile_1": or_none(quantile(values, 0.25)),
        "quartile_3": or_none(quantile(values, 0.75)),
        "note": "" if len(values) else speak("Nobody with a known value."),
    }


def pairwise_comparisons(
    cohort: Cohort,
    column: str,
    by: str = "group",
    *,
    test: PairTest = "wilcoxon",
    adjust: Adjustment = "holm",
    conf_level: float = 0.95,
    exact: bool | None = None,
) -> Summary:
    """Compare a number between every pair of groups, p-values adjusted as one family.

    Parameters
    ----------
    test : "wilcoxon" (rank-sum), "welch-t" or "student-t"; each pair uses only its two groups.
    exact : for "wilcoxon"; None: exact below 50 persons a group without ties, else normal with continuity correction.

    Returns
    -------
    Summary with one row a pair: group, reference (the earlier of the two), n, estimate (t tests: difference of means,
    group minus reference; exact Wilcoxon: Hodges-Lehmann shift, else None), conf_low, conf_high, statistic (t, or the
    rank-sum statistic of the group), df, p_value, p_adjusted, method, note.

    Raises
    ------
    CannotEstimate
        for a test or adjustment that does not exist, and as :func:`durata.estimate.people.people` does.

    References
    ----------
    Wilcoxon, Biometrics Bulletin 1945;1:80; Welch, Biometrika 1947;34:28;
    Hodges & Lehmann, Annals of Mathematical Statistics 1963;34:598; Holm, Scandinavian Journal of Statistics 1979;6:65.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(
    ...     time=[1] * 6, event=[0] * 6, group=list("aaabbb"), covariates={"size": [1, 2, 3, 4, 5, 6]}
    ... )
    >>> pairwise_comparisons(cohort, "size").rows()[0]["p_value"]
    0.1
    """
    check_level(conf_level)
    if test not in PAIR_TESTS:
        raise CannotEstimate(
            speak(
                "There is no test {test!r} of a pair; there are {known}.",
                test=test,
                known=speak(", ").join(get_args(PairTest)),
            )
        )
    if adjust not in ADJUSTMENTS:
        raise CannotEstimate(
            speak(
                "There is no adjustment {adjust!r}; there are {known}.",
                adjust=adjust,
                known=speak(", ").join(ADJUSTMENTS),
            )
        )
    persons = people(cohort, by)
    samples = persons.by_group(number(cohort, column))
    rows = []
    for first, second in persons.pairs():
        row: dict[str, Any] = {"term": column, "group": persons.levels[second], "reference": persons.levels[first]}
        row["n"] = len(samples[first]) + len(samples[second])
        rows.append(row | _pair(samples[second], samples[first], test, conf_level, exact) | {"p_adjusted": None})
    tested = [row for row in rows if row["p_value"] is not None]
    for row, p in zip(tested, adjusted_p_values([row["p_value"] for row in tested], adjust), strict=True):
        row["p_adjusted"] = float(p)
    return Summary(
        what=speak("{column} compared between every pair of groups", column=column),
        table=tuple(rows),
        method=speak(PAIR_TESTS[test]),
        settings={"by": by, "test": test, "adjust": adjust, "family": len(tested), "conf_level": conf_level},
        notes=persons.notes(),
    )


def _pair(
    group: FloatArray, reference: FloatArray, test: PairTest, conf_level: float, exact: bool | None
) -> dict[str, Any]:
    method = speak(PAIR_TESTS[test])
    if test == "wilcoxon":
        try:
            found = rank_sum(group, reference, exact=exact, conf_level=conf_level)
        except ValueError as tied:
            raise CannotEstimate(speak("Wilcoxon rank-sum test: {tied}; leave 'exact' out.", tied=tied)) from tied
        estimate, low, high, df = found.shift, found.low, found.high, np.nan
        method += " (exact)" if found.exact else speak(" (normal approximation)")
        statistic, p_value = found.statistic, found.p_value
    else:
        means = two_means(group, reference, equal_variances=test == "student-t", conf_level=conf_level)
        estimate, low, high, df = means.estimate, means.low, means.high, means.df
        statistic, p_value = means.statistic, means.p_value
    note = "" if not np.isnan(p_value) else speak("Not tested: too few persons, or the same value in all of them.")
    return {
        "estimate": or_none(estimate),
        "conf_low": or_none(low),
        "conf_high": or_none(high),
        "statistic": or_none(statistic),
        "df": or_none(df),
        "p_value": or_none(p_value),
        "method": method,
        "note": note,
    }
