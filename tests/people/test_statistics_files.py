"""Files of SPSS, Stata and SAS: values and their labels, what they declare missing, and files that are cut off."""

from __future__ import annotations

import csv
import datetime
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

import durata as du
from durata.records import statistics_table

FILES = Path(__file__).parent / "files"
DATES = ("start", "surgery", "last")
STAGES = {"stage": {1: "I", 2: "II", 9: "unknown"}}


def frame(folder) -> pd.DataFrame:
    """The five people as a statistics program holds them: dates typed, the stage as a number with a label."""
    with (folder.path / "people.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns: dict[str, list[object]] = {name: [row[name] for row in rows] for name in rows[0]}
    for name in DATES:
        columns[name] = [datetime.date.fromisoformat(str(text)) if text else None for text in columns[name]]
    for name in ("dead", "age"):
        columns[name] = [float(str(text)) for text in columns[name]]
    columns["stage"] = [{"I": 1.0, "II": 2.0, "": None}[str(text)] for text in columns["stage"]]
    return pd.DataFrame(columns)


def write(folder, ending: str, people: pd.DataFrame, **options) -> None:
    """Write the patient file in the format of an ending, and name it in the study file."""
    path = str(folder.path / f"people{ending}")
    if ending in (".sav", ".zsav"):
        formats = dict.fromkeys(DATES, "DATE11")
        pyreadstat.write_sav(people, path, compress=ending == ".zsav", variable_format=formats, **options)
    elif ending == ".dta":
        pyreadstat.write_dta(people, path, **options)
    else:
        pyreadstat.write_xport(people.rename(columns={"telephone": "phone"}), path, file_format_version=5)


def assert_same(records: du.Records, expected: du.Records) -> None:
    assert records.identifiers == expected.identifiers
    for one, other in ((records.dates, expected.dates), (records.numbers, expected.numbers)):
        assert list(one) == list(other)
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])
    for name, category in expected.categories.items():
        assert records.categories[name].levels == category.levels
        assert records.categories[name].codes.tolist() == category.codes.tolist()


@pytest.mark.parametrize("ending", [".sav", ".zsav", ".dta"])
def test_values_with_labels_give_the_records_of_the_text_file(folder, ending: str) -> None:
    expected = folder.read()
    write(folder, ending, frame(folder), variable_value_labels=STAGES)
    records = folder.declare(("people.csv", f"people{ending}")).read()
    assert_same(records, expected)
    assert [one.message for one in records.findings] == [
        "column 'stage': read by the labels of its values: '1 = I', '2 = II'."
    ]
    assert str(records.where(2, "age")) == f"people{ending}, row 3, column 'age'"
    assert "555-0101" not in repr(records)


def test_a_sas_file(folder, said) -> None:
    expected = folder.read()
    shutil.copy(FILES / "people.sas7bdat", folder.path)
    records = folder.declare(("people.csv", "people.sas7bdat")).read()
    assert_same(records, expected)
    assert records.findings == ()
    folder.declare(("people.csv", "people.sas7bdat"), add="[covariates.size]\n")
    records = folder.read()
    np.testing.assert_array_equal(records.numbers["size"], [5.5, np.nan, 7.5, 8.5, 9.5])
    assert [said(one)[1:] for one in records.findings] == [
        ("people.sas7bdat, column 'size'", "1 cell(s) with a value that the file declares missing were read as missing: '.A' (1).")
    ]  # fmt: skip


def test_a_sas_transport_file(folder) -> None:
    """It has neither labels nor a count of its rows."""
    expected = folder.read()
    people = frame(folder)
    people["stage"] = ["I", "II", "I", "II", ""]
    write(folder, ".xpt", people)
    records = folder.declare(("people.csv", "people.xpt")).read()
    assert_same(records, expected)
    assert [one.message for one in records.findings] == [
        "a SAS transport file does not say how many rows it has; 5 were read."
    ]


def test_values_that_spss_declares_missing_are_missing_and_counted(folder, said) -> None:
    people = frame(folder)
    people["age"] = [50.0, 999.0, 998.0, 44.0, 999.0]
    people["stage"] = [1.0, 2.0, 9.0, 8.0, 1.0]
    missing = {"age": [{"lo": 990, "hi": 999}], "stage": [9, 8]}
    write(folder, ".sav", people, variable_value_labels=STAGES, missing_ranges=missing)
    records = folder.declare(("people.csv", "people.sav")).read()
    np.testing.assert_array_equal(records.numbers["age"], [50, np.nan, np.nan, 44, np.nan])
    assert records.categories["stage"].codes.tolist() == [0, 1, -1, -1, 0]
    assert [said(one)[1:] for one in records.findings][:2] == [
        ("people.sav, column 'age'", "3 cell(s) with a value that the file declares missing were read as missing: '998' (1), '999' (2)."),
        ("people.sav, column 'stage'", "2 cell(s) with a value that the file declares missing were read as missing: '8' (1), '9' (1)."),
    ]  # fmt: skip


def test_missing_texts_of_spss(folder) -> None:
    people = frame(folder)
    people["stage"] = ["I", "II", "ND", "II", "I"]
    write(folder, ".sav", people, missing_ranges={"stage": ["ND"]})
    records = folder.declare(("people.csv", "people.sav")).read()
    assert records.categories["stage"].codes.tolist() == [0, 1, -1, 1, 0]


def test_letters_for_missing_in_stata(folder) -> None:
    people = frame(folder)
    people["age"] = pd.Series([50.0, "a", 70.5, "b", "a"], dtype=object)
    write(folder, ".dta", people, variable_value_labels=STAGES, missing_user_values={"age": ["a", "b"]})
    records = folder.declare(("people.csv", "people.dta")).read()
    np.testing.assert_array_equal(records.numbers["age"], [50, np.nan, 70.5, np.nan, np.nan])
    assert "'.a' (2), '.b' (1)" in records.findings[0].message


def test_a_number_that_has_a_name_and_is_not_declared_missing(folder, said) -> None:
    people = frame(folder)
    people["age"] = [50.0, 99.0, 70.5, 44.0, 99.0]
    write(folder, ".sav", people, variable_value_labels={**STAGES, "age": {99: "unknown"}})
    records = folder.declare(("people.csv", "people.sav")).read()
    assert records.numbers["age"][1] == 99
    assert said(records.findings[0]) == (
        "D07", "people.sav, column 'age'", "column 'age': 2 cell(s) with a number that the file gives a name ('99 = unknown') are read as that number. If it stands for 'unknown', name it under [data] missing."
    )  # fmt: skip
    records = folder.declare(("people.csv", "people.sav"), ('id = "id"', 'id = "id"\nmissing = [99]')).read()
    assert np.isnan(records.numbers["age"][[1, 4]]).all()
    assert not any("a name" in one.message for one in records.findings)


def test_codes_of_an_outcome_are_values_or_labels_as_the_study_says(folder) -> None:
    labels = {"dead": {0: "alive", 1: "dead"}}
    people = frame(folder)
    people["stage"] = ["I", "II", "I", "II", ""]
    write(folder, ".sav", people, variable_value_labels=labels)
    by_value = folder.declare(("people.csv", "people.sav")).read()
    assert by_value.categories["dead"].levels == ("0", "1")
    by_label = folder.declare(
        ("people.csv", "people.sav"), ("[1]", '["dead"]'), ("censor_codes = [0]", 'censor_codes = ["alive"]')
    ).read()
    assert by_label.categories["dead"].levels == ("alive", "dead")
    assert by_label.categories["dead"].codes.tolist() == by_value.categories["dead"].codes.tolist()


def test_a_level_that_neither_value_nor_label_has(folder, said) -> None:
    people = frame(folder)
    people.loc[1, "stage"] = 9.0
    write(folder, ".sav", people, variable_value_labels=STAGES)
    (found,) = folder.declare(("people.csv", "people.sav")).refused()
    assert said(found)[:2] == ("D08", "people.sav, row 2, column 'stage'")
    assert found.message == "'unknown' is not a declared level ('I', 'II')."


def test_values_and_labels_that_contradict_each_other_are_refused(folder, said) -> None:
    write(folder, ".sav", frame(folder), variable_value_labels={"stage": {1: "2", 2: "1"}})
    found = folder.declare(("people.csv", "people.sav"), ('levels = ["I", "II"]', "levels = [1, 2]")).refused()
    assert [said(one)[2] for one in found] == [
        "column 'stage': the values and their labels both fit the declared levels and do not mean the same ('1 = 2', '2 = 1'). Change the labels in the file, or take them away."
    ]  # fmt: skip


def test_chinese_names_and_labels(folder) -> None:
    expected = folder.read()
    people = frame(folder).rename(columns={"age": "年龄", "stage": "分期"})
    add = '[data.rename]\n"年龄" = "age"\n"分期" = "stage"\n[data.values.stage]\n"一期" = "I"\n"二期" = "II"\n'
    for ending in (".sav", ".dta"):
        write(folder, ending, people, variable_value_labels={"分期": {1: "一期", 2: "二期"}})
        records = folder.declare(("people.csv", f"people{ending}"), add=add).read()
        assert_same(records, expected)
        assert str(records.where(0, "age")) == f"people{ending}, row 1, column '年龄'"


@pytest.mark.parametrize("ending", [".sav", ".zsav", ".dta", ".xpt", ".sas7bdat"])
def test_a_file_that_is_cut_off_is_said_in_words(folder, ending: str) -> None:
    if ending == ".sas7bdat":
        content = (FILES / "people.sas7bdat").read_bytes()
    else:
        write(folder, ending, frame(folder))
        content = (folder.path / f"people{ending}").read_bytes()
    folder.declare(("people.csv", f"people{ending}"))
    file = folder.path / f"people{ending}"
    for length in range(0, len(content) - 1, max(1, len(content) // 60)):
        if ending == ".xpt" and length % 80 == 0:
            continue  # the format has no count: see test_a_sas_transport_file
        file.write_bytes(content[:length])
        (found,) = folder.refused()
        assert found.code == "D03"
        assert ("cut off" in found.message) or ("whatever its name says" in found.message)


@pytest.mark.parametrize("ending", [".sav", ".zsav", ".dta", ".xpt", ".sas7bdat"])
def test_a_file_of_another_kind_is_said_in_words(folder, ending: str) -> None:
    (folder.path / f"people{ending}").write_bytes(b"id,start\n1,2020-01-01\n")
    (found,) = folder.declare(("people.csv", f"people{ending}")).refused()
    assert found.code == "D03"
    assert f"({ending}), whatever its name says" in found.message


@pytest.mark.parametrize("ending", [".sav", ".zsav", ".dta", ".xpt"])
def test_damaged_bytes_give_records_or_words_and_never_anything_else(folder, ending: str) -> None:
    write(folder, ending, frame(folder))
    file = folder.path / f"people{ending}"
    folder.declare(("people.csv", f"people{ending}"))
    content = file.read_bytes()
    random = np.random.default_rng(1)
    for _ in range(60):
        damaged = bytearray(content)
        for place in random.integers(0, len(content), 4):
            damaged[place] = random.integers(0, 256)
        file.write_bytes(bytes(damaged))
        try:
            assert len(folder.read()) <= 5
        except du.StudyError as error:
            refused = error.findings
            assert {one.code for one in refused} <= {"D03", "D04", "D05", "D06", "D07", "D08", "D09", "D10"}


def test_old_stata_files_do_not_say_their_encoding(folder) -> None:
    people = frame(folder)
    people["stage"] = ["I", "II", "I", "II", "é"]
    path = folder.path / "people.dta"
    pyreadstat.write_dta(people, str(path), version=12)
    (found,) = folder.declare(("people.csv", "people.dta")).refused()
    assert "Stata 13 or older does not say its encoding" in found.message
    people["stage"] = ["I", "II", "I", "II", ""]
    pyreadstat.write_dta(people, str(path), version=12)
    assert len(folder.read()) == 5


def test_more_rows_than_are_read(folder, monkeypatch) -> None:
    write(folder, ".sav", frame(folder), variable_value_labels=STAGES)
    folder.declare(("people.csv", "people.sav"))
    monkeypatch.setattr(statistics_table, "MOST_CELLS", 7 * 3)
    (found,) = folder.refused()
    assert found.message == "the file has more than 3 rows."


def test_a_damaged_file_that_would_break_the_reader(folder) -> None:
    """Its value labels belong to a variable that is not there; the reader would write outside its memory."""
    write(folder, ".sav", frame(folder), variable_value_labels=STAGES)
    file = folder.path / "people.sav"
    content = file.read_bytes()
    labelled = b"\x04\0\0\0\x01\0\0\0"
    assert content.count(labelled) == 1
    place = content.index(labelled) + len(labelled)
    file.write_bytes(content[: place + 1] + b"\xb2" + content[place + 2 :])
    (found,) = folder.declare(("people.csv", "people.sav")).refused()
    assert "its dictionary is not sound" in found.message


def test_a_range_of_missing_numbers_in_a_variable_of_texts(folder) -> None:
    """The type of a variable is damaged; its missing values are still numbers, which the reader would take for texts."""
    missing = {"age": [{"lo": 990, "hi": 999}]}
    write(folder, ".sav", frame(folder), missing_ranges=missing)
    file = folder.path / "people.sav"
    content = file.read_bytes()
    numeric_with_range = b"\x02\0\0\0" + b"\0\0\0\0" + b"\0\0\0\0" + b"\xfe\xff\xff\xff"
    assert content.count(numeric_with_range) == 1
    place = content.index(numeric_with_range) + 4
    file.write_bytes(content[:place] + b"\x05" + content[place + 1 :])
    (found,) = folder.declare(("people.csv", "people.sav")).refused()
    assert "its dictionary is not sound" in found.message
