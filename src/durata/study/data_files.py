"""The kinds of patient files that a study may name, by the ending of their names."""

from __future__ import annotations

TEXT_FILES = (".csv", ".tsv", ".txt")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
STATISTICS_FILES = (".sav", ".zsav", ".dta", ".sas7bdat", ".xpt")
COLUMN_FILES = (".parquet",)
EVERY_KIND = (*TEXT_FILES, *WORKBOOKS, *STATISTICS_FILES, *COLUMN_FILES)


def kinds_in_words() -> str:
    """The endings in one line of words.

    >>> kinds_in_words()[:16]
    '.csv, .tsv, .txt'
    """
    return ", ".join(EVERY_KIND[:-1]) + " or " + EVERY_KIND[-1]
