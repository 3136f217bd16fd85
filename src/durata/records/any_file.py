"""The bytes of a patient file of any kind become a Table by the reader of their kind."""

from __future__ import annotations

from pathlib import Path

from durata.records import csv_table, old_workbook, parquet_table, statistics_table, xlsx_table
from durata.records.decoding import Encoding
from durata.records.layout import Layout
from durata.records.tables import Choose, Table
from durata.study.data_files import COLUMN_FILES, STATISTICS_FILES, TEXT_FILES

OPENPYXL = (".xlsx", ".xlsm")


def largest(name: str) -> int:
    """How many bytes a file of this name may have at most."""
    ending = Path(name).suffix.casefold()
    if ending in TEXT_FILES:
        return csv_table.LARGEST
    return statistics_table.LARGEST if ending in STATISTICS_FILES else xlsx_table.LARGEST


def table_of(
    content: bytes,
    name: str,
    choose: Choose,
    layout: Layout,
    *,
    sheet: str | None = None,
    encoding: Encoding | None = None,
    chinese: bool = False,
) -> Table:
    """The columns that ``choose`` picks; ``sheet``, ``encoding`` and ``chinese`` are heard where the kind has them."""
    ending = Path(name).suffix.casefold()
    if ending in TEXT_FILES:
        return csv_table.read_csv(content, name, choose, encoding, layout, chinese=chinese)
    if ending in STATISTICS_FILES:
        return statistics_table.read_statistics(content, name, choose, encoding)
    if ending in COLUMN_FILES:
        return parquet_table.read_parquet(content, name, choose)
    if ending in OPENPYXL:
        return xlsx_table.read_xlsx(content, name, sheet, choose, layout)
    return old_workbook.read_old_workbook(content, name, sheet, choose, layout)
