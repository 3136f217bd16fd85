"""Where every key of a TOML text stands: dotted path to line and position, counted from 1."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import tree_sitter
import tree_sitter_toml

Path = tuple[str | int, ...]
DEEPEST = 12  # no study file is nested deeper; the walk stops there


@dataclass(frozen=True, slots=True)
class Place:
    """Line and position of a key, and of its value (for a table both are its heading)."""

    key: tuple[int, int]
    value: tuple[int, int]


def positions(text: str) -> Mapping[Path, Place]:
    r"""The place of every table, key and list item of a valid TOML text.

    >>> positions('[time]\nzero = "end"')[("time", "zero")].value
    (2, 8)
    """
    source = text.encode("utf-8")
    language = tree_sitter.Language(tree_sitter_toml.language())
    root = tree_sitter.Parser(language).parse(source).root_node
    walk = _Walk(source.split(b"\n"))
    walk.entries(root.named_children, (), 0)
    return walk.places


class _Walk:
    def __init__(self, lines: Sequence[bytes]) -> None:
        self.lines = lines
        self.places: dict[Path, Place] = {}
        self.counts: dict[Path, int] = {}  # tables of a list of tables seen so far

    def at(self, node: tree_sitter.Node) -> tuple[int, int]:
        """Line and position in characters; the parser counts bytes."""
        line, column = node.start_point
        return line + 1, len(self.lines[line][:column].decode("utf-8", errors="replace")) + 1

    def entries(self, nodes: Sequence[tree_sitter.Node], above: Path, depth: int) -> None:
        for node in nodes:
            if node.type == "pair":
                self.pair(node, above, depth)
            elif node.type in {"table", "table_array_element"}:
                self.table(node, depth)

    def table(self, node: tree_sitter.Node, depth: int) -> None:
        children = node.named_children
        path: Path = ()
        keys = _keys(children[0]) if children else ()
        for k, key in enumerate(keys):
            path = (*path, key)
            last = k == len(keys) - 1
            if last and node.type == "table_array_element":
                self.counts[path] = self.counts.get(path, -1) + 1
                self.mark(path, node)
                path = (*path, self.counts[path])
            elif not last and path in self.counts:
                path = (*path, self.counts[path])
            self.mark(path, node)
        self.entries(children[1:], path, depth + 1)

    def mark(self, path: Path, node: tree_sitter.Node) -> None:
        self.places.setdefault(path, Place(self.at(node), self.at(node)))

    def pair(self, node: tree_sitter.Node, above: Path, depth: int) -> None:
        children = [child for child in node.named_children if child.type != "comment"]
        if len(children) != 2 or depth > DEEPEST:
            return
        key, value = children
        path = above
        for part in _keys(key):
            path = (*path, part)
            self.places.setdefault(path, Place(self.at(key), self.at(value)))
        self.value(value, path, depth + 1)

    def value(self, node: tree_sitter.Node, path: Path, depth: int) -> None:
        if depth > DEEPEST:
            return
        if node.type == "inline_table":
            self.entries(node.named_children, path, depth)
        elif node.type == "array":
            items = [child for child in node.named_children if child.type != "comment"]
            for k, item in enumerate(items):
                self.mark((*path, k), item)
                self.value(item, (*path, k), depth + 1)


def _keys(node: tree_sitter.Node) -> tuple[str, ...]:
    """The parts of a key; a dotted key is nested to the left."""
    if node.type == "dotted_key":
        return tuple(key for child in node.named_children for key in _keys(child))
    written = (node.text or b"").decode("utf-8")
    if node.type == "quoted_key":
        try:
            return tuple(tomllib.loads(f"{written} = 0"))
        except tomllib.TOMLDecodeError:  # the two parsers disagree about this text: it keeps no place of its own
            return (written,)
    return (written,)
