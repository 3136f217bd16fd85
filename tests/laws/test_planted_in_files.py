"""Defects planted in a text file, a Chinese text file and a workbook are reported by check at the same cells of each."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_planted_defects import HEADER, IN_CELLS, STUDY, N, clean

import durata as du
from durata.finding import Where
from durata.pipeline import check
from durata.rules.places import places

positions = st.lists(st.integers(0, N - 1), min_size=1, max_size=3, unique=True).map(sorted)
few = settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
some = settings(few, max_examples=5)
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


def write(folder: Path, rows: list[list[str]], form: str, header: Sequence[str] = HEADER) -> Path:
    study = STUDY.format(on_defect="stop").replace("to = 3", "to = 12").replace("from = 3", "from = 12")
    if form == "xlsx":
        book = openpyxl.Workbook()
        page = book.active
        assert page is not None
        for row in [[*header], *rows]:
            page.append(row)
            for cell in page[page.max_row]:
                cell.data_type = "s" if cell.value else "n"
        book.save(folder / "people.xlsx")
        study = study.replace("people.csv", "people.xlsx")
    else:
        out = io.StringIO()
        csv.writer(out).writerows([[*header, "医院"], *([*row, "一院"] for row in rows)])
        (folder / "people.csv").write_bytes(out.getvalue().encode(form))
        study = study.replace('id = "id"', f'id = "id"\nencoding = "{form}"')
    (folder / "study.toml").write_text(study, encoding="utf-8")
    return folder / "study.toml"


def told(study: Path) -> list[du.Finding]:
    """Everything that check says, also where it refuses."""
    try:
        return list(check(study).findings)
    except du.StudyError as refused:
        return [*refused.findings, *refused.also]


def cells(study: Path) -> set[tuple[str, int | None, str | None]]:
    """What check says of the data: code, row and column of every cell; on a sheet the cell is checked too."""
    found = [one for one in places(told(study)) if one.finding.code[0] in "DI" and one.patient]
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
        said = told(write(tmp_path, rows, form))
        assert any(one.code in {"D13", "D15", "D16"} and set(one.people) == planted for one in said)


def of_data(study: Path) -> list[du.Finding]:
    """What check says of the data and is no mere note."""
    return [one for one in told(study) if one.code[0] in "DI" and one.severity is not du.Severity.INFO]


def edit(study: Path, old: str, new: str) -> Path:
    text = study.read_text(encoding="utf-8")
    assert old in text
    study.write_text(text.replace(old, new), encoding="utf-8")
    return study


@some
@given(person=st.integers(0, N - 1), byte=st.sampled_from([b"\0", b"\xff"]), form=st.sampled_from(FORMS[:2]))
def test_a_planted_byte_that_is_no_text(tmp_path: Path, person: int, byte: bytes, form: str) -> None:
    """D03 at the row of the byte."""
    study = write(tmp_path, clean(), form)
    file = tmp_path / "people.csv"
    mark = f"p{person:03d},".encode()
    assert file.read_bytes().count(mark) == 1
    file.write_bytes(file.read_bytes().replace(mark, mark[:2] + byte + mark[2:]))
    (said,) = of_data(study)
    assert (said.code, said.severity, said.where) == ("D03", du.Severity.ERROR, Where("people.csv", row=person + 2))


@some
@given(share=st.floats(0, 0.99))
def test_a_workbook_cut_off_anywhere(tmp_path: Path, share: float) -> None:
    study = write(tmp_path, clean(), "xlsx")
    file = tmp_path / "people.xlsx"
    file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    (said,) = of_data(study)
    assert (said.code, said.severity, said.where) == ("D03", du.Severity.ERROR, Where("people.xlsx"))


@pytest.mark.parametrize("twice", [False, True])
@some
@given(column=st.sampled_from(HEADER), form=st.sampled_from(FORMS))
def test_a_planted_name_of_a_column(tmp_path: Path, twice: bool, column: str, form: str) -> None:
    """D04 names the column that is not there (a letter is missing), or is there twice, and the line that asks for it."""
    if twice:
        study = write(tmp_path, [[*row, "1"] for row in clean()], form, [*HEADER, column])
    else:
        study = write(tmp_path, clean(), form, [one[:-1] if one == column else one for one in HEADER])
    (said,) = of_data(study)
    assert (said.code, said.severity, said.evidence["column"]) == ("D04", du.Severity.ERROR, column)
    assert said.where is not None
    assert said.where.line is not None
    assert column in study.read_text(encoding="utf-8").splitlines()[said.where.line - 1]


@some
@given(people=positions, more=st.booleans(), form=st.sampled_from(FORMS[:2]))
def test_planted_rows_of_another_length(tmp_path: Path, people: list[int], more: bool, form: str) -> None:
    """D05 at every such row of a text file."""
    rows = clean()
    for person in people:
        rows[person] = [*rows[person], "1"] if more else rows[person][:-1]
    said = of_data(write(tmp_path, rows, form))
    assert [(one.code, one.where) for one in said] == [("D05", Where("people.csv", row=k + 2)) for k in people]


@some
@given(people=positions, word=st.sampled_from(["Total", "合计", "小计"]), form=st.sampled_from(FORMS))
def test_planted_totals(tmp_path: Path, people: list[int], word: str, form: str) -> None:
    """D05 at every row that has a word for a total where its patient's identifier stands."""
    rows = clean()
    for person in people:
        rows[person][0] = word
    said = [one for one in of_data(write(tmp_path, rows, form)) if one.code != "D01"]  # two totals are alike, too
    assert [(one.code, one.severity) for one in said] == [("D05", du.Severity.ERROR)] * len(people)
    assert [one.where.row for one in said if one.where is not None] == [person + 2 for person in people]


@some
@given(people=positions, form=st.sampled_from(FORMS))
def test_planted_patients_without_an_identifier(tmp_path: Path, people: list[int], form: str) -> None:
    rows = clean()
    for person in people:
        rows[person][0] = ""
    said = [one for one in of_data(write(tmp_path, rows, form)) if one.code != "D01"]  # empty ones are alike, too
    found = [(one.code, one.severity, *cell[:2]) for one in said for cell in one.evidence["cells"]]
    assert found == [("D09", du.Severity.ERROR, person + 2, f"A{person + 2}") for person in people]


@some
@given(people=positions, form=st.sampled_from(FORMS))
def test_planted_patients_without_a_start(tmp_path: Path, people: list[int], form: str) -> None:
    """D09 counts them all, names them all, and leads to the first."""
    rows = clean()
    for person in people:
        rows[person][1] = ""
    (said,) = of_data(write(tmp_path, rows, form))
    assert (said.code, said.severity, said.people) == ("D09", du.Severity.WARNING, tuple(people))
    assert said.where is not None
    assert (said.where.row, said.where.column) == (people[0] + 2, "start")
    assert said.where.cell == (f"B{people[0] + 2}" if form == "xlsx" else None)


@some
@given(people=positions, form=st.sampled_from(FORMS))
def test_planted_statuses_that_say_nothing(tmp_path: Path, people: list[int], form: str) -> None:
    """D10 names the patients without a status, and the column."""
    rows = clean()
    for person in people:
        rows[person][4] = ""
    (said,) = of_data(write(tmp_path, rows, form))
    assert (said.code, said.severity, said.people) == ("D10", du.Severity.WARNING, tuple(people))
    assert said.where is not None
    assert said.where.column == "dead"


@some
@given(people=positions, code=st.sampled_from(["2", "9", "other"]), form=st.sampled_from(FORMS))
def test_planted_codes_that_nobody_declared(tmp_path: Path, people: list[int], code: str, form: str) -> None:
    """D10 counts them, at the line of the status; where nobody has the event, at that of the event codes."""
    rows = clean()
    for person in people:
        rows[person][4] = code
    study = edit(write(tmp_path, rows, form), "censor_codes = [0]\n", "")
    (said,) = of_data(study)
    assert (said.code, said.severity, said.evidence["n"]) == ("D10", du.Severity.WARNING, 2)
    assert f"{code!r} ({len(people)} times)" in said.message
    lines = study.read_text(encoding="utf-8").splitlines()
    assert said.where is not None
    assert said.where.line == lines.index('status = "dead"') + 1
    for row in rows:
        row[4] = "0" if row[4] == "1" else row[4]
    study = edit(write(tmp_path, rows, form), "censor_codes = [0]\n", "")
    (said,) = of_data(study)
    assert said.code == "D10"
    assert said.message.startswith("death: no patient has an event code ('1')")
    assert said.where is not None
    assert said.where.line == lines.index("event_codes = [1]") + 1


def identity_number(k: int) -> str:
    """A number of nobody (no district has the code 000000) with its check character (GB 11643)."""
    digits = f"00000019000101{k:03d}"
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(digits))
    return digits + "10X98765432"[total % 11]


PERSONAL = {
    "I01": identity_number,
    "I02": lambda k: f"139{k:08d}",
    "I03": lambda k: "王李张刘"[k % 4] + "一二三四五六七八九十"[k // 4],
    "I05": lambda k: f"seen at visit {k} and felt quite well",
}
NAMED = [
    ("I01", "身份证号", "national_id"),
    ("I02", "联系电话", "mobile_phone"),
    ("I03", "患者姓名", "patient_name"),
    ("I04", "住院号", "hospital_no"),
    ("I05", "备注", "remarks"),
]


@pytest.mark.parametrize("column", ["site", "id"])
@some
@given(
    code=st.sampled_from(sorted(PERSONAL)),
    order=st.permutations(range(N)),
    more=st.integers(0, 6),
    form=st.sampled_from(FORMS),
)
def test_planted_personal_cells(tmp_path: Path, column: str, code: str, order: list[int], more: int, form: str) -> None:
    """Personal texts that most different cells of a column hold are counted, under their code, and shown nowhere."""
    rows, k = clean(), HEADER.index(column)
    people = order[: more + (34 if column == "id" or code == "I03" else 6)]  # names need many; there are four sites
    for person in people:
        rows[person][k] = PERSONAL[code](person)
    said = [one for one in of_data(write(tmp_path, rows, form)) if one.code[0] == "I"]
    covariate = column == "site" and code != "I05"
    severity = du.Severity.ERROR if covariate else du.Severity.WARNING
    assert [(one.code, one.severity, one.evidence["column"], one.evidence["n"]) for one in said] == [
        (code, severity, column, len(people))
    ]
    assert not any(PERSONAL[code](person) in str(one) for one in said for person in people)


@some
@given(column=st.sampled_from(["site", "id"]), person=st.integers(0, N - 1), form=st.sampled_from(FORMS))
def test_one_planted_identity_number_is_enough(tmp_path: Path, column: str, person: int, form: str) -> None:
    rows = clean()
    rows[person][HEADER.index(column)] = identity_number(person)
    said = [one for one in of_data(write(tmp_path, rows, form)) if one.code[0] == "I"]
    assert [(one.code, one.evidence["column"], one.evidence["n"]) for one in said] == [("I01", column, 1)]


@pytest.mark.parametrize(("code", "chinese", "english"), NAMED)
@settings(some, max_examples=3)
@given(place=st.integers(1, len(HEADER)), form=st.sampled_from(FORMS), native=st.booleans(), read=st.booleans())
def test_planted_personal_columns(
    tmp_path: Path, code: str, chinese: str, english: str, place: int, form: str, native: bool, read: bool
) -> None:
    """A column known by its name, wherever it stands: a warning where it is read as data, else a note."""
    name = chinese if native else english
    header = [*HEADER[:place], name, *HEADER[place:]]
    study = write(tmp_path, [[*row[:place], "ab"[k % 2], *row[place:]] for k, row in enumerate(clean())], form, header)
    if read:
        edit(study, "[covariates.sex]", f'[covariates.planted]\ncolumn = "{name}"\ntype = "category"\n[covariates.sex]')
    said = [one for one in told(study) if one.code[0] == "I"]
    severity = du.Severity.WARNING if read else du.Severity.INFO
    assert [(one.code, one.severity) for one in said] == [(code, severity)]
    assert repr(name) in said[0].message
