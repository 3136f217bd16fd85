"""Write docs/validation.md: what was compared with R, function by function and data set by data set, and what was not."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
AGAINST_R = ROOT / "tests" / "against_r"
PAGE = ROOT / "docs" / "validation.md"
REASONS = ROOT / "tools" / "not_compared.toml"
PLUMBING = ("door", "category", "cohort", "study", "records", "finding", "estimate.result", "kernels.arrays", "report")
"""Modules of durata that make the input of an answer or hold it; not what is validated."""
NOT_VALIDATED = {"example", "run", "read_study", "read_records"}
DIFFERENCE = re.compile(r"\d\.\de[-+]\d+|\b0\b")


def recorded() -> dict[str, Any]:
    """Run every test against R and return what it compared; stops when one fails."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ledger.json"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(AGAINST_R), f"--ledger={file}"]
        command.append(f"--ignore={AGAINST_R / 'test_selfcheck.py'}")  # its values are a part of the others
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"The tests against R do not pass, so there is no ledger:\n{done.stdout[-4000:]}")
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return found


@cache
def uses(module: str) -> dict[str, frozenset[str]]:
    """Public functions of durata behind every name that a module of these tests defines or takes from its neighbours."""
    path = AGAINST_R / f"{module}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known: dict[str, frozenset[str]] = {}
    whole: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for imported in node.names:
                local = imported.asname or imported.name
                if node.module.startswith("durata."):
                    inside = node.module.removeprefix("durata.")
                    is_function = imported.name[0].islower() and not inside.startswith(PLUMBING)
                    known[local] = frozenset({imported.name}) if is_function else frozenset()
                elif (AGAINST_R / f"{node.module}.py").exists():
                    known[local] = uses(node.module).get(imported.name, frozenset())
        elif isinstance(node, ast.Import):
            whole |= {name.asname or name.name for name in node.names if name.name == "durata"}
    defined = {name: node for node in tree.body for name in _defines(node)}
    for _ in range(len(defined)):
        before = dict(known)
        for name, node in defined.items():
            known[name] = frozenset().union(*_used(node, known, whole)) - NOT_VALIDATED
        if known == before:
            break
    return known


def _defines(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _used(node: ast.AST, known: dict[str, frozenset[str]], whole: set[str]) -> list[frozenset[str]]:
    found = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name | ast.arg):
            found.append(known.get(inner.id if isinstance(inner, ast.Name) else inner.arg, frozenset()))
        elif (
            isinstance(inner, ast.Attribute)
            and isinstance(inner.value, ast.Name)
            and inner.value.id in whole
            and inner.attr[0].islower()
        ):
            found.append(frozenset({inner.attr}))
    return found


def compared(tests: list[dict[str, Any]]) -> list[str]:
    """The rows of the ledger: by R's file, functions and data set, the number of values and the largest difference."""
    rows: dict[tuple[str, str, str], list[tuple[int, float, float, float]]] = {}
    for test in tests:
        if not test["comparisons"] or not test["files"]:
            continue
        functions = ", ".join(f"`{name}`" for name in sorted(uses(test["module"]).get(test["test"], ())))
        key = (" + ".join(test["files"]), functions, ", ".join(one.removesuffix(".csv") for one in test["datasets"]))
        rows.setdefault(key, []).extend(test["comparisons"])
    lines = [
        "| R's values in | function | data | values | largest difference | tolerance |",
        "|---|---|---|---:|---:|---|",
    ]
    for (file, functions, data), found in sorted(rows.items()):
        n, most = sum(one[0] for one in found), max(one[1] for one in found)
        lines.append(
            f"| {file} | {functions} | {data or 'given in the file'} | {n} | {_small(most)} | {_tolerance(found)} |"
        )
    return lines


def _small(value: float) -> str:
    return "0" if value == 0 else f"{value:.1e}"


def _tolerance(found: list[tuple[int, float, float, float]]) -> str:
    relative = max(one[2] for one in found)
    absolute = max((one[3] for one in found if one[2] == 0), default=0.0)
    parts = ([f"{relative:g}"] if relative else []) + ([f"{absolute:.1g} absolute"] if absolute else [])
    return "; ".join(parts) or "exact"


def shape(path: str) -> str:
    """A place with its positions in lists left out, which tells what kind of value it is."""
    return re.sub(r"/\d+(?=/|$)", "/#", path)


def not_compared(values: dict[str, int], left: dict[str, list[str]]) -> list[str]:
    """The values of R that no test compares, each with its reason; a value without a reason stops the ledger."""
    reasons = tomllib.loads(REASONS.read_text(encoding="utf-8"))["not_compared"]
    counts = [0] * len(reasons)
    without: list[str] = []
    for file, paths in left.items():
        for path in paths:
            for k, one in enumerate(reasons):
                if one["file"] in (file, "*") and any(fnmatchcase(path, pattern) for pattern in one["values"]):
                    counts[k] += 1
                    break
            else:
                without.append(f"{file}: {shape(path)}")
    if without:
        shown = "\n".join(sorted(set(without))[:40])
        raise SystemExit(f"{len(without)} values of R are neither compared nor listed in {REASONS.name}:\n{shown}")
    idle = [f"{one['file']}: {one['reason']}" for one, count in zip(reasons, counts, strict=True) if not count]
    if idle:
        raise SystemExit(f"{REASONS.name} lists what is compared after all:\n" + "\n".join(idle))
    lines = ["| file | values | which | why not |", "|---|---:|---|---|"]
    for one, count in zip(reasons, counts, strict=True):
        which = ", ".join(f"`{pattern}`" for pattern in one["values"])
        lines.append(f"| {'every file' if one['file'] == '*' else one['file']} | {count} | {which} | {one['reason']} |")
    summary = ["| file | numbers in it | compared | listed below |", "|---|---:|---:|---:|"]
    summary += [f"| {file} | {n} | {n - len(left[file])} | {len(left[file])} |" for file, n in values.items()]
    return [*summary, "", "### Listed with the reason", "", *lines]


def page() -> str:
    """The whole page."""
    found = recorded()
    versions = json.loads((AGAINST_R / "expected" / "versions.json").read_text(encoding="utf-8"))
    with_versions = ", ".join([versions["R"], *(f"{name} {it}" for name, it in versions["packages"].items())])
    total = sum(one[0] for test in found["tests"] for one in test["comparisons"])
    return "\n".join(
        [
            "# Validation: durata against R",
            "",
            "<!-- Generated by `python3 dev.py ledger`. -->",
            f"R's values: {with_versions}. They and the tests that compare them lie in `tests/against_r`; the tests need no R.",
            f"In all {total} comparisons of one number; every one of them is within its tolerance, or there would be no page.",
            "",
            "*Largest difference*: of ours from R's number, relative to R's; numbers closer than the absolute tolerance of",
            "the comparison (1e-12 unless the test says otherwise) count as equal, because R leaves rounding such as 3e-17 where 0 is",
            "meant. *Tolerance*: the largest relative tolerance among the comparisons of the row; *absolute* where a test compares so",
            "(Monte Carlo, multivariate-normal integrals). The last digits of a difference depend on the computer; `dev.py check`",
            "compares everything else on this page. `durata selfcheck` makes the bundled part of these comparisons on your machine.",
            "",
            "## Compared",
            "",
            *compared(found["tests"]),
            "",
            "## Every value, counted",
            "",
            "A number of R counts as compared when a test that passes takes it into a comparison.",
            "",
            *not_compared(found["values"], found["left"]),
            "",
        ]
    )


def settled(text: str) -> str:
    """The page without what differs between computers: the differences themselves."""
    return "\n".join(
        " | ".join(cells[:4] + cells[5:]) if line.startswith("|") and len(cells := line.split(" | ")) == 6 else line
        for line in text.splitlines()
    )


def main(arguments: list[str]) -> int:
    """Write the page, or say whether it is stale."""
    if arguments not in ([], ["--check"]):
        print("usage: dev.py ledger [--check]", file=sys.stderr)
        return 2
    made = page()
    kept = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if settled(made) == settled(kept):
        return 0
    if arguments:
        print("docs/validation.md is stale: run python3 dev.py ledger")
        return 1
    PAGE.write_text(made, encoding="utf-8", newline="\n")
    print("wrote docs/validation.md")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
