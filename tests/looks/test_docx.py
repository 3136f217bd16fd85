"""The Word file read back: styles, numbered captions, the tables of the page, figures with their words, nothing that acts."""

from __future__ import annotations

import getpass
import io
import platform
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache

import docx
import pytest
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from docx.table import Table as WordTable
from drawn import HOSTILE
from test_document import TABLE, example
from test_html import Page

import durata as du
from durata.pipeline import run
from durata.report.document import Bullets, Document, FigureBlock, Heading, Paragraph, TableBlock, refer
from durata.report.docx.widths import ACROSS, UPRIGHT, layout
from durata.report.docx.write import to_docx
from durata.report.html import to_html
from durata.show.numbers import Cell
from durata.show.table import Head, Row, Table

WIDE = Table(
    "Wide",
    "Group",
    tuple(Head(f"Estimate {k} (95% CI)") for k in range(7)),
    tuple(Row(f"row {k}", tuple(Cell("0.275 (0.089 to 0.851)") for _ in range(7))) for k in range(3)),
)


@cache
def read(word: str = "plain", language: str = "en") -> WordDocument:
    return opened(replace(example(word), language=language))


def opened(document: Document) -> WordDocument:
    return docx.Document(io.BytesIO(to_docx(document)))


def styled(document: WordDocument, style: str) -> list[str]:
    return [one.text for one in document.paragraphs if one.style is not None and one.style.name == style]


def journal_tables(document: WordDocument) -> list[WordTable]:
    return [one for one in document.tables if one.style is not None and one.style.name == "Three Line Table"]


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.testzip() is None
        return {entry.filename: file.read(entry) for entry in file.infolist()}


def fonts(document: WordDocument) -> Iterator[tuple[str, str | None, str | None]]:
    for style in document.styles.element.findall(qn("w:style")):
        if style.get(qn("w:type")) == "paragraph":
            found = style.find(qn("w:rPr")).find(qn("w:rFonts"))
            yield style.find(qn("w:name")).get(qn("w:val")), found.get(qn("w:ascii")), found.get(qn("w:eastAsia"))


def test_every_block_stands_in_a_style_of_its_own() -> None:
    document = read()
    for style in ("Title", "Subtitle", "Facts", "Heading 1", "Heading 2", "List Number", "Colophon"):
        assert styled(document, style)[0] == "plain"
    assert styled(document, "Note Message") == ["plain\nplain"]
    assert styled(document, "Bibliography") == ["[1]\tplain"]
    assert styled(document, "Finding Error") == ["Error  T01", "seen plain", "What to do: do plain", "plain"]
    assert styled(document, "Lead") == ["plainplainplainplainFigure 1[1]"]


@pytest.mark.parametrize(
    ("language", "captions"),
    [
        ("en", ["Figure 1. plain", "Table 1. plain", "Table 2. Deaths"]),
        ("zh", ["图1 plain", "表1 plain", "表2 Deaths"]),
    ],
)
def test_captions_are_numbered_in_the_language(language: str, captions: list[str]) -> None:
    assert styled(read(language=language), "Caption") == captions


def test_captions_stand_above_tables_and_below_figures() -> None:
    body = list(read().element.body)
    tables = [place for place, one in enumerate(body) if one.find(qn("w:tblPr")) is not None and "Three" in text(one)]
    assert len(tables) == 2
    for place in tables:
        above = body[place - 1]
        assert above.style == "Caption"
        assert above.find(qn("w:pPr")).find(qn("w:keepNext")) is not None
    figure = next(place for place, one in enumerate(body) if next(one.iter(qn("w:drawing")), None) is not None)
    assert body[figure].style == "Figure"
    assert body[figure + 1].style == "Caption"


def text(element: object) -> str:
    return str(element.xml)  # type: ignore[attr-defined]


def test_numbers_of_captions_and_references_are_fields_that_lead_to_bookmarks() -> None:
    content = parts(to_docx(example()))["word/document.xml"].decode()
    codes = re.findall(r"<w:instrText[^>]*> (.*?) </w:instrText>", content)
    flow = [code.split()[1] for code in codes if code.startswith("REF")]
    assert [name.split("_", 2)[2] for name in flow] == ["flow"]
    assert codes.count("SEQ Table \\* ARABIC") == 2
    names = re.findall(r'<w:bookmarkStart w:id="\d+" w:name="([^"]+)"', content)
    assert len(names) == len(set(names))
    assert {*flow, "_reference_1"} <= set(names)
    assert set(re.findall(r'w:anchor="([^"]+)"', content)) <= set(names)
    assert content.count("<w:bookmarkStart") == content.count("<w:bookmarkEnd")
    assert all(len(name) <= 40 and "-" not in name for name in names)


def test_a_bookmark_is_no_longer_than_word_allows_and_still_leads_there() -> None:
    long = "a-" * 40 + "z"
    blocks = (Heading("One", anchor=long), Heading("Two", anchor=long + "y"), Paragraph((refer(long + "y"),)))
    content = parts(to_docx(Document("t", "", blocks)))["word/document.xml"].decode()
    names = re.findall(r'w:name="(_d[^"]+)"', content)
    assert len(set(names)) == 2
    assert f"REF {names[1]} " in content


def test_tables_say_what_the_page_says() -> None:
    document = read()
    page = Page(to_html(example()))
    words = "".join(page.words).replace("\u2007", "").replace("\u2008", "")
    for source, table in zip((None, TABLE), journal_tables(document), strict=True):
        cells = [cell.text for row in table.rows for cell in row.cells]
        assert all(cell in words for cell in cells)
        if source is not None:
            body = [[cell.text for cell in row.cells] for row in table.rows][2:]
            assert body == [
                ["Duration", "Duration", "Duration"],
                ["short", "0.53 (0.27 to 1.04)", "0.066"],
                ["long", "12.3 (1.41 to 107)", "–a"],
            ]
    assert "Note. Ties by Efron." in styled(document, "Table Note")
    assert "a No test." in styled(document, "Table Note")


def test_heads_repeat_on_every_page_and_no_row_is_torn() -> None:
    table = journal_tables(read())[1]
    heads = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in table.rows]
    assert heads == [True, True, False, False, False]
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)


def test_tables_have_three_rules_and_spanners_over_their_columns() -> None:
    document = read()
    table = journal_tables(document)[1]
    spanner = table.rows[0]._tr.tc_lst[1]
    assert spanner.grid_span == 2
    rules = [
        [cell.find(qn("w:tcPr")).find(qn("w:tcBorders")) is not None for cell in row._tr.tc_lst] for row in table.rows
    ]
    assert rules == [[False, True], [True] * 3, [False], [False] * 3, [False] * 3]
    style = next(one for one in document.styles if one.name == "Three Line Table").element
    borders = style.find(qn("w:tblPr")).find(qn("w:tblBorders"))
    assert [(one.tag, one.get(qn("w:sz"))) for one in borders] == [(qn("w:top"), "12"), (qn("w:bottom"), "12")]


def test_the_mark_of_a_note_is_raised_and_a_stub_moves_in() -> None:
    row = journal_tables(read())[1].rows[4]
    assert [run.font.superscript for run in row.cells[2].paragraphs[0].runs] == [None, True]
    assert row.cells[0].paragraphs[0].paragraph_format.left_indent.pt == 10


def test_columns_fill_the_paper_and_never_more() -> None:
    for table, room in ((TABLE, UPRIGHT), (WIDE, ACROSS)):
        found = layout(table)
        assert sum(found.columns) == pytest.approx(room)
        assert found.across == (room == ACROSS)
    many = Table("t", "", tuple(Head("x" * 30) for _ in range(40)), ())
    assert sum(layout(many).columns) == pytest.approx(ACROSS)


def test_a_wide_table_lies_across_with_its_heading_and_what_follows_stands_upright() -> None:
    blocks = (Paragraph("before"), Heading("Over it"), TableBlock(WIDE), TableBlock(WIDE), Paragraph("after"))
    document = opened(Document("t", "", blocks))
    papers = [(section.page_width.pt > section.page_height.pt) for section in document.sections]
    assert papers == [False, True, False]
    widths = [sum(int(one.get(qn("w:w"))) / 20 for one in table._tbl.tblGrid.gridCol_lst) for table in document.tables]
    assert widths == [pytest.approx(ACROSS, abs=1)] * 2
    assert [section.different_first_page_header_footer for section in document.sections] == [True, False, False]
    for section in document.sections:
        assert section.header.paragraphs[0].text == "t"
    ends = [one.text for one in document.paragraphs if one._p.pPr.find(qn("w:sectPr")) is not None]
    assert ends == ["before", ""]


def test_figures_are_pictures_within_the_margins_with_their_words() -> None:
    document = read()
    assert len(document.inline_shapes) == 1
    shape = document.inline_shapes[0]
    properties = shape._inline.docPr
    assert properties.get("descr") == "Three patients"
    assert properties.get("title") == "Flow"
    assert shape.width.pt <= UPRIGHT + 0.01
    pictures = [name for name in parts(to_docx(example())) if name.endswith(".png")]
    assert pictures == ["word/media/image1.png"]


def test_fonts_for_both_scripts_stand_in_every_style() -> None:
    for language in ("en", "zh"):
        found = list(fonts(read(language=language)))
        assert len(found) > 20
        for name, latin, east_asian in found:
            assert latin in {"Times New Roman", "Arial"}, name
            assert east_asian in {"SimSun", "SimHei"}, name
        languages = read(language=language).styles.element.find(qn("w:docDefaults")).find(f".//{qn('w:lang')}")
        assert languages.get(qn("w:eastAsia")) == "zh-CN"


def test_chinese_words_ask_for_the_chinese_font() -> None:
    run = next(one for one in read("“组别”", "zh").paragraphs if one.text == "“组别”").runs[0]
    assert run._r.rPr.rFonts.get(qn("w:hint")) == "eastAsia"


def test_page_numbers_stand_below_and_the_title_above() -> None:
    section = read().sections[0]
    assert section.header.paragraphs[0].text == "plain"
    assert section.first_page_header.paragraphs[0].text == ""
    for footer in (section.footer, section.first_page_footer):
        assert re.findall(r"> (\w+) <", text(footer.paragraphs[0]._p)) == ["PAGE", "NUMPAGES"]


def test_an_ordered_list_counts_from_one_each_time() -> None:
    blocks = (Bullets(("a", "b"), ordered=True), Paragraph("p"), Bullets(("c",), ordered=True))
    document = opened(Document("t", "", blocks))
    lists = [one._p.pPr.numPr.numId.val for one in document.paragraphs if one.style.name == "List Number"]
    assert lists[0] == lists[1] != lists[2]
    again = document.part.numbering_part.element.xpath("//w:num[w:lvlOverride/w:startOverride/@w:val='1']")
    assert {one.numId for one in again} == set(lists)


def test_the_same_document_gives_the_same_bytes() -> None:
    assert to_docx(example()) == to_docx(example())
    with zipfile.ZipFile(io.BytesIO(to_docx(example()))) as file:
        assert {entry.date_time for entry in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert file.namelist()[0] == "[Content_Types].xml"


def test_properties_say_nothing_of_who_and_when() -> None:
    core = read().core_properties
    assert core.title == "plain"
    assert (core.author, core.last_modified_by, core.comments) == ("", "", "")
    assert core.created.year == core.modified.year == 1980
    content = parts(to_docx(example()))
    assert b"Macintosh" not in b"".join(content.values())
    assert not [name for name in content if "custom" in name or "thumbnail" in name]


def test_nothing_is_fetched_and_nothing_acts() -> None:
    content = parts(to_docx(example()))
    assert not [name for name in content if "vba" in name.lower() or "embed" in name.lower()]
    assert all(b'TargetMode="External"' not in part for part in content.values())


@pytest.mark.parametrize("word", [*HOSTILE, "=cmd|' /C calc'!A0", '{ DDEAUTO c:\\\\x "y" }', "</w:t></w:r>", "a]]>b"])
def test_hostile_words_are_text(word: str) -> None:
    plain, hostile = (parts(to_docx(example(one))) for one in ("plain", word))
    assert set(plain) == set(hostile)
    codes = [
        re.findall(r"<w:instrText[^>]*>.*?</w:instrText>", one["word/document.xml"].decode())
        for one in (plain, hostile)
    ]
    assert codes[0] == codes[1]
    tags = [re.findall(r"<(/?[a-z0-9]+:\w+)", one["word/document.xml"].decode()) for one in (plain, hostile)]
    assert tags[0] == tags[1]
    document = read(word)
    assert styled(document, "Title") == [word]
    assert word in [cell.text for cell in journal_tables(document)[0].rows[0].cells]
    assert document.core_properties.title == word


@pytest.mark.parametrize(
    ("word", "shown"), [("a\x00b", "a\ufffdb"), ("\ud800", "\ufffd"), ("\u202etrohs", "\ufffdtrohs"), ("a\nb", "a b")]
)
def test_what_no_page_can_hold_is_replaced(word: str, shown: str) -> None:
    assert styled(read(word), "Title") == [shown]


def test_an_empty_document_opens() -> None:
    document = opened(Document("t", "", ()))
    assert [one.text for one in document.paragraphs] == ["t"]


def test_citations_lead_to_their_reference() -> None:
    document = opened(example())
    lead = next(one for one in document.paragraphs if one.style.name == "Lead")
    assert [(one.fragment, one.text) for one in lead.hyperlinks] == [("_reference_1", "[1]")]


@cache
def stanford(language: str) -> Document:
    return run(du.example("stanford"), language=language).document()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_whole_report_says_in_word_what_it_says_elsewhere(language: str) -> None:
    source = stanford(language)
    content = to_docx(source)
    document = docx.Document(io.BytesIO(content))
    blocks = [entry.block for entry in source.numbered()]
    tables = [block.table for block in blocks if isinstance(block, TableBlock)]
    figures = [block.drawing for block in blocks if isinstance(block, FigureBlock)]
    assert len(tables) > 5
    assert len(figures) > 3

    shown = journal_tables(document)
    assert len(shown) == len(tables)
    for table, words in zip(tables, shown, strict=True):
        marks = table.marks()
        body = [[one.text for one in row._tr.tc_lst[0].xpath("./w:p//w:t")] for row in words.rows]
        assert [row.stub for row in table.rows] == ["".join(part) for part in body[-len(table.rows) :]]
        for row, cells in zip(table.rows, words.rows[-len(table.rows) :], strict=True):
            expected = [cell.text + marks.get(cell.note, "") for cell in row.cells]
            assert row.heading or [cell.text for cell in cells.cells[1:]] == expected

    assert [shape._inline.docPr.get("descr") for shape in document.inline_shapes] == [
        one.alternative for one in figures
    ]
    captions = styled(document, "Caption")
    assert [one.split()[0 if language == "zh" else 1].rstrip(".") for one in captions] == [
        entry.number if language == "zh" else entry.number.split()[1] for entry in source.numbered() if entry.number
    ]
    names = re.findall(r'<w:bookmarkStart w:id="\d+" w:name="([^"]+)"', parts(content)["word/document.xml"].decode())
    assert len(names) == len(set(names))
    assert content == to_docx(source)


def test_no_machine_and_no_clock_is_in_a_whole_report() -> None:
    everything = parts(to_docx(stanford("en")))
    metadata = b"".join(one for name, one in everything.items() if name.startswith("docProps"))
    for word in (getpass.getuser(), machine(), str(date.today().year), "python-docx"):
        assert word.encode() not in metadata


def machine() -> str:
    return platform.node() or "no name"
