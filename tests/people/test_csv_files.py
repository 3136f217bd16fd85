"""Text files as people really save them: separators, quotes, blank rows, encodings, and what is refused."""

from __future__ import annotations

import pytest

import durata as du


def test_what_is_read(folder) -> None:
    records = folder.read()
    assert records.identifiers == ("p-alpha", "p-bravo", "p-charlie", "p-delta", "p-echo")
    assert [str(day) for day in records.day("surgery")] == [
        "2020-02-01",
        "2020-07-01",
        "NaT",
        "2020-05-01",
        "2020-12-01",
    ]
    assert records.numbers["age"].tolist() == [50, 61, 70.5, 44, 58]
    stage = records.categories["stage"]
    assert (stage.levels, stage.codes.tolist()) == (("I", "II"), [0, 1, 0, 1, -1])
    assert records.categories["dead"].levels == ("0", "1")
    assert records.source.encoding == "utf-8"
    assert records.source.n_rows == 5
    assert str(records.where(2, "age")) == "people.csv, row 4, column 'age'"


def test_only_declared_columns_are_loaded(folder) -> None:
    records = folder.read()
    assert {*records.dates, *records.numbers, *records.categories} == {
        "start",
        "surgery",
        "last",
        "age",
        "dead",
        "stage",
    }
    assert "555-0101" not in repr(records)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_give_the_same_records(folder, separator: str) -> None:
    expected = folder.read()
    file = folder.path / "people.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(",", separator), encoding="utf-8")
    records = folder.read()
    assert records.identifiers == expected.identifiers
    assert records.dates["last"].tolist() == expected.dates["last"].tolist()
    assert records.numbers["age"].tolist() == expected.numbers["age"].tolist()


def test_a_header_with_another_separator_in_a_name(folder) -> None:
    folder.record(("telephone", '"telephone;fax;mail;post;pigeon;a;b;c;d;e"'))
    assert len(folder.read()) == 5


def test_rows_are_counted_as_a_spreadsheet_shows_them(folder, said) -> None:
    """A quoted line end belongs to its row, an empty row counts, and Windows' and old Macs' line ends are one."""
    folder.record(("555-0101\n", '"555\n-\n0101"\n\n,,,,,,,\n'), ("2020-07-01", "2020-02-30"))
    assert said(folder.refused()[0])[1] == "people.csv, row 5, column 'surgery'"
    file = folder.path / "people.csv"
    for ending in (b"\r\n", b"\r"):
        folder.record(("555-0101\n", '"555\n-\n0101"\n\n,,,,,,,\n'), ("2020-07-01", "2020-02-30"))
        file.write_bytes(file.read_bytes().replace(b"\n", ending))
        assert said(folder.refused()[0])[1] == "people.csv, row 5, column 'surgery'"


def test_byte_order_mark(folder) -> None:
    file = folder.path / "people.csv"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert folder.read().source.encoding == "utf-8 with byte order mark"
    assert len(folder.read()) == 5


@pytest.mark.parametrize(
    ("content", "code", "place", "words"),
    [
        (b"id,name\n1,a\n2,\"x\ny\"\n3,\xd0\xc7", "D03", "row 4", "byte 0xd0 in row 4"),
        (b"id,start\n1,2\n2,\x00\n", "D03", "row 3", "zero byte"),
        (b"", "D05", "row 1", "the first row is empty"),
        (b"\n\n\n", "D05", "row 1", "the first row is empty"),
        (b'id,start\n1,"a"b\n', "D05", "row 2", "the quotes in row 2 are broken"),
        (b'id,start\n1,2\n2,"never closed\n3,4\n', "D05", "row 3", "the quotes in row 3 are broken"),
        (b"id,start\n1," + b"x" * 200_000, "D05", "row 2", "a cell of more than"),
        (b",".join(b"c%d" % k for k in range(20_000)), "D05", "row 1", "the header has 20,000 columns"),
    ],
)  # fmt: skip
def test_text_files_that_cannot_be_read(folder, content: bytes, code: str, place: str, words: str) -> None:
    (folder.path / "people.csv").write_bytes(content)
    (found,) = folder.refused()
    assert found.code == code
    assert str(found.where) == ", ".join(filter(None, ["people.csv", place]))
    assert words in found.message


def test_rows_that_do_not_fit_the_header(folder, said) -> None:
    folder.record((",II,555-0102", ",II"), (",I,555-0103", ",I,555,0103"))
    assert [said(one)[1:] for one in folder.refused()] == [
        ("people.csv, row 3", "the row has 7 cells, the header 8. Put texts that hold the separator in quotes, and give every row all its cells."),
        ("people.csv, row 4", "the row has 9 cells, the header 8. Put texts that hold the separator in quotes, and give every row all its cells."),
    ]  # fmt: skip


def test_separators_left_over_at_the_end_of_rows_are_no_matter(folder) -> None:
    folder.record(("telephone\n", "telephone,,\n"), ("0101\n", "0101,,,\n"), ("0102\n", "0102,,\n"))
    assert len(folder.read()) == 5
    assert folder.read().source.header[-1] == "telephone"


def test_header_and_no_patients(folder, said) -> None:
    file = folder.path / "people.csv"
    file.write_text(file.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert [said(one) for one in folder.refused()] == [("D05", "people.csv", "the file has a header and no patients.")]


def test_a_header_that_stands_twice(folder, said) -> None:
    folder.record(("telephone", "age"))
    assert [said(one) for one in folder.refused()] == [
        ("D04", "study.toml:23:1", "covariates.age: column 'age' stands 2 times in people.csv. Give each column a name of its own.")
    ]  # fmt: skip
    folder.record(("telephone", ""))
    assert len(folder.read()) == 5


def test_headers_and_levels_in_another_language(folder) -> None:
    """Full-width letters and blanks around a name are no difference; renaming and values map the rest."""
    folder.declare(
        add='[data.rename]\n"年龄" = "age"\n"分期" = "stage"\n[data.values.stage]\n"一期" = "I"\n"二期" = "II"\n"不详" = ""\n'
    )
    folder.record(
        (",age,stage,", ", 年龄 ,分期,"), (",50,I,", ",５０,一期,"), (",61,II,", ",61,二期 ,"), (",44,II,", ",44,不详,")
    )
    records = folder.read()
    assert records.categories["stage"].codes.tolist() == [0, 1, 0, -1, -1]
    assert records.numbers["age"][0] == 50
    assert str(records.where(0, "age")) == "people.csv, row 2, column '年龄'"


def test_missing_codes(folder) -> None:
    folder.declare(('id = "id"', 'id = "id"\nmissing = [999, "unknown"]'))
    folder.record(
        (",50,", ",999,"), (",61,", ",999.0,"), (",II,555-0104", ",unknown,555-0104"), ("2020-07-01", "unknown")
    )
    records = folder.read()
    assert [value != value for value in records.numbers["age"]] == [True, True, False, False, False]
    assert records.categories["stage"].codes.tolist() == [0, 1, 0, -1, -1]
    assert str(records.day("surgery")[1]) == "NaT"


def test_identifiers_are_shown_nowhere(folder) -> None:
    """Not when missing, not when a covariate reads the identifier's column, not when a cell repeats one."""
    folder.declare(add='[covariates.number]\ncolumn = "id"\n')
    folder.record(("p-alpha", ""), (",58,", ",p-echo,"))
    found = folder.refused()
    assert [str(one.where) for one in found if one.code == "D09"] == ["people.csv, row 2, column 'id'"]
    assert sorted(person for one in found if one.code == "D07" for person in one.people) == [1, 2, 3, 4, 4]
    spoken = "\n".join(f"{one} {dict(one.evidence)}" for one in found)
    assert not any(name in spoken for name in ("bravo", "charlie", "delta", "echo"))


def test_a_study_made_in_python_names_its_folder(folder) -> None:
    study = du.Study.model_validate(du.read_study(folder.study).model_dump(by_alias=True))
    assert study.source is None
    assert len(du.read_records(study, folder.path)) == 5
