"""A study file becomes a Study, or a StudyError that carries every mistake in it with line and position."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from durata.finding import Finding, Severity, StudyError, Where
from durata.language.speaking import ENGLISH, LANGUAGES, speak, speaking
from durata.study.mistakes import Mistake, mistakes
from durata.study.opening import IS_A_FOLDER, NotReadable, read_file
from durata.study.positions import Place, positions
from durata.study.types import Study, StudySource

LARGEST = 1_000_000
DEEPEST = 50  # brackets within brackets; no study file needs more, and the parser has an end
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

TOML_HINTS = (
    ("overwrite", "The same key stands twice; keep one of them."),
    ("declare", "The same table stands twice; put its keys under one heading."),
    ("mutate", "This table was closed already; put its keys under one heading."),
    (
        "invalid value",
        "Texts stand in double quotes, dates without quotes (2024-12-31), true and false in small letters.",
    ),
    ("after a key", "A line is key = value; a key with a dot or a blank in it stands in double quotes."),
    ("at the end of a table declaration", "A heading is [name] on a line of its own."),
    ("unclosed", "A bracket is opened and not closed."),
    ("unterminated", "A text is opened and not closed."),
    ("illegal character", "A text ends on its own line; a backslash in a text is written twice."),
    ("escaped", "A backslash in a text is written twice."),
)


def read_study(path: str | Path) -> Study:
    """Read a study file (TOML): strict, and every mistake in it at once.

    Parameters
    ----------
    path : the study file; UTF-8, at most 1 MB.

    Returns
    -------
    Study, frozen; ``study.source`` remembers the file, its sha256 and where each key stands.

    Raises
    ------
    StudyError : the file cannot be read (F01), is not TOML (F02), or says what the study file does not know (F03:
        unknown or missing keys, values that do not fit, names that lead nowhere). Each finding has line and position.

    References
    ----------
    Preston-Werner T, Gedam P (2021) TOML v1.0.0.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> study.treatment.start
    'accept.dt'
    """
    file = Path(path)
    name = file.name or "study file"
    content = _read(file, name)
    text = _decode(content, name)
    declared = parse_toml(text, name)
    places = positions(text)
    with speaking(_language(declared)):
        found = mistakes(declared)
        if found:
            raise StudyError(in_file_order(found, name, places))
    try:
        study = Study.model_validate(declared, by_alias=True, by_name=False)
    except ValidationError as error:  # mistakes() asks the same types, so this is not reached
        raise StudyError([_refused("F03", name, str(error))]) from error
    by_dotted_key = {".".join(map(str, keys)): place.value for keys, place in places.items()}
    return study.read_from(StudySource(file, hashlib.sha256(content).hexdigest(), by_dotted_key))


def _language(declared: Mapping[str, Any]) -> str:
    """The language a study file asks for, English where it asks for none that durata speaks."""
    table = declared.get("study")
    asked = table.get("language") if isinstance(table, Mapping) else None
    return asked if asked in LANGUAGES else ENGLISH


def _read(file: Path, name: str) -> bytes:
    try:
        return read_file(file, LARGEST)
    except NotReadable as reason:
        inner = str(reason) == IS_A_FOLDER and (file / "study.toml").is_file()
        remedy = speak("Did you mean {name}/study.toml?", name=name) if inner else ""
        what = speak("The study file {reason}.", reason=speak(str(reason)))
        raise StudyError([_refused("F01", name, what, remedy)]) from reason


def _decode(content: bytes, name: str) -> str:
    body = content.removeprefix(BYTE_ORDER_MARK)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        before = body[: error.start]
        line, position = before.count(b"\n") + 1, len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        where = Where(name, line=line, position=position)
        what = "The study file is not UTF-8 text (byte 0x{byte:02x})."
        evidence = {"byte": body[error.start]}
        finding = Finding("F01", Severity.ERROR, what, evidence, "Save it as UTF-8.", where)
        raise StudyError([finding]) from error


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """A TOML text as nested dictionaries; StudyError (F02) with line and position where it is not TOML."""
    if _depth(text) > DEEPEST:
        raise StudyError([_refused("F02", name, "The study file has brackets within brackets beyond all need.")])
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyError([_syntax(error, text, name)]) from error
    except ValueError as error:
        raise StudyError([_refused("F02", name, "The study file has a number of thousands of digits.")]) from error
    except RecursionError as error:
        raise StudyError([_refused("F02", name, "The study file is nested too deeply.")]) from error


def _depth(text: str) -> int:
    """An upper bound of how deeply brackets are nested (those in texts and comments count too)."""
    depth = deepest = 0
    for line in text.split("\n"):
        for bracket in re.findall(r"[\[\]{}]", line):
            depth = depth + 1 if bracket in "[{" else max(depth - 1, 0)
            deepest = max(deepest, depth)
    return deepest


def _syntax(error: ValueError, text: str, name: str) -> Finding:
    said = str(error)
    found = re.search(r"\s*\(at line (\d+), column (\d+)\)$", said)
    if found:
        line, position = int(found[1]), int(found[2])
    else:
        lines = text.rstrip("\n").split("\n")
        line, position = len(lines), len(lines[-1]) + 1
    reason = re.sub(r"\s*\(at [^)]*\)$", "", said).rstrip(".")
    reason = re.sub(r"\('(.*?)',?\)", lambda keys: "[" + keys[1].replace("', '", ".") + "]", reason)
    hint = next((words for sign, words in TOML_HINTS if sign in reason.casefold()), "")
    return Finding(
        "F02",
        Severity.ERROR,
        "This is not valid TOML: {reason}.",
        {"reason": reason[:1].lower() + reason[1:200]},
        hint,
        Where(name, line=line, position=position),
    )


def in_file_order(found: Iterable[Mistake], name: str, places: Mapping[tuple[str | int, ...], Place]) -> list[Finding]:
    """Mistakes as findings with line and position, in the order of the file."""
    return sorted((_finding(one, name, places) for one in found), key=_in_file_order)


def _finding(mistake: Mistake, name: str, places: Mapping[tuple[str | int, ...], Place]) -> Finding:
    line, position = _place(mistake, places)
    return Finding(
        "F03",
        Severity.ERROR,
        "{key}: " + mistake.what if mistake.keys else mistake.what,
        {**mistake.evidence, "key": _dotted(mistake.keys)},
        mistake.remedy,
        Where(name, line=line, position=position),
    )


def _place(mistake: Mistake, places: Mapping[tuple[str | int, ...], Place]) -> tuple[int, int]:
    """Where the key stands; the value when that is what is wrong; the table when the key is not written."""
    for end in range(len(mistake.keys), 0, -1):
        place = places.get(mistake.keys[:end])
        if place is not None:
            of_value = not mistake.of_key if end == len(mistake.keys) else isinstance(mistake.keys[end], int)
            return place.value if of_value else place.key
    return 1, 1


def _dotted(keys: tuple[str | int, ...]) -> str:
    """Keys as they could be written in the study file, long or odd ones in quotes."""
    parts = [str(key) if re.fullmatch(r"[\w-]+", str(key)) else repr(str(key)) for key in keys]
    return ".".join(part if len(part) <= 60 else part[:59] + "…" for part in parts)


def _in_file_order(finding: Finding) -> tuple[int, int]:
    where = finding.where
    return (0, 0) if where is None else (where.line or 0, where.position or 0)


def _refused(code: str, name: str, what: str, remedy: str = "") -> Finding:
    evidence = {"said": what, "remedy": remedy}
    return Finding(code, Severity.ERROR, "{said}", evidence, "{remedy}" if remedy else "", Where(name))
