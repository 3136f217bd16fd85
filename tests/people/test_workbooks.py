"""Workbooks: typed cells, errors, uncalculated formulas, other sheets, and archives that are refused unopened."""

from __future__ import annotations

import csv
import datetime
import io
import zipfile

import numpy as np
import openpyxl
import pytest

import durata as du
from durata.records import sheets


def rows_of(folder) -> list[list[object]]:
    """The five people as a spreadsheet holds them: numbers and dates typed, empty cells empty."""

    def typed(text: str) -> object:
        for kind in (int, float, datetime.datetime.fromisoformat):
            try:
                return kind(text)
            except ValueError:
                continue
        return text or None

    with (folder.path / "people.csv").open(encoding="utf-8", newline="") as file:
        return [[typed(cell) for cell in row] for row in csv.reader(file)]


@pytest.fixture
def book(folder):
    folder.declare(("people.csv", "people.xlsx"))
    return folder


def test_a_workbook_gives_the_records_of_the_text_file(folder) -> None:
    expected = folder.read()
    folder.workbook(rows_of(folder)).declare(("people.csv", "people.xlsx"))
    records = folder.read()
    assert records.identifiers == expected.identifiers
    assert records.row.tolist() == expected.row.tolist()
    assert records.flow == expected.flow
    for one, other in ((records.dates, expected.dates), (records.numbers, expected.numbers)):
        assert list(one) == list(other)
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])
    for name, category in expected.categories.items():
        assert records.categories[name].levels == category.levels
        assert records.categories[name].codes.tolist() == category.codes.tolist()
    assert str(records.where(2, "age")) == "people.xlsx, Sheet1!F4"


def test_a_date_with_a_time_of_day(book, said) -> None:
    rows = rows_of(book)
    rows[1][1] = datetime.datetime(2020, 1, 1, 14, 30)
    assert [said(one) for one in book.workbook(rows).refused()] == [
        ("D06", "people.xlsx, Sheet1!B2", "'2020-01-01 14:30:00' has a time of day; durations are counted in whole days. Keep only the date.")
    ]  # fmt: skip


def test_an_eight_digit_number_is_a_date_and_a_day_count_is_not(book, said) -> None:
    rows = rows_of(book)
    rows[1][1] = 20200101
    assert str(book.workbook(rows).read().day("start")[0]) == "2020-01-01"
    rows[1][1] = 43831
    (found,) = book.workbook(rows).refused()
    assert said(found)[:2] == ("D06", "people.xlsx, Sheet1!B2")
    assert "the day count of a spreadsheet" in found.message


def test_a_label_or_number_that_the_spreadsheet_made_a_date(book) -> None:
    rows = rows_of(book)
    rows[1][5] = datetime.datetime(2020, 6, 10)
    rows[2][6] = datetime.datetime(2020, 6, 10)
    found = book.workbook(rows).refused()
    assert [(one.code, str(one.where)) for one in found] == [
        ("D07", "people.xlsx, Sheet1!F2"),
        ("D08", "people.xlsx, Sheet1!G3"),
    ]
    assert all("'6-10' into 10 June" in one.message for one in found)


def test_error_cells_and_uncalculated_formulas_are_not_blanks(book, said) -> None:
    rows = rows_of(book)
    rows[1][2] = "#N/A"
    rows[2][5] = "=40+21"
    assert [said(one) for one in book.workbook(rows).refused()] == [
        ("D11", "people.xlsx, Sheet1!F3", "the cell holds a formula without a result. Open the file in the spreadsheet program, let it calculate, and save it."),
        ("D11", "people.xlsx, Sheet1!C2", "the cell holds the spreadsheet error '#N/A'. Correct the formula or empty the cell."),
    ]  # fmt: skip


def test_errors_and_formulas_in_columns_nobody_declared_are_no_matter(book) -> None:
    rows = rows_of(book)
    rows[1][7], rows[2][7] = "#REF!", "=1+1"
    assert len(book.workbook(rows).read()) == 5


def with_part(content: bytes, name: str, change) -> bytes:
    """A workbook with one of its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            part = old.read(entry)
            new.writestr(entry, change(part) if entry.filename == name else part)
    return out.getvalue()


def test_formulas_with_a_result_are_read_by_their_result(book) -> None:
    rows = rows_of(book)
    rows[1][5], rows[2][6] = "=40+11", '=IF(FALSE,"I","")'
    file = book.workbook(rows).path / "people.xlsx"

    def calculate(sheet: bytes) -> bytes:
        first = b"<f>40+11</f><v></v>" if b"<f>40+11</f><v></v>" in sheet else b"<f>40+11</f><v />"
        assert first in sheet
        sheet = sheet.replace(first, b"<f>40+11</f><v>51</v>")
        start = sheet.index(b'<c r="G3"')
        end = sheet.index(b"</c>", start)
        return sheet[:start] + b'<c r="G3" t="str"><f>IF(FALSE,"I","")</f><v></v>' + sheet[end:]

    file.write_bytes(with_part(file.read_bytes(), "xl/worksheets/sheet1.xml", calculate))
    records = book.read()
    assert records.numbers["age"][0] == 51
    assert records.categories["stage"].codes[1] == -1


def test_the_sheet_that_was_declared(folder, said) -> None:
    book = openpyxl.Workbook()
    notes = book.active
    assert notes is not None
    notes.title = "notes"
    for row in rows_of(folder):
        notes.append(row)
    other = book.create_sheet("patients")
    for row in rows_of(folder)[:3]:
        other.append(row)
    book.save(folder.path / "people.xlsx")
    folder.declare(('"people.csv"', '"people.xlsx"\nsheet = "patients"'))
    assert len(folder.read()) == 2
    assert folder.read().findings == ()
    folder.declare(('"people.csv"', '"people.xlsx"'))
    assert [said(one) for one in folder.refused()] == [
        ("D03", "people.xlsx", "2 sheets hold the columns that the study needs: 'notes', 'patients'. Name the one that is meant under [data] sheet.")
    ]  # fmt: skip
    folder.declare(('"people.csv"', '"people.xlsx"\nsheet = "patient"'))
    assert [said(one)[2] for one in folder.refused()] == [
        "the workbook has no sheet 'patient'. Did you mean 'patients'?"
    ]


def test_rows_of_a_workbook_that_are_empty_count_and_are_passed_over(book) -> None:
    rows = rows_of(book)
    rows[3:3] = [[None] * 8, [" ", ""]]
    assert book.workbook(rows).read().row.tolist() == [2, 3, 6, 7, 8]


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"id,start\n1,2020-01-01\n", "this is not an Excel workbook"),
        (b"", "this is not an Excel workbook"),
        (sheets.OLD_OFFICE + b"\0" * 600, "this is an old Excel file (.xls)"),
        (sheets.OLD_OFFICE + "EncryptedPackage".encode("utf-16-le"), "the workbook is protected by a password"),
        (zipped({"a.txt": b"hello"}), "the workbook cannot be read"),
        (zipped({f"{k}": b"" for k in range(2_001)}), "the workbook has 2,001 parts; more than 2,000 are refused"),
    ],
    ids=["text", "empty", "xls", "password", "another zip", "many parts"],
)  # fmt: skip
def test_workbooks_that_cannot_be_read(book, content: bytes, words: str) -> None:
    (book.path / "people.xlsx").write_bytes(content)
    (found,) = book.refused()
    assert found.code == "D03"
    assert words in found.message


def test_a_workbook_that_would_unpack_to_too_much_is_refused_before_it_is_unpacked(book, monkeypatch) -> None:
    book.workbook(rows_of(book))
    file = book.path / "people.xlsx"
    archive = bytearray(file.read_bytes())
    # the archive's directory says how much each part unpacks to: say 4 GB less a byte of the last one
    place = archive.rindex(b"PK\x01\x02")
    archive[place + 24 : place + 28] = (0xFFFFFFFE).to_bytes(4, "little")
    file.write_bytes(archive)

    def untouched(*_: object, **__: object) -> None:
        raise AssertionError("a refused archive was opened")

    monkeypatch.setattr(openpyxl, "load_workbook", untouched)
    (found,) = book.refused()
    assert found.code == "D03"
    assert "unpacks to 4,096 MB; more than 512 MB are refused" in found.message


@pytest.mark.parametrize(
    "declaration",
    [
        b'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
        b'<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY x "&b;&b;&b;&b;">]>',
    ],
    ids=["external", "nested"],
)
def test_entities_in_a_workbook_bring_nothing_in(book, declaration: bytes) -> None:
    rows = rows_of(book)
    file = book.workbook(rows).path / "people.xlsx"

    def infect(sheet: bytes) -> bytes:
        head, mark, rest = sheet.partition(b"<worksheet")
        return head + declaration + mark + rest.replace(b"<v>50</v>", b"<v>&x;</v>", 1)

    file.write_bytes(with_part(file.read_bytes(), "xl/worksheets/sheet1.xml", infect))
    found = book.refused()
    assert {one.code for one in found} <= {"D03", "D07"}


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_half_a_workbook_is_said_in_words(book, share: float) -> None:
    file = book.workbook(rows_of(book)).path / "people.xlsx"
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    (found,) = book.refused()
    assert found.code == "D03"


def test_a_damaged_part_is_said_in_words(book) -> None:
    file = book.workbook(rows_of(book)).path / "people.xlsx"
    content = file.read_bytes()
    for part, change in (
        ("xl/worksheets/sheet1.xml", lambda sheet: sheet[: len(sheet) // 2]),
        ("xl/workbook.xml", lambda _: b"<not a workbook"),
        ("xl/styles.xml", lambda _: b""),
    ):
        file.write_bytes(with_part(content, part, change))
        (found,) = book.refused()
        assert found.code == "D03"
        assert isinstance(found, du.Finding)
