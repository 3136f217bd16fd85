"""The bundled cohort as a Chinese workbook, a gb18030 text and an SPSS file: every number of the results is the same bit for bit."""

from __future__ import annotations

import csv
import datetime
import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyreadstat
import pytest

import durata as du
from durata.pipeline import run
from durata.study.file import read_study

COLUMNS = {
    "patient_id": "患者编号", "centre": "中心", "sex": "性别", "age_at_start": "年龄", "ecog": "体力状况", "primary_site": "原发部位",
    "genotype": "基因型", "tki_start_date": "开始服药日期", "surgery_date": "手术日期", "recurrence_date": "复发日期",
    "death_date": "死亡日期", "last_contact_date": "末次随访日期", "baseline_size_mm": "基线最大径", "preop_size_mm": "术前最大径",
    "approach": "手术入路", "rupture": "肿瘤破裂", "bleeding_at_start": "出血", "resectability_at_start": "可切除性",
}  # fmt: skip
WORDS = {
    "sex": {"F": "女", "M": "男"},
    "primary_site": {
        "stomach": "胃",
        "jejunum_ileum": "空回肠",
        "duodenum": "十二指肠",
        "rectum": "直肠",
        "EGIST": "胃肠外",
    },
    "bleeding_at_start": {"no": "否", "yes": "是"},
    "approach": {"open": "开腹", "laparoscopic": "腹腔镜", "converted": "中转开腹"},
}


@pytest.fixture(scope="module")
def english() -> tuple[Path, list[list[str]], dict[str, Any]]:
    """The folder of the bundled study, the rows of its file, and its results."""
    study = Path(du.example("gist"))
    with (study.parent / "gist.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return study, rows, results(study)


def results(study: Path) -> dict[str, Any]:
    """results.json without the names and hashes of files, and without what is said of the form of the file."""
    found: dict[str, Any] = json.loads(run(study).files()["results.json"])
    for key in ("data_file", "data_sha256", "study_file", "study_sha256", "beside"):
        found["provenance"].pop(key, None)
    found["findings"] = [one for one in found["findings"] if not re.match(r"N0[78]|N10|D03", str(one.get("code")))]
    for one in found["findings"]:
        one.pop("where", None)
    found["study"] = {key: value for key, value in found["study"].items() if key != "data"}
    return found


def chinese(rows: list[list[str]]) -> list[list[str]]:
    """The rows with Chinese names of columns and Chinese words for some levels."""
    header = rows[0]
    words = [WORDS.get(name, {}) for name in header]
    named = [COLUMNS.get(name, name) for name in header]
    return [named, *([word.get(cell, cell) for word, cell in zip(words, row, strict=True)] for row in rows[1:])]


def declared(study: Path, folder: Path, file: str, extra: str = "", *, worded: bool = True) -> Path:
    """The bundled study with another file, its names and words mapped."""
    text = study.read_text(encoding="utf-8").replace('file = "gist.csv"', f'file = "{file}"\n{extra}')
    if worded:
        text += "\n[data.rename]\n" + "".join(f'"{new}" = "{old}"\n' for old, new in COLUMNS.items())
        before = read_study(study).data.values
        for name, levels in WORDS.items():
            mapped = {new: before.get(name, {}).get(old, old) for old, new in levels.items()}
            lines = "".join(f'"{new}" = "{level}"\n' for new, level in mapped.items())
            heading = f"[data.values.{name}]\n"
            text = text.replace(heading, heading + lines) if heading in text else text + heading + lines
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def typed(name: str, text: str) -> object:
    """A cell as a spreadsheet holds it: numbers and dates typed, empty cells empty, identifiers as text."""
    if not text:
        return None
    if name == "patient_id":
        return text
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return datetime.date.fromisoformat(text)
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text


def test_a_chinese_workbook_with_title_and_totals(english, tmp_path: Path) -> None:
    study, rows, expected = english
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    table = chinese(rows)
    page.append(["胃肠间质瘤术前伊马替尼随访表"])
    page.append(table[0])
    for row in table[1:]:
        page.append([typed(name, cell) for name, cell in zip(rows[0], row, strict=True)])
    page.append(["合计", None, None, 171])
    book.save(tmp_path / "随访.xlsx")
    assert results(declared(study, tmp_path, "随访.xlsx")) == expected


def test_a_chinese_text_in_gb18030(english, tmp_path: Path) -> None:
    study, rows, expected = english
    text = "\r\n".join(",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in chinese(rows))
    (tmp_path / "cohort.csv").write_bytes(text.encode("gb18030"))
    assert results(declared(study, tmp_path, "cohort.csv", 'encoding = "gb18030"')) == expected


def test_an_spss_file_with_labels(english, tmp_path: Path) -> None:
    """Levels are stored as numbers, and their Chinese words are value labels."""
    study, rows, expected = english
    table = chinese(rows)
    cells = {
        new: [typed(old, row[k]) for row in table[1:]]
        for k, (old, new) in enumerate(zip(rows[0], table[0], strict=True))
    }
    frame = pd.DataFrame({name: pd.Series(column, dtype=object) for name, column in cells.items()})
    labels = {}
    for old, levels in WORDS.items():
        codes = {word: float(k) for k, word in enumerate(levels.values(), start=1)}
        frame[COLUMNS[old]] = pd.to_numeric(frame[COLUMNS[old]].map(codes))
        labels[COLUMNS[old]] = {code: word for word, code in codes.items()}
    formats = {}
    for old, new in zip(rows[0], table[0], strict=True):
        if old.endswith("date"):
            formats[new] = "DATE11"
        elif new not in labels and all(cell is None or isinstance(cell, float) for cell in cells[new]):
            frame[new] = pd.to_numeric(frame[new])
        elif new not in labels:
            frame[new] = frame[new].map(lambda cell: "" if cell is None else str(cell))
    pyreadstat.write_sav(frame, str(tmp_path / "cohort.sav"), variable_value_labels=labels, variable_format=formats)
    assert results(declared(study, tmp_path, "cohort.sav")) == expected


def test_a_chinese_study_tries_gb18030_undeclared_and_an_english_one_does_not(english, tmp_path: Path) -> None:
    study, rows, _ = english
    text = "\n".join(",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in chinese(rows))
    (tmp_path / "cohort.csv").write_bytes(text.encode("gb18030"))
    path = declared(study, tmp_path, "cohort.csv")
    with pytest.raises(du.StudyError, match="the file is not UTF-8"):
        du.read_records(du.read_study(path))
    path.write_text(
        path.read_text(encoding="utf-8").replace("[study]", '[study]\nlanguage = "zh"', 1), encoding="utf-8"
    )
    records = du.read_records(du.read_study(path))
    assert records.source.encoding == "gb18030"
    assert len(records) == 171
