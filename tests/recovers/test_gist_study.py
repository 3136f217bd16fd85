"""The bundled gist study gives every figure printed in the abstract, read from its results.json."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

import durata as du

SURVIVAL = {  # percent free of the event after 3 and 5 years
    ("rfs", "short"): ("75.5", "55.5"),
    ("rfs", "intermediate"): ("87.1", "79.6"),
    ("rfs", "long"): ("85.3", "75.5"),
    ("os", "short"): ("84.4", "72.4"),
    ("os", "intermediate"): ("97.3", "92.7"),
    ("os", "long"): ("88.2", "79.4"),
}
RESPONDERS = {
    "imaging": {"short": (25, 50), "intermediate": (51, 87), "long": (18, 34)},
    "pathology": {"short": (14, 50), "intermediate": (33, 87), "long": (10, 34)},
}
LOG_RANK = {"rfs": "0.004", "os": "0.007"}
INTERACTION = {"rfs": (0.398, 0.729, 0.724, 0.343), "os": (0.693, 0.510, 0.99997, 0.862)}  # R's anova of two coxph
SUBGROUPS = ("non_gastric", "exon_11", "partial_response", "adjuvant_24")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("gist") / "report"
    du.run(du.example("gist")).write(folder)
    read: dict[str, Any] = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return read


def analysis(results: dict[str, Any], estimator: str, outcome: str | None = None, **settings: Any) -> dict[str, Any]:
    found = [
        one
        for one in results["analyses"]
        if one["design"] == "observed_from_end"
        and one["estimator"] == estimator
        and (outcome is None or one["outcome"] == outcome)
        and all(one["settings"].get(name) == value for name, value in settings.items())
        and ("subgroup" in settings or "subgroup" not in one["settings"])
    ]
    assert len(found) == 1, [one["settings"] for one in found]
    return found[0]


def pair(one: dict[str, Any], group: str, versus: str) -> dict[str, Any]:
    return next(row for row in one["rows"] if {row["group"], row["reference"]} == {group, versus})


def test_every_printed_figure_is_reproduced(results: dict[str, Any]) -> None:
    assert len(results["published"]) == 60
    assert [one for one in results["published"] if not one["agrees"]] == []


@pytest.mark.parametrize(("outcome", "group"), SURVIVAL)
def test_survival(results: dict[str, Any], outcome: str, group: str) -> None:
    rows = analysis(results, "kaplan_meier", outcome)["horizons"]
    assert tuple(f"{100 * row['estimate']:.1f}" for row in rows if row["group"] == group) == SURVIVAL[outcome, group]


@pytest.mark.parametrize("outcome", LOG_RANK)
def test_log_rank(results: dict[str, Any], outcome: str) -> None:
    tests = analysis(results, "pairwise_log_rank", outcome)
    assert f"{pair(tests, 'intermediate', 'short')['p_value']:.3f}" == LOG_RANK[outcome]
    assert pair(tests, "long", "short")["p_value"] > 0.05
    assert pair(tests, "long", "intermediate")["p_value"] > 0.05


def adjusted(results: dict[str, Any], outcome: str) -> dict[str, dict[str, Any]]:
    models = [
        one
        for one in results["analyses"]
        if (one["design"], one["estimator"], one["outcome"]) == ("observed_from_end", "cox", outcome)
        and len(one["settings"]["terms"]) == 5
    ]
    assert len(models) == 1
    return {row["group"]: row for row in models[0]["rows"]}


def test_duration_and_death_adjusted(results: dict[str, Any]) -> None:
    rows = adjusted(results, "os")
    row = rows["intermediate"]
    printed = [f"{math.exp(row[name]):.3f}" for name in ("estimate", "conf_low", "conf_high")]
    assert printed == ["0.275", "0.089", "0.851"]
    assert f"{row['p_value']:.3f}" == "0.025"
    assert rows["long"]["p_value"] > 0.05


def test_duration_is_not_independent_for_recurrence(results: dict[str, Any]) -> None:
    rows = adjusted(results, "rfs")
    assert rows["intermediate"]["p_value"] > 0.05
    assert rows["long"]["p_value"] > 0.05


@pytest.mark.parametrize("response", RESPONDERS)
def test_responses(results: dict[str, Any], response: str) -> None:
    rates = analysis(results, "response_rates", of=response)["rows"]
    assert {row["group"]: (row["events"], row["n"]) for row in rates if row["group"] != "all"} == RESPONDERS[response]
    assert analysis(results, "response_test", of=response)["glance"]["p_value"] > 0.05


@pytest.mark.parametrize("outcome", ["rfs", "os"])
@pytest.mark.parametrize("subgroup", SUBGROUPS)
def test_subgroups(results: dict[str, Any], subgroup: str, outcome: str) -> None:
    tests = analysis(results, "pairwise_log_rank", outcome, subgroup=subgroup)
    assert pair(tests, "intermediate", "short")["p_value"] < 0.05
    assert pair(tests, "long", "intermediate")["p_value"] > 0.05
    interaction = analysis(results, "interaction", outcome, of=subgroup)
    assert interaction["glance"]["p_value"] == pytest.approx(INTERACTION[outcome][SUBGROUPS.index(subgroup)], abs=6e-4)


def test_sizes(results: dict[str, Any]) -> None:
    rows = analysis(results, "paired_change")["rows"]
    everybody = {row["term"]: row for row in rows if row.get("group") == "all"}
    for term, mean, deviation in (("baseline_size_mm", "10.37", "5.74"), ("preop_size_mm", "6.99", "4.34")):
        assert f"{everybody[term]['estimate'] / 10:.2f}" == mean
        assert f"{everybody[term]['std_dev'] / 10:.2f}" == deviation
    assert f"{-everybody['individual change, percent']['estimate']:.1f}" == "31.5"
    # the paper prints the mean of the individual percentages; the ratio of the means is another number
    assert f"{-everybody['change of the means, percent']['estimate']:.1f}" == "32.6"


def test_follow_up_and_events(results: dict[str, Any]) -> None:
    follow_up = next(
        one
        for one in results["analyses"]
        if (one["design"], one["outcome"], one["estimator"]) == ("observed_from_end", "os", "reverse_kaplan_meier")
        and not one["settings"]
    )
    median = next(row for row in follow_up["quantiles"] if row["probability"] == 0.5)
    assert f"{median['estimate'] / 30.4375:.0f}" == "46"
    cohort = next(one for one in results["cohorts"] if (one["design"], one["outcome"]) == ("observed_from_end", "os"))
    assert (cohort["people"], cohort["events"]) == (171, 20)


def test_the_findings_a_careful_reader_would_have(results: dict[str, Any]) -> None:
    codes = {finding["code"] for finding in results["findings"]}
    assert {"T02", "P01", "R02", "R04", "M02", "M03"} <= codes
    verdicts = {one["name"]: one["verdict"] for one in results["claims"]}
    assert verdicts["os"] == "as an association"  # time zero at the end, 3.3 events a parameter
    assert verdicts["best"] == "not supported"
    assert verdicts["no_more"] == "as an association"
    assert verdicts["rfs"] == "not supported"
    assert verdicts["best_rfs"] == "not supported"
    assert all(verdicts[name] == "not supported" for name in SUBGROUPS)


def test_the_file_cannot_say_what_happened_before_surgery(results: dict[str, Any]) -> None:
    refused = {one["refused"] for one in results["analyses"] if one["design"] == "time_dependent" and "refused" in one}
    assert len(refused) == 1
    assert "Every patient in this cohort reached surgery" in refused.pop()
