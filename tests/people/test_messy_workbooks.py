"""Sheets as hospitals keep them: titles above, totals below, merged and hidden cells; read as they come, nothing repaired."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

import durata as du

Rows = list[list[object]]


def rows_of(folder) -> Rows:
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


def sheet_of(rows: Rows) -> tuple[openpyxl.Workbook, Worksheet]:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "随访"
    for row in rows:
        page.append(row)
    return book, page


def notes(records: du.Records) -> list[tuple[str, str]]:
    """The notes of the table's form, with their places; conversions are another matter."""
    return [(str(one.where), one.message) for one in records.findings if one.code == "N10"]


def test_a_title_and_empty_rows_above_the_names_and_totals_below(book) -> None:
    rows: Rows = [["某医院随访表 (2023)"], [], *rows_of(book), [], ["合计", None, None, None, 3, 283.5], ["平均：", None, None, None, 0.6, 56.7]]  # fmt: skip
    made, _ = sheet_of(rows)
    made.save(book.path / "people.xlsx")
    records = book.read()
    assert records.row.tolist() == [4, 5, 6, 7, 8]
    assert records.numbers["age"].tolist() == [50, 61, 70.5, 44, 58]
    assert str(records.where(0, "age")) == "people.xlsx, 随访!F4"
    assert notes(records) == [
        ("people.xlsx, 随访!A3", "the names of the columns stand in row 3; the 2 row(s) above it were passed over."),
        ("people.xlsx, 随访!A9", "1 empty row(s) within the table were passed over, row 9 the first."),
        ("people.xlsx, 随访!A10", "row(s) 10, 11 below the last patient are totals, not patients, and were left out."),
    ]


def test_the_declared_row_of_names_wins(book) -> None:
    names, *people = rows_of(book)
    made, _ = sheet_of([names, ["a"] * 8, names, *people])
    made.save(book.path / "people.xlsx")
    book.declare(('"people.csv"', '"people.xlsx"\nheader_row = 3'))
    records = book.read()
    assert records.row.tolist() == [4, 5, 6, 7, 8]
    assert notes(records) == []
    book.declare(('"people.csv"', '"people.xlsx"\nheader_row = 40'))
    assert [one.message for one in book.refused()] == ["header_row: row 40 is empty or not there."]


def test_a_total_between_patients_is_not_decided_by_a_program(book, said) -> None:
    rows = rows_of(book)
    rows.insert(3, ["小计", None, None, None, 1, 111])
    book.workbook(rows)
    assert [said(one) for one in book.refused() if one.code == "D05"] == [
        ("D05", "people.xlsx, Sheet1!A4", "the row has a word for a total where a patient's identifier stands, and is not certainly a total. If it is no patient, name the row under [data] skip_rows; if it is one, give it its identifier.")
    ]  # fmt: skip
    book.declare(('"people.csv"', '"people.xlsx"\nskip_rows = [4]'))
    records = book.read()
    assert records.row.tolist() == [2, 3, 5, 6, 7]
    assert notes(records) == [
        ("people.xlsx, Sheet1!A4", "row(s) 4 were left out because the study file says that they are no patients (skip_rows).")
    ]  # fmt: skip


def test_numbers_below_the_table_without_a_word_need_a_decision(book, said) -> None:
    book.workbook([*rows_of(book), [None, None, None, None, 3, 283.5]])
    assert [said(one)[:2] for one in book.refused()] == [("D05", "people.xlsx, Sheet1!A7")]


def test_a_total_with_a_date_is_not_certainly_a_total(book, said) -> None:
    book.workbook([*rows_of(book), ["Total", datetime.datetime(2020, 1, 1), None, None, 3, 283.5]])
    assert ("D05", "people.xlsx, Sheet1!A7") in [said(one)[:2] for one in book.refused()]


def test_rows_to_skip_that_are_not_there(book, said) -> None:
    book.workbook(rows_of(book)).declare(('"people.csv"', '"people.xlsx"\nskip_rows = [1, 90]'))
    assert [said(one)[2] for one in book.refused()] == [
        "skip_rows: rows 1, 90 are empty, above the table, or not there. "
        "Give the numbers of rows as the spreadsheet shows them."
    ]


def test_names_repeated_within_the_table_and_a_note_below_it(book) -> None:
    names, *people = rows_of(book)
    book.workbook([names, *people[:3], names, *people[3:], ["注：年龄以周岁计"]])
    records = book.read()
    assert records.row.tolist() == [2, 3, 4, 6, 7]
    assert notes(records) == [
        ("people.xlsx, Sheet1!A5", "row(s) 5 repeat the names of the columns and were left out."),
        ("people.xlsx, Sheet1!A8", "row(s) 8 below the last patient hold a note, not a patient, and were left out."),
    ]


def test_a_total_in_the_first_column_before_the_identifiers(book) -> None:
    """The first column is a running number nobody declared."""
    rows: Rows = [["序号", *rows_of(book)[0]]]
    rows += [[k, *row] for k, row in enumerate(rows_of(book)[1:], start=1)]
    book.workbook([*rows, ["总计", None, None, None, None, 3]])
    records = book.read()
    assert records.row.tolist() == [2, 3, 4, 5, 6]
    assert len(notes(records)) == 1
    assert str(records.where(0, "age")) == "people.xlsx, Sheet1!G2"


def test_merged_cells_of_patients_are_defects_and_never_filled(book, said) -> None:
    made, page = sheet_of(rows_of(book))
    page["F3"] = None
    page.merge_cells("F2:F3")
    page.merge_cells("A9:C9")  # below the table
    made.save(book.path / "people.xlsx")
    assert [said(one) for one in book.refused()] == [
        ("D11", "people.xlsx, 随访!F3", "the cell is merged into F2:F3, of which only the first cell has a value. Undo the merging, and write in every cell what is true of its patient.")
    ]  # fmt: skip
    book.declare(("people.csv", "people.xlsx"), ('id = "id"', 'id = "id"\non_defect = "exclude"'))
    assert book.read().row.tolist() == [2, 4, 5, 6]


def test_names_of_columns_in_two_rows_with_merged_cells(book) -> None:
    """Pairs of columns under one heading; a name that is under two headings has the heading before it."""
    _, *people = rows_of(book)
    upper = ["id", "treatment", None, "follow-up", None, "age", "stage", "telephone"]
    lower = [None, "start", "surgery", "last", "dead", None, None, None]
    made, page = sheet_of([["Table 1"], upper, lower, *people])
    for merged in ("A2:A3", "B2:C2", "D2:E2", "F2:F3", "G2:G3"):
        page.merge_cells(merged)
    made.save(book.path / "people.xlsx")
    records = book.read()
    assert records.row.tolist() == [4, 5, 6, 7, 8]
    assert records.numbers["age"].tolist() == [50, 61, 70.5, 44, 58]
    assert records.source.header == ("id", "start", "surgery", "last", "dead", "age", "stage", "telephone")
    assert [text for _, text in notes(records)] == [
        "the names of the columns stand in row 2; the 1 row(s) above it were passed over.",
        "the names of the columns were put together from rows 2 and 3.",
    ]


def test_the_same_name_under_two_headings(book) -> None:
    rows = rows_of(book)
    upper: list[object] = ["id", "treatment", None, "last", "dead", "before", "before", "telephone"]
    lower: list[object] = [None, "begin", "end", None, None, "age", "stage", None]
    for row in (upper, lower, *rows[1:]):
        row.append(None)
    upper[8], lower[8] = "after", "age"
    for row in rows[1:]:
        row[8] = 99
    book.workbook([upper, lower, *rows[1:]])
    book.declare(
        ("people.csv", "people.xlsx"), add='[data.rename]\n"begin" = "start"\n"end" = "surgery"\n"before age" = "age"\n'
    )
    assert book.read().numbers["age"].tolist() == [50, 61, 70.5, 44, 58]


def test_hidden_rows_columns_and_filters_are_read_and_said(book) -> None:
    made, page = sheet_of(rows_of(book))
    page.row_dimensions[3].hidden = True
    page.row_dimensions[40].hidden = True
    page.column_dimensions["F"].hidden = True
    page.column_dimensions["H"].hidden = True
    made.save(book.path / "people.xlsx")
    assert [text for _, text in notes(book.read())] == [
        "1 hidden row(s) of the table were read like the others (3).",
        "1 hidden column(s) were read like the others (F 'age').",
    ]
    page.column_dimensions["F"].hidden = False
    page.auto_filter.ref = "A1:H6"
    made.save(book.path / "people.xlsx")
    records = book.read()
    assert len(records) == 5
    assert [text for _, text in notes(records)] == [
        "a filter hides 1 row(s) of the table; they were read like the others (3)."
    ]


def test_the_sheet_that_holds_the_columns(book) -> None:
    made, page = sheet_of([["about this file"], ["id", "who asked"]])
    page.title = "说明"
    other = made.create_sheet("patients")
    for row in rows_of(book):
        other.append(row)
    made.save(book.path / "people.xlsx")
    records = book.read()
    assert records.source.sheet == "patients"
    assert notes(records) == [
        ("people.xlsx, patients!A1", "sheet 'patients' was read because it holds the columns that the study needs; not '说明'.")
    ]  # fmt: skip


def test_empty_columns_and_names_that_stand_twice(book, said) -> None:
    rows = [[*row, None, None] for row in rows_of(book)]
    rows[0][9] = " "
    assert len(book.workbook(rows).read()) == 5
    rows[0][8] = "age"
    (found,) = book.workbook(rows).refused()
    assert said(found)[2] == (
        "covariates.age: column 'age' stands 2 times in people.xlsx. Give each column a name of its own."
    )


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_titles_and_totals_in_a_text_file(folder, separator: str) -> None:
    lines = (folder.path / "people.csv").read_text(encoding="utf-8").splitlines()
    text = "\n".join(["Follow-up of our patients", "", *lines, "Total,,,,3,283.5,,", "Note: ages in years"])
    (folder.path / "people.csv").write_text(text.replace(",", separator), encoding="utf-8")
    records = folder.read()
    assert records.row.tolist() == [4, 5, 6, 7, 8]
    assert [place for place, _ in notes(records)] == ["people.csv, row 3", "people.csv, row 9", "people.csv, row 10"]


def test_a_row_that_does_not_fit_and_is_declared_no_patient(folder) -> None:
    folder.record(("p-delta,", "printed by the ward\np-delta,"))
    assert [one.message for one in folder.refused()] == ["the row has 1 cells, the header 8."]
    folder.declare(('id = "id"', 'id = "id"\nskip_rows = [5]'))
    assert folder.read().row.tolist() == [2, 3, 4, 6, 7]


def test_a_patient_is_not_taken_for_a_total_or_a_note(folder) -> None:
    """Identifiers that begin like such words, patients without anything else, and the last one of the table."""
    folder.record(("p-delta", "total-4"), ("p-echo", "Note1"))
    assert len(folder.read()) == 5
    assert notes(folder.read()) == []


def test_clinical_data_as_cbioportal_keeps_them(folder) -> None:
    text = (folder.path / "people.csv").read_text(encoding="utf-8").replace(",", "\t")
    width = text.split("\n", 1)[0].count("\t") + 1
    described = [
        ['Patient "id'] * width,
        ['what it "says'] * width,
        ["STRING"] * (width - 1) + ["NUMBER"],
        ["1"] * width,
    ]
    preamble = "".join("#" + "\t".join(line) + "\n" for line in described)
    (folder.path / "data_clinical_patient.txt").write_text(preamble + text, encoding="utf-8")
    folder.declare(("people.csv", "data_clinical_patient.txt"))
    records = folder.read()
    assert records.row.tolist() == [6, 7, 8, 9, 10]
    assert [text for _, text in notes(records)] == [
        "this is clinical data as cBioPortal keeps them; the 4 lines of description above the names were passed over."
    ]


def test_no_note_names_a_person(book) -> None:
    made, page = sheet_of([["张三的随访表"], *rows_of(book), ["注: p-alpha 已删除"]])
    page.row_dimensions[3].hidden = True
    made.save(book.path / "people.xlsx")
    told = " ".join(text for _, text in notes(book.read()))
    assert told
    assert not any(name in told for name in ("p-alpha", "张三"))


def test_what_is_said_is_said_in_chinese_too(book) -> None:
    made, _ = sheet_of([["随访表"], *rows_of(book), ["合计", None, None, None, 3]])
    made.save(book.path / "people.xlsx")
    book.declare(("people.csv", "people.xlsx"), ('title = "Five people"', 'title = "Five people"\nlanguage = "zh"'))
    from durata.language.speaking import speaking

    with speaking("zh"):
        told = [text for _, text in notes(book.read())]
    assert told == ["列名位于第2行；其上1行已略过。", "第8行位于最后一例患者之下，为合计行而非患者，已剔除。"]


def test_header_row_belongs_to_text_files_and_workbooks(folder) -> None:
    folder.declare(('"people.csv"', '"people.sav"\nheader_row = 3'))
    (found,) = folder.refused()
    assert "'header_row' belongs to text files and workbooks" in found.message


def test_paths_of_further_files_stay_in_the_folder(folder) -> None:
    folder.declare(('"people.csv"', '"people.csv"\ndictionary = "../secret.csv"'))
    (found,) = folder.refused()
    assert "leaves the study file's folder" in found.message
    assert Path("..") not in [Path(str(found.where))]
