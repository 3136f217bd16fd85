"""Kaplan-Meier and its relatives against R's survfit: every value of km.json."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference import Case, agree, all_of, numbers

from durata.cohort import Cohort
from durata.door import cohort_from_frame
from durata.estimate.curves import fleming_harrington, kaplan_meier
from durata.estimate.restricted_mean import restricted_mean
from durata.estimate.result import Curve

INTERVALS = {"log": "ci_log", "log-log": "ci_loglog", "plain": "ci_plain", "logit": "ci_logit", "arcsin": "ci_arcsin"}
AT = [(case, interval) for case in all_of("km")["argvalues"] for interval in INTERVALS]


def cohort_of(case: Case) -> Cohort:
    spec = case.spec
    return cohort_from_frame(
        case.frame(),
        time=spec["time"],
        event=spec["event"],
        entry=spec.get("start"),
        group=spec.get("group"),
        covariates=[spec["cluster"]] if "cluster" in spec else [],
        weights=spec.get("weights"),
        weight_kind="sampling" if "weights" in spec else None,
    )


def curve_of(case: Case, interval: str = "log-log", estimator: Any = kaplan_meier) -> Curve:
    spec = case.spec
    return estimator(
        cohort_of(case),
        by="group" if "group" in spec else None,
        interval=interval,
        conf_level=spec.get("conf_level", 0.95),
        variance="infinitesimal-jackknife" if spec.get("robust") else "greenwood",
        cluster=spec.get("cluster", "person"),
    )


def rows_of(summary: Any, group: str) -> list[dict[str, Any]]:
    return [row for row in summary.rows() if row["group"] == group]


def column(rows: list[dict[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in rows]


@pytest.mark.parametrize(**all_of("km"))
def test_numbers_at_times(case: Case) -> None:
    curve = curve_of(case)
    assert set(curve.groups) == set(case.expected)
    read = curve.at(case.spec["times"], extend=True)
    for group, expected in case.expected.items():
        rows, at = rows_of(read, group), expected["at_times"]
        assert curve.group(group).n == expected["records"]
        agree(curve.group(group).events.sum(), expected["events"], "events")
        agree(column(rows, "estimate"), at["surv"], "S")
        agree(column(rows, "std_error"), at["std_err"], "standard error of S")


@pytest.mark.parametrize(**all_of("km"))
def test_numbers_at_risk(case: Case) -> None:
    data, spec = case.frame(), case.spec
    read = curve_of(case).at(spec["times"])
    for group, expected in case.expected.items():
        of_group = (
            data
            if group == "all"
            else data[
                [f"{value:g}" if not isinstance(value, str) else value for value in data[spec["group"]]]
                == np.array(group)
            ]
        )
        ours = column(rows_of(read, group), "at_risk")
        if "start" in spec:
            # R reports, at a time between two event times, the numbers at risk at the next of them, people who enter in
            # between included; ours are those under observation at the time asked for.
            inside = [(of_group[spec["start"]] < time) & (of_group[spec["time"]] >= time) for time in spec["times"]]
            assert ours == [mask.sum() for mask in inside]
        else:
            agree(ours, expected["at_times"]["n_risk"], "n.risk")


@pytest.mark.parametrize(("case", "interval"), AT, ids=[f"{case.id}-{interval}" for case, interval in AT])
def test_limits_and_quantiles(case: Case, interval: str) -> None:
    curve = curve_of(case, interval)
    read = curve.at(case.spec["times"], extend=True)
    for group, expected in case.expected.items():
        rows, limits = rows_of(read, group), expected["at_times"][INTERVALS[interval]]
        agree(column(rows, "conf_low"), limits["lower"], "lower")
        agree(column(rows, "conf_high"), limits["upper"], "upper")
        quantiles = expected["quantiles"]
        rows = rows_of(curve.quantile(quantiles["probs"]), group)
        agree(column(rows, "estimate"), quantiles["estimate"], "quantiles")
        agree(column(rows, "conf_low"), quantiles[INTERVALS[interval]]["lower"], "lower limits of the quantiles")
        agree(column(rows, "conf_high"), quantiles[INTERVALS[interval]]["upper"], "upper limits of the quantiles")


@pytest.mark.parametrize(**all_of("km"))
def test_cumulative_hazards(case: Case) -> None:
    curve = curve_of(case)
    ties_broken = curve_of(case, estimator=fleming_harrington)
    times = np.asarray(case.spec["times"], dtype=float)
    read = ties_broken.at(times, extend=True)
    for group, expected in case.expected.items():
        stretch, broken = curve.group(group), ties_broken.group(group)
        k = np.searchsorted(stretch.time, times, side="right")
        agree(np.r_[0, stretch.cumulative_hazard][k], expected["at_times"]["cumhaz_nelson_aalen"], "Nelson-Aalen")
        agree(np.r_[0, stretch.cumulative_hazard_std_error][k], expected["at_times"]["std_chaz"], "its standard error")
        agree(np.r_[0, broken.cumulative_hazard][k], expected["fleming_harrington"]["cumhaz"], "ties broken")
        agree(column(rows_of(read, group), "estimate"), expected["fleming_harrington"]["surv"], "S, ties broken")
        agree(
            column(rows_of(read, group), "std_error"), expected["fleming_harrington"]["std_err"], "its standard error"
        )


WITH_CURVE = [case for case in all_of("km")["argvalues"] if any("curve" in part for part in case.expected.values())]


@pytest.mark.parametrize("case", WITH_CURVE, ids=[case.id for case in WITH_CURVE])
def test_whole_curve(case: Case) -> None:
    curve = curve_of(case, "log")
    for group, expected in case.expected.items():
        stretch, whole = curve.group(group), expected["curve"]
        agree(stretch.time, whole["time"], "time")
        agree(stretch.at_risk, whole["n_risk"], "n.risk")
        agree(stretch.events, whole["n_event"], "n.event")
        agree(stretch.censored, whole["n_censor"], "n.censor")
        agree(stretch.estimate, whole["surv"], "S")
        agree(stretch.std_error, whole["std_err_surv"], "standard error of S")
        agree(stretch.conf_low, whole["lower_log"], "lower")
        agree(stretch.conf_high, whole["upper_log"], "upper")
        agree(stretch.cumulative_hazard, whole["cumhaz"], "Nelson-Aalen")
        agree(stretch.cumulative_hazard_std_error, whole["std_chaz"], "its standard error")


WITH_MEAN = [case for case in all_of("km")["argvalues"] if case.spec.get("taus")]


@pytest.mark.parametrize("case", WITH_MEAN, ids=[case.id for case in WITH_MEAN])
def test_restricted_means(case: Case) -> None:
    by = "group" if "group" in case.spec else None
    for k, tau in enumerate(case.spec["taus"]):
        read = restricted_mean(cohort_of(case), by, until=tau)
        for group, expected in case.expected.items():
            (row,) = rows_of(read, group)
            assert numbers(expected["rmst"][k]["tau"]) == tau
            agree(row["estimate"], expected["rmst"][k]["rmst"], "restricted mean")
            agree(row["std_error"], expected["rmst"][k]["se"], "its standard error")
