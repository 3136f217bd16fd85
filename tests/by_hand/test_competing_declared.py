"""Competing events declared in a study file: the cause and the end of observation, the report, refusals, both languages."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import durata as du
from durata.designs.landmark import landmark
from durata.estimate.plan import competing_analyses, planned
from durata.language.speaking import speaking

HEAD = """\
[study]
title = "Relapse while death competes"
[data]
file = "patients.csv"
id = "patient"
[treatment]
name = "imatinib"
start = "start"
end = "surgery"
groups = [{ name = "short", to = 6 }, { name = "long", from = 6 }]
[time]
zero = "end"
[horizons]
at = [20]
[outcomes.relapse]
label = "Relapse"
"""
DATES = HEAD + 'event = ["relapse"]\ncensor = "last"\ncompeting = ["death"]\n'
CODES = HEAD + 'date = "last"\nstatus = "status"\nevent_codes = [1]\ncensor_codes = [0]\ncompeting_codes = [2]\n'
# days after surgery of relapse, death, last contact; the fourth died on the day of the relapse, the sixth after it
PEOPLE = [
    (100, None, 900, 1),
    (None, 200, 200, 2),
    (None, None, 700, 0),
    (300, 300, 300, 1),
    (None, 400, 350, 2),
    (150, 500, 500, 1),
    (None, 250, 250, 2),
    (None, None, 800, 0),
]


def written(folder: Path, text: str, people: list[tuple[int | None, int | None, int, int]] = PEOPLE) -> Path:
    zero = np.datetime64("2018-01-01")
    lines = ["patient,start,surgery,relapse,death,last,status"]
    for k, (relapse, death, last, status) in enumerate(people):
        surgery = zero + (100 if k % 2 else 300)
        days = [("" if day is None else str(surgery + day)) for day in (relapse, death, last)]
        lines.append(f"P{k},{zero},{surgery},{','.join(days)},{status}")
    (folder / "patients.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder / "study.toml"


def test_dates_become_causes(tmp_path: Path) -> None:
    study = du.read_study(written(tmp_path, DATES))
    records = du.read_records(study)
    cohort = du.observed(study, records, "relapse")
    assert cohort.cause is not None
    assert cohort.cause.tolist() == [1, 2, 0, 1, 2, 1, 2, 0]
    assert cohort.event.tolist() == [True, False, False, True, False, True, False, False]
    assert cohort.exit.tolist() == [100, 200, 700, 300, 400, 150, 250, 800]
    by_landmark = landmark(study, records, "relapse", at=150.0)
    assert by_landmark.cause is not None
    assert np.array_equal(by_landmark.cause == 1, by_landmark.event)
    late = du.delayed_entry(study, records, "relapse")
    assert late.cause is not None
    assert late.cause.tolist() == cohort.cause.tolist()


def test_codes_become_the_same_causes(tmp_path: Path) -> None:
    study = du.read_study(written(tmp_path, CODES))
    records = du.read_records(study)
    assert not [one for one in records.findings if one.code in ("D08", "D10")]
    cohort = du.observed(study, records, "relapse")
    assert cohort.cause is not None
    assert cohort.cause.tolist() == [1, 2, 0, 1, 2, 1, 2, 0]


def test_rows_over_time_end_with_the_cause_once(tmp_path: Path) -> None:
    people = [*PEOPLE, (-50, None, 10, 1)]  # a relapse before surgery
    study = du.read_study(written(tmp_path, DATES, people))
    cohort = du.time_dependent(study, du.read_records(study), "relapse")
    assert cohort.cause is not None
    assert sorted(cohort.cause[cohort.cause > 0].tolist()) == [1, 1, 1, 1, 2, 2, 2]
    assert np.array_equal(cohort.cause == 1, cohort.event)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (DATES.replace('competing = ["death"]', "competing_codes = [2]"), "belongs to 'status'"),
        (CODES + 'competing = ["death"]\n', "belongs to 'event'"),
        (DATES.replace('competing = ["death"]', 'competing = ["relapse"]'), "among 'event' and among 'competing'"),
        (
            CODES.replace("competing_codes = [2]", "competing_codes = [1]"),
            "among 'competing_codes' and among 'event_codes'",
        ),
        (CODES.replace("competing_codes = [2]", "competing_codes = [0]"), "and among 'censor_codes'"),
    ],
)
def test_declarations_that_contradict_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(du.StudyError, match=re.escape(reason)):
        du.read_study(written(tmp_path, text))


def test_incidences_by_hand(tmp_path: Path) -> None:
    """Everybody together until day 400: 1/8 at 100, 1/8 at 150, then one dies, one dies, 1/8 at 300: 3/8."""
    study = du.read_study(written(tmp_path, DATES))
    cohort = du.observed(study, du.read_records(study), "relapse")
    rows = du.cumulative_incidence(cohort, cause=1).at(400).rows()
    assert rows[0]["estimate"] == pytest.approx(3 / 8)
    assert 1 - du.kaplan_meier(cohort).at(400).rows()[0]["estimate"] == pytest.approx(1 - 7 / 8 * 6 / 7 * 3 / 4)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            ("Competing events: Relapse", "Gray p", "One minus Kaplan-Meier", "Fine and Gray, weights known (finegray"),
        ),
        ("zh", ("竞争事件：Relapse", "Gray检验", "1减Kaplan-Meier", "（finegray")),
    ],
)
def test_the_report_shows_both(tmp_path: Path, language: str, words: tuple[str, ...]) -> None:
    people = [
        (relapse and relapse + 7 * k, death, last, status) for k in range(5) for relapse, death, last, status in PEOPLE
    ]
    people = [one for one in people if one[0] is None or one[0] <= one[2]]
    study = written(tmp_path, DATES.replace("[data]", f'language = "{language}"\n[data]'), people)
    done = du.run(study)
    page = done.files()["report.html"].decode("utf-8")
    for one in words:
        assert one in page, one
    asked = competing_analyses(done.contents.study, "relapse")
    assert set(asked) == {"cumulative_incidence", "competing_incidence", "gray_test", "fine_gray"}
    assert set(asked.values()) <= set(planned(done.contents.study))
    cohort = du.observed(done.contents.study, done.contents.records, "relapse")
    test = done.contents.answers.ask(asked["gray_test"])
    assert test.p_value == du.gray_test(cohort).p_value  # type: ignore[union-attr]


def test_without_a_competing_event_it_is_said(tmp_path: Path) -> None:
    people: list[tuple[int | None, int | None, int, int]] = [
        (relapse, None, last, 0) for relapse, _, last, _ in PEOPLE if relapse is None or relapse < last
    ] + [(120, None, 300, 1), (140, None, 310, 1)]
    with speaking("en"):
        page = du.run(written(tmp_path, DATES, people)).files()["report.html"].decode("utf-8")
    assert "nobody had one; nothing competes" in page


def test_the_rule_is_quiet_once_it_is_declared(tmp_path: Path) -> None:
    both = '[outcomes.death]\nlabel = "Death"\nevent = ["death"]\ncensor = "last"\n'
    people: list[tuple[int | None, int | None, int, int]] = [
        (None, 200, 200, 0), (None, 210, 210, 0), (100, None, 900, 0), (120, None, 900, 0),
        (110, None, 800, 0), (130, None, 800, 0), (None, None, 700, 0), (None, None, 700, 0),
    ]  # fmt: skip
    for text, told in ((DATES, False), (DATES.replace('competing = ["death"]\n', ""), True)):
        study = du.read_study(written(tmp_path, text + both, people))
        found = [one for one in du.lint(study, du.read_records(study)).findings if one.code == "L03"]
        assert bool(found) is told
        if told:
            assert "competing_codes" in found[0].remedy
