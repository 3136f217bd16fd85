"""Laws of reading: what is written comes back, nothing that is handed in raises anything but a refusal in words."""

from __future__ import annotations

import csv
import datetime
import io
import json
import math
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import durata as du
from durata.records.amounts import as_number
from durata.records.cells import Defect, as_label, label
from durata.records.csv_table import read_csv
from durata.records.days import as_day
from durata.records.xlsx_table import read_xlsx
from durata.rules.data import dates_out_of_order, duplicate_patients
from durata.study.mistakes import mistakes
from durata.study.positions import positions

STUDY = """\
[study]
title = "Laws"
[data]
file = "people.csv"
id = "id"
[treatment]
name = "drug"
start = "start"
end = "end"
groups = [{ name = "short", to = 3 }, { name = "long", from = 3 }]
[outcomes.death]
date = "last"
status = "dead"
event_codes = [1]
[covariates.size]
[covariates.kind]
type = "category"
[models.death]
adjust = ["size"]
[horizons]
at = [12]
"""
HEADER = ["id", "start", "end", "last", "dead", "size", "kind"]

slow_disk = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
dates = st.dates(datetime.date(1900, 3, 1), datetime.date(2200, 12, 31))
numbers = st.floats(allow_nan=False, allow_infinity=False, width=64) | st.integers(-(10**15), 10**15)
sizes = st.integers(-(10**9), 10**9).map(lambda thousandths: thousandths / 1000)  # 15 digits is what workbooks keep
people = st.lists(
    st.tuples(
        dates, st.none() | dates, dates, st.sampled_from([0, 1]), st.none() | sizes, st.sampled_from(["a", "b", None])
    ),
    min_size=1,
    max_size=8,
)
cells = (
    st.text(max_size=30)
    | st.text(alphabet=string.digits + "-/.,年月日<> e+", max_size=14)
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.datetimes()
    | st.dates()
    | st.times()
    | st.timedeltas()
)


def written_csv(rows: list[list[Any]], separator: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows([["" if cell is None else cell for cell in row] for row in rows])
    return out.getvalue().encode()


def written_xlsx(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in rows:
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def attempt(call: Callable[[], Any]) -> tuple[Any, tuple[du.Finding, ...]]:
    """What a call gives, or the findings of its refusal; any other exception is a failure of the test."""
    try:
        return call(), ()
    except du.StudyError as refused:
        return None, refused.findings


def everything(header: Any) -> range:
    return range(len(header))


@settings(max_examples=150, deadline=None)
@given(dates, st.sampled_from(["{0:%Y-%m-%d}", "{0.year}/{0.month}/{0.day}", "{0.year}.{0.month}.{0.day}", "{0:%Y%m%d}", "{0.year}年{0.month}月{0.day}日"]))  # fmt: skip
def test_every_way_of_writing_a_day_gives_that_day(day: datetime.date, form: str) -> None:
    expected = (day - datetime.date(1970, 1, 1)).days
    text = form.format(day).replace("%Y", f"{day.year:04d}")
    assert as_day(text) == expected
    full_width = text.translate({ord(digit): ord(digit) - ord("0") + ord("０") for digit in string.digits})
    assert as_day(full_width) == as_day(day) == expected


@settings(max_examples=150, deadline=None)
@given(numbers)
def test_every_number_comes_back_from_its_text(number: float) -> None:
    assert as_number(repr(number)) == as_number(number) == float(number)


@settings(max_examples=400, deadline=None)
@given(cells)
@example("٣")
@example("1" * 5_000)
@example("²")
@example("9" * 400 + "-01-01")
def test_no_cell_raises(cell: Any) -> None:
    day, number, text = as_day(cell), as_number(cell), as_label(cell)
    assert isinstance(day, Defect) or (math.isfinite(day) and day == int(day))
    assert isinstance(number, Defect) or math.isfinite(number)
    assert isinstance(text, str | Defect)
    for one in (day, number, text):
        if isinstance(one, Defect):
            words = (one.what + one.remedy).format(text=repr(label(cell)), **one.evidence)
            assert words


@settings(max_examples=200, deadline=None)
@given(cells)
def test_a_label_is_its_own_label(cell: Any) -> None:
    assert label(label(cell)) == label(cell)


@slow_disk
@given(people)
def test_what_is_written_comes_back_from_text_and_workbook(tmp_path: Path, rows: list[tuple[Any, ...]]) -> None:
    table = [HEADER, *[[f"p{k}", *row] for k, row in enumerate(rows)]]
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    study = du.read_study(tmp_path / "study.toml")
    (tmp_path / "people.csv").write_bytes(written_csv(table))
    (tmp_path / "people.xlsx").write_bytes(written_xlsx(table))
    workbook = study.model_copy(update={"data": study.data.model_copy(update={"file": "people.xlsx"})})
    for records in (du.read_records(study), du.read_records(workbook, tmp_path)):
        for place, name in ((0, "start"), (1, "end"), (2, "last")):
            assert [None if day is None else str(day) for day in (row[place] for row in rows)] == [
                None if np.isnat(day) else str(day) for day in records.day(name)
            ]
        size = records.numbers["size"]
        assert [row[4] for row in rows] == [None if value != value else value for value in size]
        kind = records.categories["kind"]
        assert [row[5] for row in rows] == [None if code < 0 else kind.levels[code] for code in kind.codes]
        status = records.categories["dead"]
        assert [str(row[3]) for row in rows] == [status.levels[code] for code in status.codes]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.lists(st.text(alphabet="ab1,;\t\"'\n -", max_size=6), min_size=3, max_size=3), max_size=6),
    st.sampled_from([",", ";", "\t"]),
)
def test_text_in_any_quotes_comes_back_at_its_row(rows: list[list[str]], separator: str) -> None:
    """The separator is told apart by the wanted columns, whatever the other cells hold."""
    table = read_csv(
        written_csv([["one", "two", "three"], *rows], separator),
        "t.csv",
        lambda header: [header.index(name) for name in ("one", "two", "three") if name in header],
    )
    full = [(k, row) for k, row in enumerate(rows, start=2) if any(cell.strip() for cell in row)]
    assert list(table.rows) == [k for k, _ in full]
    for place in range(3):
        assert list(table.cells[place]) == [row[place] for _, row in full]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | st.text(alphabet='id,start;\n"\r\t€\0', max_size=80).map(str.encode))
def test_no_bytes_raise_anything_but_a_refusal(content: bytes) -> None:
    for read in (
        lambda: read_csv(content, "t.csv", everything),
        lambda: read_xlsx(content, "t.xlsx", None, everything),
    ):
        table, refused = attempt(read)
        assert all(one.message for one in refused)
        assert (table is None) == bool(refused)
        if table is not None:
            assert all(len(column) == len(table.rows) for column in table.cells.values())


# Written once: a workbook carries the time it was written, and its length changes with it.
WORKBOOK = written_xlsx([["id", "start"], ["p", datetime.date(2020, 1, 1)], ["q", 3]])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_workbook_with_any_bytes_changed_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(WORKBOOK)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    table, refused = attempt(lambda: read_xlsx(bytes(content), "t.xlsx", None, everything))
    assert (table is None) == bool(refused)
    assert all(one.message for one in refused)


@slow_disk
@given(
    st.lists(
        st.lists(st.text(max_size=12) | st.sampled_from(["2020-01-01", "1", "0", "p"]), min_size=7, max_size=7),
        max_size=5,
    )
)
def test_no_table_raises_anything_but_a_refusal(tmp_path: Path, rows: list[list[str]]) -> None:
    for defects in ("stop", "exclude"):
        text = STUDY.replace('id = "id"', f'id = "id"\non_defect = "{defects}"')
        (tmp_path / "study.toml").write_text(text, encoding="utf-8")
        (tmp_path / "people.csv").write_bytes(written_csv([HEADER, *rows]))
        study = du.read_study(tmp_path / "study.toml")
        records, refused = attempt(lambda: du.read_records(study))  # noqa: B023 - called at once
        assert all(str(one) for one in refused)
        if records is None:
            assert refused
            continue
        assert records.flow.remaining == len(records)
        assert sum(step.excluded for step in records.flow.steps) + len(records) == records.source.n_rows
        for rule in (duplicate_patients, dates_out_of_order):
            for one in rule(study=study, records=records):
                assert one.what.format_map(dict(one.evidence))
                assert str(one.where)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def keys_of(declared: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = []
    if isinstance(declared, dict | list):
        for key in declared if isinstance(declared, dict) else range(len(declared)):
            found += [(*above, key), *keys_of(declared[key], (*above, key))]
    return found


def declared() -> dict[str, Any]:
    import tomllib

    return tomllib.loads(STUDY)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_every_broken_declaration_is_said_in_words(data: st.DataObject) -> None:
    """Whatever is put in place of a part of a study file, or taken out of it, is a Study or a list of mistakes."""
    study = declared()
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(keys_of(study)))
        here: Any = study
        for key in path[:-1]:
            here = here[key]
        change = data.draw(st.sampled_from(["replace", "remove", "add"]))
        if change == "replace":
            here[path[-1]] = data.draw(values)
        elif change == "remove":
            del here[path[-1]]
        elif isinstance(here, dict):
            here[data.draw(st.text(max_size=8))] = data.draw(values)
        if not keys_of(study):
            break
    found = mistakes(study)
    for one in found:
        assert (one.what + one.remedy).format_map({**one.evidence, "key": "k"})
    if not found:
        du.Study.model_validate(study)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_every_broken_text_is_a_study_or_a_refusal_with_a_place(tmp_path: Path, data: st.DataObject) -> None:
    lines = STUDY.encode().split(b"\n")
    for _ in range(data.draw(st.integers(1, 4))):
        k = data.draw(st.integers(0, len(lines) - 1))
        at = data.draw(st.integers(0, len(lines[k])))
        piece = data.draw(
            st.sampled_from(
                [b"[", b"]", b'"', b"=", b".", b"\n", b"{", b"1", b"#", b"'", b"\xff", b"\\u0000", b"a.b.c = 1"]
            )
            | st.binary(max_size=4)
        )
        lines[k] = lines[k][:at] + piece + lines[k][at + data.draw(st.integers(0, 3)) :]
    file = tmp_path / "study.toml"
    file.write_bytes(b"\n".join(lines))
    study, refused = attempt(lambda: du.read_study(file))
    assert (study is None) == bool(refused)
    for one in refused:
        assert one.where is not None
        assert one.where.file == "study.toml"
        assert one.message
    if study is not None:
        assert study.place("data.file") is not None


@pytest.mark.parametrize("name", ["a", "a b", 'a"b', "a.b", "年龄", "ａ", "-", "1"])
def test_every_key_has_its_place(name: str) -> None:
    text = f'# Ä\n[covariates.{json.dumps(name, ensure_ascii=False)}]\nlabel = "é"\nlevels = ["x", # note\n  "y"]\n'
    places = positions(text)
    assert places[("covariates", name)].key == (2, 1)
    assert places[("covariates", name, "label")].value == (3, 9)
    assert places[("covariates", name, "levels", 1)].value == (5, 3)


def test_places_of_every_way_to_write_a_table() -> None:
    text = 'a.b = 1\nc = { d.e = 2, f = [{ g = 3 }] }\n[[h]]\ni = 4\n[[h]]\n[h.j]\n"ü" = 5; k = 6\n'.replace(
        "; k = 6", ""
    )
    places = positions(text)
    assert places[("a", "b")].value == (1, 7)
    assert places[("c", "d", "e")].key == (2, 7)
    assert places[("c", "f", 0, "g")].value == (2, 27)
    assert places[("h", 0, "i")].key == (4, 1)
    assert places[("h", 1, "j", "ü")].value == (7, 7)
