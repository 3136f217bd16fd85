"""What a check found as SARIF 2.1.0, the form in which editors and code platforms take findings."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any

from durata.language.speaking import speak
from durata.records.codes import CODES
from durata.report.contents import installed
from durata.report.since import GONE, NEW, Compared, Row
from durata.rules.runner import Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVEL = {"error": "error", "warning": "warning", "info": "note"}
STATE = {NEW: "new", GONE: "absent"}
UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


def check_sarif(found: Compared, rules: Mapping[str, Rule], study_file: str) -> str:
    """A SARIF log with one run: a rule for each code that was found, a result for each cell or row.

    A result stands in the study file where the finding does; what stands in the data is a logical location (sheet, cell,
    row and column), for a region of lines means nothing in a workbook. ``partialFingerprints`` hold the stable id.
    """
    codes = sorted({row.code for row in found.rows})
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "durata",
                        "version": installed("durata"),
                        "rules": [_descriptor(code, rules) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(row, codes, study_file) for row in found.rows],
            }
        ],
    }
    return json.dumps(log, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _descriptor(code: str, rules: Mapping[str, Rule]) -> dict[str, Any]:
    """A rule as SARIF describes it: its name, what the pattern does, and why."""
    if code in rules:
        one = rules[code]
        why = (inspect.getdoc(one.judge) or "").strip()
        name, short = one.name, speak(one.summary)
        full = "\n\n".join(part for part in (why, one.reference) if part)
    elif code in CODES:
        name, short = CODES[code]
        full = short
    else:
        name, short, full = code, code, code
    described = {
        "id": code,
        "shortDescription": {"text": short},
        "fullDescription": {"text": short},
        "help": {"text": full or short},
    }
    return described | ({"name": name} if name != code else {})


def _result(row: Row, codes: list[str], study_file: str) -> dict[str, Any]:
    advice = speak(" What to do: {advice}", advice=row.remedy) if row.remedy else ""
    result: dict[str, Any] = {
        "ruleId": row.code,
        "ruleIndex": codes.index(row.code),
        "level": LEVEL[row.severity],
        "message": {"text": row.message + advice},
        "locations": [_location(row, study_file)],
        "partialFingerprints": {"durataId/v1": row.id},
    }
    if row.state:
        result["baselineState"] = STATE.get(row.state, "unchanged")
    return result


def _location(row: Row, study_file: str) -> dict[str, Any]:
    name = row.file or study_file
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri(name)}}
    if row.line is not None:
        physical["region"] = {"startLine": row.line, "startColumn": row.position or 1}
    location: dict[str, Any] = {"physicalLocation": physical}
    logical = []
    if row.column:
        logical.append({"name": row.column, "kind": "column", "fullyQualifiedName": _qualified(row)})
    if row.row is not None:
        logical.append({"name": str(row.row), "kind": "row", "fullyQualifiedName": _qualified(row)})
    return location | ({"logicalLocations": logical} if logical else {})


def _qualified(row: Row) -> str:
    """Where a cell is, in one word: file, sheet, and the cell or its row and column."""
    parts = [row.file, row.sheet, row.cell or "/".join(str(one) for one in (row.row, row.column) if one)]
    return "!".join(part for part in parts if part)


def uri(name: str) -> str:
    """A file name as a relative reference.

    >>> uri("病人 1.csv")
    '%E7%97%85%E4%BA%BA%201.csv'
    """
    return "".join(
        letter if letter in UNRESERVED else "".join(f"%{byte:02X}" for byte in letter.encode("utf-8"))
        for letter in name
    )
