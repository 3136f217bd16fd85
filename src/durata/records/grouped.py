"""The defects of one column become findings: one for each defect, with every cell that has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from durata.finding import Finding, Severity
from durata.language.speaking import speak
from durata.records.cells import Defect
from durata.records.tables import Table, letters

MOST_DEFECTS = 50  # different ones of a column; the cells of the rest are said together
CELLS_NAMED = 5  # in words; all of them are in the evidence

Shown = Callable[[int], str | None]


def grouped_findings(
    table: Table, column: int, defects: Mapping[int, Defect], severity: Severity, shown: Shown
) -> tuple[Finding, ...]:
    """One finding for each defect of a column, at the first cell that has it.

    ``shown`` gives the raw text of a cell in a row of the table, None where it must not be shown. The evidence ``cells``
    holds (row of the file, name of the cell, raw text) of every cell concerned, the text empty where it is not shown; where
    there are several, ``sentence`` is what is wrong with each.
    """
    groups: dict[object, list[int]] = {}
    for k in sorted(defects):
        defect = defects[k]
        told = tuple(sorted((name, str(value)) for name, value in defect.evidence.items()))
        groups.setdefault((defect.code, defect.what, defect.remedy, told), []).append(k)
    together = list(groups.values())
    found = [_finding(table, column, people, defects[people[0]], severity, shown) for people in together[:MOST_DEFECTS]]
    rest = sorted(k for people in together[MOST_DEFECTS:] for k in people)
    if rest:
        what = "{n:,} more cells of this column cannot be read."
        evidence = {"n": len(rest), "cells": _cells(table, column, rest, shown)}
        where = table.where(table.rows[rest[0]], column)
        found.append(Finding(defects[rest[0]].code, severity, what, evidence, where=where, people=tuple(rest)))
    return tuple(found)


def _finding(
    table: Table, column: int, people: Sequence[int], defect: Defect, severity: Severity, shown: Shown
) -> Finding:
    text = _quoted(shown(people[0]))
    cells = _cells(table, column, people, shown)
    what: str = defect.what
    evidence: dict[str, object] = {"text": text, **defect.evidence, "cells": cells}
    if len(people) > 1:
        what = "{first} The same is wrong with {more:,} more cell(s) of this column: {others}."
        named = [
            speak("row {row} ({text})", row=table.rows[k], text=_quoted(shown(k))) for k in people[1 : CELLS_NAMED + 1]
        ]
        if len(people) > CELLS_NAMED + 1:
            named.append("…")
        first = speak(defect.what, text=text, **defect.evidence)
        evidence |= {
            "sentence": defect.what,
            "first": first,
            "more": len(people) - 1,
            "others": ", ".join(named),
            "n": len(people),
        }
    where = table.where(table.rows[people[0]], column)
    return Finding(defect.code, severity, what, evidence, defect.remedy, where, people=tuple(people))


def _cells(table: Table, column: int, people: Sequence[int], shown: Shown) -> tuple[tuple[int, str, str], ...]:
    name = letters(column)
    return tuple((table.rows[k], f"{name}{table.rows[k]}", shown(k) or "") for k in people)


def _quoted(text: str | None) -> str:
    return speak("the text of this cell") if text is None else repr(text)
