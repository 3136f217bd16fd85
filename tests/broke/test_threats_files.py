"""Attacks on the reading of files: bombs, entities, paths, huge cells, pickles, encodings; each is refused in words or harmless."""

from __future__ import annotations

import ast
import io
import os
import pickle
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openpyxl
import pytest

import durata as du
from durata.records import csv_table, sheets

SOURCE = Path(du.__file__).parent
STUDY = """\
[study]
title = "Two people"
[data]
file = "{file}"
id = "id"
{extra}
[treatment]
name = "drug"
start = "start"
end = "end"
groups = [{{ name = "short", to = 3 }}, {{ name = "long", from = 3 }}]
[outcomes.death]
date = "last"
status = "dead"
event_codes = [1]
"""
HEADER = ["id", "start", "end", "last", "dead"]
ROWS = [["a", "2020-01-01", "2020-02-01", "2021-01-01", "1"], ["b", "2020-01-05", "2020-07-01", "2022-01-01", "0"]]
TEXT = "\n".join(",".join(row) for row in [HEADER, *ROWS])
FORMATS = ("csv", "txt", "xlsx", "xlsm", "xls", "xlsb", "ods", "sav", "zsav", "dta", "sas7bdat", "xpt", "parquet")


def read(folder: Path, file: str, content: bytes | None = None, extra: str = "") -> du.Records:
    if content is not None:
        (folder / file).write_bytes(content)
    study = folder / "study.toml"
    study.write_text(STUDY.format(file=file.replace("\\", "\\\\"), extra=extra), encoding="utf-8")
    return du.read_records(du.read_study(study))


def refused(folder: Path, file: str, content: bytes | None = None, extra: str = "") -> str:
    with pytest.raises(du.StudyError) as caught:
        read(folder, file, content, extra)
    return " ".join(one.message for one in caught.value.findings)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """The block takes processor time of no more than so many seconds."""
    begun = time.process_time()
    yield
    assert time.process_time() - begun < seconds


def workbook(rows: list[list[str]] | None = None) -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in rows or [HEADER, *ROWS]:
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The archive with one part replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry.filename, old.read(entry))
        new.writestr(name, part)
    return out.getvalue()


def sheet_of(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read("xl/worksheets/sheet1.xml")


def test_the_files_of_these_tests_are_read_when_nothing_is_wrong(tmp_path: Path) -> None:
    assert len(read(tmp_path, "t.csv", TEXT.encode())) == 2
    assert len(read(tmp_path, "t.xlsx", workbook())) == 2


# 4: archives that unpack to more than there is


@pytest.mark.parametrize("ending", ["xlsx", "xlsm", "xlsb", "ods"])
def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch, ending: str) -> None:
    """The first one at full size; the others at a sixteenth, the limit lowered with it."""
    share = 1 if ending == "xlsx" else 16
    monkeypatch.setattr(sheets, "LARGEST_UNPACKED", sheets.LARGEST_UNPACKED // share)
    chief = {"xlsb": "xl/workbook.bin", "ods": "content.xml"}.get(ending, "xl/worksheets/sheet1.xml")
    entry = zipfile.ZipInfo(chief)
    entry.compress_type = zipfile.ZIP_DEFLATED
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compresslevel=1) as archive, archive.open(entry, "w", force_zip64=True) as part:
        block = bytes(1 << 22)
        for _ in range(sheets.LARGEST_UNPACKED // len(block) + 1):
            part.write(block)
    assert len(out.getvalue()) < 10_000_000
    with within(1):
        assert "the workbook unpacks to" in refused(tmp_path, f"t.{ending}", out.getvalue())


def test_an_archive_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    content = bytearray(workbook([HEADER, *ROWS * 2_000]))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        true = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    place = -1
    while (place := content.find(true.to_bytes(4, "little"), place + 1)) >= 0:
        content[place : place + 4] = (1000).to_bytes(4, "little")
    assert "the workbook cannot be read" in refused(tmp_path, "t.xlsx", bytes(content))


def test_ten_thousand_parts_and_an_archive_in_an_archive(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for k in range(10_000):
            archive.writestr(f"xl/{k}.xml", b"")
    assert "the workbook has 10,000 parts" in refused(tmp_path, "t.xlsx", out.getvalue())
    nested = io.BytesIO()
    with zipfile.ZipFile(nested, "w") as archive:
        archive.writestr("xl/workbook.xml", workbook())
    assert "the workbook cannot be read" in refused(tmp_path, "t.xlsx", nested.getvalue())


# 5: entities

LAUGHS = b'<!DOCTYPE x [<!ENTITY a0 "ha">' + b"".join(
    b'<!ENTITY a%d "%s">' % (k, b"&a%d;" % (k - 1) * 10) for k in range(1, 9)
) + b"]>"  # fmt: skip
OUTSIDE = b'<!DOCTYPE x [<!ENTITY secret SYSTEM "file://%s">]>'


@pytest.mark.parametrize("kind", ["laughs", "outside"])
def test_entities_in_a_sheet_bring_nothing_in(tmp_path: Path, kind: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("CANARY-7291", encoding="utf-8")
    declaration, name = (LAUGHS, b"&a8;") if kind == "laughs" else (OUTSIDE % str(secret).encode(), b"&secret;")
    content = workbook()
    sheet = sheet_of(content)
    assert sheet.count(b"<t>a</t>") == 1
    sheet = sheet.replace(b"<t>a</t>", b"<t>" + name + b"</t>")
    content = with_part(content, "xl/worksheets/sheet1.xml", declaration + sheet)
    with within(3):
        told = refused(tmp_path, "t.xlsx", content)
    assert "CANARY" not in told
    assert "the workbook cannot be read" in told


@pytest.mark.parametrize("kind", ["laughs", "outside"])
def test_entities_in_an_open_document_bring_nothing_in(tmp_path: Path, kind: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("CANARY-7291", encoding="utf-8")
    declaration, name = (LAUGHS, b"&a8;") if kind == "laughs" else (OUTSIDE % str(secret).encode(), b"&secret;")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", declaration + b"<x>" + name + b"</x>")
    with within(3):
        told = refused(tmp_path, "t.ods", out.getvalue())
    assert "CANARY" not in told
    assert "cannot be read" in told


# 6: names that lead elsewhere

NAMES = [
    "../t.csv", "a/../../t.csv", "/etc/passwd.csv", "C:/t.csv", "C:\\t.csv", "\\\\server\\share\\t.csv", "//server/t.csv", "CON.csv",
    "aux.csv", "lpt1.csv", "t.csv:stream.csv", "fdp\u202evsc.csv", "t\u200b.csv", "t\u2028.csv", "x" * 300 + ".csv", "~/t.csv",
    "%2e%2e/t.csv",
]  # fmt: skip


@pytest.mark.parametrize("key", ["file", "dictionary", "adtte"])
@pytest.mark.parametrize("name", NAMES)
def test_names_that_lead_elsewhere(tmp_path: Path, name: str, key: str) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "t.csv").write_text(TEXT, encoding="utf-8")
    if key == "file":
        refused(inner, name)
        return
    escaped = name.replace("\\", "\\\\")
    refused(inner, "t.csv", TEXT.encode(), f'{key} = "{escaped}"')


def test_a_zero_byte_in_a_name(tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    study.write_text(STUDY.format(file="t\\u0000.csv", extra=""), encoding="utf-8")
    with pytest.raises(du.StudyError, match="control character"):
        du.read_study(study)


@pytest.mark.skipif(os.name == "nt", reason="links and pipes as Unix has them")
@pytest.mark.parametrize("key", ["file", "dictionary", "adtte"])
def test_links_out_pipes_and_devices(tmp_path: Path, key: str) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "t.csv").write_text(TEXT, encoding="utf-8")
    (inner / "out.csv").symlink_to(tmp_path / "t.csv")
    (inner / "zero.csv").symlink_to("/dev/zero")
    (inner / "loop.csv").symlink_to("loop.csv")
    os.mkfifo(inner / "pipe.csv")
    (inner / "folder.csv").mkdir()
    for name in ("out", "zero", "loop", "pipe", "folder"):
        with within(1):
            if key == "file":
                told = refused(inner, f"{name}.csv")
            else:
                paramcd = 'adtte = "{}"' if key == "adtte" else 'dictionary = "{}"'
                told = refused(inner, "t.csv", TEXT.encode(), paramcd.format(f"{name}.csv"))
        assert told


# 7: huge input


def test_a_file_larger_than_is_read_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "t.csv").open("wb") as file:
        file.truncate(csv_table.LARGEST + 1)
    with within(1):
        assert "is larger than 512 MB" in refused(tmp_path, "t.csv")


def test_a_million_columns(tmp_path: Path) -> None:
    header = ",".join([*HEADER, *(f"c{k}" for k in range(1_000_000))])
    with within(30):
        assert "the header has 1,000,005 columns" in refused(tmp_path, "t.csv", header.encode())


@pytest.mark.parametrize("quoted", [False, True])
def test_a_cell_of_ten_megabytes_in_a_text(tmp_path: Path, quoted: bool) -> None:
    cell = "x" * 10_000_000
    row = f'"{cell}"' if quoted else cell
    with within(3):
        told = refused(tmp_path, "t.csv", f"{TEXT}\n{row},2020-01-01,,2021-01-01,1".encode())
    assert "has a cell of more than" in told
    assert len(told) < 1000


def test_a_cell_of_ten_megabytes_in_a_workbook(tmp_path: Path) -> None:
    content = workbook([HEADER, *ROWS, ["c", "PLACE", "", "2021-01-01", "1"]])
    sheet = sheet_of(content)
    assert sheet.count(b"PLACE") == 1
    content = with_part(content, "xl/worksheets/sheet1.xml", sheet.replace(b"PLACE", b"x" * 10_000_000))
    with within(5):
        told = refused(tmp_path, "t.xlsx", content)
    assert "is not a date" in told
    assert len(told) < 1000


# 9: nothing in a file is ever run


class Payload:
    """What an unpickler would run."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (Path.touch, (self.mark,))


@pytest.mark.parametrize("ending", FORMATS)
def test_a_pickle_under_any_name_is_refused_and_not_run(tmp_path: Path, ending: str) -> None:
    mark = tmp_path / "was-run"
    content = pickle.dumps(Payload(mark))
    assert refused(tmp_path, f"t.{ending}", content)
    assert not mark.exists()
    pickle.loads(content)  # the payload is a working one
    assert mark.exists()


def test_formulas_are_text_in_a_text_file(tmp_path: Path) -> None:
    for formula in ("=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", '=HYPERLINK("http://x")'):
        content = (
            f"{TEXT}\n{chr(34) + formula.replace(chr(34), chr(34) * 2) + chr(34)},2020-01-01,2020-02-01,2021-01-01,1"
        )
        assert len(read(tmp_path, "t.csv", content.encode())) == 3


def test_nothing_in_the_package_unpickles_or_evaluates() -> None:
    never = {"eval", "exec", "compile", "read_pickle", "unsafe_load"}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                of = getattr(getattr(node.func, "value", None), "id", "")
                assert name not in never or of in {"re"}, f"{path.name}:{node.lineno} calls {name}"
                assert not any(word.arg == "allow_pickle" for word in node.keywords), f"{path.name}:{node.lineno}"
                assert (of, name) not in {("joblib", "load"), ("pickle", "load"), ("pickle", "loads")}


# 12: encodings

CHINESE = TEXT.replace("a,", "甲,").replace("b,", "乙,")


@pytest.mark.parametrize(
    ("content", "encoding", "name"),
    [
        (CHINESE.encode("utf-8"), "", "utf-8"),
        (b"\xef\xbb\xbf" + CHINESE.encode("utf-8"), "", "utf-8 with byte order mark"),
        (CHINESE.encode("utf-16"), "", "utf-16-le"),
        (b"\xfe\xff" + CHINESE.encode("utf-16-be"), "", "utf-16-be"),
        (CHINESE.encode("gb18030"), 'encoding = "gb18030"', "gb18030"),
    ],
)
def test_every_encoding_is_read_and_named(tmp_path: Path, content: bytes, encoding: str, name: str) -> None:
    records = read(tmp_path, "t.csv", content, encoding)
    assert records.identifiers == ("甲", "乙")
    assert records.source.encoding == name


@pytest.mark.parametrize(
    ("content", "encoding", "words"),
    [
        (CHINESE.encode("gb18030"), "", "byte 0xbc in row 2"),
        (TEXT.encode() + "\n丙,".encode() + "丁".encode("gb18030"), "", "in row 4"),
        (TEXT.encode() + b"\n\xed\xa0\x80,", "", "byte 0xed in row 4"),
        (b"\xff\xfe" + TEXT.encode("utf-16-le") + b"\n\0\x00\xd8,\0", "", "not UTF-16 throughout"),
        (TEXT.encode() + b"\n\0,", "", "row 4 has a zero byte"),
        (TEXT.encode("utf-16-le"), "", "row 1 has a zero byte"),
        (CHINESE.encode("gb18030") + b"\n\xff\xff", 'encoding = "gb18030"', "not GB 18030"),
        (TEXT.encode(), 'encoding = "utf-16"', "does not begin with a byte order mark"),
    ],
    ids=[
        "undeclared",
        "mixed",
        "surrogate",
        "utf-16 surrogate",
        "zero byte",
        "utf-16 unmarked",
        "not gb18030",
        "not utf-16",
    ],
)
def test_text_in_no_or_two_encodings_is_refused_at_its_row(
    tmp_path: Path, content: bytes, encoding: str, words: str
) -> None:
    assert words in refused(tmp_path, "t.csv", content, encoding)
