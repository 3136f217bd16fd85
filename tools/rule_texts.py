"""The sentences that stand in the code of the rules, found in its syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import durata.rules as package

FILES = sorted(Path(package.__path__[0]).glob("*.py"))


def texts(node: ast.expr, assigned: Mapping[str, list[ast.expr]]) -> Iterator[str]:
    """The strings an expression can be: a literal, either side of a condition, what a name was given."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body, assigned)
        yield from texts(node.orelse, assigned)
    elif isinstance(node, ast.Name):
        for value in assigned.get(node.id, []):
            if not isinstance(value, ast.Name):
                yield from texts(value, assigned)


def said(file: Path, speakers: Mapping[str, tuple[int | str, ...]]) -> set[str]:
    """What a file says by the calls of ``speakers``: which of their arguments, by place or name, hold sentences."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assigned: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            assigned.setdefault(node.targets[0].id, []).append(node.value)
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            for place in speakers.get(node.func.id, ()):
                if isinstance(place, int) and len(node.args) > place:
                    found |= set(texts(node.args[place], assigned))
                found |= {text for one in node.keywords if one.arg == place for text in texts(one.value, assigned)}
    return found - {""}
