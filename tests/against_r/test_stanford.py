"""The bundled Stanford study against R's survival, every design; values by stanford.R."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference import _read, agree

import durata as du
from durata.estimate.analysis import Analysis
from durata.estimate.plan import BY_GROUP, cox_analysis, model_settings
from durata.report.contents import Contents

EXPECTED = _read("stanford")
OBSERVED = ["observed_from_start", "observed_from_end"]
DESIGNS = [*OBSERVED, "delayed_entry", "time_dependent"]


@pytest.fixture(scope="module")
def contents() -> Contents:
    return du.run(du.example("stanford")).contents


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("model", ["cox", "cox_adjusted"])
def test_hazard_ratios(contents: Contents, design: str, model: str) -> None:
    asked = cox_analysis(contents.study, design, "death", adjusted=model == "cox_adjusted")
    fit: Any = contents.answers.ask(asked)
    wanted = EXPECTED[design][model]
    agree(fit.estimate, wanted["coef"])
    agree(fit.std_error, wanted["se"])
    agree(fit.p_value, wanted["p"])
    agree(fit.log_likelihood, wanted["loglik"])
    assert (fit.n, fit.n_events) == (wanted["n"], wanted["events"])


@pytest.mark.parametrize("design", DESIGNS)
def test_proportional_hazards(contents: Contents, design: str) -> None:
    settings = model_settings(contents.study, design, "death", adjusted=True)
    answer: Any = contents.answers.ask(Analysis(design, "death", "proportional_hazards", settings))
    rows = answer.rows()
    wanted = EXPECTED[design]["cox_adjusted"]
    agree([row["statistic"] for row in rows], wanted["zph_chisq"])
    agree([row["p_value"] for row in rows], wanted["zph_p"])
    assert rows[-1]["term"] == "GLOBAL"


@pytest.mark.parametrize("design", OBSERVED)
def test_log_rank(contents: Contents, design: str) -> None:
    answer: Any = contents.answers.ask(Analysis(design, "death", "log_rank"))
    wanted = EXPECTED[design]["log_rank"]
    agree(answer.statistic, wanted["chisq"][0])
    agree([part["expected"] for part in answer.parts], wanted["expected"])


@pytest.mark.parametrize("design", [*OBSERVED, "delayed_entry"])
def test_survival_at_the_horizons(contents: Contents, design: str) -> None:
    curve: Any = contents.answers.ask(Analysis(design, "death", "kaplan_meier", BY_GROUP))
    rows = curve.at([90, 365, 730]).rows()
    wanted = EXPECTED[design]["kaplan_meier"]
    for ours, theirs in [
        ("estimate", "surv"),
        ("std_error", "std_err"),
        ("conf_low", "lower"),
        ("conf_high", "upper"),
        ("at_risk", "n_risk"),
    ]:
        agree([row[ours] for row in rows], wanted[theirs])


def test_the_published_reversal(contents: Contents) -> None:
    """The naive pattern, its fading from transplantation on, and no clear difference once no time is guaranteed."""
    lesson = contents.answers
    naive: Any = lesson.ask(cox_analysis(contents.study, "observed_from_start", "death", adjusted=True))
    low, high = naive.interval()
    printed = [
        f"{np.exp(b):.2f} ({np.exp(a):.2f}-{np.exp(c):.2f})" for b, a, c in zip(naive.estimate, low, high, strict=True)
    ]
    assert printed[:2] == ["0.53 (0.27-1.04)", "0.47 (0.21-1.03)"]
    from_end: Any = lesson.ask(cox_analysis(contents.study, "observed_from_end", "death", adjusted=True))
    assert [f"{np.exp(b):.2f}" for b in from_end.estimate[:2]] == ["0.61", "0.67"]
    entered: Any = lesson.ask(cox_analysis(contents.study, "delayed_entry", "death", adjusted=True))
    low, high = entered.interval()
    printed = [
        f"{np.exp(b):.2f} ({np.exp(a):.2f}-{np.exp(c):.2f})"
        for b, a, c in zip(entered.estimate, low, high, strict=True)
    ]
    assert printed[:2] == ["0.71 (0.35-1.46)", "1.01 (0.43-2.40)"]
    safe: Any = lesson.ask(cox_analysis(contents.study, "time_dependent", "death", adjusted=True))
    low, high = safe.interval()
    assert f"{np.exp(safe.estimate[0]):.2f}" == "1.02"
    assert np.exp(low[0]) == pytest.approx(0.5550, abs=5e-5)
    assert np.exp(high[0]) == pytest.approx(1.8606, abs=5e-5)
