"""Every finding in full, what was set aside and why, and what could not be judged."""

from __future__ import annotations

from collections.abc import Iterator

from durata.designs.catalogue import designs_of
from durata.estimate.analysis import Refused
from durata.finding import Finding
from durata.language.speaking import speak
from durata.report.chapters.wording import Wording
from durata.report.document import Block, Bullets, FindingBlock, FindingIndex, Heading, Indexed, Paragraph
from durata.report.touching import FAMILIES, anchors, counted, mark
from durata.rules.catalogue import all_rules


def findings(words: Wording) -> Iterator[Block]:
    """Blocks of the chapter."""
    verdicts = words.contents.verdicts
    yield Heading(words.say("findings.chapter"), anchor="findings")
    if not verdicts.findings:
        yield Paragraph((words.say("findings.none"),))
    else:
        yield from listed(words, verdicts.findings)
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


def listed(words: Wording, findings: tuple[Finding, ...]) -> Iterator[Block]:
    """The list of the findings, a line a rule, and then all of them in full, family by family."""
    parts = [words.say(f"findings.{severity.value}", n=n) for severity, n in counted(findings).items()]
    yield Paragraph((words.say("findings.intro", counted=words.phrases.join(parts)),))
    families: dict[str, dict[str, list[tuple[Finding, str]]]] = {}
    for finding, anchor in anchors(findings):
        families.setdefault(family(words, finding.code), {}).setdefault(finding.code, []).append((finding, anchor))
    heads = (words.say("findings.code"), words.say("findings.what"), words.say("findings.where"))
    yield FindingIndex(
        heads,
        tuple(
            (
                name,
                tuple(
                    Indexed(mark(words, *placed[0]), tuple(anchor for _, anchor in placed)) for placed in rules.values()
                ),
            )
            for name, rules in families.items()
        ),
    )
    yield Heading(words.say("findings.in_full"), 2)
    for name, rules in families.items():
        yield Heading(name, 3)
        for placed in rules.values():
            for finding, anchor in placed:
                yield FindingBlock(finding, anchor)


def family(words: Wording, code: str) -> str:
    """What the family of a rule is about."""
    return words.say(f"findings.family_{code[0]}" if code[0] in FAMILIES else "findings.family_other")


def handling_notes(words: Wording) -> tuple[str, ...]:
    """What was noticed while reading the data and building the cohorts; conversions stand in the methods."""
    contents = words.contents
    spoken = list(contents.records.findings)
    for outcome in words.study.outcomes:
        for design in designs_of(words.study):
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
