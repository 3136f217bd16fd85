"""A Document: ordered, frozen blocks of text, tables, figures and findings, numbered once and printed to any file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from durata.finding import Finding, Severity
from durata.language.speaking import say_in
from durata.show.drawing import Drawing
from durata.show.table import Table

ANCHOR = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a sentence in one voice; text is printed as it is, never read as markup.

    ``refer`` prints the number of a table, figure or heading ("Table 2") and leads there; ``text`` is then its anchor.
    ``cite`` prints the number of a reference; ``text`` is then that number.
    """

    text: str
    voice: Literal["plain", "strong", "emphasis", "code", "refer", "cite"] = "plain"


Text = str | Run | tuple[str | Run, ...]


def strong(text: str) -> Run:
    """Words that carry weight."""
    return Run(text, "strong")


def emphasis(text: str) -> Run:
    """Words set apart."""
    return Run(text, "emphasis")


def code(text: str) -> Run:
    """Words of a file or a command line."""
    return Run(text, "code")


def refer(anchor: str) -> Run:
    """The number of a table or figure, or the words of a heading, as a link."""
    return Run(anchor, "refer")


def cite(number: int) -> Run:
    """The number of an entry of the document's References (counted from 1), as a link."""
    return Run(str(number), "cite")


def severity_word(severity: Severity, language: str) -> str:
    """How much a finding matters, in a word."""
    words = {Severity.ERROR: "Error", Severity.WARNING: "Warning", Severity.INFO: "Information"}
    return say_in(language, words[severity], {})


def runs(text: Text) -> tuple[Run, ...]:
    """A text as its pieces.

    >>> runs(("We found ", strong("nothing"), "."))[1]
    Run(text='nothing', voice='strong')
    """
    pieces = text if isinstance(text, tuple) else (text,)
    return tuple(piece if isinstance(piece, Run) else Run(piece) for piece in pieces)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 (a chapter) to 3; level 1 and 2 stand in the contents."""

    text: str
    level: int = 1
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; ``lead`` sets it larger, as the first words of a page."""

    text: Text
    lead: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of short texts, numbered where their order matters."""

    items: tuple[Text, ...]
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Definitions:
    """Pairs of a word and what is said about it (versions, settings, checksums)."""

    items: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True)
class Shows:
    """What a table or figure shows ("curve", "model", ...; see :mod:`durata.report.touching`), and of which outcome."""

    kind: str
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding beside a table or figure: its code and severity, where it stands in full, and what it means in words.

    ``name`` is what the rule is called in a few words; ``words`` is empty where the same chapter has said them already.
    """

    code: str
    severity: Severity
    anchor: str
    name: str
    words: str = ""


IN_WORDS = 3  # marks beside a table or figure that are given in words; of the others only the code is printed
PLACES = 5  # tables and figures that the list of findings names beside a rule; the others are counted


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table with its number; ``anchor`` is its name for ``refer``, ``marks`` are the findings that touch it."""

    table: Table
    anchor: str = ""
    shows: Shows | None = None
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class FigureBlock:
    """A drawing with its number, its caption below it; the drawing's name is its anchor for ``refer``."""

    drawing: Drawing
    caption: Text
    shows: Shows | None = None
    marks: tuple[Mark, ...] = ()

    @property
    def anchor(self) -> str:
        """The name of the drawing."""
        return self.drawing.name


@dataclass(frozen=True, slots=True)
class FindingBlock:
    """One finding in full: how much it matters, what was seen (with its numbers), what to do, where to read on."""

    finding: Finding
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Brief:
    """A finding in words that can be acted on: what it means, what to do, and the mark that leads to its numbers."""

    mark: Mark
    means: str
    act: str


@dataclass(frozen=True, slots=True)
class Briefs:
    """The findings that matter most, gravest first."""

    items: tuple[Brief, ...]


@dataclass(frozen=True, slots=True)
class Indexed:
    """A rule in the list of findings: its gravest finding, the anchors of all, and those of what they stand beside."""

    mark: Mark
    findings: tuple[str, ...]
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FindingIndex:
    """The list of findings, a family of rules at a time; ``heads`` are those of its columns."""

    heads: tuple[str, str, str]
    families: tuple[tuple[str, tuple[Indexed, ...]], ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A text set apart; ``tone`` says whether it is a message to take home, a caution or a remark."""

    text: Text
    tone: Literal["message", "caution", "remark"] = "remark"
    title: str = ""


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """One number of the front page: the number, what it counts, and a few words more."""

    value: str
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class KeyNumbers:
    """The strip of numbers on the front page."""

    numbers: tuple[KeyNumber, ...]


@dataclass(frozen=True, slots=True)
class References:
    """What is cited, numbered from 1."""

    items: tuple[str, ...]


Block = (
    Heading
    | Paragraph
    | Bullets
    | Definitions
    | TableBlock
    | FigureBlock
    | FindingBlock
    | Briefs
    | FindingIndex
    | Note
    | KeyNumbers
    | References
)


@dataclass(frozen=True, slots=True)
class Numbered:
    """A block with what the document knows about it: its anchor and its number ("Table 2", empty for others)."""

    block: Block
    anchor: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """Everything a report says, in order; the same document gives the same file.

    ``subtitle`` is the question in one sentence; ``facts`` are short statements under it; ``footer`` ends the page.
    ``origin`` says to machines what made it (:func:`durata.report.origin.origin_text`).

    Raises
    ------
    ValueError : two blocks with one anchor, a level of headings left out, or a reference that leads nowhere.
    """

    title: str
    subtitle: str
    blocks: tuple[Block, ...]
    footer: tuple[Text, ...] = ()
    facts: tuple[str, ...] = ()
    language: str = "en"
    origin: str = ""

    def __post_init__(self) -> None:
        level = 0
        for block in self.blocks:
            if isinstance(block, Heading):
                if not 1 <= block.level <= min(3, level + 1):
                    raise ValueError(f"heading {block.text!r} of level {block.level} follows one of level {level}")
                level = block.level
        anchors = [entry.anchor for entry in self.numbered() if entry.anchor]
        twice = sorted({anchor for anchor in anchors if anchors.count(anchor) > 1})
        if twice:
            raise ValueError(f"two blocks are called {', '.join(map(repr, twice))}")
        wrong = sorted(anchor for anchor in anchors if not ANCHOR.fullmatch(anchor))
        if wrong:
            raise ValueError(f"{wrong[0]!r} cannot be an anchor: small letters, digits and hyphens, a letter first")
        known = self.targets()
        cited = sum(len(block.items) for block in self.blocks if isinstance(block, References))
        for anchor in self.referred():
            if anchor not in known:
                raise ValueError(
                    f"the text refers to {anchor!r}; there are {', '.join(map(repr, known)) or 'no anchors'}"
                )
        for run in self.all_runs():
            if run.voice == "cite" and not (run.text.isdecimal() and 1 <= int(run.text) <= cited):
                raise ValueError(f"the text cites reference {run.text}; there are {cited}")

    def numbered(self) -> tuple[Numbered, ...]:
        """The blocks in order, with anchors for all that can be led to, and numbers for tables and figures."""
        counted = {"Table": 0, "Figure": 0, "section": 0}
        entries = []
        for block in self.blocks:
            match block:
                case TableBlock():
                    counted["Table"] += 1
                    number = say_in(self.language, "Table {n}", {"n": counted["Table"]})
                    entries.append(Numbered(block, block.anchor or f"table-{counted['Table']}", number))
                case FigureBlock():
                    counted["Figure"] += 1
                    number = say_in(self.language, "Figure {n}", {"n": counted["Figure"]})
                    entries.append(Numbered(block, block.anchor, number))
                case Heading():
                    counted["section"] += 1
                    entries.append(Numbered(block, block.anchor or f"section-{counted['section']}"))
                case FindingBlock():
                    entries.append(Numbered(block, block.anchor))
                case _:
                    entries.append(Numbered(block, ""))
        return tuple(entries)

    def label(self, number: str) -> str:
        """The number as it stands before the words of a caption."""
        return say_in(self.language, "{number}.", {"number": number})

    def targets(self) -> Mapping[str, str]:
        """What ``refer`` prints, by anchor: the number of a table or figure, the words of a heading, a finding's code."""
        return {entry.anchor: entry.number or _called(entry.block) for entry in self.numbered() if entry.anchor}

    def referred(self) -> Iterator[str]:
        """Every anchor that a text, a mark or the list of findings leads to."""
        yield from (run.text for run in self.all_runs() if run.voice == "refer")
        for block in self.blocks:
            match block:
                case TableBlock() | FigureBlock():
                    yield from (mark.anchor for mark in block.marks)
                case Briefs():
                    yield from (one.mark.anchor for one in block.items)
                case FindingIndex():
                    for _, rules in block.families:
                        for rule in rules:
                            yield from (rule.mark.anchor, *rule.findings, *rule.beside)
                case _:
                    pass

    def mark_label(self, mark: Mark) -> str:
        """The mark of a finding where nothing can be coloured: "[T02, error]"."""
        return say_in(
            self.language,
            "[{code}, {severity}]",
            {"code": mark.code, "severity": severity_word(mark.severity, self.language).lower()},
        )

    def all_runs(self) -> Iterator[Run]:
        """Every piece of every text, in order."""
        for block in self.blocks:
            match block:
                case Paragraph() | Note():
                    yield from runs(block.text)
                case Bullets():
                    for item in block.items:
                        yield from runs(item)
                case Definitions():
                    for _, item in block.items:
                        yield from runs(item)
                case FigureBlock():
                    yield from runs(block.caption)
                case _:
                    pass
        for line in self.footer:
            yield from runs(line)


def _called(block: Block) -> str:
    """What a reference to a block without a number prints."""
    match block:
        case Heading():
            return block.text
        case FindingBlock():
            return block.finding.code
        case _:
            return ""
