"""Numbers as they are printed, one line a case."""

from __future__ import annotations

import math

import pytest

from durata.finding import CannotEstimate
from durata.show import numbers
from durata.show.numbers import Cell
from durata.show.printable import printable, shortened
from durata.show.time_scale import TimeScale, time_scale
from durata.study.types import StudyTable


@pytest.mark.parametrize(
    ("p", "printed"),
    [
        (0.0249, "0.025"),
        (0.05, "0.050"),
        (0.001, "0.001"),
        (0.00099, "<0.001"),
        (0.0, "<0.001"),
        (1e-300, "<0.001"),
        (0.999, "0.999"),
        (0.9991, ">0.999"),
        (1.0, ">0.999"),
    ],
)
def test_p_values(p: float, printed: str) -> None:
    assert numbers.p_value(p) == printed


@pytest.mark.parametrize("p", [-0.01, 1.01, math.nan])
def test_a_p_value_outside_of_its_range_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        numbers.p_value(p)


@pytest.mark.parametrize(
    ("values", "printed"),
    [
        ((0.5267, 0.2689, 1.0428), "0.53 (0.27 to 1.04)"),
        ((0.275, 0.089, 0.851), "0.28 (0.089 to 0.85)"),
        ((1.0149, 1.0073, 1.0228), "1.015 (1.007 to 1.023)"),
        ((0.71, 0.51, 0.9996), "0.71 (0.51 to 0.9996)"),
        ((1.9, 1.0004, 3.6), "1.90 (1.0004 to 3.60)"),
        ((12.34, 1.41, 107.4), "12.3 (1.41 to 107)"),
        ((2.0, 0.5, math.inf), "2.00 (0.50 to >9,999)"),
        ((0.0000001, 0.0, 3e9), "<0.001 (<0.001 to >9,999)"),
    ],
)
def test_ratios_with_their_interval(values: tuple[float, float, float], printed: str) -> None:
    assert numbers.ratio_interval(*values) == printed


def test_a_ratio_outside_of_its_interval_is_refused() -> None:
    with pytest.raises(ValueError, match="does not lie in its interval"):
        numbers.ratio_interval(2.0, 0.5, 1.0)


@pytest.mark.parametrize(
    ("share", "printed"),
    [(0.5, "50.0%"), (1.0, "100%"), (0.0, "0%"), (0.99999, ">99.9%"), (0.00001, "<0.1%"), (1 - 1e-12, "100%")],
)
def test_percentages_keep_all_and_none_for_all_and_none(share: float, printed: str) -> None:
    assert numbers.percent(share) == printed


def test_counts_with_percentages() -> None:
    assert numbers.count_percent(25, 50) == "25 (50.0%)"
    assert numbers.part_of_whole(1254, 2508) == "50.0% (1,254/2,508)"
    with pytest.raises(ValueError, match="nobody has no share"):
        numbers.part_of_whole(0, 0)


@pytest.mark.parametrize(
    ("value", "places", "printed"),
    [(-1254.25, 1, "−1,254.2"), (-0.04, 1, "0.0"), (-0.0, 0, "0"), (1234567.0, 0, "1,234,567"), (-0.06, 1, "−0.1")],
)
def test_minus_signs_and_thousands(value: float, places: int, printed: str) -> None:
    assert numbers.fixed(value, places) == printed


@pytest.mark.parametrize(
    ("value", "std_error", "printed"),
    [(-0.717138, 0.2686, "−0.72"), (46.23, 4.2, "46.2"), (1234.5, 120.0, "1,234"), (0.0123456, 0.00034, "0.01235")],
)
def test_estimates_get_the_digits_their_standard_error_deserves(value: float, std_error: float, printed: str) -> None:
    assert numbers.estimate(value, std_error) == printed


def test_evidence_of_any_kind() -> None:
    printed = [numbers.number(value) for value in (69, 0.27314, 1234.5, "start", True, math.nan, math.inf, 0.0)]
    assert printed == ["69", "0.273", "1,234", "start", "True", "not known", "unlimited", "0"]


@pytest.mark.parametrize("text", ["nan", "None", " inf ", "-inf", "–"])
def test_no_cell_prints_a_missing_number(text: str) -> None:
    with pytest.raises(ValueError, match=r"reason|refused"):
        Cell(text)


def test_a_refused_cell_says_why() -> None:
    assert numbers.refused("Nobody is at risk.") == Cell("–", "Nobody is at risk.")
    with pytest.raises(ValueError, match="reason"):
        numbers.refused(" ")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_never_printed_as_one(value: float) -> None:
    with pytest.raises(ValueError, match="not a number to print"):
        numbers.fixed(value, 2)


@pytest.mark.parametrize(
    ("scale", "days", "words"),
    [
        (TimeScale("months", 30.4375), 365.25, "12 months"),
        (TimeScale("months", 30.4375), 30.4375, "1 month"),
        (TimeScale("months", 30.4375), 1254, "41.2 months"),
        (TimeScale("days"), 1254, "1,254 days"),
        (TimeScale("days"), 89.5, "89.5 days"),
        (TimeScale("years", 365.25), 730.5, "2 years"),
        (TimeScale("weeks", 7), 0, "0 weeks"),
    ],
)
def test_durations_in_words(scale: TimeScale, days: float, words: str) -> None:
    assert scale.words(days) == words


@pytest.mark.parametrize(
    ("scale", "until", "labels"),
    [
        (TimeScale("months", 30.4375), 60 * 30.4375, ("0", "12", "24", "36", "48", "60")),
        (TimeScale("months", 30.4375), 20 * 30.4375, ("0", "3", "6", "9", "12", "15", "18")),
        (TimeScale("days"), 1799, ("0", "365", "730", "1,095", "1,460")),
        (TimeScale("years", 365.25), 400, ("0", "0.25", "0.5", "0.75", "1")),
        (TimeScale("years", 365.25), 0, ("0",)),
        (TimeScale("ticks"), 7, ("0", "1", "2", "3", "4", "5", "6", "7")),
    ],
)
def test_ticks_stand_where_readers_of_the_unit_count(scale: TimeScale, until: float, labels: tuple[str, ...]) -> None:
    assert scale.tick_labels(until) == labels


def test_an_axis_ends_at_a_tick_that_is_nearly_reached() -> None:
    assert TimeScale("months").axis_end(59) == 60
    assert TimeScale("months").axis_end(50) == 50


def test_the_scale_of_a_study_uses_its_own_month() -> None:
    study = StudyTable(title="t", time_unit="months", month_days=30.0)
    assert time_scale(study) == TimeScale("months", 30.0)
    assert time_scale(study, "months") == TimeScale("months")
    assert time_scale(study, "days", "weeks") == TimeScale("weeks", 7.0)
    with pytest.raises(CannotEstimate, match="'hours' cannot be shown in months"):
        time_scale(study, "hours")


def test_what_cannot_be_printed_is_replaced() -> None:
    assert printable("a\x00b\u202ec\ud800d") == "a\ufffdb\ufffdc\ufffdd"
    assert printable("  two\n\tlines ") == "two lines"
    assert shortened("intermediate", 6) == "inter…"
