"""How durata does each piece of work."""

# mypy: ignore-errors
# ruff: noqa: D103
from __future__ import annotations

import numpy as np
from data import Case
from register import Arrays, Timed, does


def _warm() -> None:
    from durata.kernels.compiled.readiness import warm

    warm()


@does("durata (kernel)", "cox")
def durata_kernel(a: Arrays, case: Case) -> Timed:
    _warm()
    from durata.kernels.partial_likelihood.fit import fit_cox
    from durata.kernels.partial_likelihood.risk_order import order_risk_sets

    event = a["status"] > 0
    return lambda: fit_cox(order_risk_sets(a["time"], event), a["x"]).coefficients


def _cohort(a: Arrays, **more: object):
    from durata.cohort import Cohort

    columns = {f"x{j}": np.ascontiguousarray(column) for j, column in enumerate(a["x"].T)} if "x" in a else {}
    person = a["person"].astype(np.intp) if "person" in a else np.arange(len(a["time"]))
    return Cohort(person=person, exit=a["time"], event=a["status"] == 1, covariates=columns, **more), list(columns)


@does("durata", "cox")
def durata_cox(a: Arrays, case: Case) -> Timed:
    _warm()
    import durata

    cohort, terms = _cohort(a)
    return lambda: durata.cox(cohort, terms).estimate


@does("durata (kernel)", "rows")
def durata_rows_kernel(a: Arrays, case: Case) -> Timed:
    _warm()
    from durata.kernels.partial_likelihood.fit import fit_cox
    from durata.kernels.partial_likelihood.likelihood import risk_sums
    from durata.kernels.partial_likelihood.risk_order import order_risk_sets
    from durata.kernels.residuals import score_residuals

    event, person = a["status"] > 0, a["person"].astype(np.intp)

    def once() -> np.ndarray:
        order = order_risk_sets(a["time"], event, entry=a["entry"], weights=a["weights"])
        fit = fit_cox(order, a["x"])
        centred = a["x"] - a["x"].mean(axis=0)
        columns = np.ascontiguousarray(centred[order.rows].T)
        sums = risk_sums(order, order.weight * np.exp(fit.coefficients @ columns), True)
        leverage = (score_residuals(order, columns, sums) @ fit.covariance) * a["weights"][:, None]
        summed = np.add.reduceat(leverage, np.flatnonzero(np.diff(person, prepend=-1)), axis=0)
        return np.concatenate([fit.coefficients, np.sqrt(np.diag(summed.T @ summed))])

    return once


@does("durata", "rows")
def durata_rows(a: Arrays, case: Case) -> Timed:
    _warm()
    import durata
    from durata.cohort import Weights

    cohort, terms = _cohort(a, entry=a["entry"], weights=Weights(a["weights"], "sampling"))

    def once() -> np.ndarray:
        found = durata.cox(cohort, terms)
        return np.concatenate([found.estimate, found.std_error])

    return once


@does("durata (kernel)", "bootstrap")
def durata_bootstrap(a: Arrays, case: Case) -> Timed:
    _warm()
    from durata.kernels.partial_likelihood.fit import fit_cox
    from durata.kernels.partial_likelihood.risk_order import order_risk_sets
    from durata.kernels.replicate import cox_replicates

    event = a["status"] > 0

    def once() -> np.ndarray:
        order = order_risk_sets(a["time"], event)
        counts = np.stack([np.bincount(rows, minlength=case.n) for rows in a["drawn"].T.astype(np.intp)])
        found = cox_replicates(order, a["x"], counts.astype(np.uint16), around=fit_cox(order, a["x"]))
        return found.coefficients.mean(axis=0)

    return once


def _grouped(a: Arrays):
    from durata.category import Category
    from durata.cohort import Cohort

    group = Category(a["group"].astype(np.intp), ("0", "1", "2"))
    return Cohort(person=np.arange(len(a["time"])), exit=a["time"], event=a["status"] == 1, covariates={"g": group})


@does("durata", "curve")
def durata_curve(a: Arrays, case: Case) -> Timed:
    import durata

    cohort = _grouped(a)

    def once() -> np.ndarray:
        curve = durata.kaplan_meier(cohort, by="g", interval="log")
        return np.array([float(stretch.estimate.mean()) for stretch in curve.stretches])

    return once


@does("durata", "logrank")
def durata_logrank(a: Arrays, case: Case) -> Timed:
    import durata

    cohort = _grouped(a)
    return lambda: np.array([durata.log_rank(cohort, by="g").statistic])


@does("durata", "finegray")
def durata_finegray(a: Arrays, case: Case) -> Timed:
    _warm()
    import durata
    from durata.door import cohort_from_arrays

    columns = {f"x{j}": np.ascontiguousarray(column) for j, column in enumerate(a["x"].T)}
    cohort = cohort_from_arrays(
        time=a["time"], event=a["status"].astype(int), event_codes=[1], competing_codes=[2], covariates=columns
    )
    return lambda: durata.fine_gray(cohort, list(columns), variant="crr").estimate


@does("durata (kernel)", "firth")
def durata_firth(a: Arrays, case: Case) -> Timed:
    _warm()
    from durata.kernels.partial_likelihood.firth import fit_firth
    from durata.kernels.partial_likelihood.risk_order import order_risk_sets

    event = a["status"] > 0
    return lambda: fit_firth(order_risk_sets(a["time"], event), a["x"], ties="breslow", profiled=False).coefficients


@does("durata", "firth_profile")
def durata_firth_profile(a: Arrays, case: Case) -> Timed:
    _warm()
    import durata

    cohort, terms = _cohort(a)
    return lambda: durata.firth_cox(cohort, terms, ties="breslow").estimate
