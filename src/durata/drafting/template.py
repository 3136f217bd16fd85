"""An empty spreadsheet that checks what is typed into it, its dictionary on a second sheet, and the study file that goes with it."""

from __future__ import annotations

import datetime
from io import BytesIO
from typing import Any

import xlsxwriter

from durata.drafting.dictionary import Item, dictionary
from durata.drafting.propose import propose
from durata.drafting.write import to_toml
from durata.language.speaking import speak, speaking, spoken
from durata.records.tables import Table

# The columns, in a patient's order. One of the two days that can end a treatment: surgery where there is one.
GENERAL = (
    "patient_id", "centre", "sex", "age", "ecog", "size_before", "start_date", "end_date", "size_after",
    "imaging_response", "recurrence_date", "death_date", "last_contact_date",
)  # fmt: skip
GIST = (
    "patient_id", "centre", "sex", "age", "ecog", "primary_site", "genotype", "size_before", "mitoses", "start_date",
    "surgery_date", "size_after", "imaging_response", "viable_percent", "mitoses_after", "adjuvant_months",
    "recurrence_date", "death_date", "last_contact_date",
)  # fmt: skip
COLUMNS = {"general": GENERAL, "gist": GIST}
ROWS = 2000  # rows that check what is typed
LONGEST_LIST = 255  # characters of a list that Excel takes
LONGEST_TITLE = 32
FIRST_DAY, LAST_DAY = datetime.date(1950, 1, 1), datetime.date(2100, 12, 31)
CREATED = datetime.datetime(2000, 1, 1)
FONT = {"en": "Arial", "zh": "Microsoft YaHei"}
SAFE = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}


def template(file: str = "template.xlsx", *, language: str = "en", items: str = "general") -> tuple[bytes, str]:
    """The empty spreadsheet called ``file``, and the text of the study file that reads it.

    Parameters
    ----------
    file : the name under which the spreadsheet is going to be kept, beside the study file.
    language : "en" or "zh", of the columns, their comments and the study file.
    items : "general" for any disease, "gist" for the columns of gastrointestinal stromal tumours too.

    Returns
    -------
    The bytes of an .xlsx file, and TOML. The same arguments give the same bytes.

    Raises
    ------
    ValueError : the language or the set of columns is not known.

    References
    ----------
    Broman KW, Woo KH (2018) Am Stat 72:2-10 (data in spreadsheets).

    Examples
    --------
    >>> import durata as du
    >>> book, study = du.template(language="zh")
    >>> 'start = "开始日期"' in study
    True
    """
    if items not in COLUMNS:
        raise ValueError(f"there is no set of columns {items!r}; there are {' and '.join(COLUMNS)}")
    known = {item.name: item for item in dictionary()}
    with speaking(language):
        columns = [known[name] for name in COLUMNS[items]]
        heads = tuple(map(head, columns))
        empty = Table(file, heads, dict.fromkeys(range(len(heads)), ()), ())
        study = to_toml(propose(empty, file, speak("patients")))
        return _book(columns), study


def head(item: Item) -> str:
    """The name of a column: that of its item in the language spoken, with its unit.

    >>> head(next(item for item in dictionary() if item.name == "size_before"))
    'size_before (mm)'
    """
    name = item.heads[spoken()]
    between = "" if spoken() == "zh" else " "
    return f"{name}{between}({item.unit})" if item.unit else name


def _book(columns: list[Item]) -> bytes:
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, SAFE)
    book.set_properties({"created": CREATED})
    font = {"font_name": FONT[spoken()], "font_size": 10}
    patients = book.add_worksheet(speak("patients"))
    words = book.add_worksheet(speak("dictionary"))
    bold = book.add_format(
        {**font, "bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": "#DDEBF7"}
    )
    formats = {
        "date": book.add_format({**font, "num_format": "yyyy-mm-dd"}),
        "text": book.add_format({**font, "num_format": "@"}),
        "number": book.add_format(font),
    }
    patients.freeze_panes(1, 1)
    for k, item in enumerate(columns):
        shape = {"date": "date", "number": "number"}.get(item.kind, "text")
        patients.set_column(k, k, 16, formats[shape])
        patients.write_string(0, k, head(item), bold)
        patients.write_comment(0, k, _explained(item), {"x_scale": 2, "y_scale": 1.2, "author": "durata"})
        allowed = _rule(item, k)
        if allowed:
            patients.data_validation(1, k, ROWS, k, allowed)
    wrapped = book.add_format({**font, "text_wrap": True, "valign": "top"})
    titles = ("column", "meaning", "type", "unit", "allowed values", "other names that durata knows")
    for place, (title, wide) in enumerate(zip(titles, (26, 50, 12, 14, 40, 80), strict=True)):
        words.set_column(place, place, wide)
        words.write_string(0, place, _titled(title), bold)
    for row, item in enumerate(columns, start=1):
        cells = (head(item), _meaning(item), _type(item), item.unit, _allowed(item), _synonyms(item))
        for place, text in enumerate(cells):
            words.write_string(row, place, text, wrapped)
    words.freeze_panes(1, 1)
    patients.activate()
    book.close()
    return buffer.getvalue()


def _titled(title: str) -> str:
    return {
        "column": speak("Column"),
        "meaning": speak("Meaning"),
        "type": speak("Type"),
        "unit": speak("Unit"),
        "allowed values": speak("Allowed values"),
        "other names that durata knows": speak("Other names that durata knows"),
    }[title]


def _rule(item: Item, column: int) -> dict[str, Any]:
    """What Excel lets be typed into a column."""
    told = {"error_title": _short(item.label), "error_message": _explained(item)[:255]}
    if item.kind == "identifier":
        letter = chr(ord("A") + column)
        once = f"=COUNTIF(${letter}$2:${letter}${ROWS + 1},{letter}2)=1"
        return {"validate": "custom", "value": once, **told}
    if item.kind == "date":
        return {"validate": "date", "criteria": "between", "minimum": FIRST_DAY, "maximum": LAST_DAY, **told}
    if item.kind == "number" and item.range is not None:
        low, high = item.range
        return {"validate": "decimal", "criteria": "between", "minimum": low, "maximum": high, **told}
    levels = _levels(item)
    if levels and len(",".join(levels)) <= LONGEST_LIST:
        return {"validate": "list", "source": levels, **told}
    return {}


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TITLE else text[: LONGEST_TITLE - 1] + "…"


def _levels(item: Item) -> list[str]:
    return [level.words[spoken()] for level in item.levels]


def _meaning(item: Item) -> str:
    return item.says[spoken()] or item.label


def _type(item: Item) -> str:
    kinds = {
        "identifier": speak("identifier"),
        "date": speak("date"),
        "number": speak("number"),
        "category": speak("category"),
    }
    return kinds[item.kind]


def _allowed(item: Item) -> str:
    if item.kind == "date":
        return speak("a date, such as 2024-03-05; empty if there was none or it is not known")
    if item.range is not None:
        return speak("{low:g} to {high:g}", low=item.range[0], high=item.range[1])
    if item.kind == "identifier":
        return speak("different in every row")
    return speak(", ").join(_levels(item)) or speak("any text")


def _explained(item: Item) -> str:
    return f"{_meaning(item)}\n{_type(item)}{speak(': ')}{_allowed(item)}" + (f"\n{item.unit}" if item.unit else "")


def _synonyms(item: Item) -> str:
    return speak(", ").join(item.synonyms)
