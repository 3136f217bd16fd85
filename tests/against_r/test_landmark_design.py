"""The landmark design on the bundled Stanford study against R's landmark analyses of the same patients (landmark_td.json)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from reference import agree, cases
from test_cox import agree_model
from test_km import column, rows_of
from test_landmark_curves import curves_agree
from test_logrank import agrees_with

import durata as du

BY_DAY = {case.spec["landmark"]: case.expected for case in cases("landmark_td") if "landmark" in case.spec}


@pytest.fixture(scope="module", params=[30, 60, 90])
def day(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def cohort(day: int) -> du.Cohort:
    study = du.read_study(du.example("stanford"))
    made = du.landmark(study, du.read_records(study), "death", at=day)
    assert made.group is not None
    assert made.group.levels == (f"no transplantation by day {day}", f"transplantation by day {day}")
    return replace(made, group=du.Category(made.group.codes, ("0", "1")))  # as R's table calls them


def test_who_is_in(cohort: du.Cohort, day: int) -> None:
    expected = BY_DAY[day]
    assert (len(cohort), cohort.n_events) == (expected["n"], expected["n_event"])
    assert cohort.group is not None
    assert int((cohort.group.codes == 1).sum()) == expected["n_exposed"]


def test_cox(cohort: du.Cohort, day: int) -> None:
    agree_model(du.cox(cohort, ["group", "age"]), BY_DAY[day]["cox"])


@pytest.mark.parametrize("rho", [0, 1])
def test_log_rank(cohort: du.Cohort, day: int, rho: int) -> None:
    agrees_with(du.log_rank(cohort, rho=rho), BY_DAY[day]["logrank"][f"survdiff_rho{rho}"])


def test_curves(cohort: du.Cohort, day: int) -> None:
    curves_agree(cohort, BY_DAY[day]["km"], at_risk=True)


def test_restricted_means(cohort: du.Cohort, day: int) -> None:
    km = BY_DAY[day]["km"]
    for theirs in km["0"]["rmst"]:
        read = du.restricted_mean(cohort, "group", until=theirs["tau"])
        for group in km:
            (mine,) = rows_of(read, group)
            (same,) = [row for row in km[group]["rmst"] if row["tau"] == theirs["tau"]]
            agree(column([mine], "estimate"), [same["rmst"]], "restricted mean")
            agree(column([mine], "std_error"), [same["se"]], "its standard error")
