"""What reading converts is counted column by column, printed as notes in both languages, and never silent."""

from __future__ import annotations

import durata as du
from durata.language.speaking import speaking
from durata.records.notes import reading_notes


def test_conversions_are_counted_by_column_and_kind(folder) -> None:
    folder.declare(
        ('id = "id"', 'id = "id"\npartial_dates = "middle"\nbounds = "limit"\n[data.missing_in]\nage = [999, "不详"]'),
        ("[covariates.age]", '[covariates.age]\nunit = "years"'),
    )
    folder.record(
        (",50,", ",50岁,"), (",61,", ",999,"), (",70.5,", ",不详,"), (",44,", ",<45 years,"), ("2020-07-01", "2020-07"),
        ("2022-01-01", "2022年1月1日"), (",1,58,,", ",１,58,NA,"),
    )  # fmt: skip
    records = folder.read()
    assert {name: dict(counts) for name, counts in records.conversions.items() if counts} == {
        "age": {"bound read as the limit": 1, "read as missing": 2, "unit stripped": 2},
        "stage": {"read as missing": 1},
        "surgery": {"partial date, middle day taken": 1},
        "last": {"date written as 2020年3月5日": 1},
        "dead": {"full-width characters": 1},
    }
    assert str(records.day("surgery")[1]) == "2020-07-15"
    said = [(one.code, str(one.where), one.message) for one in reading_notes(records)]
    assert said[:2] == [
        ("N08", "people.csv", "The file was read as utf-8."),
        ("N07", "people.csv, column 'age'", "column 'age': bound read as the limit: 1 cell(s); read as missing: 2 cell(s); unit stripped: 2 cell(s)."),
    ]  # fmt: skip
    with speaking("zh"):
        assert reading_notes(records)[1].message == (
            "列'age'：界值按界限读取：1个单元格; 读作缺失：2个单元格; 去除单位：2个单元格。"
        )


def test_missing_codes_of_one_column_are_values_in_another(folder) -> None:
    folder.declare(
        ('id = "id"', 'id = "id"\n[data.missing_in]\nage = [50]'), add='[covariates.phone]\ncolumn = "telephone"\n'
    )
    folder.record(*((f"555-010{k}", "50") for k in range(1, 6)))
    records = folder.read()
    assert [value != value for value in records.numbers["age"]] == [True, False, False, False, False]
    assert records.numbers["phone"].tolist() == [50.0] * 5


def test_a_person_is_not_echoed_in_a_defect(folder) -> None:
    folder.record((",50,", ",11010519491231002X,"), (",61,", ",13800138000x,"))
    found = folder.refused()
    spoken = "\n".join(f"{one} {dict(one.evidence)}" for one in found)
    assert "the text of this cell" in spoken
    assert not any(secret in spoken for secret in ("11010519491231002", "13800138000"))


def test_the_english_text_file_and_the_chinese_workbook_give_the_same_records(folder) -> None:
    folder.declare(("[covariates.age]", '[covariates.age]\nunit = "years"'))
    english = folder.read()
    header = ["编号", "开始", "手术", "末次", "死亡", "年龄", "分期"]
    folder.workbook(
        [
            header,
            ["p-alpha", "2020年1月1日", "2020/2/1", "20210101", "１", "50岁", "Ⅰ期"],
            ["p-bravo", "2020.1.5", "2020-07-01", "2022年01月01日", 0, 61, "Ⅱ期"],
            ["p-charlie", "2020/02/01", None, "2020-03-01", 1, "70.5", "Ⅰ期"],
            ["p-delta", "２０２０-３-１", "2020-05-01", "2021-06-01", "0", 44.0, "Ⅱ期"],
            ["p-echo", "2020-04-01", "2020-12-01", "2022-06-01", 1.0, "58 岁", "未知"],
        ]
    )
    names = "\n".join(f'"{zh}" = "{en}"' for zh, en in zip(header, ["id", "start", "surgery", "last", "dead", "age", "stage"], strict=True))  # fmt: skip
    folder.declare(
        ('file = "people.csv"', 'file = "people.xlsx"'),
        ("[covariates.age]", '[covariates.age]\nunit = "years"'),
        add=f'[data.rename]\n{names}\n[data.values.stage]\n"Ⅰ期" = "I"\n"Ⅱ期" = "II"\n[data.missing_in]\nstage = ["未知"]\n',
    )
    chinese = folder.read()
    for part in ("dates", "numbers"):
        for name, column in getattr(english, part).items():
            assert column.tobytes() == getattr(chinese, part)[name].tobytes(), name
    for name, category in english.categories.items():
        assert category.levels == chinese.categories[name].levels
        assert category.codes.tolist() == chinese.categories[name].codes.tolist()
    assert english.identifiers == chinese.identifiers


def test_notes_are_quiet_about_what_is_the_value_itself(folder) -> None:
    assert [one.code for one in reading_notes(folder.read())] == ["N08"]
    assert isinstance(reading_notes(folder.read())[0], du.Finding)
