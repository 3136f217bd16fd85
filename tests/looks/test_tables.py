"""Answers as tables: what stands in which cell, and what is said where no number can stand."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import curve

from durata.estimate.analysis import Refused
from durata.estimate.result import Effects, Summary, Term, Test
from durata.records.flow import Flow
from durata.show.effect_tables import Words, effects_table, proportional_hazards_table
from durata.show.numbers import Cell, refused
from durata.show.study_tables import flow_table
from durata.show.survival_tables import horizons_table, medians_table, pairwise_table
from durata.show.table import Head, Row, Table, before_point, letter
from durata.show.time_scale import TimeScale

MONTHS = TimeScale("months", 30.0)


def effects(*terms: tuple[Term, float, float]) -> Effects:
    variances = np.diag([std_error**2 for _, _, std_error in terms])
    return Effects(
        terms=tuple(term for term, _, _ in terms),
        estimate=np.array([estimate for _, estimate, _ in terms]),
        covariance=variances,
        model_covariance=variances,
        scale="log hazard ratio",
        method="Cox",
        conf_level=0.95,
        n=100,
        n_people=100,
        n_events=40,
    )


LONG = Term("group: long", "group", "long", "short")
AGE = Term("age", "age")


def horizon(group: str, time: float, **row: object) -> dict[str, object]:
    return {"group": group, "time": time, "note": "", "at_risk": 12.0, **row}


def test_horizons_stand_side_by_side_up_to_three() -> None:
    rows = tuple(
        horizon(group, time, estimate=0.853, std_error=0.05, conf_low=0.721, conf_high=0.928)
        for group in ("short", "long")
        for time in (360.0, 720.0)
    )
    table = horizons_table(Summary("survival", rows), MONTHS, title="Survival")
    assert table.text() == [
        [
            "Group",
            "At 12 months: Survival (95% CI)",
            "At 12 months: At risk",
            "At 24 months: Survival (95% CI)",
            "At 24 months: At risk",
        ],
        ["short", "85.3% (72.1 to 92.8)", "12", "85.3% (72.1 to 92.8)", "12"],
        ["long", "85.3% (72.1 to 92.8)", "12", "85.3% (72.1 to 92.8)", "12"],
    ]
    assert table.spanners() == (("At 12 months", 2), ("At 24 months", 2))


def test_more_than_three_horizons_stand_below_each_other() -> None:
    rows = tuple(
        horizon("all", 30.0 * month, estimate=0.5, std_error=0.2, conf_low=0.2, conf_high=0.8)
        for month in (6, 12, 24, 36)
    )
    table = horizons_table(Summary("survival", rows, settings={"conf_level": 0.9}), MONTHS, title="Survival")
    assert table.text()[0] == ["Group", "Survival (90% CI)", "At risk"]
    assert table.text()[1:3] == [["At 6 months"], ["all", "50% (20 to 80)", "12"]]


def test_every_percentage_of_a_table_has_the_decimals_of_the_least_certain_one() -> None:
    rows = (
        horizon("many", 360.0, estimate=0.853, std_error=0.02, conf_low=0.8, conf_high=0.9),
        horizon("few", 360.0, estimate=0.853, std_error=0.13, conf_low=0.5, conf_high=0.97),
    )
    text = horizons_table(Summary("survival", rows), MONTHS, title="Survival").text()
    assert [row[1] for row in text[1:]] == ["85% (80 to 90)", "85% (50 to 97)"]


def test_a_horizon_beyond_the_data_says_so() -> None:
    nothing = dict.fromkeys(("estimate", "std_error", "conf_low", "conf_high"))
    rows = (
        horizon("short", 360.0, **{**nothing, "note": "beyond the last observation"}),
        horizon("long", 360.0, estimate=1.0, std_error=0.0, conf_low=None, conf_high=None),
    )
    table = horizons_table(Summary("survival", rows), MONTHS, title="Survival")
    assert table.rows[0].cells[0] == refused("beyond the last observation")
    assert table.rows[1].cells[0].text == "100%"
    assert list(table.marks().values()) == ["a", "b"]


def test_a_median_that_is_not_reached_is_called_that() -> None:
    rows = (
        {"group": "short", "estimate": 600.0, "conf_low": 300.0, "conf_high": None, "note": ""},
        {
            "group": "long",
            "estimate": float("nan"),
            "conf_low": None,
            "conf_high": None,
            "note": "the curve ends at 0.7",
        },
    )
    table = medians_table(curve("short", "long"), Summary("medians", rows), MONTHS, title="Medians", events="Deaths")
    assert table.text() == [
        ["Group", "Patients", "Deaths", "Median time, months (95% CI)"],
        ["short", "4", "2", "20 (10 to not reached)"],
        ["long", "4", "2", "not reached"],
    ]
    assert table.rows[1].cells[2].note == "the curve ends at 0.7"


def test_pairs_stand_under_the_overall_test() -> None:
    pairs = Summary(
        "pairs",
        (
            {"group": "b", "reference": "a", "statistic": 4.31, "df": 1, "p_value": 0.038, "p_adjusted": 0.076},
            {"group": "c", "reference": "a", "note": "Group c has no events."},
        ),
        settings={"adjust": "holm"},
    )
    table = pairwise_table(pairs, Test("equal", "log-rank", 6.93, 2, 0.031), title="Log-rank")
    assert table.text() == [
        ["Comparison", "Chi-square", "df", "p", "p, Holm"],
        ["All groups", "6.93", "2", "0.031", ""],
        ["b vs a", "4.31", "1", "0.038", "0.076"],
        ["c vs a", "–", "–", "–", "–"],
    ]
    assert table.marks() == {"Group c has no events.": "a"}


def test_effects_show_their_reference_and_what_is_not_in_a_model() -> None:
    models = {
        "Unadjusted": effects((LONG, np.log(0.5267), 0.3457)),
        "Adjusted": effects((LONG, np.log(0.82), 0.35), (AGE, 0.0148, 0.0039)),
        "Penalised": Refused("No events."),
    }
    words = Words({"group": "Duration", "age": "Age"}, {"age": "year"})
    counts = {("group", "short"): (50, 10), ("group", "long"): (34, 5)}
    table = effects_table(models, title="Deaths", words=words, counts=counts)
    assert table.text()[1:] == [
        ["Duration"],
        ["short", "50", "10", "1 (reference)", "", "1 (reference)", "", "–", "–"],
        ["long", "34", "5", "0.53 (0.27 to 1.04)", "0.064", "0.82 (0.41 to 1.63)", "0.571", "–", "–"],
        ["Age, per year", "", "", "–", "–", "1.015 (1.007 to 1.023)", "<0.001", "–", "–"],
    ]
    assert table.marks() == {"No events.": "a", "Not in this model.": "b"}


def test_a_coefficient_that_ran_away_is_bounded_not_printed() -> None:
    cells = effects_table({"Cox": effects((LONG, -17.0, 2587.0))}, title="Deaths").rows[2].cells
    assert cells[0].text == "<0.001 (<0.001 to >9,999)"


def test_one_model_that_was_refused_leaves_a_row_with_the_reason() -> None:
    table = effects_table({"Cox": Refused("There are no events.")}, title="Deaths")
    assert table.text()[1] == ["Every model", "–", "–"]
    assert table.marks() == {"There are no events.": "a"}


def test_the_global_test_of_proportional_hazards_comes_last() -> None:
    parts = (
        {"term": "GLOBAL", "statistic": 5.0, "df": 2, "p_value": 0.082},
        {"term": "age", "statistic": 4.0, "df": 1, "p_value": 0.0456},
    )
    test = Test("proportional hazards", "Grambsch-Therneau", 5.0, 2, 0.082, parts=parts)
    table = proportional_hazards_table(test, title="Proportional hazards", words=Words({"age": "Age"}))
    assert table.text()[1:] == [["Age", "4.00", "1", "0.046"], ["All terms together", "5.00", "2", "0.082"]]


def test_flow() -> None:
    flow = Flow.start("In the file", 1103).without("Age not known", (0, 1))
    assert flow_table(flow).text()[1:] == [["In the file", "", "1,103"], ["Age not known", "2", "1,101"]]


def test_a_table_with_a_cell_too_few_is_refused() -> None:
    with pytest.raises(ValueError, match="row 'short' has 1 cells"):
        Table("t", "Group", (Head("a"), Head("b")), (Row("short", (Cell("1"),)),))


@pytest.mark.parametrize(("position", "mark"), [(0, "a"), (25, "z"), (26, "aa"), (51, "az"), (52, "ba"), (702, "aaa")])
def test_marks_of_notes(position: int, mark: str) -> None:
    assert letter(position) == mark


@pytest.mark.parametrize(
    ("text", "places"), [("12.3 (4 to 30)", 2), ("−1,254.2", 6), ("<0.001", 2), ("not reached", 0), ("–", 0), ("7", 1)]
)
def test_what_stands_before_the_decimal_point(text: str, places: int) -> None:
    assert before_point(text) == places
