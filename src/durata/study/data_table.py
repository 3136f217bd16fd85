"""What a study file declares of the patient file: where it is, and how its cells are to be read."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, Strict, field_validator, model_validator

from durata.language.speaking import speak
from durata.study.data_files import EVERY_KIND, STATISTICS_FILES, TEXT_FILES, WORKBOOKS, kinds_in_words
from durata.study.declared import Codes, Declared, Name
from durata.study.near import shortened
from durata.study.opening import refusal

DateOrder = Literal["ymd", "dmy", "mdy"]
PartialDates = Literal["refuse", "first", "middle", "last"]
Units = Literal["same", "convert"]
Bounds = Literal["refuse", "limit", "half"]
DecimalSign = Literal[".", ","]


class DataTable(Declared):
    """[data]: the file with one row per patient."""

    file: Name = Field(
        description="The patient file (" + kinds_in_words() + "), in the study file's folder or below it."
    )
    id: Name = Field(description="Column that identifies the patient.")
    sheet: str | None = Field(
        default=None,
        description="Worksheet of a workbook; if not given, the one that holds the columns the study needs, else the first.",
    )
    header_row: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None,
        description="Row with the names of the columns, as a spreadsheet numbers it; if not given, the first row that holds "
        "the columns the study needs.",
    )
    skip_rows: Annotated[tuple[Annotated[int, Field(ge=1, le=10_000_000)], ...], Strict(False)] = Field(
        default=(), description="Rows of the file that are no patients (totals, notes), as a spreadsheet numbers them."
    )
    dictionary: Name | None = Field(
        default=None,
        description="Data dictionary of a REDCap project (CSV), beside its raw export: its choices name the values.",
    )
    adtte: Name | None = Field(
        default=None,
        description="CDISC ADaM time-to-event file (ADTTE) that goes with 'file' (ADSL): outcomes name a 'paramcd' of it.",
    )
    encoding: Literal["utf-8", "utf-16", "gb18030"] | None = Field(
        default=None,
        description="Encoding of a text file that is not UTF-8 and has no byte order mark ('gb18030' for Chinese ones), "
        "or of a file of a statistics program that does not say its own.",
    )
    missing: Codes = Field(
        default=("", "NA"), description="Cell texts or numbers that mean missing; an empty cell always does."
    )
    missing_in: dict[Name, Codes] = Field(
        default_factory=dict, description="Per column: texts or numbers that mean missing there, beside 'missing'."
    )
    date_order: DateOrder = Field(
        default="ymd",
        description='How dates that end with the year are written: day first ("dmy") or month first ("mdy"). Dates that '
        'begin with the year are always read; the others are refused with "ymd".',
    )
    partial_dates: PartialDates = Field(
        default="refuse",
        description="What becomes of a date without a day or a month: it is refused, or the first, middle or last day of its "
        "month or year is put in its place, counted and printed.",
    )
    units: Units = Field(
        default="same",
        description='Which units may stand behind a number: the declared one only ("same"), or others of its kind too, which '
        'are converted ("convert").',
    )
    bounds: Bounds = Field(
        default="refuse",
        description="What becomes of '<5' and '>=10': refused; read as the limit; or, for '<' and '<=', as half of it "
        '("half": values below a limit of detection).',
    )
    decimal: DecimalSign = Field(
        default=".", description="The decimal sign of numbers written as text; a separator of thousands is refused."
    )
    on_defect: Literal["stop", "exclude"] = Field(
        default="stop",
        description="What to do with a patient who has an impossible cell: stop, or leave the patient out and say so.",
    )
    fixes: Name | None = Field(
        default=None,
        description="File with the decisions on single cells and rows that 'durata check --write-fixes' prepared (TOML).",
    )
    rename: dict[Name, Name] = Field(
        default_factory=dict, description="Header in the file = name used in this study file."
    )
    values: dict[Name, dict[Name, str | int]] = Field(
        default_factory=dict, description="Per column: text in the file = level used in this study file."
    )

    @field_validator("file", "dictionary", "adtte", "fixes")
    @classmethod
    def _stays_in_its_folder(cls, file: str | None) -> str | None:
        reason = None if file is None else refusal(file)
        if file is not None and reason is not None:
            said = "the file name {file!r} {reason}; name a file in the study file's folder or below it"
            raise ValueError(speak(said, file=shortened(file), reason=speak(reason)))
        return file

    @model_validator(mode="after")
    def _sheet_fits_the_file(self) -> Self:
        if self.sheet is not None and not self.file.casefold().endswith(WORKBOOKS):
            said = "'sheet' belongs to .xlsx files and other workbooks ({kinds})"
            raise ValueError(speak(said, kinds=", ".join(WORKBOOKS[1:])))
        return self

    @model_validator(mode="after")
    def _rows_fit_the_file(self) -> Self:
        declared = "header_row" if self.header_row is not None else "skip_rows" if self.skip_rows else ""
        if declared and not self.file.casefold().endswith((*TEXT_FILES, *WORKBOOKS)):
            said = "{key!r} belongs to text files and workbooks ({kinds})"
            raise ValueError(speak(said, key=declared, kinds=", ".join((*TEXT_FILES, *WORKBOOKS))))
        if self.dictionary is not None and not self.dictionary.casefold().endswith(TEXT_FILES):
            raise ValueError(speak("'dictionary' is a text file ({kinds})", kinds=", ".join(TEXT_FILES)))
        if self.adtte is not None and not self.adtte.casefold().endswith(EVERY_KIND):
            raise ValueError(speak("'adtte' is of none of the kinds {kinds}", kinds=", ".join(EVERY_KIND)))
        return self

    @model_validator(mode="after")
    def _encoding_fits_the_file(self) -> Self:
        if self.encoding is not None and not self.file.casefold().endswith((*TEXT_FILES, *STATISTICS_FILES)):
            said = "'encoding' belongs to text files and files of statistics programs ({kinds})"
            raise ValueError(speak(said, kinds=", ".join((*TEXT_FILES, *STATISTICS_FILES))))
        return self
