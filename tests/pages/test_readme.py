"""The README tells the truth: its Python runs, its study file is a study, its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import durata as du

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")

PATIENTS = """\
patient,first_dose,surgery,death_date,last_contact
P015,2019-03-01,2019-06-10,,2024-01-05
P016,2019-04-02,2020-02-11,2021-08-30,2021-08-30
P017,2019-04-20,2019-12-01,,2023-12-19
P018,2019-05-06,2019-09-30,2020-11-02,2020-11-02
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_its_python_runs(capsys: pytest.CaptureFixture[str]) -> None:
    [program] = blocks("python")
    exec(compile(program, "README.md", "exec"), {})
    assert "T01" in capsys.readouterr().out


def test_its_study_file_describes_a_patient_file(tmp_path: Path) -> None:
    [text] = blocks("toml")
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    (tmp_path / "patients.csv").write_text(PATIENTS, encoding="utf-8")
    study = du.read_study(tmp_path / "study.toml")
    records = du.read_records(study)
    assert len(records) == 4
    assert len(du.observed(study, records, "death")) == 4


@pytest.mark.parametrize("page", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "DATA_LICENSES.md"])
def test_links_between_pages_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (ROOT / target).exists(), f"{page} links to {target}, which is not there"


def test_nothing_that_is_written_carries_an_identifier(tmp_path: Path) -> None:
    stanford = du.example("stanford").parent
    header, *patients = (stanford / "stanford.csv").read_text(encoding="utf-8").splitlines()
    assert header.startswith("id,")
    marked = "\n".join([header, *(f"HOSPITAL-NUMBER-{patient}" for patient in patients)])
    (tmp_path / "stanford.csv").write_text(marked, encoding="utf-8")
    (tmp_path / "study.toml").write_text((stanford / "study.toml").read_text(encoding="utf-8"), encoding="utf-8")
    files = du.run(tmp_path / "study.toml").files()
    assert files
    for name, content in files.items():
        assert b"HOSPITAL-NUMBER" not in content, name
        assert str(tmp_path).encode() not in content, f"{name} names a folder of this computer"
