"""Every kind of defect, planted at random cells of clean data, is reported at just these cells; clean data are quiet."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import durata as du
from durata.language.speaking import catalogue
from durata.rules.catalogue import data_rules
from durata.rules.runner import judge

STUDY = """\
[study]
title = "Planted defects"
data_cutoff = 2024-12-31
[data]
file = "people.csv"
id = "id"
on_defect = "{on_defect}"
[treatment]
name = "drug"
start = "start"
end = "end"
groups = [{{ name = "short", to = 3 }}, {{ name = "long", from = 3 }}]
[outcomes.death]
date = "last"
status = "dead"
event_codes = [1]
censor_codes = [0]
[outcomes.recurrence]
event = ["recurrence"]
censor = "seen"
[covariates.size]
unit = "mm"
range = [-99, 100000]
[covariates.site]
type = "category"
[covariates.sex]
type = "category"
levels = ["F", "M"]
[covariates.birth]
type = "date"
"""
HEADER = ["id", "start", "end", "last", "dead", "recurrence", "seen", "size", "site", "sex", "birth"]
N = 40
SITES = ("stomach", "duodenum", "jejunum", "rectum")


def clean() -> list[list[str]]:
    rows = []
    for k in range(N):
        month, day = k % 12 + 1, k % 27 + 1
        rows.append(
            [
                f"p{k:03d}", f"2020-{month:02d}-{day:02d}", f"2021-{month:02d}-{day:02d}", f"2023-{month:02d}-{day:02d}",
                str(k % 2), f"2022-{month:02d}-{day:02d}" if k % 4 == 0 else "", f"2022-{month:02d}-{day:02d}",
                f"{80 + (k * 7) % 41}.5", SITES[k % 4], "FM"[k % 2], f"19{50 + k % 30}-{month:02d}-{day:02d}",
            ]
        )  # fmt: skip
    return rows


def found(folder: Path, rows: list[list[str]], on_defect: str = "stop") -> list[du.Finding]:
    """What reading and the rules on data say."""
    out = io.StringIO()
    csv.writer(out).writerows([HEADER, *rows])
    (folder / "people.csv").write_text(out.getvalue(), encoding="utf-8")
    (folder / "study.toml").write_text(STUDY.format(on_defect=on_defect), encoding="utf-8")
    study = du.read_study(folder / "study.toml")
    try:
        records = du.read_records(study)
    except du.StudyError as refused:
        return list(refused.findings)
    return [*records.findings, *judge(data_rules(), {"study": study, "records": records}, {}).findings]


# Column, what is planted there, and the code it is reported under; {} stands for the clean text.
IN_CELLS = [
    ("start", "2020-02-30", "D06"),
    ("start", "5/4/2020", "D06"),
    ("end", "13/4/2021", "D06"),
    ("end", "5/4/21", "D06"),
    ("end", "21年5月4日", "D06"),
    ("last", "2023-05", "D06"),
    ("last", "2023年5月", "D06"),
    ("last", "45000", "D06"),
    ("last", "soon", "D06"),
    ("last", "9999-12-31", "D06"),
    ("seen", "{} 14:30", "D06"),
    ("seen", "#N/A", "D11"),
    ("size", "#VALUE!", "D11"),
    ("size", "{} cm", "D07"),
    ("size", "{} HU", "D07"),
    ("size", "<5", "D07"),
    ("size", "≥10", "D07"),
    ("size", "＜5", "D07"),
    ("size", "约5", "D07"),
    ("size", "8,5", "D07"),
    ("size", "1,085.5", "D07"),
    ("size", "6-10", "D07"),
    ("size", "10-Jun", "D07"),
    ("size", "6月10日", "D07"),
    ("size", "NaN", "D07"),
    ("size", "inf", "D07"),
    ("size", "1e309", "D07"),
    ("size", "large", "D07"),
    ("size", "-100", "D07"),
    ("sex", "f", "D08"),
    ("sex", "男", "D08"),
    ("sex", "2020-06-10", "D08"),
    ("dead", "2", "D08"),
    ("dead", "yes", "D08"),
]
positions = st.lists(st.integers(0, N - 1), min_size=1, max_size=4, unique=True).map(sorted)
few = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_clean_data_are_quiet(tmp_path: Path) -> None:
    assert found(tmp_path, clean()) == []


@pytest.mark.parametrize(("column", "planted", "code"), IN_CELLS)
@few
@given(people=positions, on_defect=st.sampled_from(["stop", "exclude"]))
def test_a_planted_cell_is_reported_at_its_cell(
    tmp_path: Path, column: str, planted: str, code: str, people: list[int], on_defect: str
) -> None:
    rows, k = clean(), HEADER.index(column)
    for person in people:
        rows[person][k] = planted.replace("{}", rows[person][k])
    said = found(tmp_path, rows, on_defect)
    assert {one.code for one in said} == {code}
    letter = "ABCDEFGHIJK"[k]
    expected = sorted((person + 2, f"{letter}{person + 2}") for person in people)
    assert sorted(cell[:2] for one in said for cell in one.evidence["cells"]) == expected
    assert sorted(person for one in said for person in one.people) == people
    assert all(one.where is not None and one.where.column == column for one in said)
    for one in said:
        assert one.what in catalogue("zh")
        assert not one.remedy or one.remedy in catalogue("zh") or one.remedy == "{near}"


@few
@given(people=positions, code=st.sampled_from(["999", "9999", "-9", "-99", "-1"]))
def test_planted_codes_for_unknown(tmp_path: Path, people: list[int], code: str) -> None:
    rows = clean()
    for person in people:
        rows[person][7] = code
    (said,) = found(tmp_path, rows)
    assert (said.code, said.people) == ("D12", tuple(people))
    assert said.what in catalogue("zh")


@few
@given(people=positions, word=st.sampled_from(["unknown", "不详", "未知", "?", "NK"]))
def test_planted_levels_for_unknown(tmp_path: Path, people: list[int], word: str) -> None:
    rows = clean()
    for person in people:
        rows[person][8] = word
    (said,) = found(tmp_path, rows)
    assert (said.code, said.people) == ("D12", tuple(people))


@settings(few, max_examples=20)
@given(people=positions, larger=st.booleans())
def test_planted_values_in_another_unit(tmp_path: Path, people: list[int], larger: bool) -> None:
    rows = clean()
    for person in people:
        rows[person][7] = repr(float(rows[person][7]) * 10 if larger else float(rows[person][7]) / 10)
    (said,) = found(tmp_path, rows)
    assert (said.code, said.people, said.evidence["factor"]) == ("D13", tuple(people), 10.0)
    assert said.what in catalogue("zh")


@settings(few, max_examples=25)
@given(
    person=st.integers(0, N - 1),
    change=st.sampled_from([str.upper, str.title, lambda s: s[:3] + " " + s[3:], lambda s: s[:2] + s[3:],
                            lambda s: s.replace("o", "о").replace("e", "е"), lambda s: s[:2] + s[3] + s[2] + s[4:]]),
)  # fmt: skip
def test_planted_spellings(tmp_path: Path, person: int, change) -> None:
    rows = clean()
    rows[person][8] = change(rows[person][8])
    said = found(tmp_path, rows)
    assert [(one.code, one.people) for one in said] == [("D14", (person,))]
    assert said[0].what in catalogue("zh")


@few
@given(people=positions)
def test_planted_deaths_without_a_date(tmp_path: Path, people: list[int]) -> None:
    rows = clean()
    for person in people:
        rows[person][3], rows[person][4] = "", "1"
    said = found(tmp_path, rows)
    assert [(one.code, one.people) for one in said] == [("D16", tuple(people))]
    assert said[0].what in catalogue("zh")


@few
@given(people=positions)
def test_planted_births_after_treatment(tmp_path: Path, people: list[int]) -> None:
    rows = clean()
    for person in people:
        rows[person][10] = "2020-12-31"
    said = found(tmp_path, rows)
    assert {one.code for one in said} == {"D17"}
    assert sorted({person for one in said for person in one.people}) == people
    assert all(one.severity is du.Severity.ERROR and one.where is not None for one in said)


@few
@given(people=positions)
def test_planted_last_contacts_at_one_date(tmp_path: Path, people: list[int]) -> None:
    """Everybody without a recurrence has one date, but for some who keep their own."""
    rows = clean()
    for person, row in enumerate(rows):
        if not row[5] and person not in people:
            row[6] = "2022-12-31"
    said = found(tmp_path, rows)
    expected = tuple(k for k, row in enumerate(rows) if row[6] == "2022-12-31")
    assert [(one.code, one.people) for one in said] == [("D15", expected)]
    assert said[0].what in catalogue("zh")
