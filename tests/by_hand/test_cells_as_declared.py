"""Cells that are read only because the study file says how: dates, units, bounds, decimal signs, missing codes; each counted."""

from __future__ import annotations

import datetime
import math

import pytest

from durata.language.speaking import catalogue
from durata.records.amounts import NumberRules, as_number, read_number
from durata.records.cells import Defect, as_label
from durata.records.days import DayRules, read_day
from durata.records.privacy import identifies
from durata.records.units import converted


def iso(day: float | Defect) -> str:
    assert not isinstance(day, Defect), day.what
    return str(datetime.date(1970, 1, 1) + datetime.timedelta(days=day))


@pytest.mark.parametrize(
    ("text", "order", "date", "kinds"),
    [
        ("2020-03-05", "ymd", "2020-03-05", ()),
        ("2020/3/5", "ymd", "2020-03-05", ("date written as 2020/3/5",)),
        ("2020.03.05", "dmy", "2020-03-05", ("date written as 2020/3/5",)),
        ("2020年3月5日", "mdy", "2020-03-05", ("date written as 2020年3月5日",)),
        ("２０２０年３月５号", "ymd", "2020-03-05", ("full-width characters", "date written as 2020年3月5日")),
        ("20200305", "dmy", "2020-03-05", ("date written as 20200305",)),
        (20200305, "ymd", "2020-03-05", ("date written as 20200305",)),
        ("2020-03-05 00:00:00", "ymd", "2020-03-05", ("midnight dropped",)),
        ("5/3/2020", "dmy", "2020-03-05", ("date written day first",)),
        ("05.03.2020", "dmy", "2020-03-05", ("date written day first",)),
        ("3/5/2020", "mdy", "2020-03-05", ("date written month first",)),
        ("2020-03-05", "dmy", "2020-03-05", ()),
        (datetime.datetime(2020, 3, 5), "dmy", "2020-03-05", ()),
    ],
)
def test_dates_in_the_order_declared(text, order: str, date: str, kinds: tuple[str, ...]) -> None:
    day, how = read_day(text, DayRules(order=order))
    assert (iso(day), how) == (date, kinds)


@pytest.mark.parametrize(
    ("text", "order", "words"),
    [
        ("5/3/2020", "ymd", "can be read as day/month and as month/day"),
        ("25/3/2020", "ymd", "has the day before the year"),
        ("5/3/20", "dmy", "a year of two digits"),
        ("20年3月5日", "ymd", "a year of two digits"),
        ("3/25/2020", "dmy", "has no month 25"),
        ("25/3/2020", "mdy", "has no month 25"),
        ("31/2/2020", "dmy", "not a day of the calendar"),
        ("2019-02-29", "ymd", "not a day of the calendar"),
        ("43890", "ymd", "it would be 2020-02-29, or 2024-03-01"),
        (43890.0, "dmy", "it would be 2020-02-29"),
        ("1e3", "ymd", "is a bare number, not a date"),
        ("#N/A", "ymd", "the spreadsheet error"),
        (" #ref! ", "ymd", "the spreadsheet error"),
        ("2020-03", "ymd", "has no day"),
        ("2020年3月", "ymd", "has no day"),
        ("2020", "ymd", "has no day"),
        ("1900-02-29", "ymd", "not a day of the calendar"),
    ],
)
def test_dates_that_stay_refused(text, order: str, words: str) -> None:
    refused, _ = read_day(text, DayRules(order=order))
    assert isinstance(refused, Defect)
    assert words in refused.what.format(text="it", **refused.evidence)
    assert refused.what in catalogue("zh")
    assert refused.remedy in catalogue("zh")


@pytest.mark.parametrize(
    ("text", "first", "middle", "last"),
    [
        ("2020-02", "2020-02-01", "2020-02-15", "2020-02-29"),
        ("2021年2月", "2021-02-01", "2021-02-15", "2021-02-28"),
        ("2020/12", "2020-12-01", "2020-12-15", "2020-12-31"),
        ("2020.3", "2020-03-01", "2020-03-15", "2020-03-31"),
        ("2020", "2020-01-01", "2020-07-01", "2020-12-31"),
        ("2020年", "2020-01-01", "2020-07-01", "2020-12-31"),
        ("２０２０年", "2020-01-01", "2020-07-01", "2020-12-31"),
    ],
)
def test_partial_dates_by_the_rule_declared(text: str, first: str, middle: str, last: str) -> None:
    for rule, date in (("first", first), ("middle", middle), ("last", last)):
        day, how = read_day(text, DayRules(partial=rule))
        assert (iso(day), how[-1]) == (date, f"partial date, {rule} day taken")


@pytest.mark.parametrize("text", ["2020.1", 2020.1, "2020-13", "2020-00", "1200-05", "9999", "2020年13月"])
def test_partial_dates_that_no_rule_reads(text) -> None:
    for rule in ("first", "middle", "last"):
        assert isinstance(read_day(text, DayRules(partial=rule))[0], Defect)


@pytest.mark.parametrize(
    ("text", "rules", "number", "kinds"),
    [
        ("10.3 cm", NumberRules("cm"), 10.3, ("unit stripped",)),
        ("10.3厘米", NumberRules("cm"), 10.3, ("unit stripped",)),
        ("１０.３ＣＭ", NumberRules("cm"), 10.3, ("full-width characters", "unit stripped")),
        ("103mm", NumberRules("cm", units="convert"), 10.3, ("unit converted",)),
        ("10.3cm", NumberRules("mm", units="convert"), 103.0, ("unit converted",)),
        ("63岁", NumberRules("years"), 63.0, ("unit stripped",)),
        ("2 months", NumberRules("days", units="convert", month_days=30.0), 60.0, ("unit converted",)),
        ("12.5 g/dL", NumberRules("g/L", units="convert"), 125.0, ("unit converted",)),
        ("35 %", NumberRules("%"), 35.0, ("unit stripped",)),
        ("40HU", NumberRules("HU"), 40.0, ("unit stripped",)),
        (">=10", NumberRules(bounds="limit"), 10.0, ("bound read as the limit",)),
        ("≥10", NumberRules(bounds="limit"), 10.0, ("bound read as the limit",)),
        ("＜5", NumberRules(bounds="half"), 2.5, ("full-width characters", "bound read as half the limit")),
        ("≤0.5", NumberRules(bounds="half"), 0.25, ("bound read as half the limit",)),
        (">100", NumberRules(bounds="half"), 100.0, ("bound read as the limit",)),
        ("小于5mm", NumberRules("mm", bounds="limit"), 5.0, ("unit stripped", "bound read as the limit")),
        ("5,5", NumberRules(decimal=","), 5.5, ("decimal comma",)),
        ("-0,0", NumberRules(decimal=","), 0.0, ("decimal comma",)),
        ("5,5 cm", NumberRules("cm", decimal=","), 5.5, ("decimal comma", "unit stripped")),
        ("1000", NumberRules(decimal=","), 1000.0, ()),
        ("-0", NumberRules(), 0.0, ()),
    ],
)
def test_numbers_as_declared(text: str, rules: NumberRules, number: float, kinds: tuple[str, ...]) -> None:
    assert read_number(text, rules) == (number, kinds)
    assert math.copysign(1.0, as_number(text, rules)) == 1.0


@pytest.mark.parametrize(
    ("text", "rules", "words"),
    [
        ("103mm", NumberRules("cm"), "in another unit than the declared one (cm)"),
        ("103mm", NumberRules(), "is not a plain number"),
        ("40HU", NumberRules("cm", units="convert"), "not a number in the declared unit (cm)"),
        ("5 kg", NumberRules("cm", units="convert"), "not a number in the declared unit (cm)"),
        ("<5", NumberRules("cm", units="convert"), "is a bound"),
        ("<0", NumberRules(bounds="half"), "no half can be taken"),
        ("约5", NumberRules(bounds="limit"), "is a rough value"),
        ("6-10", NumberRules(bounds="limit"), "is a range"),
        ("1,234", NumberRules(), "has a comma"),
        ("5,5cm", NumberRules("cm"), "has a comma"),
        ("1,234,567", NumberRules(decimal=","), "has a comma"),
        ("1.234,5", NumberRules(decimal=","), "has a point"),
        ("5.5", NumberRules(decimal=","), "has a point"),
        ("1e309", NumberRules(), "not a finite number"),
        ("1e309 cm", NumberRules("cm"), "not a finite number"),
        ("1e308 cm", NumberRules("mm", units="convert"), "not a finite number"),
        ("NaN", NumberRules(bounds="limit"), "not a finite number"),
        ("∞", NumberRules(), "not a finite number"),
        ("10-Jun", NumberRules(), "'6-10' into 10 June"),
        ("6月10日", NumberRules(), "'6-10' into 10 June"),
        ("2020-06-10", NumberRules(), "'6-10' into 10 June"),
        ("#DIV/0!", NumberRules(), "the spreadsheet error"),
        ("five", NumberRules("cm"), "is not a number"),
    ],
)
def test_numbers_that_stay_refused(text: str, rules: NumberRules, words: str) -> None:
    refused = as_number(text, rules)
    assert isinstance(refused, Defect)
    assert words in refused.what.format(text="it", **refused.evidence)
    assert refused.what in catalogue("zh")
    assert refused.remedy in catalogue("zh")


@pytest.mark.parametrize("text", ["10-Jun", "Jun-10", "6月10日", "2020-06-10", "#N/A", datetime.date(2020, 6, 10)])
def test_categories_that_a_spreadsheet_made(text) -> None:
    assert isinstance(as_label(text), Defect)
    assert as_label("6-10") == "6-10"


def test_units_of_other_kinds_are_not_converted() -> None:
    assert converted(30.0, "mm", "cm") == 3.0
    assert converted(0.3, "cm", "mm") == 3.0
    assert converted(2.0, "年", "months") == 2 * 365.25 / 30.4375
    assert converted(1.0, "mm", "days") is None
    assert converted(1.0, "HU", "cm") is None


def test_what_identifies_a_person() -> None:
    assert identifies("11010519491231002X")
    assert identifies("id: 11010519491231002x;")
    assert not identifies("110105194912310021")
    assert identifies("13800138000")
    assert not identifies("1380013800")
    assert not identifies("2020-03-05")


def test_the_page_of_what_reading_finds_is_shown() -> None:
    from click.testing import CliRunner

    from durata.cli.reference import rules

    shown = CliRunner().invoke(rules, ["d06"])
    assert shown.exit_code == 0
    assert shown.output.startswith("# D06 impossible-date\n")
    assert '"name": "impossible-date"' in CliRunner().invoke(rules, ["D06", "--format", "json"]).output
