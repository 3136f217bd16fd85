"""What users meet: the public names, their documentation and examples, the command line and its pages."""

from __future__ import annotations

import ast
import doctest
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import durata

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("numpy", "scipy", "pandas", "matplotlib", "pydantic")


def python(program: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_public_names_are_those_that_type_checkers_see() -> None:
    tree = ast.parse(Path(inspect.getfile(durata)).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        str(name.asname): f"{node.module}"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    assert seen == durata._HOMES
    assert set(durata.__all__) == set(durata._HOMES)
    assert set(durata.__all__) <= set(dir(durata))


@pytest.mark.parametrize("name", durata.__all__)
def test_every_public_name_is_there_at_its_home(name: str) -> None:
    thing = getattr(durata, name)
    assert not isinstance(thing, ModuleType)
    assert thing.__name__ == name
    assert thing.__module__ == durata._HOMES[name]


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'kaplan_mayer'"):
        _ = durata.kaplan_mayer
    assert re.fullmatch(r"\d+\.\d+\.\d+", durata.__version__)


def test_importing_durata_loads_nothing_heavy() -> None:
    loaded = python(f"import sys, durata; print([name for name in {HEAVY!r} if name in sys.modules])")
    assert loaded == "[]"


def test_help_loads_nothing_heavy_and_is_quick() -> None:
    program = (
        "import sys, time\n"
        "sys.argv = ['durata', '--help']\n"
        "from durata.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0, end.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], time.process_time())\n"
    )
    loaded, _, seconds = python(program).splitlines()[-1].rpartition(" ")
    assert loaded == "[]"
    assert float(seconds) < 0.3 * SLACK_OF_A_BUSY_MACHINE


# Processor time also grows while other programs share the caches of the machine that runs the tests.
SLACK_OF_A_BUSY_MACHINE = 2


# Functions by the room they live in; read from the list of names, so that a broken module fails its own tests only.
FUNCTIONS = [name for name in durata.__all__ if name[0].islower()]
ESTIMATORS = [name for name in FUNCTIONS if durata._HOMES[name].startswith("durata.estimate.")]


@pytest.mark.parametrize("name", durata.__all__)
def test_every_public_thing_says_what_it_is(name: str) -> None:
    summary = (inspect.getdoc(getattr(durata, name)) or "").split("\n\n")[0].strip()
    assert len(summary) > 15, f"{name} has no summary"
    assert not summary.startswith(f"{name}("), f"{name} has a generated docstring"


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_estimator_names_its_reference(name: str) -> None:
    assert re.search(r"\b(?:19|20)\d\d\b", inspect.getdoc(getattr(durata, name)) or ""), (
        f"{name} names no author and year"
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_public_function_has_an_example_that_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    function = getattr(durata, name)
    known = {**vars(sys.modules[function.__module__]), "du": durata}
    examples = doctest.DocTestFinder(recurse=False).find(function, name, globs=known)
    assert any(test.examples for test in examples), f"{name} has no example"
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    failed = sum(runner.run(test, clear_globs=True).failed for test in examples)
    assert not failed, capsys.readouterr().out


def commands() -> list[str]:
    """The commands that --help lists."""
    done = subprocess.run(
        [sys.executable, "-m", "durata", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    listed = done.stdout.partition("Commands:")[2]
    return re.findall(r"^  ([a-z][\w-]*)  ", listed, re.MULTILINE)


def test_every_command_is_documented_and_every_documented_command_exists() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    there = commands()
    assert len(there) >= 6
    assert re.findall(r"^## durata ([\w-]+)$", page, re.MULTILINE) == there
    assert set(re.findall(r"\bdurata ((?!study\b)[a-z]+)(?= [a-z`\"./]|`|$)", commands_in(readme))) <= set(there)
    assert all(f"durata {command}" in readme for command in there)


def commands_in(markdown: str) -> str:
    """The code of a page: fenced blocks of the shell and inline code."""
    blocks = re.findall(r"```(?:sh|bash|console)?\n(.*?)```", markdown, re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", markdown)])


def test_the_version_is_the_same_everywhere() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {durata.__version__}\n" in citation
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)[0] == durata.__version__
