"""How far the cells of a binary or OpenDocument sheet reach, measured before anything is laid out in memory."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import IO
from xml.etree import ElementTree

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
ROW_HEADER = 0
CELLS = frozenset({*range(1, 12), 62})


def furthest(content: bytes) -> int:
    """The largest number of cells that a sheet of the archive covers, from its first corner to its last used cell.

    Two cells in opposite corners of a sheet take a few bytes of a file and, laid out as a rectangle, all the memory
    there is. Raises what the archive and its parts raise when they are damaged.
    """
    most = 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name == "content.xml":
                with archive.open(name) as part:
                    most = max([most, *_open_document(part)])
            elif name.startswith("xl/worksheets/") and name.endswith(".bin"):
                most = max(most, _binary(archive.read(name)))
    return most


def _open_document(part: IO[bytes]) -> Iterator[int]:
    """The rectangle of every table; repeated rows and cells count as often as they are repeated."""
    row = last_row = column = last_column = widest = 0
    for event, element in ElementTree.iterparse(part, events=("start", "end")):
        if event == "start":
            if element.tag == TABLE + "table":
                row = last_row = widest = 0
            elif element.tag == TABLE + "table-row":
                column = last_column = 0
            continue
        if element.tag in (TABLE + "table-cell", TABLE + "covered-table-cell"):
            column += int(element.get(TABLE + "number-columns-repeated", "1"))
            if len(element) or any(name.endswith("}value-type") for name in element.attrib):
                last_column = column
            element.clear()
        elif element.tag == TABLE + "table-row":
            row += int(element.get(TABLE + "number-rows-repeated", "1"))
            if last_column:
                last_row, widest = row, max(widest, last_column)
            element.clear()
        elif element.tag == TABLE + "table":
            yield last_row * widest
            element.clear()


def _binary(sheet: bytes) -> int:
    """The rectangle of an .xlsb sheet: records of a number, a length and a body, both numbers in groups of seven bits."""
    place = last_row = last_column = 0
    end = len(sheet)
    while place < end:
        kind = sheet[place]
        place += 1
        if kind & 0x80:
            kind = kind & 0x7F | (sheet[place] & 0x7F) << 7
            place += 1
        length = shift = 0
        while True:
            byte = sheet[place]
            place += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 or shift > 21:
                break
        if kind == ROW_HEADER:
            last_row = max(last_row, int.from_bytes(sheet[place : place + 4], "little") + 1)
        elif kind in CELLS:
            last_column = max(last_column, int.from_bytes(sheet[place : place + 4], "little") + 1)
        place += length
    return last_row * last_column
