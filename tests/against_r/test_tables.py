"""Tables of counts against R: every value of tables.json, and the exact roots of described.json.

R's ``prop.test`` interval with continuity correction (``wilson_cc``) is not ours: durata's Wilson interval has no
correction. ``fisher.test`` and ``mantelhaen.test`` find odds ratios and limits with ``uniroot`` at its default tolerance,
so these agree with R's printed values to about 1e-3 only; the same roots found to the end by R are in described.json.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
import reference
from reference import agree

from durata.kernels import contingency, proportions
from durata.kernels.common_odds import conditional_odds, mantel_haenszel
from durata.kernels.exact_tables import fisher_exact
from durata.kernels.multiplicity import Adjustment, adjusted_p_values

TABLES = reference._read("tables")
EXACT = reference._read("described")
OF_UNIROOT = 1e-2
NOT_OURS = {"wilson_cc": "R's prop.test corrects for continuity; a Wilson interval as published does not"}


def all_tables() -> dict[str, tuple[Any, dict[str, Any]]]:
    """Every table with what R says of it: the free ones, and responders over non-responders."""
    found = {case["id"]: (case["table"], case["expected"]) for case in TABLES["tables"]}
    for case in TABLES["proportions"]:
        x, n = np.array(case["x"]), np.array(case["n"])
        found[case["id"]] = (np.vstack([x, n - x]), case["overall"])
    return found


ALL = all_tables()
SEEN = {
    "fisher_p",
    "chisq",
    "chisq_df",
    "chisq_p",
    "expected",
    "cramers_v",
    "likelihood_ratio_G",
    "likelihood_ratio_p",
    "pearson_residuals",
    "adjusted_residuals",
    "chisq_yates",
    "chisq_yates_p",
    "fisher_or_conditional_mle",
    "fisher_or_ci",
    "fisher_p_less",
    "fisher_p_greater",
    "mcnemar",
    "odds_ratio_wald",
    "risk_ratio_wald",
}


@pytest.mark.parametrize("name", ALL)
def test_every_value_of_the_file_is_looked_at(name: str) -> None:
    assert set(ALL[name][1]) <= SEEN


@pytest.mark.parametrize("name", ALL)
def test_association(name: str) -> None:
    table, wanted = ALL[name]
    pearson = contingency.chi_square(table)
    agree([pearson.statistic, pearson.df, pearson.p_value], [wanted[key] for key in ("chisq", "chisq_df", "chisq_p")])
    ratio = contingency.likelihood_ratio(table)
    agree([ratio.statistic, ratio.p_value], [wanted["likelihood_ratio_G"], wanted["likelihood_ratio_p"]])
    agree(contingency.expected_counts(table), wanted["expected"])
    agree(contingency.pearson_residuals(table), wanted["pearson_residuals"])
    agree(contingency.adjusted_residuals(table), wanted["adjusted_residuals"])
    agree(contingency.cramers_v(table), wanted["cramers_v"])
    exact = fisher_exact(table)
    assert exact.n_simulated == 0
    agree(exact.p_value, wanted["fisher_p"])


@pytest.mark.parametrize("name", [name for name, (table, _) in ALL.items() if np.shape(table) == (2, 2)])
def test_two_by_two(name: str) -> None:
    table, wanted = ALL[name]
    corrected = contingency.chi_square(table, yates=True)
    agree([corrected.statistic, corrected.p_value], [wanted["chisq_yates"], wanted["chisq_yates_p"]])
    plain, moved = contingency.mcnemar(table), contingency.mcnemar(table, correction=True)
    paired = wanted["mcnemar"]
    agree(
        [plain.statistic, plain.p_value, moved.statistic, moved.p_value],
        [paired["chisq"], paired["p"], paired["chisq_cc"], paired["p_cc"]],
    )
    odds = conditional_odds(table)
    agree([odds.p_value, odds.p_less, odds.p_greater], [wanted[f"fisher_p{end}"] for end in ("", "_less", "_greater")])
    agree([odds.odds_ratio, odds.low, odds.high], [EXACT["odds"][name][key] for key in ("or", "low", "high")])
    agree(
        [odds.odds_ratio, odds.low, odds.high],
        [wanted["fisher_or_conditional_mle"], *wanted["fisher_or_ci"]],
        relative=OF_UNIROOT,
    )
    if "odds_ratio_wald" in wanted:
        agree(proportions.odds_ratio_wald(table), [wanted["odds_ratio_wald"][key] for key in ("or", "lower", "upper")])
        agree(proportions.risk_ratio_wald(table), [wanted["risk_ratio_wald"][key] for key in ("rr", "lower", "upper")])
    else:
        assert np.isnan(proportions.odds_ratio_wald(table)).all()


@pytest.mark.parametrize("case", TABLES["proportions"], ids=lambda case: str(case["id"]))
def test_proportions_trend_and_pairs(case: dict[str, Any]) -> None:
    x, n = np.array(case["x"]), np.array(case["n"])
    straight, wanted = contingency.trend(x, n), case["cochran_armitage_trend"]
    agree([straight.statistic, straight.p_value], [wanted["chisq"], wanted["p"]])
    for k, share in enumerate(case["proportions"]):
        assert set(share) - {"x", "n", "prop", "clopper_pearson", "wilson"} == set(NOT_OURS)
        agree(x[k] / n[k], share["prop"])
        agree(proportions.clopper_pearson_limits(x[k], n[k]), share["clopper_pearson"])
        agree(proportions.wilson_limits(x[k], n[k]), share["wilson"])
    tables = [np.array([[x[i], x[j]], [n[i] - x[i], n[j] - x[j]]]) for i, j in combinations(range(len(x)), 2)]
    assert [[i + 1, j + 1] for i, j in combinations(range(len(x)), 2)] == case["pairs"]
    exact = [fisher_exact(table).p_value for table in tables]
    pearson = [contingency.chi_square(table).p_value for table in tables]
    for raw, wanted in ((exact, case["pairwise_fisher"]), (pearson, case["pairwise_chisq"])):
        agree(raw, wanted["raw"])
        for method in set(wanted) - {"raw"}:
            agree(adjusted_p_values(raw, method), wanted[method], method)


def test_mantel_haenszel() -> None:
    wanted = TABLES["mantel_haenszel"]
    found = mantel_haenszel(wanted["strata"])
    agree([found.odds_ratio, found.low, found.high], [wanted["or"], *wanted["ci"]])
    agree([found.test.statistic, found.test.p_value], [wanted["chisq"], wanted["p"]])
    agree([found.test_corrected.statistic, found.test_corrected.p_value], [wanted["chisq_cc"], wanted["p_cc"]])
    exact = conditional_odds(wanted["strata"])
    agree(exact.p_value, wanted["exact_p"])
    agree(exact.odds_ratio, wanted["exact_or"], relative=OF_UNIROOT)
    agree([exact.odds_ratio, exact.low, exact.high], [EXACT["odds"]["strata"][key] for key in ("or", "low", "high")])


@pytest.mark.parametrize("method", ["bonferroni", "holm", "hochberg", "hommel", "bh", "by"])
def test_p_values_adjusted(method: Adjustment) -> None:
    wanted = TABLES["p_adjust"]
    agree(adjusted_p_values(wanted["raw"], method), wanted[method if method in wanted else method.upper()])


@pytest.mark.parametrize("case", EXACT["fisher"], ids=lambda case: "x".join(map(str, np.shape(case["table"]))))
def test_larger_exact_tables(case: dict[str, Any]) -> None:
    exact = fisher_exact(case["table"])
    assert exact.n_simulated == 0
    agree(exact.p_value, case["p"])
    drawn = fisher_exact(case["table"], work_limit=1, n_simulated=20_000)
    assert abs(drawn.p_value - case["p"]) <= 4 * drawn.monte_carlo_error + 1e-4
