"""Defects planted in a text file, a Chinese text file and a workbook are reported by check at the same cells of each."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_planted_defects import HEADER, IN_CELLS, STUDY, N, clean

import durata as du
from durata.pipeline import check
from durata.rules.places import places

positions = st.lists(st.integers(0, N - 1), min_size=1, max_size=3, unique=True).map(sorted)
few = settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FORMS = ("utf-8", "gb18030", "xlsx")
LETTERS = "ABCDEFGHIJK"
# What is planted in several rows or beside others: column, text, code.
BY_RULES = [
    ("id", "p000", "D01"),
    ("end", "2019-01-01", "D02"),
    ("last", "2026-01-01", "D02"),
    ("size", "999", "D12"),
    ("site", "Stomach", "D14"),
    ("birth", "2020-12-31", "D17"),
]


def write(folder: Path, rows: list[list[str]], form: str) -> Path:
    study = STUDY.format(on_defect="stop").replace("to = 3", "to = 12").replace("from = 3", "from = 12")
    if form == "xlsx":
        book = openpyxl.Workbook()
        page = book.active
        assert page is not None
        for row in [HEADER, *rows]:
            page.append(row)
            for cell in page[page.max_row]:
                cell.data_type = "s" if cell.value else "n"
        book.save(folder / "people.xlsx")
        study = study.replace("people.csv", "people.xlsx")
    else:
        out = io.StringIO()
        csv.writer(out).writerows([[*HEADER, "医院"], *([*row, "一院"] for row in rows)])
        (folder / "people.csv").write_bytes(out.getvalue().encode(form))
        study = study.replace('id = "id"', f'id = "id"\nencoding = "{form}"')
    (folder / "study.toml").write_text(study, encoding="utf-8")
    return folder / "study.toml"


def cells(study: Path) -> set[tuple[str, int | None, str | None]]:
    """What check says of the data: code, row and column of every cell; on a sheet the cell is checked too."""
    try:
        said = list(check(study).findings)
    except du.StudyError as refused:
        said = [*refused.findings, *refused.also]
    found = [one for one in places(said) if one.finding.code[0] in "DI" and one.patient]
    for one in found:
        if one.sheet is not None:
            assert one.cell == f"{LETTERS[HEADER.index(one.column or '')]}{one.row}"
    return {(one.finding.code, one.row, one.column) for one in found if one.finding.severity is not du.Severity.INFO}


@pytest.mark.parametrize("form", FORMS)
def test_clean_files_are_quiet(tmp_path: Path, form: str) -> None:
    assert cells(write(tmp_path, clean(), form)) == set()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("column", "planted", "code"), IN_CELLS[::4])
@few
@given(people=positions)
def test_planted_cells(tmp_path: Path, form: str, column: str, planted: str, code: str, people: list[int]) -> None:
    rows, k = clean(), HEADER.index(column)
    for person in people:
        rows[person][k] = planted.replace("{}", rows[person][k])
    assert cells(write(tmp_path, rows, form)) == {(code, person + 2, column) for person in people}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("column", "planted", "code"), BY_RULES)
@few
@given(person=st.integers(1, N - 1))
def test_planted_where_rules_look(tmp_path: Path, form: str, column: str, planted: str, code: str, person: int) -> None:
    rows = clean()
    if column == "site":
        rows[person][HEADER.index("site")] = "stomach"
    rows[person][HEADER.index(column)] = planted
    at = "start" if code == "D17" else column  # what lies before the birth is told where it stands
    expected = {(code, person + 2, at)} | ({(code, 2, column)} if code == "D01" else set())
    found = cells(write(tmp_path, rows, form))
    assert expected <= found
    assert {one[1] for one in found} == {one[1] for one in expected}


@few
@given(people=positions, other=st.integers(0, N - 1), form=st.sampled_from(FORMS))
def test_defects_of_every_family_are_told_together(tmp_path: Path, people: list[int], other: int, form: str) -> None:
    """A cell that cannot be read hides no order of dates, no code and no level in the others."""
    rows = clean()
    for person in people:
        rows[person][7] = "large"
    rows[other][2] = "2019-01-01"
    assert {*((("D07", person + 2, "size")) for person in people), ("D02", other + 2, "end")} <= cells(
        write(tmp_path, rows, form)
    )


@pytest.mark.parametrize("form", FORMS)
def test_other_units_deaths_without_a_date_and_one_last_contact(tmp_path: Path, form: str) -> None:
    """D13, D16 and D15 name the same people in every form of the file."""
    for plant in (
        lambda k, row: row.__setitem__(7, repr(float(row[7]) * 10)) if k in (3, 8) else None,
        lambda k, row: row.__setitem__(slice(3, 5), ["", "1"]) if k in (4, 9) else None,
        lambda k, row: row.__setitem__(6, "2022-12-31") if not row[5] else None,
    ):
        rows = clean()
        for k, row in enumerate(rows):
            plant(k, row)
        planted = {k for k, (row, before) in enumerate(zip(rows, clean(), strict=True)) if row != before}
        try:
            said = list(check(write(tmp_path, rows, form)).findings)
        except du.StudyError as refused:
            said = [*refused.findings, *refused.also]
        assert any(one.code in {"D13", "D15", "D16"} and set(one.people) == planted for one in said)
