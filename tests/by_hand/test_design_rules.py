"""Design rules on the bundled studies and on patients few enough to count: what they see, how grave, and when they are silent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

import durata as du
from durata.estimate.plan import answers_for
from durata.finding import Finding, Severity
from durata.rules.catalogue import all_rules
from durata.rules.runner import NotJudged, Verdicts
from durata.study.types import Study

GIST = du.example("gist")


def verdicts(study: Study) -> Verdicts:
    return du.lint(study, du.read_records(study))


@pytest.fixture(scope="module")
def gist() -> Verdicts:
    return verdicts(du.read_study(GIST))


def of(found: Verdicts, code: str) -> list[Finding]:
    return [one for one in found.findings if one.code == code]


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Study]:
    """The bundled study with sentences of its file replaced."""

    def write(*replacements: tuple[str, str], more: str = "") -> Study:
        text = GIST.read_text(encoding="utf-8")
        for old, new in replacements:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (tmp_path / "gist.csv").write_bytes((GIST.parent / "gist.csv").read_bytes())
        (tmp_path / "study.toml").write_text(text + more, encoding="utf-8")
        return du.read_study(tmp_path / "study.toml")

    return write


def test_the_bundled_study_has_the_faults_of_its_model(gist: Verdicts) -> None:
    codes = {one.code for one in gist.findings}
    assert {"T02", "S01", "C01", "C02", "C03", "K02", "M01", "M02", "M03", "P01", "P04", "R02", "R04"} <= codes


def test_unseen_patients_that_undo_the_difference(gist: Verdicts) -> None:
    """Survival at 60 months .927 against .724, all unseen dead: share (.927 - .724) / .927 = .219, 87 * .219 / .781: 25."""
    [found] = of(gist, "S01")
    row = next(
        row
        for row in found.evidence["tipping"]  # type: ignore[attr-defined]
        if row["outcome"] == "Death" and row["better"] == "intermediate"
    )
    assert (row["n"], row["patients"]) == (87, 25)
    assert row["share"] == pytest.approx(100 * (row["survival"] - row["reference"]) / row["survival"])
    assert row["share"] == pytest.approx(21.9, abs=0.1)
    assert "All 171 patients of the file reached surgery" in found.message


def test_subgroups_of_the_future_are_counted_by_group(gist: Verdicts) -> None:
    [found] = of(gist, "C01")
    assert found.evidence["members"]["partial_response"] == {  # type: ignore[index]
        "short": (25, 50),
        "intermediate": (51, 87),
        "long": (18, 34),
    }
    assert (found.evidence["claims"], found.evidence["all_claims"]) == (2, 9)


def test_a_later_duration_is_classified_by_death_and_loss(gist: Verdicts) -> None:
    """Counted anew from the dates: who had at most 24 months, and was followed for less than 24 months after surgery."""
    study = du.read_study(GIST)
    records = du.read_records(study)
    death, last = records.dates["death_date"], records.dates["last_contact_date"]
    after = np.where(np.isfinite(death), death, last) - records.dates["surgery_date"]
    inside = records.numbers["adjuvant_months"] <= 24
    early = inside & (after < 24 * 30.4375)
    found = of(gist, "C02")[1]
    assert found.evidence["outcome"] == "Death"
    assert (found.evidence["n"], found.evidence["early"]) == (int(inside.sum()), int(early.sum()))
    assert found.evidence["early_events"] == int((early & np.isfinite(death)).sum())


def test_thirty_tests_as_counted_in_the_abstract(gist: Verdicts) -> None:
    """3 pairs x 2 outcomes x (everybody + 4 subgroups) = 30; 1 - .95^30 = .785."""
    [found] = of(gist, "M01")
    assert found.evidence["tests"] == 30
    assert found.evidence["chance"] == pytest.approx(78.5, abs=0.05)
    assert found.evidence["survive"] == 0
    adjusted = found.evidence["adjusted"]
    smallest = min(raw for raw, _ in adjusted.values())  # type: ignore[attr-defined]
    assert min(holm for _, holm in adjusted.values()) == pytest.approx(30 * smallest)  # type: ignore[attr-defined]


def test_prognosis_after_surgery_is_no_comparison_of_durations(changed: Callable[..., Study]) -> None:
    """The same data and grouping, described only: the clock, the selection and the subgroups are information."""
    text = GIST.read_text(encoding="utf-8")
    claims = text[text.index("# What the abstract concludes") : text.index("# Figures printed in the abstract")]
    study = changed((claims, ""), ('population = "ended"\n', 'population = "ended"\naim = "prognosis"\n'))
    found = verdicts(study)
    for code in ("T02", "S01", "C01", "C02", "C03"):
        assert {one.severity for one in of(found, code)} == {Severity.INFO}, code
    assert found.worst is not Severity.ERROR


def test_a_claim_about_durations_is_graver_than_the_declared_aim(changed: Callable[..., Study]) -> None:
    found = verdicts(changed(('population = "ended"\n', 'aim = "prognosis"\n')))
    assert {one.severity for one in of(found, "T02")} == {Severity.ERROR}


def test_what_was_known_later_is_taken_out_of_the_model(changed: Callable[..., Study]) -> None:
    """The refitted hazard ratio is that of the study whose model never held it."""
    old = '[models.os]\nadjust = ["size_over_10cm", "non_gastric", "mitoses_over_5", "bleeding_at_start"]'
    biased = changed((old, old.replace('start"]', 'start", "margin"]')))
    [found] = [one for one in of(verdicts(biased), "C01") if one.evidence.get("hazard_ratios_without")]
    study = du.read_study(GIST)
    cohort = du.observed(study, du.read_records(study), "os")
    plain = du.cox(cohort, ["group", *study.models["os"].adjust]).term("group: intermediate")["estimate"]
    ratio = found.evidence["hazard_ratios_without"]["intermediate vs short"][0]  # type: ignore[index]
    assert ratio == pytest.approx(np.exp(plain), rel=1e-10)
    assert ratio != pytest.approx(found.evidence["hazard_ratios_with"]["intermediate vs short"][0])  # type: ignore[index]
    assert found.where is not None
    assert found.where.line is not None


def test_screening_reports_how_often_each_candidate_would_be_let_in(changed: Callable[..., Study]) -> None:
    old = '[models.os]\nadjust = ["size_over_10cm", "non_gastric", "mitoses_over_5", "bleeding_at_start"]'
    study = changed((old, '[models.os]\ncandidates = ["sex", "non_gastric", "mitoses_over_5"]\nscreen_p = 0.1'))
    records = du.read_records(study)
    facts = {"study": study, "answers": answers_for(study, records)}
    first, again = (all_rules()["P02"].findings(facts)[0].evidence["inclusion"] for _ in range(2))
    assert first == again
    assert set(first) == {"sex", "non_gastric", "mitoses_over_5"}  # type: ignore[call-overload]
    assert all(0 <= share <= 1 for share in first.values())  # type: ignore[attr-defined]


def test_boundaries_of_the_data_are_an_error_with_a_corrected_p(changed: Callable[..., Study]) -> None:
    found = verdicts(changed(('cut_source = "prespecified"', 'cut_source = "data"')))
    for one in of(found, "K01"):
        assert one.severity is Severity.ERROR
        assert one.evidence["corrected_p"] > one.evidence["naive_p"]  # type: ignore[operator]
    assert len(of(found, "K01")) == 2


def test_prespecified_boundaries_are_never_worse_than_information(gist: Verdicts) -> None:
    assert all(one.severity is Severity.INFO for one in of(gist, "K01"))


def test_patients_who_cannot_benefit_are_declared(changed: Callable[..., Study]) -> None:
    line = 'cut_source = "prespecified"\n'
    study = changed((line, line + 'no_benefit = { covariate = "genotype", is = ["wild type"] }\n'))
    [found] = of(verdicts(study), "S02")
    records = du.read_records(study)
    genotype = records.categories["genotype"]
    assert found.evidence["n"] == int(np.sum(genotype.codes == genotype.levels.index("wild type")))
    assert found.severity is Severity.INFO
    assert len(found.people) == found.evidence["n"]


def test_a_level_nobody_declared_cannot_be_without_benefit(changed: Callable[..., Study]) -> None:
    line = 'cut_source = "prespecified"\n'
    with pytest.raises(du.StudyError, match="D842V"):
        changed((line, line + 'no_benefit = { covariate = "genotype", is = ["D842V"] }\n'))


SMALL = """\
[study]
title = "A few people"
{study}
[data]
file = "people.csv"
id = "id"

[treatment]
name = "drug"
start = "start"
end = "surgery"
groups = {groups}

[outcomes.death]
date = "last"
status = "dead"
event_codes = [1]
"""


def small(folder: Path, days: list[int | None], study: str = "", groups: str = "") -> dict[str, object]:
    start = date(2020, 1, 1)
    rows = ["id,start,surgery,last,dead"]
    for k, day in enumerate(days):
        end = "" if day is None else start + timedelta(days=day)
        rows.append(f"p{k},{start},{end},{start + timedelta(days=700 + k)},{k % 2}")
    (folder / "people.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    groups = groups or '[{ name = "short", to = 6 }, { name = "long", from = 6 }]'
    (folder / "study.toml").write_text(SMALL.format(study=study, groups=groups), encoding="utf-8")
    declared = du.read_study(folder / "study.toml")
    records = du.read_records(declared)
    return {"study": declared, "records": records, "answers": answers_for(declared, records)}


def test_the_month_decides_about_one_of_four(tmp_path: Path) -> None:
    """182 days: 6.07 months of 30 days, 5.98 of 30.4375, 5.87 of 31."""
    [found] = all_rules()["K04"].findings(small(tmp_path, [90, 182, 300, 320]))
    assert found.evidence["moves"] == 1
    assert found.evidence["sizes"] == {
        "30 days": {"short": 1, "long": 3},
        "30.4375 days": {"short": 2, "long": 2},
        "31 days": {"short": 2, "long": 2},
    }
    assert found.people == (1,)


def test_nobody_near_a_boundary_no_ambiguity(tmp_path: Path) -> None:
    assert not all_rules()["K04"].findings(small(tmp_path, [90, 100, 300, 320]))


def test_durations_in_the_gap_are_counted_and_heaps_need_twenty(tmp_path: Path) -> None:
    gap = '[{ name = "short", to = 6 }, { name = "long", from = 7 }]'
    [found] = all_rules()["K02"].findings(small(tmp_path, [91, 152, 195, 199, 300, 340], groups=gap))
    assert found.evidence["in_gaps"] == 2  # 195 and 199 days are 6.4 and 6.5 months
    assert found.evidence["heaping"] is None


def test_heaped_months_are_reported(tmp_path: Path) -> None:
    months = [3, 6, 9, 12] * 5 + [4, 8]
    [found] = all_rules()["K02"].findings(small(tmp_path, [round(30.4375 * m) for m in months]))
    assert found.evidence["heaping"] == pytest.approx(20 / 22)


def test_those_who_never_ended_are_counted_with_their_events(tmp_path: Path) -> None:
    """People 4 and 5 of six never ended; the second of them died."""
    [found] = all_rules()["S01"].findings(small(tmp_path, [90, 100, 300, 320, None, None]))
    assert found.evidence["absent"] == 2
    assert found.people == (4, 5)
    [row] = found.evidence["by_outcome"]  # type: ignore[misc]
    assert (row["n"], row["events"], row["compared"]) == (2, 1, 4)


def test_a_file_of_everybody_who_started_is_no_selection(tmp_path: Path) -> None:
    days: list[int | None] = [90, 100, 300, 320]
    assert not all_rules()["S01"].findings(small(tmp_path, days, 'population = "started"\n'))
    assert all_rules()["S01"].findings(small(tmp_path, days))


@pytest.mark.parametrize(
    ("code", "missing"),
    [("S02", "no_benefit"), ("C01", "covariates"), ("C02", "subgroups"), ("C04", "risk score"), ("P02", "models")],
)
def test_what_is_missing_is_named(tmp_path: Path, code: str, missing: str) -> None:
    with pytest.raises(NotJudged, match=missing):
        all_rules()[code].findings(small(tmp_path, [90, 100, 300, 320]))


def test_without_any_event_rules_about_hazards_do_not_judge(tmp_path: Path) -> None:
    facts = small(tmp_path, [30, 100, 220, 320])
    people = (tmp_path / "people.csv").read_text(encoding="utf-8").replace(",1\n", ",0\n")
    (tmp_path / "people.csv").write_text(people, encoding="utf-8")
    study = facts["study"]
    assert isinstance(study, Study)
    found = verdicts(study)
    assert {"K01", "H01"} <= set(found.not_judged)
    assert "event" in found.not_judged["K01"]
    assert {"S01", "P04", "K03"} <= {one.code for one in found.findings}  # these need no event
    [lost] = of(found, "K03")
    assert "not testable" in lost.message
    assert lost.severity is Severity.INFO
