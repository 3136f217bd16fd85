"""Columns that tell who the patients are: each kind is found by name or content, and nothing of them is shown anywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import durata as du
from durata.language.speaking import speaking
from durata.pipeline import check
from durata.records.personal import by_cells, by_header
from durata.records.privacy import CHECKS, WEIGHTS
from durata.report.check_sarif import check_sarif
from durata.report.check_workbook import check_workbook
from durata.report.fixes_text import fixes_text
from durata.report.since import as_json, compared
from durata.rules.catalogue import all_rules

STUDY = """\
[study]
title = "Twelve people"
[data]
file = "people.csv"
id = "{id}"
[treatment]
name = "drug"
start = "start"
end = "end"
groups = [{{ name = "short", to = 6 }}, {{ name = "long", from = 6 }}]
[outcomes.death]
event = ["death"]
censor = "seen"
{more}"""


def identity(k: int) -> str:
    """A number with the right check character of a district that does not exist."""
    body = f"00000019000101{k:03d}"
    return body + CHECKS[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]


CONTENT = {
    "identity number": [identity(k) for k in range(12)],
    "telephone number": [f"139000000{k:02d}" for k in range(12)],
    "name": [f"王{first}" for first in "甲乙丙丁戊己庚辛壬癸子丑"],
    "free text": [f"secret remark number {k} of the ward" for k in range(12)],
}
CODES = {
    "identity number": "I01",
    "telephone number": "I02",
    "name": "I03",
    "hospital number": "I04",
    "free text": "I05",
}
HEADERS = {
    "identity number": ["身份证号", "ID card", "证件号码", "national_id"],
    "telephone number": ["联系电话", "Mobile.phone", "手机", "tel"],
    "name": ["姓名", "Patient_name", "患者名"],
    "hospital number": ["住院号", "MRN", "病案号", "medical record"],
    "free text": ["备注", "home address", "既往病史", "remarks"],
}


def write(folder: Path, column: str, texts: list[str], more: str, identifier: str = "patient") -> Path:
    lines = [f"patient,start,end,death,seen,{column}"]
    for k, text in enumerate(texts):
        end = "2020-12-01" if k % 2 else "2020-03-01"
        lines.append(f"{k + 1},2020-01-{k + 1:02d},{end},{'2022-05-05' if k % 3 else ''},2022-05-05,{text}")
    (folder / "people.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "study.toml").write_text(STUDY.format(id=identifier, more=more), encoding="utf-8")
    return folder / "study.toml"


def found(study: Path) -> list[du.Finding]:
    try:
        return list(check(study).findings)
    except du.StudyError as refused:
        return [*refused.findings, *refused.also]


def everything(findings: list[du.Finding]) -> str:
    rows = compared(findings)
    told = [check_sarif(rows, all_rules(), "study.toml"), json.dumps(as_json(rows), ensure_ascii=False)]
    told += [
        fixes_text(rows, "study.toml"),
        repr(check_workbook(rows)),
        *(f"{one} {dict(one.evidence)}" for one in findings),
    ]
    return "\n".join(told)


@pytest.mark.parametrize("kind", CONTENT)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_covariate_of_personal_cells_is_found_and_not_shown(tmp_path: Path, kind: str, language: str) -> None:
    """By its content, under a header that says nothing (names under one that says so), as a category."""
    header = "姓名" if kind == "name" else "field"
    more = f'[covariates.x]\ncolumn = "{header}"\ntype = "category"\n'
    with speaking(language):
        said = found(write(tmp_path, header, CONTENT[kind], more))
    (one,) = [one for one in said if one.code == CODES[kind]]
    assert one.severity is (du.Severity.WARNING if kind == "free text" else du.Severity.ERROR)
    assert not any(text in everything(said) for text in CONTENT[kind])


@pytest.mark.parametrize("kind", ["identity number", "telephone number"])
def test_identifiers_that_are_personal_are_a_warning(tmp_path: Path, kind: str) -> None:
    said = found(write(tmp_path, "field", CONTENT[kind], "", identifier="field"))
    assert [(one.code, str(one.severity)) for one in said if one.code.startswith("I")] == [(CODES[kind], "warning")]
    assert not any(text in everything(said) for text in CONTENT[kind])


@pytest.mark.parametrize("kind", CONTENT)
def test_defective_cells_of_a_personal_column_are_not_shown(tmp_path: Path, kind: str) -> None:
    header = "姓名" if kind == "name" else "field"
    more = f'[covariates.x]\ncolumn = "{header}"\ntype = "category"\nlevels = ["a", "b"]\n'
    said = found(write(tmp_path, header, CONTENT[kind], more))
    assert "D08" in {one.code for one in said}
    assert not any(text in everything(said) for text in CONTENT[kind])


@pytest.mark.parametrize(("kind", "header"), [(kind, one) for kind, headers in HEADERS.items() for one in headers])
def test_a_column_that_is_not_read_is_named(tmp_path: Path, kind: str, header: str) -> None:
    assert by_header(header) == kind
    texts = [f"canary-{k}" for k in range(12)]
    said = found(write(tmp_path, header, texts, ""))
    (one,) = [one for one in said if one.code.startswith("I")]
    assert (one.code, str(one.severity)) == (CODES[kind], "info")
    assert header in one.message
    assert "canary" not in everything(said)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("site", ["stomach", "rectum", "small bowel"]),
        ("部位", ["胃", "小肠", "直肠", "结肠"]),
        ("手术", ["高位结扎", "全胃切除", "胃楔形切除"] * 10),
        ("size", [str(k) for k in range(100)]),
        ("number", ["110105194912310021", "110105194912310022"]),
        ("date", ["20200101", "20200102"]),
        ("platelets", ["13900000000.5"]),
        ("name of drug", ["Imatinib", "Sunitinib"]),
    ],
)
def test_what_is_not_personal_is_left_alone(header: str, cells: list[str]) -> None:
    assert by_cells(header, cells) == (None, 0)


def test_identity_numbers_of_the_old_form() -> None:
    assert by_cells("field", [f"110105491231{k:03d}" for k in range(5)])[0] == "identity number"


# Every warning of the rules on data in the bundled cohorts, and why it is right there.
JUSTIFIED: dict[str, dict[str, str]] = {"gist": {}, "stanford": {}}


@pytest.mark.parametrize("name", sorted(JUSTIFIED))
def test_clean_cohorts_have_no_errors_in_their_data(name: str) -> None:
    said = [one for one in found(Path(du.example(name))) if one.code[0] in "DI"]
    assert not [one for one in said if one.severity is du.Severity.ERROR]
    warned = {one.code for one in said if one.severity is du.Severity.WARNING}
    assert warned == set(JUSTIFIED[name])
