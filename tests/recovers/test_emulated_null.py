"""A cohort in which it does not matter when treatment ends: the emulation says so, grouping by achieved duration does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import durata as du
from durata.door import cohort_from_arrays
from durata.estimate.emulated import monthly_risks

HORIZON = 36
WINDOWS = (du.ending_window("short", 0, 6), du.ending_window("middle", 6, 12), du.ending_window("long", 12, 24))


def null_cohort(n: int, seed: int) -> dict[str, Any]:
    """Large tumours end treatment later and progress sooner; only the unprogressed end it; death follows progression."""
    draw = np.random.default_rng(seed)
    size = draw.normal(0, 1, n)
    ended, excused, died = np.full(n, np.inf), np.full(n, np.inf), np.full(n, np.inf)
    leaving = draw.uniform(8, 80, n)
    for k in range(1, HORIZON + 1):
        level = 0.02 if k < 3 else 0.12 if k < 12 else 0.25 if k == 12 else 0.12
        chance = 1 / (1 + np.exp(-(np.log(level / (1 - level)) - 0.6 * size)))
        still = np.isinf(died) & np.isinf(excused)
        stops = still & np.isinf(ended) & (draw.random(n) < chance)
        ended[stops] = k - 0.8
        progresses = still & (draw.random(n) < 0.012 * np.exp(0.6 * size))
        excused[progresses] = k - 0.5
        dies = np.isinf(died) & (draw.random(n) < np.where(np.isfinite(excused), 0.05, 0.001))
        died[dies] = k - 0.2
    return {
        "time": np.minimum(died, leaving),
        "cause": (died <= leaving).astype(int),
        "ended_at": ended,
        "excused_at": excused,
        "covariates": {"size": size},
        "died": died,
    }


@pytest.mark.parametrize("kind", [{}, {"grace": "natural"}, {"grace": "natural", "weights": "cox"}])
def test_no_difference_where_there_is_none(kind: dict[str, Any]) -> None:
    made = null_cohort(40_000, 17)
    truth = float(np.mean(made.pop("died") > HORIZON))
    courses = du.patient_courses(**made, horizon=HORIZON)
    risks = monthly_risks(du.emulate(courses, du.EmulationPlan(WINDOWS, **kind)))
    # the standard error of each is about 0.006
    assert risks.survival[:, -1] == pytest.approx([truth] * 3, abs=0.02)


def test_grouping_by_achieved_duration_finds_one() -> None:
    made = null_cohort(40_000, 17)
    there = made["ended_at"] <= made["time"]
    group = np.select([made["ended_at"] <= 6, made["ended_at"] <= 12], ["short", "middle"], "long")
    cohort = cohort_from_arrays(time=made["time"][there], event=made["cause"][there], group=group[there])
    survival = {row["group"]: row["estimate"] for row in du.kaplan_meier(cohort, by="group").at(HORIZON).rows()}
    truth = float(np.mean(made["died"] > HORIZON))
    assert survival["long"] > survival["short"] + 0.03
    assert min(survival.values()) > truth + 0.02
