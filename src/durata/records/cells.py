"""A cell of a patient file: its text, the label it stands for, and the Defect that says in words why it cannot be read."""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Trouble:
    """A spreadsheet cell without a value of its own: an error ('#N/A'), a formula never calculated, or a merged cell."""

    shown: str
    formula: bool = False
    merged: str = ""  # the range it is merged with, whose first cell alone has a value


Cell = (
    str | int | float | bool | datetime.datetime | datetime.date | datetime.time | datetime.timedelta | Trouble | None
)


@dataclass(frozen=True, slots=True)
class Defect:
    """Why a cell cannot be read: a sentence (``{text}`` is the cell's text) and what to do about it."""

    code: str
    what: str
    remedy: str = ""
    evidence: Mapping[str, object] = field(default_factory=dict)


DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"))
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
PLAIN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
# What a text file holds after a spreadsheet has taken a text such as '6-10' for a day, in the forms it shows.
MADE_A_DATE = re.compile(
    r"[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}( 0?0:00(:00)?)?|[0-9]{1,2}月[0-9]{1,2}日"
    r"|[0-9]{1,2}-(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(-[0-9]{2,4})?"
    r"|(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-[0-9]{1,4}"
)
SPREADSHEET_ERRORS = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA"}
)


def label(cell: Cell) -> str:
    """The text of a cell, as its reader means it: full-width forms folded, blanks trimmed, 1.0 and 1 the same.

    >>> label(" Ａ１ "), label(1.0), label("1.50"), label("01"), label(True)
    ('A1', '1', '1.5', '01', 'TRUE')
    """
    if cell is None:
        return ""
    if isinstance(cell, str):
        text = folded_text(cell)
        return text if not text or text[-1] not in "0123456789" or not PLAIN.fullmatch(text) else _plain(text)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float):
        return _plain(repr(cell)) if math.isfinite(cell) and PLAIN.fullmatch(repr(cell)) else repr(cell)
    if isinstance(cell, datetime.datetime):
        midnight = cell.time() == datetime.time()
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return cell.shown if isinstance(cell, Trouble) else str(cell)


def folded_text(text: str) -> str:
    """A text with its full-width forms folded and the blanks around it trimmed."""
    return text.strip() if text.isascii() else unicodedata.normalize("NFKC", text).strip()


def identifier(cell: Cell) -> str:
    """The text that identifies a patient: as written, full-width forms folded and blanks trimmed, '01' and '1' apart.

    >>> identifier(" Ｐ01 "), identifier("1.0"), identifier(1.0)
    ('P01', '1.0', '1')
    """
    return unicodedata.normalize("NFKC", cell).strip() if isinstance(cell, str) else label(cell)


def _plain(text: str) -> str:
    """A plain number without trailing zeros behind the point."""
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def as_label(cell: Cell) -> str | Defect:
    """The label of a category; a date that a spreadsheet made of a label such as '6-10' is refused."""
    error = trouble(cell)
    if error is not None:
        return error
    text = label(cell)
    if isinstance(cell, datetime.date | datetime.time | datetime.timedelta) or MADE_A_DATE.fullmatch(text):
        what = "{text} is a date or a time, not a category (spreadsheets turn a text such as '6-10' into 10 June)."
        return Defect("D08", what, "Write the category into a cell that has the format 'text'.")
    return text


def trouble(cell: Cell) -> Defect | None:
    """The defect of a cell that a spreadsheet could not calculate, also where a text file holds only its error."""
    if isinstance(cell, Trouble) and cell.merged:
        what = "the cell is merged into {range}, of which only the first cell has a value."
        remedy = "Undo the merging, and write in every cell what is true of its patient."
        return Defect("D11", what, remedy, {"range": cell.merged})
    if isinstance(cell, Trouble) and cell.formula:
        remedy = "Open the file in the spreadsheet program, let it calculate, and save it."
        return Defect("D11", "the cell holds a formula without a result.", remedy)
    if isinstance(cell, Trouble) or (isinstance(cell, str) and cell.strip().upper() in SPREADSHEET_ERRORS):
        return Defect("D11", "the cell holds the spreadsheet error {text}.", "Correct the formula or empty the cell.")
    return None


def label_texts(codes: Iterable[str | int]) -> frozenset[str]:
    """Codes as the labels that cells have for them."""
    return frozenset(label(str(code)) for code in codes)
