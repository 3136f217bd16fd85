"""A Parquet file becomes a Table, when pyarrow is installed: only the wanted columns are loaded."""

from __future__ import annotations

import io
from typing import Any

from durata.finding import StudyError, Where
from durata.records.tables import MOST_COLUMNS, Choose, Table, refuse

MAGIC = b"PAR1"
MOST_CELLS = 50_000_000
INSTALL = "Install it (pip install 'durata[parquet]'), or save the file as CSV UTF-8."


def read_parquet(content: bytes, file: str, choose: Choose) -> Table:
    """The columns that ``choose`` picks; rows are numbered from 1.

    Raises StudyError (D03) when pyarrow is not installed, or when the file is damaged, too large, or of nested columns.
    """
    if not (content.startswith(MAGIC) and content.endswith(MAGIC)):
        raise refuse("D03", "this is not a whole Parquet file, whatever its name says.", Where(file))
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise refuse("D03", "Parquet files are read by pyarrow, which is not installed.", Where(file),
                     INSTALL) from error  # fmt: skip
    try:
        opened = parquet.ParquetFile(io.BytesIO(content))
        return _table(opened, file, choose)
    except StudyError:
        raise
    except Exception as error:  # a damaged file makes pyarrow raise nearly anything
        what = "the Parquet file cannot be read ({kind}); it is damaged."
        raise refuse("D03", what, Where(file), "Export it again.", kind=type(error).__name__) from error


def _table(opened: Any, file: str, choose: Choose) -> Table:
    header = tuple(str(name) for name in opened.schema_arrow.names)
    if not header or len(header) > MOST_COLUMNS:
        raise refuse("D05", "the file has {n:,} columns; from 1 to {most:,} are read.", Where(file), n=len(header),
                     most=MOST_COLUMNS)  # fmt: skip
    wanted = sorted(set(choose(header)))
    rows = opened.metadata.num_rows
    if rows * max(1, len(wanted)) > MOST_CELLS:
        raise refuse("D03", "the file has {n:,} rows, which is more than is read.", Where(file), n=rows)
    for k in wanted:
        kind = opened.schema_arrow.field(k).type
        if kind.num_fields and "dictionary" not in str(kind):
            what = "column {column!r} is of the nested type {kind}; only plain values are read."
            raise refuse("D03", what, Where(file, column=header[k]), column=header[k], kind=str(kind))
    columns = [] if not wanted else _plain(opened.read(columns=[header[k] for k in wanted]))
    return Table(
        file, header, {k: columns[place] for place, k in enumerate(wanted)}, range(1, rows + 1), header_row=None
    )


def _plain(loaded: Any) -> list[list[Any]]:
    """Python's own values, column after column; decimals as the text they stand for."""
    columns = []
    for column in loaded.columns:
        text = "decimal" in str(column.type)
        values = column.to_pylist()
        columns.append([None if one is None else str(one) for one in values] if text else values)
    return columns
