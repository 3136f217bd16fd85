"""Write the pages that are generated from the code, or with --check say which are stale."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from layers import LAYERS, OUTSIDE, layer, modules, sentence
from rule_index import rule_index

ROOT = Path(__file__).resolve().parent.parent
TREE = re.compile(r"(<!-- tree: begin -->\n).*?(<!-- tree: end -->)", re.DOTALL)


def tree() -> str:
    """The rooms in the order of the layers, each file with its first line."""
    order = {name: position for position, name in enumerate((*OUTSIDE, *LAYERS))}
    rows: list[tuple[str, str]] = []
    found = modules()
    for name, path in sorted(found.items(), key=lambda item: (order[layer(item[0])], item[0])):
        depth = name.count(".") + 1
        is_folder = path.name == "__init__.py" and bool(name)
        shown = "__init__" if not name else name.rsplit(".", 1)[-1] + ("/" if is_folder else "")
        rows.append(("  " * depth + shown, sentence(path)))
    width = max(len(left) for left, _ in rows) + 2
    return "\n".join(["```", "src/durata/", *(f"{left:<{width}}{right}" for left, right in rows), "```"])


def architecture() -> str:
    """ARCHITECTURE.md with its tree made again."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    made, count = TREE.subn(lambda found: f"{found[1]}{tree()}\n{found[2]}", text)
    if count != 1:
        raise SystemExit("ARCHITECTURE.md has lost the markers of its tree.")
    return made


def commands() -> str:
    """docs/commands.md: the help of every command, as it prints it."""
    import click

    from durata.cli.entry import durata

    sections = ["# Commands", GENERATED, "Every command has `--help`; what follows is what it prints."]
    above = click.Context(durata, info_name="durata", max_content_width=100, terminal_width=100)
    sections += [f"```\n{durata.get_help(above)}\n```"]
    for name, command in sorted(durata.commands.items()):
        context = click.Context(command, info_name=name, parent=above, max_content_width=100, terminal_width=100)
        sections += [f"## durata {name}", f"```\n{command.get_help(context)}\n```"]
    return "\n\n".join(sections) + "\n"


def study_file() -> str:
    """docs/study-file.md: every key of a study file with its type, default and description."""
    from durata.study.schema import study_schema

    schema = study_schema()
    tables = schema["$defs"]

    def words(kind: dict[str, Any]) -> str:
        """What a key holds, in words."""
        if "$ref" in kind:
            return f"a {kind['$ref'].rpartition('/')[2]}"
        if "anyOf" in kind:
            return " or ".join(words(one) for one in kind["anyOf"] if one.get("type") != "null")
        if "enum" in kind or "const" in kind:
            return ", ".join(f"`{one!r}`".replace("'", '"') for one in kind.get("enum", [kind.get("const")]))
        if kind["type"] == "array":
            items = kind.get("items") or {}
            return f"list of: {words(items)}" if items else "list of " + ", ".join(map(words, kind["prefixItems"]))
        if kind["type"] == "object":
            return "table"
        return "date" if kind.get("format") == "date" else KINDS[kind["type"]]

    def rows(keys: dict[str, Any], required: list[str]) -> list[str]:
        lines = ["| key | holds | default | what it is |", "|---|---|---|---|"]
        for key, kind in keys.items():
            default = "required" if key in required else json.dumps(kind.get("default"), ensure_ascii=False)
            default = {"null": "", '""': "", "[]": "", "{}": ""}.get(default, default)
            lines.append(f"| `{key}` | {words(kind)} | {default} | {kind.get('description', '')} |")
        return lines

    def without_heading(description: str) -> str:
        """A description without the "[table]: " before it, which is the heading above it."""
        text = re.sub(r"^\[[^\]]*\]: ", "", description)
        return text[:1].upper() + text[1:]

    sections = ["# The study file", GENERATED, STUDY_FILE]
    inside: list[str] = []
    for name, kind in schema["properties"].items():
        within = kind.get("additionalProperties", {})
        reference = kind.get("$ref") or within.get("$ref")
        required = " (required)" if name in schema.get("required", []) else ""
        sections.append(f"## [{name}{'.<name>' if '$ref' in within else ''}]{required}")
        sections.append(without_heading(kind.get("description", "")))
        if reference:
            table = tables[reference.rpartition("/")[2]]
            if table["description"] != kind.get("description"):
                sections.append(without_heading(table["description"]))
            sections.append("\n".join(rows(table["properties"], table.get("required", []))))
            inside += re.findall(r"#/\$defs/(\w+)", json.dumps(table["properties"]))
    for name in dict.fromkeys(inside):
        table = tables[name]
        sections += [
            f"## {name}",
            table["description"],
            "\n".join(rows(table["properties"], table.get("required", []))),
        ]
    return "\n\n".join(section for section in sections if section) + "\n"


def rules() -> str:
    """docs/rules.md: the rules, each with the first line of its docstring."""
    from durata.rules.catalogue import all_rules

    lines = ["# Rules", "", GENERATED, "", "| code | name | since | why it matters |", "|---|---|---|---|"]
    lines += [
        f"| [{code}](rules/{code}.md) | {rule.name} | {rule.since} | {rule.summary} |"
        for code, rule in all_rules().items()
    ]
    return "\n".join(lines) + "\n"


GENERATED = "<!-- Generated from the code by `python3 dev.py docs`. -->"
STUDY_FILE = (
    "A study file is TOML: pure data, no expressions, no paths that leave its folder. An unknown key is an error with\n"
    "its line and the nearest known name. `durata schema` prints the same as a JSON schema for editors."
)
KINDS = {"string": "text", "number": "number", "integer": "whole number", "boolean": "`true` or `false`"}

PAGES: dict[str, Callable[[], str]] = {
    "ARCHITECTURE.md": architecture,
    "docs/commands.md": commands,
    "docs/study-file.md": study_file,
    "docs/rules.md": rules,
    "docs/rules/index.md": lambda: rule_index(GENERATED),
}


def main(arguments: list[str]) -> int:
    """Write every page, or compare it."""
    only_check = arguments == ["--check"]
    if arguments and not only_check:
        print("usage: dev.py docs [--check]", file=sys.stderr)
        return 2
    stale = []
    for name, make in PAGES.items():
        page = ROOT / name
        text = make()
        if page.exists() and page.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not only_check:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text, encoding="utf-8", newline="\n")
    for name in stale:
        print(f"{name} is stale: run python3 dev.py docs" if only_check else f"wrote {name}")
    return 1 if stale and only_check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
