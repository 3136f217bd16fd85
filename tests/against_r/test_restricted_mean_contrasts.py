"""Restricted means compared between two groups against R: every value of rmst.json."""

from __future__ import annotations

import re

import numpy as np
import pytest
from reference import Case, agree, all_of, cases, numbers

from durata.door import cohort_from_frame
from durata.estimate.restricted_mean import restricted_mean, restricted_mean_contrasts

COLUMNS = {
    "lung.csv": ("time", "event"),
    "veteran.csv": ("time", "status"),
    "gbsg.csv": ("rfstime", "status"),
    "ovarian.csv": ("futime", "fustat"),
    "pbc.csv": ("time", "death"),
}


@pytest.mark.parametrize(**all_of("rmst"))
def test_contrasts_of_two_groups(case: Case) -> None:
    time, event = COLUMNS[case.dataset]
    frame, spec, e = case.frame(), case.spec, case.expected
    by, _, divided = spec["group"].partition(" (time divided by ")
    if divided:
        frame = frame.assign(**{time: frame[time] / float(divided.removesuffix(")"))})
    cohort = cohort_from_frame(frame, time=time, event=event, covariates=[by])
    assert spec["tau"] == e["tau"]
    means = restricted_mean(cohort, by, until=e["tau"]).rows()
    assert [row["group"] for row in means] == e["groups"]
    for row, theirs in zip(means, (e["group0"], e["group1"]), strict=True):
        agree([row["estimate"], row["std_error"]], [theirs["rmst"], theirs["se"]], row["group"])
    rows = restricted_mean_contrasts(cohort, by, until=e["tau"]).rows()
    assert [(row["group"], row["reference"]) for row in rows] == [tuple(e["groups"][::-1])] * 3
    for row, theirs in zip(rows, (e["difference"], e["ratio"], e["rmtl_ratio"]), strict=True):
        agree([row[k] for k in ("estimate", "conf_low", "conf_high")], [theirs[k] for k in ("est", "lower", "upper")])
    difference, ratio, lost = rows
    agree(
        [difference[k] for k in ("std_error", "statistic", "p_value")], [e["difference"][k] for k in ("se", "z", "p")]
    )
    agree(ratio["p_value"], e["ratio"]["p"])
    for row, theirs in ((ratio, e["ratio"]), (lost, e["rmtl_ratio"])):
        assert row["std_error"] is None
        # The statistic is the logarithm over its standard error.
        agree(np.log(row["estimate"]) / row["statistic"], theirs["se_log"], "se_log")


def test_nothing_of_the_reference_is_left_out() -> None:
    for case in cases("rmst"):
        e = case.expected
        assert set(e) == {"groups", "tau", "group0", "group1", "difference", "ratio", "rmtl_ratio"}
        assert set(e["difference"]) == {"est", "se", "lower", "upper", "z", "p"}
        assert set(e["ratio"]) == {"est", "se_log", "lower", "upper", "p"}
        assert set(e["rmtl_ratio"]) == {"est", "se_log", "lower", "upper"}
        assert not re.search(r"nan", str(numbers(list(e["difference"].values()))))
    assert len(cases("rmst")) == 9
