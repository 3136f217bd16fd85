"""Last step: read the written file back and compare every published figure, by numerics of its own that allow ties."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import chi2, chi2_contingency, norm

from gist import published as target
from gist.numerics import Bools, Floats

Rows = list[dict[str, str]]
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the abstract: as printed, as reached (with more digits), and whether it rounds to the print."""

    name: str
    printed: str
    reached: str
    reached_it: bool


def read(path: Path) -> Rows:
    """The file's rows."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _days(rows: Rows, column: str) -> Floats:
    """Days since 1970-01-01; nan where the cell is empty."""
    return np.array([np.datetime64(row[column], "D").astype(np.int64) if row[column] else np.nan for row in rows])


def _numbers(rows: Rows, column: str) -> Floats:
    return np.array([float(row[column]) for row in rows])


def _said(rows: Rows, column: str, *levels: str) -> Bools:
    return np.array([row[column] in levels for row in rows])


def duration_months(rows: Rows) -> Floats:
    """Preoperative imatinib in months, from the dates."""
    return np.asarray((_days(rows, "surgery_date") - _days(rows, "tki_start_date")) / target.MONTH)


def kaplan_meier(time: Floats, event: Bools, at: float) -> float:
    """Survival at one time; events before censorings of the same day."""
    survival = 1.0
    for when in np.unique(time[event & (time <= at)]):
        survival *= 1 - np.sum(event & (time == when)) / np.sum(time >= when)
    return float(survival)


def log_rank(time: Floats, event: Bools, first: Bools) -> tuple[float, float]:
    """Chi-square (1 df) and p of the log-rank test of ``first`` against the others."""
    excess = variance = 0.0
    for when in np.unique(time[event]):
        n, n_first = float(np.sum(time >= when)), float(np.sum((time >= when) & first))
        d = float(np.sum(event & (time == when)))
        excess += float(np.sum(event & first & (time == when))) - d * n_first / n
        if n > 1:
            variance += d * n_first * (n - n_first) * (n - d) / (n**2 * (n - 1))
    return excess**2 / variance, float(chi2.sf(excess**2 / variance, 1))


def cox_efron(time: Floats, event: Bools, X: Floats) -> tuple[Floats, Floats]:
    """Coefficients and standard errors, ties by Efron, by Newton's steps with explicit loops."""
    beta = np.zeros(X.shape[1])
    for _ in range(50):
        score, information = np.zeros_like(beta), np.zeros((len(beta), len(beta)))
        risk = np.exp(X @ beta)
        for when in np.unique(time[event]):
            alive, tied = time >= when, event & (time == when)
            score += X[tied].sum(axis=0)
            for share in np.arange(tied.sum()) / tied.sum():
                weight = risk * (alive - share * tied)
                mean = weight @ X / weight.sum()
                score -= mean
                information += (X.T * weight) @ X / weight.sum() - np.outer(mean, mean)
        step = np.linalg.solve(information, score)
        beta = beta + step
        if np.max(np.abs(step)) < 1e-10:
            return beta, np.sqrt(np.diag(np.linalg.inv(information)))
    raise RuntimeError("the Cox model did not settle")


@dataclass(frozen=True, slots=True)
class Analysed:
    """What the published analysis needs: groups, days from surgery and events (n each), the four covariates (n, 4)."""

    group: Floats
    rfs: tuple[Floats, Bools]
    os: tuple[Floats, Bools]
    covariates: Floats

    def outcome(self, name: str) -> tuple[Floats, Bools]:
        """Time and event of "RFS" or "OS"."""
        return self.rfs if name == "RFS" else self.os


COVARIATES = ("size_over_10cm", "non_gastric", "mitoses_over_5", "bleeding_at_start")


def analysed(rows: Rows) -> Analysed:
    """Times from surgery: RFS ends with recurrence or death, OS with death, both else with the last contact."""
    months = duration_months(rows)
    group = np.where(months <= target.BOUNDARIES[0], 0.0, np.where(months <= target.BOUNDARIES[1], 1.0, 2.0))
    zero, last = _days(rows, "surgery_date"), _days(rows, "last_contact_date")
    death, recurrence = _days(rows, "death_date"), _days(rows, "recurrence_date")
    first = np.fmin(death, recurrence)
    rfs = (np.where(np.isnan(first), last, first) - zero, ~np.isnan(first))
    os = (np.where(np.isnan(death), last, death) - zero, ~np.isnan(death))
    covariates = np.stack([_said(rows, column, "yes") for column in COVARIATES], axis=1).astype(np.float64)
    return Analysed(group, rfs, os, covariates)


def _rounded(name: str, printed: float, digits: int, value: float) -> Figure:
    return Figure(
        name, f"{printed:.{digits}f}", f"{value:.{digits + 2}f}", f"{value:.{digits}f}" == f"{printed:.{digits}f}"
    )


def _p_above(name: str, p: float) -> Figure:
    return Figure(name, "> 0.05", f"{p:.4f}", p > 0.05)


def _p_below(name: str, p: float) -> Figure:
    return Figure(name, "< 0.05", f"{p:.4f}", p < 0.05)


def _whole(name: str, printed: object, reached: object) -> Figure:
    return Figure(name, str(printed), str(reached), printed == reached)


def _between(pair: Pair) -> str:
    return f"{target.GROUP_NAMES[pair[0]]} vs {target.GROUP_NAMES[pair[1]]}"


def _pair_p(study: Analysed, outcome: str, pair: Pair, among: Bools) -> float:
    time, event = study.outcome(outcome)
    rows = among & np.isin(study.group, pair)
    return log_rank(time[rows], event[rows], study.group[rows] == pair[0])[1]


def _descriptive(rows: Rows, study: Analysed) -> list[Figure]:
    months = duration_months(rows)
    before, after = _numbers(rows, "baseline_size_mm"), _numbers(rows, "preop_size_mm")
    shrinkage = 100 * (1 - after / before)
    responded = shrinkage >= 30
    high_grade = _numbers(rows, "path_viable_pct") < 10
    found = [_whole("patients", sum(target.GROUP_SIZES), len(rows))]
    found.append(_whole("centres", 2, len({row["centre"] for row in rows})))
    for g, name in enumerate(target.GROUP_NAMES):
        here = study.group == g
        found.append(_whole(f"patients, {name}", target.GROUP_SIZES[g], int(here.sum())))
        found.append(_whole(f"partial or complete response, {name}", target.RESPONDERS[g], int(responded[here].sum())))
        found.append(_whole(f"high-grade response, {name}", target.HIGH_GRADE[g], int(high_grade[here].sum())))
    for name, fact in (("response", responded), ("high-grade response", high_grade)):
        table = [[np.sum(value & (study.group == g)) for g in range(3)] for value in (fact, ~fact)]
        found.append(_p_above(f"{name}, chi-square over groups", float(chi2_contingency(table, correction=False)[1])))
    for quarter, printed in zip((50, 25, 75), np.array(target.DURATION_QUARTILES)[[1, 0, 2]], strict=True):
        found.append(_rounded(f"months of imatinib, quantile {quarter} %", printed, 0, np.percentile(months, quarter)))
    for name, values, (mean, sd) in (
        ("before", before / 10, target.SIZE_BEFORE_CM),
        ("after", after / 10, target.SIZE_AFTER_CM),
    ):
        found.append(_rounded(f"diameter {name}, mean (cm)", mean, 2, float(values.mean())))
        found.append(_rounded(f"diameter {name}, SD (cm)", sd, 2, float(values.std(ddof=1))))
    found.append(_rounded("mean individual shrinkage (%)", target.MEAN_SHRINKAGE_PERCENT, 1, float(shrinkage.mean())))
    return found


def _survival(rows: Rows, study: Analysed) -> list[Figure]:
    time, death = study.os
    followed = np.unique(time[~death])
    median = next(t for t in followed if kaplan_meier_of_censoring(time, death, t) <= 0.5)
    recurrences = sum(bool(row["recurrence_date"]) for row in rows)
    found = [_rounded("median follow-up (months)", target.MEDIAN_FOLLOW_UP, 0, float(median / target.MONTH))]
    found.append(_whole("recurrences", target.RECURRENCES, recurrences))
    found.append(_whole("deaths", target.DEATHS, int(death.sum())))
    for outcome, curves, p in (
        ("RFS", target.RFS, target.LOG_RANK_RFS),
        ("OS", target.OS, target.LOG_RANK_OS),
    ):
        time, event = study.outcome(outcome)
        for g, name in enumerate(target.GROUP_NAMES):
            here = study.group == g
            for horizon, printed in zip(target.HORIZONS, curves[g], strict=True):
                value = 100 * kaplan_meier(time[here], event[here], horizon * target.MONTH)
                found.append(_rounded(f"{outcome} at {horizon // 12} years, {name} (%)", printed, 1, value))
        everybody = np.ones(len(time), dtype=np.bool_)
        for pair in target.PAIRS:
            value = _pair_p(study, outcome, pair, everybody)
            name = f"{outcome} log-rank p, {_between(pair)}"
            found.append(_rounded(name, p, 3, value) if pair == target.PAIRS[0] else _p_above(name, value))
    return found


def kaplan_meier_of_censoring(time: Floats, death: Bools, at: float) -> float:
    """Share still under follow-up at one time, were nobody to die; deaths of a day come before its censorings."""
    share = 1.0
    for when in np.unique(time[~death & (time <= at)]):
        at_risk = np.sum(time >= when) - np.sum(death & (time == when))
        share *= 1 - np.sum(~death & (time == when)) / at_risk
    return float(share)


def _models(study: Analysed) -> list[Figure]:
    X = np.concatenate(
        [np.stack([study.group == 1, study.group == 2], axis=1).astype(np.float64), study.covariates], axis=1
    )
    found = []
    for outcome in ("OS", "RFS"):
        beta, error = cox_efron(*study.outcome(outcome), X)
        p = 2 * norm.sf(np.abs(beta / error))
        if outcome == "OS":
            margin = norm.isf(0.025) * error[0]
            for name, printed, value in (
                ("", target.OS_HAZARD_RATIO, beta[0]),
                (", lower limit", target.OS_INTERVAL[0], beta[0] - margin),
                (", upper limit", target.OS_INTERVAL[1], beta[0] + margin),
            ):
                found.append(_rounded(f"OS adjusted HR, {_between((1, 0))}{name}", printed, 3, float(np.exp(value))))
            found.append(_rounded(f"OS adjusted p, {_between((1, 0))}", target.OS_P, 3, float(p[0])))
        else:
            found.append(_p_above(f"RFS adjusted p, {_between((1, 0))}", float(p[0])))
        found.append(_p_above(f"{outcome} adjusted p, {_between((2, 0))}", float(p[1])))
    return found


def _subgroups(rows: Rows, study: Analysed) -> list[Figure]:
    members: dict[str, Callable[[], Bools]] = {
        "not stomach": lambda: ~_said(rows, "primary_site", "stomach"),
        "KIT exon 11": lambda: _said(rows, "genotype", "KIT_EX11"),
        "partial response": lambda: _said(rows, "imaging_response", "PR"),
        "adjuvant <= 24 months": lambda: _numbers(rows, "adjuvant_months") <= 24,
    }
    found = []
    for name, who in members.items():
        for outcome in ("RFS", "OS"):
            for pair, as_printed in ((target.PAIRS[0], _p_below), (target.PAIRS[2], _p_above)):
                p = _pair_p(study, outcome, pair, who())
                found.append(as_printed(f"{outcome} log-rank p, {name}, {_between(pair)}", p))
    return found


def figures(rows: Rows) -> list[Figure]:
    """Every figure of the abstract, printed and reached."""
    study = analysed(rows)
    return [*_descriptive(rows, study), *_survival(rows, study), *_models(study), *_subgroups(rows, study)]


def table(found: Sequence[Figure]) -> str:
    """The figures as a table of text."""
    width = max(len(figure.name) for figure in found)
    lines = [f"{'figure':{width}}  {'printed':>8}  {'reached':>9}"]
    lines += [
        f"{one.name:{width}}  {one.printed:>8}  {one.reached:>9}  {'' if one.reached_it else 'MISSED'}".rstrip()
        for one in found
    ]
    missed = sum(not figure.reached_it for figure in found)
    return "\n".join([*lines, f"{len(found) - missed} of {len(found)} figures reached"])
