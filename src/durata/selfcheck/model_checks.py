"""Models, weights, imputation, sensitivity, tables and clones: R's numbers beside those of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from durata.cohort import Cohort
from durata.designs.emulated.within_grace import clones_within_grace
from durata.door import cohort_from_arrays
from durata.estimate.accelerated import accelerated_failure_time
from durata.estimate.cloned import cloned_hazard_ratio, cloned_restricted_mean
from durata.estimate.cox import cox
from durata.estimate.cox_checks import concordance, proportional_hazards_test
from durata.estimate.firth import firth_cox
from durata.estimate.nonlinearity import nonlinearity_test
from durata.estimate.pooled import pool
from durata.estimate.ridge import ridge_cox
from durata.estimate.sensitivity import e_value
from durata.kernels import contingency
from durata.kernels.exact_tables import fisher_exact
from durata.selfcheck.compared import Compared, compared
from durata.selfcheck.golden_values import columns, labels, number, values
from durata.terms import factor, spline
from durata.weighting.baseline_weights import weigh

LUNG, OVARIAN, HEART, IMPUTED, TOY = "lung.csv", "ovarian.csv", "heart.csv", "lung_mi_long.csv", "ccw_toy.csv"


def lung(names: list[str]) -> Cohort:
    """Patients with advanced lung cancer with these covariates."""
    return cohort_from_arrays(
        time=number(LUNG, "time"), event=number(LUNG, "event") == 1, covariates=columns(LUNG, names)
    )


def ovarian(names: list[str]) -> Cohort:
    """Women with ovarian cancer with these covariates."""
    return cohort_from_arrays(
        time=number(OVARIAN, "futime"), event=number(OVARIAN, "fustat") == 1, covariates=columns(OVARIAN, names)
    )


def cox_models() -> Iterator[Compared]:
    """Cox models with both handlings of ties and (start, stop] rows; the test of their assumption; concordance."""
    terms = ["age", "sex", "ph.ecog"]
    people = lung(terms)
    rows = ["age", "year", "surgery", "transplant"]
    over_time = cohort_from_arrays(
        entry=number(HEART, "start"),
        time=number(HEART, "stop"),
        event=number(HEART, "event") == 1,
        covariates=columns(HEART, rows),
    )
    for name, cohort, used, ties in (
        ("cox_lung_age_sex_ecog_efron", people, terms, "efron"),
        ("cox_lung_age_sex_ecog_breslow", people, terms, "breslow"),
        ("cox_heart_stanford_efron", over_time, rows, "efron"),
    ):
        effects = cox(cohort, used, ties=ties)  # type: ignore[arg-type]
        expected: dict[str, Any] = values("cox")[name]["expected"]
        of = name.removeprefix("cox_")
        yield compared("cox", "coefficients", of, effects.estimate, expected["coef"])
        yield compared("cox", "standard errors", of, effects.std_error, expected["se"])
        yield compared("cox", "p", of, effects.p_value, expected["p"], absolute=0.0)
        found = [effects.log_likelihood_null, effects.log_likelihood]
        yield compared("cox", "log-likelihood", of, found, [expected["loglik_null"], expected["loglik"]])
        if expected.get("zph"):
            tested = proportional_hazards_test(cohort, effects).rows()
            found = [row["statistic"] for row in tested]
            yield compared("proportional_hazards_test", "chi-square", of, found, expected["zph"]["km"]["chisq"])
        harrell = next(iter(concordance(cohort, effects).rows()))["estimate"]
        yield compared("concordance", "Harrell's C", of, harrell, expected["concordance"]["c"])


def penalised_models() -> Iterator[Compared]:
    """Firth's and ridge-penalised Cox models, a restricted cubic spline, an accelerated failure time model."""
    expected = values("firth")["firth_ovarian"]["expected"]
    effects = firth_cox(ovarian(list(expected["coef"])), list(expected["coef"]), ties="breslow")
    low, high = effects.interval()
    yield compared("firth_cox", "coefficients", "ovarian", effects.estimate, expected["coef"])
    yield compared("firth_cox", "profile limits", "ovarian", low, expected["profile_lower95"])
    yield compared("firth_cox", "profile limits", "ovarian", high, expected["profile_upper95"])
    case = values("ridge")["ridge_ovarian_theta1"]
    inside = case["spec"]["formula"].partition("ridge(")[2].partition(", theta")[0].split(", ")
    ridge = ridge_cox(
        ovarian(inside), inside, penalty=case["spec"]["theta"], penalised=inside, scale=case["spec"]["scale"]
    )
    yield compared("ridge_cox", "coefficients", "ovarian", ridge.estimate, case["expected"]["coef"])
    yield compared("ridge_cox", "standard errors", "ovarian", ridge.std_error, case["expected"]["se"])
    case = values("splines")["rcs_lung_age_k3"]
    cohort = lung(["age", "sex"])
    curved = cox(cohort, [spline("age", 3), "sex"])
    yield compared("spline", "log-likelihood", "lung", curved.log_likelihood, case["expected"]["loglik_spline"])
    rows = {(row["term"], row["method"]): row for row in nonlinearity_test(cohort, curved, "age").rows()}
    found = rows["nonlinearity", "likelihood-ratio test"]["statistic"]
    theirs = case["expected"]["lr_nonlinearity"]["chisq"]
    yield compared("nonlinearity_test", "chi-square", "lung", found, theirs, relative=1e-7)
    case = values("parametric")["param_lung_weibull"]
    fit = accelerated_failure_time(lung(["age", "sex"]), ["age", "sex"], distribution="weibull")
    found = [fit.settings["intercept"], *fit.estimate]
    yield compared(
        "accelerated_failure_time", "coefficients", "lung", found, case["expected"]["coef"], relative=1e-5
    )  # survreg stops early
    theirs = case["expected"]["loglik"]
    yield compared("accelerated_failure_time", "log-likelihood", "lung", fit.log_likelihood, theirs)


def weights_and_imputation() -> Iterator[Compared]:
    """Propensity weights (ATE, overlap) with the weighted Cox model, and Rubin's rules over five imputations."""
    case = values("iptw")["iptw_lung_ecog_3groups"]["expected"]
    needed = ["time", "event", "ph.ecog", "age", "sex", "ph.karno", "pat.karno"]
    known = ~np.any([np.isnan(number(LUNG, name)) for name in needed], axis=0) & (number(LUNG, "ph.ecog") < 3)
    covariates = ["age", "sex", "pat.karno"]
    groups = np.array(labels(LUNG, "ph.ecog"))[known]
    cohort = cohort_from_arrays(
        time=number(LUNG, "time")[known],
        event=number(LUNG, "event")[known] == 1,
        group=[f"{float(level):g}" for level in groups],
        covariates={name: number(LUNG, name)[known] for name in covariates},
    )
    for estimand, wanted in case["weights"].items():
        weighed = weigh(cohort, tuple(covariates), estimand=estimand)
        assert weighed.weights is not None
        yield compared("weigh", estimand, "lung", weighed.weights.values[:20], wanted["weights_first20"])
        effects = cox(weighed, [factor("group", reference=case["groups"][0])])
        yield compared("cox", f"{estimand} weights", "lung", effects.estimate, wanted["cox_efron"]["coef"])
        theirs = wanted["cox_efron"]["robust_se"]
        yield compared("cox", f"{estimand} weights, robust", "lung", effects.std_error, theirs)
    case = values("mi_rubin")["mi_lung_cox"]
    names = case["spec"]["formula"].partition(" ~ ")[2].split(" + ")
    fits = []
    for k in range(1, 6):
        rows = number(IMPUTED, "imp") == k
        completed = cohort_from_arrays(
            time=number(IMPUTED, "time")[rows],
            event=number(IMPUTED, "event")[rows] == 1,
            covariates={name: number(IMPUTED, name)[rows] for name in names},
        )
        fits.append(cox(completed, names))
    pooled, wanted = pool(fits), case["expected"]["pooled"]
    yield compared("pool", "coefficients", "lung, imputed", pooled.estimate, wanted["estimate"])
    yield compared("pool", "standard errors", "lung, imputed", pooled.std_error, wanted["se"])
    yield compared("pool", "degrees of freedom", "lung, imputed", pooled.df, wanted["df_barnard_rubin"], relative=1e-7)


def sensitivity_and_tables() -> Iterator[Compared]:
    """E-values; chi-square, likelihood-ratio and Fisher's exact test."""
    for measure, key in (("hazard ratio", "hr"), ("risk ratio", "rr")):
        for row in values("evalue")[key]:
            answer = e_value(row[key], row["lower"], row["upper"], measure=measure, rare=row.get("rare", False))  # type: ignore[arg-type]
            _, point, interval = answer.rows()
            found, theirs = [point["estimate"], interval["estimate"]], [row["evalue_point"], row["evalue_ci"]]
            yield compared("e_value", measure, f"{row[key]:g}", found, theirs)
    case = values("tables")["two_groups"]
    x, n = np.array(case["x"]), np.array(case["n"])
    table, wanted = np.vstack([x, n - x]), case["overall"]
    pearson, exact = contingency.chi_square(table), fisher_exact(table)
    found, theirs = [pearson.statistic, pearson.p_value], [wanted["chisq"], wanted["chisq_p"]]
    yield compared("response_test", "chi-square", "two groups", found, theirs)
    yield compared("response_test", "Fisher", "two groups", exact.p_value, wanted["fisher_p"])


def clones() -> Iterator[Compared]:
    """An emulated trial: clones, censoring weights, restricted means and the hazard ratio."""
    case = values("ccw")
    arms = clones_within_grace(
        number(TOY, "fup_obs"),
        number(TOY, "death") == 1,
        number(TOY, "timetosurgery"),
        columns(TOY, case["predictors"]),
        grace=case["grace"],
        ties="efron",
    )
    wanted = case["outcome"]["weighted"]
    means = cloned_restricted_mean(arms, until=wanted["tau"]).rows()
    theirs = [wanted[f"rmst_{name}"] for name in ("control", "surgery", "difference")]
    yield compared("cloned_restricted_mean", "means, difference", "toy", [row["estimate"] for row in means], theirs)
    found = cloned_hazard_ratio(arms).estimate
    yield compared("cloned_hazard_ratio", "log hazard ratio", "toy", found, [wanted["log_hr_efron"]])
