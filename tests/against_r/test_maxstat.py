"""Searched cut-points against R's maxstat: scores, statistics at every cut, the selected cut and its p-values."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from cox_models import cohort_of
from reference import Case, agree, all_of, cases
from scipy.special import ndtr

from durata.estimate.cutpoint import cut_statistics, searched_rows, selected_cut
from durata.estimate.result import Test
from durata.kernels.maximal_rank import order_by_value
from durata.kernels.maximal_rank_tail import hothorn_lausen, whole_scores

EVERY = all_of("maxstat")
PERMUTATIONS = 9999


def cohort_and_scores(case: Case):  # type: ignore[no-untyped-def]
    spec = case.spec
    cohort = cohort_of(case.frame(), [spec["time"], spec["event"]])
    return cohort, searched_rows(cohort, spec["variable"])


@cache
def found(name: str) -> tuple[Case, Test]:
    """A case with our test (computed once)."""
    case = next(case for case in cases("maxstat") if case.id == name)
    cohort, _ = cohort_and_scores(case)
    spec = case.spec
    return case, selected_cut(
        cohort, spec["variable"], minprop=spec["minprop"], maxprop=spec["maxprop"], permutations=PERMUTATIONS, seed=7
    )


@pytest.mark.parametrize(**EVERY)
def test_scores_and_the_whole_process(case: Case) -> None:
    cohort, searched = cohort_and_scores(case)
    expected = case.expected
    assert len(searched.row) == expected["n"]
    agree(searched.scores[:20], expected["logrank_scores_first20"], "scores")
    agree(searched.scores @ searched.scores, expected["logrank_scores_sumsq"], "squared scores")
    spec = case.spec
    process = cut_statistics(cohort, spec["variable"], minprop=spec["minprop"], maxprop=spec["maxprop"])
    agree([row["value"] for row in process.rows()], expected["cuts"], "cuts", absolute=0.0)
    agree([abs(row["statistic"]) for row in process.rows()], expected["stats"], "statistics")


@pytest.mark.parametrize(**EVERY)
def test_the_selected_cut(case: Case) -> None:
    case, test = found(case.id)
    expected = case.expected
    agree(test.statistic, expected["statistic"], "statistic")
    assert test.settings["cut"] == expected["cutpoint"]
    assert [part["n"] for part in test.rows()] == [expected["n_low"], expected["n_high"]]
    naive = expected["naive_logrank_at_cutpoint"]
    ours = test.settings["uncorrected"]
    agree([ours["statistic"], ours["p_value"]], [naive["chisq"], naive["p"]], "ordinary log-rank test")


@pytest.mark.parametrize(**EVERY)
def test_lausen_p_values(case: Case) -> None:
    case, test = found(case.id)
    theirs, ours = case.expected["p_values"], test.settings["p_values"]
    agree(ours["lausen-1992"], theirs["Lau92"]["p"], "Lau92", absolute=0.0)
    # R takes the tail as 1 minus a distribution function, which keeps 16 decimals and no more: it is 0 or a few 1e-16
    # where ours is exact, so what is compared beyond those decimals is the sum over the cuts.
    tail = 2.0 * float(ndtr(-test.statistic))
    agree(ours["lausen-1994"], theirs["Lau94"]["p"], "Lau94", absolute=4e-16)
    if tail < 1e-17:
        agree(ours["lausen-1994"] - tail, theirs["Lau94"]["p"], "Lau94", absolute=0.0)


@pytest.mark.parametrize(**EVERY)
def test_normal_process(case: Case) -> None:
    case, test = found(case.id)
    theirs = case.expected["p_values"].get("exactGauss")
    if theirs is None:  # R's integration is not attempted with more than 40 cuts
        assert len(case.expected["cuts"]) > 11
        return
    agree(test.settings["p_values"]["normal"], theirs["p"], "exactGauss", relative=0.0, absolute=1e-4)


@pytest.mark.parametrize(**EVERY)
def test_permutation(case: Case) -> None:
    case, test = found(case.id)
    theirs = case.expected["p_values"]["condMC"]["p"]
    error = np.sqrt(2.0 * max(theirs * (1 - theirs), 1e-4) / PERMUTATIONS)  # both are Monte Carlo
    agree(test.p_value, theirs, "condMC", relative=0.0, absolute=3 * error)


def test_hothorn_and_lausen() -> None:
    """R's number leaves out divisions that just reach the maximum and those whose scores are all 0; ours has them."""
    having = [case for case in cases("maxstat") if "HL" in case.expected["p_values"]]
    assert [case.id for case in having] == ["mx_ovarian_age"]
    _, searched = cohort_and_scores(having[0])
    _, scores, ends = order_by_value(searched.value, searched.scores)
    below = ends[(ends >= 2) & (ends <= 23)]
    assert len(below) == len(having[0].expected["cuts"])
    agree(hothorn_lausen(whole_scores(scores), below, as_r=True), having[0].expected["p_values"]["HL"]["p"], "HL")
    _, test = found("mx_ovarian_age")
    assert test.settings["p_values"]["hothorn-lausen"] == pytest.approx(0.0099384738293, rel=1e-9)
