"""Exports of research systems: REDCap with its dictionary, and the two files of CDISC ADaM, in which CNSR 0 is the event."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pyreadstat
import pytest

import durata as du

FIELDS = 'Variable / Field Name,Form Name,Field Type,Field Label,"Choices, Calculations, OR Slider Labels"\n'
DICTIONARY = FIELDS + (
    'id,base,text,Number,\nstage,base,radio,Stage,"1, I | 2, II"\n'
    'dead,base,yesno,Died,\nwhere,base,checkbox,"Sites","1, liver, left lobe | -9, elsewhere"\n'
)
DICTIONARY_KEY = ('id = "id"', 'id = "id"\ndictionary = "dictionary.csv"')


@pytest.fixture
def export(folder):
    """A raw export: codes where the choices have words, one column a choice of a checkbox."""
    lines = (folder.path / "people.csv").read_text(encoding="utf-8").splitlines()
    raw = [lines[0].replace("telephone", "where___1,where____9")]
    raw += [
        line.replace(",II,", ",2,").replace(",I,", ",1,").rpartition(",")[0] + f",{k % 2},{int(k == 2)}"
        for k, line in enumerate(lines[1:])
    ]
    (folder.path / "people.csv").write_text("\n".join(raw), encoding="utf-8")
    (folder.path / "dictionary.csv").write_text(DICTIONARY, encoding="utf-8")
    return folder


def test_the_choices_of_the_dictionary_name_the_values(export) -> None:
    export.declare(
        DICTIONARY_KEY,
        add='[covariates.liver]\ncolumn = "where___1"\ntype = "category"\nlevels = ["Unchecked", "Checked"]\n',
    )
    records = export.read()
    assert records.categories["stage"].levels == ("I", "II")
    assert records.categories["stage"].codes.tolist() == [0, 1, 0, 1, -1]
    assert records.categories["liver"].codes.tolist() == [0, 1, 0, 1, 0]
    assert records.categories["dead"].levels == ("0", "1")  # the study's codes are the stored values, so these are kept
    ((name, sha256),) = records.source.beside
    assert name == "dictionary.csv"
    assert len(sha256) == 64


def test_without_the_dictionary_a_code_is_no_level(export) -> None:
    assert {one.code for one in export.declare().refused()} == {"D08"}


def test_the_dictionary_as_the_programming_interface_gives_it(export) -> None:
    other = "field_name,form_name,field_type,field_label,select_choices_or_calculations\n"
    text = DICTIONARY.replace(FIELDS, other)
    (export.path / "dictionary.csv").write_text(text, encoding="utf-8")
    assert export.declare(DICTIONARY_KEY).read().categories["stage"].codes.tolist() == [0, 1, 0, 1, -1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("Field Type", "Kind"), "this is no REDCap data dictionary"),
        (('"1, I | 2, II"', '"1 I | 2 II"'), "the choices of the field 'stage' are not written as"),
        (('"1, I | 2, II"', '"1, I | 1, II"'), "the choices of the field 'stage' are not written as"),
        (
            ("id,base,text,Number,", 'stage,base,radio,Number,"1, I"'),
            "the field 'stage' stands twice in the dictionary",
        ),
        (('"1, I | 2, II"', '"1, I" | 2'), "the quotes of the dictionary are broken"),
    ],
)
def test_dictionaries_that_cannot_be_read(export, change: tuple[str, str], words: str) -> None:
    text = DICTIONARY.replace(*change)
    assert text != DICTIONARY
    (export.path / "dictionary.csv").write_text(text, encoding="utf-8")
    (found,) = export.declare(DICTIONARY_KEY).refused()
    assert words in found.message


def test_a_dictionary_that_is_not_there(export, said) -> None:
    (export.path / "dictionary.csv").unlink()
    (found,) = export.declare(DICTIONARY_KEY).refused()
    assert said(found)[2].startswith("data.dictionary: 'dictionary.csv' does not exist.")


OUTCOME = """\
[outcomes.death]
date = "last"
status = "dead"
event_codes = [1]
censor_codes = [0]
"""
ADTTE = [
    # USUBJID, PARAMCD, AVAL, AVALU, CNSR: an event is a CNSR of 0
    ("p-echo", "OS", 791.0, "DAYS", 0.0),
    ("p-alpha", "OS", 366.0, "DAYS", 0.0),
    ("p-alpha", "PFS", 100.0, "DAYS", 0.0),
    ("p-bravo", "OS", 727.0, "DAYS", 1.0),
    ("p-charlie", "OS", 28.0, "DAYS", 0.0),
    ("p-delta", "OS", 457.0, "DAYS", 3.0),
]


@pytest.fixture
def adam(folder) -> Callable[..., object]:
    """ADSL and ADTTE as the small study; ADTTE as changed."""

    def write(rows=ADTTE, ending: str = "xpt", outcome: str = 'paramcd = "OS"\nunit = "days"\n', changes=()):
        text = (folder.path / "people.csv").read_text(encoding="utf-8")
        (folder.path / "people.csv").write_text(text.replace("id,", "USUBJID,", 1), encoding="utf-8")
        frame = pd.DataFrame(rows, columns=["USUBJID", "PARAMCD", "AVAL", "AVALU", "CNSR"])
        if ending == "xpt":
            pyreadstat.write_xport(frame, str(folder.path / "adtte.xpt"), file_format_version=5)
        else:
            frame.to_csv(folder.path / "adtte.csv", index=False)
        key = ('id = "id"', f'id = "USUBJID"\nadtte = "adtte.{ending}"')
        return folder.declare(key, (OUTCOME, f"[outcomes.death]\n{outcome}"), *changes)

    return write


@pytest.mark.parametrize("ending", ["xpt", "csv"])
def test_a_cnsr_of_zero_is_the_event(adam, ending: str) -> None:
    folder = adam(ending=ending)
    study, records = du.read_study(folder.study), folder.read()
    assert records.numbers["AVAL (OS)"].tolist() == [366, 727, 28, 457, 791]
    status = records.categories["CNSR (OS)"]
    assert [status.levels[code] for code in status.codes] == ["0", "1", "0", "1", "0"]
    cohort = du.observed(study, records, "death", zero="start")
    assert cohort.event.astype(int).tolist() == [1, 0, 0, 1]  # the third has no duration, never having had surgery
    assert [one.message for one in records.findings if "ADaM" in one.message] == [
        "PARAMCD 'OS': a CNSR of 0 is the event, as ADaM defines it; 3 event(s) in 5 patient(s)."
    ]


def test_the_times_and_events_are_those_of_the_dates(folder, adam) -> None:
    """The days from the start to the event or the last contact, and who died, as the file with dates says it."""
    dated = du.observed(du.read_study(folder.study), folder.read(), "death", zero="start")
    adam()
    timed = du.observed(du.read_study(folder.study), folder.read(), "death", zero="start")
    assert timed.event.tolist() == dated.event.tolist()
    assert timed.exit.tolist() == pytest.approx(dated.exit.tolist())


def test_defects_are_told_at_their_place_in_the_other_file(adam) -> None:
    rows = [list(row) for row in ADTTE]
    rows[3][4], rows[5][2] = -1.0, -5.0
    found = adam(rows, "csv").refused()
    assert {(str(one.where), one.code) for one in found} == {
        ("adtte.csv, row 7, column 'AVAL'", "D07"),
        ("adtte.csv, row 5, column 'CNSR'", "D08"),
    }


def test_a_unit_that_is_not_the_one_of_the_file(adam) -> None:
    (found,) = adam(outcome='paramcd = "OS"\nunit = "months"\n').refused()
    assert found.message == "PARAMCD 'OS': the file gives its times in 'DAYS', the study file in months."


def test_the_unit_is_declared(adam) -> None:
    (found,) = adam(outcome='paramcd = "OS"\n').refused()
    assert "'paramcd' needs 'unit'" in found.message


def test_a_parameter_that_the_file_lacks(adam) -> None:
    (found,) = adam(outcome='paramcd = "OSS"\nunit = "days"\n').refused()
    assert found.message == "outcomes.death.paramcd: adtte.xpt has no rows with PARAMCD 'OSS'."
    assert found.advice == "Did you mean 'OS'?"


def test_two_rows_of_a_patient_and_people_of_one_file_only(adam) -> None:
    (found,) = adam([*ADTTE, ("p-echo", "OS", 5.0, "DAYS", 1.0)], "csv").refused()
    assert found.message == "row(s) 8 repeat a patient within PARAMCD 'OS'; each has one row a parameter."


def test_people_that_are_in_one_of_the_files_only_are_counted_and_not_named(adam) -> None:
    records = adam([*ADTTE[1:], ("p-zulu", "OS", 5.0, "DAYS", 1.0)], "csv").read()
    told = [one.message for one in records.findings if one.code == "D05"]
    assert told == [
        "1 patient(s) have no row with PARAMCD 'OS', and so no time.",
        "1 patient(s) with PARAMCD 'OS' are not in people.csv; they were passed over.",
    ]


@pytest.mark.parametrize("outcome", ['time = "age"\n', 'status = "dead"\n', "event_codes = [1]\n", 'date = "last"\n'])
def test_a_paramcd_stands_alone(adam, outcome: str) -> None:
    found = adam(outcome='paramcd = "OS"\nunit = "days"\n' + outcome).refused()
    assert any("'paramcd' says how the outcome is recorded" in one.message for one in found)


def test_a_paramcd_needs_a_file_and_a_file_a_paramcd(folder) -> None:
    folder.declare((OUTCOME, '[outcomes.death]\nparamcd = "OS"\nunit = "days"\n'))
    assert "'paramcd' needs a time-to-event file" in folder.refused()[0].message
    folder.declare(('id = "id"', 'id = "id"\nadtte = "adtte.csv"'))
    assert "no outcome is made of the time-to-event file" in folder.refused()[0].message
