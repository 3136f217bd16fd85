"""Log-rank tests against R: every survdiff, log-rank, trend and pairwise value of logrank.json."""

from __future__ import annotations

import numpy as np
import pytest
from reference import Case, agree, all_of

from durata.cohort import Cohort
from durata.door import cohort_from_frame
from durata.estimate.result import Test
from durata.estimate.tests import log_rank, log_rank_trend, pairwise_log_rank

ADJUSTMENTS = {
    "none": "p_raw",
    "bonferroni": "p_bonferroni",
    "holm": "p_holm",
    "hochberg": "p_hochberg",
    "bh": "p_bh",
    "by": "p_by",
}
TESTS = all_of("logrank", "tests")
WITH_SURVDIFF = [case for case in TESTS["argvalues"] if "survdiff_rho0" in case.expected]


def cohort_of(case: Case) -> Cohort:
    spec = case.spec
    cohort = cohort_from_frame(
        case.frame(),
        time=spec["time"],
        event=spec["event"],
        entry=spec.get("start"),
        group=spec["group"],
        covariates=[spec["strata"]] if "strata" in spec else [],
    )
    # R keeps the declared order of a factor's levels; a text column knows none
    levels = tuple(case.levels(spec["group"]))
    order = np.array([levels.index(name) for name in cohort.group.levels])
    return cohort.select(slice(None), group=type(cohort.group)(order[cohort.group.codes], levels))


def agrees_with(test: Test, expected: dict) -> None:
    agree(test.statistic, expected["chisq"], "chi-square")
    agree(test.p_value, expected["p"], "p", absolute=0.0)
    assert test.df == expected["df"]
    assert [part["group"] for part in test.parts] == expected["groups"]
    agree([part["observed"] for part in test.parts], expected["observed"], "observed")
    agree([part["expected"] for part in test.parts], expected["expected"], "expected")
    agree(test.settings["variance"], expected["variance"], "variance")
    if "n" in expected:
        assert [part["n"] for part in test.parts] == expected["n"]


@pytest.mark.parametrize("rho", [0, 1])
@pytest.mark.parametrize("case", WITH_SURVDIFF, ids=[case.id for case in WITH_SURVDIFF])
def test_survdiff(case: Case, rho: int) -> None:
    test = log_rank(cohort_of(case), strata=case.spec.get("strata"), rho=rho)
    agrees_with(test, case.expected[f"survdiff_rho{rho}"])


@pytest.mark.parametrize(**TESTS)
@pytest.mark.parametrize(("weighted", "rho"), [("logrank", 0), ("fh_1_0", 1)])
def test_log_rank_by_its_formula(case: Case, weighted: str, rho: int) -> None:
    test = log_rank(cohort_of(case), strata=case.spec.get("strata"), rho=rho)
    agrees_with(test, case.expected["weighted"][weighted])


@pytest.mark.parametrize(**TESTS)
@pytest.mark.parametrize(("weighted", "rho"), [("logrank", 0), ("fh_1_0", 1)])
def test_trend(case: Case, weighted: str, rho: int) -> None:
    test = log_rank_trend(cohort_of(case), strata=case.spec.get("strata"), rho=rho)
    expected = case.expected["weighted"][weighted]["trend"]
    agree(test.settings["scores"], expected["scores"])
    agree(test.settings["z"], expected["z"], "z")
    agree(test.statistic, expected["chisq"], "chi-square")
    agree(test.p_value, expected["p"], "p", absolute=0.0)


@pytest.mark.parametrize(**all_of("logrank", "pairwise"))
@pytest.mark.parametrize("adjust", list(ADJUSTMENTS))
def test_pairwise(case: Case, adjust: str) -> None:
    rows = pairwise_log_rank(cohort_of(case), adjust=adjust).rows()
    expected = case.expected
    assert [[row["reference"], row["group"]] for row in rows] == expected["pairs"]
    agree([row["statistic"] for row in rows], expected["chisq"], "chi-square")
    agree([row["p_value"] for row in rows], expected["p_raw"], "p", absolute=0.0)
    agree([row["p_adjusted"] for row in rows], expected[ADJUSTMENTS[adjust]], "adjusted p", absolute=0.0)
