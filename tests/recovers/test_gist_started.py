"""The bundled study of everybody who started: its file is the seed's, and the emulation finds the truth in it."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import durata as du
from durata.records.records import Records
from durata.simulation.truth import known_truths
from durata.study.types import Study

ROOT = Path(__file__).parents[2]
FOLDER = du.example("gist-started").parent
TRUE_NAME = {"short": "short", "intermediate": "middle", "long": "long"}


@pytest.fixture(scope="module")
def read() -> tuple[Study, Records]:
    study = du.read_study(du.example("gist-started"))
    return study, du.read_records(study)


def test_the_file_is_what_the_seed_gives() -> None:
    script = ROOT / "scripts" / "make_gist_started.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_dates_are_possible() -> None:
    with (FOLDER / "gist-started.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1000
    assert len({row["patient_id"] for row in rows}) == 1000
    for row in rows:
        for name in ("surgery_date", "progression_date", "death_date"):
            assert not row[name] or row["imatinib_start_date"] <= row[name] <= row["last_contact_date"]
        if row["surgery_date"] and row["progression_date"]:
            assert row["surgery_date"] <= row["progression_date"]
        assert not row["death_date"] or row["death_date"] == row["last_contact_date"]
        assert row["death_date"] or row["last_contact_date"] == "2025-02-28"
        assert float(row["log2_size"]) == pytest.approx(np.log2(float(row["baseline_size_mm"])), abs=0.03)


def test_it_says_that_it_is_synthetic_wherever_it_appears() -> None:
    for name, word in (
        ("study.toml", "SYNTHETIC"),
        ("study.zh.toml", "SYNTHETIC"),
        ("README.md", "No patient in this"),
    ):
        assert word in (FOLDER / name).read_text(encoding="utf-8")
    assert "synthetic" in du.read_study(FOLDER / "study.toml").study.title
    assert "模拟患者" in du.read_study(FOLDER / "study.zh.toml").study.title


def test_the_emulation_finds_the_truth_and_the_grouping_is_too_good(read: tuple[Study, Records]) -> None:
    study, records = read
    courses, plan = du.declared_courses(study, records, "os"), du.declared_plan(study)
    drawn = du.emulated_bootstrap(courses, plan, replicates=100, seed=1, workers=1)
    truths = {name: known_truths()["optimum", "window", other].survival for name, other in TRUE_NAME.items()}
    rows = {row["group"]: row for row in du.emulated_intervals(drawn, at=60).rows() if row["term"] == "survival"}
    assert set(rows) == set(truths)
    for name, row in rows.items():
        assert row["conf_low"] < truths[name] < row["conf_high"]
        assert row["std_error"] < 0.07
    assert max(rows, key=lambda name: rows[name]["estimate"]) == max(truths, key=lambda name: truths[name])
    curves = du.kaplan_meier(du.observed(study, records, "os"), by="group")
    for row in curves.at([60 * study.study.month_days]).rows():
        assert row["estimate"] > truths[row["group"]] + 0.02


def test_its_readme_prints_these_truths_and_estimates(read: tuple[Study, Records]) -> None:
    study, records = read
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for ending in ("window", "natural", "uniform"):
        cells = [f"{known_truths()['optimum', ending, name].survival:.3f}" for name in TRUE_NAME.values()]
        assert f"| {' | '.join(cells)} |" in readme
    trial = du.emulate(du.declared_courses(study, records, "os"), du.declared_plan(study))
    found = [f"{row['estimate']:.3f}" for row in du.emulated_effects(trial).rows() if row["term"] == "survival"]
    assert f"{found[0]}, {found[1]} and {found[2]}" in readme
    curves = du.kaplan_meier(du.observed(study, records, "os"), by="group").at([60 * study.study.month_days])
    naive = [f"{row['estimate']:.3f}" for row in curves.rows()]
    assert f"{naive[0]}, {naive[1]} and {naive[2]}" in readme


def test_the_chinese_study_gives_the_same_numbers(read: tuple[Study, Records]) -> None:
    chinese = du.read_study(FOLDER / "study.zh.toml")
    trials = [
        du.emulate(du.declared_courses(study, records, "os"), du.declared_plan(study))
        for study, records in (read, (chinese, du.read_records(chinese)))
    ]
    numbers = [[row["estimate"] for row in du.emulated_effects(trial).rows()] for trial in trials]
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-12)


def test_the_rules_say_what_its_grouping_does_and_nothing_about_confounding(read: tuple[Study, Records]) -> None:
    verdicts = du.lint(*read)
    assert not [one for one in verdicts.findings if one.severity == "error"]
    beside = {one.code for one in verdicts.findings if "emulated trial" in one.message}
    assert beside == {"S01", "T01"}
    assert "X01" in verdicts.quiet
