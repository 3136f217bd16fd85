"""A small study of five people in a folder of its own; a test changes what it is about and leaves the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest

import durata as du

STUDY = """\
[study]
title = "Five people"
data_cutoff = 2022-12-31

[data]
file = "people.csv"
id = "id"

[treatment]
name = "drug"
start = "start"
end = "surgery"
start_name = "first dose"
end_name = "surgery"
groups = [{ name = "short", to = 3 }, { name = "long", from = 3 }]

[outcomes.death]
date = "last"
status = "dead"
event_codes = [1]
censor_codes = [0]

[covariates.age]
range = [18, 100]

[covariates.stage]
type = "category"
levels = ["I", "II"]
"""

PEOPLE = """\
id,start,surgery,last,dead,age,stage,telephone
p-alpha,2020-01-01,2020-02-01,2021-01-01,1,50,I,555-0101
p-bravo,2020-01-05,2020-07-01,2022-01-01,0,61,II,555-0102
p-charlie,2020-02-01,,2020-03-01,1,70.5,I,555-0103
p-delta,2020-03-01,2020-05-01,2021-06-01,0,44,II,555-0104
p-echo,2020-04-01,2020-12-01,2022-06-01,1,58,,555-0105
"""


@dataclass(frozen=True)
class Folder:
    """The folder of one small study."""

    path: Path

    @property
    def study(self) -> Path:
        return self.path / "study.toml"

    def declare(self, *changes: tuple[str, str], add: str = "") -> Folder:
        """Write the study file with some texts replaced and some lines added at the end."""
        text = STUDY
        for old, new in changes:
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the study file"
            text = text.replace(old, new)
        self.study.write_text(text + add, encoding="utf-8")
        return self

    def record(self, *changes: tuple[str, str], file: str = "people.csv") -> Folder:
        """Write the patient file with some texts replaced."""
        text = PEOPLE
        for old, new in changes:
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the patient file"
            text = text.replace(old, new)
        (self.path / file).write_text(text, encoding="utf-8")
        return self

    def workbook(self, rows: list[list[object]], sheet: str = "Sheet1") -> Folder:
        """Write the patient file as a workbook."""
        book = openpyxl.Workbook()
        page = book.active
        assert page is not None
        page.title = sheet
        for row in rows:
            page.append(row)
        book.save(self.path / "people.xlsx")
        return self

    def read(self) -> du.Records:
        return du.read_records(du.read_study(self.study))

    def refused(self) -> tuple[du.Finding, ...]:
        """What reading says when it stops."""
        with pytest.raises(du.StudyError) as caught:
            self.read()
        assert caught.value.exit_code == 3
        return caught.value.findings


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path).declare().record()


Said = Callable[[du.Finding], tuple[str, str, str]]


@pytest.fixture
def said() -> Said:
    """A finding as (code, place, words), what to do included."""
    return lambda one: (one.code, str(one.where), " ".join([one.message, *([one.advice] if one.remedy else [])]))
