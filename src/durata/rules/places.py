"""Every cell and row that findings speak of, each with an id by which a later run recognises it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from durata.finding import Finding
from durata.language.speaking import say_in
from durata.records.identity import short_hash

# Evidence that says which thing of a study a finding is about; numbers change with every patient, these do not.
ABOUT = ("outcome", "group", "term", "covariate", "name", "key", "claim", "design", "level", "column", "subgroup")


@dataclass(frozen=True, slots=True)
class Place:
    """One thing that a person has to decide: a cell, a row, or the study as a whole.

    ``text`` is what the cell holds, empty where it is not shown; ``patient`` the pseudonym of the row's patient.
    """

    id: str
    finding: Finding
    file: str = ""
    sheet: str | None = None
    cell: str | None = None
    row: int | None = None
    column: str | None = None
    text: str = ""
    patient: str = ""

    @property
    def message(self) -> str:
        """What is wrong here: of a defect that many cells have, the sentence about this one."""
        sentence = self.finding.evidence.get("sentence")
        if not isinstance(sentence, str):
            return self.finding.message
        text = repr(self.text) if self.text else say_in(self.finding.language, "the text of this cell", {})
        return say_in(self.finding.language, sentence, {**self.finding.evidence, "text": text})


def places(findings: Iterable[Finding]) -> tuple[Place, ...]:
    """One place for every cell or row of every finding, in their order.

    An id is the code and a hash of the column and the patient's pseudonym, so that it stays when rows are inserted or
    sorted, when the file gets another name and when other cells are set right; what concerns no patient is known by the
    outcome, group or key that it is about. A second place with the same id has "-2" behind it.
    """
    found: list[Place] = []
    seen: dict[str, int] = {}
    for finding in findings:
        for place in _of(finding):
            seen[place.id] = seen.get(place.id, 0) + 1
            again = seen[place.id]
            found.append(place if again == 1 else replace(place, id=f"{place.id}-{again}"))
    return tuple(found)


def group_id(finding: Finding) -> str:
    """The id of a finding as a whole: of its code and of what it is about, not of the cells that have it now."""
    column = finding.where.column if finding.where is not None else None
    return f"{finding.code}-{short_hash(finding.code, column or '', *_about(finding))}"


def _of(finding: Finding) -> Iterator[Place]:
    where = finding.where
    blank = Place(group_id(finding), finding)
    if where is not None:
        blank = replace(blank, file=where.file, sheet=where.sheet, cell=where.cell, row=where.row, column=where.column)
    cells = _cells(finding)
    if not cells:
        yield blank
        return
    keys = finding.keys if len(finding.keys) == len(cells) else ("",) * len(cells)
    column = blank.column or ""
    for (row, cell, text), key in zip(cells, keys, strict=True):
        known = key or f"row {row}"
        one = f"{finding.code}-{short_hash(finding.code, column, known)}"
        letters = (blank.cell or "").rstrip("0123456789")
        named = cell or (f"{letters}{row}" if letters else None)
        yield replace(blank, id=one, cell=named if blank.sheet else None, row=row, text=text, patient=key)


def _cells(finding: Finding) -> tuple[tuple[int, str, str], ...]:
    """Row, name of the cell and text of every cell a finding speaks of; without texts where it speaks of rows."""
    cells = finding.evidence.get("cells")
    if isinstance(cells, tuple):
        return cells
    rows = finding.evidence.get("rows")
    if isinstance(rows, tuple) and all(isinstance(row, int) for row in rows):
        return tuple((row, "", "") for row in rows)
    row = finding.where.row if finding.where is not None else None
    return () if row is None or len(finding.keys) != 1 else ((row, "", ""),)


def _about(finding: Finding) -> tuple[str, ...]:
    evidence: Mapping[str, object] = finding.evidence
    named = tuple(f"{name}={evidence[name]}" for name in ABOUT if isinstance(evidence.get(name), str))
    return (finding.what, *named) if _cells(finding) == () else named
