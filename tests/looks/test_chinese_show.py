"""Every table and figure of the bundled studies, printed in Chinese: not one English word but names and the study's own."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from functools import cache

import pytest

import durata as du
from durata.report.document import Document, FigureBlock, TableBlock
from durata.show.drawing import Drawing
from durata.show.fonts.bundled import bundled_characters
from durata.show.table import Table

WORD = re.compile(r"[A-Za-z]{3,}")
# names of people and of what they gave their names to, and what is written in Latin letters in Chinese journals too
NAMES = frozenset(
    re.findall(
        WORD,
        "Armitage Bonferroni Breslow Brookmeyer Clopper Cochran Cox Crowley Efron Fisher Fleming Gehan Greenwood Harrington "
        "Holm Kaplan Kruskal Meier Newcombe Pearson Poisson Schoenfeld Wald Wallis Welch Wilcoxon Wilson Woolf "
        "bootstrap log Log rank RECIST SMD RMST IPW Monte Carlo",
    )
)
STUDIES = ("stanford", "gist")


@cache
def finished(name: str) -> tuple[Document, tuple[str, ...]]:
    """The report of a bundled study in Chinese, and what the study itself calls things, the longest first."""
    run = du.run(du.example(name), language="zh")
    declared = set(_texts(run.contents.study.model_dump()))
    for category in run.contents.records.categories.values():
        declared.update(category.levels)
    return run.document(), tuple(sorted(declared, key=len, reverse=True))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def english(text: str, declared: tuple[str, ...]) -> list[str]:
    """The words of a text that are neither names nor part of something the study declares."""
    if not set(WORD.findall(text)) - NAMES:
        return []
    for one in declared:
        # a label inside a sentence may have lost its capital; a part of a word is no label
        if WORD.search(one):
            text = re.sub(rf"(?<![A-Za-z]){re.escape(one)}(?![A-Za-z])", "", text, flags=re.IGNORECASE)
    return [word for word in WORD.findall(text) if word not in NAMES]


def said_by(table: Table) -> Iterator[str]:
    yield from (table.title, table.stub_head, *table.notes, *table.marks())
    yield from (words for head in table.heads for words in (head.text, head.spanner))
    yield from (words for row in table.rows for words in (row.stub, *(cell.text for cell in row.cells)))


def drawn_in(drawing: Drawing) -> Iterator[str]:
    yield from (drawing.title, drawing.alternative)
    for element in ET.fromstring(drawing.svg).iter("{http://www.w3.org/2000/svg}text"):
        yield "".join(element.itertext())


@pytest.mark.parametrize("name", STUDIES)
def test_no_table_says_an_english_word(name: str) -> None:
    document, declared = finished(name)
    tables = [block.table for block in document.blocks if isinstance(block, TableBlock)]
    assert len(tables) >= 8
    found = {text: words for table in tables for text in said_by(table) if (words := english(text, declared))}
    assert not found


@pytest.mark.parametrize("name", STUDIES)
def test_no_figure_says_an_english_word_and_each_is_described_in_chinese(name: str) -> None:
    document, declared = finished(name)
    drawings = [block.drawing for block in document.blocks if isinstance(block, FigureBlock)]
    assert len(drawings) >= 5
    found = {text: words for one in drawings for text in drawn_in(one) if (words := english(text, declared))}
    assert not found
    for one in drawings:
        assert len(re.findall("[\u4e00-\u9fff]", one.alternative)) > 5
        assert not re.search(r"[\u4e00-\u9fff] ?[,;:](?! \d)", one.alternative), (
            "full-width punctuation between Chinese words"
        )
        beyond = {char for text in drawn_in(one) for char in text if ord(char) >= 0x2E80} - {
            chr(code) for code in bundled_characters()
        }
        assert not beyond


@pytest.mark.parametrize("name", STUDIES)
def test_numbers_are_set_as_chinese_journals_set_them(name: str) -> None:
    document, _ = finished(name)
    cells = [
        cell.text
        for block in document.blocks
        # what was printed elsewhere is repeated as it was printed
        if isinstance(block, TableBlock) and block.table.heads[0].text != "发表值"
        for row in block.table.rows
        for cell in row.cells
    ]
    assert not [text for text in cells if re.search(r"\d to [\d−]|\d \(|\d,\d{3}", text)]
    assert any(re.fullmatch(r"\d\.\d+\(\d\.\d+~\d+\.\d+\)", text) for text in cells), "a hazard ratio"
    assert any(re.fullmatch(r"[\d.]+%\([\d.]+%~[\d.]+%\)", text) for text in cells), (
        "survival with both limits in per cent"
    )
    assert any(re.fullmatch(r"\d+\([\d.]+\)", text) for text in cells), "a count with its share"
    assert any(re.fullmatch(r"[\d.]+±[\d.]+", text) for text in cells), "a mean with its standard deviation"


def test_the_checker_finds_what_was_left_in_english() -> None:
    declared = ("Recurrence or death", "short", "event")
    assert english("short：50例患者，recurrence or death", declared) == []
    assert english("short：50 patients，Cox回归", declared) == ["patients"]
    assert english("events", declared) == ["events"]
