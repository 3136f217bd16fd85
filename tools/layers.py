"""The layers of the house, lowest first: a module imports from its own layer and those before it, never upwards."""

from __future__ import annotations

import ast
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src" / "durata"

LAYERS = (
    "kernels",
    "language",
    "finding",
    "category",
    "study",
    "records",
    "cohort",
    "door",
    "terms",
    "weighting",
    "designs",
    "estimate",
    "rules",
    "audit",
    "simulation",
    "show",
    "report",
    "examples",
    "drafting",
    "pipeline",
    "trace",
    "selfcheck",
    "cli",
)

# The front door and the command "python -m durata" stand outside: they may import anything, nothing imports them.
OUTSIDE = ("__init__", "__main__")


def modules() -> dict[str, Path]:
    """Every module of the package by dotted name without the leading "durata" ("" is the package itself)."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def layer(module: str) -> str:
    """The layer a module belongs to: the first part of its name."""
    return module.split(".", maxsplit=1)[0] or "__init__"


def sentence(path: Path) -> str:
    """The first line of a module's docstring: what the file is."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.split("\n")[0]
