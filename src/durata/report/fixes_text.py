"""A file of decisions to be filled in: every cell and row that a check found, with what can be decided of it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from durata.language.speaking import speak
from durata.report.since import GONE, Compared, Row
from durata.show.printable import UNPRINTABLE

# What is wrong with a row as a whole: it can be left out, not corrected by one value.
ROWS = frozenset({"D01"})


def fixes_text(found: Compared, study_file: str) -> str:
    """The text of a file of decisions (TOML): one entry for each defective cell or row; nothing is decided in it yet.

    Texts that may tell who a patient is are not in it; such a row can be left out, and its cell is corrected in the source.
    """
    lines = [
        speak("Decisions on the data of {study}. Fill in one line of each entry; what stays empty is not decided.",
              study=study_file),
        speak("set: the right value, written as in the file. exclude: why this row is left out of the study."),
        speak("accept: why a warning can be left as it is. A reason is printed in the report."),
        speak("Then write under [data] of the study file: fixes = \"the name of this file\". The source is never changed."),
    ]  # fmt: skip
    text = [*(f"# {line}" for line in lines), ""]
    for row in found.rows:
        if _can_be_decided(row):
            text += _entry(row)
    return "\n".join(text) + "\n"


def _can_be_decided(row: Row) -> bool:
    placed = row.row is not None and bool(row.column) and bool(row.patient or row.text)
    return placed and row.state != GONE and row.code.startswith("D") and row.severity != "info"


def _entry(row: Row) -> Iterator[str]:
    yield from (f"# {one}" for one in _comment(row))
    yield "[[fix]]"
    told: dict[str, str | int | None] = {"id": row.id, "code": row.code, "file": row.file, "sheet": row.sheet or None,
                                         "row": row.row, "column": row.column, "patient": row.patient or None}  # fmt: skip
    for key, value in told.items():
        if value is not None:
            yield f"{key} = {value if isinstance(value, int) else quoted(value)}"
    if row.text and row.code not in ROWS:
        yield f"found = {quoted(row.text)}"
        yield 'set = ""'
    yield 'exclude = ""'
    if row.severity == "warning":
        yield 'accept = ""'
    yield ""


def _comment(row: Row) -> Iterator[str]:
    for sentence in (row.message, row.remedy):
        if sentence:
            yield UNPRINTABLE.sub(" ", " ".join(sentence.split()))


def quoted(text: str) -> str:
    """A text as TOML writes it, on one line.

    >>> print(quoted("2019-02-30"))
    "2019-02-30"
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
