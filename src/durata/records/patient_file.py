"""The patient file that a study names is found, read whole, and becomes a Table by the reader of its kind."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from durata.finding import Finding, Severity, StudyError, Where
from durata.records import csv_table, old_workbook, parquet_table, statistics_table, xlsx_table
from durata.records.columns import Wanted, positions_of
from durata.records.tables import Table
from durata.study.data_files import COLUMN_FILES, EVERY_KIND, STATISTICS_FILES, TEXT_FILES
from durata.study.near import advice
from durata.study.opening import NotReadable, inside, read_file
from durata.study.types import Study

OPENPYXL = (".xlsx", ".xlsm")


def patient_table(study: Study, root: Path, wanted: Sequence[Wanted]) -> tuple[Table, str]:
    """The wanted columns of the patient file in the folder ``root``, and the sha256 of its bytes."""
    content, name = _content(study, root)
    return _table(study, content, name, wanted), hashlib.sha256(content).hexdigest()


def _content(study: Study, root: Path) -> tuple[bytes, str]:
    """The bytes of the patient file and its name."""
    file = study.data.file
    name = file.rpartition("/")[2]
    where = study.place("data.file") or Where(name)

    def refused(what: str, remedy: str = "", **evidence: object) -> StudyError:
        return StudyError([Finding("D03", Severity.ERROR, what, {"file": file, **evidence}, remedy, where)])

    ending = Path(name).suffix.casefold()
    if ending not in EVERY_KIND:
        kinds = f"{', '.join(EVERY_KIND[:-1])} nor {EVERY_KIND[-1]}"
        raise refused("data.file: {file!r} is neither {kinds}.", "Save it as .xlsx or as CSV UTF-8.", kinds=kinds)
    try:
        return read_file(inside(root, file), _largest(ending)), name
    except NotReadable as reason:
        remedy = _nearest_file(root, file) if str(reason) == "does not exist" else ""
        what = "data.file: {file!r} {reason}."
        raise refused(what, "{near}" if remedy else "", reason=str(reason), near=remedy) from reason


def _largest(ending: str) -> int:
    if ending in TEXT_FILES:
        return csv_table.LARGEST
    return statistics_table.LARGEST if ending in STATISTICS_FILES else xlsx_table.LARGEST


def _nearest_file(root: Path, file: str) -> str:
    folder = (root / file).parent
    try:
        names = [one.name for one in folder.iterdir() if one.suffix.casefold() in EVERY_KIND]
    except OSError:
        return "The folder it should be in does not exist either."
    return advice(file.rpartition("/")[2], names)


def _table(study: Study, content: bytes, name: str, wanted: Sequence[Wanted]) -> Table:
    def choose(header: Sequence[str]) -> Sequence[int]:
        return list(positions_of(header, wanted, study.data).values())

    ending = Path(name).suffix.casefold()
    if ending in TEXT_FILES:
        return csv_table.read_csv(content, name, choose, study.data.encoding)
    if ending in STATISTICS_FILES:
        return statistics_table.read_statistics(content, name, choose, study.data.encoding)
    if ending in COLUMN_FILES:
        return parquet_table.read_parquet(content, name, choose)
    if ending in OPENPYXL:
        return xlsx_table.read_xlsx(content, name, study.data.sheet, choose)
    return old_workbook.read_old_workbook(content, name, study.data.sheet, choose)
