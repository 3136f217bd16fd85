"""Every rule has a page, every page a rule; the page's own examples are reported and quiet as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import durata as du
from durata.records.codes import CODES as READING
from durata.rules.catalogue import all_rules
from durata.rules.runner import Verdicts

PAGES = Path(__file__).parents[2] / "docs" / "rules"
CODES = sorted(all_rules())


def section(page: str, heading: str) -> str:
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", page, flags=re.MULTILINE | re.DOTALL)
    assert found, f"the page has no section {heading!r}"
    return found.group(1)


def block(text: str, language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    assert found, f"the section has no {language} block"
    return found.group(1)


def read(example: str, folder: Path) -> tuple[du.Finding, ...]:
    """What reading the example's file says, whether it stops there or not."""
    (folder / "study.toml").write_text(block(example, "toml"), encoding="utf-8")
    (folder / "patients.csv").write_text(block(example, "csv"), encoding="utf-8")
    try:
        return du.read_records(du.read_study(folder / "study.toml")).findings
    except du.StudyError as refused:
        return refused.findings


def judged(example: str, folder: Path) -> Verdicts:
    (folder / "study.toml").write_text(block(example, "toml"), encoding="utf-8")
    (folder / "patients.csv").write_text(block(example, "csv"), encoding="utf-8")
    study = du.read_study(folder / "study.toml")
    return du.lint(study, du.read_records(study))


def test_pages_and_rules_match_one_to_one() -> None:
    assert sorted(page.stem for page in PAGES.glob("[A-Z]*.md")) == sorted([*CODES, *READING])


@pytest.mark.parametrize("code", sorted(READING))
def test_page_of_what_reading_finds(code: str, tmp_path: Path) -> None:
    page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {code} {READING[code][0]}\n\n{READING[code][1]}\n")
    for heading in ("Why it misleads", "When it is right to ignore it", "Reference"):
        assert section(page, heading).strip()
    assert {one.code for one in read(section(page, "Reported"), tmp_path)} == {code}
    assert code not in {one.code for one in read(section(page, "Quiet"), tmp_path)}


@pytest.mark.parametrize("code", CODES)
def test_page_says_what_the_rule_is(code: str) -> None:
    page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {code} {all_rules()[code].name}\n")
    for heading in ("Why it misleads", "When it is right to ignore it", "Reference"):
        assert section(page, heading).strip()


@pytest.mark.parametrize("code", CODES)
def test_reported_example_is_reported(code: str, tmp_path: Path) -> None:
    page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    assert code in {finding.code for finding in judged(section(page, "Reported"), tmp_path).findings}


@pytest.mark.parametrize("code", CODES)
def test_quiet_example_is_quiet(code: str, tmp_path: Path) -> None:
    page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    verdicts = judged(section(page, "Quiet"), tmp_path)
    assert code in verdicts.quiet, verdicts.not_judged.get(code, "it was reported")
