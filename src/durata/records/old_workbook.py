"""A worksheet of an .xls, .xlsb or .ods file becomes a Table of values; error cells look like empty ones there, which is said."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from durata.finding import Finding, Severity, StudyError, Where
from durata.records.cells import Cell
from durata.records.sheets import check_header, first_of, guard_archive, pick_sheet
from durata.records.tables import Choose, Table, header_of, refuse

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST_CELLS = 20_000_000
SAVE_AS_XLSX = "Save it as an Excel workbook (.xlsx) without a password."
