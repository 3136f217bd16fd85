"""A report words its numbers as an association while an error stands or events are few, and says why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from durata.estimate.judgement import ASSOCIATION, SUPPORTED, Judgement
from durata.examples import example
from durata.finding import Finding, Severity
from durata.pipeline import run
from durata.report import association
from durata.report.association import claims, errors_standing, few_events
from durata.report.chapters.front import association_reasons, front
from durata.report.chapters.wording import wording
from durata.report.contents import Contents
from durata.report.document import Note
from durata.study.file import read_study
from durata.study.paper import Claim

ERROR = Finding("T02", Severity.ERROR, "The clock is bent.")
WARNING = Finding("P01", Severity.WARNING, "Few events.")


@pytest.fixture(scope="module")
def contents() -> Contents:
    return run(read_study(example("stanford"))).contents


def with_findings(contents: Contents, *findings: Finding) -> Contents:
    return replace(contents, verdicts=replace(contents.verdicts, findings=findings))


def test_each_error_stands_once_and_a_warning_does_not(contents: Contents) -> None:
    assert errors_standing(with_findings(contents, ERROR, WARNING, ERROR)) == ("T02",)
    assert errors_standing(with_findings(contents, WARNING)) == ()


def test_few_events_are_fewer_than_ten_a_parameter(contents: Contents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(association, "ENOUGH_EVENTS_PER_PARAMETER", 10_000)
    (one,) = few_events(contents)
    assert one.outcome == "death"
    monkeypatch.setattr(association, "ENOUGH_EVENTS_PER_PARAMETER", one.events / one.parameters)
    assert few_events(contents) == ()


@pytest.mark.parametrize(("findings", "verdict"), [((ERROR,), ASSOCIATION), ((WARNING,), SUPPORTED)])
def test_no_claim_is_more_than_an_association_while_an_error_stands(
    contents: Contents, monkeypatch: pytest.MonkeyPatch, findings: tuple[Finding, ...], verdict: str
) -> None:
    claim = Claim(text="Longer is better.", outcome="death", group="long", versus="short", says="better")
    given = Judgement("one", claim, (), (), SUPPORTED, "the interval lies below 1")
    monkeypatch.setattr(association, "judged", lambda study, answers: (given,))
    (one,) = claims(with_findings(contents, *findings))
    assert one.verdict == verdict
    assert ("T02" in one.reason) == (verdict == ASSOCIATION)


def test_the_front_page_says_so_and_is_silent_without_a_reason(
    contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [block.text for block in front(wording(with_findings(contents, ERROR))) if isinstance(block, Note)]
    assert any("association; causation is not shown, for a grave finding stands (T02)" in text for (text,) in said)
    monkeypatch.setattr(association, "ENOUGH_EVENTS_PER_PARAMETER", 0)
    assert association_reasons(wording(with_findings(contents, WARNING))) == []
