"""Cumulative incidence, restricted time in state, Gray's test and cause-specific log-rank against R."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from competing_cases import cohort_of
from reference import Case, agree, all_of, numbers

from durata.estimate.causes import cause_specific, gray_test
from durata.estimate.competing import cumulative_incidence, restricted_time_in_state
from durata.estimate.curves import kaplan_meier
from durata.estimate.tests import log_rank

CASES = all_of("competing_cuminc")
GROUPED = [case for case in CASES["argvalues"] if "group" in case.spec]
by_group = pytest.mark.parametrize("case", GROUPED, ids=[case.id for case in GROUPED])


def by_of(case: Case) -> str | None:
    return "group" if "group" in case.spec else None


def column(rows: list[dict], group: str, cause: str | None, name: str) -> list:
    return [row[name] for row in rows if row["group"] == group and row.get("cause") == cause]


@pytest.mark.parametrize(**CASES)
@pytest.mark.parametrize("interval", ["log", "log-log"])
def test_survfit_of_several_states(case: Case, interval: str) -> None:
    cohort = cohort_of(case)
    assert len(cohort) == case.expected["n"]
    curve = cumulative_incidence(cohort, by_of(case), interval=interval)
    free = kaplan_meier(
        replace(cohort, event=cohort.cause > 0, cause=None),
        by_of(case),
        interval=interval,
        variance="infinitesimal-jackknife",
    )
    times, limits = case.spec["times"], interval.replace("-", "")
    compared = 0
    for group, expected in case.expected["aalen_johansen"].items():
        for state, rows, cause in (
            ("s0", free.at(times, extend=True).rows(), None),
            ("cause1", curve.at(times, extend=True).rows(), "1"),
            ("cause2", curve.at(times, extend=True).rows(), "2"),
        ):
            agree(column(rows, group, cause, "estimate"), expected["pstate"][state], state)
            agree(column(rows, group, cause, "std_error"), expected["se_ij"][state], state)
            # where nobody had the event there is no interval, and R prints NA
            at = numbers(expected["pstate"][state]) > 0
            for ours, theirs in (("conf_low", f"lower_{limits}"), ("conf_high", f"upper_{limits}")):
                agree(np.array(column(rows, group, cause, ours))[at], numbers(expected[theirs][state])[at], theirs)
            compared += int(at.sum())
    assert compared > 0


@pytest.mark.parametrize(**CASES)
def test_variance_of_etm(case: Case) -> None:
    rows = cumulative_incidence(cohort_of(case), by_of(case), variance="greenwood").at(case.spec["times"], extend=True)
    for group, expected in case.expected["aalen_johansen"].items():
        for cause in ("1", "2"):
            agree(column(rows.rows(), group, cause, "estimate"), expected["etm_greenwood"][f"cause{cause}"]["cif"])
            agree(column(rows.rows(), group, cause, "std_error"), expected["etm_greenwood"][f"cause{cause}"]["se"])


@pytest.mark.parametrize(**CASES)
def test_cuminc(case: Case) -> None:
    curve = cumulative_incidence(cohort_of(case), by_of(case), variance="delta")
    rows = curve.at(case.spec["times"], extend=True).rows()
    expected = case.expected["cmprsk_cuminc"]
    for name, estimate, variance in zip(expected["curves"], expected["est"], expected["var"], strict=True):
        group, cause = name.rsplit(" ", 1)
        # timepoints() has no value beyond a group's last observation
        known = ~np.isnan(numbers(estimate))
        group = group if by_of(case) else "all"
        agree(np.array(column(rows, group, cause, "estimate"))[known], numbers(estimate)[known], name)
        agree(np.array(column(rows, group, cause, "std_error"))[known] ** 2, numbers(variance)[known], name)


@pytest.mark.parametrize(**CASES)
def test_time_in_state(case: Case) -> None:
    for group, expected in case.expected["aalen_johansen"].items():
        mean = expected["restricted_mean_time_in_state"]
        cohort = cohort_of(case)
        if by_of(case):
            cohort = cohort.select(cohort.category("group").codes == cohort.category("group").levels.index(group))
        last = cohort.exit.max()
        rows = restricted_time_in_state(cohort, until=min(mean["tau"], last)).rows()
        ours = {row["cause"]: row["estimate"] for row in rows}
        if mean["tau"] > last:
            # R carries the last value forward beyond the last observation; added here by hand
            beyond = mean["tau"] - last
            for cause in ("1", "2"):
                ours[cause] += beyond * cumulative_incidence(cohort).group("all", cause).estimate[-1]
            ours["event-free"] = mean["tau"] - ours["1"] - ours["2"]
        agree([ours[state] for state in ("event-free", "1", "2")], list(mean["value"].values()))


@pytest.mark.parametrize(**CASES)
def test_one_minus_kaplan_meier_of_a_cause(case: Case) -> None:
    for cause in (1, 2):
        rows = (
            kaplan_meier(cause_specific(cohort_of(case), cause), by_of(case)).at(case.spec["times"], extend=True).rows()
        )
        for group, expected in case.expected["aalen_johansen"].items():
            agree([1.0 - x for x in column(rows, group, None, "estimate")], expected["one_minus_km"][f"cause{cause}"])


@by_group
@pytest.mark.parametrize(("rho", "name"), [(0.0, "gray_test"), (1.0, "gray_test_rho1")])
def test_gray(case: Case, rho: float, name: str) -> None:
    strata = "strata" if "strata" in case.spec else None
    expected = case.expected[name]
    for place, cause in enumerate((1, 2)):
        test = gray_test(cohort_of(case), "group", cause=cause, rho=rho, strata=strata)
        agree(test.statistic, expected["chisq"][place], "chi-square")
        agree(test.p_value, expected["p"][place], "p", absolute=0.0)
        assert test.df == case.expected["gray_test"]["df"][place]


@by_group
def test_cause_specific_log_rank(case: Case) -> None:
    for cause in (1, 2):
        strata = "strata" if "strata" in case.spec else None
        test = log_rank(cause_specific(cohort_of(case), cause), "group", strata=strata)
        expected = case.expected["cause_specific_logrank"][f"cause{cause}"]
        agree([test.statistic, test.df], [expected["chisq"], expected["df"]])
        agree(test.p_value, expected["p"], "p", absolute=0.0)
