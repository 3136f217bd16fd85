"""Events per person-time against R: every value of rates.json, and the rate ratios of described.json."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import reference
from reference import Case, agree, all_of

from durata.category import categorise
from durata.cohort import Cohort
from durata.door import cohort_from_arrays
from durata.estimate.rates import event_rates, rate_ratios

COLUMNS = {
    "rate_lung_sex": ("time", "event", "sex"),
    "rate_gbsg_hormon": ("rfstime", "status", "hormon"),
    "rate_veteran_celltype": ("time", "status", "celltype"),
}


def cohort_of(file: str, time: str, event: str, group: str, levels: list[str]) -> Cohort:
    frame = reference.dataset(file)
    return cohort_from_arrays(
        time=frame[time].to_numpy(float),
        event=frame[event].to_numpy() == 1,
        group=categorise([reference.as_label(value) for value in frame[group]], levels),
    )


@pytest.mark.parametrize(**all_of("rates"))
def test_rates(case: Case) -> None:
    time, event, group = COLUMNS[case.id]
    cohort = cohort_of(case.dataset, time, event, group, list(case.expected))
    exact, on_log = event_rates(cohort, "group").rows(), event_rates(cohort, "group", interval="log").rows()
    assert [row["group"] for row in exact] == [*case.expected, "all"]
    for row, log_row, wanted in zip(exact, on_log, case.expected.values(), strict=False):
        assert set(wanted) == {"events", "person_time", "rate", "exact_ci", "log_ci"}
        agree(
            [row["events"], row["person_time"], row["estimate"]],
            [wanted["events"], wanted["person_time"], wanted["rate"]],
        )
        agree([row["conf_low"], row["conf_high"]], wanted["exact_ci"])
        agree([log_row["conf_low"], log_row["conf_high"]], wanted["log_ci"])
    per_hundred_years = event_rates(cohort, "group", per=36525).rows()
    agree([row["estimate"] for row in per_hundred_years], [36525 * row["estimate"] for row in exact])


@pytest.mark.parametrize("case", reference._read("described")["rate_ratios"], ids=lambda case: str(case["file"]))
def test_rate_ratios(case: dict[str, Any]) -> None:
    levels = list(dict.fromkeys(sorted({pair[key] for pair in case["pairs"] for key in ("reference", "group")})))
    cohort = cohort_of(case["file"], case["time"], case["event"], case["group"], levels)
    found = {(row["group"], row["reference"]): row for row in rate_ratios(cohort).rows()}
    assert len(found) == len(case["pairs"])
    for pair in case["pairs"]:
        row = found[pair["group"], pair["reference"]]
        agree(
            [row["estimate"], row["conf_low"], row["conf_high"], row["p_value"]],
            [pair["ratio"], *pair["ci"], pair["p"]],
        )
    np.testing.assert_array_less([row["p_value"] for row in found.values()], np.nextafter(1.0, 2.0))
