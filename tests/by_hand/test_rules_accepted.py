"""What every rule owes whoever reads it: a remedy that names what to change, a reference, silence where its fault is avoided."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import durata as du
from durata.cli.entry import durata as command_line
from durata.estimate.plan import answers_for
from durata.estimate.primary import emulation_stands
from durata.finding import Finding, Severity
from durata.rules.catalogue import all_rules
from durata.rules.runner import Verdicts
from durata.study.types import Study
from fuzzing import ROOT
from rule_texts import FILES, said

STARTED = du.example("gist-started")
REMEDIES = {"seen": ("remedy",), "_lost": ("remedy", 3), "Contradiction": ("remedy", 4), "_Order": ("remedy", 5)}
NAMED = re.compile(r"\[([a-z_]+)(?:\.[a-z_]+)*\]|durata\.([a-z_]+)|durata ([a-z]+)")


def remedies() -> set[str]:
    """Every remedy that stands in the code of the rules."""
    return {text for file in FILES for text in said(file, REMEDIES)}


def test_every_remedy_names_a_key_or_a_command_that_there_is() -> None:
    assert len(remedies()) > 50
    tables, commands = set(Study.model_fields), set(command_line.commands)
    for remedy in remedies():
        named = list(NAMED.finditer(remedy))
        assert named, remedy
        for one in named:
            table, function, command = one.groups()
            assert table is None or table in tables, remedy
            assert function is None or function in du.__all__, remedy
            assert command is None or command in commands, remedy


@pytest.mark.parametrize("code", sorted(all_rules()))
def test_every_rule_names_who_found_it_and_when(code: str) -> None:
    rule = all_rules()[code]
    assert re.search(r"\b(19|20)\d\d\b", rule.reference), code
    page = (ROOT / "docs" / "rules" / f"{code}.md").read_text(encoding="utf-8").partition("## Reference")[2]
    for author in re.findall(r"(?:^|; )([A-Z][A-Za-z\-]+)", rule.reference):
        assert author in page, f"{code}: the page does not name {author}"


@pytest.fixture(scope="module")
def gist() -> Verdicts:
    return judged(du.read_study(du.example("gist")))


def judged(study: Study) -> Verdicts:
    return du.lint(study, du.read_records(study))


@pytest.mark.parametrize(
    ("code", "numbers"),
    [
        ("T02", ["12.8 months", "17.4 months"]),
        ("S01", ["171 patients", "25 unseen", "22%"]),
        ("C01", ["25/50", "51/87", "18/34"]),
        ("C02", ["106 patients", "31%"]),
        ("P01", ["20 events for 6 parameters", "3.3 each"]),
        ("M02", ["p = 0.693"]),
        ("M03", ["0.28 (97.5% CI 0.08 to 1.00", "0.26"]),
        ("R02", ["long at 60 months (9 at risk)", "46 months"]),
    ],
)
def test_the_bundled_study_is_told_with_its_numbers(gist: Verdicts, code: str, numbers: list[str]) -> None:
    told = " ".join(one.message for one in gist.findings if one.code == code)
    assert all(number in told for number in numbers), told


@pytest.fixture(scope="module")
def quiet(gist: Verdicts, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, set[str]]:
    """By rule, the studies on which it judged and was quiet: the bundled ones, and what other pages show as right."""
    found: dict[str, set[str]] = defaultdict(set)
    for code in gist.quiet:
        found[code].add("gist")
    for name in ("gist-started", "stanford"):
        for code in judged(du.read_study(du.example(name))).quiet:
            found[code].add(name)
    for page in sorted((ROOT / "docs" / "rules").glob("[A-Z]*.md")):
        example = page.read_text(encoding="utf-8").partition("\n## Quiet\n")[2]
        folder = tmp_path_factory.mktemp(page.stem)
        for language, file in (("toml", "study.toml"), ("csv", "patients.csv")):
            inside = re.search(rf"^```{language}\n(.*?)^```", example, flags=re.MULTILINE | re.DOTALL)
            assert inside is not None, page
            (folder / file).write_text(inside.group(1), encoding="utf-8")
        if page.stem in all_rules():
            for code in judged(du.read_study(folder / "study.toml")).quiet:
                if code != page.stem:
                    found[code].add(page.stem)
    return found


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Study]:
    """A bundled study with sentences of its file replaced and more written behind it."""

    def write(example: str, *replacements: tuple[str, str], more: str = "") -> Study:
        file = du.example(example)
        text = file.read_text(encoding="utf-8")
        for old, new in replacements:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (tmp_path / f"{example}.csv").write_bytes((file.parent / f"{example}.csv").read_bytes())
        (tmp_path / "study.toml").write_text(text + more, encoding="utf-8")
        return du.read_study(tmp_path / "study.toml")

    return write


# what no other page and no bundled study holds is in a test of its own: below, and by the name given here
OF_THEIR_OWN = {"C04", "S01", "S02", "R01"}


@pytest.mark.parametrize("code", sorted(set(all_rules()) - OF_THEIR_OWN))
def test_a_rule_is_quiet_beyond_its_own_page(quiet: Mapping[str, set[str]], code: str) -> None:
    assert quiet[code]


def test_those_with_tests_of_their_own_need_them(quiet: Mapping[str, set[str]]) -> None:
    assert all(not quiet[code] for code in OF_THEIR_OWN - {"R01"})


def test_patients_excluded_because_they_cannot_benefit_are_not_reported(changed: Callable[..., Study]) -> None:
    cannot = 'no_benefit = { covariate = "genotype", is = ["wild type"] }\n'
    line = 'cut_source = "prespecified"\n'
    without = '[eligibility.sensitive]\ncovariate = "genotype"\nnot = ["wild type"]\n'
    assert "S02" in {one.code for one in judged(changed("gist", (line, line + cannot))).findings}
    study = changed("gist", (line, line + cannot), more=without)
    assert "S02" in judged(study).quiet


def test_a_risk_class_from_before_treatment_is_quiet(changed: Callable[..., Study]) -> None:
    risk = (
        '\n[covariates.risk]\ntype = "category"\n{timing}rule_set = "nih_risk"\n'
        'inputs = {{ size = "{size}", mitoses = "{mitoses}", gastric = "gastric" }}\n'
        '[covariates.gastric]\ncolumn = "non_gastric"\ntype = "category"\nlevels = ["no", "yes"]\n'
    )
    before = risk.format(timing="", size="baseline_size_mm", mitoses="biopsy_mitoses")
    after = risk.format(timing='timing = "post"\n', size="preop_size_mm", mitoses="ypmitoses")
    assert "C04" in judged(changed("gist", more=before)).quiet
    assert "C04" in {one.code for one in judged(changed("gist", more=after)).findings}


def test_everybody_who_started_and_ended_is_no_selection(changed: Callable[..., Study]) -> None:
    study = changed("gist", ('population = "ended"', 'population = "started"'))
    assert "S01" in judged(study).quiet


# the emulated trial is the primary analysis where it is declared and stands


def of(found: Verdicts, code: str) -> list[Finding]:
    return [one for one in found.findings if one.code == code]


def test_no_error_on_an_emulated_study_and_the_grouping_is_said_to_stand_beside_it() -> None:
    found = judged(du.read_study(STARTED))
    assert found.worst is not Severity.ERROR
    for code in ("T01", "S01"):
        [one] = of(found, code)
        assert one.severity is Severity.INFO
        assert "emulated trial" in one.message
        assert "[emulation]" in one.advice


def without_emulation(text: str) -> str:
    return text[text.index("# The trial that the data can emulate") :]


def test_the_same_study_without_its_emulation_has_both_errors(changed: Callable[..., Study]) -> None:
    declared = without_emulation(STARTED.read_text(encoding="utf-8"))
    found = judged(changed("gist-started", (declared, "")))
    assert {one.code for one in found.findings if one.severity is Severity.ERROR} == {"S01", "T01"}


def test_an_emulation_that_cannot_be_had_excuses_nothing(changed: Callable[..., Study]) -> None:
    # nobody's treatment ends after 200 months: one strategy is left, and nothing to compare it with
    declared = without_emulation(STARTED.read_text(encoding="utf-8"))
    empty = (
        '[emulation]\nwindows = [{ name = "short", to = 6 }, { name = "never", from = 200, to = 206 }]\nhorizon = 210\n'
    )
    study = changed("gist-started", (declared, empty))
    answers = answers_for(study, du.read_records(study))
    assert not emulation_stands(study, answers, "os")
    assert {one.severity for code in ("T01", "S01") for one in of(judged(study), code)} == {Severity.ERROR}


def test_a_claim_that_is_read_off_the_grouping_makes_it_count_again(changed: Callable[..., Study]) -> None:
    claim = (
        '\n[claims.one]\ntext = "Intermediate duration is better than short."\noutcome = "os"\n'
        'group = "intermediate"\nversus = "short"\nsays = "better"\n'
    )
    found = judged(changed("gist-started", more=claim))
    assert {one.severity for code in ("T01", "S01") for one in of(found, code)} == {Severity.ERROR}
