"""The rules of the house that a machine can check: one-way imports, short files, telling names, no dangerous calls."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from layers import LAYERS, OUTSIDE, SOURCE, layer, modules, sentence

ROOT = SOURCE.parent.parent
MODULES = modules()
LONGEST = 400
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "misc"}

# Who may know these libraries: a dataframe at the borders only, drawing in one room only.
WELCOME = {
    "pandas": ("records", "door", "estimate.glossary"),
    "narwhals": ("records", "door", "estimate.glossary"),
    "openpyxl": ("records",),
    "statsmodels": ("records.imputation",),
    "matplotlib": ("show.figures",),
    "PIL": ("show.figures",),
    "docx": ("report",),
    "click": ("cli",),
    "rich": ("cli",),
    "jinja2": ("report",),
    "tree_sitter": ("study",),
    "tree_sitter_toml": ("study",),
}
NEVER_IMPORTED = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "code", "subprocess", "multiprocessing"}
# durata opens no connection; patients' data stay where they are.
NEVER_IMPORTED |= {"socket", "ssl", "http", "urllib", "ftplib", "smtplib", "requests", "httpx", "aiohttp", "webbrowser"}
NEVER_CALLED = {"eval", "exec", "compile", "__import__"}
NEVER_CALLED_OF = {("os", "system"), ("os", "popen")}

# Folders that exist on somebody's machine only.
MACHINE_PATH = re.compile(r"(?:/home/|/root/|/Users/|/tmp/|/work/|/opt/|[A-Z]:\\\\?Users)")


@cache
def syntax(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imported_names(module: str) -> Iterator[tuple[str, int]]:
    """Every dotted name a module imports, anywhere in it (functions and TYPE_CHECKING included), with the line."""
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(syntax(module)):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                above = ["durata", *package.split(".")] if package else ["durata"]
                origin = ".".join([*above[: len(above) - node.level + 1], *([origin] if origin else [])])
            yield from ((f"{origin}.{name.name}", node.lineno) for name in node.names)


def own_imports(module: str) -> set[str]:
    """The modules of durata a module imports: the longest part of each name that is a module."""
    found = set()
    for name, _ in imported_names(module):
        if name.split(".")[0] != "durata":
            continue
        inner = name.removeprefix("durata").removeprefix(".")
        while inner not in MODULES:
            inner = inner.rpartition(".")[0]
        found.add(inner)
    return found


def test_every_module_has_a_layer_and_every_layer_a_module() -> None:
    assert {layer(module) for module in MODULES} == {*LAYERS, *OUTSIDE}


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_one_way(module: str) -> None:
    if layer(module) in OUTSIDE:
        return
    reachable = LAYERS[: LAYERS.index(layer(module)) + 1]
    upwards = sorted(name for name in own_imports(module) if layer(name) not in reachable)
    assert not upwards, f"{module} imports upwards: {', '.join(name or 'durata itself' for name in upwards)}"


def test_no_module_imports_itself_through_others() -> None:
    def also_runs(module: str, imported: str) -> set[str]:
        """What an import executes: the module and the packages above it, unless the importer lives in them."""
        parts = imported.split(".")
        packages = {".".join(parts[:k]) for k in range(1, len(parts))}
        return {imported} | {package for package in packages if not f"{module}.".startswith(f"{package}.")}

    edges = {
        module: {one for name in own_imports(module) for one in also_runs(module, name)} - {module}
        for module in MODULES
        if layer(module) not in OUTSIDE
    }
    finished: set[str] = set()

    def walk(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, f"a circle of imports: {' -> '.join([*path[path.index(module) :], module])}"
        if module not in finished:
            for name in sorted(edges.get(module, ())):
                walk(name, (*path, module))
            finished.add(module)

    for module in edges:
        walk(module, ())


@pytest.mark.parametrize("module", MODULES)
def test_files_are_short_well_named_and_say_what_they_are(module: str) -> None:
    path = MODULES[module]
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST, f"{path.name} has more than {LONGEST} lines"
    assert not FORBIDDEN_NAMES & set(module.split(".")), f"{module}: a name that says nothing"
    assert text.startswith('"""'), f"{path.name} does not begin with its docstring"
    first = sentence(path)
    assert first.endswith((".", "?", "!")), f"{path.name}: the first line is not a whole sentence: {first!r}"


@pytest.mark.parametrize("module", MODULES)
def test_libraries_stay_in_their_rooms(module: str) -> None:
    for name, line in imported_names(module):
        library = name.split(".")[0]
        assert library not in NEVER_IMPORTED, f"{module}:{line} imports {library}"
        rooms = WELCOME.get(library)
        if rooms is not None:
            at_home = any(module == room or module.startswith(f"{room}.") for room in rooms)
            assert at_home, f"{module}:{line} imports {library}, which only {', '.join(rooms)} may know"


@pytest.mark.parametrize("module", MODULES)
def test_nothing_executes_text(module: str) -> None:
    for node in ast.walk(syntax(module)):
        if not isinstance(node, ast.Call):
            continue
        where = f"{module}:{node.lineno}"
        if isinstance(node.func, ast.Name):
            assert node.func.id not in NEVER_CALLED, f"{where} calls {node.func.id}"
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            assert (node.func.value.id, node.func.attr) not in NEVER_CALLED_OF, f"{where} calls a shell"
        for keyword in node.keywords:
            if keyword.arg == "shell":
                assert isinstance(keyword.value, ast.Constant), f"{where} may call a shell"
                assert keyword.value.value is False, f"{where} calls a shell"


def published() -> list[Path]:
    """Every text file that people receive."""
    folders = [ROOT / name for name in ("src", "docs", "tools", ".ci")]
    inside = [path for folder in folders for path in folder.rglob("*") if "__pycache__" not in path.parts]
    kinds = {".py", ".md", ".toml", ".lock", ".cff", ".csv", ".json", ".html", ".css", ".svg", ""}
    return sorted(path for path in [*inside, *ROOT.iterdir()] if path.is_file() and path.suffix in kinds)


@pytest.mark.parametrize("path", published(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_file_names_a_folder_of_somebodys_machine(path: Path) -> None:
    found = MACHINE_PATH.search(path.read_text(encoding="utf-8"))
    assert found is None, f"names {found[0] if found else ''}..."


@pytest.mark.parametrize("path", sorted(ROOT.glob("requirements*.lock")), ids=lambda path: path.name)
def test_locks_pin_every_package_by_hash_and_name_no_address(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"://|@ |--(?:find-links|index-url|extra-index-url|trusted-host)|\bfile:", text)
    packages = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert packages
    for package in packages:
        assert re.match(r"[\w.-]+==\S+", package), f"not pinned: {package.splitlines()[0]}"
        assert "--hash=sha256:" in package, f"no hash: {package.splitlines()[0]}"


def test_locks_hold_what_the_project_names_and_agree_with_each_other() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    wanted = {
        "requirements.lock": project["project"]["dependencies"],
        "requirements-build.lock": [*groups["build"], *project["build-system"]["requires"]],
        "requirements-dev.lock": [*project["project"]["dependencies"], *groups["build"], *groups["dev"]],
    }
    pinned = {
        name: set(re.findall(r"^([\w.-]+==\S+(?: ; .*?)?) \\$", (ROOT / name).read_text(), re.M)) for name in wanted
    }
    for name, requirements in wanted.items():
        locked = {pin.split("==")[0] for pin in pinned[name]}
        for requirement in requirements:
            if isinstance(requirement, str):
                package = re.split(r"[^\w.-]", requirement)[0].lower().replace("_", "-")
                assert package in locked, f"{name} lacks {package}: run python3 dev.py lock"
    assert pinned["requirements.lock"] <= pinned["requirements-dev.lock"]
    assert pinned["requirements-build.lock"] <= pinned["requirements-dev.lock"]
