"""Claims judged by intervals one can see: what each kind of claim needs, and what a weak design takes from it."""

from __future__ import annotations

import pytest

import durata as du
from durata.estimate import judgement
from durata.estimate.claim import Contrast, between, lesson
from durata.estimate.judgement import ASSOCIATION, NOT_ESTIMABLE, NOT_SUPPORTED, SUPPORTED, judge_claim
from durata.estimate.plan import answers_for, cox_analysis, univariable
from durata.finding import CannotEstimate
from durata.study.paper import Claim
from durata.study.types import Model

BELOW, HOLDS_ONE, ABOVE = (0.4, 0.2, 0.8), (0.9, 0.5, 1.6), (2.5, 1.3, 4.8)


@pytest.fixture(scope="module")
def gist() -> tuple[du.Study, du.Records]:
    study = du.read_study(du.example("gist"))
    return study, du.read_records(study)


def claim(says: str, versus: str | None = "short") -> Claim:
    return Claim.model_validate(
        {"text": "as the authors say", "outcome": "os", "group": "intermediate", "says": says}
        | ({} if says == "best" else {"versus": versus})
    )


@pytest.mark.parametrize(
    ("says", "interval", "verdict"),
    [
        ("better", BELOW, SUPPORTED),
        ("better", HOLDS_ONE, NOT_SUPPORTED),
        ("better", ABOVE, NOT_SUPPORTED),
        ("worse", ABOVE, SUPPORTED),
        ("worse", BELOW, NOT_SUPPORTED),
        ("no better", ABOVE, SUPPORTED),
        ("no better", HOLDS_ONE, NOT_SUPPORTED),
        ("no better", BELOW, NOT_SUPPORTED),
        ("no difference", HOLDS_ONE, NOT_SUPPORTED),
        ("no difference", ABOVE, NOT_SUPPORTED),
        ("best", BELOW, SUPPORTED),
        ("best", HOLDS_ONE, NOT_SUPPORTED),
    ],
)
@pytest.mark.parametrize("weak", [(), ("3 events carry 2 parameters",)])
def test_verdicts(
    gist: tuple[du.Study, du.Records],
    monkeypatch: pytest.MonkeyPatch,
    says: str,
    interval: tuple[float, float, float],
    verdict: str,
    weak: tuple[str, ...],
) -> None:
    study, records = gist
    monkeypatch.setattr(
        judgement, "between", lambda *_, **__: Contrast("d", "os", "intermediate", "short", *interval, 0.5, 0.95)
    )
    monkeypatch.setattr(judgement, "weaknesses", lambda *_: weak)
    found = judge_claim(study, answers_for(study, records), "one", claim(says))
    assert found.verdict == (ASSOCIATION if verdict == SUPPORTED and weak else verdict)
    if verdict == NOT_SUPPORTED and interval is not HOLDS_ONE:
        assert "has the higher hazard" in found.reason


def test_what_cannot_be_estimated_cannot_be_judged(
    gist: tuple[du.Study, du.Records], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> Contrast:
        raise CannotEstimate("nobody has the event")

    monkeypatch.setattr(judgement, "between", refuse)
    study, records = gist
    found = judge_claim(study, answers_for(study, records), "one", claim("better"))
    assert (found.verdict, found.reason) == (NOT_ESTIMABLE, "nobody has the event")


def test_best_needs_intervals_that_hold_together(gist: tuple[du.Study, du.Records]) -> None:
    """Intermediate against short has p = 0.025 alone; picked as the best of three it has twice that."""
    study, records = gist
    found = judge_claim(study, answers_for(study, records), "one", claim("best"))
    assert {contrast.conf_level for contrast in found.contrasts} == {0.975}
    assert found.verdict == NOT_SUPPORTED


def test_a_contrast_read_backwards_is_its_reciprocal(gist: tuple[du.Study, du.Records]) -> None:
    study, records = gist
    answers = answers_for(study, records)
    one = between(study, answers, "observed_from_end", "os", "long", "intermediate", adjusted=True)
    back = between(study, answers, "observed_from_end", "os", "intermediate", "long", adjusted=True)
    assert one.hazard_ratio == pytest.approx(1 / back.hazard_ratio, rel=1e-12)
    assert one.conf_low == pytest.approx(1 / back.conf_high, rel=1e-12)
    assert one.p_value == pytest.approx(back.p_value, rel=1e-12)


def test_what_a_screen_lets_in_is_adjusted_for_and_said(gist: tuple[du.Study, du.Records]) -> None:
    study, records = gist
    names = study.models["os"].adjust
    model = Model(candidates=names, screen_p=0.2)
    screening = study.model_copy(update={"models": {"os": model}})
    answers = answers_for(screening, records)
    alone = {name: answers.ask(univariable(screening, "observed_from_end", "os", name)) for name in names}
    passed = {n for n, one in alone.items() if one.tests["likelihood_ratio"].p_value < 0.2}  # type: ignore[union-attr]
    assert passed == {"bleeding_at_start"}
    found = lesson(screening, answers, "os")
    assert {contrast.adjusted_for for contrast in found.naive} == {("bleeding_at_start",)}
    fitted = answers.ask(cox_analysis(screening, "observed_from_start", "os", adjusted=True))
    assert "bleeding_at_start" in " ".join(note.message for note in fitted.notes)  # type: ignore[union-attr]
