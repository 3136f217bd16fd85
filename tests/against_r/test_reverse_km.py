"""Quartiles of follow-up against R: every value of reverse_km.json."""

from __future__ import annotations

import pytest
from reference import Case, agree, all_of

from durata.door import cohort_from_frame
from durata.estimate.curves import reverse_kaplan_meier

COLUMNS = {
    "lung.csv": ("time", "event"),
    "veteran.csv": ("time", "status"),
    "colon.csv": ("time", "status"),
    "rotterdam.csv": ("dtime", "death"),
    "gbsg.csv": ("rfstime", "status"),
    "pbc.csv": ("time", "death"),
    "ovarian.csv": ("futime", "fustat"),
    "mgus2.csv": ("futime", "death"),
}
INTERVALS = {"log": "ci_log", "log-log": "ci_loglog", "plain": "ci_plain"}


@pytest.mark.parametrize(**all_of("reverse_km"))
@pytest.mark.parametrize("interval", list(INTERVALS))
def test_quartiles_of_follow_up(case: Case, interval: str) -> None:
    time, event = COLUMNS[case.dataset]
    curve = reverse_kaplan_meier(cohort_from_frame(case.frame(), time=time, event=event), interval=interval)
    rows = curve.quantile(case.expected["probs"]).rows()
    limits = case.expected[INTERVALS[interval]]
    agree([row["estimate"] for row in rows], case.expected["estimate"], "quartiles")
    agree([row["conf_low"] for row in rows], limits["lower"], "lower")
    agree([row["conf_high"] for row in rows], limits["upper"], "upper")
