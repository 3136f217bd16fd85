"""Numbers compared between groups, against R: every value of group_tests.json, and the paired tests of described.json.

What the product does not have is listed in NOT_OURS with the reason.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
import reference
from reference import Case, agree, cases

from durata.category import categorise
from durata.cohort import Cohort
from durata.door import cohort_from_arrays
from durata.estimate.association import correlation_test
from durata.estimate.baseline import baseline_table
from durata.estimate.change import paired_change
from durata.estimate.comparison import compare_groups, pairwise_comparisons
from durata.kernels.means import two_means
from durata.kernels.multiplicity import adjusted_p_values
from durata.kernels.rank_tests import rank_sum, signed_rank
from durata.kernels.standardised_difference import number_difference

WHOLE = reference._read("group_tests")
NOT_OURS = {
    "q1_type6": "quantiles of data are of type 7",
    "q3_type2": "quantiles of data are of type 7",
    "bartlett": "the declared summary chooses the test, not a test of equal variances",
    "shapiro": "the declared summary chooses the test, not a test of normality",
    "ks_asymptotic": "groups are compared by location, which is what the table prints",
}
OURS = {
    "n",
    "mean",
    "sd",
    "median",
    "q1_type7",
    "q3_type7",
    "kruskal",
    "anova",
    "welch_anova",
    "pairwise_wilcoxon",
    "wilcoxon",
    "welch_t",
    "student_t",
    "smd",
}


def cohort_of(case: Case) -> Cohort:
    """The case as a cohort: the number and its groups, as R read them."""
    frame, name = case.frame(), case.spec["group"].split(" ")[0]
    column = frame[case.spec["variable"]].to_numpy(float)
    groups = [None if value != value else reference.as_label(value) for value in frame[name]]
    if "dropped" in case.spec["group"]:
        groups = [None if group == "3" else group for group in groups]
    levels = [level for level in case.levels(name) if level in groups]
    return cohort_from_arrays(
        time=np.ones(len(frame)),
        event=np.zeros(len(frame), dtype=bool),
        group=categorise(groups, levels),
        covariates={"value": column},
    )


def samples_of(cohort: Cohort) -> list[np.ndarray]:
    assert cohort.group is not None
    value, codes = np.asarray(cohort.covariates["value"]), cohort.group.codes
    return [value[(codes == code) & ~np.isnan(value)] for code in range(len(cohort.group.levels))]


CASES = pytest.mark.parametrize("case", cases("group_tests", "cases"), ids=lambda case: case.id)


@CASES
def test_every_value_of_the_file_is_looked_at(case: Case) -> None:
    assert set(case.expected) <= OURS | set(NOT_OURS)


@CASES
def test_groups_described_and_compared(case: Case) -> None:
    cohort, wanted = cohort_of(case), case.expected
    ranks = compare_groups(cohort, "value")
    agree([ranks.statistic, ranks.df, ranks.p_value], [wanted["kruskal"][key] for key in ("h", "df", "p")])
    agree([part["n"] for part in ranks.parts], wanted["n"])
    agree([part["estimate"] for part in ranks.parts], wanted["median"])
    for ours, theirs in (("quartile_1", "q1_type7"), ("quartile_3", "q3_type7"), ("std_dev", "sd")):
        agree([part[ours] for part in ranks.parts], wanted[theirs], ours)
    for ours, theirs in (("anova", "anova"), ("welch-anova", "welch_anova")):
        means = compare_groups(cohort, "value", test=ours)  # type: ignore[arg-type]
        agree([part["estimate"] for part in means.parts], wanted["mean"])
        found = [means.statistic, means.df, means.settings["df_residual"], means.p_value]
        agree(found, [wanted[theirs][key] for key in ("f", "df1", "df2", "p")], ours)


@CASES
def test_table_1_says_the_same(case: Case) -> None:
    cohort, wanted = cohort_of(case), case.expected
    for summary, theirs, middle in (("median", wanted["kruskal"], "median"), ("mean", wanted["anova"], "mean")):
        rows = baseline_table(cohort, ["value"], summary=summary).rows()  # type: ignore[arg-type]
        *described, everybody, compared = rows
        agree([row["estimate"] for row in described], wanted[middle])
        assert everybody["n"] == sum(wanted["n"])
        agree(compared["p_value"], theirs["p"])
        samples = samples_of(cohort)
        largest = max(abs(number_difference(a, b)) for a, b in combinations(samples, 2))
        agree(compared["std_difference"], largest)


@CASES
def test_pairs(case: Case) -> None:
    cohort, wanted = cohort_of(case), case.expected["pairwise_wilcoxon"]
    rows = pairwise_comparisons(cohort, "value", exact=False).rows()
    assert [[row["reference"], row["group"]] for row in rows] == wanted["pairs"]
    raw = [row["p_value"] for row in rows]
    agree(raw, wanted["raw_cc"])
    agree([row["p_adjusted"] for row in rows], wanted["holm"])
    agree(adjusted_p_values(raw, "bh"), wanted["bh"])


@pytest.mark.parametrize(
    "case", [case for case in cases("group_tests", "cases") if "welch_t" in case.expected], ids=lambda case: case.id
)
def test_two_groups(case: Case) -> None:
    first, second = samples_of(cohort_of(case))
    wanted = case.expected
    ranks = wanted["wilcoxon"]
    agree(rank_sum(first, second, exact=False).statistic, ranks["w"])
    agree(rank_sum(first, second, exact=False).p_value, ranks["p_cc"])
    agree(rank_sum(first, second, exact=False, correction=False).p_value, ranks["p_nocc"])
    t, welch = two_means(first, second), wanted["welch_t"]
    agree(
        [t.statistic, t.df, t.p_value, t.estimate, t.low, t.high],
        [*(welch[k] for k in ("t", "df", "p", "diff")), *welch["ci"]],
    )
    t, student = two_means(first, second, equal_variances=True), wanted["student_t"]
    agree([t.statistic, t.df, t.p_value], [student[key] for key in ("t", "df", "p")])
    agree(number_difference(first, second), wanted["smd"])
    pair = pairwise_comparisons(cohort_of(case), "value", test="welch-t").rows()[0]
    agree([pair["estimate"], pair["conf_low"], pair["conf_high"]], [-welch["diff"], -welch["ci"][1], -welch["ci"][0]])


def test_exact_rank_sum() -> None:
    wanted = WHOLE["wilcoxon_exact_inline"]
    found = rank_sum(wanted["x"], wanted["y"])
    assert found.exact
    agree(
        [found.statistic, found.p_value, found.shift, found.low, found.high],
        [wanted["w"], wanted["p_exact"], wanted["hodges_lehmann"], *wanted["ci"]],
    )


def test_signed_rank_without_correction() -> None:
    wanted = WHOLE["wilcoxon_signed_rank_inline"]
    found = signed_rank(np.subtract(wanted["x"], wanted["y"]), correction=False)
    agree([found.statistic, found.p_value], [wanted["v"], wanted["p_nocc"]])


@pytest.mark.parametrize("method", ["pearson", "spearman", "kendall"])
def test_correlations(method: Any) -> None:
    wanted = WHOLE["correlations"]
    frame = reference.dataset(wanted["dataset"])
    names = (wanted["x"], wanted["y"])
    cohort = cohort_from_arrays(
        time=np.ones(len(frame)),
        event=np.zeros(len(frame), dtype=bool),
        covariates={name: frame[name].to_numpy(float) for name in names},
    )
    found = correlation_test(cohort, *names, method=method)
    agree([found.statistic, found.p_value], [wanted[method]["estimate"], wanted[method]["p"]])


@pytest.mark.parametrize("case", reference._read("described")["paired"], ids=["untied", "tied, one unchanged"])
def test_before_and_after(case: dict[str, Any]) -> None:
    n = len(case["before"])
    cohort = cohort_from_arrays(
        time=np.ones(n),
        event=np.zeros(n, dtype=bool),
        covariates={"before": np.array(case["before"], float), "after": np.array(case["after"], float)},
    )
    rows = {row["term"]: row for row in paired_change(cohort, "before", "after").rows()}
    t = rows["difference"]
    agree(
        [t[key] for key in ("estimate", "statistic", "df", "p_value")], [case[key] for key in ("mean", "t", "df", "p")]
    )
    agree([t["conf_low"], t["conf_high"]], case["ci"])
    ranks = rows["difference, by ranks"]
    agree([ranks["statistic"], ranks["p_value"]], [case["v"], case["p_rank"]])
    agree([ranks["estimate"], ranks["conf_low"], ranks["conf_high"]], [case["pseudo_median"], *case["rank_ci"]])
