"""Rows of a table that are no patients: totals and notes below it, headings repeated within it, rows a person declared."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from durata.finding import Finding, Severity
from durata.records.cells import Cell, label
from durata.records.layout import Layout, note, place_of_row, told

SUMMARY = frozenset(
    [
        "合计",
        "总计",
        "小计",
        "共计",
        "总和",
        "求和",
        "合计数",
        "总数",
        "平均",
        "均值",
        "平均值",
        "平均数",
        "均数",
        "中位数",
        "标准差",
        "最大值",
        "最小值",
        "total",
        "totals",
        "subtotal",
        "sum",
        "mean",
        "average",
        "median",
        "sd",
        "minimum",
        "maximum",
    ]
) | {"grand total", "sub total", "sub-total", "standard deviation", "std dev", "总 计", "合 计"}
INITIALS = frozenset(word[0] for word in SUMMARY)
FOOTNOTE = re.compile(
    r"(注|注释|备注|说明|数据来源|来源|制表人?|填表人?|notes?|sources?|footnotes?|remarks?|abbreviations?)\s*[0-9]*\s*[:：.,，]",
    re.IGNORECASE,
)
MARKED = re.compile(r"[*†‡※]\s*\S")
DAY = re.compile(r"[0-9]{1,4}[-/.年][0-9]{1,2}[-/.月]")
MOST_NAMED = 50


@dataclass(frozen=True)
class Kept:
    """The rows that are patients, and what was done with the others."""

    columns: Mapping[int, Sequence[Cell]]
    rows: Sequence[int]
    findings: tuple[Finding, ...]


def is_summary(text: str) -> bool:
    """Whether a cell says that its row sums up others.

    >>> is_summary("合计："), is_summary("Total (n)"), is_summary("totally")
    (True, True, False)
    """
    if text[:1].casefold() not in INITIALS:
        return False  # most identifiers, at little cost
    words = re.sub(r"\s*\(.*\)$", "", text).rstrip(":： ").casefold()
    return words in SUMMARY


def is_footnote(text: str) -> bool:
    """Whether a lone cell below a table is a note to it."""
    return bool(FOOTNOTE.match(text) or MARKED.match(text))


def patients_only(
    columns: Mapping[int, Sequence[Cell]],
    rows: Sequence[int],
    header: Sequence[str],
    layout: Layout,
    file: str,
    sheet: str | None,
) -> Kept:
    """Leave out the rows that are certainly no patients, each with a note; ask for a decision on those that may be.

    ``columns`` hold the wanted columns and the first one of the sheet. A row is left out when the study declares it
    (``skip_rows``); when it repeats the names of the columns; or when it stands below the last patient and its first
    cell or its identifier is a word for a total, or a lone note. A row with such a word between patients, or one below
    them with neither identifier nor any date, is an error until somebody decides.
    """
    place = None if layout.identifier is None else layout.identifier(header)
    declared = [k for k, row in enumerate(rows) if row in layout.skip_rows]
    out: dict[int, str] = dict.fromkeys(declared, "declared")
    findings: list[Finding] = []
    absent = sorted(layout.skip_rows - set(rows))
    if absent:
        what = "skip_rows: rows {rows} are empty, above the table, or not there."
        remedy = "Give the numbers of rows as the spreadsheet shows them."
        findings.append(
            Finding("D05", Severity.ERROR, what, {"rows": told(absent)}, remedy, place_of_row(file, sheet, absent[0]))
        )
    if place is not None and layout.sought and place in columns:
        doubtful = _judge(columns, rows, header, place, out)
        for k in doubtful[:MOST_NAMED]:
            out[k] = "doubtful"
            findings.append(_decide(file, sheet, rows[k], is_empty=not label(columns[place][k])))
        findings += _more(doubtful, rows, file, sheet, out)
        findings += _gaps(rows, file, sheet)
    findings += _notes(out, rows, file, sheet)
    if not out:
        return Kept(columns, rows, tuple(findings))
    stay = [k for k in range(len(rows)) if k not in out]
    kept = {key: [column[k] for k in stay] for key, column in columns.items()}
    return Kept(kept, [rows[k] for k in stay], tuple(findings))


def _judge(
    columns: Mapping[int, Sequence[Cell]], rows: Sequence[int], header: Sequence[str], place: int, out: dict[int, str]
) -> list[int]:
    """Mark in ``out`` the rows that are certainly no patients; the positions of those that need a decision."""
    identifiers = columns[place]
    firsts = columns.get(0, identifiers)
    heading = {label(header[key]) for key in columns if key < len(header)}
    summary: list[int] = []
    nameless: list[int] = []
    notes: list[int] = []
    last = -1
    header_name = label(header[place])
    for k, cell in enumerate(identifiers):
        if k in out:
            continue
        own = label(cell)
        first = own if firsts is identifiers else label(firsts[k])
        if is_summary(own) or (is_summary(first) and not own):
            summary.append(k)
        elif own and own == header_name and _texts(columns, k) <= heading:
            out[k] = "heading"
        elif _is_lone_note(columns, k, own or first):
            notes.append(k)
        elif not own:
            nameless.append(k)
        else:
            last = k
    doubtful = []
    for k in summary:
        if k > last and not _has_day(columns, k):
            out[k] = "total"
        else:
            doubtful.append(k)
    for k in notes:
        if k > last:
            out[k] = "note"
    doubtful += [k for k in nameless if k > last and last >= 0 and not _has_day(columns, k)]
    return sorted(doubtful)


def _texts(columns: Mapping[int, Sequence[Cell]], k: int) -> set[str]:
    return {text for column in columns.values() if (text := label(column[k]))}


def _is_lone_note(columns: Mapping[int, Sequence[Cell]], k: int, text: str) -> bool:
    return bool(text) and is_footnote(text) and len(_texts(columns, k)) == 1


def _has_day(columns: Mapping[int, Sequence[Cell]], k: int) -> bool:
    """Whether a cell of the row is a date; a total has none (a bare number is not taken for one)."""
    return any(
        isinstance(column[k], datetime.date) or (isinstance(column[k], str) and DAY.match(label(column[k])))
        for column in columns.values()
    )


def _decide(file: str, sheet: str | None, row: int, *, is_empty: bool) -> Finding:
    what = "the row has a word for a total where a patient's identifier stands, and is not certainly a total."
    if is_empty:
        what = (
            "the row below the last patient has neither an identifier nor a date: a total, or a patient without them?"
        )
    remedy = "If it is no patient, name the row under [data] skip_rows; if it is one, give it its identifier."
    return Finding("D05", Severity.ERROR, what, {"row": row}, remedy, place_of_row(file, sheet, row))


def _more(
    doubtful: Sequence[int], rows: Sequence[int], file: str, sheet: str | None, out: dict[int, str]
) -> list[Finding]:
    rest = doubtful[MOST_NAMED:]
    out.update(dict.fromkeys(rest, "doubtful"))
    if not rest:
        return []
    what = "{n:,} more rows may be totals, not patients."
    where = place_of_row(file, sheet, rows[rest[0]])
    return [Finding("D05", Severity.ERROR, what, {"n": len(rest)}, "", where)]


def _gaps(rows: Sequence[int], file: str, sheet: str | None) -> list[Finding]:
    """A note of empty rows within the table."""
    if len(rows) < 2 or rows[-1] - rows[0] + 1 == len(rows):
        return []
    empty = rows[-1] - rows[0] + 1 - len(rows)
    first = next(before + 1 for before, after in pairwise(rows) if after > before + 1)
    what = "{n:,} empty row(s) within the table were passed over, row {row} the first."
    return [note(what, place_of_row(file, sheet, first), "", n=empty, row=first)]


SAID = {
    "declared": "row(s) {rows} were left out because the study file says that they are no patients (skip_rows).",
    "total": "row(s) {rows} below the last patient are totals, not patients, and were left out.",
    "heading": "row(s) {rows} repeat the names of the columns and were left out.",
    "note": "row(s) {rows} below the last patient hold a note, not a patient, and were left out.",
}


def _notes(out: Mapping[int, str], rows: Sequence[int], file: str, sheet: str | None) -> list[Finding]:
    found = []
    for kind, what in SAID.items():
        numbers = [rows[k] for k in sorted(out) if out[k] == kind]
        if numbers:
            found.append(note(what, place_of_row(file, sheet, numbers[0]), "", rows=told(numbers), n=len(numbers)))
    return found
