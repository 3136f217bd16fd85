"""Fine and Gray's model in both variants against R, and R's finegray() rows laid out and fitted as a weighted Cox model."""

from __future__ import annotations

import numpy as np
import pytest
from competing_cases import model_cohort
from reference import Case, agree, all_of

from durata.cohort import Cohort
from durata.door import cohort_from_arrays
from durata.estimate.causes import cause_specific
from durata.estimate.cox import cox
from durata.estimate.fine_gray import fine_gray, predicted_incidence
from durata.kernels.subdistribution import censoring

CASES = all_of("competing_finegray")
NEWTON = 1e-8
"""crr was run to a gradient of 1e-12 or 100 steps, so its values carry nine digits or more."""


def asked(case: Case) -> tuple[Cohort, list[str], int]:
    return model_cohort(case.dataset), case.spec["covariates"], case.spec["cause_of_interest"]


@pytest.mark.parametrize(**CASES)
def test_counts(case: Case) -> None:
    cohort, _, cause = asked(case)
    found = [len(cohort), (cohort.cause == cause).sum(), (cohort.cause == 3 - cause).sum(), (cohort.cause == 0).sum()]
    assert found == [case.expected[name] for name in ("n", "n_event", "n_competing", "n_censored")]


@pytest.mark.parametrize(**CASES)
def test_crr(case: Case) -> None:
    cohort, terms, cause = asked(case)
    effects, expected = fine_gray(cohort, terms, cause=cause, variant="crr"), case.expected["crr"]
    assert [term.name for term in effects.terms] == list(expected["coef"])
    agree(effects.estimate, list(expected["coef"].values()), "coefficients", relative=NEWTON)
    agree(effects.std_error, list(expected["se"].values()), "standard errors", relative=NEWTON)
    agree(effects.covariance, expected["vcov"], "covariance", relative=NEWTON)
    agree([effects.log_likelihood, effects.log_likelihood_null], [expected["loglik"], expected["loglik_null"]])
    assert "crr" in effects.method


@pytest.mark.parametrize(**CASES)
def test_prediction_of_crr(case: Case) -> None:
    cohort, terms, cause = asked(case)
    expected = case.expected["crr_cif_prediction"]
    effects = fine_gray(cohort, terms, cause=cause, variant="crr")
    rows = predicted_incidence(cohort, effects, expected["newdata"], expected["times"]).rows()
    agree([row["estimate"] for row in rows], expected["cif"])


@pytest.mark.parametrize(**CASES)
@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_finegray(case: Case, ties: str) -> None:
    cohort, terms, cause = asked(case)
    effects, expected = fine_gray(cohort, terms, cause=cause, ties=ties), case.expected[f"finegray_{ties}"]
    agree(effects.estimate, list(expected["coef"].values()), "coefficients")
    agree(effects.std_error, list(expected["robust_se"].values()), "robust")
    agree(np.sqrt(np.diag(effects.model_covariance)), list(expected["naive_se"].values()), "naive")
    if "loglik" in expected:
        agree([effects.log_likelihood_null, effects.log_likelihood], expected["loglik"], "log-likelihood")


@pytest.mark.parametrize(**CASES)
def test_prediction_of_finegray(case: Case) -> None:
    cohort, terms, cause = asked(case)
    effects = fine_gray(cohort, terms, cause=cause, ties="breslow")
    new = case.expected["crr_cif_prediction"]["newdata"]
    rows = predicted_incidence(cohort, effects, new, case.expected["finegray_cif_breslow"]["times"]).rows()
    agree([row["estimate"] for row in rows], case.expected["finegray_cif_breslow"]["cif"])


@pytest.mark.parametrize(**CASES)
@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_cause_specific_cox(case: Case, ties: str) -> None:
    cohort, terms, cause = asked(case)
    effects, expected = (
        cox(cause_specific(cohort, cause), terms, ties=ties),
        case.expected[f"cause_specific_cox_{ties}"],
    )
    agree(effects.estimate, list(expected["coef"].values()))
    agree(effects.std_error, list(expected["se"].values()))
    agree([effects.log_likelihood_null, effects.log_likelihood], expected["loglik"])


def long_rows(cohort: Cohort, cause: int) -> dict[str, np.ndarray]:
    """What R's finegray() makes: after a competing event a row for every stretch of constant weight with an event in it."""
    events = np.unique(cohort.exit[cohort.cause == cause])
    free = censoring(cohort.exit, cohort.cause > 0, events_first=True)
    cuts = np.append(free.time, cohort.exit.max())
    with_event = {int(k) for k in np.searchsorted(cuts, events, side="left")}
    weight = np.cumprod(np.concatenate([[1.0], 1.0 - free.censored / free.at_risk]))
    rows = []
    for i, (time, ended) in enumerate(zip(cohort.exit, cohort.cause, strict=True)):
        if ended in (0, cause):
            rows.append((i, 0.0, time, float(ended == cause), 1.0))
            continue
        first = int(np.searchsorted(cuts, time, side="left"))
        rows.append((i, 0.0, cuts[first], 0.0, 1.0))
        rows += [
            (i, cuts[k - 1], cuts[k], 0.0, weight[k] / weight[first])
            for k in range(first + 1, len(cuts))
            if k in with_event
        ]
    return dict(zip(("id", "start", "stop", "status", "weight"), np.array(rows).T, strict=True))


@pytest.mark.parametrize(**CASES)
def test_rows_of_finegray(case: Case) -> None:
    cohort, terms, cause = asked(case)
    rows, expected = long_rows(cohort, cause), case.expected["finegray_data"]
    assert len(rows["id"]) == expected["nrow"]
    agree([rows["weight"].sum(), (rows["weight"] ** 2).sum()], [expected["sum_weights"], expected["sumsq_weights"]])
    for name in ("start", "stop", "status", "weight"):
        agree(rows[name][:30], expected["first30"][name], name)
    assert (rows["id"][:30] + 1).tolist() == expected["first30"]["id"]
    chosen = rows["id"].astype(int)
    long = cohort_from_arrays(
        time=rows["stop"],
        entry=rows["start"],
        event=rows["status"],
        weights=rows["weight"],
        weight_kind="sampling",
        person=chosen,
        covariates={term: cohort.covariates[term][chosen] for term in terms},
    )
    by_rows, direct = cox(long, terms), fine_gray(cohort, terms, cause=cause)
    agree(direct.estimate, by_rows.estimate.tolist())
    agree(direct.covariance, by_rows.covariance.tolist(), relative=1e-7)
