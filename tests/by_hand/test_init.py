"""durata init and durata template: what is recognised in a patient file and why, and drafts that check accepts at once."""

from __future__ import annotations

import csv
import datetime
import io
import sys
import tomllib
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from durata.cli.entry import main
from durata.drafting.dictionary import dictionary
from durata.drafting.draft import Draft, draft_study
from durata.drafting.durations import Groups, groups_for
from durata.drafting.headers import bare, named_exactly, named_nearly, split_unit
from durata.drafting.propose import language_of, propose
from durata.drafting.template import COLUMNS, template
from durata.drafting.write import to_toml
from durata.examples import example
from durata.finding import StudyError
from durata.language.speaking import speaking
from durata.pipeline import check
from durata.records.tables import Table
from durata.study.file import read_study

GIST = example("gist").with_name("gist.csv")
STANFORD = example("stanford").with_name("stanford.csv")
PERSON, TELEPHONE, IDENTITY = "欧阳震华", "13800138000", "11010519491231002X"


def drafted(folder: Path, name: str, text: str, **asked: Any) -> tuple[Draft, Path]:
    """The draft for a text file, written beside it."""
    (folder / name).write_text(text, encoding=asked.pop("encoding", "utf-8"))
    draft = draft_study(folder / name, **asked)
    (folder / "study.toml").write_text(draft.text, encoding="utf-8")
    return draft, folder / "study.toml"


def simple(n: int = 30, header: str = "patient,start,surgery,death,last contact", more: str = "") -> str:
    """A clean file of n patients whose durations go from 1 to 20 months; ``more`` ends every row."""
    lines = [header]
    for k in range(n):
        start = datetime.date(2015, 1, 1) + datetime.timedelta(days=11 * k)
        surgery = start + datetime.timedelta(days=30 + 20 * k)
        death = "" if k % 3 else (surgery + datetime.timedelta(days=300 + k)).isoformat()
        last = death or (surgery + datetime.timedelta(days=900 + k)).isoformat()
        lines.append(f"P{k},{start},{surgery},{death},{last}{more}")
    return "\n".join(lines) + "\n"


def chinese_workbook(path: Path) -> None:
    """The bundled patients as a hospital keeps them: a title, Chinese names and words, dates in three ways, people's names."""
    names = {
        "patient_id": "患者编号", "sex": "性别", "age_at_start": "年龄（岁）", "genotype": "基因突变", "ecog": "ECOG评分",
        "tki_start_date": "伊马替尼开始时间", "surgery_date": "手术日期", "baseline_size_mm": "肿瘤最大径（mm）",
        "preop_size_mm": "术前肿瘤最大径（mm）", "imaging_response": "影像学疗效", "recurrence_date": "复发日期",
        "death_date": "死亡日期", "last_contact_date": "末次随访日期",
    }  # fmt: skip
    words = {
        "sex": {"M": "男", "F": "女"},
        "genotype": {"KIT_EX11": "外显子11", "WT": "野生型", "NOT_TESTED": "未检测"},
    }
    book = openpyxl.Workbook()
    book.active.title = "说明"
    book.active["A1"] = "填写说明"
    sheet = book.create_sheet("随访表")
    sheet.append(["胃肠道间质瘤术前治疗随访登记表"])
    sheet.append(["姓名", "身份证号", "联系电话", *names.values(), "血小板", "备注"])
    for k, patient in enumerate(csv.DictReader(io.StringIO(GIST.read_text(encoding="utf-8")))):
        line: list[Any] = [PERSON, IDENTITY, TELEPHONE]
        for name in names:
            cell: Any = words.get(name, {}).get(patient[name], patient[name])
            if name.endswith("_date") and cell:
                day = datetime.date.fromisoformat(cell)
                cell = (day, f"{day.year}年{day.month}月{day.day}日", f"{day.year}/{day.month}/{day.day}")[k % 3]
            elif name in ("age_at_start", "baseline_size_mm", "preop_size_mm"):
                cell = float(cell)
            elif name == "sex" and k == 7:
                cell = {"男": "男性", "女": "女性"}[cell]
            line.append(("无" if name == "recurrence_date" else None) if cell == "" else cell)
        sheet.append([*line, 150 + k % 100, f"电话 {TELEPHONE}" if k == 3 else "复查"])
    book.save(path)


# What a header says


@pytest.mark.parametrize(
    ("header", "item"),
    [
        ("手术日期", "surgery_date"), ("Surgery_Date", "surgery_date"), (" SURGERY  DATE ", "surgery_date"),
        ("ＳＵＲＧＥＲＹ＿ＤＡＴＥ", "surgery_date"), ("首次用药日期", "start_date"), ("伊马替尼开始时间", "start_date"),
        ("tki_start_date", "start_date"), ("病案号", "hospital_number"), ("末次随访", "last_contact_date"),
        ("肿瘤最大径（cm）", "size_before"), ("baseline_size_mm", "size_before"), ("术前肿瘤最大径(mm)", "size_after"),
        ("OS_STATUS", "death_status"), ("OS_MONTHS", "os_time"), ("姓名", "personal_name"),
        ("术后伊马替尼辅助治疗时间", "adjuvant_months"), ("基因突变", "genotype"), ("核分裂象（个/5mm²）", "mitoses"),
    ],
)  # fmt: skip
def test_headers_are_known_in_both_languages_however_they_are_written(header: str, item: str) -> None:
    assert [one.item.name for one in named_exactly(header)] == [item]


@pytest.mark.parametrize(
    "header", ["术后复查最大径", "出院日期", "入院日期", "last surgery", "birth", "死亡原因", "手术时长"]
)
def test_a_name_that_differs_in_a_telling_word_is_not_near(header: str) -> None:
    forbidden = {
        "surgery_date",
        "size_before",
        "size_after",
        "start_date",
        "end_date",
        "death_date",
        "last_contact_date",
    }
    assert not forbidden & {one.item.name for one in named_nearly(header)}


def test_a_near_name_is_taken_with_its_score(tmp_path: Path) -> None:
    draft, _ = drafted(tmp_path, "a.csv", simple().replace("surgery,", "surgerry date,"))
    assert not draft.proposal.lacks
    assert 'near "surgery date", 0.96: please check' in draft.text


def test_no_name_stands_for_two_items_of_one_kind() -> None:
    homes: dict[tuple[str, str], str] = {}
    for item in dictionary():
        for synonym in item.synonyms:
            assert homes.setdefault((bare(synonym), item.kind), item.name) == item.name, synonym


def test_units_are_taken_off_headers() -> None:
    assert split_unit("Hb [g/L]") == ("Hb", "g/L")
    assert split_unit("duration_months") == ("duration", "months")
    assert split_unit("(mm)") == ("(mm)", "")


# Drafts that check accepts at once


def test_a_messy_chinese_workbook_becomes_a_study_that_check_accepts(tmp_path: Path) -> None:
    file = tmp_path / "随访.xlsx"
    chinese_workbook(file)
    draft = draft_study(file)
    (tmp_path / "study.toml").write_text(draft.text, encoding="utf-8")
    study = read_study(tmp_path / "study.toml")
    assert not draft.proposal.lacks
    assert (study.study.language, study.data.sheet, study.data.id) == ("zh", "随访表", "患者编号")
    assert (study.treatment.start, study.treatment.end) == ("伊马替尼开始时间", "手术日期")
    assert study.outcomes["rfs"].event == ("复发日期", "死亡日期")
    assert study.data.missing_in == {"复发日期": ("无",)}
    assert study.data.values == {"性别": {"男性": "男"}} or study.data.values == {"性别": {"女性": "女"}}
    assert study.covariates["影像学疗效"].levels == ("CR", "PR", "SD", "PD")
    assert study.covariates["肿瘤最大径(mm)"].unit == "mm"
    assert study.measurements["diameter"].before == "肿瘤最大径(mm)"
    checked = check(study)
    assert checked.flow.steps[0].remaining == 171
    for secret in (PERSON, TELEPHONE, IDENTITY):
        assert secret not in draft.text
        assert secret not in repr(draft.proposal)
    assert '"姓名"可识别个人身份' in draft.text


def test_the_bundled_file_gives_the_groups_and_outcomes_of_its_own_study(tmp_path: Path) -> None:
    draft, file = drafted(tmp_path, "gist.csv", GIST.read_text(encoding="utf-8"))
    study, own = read_study(file), read_study(example("gist"))
    assert not draft.proposal.lacks
    assert [(group.from_, group.to) for group in study.treatment.groups] == [(0, 6), (6, 12), (12, None)]
    for name, outcome in own.outcomes.items():
        assert (study.outcomes[name].event, study.outcomes[name].censor) == (outcome.event, outcome.censor)
    assert check(study).flow.remaining == check(own).flow.remaining
    assert '# "preop_stop_date" is "last dose"; the draft has no need of it.' in draft.text
    assert '# not recognised: "non_gastric": no known name; it looks like a category' in draft.text


def test_durations_in_days_give_groups_from_the_data_and_say_so(tmp_path: Path) -> None:
    draft, file = drafted(tmp_path, "stanford.csv", STANFORD.read_text(encoding="utf-8"))
    study = read_study(file)
    assert (study.treatment.unit, study.treatment.cut_source) == ("days", "data")
    assert study.outcomes["os"].event_codes == (1,)
    assert '"fustat": is 1 the event?' in draft.proposal.looked_at
    assert check(study).flow.steps[0].remaining == 103


def test_an_spss_file_is_drafted_by_its_labels(tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(simple())))
    frame = pd.DataFrame(
        {
            "PAT_ID": [row["patient"] for row in rows],
            "START_DATE": [datetime.date.fromisoformat(row["start"]) for row in rows],
            "SURGERY_DATE": [datetime.date.fromisoformat(row["surgery"]) for row in rows],
            "LAST_FU_DATE": [datetime.date.fromisoformat(row["last contact"]) for row in rows],
            "VITAL_STATUS": [2.0 if row["death"] else 1.0 for row in rows],
            "GENDER": [float(1 + k % 2) for k in range(len(rows))],
        }
    )
    labels = {"VITAL_STATUS": {1.0: "alive", 2.0: "dead"}, "GENDER": {1.0: "male", 2.0: "female"}}
    pyreadstat.write_sav(frame, tmp_path / "cohort.sav", variable_value_labels=labels)
    draft = draft_study(tmp_path / "cohort.sav")
    (tmp_path / "study.toml").write_text(draft.text, encoding="utf-8")
    study = read_study(tmp_path / "study.toml")
    assert not draft.proposal.lacks
    assert study.outcomes["os"].event_codes == ("dead",)
    assert study.covariates["GENDER"].levels == ("female", "male")
    assert check(study).flow.steps[0].remaining == 30


def test_a_gb18030_file_is_read_by_its_chinese_names(tmp_path: Path) -> None:
    text = simple(header="患者编号,开始日期,手术日期,死亡日期,末次随访日期")
    draft, file = drafted(tmp_path, "a.csv", text, encoding="gb18030")
    assert read_study(file).data.encoding == "gb18030"
    assert draft.proposal.language == "zh"
    assert check(file).flow.steps[0].remaining == 30


def test_western_bytes_are_not_taken_for_chinese(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(simple(header="naïve,start,surgery,death,last contact").encode("cp1252"))
    with pytest.raises(StudyError, match="not UTF-8"):
        draft_study(tmp_path / "a.csv")


def test_times_and_a_status_make_an_outcome(tmp_path: Path) -> None:
    text = simple().replace("death,last contact", "vital status,OS_MONTHS")
    lines = text.splitlines()
    rows = [
        [*line.split(",")[:3], "1:DECEASED" if k % 2 else "0:LIVING", str(k + 30)] for k, line in enumerate(lines[1:])
    ]
    draft, file = drafted(tmp_path, "a.csv", "\n".join([lines[0], *map(",".join, rows)]) + "\n")
    outcome = read_study(file).outcomes["os"]
    assert (outcome.time, outcome.unit, outcome.status) == ("OS_MONTHS", "months", "vital status")
    assert (outcome.event_codes, outcome.censor_codes) == (("1:DECEASED",), ("0:LIVING",))
    assert any("counted from the start of treatment" in look for look in draft.proposal.looked_at)
    assert check(file).flow.steps[0].remaining == 30


def test_dates_day_first_are_declared_when_the_cells_tell(tmp_path: Path) -> None:
    lines = simple().splitlines()
    turned = [
        ",".join("/".join(reversed(cell.split("-"))) if cell.count("-") == 2 else cell for cell in line.split(","))
        for line in lines
    ]
    draft, file = drafted(tmp_path, "a.csv", "\n".join(turned) + "\n")
    assert not draft.proposal.lacks
    assert read_study(file).data.date_order == "dmy"
    assert check(file).flow.steps[0].remaining == 30


def test_words_for_unknown_become_missing(tmp_path: Path) -> None:
    text = simple(header="patient,start,surgery,death,last contact,age", more=",60").replace("P3,", "P3,", 1)
    text = text.replace(",60\n", ",不详\n", 2)
    _, file = drafted(tmp_path, "a.csv", text)
    assert read_study(file).data.missing == ("", "NA", "不详")
    check(file)


# What is lacking is said, and nothing is guessed


def test_what_is_lacking_is_a_plain_line_and_names_the_dates_that_could_be_it(tmp_path: Path) -> None:
    draft, _ = drafted(tmp_path, "a.csv", simple(header="patient,Tag X,surgery,death,last contact"))
    assert len(draft.proposal.lacks) == 1
    assert "no date of the start of treatment was recognised" in draft.proposal.lacks[0]
    assert '(columns of dates that were not recognised: "Tag X")' in draft.proposal.lacks[0]
    assert "# TODO start = \n" in draft.text
    tomllib.loads(draft.text)


def test_a_name_of_a_date_over_yes_and_no_is_a_status(tmp_path: Path) -> None:
    lines = simple(header="患者编号,开始日期,手术日期,死亡,末次随访").splitlines()
    rows = [line.split(",") for line in lines[1:]]
    text = "\n".join([lines[0], *(",".join([*row[:3], "是" if row[3] else "否", row[4]]) for row in rows)]) + "\n"
    draft, file = drafted(tmp_path, "a.csv", text)
    outcome = read_study(file).outcomes["os"]
    assert (outcome.date, outcome.status, outcome.event_codes, outcome.censor_codes) == (
        "末次随访",
        "死亡",
        ("是",),
        ("否",),
    )
    assert not draft.proposal.lacks
    assert check(file).flow.steps[0].remaining == 30


def test_codes_one_and_two_are_not_guessed(tmp_path: Path) -> None:
    lines = simple().replace("death,", "status,").splitlines()
    rows = [line.split(",") for line in lines[1:]]
    text = "\n".join([lines[0], *(",".join([*row[:3], "2" if row[3] else "1", row[4]]) for row in rows)]) + "\n"
    draft, _ = drafted(tmp_path, "a.csv", text)
    assert any("which values" in lacking for lacking in draft.proposal.lacks)
    assert "# TODO event_codes = \n" in draft.text


def test_two_columns_with_one_meaning_are_left_to_the_person(tmp_path: Path) -> None:
    text = simple(header="patient,start,surgery,death,last contact,operation date", more=",2016-01-01")
    draft, file = drafted(tmp_path, "a.csv", text)
    assert read_study(file).treatment.end == "surgery"
    assert '# Could also be "operation date"; choose.' in draft.text
    assert any('"operation date"' in look for look in draft.proposal.looked_at)


def test_a_name_that_fits_over_cells_that_do_not_is_explained(tmp_path: Path) -> None:
    text = simple(header="patient,start,surgery,death,last contact,age", more=",unclear text")
    draft, _ = drafted(tmp_path, "a.csv", text)
    assert '# not recognised: "age": like "age", but only 0 of its 30 filled cells are numbers' in draft.text


def test_a_file_without_names_is_refused_without_its_cells(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        f"{PERSON},2015-01-01,{TELEPHONE}\n{PERSON},2015-01-02,{TELEPHONE}\n", encoding="utf-8"
    )
    with pytest.raises(StudyError, match="looks like data") as refused:
        draft_study(tmp_path / "a.csv")
    assert PERSON not in str(refused.value)
    assert TELEPHONE not in str(refused.value)


def test_centimetres_are_told_by_their_size(tmp_path: Path) -> None:
    text = simple(header="patient,start,surgery,death,last contact,tumor size", more=",7.5")
    draft, file = drafted(tmp_path, "a.csv", text)
    assert read_study(file).covariates["tumor size"].unit == "cm"
    assert '"tumor size": is the unit cm?' in draft.proposal.looked_at


def test_the_study_file_stays_above_the_patient_file(tmp_path: Path) -> None:
    inner = tmp_path / "data"
    inner.mkdir()
    (inner / "a.csv").write_text(simple(), encoding="utf-8")
    assert 'file = "data/a.csv"' in draft_study(inner / "a.csv", tmp_path / "study.toml").text
    with pytest.raises(StudyError, match="folder"):
        draft_study(inner / "a.csv", tmp_path / "other" / "study.toml")


# Small golden texts


SMALL = """\
# Draft of a study file, made from a.csv. Read every line that begins with #.
# TODO: no column that identifies the patient was recognised: name it under [data] id
# TODO: no date of the start of treatment was recognised: name the column under [treatment] start
# TODO: no date of the end of treatment (surgery, last dose) was recognised: name the column under [treatment] end
# TODO: no outcome was recognised: name the columns with the date of death or recurrence and with the date of last contact under [outcomes.os], or a status and a time

[study]
# Write the title of your study.
title = "Duration of treatment and outcome"
language = "en"
time_unit = "months"

[data]
file = "a.csv"
# TODO id = 

[treatment]
# Write what was given.
name = "treatment"
# TODO start = 
# TODO end = 
unit = "months"
"""  # noqa: W291


def test_an_unknown_table_gives_nothing_but_questions() -> None:
    table = Table("a.csv", ("x", "y"), {0: ("1", "1"), 1: ("b", "b")}, (2, 3))
    assert to_toml(propose(table, "a.csv")).startswith(SMALL)


def test_groups_by_convention_and_by_rounded_thirds() -> None:
    import numpy as np

    assert groups_for(np.array([100.0, 120, 150, 250, 260, 270, 500, 600, 700])) == Groups("months", (6, 12))
    assert groups_for(np.arange(1.0, 91.0)) == Groups("days", (30, 60), from_data=True)
    assert groups_for(np.full(20, 100.0)) is None
    assert groups_for(np.array([np.nan, -5.0])) is None


# Whatever stands in a header


NAME = st.one_of(st.text(max_size=12), st.sampled_from([name for item in dictionary() for name in item.synonyms]))
CELL = st.one_of(
    st.none(), st.text(max_size=6), st.integers(-5, 10**9), st.floats(allow_nan=False),
    st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1)), st.sampled_from(["无", "2020-01-05", "3/4/2020", "PR", "1"]),
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_header_and_no_cell_breaks_a_draft(data: st.DataObject) -> None:
    header = tuple(data.draw(st.lists(NAME, min_size=1, max_size=6)))
    n = data.draw(st.integers(0, 4))
    cells = {k: data.draw(st.lists(CELL, min_size=n, max_size=n)) for k in range(len(header))}
    with speaking(data.draw(st.sampled_from(["en", "zh"]))):
        draft = to_toml(propose(Table("a.csv", header, cells, tuple(range(2, n + 2))), "a.csv"))
    assert tomllib.loads(draft)["data"]["file"] == "a.csv"


@settings(max_examples=40, deadline=None)
@given(
    st.text(alphabet="赵钱孙李周吴郑王伟芳娜秀英", min_size=3, max_size=4),
    st.sampled_from(["姓名", "name", "patient name", "主刀医生"]),
)
def test_what_identifies_people_is_never_told(person: str, header: str) -> None:
    table = Table("a.csv", (header, "备注"), {0: [person] * 3, 1: [f"电话{TELEPHONE}"] * 3}, (2, 3, 4))
    for language in ("en", "zh"):
        with speaking(language):
            proposal = propose(table, "a.csv")
            assert person not in to_toml(proposal) + repr(proposal)
            assert TELEPHONE not in to_toml(proposal) + repr(proposal)


def test_the_language_is_that_of_most_names() -> None:
    assert language_of(["患者编号", "手术日期", "CR"]) == "zh"
    assert language_of(["id", "手术日期", "x", "y"]) == "en"


# The empty spreadsheet


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("items", ["general", "gist"])
def test_a_filled_template_runs_at_once(tmp_path: Path, language: str, items: str) -> None:
    book, study = template(language=language, items=items)
    (tmp_path / "template.xlsx").write_bytes(book)
    (tmp_path / "study.toml").write_text(study, encoding="utf-8")
    filled = openpyxl.load_workbook(tmp_path / "template.xlsx")
    sheet = filled.worksheets[0]
    known = {item.name: item for item in dictionary()}
    for k, row in enumerate(csv.DictReader(io.StringIO(simple()))):
        days = {"start_date": row["start"], "surgery_date": row["surgery"], "end_date": row["surgery"]}
        days |= {"death_date": row["death"], "last_contact_date": row["last contact"], "recurrence_date": row["death"]}
        for column, name in enumerate(COLUMNS[items], start=1):
            item, cell = known[name], sheet.cell(k + 2, column)
            if name == "patient_id":
                cell.value = row["patient"]
            elif item.kind == "date":
                cell.value = datetime.date.fromisoformat(days[name]) if days[name] else None
            elif item.kind == "number":
                cell.value = 50 + k
            else:
                cell.value = item.levels[k % len(item.levels)].words[language] if item.levels else "A"
    filled.save(tmp_path / "template.xlsx")
    checked = check(tmp_path / "study.toml")
    assert checked.flow.steps[0].remaining == 30
    assert checked.language == language


def test_a_template_checks_what_is_typed_and_explains_itself() -> None:
    book, _ = template(language="zh", items="gist")
    sheets = openpyxl.load_workbook(io.BytesIO(book)).worksheets
    assert [sheet.title for sheet in sheets] == ["患者", "数据字典"]
    rules = {str(rule.sqref).split(":")[0]: rule for rule in sheets[0].data_validations.dataValidation}
    heads = {cell.value: cell for cell in sheets[0][1]}
    assert rules[heads["手术日期"].coordinate.replace("1", "2")].type == "date"
    assert rules[heads["性别"].coordinate.replace("1", "2")].formula1 == '"女,男"'
    assert rules["A2"].type == "custom"
    assert all(cell.comment is not None for cell in heads.values())
    assert sheets[1].max_row == len(COLUMNS["gist"]) + 1
    assert template(language="zh", items="gist")[0] == book


def test_every_column_of_a_template_is_recognised() -> None:
    for items in COLUMNS:
        for language in ("en", "zh"):
            study = template(language=language, items=items)[1]
            assert "TODO" not in study
            assert "not recognised" not in study
            assert "未识别" not in study


# The commands


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["durata", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return run


def test_init_writes_beside_the_file_and_never_over_another(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "a.csv").write_text(simple(), encoding="utf-8")
    code, out, _ = call("init", tmp_path / "a.csv")
    assert code == 0
    assert "Next: durata check" in out
    (tmp_path / "study.toml").write_text("mine", encoding="utf-8")
    code, _, err = call("init", tmp_path / "a.csv")
    assert code == 2
    assert "--force" in err
    assert (tmp_path / "study.toml").read_text(encoding="utf-8") == "mine"
    assert call("init", tmp_path / "a.csv", "--force", "--language", "zh")[0] == 0
    assert 'language = "zh"' in (tmp_path / "study.toml").read_text(encoding="utf-8")


def test_init_says_what_is_lacking_and_writes_all_the_same(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "a.csv").write_text(simple(header="patient,a,b,c,d"), encoding="utf-8")
    code, out, _ = call("init", tmp_path / "a.csv", "-o", tmp_path / "my.toml")
    assert code == 1
    assert "TODO: no date of the start of treatment was recognised" in out
    assert (tmp_path / "my.toml").is_file()


def test_template_writes_both_files_or_none(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert call("template", "-o", tmp_path / "t.xlsx")[0] == 0
    assert read_study(tmp_path / "study.toml").data.file == "t.xlsx"
    assert call("template", "-o", tmp_path / "t2.xlsx")[0] == 2
    assert not (tmp_path / "t2.xlsx").exists()
    assert call("template", "-o", tmp_path / "t.csv")[0] == 2
