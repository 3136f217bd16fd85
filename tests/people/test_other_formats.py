"""Workbooks of other kinds, Parquet, and the same cohort in every format: the records are the same, bit for bit."""

from __future__ import annotations

import datetime
import io
import shutil
import sys
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

import durata as du
from durata.records import extent, old_workbook

FILES = Path(__file__).parent / "files"
CHINESE = {
    "id": "编号",
    "start": "开始",
    "surgery": "手术",
    "last": "末次",
    "dead": "死亡",
    "age": "年龄",
    "stage": "分期",
}
STAGE = {"I": "一期", "II": "二期"}
DATES = ("start", "surgery", "last")


def people(folder) -> pd.DataFrame:
    """The five people, typed as a program holds them."""
    frame = pd.read_csv(folder.path / "people.csv", dtype={"id": str, "stage": str, "telephone": str})
    for name in DATES:
        days = pd.to_datetime(frame[name])
        frame[name] = pd.Series([None if pd.isna(day) else day.date() for day in days], dtype=object)
    frame["stage"] = frame["stage"].fillna("")
    return frame


def assert_same(records: du.Records, expected: du.Records) -> None:
    assert records.identifiers == expected.identifiers
    assert records.flow == expected.flow
    for one, other in ((records.dates, expected.dates), (records.numbers, expected.numbers)):
        assert list(one) == list(other)
        for name in one:
            assert one[name].tobytes() == other[name].tobytes()
    assert list(records.categories) == list(expected.categories)
    for name, category in expected.categories.items():
        assert records.categories[name].levels == category.levels
        assert records.categories[name].codes.tobytes() == category.codes.tobytes()


def open_document(rows: list[list[object]], after: str = "") -> bytes:
    """An .ods file, as small as one can be."""
    body = ""
    for row in rows:
        body += "<table:table-row>"
        for cell in row:
            if cell is None or cell == "":
                body += "<table:table-cell/>"
            elif isinstance(cell, datetime.date):
                body += f'<table:table-cell office:value-type="date" office:date-value="{cell}"/>'
            elif isinstance(cell, int | float):
                body += f'<table:table-cell office:value-type="float" office:value="{cell}"/>'
            else:
                text = escape(str(cell))
                body += f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
        body += "</table:table-row>"
    names = "urn:oasis:names:tc:opendocument:xmlns:"
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{names}office:1.0" '
        f'xmlns:table="{names}table:1.0" xmlns:text="{names}text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="Sheet1">{body}{after}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{names}manifest:1.0"/>')
        archive.writestr("content.xml", content)
    return out.getvalue()


def rows_of(frame: pd.DataFrame) -> list[list[object]]:
    rows = [[None if cell is None or cell != cell else cell for cell in row] for row in frame.astype(object).to_numpy()]
    return [list(frame.columns), *rows]


EMPTY_BELOW = '<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'


def test_an_old_excel_file(folder) -> None:
    expected = folder.read()
    shutil.copy(FILES / "people.xls", folder.path)
    records = folder.declare(("people.csv", "people.xls")).read()
    assert_same(records, expected)
    assert str(records.where(2, "age")) == "people.xls, Sheet1!F4"
    assert [(one.severity.name, one.message) for one in records.findings] == [
        ("WARNING", "in an old Excel file (.xls) a cell with an error (#N/A) or with a formula that was never calculated looks empty; both are read as empty."),
        ("INFO", "only the first of 2 sheets was read, not 'notes'."),
    ]  # fmt: skip
    folder.declare(('"people.csv"', '"people.xls"\nsheet = "Sheet1"'))
    assert len(folder.read().findings) == 1


def test_an_open_document_spreadsheet(folder) -> None:
    expected = folder.read()
    (folder.path / "people.ods").write_bytes(open_document(rows_of(people(folder)), EMPTY_BELOW))
    records = folder.declare(("people.csv", "people.ods")).read()
    assert_same(records, expected)
    assert str(records.where(2, "age")) == "people.ods, Sheet1!F4"


def test_an_open_document_spreadsheet_with_a_title_a_total_and_merged_cells(folder) -> None:
    rows = rows_of(people(folder))
    rows = [["Our patients"], *rows, ["Total", None, None, None, 3]]
    (folder.path / "people.ods").write_bytes(open_document(rows))
    records = folder.declare(("people.csv", "people.ods")).read()
    assert records.row.tolist() == [3, 4, 5, 6, 7]
    assert [str(one.where) for one in records.findings if one.code == "N10"] == [
        "people.ods, Sheet1!A2",
        "people.ods, Sheet1!A8",
    ]


def test_two_cells_far_apart_are_refused_before_they_fill_the_memory(folder, monkeypatch) -> None:
    far = '<table:table-row table:number-rows-repeated="1000000"><table:table-cell/></table:table-row><table:table-row><table:table-cell table:number-columns-repeated="16000"/><table:table-cell office:value-type="float" office:value="1"/></table:table-row>'
    (folder.path / "people.ods").write_bytes(open_document(rows_of(people(folder)), far))
    monkeypatch.setattr(old_workbook, "_load", None)
    (found,) = folder.declare(("people.csv", "people.ods")).refused()
    assert found.code == "D03"
    assert "a sheet reaches over 16,001,112,007 cells" in found.message


def test_the_extent_of_a_binary_sheet() -> None:
    def record(kind: int, body: bytes) -> bytes:
        return bytes([kind, len(body)]) + body

    sheet = record(0, (7).to_bytes(4, "little") + bytes(13)) + record(5, (9).to_bytes(4, "little") + bytes(12))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.bin", b"\x91\x01\x00" + sheet + b"\x92\x01\x00")
    assert extent.furthest(out.getvalue()) == 8 * 10


@pytest.mark.parametrize("ending", [".xls", ".xlsb", ".ods"])
def test_old_workbooks_that_cannot_be_read(folder, ending: str) -> None:
    folder.declare(("people.csv", f"people{ending}"))
    file = folder.path / f"people{ending}"
    whole = (FILES / "people.xls").read_bytes() if ending == ".xls" else open_document(rows_of(people(folder)))
    broken = [b"", b"id,start\n", *(whole[: len(whole) * k // 10] for k in range(1, 9))]
    if ending == ".xlsb":
        broken.append(whole)
    for content in broken:
        file.write_bytes(content)
        (found,) = folder.refused()
        assert found.code in {"D03", "D05"}
    file.write_bytes(old_workbook.OLD_OFFICE + "EncryptedPackage".encode("utf-16-le"))
    assert "protected by a password" in folder.refused()[0].message


def test_a_workbook_with_macros_is_read_as_values(folder) -> None:
    expected = folder.read()
    folder.workbook(rows_of(people(folder)))
    (folder.path / "people.xlsx").rename(folder.path / "people.xlsm")
    records = folder.declare(("people.csv", "people.xlsm")).read()
    assert_same(records, expected)


def test_parquet(folder) -> None:
    expected = folder.read()
    people(folder).to_parquet(folder.path / "people.parquet", engine="pyarrow")
    folder.declare(("people.csv", "people.parquet"))
    records = folder.read()
    assert_same(records, expected)
    assert str(records.where(2, "age")) == "people.parquet, row 3, column 'age'"
    content = (folder.path / "people.parquet").read_bytes()
    for damaged in (content[:-10], content[: len(content) // 2] + content[-4:], b"PAR1PAR1", b""):
        (folder.path / "people.parquet").write_bytes(damaged)
        assert folder.refused()[0].code == "D03"


def test_parquet_without_the_package_that_reads_it(folder, monkeypatch, said) -> None:
    people(folder).to_parquet(folder.path / "people.parquet", engine="pyarrow")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (found,) = folder.declare(("people.csv", "people.parquet")).refused()
    assert said(found)[2] == (
        "Parquet files are read by pyarrow, which is not installed. "
        "Install it (pip install 'durata[parquet]'), or save the file as CSV UTF-8."
    )


@pytest.mark.parametrize("kind", ["gb18030.csv", "xlsx", "ods", "sav", "dta"])
def test_the_same_cohort_in_chinese_in_every_format(folder, kind: str) -> None:
    expected = folder.read()
    frame = people(folder)
    frame["stage"] = [STAGE.get(stage, "") for stage in frame["stage"]]
    frame = frame.rename(columns=CHINESE)
    name = f"people.{kind}"
    path = folder.path / name
    extra = ""
    if kind == "gb18030.csv":
        path.write_bytes(frame.to_csv(index=False).encode("gb18030"))
        extra = '\nencoding = "gb18030"'
    elif kind == "xlsx":
        book = openpyxl.Workbook()
        assert book.active is not None
        for row in rows_of(frame):
            book.active.append(row)
        book.save(path)
    elif kind == "ods":
        path.write_bytes(open_document(rows_of(frame)))
    else:
        codes = {"一期": 1.0, "二期": 2.0, "": np.nan}
        frame["分期"] = [codes[stage] for stage in frame["分期"]]
        labels = {"分期": {1: "一期", 2: "二期"}}
        if kind == "sav":
            formats = dict.fromkeys((CHINESE[name] for name in DATES), "DATE11")
            pyreadstat.write_sav(frame, str(path), variable_value_labels=labels, variable_format=formats)
        else:
            pyreadstat.write_dta(frame, str(path), variable_value_labels=labels)
    renamed = "".join(f'"{new}" = "{old}"\n' for old, new in CHINESE.items())
    values = "".join(f'"{new}" = "{old}"\n' for old, new in STAGE.items())
    folder.declare(('"people.csv"', f'"{name}"{extra}'), add=f"[data.rename]\n{renamed}[data.values.stage]\n{values}")
    assert_same(folder.read(), expected)
