"""Small groups with trouble: nobody in one, everything missing, the same value in everybody, people who change groups."""

from __future__ import annotations

import numpy as np
import pytest

from durata.category import Category, categorise
from durata.cohort import Cohort, Weights
from durata.door import cohort_from_arrays
from durata.estimate.association import association_test, correlation_test
from durata.estimate.baseline import baseline_table
from durata.estimate.change import individual_change, paired_change
from durata.estimate.comparison import compare_groups, pairwise_comparisons
from durata.estimate.rates import event_rates, rate_ratios
from durata.estimate.response import response_rates, response_test, response_trend, risk_differences
from durata.estimate.stratified_odds import stratified_odds_ratio
from durata.finding import CannotEstimate

NAN = float("nan")
LEVELS = ("short", "middle", "long")


def people(groups: str, **covariates: object) -> Cohort:
    """s, m, l: a person of each letter's group; . has no group."""
    names = [{"s": "short", "m": "middle", "l": "long", ".": None}[letter] for letter in groups]
    return cohort_from_arrays(
        time=np.arange(1, len(groups) + 1),
        event=np.ones(len(groups), dtype=bool),
        group=categorise(names, LEVELS),
        covariates=covariates,
    )


def test_nobody_in_the_middle_group() -> None:
    cohort = people("sssslll", response=[1, 1, 1, 0, 0, 0, 1], size=[1, 2, 3, 4, 5, 6, 7])
    empty = response_rates(cohort, "response").rows()[1]
    assert (empty["group"], empty["n"], empty["estimate"]) == ("middle", 0, None)
    assert empty["note"] == "Nobody with a known response."
    assert [(row["group"], row["reference"]) for row in risk_differences(cohort, "response").rows()] == [
        ("long", "short")
    ]
    assert response_test(cohort, "response").notes[0].message.startswith("Nobody is in middle")
    # the empty group keeps its place between the others
    assert response_trend(cohort, "response").settings["scores"] == [1, 2, 3]
    assert compare_groups(cohort, "size").df == 1


def test_a_person_without_a_group_is_left_out_and_counted() -> None:
    cohort = people("ssl.", response=[1, 0, 1, 1])
    answer = response_rates(cohort, "response")
    assert answer.rows()[-1]["n"] == 3
    assert "1 row(s) without a known group" in answer.notes[-1].message


def test_nobody_has_a_group() -> None:
    with pytest.raises(CannotEstimate, match="Nobody has a known value in 'group'"):
        response_rates(people("..", response=[1, 0]), "response")


def test_every_response_of_one_group_is_missing() -> None:
    cohort = people("ssmmll", response=[1, 0, NAN, NAN, 1, 1])
    rows = response_rates(cohort, "response").rows()
    assert [row["missing"] for row in rows] == [0, 2, 0, 2]
    assert rows[1]["estimate"] is None
    pairs = risk_differences(cohort, "response").rows()
    assert [row["estimate"] for row in pairs] == [None, 0.5, None]
    assert [row["p_adjusted"] is None for row in pairs] == [True, False, True]
    assert "same group" in pairs[0]["note"]


def test_all_responses_missing() -> None:
    cohort = people("ssll", response=np.full(4, NAN))
    assert {row["estimate"] for row in response_rates(cohort, "response").rows()} == {None}
    with pytest.raises(CannotEstimate, match="nobody has a known value"):
        response_test(cohort, "response")
    with pytest.raises(CannotEstimate, match="no trend"):
        response_trend(cohort, "response")


def test_everybody_responds() -> None:
    cohort = people("ssll", response=[1, 1, 1, 1])
    row = response_rates(cohort, "response").rows()[0]
    assert row["estimate"] == 1
    assert row["conf_high"] == 1
    assert 0 < row["conf_low"] < 1
    with pytest.raises(CannotEstimate, match="has the same value"):
        response_test(cohort, "response")


def test_a_response_must_say_what_a_response_is() -> None:
    cohort = people("ssl", imaging=["PR", "SD", "PD"], months=[3, 6, 9])
    with pytest.raises(CannotEstimate, match="say which of its levels count as a response"):
        response_rates(cohort, "imaging")
    with pytest.raises(CannotEstimate, match="no level 'CR'; it has 'PD', 'PR', 'SD'"):
        response_rates(cohort, "imaging", ["CR", "PR"])
    with pytest.raises(CannotEstimate, match="holds 3; a number can be a response only when coded 0"):
        response_rates(cohort, "months")
    with pytest.raises(CannotEstimate, match="1 is the response"):
        response_rates(people("sl", response=[1, 0]), "response", success="yes")


def test_table_1_with_a_constant_an_empty_and_a_missing_column() -> None:
    cohort = people(
        "sssll",
        same=[5, 5, 5, 5, 5],
        nothing=np.full(5, NAN),
        one=categorise(["x"] * 5, ["x", "y"]),
        none=Category(np.full(5, -1), ("x", "y")),
        unknown=Category(np.full(5, -1), ()),
    )
    compared = {row["term"]: row for row in baseline_table(cohort).rows() if "std_difference" in row}
    assert compared["same"]["note"] == "Not tested: everybody has the same value."
    assert compared["same"]["std_difference"] == 0
    assert compared["nothing"]["missing"] == 5
    assert compared["one"]["std_difference"] == 0
    for name in ("nothing", "none", "unknown"):
        assert compared[name]["p_value"] is None
        assert compared[name]["std_difference"] is None
        assert "Not tested" in compared[name]["note"]
        assert "too few persons" in compared[name]["note"]


def test_table_1_of_everybody_compares_nothing() -> None:
    rows = baseline_table(people("ssll", size=[1, 2, 3, 10]), by=None).rows()
    assert [row["group"] for row in rows] == ["all"]
    assert rows[0]["estimate"] == 2.5


def test_table_1_asked_for_what_is_not_there() -> None:
    cohort = people("ssll", size=[1, 2, 3, 10])
    with pytest.raises(CannotEstimate, match="no column 'sise'"):
        baseline_table(cohort, ["sise"])
    with pytest.raises(CannotEstimate, match="'summary' names 'sise'"):
        baseline_table(cohort, summary={"sise": "mean"})
    with pytest.raises(CannotEstimate, match="cannot be described by 'mode'"):
        baseline_table(cohort, summary={"size": "mode"})  # type: ignore[dict-item]


def test_a_group_of_one_person() -> None:
    cohort = people("sssl", size=[1, 2, 3, 10])
    with pytest.raises(CannotEstimate, match="a group has one person"):
        compare_groups(cohort, "size", test="welch-anova")
    assert compare_groups(cohort, "size", test="anova").settings["df_residual"] == 2
    row = pairwise_comparisons(cohort, "size", test="welch-t").rows()[0]
    assert row["p_value"] is None
    assert "too few persons" in row["note"]
    compared = baseline_table(cohort).rows()[-1]
    assert compared["p_value"] is not None
    assert "too few persons" in compared["note"]


def test_people_whose_group_changes_are_counted_in_rates_and_described_by_nobody() -> None:
    cohort = cohort_from_arrays(
        time=[10, 30], entry=[0, 10], event=[False, True], group=["waiting", "operated"], person=[7, 7]
    )
    with pytest.raises(CannotEstimate, match="2 rows belong to 1 persons"):
        baseline_table(cohort)
    rows = {row["group"]: row for row in event_rates(cohort, "group").rows()}
    assert (rows["waiting"]["person_time"], rows["operated"]["person_time"]) == (10.0, 20.0)
    assert rows["all"]["n"] == 1


def test_sampling_weights_describe_people_who_are_not_there() -> None:
    cohort = people("ssll", response=[1, 0, 1, 0])
    weighted = cohort.select(np.arange(4), weights=Weights(np.array([1.5, 1, 1, 0.5]), "sampling"))
    for ask in (lambda: response_rates(weighted, "response"), lambda: event_rates(weighted, "group")):
        with pytest.raises(CannotEstimate, match="before weights are given"):
            ask()


def test_rates_without_events_and_without_time() -> None:
    cohort = cohort_from_arrays(time=[5, 5, 8, 0], event=[0, 0, 1, 1], group=categorise(list("aabc"), ["a", "b", "c"]))
    a, b, c, _ = event_rates(cohort, "group").rows()
    assert (a["estimate"], a["conf_low"]) == (0.0, 0.0)
    assert a["conf_high"] == pytest.approx(-np.log(0.025) / 10)
    assert c["estimate"] is None
    assert c["note"] == "Nobody was under observation for any time."
    assert b["conf_low"] > 0
    on_log = event_rates(cohort, "group", interval="log").rows()[0]
    assert on_log["conf_low"] is None
    assert "without an event" in on_log["note"]
    pairs = {(row["group"], row["reference"]): row for row in rate_ratios(cohort).rows()}
    assert pairs["b", "a"]["estimate"] is None
    assert pairs["b", "a"]["conf_low"] > 0
    assert "the reference has no event" in pairs["b", "a"]["note"]
    assert "no person-time" in pairs["c", "a"]["note"]


def test_change_from_nothing_has_no_percentage() -> None:
    cohort = people("sl", before=[0, 4], after=[1, 2])
    rows = {row["term"]: row for row in paired_change(cohort, "before", "after").rows()}
    assert rows["difference"]["estimate"] == -0.5
    assert rows["individual change, percent"]["estimate"] is None
    assert "not above 0" in rows["individual change, percent"]["note"]
    with pytest.raises(CannotEstimate, match="Row 1: 'before' is 0"):
        individual_change(cohort, "before", "after")


def test_change_of_one_person_of_nobody_and_of_nothing() -> None:
    one = people("sl", before=[4, NAN], after=[3, 2])
    answer = paired_change(one, "before", "after", by="group")
    assert "1 person(s) without before or after" in answer.notes[-1].message
    rows = {(row["term"], row.get("group")): row for row in answer.rows()}
    assert rows["difference", "short"]["note"] == "No interval: it takes two persons."
    assert rows["difference", "long"]["note"] == "Nobody with both values."
    assert rows["difference", None]["note"] == "Not tested: fewer than two groups have known values."
    same = people("ssl", before=[4, 5, 6], after=[4, 5, 6])
    found = {row["term"]: row for row in paired_change(same, "before", "after").rows()}
    assert found["difference"]["p_value"] is None
    assert found["difference, by ranks"]["note"] == "Not tested: nobody's value changed."
    with pytest.raises(CannotEstimate, match="Nobody has both"):
        paired_change(people("sl", before=[NAN, 1], after=[1, NAN]), "before", "after")


def test_ties_forbid_an_exact_rank_test() -> None:
    cohort = people("ssll", size=[1, 2, 2, 3])
    with pytest.raises(CannotEstimate, match="values are tied"):
        pairwise_comparisons(cohort, "size", exact=True)
    row = pairwise_comparisons(cohort, "size").rows()[0]
    assert "normal approximation" in row["method"]
    assert row["estimate"] is None


def test_correlation_of_a_constant_and_of_a_category() -> None:
    cohort = people("ssll", size=[1, 2, 3, 4], same=[1, 1, 1, 1], site=list("xyxy"))
    with pytest.raises(CannotEstimate, match="have no correlation"):
        correlation_test(cohort, "size", "same")
    with pytest.raises(CannotEstimate, match="'site' holds categories"):
        correlation_test(cohort, "size", "site")


def test_names_that_do_not_exist() -> None:
    cohort = people("ssll", response=[1, 0, 1, 0], size=[1, 2, 3, 4])
    with pytest.raises(CannotEstimate, match="no interval 'wald'; there are wilson"):
        response_rates(cohort, "response", interval="wald")  # type: ignore[arg-type]
    with pytest.raises(CannotEstimate, match="no test 'barnard' of a table"):
        association_test(cohort, "response", test="barnard")  # type: ignore[arg-type]
    with pytest.raises(CannotEstimate, match="no adjustment 'sidak'"):
        risk_differences(cohort, "response", adjust="sidak")  # type: ignore[arg-type]
    with pytest.raises(CannotEstimate, match="no test 'median'"):
        compare_groups(cohort, "size", test="median")  # type: ignore[arg-type]
    with pytest.raises(CannotEstimate, match="per a person-time above 0"):
        event_rates(cohort, per=0)
    with pytest.raises(CannotEstimate, match="confidence level"):
        response_rates(cohort, "response", conf_level=95)


def test_three_groups_have_no_stratified_odds_ratio() -> None:
    cohort = people("smlsml", response=[1, 0, 1, 0, 1, 0], centre=list("xxxyyy"))
    with pytest.raises(CannotEstimate, match="compares two groups; 3 group"):
        stratified_odds_ratio(cohort, "response", strata="centre")


def test_a_stratified_odds_ratio_without_variation_says_so() -> None:
    cohort = people("ssll", response=[0, 0, 1, 1], centre=list("xyxy"))
    common, exact = stratified_odds_ratio(cohort, "response", strata="centre").rows()
    assert common["estimate"] is None
    assert "Without bound" in common["note"]
    assert exact["conf_low"] == 0 or exact["conf_low"] is None or exact["conf_low"] > 0
