"""The report from front page to references: the chapters in their order."""

from __future__ import annotations

from durata.report.chapters.beside import beside
from durata.report.chapters.findings import findings
from durata.report.chapters.front import front
from durata.report.chapters.methods import methods
from durata.report.chapters.patients import patients
from durata.report.chapters.survival import survival
from durata.report.chapters.wording import wording
from durata.report.contents import Contents
from durata.report.document import Block, Document


def compose(contents: Contents) -> Document:
    """Write the report: front page, patients, each outcome, the designs beside each other, findings, methods."""
    words = wording(contents)
    study = contents.study
    blocks: list[Block] = [*front(words), *patients(words)]
    for outcome in study.outcomes:
        blocks += survival(words, outcome)
    blocks += [*beside(words), *findings(words), *methods(words)]
    return Document(
        title=study.study.title,
        subtitle=study.study.question,
        blocks=tuple(blocks),
        footer=(words.say("front.footer", version=contents.provenance.durata),),
        language=study.study.language,
    )
