"""Whatever is wrong in a study, patient, decision or figures file is said in findings; nothing else is ever raised."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzzing import (
    Choose,
    audit_says_something,
    broken_table,
    broken_text,
    cases,
    check_says_something,
    write_broken_figures,
    write_broken_study,
)

FUZZ = Path(__file__).parents[2] / "scripts" / "fuzz.py"
slow = [HealthCheck.too_slow, HealthCheck.data_too_large]


def chooser(data: st.DataObject) -> Choose:
    return lambda n: data.draw(st.integers(0, n - 1))


@settings(max_examples=60, deadline=None, suppress_health_check=slow)
@given(st.data())
def test_a_broken_study_is_checked_or_refused_in_words(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        told = check_says_something(write_broken_study(Path(name), chooser(data)))
        assert len(told.split()) > 3
        assert "Traceback" not in told


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_broken_figures_are_audited_or_refused_in_words(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        assert len(audit_says_something(write_broken_figures(Path(name), chooser(data))).split()) > 3


def test_what_is_broken_differs_from_what_it_was() -> None:
    assert len(cases()) > 80
    assert broken_text(b"abcdef", lambda n: n // 2) != b"abcdef"
    for kind in range(6):
        chosen = iter([kind, 1, 1, 0])
        assert broken_table("a,b\n1,2\n", lambda _, chosen=chosen: next(chosen)) != "a,b\n1,2\n"  # type: ignore[misc]


def test_an_error_of_ours_passes_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("fuzzing.check", fails)
    with pytest.raises(ZeroDivisionError):
        check_says_something(tmp_path / "study.toml")


def test_without_atheris_the_command_says_so_and_what_to_do() -> None:
    if importlib.util.find_spec("atheris") is not None:
        pytest.skip("atheris is installed here")
    done = subprocess.run([sys.executable, str(FUZZ)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("atheris is not installed")
    assert "--random 500" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_tries_inputs_at_random() -> None:
    done = subprocess.run([sys.executable, str(FUZZ), "--random", "25"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("25 inputs of seed 1: findings or refusals in words")
