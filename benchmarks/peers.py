"""How each Python implementation does each piece of work: prepare() outside the clock, what it returns inside."""

# mypy: ignore-errors
from __future__ import annotations

from collections.abc import Callable

import numpy as np
from data import Case

Arrays = dict[str, np.ndarray]
Timed = Callable[[], np.ndarray]
"""Does the work once and returns numbers (coefficients, survival, chi-square) that must agree between implementations."""
WORK: dict[str, dict[str, Callable[[Arrays, Case], Timed]]] = {}


def does(implementation: str, *work: str):
    """Register what an implementation does."""

    def register(prepare: Callable[[Arrays, Case], Timed]):
        for one in work:
            WORK.setdefault(implementation, {})[one] = prepare
        return prepare

    return register


def _resampled(a: Arrays, case: Case, fit: Callable[[np.ndarray], np.ndarray]) -> Timed:
    drawn = a["drawn"].T.astype(np.intp)
    return lambda: np.array([fit(rows) for rows in drawn]).mean(axis=0)


# durata


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
        return np.array([float(stretch.survival.mean()) for stretch in curve.stretches])

    return once


@does("durata", "logrank")
def durata_logrank(a: Arrays, case: Case) -> Timed:
    import durata

    cohort = _grouped(a)
    return lambda: np.array([durata.logrank_test(cohort, by="g").statistic])


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
    return lambda: durata.firth(cohort, terms, ties="breslow").estimate


# the others


@does("lifelines", "cox")
def lifelines_cox(a: Arrays, case: Case) -> Timed:
    import pandas as pd
    from lifelines import CoxPHFitter

    frame = pd.DataFrame(a["x"], columns=[f"x{j}" for j in range(case.p)]).assign(t=a["time"], e=a["status"])
    return lambda: CoxPHFitter().fit(frame, "t", "e").params_.to_numpy()


@does("lifelines", "bootstrap")
def lifelines_bootstrap(a: Arrays, case: Case) -> Timed:
    import pandas as pd
    from lifelines import CoxPHFitter

    frame = pd.DataFrame(a["x"], columns=[f"x{j}" for j in range(case.p)]).assign(t=a["time"], e=a["status"])
    return _resampled(a, case, lambda rows: CoxPHFitter().fit(frame.iloc[rows], "t", "e").params_.to_numpy())


@does("lifelines", "curve")
def lifelines_curve(a: Arrays, case: Case) -> Timed:
    from lifelines import KaplanMeierFitter

    inside = [a["group"] == g for g in range(3)]

    def once() -> np.ndarray:
        fits = [KaplanMeierFitter().fit(a["time"][rows], a["status"][rows]) for rows in inside]
        return np.array([float(fit.survival_function_.iloc[1:].mean().iloc[0]) for fit in fits])

    return once


@does("lifelines", "logrank")
def lifelines_logrank(a: Arrays, case: Case) -> Timed:
    from lifelines.statistics import multivariate_logrank_test

    return lambda: np.array([multivariate_logrank_test(a["time"], a["group"], a["status"]).test_statistic])


def _sksurv(a: Arrays):
    from sksurv.util import Surv

    return Surv.from_arrays(a["status"] > 0, a["time"])


@does("scikit-survival", "cox")
def sksurv_cox(a: Arrays, case: Case) -> Timed:
    from sksurv.linear_model import CoxPHSurvivalAnalysis

    y = _sksurv(a)
    return lambda: CoxPHSurvivalAnalysis(ties="efron").fit(a["x"], y).coef_


@does("scikit-survival", "curve")
def sksurv_curve(a: Arrays, case: Case) -> Timed:
    from sksurv.nonparametric import kaplan_meier_estimator

    inside, event = [a["group"] == g for g in range(3)], a["status"] > 0

    def once() -> np.ndarray:
        return np.array(
            [kaplan_meier_estimator(event[r], a["time"][r], conf_type="log-log")[1].mean() for r in inside]
        )

    return once


@does("scikit-survival", "logrank")
def sksurv_logrank(a: Arrays, case: Case) -> Timed:
    from sksurv.compare import compare_survival

    y = _sksurv(a)
    return lambda: np.array([compare_survival(y, a["group"])[0]])


@does("statsmodels", "cox")
def statsmodels_cox(a: Arrays, case: Case) -> Timed:
    from statsmodels.duration.hazard_regression import PHReg

    return lambda: PHReg(a["time"], a["x"], status=a["status"], ties="efron").fit(disp=0).params


@does("statsmodels", "logrank")
def statsmodels_logrank(a: Arrays, case: Case) -> Timed:
    from statsmodels.duration.survfunc import survdiff

    return lambda: np.array([survdiff(a["time"], a["status"], a["group"])[0]])


@does("coxdev", "cox", "rows")
def coxdev_cox(a: Arrays, case: Case) -> Timed:
    """Its deviance with its own derivatives in a Newton loop; coefficients only, no robust variance."""
    from coxdev import CoxDeviance

    status, x = a["status"].astype(np.int32), a["x"] - a["x"].mean(axis=0)

    def once() -> np.ndarray:
        many = {"start": a["entry"], "sample_weight": a["weights"]} if "entry" in a else {}
        deviance, weights = CoxDeviance(event=a["time"], status=status, tie_breaking="efron", **many), a.get("weights")
        beta = np.zeros(case.p)
        for _ in range(20):
            eta = x @ beta
            score = -0.5 * (x.T @ deviance(eta, weights).gradient)
            step = np.linalg.solve(x.T @ (deviance.information(eta, weights) @ x), score)
            beta = beta + step
            if score @ step < 1e-12:
                break
        return beta

    return once


@does("coxstream", "cox")
def coxstream_cox(a: Arrays, case: Case) -> Timed:
    from coxstream import CoxStream

    return lambda: CoxStream().fit(a["time"], a["status"], a["x"]).coef_


@does("coxstream", "bootstrap")
def coxstream_bootstrap(a: Arrays, case: Case) -> Timed:
    from coxstream import CoxStream

    time, status, x = a["time"], a["status"], a["x"]
    return _resampled(a, case, lambda rows: CoxStream().fit(time[rows], status[rows], x[rows]).coef_)


@does("greenwood", "cox")
def greenwood_cox(a: Arrays, case: Case) -> Timed:
    import greenwood

    surv = greenwood.Surv(a["time"], event=a["status"].astype(int))
    return lambda: np.asarray(greenwood.CoxPH().fit(surv, a["x"]).coef_)


@does("greenwood", "logrank")
def greenwood_logrank(a: Arrays, case: Case) -> Timed:
    import greenwood

    surv, group = greenwood.Surv(a["time"], event=a["status"].astype(int)), a["group"].astype(int)
    return lambda: np.array([greenwood.logrank_test(surv, group).statistic])


@does("survival (Rust)", "cox")
def rust_cox(a: Arrays, case: Case) -> Timed:
    from survival.regression import coxph_fit_raw

    status = a["status"].astype(int)
    return lambda: np.asarray(coxph_fit_raw(a["time"], status, a["x"]).coefficients)


@does("survival (Rust)", "bootstrap")
def rust_bootstrap(a: Arrays, case: Case) -> Timed:
    from survival.regression import coxph_fit_raw

    time, status, x = a["time"], a["status"].astype(int), a["x"]
    return _resampled(
        a, case, lambda rows: np.asarray(coxph_fit_raw(time[rows], status[rows], x[rows], resid=False).coefficients)
    )


@does("survival (Rust)", "rows")
def rust_rows(a: Arrays, case: Case) -> Timed:
    from survival.regression import coxph_fit

    status, person = a["status"].astype(int), a["person"].astype(int)

    def once() -> np.ndarray:
        fit = coxph_fit(a["time"], status, a["x"], entry=a["entry"], weights=a["weights"], cluster=person)
        return np.concatenate([np.asarray(fit.coefficients), np.sqrt(np.diag(np.asarray(fit.var)))])

    return once


@does("survival (Rust)", "curve")
def rust_curve(a: Arrays, case: Case) -> Timed:
    from survival.surv_analysis import survfitkm

    inside = [a["group"] == g for g in range(3)]

    def once() -> np.ndarray:
        return np.array([np.mean(survfitkm(a["time"][rows], a["status"][rows]).surv) for rows in inside])

    return once


@does("survival (Rust)", "logrank")
def rust_logrank(a: Arrays, case: Case) -> Timed:
    from survival.surv_analysis import survdiff

    status, group = a["status"].astype(int), a["group"].astype(int)
    return lambda: np.array([survdiff(a["time"], status, group).chisq])


@does("comprisk", "finegray")
def comprisk_finegray(a: Arrays, case: Case) -> Timed:
    from comprisk import FineGrayRegression

    cause = a["status"].astype(int)
    return lambda: FineGrayRegression(cause=1).fit(a["x"], time=a["time"], event=cause).coef_


def _firthmodels(a: Arrays):
    from firthmodels import FirthCoxPH

    y = (a["status"] > 0, a["time"])
    return lambda: FirthCoxPH(gtol=1e-9, xtol=1e-10).fit(a["x"], y)


@does("firthmodels", "firth")
def firthmodels_firth(a: Arrays, case: Case) -> Timed:
    fit = _firthmodels(a)
    return lambda: fit().coef_


@does("firthmodels", "firth_profile")
def firthmodels_profile(a: Arrays, case: Case) -> Timed:
    fit = _firthmodels(a)

    def once() -> np.ndarray:
        fitted = fit()
        fitted.conf_int(method="pl")
        fitted.lrt()
        return fitted.coef_

    return once
