"""Each check of an audit on a few figures: those that agree, those that cannot all be right, those left open."""

from __future__ import annotations

import ast
import json
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import durata as du
import durata.audit as package
from durata.audit.arithmetic import every_value, reachable, simplest_steps, whole_spread
from durata.audit.audit import SECTIONS
from durata.audit.printed import printed
from durata.cli.entry import main
from durata.finding import StudyError
from durata.language.speaking import catalogue, speaking

GROUPS = ({"name": "a", "patients": 40, "up_to": 6.0}, {"name": "b", "patients": 60, "above": 6.0})
PAIR = {"outcome": "OS", "group": "b", "versus": "a"}


def said(code: str, *, study: dict[str, Any] | None = None, **tables: Any) -> list[str]:
    """The verdicts of one check."""
    declared: dict[str, Any] = {
        "title": "Two groups",
        "source": "a paper",
        "study": {"patients": 100, **(study or {})},
        "groups": GROUPS,
        "outcomes": {"OS": {"events": 30}},
        **tables,
    }
    found = du.audit_figures(du.Figures.model_validate(declared))
    for one in found:
        assert one.finding.message
        assert "{" not in one.finding.message + one.finding.advice
        assert (one.verdict == "incoherent") == (one.finding.severity is du.Severity.ERROR)
    return [str(one.verdict) for one in found if one.finding.code == code]


YES, NO, OPEN = "coherent", "incoherent", "cannot be judged"


@pytest.mark.parametrize(
    ("percent", "verdict"), [("32.5", YES), ("33", YES), ("32", YES), ("32.6", NO), ("31", NO), ("32.50", YES)]
)
def test_13_of_40_is_32_and_a_half_percent(percent: str, verdict: str) -> None:
    one = {"name": "response", "events": {"a": 13, "b": 20}, "percent": {"a": percent}}
    assert said("A01", responses=(one,))[0] == verdict


def test_totals() -> None:
    assert said("A02") == [YES]
    assert said("A02", study={"patients": 99}) == [NO]
    assert said("A02", outcomes={"OS": {"events": 30, "by_group": {"a": 10, "b": 20}}}) == [YES, YES]
    assert said("A02", outcomes={"OS": {"events": 30, "by_group": {"a": 10, "b": 21}}}) == [YES, NO]
    assert said("A02", outcomes={"OS": {"events": 30, "by_group": {"a": 10}}}) == [YES, OPEN]
    assert said("A02", outcomes={"OS": {"events": 101}}) == [YES, NO]
    judged = {"name": "response", "events": {"a": 13}, "of": {"a": 41}}
    assert said("A02", responses=(judged,)) == [YES, NO]


def test_the_mean_of_28_whole_numbers_cannot_be_5_19() -> None:
    # 145/28 = 5.1786 and 146/28 = 5.2143: the example of Brown and Heathers
    one = {"name": "score", "n": 28, "mean": "5.19", "whole": True}
    assert said("A03", means=(one,)) == [NO]
    assert said("A03", means=({**one, "mean": "5.21"},)) == [YES]
    assert said("A03", means=({**one, "n": 100},)) == [OPEN]
    assert said("A03", means=({**one, "whole": False},)) == [OPEN]


def test_standard_deviations_of_whole_numbers() -> None:
    # 1, 2, 2, 3, 4: total 12, squares 34, variance (34 - 28.8) / 4 = 1.3
    one = {"name": "score", "n": 5, "mean": "2.40", "sd": "1.14", "whole": True}
    assert said("A04", means=(one,)) == [YES]
    # the next sum of squares with the same parity is 36: variance 1.8, sd 1.34; 1.23 would be 34.9 squares
    assert said("A04", means=({**one, "sd": "1.23"},)) == [NO]
    assert whole_spread(12, printed("0.55"), 5)  # 2, 2, 2, 3, 3
    assert not whole_spread(12, printed("0.30"), 5)


def test_the_p_value_of_a_table() -> None:
    # 8 of 40 against 30 of 60: chi-squared 9.17, corrected 7.95
    one = {"name": "response", "events": {"a": 8, "b": 30}, "p": "0.002", "test": "chi-squared"}
    assert said("A05", responses=(one,)) == [YES]
    assert said("A05", responses=({**one, "p": "0.02"},)) == [NO]
    assert said("A05", responses=({**one, "p": "0.02", "test": None},)) == [OPEN]
    assert said("A05", responses=({**one, "p": ">0.05"},)) == [NO]
    assert said("A05", responses=({**one, "events": {"a": 0, "b": 0}},)) == [OPEN]
    assert said("A06", responses=(one,)) == []
    assert said("A06", responses=({**one, "events": {"a": 13, "b": 20}, "p": ">0.05"},)) == [YES]


@pytest.mark.parametrize(
    ("q1", "q3", "verdicts"), [("5.0", "9.0", [YES, YES]), ("6.2", "9.0", [NO, YES]), ("5.0", "5.8", [YES, NO])]
)
def test_40_of_100_have_at_most_6(q1: str, q3: str, verdicts: list[str]) -> None:
    assert said("A07", exposure={"name": "drug", "q1": q1, "q3": q3}) == verdicts


def test_boundaries() -> None:
    def groups(first: dict[str, float], second: dict[str, float], **exposure: Any) -> list[str]:
        rows = ({"name": "a", "patients": 40, **first}, {"name": "b", "patients": 60, **second})
        return said("A08", groups=rows, exposure={"name": "drug", **exposure})

    assert groups({"up_to": 6.0}, {"above": 6.0}) == [YES]
    assert groups({"below": 6.0}, {"from": 6.0}) == [YES]
    assert groups({"up_to": 6.0}, {"from": 6.0}) == [NO]
    assert groups({"up_to": 7.0}, {"above": 6.0}) == [NO]
    assert groups({"below": 6.0}, {"above": 6.0}) == [OPEN]
    assert groups({"up_to": 6.0}, {"from": 7.0}) == [OPEN]
    assert groups({"up_to": 6.0}, {"from": 7.0}, whole=True) == [YES]
    assert groups({}, {"from": 7.0}) == [OPEN]


def test_a_change_of_means_and_a_mean_of_changes() -> None:
    one = {"name": "size", "before": "10.0", "after": "7.0", "percent": "30.0", "of": "means"}
    assert said("A09", changes=(one,)) == [YES]
    assert said("A09", changes=({**one, "percent": "33.0"},)) == [NO]
    assert said("A09", changes=({**one, "percent": "33.0", "of": "individuals"},)) == [YES]
    assert said("A09", changes=({**one, "percent": "33.0", "of": None},)) == [OPEN]


def test_triads() -> None:
    # exp(-0.5 -+ 1.96 x 0.4): 0.607 (0.277 to 1.328), z = -1.25, p = 0.211; 4 / 0.16 = 25 events at least
    one = {**PAIR, "hr": "0.607", "low": "0.277", "high": "1.328", "p": "0.211"}
    assert said("A10", hazard_ratios=(one,)) == [YES, YES]
    assert said("A11", hazard_ratios=(one,)) == [YES]
    assert said("A11", hazard_ratios=(one,), outcomes={"OS": {"events": 24}}) == [NO]
    assert said("A10", hazard_ratios=({**one, "p": "0.021"},)) == [YES, NO]
    assert said("A10", hazard_ratios=({**one, "p": "0.021", "p_test": "other"},)) == [YES, OPEN]
    assert said("A10", hazard_ratios=({**one, "hr": "0.670"},)) == [NO]
    assert said("A10", hazard_ratios=({**one, "hr": "1.607"},)) == [NO]
    assert said("A10", hazard_ratios=({**one, "low": "1.277"},)) == [NO]
    assert said("A10", hazard_ratios=({**one, "hr": "0.2", "low": "0.01", "high": "4.0", "p": None},)) == [YES]


def test_survival_values_of_three_patients() -> None:
    # 1, 2/3, 1/2 (the first censored), 1/3, 0: nothing else
    assert sorted(set(every_value(3))) == [0, Fraction(1, 3), Fraction(1, 2), Fraction(2, 3), 1]
    assert reachable(printed("50.0"), 3)
    assert reachable(printed("75.0"), 3) is False
    groups = ({"name": "a", "patients": 3, "up_to": 6.0}, {"name": "b", "patients": 97, "above": 6.0})
    figure = {"outcome": "OS", "group": "a", "at": 12.0}
    assert said("A12", groups=groups, survival=({**figure, "percent": "66.7"},)) == [YES]
    assert said("A12", groups=groups, survival=({**figure, "percent": "75.0"},)) == [NO]
    steps = simplest_steps(printed("45.0"), 10)  # no tenth: 10/10 x ... with somebody censored
    assert steps is not None
    assert steps.censored > 0
    assert printed("45.0").may_be(
        100 * Fraction(10 - steps.first, 10) * Fraction(steps.at_risk - steps.later, steps.at_risk)
    )


def test_curves_do_not_rise_and_need_their_events() -> None:
    def two(first: str, second: str, **more: Any) -> tuple[dict[str, Any], ...]:
        return tuple(
            {"outcome": "OS", "group": "a", "at": at, "percent": percent, **more}
            for at, percent in ((12.0, first), (24.0, second))
        )

    assert said("A12", survival=two("80.0", "85.0")) == [YES, YES, NO]
    assert said("A12", survival=two("80.0", "70.0")) == [YES, YES, YES]
    # 20 at risk and 40% survival: at least 12 of them had it, or more before
    assert said("A13", survival=two("80.0", "40.0", at_risk=20), outcomes={"OS": {"events": 11}}) == [NO]
    assert said("A13", survival=two("80.0", "40.0", at_risk=20), outcomes={"OS": {"events": 12}}) == [YES]
    few = {"OS": {"events": 30, "by_group": {"a": 11}}}
    assert said("A13", survival=two("80.0", "40.0", at_risk=20), outcomes=few) == [NO, YES]
    assert said("A17", survival=two("80.0", "40.0", at_risk=41), study={"median_follow_up": "40"}).count(NO) == 2


def test_at_risk_beyond_the_median_follow_up() -> None:
    def at_risk(n: int, **study: Any) -> list[str]:
        rows = tuple(
            {"outcome": "OS", "group": group, "at": 60.0, "percent": "80.0", "at_risk": number}
            for group, number in (("a", n), ("b", 30))
        )
        return said("A17", survival=rows, study={"median_follow_up": "46", **study})

    assert at_risk(25, follow_up="reverse Kaplan-Meier") == [NO]
    assert at_risk(25) == [OPEN]
    assert at_risk(20, follow_up="reverse Kaplan-Meier") == [YES]
    assert at_risk(25, median_follow_up="60") == [YES]
    assert at_risk(9, follow_up="observed") == [YES, YES]


def test_the_calendar() -> None:
    study = {"accrual_from": date(2020, 1, 1), "accrual_to": date(2022, 1, 1), "submitted": date(2023, 1, 1)}
    assert said("A18", study={**study, "median_follow_up": "30"}) == [YES, YES]
    assert said("A18", study={**study, "median_follow_up": "40"}) == [NO, YES]
    assert said("A18", study={**study, "submitted": date(2021, 1, 1)}) == [NO]
    assert said("A18") == [OPEN]
    tests = ({**PAIR, "p": "0.04"},)
    assert said("A19", tests=tests) == [OPEN]
    assert said("A19", tests=tests, study={"time_origin": "start of treatment"}) == [YES]


def test_multiplicity_and_parameters() -> None:
    tests = ({**PAIR, "p": "0.004"}, {**PAIR, "p": ">0.05", "adjusted": True})
    assert said("A16", tests=tests) == [OPEN]
    assert said("A16", tests=tests, multiplicity={"pairs": 3, "outcomes": 2}) == [YES, YES]
    assert said("A22", models=({"outcome": "OS", "parameters": 4},)) == [YES]


@pytest.mark.parametrize(
    ("says", "p", "adjusted", "verdict"),
    [
        ("better", "0.01", True, YES),
        ("better", "0.01", False, OPEN),
        ("better", ">0.05", False, NO),
        ("independent", ">0.05", True, NO),
        ("no different", "0.01", False, NO),
        ("no different", ">0.05", False, OPEN),
        ("best", "0.01", True, YES),
        ("best", "0.2", True, NO),
    ],
)
def test_claims(says: str, p: str, adjusted: bool, verdict: str) -> None:
    claim = {"outcome": "OS", "group": "b", "says": says, **({} if says == "best" else {"versus": "a"})}
    assert said("A20", claims=(claim,), tests=({**PAIR, "p": p, "adjusted": adjusted},)) == [verdict]


def test_a_drawn_curve_is_analysed_again() -> None:
    curve = {"outcome": "OS", "group": "a", "times": (3.0, 9.0), "survival": (0.9, 0.75), "risk_times": (0.0,)}
    first = {**curve, "at_risk": (40,), "events": 10}
    second = {**curve, "group": "b", "survival": (0.8, 0.5), "at_risk": (60,)}
    figure = {"outcome": "OS", "group": "a", "at": 6.0, "percent": "90.0"}
    assert said("A23", curves=(first, second), survival=(figure,)) == [YES, YES, YES]
    assert said("A23", curves=(first, second), survival=({**figure, "percent": "60.0"},)) == [NO, YES, YES]
    assert said("A23", curves=({**first, "survival": (0.5, 0.6)},)) == [OPEN]


FIGURES = """title = "t"
source = "s"
[study]
patients = 10
[[groups]]
name = "a"
patients = 10
[outcomes.OS]
events = 3
[[survival]]
outcome = "OS"
group = "a"
at = 12
percent = "70.0"
"""


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ('percent = "70.0"', "percent = 70.0", "14:11", "must be a text in quotes"),
        ('percent = "70.0"', 'percent = "70%"', "14:11", "must be a number as it is printed"),
        ('percent = "70.0"', 'percent = "170"', "14:11", "must be a percentage between 0 and 100"),
        ('group = "a"', 'group = "aa"', "12:9", "there is no 'aa'. Did you mean 'a'?"),
        ('outcome = "OS"', 'outcome = "RFS"', "11:11", "there is no 'RFS'"),
        ("patients = 10\n[[", "patient = 10\n[[", "4:1", "unknown key"),
        ("events = 3", "events = ", "9:10", "not valid TOML"),
    ],
)
def test_mistakes_in_a_figures_file_have_their_place(
    tmp_path: Path, old: str, new: str, place: str, words: str
) -> None:
    file = tmp_path / "figures.toml"
    file.write_text(FIGURES.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(StudyError) as error:
        du.read_figures(file)
    assert any(f"figures.toml:{place}: " in line and words in line for line in str(error.value).splitlines())


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="The figures file does not exist"):
        du.read_figures(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'title = "caf\xe9"')
    with pytest.raises(StudyError, match="The figures file is not UTF-8 text"):
        du.read_figures(tmp_path / "latin.toml")


def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["durata", "audit", *words])
    with pytest.raises(SystemExit) as end:
        main()
    return int(str(end.value.code or 0)), capsys.readouterr().out


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.toml"
    file.write_text(FIGURES, encoding="utf-8")
    code, out = call(monkeypatch, capsys, str(file))
    assert code == 0
    assert "70.0% is 7 of 10" in out
    assert "0 incoherent" in out
    assert call(monkeypatch, capsys, str(file), "--fail-on", "info")[0] == 1
    file.write_text(FIGURES.replace("patients = 10\n[[", "patients = 11\n[["), encoding="utf-8")
    code, out = call(monkeypatch, capsys, str(file), "--format", "json")
    assert code == 1
    wrong = [one for one in json.loads(out)["judged"] if one["verdict"] == "incoherent"]
    assert [(one["code"], one["where"]) for one in wrong] == [("A02", "figures.toml:5:1")]
    assert call(monkeypatch, capsys, str(file), "--fail-on", "never")[0] == 0
    assert call(monkeypatch, capsys)[0] == 2
    assert call(monkeypatch, capsys, str(file), "--example")[0] == 2


def literals(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    return [*literals(node.body), *literals(node.orelse)] if isinstance(node, ast.IfExp) else []


def test_everything_an_audit_says_has_its_chinese() -> None:
    places = {"said": (2, 3), "speak": (0,), "Mistake": (1,)}
    sentences = {section.name for section in SECTIONS}
    for file in Path(package.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                for place in places.get(node.func.id, ()):
                    if len(node.args) > place:
                        sentences |= set(literals(node.args[place]))
    assert len(sentences) > 100
    assert not sentences - set(catalogue("zh")) - {""}
    chinese = du.read_figures(du.example_figures()).model_copy(update={"language": "zh"})
    for one in du.audit_figures(chinese):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in one.finding.message)
        with speaking("en"):
            assert one.finding.message


def test_the_page_lists_every_check() -> None:
    page = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
    for section in SECTIONS:
        assert f"{section.code} " in page
        assert section.name in page
        assert section.reference.split(",")[0] in page
    for key in du.Figures.model_fields:
        assert f"`{key}`" in page
