"""The tables of a paper: baseline, responses, change, rates, restricted means, claims, printed figures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from drawn import HOSTILE
from hypothesis import given, settings
from hypothesis import strategies as st
from test_html import Page

from durata.category import Category, categorise
from durata.cohort import Cohort
from durata.door import cohort_from_arrays
from durata.estimate.analysis import Refused
from durata.estimate.baseline import baseline_table
from durata.estimate.change import paired_change
from durata.estimate.claim import Contrast
from durata.estimate.judgement import Judgement
from durata.estimate.rates import event_rates
from durata.estimate.response import response_rates, response_test, response_trend, risk_differences
from durata.estimate.restricted_mean import restricted_mean, restricted_mean_contrasts
from durata.estimate.result import Summary
from durata.report.document import Document, TableBlock
from durata.report.html import to_html
from durata.show.answer_cells import common_decimals, estimate_cell, ratio_cell, sentence
from durata.show.baseline_tables import baseline_table_shown
from durata.show.change_tables import change_table
from durata.show.claims_table import claims_table
from durata.show.effect_tables import Words
from durata.show.numbers import NOTHING, Cell, refused
from durata.show.published_table import published_table
from durata.show.rates_tables import rates_table
from durata.show.response_tables import ResponseResult, response_differences_table, response_table
from durata.show.restricted_mean_tables import restricted_mean_contrasts_table, restricted_mean_table
from durata.show.table import Table
from durata.show.time_scale import TimeScale
from durata.study.paper import Claim

GROUPS = ("short", "long")
NBSP = "\u00a0"


def cohort(groups: tuple[str, str] = GROUPS, **covariates: Any) -> Cohort:
    """Ten patients, five a group: event at every second time."""
    return cohort_from_arrays(
        time=[100, 200, 300, 400, 500, 150, 250, 350, 450, 550],
        event=[1, 0, 1, 0, 0, 0, 1, 0, 0, 0],
        group=categorise([groups[0]] * 5 + [groups[1]] * 5, groups),
        covariates=covariates,
    )


def text(table: Table) -> list[list[str]]:
    """The table as text, with ordinary spaces."""
    return [[cell.replace(NBSP, " ").replace("\u2011", "-") for cell in row] for row in table.text()]


def baseline(one: Cohort, words: Words | None = None, **given_: Any) -> Table:
    shown = {key: given_.pop(key) for key in ("places", "overall") if key in given_}
    return baseline_table_shown(baseline_table(one, **given_), words, title="Patients", **shown)


SEX = categorise(list("FFMMM") + list("FMMMM"), ["F", "M"])
BLEEDING = categorise(["no", "yes", "no", "yes", None, "no", "no", "no", "no", "yes"], ["no", "yes"])
AGE = [40.0, 50, 60, 70, 80, 45, 55, 65, 75, np.nan]


def test_table_1_shows_numbers_categories_and_who_is_missing() -> None:
    words = Words({"age": "Age at start", "sex": "Sex", "bleeding": "Bleeding"}, {"age": "year"})
    table = baseline(cohort(age=AGE, sex=SEX, bleeding=BLEEDING), words)
    assert text(table) == [
        ["Characteristic", "short (n = 5)", "long (n = 5)", "Overall (n = 10)", "p", "SMD"],
        ["Age at start, years, median (Q1, Q3)", "60 (50, 70)", "60 (52, 68)", "60 (50, 70)", ">0.999", "0.00"],
        ["Not known", "0", "1", "1", "", ""],
        ["Sex, n (%)", "", "", "", ">0.999", "0.45"],
        ["F", "2 (40.0)", "1 (20.0)", "3 (30.0)", "", ""],
        ["M", "3 (60.0)", "4 (80.0)", "7 (70.0)", "", ""],
        ["Bleeding, n (%)", "2 (50.0)", "1 (20.0)", "3 (33.3)", "0.524", "0.66"],
        ["Not known", "1", "0", "1", "", ""],
    ]
    assert table.marks() == {"Kruskal-Wallis test.": "a", "Fisher's exact test.": "b"}
    assert table.notes == (
        "Q1, Q3: first and third quartile. SMD: standardised difference, the largest between any two groups. "
        "Percentages and tests are of the patients whose value is known.",
    )


def test_means_have_one_decimal_more_than_the_records_and_no_more_than_they_deserve() -> None:
    one = cohort(age=AGE, size=[10.5, 2.5, 3.5, 4.5, 1.5, 7.5, 8.5, 9.5, 2.5, 6.5], dose=[400.0] * 10)
    rows = text(baseline(one, summary="mean"))
    assert rows[1][:4] == ["age, mean ± SD", "60.0 ± 15.8", "60.0 ± 12.9", "60.0 ± 13.7"]
    assert rows[3][:4] == ["size, mean ± SD", "4.50 ± 3.54", "6.90 ± 2.70", "5.70 ± 3.22"]
    assert rows[4][:5] == ["dose, mean ± SD", "400.0 ± 0.0", "400.0 ± 0.0", "400.0 ± 0.0", NOTHING]
    given_places = text(baseline(one, summary="mean", places={"size": 1}))
    assert given_places[3][1] == "4.5 ± 3.5"


def test_a_test_that_could_not_be_done_says_why() -> None:
    table = baseline(cohort(dose=[400.0] * 10, unknown=np.full(10, np.nan), nothing=[None] * 10))
    assert table.rows[0].cells[3].text == NOTHING
    assert table.rows[0].cells[3].note == "Not tested: everybody has the same value."
    assert table.rows[1].cells[0] == refused("Nobody with a known value.")
    assert text(table)[3] == ["Not known", "5", "5", "10", "", ""]
    assert text(table)[4:] == [["nothing, n (%)", "–", "–", "–", "–", "–"], ["Not known", "5", "5", "10", "", ""]]


def test_without_groups_there_is_one_column_and_no_test() -> None:
    table = baseline(cohort(age=AGE, sex=SEX), by=None, overall="Everybody")
    assert text(table)[0] == ["Characteristic", "Everybody (n = 10)"]
    assert text(table)[1] == ["age, median (Q1, Q3)", "60 (50, 70)"]
    assert "SMD" not in " ".join(table.notes)


def test_a_group_called_all_is_not_everybody() -> None:
    table = baseline(cohort(("all", "none"), age=AGE))
    assert text(table)[0][1:4] == ["all (n = 5)", "none (n = 5)", "Overall (n = 10)"]
    assert text(table)[1][1:4] == ["60 (50, 70)", "60 (52, 68)", "60 (50, 70)"]


def test_a_covariate_asked_for_twice_is_shown_once() -> None:
    assert len(baseline(cohort(age=AGE, sex=SEX), covariates=["sex", "age", "sex"]).rows) == 5


def test_a_simulated_p_value_gives_its_error_beside_the_test() -> None:
    summary = baseline_table(cohort(sex=SEX))
    rows = [dict(row) for row in summary.table]
    rows[-1]["note"] = "p was simulated: 9 tables drawn."
    table = baseline_table_shown(replace(summary, table=tuple(rows)), title="Patients")
    assert list(table.marks()) == ["Fisher's exact test. p was simulated: 9 tables drawn."]


RESPONSE = [1.0, 1, 0, 0, np.nan, 1, 1, 1, 0, 1]


def result(one: Cohort, name: str = "response", label: str = "Response") -> ResponseResult:
    return ResponseResult(
        label,
        response_rates(one, name),
        response_test(one, name),
        response_trend(one, name),
        risk_differences(one, name),
    )


def test_response_rates_with_their_tests() -> None:
    table = response_table(
        [result(cohort(response=RESPONSE)), ResponseResult("Other", Refused("Not measured."))], title="R"
    )
    assert text(table) == [
        ["Response", "Responders / patients", "Rate (95% CI)", "Not known", "p", "p for trend"],
        ["Response", "", "", "", "0.524", "0.343"],
        ["short", "2/4", "50.0% (15.0 to 85.0)", "1", "", ""],
        ["long", "4/5", "80.0% (37.6 to 96.4)", "0", "", ""],
        ["Overall", "6/9", "66.7% (35.4 to 87.9)", "1", "", ""],
        ["Other", "–", "–", "–", "", ""],
    ]
    assert table.marks() == {
        "Fisher's exact test.": "a",
        "Cochran-Armitage test for trend.": "b",
        "Not measured.": "c",
    }
    assert table.notes[0] == "Rates: proportion with Wilson interval."
    assert any("straight line" in note for note in table.notes)


def test_differences_of_responses_in_percentage_points() -> None:
    table = response_differences_table([result(cohort(response=RESPONSE))], title="D")
    assert text(table) == [
        ["Comparison", "Difference, percentage points (95% CI)", "p", "p, Holm"],
        ["Response"],
        ["long vs short", "30.0 (−25.0 to 68.6)", "0.524", "0.524"],
    ]
    alone = response_differences_table([ResponseResult("R", Refused("x"), differences=Refused("No."))], title="D")
    assert alone.rows[0].cells == (refused("No."),) * 3
    with pytest.raises(ValueError, match="no response has differences"):
        response_differences_table([ResponseResult("R", Refused("x"))], title="D")


def test_nobody_with_a_known_response_is_a_cell_that_says_so() -> None:
    one = cohort(response=[np.nan] * 5 + [1.0, 0, 1, 1, 1])
    table = response_table([ResponseResult("R", response_rates(one, "response"))], title="R")
    assert table.rows[1].cells[1] == refused("Nobody with a known response.")
    differences = response_differences_table(
        [ResponseResult("R", Refused("x"), differences=risk_differences(one, "response"))], title="D"
    )
    assert {cell.text for cell in differences.rows[1].cells} == {NOTHING}


BEFORE = [100.0, 80, 60, 40, 120, 50, 70, 90, 110, np.nan]
AFTER = [70.0, 60, 50, 40, 60, 50, 35, 80, 66, 20]


def test_change_in_the_unit_shown() -> None:
    change = paired_change(cohort(before=BEFORE, after=AFTER), "before", "after", "group")
    table = change_table(change, title="Size", unit="cm", divide_by=10)
    rows = {row[0]: row[1:] for row in text(table) if row[0] not in {"95% CI"}}
    assert text(table)[0] == ["", "short (n = 5)", "long (n = 4)", "Overall (n = 9)", "p between groups"]
    assert rows["Before, cm, mean ± SD"] == ["8.00 ± 3.16", "8.00 ± 2.58", "8.00 ± 2.74", ""]
    assert rows["Mean difference, cm"] == ["−2.40", "−2.23", "−2.32", ">0.999"]
    assert rows["Mean of individual changes, %"] == ["−24.3", "−25.3", "−24.8", ">0.999"]
    # 100 (1 - 511/720)
    assert rows["Change of the mean, %"] == ["−30.0", "−27.8", "−29.0", ""]
    assert rows["Patients without both values"] == ["0", "1", "1", ""]
    assert "they are different numbers" in table.notes[0]
    with pytest.raises(ValueError, match="above 0"):
        change_table(change, title="Size", divide_by=0)


def test_change_of_everybody_names_wilcoxon_s_approximation() -> None:
    one = cohort(before=BEFORE, after=AFTER)
    table = change_table(paired_change(one, "before", "after"), title="Size", overall="All")
    assert text(table)[0] == ["", "All (n = 9)"]
    assert "Normal approximation." in table.marks()


def test_percentages_of_nothing_are_refused() -> None:
    one = cohort(before=[0.0, 1, 2, 3, 4, 5, 6, 7, 8, 9], after=[1.0] * 10)
    table = change_table(paired_change(one, "before", "after", "group"), title="Size")
    row = next(row for row in table.rows if row.stub.startswith("Mean of individual"))
    assert row.cells[0].note == "A value before is not above 0: percentages of it mean nothing."
    assert row.cells[-1] == refused("Not tested: there is no such change in every group.")


def test_rates_in_patient_years_whatever_they_were_asked_for() -> None:
    shown = [
        rates_table(event_rates(cohort(), "group", per=per), TimeScale("years", 365.25), title="Rates", events="Deaths")
        for per in (1.0, 36525.0)
    ]
    assert shown[0] == shown[1]
    assert text(shown[0]) == [
        ["Group", "Patients", "Deaths", "Patient-years", "Rate per 100 patient-years (95% CI)"],
        ["short", "5", "2", "4.1", "49 (6 to 176)"],
        ["long", "5", "1", "4.8", "21 (1 to 116)"],
        ["Overall", "10", "3", "8.9", "34 (7 to 99)"],
    ]
    assert shown[0].notes == ("Person-time rate with exact Poisson limits.",)


def test_restricted_means_and_what_sets_them_apart() -> None:
    scale = TimeScale("months", 30.0)
    table = restricted_mean_table(restricted_mean(cohort(), "group", until=480), scale, title="M")
    assert text(table)[0] == ["Group", "Patients", "Mean, months (95% CI)"]
    assert text(table)[1] == ["short", "5", "11.9 (7.3 to 16.0)"]
    assert table.notes[0] == "Area under the Kaplan-Meier curve, up to 16 months."
    contrasts = restricted_mean_contrasts_table(restricted_mean_contrasts(cohort(), until=480), scale, title="C")
    assert [span for span, _ in contrasts.spanners()] == ["Difference, months", "Ratio", "Ratio of time lost"]
    assert text(contrasts)[1][0] == "long vs short"
    difference, p = text(contrasts)[1][1:3]
    assert difference == "2.2 (−3.4 to 7.8)"
    assert p == "0.436"


def test_a_horizon_beyond_the_data_is_refused_in_words() -> None:
    scale = TimeScale("months", 30.0)
    means = restricted_mean_table(restricted_mean(cohort(), "group", until=540), scale, title="M")
    assert means.rows[0].cells[1] == refused("Beyond the last observation at 500 days.")
    table = restricted_mean_contrasts_table(restricted_mean_contrasts(cohort(), until=540), scale, title="C")
    assert {cell.text for cell in table.rows[0].cells} == {NOTHING}


def contrast(versus: str, ratio: float, low: float, high: float, p: float, adjust: tuple[str, ...] = ()) -> Contrast:
    return Contrast("observed", "os", "intermediate", versus, ratio, low, high, p, 0.95, adjust)


def claim(words: str) -> Claim:
    return Claim(text=words, outcome="os", group="intermediate", says="best")


SAID = (contrast("short", 0.275, 0.089, 0.851, 0.025, ("size",)), contrast("long", 0.33, 0.09, 1.18, 0.09, ("size",)))


def test_claims_beside_what_the_estimates_say() -> None:
    judgements = (
        Judgement("a", claim("It is best."), SAID, SAID[1:], "not supported", "an interval does not lie below 1", 0.4),
        Judgement("b", claim("It works."), (), (), "cannot be judged", "There are no events."),
        Judgement("c", claim("Really."), (contrast("short", 0.5, 0.3, 0.8, 1e-5),), (), "supported", "it lies below 1"),
    )
    table = claims_table(judgements, Words({"size": "Diameter over 10 cm"}), title="Claims")
    assert table.text()[1:] == [
        [
            "It is best.",
            "intermediate vs short: hazard ratio 0.28 (95% CI 0.089 to 0.85), p = 0.025; "
            "intermediate vs long: hazard ratio 0.33 (95% CI 0.090 to 1.18), p = 0.090; p for interaction = 0.400",
            "Not supported",
            "An interval does not lie below 1.",
        ],
        ["It works.", "–", "Cannot be judged", "There are no events."],
        [
            "Really.",
            "intermediate vs short: hazard ratio 0.50 (95% CI 0.30 to 0.80), p < 0.001",
            "Supported",
            "It lies below 1.",
        ],
    ]
    assert list(table.marks()) == ["Adjusted for diameter over 10 cm.", "There are no events.", "Not adjusted."]


@dataclass(frozen=True)
class Beside:
    figure: str
    printed: str
    reproduced: str
    agrees: bool
    reason: str = ""


def test_printed_figures_beside_the_study_s_own() -> None:
    figures = [
        Beside("Patients", "171", "171", True),
        Beside("Survival", "94.0", "93.1", False),
        Beside("HR", "0.275", "", False, "No model."),
    ]
    table = published_table(figures, title="Printed")
    assert table.text() == [
        ["Figure", "Printed", "This study", "Agrees"],
        ["Patients", "171", "171", "Yes"],
        ["Survival", "94.0", "93.1", "No"],
        ["HR", "0.275", "–", "No"],
    ]
    assert table.notes == ("1 of 3 printed figures agrees, at the rounding they were printed with.",)
    assert table.rows[2].cells[1] == refused("No model.")


def test_cells_of_answers() -> None:
    row = {"estimate": 1.0, "conf_low": None, "conf_high": None, "note": "nobody had it"}
    assert estimate_cell(row, 1) == Cell("1.0", "Nobody had it.")
    assert estimate_cell({"estimate": None}, 1) == refused("There is no estimate.")
    assert ratio_cell(row) == Cell("1.00", "Nobody had it.")
    assert ratio_cell({"estimate": 2.0, "conf_low": 1.2, "conf_high": None}) == Cell("2.00 (1.20 to no limit)", "")
    assert ratio_cell({"estimate": None, "note": "none"}) == refused("None.")
    assert common_decimals([row, {"conf_low": 0.0, "conf_high": 40.0}]) == 0
    assert (sentence(""), sentence("p was 1."), sentence("why")) == ("", "p was 1.", "Why.")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_are_shown_literally(name: str) -> None:
    one = cohort((name, "b"), size=BEFORE, after=AFTER, response=RESPONSE, **{name: categorise(["x", name] * 5)})
    scale = TimeScale("months", 30.0)
    responses = [result(one, label=name)]
    tables = [
        baseline(one, Words({name: name, "size": name}, {"size": name})),
        response_table(responses, title=name),
        response_differences_table(responses, title=name),
        change_table(paired_change(one, "size", "after", "group"), title=name, unit=name, before=name, after=name),
        rates_table(event_rates(one, "group"), scale, title=name, events=name),
        restricted_mean_table(restricted_mean(one, "group", until=480), scale, title=name),
        restricted_mean_contrasts_table(restricted_mean_contrasts(one, until=480), scale, title=name),
        claims_table([Judgement("a", claim(name), SAID, (), name, name)], title=name),
        published_table([Beside(name, name, "", False, name)], title=name),
    ]
    for table in tables:
        html = to_html(Document("t", "", (TableBlock(table),)))
        page = Page(html)
        assert name in "".join(page.words)
        assert not {"script", "img", "svg", "b"} & set(page.tags)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.none() | st.floats(-1e6, 1e6),
            st.sampled_from([None, "no", "yes", "other"]),
            st.none() | st.floats(0.5, 200),
            st.booleans(),
            st.integers(0, 900),
        ),
        min_size=1,
        max_size=14,
    )
)
def test_any_patients_give_tables_without_a_silent_gap(people: list[tuple[Any, ...]]) -> None:
    group, number, level, size, event, time = zip(*people, strict=True)
    numbers = np.array([np.nan if value is None else value for value in number])
    sizes = np.array([np.nan if value is None else value for value in size])
    one = cohort_from_arrays(
        time=np.array(time, dtype=float),
        event=np.array(event),
        group=Category(np.array(group), ("a", "b", "c")),
        covariates={"number": numbers, "size": sizes, "level": categorise(level, ["no", "yes", "other"])},
    )
    tables = [baseline(one), baseline(one, summary="mean"), baseline(one, by=None)]
    tables.append(rates_table(event_rates(one, "group"), TimeScale("years", 365.25), title="Rates"))
    rates = ResponseResult("R", response_rates(one, "level", "yes"), differences=risk_differences(one, "level", "yes"))
    tables.append(response_table([rates], title="Responses"))
    tables.append(response_differences_table([rates], title="Differences"))
    if np.any(~np.isnan(numbers + sizes)):
        tables.append(change_table(paired_change(one, "size", "number", "group"), title="Change"))
    for table in tables:
        for row in table.rows:
            for cell in row.cells:
                assert cell.text != NOTHING or cell.note
                assert not {"nan", "inf", "none"} & set(cell.text.lower().replace("(", " ").replace(")", " ").split())


def test_the_same_answer_gives_the_same_table() -> None:
    one = cohort(age=AGE, sex=SEX)
    assert baseline(one) == baseline(one)
    html = [to_html(Document("t", "", (TableBlock(baseline(one)),))) for _ in range(2)]
    assert html[0] == html[1]


def test_an_empty_summary_of_no_covariates_is_a_table_without_rows() -> None:
    summary = Summary("b", (), settings={"by": None, "summary": {}, "covariates": (), "sizes": {"all": 3}})
    assert baseline_table_shown(summary, title="Patients").rows == ()
