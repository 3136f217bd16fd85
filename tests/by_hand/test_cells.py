"""One cell at a time: which texts are a day, a number, a label, and which are refused and why."""

from __future__ import annotations

import datetime

import pytest

from durata.records.amounts import as_number
from durata.records.cells import Defect, Trouble, as_label, identifier, label
from durata.records.days import as_day
from durata.records.tables import letters
from durata.study.near import listed, near


@pytest.mark.parametrize(
    "text",
    [
        "2020-03-05",
        "2020/3/5",
        "2020.03.05",
        "20200305",
        "2020年3月5日",
        "2020年03月05",
        "２０２０－０３－０５",
        " 2020-03-05 ",
        "2020-03-05 00:00:00",
        "2020-03-05T00:00",
        "2020−03−05",
        "2020–03–05",
        datetime.date(2020, 3, 5),
        datetime.datetime(2020, 3, 5),
        20200305,
    ],
)
def test_the_fifth_of_march_2020(text: object) -> None:
    # 50 years of 365 days, 12 leap days from 1972 to 2016, then January (31), February (29) and 4 days
    assert as_day(text) == 50 * 365 + 12 + 31 + 29 + 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2020-02-30", "not a day of the calendar"),
        ("1900-02-29", "not a day of the calendar"),
        ("2020-13-01", "not a day of the calendar"),
        ("20201301", "not a day of the calendar"),
        ("0000-01-01", "not a day of the calendar"),
        ("5/3/2020", "as day/month and as month/day"),
        ("05.03.20", "a year of two digits"),
        ("20-03-05", "a year of two digits"),
        ("18.08.2017", "the day before the year"),
        ("2020-03", "has no day"),
        ("2020年3月", "has no day"),
        ("2020", "has no day"),
        ("43895", "is a bare number"),
        (43895.5, "is a bare number"),
        ("2020-03/05", "is not a date"),
        ("yesterday", "is not a date"),
        ("２０２０-00-10", "not a day of the calendar"),
        ("9999-12-31", "not a year between 1800 and 2200"),
        ("0020-03-05", "not a year between 1800 and 2200"),
        ("2020-03-05 14:30", "has a time of day"),
        (datetime.datetime(2020, 3, 5, 14, 30), "has a time of day"),
        (datetime.time(14, 30), "a time of day or a duration"),
        (datetime.timedelta(days=3), "a time of day or a duration"),
        (True, "is not a date"),
        (Trouble("#REF!"), "the spreadsheet error"),
    ],
)
def test_days_that_are_refused(text: object, words: str) -> None:
    refused = as_day(text)
    assert isinstance(refused, Defect)
    assert words in refused.what.format(text="it", **refused.evidence)


@pytest.mark.parametrize(
    ("text", "number"),
    [("5", 5.0), ("5.50", 5.5), (".5", 0.5), ("5.", 5.0), ("-0", 0.0), ("+2", 2.0), ("−2", -2.0), ("1e-3", 0.001), ("５．５", 5.5), (7, 7.0), ("007", 7.0)],
)  # fmt: skip
def test_numbers(text: object, number: float) -> None:
    assert as_number(text) == number
    assert str(as_number(text)) == str(number)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("5,5", "has a comma"),
        ("1,234", "has a comma"),
        ("1,234.5", "has a comma"),
        ("1 234,5", "has a comma"),
        ("NaN", "not a finite number"),
        ("-inf", "not a finite number"),
        ("1e309", "not a finite number"),
        (10**400, "not a finite number"),
        (float("nan"), "not a finite number"),
        ("<5", "is a bound"),
        ("≥10", "is a bound"),
        ("约5", "is a rough value"),
        ("~5", "is a rough value"),
        ("5.5cm", "is not a plain number"),
        ("5%", "is not a plain number"),
        ("6-10", "is a range"),
        ("1_000", "is not a plain number"),
        ("1 000", "is not a plain number"),
        ("0x10", "is not a plain number"),
        ("five", "is not a number"),
        ("٥", "is not a number"),
        (True, "is true or false"),
        (datetime.datetime(2020, 6, 10), "'6-10' into 10 June"),
        (Trouble("=", formula=True), "a formula without a result"),
    ],
)
def test_numbers_that_are_refused(text: object, words: str) -> None:
    refused = as_number(text)
    assert isinstance(refused, Defect)
    assert words in refused.what.format(text="it", **refused.evidence)


def test_labels_that_mean_the_same_are_the_same() -> None:
    assert {label(text) for text in ("1", "1.0", 1, 1.0, " 1 ", "１", "1.00")} == {"1"}
    assert [label(text) for text in ("01", "1.5", "-0", "1e0", "1.", True, None, 1e300)] == [
        "01", "1.5", "0", "1e0", "1.", "TRUE", "", "1e+300",
    ]  # fmt: skip
    assert isinstance(as_label(datetime.date(2020, 6, 10)), Defect)


def test_identifiers_keep_their_spelling() -> None:
    assert [identifier(text) for text in ("1.0", "01", 1, 1.0, " ｐ1 ")] == ["1.0", "01", "1", "1", "p1"]


def test_columns_of_a_sheet() -> None:
    assert [letters(k) for k in (0, 25, 26, 51, 52, 701, 702, 16_383)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
        "XFD",
    ]


def test_near_names() -> None:
    assert near("form", ["from", "to"]) == "from"
    assert near("ACCEPT_DT", ["tx.date", "accept.dt"]) == "accept.dt"
    assert near("zebra", ["from", "to"]) is None
    assert near("x", []) is None
    assert listed([]) == "none"
    assert listed(["a", "b", "c"], most=2) == "'a', 'b' and 1 more"
