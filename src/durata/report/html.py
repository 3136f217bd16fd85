"""A Document as one self-contained HTML file: no script, nothing fetched, every word of the user escaped."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from durata.language.speaking import say_in
from durata.report.document import IN_WORDS, PLACES, Document, Heading, runs, severity_word
from durata.report.fonts import with_font
from durata.report.origin import sealed
from durata.show.drawing import Drawing
from durata.show.printable import UNPRINTABLE
from durata.show.table import Table, before_point

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
FIGURE_SPACE, POINT_SPACE = "\u2007", "\u2008"  # as wide as a digit and as a comma: they line numbers up
TEMPLATES = files("durata.report") / "templates"
TAG = {"en": "en", "zh": "zh-Hans"}  # the language as browsers and screen readers know it


def to_html(document: Document) -> str:
    """The document as the text of an HTML file; the same document gives the same text.

    Everything that comes from the study or its data is escaped; figures are inline SVG made by
    :mod:`durata.show.figures.svg` only.
    """
    environment = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_printable,
    )
    environment.filters["runs"] = runs
    environment.globals.update(
        kind=lambda block: type(block).__name__,
        drawn=_drawn,
        table_rows=_table_rows,
        severity=lambda finding: severity_word(finding.severity, document.language),
        say=lambda sentence: say_in(document.language, sentence, {}),
        tag=TAG[document.language],
        clean=_clean,
        in_words=IN_WORDS,
        places=PLACES,
    )
    targets = document.targets()
    contents = [
        (entry.anchor, entry.block.text, entry.block.level)
        for entry in document.numbered()
        if isinstance(entry.block, Heading) and entry.block.level <= 2
    ]
    page = environment.get_template("report.html.jinja").render(
        document=document,
        entries=document.numbered(),
        targets=targets,
        contents=contents,
        policy=POLICY,
        css=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
    )
    page = with_font(page)
    return sealed(page) if document.origin else page


def _template(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _clean(text: str) -> str:
    """Text without the characters that no page can hold or that would turn their neighbours round."""
    return UNPRINTABLE.sub("\ufffd", text)


def _printable(value: Any) -> Any:
    """What every value in the template passes through before it is escaped."""
    if isinstance(value, Markup):
        return value
    return _clean(value) if isinstance(value, str) else value


def _drawn(drawing: Drawing) -> Markup:
    """The drawing's own SVG, which is markup made by us."""
    return Markup(drawing.svg)


def _table_rows(table: Table) -> list[Mapping[str, Any]]:
    """The body: cells lined up at the decimal point where the column asks for it, with the mark of their note."""
    marks = table.marks()
    widest = [
        max((_before(row.cells[column].text) for row in table.rows if row.cells), key=len, default="")
        for column in range(len(table.heads))
    ]
    body: list[Mapping[str, Any]] = []
    for row in table.rows:
        cells = []
        for head, cell, most in zip(table.heads, row.cells, widest, strict=False):
            mine = _before(cell.text)
            missing = most[: len(most) - len(mine)] if head.align == "decimal" and mine else ""
            cells.append(
                {
                    "pad": "".join(POINT_SPACE if character == "," else FIGURE_SPACE for character in missing),
                    "text": cell.text,
                    "mark": marks.get(cell.note, ""),
                    "align": head.align,
                    "wide": head.wide,
                }
            )
        body.append({"stub": row.stub, "depth": row.depth, "heading": row.heading, "cells": cells})
    return body


def _before(text: str) -> str:
    return text[: before_point(text)]
