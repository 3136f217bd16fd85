"""The HTML report: small fragments as they must be, nothing that runs, nothing that is fetched."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from html.parser import HTMLParser

import pytest
from drawn import HOSTILE
from test_document import TABLE, example, flow_drawing

from durata.finding import Finding, Severity, Where
from durata.report.document import Document, FigureBlock, FindingBlock, Heading, Paragraph, TableBlock, strong
from durata.report.html import POLICY, to_html
from durata.show.numbers import Cell
from durata.show.table import Head, Row, Table

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Tags, attributes and words of a page; complains when a tag is not closed where it was opened."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    def values(self, name: str) -> list[str]:
        return [value for _, attribute, value in self.attributes if attribute == name]


def squeezed(html: str) -> str:
    return re.sub(r">[ \n]+<", "><", re.sub(r"[ \n]+", " ", html))


def part(html: str, start: str, end: str) -> str:
    return squeezed(html[html.index(start) : html.index(end, html.index(start)) + len(end)])


def test_a_table_has_three_rules_scopes_spanners_and_notes() -> None:
    html = to_html(Document("t", "", (TableBlock(TABLE, "deaths"),)))
    assert part(html, "<table>", "</table>") == (
        "<table><thead>"
        '<tr class="spanners"><td></td><th scope="colgroup" colspan="2"><span>Adjusted</span></th></tr>'
        '<tr><th scope="col" class="stub">Group</th><th scope="col" class="decimal">HR</th>'
        '<th scope="col" class="decimal">p</th></tr></thead><tbody>'
        '<tr class="heading"><th scope="rowgroup" colspan="3">Duration</th></tr>'
        '<tr><th scope="row" class="stub depth-1">short</th>'
        '<td class="decimal">\u20070.53 (0.27 to 1.04)</td><td class="decimal">0.066</td></tr>'
        '<tr><th scope="row" class="stub depth-1">long</th><td class="decimal">12.3 (1.41 to 107)</td>'
        '<td class="decimal">–<sup><a href="#deaths-note-a">a</a></sup></td></tr></tbody></table>'
    )
    assert part(html, '<div class="notes">', "</div>") == (
        '<div class="notes"><p id="deaths-note-a"><sup>a</sup> No test.</p><p>Ties by Efron.</p></div>'
    )
    assert '<span class="number">Table 1.</span> Deaths' in html


def test_numbers_line_up_at_their_decimal_point() -> None:
    rows = tuple(Row(str(k), (Cell(text),)) for k, text in enumerate(("1,141 (369 to 1,571)", "632 (9 to 70)")))
    html = to_html(Document("t", "", (TableBlock(Table("t", "", (Head("days"),), rows)),)))
    assert '<td class="decimal">1,141 (369 to 1,571)</td>' in html
    assert '<td class="decimal">\u2007\u2008632 (9 to 70)</td>' in html


def test_a_finding_says_what_it_saw_and_what_to_do() -> None:
    finding = Finding(
        "T01",
        Severity.ERROR,
        "{days} days are guaranteed.",
        {"days": 1234},
        "Read the other analysis.",
        Where("study.toml", 9, 1),
        "Suissa 2008",
    )
    assert part(to_html(Document("t", "", (FindingBlock(finding),))), "<article", "</article>") == (
        '<article class="finding error"><header><span class="severity">Error</span><span class="code">T01</span>'
        '<span class="where">study.toml:9:1</span></header><p class="what">1234 days are guaranteed.</p>'
        '<p class="remedy"><span class="label">What to do</span> Read the other analysis.</p>'
        '<p class="reference">Suissa 2008</p></article>'
    )


def test_references_lead_to_what_they_name() -> None:
    html = to_html(example())
    page = Page(html)
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {value[1:] for value in page.values("href")} <= {*ids}
    assert '<a href="#flow">Figure 1</a><a class="cite" href="#reference-1">[1]</a>' in html


def test_headings_stand_in_the_contents_once_for_each_width() -> None:
    blocks = (Heading("One", anchor="one"), Heading("Two", 2, "two"), Heading("Three", 3, "three"))
    html = to_html(Document("Title", "", blocks))
    assert html.count('href="#one"') == html.count('href="#two"') == 2
    assert 'href="#three"' not in html
    assert re.findall(r"<h(\d)", html) == ["1", "2", "3", "4"]


def test_a_figure_stands_in_the_page_with_its_words() -> None:
    html = to_html(Document("t", "", (FigureBlock(flow_drawing(), ("Caption ", strong("bold"))),)))
    assert 'role="img"' in html
    assert 'aria-labelledby="flow-title flow-desc"' in html
    assert '<span class="number">Figure 1.</span> Caption <strong>bold</strong>' in html


def test_the_page_runs_nothing_and_fetches_nothing() -> None:
    html = to_html(example())
    page = Page(html)
    assert POLICY in page.values("content")
    assert not {"script", "img", "link", "iframe", "object", "form", "base"} & set(page.tags)
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert all(value.startswith("#") for value in page.values("href"))
    assert not page.values("src")
    css = html[html.index("<style>") : html.index("</style>")]
    assert "url(" not in css
    assert "@import" not in css
    assert html.startswith("<!DOCTYPE html>")
    assert '<html lang="en">' in html


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_words_are_shown_literally(word: str) -> None:
    html = to_html(example(word))
    page = Page(html)
    plain = Page(to_html(example()))
    assert page.tags == plain.tags
    assert [(tag, name) for tag, name, _ in page.attributes] == [(tag, name) for tag, name, _ in plain.attributes]
    assert "".join(page.words).count(word) >= 24
    if escape(word) != word:
        assert word not in html


@pytest.mark.parametrize("word", ["a\x00b", "\ud800", "\u202etrohs", "组别"])
def test_what_no_page_can_hold_is_replaced(word: str) -> None:
    html = to_html(example(word))
    html.encode("utf-8")
    assert not re.search("[\x00\u202e]", html)


def test_braces_in_the_words_of_a_finding_are_no_fields() -> None:
    for words in ("The header {{7*7}} is not known.", "A lone { in a header."):
        finding = Finding("D01", Severity.INFO, words)
        assert words in to_html(Document("t", "", (FindingBlock(finding),)))


def test_the_same_document_gives_the_same_bytes() -> None:
    assert to_html(example()) == to_html(example())


def test_the_page_speaks_the_language_of_the_document() -> None:
    html = to_html(replace(example(), language="zh"))
    assert '<html lang="zh-Hans">' in html
    for words in (">图1</span>", ">表2</span>", ">错误<", "处理建议", ">目录<", 'href="#flow">图1</a>'):
        assert words in html
    for words in ("Figure 1", "Table 2", "Error", "What to do", "Contents", "Skip to"):
        assert words not in "".join(Page(html).words)


def test_a_document_without_headings_has_no_contents() -> None:
    html = to_html(Document("t", "", (Paragraph("p"),)))
    assert "<nav" not in html
    assert "<details" not in html
