"""The chapter of baseline weights: there when declared, absent otherwise, in both languages, its figure drawn as told."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from durata.estimate.analysis import Refused
from durata.estimate.balance import balance_table
from durata.estimate.bootstrap import bootstrap
from durata.estimate.plan import answers_for, weighted_analyses
from durata.estimate.result import Curve, Effects, Summary
from durata.examples import example
from durata.finding import CannotEstimate
from durata.language.speaking import speaking
from durata.records.reading import read_records
from durata.report.chapters.weighted import weighted
from durata.report.chapters.wording import wording
from durata.report.contents import Contents, provenance
from durata.report.document import FigureBlock, TableBlock
from durata.rules.catalogue import lint
from durata.show.balance_tables import BalanceRow, balance_words
from durata.show.figures.balance import balance_figure
from durata.show.figures.svg import drawing
from durata.study.file import read_study
from durata.weighting.baseline_weights import weigh

DECLARED = '\n[weights]\ncovariates = ["{names}"]\n'


def contents(folder: Path, language: str, names: str) -> Contents:
    """The bundled gist study with weights declared; no rule is run."""
    source = example("gist", language)
    shutil.copytree(source.parent, folder / "gist")
    file = folder / "gist" / source.name
    if names:
        file.write_text(file.read_text(encoding="utf-8") + DECLARED.format(names=names), encoding="utf-8")
    study = read_study(file)
    records = read_records(study)
    return Contents(study, records, answers_for(study, records), None, provenance(study, records))  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_chapter_shows_balance_weights_curves_and_ratios(tmp_path: Path, language: str) -> None:
    with speaking(language):
        given = contents(tmp_path, language, 'age_at_start", "sex')
        blocks = list(weighted(wording(given)))
    outcomes = len(given.study.outcomes)
    tables = [block.table for block in blocks if isinstance(block, TableBlock)]
    figures = [block for block in blocks if isinstance(block, FigureBlock)]
    assert len(tables) == 4 * outcomes
    assert len(figures) == 2 * outcomes
    assert len({figure.drawing.name for figure in figures}) == len(figures)
    balance, weights, _, ratios = tables[:4]
    numbers = [[float(cell.text) for cell in row.cells] for row in balance.rows]
    assert all(after < before for before, after in numbers)
    assert [row.cells[0].text for row in weights.rows] == ["50", "87", "34", "171"]
    assert len(ratios.heads) == 4
    if language == "zh":
        text = " ".join(cell for table in tables for line in table.text() for cell in line)
        assert not re.search(r"[Ww]eight|[Gg]roup|Patients|sample", text)


def test_nothing_without_a_declaration(tmp_path: Path) -> None:
    given = contents(tmp_path, "en", "")
    assert list(weighted(wording(given))) == []
    assert weighted_analyses(given.study, next(iter(given.study.outcomes))) == {}


def test_separation_is_told_in_the_chapter(tmp_path: Path) -> None:
    given = contents(tmp_path, "en", 'genotype", "sex')
    blocks = list(weighted(wording(given)))
    assert not any(isinstance(block, TableBlock) for block in blocks)
    assert "tell for certain" in str(blocks)


def test_the_answers_are_those_of_weigh(tmp_path: Path) -> None:
    given = contents(tmp_path, "en", 'age_at_start", "sex')
    outcome = next(iter(given.study.outcomes))
    asked = weighted_analyses(given.study, outcome)
    answers = {name: given.answers.ask(one) for name, one in asked.items()}
    assert not any(isinstance(one, Refused) for one in answers.values())
    cohort = given.answers.cohort(asked["cox"].design, outcome)
    assert not isinstance(cohort, Refused)
    by_hand = weigh(cohort, ["age_at_start", "sex"])
    model, curve, balance = answers["cox"], answers["kaplan_meier"], answers["balance"]
    assert isinstance(model, Effects)
    assert isinstance(curve, Curve)
    assert isinstance(balance, Summary)
    assert model.robust
    from durata.estimate.cox import cox

    plain = cox(by_hand, ["group"])
    np.testing.assert_allclose(model.estimate, plain.estimate, rtol=1e-9)
    np.testing.assert_allclose(model.std_error, plain.std_error, rtol=1e-8)
    at_start = sum(row["at_risk"] for row in curve.at(0.0).rows())
    assert at_start == pytest.approx(len(by_hand))  # the mean weight is 1
    assert balance.rows() == balance_table(by_hand, ["age_at_start", "sex"]).rows() or np.allclose(
        [row["estimate"] for row in balance.rows()],
        [row["estimate"] for row in balance_table(by_hand, ["age_at_start", "sex"]).rows()],
    )
    # the propensity is estimated again in every draw of an Analysis
    drawn = bootstrap(given.study, asked["cox"], records=given.records, replicates=4, seed=1, backend="serial")
    assert drawn.values.shape == (4, 2)
    np.testing.assert_allclose(drawn.estimate, plain.estimate, rtol=1e-9)


def test_lint_takes_a_study_with_weights(tmp_path: Path) -> None:
    given = contents(tmp_path, "en", "sex")
    assert lint(given.study, given.records)


ROWS = (BalanceRow("<b>age</b>", 0.4, 0.02), BalanceRow("size", 0.05, 0.21), BalanceRow("rare", None, 0.1))


def test_the_love_plot_draws_every_known_covariate_and_escapes_its_name() -> None:
    svg = drawing(balance_figure(ROWS), "love", title="Balance", alternative=balance_words(ROWS)).svg
    assert "<b>" not in svg
    assert "&lt;b&gt;age" in svg
    assert svg.count('class="covariate"') == 2  # what has no difference is not drawn
    assert 'class="limit"' in svg
    assert "unknown" in balance_words(ROWS)
    assert svg == drawing(balance_figure(ROWS), "love", title="Balance", alternative=balance_words(ROWS)).svg
    with pytest.raises(CannotEstimate, match="no balance to draw"):
        balance_figure((BalanceRow("x", None, None), BalanceRow("y", float("inf"), 0.0)))
