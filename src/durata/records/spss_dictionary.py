"""The dictionary of an SPSS file is walked through before the file is read: labels of variables that are not there break the reader."""

from __future__ import annotations

import struct

HEADER = 176
LITTLE_ENDIAN = (b"\x02\x00\x00\x00", b"\x03\x00\x00\x00")
VARIABLE, VALUE_LABELS, LABELLED_VARIABLES, DOCUMENTS, EXTENSION, END = 2, 3, 4, 6, 7, 999
DOCUMENT_LINE = 80


def is_sound(content: bytes) -> bool:
    """Whether every record of the dictionary is whole, of a known kind, and names only variables that are there."""
    order = "<" if content[64:68] in LITTLE_ENDIAN else ">"

    def numbers(place: int, n: int) -> tuple[int, ...]:
        return struct.unpack_from(f"{order}{n}i", content, place)

    place, variables = HEADER, 0
    to_come = 0  # records that a long text still needs: one for every further eight letters
    first_of: set[int] = set()  # the records that begin a variable, counted from 1
    try:
        while True:
            (kind,) = numbers(place, 1)
            place += 4
            if kind != VARIABLE and to_come:
                return False
            if kind == END:
                return variables > 0
            if kind == VARIABLE:
                width, labelled, missing = numbers(place, 3)
                if not -1 <= width <= 255 or labelled not in (0, 1) or not -3 <= missing <= 3:
                    return False
                if (width == -1) != (to_come > 0) or (width and missing < 0):  # texts have no range of missing values
                    return False
                variables += 1
                if width == -1:
                    to_come -= 1
                else:
                    to_come = max(0, _rounded(width, 8) // 8 - 1)
                    first_of.add(variables)
                place += 28
                if labelled:
                    (length,) = numbers(place, 1)
                    if length < 0:
                        return False
                    place += 4 + _rounded(length, 4)
                place += 8 * abs(missing)
            elif kind == VALUE_LABELS:
                (count,) = numbers(place, 1)
                place += 4
                if not 0 <= count <= len(content):
                    return False
                for _ in range(count):
                    place += 8
                    place += _rounded(content[place] + 1, 8)
            elif kind == LABELLED_VARIABLES:
                (count,) = numbers(place, 1)
                if not 0 <= count <= variables or not first_of.issuperset(numbers(place + 4, count)):
                    return False
                place += 4 + 4 * count
            elif kind == DOCUMENTS:
                (lines,) = numbers(place, 1)
                if lines < 0:
                    return False
                place += 4 + DOCUMENT_LINE * lines
            elif kind == EXTENSION:
                _, size, count = numbers(place, 3)
                if size < 0 or count < 0:
                    return False
                place += 12 + size * count
            else:
                return False
    except (struct.error, IndexError):  # the dictionary goes on where the file has ended
        return False


def _rounded(length: int, unit: int) -> int:
    return -(-length // unit) * unit
