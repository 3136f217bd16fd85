"""Everything that can be wrong with what somebody hands in: one clear message each, with its place."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

import durata as du
from durata.rules.data import dates_out_of_order, duplicate_patients


def spoken(rule, folder) -> list[tuple[str, str, str]]:
    study = du.read_study(folder.study)
    found = rule(study=study, records=du.read_records(study))
    return [(str(one.severity), str(one.where), one.what.format_map(dict(one.evidence))) for one in found]


def study_errors(path: Path) -> tuple[du.Finding, ...]:
    with pytest.raises(du.StudyError) as caught:
        du.read_study(path)
    return caught.value.findings


# --- the study file


def test_unknown_key(folder, said) -> None:
    folder.declare(('"short", to = 3', '"short", form = 3'))
    assert [said(one) for one in study_errors(folder.study)] == [
        ("F03", "study.toml:15:29", "treatment.groups.0.form: unknown key. Did you mean 'from'?")
    ]


def test_unknown_key_that_resembles_nothing(folder, said) -> None:
    folder.declare(add="[zebra]\nstripes = 2\n")
    ((code, place, words),) = [said(one) for one in study_errors(folder.study)]
    assert (code, place) == ("F03", "study.toml:29:1")
    assert words.startswith("zebra: unknown key. Known here: 'study', 'data', 'treatment'")


def test_missing_key_and_missing_table(folder, said) -> None:
    folder.declare(('start = "start"\n', ""), ("[data]", "[dta]"))
    found = [said(one) for one in study_errors(folder.study)]
    assert found == [
        ("F03", "study.toml:1:1", "data: this is missing ([data]: the file with one row per patient)."),
        ("F03", "study.toml:5:1", "dta: unknown key. Did you mean 'data'?"),
        ("F03", "study.toml:9:1", "treatment.start: this is missing (Date column: treatment starts)."),
    ]


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("2022-12-31", '"2022-12-31"', "3:15", "study.data_cutoff: must be a date without quotes, such as 2024-12-31"),
        ('title = "Five people"', "title = 5", "2:9", "study.title: must be a text in quotes; it is 5."),
        ('title = "Five people"', 'title = ""', "2:9", "study.title: must not be empty."),
        ("[18, 100]", "[18]", "24:9", "covariates.age.range.1: this is missing."),
        ("[18, 100]", "[100, 18]", "23:1", "covariates.age: the first number of 'range' must be the smaller one."),
        ("[18, 100]", "[18, inf]", "24:14", "covariates.age.range.1: must be a finite number."),
        ("[18, 100]", '"18-100"', "24:9", "covariates.age.range: must be a list in [ ]; it is '18-100'."),
        ("event_codes = [1]", "event_codes = [1.5]", "20:16", "outcomes.death.event_codes.0: must be a whole number or a"),
        ("event_codes = [1]", "event_codes = [0]", "17:1", "outcomes.death: code '0' is among 'event_codes' and among"),
        ('"category"', '"categorical"', "27:8", "covariates.stage.type: must be 'number', 'category' or 'date'"),
        ('end = "surgery"', 'end = "start"', "9:1", "treatment: 'start' and 'end' name the same column."),
        ("from = 3 }", "from = 2 }", "9:1", "treatment: group 'long' begins before group 'short' ends."),
        ('"people.csv"', '"people.csv"\nsheet = "A"', "5:1", "data: 'sheet' belongs to .xlsx files and other workbooks (.xlsm, .xls, .xlsb, .ods)."),
    ],
)  # fmt: skip
def test_value_that_does_not_fit_its_key(folder, said, old: str, new: str, place: str, words: str) -> None:
    folder.declare((old, new))
    ((code, where, message),) = [said(one) for one in study_errors(folder.study)]
    assert (code, where) == ("F03", f"study.toml:{place}")
    assert message.startswith(words)


@pytest.mark.parametrize(
    ("lines", "place", "words"),
    [
        ("[models.deaht]", "29:1", "models.deaht: there is no outcome 'deaht'. Did you mean 'death'?"),
        ('[models.death]\nadjust = ["agee"]', "30:11", "models.death.adjust.0: there is no covariate 'agee'. Did you mean 'age'?"),
        ('[models.death]\nadjust = ["age", "age"]', "30:18", "models.death.adjust.1: 'age' is named twice."),
        ('[models.death]\nstrata = ["age"]', "30:11", "models.death.strata.0: 'age' is a number; strata are categories."),
        ('[eligibility.a]\ncovariate = "stag"\nis = ["I"]', "30:13", "eligibility.a.covariate: there is no covariate 'stag'. Did you mean 'stage'?"),
        ('[eligibility.a]\ncovariate = "stage"\nis = ["III"]', "31:7", "eligibility.a.is.0: there is no level 'III'. Did you mean 'II'?"),
        ('[eligibility.a]\ncovariate = "stage"\nfrom = 2', "31:8", "eligibility.a.from: 'from' belongs to numbers, and 'stage' is a category."),
        ('[covariates.group]', "29:1", "covariates.group: the name 'group' is kept for the duration groups. Rename it."),
        ('[covariates.dead]\ncolumn = "age"', "29:1", "covariates.dead: the name 'dead' is also that of the category column 'dead'."),
        ('[ignore]\nT01 = " "', "30:7", "ignore.T01: must not be blank."),
        ('[outcomes.other]\ndate = "last"\nstatus = "dead"\nevent_codes = ["1.0"]', "32:16", "outcomes.other.event_codes.0: '1.0' and '1' are the same code of 'dead' in two spellings."),
        ('[data.values.stge]\nx = "I"', "29:1", "data.values.stge: there is no column 'stge'. Did you mean 'stage'?"),
        ('[data.values.stage]\nx = "IV"', "30:5", "data.values.stage.x: there is no level 'IV'. Did you mean 'I'?"),
    ],
)  # fmt: skip
def test_name_that_leads_nowhere(folder, said, lines: str, place: str, words: str) -> None:
    folder.declare(add=lines + "\n")
    ((code, where, message),) = [said(one) for one in study_errors(folder.study)]
    assert (code, where) == ("F03", f"study.toml:{place}")
    assert message.startswith(words)


def test_reference_group_that_does_not_exist(folder, said) -> None:
    folder.declare(('end_name = "surgery"', 'reference = "shrt"'))
    assert [said(one) for one in study_errors(folder.study)] == [
        ("F03", "study.toml:14:13", "treatment.reference: there is no group 'shrt'. Did you mean 'short'?")
    ]


def test_the_same_reference_is_refused_in_a_study_made_in_python(folder) -> None:
    study = du.read_study(folder.study)
    declared = study.model_dump(by_alias=True)
    declared["treatment"]["reference"] = "shrt"
    with pytest.raises(ValueError, match="there is no group 'shrt'"):
        du.Study.model_validate(declared)


def test_every_mistake_at_once(folder) -> None:
    folder.declare(("title", "titel"), ("[18, 100]", '"old"'), ("to = 3", 'to = "3"'), add="[models.x]\n")
    found = study_errors(folder.study)
    assert [(one.where.line, str(one.evidence["key"])) for one in found if one.where] == [
        (1, "study.title"),
        (2, "study.titel"),
        (15, "treatment.groups.0.to"),
        (24, "covariates.age.range"),
        (29, "models.x"),
    ]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("[study]\ntitle = Five", "2:9", "invalid value"),
        ("[study]\ntitle = 'a'\ntitle = 'b'", "3:12", "cannot overwrite a value"),
        ("[study\n", "1:7", "expected ']' at the end of a table declaration"),
        ("[study]\n[study]\n", "2:7", "cannot declare [study] twice"),
        ('[data]\nfile = "a\\people.csv"', "2:11", "unescaped"),
        ("a = [1,", "1:8", "unclosed array"),
    ],
)
def test_broken_toml(tmp_path: Path, text: str, place: str, words: str) -> None:
    file = tmp_path / "study.toml"
    file.write_text(text, encoding="utf-8")
    (found,) = study_errors(file)
    assert found.code == "F02"
    line = place.split(":", maxsplit=1)[0]
    assert str(found.where).startswith(f"study.toml:{line}:")
    assert found.message.casefold().startswith("this is not valid toml: ")
    # the words are the parser's and may differ between versions of Python: the hint is ours
    assert found.advice or words in found.message


def test_study_file_that_is_missing_or_no_file(tmp_path: Path, said) -> None:
    assert [said(one) for one in study_errors(tmp_path / "study.toml")] == [
        ("F01", "study.toml", "The study file does not exist.")
    ]
    (tmp_path / "mine").mkdir()
    assert [said(one) for one in study_errors(tmp_path / "mine")] == [
        ("F01", "mine", "The study file is a folder, not a file.")
    ]
    (tmp_path / "mine" / "study.toml").touch()
    assert [said(one) for one in study_errors(tmp_path / "mine")] == [
        ("F01", "mine", "The study file is a folder, not a file. Did you mean mine/study.toml?")
    ]


def test_study_file_that_is_not_utf8(tmp_path: Path, said) -> None:
    file = tmp_path / "study.toml"
    file.write_bytes('[study]\ntitle = "é'.encode() + b'\xe9"\n')
    assert [said(one) for one in study_errors(file)] == [
        ("F01", "study.toml:2:11", "The study file is not UTF-8 text (byte 0xe9). Save it as UTF-8.")
    ]


def test_study_file_with_a_byte_order_mark_is_read(folder) -> None:
    folder.study.write_bytes(b"\xef\xbb\xbf" + folder.study.read_bytes())
    study = du.read_study(folder.study)
    assert study.study.title == "Five people"
    assert str(study.place("treatment.start")) == "study.toml:11:9"


def test_study_file_that_is_huge_or_nested_without_end(tmp_path: Path, said) -> None:
    file = tmp_path / "study.toml"
    file.write_text("#" * 1_000_001, encoding="utf-8")
    assert [said(one)[2] for one in study_errors(file)] == ["The study file is larger than 1 MB."]
    file.write_text("a = " + "[" * 5_000, encoding="utf-8")
    assert [said(one)[0] for one in study_errors(file)] == ["F02"]
    file.write_text("a = " + "9" * 9_000, encoding="utf-8")
    assert [said(one)[2] for one in study_errors(file)] == ["The study file has a number of thousands of digits."]


# --- the patient file and its folder


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("../people.csv", "leaves the study file's folder"),
        ("data/../../people.csv", "leaves the study file's folder"),
        ("/etc/people.csv", "is an absolute path"),
        ("C:/people.csv", "begins with a drive letter"),
        (r"C:\\people.csv", "begins with a drive letter"),
        (r"\\\\server\\share\\people.csv", "is a network path"),
        ("//server/people.csv", "is a network path"),
        (r"data\\people.csv", "has a backslash in it"),
        ("con.csv", "operating systems keep for devices"),
        ("people.csv:stream", "operating systems keep for devices"),
        (r"people\u202Evsc.csv", "has an invisible control character"),
        (r"people\u0000.csv", "has an invisible control character"),
        ("x" * 300 + ".csv", "must not be longer than 200 characters"),
        (" ", "is empty"),
    ],
)  # fmt: skip
def test_path_that_leaves_the_folder(folder, file: str, words: str) -> None:
    folder.declare(("people.csv", file))
    (found,) = study_errors(folder.study)
    assert (found.code, str(found.where)) == ("F03", "study.toml:6:8")
    assert found.message.startswith("data.file: ")
    assert words in found.message


def test_link_that_leaves_the_folder(folder, tmp_path_factory, said) -> None:
    outside = tmp_path_factory.mktemp("elsewhere") / "people.csv"
    outside.write_text("id\n1\n", encoding="utf-8")
    inside = folder.path / "people.csv"
    inside.unlink()
    try:
        inside.symlink_to(outside)
    except OSError:
        pytest.skip("this system makes no links")
    assert [said(one) for one in folder.refused()] == [
        ("D03", "study.toml:6:8", "data.file: 'people.csv' is a link that leads out of the study file's folder.")
    ]


def test_link_within_the_folder_is_followed(folder) -> None:
    (folder.path / "people.csv").rename(folder.path / "real.csv")
    try:
        (folder.path / "people.csv").symlink_to("real.csv")
    except OSError:
        pytest.skip("this system makes no links")
    assert len(folder.read()) == 5


def test_patient_file_that_is_missing_or_no_file(folder, said) -> None:
    file = folder.path / "people.csv"
    file.rename(folder.path / "peeple.csv")
    assert [said(one) for one in folder.refused()] == [
        ("D03", "study.toml:6:8", "data.file: 'people.csv' does not exist. Did you mean 'peeple.csv'?")
    ]
    file.mkdir()
    assert said(folder.refused()[0])[2] == "data.file: 'people.csv' is a folder, not a file."


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipe_is_refused_and_not_waited_for(folder, said) -> None:
    file = folder.path / "people.csv"
    file.unlink()
    os.mkfifo(file)
    assert said(folder.refused()[0])[2] == "data.file: 'people.csv' is not a regular file (a pipe or a device)."
    file.unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            listener.bind(str(file))
        except OSError:
            pytest.skip("the path is too long for a socket")
        assert said(folder.refused()[0])[0] == "D03"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="this system has no such permissions")
def test_patient_file_nobody_may_read(folder, said, monkeypatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    study = du.read_study(folder.study)
    monkeypatch.setattr("durata.study.opening.os.open", refuse)
    with pytest.raises(du.StudyError) as caught:
        du.read_records(study)
    (found,) = caught.value.findings
    assert said(found)[2] == "data.file: 'people.csv' may not be read by this user (permission denied)."


@pytest.mark.parametrize(
    ("file", "words"),
    [("people.mdb", "is neither .csv, .tsv, .txt, .xlsx,"), ("people.pdf", ".xpt nor .parquet")],
)
def test_patient_file_of_another_kind(folder, said, file: str, words: str) -> None:
    folder.declare(("people.csv", file))
    (found,) = folder.refused()
    assert words in said(found)[2]


def test_wrong_column(folder, said) -> None:
    folder.declare(('end = "surgery"', 'end = "surgry"'), ("[covariates.age]", "[covariates.years]"))
    header = "'id', 'start', 'surgery', 'last', 'dead', 'age', 'stage', 'telephone'"
    assert [said(one) for one in folder.refused()] == [
        ("D04", "study.toml:23:1", f"covariates.years: people.csv has no column 'years'. It has {header}."),
        (
            "D04",
            "study.toml:12:7",
            f"treatment.end: people.csv has no column 'surgry'. Did you mean 'surgery'? It has {header}.",
        ),
    ]


def test_file_without_a_header_does_not_print_its_first_patient(folder) -> None:
    file = folder.path / "people.csv"
    file.write_text("".join(file.read_text(encoding="utf-8").splitlines(keepends=True)[1:]), encoding="utf-8")
    found = folder.refused()
    assert {one.code for one in found} == {"D04"}
    assert "looks like data" in found[0].message
    assert not any("alpha" in str(one) or "555" in str(one) for one in found)


def test_impossible_date(folder, said) -> None:
    folder.record(("2020-07-01", "2020-02-30"))
    assert [said(one) for one in folder.refused()] == [
        (
            "D06",
            "people.csv, row 3, column 'surgery'",
            "'2020-02-30' is not a day of the calendar. Correct the date in the patient file.",
        )
    ]


def test_end_before_start(folder) -> None:
    folder.record(("2020-07-01", "2019-07-01"))
    assert spoken(dates_out_of_order, folder) == [
        ("error", "people.csv, row 3, column 'surgery'", "surgery (2019-07-01) lies before first dose (2020-01-05).")
    ]


def test_event_before_start(folder) -> None:
    folder.record(("2020-03-01,1,", "2020-01-31,1,"))
    assert spoken(dates_out_of_order, folder) == [
        ("error", "people.csv, row 4, column 'last'", "death: last (2020-01-31) lies before first dose (2020-02-01).")
    ]


def test_surgery_after_death(folder) -> None:
    folder.record(("2020-02-01,2021-01-01", "2021-02-01,2021-01-01"))
    assert spoken(dates_out_of_order, folder) == [
        (
            "error",
            "people.csv, row 2, column 'surgery'",
            "surgery (2021-02-01) lies after the last day on which anything is recorded of this patient (2021-01-01).",
        )
    ]


def test_date_after_the_cutoff(folder) -> None:
    folder.record(("2022-06-01", "2023-01-01"))
    assert spoken(dates_out_of_order, folder) == [
        ("error", "people.csv, row 6, column 'last'", "last (2023-01-01) lies after the data cut-off (2022-12-31).")
    ]


def test_date_after_today_is_no_matter_without_a_cutoff(folder) -> None:
    folder.declare(("data_cutoff = 2022-12-31\n", "")).record(("2022-06-01", "2199-01-01"))
    assert spoken(dates_out_of_order, folder) == []


def test_duplicate_patient_is_named_by_row_never_by_identifier(folder) -> None:
    folder.record(("p-delta", " p-ｂravo "))
    found = spoken(duplicate_patients, folder)
    assert found == [
        ("error", "people.csv, row 5, column 'id'", "rows 3 and 5 have the same patient identifier."),
    ]
    assert "bravo" not in str(found)


@pytest.mark.parametrize(
    ("first", "second"), [("1", "01"), ("1", "1.0"), ("P7", "p7"), ("P 7", "P7"), ("P-007", "P-7")]
)
def test_identifiers_that_look_alike_are_a_warning(folder, first: str, second: str) -> None:
    folder.record(("p-alpha", first), ("p-delta", second))
    assert [(severity, place) for severity, place, _ in spoken(duplicate_patients, folder)] == [
        ("warning", "people.csv, row 5, column 'id'")
    ]


@pytest.mark.parametrize(
    ("first", "second"), [("1", "10"), ("1.0", "10"), ("P-1", "P-11"), ("100", "1"), ("1.05", "1.5")]
)
def test_identifiers_that_are_different_are_quiet(folder, first: str, second: str) -> None:
    folder.record(("p-alpha", first), ("p-delta", second))
    assert spoken(duplicate_patients, folder) == []


def test_several_defects_at_once(folder, said) -> None:
    folder.declare(('end = "surgery"', 'end = "op"'))
    folder.record(("2021-06-01,0", "2021-13-01,7"), (",50,", ",fifty,"), ("2022-01-01,0,61,II", "2022-01-01,0,161,III"))
    assert [(one.code, str(one.where)) for one in folder.refused()] == [
        ("D04", "study.toml:12:7"),
        ("D07", "people.csv, row 2, column 'age'"),
        ("D07", "people.csv, row 3, column 'age'"),
        ("D08", "people.csv, row 3, column 'stage'"),
        ("D06", "people.csv, row 5, column 'last'"),
        ("D08", "people.csv, row 5, column 'dead'"),
    ]
