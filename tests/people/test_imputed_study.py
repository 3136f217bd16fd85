"""A study that declares multiple imputation: the keys, the model beside the complete cases, and its mistakes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import durata as du
from durata.estimate.analysis import Refused
from durata.estimate.plan import pooled_analysis
from durata.estimate.result import Effects
from durata.pipeline import StudyRun
from durata.report.html import to_html

STUDY = """[study]
title = "Ninety people"
time_unit = "days"

[data]
file = "people.csv"
id = "patient"

[treatment]
name = "drug"
start = "start"
end = "surgery"
end_name = "surgery"
unit = "days"
groups = [{ name = "short", to = 60 }, { name = "long", from = 60 }]

[time]
zero = "end"

[outcomes.death]
label = "Death"
event = ["death"]
censor = "last"

[covariates.age]
label = "Age"

[covariates.stage]
label = "Stage"
type = "category"
levels = ["I", "II", "III"]

[covariates.weight]

[models.death]
adjust = ["age", "stage"]
"""
IMPUTE = """
[missing]
method = "impute"
imputations = 4
iterations = 3
seed = 5
auxiliary = ["weight"]
"""


def written(folder: Path, study: str, *, whole: bool = False) -> Path:
    random = np.random.default_rng(8)
    lines = ["patient,start,surgery,death,last,age,stage,weight"]
    day = np.datetime64("2018-01-01")
    for k in range(90):
        start = day + int(random.integers(0, 300))
        surgery = start + int(random.integers(20, 110))
        age, stage = int(random.integers(40, 80)), int(random.integers(0, 3))
        lived = int(random.exponential(900 / (1 + stage) * 60 / age)) + 1
        dead = lived < 700
        last = surgery + min(lived, 700)
        shown_age = "" if not whole and k % 6 == 0 else age
        shown_stage = "" if not whole and k % 7 == 0 else ("I", "II", "III")[stage]
        lines.append(
            f"p{k},{start},{surgery},{last if dead else ''},{last},{shown_age},{shown_stage},{age + random.normal():.1f}"
        )
    (folder / "people.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    file = folder / "study.toml"
    file.write_text(study, encoding="utf-8")
    return file


def pooled(run: StudyRun) -> Effects | Refused | None:
    asked = pooled_analysis(run.contents.study, "observed_from_end", "death")
    answer = dict(run.contents.answers).get(asked)
    assert answer is None or isinstance(answer, Effects | Refused)
    return answer


def test_the_imputed_model_stands_beside_the_complete_cases(tmp_path: Path) -> None:
    run = du.run(written(tmp_path, STUDY + IMPUTE))
    effects = pooled(run)
    assert isinstance(effects, Effects)
    assert effects.n == 90
    assert effects.settings["imputations"] == 4
    assert [term.name for term in effects.terms] == ["group: long", "age", "stage: II", "stage: III"]
    said = to_html(run.document())
    assert "Adjusted, imputed" in said
    assert "4 data sets completed by chained equations" in said
    assert "Age 15, Stage 13" in said
    again = pooled(du.run(tmp_path / "study.toml"))
    assert isinstance(again, Effects)
    np.testing.assert_array_equal(again.estimate, effects.estimate)
    chinese = to_html(du.run(tmp_path / "study.toml", language="zh").document())
    assert "多因素，多重插补" in chinese
    assert "以链式方程得到4个完整数据集" in chinese
    assert "Multiple imputation" not in chinese


def test_nothing_is_imputed_unless_it_is_declared_and_nothing_is_shown_where_nothing_is_missing(tmp_path: Path) -> None:
    assert pooled(du.run(written(tmp_path, STUDY))) is None
    run = du.run(written(tmp_path, STUDY + IMPUTE, whole=True))
    assert "Adjusted, imputed" not in to_html(run.document())
    study = run.contents.study
    assert du.impute(study, run.contents.records) == (run.contents.records,) * 4


def test_records_are_completed_where_the_model_has_gaps(tmp_path: Path) -> None:
    study = du.read_study(written(tmp_path, STUDY + IMPUTE))
    records = du.read_records(study)
    completed = du.impute(study, records, "death")
    assert len(completed) == 4
    for one in completed:
        assert not np.isnan(one.numbers["age"]).any()
        assert not one.categories["stage"].missing.any()
        assert one.dates is records.dates
    assert np.isnan(records.numbers["age"]).sum() == 15


def test_a_covariate_that_nobody_has_is_refused_in_the_cell(tmp_path: Path) -> None:
    file = written(tmp_path, STUDY + IMPUTE)
    lines = (tmp_path / "people.csv").read_text(encoding="utf-8").splitlines()
    cells = [line.split(",") for line in lines]
    for k, row in enumerate(cells[1:]):
        row[5] = row[5] if k < 10 else ""
    (tmp_path / "people.csv").write_text("\n".join(",".join(row) for row in cells) + "\n", encoding="utf-8")
    answer = pooled(du.run(file))
    assert isinstance(answer, Refused)
    assert "nothing can be imputed from so few" in answer.reason


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ('[missing]\nmethod = "guess"\n', "method"),
        ("[missing]\nimputations = 1\n", "imputations"),
        ('[missing]\nauxiliary = ["wieght"]\n', "no covariate 'wieght'"),
        ('[missing]\nauxiliary = ["weight", "weight"]\n', "named twice"),
    ],
)
def test_mistakes_are_said(tmp_path: Path, wrong: str, words: str) -> None:
    with pytest.raises(du.StudyError) as caught:
        du.read_study(written(tmp_path, STUDY + wrong))
    assert any(words in finding.message for finding in caught.value.findings)
