"""Rules P01 and R02 on patients few enough to count: events, parameters, levels without events, numbers at risk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

import durata as du
from durata.cohort import Cohort
from durata.estimate.analysis import Analysis, Answer, Answers, Refused
from durata.estimate.plan import answers_for
from durata.finding import CannotEstimate, Finding
from durata.rules.catalogue import all_rules
from durata.rules.runner import NotJudged

STUDY = """\
[study]
title = "A few people"
time_unit = "days"

[data]
file = "people.csv"
id = "id"

[treatment]
name = "drug"
start = "start"
end = "surgery"
unit = "days"
groups = [{ name = "short", to = 10 }, { name = "long", from = 10 }]

[outcomes.death]
label = "Death"
date = "last"
status = "dead"
event_codes = [1]
censor_codes = [0]

[covariates.age]

[covariates.stage]
type = "category"
levels = ["I", "II", "III"]
"""

Person = tuple[str, int, int, object, str]  # group, day observation ends, event, age, stage
Judge = Callable[..., list[Finding]]


@pytest.fixture
def spoken(tmp_path: Path) -> Judge:
    def judge(code: str, people: Sequence[Person], add: str = "") -> list[Finding]:
        start = date(2020, 1, 1)
        rows = ["id,start,surgery,last,dead,age,stage"]
        for k, (group, day, dead, age, stage) in enumerate(people):
            end = start + timedelta(days=5 if group == "short" else 15)
            rows.append(f"p{k},{start},{end},{start + timedelta(days=day)},{dead},{age},{stage}")
        (tmp_path / "people.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        (tmp_path / "study.toml").write_text(STUDY + add, encoding="utf-8")
        study = du.read_study(tmp_path / "study.toml")
        facts = {"study": study, "answers": answers_for(study, du.read_records(study))}
        return list(all_rules()[code].findings(facts))

    return judge


def people(n: int, *, deaths: int) -> list[Person]:
    """Groups in turn, stages and ages in a cycle of their own; the first ``deaths`` die, each on a day of its own."""
    return [
        (
            "short" if k % 2 else "long",
            100 + (37 * k) % n,
            int(k < deaths),
            40 + (11 * k) % 17,
            ("I", "II", "III")[k % 3],
        )
        for k in range(n)
    ]


def test_parameters_are_groups_covariates_and_candidates_in_columns(spoken) -> None:
    """2 groups: 1; stage of 3 levels: 2; age, a candidate the model does not hold: 1. 12 deaths / 4 = 3.0 each."""
    (found,) = spoken("P01", people(24, deaths=12), '[models.death]\nadjust = ["stage"]\ncandidates = ["age"]\n')
    assert (found.evidence["events"], found.evidence["parameters"]) == (12, 4)
    assert str(found.severity) == "warning"
    assert "12 events for 4 parameters examined (groups: 1; stage: 2; age: 1 (examined, not in the model)), 3.0" in (
        found.message
    )


def test_a_candidate_that_the_screen_left_out_still_counts(spoken) -> None:
    add = '[models.death]\ncandidates = ["age"]\nscreen_p = 0.000001\n'
    (found,) = spoken("P01", people(24, deaths=12), add)
    assert found.evidence["parameters"] == 2
    assert "age: 1 (examined, not in the model)" in found.message


def test_the_events_are_those_of_complete_rows(spoken) -> None:
    """The first 4 of 12 deaths have no age: 8 events are left for 2 parameters."""
    some = [
        (g, day, dead, "" if k < 4 else age, stage)
        for k, (g, day, dead, age, stage) in enumerate(people(24, deaths=12))
    ]
    (found,) = spoken("P01", some, '[models.death]\nadjust = ["age"]\n')
    assert (found.evidence["events"], found.evidence["left_out"], found.evidence["parameters"]) == (8, 4, 2)
    assert found.message.endswith("4 patient(s) with a missing value are not in the model.")


def test_no_event_is_left_by_missing_values(spoken) -> None:
    some = [(g, day, dead, "" if dead else age, stage) for g, day, dead, age, stage in people(12, deaths=4)]
    (found,) = spoken("P01", some, '[models.death]\nadjust = ["age"]\n')
    assert str(found.severity) == "error"
    assert found.message == (
        "Death: none of the 8 patients of the model has the event, so no hazard ratio can be estimated. 4 patient(s) with a "
        "missing value are not in the model."
    )
    assert "missing values cost the events" in found.advice


def test_no_more_events_than_parameters(spoken) -> None:
    """4 deaths; 1 + 2 + 1 = 4 parameters."""
    found = spoken("P01", people(24, deaths=4), '[models.death]\nadjust = ["stage", "age"]\n')[-1]
    assert str(found.severity) == "error"
    assert found.message.startswith("Death: 4 events for 4 parameters examined")
    assert "fits anything and shows nothing" in found.message


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("II", "stage = II (its hazard ratio runs off to zero)"),
        (
            "I",
            "stage = I (the level the others are compared with: the hazard ratios of the others run off to infinity)",
        ),
    ],
)
def test_a_level_without_event_is_named(spoken, stage: str, words: str) -> None:
    some = [(g, day, int(dead and s != stage), age, s) for g, day, dead, age, s in people(48, deaths=42)]
    add = '[models.death]\nadjust = ["stage"]\nfirth = "{}"\n'
    (found, *_) = spoken("P01", some, add.format("never"))
    assert str(found.severity) == "error"
    assert found.message.startswith(f"Death: no event in {words} (events by group: ")
    (found, *_) = spoken("P01", some, add.format("auto"))
    assert str(found.severity) == "warning"
    assert "Firth's penalised model stands beside it" in found.message


def test_a_group_without_event_is_named(spoken) -> None:
    some = [(g, day, int(g == "long"), age, stage) for g, day, _, age, stage in people(60, deaths=0)]
    (found, *_) = spoken("P01", some, '[models.death]\nfirth = "never"\n')
    assert "no event in groups = short (the level the others are compared with" in found.message
    assert found.evidence["by_group"] == {"short": 0, "long": 30}


def test_a_number_of_two_values_is_counted_by_value(spoken) -> None:
    some = [
        (g, day, int(k % 3 == 0), int(k % 3 > 0), stage) for k, (g, day, _, _, stage) in enumerate(people(60, deaths=0))
    ]
    (found, *_) = spoken("P01", some, '[models.death]\nadjust = ["age"]\nfirth = "never"\n')
    assert "age = 1 (its hazard ratio runs off to zero)" in found.message


def test_numbers_at_risk_are_those_of_the_curve(spoken) -> None:
    """12 a group, all followed for at least 100 days; at 120 those with 100 + (37 k mod 24) >= 120 are left: 4 of 24."""
    (found,) = spoken("R02", [*people(24, deaths=0)[:23], ("short", 101, 1, 50, "I")], "[horizons]\nat = [100, 120]\n")
    assert found.evidence["at_risk"]["short"]["100"] == 12
    at_120 = [found.evidence["at_risk"][group]["120"] for group in ("short", "long")]
    assert sum(at_120) == sum((37 * k) % 24 >= 20 for k in range(23))
    assert f"short at 120 days ({at_120[0]} at risk)" in found.message


def test_thin_subgroups_are_one_finding(spoken) -> None:
    """24 people at risk at day 50, 12 a group: enough; 8 of each stage, 4 a group: thin."""
    add = '[horizons]\nat = [50]\n[subgroups.early]\ncovariate = "stage"\nis = ["I"]\nlabel = "Stage I"\n'
    add += '[subgroups.late]\ncovariate = "stage"\nis = ["III"]\n'
    (found,) = spoken("R02", people(24, deaths=6), add)
    assert found.message == (
        "Death, subgroups: fewer than 10 patients are left for Stage I, short at 50 days (4 at risk); Stage I, long at 50 "
        "days (4 at risk); late, short at 50 days (4 at risk); late, long at 50 days (4 at risk)."
    )


def test_a_restricted_mean_beyond_the_last_time_of_a_group(spoken) -> None:
    some = [*people(24, deaths=6), *[("long", 300 + k, 0, 50, "I") for k in range(12)]]
    (found,) = spoken("R02", some, "[horizons]\nrestricted_mean = 200\n")
    last = max(day for group, day, *_ in some if group == "short")
    assert (
        f"the mean survival time up to 200 days has too little behind it in short (observed for no longer than {last}.0 days)"
        in (found.message)
    )
    assert "long (" not in found.message
    assert spoken("R02", some, "[horizons]\nrestricted_mean = 100\n") == []


def test_refused_follow_up_is_not_judged() -> None:
    study = du.read_study(du.example("stanford"))
    whole = answers_for(study, du.read_records(study))

    def cohort_of(design: str, outcome: str) -> Cohort:
        cohort = whole.cohort(design, outcome)
        assert not isinstance(cohort, Refused)
        return cohort

    def refuse(cohort: Cohort, analysis: Analysis) -> Answer:
        raise CannotEstimate("no follow-up")

    curves = {"kaplan_meier": lambda cohort, analysis: du.kaplan_meier(cohort, by="group")}
    answers = Answers(cohort_of, {**curves, "reverse_kaplan_meier": refuse})
    with pytest.raises(NotJudged, match="follow-up could not be estimated"):
        all_rules()["R02"].findings({"study": study, "answers": answers})
