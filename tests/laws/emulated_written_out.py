"""An emulated trial the slow way: one patient at a time, clones and their months written out as rows, logistic models by statsmodels."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import statsmodels.api as sm

from durata.kernels.cubic_spline import default_knots, restricted_cubic_basis

Row = dict[str, Any]


def month(time: float) -> int:
    return max(1, math.ceil(time - 1e-9))


def truncated_power_basis(months: Any, knots: Any) -> Any:
    return restricted_cubic_basis(np.asarray(months, dtype=float), np.asarray(knots)).T


def person_months(people: list[Row], last: int) -> list[Row]:
    """The original months in which each patient is obliged, in the order ending, excuse, event, leaving."""
    rows = []
    for person in people:
        for k in range(1, last + 1):
            if person["excused_first"] and k > month(person["excuse"]):
                break
            if k > month(person["end"]):
                break
            ends = not person["excused_first"] and math.isfinite(person["stop"]) and month(person["stop"]) == k
            rows.append({"person": person["id"], "k": k, "ends": ends, "x": person["x"]})
            if ends:
                break
    return rows


def logistic(rows: list[Row], outcome: str, knots: list[float], spikes: list[int], extra: list[str]) -> Any:
    """A fitted logistic model and the function that predicts from it."""

    def design(ks: Any, xs: Any) -> Any:
        ks = np.asarray(ks, dtype=float)
        spline = truncated_power_basis(ks, knots) if knots else ks[:, None]
        return np.column_stack([np.ones(len(ks)), spline, *[(ks == s).astype(float) for s in spikes], np.asarray(xs)])

    X = design([row["k"] for row in rows], [[*row["x"], *[row[e] for e in extra]] for row in rows])
    y = np.array([float(row[outcome]) for row in rows])
    fit = sm.GLM(y, X, family=sm.families.Binomial()).fit(tol=1e-14, maxiter=200, tol_criterion="params")

    @cache
    def predicted(k: int, x: tuple[float, ...]) -> float:
        return float(fit.predict(design([k], [x]))[0])

    return lambda k, x: predicted(k, tuple(x))


def slow_trial(
    time: Any, cause: Any, ended: Any, excused: Any, lost: Any, x: Any,
    *, windows: list[tuple[int, int | None]], horizon: int, natural: bool, uniform: bool, spikes: list[int], with_loss: bool,
) -> tuple[Any, Any]:  # fmt: skip
    """(G, K) survival and (G, K) weighted numbers at risk."""
    people = []
    for i in range(len(time)):
        stop = ended[i] if ended[i] <= time[i] else math.inf
        excuse = excused[i] if excused[i] <= time[i] else math.inf
        people.append(
            {"id": i, "end": time[i], "cause": cause[i], "stop": stop, "excuse": excuse, "excused_first": excuse < stop,
             "lost": lost[i], "x": list(x[i])}
        )  # fmt: skip
    last = max(b if b is not None else a - 1 for a, b in windows)
    rows = person_months(people, last)
    seen = [float(row["k"]) for row in rows if row["ends"]]
    knots = sorted(set(default_knots(np.array(seen), 4).tolist()))
    knots = knots if len(knots) >= 3 else []
    p = logistic(rows, "ends", knots, spikes, [])
    number = {k: sum(1 for v in seen if v == k) for k in range(1, last + 1)}

    loss_of: Any = None
    if with_loss:
        at_risk = []
        for person in people:
            for k in range(1, min(month(person["end"]), horizon) + 1):
                if person["cause"] and month(person["end"]) == k:
                    continue
                off = not person["excused_first"] and math.isfinite(person["stop"]) and month(person["stop"]) <= k
                gone = bool(person["lost"]) and month(person["end"]) == k
                at_risk.append({"k": k, "gone": gone, "x": person["x"], "off": float(off)})
        gone_at = sorted(float(row["k"]) for row in at_risk if row["gone"])
        loss_knots = sorted(set(default_knots(np.array(gone_at), 4).tolist()))
        loss_of = logistic(at_risk, "gone", loss_knots if len(loss_knots) >= 3 else [], [], ["off"])

    survival, numbers = [], []
    for a, b in windows:
        clone_rows = []
        for person in people:
            weight, staying = 1.0, 1.0
            for k in range(1, horizon + 1):
                if k > month(person["end"]):
                    break
                excused_now = person["excused_first"] and k > month(person["excuse"])
                off_before = not person["excused_first"] and math.isfinite(person["stop"]) and month(person["stop"]) < k
                ends = not person["excused_first"] and math.isfinite(person["stop"]) and month(person["stop"]) == k
                asked = k <= (b if b is not None else a - 1)
                if asked and not excused_now and not off_before:
                    chance = p(k, person["x"])
                    if k < a:
                        h = 0.0
                    elif k == b:
                        h = 1.0
                    elif natural:
                        h = chance
                    elif uniform:
                        h = 1.0 / (b - k + 1)  # type: ignore[operator]
                    else:
                        later = sum(number[j] for j in range(k, b + 1))  # type: ignore[operator]
                        h = number[k] / later if later else 0.0
                    if (ends and h == 0.0 and k < a) or (not ends and k == b):
                        break
                    weight *= h / chance if ends else (1 - h) / (1 - chance)
                died = bool(person["cause"]) and month(person["end"]) == k
                clone_rows.append({"k": k, "w": weight * staying, "died": died})
                if with_loss:
                    off = float(off_before or ends)
                    staying /= 1.0 - loss_of(k, [*person["x"], off])
        curve, free, sums = [], 1.0, []
        for k in range(1, horizon + 1):
            total = sum(row["w"] for row in clone_rows if row["k"] == k)
            dead = sum(row["w"] for row in clone_rows if row["k"] == k and row["died"])
            free *= 1.0 - (dead / total if total else 0.0)
            curve.append(free)
            sums.append(total)
        survival.append(curve)
        numbers.append(sums)
    return np.array(survival), np.array(numbers)
