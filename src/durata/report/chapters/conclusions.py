"""What may be concluded: declared claims judged, limitations drawn from the findings, printed figures beside our own."""

from __future__ import annotations

from collections.abc import Iterator

from durata.estimate.published import reproduce
from durata.finding import Finding, Severity
from durata.report.association import claims
from durata.report.chapters.wording import Wording
from durata.report.document import Block, Bullets, Heading, Paragraph, Shows, TableBlock, Text, emphasis, refer
from durata.report.rewording import against_all, reasons, reworded
from durata.report.touching import anchors, by_family, plain
from durata.show.claims_table import claims_table
from durata.show.published_table import published_table

# findings about what the authors say, not about what the data can show
ABOUT_SENTENCES = ("M02", "M03", "R04")


def conclusions(words: Wording) -> Iterator[Block]:
    """Blocks of the chapter on claims and limitations."""
    judgements = claims(words.contents)
    findings = [
        one
        for one in words.contents.verdicts.findings
        if one.severity is not Severity.INFO and one.code not in ABOUT_SENTENCES
    ]
    ignored = words.contents.verdicts.ignored
    if not judgements and not findings and not ignored:
        return
    yield Heading(words.say("conclusions.chapter"), anchor="conclusions")
    if judgements:
        yield Paragraph((words.say("conclusions.claims_note"),))
        shown = claims_table(judgements, words.table_words(), title=words.say("conclusions.claims"))
        yield TableBlock(shown, shows=Shows("claims"))
        yield Heading(words.say("conclusions.instead"), 2)
        shared = against_all(words, judgements)
        note = [words.say("conclusions.instead_note")]
        note += [words.say("conclusions.against_all", reasons=reasons(words, shared))] if shared else []
        yield Paragraph((words.phrases.paragraph(note),))
        yield Bullets(
            tuple(
                (
                    emphasis(words.say("conclusions.instead_one", claim=one.claim.text.rstrip(".。"))),
                    " ",
                    reworded(words, one, shared),
                )
                for one in judgements
            )
        )
    if findings or ignored:
        yield Heading(words.say("conclusions.limitations"), 2)
        yield Paragraph((words.say("conclusions.limitations_note"),))
        placed = {id(finding): anchor for finding, anchor in anchors(words.contents.verdicts.findings)}
        said: list[Text] = [
            (plain(words, finding, "means"), " ", refer(placed[id(finding)])) for finding in first_of_each(findings)
        ]
        said += [
            words.say("conclusions.set_aside", message=finding.message, code=finding.code, reason=reason)
            for finding, reason in ignored
        ]
        yield Bullets(tuple(said))


def first_of_each(findings: list[Finding]) -> tuple[Finding, ...]:
    """The gravest finding of each rule, family by family."""
    return tuple({one.code: one for one in reversed(by_family(findings))}.values())[::-1]


def printed_figures(words: Wording) -> Iterator[Block]:
    """The last table: figures printed in a paper beside the study's own."""
    published = words.study.published
    if published is None:
        return
    figures = reproduce(words.study, words.contents.records, words.contents.answers)
    yield Heading(words.say("conclusions.published"), anchor="published")
    yield Paragraph((words.say("conclusions.published_note", source=published.source),))
    yield TableBlock(published_table(figures, title=words.say("conclusions.published_table")), shows=Shows("published"))
