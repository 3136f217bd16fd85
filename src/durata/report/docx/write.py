"""A Document as the bytes of a Word file: every block in its style, every number where Word can count it again."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from docx.document import Document as WordDocument
from docx.shared import Pt

from durata.finding import Finding, Severity
from durata.language.speaking import say_in
from durata.report.document import (
    IN_WORDS,
    PLACES,
    Brief,
    Briefs,
    Bullets,
    Definitions,
    Document,
    FigureBlock,
    FindingBlock,
    FindingIndex,
    Heading,
    Indexed,
    KeyNumbers,
    Mark,
    Note,
    Numbered,
    Paragraph,
    References,
    Run,
    TableBlock,
    Text,
    runs,
    severity_word,
)
from durata.report.docx import elements
from durata.report.docx.elements import Element, bold, bookmark, element, link, paragraph, run, value
from durata.report.docx.parts import empty_document, new_list, packed
from durata.report.docx.properties import say_origin
from durata.report.docx.sections import Sections, lies_across, page_frame
from durata.report.docx.styles import NUMBERS, twips
from durata.report.docx.tables import definition_table, key_table, word_table
from durata.report.docx.widths import A4, MARGIN, UPRIGHT
from durata.show.drawing import Drawing

NUMBER = re.compile(r"(.*?)(\d+)(.*)", re.DOTALL)
CAPTION_ROOM = 90.0  # points under a figure
TALLEST = A4[1] - 2 * MARGIN - CAPTION_ROOM


def to_docx(document: Document) -> bytes:
    """The document as a Word file; the same document gives the same bytes.

    Tables have numbered captions above and three rules, figures are pictures of 300 dots an inch and more with their alternative text,
    references to them are fields that Word counts again; whatever comes from the study is text and nothing else.
    """
    writer = Writer(document, empty_document(document.title, document.language))
    writer.write()
    if document.origin:
        say_origin(writer.word, document.origin)
    return packed(writer.word)


@dataclass
class Writer:
    """Writes one document; counts bookmarks, lists and findings as it goes."""

    document: Document
    word: WordDocument
    bookmarks: Mapping[str, str] = field(init=False)
    count: int = 0
    lists: int = 0
    findings: int = 0

    def __post_init__(self) -> None:
        # a bookmark of Word's knows no hyphens and 40 characters at most
        anchors = [entry.anchor for entry in self.document.numbered() if entry.anchor]
        self.bookmarks = {
            anchor: f"_d{position}_{anchor.replace('-', '_')}"[:40] for position, anchor in enumerate(anchors)
        }

    def write(self) -> None:
        """Front, blocks and footer into the body, in sections of upright paper and of paper that lies across."""
        page_frame(self.word, self.document.title)
        sections = Sections(self.word)
        sections.add(self.front(), across=False)
        entries = self.document.numbered()
        for entry, across in zip(entries, lies_across(entries), strict=True):
            sections.add(self.block(entry), across=across)
        sections.add((paragraph("Colophon", *self.words(line)) for line in self.document.footer), across=False)
        sections.finish()

    def front(self) -> Iterator[Element]:
        """Title, subtitle and facts."""
        yield paragraph("Title", run(self.document.title))
        if self.document.subtitle:
            yield paragraph("Subtitle", run(self.document.subtitle))
        for fact in self.document.facts:
            yield paragraph("Facts", run(fact))

    def block(self, entry: Numbered) -> Iterator[Element]:
        """One block as paragraphs and tables."""
        match entry.block:
            case Heading(text=text, level=level):
                yield paragraph(f"Heading{level}", *self.marked(entry.anchor, run(text)))
            case Paragraph(text=text, lead=lead):
                yield paragraph("Lead" if lead else "Normal", *self.words(text))
            case Bullets(items=items, ordered=ordered):
                yield from self.bullets(items, ordered=ordered)
            case Definitions(items=items):
                yield definition_table([(word, tuple(self.words(meaning))) for word, meaning in items])
                yield paragraph("TableNote")
            case TableBlock(table=table):
                yield paragraph("Caption", *self.caption(entry, table.title), keep=element("w:keepNext"))
                yield from word_table(table, self.document.language)
                yield from self.marks(entry.block.marks)
            case FigureBlock(drawing=drawing, caption=caption):
                yield self.figure(drawing)
                yield paragraph("Caption", *self.caption(entry, caption))
                yield from self.marks(entry.block.marks)
            case FindingBlock(finding=finding):
                yield from self.finding(finding, entry.anchor)
            case Briefs(items=items):
                yield from self.briefs(items)
            case FindingIndex(families=families):
                for family, rules in families:
                    yield paragraph("Normal", run(family, bold()), keep=element("w:keepNext"))
                    yield definition_table([self.indexed(one) for one in rules])
                    yield paragraph("TableNote")
            case Note(text=text, tone=tone, title=title):
                style = f"Note{tone.capitalize()}"
                head = [run(title, bold()), element("w:r", None, element("w:br"))] if title else []
                yield paragraph(style, *head, *self.words(text))
            case KeyNumbers(numbers=numbers):
                if numbers:
                    yield key_table(numbers)
                    yield paragraph("TableNote")
            case References(items=items):
                for number, item in enumerate(items, start=1):
                    marked = self.marked(f"reference-{number}", run(f"[{number}]"))
                    yield paragraph("Bibliography", *marked, element("w:r", None, element("w:tab")), run(item))

    def words(self, text: Text) -> Iterator[Element]:
        """A text as runs, links and fields."""
        for piece in runs(text):
            yield from self.piece(piece)

    def piece(self, piece: Run) -> Iterator[Element]:
        """One piece of a sentence in its voice."""
        match piece.voice:
            case "refer":
                shown = self.document.targets()[piece.text]
                yield from elements.field(f"REF {self.bookmarks[piece.text]} \\h \\* MERGEFORMAT", shown)
            case "cite":
                yield link(f"_reference_{piece.text}", run(f"[{piece.text}]"))
            case "strong":
                yield run(piece.text, value("w:rStyle", "Strong"))
            case "emphasis":
                yield run(piece.text, value("w:rStyle", "Emphasis"))
            case "code":
                yield run(piece.text, value("w:rStyle", "Code"))
            case _:
                yield run(piece.text)

    def marked(self, anchor: str, *children: Element) -> Iterator[Element]:
        """Children with a bookmark that can be led to."""
        self.count += 1
        name = self.bookmarks.get(anchor) or f"_{anchor.replace('-', '_')}"
        yield from bookmark(name, self.count, *children)

    def caption(self, entry: Numbered, text: Text) -> Iterator[Element]:
        """The number, which Word can count again, and the words; references lead to the number alone."""
        found = NUMBER.fullmatch(entry.number)
        if found is None:
            raise ValueError(f"{entry.number!r} is the number of no table and no figure")
        before, number, after = found.groups()
        counted = elements.field(f"SEQ {before.strip() or 'Table'} \\* ARABIC", number, bold())
        yield from self.marked(entry.anchor, run(before, bold()), *counted, *([run(after, bold())] if after else []))
        yield run(self.document.label(entry.number).removeprefix(entry.number) + " ", bold())
        yield from self.words(text)

    def bullets(self, items: tuple[Text, ...], *, ordered: bool) -> Iterator[Element]:
        """A list; an ordered one counts from 1."""
        restart = None
        if ordered:
            self.lists += 1
            identity = NUMBERS + self.lists
            self.word.part.numbering_part.element.append(new_list(identity))
            restart = element("w:numPr", None, value("w:ilvl", 0), value("w:numId", identity))
        for item in items:
            own = deepcopy(restart) if restart is not None else None
            yield paragraph("ListNumber" if ordered else "ListBullet", *self.words(item), numbering=own)

    def figure(self, drawing: Drawing) -> Element:
        """The picture within the margins, with the words that stand for it."""
        scale = min(UPRIGHT / drawing.width, TALLEST / drawing.height, 1.0)
        shape = self.word.part.new_pic_inline(
            io.BytesIO(drawing.png()), Pt(round(drawing.width * scale, 2)), Pt(round(drawing.height * scale, 2))
        )
        shape.docPr.set("name", drawing.name)
        shape.docPr.set("title", elements.clean(drawing.title))
        shape.docPr.set("descr", elements.clean(drawing.alternative))
        return paragraph("Figure", element("w:r", None, element("w:drawing", None, shape)))

    def mark(self, mark: Mark) -> Element:
        """The mark of a finding, which leads to it."""
        return link(self.bookmarks[mark.anchor], run(self.document.mark_label(mark), bold()))

    def marks(self, marks: tuple[Mark, ...]) -> Iterator[Element]:
        """The findings that touch a table or figure: a line each for the first, the marks of the others in one."""
        for mark in marks[:IN_WORDS]:
            yield paragraph("TableNote", self.mark(mark), run(f" {mark.words or mark.name}"))
        others = marks[IN_WORDS:]
        if others:
            said = [one for mark in others for one in (run(" "), self.mark(mark))]
            yield paragraph("TableNote", run(say_in(self.document.language, "Also", {})), *said)

    def briefs(self, items: tuple[Brief, ...]) -> Iterator[Element]:
        """What matters most: what it means, what to do, and the mark that leads to the finding."""
        for one in items:
            self.findings += 1
            lines = ((run(one.means, bold()),), (run(one.act),), (self.mark(one.mark), run(f" {one.mark.name}")))
            yield from self.set_apart(one.mark.severity, lines)

    def indexed(self, one: Indexed) -> tuple[str, tuple[Element, ...]]:
        """A rule in the list of findings: its mark in words, its name, and what it stands beside."""
        language, targets = self.document.language, self.document.targets()
        said = [link(self.bookmarks[one.mark.anchor], run(one.mark.name, bold()))]
        for position, anchor in enumerate(one.beside[:PLACES]):
            said.append(run(say_in(language, ", ", {}) if position else say_in(language, ": ", {})))
            said.append(link(self.bookmarks[anchor], run(targets[anchor])))
        if len(one.beside) > PLACES:
            said.append(run(" " + say_in(language, "and {n} more", {"n": len(one.beside) - PLACES})))
        return self.document.mark_label(one.mark), tuple(said)

    def finding(self, finding: Finding, anchor: str = "") -> Iterator[Element]:
        """How much it matters and where, what was seen, what to do, where to read on; set apart by a line at its left."""
        self.findings += 1
        language = self.document.language
        code = [run(finding.code, bold())]
        head = [
            run(f"{severity_word(finding.severity, language)}  ", bold()),
            *(self.marked(anchor, *code) if anchor else code),
        ]
        if finding.where:
            head.append(run(f"  {finding.where}", value("w:sz", 17)))
        lines: list[Sequence[Element]] = [head, [run(finding.message)]]
        if finding.remedy:
            lines.append(
                [
                    run(say_in(language, "{words}: ", {"words": say_in(language, "What to do", {})}), bold()),
                    run(finding.advice),
                ]
            )
        if finding.reference:
            lines.append([run(finding.reference, value("w:sz", 17))])
        yield from self.set_apart(finding.severity, lines)

    def set_apart(self, severity: Severity, lines: Sequence[Sequence[Element]]) -> Iterator[Element]:
        """Lines with the colour of a severity at their left."""
        style = {"error": "FindingError", "warning": "FindingWarning", "info": "FindingInformation"}
        # neighbours of one style would run into one another; a hair's difference in place keeps them apart
        place = twips(10) + self.findings % 2
        for position, line in enumerate(lines, start=1):
            last = position == len(lines)
            yield paragraph(
                style[severity.value],
                *line,
                keep=None if last else element("w:keepNext"),
                spacing=element("w:spacing", {"w:after": twips(9)}) if last else None,
                indentation=element("w:ind", {"w:left": place}),
            )
