"""Who leaves between the file and the records: not eligible, an impossible cell, no start; and what a status says."""

from __future__ import annotations

import pytest

import durata as du
from durata.records.records import without


def steps(records: du.Records) -> list[tuple[str, int, int, tuple[int, ...]]]:
    return [(one.reason, one.excluded, one.remaining, one.people) for one in records.flow.steps]


def test_the_flow_of_patients(folder) -> None:
    """Eligibility first, then defects, then no start; each leaves for the first reason met, by the position as read."""
    folder.declare(
        ('id = "id"', 'id = "id"\non_defect = "exclude"'),
        add='[eligibility.young]\ncovariate = "age"\nto = 65\nlabel = "older than 65"\n'
        '[eligibility.staged]\ncovariate = "stage"\nis = ["I", "II"]\n',
    )
    folder.record(("2020-01-05,2020-07-01", ",2020-02-30"), ("2020-03-01,2020-05-01", ",2020-05-01"))
    records = folder.read()
    assert steps(records) == [
        ("patients in the file", 0, 5, ()),
        ("older than 65", 1, 4, (2,)),
        ("stage not recorded", 1, 3, (4,)),
        ("impossible cell", 1, 2, (1,)),
        ("first dose not recorded", 1, 1, (3,)),
    ]
    assert records.row.tolist() == [2]
    assert [(one.code, str(one.severity), str(one.where)) for one in records.findings] == [
        ("D06", "warning", "people.csv, row 3, column 'surgery'"),
        ("D09", "warning", "people.csv, row 5, column 'start'"),
    ]


def test_a_defect_in_the_very_cell_that_eligibility_asks_is_a_defect(folder) -> None:
    folder.declare(
        ('id = "id"', 'id = "id"\non_defect = "exclude"'), add='[eligibility.a]\ncovariate = "age"\nfrom = 18\n'
    )
    folder.record((",50,", ",fifty,"))
    assert steps(folder.read())[1:] == [("impossible cell", 1, 4, (0,))]


@pytest.mark.parametrize(
    ("condition", "reason", "left"),
    [
        ('covariate = "age"\nfrom = 50', "age below 50", (3,)),
        ('covariate = "age"\nfrom = 50\nto = 60', "age below 50 or above 60", (1, 2, 3)),
        ('covariate = "age"\nnot = [50, 61]', "age 50 or 61", (0, 1)),
        ('covariate = "age"\nis = [50]', "age not 50", (1, 2, 3, 4)),
        ('covariate = "stage"\nis = ["I"]', "stage not I", (1, 3)),
        ('covariate = "stage"\nnot = ["II"]', "stage II", (1, 3)),
    ],
)
def test_conditions_of_eligibility(folder, condition: str, reason: str, left: tuple[int, ...]) -> None:
    folder.declare(add=f"[eligibility.a]\n{condition}\n")
    assert steps(folder.read())[1][0] == reason
    assert steps(folder.read())[1][3] == left


def test_missing_start_is_a_reason_to_leave_not_a_defect(folder) -> None:
    folder.record(("p-echo,2020-04-01", "p-echo,"))
    records = folder.read()
    assert steps(records)[1:] == [("first dose not recorded", 1, 4, (4,))]
    (found,) = records.findings
    assert (found.code, found.severity) == ("D09", du.Severity.WARNING)
    assert found.message == "1 patient(s) have no date of first dose; they are left out."


def test_leaving_twice_keeps_the_positions_of_the_file(folder) -> None:
    records = without(without(folder.read(), "one", [1]), "two", [1, 2])
    assert steps(records)[1:] == [("one", 1, 4, (1,)), ("two", 2, 2, (2, 3))]
    assert records.identifiers == ("p-alpha", "p-echo")
    assert str(records.where(1, "age")) == "people.csv, row 6, column 'age'"
    assert without(records, "nobody", []) is records
    with pytest.raises(IndexError):
        without(records, "too many", [2])


def test_nobody_left_is_not_an_error_of_reading(folder) -> None:
    folder.declare(add='[eligibility.a]\ncovariate = "age"\nfrom = 99\n')
    records = folder.read()
    assert len(records) == 0
    assert steps(records)[-1][2] == 0


@pytest.mark.parametrize("text", ["1", "1.0", "01.0", " 1 ", "１"])
def test_status_codes_are_compared_as_numbers(folder, text: str) -> None:
    folder.record((",1,50,", f",{text},50,"))
    if text == "01.0":
        assert [one.code for one in folder.refused()] == ["D08"]
        return
    status = folder.read().categories["dead"]
    assert status.levels[status.codes[0]] == "1"


def test_a_status_that_nobody_declared_is_a_defect(folder, said) -> None:
    folder.record((",0,61,", ",2,61,"))
    assert [said(one) for one in folder.refused()] == [
        ("D08", "people.csv, row 3, column 'dead'", "'2' is neither an event code nor a censor code ('0', '1'). Correct the cell, or add the code to event_codes or censor_codes.")
    ]  # fmt: skip


def test_several_undeclared_codes_that_count_as_no_event_are_told(folder, said) -> None:
    folder.declare(("censor_codes = [0]\n", "")).record((",0,61,", ",2,61,"))
    (found,) = folder.read().findings
    assert said(found)[:2] == ("D10", "study.toml:19:10")
    assert found.message == "death: 2 different codes count as no event ('0' (1 times), '2' (1 times))."


def test_nobody_has_the_event_code(folder, said) -> None:
    folder.declare(("event_codes = [1]\ncensor_codes = [0]\n", "event_codes = [2]\n"))
    (found,) = folder.read().findings
    assert said(found)[:2] == ("D10", "study.toml:20:15")
    assert found.severity is du.Severity.WARNING
    assert "the column holds '0' (2 times), '1' (3 times). Nothing can be estimated." in found.message


def test_a_code_that_differs_in_capitals_only_is_not_counted_as_alive(folder) -> None:
    folder.declare(("event_codes = [1]\ncensor_codes = [0]\n", 'event_codes = ["dead"]\n'))
    folder.record((",1,50,", ",dead,50,"), (",1,70.5,", ",Dead,70.5,"))
    (found,) = folder.refused()
    assert found.message == "'Dead' differs from an event code only in capitals; it would count as no event."


def test_a_status_that_is_not_recorded(folder) -> None:
    folder.record((",0,61,", ",,61,"))
    records = folder.read()
    (found,) = records.findings
    assert (found.code, found.people) == ("D10", (1,))
    assert records.categories["dead"].codes[1] == -1


def test_a_covariate_that_is_also_the_status(folder) -> None:
    folder.declare(add='[covariates.dead]\ntype = "category"\nlevels = [1, 0]\n')
    assert folder.read().categories["dead"].levels == ("1", "0")


def test_levels_found_in_the_file(folder, said) -> None:
    """Numbers by size, then texts; the declared reference first; a reference that is not there is refused."""
    folder.declare(add='[covariates.grade]\ntype = "category"\ncolumn = "telephone"\nreference = 2\n')
    folder.record(("555-0101", "10"), ("555-0102", "2"), ("555-0103", "2.0"), ("555-0104", "high"), ("555-0105", "1"))
    grade = folder.read().categories["grade"]
    assert grade.levels == ("2", "1", "10", "high")
    assert grade.codes.tolist() == [2, 0, 0, 3, 1]
    folder.declare(add='[covariates.grade]\ntype = "category"\ncolumn = "telephone"\nreference = "hihg"\n')
    assert [said(one) for one in folder.refused()] == [
        ("D08", "study.toml:31:10", "column 'telephone': the reference 'hihg' does not occur in the column. Did you mean 'high'?")
    ]  # fmt: skip


def test_a_category_with_too_many_levels_may_be_names_and_prints_none(folder) -> None:
    folder.declare(add='[covariates.phone]\ntype = "category"\ncolumn = "telephone"\n')
    file = folder.path / "people.csv"
    more = "".join(f"n{k},2020-01-01,2020-02-01,2021-01-01,1,50,I,secret-{k}\n" for k in range(60))
    file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
    (found,) = folder.refused()
    assert found.message.startswith("column 'telephone': 65 different texts in one category")
    assert "secret" not in str(found)


def test_one_defect_of_many_cells_is_one_finding_with_every_cell(folder) -> None:
    file = folder.path / "people.csv"
    more = "".join(f"n{k},2020-01-01,2020-02-01,2021-01-01,1,old,I,\n" for k in range(1_000))
    file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
    (found,) = folder.refused()
    assert found.message == (
        "'old' is not a number. The same is wrong with 999 more cell(s) of this column: row 8 ('old'), row 9 ('old'), "
        "row 10 ('old'), row 11 ('old'), row 12 ('old'), …."
    )
    assert found.people == tuple(range(5, 1_005))
    assert found.evidence["cells"] == tuple((row, f"F{row}", "old") for row in range(7, 1_007))


def test_different_defects_of_a_column_are_named_to_a_limit_and_counted_beyond(folder) -> None:
    file = folder.path / "people.csv"
    more = "".join(f"n{k},2020-01-01,2020-02-01,2021-01-01,1,50,I{'i' * (k + 3)},\n" for k in range(2)) + "".join(
        f"m{k},20200230,2020-02-01,2021-01-01,1,{200 + k},I,\n" for k in range(60)
    )
    file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
    found = folder.refused()
    assert sorted({one.code for one in found}) == ["D06", "D07", "D08"]
    assert len([one for one in found if one.code == "D06"]) == 1
    assert len([one for one in found if one.code == "D07"]) == 1


def test_negative_times_are_defects(folder) -> None:
    folder.declare(('date = "last"', 'time = "age"')).record((",44,", ",-44,"))
    (found,) = folder.refused()
    assert found.code == "D07"
    assert "'-44' is" in found.message
