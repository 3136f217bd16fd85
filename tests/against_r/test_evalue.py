"""E-values against the reference's (VanderWeele & Ding's formulas computed in R)."""

from __future__ import annotations

from typing import Any

import pytest
from reference import _read, agree

from durata.estimate.sensitivity import e_value

CASES = [(measure, row) for measure, key in {"hazard ratio": "hr", "risk ratio": "rr", "odds ratio": "or_common"}.items() for row in _read("evalue")[key]]  # fmt: skip
SHORT = {"hazard ratio": "hr", "risk ratio": "rr", "odds ratio": "or"}


@pytest.mark.parametrize(("measure", "row"), CASES)
def test_e_value(measure: Any, row: dict[str, Any]) -> None:
    answer = e_value(row[SHORT[measure]], row["lower"], row["upper"], measure=measure, rare=row.get("rare", False))
    ratio, point, interval = answer.rows()
    agree([point["estimate"], interval["estimate"]], [row["evalue_point"], row["evalue_ci"]])
    agree(ratio["estimate"], row["rr"])
    if "rr_lower" in row:
        agree([ratio["conf_low"], ratio["conf_high"]], [row["rr_lower"], row["rr_upper"]])
    assert bool(answer.notes) == (measure != "risk ratio" and not row.get("rare", False))


def test_every_value_of_the_file_is_compared() -> None:
    assert len(CASES) == sum(len(_read("evalue")[key]) for key in ("hr", "rr", "or_common"))
    assert set(_read("evalue")) == {"hr", "rr", "or_common", "formula"}
