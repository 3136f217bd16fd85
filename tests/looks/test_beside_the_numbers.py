"""Findings beside the numbers they touch: every one at its table or figure and in full, in words, both languages."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from html import unescape

import docx
import pytest
from test_html import Page

from durata.examples import example
from durata.finding import Finding, Severity
from durata.pipeline import StudyRun, run
from durata.records.notes import reading_notes
from durata.report.association import claims
from durata.report.chapters.wording import Wording, wording
from durata.report.document import (
    IN_WORDS,
    Briefs,
    Bullets,
    Document,
    FigureBlock,
    FindingBlock,
    FindingIndex,
    Heading,
    Mark,
    Shows,
    TableBlock,
)
from durata.report.docx.write import to_docx
from durata.report.html import to_html
from durata.report.rewording import against, against_all, reworded
from durata.report.table_files import to_csv_files
from durata.report.touching import (
    KINDS,
    TOUCHES,
    anchors,
    kinds_touched,
    name_of,
    outcome_keys,
    plain,
    touches,
    with_marks,
)
from durata.report.words import phrases
from durata.rules.catalogue import all_rules
from durata.show.numbers import Cell
from durata.show.table import Head, Row, Table

STUDIES = [("gist", "en"), ("gist", "zh"), ("stanford", "en"), ("stanford", "zh")]
HOSTILE = "<script>alert(\"1\")</script> & 'x'"


@pytest.fixture(scope="module", params=STUDIES, ids="-".join)
def finished(request: pytest.FixtureRequest) -> StudyRun:
    name, language = request.param
    return run(example(name), language=language)


@pytest.fixture(scope="module")
def document(finished: StudyRun) -> Document:
    return finished.document()


@pytest.fixture(scope="module")
def words() -> Wording:
    return wording(run(example("gist")).contents)


def shown(document: Document) -> list[TableBlock | FigureBlock]:
    return [block for block in document.blocks if isinstance(block, TableBlock | FigureBlock) and block.shows]


def table(title: str = "Numbers") -> Table:
    return Table(title, "", (Head("n"),), (Row("all", (Cell("3"),)),))


def test_every_rule_says_what_it_touches_and_what_it_means_in_both_languages() -> None:
    for code in all_rules():
        assert code in TOUCHES, f"{code} needs a line in report/touching.py"
        for language in ("en", "zh"):
            for part in ("means", "act"):
                said = phrases(language).raw(f"plain.{code}.{part}")
                assert said.endswith("." if language == "en" else "。"), (code, language, said)
    assert {kind for kinds in TOUCHES.values() for kind in kinds} <= set(KINDS)


def test_every_finding_stands_beside_what_it_touches_and_in_full(finished: StudyRun, document: Document) -> None:
    findings = finished.contents.verdicts.findings
    outcomes = outcome_keys(finished.contents.study)
    placed = anchors(findings)
    assert [(block.finding, block.anchor) for block in document.blocks if isinstance(block, FindingBlock)] == list(
        placed
    )
    for finding in findings:
        for block in shown(document):
            beside = finding.code in {mark.code for mark in block.marks}
            assert block.shows is not None
            if touches(finding, block.shows, outcomes):
                assert beside, (finding.code, block.shows)
        if kinds_touched(finding):
            assert any(finding.code in {mark.code for mark in block.marks} for block in shown(document)), finding.code
    # and no mark stands where no finding touches
    for block in shown(document):
        assert block.shows is not None
        for mark in block.marks:
            assert any(one.code == mark.code and touches(one, block.shows, outcomes) for one in findings)


def test_a_mark_leads_to_a_finding_of_its_rule_and_of_its_outcome(finished: StudyRun, document: Document) -> None:
    placed = {anchor: finding for finding, anchor in anchors(finished.contents.verdicts.findings)}
    outcomes = outcome_keys(finished.contents.study)
    marks = 0
    for block in shown(document):
        for mark in block.marks:
            finding = placed[mark.anchor]
            assert (finding.code, finding.severity) == (mark.code, mark.severity)
            assert block.shows is not None
            assert touches(finding, block.shows, outcomes)
            marks += 1
    assert marks > 20


def test_the_gravest_stand_first_and_each_is_explained_once_a_chapter(document: Document) -> None:
    said: list[str] = []
    for block in document.blocks:
        if isinstance(block, Heading) and block.level == 1:
            said = []
        if isinstance(block, TableBlock | FigureBlock):
            ranks = [mark.severity.rank for mark in block.marks]
            assert ranks == sorted(ranks, reverse=True)
            assert len({mark.code for mark in block.marks}) == len(block.marks)
            for mark in block.marks[:IN_WORDS]:
                assert bool(mark.words) != (mark.code in said)
                said.append(mark.code)


def test_the_page_has_an_anchor_for_every_mark(document: Document) -> None:
    page = Page(to_html(document))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {value[1:] for value in page.values("href")} <= set(ids)
    labels = page.values("aria-label")
    for block in shown(document):
        for mark in block.marks:
            assert any(f" {mark.code}: " in label for label in labels)


def test_the_word_file_and_the_tables_say_the_same_marks(document: Document) -> None:
    content = to_docx(document)
    word = docx.Document(io.BytesIO(content))
    xml = word.element.xml
    names = set(re.findall(r'<w:bookmarkStart [^>]*w:name="([^"]+)"', xml))
    assert set(re.findall(r'w:anchor="([^"]+)"', xml)) <= names
    notes = to_csv_files(document)["tables/contents.csv"].decode("utf-8")
    text = "".join(unescape(one) for one in re.findall(r"<w:t[^>]*>([^<]*)</w:t>", xml))
    for block in shown(document):
        for mark in block.marks:
            assert document.mark_label(mark) in text
            if isinstance(block, TableBlock):
                assert document.mark_label(mark) in notes


def test_the_front_page_says_three_things_and_what_to_do(finished: StudyRun, document: Document) -> None:
    (briefs,) = (block for block in document.blocks if isinstance(block, Briefs))
    spoken = phrases(document.language)
    assert len(briefs.items) == 3
    for one in briefs.items:
        assert one.mark.severity is Severity.ERROR
        for said, part in ((one.means, "means"), (one.act, "act")):
            assert "{" not in said
            assert said[:8] == spoken.raw(f"plain.{one.mark.code}.{part}")[:8] or "{" in spoken.raw(
                f"plain.{one.mark.code}.{part}"
            )
    codes = [one.mark.code for one in briefs.items]
    expected = ["T02", "S01", "C01"] if "gist" in str(finished.contents.study.source) else ["T01", "S01", "K01"]
    assert codes == expected


def test_the_list_of_findings_has_a_line_a_rule_and_says_where(finished: StudyRun, document: Document) -> None:
    (index,) = (block for block in document.blocks if isinstance(block, FindingIndex))
    listed = [one for _, rules in index.families for one in rules]
    findings = finished.contents.verdicts.findings
    assert sorted(one.mark.code for one in listed) == sorted({one.code for one in findings})
    assert sum(len(one.findings) for one in listed) == len(findings)
    for one in listed:
        beside = [
            entry.anchor
            for entry in document.numbered()
            if isinstance(entry.block, TableBlock | FigureBlock)
            and one.mark.code in {mark.code for mark in entry.block.marks}
        ]
        assert list(one.beside) == beside
    assert re.search("[a-z]-[a-z]", " ".join(one.mark.name for one in listed)) is None or document.language == "zh"


def test_what_a_finding_says_is_text_and_never_markup() -> None:
    mark = Mark("T01", Severity.ERROR, "finding-1", HOSTILE, HOSTILE)
    finding = Finding("T01", Severity.ERROR, "seen")
    blocks = (TableBlock(table(HOSTILE), marks=(mark,) * 5), FindingBlock(finding, "finding-1"))
    page = to_html(Document("t", "", blocks))
    assert "<script" not in page
    assert Page(page).words.count(HOSTILE) == 0
    assert HOSTILE in "".join(Page(page).words)
    assert to_docx(Document("t", "", blocks))


def test_a_mark_that_leads_nowhere_is_refused() -> None:
    lost = Mark("T01", Severity.ERROR, "finding-9", "name")
    with pytest.raises(ValueError, match="refers to 'finding-9'"):
        Document("t", "", (TableBlock(table(), marks=(lost,)),))


def test_three_are_said_in_words_and_of_the_rest_the_code(words: Wording) -> None:
    found = tuple(
        Finding(code, severity, "seen")
        for code, severity in (
            ("P01", Severity.WARNING),
            ("H01", Severity.INFO),
            ("T02", Severity.ERROR),
            ("S01", Severity.ERROR),
            ("K02", Severity.WARNING),
        )
    )
    own = replace(words, contents=replace(words.contents, verdicts=replace(words.contents.verdicts, findings=found)))
    blocks = with_marks(
        own,
        (
            TableBlock(table(), shows=Shows("model", "os")),
            *(FindingBlock(finding, anchor) for finding, anchor in anchors(found)),
        ),
    )
    (model, *_) = blocks
    assert isinstance(model, TableBlock)
    assert [mark.code for mark in model.marks] == ["S01", "T02", "P01", "K02", "H01"] or [
        mark.code for mark in model.marks
    ] == ["T02", "S01", "P01", "K02", "H01"]
    page = Page(to_html(Document("t", "", blocks)))
    said = "".join(page.words)
    assert plain(own, found[0], "means") in said
    assert plain(own, found[1], "means") not in said
    assert "H01" in said


def test_a_finding_of_one_outcome_touches_that_outcome_alone(words: Wording) -> None:
    outcomes = outcome_keys(words.study)
    label = words.outcome("os")
    finding = Finding("P01", Severity.WARNING, "few", {"outcome": label})
    assert touches(finding, Shows("model", "os"), outcomes)
    assert not touches(finding, Shows("model", "rfs"), outcomes)
    assert not touches(finding, Shows("curve", "os"), outcomes)
    assert touches(Finding("P01", Severity.WARNING, "few"), Shows("model", "rfs"), outcomes)
    inside = Finding("R02", Severity.WARNING, "thin", {"outcome": label, "cells": ("a",)})
    assert touches(inside, Shows("subgroup_survival", "os"), outcomes)
    assert not touches(inside, Shows("horizons", "os"), outcomes)


def test_a_rule_without_sentences_speaks_for_itself(words: Wording) -> None:
    finding = Finding("Z99", Severity.ERROR, "{n} seen", {"n": 3}, "Do it.")
    assert (plain(words, finding, "means"), plain(words, finding, "act")) == ("3 seen", "Do it.")
    assert name_of("Z99") == ""
    assert kinds_touched(finding) == ()


def test_every_claim_is_reworded_by_the_findings_against_it(words: Wording) -> None:
    said = {one.name: (reworded(words, one), [f.code for f in against(words, one)]) for one in claims(words.contents)}
    text, codes = said["partial_response"]
    assert codes[:3] == ["M02", "C01", "C03"]
    assert "nothing shows that this subgroup differs" in text
    assert "defined by something known only later, the response to the treatment" in text
    assert "C02" not in codes
    text, codes = said["adjuvant_24"]
    assert {"M02", "C01", "C02", "T02", "S01"} <= set(codes)
    assert "C03" not in codes
    assert "how long a later treatment lasted" in text
    text, codes = said["os"]
    assert text.startswith("Association; causation is not shown: hazard ratio 0.28 (95% CI 0.089 to 0.85)")
    assert {"T02", "S01", "P01"} <= set(codes)
    assert not {"C01", "C02", "C03", "M02"} & set(codes)


def test_nothing_is_an_independent_protective_factor(document: Document) -> None:
    page = "".join(Page(to_html(document)).words)
    assert not re.search(r"independent(ly)? (protective|prognostic|risk|predict)|独立(的)?(保护|预后|危险|影响)", page)
    headings = [block.text for block in document.blocks if isinstance(block, Heading)]
    claimed = bool(
        [block for block in document.blocks if isinstance(block, TableBlock) and block.shows == Shows("claims")]
    )
    instead = {"en": "What may be written instead", "zh": "可改写为"}[document.language]
    assert (instead in headings) == claimed
    if claimed:
        after = document.blocks[[getattr(block, "text", "") for block in document.blocks].index(instead) + 2]
        assert isinstance(after, Bullets)
        association = {"en": "Association; causation is not shown", "zh": "关联，未证实因果"}[document.language]
        assert any(association in str(item) for item in after.items)


def test_how_the_file_was_read_stands_in_the_methods(finished: StudyRun, document: Document) -> None:
    headings = [block.text for block in document.blocks if isinstance(block, Heading)]
    assert {"en": "How the file was read", "zh": "数据文件的读取"}[document.language] in headings
    printed = [
        (row.stub, int(row.cells[1].text.replace(",", "")))
        for block in document.blocks
        if isinstance(block, TableBlock) and block.shows == Shows("reading")
        for row in block.table.rows
    ]
    records = finished.contents.records
    assert printed == [
        (records.columns[name].header, n) for name, kinds in records.conversions.items() for n in kinds.values()
    ]
    assert printed
    said = " ".join(piece for block in document.blocks if isinstance(block, Bullets) for piece in map(str, block.items))
    assert not any(str(one.where) + ": " in said and one.code == "N07" for one in reading_notes(records))


def test_what_stands_against_every_claim_is_said_once(words: Wording) -> None:
    judged = claims(words.contents)
    shared = against_all(words, judged)
    assert {"T02", "S01"} <= {one.code for one in shared}
    for one in judged:
        text = reworded(words, one, shared)
        assert words.say("against.T02") not in text
        for finding in against(words, one):
            told = finding.code in {one.code for one in shared}
            assert (words.say(f"against.{finding.code}") in text) != told, finding.code
    assert against_all(words, judged[:1]) == ()
