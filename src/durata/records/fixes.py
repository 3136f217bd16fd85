"""Decisions of a person applied to cells and rows as they are read: each only where the file still holds what it was made on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from durata.finding import Finding, Severity, StudyError, Where
from durata.language.speaking import speak
from durata.records.cells import Cell
from durata.records.columns import folded
from durata.records.tables import Table
from durata.study.fixes import LARGEST, Fixes, fixes_of
from durata.study.near import shortened
from durata.study.opening import NotReadable, inside, read_file
from durata.study.types import Study

STALE = "The decision on row {row}, column {column!r} no longer fits the file: {why}."
STALE_REMEDY = "Look at the row again, and correct or delete this decision."


@dataclass
class Decisions:
    """The decisions on one table: what is still to be applied, what was, and what does not fit."""

    fixes: Fixes
    at: dict[int, int] = field(default_factory=dict)  # position in the table of the row of each decision
    applied: set[int] = field(default_factory=set)
    stale: list[Finding] = field(default_factory=list)

    @property
    def excluded(self) -> dict[int, str]:
        """The reason for which the row at each position is left out."""
        return {
            at: self.fixes.fixes[k].exclude for k, at in self.at.items() if self.fixes.fixes[k].decision == "exclude"
        }

    @property
    def accepted(self) -> dict[str, str]:
        """The reason for which each finding, by its id, is left as it is."""
        return {fix.id: fix.accept for fix in self.fixes.fixes if fix.decision == "accept"}

    def corrected(self, header: str, cells: Sequence[Cell], same: Callable[[Cell, str], bool]) -> Mapping[int, Cell]:
        """The new cells of one column by position; a cell that holds something else by now is stale.

        ``same`` says whether a cell holds what was found.
        """
        new: dict[int, Cell] = {}
        for k, at in self.at.items():
            fix = self.fixes.fixes[k]
            if fix.decision != "set" or folded(fix.column) != folded(header):
                continue
            if k not in self.applied and not same(cells[at], fix.found or ""):
                self._is_stale(k, speak("the cell does not hold what was found in it"), "found")
            self.applied.add(k)
            new[at] = fix.set
        return new

    def finish(self) -> None:
        """Say of every correction that no column of the study took that it leads nowhere."""
        for k in self.at:
            fix = self.fixes.fixes[k]
            if fix.decision == "set" and k not in self.applied:
                self._is_stale(k, speak("the study reads no such column"), "column")

    def notes(self) -> tuple[Finding, ...]:
        """What was decided, to be printed with every report."""
        fixes, name = self.fixes.fixes, self.fixes.file
        said = []
        where = Where(name)
        if self.applied:
            columns = Counter(fixes[k].column for k in sorted(self.applied))
            words = speak(", ").join(f"{column} ({n})" for column, n in columns.items())
            told: dict[str, object] = {"n": len(self.applied), "columns": words, "file": name}
            told["corrected_rows"] = tuple(fixes[k].row for k in sorted(self.applied))
            what = (
                "{n:,} cell(s) were corrected as decided in {file}, by column: {columns}. The source was not changed."
            )
            said.append(Finding("N09", Severity.INFO, what, told, where=where))
        for reason, n in Counter(self.excluded.values()).items():
            what = "{n:,} row(s) were left out as decided in {file}: {reason}"
            said.append(Finding("N09", Severity.INFO, what, {"n": n, "file": name, "reason": reason}, where=where))
        undecided = sum(fix.decision is None for fix in fixes)
        if undecided:
            what = "{n:,} decision(s) in {file} are still open."
            said.append(Finding("N09", Severity.INFO, what, {"n": undecided, "file": name}, where=where))
        return tuple(said)

    def _is_stale(self, k: int, why: str, key: str = "row") -> None:
        fix = self.fixes.fixes[k]
        told = {"row": fix.row, "column": shortened(fix.column), "why": why}
        self.stale.append(Finding("F10", Severity.ERROR, STALE, told, STALE_REMEDY, self.fixes.where(k, key)))

    def place(self, table: Table, keys: Sequence[str]) -> None:
        """Find the row of every decision: the row it names if its patient still stands there, else where the patient is."""
        by_row = {row: k for k, row in enumerate(table.rows)}
        by_key: dict[str, list[int]] = {}
        for at, key in enumerate(keys):
            by_key.setdefault(key, []).append(at)
        for k, fix in enumerate(self.fixes.fixes):
            if fix.decision is None or fix.decision == "accept":
                continue
            named = by_row.get(fix.row)
            elsewhere = by_key.get(fix.patient, []) if fix.patient else []
            if fix.file != table.file:
                self._is_stale(k, speak("the data are in {file!r}", file=table.file), "file")
            elif named is not None and (keys[named] if keys else "") == fix.patient:
                self.at[k] = named
            elif len(elsewhere) == 1:
                self.at[k] = elsewhere[0]
            else:
                several = speak("several rows are of this patient, and none of them is this row")
                self._is_stale(k, several if elsewhere else speak("the patient is no longer there"))


def decisions_of(study: Study, root: Path, table: Table, keys: Callable[[], Sequence[str]]) -> Decisions | None:
    """The decisions that the study names under [data] fixes, placed in its table; None when it names none.

    ``keys`` makes the pseudonyms of the patients, row by row.
    """
    name = study.data.fixes
    if name is None:
        return None
    try:
        content = read_file(inside(root, name), LARGEST)
    except NotReadable as reason:
        what, told = "{key}: {file!r} {reason}.", {"key": "data.fixes", "file": name, "reason": speak(str(reason))}
        raise StudyError([Finding("F01", Severity.ERROR, what, told, "", study.place("data.fixes"))]) from reason
    decisions = Decisions(fixes_of(content, name.rpartition("/")[2]))
    decisions.place(table, keys())
    return decisions
