"""The report from front page to references: the chapters in their order."""

from __future__ import annotations

from durata.report.chapters.beside import beside
from durata.report.chapters.best import best
from durata.report.chapters.competing import competing
from durata.report.chapters.conclusions import conclusions, printed_figures
from durata.report.chapters.describe import describe
from durata.report.chapters.emulation import emulation
from durata.report.chapters.findings import findings
from durata.report.chapters.front import front
from durata.report.chapters.methods import methods
from durata.report.chapters.patients import patients
from durata.report.chapters.subgroups import subgroups
from durata.report.chapters.survival import survival
from durata.report.chapters.weighted import weighted
from durata.report.chapters.wording import wording
from durata.report.contents import Contents
from durata.report.document import Block, Document
from durata.report.origin import origin_text
from durata.report.touching import with_marks


def compose(contents: Contents) -> Document:
    """Write the report in the order of a paper, with what papers leave out between results and conclusions."""
    words = wording(contents)
    study = contents.study
    blocks: list[Block] = [*front(words), *patients(words), *describe(words)]
    for outcome in study.outcomes:
        blocks += [*survival(words, outcome), *competing(words, outcome)]
    blocks += [*subgroups(words), *weighted(words), *emulation(words), *best(words), *beside(words)]
    blocks += [*conclusions(words), *findings(words), *methods(words)]
    blocks += printed_figures(words)
    marked = with_marks(words, blocks)
    return Document(
        title=study.study.title,
        subtitle=study.study.question,
        blocks=marked,
        footer=(words.say("front.footer", version=contents.provenance.durata),),
        language=study.study.language,
        origin=origin_text(contents.provenance),
    )
