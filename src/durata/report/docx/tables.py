"""Tables as journals print them: three rules, spanners over their columns, a head that comes again on every page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from durata.language.speaking import say_in
from durata.report.document import KeyNumber
from durata.report.docx.elements import Element, bold, clean, element, paragraph, raised, run, value
from durata.report.docx.styles import INK, SOFT, twips
from durata.report.docx.widths import UPRIGHT, Layout, layout
from durata.show.table import Align, Table

STEP = 10.0  # points by which a row's stub moves in for each depth
# so many rows are better moved to the next page than torn: of numbers, and of sentences
KEPT_WHOLE, KEPT_WHOLE_SENTENCES = 16, 6
AT_ONCE = 5  # key numbers beside each other


def word_table(table: Table, language: str, arranged: Layout | None = None) -> Iterator[Element]:
    """The table and the paragraphs of its notes; its caption is the caller's."""
    arranged = arranged or layout(table)
    yield table_of(arranged.columns, _rows(table, arranged), "ThreeLineTable", clean(table.title))
    yield from _notes(table, language)


def table_of(columns: Sequence[float], rows: Iterator[Element], style: str, title: str = "") -> Element:
    """Rows in a table of fixed columns; ``title`` is what a screen reader says."""
    widths = [twips(column) for column in columns]
    return element(
        "w:tbl",
        None,
        element(
            "w:tblPr",
            None,
            value("w:tblStyle", style),
            element("w:tblW", {"w:w": sum(widths), "w:type": "dxa"}),
            element("w:tblLayout", {"w:type": "fixed"}),
            element("w:tblLook", {"w:val": "0020", "w:firstRow": 1, "w:noHBand": 1, "w:noVBand": 1}),
            *([value("w:tblCaption", title)] if title else []),
        ),
        element("w:tblGrid", None, *(element("w:gridCol", {"w:w": width}) for width in widths)),
        *rows,
    )


def _rows(table: Table, arranged: Layout) -> Iterator[Element]:
    yield from _head_rows(table, arranged)
    marks = table.marks()
    whole = len(table.rows) <= (KEPT_WHOLE_SENTENCES if any(head.wide for head in table.heads) else KEPT_WHOLE)
    noted = bool(table.notes or marks)
    for position, row in enumerate(table.rows):
        ending = position >= len(table.rows) - 2
        last = position == len(table.rows) - 1
        keep = noted if last else whole or row.heading or ending or position == 0
        if row.heading:
            text = _cell_text(arranged, "left", run(row.stub, bold()), keep=True, indent=STEP * row.depth)
            yield _row(_cell(arranged.columns, text))
            continue
        cells = [
            _cell(arranged.columns[:1], _cell_text(arranged, "left", run(row.stub), keep=keep, indent=STEP * row.depth))
        ]
        for width, head, cell in zip(arranged.columns[1:], table.heads, row.cells, strict=True):
            mark = marks.get(cell.note, "")
            superscript = [run(mark, raised())] if mark else []
            cells.append(_cell((width,), _cell_text(arranged, head.align, run(cell.text), *superscript, keep=keep)))
        yield _row(*cells)


def _head_rows(table: Table, arranged: Layout) -> Iterator[Element]:
    """The spanners, with a rule of their own, and the heads over the second rule of the table."""
    if table.spanners():
        cells = [_cell(arranged.columns[:1], _cell_text(arranged, "left", run(""), keep=True))]
        start = 1
        for words, columns in table.spanners():
            text = _cell_text(arranged, "center", run(words, bold()), keep=True)
            cells.append(_cell(arranged.columns[start : start + columns], text, rule=(4, SOFT) if words else None))
            start += columns
        yield _row(*cells, head=True)
    stub = _cell_text(arranged, "left", run(table.stub_head, bold()), keep=True)
    cells = [_cell(arranged.columns[:1], stub, rule=(6, INK), low=True)]
    for width, head in zip(arranged.columns[1:], table.heads, strict=True):
        text = _cell_text(arranged, head.align, run(head.text, bold()), keep=True)
        cells.append(_cell((width,), text, rule=(6, INK), low=True))
    yield _row(*cells, head=True)


def _row(*cells: Element, head: bool = False) -> Element:
    settings = [element("w:cantSplit"), *([element("w:tblHeader")] if head else [])]
    return element("w:tr", None, element("w:trPr", None, *settings), *cells)


def _cell(
    widths: Sequence[float], *paragraphs: Element, rule: tuple[int, str] | None = None, low: bool = False
) -> Element:
    """A cell over one or several columns, with a rule under it where one is asked for."""
    said = [element("w:tcW", {"w:w": sum(twips(width) for width in widths), "w:type": "dxa"})]
    if len(widths) > 1:
        said.append(value("w:gridSpan", len(widths)))
    if rule is not None:
        size, colour = rule
        line = element("w:bottom", {"w:val": "single", "w:sz": size, "w:space": 0, "w:color": colour})
        said.append(element("w:tcBorders", None, line))
    if low:
        said.append(value("w:vAlign", "bottom"))
    return element("w:tc", None, element("w:tcPr", None, *said), *paragraphs)


def _cell_text(arranged: Layout, align: Align, *runs: Element, keep: bool = False, indent: float = 0.0) -> Element:
    # numbers stand under each other by their middle: a decimal tab would move the limits of an interval apart
    side = {"left": "left", "right": "right", "center": "center", "decimal": "center"}[align]
    return paragraph(
        arranged.style,
        *runs,
        keep=element("w:keepNext") if keep else None,
        indentation=element("w:ind", {"w:left": twips(indent)}) if indent else None,
        align=value("w:jc", side) if side != "left" else None,
    )


def _notes(table: Table, language: str) -> Iterator[Element]:
    """Notes of the whole table first, then those of single cells by their letters; never nothing after a table."""
    lines: list[tuple[Element, ...]] = []
    for position, note in enumerate(table.notes):
        text = say_in(language, "Note. {text}", {"text": note}) if position == 0 else note
        lines.append((run(text),))
    for note, mark in table.marks().items():
        lines.append((run(mark, raised()), run(f" {note}")))
    for line in lines[:-1]:
        yield paragraph("TableNote", *line, keep=element("w:keepNext"))
    yield paragraph("TableNote", *(lines[-1] if lines else ()))


def key_table(numbers: Sequence[KeyNumber]) -> Element:
    """The strip of key numbers: each in a cell, the number large, what it counts under it."""
    rows_needed = -(-len(numbers) // AT_ONCE)
    across = -(-len(numbers) // rows_needed)
    columns = [UPRIGHT / across] * across
    rows = [numbers[start : start + across] for start in range(0, len(numbers), across)]
    return table_of(columns, (_key_row(row, columns) for row in rows), "DefinitionTable")


def _key_row(numbers: Sequence[KeyNumber], columns: Sequence[float]) -> Element:
    cells = []
    for position, width in enumerate(columns):
        if position >= len(numbers):
            cells.append(_cell((width,), paragraph("KeyDetail")))
            continue
        one = numbers[position]
        lines = [paragraph("KeyNumber", run(one.value)), paragraph("KeyLabel", run(one.label))]
        lines.append(paragraph("KeyDetail", run(one.detail)))
        cells.append(_cell((width,), *lines))
    return _row(*cells)


def definition_table(items: Sequence[tuple[str, Sequence[Element]]]) -> Element:
    """Words and what is said about them, in two columns with hairlines."""
    columns = (0.28 * UPRIGHT, 0.72 * UPRIGHT)
    rows = (
        _row(
            _cell(columns[:1], paragraph("TableText", run(word))),
            _cell(columns[1:], paragraph("TableText", *meaning)),
        )
        for word, meaning in items
    )
    return table_of(columns, rows, "DefinitionTable")
