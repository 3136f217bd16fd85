"""The chapters on the emulated trial, the best duration and the designs side by side: every sentence follows from numbers."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import durata as du
from durata.estimate.analysis import Analysis
from durata.estimate.best_duration import best_duration
from durata.estimate.emulation import READ, Emulation, emulation_estimators
from durata.estimate.immortal_time import immortal_time_ratio
from durata.estimate.plan import answers_for, emulation_analyses, planned
from durata.estimate.specifications import specifications
from durata.estimate.tipping import tipping_points
from durata.finding import CannotEstimate
from durata.language.speaking import speaking
from durata.pipeline import StudyRun, run
from durata.report.chapters.best import KEYS, verdict_words
from durata.report.chapters.target import AUTHOR
from durata.report.chapters.wording import wording
from durata.report.document import Document, FigureBlock, Heading, Note, Paragraph, TableBlock
from durata.report.words import phrases
from durata.show.numbers import p_phrase
from durata.study.types import Study

CHAPTERS = {"emulation", "best-duration", "designs"}


def study_of(name: str, **changes: Any) -> Study:
    """A bundled study; ``changes`` are keys of its [emulation]. Few draws: the chapters are tested, not the intervals."""
    study = du.read_study(du.example(name))
    if study.emulation is None:
        return study
    return study.model_copy(update={"emulation": study.emulation.model_copy(update={"replicates": 24, **changes})})


@functools.cache
def finished(name: str, language: str) -> StudyRun:
    """A bundled study run once for all tests."""
    changes = {"margin": 0.05, "trade_off": 0.005} if name == "gist-started" else {}
    return run(study_of(name, **changes), language=language)


@functools.cache
def document(name: str, language: str) -> Document:
    """Its report."""
    return finished(name, language).document()


def texts(report: Document) -> str:
    """Every word of a report's paragraphs, notes, captions and tables."""
    said = [run.text for run in report.all_runs()]
    for block in report.blocks:
        if isinstance(block, TableBlock):
            said += [cell for row in block.table.text() for cell in row]
            said += [note for row in block.table.rows for cell in row.cells if (note := cell.note)]
        if isinstance(block, FigureBlock):
            said.append(block.drawing.alternative)
    return "\n".join(said)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["stanford", "gist", "gist-started"])
def test_which_chapters_a_study_has(name: str, language: str) -> None:
    anchors = {block.anchor for block in document(name, language).blocks if isinstance(block, Heading)}
    assert (anchors & CHAPTERS == CHAPTERS) is (name == "gist-started")
    assert "designs" in anchors
    report = texts(document(name, language))
    assert "nan" not in report.lower().split()
    assert "{" not in report


def test_no_english_sentence_is_left_in_the_chinese_chapters() -> None:
    english = set(texts(document("gist-started", "en")).split("\n"))
    chinese = [
        block for block in document("gist-started", "zh").blocks if isinstance(block, Paragraph | Note | TableBlock)
    ]
    labels = [one.label.lower() for one in study_of("gist-started").covariates.values()]  # those are the study's own
    left = set()
    for block in chinese:
        said = [cell for row in block.table.text() for cell in row] if isinstance(block, TableBlock) else []
        said = [text for text in said if len(text.split()) > 2]
        left |= {text for text in said if text in english and not any(one in text.lower() for one in labels)}
    assert left == set()


def test_the_effects_printed_are_those_of_the_bootstrap() -> None:
    done = finished("gist-started", "en")
    rows = next(
        one
        for one in json.loads(done.results())["analyses"]
        if one["estimator"] == "emulated_intervals" and one["outcome"] == "os"
    )["rows"]
    survival = {row["group"]: row for row in rows if row["term"] == "survival"}
    table = next(
        b.table for b in done.document().blocks if isinstance(b, TableBlock) and b.anchor == "emulation-effects-1"
    )
    printed = dict(zip([head.text for head in table.heads], [cell.text for cell in table.rows[0].cells], strict=True))
    for name, row in survival.items():
        assert printed[name].startswith(f"{100 * row['estimate']:.1f}%") or printed[name].startswith(
            f"{100 * row['estimate']:.0f}%"
        )
        assert row["conf_low"] < row["estimate"] < row["conf_high"]


def test_everything_asked_of_the_emulation_stands_in_the_results() -> None:
    named = {one["estimator"] for one in json.loads(finished("gist-started", "en").results())["analyses"]}
    assert set(READ) - {"emulated_causes"} <= named  # causes are asked for where competing events are declared
    assert {"immortal_time_ratio", "specifications"} <= named


def test_curves_of_adjacent_windows_are_one_before_either_opens() -> None:
    study = finished("gist-started", "en").contents.study
    curve = finished("gist-started", "en").contents.answers.ask(emulation_analyses(study, "os")["emulated_survival"])
    assert isinstance(curve, du.Curve)
    middle, late = curve.group("intermediate"), curve.group("long")
    assert np.array_equal(middle.estimate[:6], late.estimate[:6])
    assert np.array_equal(middle.conf_low[:6], late.conf_low[:6], equal_nan=True)
    assert not np.array_equal(middle.estimate, late.estimate)


def test_replicates_and_seed_are_those_declared() -> None:
    study = study_of("gist-started", replicates=21, seed=5)
    one = Emulation(study, du.read_records(study), "os")
    assert (one.bootstrap.asked, one.bootstrap.seed, one.response.asked, one.response.seed) == (21, 5, 21, 5)
    asked = emulation_analyses(study, "os")["emulated_intervals"]
    assert dict(asked.settings) == {"replicates": 21, "seed": 5}


def test_the_declared_percentiles_truncate() -> None:
    study = study_of("gist-started", truncate=(90.0,))
    rows = emulation_estimators(study, du.read_records(study))["emulated_truncation"](
        Analysis("emulated", "os", "emulated_truncation")
    ).rows()
    assert {row["value"] for row in rows} == {100.0, 90.0}


def test_a_refused_window_says_why_in_its_cell() -> None:
    study = study_of("gist-started", replicates=20)
    assert study.emulation is not None
    first = study.emulation.windows[0]
    late = first.model_copy(update={"name": "very late", "from_": 34.0, "to": 36.0})
    windows = (*study.emulation.windows, late)
    study = study.model_copy(update={"emulation": study.emulation.model_copy(update={"windows": windows})})
    report = run(study).document()
    table = next(b.table for b in report.blocks if isinstance(b, TableBlock) and b.anchor == "emulation-effects-1")
    place = [head.text for head in table.heads].index("very late")
    assert table.rows[0].cells[place].text == "–"
    assert "not estimable here" in table.rows[0].cells[place].note
    assert "–" not in {cell.text for k, cell in enumerate(table.rows[0].cells) if k != place}


def verdict_of(estimate: list[float], spread: float, margin: float | None = None) -> Any:
    """A verdict on windows of these risks, with as much noise in the draws."""
    draws = np.random.default_rng(3).normal(estimate, spread, size=(400, len(estimate)))
    names = ["short", "intermediate", "long"][: len(estimate)]
    return best_duration(names, estimate, draws, margin=margin)


VERDICTS = {
    "optimum": verdict_of([0.30, 0.20, 0.30], 0.01),
    "no evidence": verdict_of([0.21, 0.20, 0.21], 0.05),
    "indistinct": verdict_of([0.30, 0.20, 0.205], 0.01),
    "plateau": verdict_of([0.30, 0.20, 0.201], 0.004, margin=0.05),
    "not estimable": best_duration(["short", "long"], [0.2, np.nan], np.full((30, 2), 0.2)),
}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("verdict", list(KEYS))
def test_every_verdict_has_a_sentence_of_its_own(verdict: str, language: str) -> None:
    found = VERDICTS[verdict]
    assert found.verdict == verdict
    with speaking(language):
        words = wording(finished("gist-started", language).contents)
        said = verdict_words(words, found.summary())
    others = {phrases(language).raw(key) for name, key in KEYS.items() if name != verdict}
    assert said not in others
    for name in found.best if verdict in ("optimum", "plateau", "indistinct") else ():
        assert name in said
    if verdict in ("optimum", "plateau"):
        assert "long" not in said or "long" in found.best
    if verdict == "no evidence":
        assert f"{100 * found.widest:.1f}" in said
    if verdict == "plateau":
        assert "5.0" in said
    if verdict != "not estimable":
        assert p_phrase(found.p_value).split()[-1] in said


def test_the_selection_frequency_is_labelled() -> None:
    report = document("gist-started", "en")
    table = next(b.table for b in report.blocks if isinstance(b, TableBlock) and b.anchor == "best-windows-1")
    assert table.heads[-1].text == "Bootstrap selection frequency (not a probability of being best)"


def test_items_for_the_author_are_listed() -> None:
    report = document("gist-started", "en")
    table = next(b.table for b in report.blocks if isinstance(b, TableBlock) and b.anchor == "target-items")
    mine = {row.stub for row in table.rows if row.cells[1].text == "for the author to write"}
    assert mine == set(AUTHOR)
    assert len(table.rows) == 22  # 21 items, the first in three parts, 6 and 7 in one row


def test_the_immortal_time_ratio_of_the_stanford_patients() -> None:
    study = du.read_study(du.example("stanford"))
    records = du.read_records(study)
    naive = du.observed(study, records, "death", zero="start")
    entered = du.delayed_entry(study, records, "death")
    terms = ["group", "age", "surgery"]
    found = {row["group"]: row for row in immortal_time_ratio(naive, entered, list(terms), replicates=200).rows()}
    first, second = du.cox(naive, terms).estimate[1], du.cox(entered, terms).estimate[1]
    assert found[">42 days"]["estimate"] == pytest.approx(np.exp(first - second), rel=1e-9)
    assert found[">42 days"]["estimate"] == pytest.approx(0.46, abs=0.005)  # METHODS: 0.47 / 1.01
    assert found[">42 days"]["conf_high"] < 1
    assert found[">42 days"]["value"] is None  # the naive ratio is not clear: 0.47 (0.21 to 1.03)


def test_the_drawn_ratio_is_that_of_the_rows_repeated() -> None:
    study = du.read_study(du.example("stanford"))
    records = du.read_records(study)
    naive = du.observed(study, records, "death", zero="start")
    same = immortal_time_ratio(naive, naive, ["group"], replicates=30)
    assert all(row["estimate"] == 1.0 and row["conf_low"] == row["conf_high"] == 1.0 for row in same.rows())


def test_unseen_patients_by_hand() -> None:
    """Ten operated a group, S = 0.8 and 0.6: a quarter unseen, all dead, makes 0.75 x 0.8 = 0.6; 10 x 0.25 / 0.75 = 3.33."""
    time = [*([1.0] * 2), *([5.0] * 8), *([1.0] * 4), *([5.0] * 6)]
    event = [*([1] * 2), *([0] * 8), *([1] * 4), *([0] * 6)]
    cohort = du.cohort_from_arrays(time=time, event=event, group=["a"] * 10 + ["b"] * 10)
    rows = tipping_points(cohort, 3.0).rows()
    assert len(rows) == 1
    assert (rows[0]["group"], rows[0]["reference"], rows[0]["n"]) == ("a", "b", 4)
    assert rows[0]["estimate"] == pytest.approx(0.25, rel=1e-12)


def test_gist_says_what_cannot_be_estimated_and_gives_bounds() -> None:
    report = document("gist", "en")
    said = texts(report)
    assert "never reached surgery is not in these data" in said
    assert "Unseen patients needed" in said
    assert "emulation" not in {block.anchor for block in report.blocks if isinstance(block, Heading)}
    assert "never reached transplantation is not" not in texts(document("stanford", "en"))


def test_landmarks_stand_beside_the_other_designs() -> None:
    study = du.read_study(du.example("stanford"))
    study = study.model_copy(update={"time": study.time.model_copy(update={"landmarks": (30.0,)})})
    records = du.read_records(study)
    answers = answers_for(study, records)
    asked = [one for one in planned(study) if one.design == "landmark_30" and one.estimator == "cox"]
    assert asked
    answer = answers.ask(asked[0])
    expected = du.cox(du.landmark(study, records, "death", at=30), ["group"])
    assert isinstance(answer, du.Effects)
    assert answer.estimate[0] == pytest.approx(expected.estimate[0], rel=1e-12)
    with pytest.raises(ValueError, match="landmarks"):
        du.Study.model_validate(
            {**study.model_dump(by_alias=True, exclude_unset=True), "time": {"landmarks": [30, 30]}}
        )


def test_specifications_are_counted_and_hold_the_declared_model() -> None:
    study = du.read_study(du.example("stanford"))
    records = du.read_records(study)
    found = specifications(study, records, level=">42 days", reference="≤14 days")
    # 3 designs x (3 moves of each of 2 boundaries) x 4 subsets of 2 covariates, nothing missing
    assert found.settings["all"] == 3 * 9 * 4 == len(found.rows())
    declared = next(row for row in found.rows() if row.get("level") == "declared")
    cohort = du.observed(study, records, "death", zero="start")
    model = du.cox(cohort, [du.factor("group", reference="≤14 days"), "age", "surgery"])
    low, high = model.interval()
    assert declared["estimate"] == pytest.approx(np.exp(model.estimate[1]), rel=1e-8)
    assert declared["conf_low"] == pytest.approx(np.exp(low[1]), rel=1e-7)
    assert declared["conf_high"] == pytest.approx(np.exp(high[1]), rel=1e-7)
    estimates = [row["estimate"] for row in found.rows()]
    assert estimates == sorted(estimates)
    assert found.settings["below"] == sum(one < 1 for one in estimates) / len(estimates)


def test_specifications_move_each_boundary_and_keep_the_declared_when_few_are_asked() -> None:
    study = du.read_study(du.example("stanford"))
    records = du.read_records(study)
    few = specifications(study, records, level=">42 days", reference="≤14 days", most=10)
    assert len(few.rows()) == 10
    assert few.settings["declared"] is not None
    shifts = {
        one.shift
        for one in specifications(study, records, level=">42 days", reference="≤14 days").settings["specifications"]
    }
    assert {(0.0, 0.0), (2.0, -2.0), (-2.0, 0.0)} <= shifts
    with pytest.raises(CannotEstimate, match="no duration group"):
        specifications(study, records, level="longest", reference="≤14 days")


def test_an_indicator_keeps_those_with_a_missing_covariate() -> None:
    study = du.read_study(du.example("stanford"))
    records = du.read_records(study)
    ages = records.numbers["age"].copy()
    ages[:7] = np.nan
    holed = replace(records, numbers={**records.numbers, "age": ages})
    found = specifications(study, holed, level=">42 days", reference="≤14 days")
    ways = found.settings["specifications"]
    rows = found.rows()
    by_way = {(way.design, way.shift, way.adjust, way.missing): row["n"] for way, row in zip(ways, rows, strict=False)}
    key = ("observed_from_start", (0.0, 0.0), ("age", "surgery"))
    whole = by_way[("observed_from_start", (0.0, 0.0), (), "complete")]
    assert by_way[(*key, "indicator")] == whole
    assert by_way[(*key, "complete")] < whole


def test_sizes_on_a_known_curve_give_its_plateau_back() -> None:
    months = np.linspace(1, 24, 80)
    before = np.linspace(50, 150, 80)
    random = np.random.default_rng(2)
    after = before * (0.6 + 0.4 * np.exp(-0.3 * months) + random.normal(0, 0.01, 80))
    share, rate, time = du.shrinkage_plateau(months, before, after, replicates=100).rows()
    assert share["conf_low"] < 0.4 < share["conf_high"]
    assert rate["conf_low"] < 0.3 < rate["conf_high"]
    # 0.4 exp(-0.3 t) = 0.05 x 0.6 at t = ln(0.4 / 0.03) / 0.3
    assert time["conf_low"] < np.log(0.4 / 0.03) / 0.3 < time["conf_high"]


def test_sizes_that_do_not_level_off_are_refused() -> None:
    months = np.linspace(1, 24, 60)
    with pytest.raises(CannotEstimate, match="No plateau"):
        du.shrinkage_plateau(months, np.full(60, 100.0), 100 - months)
    with pytest.raises(CannotEstimate, match="No plateau"):
        du.shrinkage_plateau(months, np.full(60, 100.0), 100 + months)
    with pytest.raises(CannotEstimate, match="at least 20"):
        du.shrinkage_plateau(months[:5], np.full(5, 100.0), np.full(5, 50.0))
    with pytest.raises(CannotEstimate, match="not above 0"):
        du.shrinkage_plateau(months, np.zeros(60), np.ones(60))


def test_the_plateau_stands_beside_the_sizes() -> None:
    assert "says nothing of survival" in texts(document("gist", "en"))
    assert "并非随访同一患者" in texts(document("gist", "zh"))
