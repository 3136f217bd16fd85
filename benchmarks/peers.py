"""How each of the other Python implementations does each piece of work."""

# mypy: ignore-errors
# ruff: noqa: D103, PLW0108
from __future__ import annotations

import numpy as np
from data import Case
from register import Arrays, Timed, does, resampled


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
    return resampled(a, case, lambda rows: CoxPHFitter().fit(frame.iloc[rows], "t", "e").params_.to_numpy())


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
        return np.array([kaplan_meier_estimator(event[r], a["time"][r], conf_type="log-log")[1].mean() for r in inside])

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
    return resampled(a, case, lambda rows: CoxStream().fit(time[rows], status[rows], x[rows]).coef_)


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
    return resampled(
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
