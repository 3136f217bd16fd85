"""Curves, tests between them, restricted means, rates, competing risks: R's numbers beside those of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from durata.cohort import Cohort
from durata.door import cohort_from_arrays
from durata.estimate.causes import cause_specific, gray_test
from durata.estimate.competing import cumulative_incidence
from durata.estimate.curves import fleming_harrington, kaplan_meier
from durata.estimate.cutpoint import selected_cut
from durata.estimate.fine_gray import fine_gray
from durata.estimate.pseudo import pseudo_values
from durata.estimate.rates import event_rates
from durata.estimate.restricted_mean import restricted_mean, restricted_mean_contrasts
from durata.estimate.tests import log_rank, log_rank_trend
from durata.estimate.weighted_tests import weighted_log_rank
from durata.selfcheck.compared import Compared, compared
from durata.selfcheck.golden_values import columns, labels, number, values

LUNG, VETERAN, OVARIAN, PBC = "lung.csv", "veteran.csv", "ovarian.csv", "pbc.csv"


def lung() -> Cohort:
    """Patients with advanced lung cancer, grouped by sex (1 men, 2 women)."""
    return cohort_from_arrays(time=number(LUNG, "time"), event=number(LUNG, "event") == 1, group=labels(LUNG, "sex"))


def column(rows: list[dict[str, Any]], group: str, name: str) -> list[Any]:
    """One column of the rows of one group."""
    return [row[name] for row in rows if row["group"] == group]


def curves() -> Iterator[Compared]:
    """Kaplan-Meier with its limits, quantiles and restricted means; Fleming-Harrington."""
    case = values("km")["km_lung_sex"]
    cohort, times = lung(), case["spec"]["times"]
    broken = fleming_harrington(cohort, by="group").at(times, extend=True).rows()
    for interval, key in (("log", "ci_log"), ("log-log", "ci_loglog"), ("plain", "ci_plain"), ("logit", "ci_logit")):
        curve = kaplan_meier(cohort, by="group", interval=interval)  # type: ignore[arg-type]
        rows, quantiles = curve.at(times, extend=True).rows(), curve.quantile([0.25, 0.5, 0.75]).rows()
        for group, wanted in case["expected"].items():
            at, of = wanted["at_times"], f"lung, sex {group}"
            if interval == "log":
                yield compared("kaplan_meier", "S(t)", of, column(rows, group, "estimate"), at["surv"])
                yield compared("kaplan_meier", "standard error", of, column(rows, group, "std_error"), at["std_err"])
                found = column(quantiles, group, "estimate")
                yield compared("kaplan_meier", "quartiles", of, found, wanted["quantiles"]["estimate"])
                found = column(broken, group, "estimate")
                yield compared("fleming_harrington", "S(t)", of, found, wanted["fleming_harrington"]["surv"])
            for ours, theirs in (("conf_low", "lower"), ("conf_high", "upper")):
                yield compared("kaplan_meier", f"{theirs}, {interval}", of, column(rows, group, ours), at[key][theirs])
    for k, until in enumerate(case["spec"]["taus"]):
        for row in restricted_mean(cohort, "group", until=until).rows():
            wanted = case["expected"][row["group"]]["rmst"][k]
            found = [row["estimate"], row["std_error"]]
            of = f"lung, sex {row['group']}"
            yield compared("restricted_mean", f"until {until:g}", of, found, [wanted["rmst"], wanted["se"]])


def log_rank_family() -> Iterator[Compared]:
    """The log-rank test, its trend, and its weighted relatives."""
    cohort, wanted = lung(), values("logrank")["lr_lung_sex"]["expected"]
    test, theirs = log_rank(cohort), wanted["survdiff_rho0"]
    yield compared(
        "log_rank",
        "chi-square, p",
        "lung",
        [test.statistic, test.p_value],
        [theirs["chisq"], theirs["p"]],
        absolute=0.0,
    )
    yield compared("log_rank", "expected", "lung", [part["expected"] for part in test.parts], theirs["expected"])
    trend = log_rank_trend(cohort)
    yield compared("log_rank_trend", "z", "lung", trend.settings["z"], wanted["weighted"]["logrank"]["trend"]["z"])
    for name, weight in (
        ("gehan_wilcoxon", "gehan-breslow"),
        ("tarone_ware", "tarone-ware"),
        ("peto_modified", "modified-peto-peto"),
    ):
        test, theirs = weighted_log_rank(cohort, weight=weight), wanted["weighted"][name]  # type: ignore[arg-type]
        found = [test.statistic, test.p_value]
        yield compared("weighted_log_rank", weight, "lung", found, [theirs["chisq"], theirs["p"]], absolute=0.0)


def contrasts_and_rates() -> Iterator[Compared]:
    """Differences and ratios of restricted means, events per person-time, pseudo-values."""
    cohort, case = lung(), values("rmst")["rmst_lung_sex_365"]
    rows = restricted_mean_contrasts(cohort, "group", until=case["expected"]["tau"]).rows()
    for row, name in zip(rows, ("difference", "ratio", "rmtl_ratio"), strict=True):
        wanted = case["expected"][name]
        found = [row["estimate"], row["conf_low"], row["conf_high"]]
        yield compared("restricted_mean_contrasts", name, "lung", found, [wanted[k] for k in ("est", "lower", "upper")])
    for row in event_rates(cohort, "group").rows():
        if row["group"] != "all":
            wanted = values("rates")["rate_lung_sex"]["expected"][row["group"]]
            found = [row["events"], row["person_time"], row["estimate"], row["conf_low"], row["conf_high"]]
            theirs = [wanted["events"], wanted["person_time"], wanted["rate"], *wanted["exact_ci"]]
            yield compared("event_rates", "rate, exact limits", f"lung, sex {row['group']}", found, theirs)
    case = values("pseudo")["pseudo_ovarian"]
    ovarian = cohort_from_arrays(time=number(OVARIAN, "futime"), event=number(OVARIAN, "fustat") == 1)
    theirs = case["expected"]["rmst_first20"]
    pseudo = pseudo_values(ovarian, until=case["spec"]["tau"])[:20]
    yield compared("pseudo_values", "restricted mean", "ovarian", pseudo, theirs, absolute=1e-9)


def competing_risks() -> Iterator[Compared]:
    """Aalen-Johansen, Gray's test, cause-specific log-rank, Fine and Gray in both variants."""
    case = values("competing_cuminc")["cr_pbc_sex"]
    expected = case["expected"]
    cohort = cohort_from_arrays(
        time=number(PBC, "time"),
        event=number(PBC, "cause"),
        event_codes=[1],
        competing_codes=[2],
        group=labels(PBC, "sex"),
    )
    for cause in (1, 2):
        rows = cumulative_incidence(cohort, "group", cause=cause).at(case["spec"]["times"], extend=True).rows()
        for group, wanted in expected["aalen_johansen"].items():
            of = f"pbc, sex {group}, cause {cause}"
            theirs = wanted["pstate"][f"cause{cause}"]
            yield compared("cumulative_incidence", "F(t)", of, column(rows, group, "estimate"), theirs)
            theirs = wanted["se_ij"][f"cause{cause}"]
            yield compared("cumulative_incidence", "standard error", of, column(rows, group, "std_error"), theirs)
        gray, wanted = gray_test(cohort, cause=cause), expected["gray_test"]
        theirs = [wanted["chisq"][cause - 1], wanted["p"][cause - 1]]
        of = f"pbc, cause {cause}"
        yield compared("gray_test", "chi-square, p", of, [gray.statistic, gray.p_value], theirs, absolute=0.0)
        wanted = expected["cause_specific_logrank"][f"cause{cause}"]
        test = log_rank(cause_specific(cohort, cause))
        found, theirs = [test.statistic, test.p_value], [wanted["chisq"], wanted["p"]]
        yield compared("cause_specific", "log-rank", of, found, theirs, absolute=0.0)
    case = values("competing_finegray")["fg_pbc_cause1"]
    terms = {
        **columns(PBC, ["age", "edema"]),
        "female": np.array([float(sex == "f") for sex in labels(PBC, "sex")]),
        "logbili": np.log(number(PBC, "bili")),
    }
    model = cohort_from_arrays(
        time=number(PBC, "time"),
        event=number(PBC, "cause"),
        event_codes=[1],
        competing_codes=[2],
        covariates=terms,
    )
    names, expected = case["spec"]["covariates"], case["expected"]
    effects = fine_gray(model, names, variant="crr")
    yield compared("fine_gray", "crr: coefficients", "pbc", effects.estimate, expected["crr"]["coef"])
    yield compared("fine_gray", "crr: standard errors", "pbc", effects.std_error, expected["crr"]["se"])
    effects, wanted = fine_gray(model, names), expected["finegray_efron"]
    yield compared("fine_gray", "finegray: coefficients", "pbc", effects.estimate, wanted["coef"])
    yield compared("fine_gray", "finegray: standard errors", "pbc", effects.std_error, wanted["robust_se"])


def cut_points() -> Iterator[Compared]:
    """The maximally selected rank statistic and its corrected p-value."""
    case = values("maxstat")["mx_ovarian_age"]
    spec, expected = case["spec"], case["expected"]
    cohort = cohort_from_arrays(
        time=number(OVARIAN, spec["time"]),
        event=number(OVARIAN, spec["event"]) == 1,
        covariates=columns(OVARIAN, [spec["variable"]]),
    )
    test = selected_cut(
        cohort, spec["variable"], minprop=spec["minprop"], maxprop=spec["maxprop"], permutations=99, seed=7
    )
    found, theirs = [test.statistic, test.settings["cut"]], [expected["statistic"], expected["cutpoint"]]
    yield compared("selected_cut", "statistic, cut", "ovarian", found, theirs)
    theirs = expected["p_values"]["Lau92"]["p"]
    found = test.settings["p_values"]["lausen-1992"]
    yield compared("selected_cut", "p (Lausen 1992)", "ovarian", found, theirs, absolute=0.0)
