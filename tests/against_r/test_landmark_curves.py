"""Landmark curves and tests of jasa, Mantel-Byar and Simon-Makuch of colon, against R: their parts of landmark_td.json."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from reference import Case, agree, cases
from test_km import INTERVALS, column, rows_of
from test_logrank import agrees_with

from durata.cohort import Cohort
from durata.door import cohort_from_frame
from durata.estimate.curves import fleming_harrington, kaplan_meier
from durata.estimate.restricted_mean import restricted_mean
from durata.estimate.tests import log_rank, log_rank_trend

BY_ID = {case.id: case for case in cases("landmark_td")}
LANDMARKS = [case for case in BY_ID.values() if "landmark" in case.spec]


def landmark_cohort(case: Case) -> Cohort:
    day = case.spec["landmark"]
    alive = case.frame().query("futime > @day", engine="python")
    exposed = (alive["wait.time"] <= day).astype(int)
    frame = pd.DataFrame({"time": alive["futime"] - day, "event": alive["fustat"], "exposed": exposed})
    return cohort_from_frame(frame, time="time", event="event", group="exposed")


def recurrence_cohort(case: Case) -> Cohort:
    """Death in colon, each patient's row split at the recurrence; ``group`` says whether it has happened."""
    data = case.frame()
    death = data[data["etype"] == 2].set_index("id").sort_index()
    recurrence = data[data["etype"] == 1].set_index("id").sort_index()
    when = recurrence["time"].where((recurrence["status"] == 1) & (recurrence["time"] < death["time"]))
    before = pd.DataFrame({"id": death.index, "start": 0.0, "stop": death["time"].where(when.isna(), when)})
    before["died"] = death["status"].where(when.isna(), 0)
    before["rec"] = 0
    after = pd.DataFrame({"id": death.index, "start": when, "stop": death["time"], "died": death["status"], "rec": 1})
    rows = pd.concat([before, after[when.notna()]], ignore_index=True)
    return cohort_from_frame(rows, time="stop", event="died", entry="start", group="rec", person="id")


def curves_agree(cohort: Cohort, expected: dict[str, Any], *, at_risk: bool) -> None:
    times = next(iter(expected.values()))["at_times"]["time"]
    broken = fleming_harrington(cohort, by="group").at(times, extend=True)
    for interval, limits in INTERVALS.items():
        curve = kaplan_meier(cohort, by="group", interval=interval)
        read, quantiles = curve.at(times, extend=True), curve.quantile([0.25, 0.5, 0.75])
        for group, theirs in expected.items():
            stretch, at, rows = curve.group(group), theirs["at_times"], rows_of(read, group)
            assert stretch.n == theirs["records"]
            agree(stretch.events.sum(), theirs["events"])
            agree(column(rows, "estimate"), at["surv"], "S")
            agree(column(rows, "std_error"), at["std_err"], "standard error")
            agree(column(rows, "conf_low"), at[limits]["lower"], "lower")
            agree(column(rows, "conf_high"), at[limits]["upper"], "upper")
            if at_risk:
                agree(column(rows, "at_risk"), at["n_risk"], "n.risk")
            k = np.searchsorted(stretch.time, times, side="right")
            agree(np.r_[0, stretch.cumulative_hazard][k], at["cumhaz_nelson_aalen"], "Nelson-Aalen")
            agree(np.r_[0, stretch.cumulative_hazard_std_error][k], at["std_chaz"], "its standard error")
            found = rows_of(quantiles, group)
            agree(column(found, "estimate"), theirs["quantiles"]["estimate"], "quantiles")
            agree(column(found, "conf_low"), theirs["quantiles"][limits]["lower"], "lower")
            agree(column(found, "conf_high"), theirs["quantiles"][limits]["upper"], "upper")
            found = rows_of(broken, group)
            agree(column(found, "estimate"), theirs["fleming_harrington"]["surv"], "S, ties broken")
            agree(column(found, "std_error"), theirs["fleming_harrington"]["std_err"], "its standard error")


@pytest.mark.parametrize("case", LANDMARKS, ids=[case.id for case in LANDMARKS])
def test_landmark(case: Case) -> None:
    cohort, expected = landmark_cohort(case), case.expected
    assert len(cohort) == expected["n"]
    assert cohort.n_events == expected["n_event"]
    assert int((cohort.group.codes == 1).sum()) == expected["n_exposed"]
    for rho in (0, 1):
        agrees_with(log_rank(cohort, rho=rho), expected["logrank"][f"survdiff_rho{rho}"])
    agrees_with(log_rank(cohort), expected["logrank"]["weighted"]["logrank"])
    agree(log_rank_trend(cohort).settings["z"], expected["logrank"]["weighted"]["logrank"]["trend"]["z"], "trend")
    curves_agree(cohort, expected["km"], at_risk=True)
    for theirs in next(iter(expected["km"].values()))["rmst"]:
        read = restricted_mean(cohort, "group", until=theirs["tau"])
        for group, of_group in expected["km"].items():
            (mine,) = rows_of(read, group)
            (same,) = [row for row in of_group["rmst"] if row["tau"] == theirs["tau"]]
            agree([mine["estimate"], mine["std_error"]], [same["rmst"], same["se"]], "restricted mean")


def test_mantel_byar() -> None:
    case = BY_ID["mantel_byar_colon"]
    cohort = recurrence_cohort(case)
    assert len(cohort) == BY_ID["td_colon_recurrence_efron"].expected["n_split_rows"]
    agrees_with(log_rank(cohort), case.expected["logrank"])
    agree(log_rank_trend(cohort).settings["z"], case.expected["logrank"]["trend"]["z"], "trend")


def test_simon_makuch() -> None:
    case = BY_ID["mantel_byar_colon"]
    # R counts those at risk at the next event time (people who enter in between included); ours are at the time asked for
    cohort = recurrence_cohort(case)
    curves_agree(cohort, case.expected["simon_makuch"], at_risk=False)
    for row in kaplan_meier(cohort, by="group").at([365, 730, 1826]).rows():
        of_group = cohort.group.codes == int(row["group"])
        there = of_group & (cohort.entry < row["time"]) & (row["time"] <= cohort.exit)
        assert row["at_risk"] == there.sum()
