"""Where a report comes from, in a form that a machine reads back out of it; and that its inputs are still the same."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from durata.finding import DurataError
from durata.language.speaking import speak
from durata.report.contents import Contents, Provenance
from durata.study.opening import NotReadable, inside

# The name of the <meta> element of report.html and of the property of report.docx.
ORIGIN = "durata-origin"
SEAL = "durata-seal"
_UNSEALED = "0" * 64
_SEALED = re.compile(rf'(<meta name="{SEAL}" content=")([0-9a-f]{{64}})(">)')
_AT_ONCE = 2**20


class StaleResult(DurataError):
    """The data or the study changed between reading them and writing the report, which would then be about neither."""

    exit_code = 3


def origin_text(made: Provenance) -> str:
    """Versions and hashes as one line of JSON, the same for the same study."""
    return json.dumps(
        {
            "durata": made.durata,
            "python": made.python,
            "libraries": dict(sorted(made.libraries.items())),
            "data_file": made.data_file,
            "data_sha256": made.data_sha256,
            "study_file": made.study_file,
            "study_sha256": made.study_sha256,
        },
        ensure_ascii=False,
    )


def sealed(html: str) -> str:
    """The page with the sha256 of itself in it, by which a copy that stands alone shows whether it was altered."""
    return _SEALED.sub(lambda found: f"{found[1]}{seal_of(html)}{found[3]}", html, count=1)


def seal_of(html: str) -> str:
    """The sha256 of a page as it was before it was sealed."""
    blank = _SEALED.sub(lambda found: f"{found[1]}{_UNSEALED}{found[3]}", html, count=1)
    return hashlib.sha256(blank.encode("utf-8")).hexdigest()


def seal_in(html: str) -> str | None:
    """The seal that a page carries, None where it carries none."""
    found = _SEALED.search(html)
    return found[2] if found else None


def sha256_of(path: Path) -> str:
    """The sha256 of a file, read piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_AT_ONCE):
            digest.update(piece)
    return digest.hexdigest()


def refuse_stale(contents: Contents) -> None:
    """Raise StaleResult when the data file or the study file is no longer the one that was read."""
    study, made = contents.study, contents.provenance
    root = Path() if study.source is None else study.source.path.parent
    try:
        unchanged = sha256_of(inside(root, study.data.file)) == made.data_sha256
    except (OSError, NotReadable):
        unchanged = False
    if not unchanged:
        raise StaleResult(
            speak(
                "{file} changed while the study ran, so the results are not those of the file as it is now. Nothing was "
                "written. Run the study again when nobody is working on the file.",
                file=made.data_file,
            )
        )
    if study.source is not None:
        try:
            unchanged = sha256_of(study.source.path) == study.source.sha256
        except OSError:
            unchanged = False
        if not unchanged:
            raise StaleResult(
                speak(
                    "{file} changed while the study ran, so the report would not say what the study file says now. "
                    "Nothing was written. Run the study again.",
                    file=made.study_file,
                )
            )
