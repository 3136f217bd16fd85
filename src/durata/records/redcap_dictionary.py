"""The data dictionary of a REDCap project: its choices become the labels that the raw values of an export have."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from durata.finding import Where
from durata.records.decoding import decode
from durata.records.tables import refuse

LARGEST = 50_000_000
# The names of the columns as the project page downloads them, and as the programming interface does.
NAME = ("variable / field name", "field_name")
KIND = ("field type", "field_type")
CHOICES = ("choices, calculations, or slider labels", "choices or calculations", "select_choices_or_calculations")
CHOSEN_FROM = ("radio", "dropdown")
FIXED: Mapping[str, Mapping[float | str, str]] = {
    "yesno": {"1": "Yes", "0": "No"},
    "truefalse": {"1": "True", "0": "False"},
}
CHECKBOX: Mapping[float | str, str] = {"1": "Checked", "0": "Unchecked"}

Labels = Mapping[str, Mapping[float | str, str]]


def redcap_labels(content: bytes, file: str) -> Labels:
    """The labels of the values of every column of a raw export that has choices, by the name of the column.

    A checkbox has one column a choice, ``field___code``. Raises StudyError (D03, D05) when this is no such dictionary, or
    when choices cannot be taken apart.
    """
    text, _, _ = decode(content, file)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise refuse("D05", "the quotes of the dictionary are broken.", Where(file), EXPORT_AGAIN) from error
    header = [name.strip().casefold() for name in rows[0]] if rows else []
    places = [next((header.index(name) for name in names if name in header), None) for names in (NAME, KIND, CHOICES)]
    name, kind, choices = places
    if name is None or kind is None or choices is None:
        what = (
            "this is no REDCap data dictionary: it lacks the columns for the name, the type or the choices of a field."
        )
        raise refuse("D03", what, Where(file, row=1), EXPORT_AGAIN)
    found: dict[str, Mapping[float | str, str]] = {}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) <= max(name, kind, choices) or not row[name].strip():
            continue
        field, form = row[name].strip(), row[kind].strip().casefold()
        if field in found:
            what = "the field {field!r} stands twice in the dictionary."
            raise refuse("D05", what, Where(file, row=number), EXPORT_AGAIN, field=field)
        if form in FIXED:
            found[field] = dict(FIXED[form])
        elif form in CHOSEN_FROM:
            found[field] = dict(_choices(row[choices], field, file, number))
        elif form == "checkbox":
            for code, _ in _choices(row[choices], field, file, number):
                found[f"{field}___{checkbox_ending(code)}"] = dict(CHECKBOX)
    return found


EXPORT_AGAIN = "Download the data dictionary of the project from REDCap again, as CSV."


def checkbox_ending(code: str) -> str:
    """The end of the name of the column that REDCap makes of a code of a checkbox.

    >>> checkbox_ending("1"), checkbox_ending("-9"), checkbox_ending("NotDone")
    ('1', '_9', 'notdone')
    """
    return "".join(letter if letter.isalnum() else "_" for letter in code.casefold())


def _choices(text: str, field: str, file: str, row: int) -> Sequence[tuple[str, str]]:
    """Choices as REDCap writes them: "1, Male | 2, Female"; a label may hold commas, a code may not."""
    found: dict[str, str] = {}
    for one in text.replace("\r", "").replace("\n", " | ").split("|"):
        if not one.strip():
            continue
        code, comma, words = (part.strip() for part in one.partition(","))
        if not code or not comma or code in found:
            what = "the choices of the field {field!r} are not written as 'code, label | code, label'."
            raise refuse("D05", what, Where(file, row=row), EXPORT_AGAIN, field=field)
        found[code] = words
    return tuple(found.items())
