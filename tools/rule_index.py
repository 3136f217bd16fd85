"""docs/rules/index.md: the rules by family, how grave each can be, and what it is about in one line."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

FAMILIES = {
    "D": "The data",
    "T": "Time zero",
    "S": "Who is in the file",
    "C": "Conditioning on what came later",
    "K": "Cut-points",
    "P": "Events and parameters",
    "M": "Many comparisons",
    "H": "The hazard ratio",
    "X": "Confounding",
    "L": "Loss and follow-up",
    "R": "What is reported",
    "I": "Privacy",
}
ENGINE = "durata.rules.runner"  # runs the rules, and is no part of any
RANKS = ("info", "warning", "error")


def rule_index(generated: str) -> str:
    """The page; ``generated`` is the line that says that it is made."""
    from durata.records.codes import CODES
    from durata.rules.catalogue import all_rules

    rules = all_rules()
    unknown = {code[0] for code in rules} - set(FAMILIES)
    if unknown:
        raise SystemExit(f"tools/rule_index.py has no name for the rule families {', '.join(sorted(unknown))}")
    lines = ["# Rules by family", "", generated, ""]
    lines += ["Each code leads to its page: why it misleads, an example that is reported and one that is not."]
    for family, title in FAMILIES.items():
        codes = sorted(code for code in (*rules, *CODES) if code[0] == family)
        if not codes:
            continue
        lines += ["", f"## {family}: {title}", "", "| code | name | can be | what it is about |", "|---|---|---|---|"]
        for code in codes:
            if code in rules:
                one = rules[code]
                row = (one.name, severities(one.judge), one.summary)
            else:
                name, about = CODES[code]
                row = (name, "said when the file is read", about)
            lines.append(f"| [{code}]({code}.md) | {' | '.join(row)} |")
    return "\n".join(lines) + "\n"


def severities(judge: Callable[..., Any]) -> str:
    """The severities that a rule's code names, itself or in what it calls in its own package, the least grave first."""
    found = {name for function in _reached(judge) for name in _named(function)}
    if not found:
        raise SystemExit(f"no severity is named in {judge.__module__}.{judge.__qualname__} nor in what it calls")
    return ", ".join(rank for rank in RANKS if rank in found)


def _reached(judge: Callable[..., Any]) -> Iterator[FunctionType]:
    """A rule and every function of the rules that it calls."""
    waiting, seen = [judge], set[str]()
    while waiting:
        function = waiting.pop()
        if not isinstance(function, FunctionType) or f"{function.__module__}.{function.__qualname__}" in seen:
            continue
        seen.add(f"{function.__module__}.{function.__qualname__}")
        yield function
        for node in ast.walk(_tree(function)):
            called = function.__globals__.get(node.id) if isinstance(node, ast.Name) else None
            module = getattr(called, "__module__", None) or ""
            if called is not None and module.startswith("durata.rules.") and module != ENGINE:
                waiting.append(called)


def _named(function: FunctionType) -> Iterator[str]:
    """The severities that a function's source names."""
    for node in ast.walk(_tree(function)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Severity":
            yield node.attr.lower()


def _tree(function: FunctionType) -> ast.Module:
    return ast.parse(textwrap.dedent(inspect.getsource(function)))
