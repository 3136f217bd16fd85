"""dev.py, which people meet first: it needs nothing, and says in plain words what stands in the way."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

DEV = Path(__file__).resolve().parents[2] / "dev.py"


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """dev.py, its repository moved to an empty folder with small lock files."""
    spec = importlib.util.spec_from_file_location("dev", DEV)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "STAMP", tmp_path / ".venv" / "durata-stamp.txt")
    for name in ("SCRIPTS", "PYTHON", "DURATA"):
        monkeypatch.setattr(module, name, tmp_path / getattr(module, name).relative_to(DEV.parent))
    for name in {lock for locks in module.LOCKS.values() for lock in locks}:
        (tmp_path / name).write_text("numpy==2.4.6 \\\n    --hash=sha256:00\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    return module


def test_it_needs_the_standard_library_only_and_old_pythons_can_read_it() -> None:
    tree = ast.parse(DEV.read_text(encoding="utf-8"), feature_version=(3, 7))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("version", [(3, 10, 13), (3, 15, 0), (2, 7, 18)])
def test_another_python_is_refused_with_the_versions_that_work(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], version: tuple[int, int, int]
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    assert dev.main(["demo"]) == 2
    said = capsys.readouterr()
    assert "durata runs on Python 3.11 to 3.14; this is Python " + ".".join(map(str, version)) in said.err
    assert said.out == ""


def ready(dev: ModuleType, kind: str) -> None:
    dev.SCRIPTS.mkdir(parents=True, exist_ok=True)
    dev.PYTHON.touch()
    dev.DURATA.touch()
    dev.STAMP.write_text(f"{kind}\n{dev.fingerprint()}\n")


def test_an_environment_that_fits_is_used_at_once(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not dev.is_ready("run")
    ready(dev, "run")
    assert dev.is_ready("run")
    assert not dev.is_ready("dev")
    ready(dev, "dev")
    assert dev.is_ready("run")
    assert dev.is_ready("dev")

    def unexpected(*_: object) -> None:
        raise AssertionError("nothing is to be installed")

    monkeypatch.setattr(dev, "install", unexpected)
    dev.set_up("dev")


@pytest.mark.parametrize("change", ["lock", "project", "python", "broken stamp", "script gone"])
def test_any_change_makes_it_set_up_again(dev: ModuleType, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    ready(dev, "dev")
    if change == "lock":
        (dev.ROOT / "requirements.lock").write_text("numpy==2.4.7\n")
    elif change == "project":
        (dev.ROOT / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    elif change == "python":
        monkeypatch.setattr(sys, "version", "3.11.99 (another build)")
    elif change == "broken stamp":
        dev.STAMP.write_text("dev")
    else:
        dev.DURATA.unlink()
    assert not dev.is_ready("dev")


def test_what_is_no_environment_is_not_removed(dev: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    dev.VENV.mkdir()
    (dev.VENV / "thesis.txt").write_text("mine")
    assert dev.main(["test"]) == 2
    assert "is no virtual environment" in capsys.readouterr().err
    assert (dev.VENV / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("Max retries exceeded ... NameResolutionError(...)", "seems to be offline"),
        ("error: error sending request: dns error: failed to lookup", "seems to be offline"),
        ("ERROR: No matching distribution found for numpy==2.4.6", "no ready-made build of numpy==2.4.6"),
        ("ERROR: something else entirely", "Installing failed"),
    ],
)
def test_a_failing_installer_is_put_into_words(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, output: str, words: str
) -> None:
    program = f"print({output!r}); raise SystemExit(1)"
    monkeypatch.setattr(dev, "installer", lambda: [sys.executable, "-c", program])
    with pytest.raises(dev.Trouble, match=words):
        dev.install(["-r", "requirements.lock"], 1)


def test_progress_counts_each_package_once_on_stderr(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = (
        "Collecting numpy==2.4.6 (from -r requirements.lock (line 1))\n"
        "  Downloading numpy-2.4.6-cp311-cp311-manylinux_2_28_x86_64.whl (16.6 MB)\n"
        "Collecting scipy==1.17.1\nInstalling collected packages: numpy, scipy\n"
    )
    monkeypatch.setattr(dev, "installer", lambda: [sys.executable, "-c", f"print({output!r})"])
    dev.install([], 2)
    said = capsys.readouterr()
    assert said.out == ""
    assert [line.strip() for line in said.err.splitlines()] == ["1 of 2: numpy", "2 of 2: scipy", "installing"]


def test_settings_that_would_put_packages_elsewhere_do_not_reach_pip(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    environment = dev.clean_environment()
    assert "elsewhere" not in environment.values()
    assert environment["PIP_USER"] == "0"
    assert environment["NO_COLOR"] == "1"


def test_without_pip_ensurepip_and_uv_it_says_what_to_install(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev, "outside_installer", lambda: None)
    monkeypatch.setattr(dev, "succeeds", lambda command: False)
    assert dev.main(["demo"]) == 2
    assert "sudo apt install python3-venv" in capsys.readouterr().err


def test_an_environment_that_was_moved_is_noticed(dev: ModuleType, tmp_path: Path) -> None:
    dev.VENV.mkdir()
    configuration = dev.VENV / "pyvenv.cfg"
    configuration.write_text(f"version = 3.11\ncommand = python3 -m venv --without-pip {dev.VENV}\n")
    assert not dev.moved()
    configuration.write_text(f"version = 3.11\ncommand = python3 -m venv {tmp_path / 'old place' / '.venv'}\n")
    assert dev.moved()
