"""Covariates that published rules derive from the columns read: by hand, with what is missing, impossible or in mm."""

from __future__ import annotations

import numpy as np
import pytest

import durata as du
from durata.finding import CannotEstimate
from durata.records.deriving import derive, rule_sets_used
from durata.records.rule_sets.catalogue import RULE_SETS, derived
from durata.study.rule_sets import RULES

SIZES = """\
[covariates.before]
unit = "cm"
[covariates.after]
unit = "mm"
timing = "post"
[covariates.new]
type = "category"
timing = "post"
[covariates.answer]
label = "Imaging response"
type = "category"
timing = "post"
rule_set = "recist"
inputs = { before = "before", after = "after", new_lesion = "new" }
"""
VIABLE = """\
[covariates.viable]
column = "viable percent"
unit = "%"
timing = "post"
[covariates.grade]
type = "category"
timing = "post"
reference = "high"
rule_set = "path_grade"
inputs = { viable_percent = "viable" }
[covariates.third]
type = "category"
timing = "post"
rule_set = "path_viable"
inputs = { viable_percent = "viable" }
"""


def recorded(folder, columns: str, *cells: str) -> None:
    """The five people with more columns, given as they stand in the file."""
    file = folder.path / "people.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    more = [columns, *cells]
    file.write_text("".join(f"{line},{new}\n" for line, new in zip(lines, more, strict=True)), encoding="utf-8")


def words(category: du.Category) -> list[str]:
    return [category.levels[code] if code >= 0 else "?" for code in category.codes]


def test_recist_of_five_people(folder) -> None:
    """10 cm are 100 mm: 70 is -30 %, 71 is not; a new lesion is progression; without a size it stays unknown."""
    folder.declare(add=SIZES)
    recorded(folder, "before,after,new", "10,70,no", "10,71,No", "10,50,yes", "10,,no", "3,36.1,0")
    records = folder.read()
    assert records.categories["answer"].levels == ("CR", "PR", "SD", "PD")
    assert words(records.categories["answer"]) == ["PR", "SD", "PD", "?", "PD"]
    assert "answer" not in records.columns
    np.testing.assert_array_equal(records.numbers["before"], [10, 10, 10, 10, 3])  # read as it stands


def test_grades_of_five_people_reference_first(folder) -> None:
    folder.declare(add=VIABLE)
    recorded(folder, "viable percent", "0", "9.9", "10", "", "90")
    records = folder.read()
    grade = records.categories["grade"]
    assert grade.levels == ("high", "minimal", "low", "moderate")
    assert grade.codes.tolist() == [0, 0, 3, -1, 1]
    assert words(records.categories["third"]) == ["<=10% viable"] * 3 + ["?", ">50% viable"]


@pytest.mark.parametrize(("unit", "size"), [("mm", "21"), ("cm", "2.1")])
def test_a_length_is_read_in_the_unit_of_the_rules(folder, unit: str, size: str) -> None:
    """21 mm are 2.1 cm: no longer of very low risk; taken as 21 cm they would be of high risk."""
    folder.declare(
        add=f'[covariates.size]\nunit = "{unit}"\n[covariates.mitoses]\n[covariates.stomach]\n[covariates.risk]\n'
        'type = "category"\nrule_set = "nih_risk"\n'
        'inputs = { size = "size", mitoses = "mitoses", gastric = "stomach" }\n'
    )
    recorded(folder, "size,mitoses,stomach", *[f"{size},5,1"] * 4, f"{size},6,0")
    assert words(folder.read().categories["risk"]) == ["low"] * 4 + ["high"]


def test_eligibility_can_ask_what_is_derived(folder) -> None:
    folder.declare(add=SIZES + '[eligibility.responds]\ncovariate = "answer"\nis = ["CR", "PR"]\n')
    recorded(folder, "before,after,new", "10,70,no", "10,71,no", "10,50,yes", "10,,no", "10,0,no")
    records = folder.read()
    assert [(one.reason, one.people) for one in records.flow.steps[1:]] == [
        ("Imaging response not CR or PR", (1, 2)),
        ("Imaging response not recorded", (3,)),
    ]
    assert words(records.categories["answer"]) == ["PR", "CR"]


def test_impossible_inputs_are_defects_at_their_cell(folder, said) -> None:
    folder.declare(add=SIZES + VIABLE)
    recorded(
        folder, "before,after,new,viable percent", "10,70,no,101", "-10,71,no,5", "10,50,perhaps,5", "10,,no,5", "3,3,0,-1"
    )  # fmt: skip
    found = [said(one) for one in folder.refused()]
    assert [(code, place) for code, place, _ in found] == [
        ("D07", "people.csv, row 3, column 'before'"),
        ("D08", "people.csv, row 4, column 'new'"),
        ("D07", "people.csv, row 2, column 'viable percent'"),
    ]
    assert [one.evidence["cells"] for one in folder.refused()][-1] == ((2, "L2", "101"), (6, "L6", "-1"))
    assert found[0][2].startswith("'-10' is impossible for rule set 'recist', which reads here: largest diameter")
    assert found[1][2] == (
        "'perhaps' is neither yes nor no; rule set 'recist' reads here: a new lesion was seen. "
        "Write yes or no (1 or 0), or map the text under [data.values]."
    )
    assert "It must be between 0 and 100 %." in found[2][2]


def test_an_impossible_input_leaves_as_such_and_not_for_what_is_derived_from_it(folder) -> None:
    folder.declare(
        ('id = "id"', 'id = "id"\non_defect = "exclude"'),
        add=SIZES + '[eligibility.responds]\ncovariate = "answer"\nis = ["CR", "PR"]\n',
    )
    recorded(folder, "before,after,new", "10,70,no", "-10,71,no", "10,50,no", "10,5o,no", "10,0,no")
    assert [(one.reason, one.people) for one in folder.read().flow.steps[1:]] == [("impossible cell", (1, 3))]


def test_a_number_that_is_no_yes_and_no_no(folder, said) -> None:
    folder.declare(add=SIZES.replace('[covariates.new]\ntype = "category"', "[covariates.new]"))
    recorded(folder, "before,after,new", "10,70,0", "10,70,1", "10,50,2", "10,70,", "10,0,0")
    ((code, place, _),) = [said(one) for one in folder.refused()]
    assert (code, place) == ("D07", "people.csv, row 4, column 'new'")


def test_an_absent_input_column_is_named_once_and_nothing_is_derived(folder, said) -> None:
    folder.declare(add=SIZES)
    recorded(folder, "before,after", *["10,70"] * 5)
    ((code, _, sentence),) = [said(one) for one in folder.refused()]
    assert code == "D04"
    assert sentence.startswith("covariates.new: people.csv has no column 'new'.")


def test_numbers_beyond_all_measure_are_defects_and_no_warning(folder) -> None:
    folder.declare(add=SIZES)
    recorded(folder, "before,after,new", "1e308,70,no", *["10,70,no"] * 4)
    assert [(one.code, str(one.where)) for one in folder.refused()] == [("D07", "people.csv, row 2, column 'before'")]


def test_the_rule_sets_of_a_study_are_named_once_in_its_order(folder) -> None:
    more = VIABLE.replace("[covariates.grade]", "[covariates.again]").split("[covariates.again]")[1]
    more = "[covariates.again]" + more.split("[covariates.third]")[0]
    study = du.read_study(folder.declare(add=VIABLE + SIZES + more).study)
    assert [rules.name for rules in rule_sets_used(study)] == ["path_grade", "path_viable", "recist"]
    assert all(rules.version and rules.reference for rules in rule_sets_used(study))


def test_what_is_read_is_not_derived(folder) -> None:
    with pytest.raises(CannotEstimate, match="'age' is read, not derived"):
        derive(du.read_study(folder.study), "age", {})


# --- what the study file knows of the rule sets, and what the rule sets are


def test_the_study_file_knows_every_rule_set_as_it_is() -> None:
    assert set(RULES) == set(RULE_SETS)
    for name, known in RULES.items():
        rules = RULE_SETS[name]
        assert known.levels == rules.levels, name
        assert [(one.name, one.kind, one.unit, one.required) for one in known.inputs] == [
            (one.name, one.kind, one.unit, one.required) for one in rules.inputs
        ], name


@pytest.mark.parametrize(
    ("name", "given"), [(name, one.name) for name, rules in RULE_SETS.items() for one in rules.inputs]
)
def test_the_bounds_of_an_input_are_those_that_its_rules_refuse(name: str, given: str) -> None:
    """What passes the bounds passes the rules, so that every impossible value is found at its cell."""
    rules = RULE_SETS[name]
    (one,) = [one for one in rules.inputs if one.name == given]
    low, high = (0.0, 1.0) if one.kind == "yes-no" else (one.low, one.high)
    columns = {other.name: np.ones(1) for other in rules.inputs}

    def with_value(value: float) -> du.Category:
        return derived(name, {**columns, given: np.array([value])})

    for value in (low, high if np.isfinite(high) else 1e308):
        assert len(with_value(value)) == 1
    for value in (low - 0.001, high + 0.001, np.inf):
        with pytest.raises(du.StudyError):
            with_value(value)
