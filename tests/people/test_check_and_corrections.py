"""What check finds has ids that last, can be taken away as SARIF or a workbook, and is decided in a file of corrections."""

from __future__ import annotations

import io
import json
import random
import tomllib
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from click.testing import CliRunner

import durata as du
from durata.cli.entry import durata
from durata.language.speaking import speaking
from durata.pipeline import check, prepare
from durata.report.check_sarif import check_sarif
from durata.report.check_workbook import check_workbook
from durata.report.fixes_text import fixes_text
from durata.report.since import NotAnEarlierCheck, as_json, compared, earlier_places
from durata.rules.catalogue import all_rules
from durata.rules.places import places
from durata.study.fixes import fixes_of

STUDY = """\
[study]
title = "Forty people"
[data]
file = "{file}"
id = "number"
{more}
[treatment]
name = "drug"
start = "start"
end = "end"
groups = [{{ name = "short", to = 9 }}, {{ name = "long", from = 9 }}]
[outcomes.death]
event = ["death"]
censor = "seen"
[covariates.size]
[covariates.site]
type = "category"
levels = ["stomach", "rectum"]
"""
HEADER = ["number", "start", "end", "death", "seen", "size", "site"]
SECRET = "SECRET-"
BAD = {  # row of the list: column and text
    3: ("start", "2020-02-30"),
    8: ("start", "2020-02-30"),
    11: ("size", "<5"),
    14: ("site", "Stomach"),
    17: ("end", "2019-01-01"),
    20: ("size", "999"),
}
RIGHT = {3: "2020-03-01", 11: "4.5", 14: "stomach", 17: "2020-11-05"}


def rows() -> list[list[str]]:
    found = []
    for k in range(40):
        month, day = k % 12 + 1, k % 27 + 1
        end = f"2020-{(month + 2) % 12 + 1:02d}-{day:02d}" if k % 2 else f"2021-{month:02d}-{day:02d}"
        if k % 2 and month > 9:
            end = f"2021-{(month + 2) % 12 + 1:02d}-{day:02d}"
        dead = f"2023-{month:02d}-{day:02d}" if k % 3 == 0 else ""
        seen = f"2023-{month:02d}-{day:02d}"
        site = ("stomach", "rectum")[k % 2]
        found.append(
            [f"{SECRET}{k:03d}", f"2020-{month:02d}-{day:02d}", end, dead, seen, f"{80 + (k * 7) % 41}.5", site]
        )
    return found


def spoilt() -> list[list[str]]:
    table = rows()
    for k, (column, text) in BAD.items():
        table[k][HEADER.index(column)] = text
    table[30][0] = table[29][0]
    return table


def write(folder: Path, table: list[list[str]], file: str = "people.csv", more: str = "", title: str = "") -> Path:
    lines = [",".join(row) for row in [HEADER, *table]]
    (folder / file).write_text("\n".join(lines) + "\n", encoding="utf-8")
    study = STUDY.format(file=file, more=more)
    (folder / "study.toml").write_text(study.replace("Forty", title or "Forty"), encoding="utf-8")
    return folder / "study.toml"


def found(study: Path) -> list[du.Finding]:
    try:
        return list(check(study).findings)
    except du.StudyError as refused:
        return [*refused.findings, *refused.also]


def invoke(*words: object):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(durata, [str(word) for word in words])


def test_reading_and_order_errors_are_told_in_one_round(tmp_path: Path) -> None:
    codes = {one.code for one in found(write(tmp_path, spoilt()))}
    assert {"D01", "D02", "D06", "D07", "D08", "D12"} <= codes
    with pytest.raises(du.StudyError) as caught:
        prepare(tmp_path / "study.toml")
    assert all(one.severity is du.Severity.ERROR for one in caught.value.findings)
    assert [one.code for one in caught.value.also if one.code == "D12"] == ["D12"]


def cells(study: Path) -> dict[str, tuple[str, str | None]]:
    return {one.id: (one.finding.code, one.column) for one in places(found(study)) if one.patient}


def test_ids_last_when_rows_move_and_the_file_is_renamed(tmp_path: Path) -> None:
    first = cells(write(tmp_path, spoilt()))
    assert len(first) == len(BAD) + 2
    table = spoilt()
    table.insert(0, [f"{SECRET}900", *table[0][1:]])
    random.Random(3).shuffle(table)
    assert cells(write(tmp_path, table, "another.csv", title="Fifty")) == first


def test_an_id_stays_when_the_other_cells_of_its_group_are_corrected(tmp_path: Path) -> None:
    first = cells(write(tmp_path, spoilt()))
    table = spoilt()
    table[3][1] = RIGHT[3]
    second = cells(write(tmp_path, table))
    assert set(second) < set(first)
    assert len(first) - len(second) == 1


def test_what_is_new_unchanged_and_gone(tmp_path: Path) -> None:
    study = write(tmp_path, spoilt())
    earlier = as_json(compared(found(study)))
    table = spoilt()
    table[3][1], table[35][5] = RIGHT[3], "large"
    rows_now = compared(found(write(tmp_path, table)), earlier)
    told = {(row.state, row.code, row.row) for row in rows_now.rows if row.patient}
    assert ("gone", "D06", 5) in told
    assert ("unchanged", "D06", 10) in told
    assert ("new", "D07", 37) in told
    write(tmp_path, spoilt())
    assert {row.state for row in compared(found(study), earlier).rows} == {"unchanged"}
    with pytest.raises(NotAnEarlierCheck):
        earlier_places(b'{"places": 3}', "x.json")
    with pytest.raises(NotAnEarlierCheck):
        earlier_places(b"\xff\xfe", "x.json")


def test_the_command_says_it_from_a_file(tmp_path: Path) -> None:
    study = write(tmp_path, spoilt())
    assert invoke("check", study, "--format", "json", "-o", tmp_path / "first.json").exit_code == 3
    document = json.loads((tmp_path / "first.json").read_text("utf-8"))
    assert document["exit_code"] == 3
    assert document["findings"]
    assert SECRET not in json.dumps(document)
    table = spoilt()
    table[3][1] = RIGHT[3]
    write(tmp_path, table)
    called = invoke("check", study, "--since", tmp_path / "first.json")
    assert called.exit_code == 3
    assert "Since the last check: 0 new, " in called.output
    assert ", 1 gone." in called.output
    (tmp_path / "other.json").write_text("[]", encoding="utf-8")
    refused = invoke("check", study, "--since", tmp_path / "other.json")
    assert refused.exit_code
    assert isinstance(refused.exception, NotAnEarlierCheck)


def test_sarif_has_what_the_standard_requires(tmp_path: Path) -> None:
    study = write(tmp_path, spoilt(), more='missing = ["?"]')
    everything = [
        *found(study),
        du.Finding("F09", du.Severity.ERROR, "x", where=du.read_study(study).place("treatment")),
    ]
    rows_now = compared(everything, as_json(compared(everything[:2])))
    log = json.loads(check_sarif(rows_now, all_rules(), "study.toml"))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    descriptors = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] == "durata"
    for one in descriptors:
        assert one["id"]
        assert one["shortDescription"]["text"]
        assert one["help"]["text"]
    assert len(run["results"]) == len(rows_now.rows)
    for result in run["results"]:
        assert descriptors[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"]
        assert result["baselineState"] in {"new", "unchanged", "absent"}
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] in {"people.csv", "study.toml"}
    last = next(one for one in run["results"] if one["ruleId"] == "F09")
    assert last["locations"][0]["physicalLocation"]["region"]["startLine"] == 7
    bad = next(one for one in run["results"] if one["ruleId"] == "D07")
    assert {one["kind"]: one["name"] for one in bad["locations"][0]["logicalLocations"]} == {
        "column": "size",
        "row": "13",
    }
    assert SECRET not in json.dumps(log)
    fingerprints = [one["partialFingerprints"]["durataId/v1"] for one in run["results"]]
    assert len(set(fingerprints)) == len(fingerprints)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_workbook_has_a_row_for_every_cell(tmp_path: Path, language: str) -> None:
    table = spoilt()
    table[21][6] = "=HYPERLINK(1)"
    study = write(tmp_path, table)
    with speaking(language):
        rows_now = compared(found(study))
        content = check_workbook(rows_now)
        assert check_workbook(rows_now) == content
    page = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    lines = list(page.iter_rows(min_row=2))
    assert len(lines) == len(rows_now.rows)
    assert page.freeze_panes == "A2"
    assert page.auto_filter.ref == f"A1:M{len(lines) + 1}"
    texts = {line[9].value for line in lines}
    assert {"2020-02-30", "<5", "Stomach", "2019-01-01", "999", "=HYPERLINK(1)"} <= texts
    assert [line[7].value for line in lines if line[3].value == "D06"] == [5, 10]
    assert all(cell.data_type != "f" for line in lines for cell in line)
    assert not any(SECRET in str(cell.value) for line in lines for cell in line)
    assert page["A1"].value == ("Id" if language == "en" else "标识")


def decided(text: str) -> str:
    """The file of decisions, filled in by a person."""
    return "\n\n".join(_decided(entry) for entry in text.split("\n\n"))


def _decided(entry: str) -> str:
    given = tomllib.loads(entry).get("fix")
    if not given:
        return entry
    k = given[0]["row"] - 2
    if k in RIGHT:
        return entry.replace('set = ""', f'set = "{RIGHT[k]}"')
    if k in (8, 30):
        reason = {8: "the start cannot be found", 30: "entered twice"}[k]
        return entry.replace('exclude = ""', f'exclude = "{reason}"')
    return entry.replace('accept = ""', 'accept = "measured twice"')


@pytest.fixture
def corrected(tmp_path: Path) -> Path:
    """A study with spoilt data and a file that decides on all of it."""
    study = write(tmp_path, spoilt())
    called = invoke("check", study, "--write-fixes", tmp_path / "fixes.toml")
    assert called.exit_code == 3
    text = (tmp_path / "fixes.toml").read_text("utf-8")
    assert SECRET not in text
    assert len(fixes_of(text.encode(), "fixes.toml").fixes) == len(BAD) + 2
    (tmp_path / "fixes.toml").write_text(decided(text), encoding="utf-8")
    return write(tmp_path, spoilt(), more='fixes = "fixes.toml"')


def test_decisions_give_what_corrections_in_the_source_give(corrected: Path) -> None:
    before = (corrected.parent / "people.csv").read_bytes()
    _, records = prepare(corrected)
    assert (corrected.parent / "people.csv").read_bytes() == before
    other = corrected.parent / "by hand"
    other.mkdir()
    table = spoilt()
    for k, text in RIGHT.items():
        table[k][HEADER.index(BAD[k][0])] = text
    kept = [row for k, row in enumerate(table) if k not in (8, 30)]
    _, expected = prepare(write(other, kept))
    assert records.identifiers == expected.identifiers
    for name, column in expected.dates.items():
        np.testing.assert_array_equal(records.dates[name], column)
    np.testing.assert_array_equal(records.numbers["size"], expected.numbers["size"])
    assert records.categories["site"].codes.tolist() == expected.categories["site"].codes.tolist()
    steps = {step.reason: step.excluded for step in records.flow.steps}
    assert steps["left out by decision: the start cannot be found"] == 1
    assert steps["left out by decision: entered twice"] == 1


def test_decisions_are_printed_with_their_hash(corrected: Path) -> None:
    finished = du.run(corrected)
    results = json.loads(finished.results())
    assert list(results["provenance"]["beside"]) == ["fixes.toml"]
    assert [one["reason"] for one in results["ignored"] if one["code"] == "D12"] == ["measured twice"]
    said = [str(one) for one in finished.contents.records.findings if one.code == "N09"]
    assert any("4 cell(s) were corrected" in one for one in said)
    page = finished.files(())["report.html"].decode("utf-8")
    for words in ("4 cell(s) were corrected", "the start cannot be found", "measured twice", "fixes.toml"):
        assert words in page
    assert SECRET not in page


def test_decisions_find_their_rows_after_others_were_inserted(corrected: Path) -> None:
    table = spoilt()
    table.insert(0, [f"{SECRET}900", *table[1][1:]])
    text = (corrected.parent / "fixes.toml").read_text("utf-8")
    (corrected.parent / "fixes.toml").write_text(text.replace('exclude = "entered twice"', 'exclude = ""'), "utf-8")
    table.pop(31)
    _, records = prepare(write(corrected.parent, table, more='fixes = "fixes.toml"'))
    assert str(records.day("start")[4]) == RIGHT[3]


def test_a_stale_decision_is_refused_at_its_place(corrected: Path) -> None:
    table = spoilt()
    table[11][5] = "<6"
    with pytest.raises(du.StudyError) as caught:
        prepare(write(corrected.parent, table, more='fixes = "fixes.toml"'))
    (stale,) = [one for one in caught.value.findings if one.code == "F10"]
    lines = (corrected.parent / "fixes.toml").read_text("utf-8").split("\n")
    assert stale.where is not None
    assert lines[(stale.where.line or 0) - 1] == 'found = "<5"'
    assert "row 13" in stale.message
    assert "size" in stale.message


def test_what_is_not_decided_stays_a_defect(tmp_path: Path) -> None:
    study = write(tmp_path, spoilt())
    with speaking("zh"):
        (tmp_path / "fixes.toml").write_text(fixes_text(compared(found(study)), "study.toml"), encoding="utf-8")
    before = {one.code for one in found(study)}
    assert {one.code for one in found(write(tmp_path, spoilt(), more='fixes = "fixes.toml"'))} == before | {"N09"}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[[fix]]\nid = "a"\ncode = "D06"\nfile = "p"\nrow = "3"\ncolumn = "c"', 5, "whole number"),
        ('[[fix]]\nid = "a"\ncode = "D06"\nfile = "p"\nrow = 3\ncolumn = "c"\nsett = "x"', 7, "unknown key"),
        ('[[fix]]\nid = "a"\ncode = "D06"\nfile = "p"\nrow = 3\ncolumn = "c"\nset = "x"', 1, "needs 'found'"),
        (
            '[[fix]]\nid = "a"\ncode = "D06"\nfile = "p"\nrow = 3\ncolumn = "c"\nexclude = "x"\naccept = "y"',
            1,
            "one decision",
        ),
        ('[[fix]]\nid = "a"\ncode = "D06', 3, "TOML"),
        ("[fixes]\n", 1, "unknown key"),
    ],
)
def test_mistakes_in_a_file_of_decisions_have_their_place(text: str, line: int, words: str) -> None:
    with pytest.raises(du.StudyError) as caught:
        fixes_of(text.encode(), "fixes.toml")
    one = caught.value.findings[0]
    assert one.where is not None
    assert (one.where.file, one.where.line) == ("fixes.toml", line)
    assert words in str(one)


def test_a_file_of_decisions_is_not_written_over(corrected: Path) -> None:
    before = (corrected.parent / "fixes.toml").read_bytes()
    assert invoke("check", corrected, "--write-fixes", corrected.parent / "fixes.toml").exit_code == 2
    assert (corrected.parent / "fixes.toml").read_bytes() == before


def test_a_workbook_needs_a_file(tmp_path: Path) -> None:
    study = write(tmp_path, spoilt())
    assert invoke("check", study, "--format", "xlsx").exit_code == 2
    assert invoke("check", study, "--format", "xlsx", "-o", tmp_path / "found.xlsx").exit_code == 3
    assert openpyxl.load_workbook(tmp_path / "found.xlsx").worksheets[0].max_row > len(BAD)
    refused = invoke("check", study, "--format", "sarif", "-o", tmp_path / "none" / "x.sarif")
    assert "cannot be written" in str(refused.exception)
