"""A file of a statistics program (SPSS, Stata, SAS) becomes a Table: values, the labels they have, and what it declares missing."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from durata.finding import Finding, Severity, StudyError, Where
from durata.language.speaking import speak
from durata.records.cells import Cell, label
from durata.records.decoding import Encoding
from durata.records.spss_dictionary import is_sound
from durata.records.tables import MOST_COLUMNS, Choose, Table, refuse

LARGEST = 512_000_000
MOST_CELLS = 50_000_000
STATA_MARKUP = b"<stata_dta>"
STATA_END = b"</stata_dta>"
FIRST_UNICODE_STATA = 118
SAS_MAGIC = bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
EXPORT_RECORD = 80  # every record of a SAS transport file has this many bytes

# The program, what reads its files, and how its files begin.
KINDS: Mapping[str, tuple[str, str, tuple[bytes, ...]]] = {
    ".sav": ("SPSS", "read_sav", (b"$FL2", b"$FL3")),
    ".zsav": ("SPSS", "read_sav", (b"$FL2", b"$FL3")),
    ".dta": (
        "Stata",
        "read_dta",
        (STATA_MARKUP, *(bytes([version, order, 1]) for version in range(104, 116) for order in (1, 2))),
    ),
    ".sas7bdat": ("SAS", "read_sas7bdat", (SAS_MAGIC,)),
    ".xpt": ("SAS transport", "read_xport", (b"HEADER RECORD*******LIB",)),
}


def read_statistics(content: bytes, file: str, choose: Choose, declared: Encoding | None = None) -> Table:
    """The columns that ``choose`` picks from the names of the variables; no other column is loaded.

    Cells hold the values as stored; ``labels`` of the table say how the file names them. What the file declares missing
    (user-missing values and ranges, .a to .z) becomes an empty cell and is counted in a finding. Cases are numbered
    from 1, as the program shows them. ``declared`` replaces the encoding that the file names. Raises StudyError (D03)
    when the file is damaged, cut off, too large or not what its name says.
    """
    ending = Path(file).suffix.casefold()
    program, reader, beginnings = KINDS[ending]
    if not content.startswith(beginnings):
        raise refuse("D03", "this is not a file of {program} ({ending}), whatever its name says.", Where(file),
                     program=program, ending=ending)  # fmt: skip
    if _cut_off(content, ending):
        raise _damaged(file, program, "its end is missing")
    if program == "SPSS" and not is_sound(content):
        raise _damaged(file, program, "its dictionary is not sound")
    options: dict[str, Any] = {} if declared is None else {"encoding": declared.upper()}
    _, about = _read(content, file, program, reader, {**options, "metadataonly": True})
    header = tuple(about.column_names)
    if not all(isinstance(name, str) for name in header):
        raise _damaged(file, program, "a variable has no name")
    if not header or len(header) > MOST_COLUMNS:
        raise refuse("D05", "the file has {n:,} variables; from 1 to {most:,} are read.", Where(file), n=len(header),
                     most=MOST_COLUMNS)  # fmt: skip
    wanted = sorted(set(choose(header)))
    cells: dict[int, list[Cell]] = {}
    n = about.number_rows or 0
    if wanted:
        most = MOST_CELLS // len(wanted)
        options |= {"usecols": [header[k] for k in wanted], "row_limit": most + 1}
        if ending != ".xpt":
            options["user_missing"] = True
        columns, about = _read(content, file, program, reader, options)
        cells = {k: columns[header[k]] for k in wanted}
        n = len(cells[wanted[0]])
        if n > most:
            raise refuse("D03", "the file has more than {most:,} rows.", Where(file), most=most)
        if about.number_rows is not None and n != about.number_rows:
            raise _damaged(file, program, "it does not hold the number of rows that it names")
    findings: list[Finding] = []
    for k in wanted:
        findings += _empty_missing(cells[k], header[k], about, file)
    labels = {k: about.variable_value_labels[header[k]] for k in wanted if header[k] in about.variable_value_labels}
    _check_letters(content, file, declared, (header, *cells.values(), *(words.values() for words in labels.values())))
    if ending == ".xpt":
        what = "a SAS transport file does not say how many rows it has; {n:,} were read."
        findings.append(Finding("D03", Severity.INFO, what, {"n": n}, "Check this number.", Where(file)))
    encoding = (declared or about.file_encoding or "").casefold() or None
    return Table(
        file,
        header,
        cells,
        range(1, n + 1),
        encoding=encoding,
        findings=tuple(findings),
        header_row=None,
        labels=labels,
    )


def _cut_off(content: bytes, ending: str) -> bool:
    """Whether the end is missing, where the reader would not notice."""
    if ending == ".xpt":
        return len(content) % EXPORT_RECORD != 0
    return content.startswith(STATA_MARKUP) and not content.rstrip(b"\0\r\n ").endswith(STATA_END)


def _read(content: bytes, file: str, program: str, reader: str, options: Mapping[str, Any]) -> tuple[Any, Any]:
    import pyreadstat

    try:
        return getattr(pyreadstat, reader)(io.BytesIO(content), output_format="dict", **options)  # type: ignore[no-any-return]
    except StudyError:
        raise
    except Exception as error:  # a damaged file makes the reader raise nearly anything
        if isinstance(error, UnicodeDecodeError) or "encoding" in str(error):
            what = "the file holds text that does not fit its encoding."
            remedy = "Save it with a present version of {program}, or declare encoding under [data]."
            raise refuse("D03", what, Where(file), remedy, program=program) from error
        raise _damaged(file, program, type(error).__name__) from error


def _damaged(file: str, program: str, reason: str) -> StudyError:
    what = "the {program} file cannot be read ({reason}); it is damaged or cut off."
    remedy = "Export it again, or save it as CSV UTF-8."
    return refuse("D03", what, Where(file), remedy, program=program, reason=speak(reason))


def _empty_missing(cells: list[Cell], name: str, about: Any, file: str) -> list[Finding]:
    """Empty the cells that the file declares missing; a finding says how many held which value."""
    ranges = about.missing_ranges.get(name, ())
    lettered = about.readstat_variable_types.get(name) != "string"  # in a column of numbers a letter is .a to .z
    counts: dict[str, int] = {}
    for k, cell in enumerate(cells):
        if cell is None:
            continue
        if (lettered and isinstance(cell, str)) or any(_within(cell, one["lo"], one["hi"]) for one in ranges):
            text = "." + cell if lettered and isinstance(cell, str) else label(cell)
            counts[text] = counts.get(text, 0) + 1
            cells[k] = None
    if not counts:
        return []
    told = ", ".join(f"{text!r} ({n})" for text, n in sorted(counts.items())[:10])
    evidence = {"n": sum(counts.values()), "values": told, "counts": counts}
    what = "{n:,} cell(s) with a value that the file declares missing were read as missing: {values}."
    return [Finding("D03", Severity.INFO, what, evidence, "", Where(file, column=name))]


def _within(cell: Cell, low: object, high: object) -> bool:
    if isinstance(cell, str):
        return isinstance(low, str) and isinstance(high, str) and low.strip() <= cell.strip() <= high.strip()
    numbers = isinstance(cell, int | float) and isinstance(low, int | float) and isinstance(high, int | float)
    return numbers and low <= cell <= high  # type: ignore[operator]


def _check_letters(content: bytes, file: str, declared: Encoding | None, texts: Sequence[Any]) -> None:
    """Files of Stata 13 and older do not say their encoding: only plain English letters mean the same in all of them."""
    old = content[0] < FIRST_UNICODE_STATA and not content.startswith(STATA_MARKUP)
    old = old or content.startswith(STATA_MARKUP + b"<header><release>117<")
    if not old or declared is not None or content.startswith((b"$FL", b"\0", b"HEADER")):
        return
    for column in texts:
        if any(isinstance(text, str) and not text.isascii() for text in column):
            what = "a file of Stata 13 or older does not say its encoding, and this one has letters that depend on it."
            remedy = "Save it with Stata 14 or later, or declare encoding under [data]."
            raise refuse("D03", what, Where(file), remedy)
