"""Risks standardised over baseline covariates: the same as weighted rows of clones and months fitted by statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from test_emulated_laws import HORIZON, WINDOWS, patients

import durata as du


@pytest.mark.parametrize("seed", [1, 8])
def test_the_same_as_rows_fitted_by_statsmodels(seed: int) -> None:
    courses = du.patient_courses(**patients(seed, 400))
    trial = du.emulate(courses, du.EmulationPlan(WINDOWS, spikes=(3, 6)))
    curve = du.emulated_standardised(trial, knots=0, covariates=("size", "site"))
    size, site = (np.asarray(courses.covariates[name]) for name in ("size", "site"))
    for name in trial.names:
        rows, dead, weights = [], [], []
        for k in range(1, HORIZON + 1):
            for i, w in enumerate(trial.weights_at(name, k).tolist()):
                if w > 0:
                    rows.append([1.0, k, size[i], site[i]])
                    dead.append(float(courses.cause[i] > 0 and courses.exit[i] == k))
                    weights.append(w)
        model = sm.GLM(np.array(dead), np.array(rows), family=sm.families.Binomial(), freq_weights=np.array(weights))
        fit = model.fit(tol=1e-14, maxiter=200, tol_criterion="params")
        free = np.ones(len(courses))
        expected = []
        for k in range(1, HORIZON + 1):
            x = np.column_stack([np.ones(len(courses)), np.full(len(courses), float(k)), size, site])
            free = free * (1.0 - fit.predict(x))
            expected.append(free.mean())
        np.testing.assert_allclose(curve.group(name).estimate, expected[: len(curve.group(name).time)], rtol=1e-7)


def test_what_changes_is_refused() -> None:
    given = patients(2)
    history = du.History(np.arange(120), np.zeros(120), given["covariates"]["size"])
    trial = du.emulate(
        du.patient_courses(**given, histories={"last": history}), du.EmulationPlan(WINDOWS, covariates=("size",))
    )
    with pytest.raises(du.CannotEstimate, match="'last' is a history"):
        du.emulated_standardised(trial, covariates=("last",))
