"""What a check found against what an earlier one found: new, unchanged, gone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from durata.finding import DurataError, Finding
from durata.language.speaking import speak
from durata.rules.places import Place, places

NEW, UNCHANGED, GONE = "new", "unchanged", "gone"


class NotAnEarlierCheck(DurataError):
    """A file that is not what a check wrote as JSON."""

    exit_code = 2


@dataclass(frozen=True)
class Row:
    """One place for a table: what it is, and whether it is new, unchanged or gone (empty when nothing was compared)."""

    id: str
    state: str
    severity: str
    code: str
    file: str
    sheet: str
    cell: str
    row: int | None
    column: str
    text: str
    message: str
    remedy: str
    reference: str
    patient: str = ""
    line: int | None = None
    position: int | None = None


@dataclass(frozen=True)
class Compared:
    """The rows of a check, those of an earlier one that are gone last; ``since`` says whether there was an earlier one."""

    rows: tuple[Row, ...]
    since: bool = False

    def count(self, state: str) -> int:
        """How many rows are new, unchanged or gone."""
        return sum(row.state == state for row in self.rows)


def compared(findings: Iterable[Finding], earlier: Sequence[Mapping[str, Any]] | None = None) -> Compared:
    """The rows of findings; with the places of an earlier check, what became of them.

    Ids are compared, so that a defect is recognised after rows were inserted above it or the file was renamed.
    """
    now = [_row(place) for place in places(findings)]
    if earlier is None:
        return Compared(tuple(now))
    before = {str(one["id"]): one for one in earlier if one.get("state") != GONE}
    known = {row.id for row in now}
    rows = [replace(row, state=UNCHANGED if row.id in before else NEW) for row in now]
    gone = [_gone(one) for key, one in before.items() if key not in known]
    return Compared((*rows, *gone), since=True)


def earlier_places(content: bytes, file: str) -> Sequence[Mapping[str, Any]]:
    """The places in what an earlier ``durata check --format json`` printed.

    Raises
    ------
    NotAnEarlierCheck : the file is something else.
    """
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise NotAnEarlierCheck(_refused(file)) from error
    found = document.get("places") if isinstance(document, dict) else None
    if not isinstance(found, list) or not all(
        isinstance(one, dict) and isinstance(one.get("id"), str) for one in found
    ):
        raise NotAnEarlierCheck(_refused(file))
    return found


def as_json(rows: Compared) -> list[dict[str, Any]]:
    """The rows as plain data, by the names of their fields."""
    return [asdict(row) for row in rows.rows]


def _refused(file: str) -> str:
    said = "{file!r} is not what 'durata check --format json' printed."
    return speak(said, file=file)


def _row(place: Place) -> Row:
    finding, where = place.finding, place.finding.where
    return Row(
        place.id,
        "",
        str(finding.severity),
        finding.code,
        place.file,
        place.sheet or "",
        place.cell or "",
        place.row,
        place.column or "",
        place.text,
        place.message,
        finding.advice,
        finding.reference,
        place.patient,
        None if where is None else where.line,
        None if where is None else where.position,
    )


def _gone(one: Mapping[str, Any]) -> Row:
    """A row of an earlier check; a field that is not what it should be is left empty."""

    def text(name: str) -> str:
        value = one.get(name)
        return value if isinstance(value, str) else ""

    def number(name: str) -> int | None:
        value = one.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    texts = {name: text(name) for name in Row.__dataclass_fields__ if name not in ("state", "row", "line", "position")}
    numbers = {name: number(name) for name in ("row", "line", "position")}
    return Row(state=GONE, **texts, **numbers)  # type: ignore[arg-type]
