"""Weighted log-rank families against R: every weighted value of logrank.json, stratified and left-truncated too."""

from __future__ import annotations

import numpy as np
import pytest
from reference import Case, agree, all_of
from test_logrank import agrees_with, cohort_of

from durata.estimate.weighted_tests import weighted_log_rank

FAMILIES = {
    "logrank": ("log-rank", 0.0, 0.0),
    "gehan_wilcoxon": ("gehan-breslow", 0.0, 0.0),
    "tarone_ware": ("tarone-ware", 0.0, 0.0),
    "peto_modified": ("modified-peto-peto", 0.0, 0.0),
    "fh_1_0": ("fleming-harrington", 1.0, 0.0),
    "fh_0_1": ("fleming-harrington", 0.0, 1.0),
    "fh_1_1": ("fleming-harrington", 1.0, 1.0),
    "fh_05_05": ("fleming-harrington", 0.5, 0.5),
}


@pytest.mark.parametrize(**all_of("logrank", "tests"))
def test_weighted(case: Case) -> None:
    assert set(case.expected["weighted"]) == set(FAMILIES)
    for name, (weight, p, q) in FAMILIES.items():
        expected = case.expected["weighted"][name]
        test = weighted_log_rank(cohort_of(case), weight=weight, p=p, q=q, strata=case.spec.get("strata"))
        agrees_with(test, expected)
        agree(test.settings["trend_z"], expected["trend"]["z"], f"{name}: trend")
        assert np.isclose(test.settings["trend_z"] ** 2, expected["trend"]["chisq"], rtol=1e-8)
