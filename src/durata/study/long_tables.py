"""[tables.<name>]: files with several rows per patient: dated measurements (scans), and dated events by type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from durata.language.speaking import speak
from durata.study.data_files import EVERY_KIND, WORKBOOKS, kinds_in_words
from durata.study.declared import Declared, Name, Names, Number
from durata.study.near import shortened
from durata.study.nowhere import Dangling, nowhere, table, tables, texts
from durata.study.opening import refusal

CHANGE, PLATEAU = "change", "plateau"
"""What [emulation] time_varying can ask of a measured value beside the value itself, after a dot."""


class LongTable(Declared):
    """[tables.<name>]: a file with a row per patient and day."""

    file: Name = Field(
        description="The file ("
        + kinds_in_words()
        + "), in the study file's folder or below it; it may be the patient "
        "file's workbook."
    )
    sheet: str | None = Field(default=None, description="Worksheet of a workbook; its first if not given.")
    id: Name | None = Field(
        default=None, description="Column that identifies the patient; that of [data] if not given."
    )
    date: Name = Field(description="Column with the day of each row.")
    values: Names = Field(default=(), description="Columns of numbers measured on that day.")
    type: Name | None = Field(default=None, description="Column that says what kind of event happened on that day.")
    events: dict[Name, Name] = Field(
        default_factory=dict,
        description="Text in 'type' = name of a date: the patient's first day with it, usable as a date column of the patient "
        "file is (outcomes, excused_by).",
    )
    plateau: Number = Field(
        default=10.0,
        gt=0,
        lt=100,
        description="A value is on a plateau when it differs from the one before it by less than so many percent.",
    )

    @field_validator("file")
    @classmethod
    def _stays_in_its_folder(cls, file: str) -> str:
        reason = refusal(file)
        if reason is not None:
            said = "the file name {file!r} {reason}; name a file in the study file's folder or below it"
            raise ValueError(speak(said, file=shortened(file), reason=speak(reason)))
        if not file.casefold().endswith(EVERY_KIND):
            raise ValueError(speak("'file' is of none of the kinds {kinds}", kinds=", ".join(EVERY_KIND)))
        return file

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if not self.values and not self.events:
            raise ValueError(speak("the table needs 'values' (measurements) or 'type' and 'events' (dated events)"))
        if (self.type is None) != (not self.events):
            raise ValueError(speak("'type' and 'events' belong together"))
        if len(set(self.values)) < len(self.values):
            raise ValueError(speak("a column stands twice in 'values'"))
        if len(set(self.events.values())) < len(self.events):
            raise ValueError(speak("two kinds of events have the same name in 'events'"))
        if self.sheet is not None and not self.file.casefold().endswith(WORKBOOKS):
            said = "'sheet' belongs to .xlsx files and other workbooks ({kinds})"
            raise ValueError(speak(said, kinds=", ".join(WORKBOOKS[1:])))
        return self


def measured(declared: Mapping[str, Any]) -> list[str]:
    """The names of the values that long tables hold."""
    return [name for _, one in tables(declared, "tables") for _, name in texts(one, "values")]


def long_tables(declared: Mapping[str, Any]) -> Iterator[Dangling]:
    """Names of long tables that are taken already, and time-varying covariates of [emulation] that nothing measures."""
    covariates, asked = table(declared, "covariates"), table(declared, "emulation")
    seen: dict[str, str] = {}
    for name, one in tables(declared, "tables"):
        given: list[tuple[tuple[str | int, ...], str]] = [
            ((("tables", name, "values", k)), value) for k, value in texts(one, "values")
        ]
        given += [
            (("tables", name, "events", key), value)
            for key, value in table(one, "events").items()
            if isinstance(value, str)
        ]
        for keys, value in given:
            if value in seen:
                yield Dangling(keys, "{name!r} is a name of table {other!r} too", {"name": value, "other": seen[value]})
            elif value in covariates:
                yield Dangling(keys, "{name!r} is the name of a covariate too", {"name": value}, "Rename one of them.")
            seen.setdefault(value, name)
    known = measured(declared)
    offered = [*known, *(f"{name}.{what}" for name in known for what in (CHANGE, PLATEAU))]
    for k, name in texts(asked, "time_varying"):
        if name not in offered:
            yield nowhere(("emulation", "time_varying", k), "measured value", name, offered)
