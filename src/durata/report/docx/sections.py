"""Sections of upright paper and of paper that lies across, with the title above and the number below every page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy

from docx.document import Document as WordDocument
from docx.oxml.ns import qn

from durata.report.document import Heading, Numbered, TableBlock
from durata.report.docx.elements import Element, element, field, paragraph, run, value
from durata.report.docx.styles import twips
from durata.report.docx.widths import A4, MARGIN, layout

EDGE = 36.0  # points from the edge of the paper to header and footer


def lies_across(entries: Sequence[Numbered]) -> list[bool]:
    """For every block whether its paper lies across: wide tables do, and headings go with what they stand over."""
    found: list[bool] = []
    following = False
    for entry in reversed(entries):
        if not isinstance(entry.block, Heading):
            following = isinstance(entry.block, TableBlock) and layout(entry.block.table).across
        found.append(following)
    return found[::-1]


def page_frame(word: WordDocument, title: str) -> None:
    """The title in the header, but not on the first page; page and pages in the footer."""
    section = word.sections[0]
    section.different_first_page_header_footer = True
    _fill(section.header._element, paragraph("Header", run(title)))
    _fill(section.first_page_header._element, paragraph("Header"))
    for footer in (section.footer, section.first_page_footer):
        pages = [*field("PAGE", "1"), run(" / "), *field("NUMPAGES", "1")]
        _fill(footer._element, paragraph("Footer", *pages))


def _fill(part: Element, content: Element) -> None:
    part[:] = [content]


class Sections:
    """The body of a document, written block by block; a new section begins where the paper turns."""

    def __init__(self, word: WordDocument) -> None:
        self.body = word.element.body
        self.last = self.body.sectPr
        self.across = False
        self.begun = False

    def add(self, blocks: Iterable[Element], *, across: bool) -> None:
        """Append elements on upright paper or on paper that lies across."""
        written = list(blocks)
        if not written:
            return
        if across != self.across and self.begun:
            self._end_section()
        self.across = across
        self.begun = True
        for one in written:
            self.last.addprevious(one)

    def finish(self) -> None:
        """Give the last section its paper."""
        self._lay(self.last)

    def _end_section(self) -> None:
        """What was written since the last turn becomes a section: its end stands in its last paragraph."""
        ending = deepcopy(self.last)
        self._lay(ending)
        before = self.last.getprevious()
        if before.tag != qn("w:p"):
            before = paragraph("TableNote")
            self.last.addprevious(before)
        before.find(qn("w:pPr")).append(ending)
        # the first page of the report has no header; the first pages of later sections have one
        for mark in self.last.findall(qn("w:titlePg")):
            self.last.remove(mark)

    def _lay(self, section: Element) -> None:
        for tag in ("w:type", "w:pgSz", "w:pgMar", "w:cols", "w:docGrid"):
            for old in section.findall(qn(tag)):
                section.remove(old)
        wide, high = sorted(A4, reverse=self.across)
        size = {"w:w": twips(wide), "w:h": twips(high), "w:orient": "landscape" if self.across else None}
        sides = {f"w:{side}": twips(MARGIN) for side in ("top", "right", "bottom", "left")}
        margins = {**sides, "w:header": twips(EDGE), "w:footer": twips(EDGE), "w:gutter": 0}
        # in the order of the schema: references, type, paper, margins, columns, then what else there is
        place = len(section.findall(qn("w:headerReference"))) + len(section.findall(qn("w:footerReference")))
        said = (value("w:type", "nextPage"), element("w:pgSz", size), element("w:pgMar", margins))
        for offset, one in enumerate((*said, element("w:cols", {"w:space": 425}))):
            section.insert(place + offset, one)
