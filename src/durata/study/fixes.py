"""A file of decisions (TOML) on single cells and rows: what a person set right, left out or accepts, strict as a study file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, Strict, model_validator

from durata.finding import Finding, Severity, StudyError, Where
from durata.language.speaking import speak
from durata.study.declared import Declared, Name
from durata.study.file import BYTE_ORDER_MARK, in_file_order, parse_toml
from durata.study.mistakes import mistakes_in
from durata.study.positions import positions

LARGEST = 64_000_000
Text = Annotated[str, Field(max_length=32_767)]


class Fix(Declared):
    """[[fix]]: one decision on one cell or row; nothing is decided as long as set, exclude and accept are empty."""

    id: Name = Field(description="The finding's id, as durata check prints it.")
    code: Name = Field(description="The code of the rule, for the reader.")
    file: Name = Field(description="The file in which the cell stands.")
    sheet: Name | None = Field(default=None, description="The sheet in which the cell stands.")
    row: Annotated[int, Field(ge=1, le=10_000_000)] = Field(description="The row, as a spreadsheet numbers it.")
    column: Name = Field(description="The column, by its header.")
    patient: Text = Field(default="", description="Pseudonym of the patient, by which the row is found again.")
    found: Text | None = Field(
        default=None, description="What the cell held; it is changed only while it still holds this."
    )
    set: Text = Field(default="", description="The right value, written as in the file.")
    exclude: Text = Field(default="", description="Why this row is left out of the study.")
    accept: Text = Field(default="", description="Why a warning about this cell can be left as it is.")

    @property
    def decision(self) -> Literal["set", "exclude", "accept"] | None:
        """What was decided, None as long as nothing was."""
        for name, text in (("set", self.set), ("exclude", self.exclude), ("accept", self.accept)):
            if text.strip():
                return name  # type: ignore[return-value]
        return None

    @model_validator(mode="after")
    def _one_decision(self) -> Self:
        written = [name for name in ("set", "exclude", "accept") if getattr(self, name).strip()]
        if len(written) > 1:
            raise ValueError(speak("{names} are all filled in; one cell takes one decision", names=", ".join(written)))
        if self.set.strip() and self.found is None:
            raise ValueError(speak("'set' needs 'found', the text that the cell holds now"))
        return self


class FixesFile(Declared):
    """A file of decisions."""

    fix: Annotated[tuple[Fix, ...], Strict(False)] = Field(default=(), description="The decisions, one a cell or row.")


@dataclass(frozen=True)
class Fixes:
    """The decisions of a file, its name and SHA-256, and where each stands."""

    fixes: tuple[Fix, ...]
    file: str
    sha256: str
    places: Mapping[tuple[str | int, ...], tuple[int, int]]

    def where(self, k: int, key: str = "") -> Where:
        """The place of decision ``k``, or of one of its keys."""
        line, position = self.places.get(("fix", k, key), self.places.get(("fix", k), (1, 1)))
        return Where(self.file, line=line, position=position)


def fixes_of(content: bytes, name: str) -> Fixes:
    """The decisions that a file holds; StudyError with the place of every mistake in it.

    >>> fixes_of(b"", "fixes.toml").fixes
    ()
    """
    try:
        text = content.removeprefix(BYTE_ORDER_MARK).decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        what, remedy = "The file of decisions is not UTF-8 text.", "Save it as UTF-8."
        raise StudyError([Finding("F01", Severity.ERROR, what, {}, remedy, Where(name, line=line))]) from error
    declared, places = parse_toml(text, name), positions(text)
    found = mistakes_in(declared, FixesFile)
    if found:
        raise StudyError(in_file_order(found, name, places))
    read = FixesFile.model_validate(declared)
    by_keys = {keys: place.value for keys, place in places.items()}
    return Fixes(read.fix, name, hashlib.sha256(content).hexdigest(), by_keys)
