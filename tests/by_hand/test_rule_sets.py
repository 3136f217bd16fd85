"""The rule sets by hand: every row of the published tables, their boundaries, and what missing values leave open."""

from __future__ import annotations

import numpy as np
import pytest

from durata.category import Category
from durata.finding import CannotEstimate, StudyError
from durata.records.rule_sets.catalogue import RULE_SETS, derived
from durata.records.rule_sets.pathological_response import effect_grade, viable_grade
from durata.records.rule_sets.recurrence_risk import nih_risk
from durata.records.rule_sets.response_criteria import choi, modified_choi, recist

NAN = float("nan")


def words(category: Category) -> list[str]:
    return [category.levels[code] if code >= 0 else "?" for code in category.codes]


@pytest.mark.parametrize(
    ("before", "after", "level"),
    [
        (100, 0, "CR"),
        (100, 70, "PR"),
        (100, 70.1, "SD"),
        (6.9, 4.83, "PR"),
        (100, 100, "SD"),
        (100, 119.9, "SD"),
        (100, 120, "PD"),
        (24, 28.9, "SD"),
        (24, 29, "PD"),
        (25, 30, "PD"),
        (10, 14.9, "SD"),
        (10, 15, "PD"),
        (100, 105, "SD"),
        (0, 30, "?"),
        (NAN, 30, "?"),
        (100, NAN, "?"),
    ],
)
def test_recist(before: float, after: float, level: str) -> None:
    """PR at 30 % smaller; PD at 20 % and 5 mm larger: both are needed."""
    assert words(recist([before], [after])) == [level]


def test_recist_progresses_from_the_smallest_sum_so_far() -> None:
    # 100, then 50, now 60: still 40 % below baseline, and 20 % above the nadir
    assert words(recist([100], [60], nadir=[50])) == ["PD"]
    assert words(recist([100], [60], nadir=[100])) == ["PR"]
    assert words(recist([100], [60], nadir=[60])) == ["PR"]
    assert words(recist([100], [3], nadir=[0])) == ["PD"]
    assert words(recist([100], [0], nadir=[0])) == ["CR"]
    assert words(recist([100], [60], nadir=[NAN])) == ["?"]


def test_recist_a_new_lesion_is_progression_whatever_was_measured() -> None:
    assert words(recist([100, 100, NAN], [0, 60, NAN], new_lesion=[1, 1, 1])) == ["PD", "PD", "PD"]
    assert words(recist([100, 100], [60, 130], new_lesion=[NAN, NAN])) == ["?", "PD"]


@pytest.mark.parametrize(
    ("size", "density", "level", "both"),
    [
        ((100, 0), (60, 60), "CR", "CR"),
        ((100, 90), (60, 60), "PR", "SD"),
        ((100, 90.1), (60, 60), "SD", "SD"),
        ((100, 100), (60, 51), "PR", "SD"),
        ((100, 100), (60, 51.1), "SD", "SD"),
        ((100, 90), (60, 51), "PR", "PR"),
        ((100, 109.9), (60, 60), "SD", "SD"),
        ((100, 110), (60, 60), "PD", "PD"),
        ((100, 110), (60, 51), "PR", "SD"),
        ((100, 80), (NAN, NAN), "PR", "?"),
        ((100, 100), (NAN, 50), "?", "SD"),
        ((100, 120), (60, NAN), "?", "?"),
        ((NAN, 90), (60, 40), "?", "?"),
    ],
)
def test_choi(size: tuple[float, float], density: tuple[float, float], level: str, both: str) -> None:
    """10 % of size or 15 % of density; the modified form needs both."""
    given = ([size[0]], [size[1]], [density[0]], [density[1]])
    assert words(choi(*given)) == [level]
    assert words(modified_choi(*given)) == [both]


def test_choi_new_lesions_and_nodules_are_progression() -> None:
    assert words(choi([100], [50], [60], [20], new_lesion=[1])) == ["PD"]
    assert words(choi([100], [50], [60], [20], new_nodule=[1])) == ["PD"]
    assert words(choi([100], [50], [60], [20], new_nodule=[NAN])) == ["?"]


@pytest.mark.parametrize(
    ("viable", "effect", "western"),
    [
        (100, "minimal", ">50% viable"),
        (90, "minimal", ">50% viable"),
        (89.9, "low", ">50% viable"),
        (50.1, "low", ">50% viable"),
        (50, "low", "11-50% viable"),
        (49.9, "moderate", "11-50% viable"),
        (10.1, "moderate", "11-50% viable"),
        (10, "moderate", "<=10% viable"),
        (9.9, "high", "<=10% viable"),
        (0, "high", "<=10% viable"),
        (NAN, "?", "?"),
    ],
)
def test_pathological_response(viable: float, effect: str, western: str) -> None:
    assert words(effect_grade([viable])) == [effect]
    assert words(viable_grade([viable])) == [western]


SIZES = (2.0, 2.1, 5.0, 5.1, 10.0, 10.1)
EXPECTED_RISK = {
    # mitoses: (gastric, elsewhere), a class a size
    5: (
        ["very low", "low", "low", "intermediate", "intermediate", "high"],
        ["very low", "low", "low", "high", "high", "high"],
    ),
    6: (["intermediate"] * 3 + ["high"] * 3, ["intermediate"] + ["high"] * 5),
    10: (["intermediate"] * 3 + ["high"] * 3, ["intermediate"] + ["high"] * 5),
    11: (["high"] * 6, ["high"] * 6),
}


@pytest.mark.parametrize("mitoses", EXPECTED_RISK)
@pytest.mark.parametrize("gastric", [1, 0])
def test_modified_nih(mitoses: int, gastric: int) -> None:
    n = len(SIZES)
    wanted = EXPECTED_RISK[mitoses][1 - gastric]
    assert words(nih_risk(SIZES, [mitoses] * n, [gastric] * n)) == wanted
    assert words(nih_risk(SIZES, [mitoses] * n, [gastric] * n, ruptured=[1] * n)) == ["high"] * n


def test_modified_nih_says_what_missing_values_leave_open() -> None:
    assert words(nih_risk([NAN, NAN, 11, NAN], [NAN, 11, NAN, 5], [1, 1, 1, 1], ruptured=[1, 0, 0, 0])) == [
        "high",
        "high",
        "high",
        "?",
    ]
    # the site decides between 5 and 10 cm only
    assert words(nih_risk([3, 7, 7], [5, 5, 6], [NAN, NAN, NAN])) == ["low", "?", "high"]
    assert words(nih_risk([3], [5], [1], ruptured=[NAN])) == ["?"]


def test_every_rule_set_names_its_version_reference_and_levels() -> None:
    assert set(RULE_SETS) == {"recist", "choi", "modified_choi", "path_grade", "path_viable", "nih_risk"}
    for name, rules in RULE_SETS.items():
        columns = {given.name: np.ones(3) for given in rules.inputs}
        assert derived(name, columns).levels == rules.levels
        assert rules.version
        assert rules.reference
        needed = {given.name: np.ones(3) for given in rules.inputs if given.required}
        assert len(derived(name, needed).codes) == 3
    assert len({rules.version for rules in RULE_SETS.values()}) == len(RULE_SETS)


def test_impossible_values_are_refused_with_the_patients() -> None:
    with pytest.raises(StudyError, match="size after is -1 in 1 patient") as refused:
        recist([10, 10, 10], [5, -1, NAN])
    assert refused.value.findings[0].people == (1,)
    with pytest.raises(StudyError, match="percent viable is 101 in 2 patient"):
        effect_grade([101, 5, 200])
    with pytest.raises(StudyError, match="gastric is 2"):
        nih_risk([1], [1], [2])


def test_what_a_rule_set_does_not_read_or_misses_is_named() -> None:
    with pytest.raises(CannotEstimate, match="no rule set 'recits'; there are recist"):
        derived("recits", {})
    with pytest.raises(CannotEstimate, match="needs 'after'"):
        derived("recist", {"before": [1]})
    with pytest.raises(CannotEstimate, match="reads no 'hu'"):
        derived("recist", {"before": [1], "after": [1], "hu": [1]})
    with pytest.raises(CannotEstimate, match="differ in length"):
        derived("recist", {"before": [1], "after": [1, 2]})
