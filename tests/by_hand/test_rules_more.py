"""Rules X, L, R01 and R03 on patients few enough to count: what they say, and that they are silent where the fault is avoided."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

import durata as du
from durata.finding import Finding, Severity
from durata.language.speaking import speaking
from durata.rules.runner import Verdicts

HEAD = """\
[study]
title = "A few people"
time_unit = "days"
{study}
[data]
file = "people.csv"
id = "id"

[treatment]
name = "drug"
start = "start"
end = "surgery"
end_name = "surgery"
unit = "days"
groups = [{{ name = "short", to = 100 }}, {{ name = "long", from = 100 }}]
{treatment}
[outcomes.death]
label = "Death"
event = ["death"]
censor = "last"
"""
ZERO = date(2020, 1, 1)
Lint = Callable[..., Verdicts]


@pytest.fixture
def lint(tmp_path: Path) -> Lint:
    """Judge people given as columns: days since the start of each (None for no date), or any text."""

    def judge(
        columns: Mapping[str, Sequence[object]], more: str = "", study: str = "", treatment: str = ""
    ) -> Verdicts:
        dated = {"start", "surgery", "death", "last", "recurrence", "last_dose"}
        n = len(columns["last"])
        filled = {"start": [0] * n, "death": [None] * n, **columns}
        lines = [",".join(["id", *filled])]
        for k in range(n):
            row = [f"p{k}"]
            for name, values in filled.items():
                value = values[k]
                if name in dated and value is not None:
                    value = ZERO + timedelta(days=int(str(value)))
                row.append("" if value is None else str(value))
            lines.append(",".join(row))
        (tmp_path / "people.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        text = HEAD.format(study=study, treatment=treatment) + more
        (tmp_path / "study.toml").write_text(text, encoding="utf-8")
        declared = du.read_study(tmp_path / "study.toml")
        return du.lint(declared, du.read_records(declared))

    return judge


def of(found: Verdicts, code: str) -> list[Finding]:
    return [one for one in found.findings if one.code == code]


SIXTEEN = {
    "surgery": [50, 150] * 8,
    "last": [400 + 10 * k for k in range(16)],
    "death": [400 + 10 * k if k % 3 == 0 else None for k in range(16)],
}
LARGE = [(40, 90)[k % 2] + k for k in range(16)]


class TestX01:
    def test_names_the_covariate_and_the_hazard_ratio_without_and_with_it(self, lint: Lint) -> None:
        [found] = of(lint({**SIXTEEN, "size": LARGE}, "[covariates.size]\n"), "X01")
        assert found.severity is Severity.WARNING
        # (mean 97 + ... ) large against small: every large one is long
        difference, expected, upper = found.evidence["differences"]["size"]  # type: ignore[index]
        assert difference > upper > expected > 0.1
        assert "size" in found.message
        assert "with them" in found.message

    def test_quiet_when_the_model_holds_it(self, lint: Lint) -> None:
        more = '[covariates.size]\n[models.death]\nadjust = ["size"]\n'
        assert "X01" in lint({**SIXTEEN, "size": LARGE}, more).quiet

    def test_quiet_when_it_is_weighted_for(self, lint: Lint) -> None:
        more = '[covariates.size]\n[weights]\ncovariates = ["size"]\n'
        assert "X01" in lint({**SIXTEEN, "size": LARGE}, more).quiet

    def test_quiet_on_differences_that_chance_makes(self, lint: Lint) -> None:
        found = lint(
            {**SIXTEEN, "size": [40, 44, 52, 41, 47, 50, 60, 63, 42, 49, 55, 58, 48, 47, 51, 45]}, "[covariates.size]\n"
        )
        assert "X01" in found.quiet

    def test_lacks_covariates(self, lint: Lint) -> None:
        assert "baseline" in lint(SIXTEEN).not_judged["X01"]

    def test_what_came_later_is_no_imbalance(self, lint: Lint) -> None:
        assert "X01" in lint({**SIXTEEN, "size": LARGE}, '[covariates.size]\ntiming = "post"\n').not_judged


class TestX02:
    MORE = '[covariates.size]\n[covariates.stage]\ntiming = "post"\n[confounders]\nexpected = ["size", "stage", "genotype"]\n'

    def test_absent_later_and_missing(self, lint: Lint) -> None:
        size = [None, None, None, None, *range(12)]
        [found] = of(lint({**SIXTEEN, "size": size, "stage": range(16)}, self.MORE), "X02")
        assert found.evidence["absent"] == ("genotype",)
        assert found.evidence["later"] == ("stage",)
        assert found.evidence["known_share"] == {"size": 0.75}
        assert found.message.startswith("Of 3 things that decide on duration and outcome, 3 cannot be adjusted for")

    def test_a_fifth_missing_is_not_reported(self, lint: Lint) -> None:
        size = [None, None, None, *range(13)]
        [found] = of(lint({**SIXTEEN, "size": size, "stage": range(16)}, self.MORE), "X02")
        assert found.evidence["known_share"] == {}

    def test_lacks_the_list(self, lint: Lint) -> None:
        assert "[confounders] expected" in lint(SIXTEEN).not_judged["X02"]


class TestX03:
    MORE = '[covariates.house]\ntype = "category"\n[confounders]\ncentre = "house"\n'

    def test_a_hospital_with_a_habit(self, lint: Lint) -> None:
        house = ["B" if k in (0,) else "A" if k in (1,) else "AB"[k % 2] for k in range(16)]
        [found] = of(lint({**SIXTEEN, "house": house}, self.MORE), "X03")
        assert found.evidence["table"] == {"A": (7, 1), "B": (1, 7)}
        # Fisher, margins 8: (8 * 8 + 1) * 2 / C(16, 8) = 130 / 12870 = .0101
        assert found.evidence["p"] == "p = 0.010"

    def test_quiet_when_compared_within_hospitals(self, lint: Lint) -> None:
        more = self.MORE + '[models.death]\nstrata = ["house"]\n'
        assert "X03" in lint({**SIXTEEN, "house": ["AB"[k % 2] for k in range(16)]}, more).quiet

    def test_the_calendar(self, lint: Lint) -> None:
        """Long ones start in 2020, short ones from 2022 on: nobody shares a year."""
        start = [800 + k if k % 2 == 0 else k for k in range(16)]
        moved = {
            name: [None if d is None else d + s for d, s in zip(values, start, strict=True)]
            for name, values in SIXTEEN.items()
        }
        [found] = of(lint({**moved, "start": start}), "X03")
        assert found.evidence["outside"] == 16
        assert "held fixed" in found.message
        year = [2020 + s / 365.25 for s in start]
        more = '[covariates.year]\n[models.death]\nadjust = ["year"]\n'
        assert "X03" in lint({**moved, "start": start, "year": year}, more).quiet


class TestX04:
    MORE = '[covariates.kind]\ntype = "category"\n'

    def test_a_kind_that_never_had_a_duration(self, lint: Lint) -> None:
        twenty = {name: [*values, *values[:4]] for name, values in SIXTEEN.items()}
        [found] = of(lint({**twenty, "kind": ["small", "large"] * 10}, self.MORE), "X04")
        cells = found.evidence["empty_cells"]
        assert [(c["level"], c["group"], c["n"], c["expected"]) for c in cells] == [  # type: ignore[attr-defined]
            ("large", "short", 10, 5.0),
            ("small", "long", 10, 5.0),
        ]

    def test_quiet_where_both_kinds_had_both(self, lint: Lint) -> None:
        assert "X04" in lint({**SIXTEEN, "kind": ["small", "small", "large", "large"] * 4}, self.MORE).quiet

    def test_two_names_for_one_thing_are_one(self, lint: Lint) -> None:
        kind = ["small", "small", "large", "large"] * 4
        more = self.MORE + "[covariates.size]\n"
        assert "X04" in lint({**SIXTEEN, "kind": kind, "size": [10 * (one == "large") for one in kind]}, more).quiet


class TestX05:
    def test_days_without_the_drug(self, lint: Lint) -> None:
        people = {**SIXTEEN, "last_dose": [day - (60 if k == 1 else 5) for k, day in enumerate(SIXTEEN["surgery"])]}
        [found] = of(lint(people, treatment='last_dose = "last_dose"\n'), "X05")
        # 150 - 60 = 90 days on the drug: short, not long
        assert (found.evidence["long"], found.evidence["moved"], found.people) == (1, 1, (1,))

    def test_a_dose_that_came_with_long_treatment(self, lint: Lint) -> None:
        more, treatment = "[covariates.dose]\n", 'versions = ["dose"]\n'
        [found] = of(
            lint({**SIXTEEN, "dose": [(400, 600)[k % 2] for k in range(16)]}, more, treatment=treatment), "X05"
        )
        assert found.severity is Severity.INFO
        assert "long: median 600 (600 to 600)" in found.message
        even = lint({**SIXTEEN, "dose": [(400, 600)[k // 2 % 2] for k in range(16)]}, more, treatment=treatment)
        assert "X05" in even.quiet


class TestL01:
    CUT = "data_cutoff = 2023-01-01\n"  # 1096 days after the start

    def test_completeness_by_hand(self, lint: Lint) -> None:
        """Eight stay until day 1096, eight leave on day 274: (8 * 1096 + 8 * 274) / (16 * 1096) = .625."""
        people = {"surgery": [50, 150] * 8, "last": [1096 if k % 2 == 0 else 274 for k in range(16)]}
        [found] = of(lint(people, "[horizons]\nat = [700]\n", self.CUT), "L01")
        assert found.evidence["completeness"] == pytest.approx(62.5)
        assert [(row["group"], row["lost"]) for row in found.evidence["by_group"]] == [("short", 0), ("long", 8)]  # type: ignore[attr-defined]
        assert "group" in found.evidence["p_values"]  # type: ignore[operator]

    def test_who_has_the_event_is_not_lost(self, lint: Lint) -> None:
        last = [1096 if k % 2 == 0 else 274 for k in range(16)]
        people = {"surgery": [50, 150] * 8, "last": last, "death": [None if day == 1096 else day for day in last]}
        assert "L01" in lint(people, study=self.CUT).quiet

    def test_a_visit_a_year_is_no_loss(self, lint: Lint) -> None:
        people = {"surgery": [50, 150] * 8, "last": [1096 - 300 * (k % 2) for k in range(16)]}
        assert "L01" in lint(people, study=self.CUT).quiet

    def test_lacks_the_cutoff(self, lint: Lint) -> None:
        assert "data_cutoff" in lint(SIXTEEN).not_judged["L01"]


class TestL02:
    def test_too_late_a_start(self, lint: Lint) -> None:
        """Long ones start 400 days before the cutoff: none of them could be followed for 500."""
        start = [0 if k % 2 == 0 else 696 for k in range(16)]
        people = {"start": start, "surgery": [s + (50, 150)[k % 2] for k, s in enumerate(start)], "last": [1096] * 16}
        [found] = of(lint(people, "[horizons]\nat = [500]\n", TestL01.CUT), "L02")
        assert "only 0 of 8 of long began early enough to be followed for 500 days" in found.message
        assert "short" not in found.message
        assert "L02" in lint(people, "[horizons]\nat = [300]\n", TestL01.CUT).quiet


class TestL03:
    MORE = '[outcomes.recurrence]\nlabel = "Recurrence"\nevent = ["recurrence"]\ncensor = "last"\n[horizons]\nat = [1000]\n'
    # in each group of four: a death at 300, recurrences at 400 and 500 with follow-up after, one alive until 1100
    PEOPLE: Mapping[str, Sequence[object]] = {
        "surgery": [50, 150] * 4,
        "death": [300, 300, None, None, None, None, None, None],
        "recurrence": [None, None, 400, 400, 500, 500, None, None],
        "last": [300, 300, 1100, 1100, 1100, 1100, 1100, 1100],
    }

    def test_size_by_hand(self, lint: Lint) -> None:
        """Kaplan-Meier censors the dead: 1 - (2/3)(1/2) = 66.7 %; Aalen-Johansen: 2 of 4 recur, 50 %."""
        found = of(lint(self.PEOPLE, self.MORE), "L03")
        assert [one.evidence["outcome"] for one in found] == ["Recurrence"]
        sizes = found[0].evidence["sizes"]
        assert [(row["naive"], row["incidence"]) for row in sizes] == [  # type: ignore[attr-defined]
            (pytest.approx(200 / 3), pytest.approx(50.0))
        ] * 2
        assert found[0].people == (0, 1)

    def test_quiet_when_both_count(self, lint: Lint) -> None:
        more = self.MORE.replace('event = ["recurrence"]', 'event = ["recurrence", "death"]')
        assert "L03" in lint(self.PEOPLE, more).quiet

    def test_codes_of_one_status(self, lint: Lint) -> None:
        more = "".join(
            f'[outcomes.{name}]\ndate = "last"\nstatus = "status"\nevent_codes = [{code}]\n'
            for name, code in (("relapse", 1), ("dead", 2))
        )
        people = {"surgery": [50, 150] * 8, "last": SIXTEEN["last"], "status": [k % 3 for k in range(16)]}
        found = {one.evidence["outcome"]: one.evidence["n"] for one in of(lint(people, more), "L03")}
        assert found == {"relapse": 5, "dead": 5}


FIGURES = """\
[published]
source = "An abstract"
figures = [
  {{ figure = "Patients", printed = "{n}", kind = "patients" }},
  {{ figure = "Alive, short", printed = "100.0", kind = "survival", outcome = "death", group = "short", at = 300 }},
{more}]
"""
BESIDE = ', outcome = "death", group = "short", at = 300 },\n'


def test_printed_survival_needs_its_interval_and_number_at_risk(lint: Lint) -> None:
    [found] = of(lint(SIXTEEN, FIGURES.format(n=16, more="")), "R01")
    assert (found.evidence["interval"], found.evidence["at_risk"]) == (1, 1)
    interval = '  { figure = "CI", printed = "60.0-100.0", kind = "survival interval"' + BESIDE
    [half] = of(lint(SIXTEEN, FIGURES.format(n=16, more=interval)), "R01")
    assert (half.evidence["interval"], half.evidence["at_risk"]) == (0, 1)
    both = interval + '  { figure = "left", printed = "8", kind = "at risk"' + BESIDE
    assert "R01" in lint(SIXTEEN, FIGURES.format(n=16, more=both)).quiet


def test_printed_figures_are_computed_again(lint: Lint) -> None:
    [found] = of(lint(SIXTEEN, FIGURES.format(n=17, more="")), "R03")
    assert found.severity is Severity.ERROR
    assert "Patients is printed 17, the data give 16" in found.message
    at_risk = '  { figure = "left", printed = "7", kind = "at risk"' + BESIDE
    [other] = of(lint(SIXTEEN, FIGURES.format(n=16, more=at_risk)), "R03")
    assert "left is printed 7, the data give 8" in other.message
    assert "R03" in lint(SIXTEEN, FIGURES.format(n=16, more="")).quiet


def test_the_bundled_study_is_judged_by_all_of_them() -> None:
    study = du.read_study(du.example("gist"))
    found = du.lint(study, du.read_records(study))
    assert {"L02", "R01", "X03"} <= {one.code for one in found.findings}
    assert {"X01", "X02", "X04", "X05", "L01", "L03", "R03"} <= set(found.quiet)


def test_said_in_chinese(lint: Lint) -> None:
    with speaking("zh"):
        [found] = of(lint({**SIXTEEN, "size": LARGE}, "[covariates.size]\n"), "X01")
        assert "最大标准化差" in found.message
        [lost] = of(lint(TestL03.PEOPLE, TestL03.MORE), "L03")
        assert "Aalen-Johansen" in lost.message
        assert "仍可能发生" in lost.message


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('[confounders]\ncentre = "hous"\n[covariates.house]\ntype = "category"\n', "Did you mean 'house'?"),
        ('[confounders]\ncentre = "size"\n[covariates.size]\n', "a centre is a category"),
        ('[confounders]\nexpected = ["a", "a"]\n', "named twice"),
    ],
)
def test_names_that_lead_nowhere(lint: Lint, more: str, words: str) -> None:
    with pytest.raises(du.StudyError, match=words.replace("?", r"\?")):
        lint(SIXTEEN, more)
