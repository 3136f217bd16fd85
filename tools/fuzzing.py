"""Broken studies: a page's study, patient, decision or figures file with something changed, and what durata must make of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import durata as du
from durata.pipeline import check

ROOT = Path(__file__).resolve().parents[1]
Choose = Callable[[int], int]
"""Chooses one of n: 0 to n - 1."""

CELLS = (
    *("", " ", "0", "-1", "1e309", "nan", "inf", "NULL", "99", "1,5", "≥20", "12.5 mm", "2020-02-30", "31/12/2019"),
    *("12/31/2019", "1900-01-00", "43831", "9999-12-31", "0001-01-01", "女", "yes", "TRUE", "=1+1", "a" * 40_000),
    *("\u202e", "\x00", "'", '"', ";", "\t", "\ufeff", "{n}", "%s", "\ud7ff", "🫀", "٣", "１２"),
)
HEADERS = (
    "",
    " ",
    "id",
    "ID",
    "start",
    "Start ",
    "event",
    "name",
    "列",
    "Unnamed: 0",
    "{n}",
    "[data]",
    "a" * 300,
    "\ufeffid",
)
PIECES = (
    *(b"[", b"]", b'"', b"=", b".", b"\n", b"{", b"}", b"1", b"-", b"#", b"'", b"\xff", b"\\u0000", b",", b"0", b"e9"),
    *(b"nan", b"true", b"2020-01-01", b'"end"', b'"start"', b"\n[emulation]\n", b"\n[weights]\n", b"\n[missing]\n"),
    *(b"\nmethod = 'impute'\n", b"\n[ignore]\nT01 = 'so'\n", b"\nlanguage = 'zh'\n", b"[[claims]]", b"\xe4\xb8\xad"),
)
ODD = (b"0", b"1", b"2", b"6", b"-1", b"0.5", b"1e9", b"36", b"1000000")
TABLES = (
    b'\n[missing]\nmethod = "impute"\n',
    b"\n[horizons]\nat = [1, 12, 60]\nrestricted_mean = 24\n",
    b'\n[emulation]\nhorizon = 24\nwindows = [{ name = "a", to = 6 }, { name = "b", from = 6, to = 12 }]\n',
    b'\n[weights]\ncovariates = ["age"]\n',
    b'\n[ignore]\nT01 = "the duration is of no interest here"\n',
    b'\n[confounders]\nexpected = ["age", "size"]\n',
)
FIXES = """
[[fix]]
id = "one"
code = "D02"
file = "patients.csv"
row = 2
column = "{column}"
found = "{found}"
set = "1999-01-01"

[[fix]]
id = "two"
code = "D02"
file = "patients.csv"
row = 3
column = "{column}"
exclude = "a second record of one patient"
"""


@cache
def cases() -> tuple[tuple[str, str], ...]:
    """(study file, patient file) of every example in the pages of the rules."""
    found = []
    for page in sorted((ROOT / "docs" / "rules").glob("[A-Z]*.md")):
        text = page.read_text(encoding="utf-8")
        studies = re.findall(r"^```toml\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
        patients = re.findall(r"^```csv\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
        found += list(zip(studies, patients, strict=False))
    return tuple(found)


def broken_text(text: bytes, choose: Choose) -> bytes:
    """A text with one piece put in, and up to three bytes taken out."""
    at = choose(len(text) + 1)
    return text[:at] + PIECES[choose(len(PIECES))] + text[at + choose(4) :]


def other_declaration(text: bytes, choose: Choose) -> bytes:
    """A study file with a number, a name, a line or a table changed, so that it is most often still a study file."""
    kind = choose(4)
    if kind == 0:
        return _replaced(text, rb"(?<![\w.-])\d+(\.\d+)?(?![\w-])", ODD[choose(len(ODD))], choose)
    if kind == 1:
        words = re.findall(rb'"[^"\n]*"', text) or [b'""']
        return _replaced(text, rb'"[^"\n]*"', words[choose(len(words))], choose)
    if kind == 2:
        lines = text.split(b"\n")
        del lines[choose(len(lines))]
        return b"\n".join(lines)
    return text + TABLES[choose(len(TABLES))]


def _replaced(text: bytes, pattern: bytes, by: bytes, choose: Choose) -> bytes:
    places = list(re.finditer(pattern, text))
    if not places:
        return text
    place = places[choose(len(places))]
    return text[: place.start()] + by + text[place.end() :]


def broken_table(text: str, choose: Choose) -> str:
    """A patient file with one cell, header, row or separator changed."""
    lines = [line.split(",") for line in text.splitlines()] or [[""]]
    kind = choose(6)
    row = choose(len(lines))
    if kind == 0:
        lines[0][choose(len(lines[0]))] = HEADERS[choose(len(HEADERS))]
    elif kind == 1:
        lines[row] = lines[row] * 2
    elif kind == 2:
        del lines[row]
    elif kind == 3:
        lines.insert(row, list(lines[row]))
    else:
        lines[row][choose(len(lines[row]))] = CELLS[choose(len(CELLS))]
    return "\n".join(",".join(line) for line in lines) + "\n"


def write_broken_study(folder: Path, choose: Choose) -> Path:
    """Write a study with something wrong in any of its files into a folder; the path of its study file."""
    every = cases()
    study, patients = every[choose(len(every))]
    declared = study.encode()
    if choose(4) == 0:
        head = patients.splitlines()[0].split(",")
        cells = [*patients.splitlines(), ""][1].split(",")
        k = choose(len(head))
        fixes = FIXES.format(column=head[k], found=cells[k] if k < len(cells) else "").encode()
        for _ in range(choose(3)):
            fixes = broken_text(fixes, choose)
        (folder / "fixes.toml").write_bytes(fixes)
        declared = declared.replace(b"[data]\n", b'[data]\nfixes = "fixes.toml"\n')
    if choose(3):
        declared = declared.replace(b"[data]\n", b'[data]\non_defect = "exclude"\n')
    for _ in range(choose(3)):
        declared = other_declaration(declared, choose)
    if choose(6) == 0:
        declared = broken_text(declared, choose)
    for _ in range(choose(4)):
        patients = broken_table(patients, choose)
    content = patients.encode("utf-8", "surrogatepass")
    if choose(8) == 0:
        content = broken_text(content, choose)
    (folder / "patients.csv").write_bytes(content)
    (folder / "study.toml").write_bytes(declared)
    return folder / "study.toml"


def write_broken_figures(folder: Path, choose: Choose) -> Path:
    """Write the bundled figures file, broken, into a folder; its path."""
    text = du.example_figures().read_bytes()
    for _ in range(1 + choose(4)):
        text = broken_text(text, choose)
    (folder / "figures.toml").write_bytes(text)
    return folder / "figures.toml"


def check_says_something(study: Path) -> str:
    """What ``durata check`` says of a study file: findings, or a refusal in words; anything else passes through as an error."""
    try:
        checked = check(study)
    except du.StudyError as refused:
        return said(refused.findings)
    except du.CannotEstimate as refused:
        return str(refused)
    return said((*checked.verdicts.findings, *checked.notes))


def audit_says_something(figures: Path) -> str:
    """What ``durata audit`` says of a figures file."""
    try:
        judged = du.audit_figures(du.read_figures(figures))
    except du.StudyError as refused:
        return said(refused.findings)
    return "\n".join(str(one) for one in judged)


def said(findings: tuple[du.Finding, ...] | list[du.Finding]) -> str:
    """Every message and remedy, filled in."""
    return "\n".join(f"{one.where or ''} {one.code} {one.message} {one.advice}" for one in findings)
