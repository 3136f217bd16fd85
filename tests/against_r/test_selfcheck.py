"""The comparisons that ship with durata: they hold, they are R's, a wrong number fails, and the record says what was done."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from reference import HERE, _read

from durata.cli.entry import durata
from durata.selfcheck import golden_values
from durata.selfcheck.checks import CHECKS
from durata.selfcheck.compared import Compared, compared
from durata.selfcheck.installation import fingerprint, installed
from durata.selfcheck.record import as_record, as_text, selfcheck


@pytest.fixture
def no_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("durata.selfcheck.record.made_ready", lambda: "not asked")


def nothing() -> Iterator[Compared]:
    yield compared("cox", "one", "given", [1.0], [1.0])


@pytest.mark.parametrize("family", list(CHECKS))
def test_every_family_holds(family: str) -> None:
    found = list(CHECKS[family]())
    assert found
    assert [(one.function, one.quantity, one.data, one.difference) for one in found if not one.holds] == []


def test_what_ships_is_what_r_said() -> None:
    def inside(part: object, whole: object) -> None:
        if isinstance(part, dict):
            assert isinstance(whole, dict)
            for key, value in part.items():
                inside(value, whole[key])
        else:
            assert part == whole

    for file, of_file in golden_values._everything().items():
        whole = _read(file)
        rows = (
            whole
            if isinstance(whole, list)
            else [row for rows in whole.values() if isinstance(rows, list) for row in rows]
        )
        by_id = {row["id"]: row for row in rows if isinstance(row, dict) and "id" in row}
        for name, one in of_file.items():
            if name in by_id and "expected" in one:
                inside(one["expected"], by_id[name]["expected"])
    for path in golden_values.HERE.glob("*.csv"):
        assert path.read_bytes() == (HERE / "data" / path.name).read_bytes()
    assert sum(path.stat().st_size for path in golden_values.HERE.iterdir()) < 400_000


@pytest.mark.usefixtures("no_compiling")
def test_a_wrong_number_fails_and_is_named() -> None:
    right = compared("cox", "coefficients", "lung", [1.0, 2.0], [1.0, 2.0])
    assert right.holds
    for found in ([1.0, 2.0 + 1e-6], [1.0], [1.0, np.nan]):
        wrong = replace(right, found=np.array(found))
        assert not wrong.holds
        checked = selfcheck({"Cox models": lambda wrong=wrong: iter([right, wrong])}, nothing)
        assert not checked.holds
        assert "cox, coefficients, lung" in as_text(checked)
    assert not compared("cox", "nothing", "lung", [], []).holds
    assert compared("cox", "not reached", "lung", [None, np.inf], [None, "Inf"]).holds


@pytest.mark.usefixtures("no_compiling")
def test_a_family_that_breaks_is_said() -> None:
    def breaks() -> Iterator[Compared]:
        raise ValueError("no such file")

    checked = selfcheck({"Cox models": breaks}, nothing)
    assert not checked.holds
    assert "Cox models broke: ValueError: no such file" in as_text(checked)
    assert as_record(checked)["broke"] == {"Cox models": "ValueError: no such file"}


def test_the_fingerprint_changes_with_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(golden_values.HERE, tmp_path / "golden")
    monkeypatch.setattr("durata.selfcheck.installation.PACKAGE", tmp_path)
    before, count = fingerprint()
    assert count == len(list(golden_values.HERE.iterdir()))
    (tmp_path / "golden" / "lung.csv").write_text("time\n", encoding="utf-8")
    assert fingerprint() != (before, count)
    assert installed().packages["numpy"] == np.__version__


@pytest.mark.usefixtures("no_compiling")
def test_kernels_that_cannot_be_compiled_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks() -> str:
        raise RuntimeError("no compiler")

    monkeypatch.setattr("durata.selfcheck.record.made_ready", breaks)
    checked = selfcheck({"Cox models": nothing}, nothing)
    assert not checked.holds
    assert "machine code broke: RuntimeError: no compiler" in as_text(checked)


@pytest.mark.parametrize(("language", "passed", "failed"), [("en", "passed", "FAILED"), ("zh", "通过", "未通过")])
def test_the_command_writes_a_dated_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, passed: str, failed: str
) -> None:
    file = tmp_path / "filed" / "record.json"
    asked = ["selfcheck", "--language", language, "--output", str(file)]
    done = CliRunner().invoke(durata, asked)
    assert done.exit_code == 0, done.output
    record = json.loads(file.read_text(encoding="utf-8"))
    assert record["holds"]
    assert record["seconds"] < 60
    assert set(record["operation"]) == set(CHECKS)
    assert record["at"][:2] == "20"
    text = file.with_suffix(".txt").read_text(encoding="utf-8")
    assert failed not in text
    assert passed in text
    assert len(record["performance"]["comparisons"]) == len(golden_values.demonstration())

    monkeypatch.setattr("durata.selfcheck.record.made_ready", lambda: "not asked")
    changed = {name: [value + 1.0 for value in numbers] for name, numbers in golden_values.demonstration().items()}
    monkeypatch.setattr("durata.selfcheck.demonstration.demonstration", lambda: changed)
    done = CliRunner().invoke(durata, asked)
    assert done.exit_code == 1
    assert failed in done.output
