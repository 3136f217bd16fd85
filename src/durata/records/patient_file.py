"""The patient file that a study names is found, read whole, and becomes a Table by the reader of its kind."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import EllipsisType
from typing import Any

from durata.finding import Finding, Severity, StudyError, Where
from durata.records.adam_times import adtte_columns, with_times
from durata.records.any_file import largest, table_of
from durata.records.columns import Wanted, folded, positions_of
from durata.records.layout import Layout, note
from durata.records.redcap_dictionary import redcap_labels
from durata.records.tables import Choose, Table
from durata.study.data_files import EVERY_KIND
from durata.study.near import advice
from durata.study.opening import NotReadable, inside, read_file
from durata.study.types import Study


def patient_table(study: Study, root: Path, wanted: Sequence[Wanted]) -> tuple[Table, str]:
    """The wanted columns of the patient file in the folder ``root``, and the sha256 of its bytes.

    The files that go with it ([data] dictionary, adtte) are joined to it; ``beside`` of the table names them.
    """
    data = study.data
    content, name = _content(study, root, data.file, "data.file")
    layout = Layout(
        data.header_row,
        frozenset(data.skip_rows),
        len({folded(one.column) for one in wanted} - _of_adtte(study)),
        lambda header: positions_of(header, wanted, data).get(folded(data.id)),
    )

    def choose(header: Sequence[str]) -> Sequence[int]:
        return list(positions_of(header, wanted, data).values())

    table = _table(study, content, name, choose, layout)
    if data.dictionary is not None:
        table = _labelled(table, study, root, data.dictionary)
    place = positions_of(table.header, wanted, data).get(folded(data.id))
    if data.adtte is not None and place is not None:
        table = _timed(table, study, root, data.adtte, place)
    return table, hashlib.sha256(content).hexdigest()


def other_table(study: Study, root: Path, key: str, file: str, choose: Choose, sheet: str | None) -> Table:
    """The columns that ``choose`` picks of another file, which the study names under ``key``; the table notes that it was read."""
    content, name = _content(study, root, file, key)
    table = _table(study, content, name, choose, Layout(), sheet=sheet)
    sha256 = hashlib.sha256(content).hexdigest()
    said = note("{file} was read beside {patients} (sha256 {sha256}).", Where(name), "", file=name,
                patients=study.data.file.rpartition("/")[2], sha256=sha256)  # fmt: skip
    return replace(table, findings=(*table.findings, said), beside=((name, sha256),))


def _of_adtte(study: Study) -> set[str]:
    """The columns that are made of ADTTE, and stand in no header."""
    timed = [outcome for outcome in study.outcomes.values() if outcome.paramcd is not None]
    return {folded(str(name)) for outcome in timed for name in (outcome.time, outcome.status)}


def _labelled(table: Table, study: Study, root: Path, file: str) -> Table:
    """The table with the labels that a REDCap dictionary gives the values of its columns."""
    content, name = _content(study, root, file, "data.dictionary")
    labels = redcap_labels(content, name)
    found = {k: labels[table.header[k].strip()] for k in table.cells if table.header[k].strip() in labels}
    return replace(table, labels={**table.labels, **found}, **_noted(table, content, name))


def _timed(table: Table, study: Study, root: Path, file: str, place: int) -> Table:
    """The table with the times and statuses that ADTTE holds."""
    content, name = _content(study, root, file, "data.adtte")
    long = _table(study, content, name, lambda header: adtte_columns(header, study.data.id), Layout(), sheet=None)
    joined = with_times(table, long, study, place)
    return replace(joined, **_noted(joined, content, name))


def _noted(table: Table, content: bytes, name: str) -> dict[str, Any]:
    """What the table says of another file that was read."""
    sha256 = hashlib.sha256(content).hexdigest()
    said = note("{file} was read beside {patients} (sha256 {sha256}).", Where(name), "", file=name, patients=table.file,
                sha256=sha256)  # fmt: skip
    return {"findings": (*table.findings, said), "beside": (*table.beside, (name, sha256))}


def _content(study: Study, root: Path, file: str, key: str) -> tuple[bytes, str]:
    """The bytes of a file that the study names under ``key``, and its name."""
    name = file.rpartition("/")[2]
    where = study.place(key) or Where(name)

    def refused(what: str, remedy: str = "", **evidence: object) -> StudyError:
        return StudyError([Finding("D03", Severity.ERROR, what, {"key": key, "file": file, **evidence}, remedy, where)])

    ending = Path(name).suffix.casefold()
    if ending not in EVERY_KIND:
        what = "{key}: {file!r} is neither {kinds} nor {last}."
        kinds, last = ", ".join(EVERY_KIND[:-1]), EVERY_KIND[-1]
        raise refused(what, "Save it as .xlsx or as CSV UTF-8.", kinds=kinds, last=last)
    try:
        return read_file(inside(root, file), largest(name)), name
    except NotReadable as reason:
        remedy = _nearest_file(root, file) if str(reason) == "does not exist" else ""
        what = "{key}: {file!r} {reason}."
        raise refused(what, "{near}" if remedy else "", reason=str(reason), near=remedy) from reason


def _nearest_file(root: Path, file: str) -> str:
    folder = (root / file).parent
    try:
        names = [one.name for one in folder.iterdir() if one.suffix.casefold() in EVERY_KIND]
    except OSError:
        return "The folder it should be in does not exist either."
    return advice(file.rpartition("/")[2], names)


def _table(
    study: Study, content: bytes, name: str, choose: Choose, layout: Layout, sheet: str | EllipsisType | None = ...
) -> Table:
    data = study.data
    page = data.sheet if isinstance(sheet, EllipsisType) else sheet
    chinese = study.study.language == "zh"
    return table_of(content, name, choose, layout, sheet=page, encoding=data.encoding, chinese=chinese)
