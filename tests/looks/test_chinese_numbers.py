"""Numbers, times and labels as Chinese journals set them; leaving the language leaves English as it was."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durata.estimate.result import Term
from durata.language.speaking import speaking
from durata.show.answer_cells import estimate_cell, ratio_cell, sentence, versus
from durata.show.effect_tables import Words
from durata.show.figures.swimmer import SwimmerWords, ordinal
from durata.show.numbers import (
    count,
    count_percent,
    counted,
    fixed,
    interval,
    number,
    p_phrase,
    part_of_whole,
    percent_interval,
    ratio,
    ratio_interval,
    ratio_with_level,
)
from durata.show.printable import inside
from durata.show.survival_tables import duration_cell
from durata.show.time_scale import TimeScale

MONTHS = TimeScale("months", 30.4375)


@pytest.fixture
def chinese() -> Iterator[None]:
    with speaking("zh"):
        yield


@pytest.mark.usefixtures("chinese")
def test_numbers() -> None:
    assert ratio_interval(0.275, 0.089, 0.851) == "0.28(0.089~0.85)"
    assert ratio_with_level(0.275, 0.089, 0.851, 0.95) == "0.28(95% CI:0.089~0.85)"
    assert ratio_interval(0.71, 0.51, 0.9996) == "0.71(0.51~0.9996)"
    assert percent_interval(0.828, 0.712, 0.901) == "82.8%(71.2%~90.1%)"
    assert percent_interval(0.41, 0.19, 0.75) == "41%(19%~75%)"
    assert interval(-3.21, -8.4, 1.98) == "−3.2(−8.4~2.0)"
    assert count_percent(25, 50) == "25(50.0%)"
    assert part_of_whole(25, 50) == "50.0%(25/50)"
    assert p_phrase(0.0249) == "P=0.025"
    assert p_phrase(1e-9) == "P<0.001"
    assert p_phrase(0.3981, "p for interaction") == "交互作用P=0.398"
    assert count(12540) == "12540"
    assert fixed(-1254.25, 1) == "−1254.2"
    assert ratio(3e7) == ">9999"
    assert counted(1, "patient") == "1例患者"
    assert counted(1254, "event") == "1254例事件"
    assert number(inf) == "无上限"


@pytest.mark.usefixtures("chinese")
def test_times_and_cells() -> None:
    assert MONTHS.words(365.25) == "12个月"
    assert TimeScale("years").words(1) == "1年"
    assert MONTHS.since("手术") == "自手术起的时间(月)"
    assert TimeScale("laps").words(3) == "3 laps"
    row = {"estimate": 274.0, "conf_low": 182.6, "conf_high": None}
    assert duration_cell(row, MONTHS).text == "9.0(6.0~未达到)"
    assert duration_cell({"estimate": None}, MONTHS).text == "未达到"
    assert estimate_cell({"estimate": 0.1, "conf_low": 0.05, "conf_high": 0.2}, 1, 100).text == "10.0(5.0~20.0)"
    assert ratio_cell({"estimate": 2.0, "conf_low": 1.5, "conf_high": None}).text == "2.00(1.50~无上限)"
    assert ratio_cell({"estimate": 0.0, "conf_low": 0.0, "conf_high": 0.61}).text == "0(0~0.61)"
    assert versus("中期组", "短期组") == "中期组与短期组比较"
    assert sentence("χ²检验") == "χ²检验。"
    assert Words({"age": "年龄"}, {"age": "year"}).term(Term("age", "age")) == "年龄(每增加1年)"
    assert Words({"age": "年龄"}, {"age": "岁"}).term(Term("age", "age")) == "年龄(每增加1岁)"
    assert SwimmerWords().event == "事件"
    assert ordinal(3) == "3"


def test_english_cells_that_chinese_changes_are_as_they_were() -> None:
    assert ratio_cell({"estimate": 2.0, "conf_low": 1.5, "conf_high": None}).text == "2.00 (1.50 to no limit)"
    assert ratio_cell({"estimate": 0.0, "conf_low": 0.0, "conf_high": 0.61}).text == "0 (0 to 0.61)"
    assert duration_cell({"estimate": 274.0, "conf_low": 182.6}, MONTHS).text == "9.0 (6.0 to not reached)"
    assert SwimmerWords().event == "Event"
    assert sentence("chi-square test") == "Chi-square test."


@pytest.mark.parametrize("label", ["死亡", "Cox回归", "复发或死亡", "OS率", "总生存率(Overall survival)", "Ki-67指数"])
def test_a_chinese_label_inside_a_sentence_stays_as_it_is(label: str) -> None:
    assert inside(label) == label
    with speaking("zh"):
        assert inside(label) == label


@given(st.floats(0.001, 500), st.floats(1.0001, 20), st.floats(1.0001, 20))
def test_both_languages_print_the_same_digits(value: float, below: float, above: float) -> None:
    low, high = value / below, value * above
    english = ratio_interval(value, low, high)
    with speaking("zh"):
        chinese = ratio_interval(value, low, high)
    assert english.replace(",", "").replace(" (", "(").replace(" to ", "~") == chinese
    assert english == ratio_interval(value, low, high)
