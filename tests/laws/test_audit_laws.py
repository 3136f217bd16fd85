"""Figures truly computed from data are never called incoherent; errors planted in them are."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import exp, log
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import durata as du
from durata.audit.arithmetic import reachable, simplest_steps, triad, whole_spread, whole_sums
from durata.audit.printed import printed
from durata.kernels.contingency import chi_square
from durata.kernels.exact_tables import fisher_exact

Method = Literal["linear", "weibull", "hazen", "inverted_cdf", "median_unbiased", "averaged_inverted_cdf"]


def shown(number: float | Fraction, decimals: int, *, up: bool = True) -> str:
    """A number printed with so many decimals, a half rounded up or to even."""
    exact = Fraction(number)
    wide = Decimal(exact.numerator) / Decimal(exact.denominator)
    return str(wide.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP if up else ROUND_HALF_EVEN))


def true_figures(seed: int) -> dict[str, Any]:
    """Everything a paper would print of random patients in two groups, times in whole days or whole months."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(12, 160))
    whole = bool(rng.integers(2))
    duration = rng.integers(1, 24, n).astype(float) if whole else rng.uniform(1, 24, n)
    cut = float(rng.integers(5, 15))
    late = duration > cut
    assume(3 <= late.sum() <= n - 3)
    coarse = bool(rng.integers(2))
    until = rng.exponential(60, n)
    followed = rng.uniform(5, 90, n)
    if coarse:
        until, followed = np.ceil(until), np.ceil(followed)
    time, died = np.minimum(until, followed), until <= followed
    groups = np.where(late, "b", "a")
    cohort = du.cohort_from_arrays(time=time, event=died, group=groups, covariates={"age": rng.normal(60, 9, n)})
    response = rng.random(n) < 0.4
    score = rng.integers(0, 8, n)
    up = bool(rng.integers(2))
    decimals = int(rng.integers(0, 3))
    sizes = {group: int((groups == group).sum()) for group in "ab"}
    events = {group: int(response[groups == group].sum()) for group in "ab"}
    table = [[events[g], sizes[g] - events[g]] for g in "ab"]
    figures: dict[str, Any] = {
        "title": "Random patients",
        "source": "a seed",
        "study": {"patients": n, "follow_up": "reverse Kaplan-Meier"},
        "exposure": {
            "name": "drug",
            **{
                key: shown(
                    float(np.quantile(duration, share, method=METHODS[rng.integers(len(METHODS))])), decimals, up=up
                )
                for key, share in (("q1", 0.25), ("median", 0.5), ("q3", 0.75))
            },
        },
        "groups": (
            {"name": "a", "patients": sizes["a"], "up_to": cut},
            {"name": "b", "patients": sizes["b"], "above": cut},
        ),
        "means": (
            {
                "name": "score",
                "n": n,
                "mean": shown(Fraction(int(score.sum()), n), 2, up=up),
                "sd": shown(float(np.std(score, ddof=1)), 2, up=up),
                "whole": True,
            },
        ),
        "outcomes": {"OS": {"events": int(died.sum()), "by_group": {g: int(died[groups == g].sum()) for g in "ab"}}},
    }
    answer: dict[str, Any] = {
        "name": "response",
        "events": events,
        "percent": {g: shown(Fraction(100 * events[g], sizes[g]), decimals, up=up) for g in "ab"},
    }
    chi = chi_square(table)
    if not np.isnan(chi.p_value):
        exact = bool(rng.integers(2))
        p = fisher_exact(table).p_value if exact else chi.p_value
        answer |= {"p": shown(p, 3, up=up), "test": "fisher" if exact else "chi-squared"}
    figures["responses"] = (answer,)
    curve = du.kaplan_meier(cohort, by="group")
    follow_up = du.reverse_kaplan_meier(cohort).quantile([0.5]).rows()[0]["estimate"]
    if follow_up is not None and np.isfinite(follow_up):
        figures["study"]["median_follow_up"] = shown(float(follow_up), decimals, up=up)
    rows, drawn = [], []
    for g in "ab":
        inside = groups == g
        stretch = curve.group(g)
        for at in (12.0, 36.0, 60.0):
            if at <= stretch.until:
                at_risk = int((time[inside] >= at).sum())
                estimate = float(curve.at([at]).rows()["ab".index(g)]["estimate"]) if _everybody(curve, at) else None
                if estimate is not None:
                    percent = shown(round(100 * estimate, 9), decimals, up=up)
                    rows.append({"outcome": "OS", "group": g, "at": at, "percent": percent, "at_risk": at_risk})
        steps = np.flatnonzero(stretch.events > 0)
        risk_times = tuple(float(t) for t in range(0, int(stretch.until) + 1, 12))
        if len(steps):
            drawn.append(
                {
                    "outcome": "OS",
                    "group": g,
                    "times": tuple(stretch.time[steps].tolist()),
                    "survival": tuple(stretch.estimate[steps].tolist()),
                    "risk_times": risk_times,
                    "at_risk": tuple(int((time[inside] >= t).sum()) for t in risk_times),
                    "events": int(died[inside].sum()),
                }
            )
    figures["survival"], figures["curves"] = tuple(rows), tuple(drawn)
    if min(died[groups == "a"].sum(), died[groups == "b"].sum()) > 0:
        try:
            effects = du.cox(cohort, ["group", "age"] if rng.integers(2) else ["group"])
        except du.CannotEstimate:  # nobody prints what has no estimate
            return figures
        low, high = effects.interval()
        figures["hazard_ratios"] = (
            {
                "outcome": "OS",
                "group": "b",
                "versus": "a",
                "hr": shown(exp(effects.estimate[0]), 3, up=up),
                "low": shown(exp(low[0]), 3, up=up),
                "high": shown(exp(high[0]), 3, up=up),
                "p": shown(float(effects.p_value[0]), 3, up=up),
            },
        )
        assume(figures["hazard_ratios"][0]["low"] != "0.000")
    return figures


METHODS: tuple[Method, ...] = ("linear", "weibull", "hazen", "inverted_cdf", "median_unbiased", "averaged_inverted_cdf")


def _everybody(curve: du.Curve, at: float) -> bool:
    return all(at <= curve.group(group).until for group in "ab")


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_true_figures_are_never_called_incoherent(seed: int) -> None:
    judged = du.audit_figures(du.Figures.model_validate(true_figures(seed)))
    assert [str(one.finding) for one in judged if one.verdict == "incoherent"] == []


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["count", "total", "hr", "p", "at risk", "rise", "events"]))
def test_planted_errors_are_caught(seed: int, planted: str) -> None:
    figures = true_figures(seed)
    code = {"count": "A01", "total": "A02", "hr": "A10", "p": "A10", "at risk": "A17", "rise": "A12", "events": "A02"}
    if planted == "count":
        wrong = min(100.0, float(figures["responses"][0]["percent"]["a"]) + 1.6)
        assume(wrong < 100)
        figures["responses"][0]["percent"]["a"] = f"{wrong:.1f}"
    elif planted == "total":
        figures["study"]["patients"] += 1
    elif planted == "events":
        figures["outcomes"]["OS"]["by_group"]["a"] += 1
    elif planted in {"hr", "p"}:
        assume("hazard_ratios" in figures)
        row = figures["hazard_ratios"][0]
        assume(float(row["low"]) > 0.02)
        assume(0.02 < float(row["p"]) < 0.5)
        if planted == "hr":
            row["hr"] = shown(float(row["hr"]) * 1.25, 3)
        else:
            row["p"] = shown(float(row["p"]) / 4, 3)
    else:
        rows = [row for row in figures["survival"] if row["group"] == "a"]
        assume(len(rows) >= 2)
        if planted == "at risk":
            rows[-1]["at_risk"] = rows[0]["at_risk"] + 1
        else:
            assume(float(rows[0]["percent"]) < 97)
            rows[-1]["percent"] = shown(min(100.0, float(rows[0]["percent"]) + 2.5), 1)
    judged = du.audit_figures(du.Figures.model_validate(figures))
    assert code[planted] in {one.finding.code for one in judged if one.verdict == "incoherent"}


MORE = """
[[curves]]
outcome = "OS"
group = "short"
times = [3, 9, 20]
survival = [0.9, 0.8, 0.6]
risk_times = [0, 12]
at_risk = [50, 40]
events = 13

[[means]]
name = "score"
n = 20
mean = "3.45"
sd = "1.20"
whole = true
"""
ODD = ["0", "1", "1000000", "0.0", "100", "50.0", "0.001", "99.9", "7", "-1", "1e300", "999999999.9", "0.000000001"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from(ODD)), min_size=1, max_size=4))
def test_odd_numbers_in_a_figures_file_are_judged_or_refused(tmp_path: Path, changes: list[tuple[float, str]]) -> None:
    text = du.example_figures().read_text(encoding="utf-8") + MORE
    for place, odd in changes:
        numbers = list(re.finditer(r"(?<![\w.-])\d+(\.\d+)?(?![\w-])", text))
        found = numbers[int(place * len(numbers))]
        text = text[: found.start()] + odd + text[found.end() :]
    file = tmp_path / "figures.toml"
    file.write_text(text, encoding="utf-8")
    try:
        judged = du.audit_figures(du.read_figures(file))
    except du.StudyError as error:
        refused = error.findings
        judged = ()
    else:
        refused = ()
    assert all(one.where is not None and one.where.line for one in refused)
    assert all(one.finding.message and "nan" not in one.finding.message for one in judged)


@given(st.lists(st.integers(0, 30), min_size=2, max_size=60), st.integers(0, 4), st.booleans())
def test_means_and_spreads_of_whole_numbers_can_be_had(values: list[int], decimals: int, up: bool) -> None:
    n, total = len(values), sum(values)
    assert total in whole_sums(printed(shown(Fraction(total, n), decimals, up=up)), n)
    sd = shown(float(np.std(values, ddof=1)), decimals, up=up)
    assert whole_spread(total, printed(sd), n)


@given(st.integers(1, 12), st.data())
def test_every_kaplan_meier_value_is_reachable(n: int, data: st.DataObject) -> None:
    value = Fraction(1)
    for r in range(n, 0, -1):
        if data.draw(st.booleans()):
            value *= Fraction(r - 1, r)
    assert reachable(printed(shown(100 * value, 1)), n) is True


@given(st.integers(2, 40), st.integers(0, 1000))
def test_the_simplest_steps_give_what_they_say(n: int, tenths: int) -> None:
    number = printed(f"{tenths / 10:.1f}")
    steps = simplest_steps(number, n)
    if steps is not None:
        assert steps.first + steps.censored + steps.at_risk == n
        share = Fraction(n - steps.first, n)
        later = Fraction(steps.at_risk - steps.later, steps.at_risk) if steps.later else Fraction(1)
        assert number.may_be(100 * share * later)


@given(st.floats(-1.5, 1.5), st.floats(0.1, 0.8), st.integers(2, 4))
def test_a_true_triad_holds_its_own_p_value(log_ratio: float, std_error: float, decimals: int) -> None:
    q = 1.959963984540054
    texts = [shown(exp(log_ratio + k * q * std_error), decimals) for k in (0, -1, 1)]
    numbers = [printed(text) for text in texts]
    assume(numbers[1].low > 0)
    found = triad(numbers[0], numbers[1], numbers[2], 95.0)
    assert found is not None
    from scipy.special import erfc

    p = float(erfc(abs(log_ratio) / std_error / np.sqrt(2)))
    assert found.p_low * (1 - 1e-9) <= p <= found.p_high * (1 + 1e-9)
    assert found.std_error_low <= std_error * (1 + 1e-9)
    assert found.std_error_high >= std_error * (1 - 1e-9)
    assert found.middle == pytest.approx(exp((log(float(texts[1])) + log(float(texts[2]))) / 2))
