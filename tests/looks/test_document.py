"""A document: its numbering, its promises about references, and the order of its headings."""

from __future__ import annotations

import pytest

from durata.finding import Finding, Severity
from durata.records.flow import Flow
from durata.report.document import (
    Bullets,
    Definitions,
    Document,
    FigureBlock,
    FindingBlock,
    Heading,
    KeyNumber,
    KeyNumbers,
    Note,
    Paragraph,
    References,
    TableBlock,
    cite,
    code,
    emphasis,
    refer,
    strong,
)
from durata.show.figures.flow import flow_figure
from durata.show.figures.svg import drawing
from durata.show.numbers import Cell, refused
from durata.show.table import Head, Row, Table

TABLE = Table(
    "Deaths",
    "Group",
    (Head("HR", spanner="Adjusted"), Head("p", spanner="Adjusted")),
    (
        Row("Duration", heading=True),
        Row("short", (Cell("0.53 (0.27 to 1.04)"), Cell("0.066")), depth=1),
        Row("long", (Cell("12.3 (1.41 to 107)"), refused("No test.")), depth=1),
    ),
    notes=("Ties by Efron.",),
)


def flow_drawing(name: str = "flow"):  # type: ignore[no-untyped-def]
    return drawing(flow_figure(Flow.start("In the file", 3)), name, title="Flow", alternative="Three patients")


def example(word: str = "plain") -> Document:
    """Every kind of block, with one word in every place where a user's text can stand."""
    return Document(
        word,
        word,
        (
            KeyNumbers((KeyNumber(word, word, word),)),
            Note(word, "message", word),
            Heading(word),
            Paragraph((word, strong(word), emphasis(word), code(word), refer("flow"), cite(1)), lead=True),
            Bullets((word, (strong(word), word)), ordered=True),
            Heading(word, 2),
            FigureBlock(flow_drawing(), word),
            TableBlock(
                Table(word, word, (Head(word, spanner=word, wide=True),), (Row(word, (Cell(word, word),)),), (word,)),
                "words",
            ),
            TableBlock(TABLE),
            FindingBlock(
                Finding("T01", Severity.ERROR, "seen {what}", {"what": word, "more": word}, "do {what}", None, word)
            ),
            Definitions(((word, word),)),
            References((word,)),
        ),
        footer=(word,),
        facts=(word,),
    )


def test_tables_and_figures_are_numbered_in_order() -> None:
    numbered = {entry.anchor: entry.number for entry in example().numbered() if entry.number}
    assert numbered == {"flow": "Figure 1", "words": "Table 1", "table-2": "Table 2"}
    assert example().targets()["section-1"] == "plain"


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ((Heading("a", 2),), "heading 'a' of level 2 follows one of level 0"),
        ((Heading("a"), Heading("b", 3)), "level 3 follows one of level 1"),
        ((Heading("a", anchor="x"), TableBlock(TABLE, "x")), "two blocks are called 'x'"),
        ((Heading("a", anchor="x y"),), "cannot be an anchor"),
        ((Paragraph(refer("nowhere")),), "refers to 'nowhere'; there are no anchors"),
        ((Paragraph(cite(1)),), "cites reference 1; there are 0"),
    ],
)
def test_a_document_that_contradicts_itself_is_refused(blocks, message) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        Document("t", "", blocks)
