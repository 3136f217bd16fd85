"""What the chapters say: directions, foremost findings, methods with and without features, what was set aside."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from durata.designs.catalogue import in_words
from durata.estimate.claim import Contrast
from durata.finding import CannotEstimate, Finding, Severity
from durata.pipeline import prepare, run
from durata.report.chapters.conclusions import conclusions
from durata.report.chapters.front import change_words, foremost, front, verdict_words
from durata.report.chapters.methods import methods
from durata.report.chapters.subgroups import subgroups
from durata.report.chapters.survival import survival
from durata.report.chapters.wording import Wording, wording
from durata.report.document import Bullets, KeyNumber, KeyNumbers, Note, Paragraph, Run
from durata.report.results import results
from durata.show.printable import inside
from durata.trace import trace_patient

STUDY = """[study]
title = "Thirty people"
time_unit = "months"

[data]
file = "people.csv"
id = "patient"

[treatment]
name = "drug"
start = "start"
start_name = "CT scan"
end = "surgery"
end_name = "surgery"
unit = "days"
groups = [{ name = "short", to = 60 }, { name = "long", from = 60 }]

[outcomes.death]
label = "Death [kaplan_meier] {0}"
event = ["death"]
censor = "last"

[outcomes.relapse]
label = "Relapse"
time = "months"
unit = "months"
status = "status"
event_codes = [1]

[eligibility.adult]
covariate = "age"
from = 18
label = "age under 18"

[covariates.age]
label = "Age"

[covariates.response]
label = "Response"
type = "category"
timing = "post"
levels = ["no", "yes"]
"""

MORE = """
[models.death]
adjust = ["age", "response"]

[models.relapse]
candidates = ["age", "response"]
screen_p = 0.2

[subgroups.responders]
covariate = "response"
is = ["yes"]
label = "Responders"
"""

HEADER = "patient,start,surgery,death,last,months,status,age,response"


def people() -> list[str]:
    lines = []
    for k in range(1, 31):
        surgery = f"2020-{2 + 3 * (k % 2):02d}-{1 + k % 28:02d}" if k % 10 else ""
        death = f"2020-{6 + k % 6:02d}-15" if k % 3 == 0 else ""
        age, answer = 15 if k == 7 else 30 + (13 * k) % 40, ("yes", "no")[(k // 2) % 2]
        lines.append(
            f"p{k},2020-01-{1 + k % 28:02d},{surgery},{death},2021-01-15,{12 + k / 10},{int(k % 2 == 0)},{age},{answer}"
        )
    return lines


def written(folder: Path, study: str) -> Path:
    file = folder / "study.toml"
    file.write_text(study, encoding="utf-8")
    (folder / "people.csv").write_text("\n".join([HEADER, *people()]) + "\n", encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Wording:
    return wording(run(written(tmp_path_factory.mktemp("plain"), STUDY)).contents)


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Wording:
    return wording(run(written(tmp_path_factory.mktemp("rich"), STUDY + MORE)).contents)


def text(block: Paragraph | Note) -> str:
    return (
        block.text
        if isinstance(block.text, str)
        else "".join(piece if isinstance(piece, str) else piece.text for piece in block.text)
    )


def said(words: Wording) -> str:
    return " ".join(text(block) for block in methods(words) if isinstance(block, Paragraph))


def contrast(low: float, middle: float, high: float) -> Contrast:
    return Contrast("time_dependent", "death", "after", "before", middle, low, high, 0.5, 0.95)


def test_a_label_inside_a_sentence_keeps_the_capitals_of_names_and_codes() -> None:
    for kept in ("Ki-67", "T stage", "Clavien-Dindo grade", "WHO grade", "No", "Ki67", "CD-117", "", "IIa", "p53"):
        assert inside(kept) == kept
    assert inside("Age at surgery") == "age at surgery"
    assert inside("Progression-free survival") == "progression-free survival"
    assert inside("Über allem") == "über allem"


def test_a_sentence_of_a_design_keeps_the_capitals_of_the_start(plain: Wording) -> None:
    assert in_words("{Start}, {start}, {End}", plain.study) == "CT scan, CT scan, Surgery"


def test_the_foremost_findings_are_the_gravest_one_of_each_rule_time_before_claims() -> None:
    found = tuple(
        Finding(code, severity, message)
        for code, severity, message in (
            ("R02", Severity.WARNING, "few"),
            ("R04", Severity.ERROR, "first claim"),
            ("R04", Severity.ERROR, "second claim"),
            ("M02", Severity.ERROR, "many"),
            ("T01", Severity.ERROR, "guaranteed"),
            ("I01", Severity.INFO, "aside"),
        )
    )
    assert [one.message for one in foremost(found)] == ["guaranteed", "many", "first claim"]
    assert [one.code for one in foremost(found[:1] + found[5:])] == ["R02", "I01"]


def test_a_verdict_says_the_direction_only_when_the_interval_leaves_one_out(plain: Wording) -> None:
    assert verdict_words(plain, contrast(0.3, 0.5, 0.8)).startswith("a lower hazard after surgery")
    assert verdict_words(plain, contrast(1.2, 1.5, 2.8)).startswith("a higher hazard after surgery")
    none = verdict_words(plain, contrast(0.6, 0.9, 1.4))
    assert "no clear difference" in none
    assert none.endswith("from 40% lower to 40% higher")
    assert [change_words(plain, ratio) for ratio in (0.25, 1.001, 3.5)] == ["75% lower", "equal", "250% higher"]


def test_the_front_page_names_the_outcome_with_the_longest_follow_up(plain: Wording) -> None:
    numbers = [one for block in front(plain) if isinstance(block, KeyNumbers) for one in block.numbers]
    follow_up = key(numbers, "median follow-up")
    # relapse is given as 12.1 to 15 months since the start, death as dates at most 12.5 months after it
    assert follow_up.detail.startswith("Relapse, n = 26, since ")
    assert 12 < float(follow_up.value) < 15
    patients = key(numbers, "patients after the exclusions")
    assert (patients.value, patients.detail.split(";")[0]) == ("29", "of 30 in the file")


def key(numbers: list[KeyNumber], label: str) -> KeyNumber:
    return next(one for one in numbers if one.label.startswith(label))


def test_methods_say_what_was_done_and_nothing_else(plain: Wording) -> None:
    words = said(plain)
    assert "so was the follow-up for death [kaplan_meier] {0}; for relapse it is the time recorded" in words
    assert "A month is 30.4375 days." in words
    assert "score test of Grambsch and Therneau" in words
    assert "In the time-dependent analysis" in words
    assert "kept in this model" not in words
    assert "Subgroups were compared" not in words
    assert "signed-rank" not in words


def test_a_mark_in_a_label_is_not_a_citation(plain: Wording) -> None:
    paragraph = next(block for block in methods(plain) if isinstance(block, Paragraph))
    assert not any(isinstance(piece, Run) for piece in paragraph.text)


def test_methods_name_screening_and_subgroups_where_they_are_declared(rich: Wording) -> None:
    words = said(rich)
    assert "examined one by one (age and response), those with a p-value below 0.2 were kept in this model." in words
    assert "Hazard ratios of relapse are from Cox models" in words
    assert "adjusted for age and response" in words
    assert "Subgroups were compared with the other patients" in words


def test_methods_are_silent_on_the_time_dependent_analysis_when_it_was_refused(tmp_path: Path) -> None:
    # time counted from surgery by everybody who had it: nobody can be seen before it
    study = written(tmp_path, STUDY.replace("[eligibility", '[time]\nzero = "end"\n\n[eligibility'))
    lines = [line for line in people() if line.split(",")[2]]
    (tmp_path / "people.csv").write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    words = said(wording(run(study).contents))
    assert "In the time-dependent analysis" not in words
    assert "Guaranteed (immortal) time is" in words


def test_what_is_known_only_later_is_cautioned_against(plain: Wording, rich: Wording) -> None:
    cautions = [text(one) for one in subgroups(rich) if isinstance(one, Note)]
    assert len(cautions) == 1
    assert cautions[0].startswith("Selected by what happened after the start: Responders.")
    under = [text(one) for one in survival(rich, "death") if isinstance(one, Note)]
    assert [one.split(".")[0] for one in under] == [
        "Known only after time zero, and in this model all the same: response"
    ]
    assert not [one for one in survival(plain, "death") if isinstance(one, Note)]


def test_a_finding_set_aside_stands_among_the_limitations_with_its_reason(plain: Wording) -> None:
    ignored = Finding("T01", Severity.ERROR, "Guaranteed time.")
    verdicts = replace(plain.contents.verdicts, findings=(), ignored=((ignored, "a pilot"),))
    words = replace(plain, contents=replace(plain.contents, verdicts=verdicts))
    listed = [item for block in conclusions(words) if isinstance(block, Bullets) for item in block.items]
    assert listed == ["Guaranteed time. (T01) Set aside by the study file; reason given: a pilot"]
    none = replace(plain, contents=replace(plain.contents, verdicts=replace(verdicts, ignored=())))
    assert list(conclusions(none)) == []


def test_results_hold_the_durations_and_the_guaranteed_shares(plain: Wording) -> None:
    document = json.loads(json.dumps(results(plain.contents)))
    records, study = plain.contents.records, plain.study
    days = records.dates[study.treatment.end] - records.dates[study.treatment.start]
    everybody = document["durations"]["all"]
    assert (everybody["n"], everybody["days"]["lowest"]) == (26, float(min(day for day in days if day == day)))
    assert everybody["shown"] == everybody["days"]
    assert sum(row["n"] for row in document["durations"]["groups"]) == 26
    assert plain.durations()["median"] == f"{everybody['shown']['median']:.3g}"
    first = document["cohorts"][0]
    assert first["guaranteed_share"] == pytest.approx(
        sum(row["guaranteed_time"] for row in first["groups"]) / sum(row["time_at_risk"] for row in first["groups"])
    )
    assert 0 < first["guaranteed_share"] < 1


def test_a_patient_left_out_by_a_design_is_told_why(plain: Wording, tmp_path: Path) -> None:
    study, records = prepare(written(tmp_path, STUDY))
    stages = {stage.name: stage.lines for stage in trace_patient(study, records, "p10")}
    assert stages["duration"] == ("no surgery: no achieved duration, in no duration group",)
    left = [lines[0] for name, lines in stages.items() if name.startswith("observed_from_start")]
    assert left
    assert all(line.startswith("left out: ") and "not eligible" not in line for line in left)
    assert any("at risk" in line for line in stages["time_dependent / Relapse"])


def test_a_patient_excluded_before_every_design_is_not_traced_but_counted(tmp_path: Path) -> None:
    study, records = prepare(written(tmp_path, STUDY))
    assert [(step.reason, step.excluded) for step in records.flow.steps[1:]] == [("age under 18", 1)]
    with pytest.raises(CannotEstimate, match=r"after the exclusions \(29 patients are\)"):
        trace_patient(study, records, "p7")
