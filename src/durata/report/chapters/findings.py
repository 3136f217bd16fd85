"""Every finding in full, what was set aside and why, and what could not be judged."""

from __future__ import annotations

from collections.abc import Iterator

from durata.designs.catalogue import DESIGNS
from durata.estimate.analysis import Refused
from durata.language.speaking import speak
from durata.records.notes import reading_notes
from durata.report.chapters.wording import Wording
from durata.report.document import Block, Bullets, FindingBlock, Heading, Paragraph
from durata.rules.catalogue import all_rules


def findings(words: Wording) -> Iterator[Block]:
    """Blocks of the chapter."""
    verdicts = words.contents.verdicts
    yield Heading(words.say("findings.chapter"), anchor="findings")
    if not verdicts.findings:
        yield Paragraph((words.say("findings.none"),))
    for finding in verdicts.findings:
        yield FindingBlock(finding)
    if verdicts.ignored:
        yield Heading(words.say("findings.set_aside"), 2)
        yield Bullets(
            tuple(
                words.say("findings.set_aside_one", code=finding.code, message=finding.message, reason=reason)
                for finding, reason in verdicts.ignored
            )
        )
    if verdicts.not_judged:
        yield Heading(words.say("findings.not_judged"), 2)
        rules = all_rules()
        yield Bullets(
            tuple(
                words.say("findings.not_judged_one", code=code, name=speak(rules[code].name), reason=reason)
                for code, reason in verdicts.not_judged.items()
            )
        )
    notes = handling_notes(words)
    if notes:
        yield Heading(words.say("findings.notes"), 2)
        yield Bullets(notes)
    if verdicts.quiet:
        yield Paragraph((words.say("findings.quiet", codes=words.phrases.separated(verdicts.quiet)),))


def handling_notes(words: Wording) -> tuple[str, ...]:
    """What was noticed while reading the data and building the cohorts."""
    contents = words.contents
    spoken = [*contents.records.findings, *reading_notes(contents.records)]
    for outcome in words.study.outcomes:
        for design in DESIGNS:
            cohort = contents.answers.cohort(design, outcome)
            if not isinstance(cohort, Refused):
                spoken.extend(cohort.notes)
    return tuple(
        dict.fromkeys(
            words.say("findings.note", where=str(finding.where), message=finding.message)
            if finding.where
            else finding.message
            for finding in spoken
        )
    )
