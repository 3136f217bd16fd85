"""The bytes of a text file become text: a byte order mark decides, then strict UTF-8, then what was declared; never a guess."""

from __future__ import annotations

import codecs
import csv
import io
from typing import Literal

from durata.finding import Finding, Severity, Where
from durata.records.tables import refuse

Encoding = Literal["utf-8", "utf-16", "gb18030"]

MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
SAVE_AS_UTF8 = "Save the file as 'CSV UTF-8'."
DECLARE_CHINESE = SAVE_AS_UTF8 + ' If it is a Chinese file, declare encoding = "gb18030" under [data].'
LAST_OF_TWO_BYTES = "\u07ff"  # characters up to here take at most two bytes in UTF-8


def decode(
    content: bytes, file: str, declared: Encoding | None = None, *, chinese: bool = False
) -> tuple[str, str, tuple[Finding, ...]]:
    """The text, the encoding it was read in, and a finding when that is not plain UTF-8 or not the declared one.

    No detector is asked: in short files they take Chinese for Korean. A byte order mark says what the file is; without
    one it is UTF-8 if every byte fits, and GB 18030 only if that was declared or the study is ``chinese`` (western text
    decodes as GB 18030 without an error). Raises StudyError (D03) at the first row that does not fit.

    >>> decode("性别".encode("gb18030"), "cohort.csv", "gb18030")[:2]
    ('性别', 'gb18030')
    """
    mark, encoding = next(((mark, name) for mark, name in MARKS if content.startswith(mark)), (b"", "utf-8"))
    body = content[len(mark) :]
    if not mark and declared == "utf-16":
        what = "the file is declared as UTF-16 and does not begin with a byte order mark."
        raise refuse("D03", what, Where(file), SAVE_AS_UTF8)
    if encoding != "utf-8" and declared not in (None, "utf-16"):
        raise refuse("D03", "the file is declared as {declared} and is {name}.", Where(file),
                     "Correct encoding under [data], or leave it out.", declared=declared, name="UTF-16")  # fmt: skip
    told = declared == "gb18030" and not _is_utf8(body)
    tried = declared is None and chinese and not _fits(body, "utf-8") and _fits(body, "gb18030")
    if not mark and (told or tried):
        encoding = "gb18030"
    text = _strict(body, encoding, file, declared)
    if "\0" in text:
        row = _row_of(text[: text.index("\0")])
        raise refuse("D03", "row {row} has a zero byte; this is not a text file.", Where(file, row=row), SAVE_AS_UTF8,
                     row=row)  # fmt: skip
    name = "utf-8 with byte order mark" if mark and encoding == "utf-8" else encoding
    return text, name, _said(file, name, declared, text)


def _is_utf8(body: bytes) -> bool:
    """Whether a file declared as GB 18030 is UTF-8 for all that.

    Two bytes of GB 18030 can be one character of UTF-8 by chance; three bytes a character, all through a file, cannot.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return text.isascii() or max(text) > LAST_OF_TWO_BYTES


def _strict(body: bytes, encoding: str, file: str, declared: Encoding | None) -> str:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        row = _row_of(body[: error.start].decode(encoding, "ignore"))
        where = Where(file, row=row)
        what = "the file is not {name}: byte 0x{byte:02x} in row {row} is the first that does not fit."
        name = {"utf-8": "UTF-8", "gb18030": "GB 18030"}.get(encoding, "UTF-16 throughout")
        chinese = encoding == "utf-8" and declared is None and _fits(body, "gb18030")
        remedy = DECLARE_CHINESE if chinese else SAVE_AS_UTF8
        raise refuse("D03", what, where, remedy, name=name, byte=body[error.start], row=row) from error


def _fits(body: bytes, encoding: str) -> bool:
    try:
        body.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _row_of(before: str) -> int:
    """The row in which a text breaks off; a quote that is still open there keeps its record going."""
    return max(1, sum(1 for _ in csv.reader(io.StringIO(before + "x", newline=""))))


def _said(file: str, name: str, declared: Encoding | None, text: str) -> tuple[Finding, ...]:
    """What the reader of a report must know of the encoding: nothing if the file is plain UTF-8 as everybody takes it."""
    if declared == "gb18030" and name.startswith("utf-8"):
        if text.isascii():
            return ()
        what = "the file is declared as gb18030, but is UTF-8, and was read as UTF-8."
        remedy = 'Declare encoding = "utf-8" under [data], or nothing.'
        return (Finding("D03", Severity.WARNING, what, {"encoding": name}, remedy, Where(file)),)
    if name.startswith("utf-8"):
        return ()
    return (Finding("D03", Severity.INFO, "the file was read as {encoding}.", {"encoding": name}, "", Where(file)),)
