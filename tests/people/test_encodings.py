"""The encodings that hospital exports come in: what is read, what is only read when declared, and what is refused."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import durata as du
from durata.records.decoding import decode

CHINESE = [
    ("id,start,surgery,last,dead,age,stage,telephone", "编号,开始,手术,末次,死亡,年龄,分期,电话"),
    (",50,I,", ",50,一期,"),
    (",61,II,", ",61,二期,"),
    (",70.5,I,", ",70.5,一期,"),
    (",44,II,", ",44,二期,"),
]
RENAMED = """
[data.rename]
"编号" = "id"
"开始" = "start"
"手术" = "surgery"
"末次" = "last"
"死亡" = "dead"
"年龄" = "age"
"分期" = "stage"
[data.values.stage]
"一期" = "I"
"二期" = "II"
"""
DECLARED = ('id = "id"', 'id = "id"\nencoding = "gb18030"')


def encoded(folder, encoding: str, mark: bytes = b"") -> None:
    """Write the patient file again in another encoding."""
    file = folder.path / "people.csv"
    file.write_bytes(mark + file.read_text(encoding="utf-8").encode(encoding))


@pytest.mark.parametrize(("encoding", "mark"), [("utf-16-le", codecs.BOM_UTF16_LE), ("utf-16-be", codecs.BOM_UTF16_BE)])
def test_utf_16_with_a_byte_order_mark(folder, encoding: str, mark: bytes) -> None:
    """What a spreadsheet calls 'Unicode text'; the separator there is a tab."""
    expected = folder.read()
    folder.record()
    file = folder.path / "people.csv"
    file.write_bytes(mark + file.read_text(encoding="utf-8").replace(",", "\t").encode(encoding))
    records = folder.read()
    assert records.identifiers == expected.identifiers
    assert records.dates["last"].tolist() == expected.dates["last"].tolist()
    assert records.source.encoding == encoding
    assert [one.message for one in records.findings] == [f"the file was read as {encoding}."]


def test_a_chinese_file_in_gb18030_when_declared(folder) -> None:
    expected = folder.read()
    folder.declare(DECLARED, add=RENAMED).record(*CHINESE)
    encoded(folder, "gb18030")
    records = folder.read()
    assert records.source.encoding == "gb18030"
    assert records.source.header[0] == "编号"
    assert records.categories["stage"].codes.tolist() == expected.categories["stage"].codes.tolist()
    assert str(records.where(2, "age")) == "people.csv, row 4, column '年龄'"
    assert [(one.code, one.severity.name, one.message) for one in records.findings] == [
        ("D03", "INFO", "the file was read as gb18030.")
    ]


def test_a_chinese_file_that_nobody_declared_is_refused_with_what_to_declare(folder, said) -> None:
    folder.declare(add=RENAMED).record(*CHINESE)
    encoded(folder, "gb18030")
    assert [said(one) for one in folder.refused()] == [
        ("D03", "people.csv, row 1", "the file is not UTF-8: byte 0xb1 in row 1 is the first that does not fit. Save the file as 'CSV UTF-8'. If it is a Chinese file, declare encoding = \"gb18030\" under [data].")
    ]  # fmt: skip


def test_western_text_is_not_taken_for_chinese(folder, said) -> None:
    folder.record(("555-0103", "José\n"))
    encoded(folder, "cp1252")
    (found,) = folder.refused()
    assert said(found)[2].endswith("in row 4 is the first that does not fit. Save the file as 'CSV UTF-8'.")


def test_a_file_declared_as_chinese_that_is_utf_8(folder) -> None:
    """UTF-8 would decode as GB 18030 too, to other characters; it is read as what it is, and that is said."""
    folder.declare(DECLARED, add=RENAMED).record(*CHINESE)
    records = folder.read()
    assert records.source.header[0] == "编号"
    assert [(one.severity.name, one.message) for one in records.findings] == [
        ("WARNING", "the file is declared as gb18030, but is UTF-8, and was read as UTF-8.")
    ]
    folder.declare(DECLARED).record()
    assert folder.read().findings == ()


def test_two_bytes_of_chinese_that_would_be_one_letter_of_utf_8(folder) -> None:
    """'模' in GB 18030 is the UTF-8 of 'ģ': the declaration decides."""
    assert "模".encode("gb18030").decode("utf-8") == "ģ"
    folder.declare(DECLARED, add='[data.values.stage]\n"模" = "I"\n').record((",50,I,", ",50,模,"))
    encoded(folder, "gb18030")
    assert folder.read().categories["stage"].codes[0] == 0


@pytest.mark.parametrize(
    ("declared", "content", "words"),
    [
        ("gb18030", b"id\n1\n\xff\n", "not GB 18030: byte 0xff in row 3"),
        ("utf-8", "编号\n1\n".encode("gb18030"), "not UTF-8: byte 0xb1 in row 1"),
        ("utf-16", b"id\n1\n", "declared as UTF-16 and does not begin with a byte order mark"),
        ("gb18030", codecs.BOM_UTF16_LE + "id\n".encode("utf-16-le"), "declared as gb18030 and is UTF-16"),
        (None, codecs.BOM_UTF16_LE + "id\n1\n".encode("utf-16-le") + b"\x00\xd8", "UTF-16 throughout: byte 0x00 in row 3"),
        (None, codecs.BOM_UTF16_LE + b"i\0d", "UTF-16 throughout: byte 0x64 in row 1"),
        (None, codecs.BOM_UTF32_LE + "id\n".encode("utf-32-le"), "zero byte"),
        (None, "id\n1\n".encode("utf-16-le"), "zero byte"),
        (None, b"id\n\xed\xa0\x80\n", "not UTF-8: byte 0xed in row 2"),
        (None, "id,性别\n".encode() + "1,男\n".encode("gb18030"), "not UTF-8: byte 0xc4 in row 2"),
    ],
    ids=["not gb18030", "declared utf-8", "no mark", "contradicted", "half a pair", "half a character", "utf-32",
         "utf-16 without mark", "lone surrogate", "mixed"],
)  # fmt: skip
def test_text_that_does_not_fit_its_encoding(declared, content: bytes, words: str) -> None:
    with pytest.raises(du.StudyError) as caught:
        decode(content, "people.csv", declared)
    (found,) = caught.value.findings
    assert found.code == "D03"
    assert words in found.message


def test_encoding_belongs_to_text_files(folder) -> None:
    folder.declare(('"people.csv"', '"people.xlsx"\nencoding = "gb18030"'))
    (found,) = folder.refused()
    assert "'encoding' belongs to text files and files of statistics programs" in found.message


def test_a_header_and_no_patients_is_an_error_in_any_encoding(folder) -> None:
    file = folder.path / "people.csv"
    header = file.read_text(encoding="utf-8").splitlines()[0] + "\n"
    file.write_bytes(codecs.BOM_UTF16_LE + header.encode("utf-16-le"))
    assert [one.message for one in folder.refused()] == ["the file has a header and no patients."]


text = st.text(st.characters(codec="gb18030", exclude_characters="\0"), max_size=40)


@settings(max_examples=60)
@given(text=text)
def test_every_encoding_gives_the_text_back(text: str) -> None:
    body = text.removeprefix("\ufeff")
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        assert decode(mark + body.encode(encoding), "people.csv")[0] == body
    assert decode(body.encode(), "people.csv")[0] == body
    chinese = "\u4e2d" + body  # a character whose two bytes no UTF-8 begins with
    assert decode(chinese.encode("gb18030"), "people.csv", "gb18030")[0] == chinese
