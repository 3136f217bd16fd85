"""Whether a report was made from these files, by which versions, and whether it is as it was written."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from durata.finding import DurataError
from durata.language.speaking import speak
from durata.report.folder import MANIFEST, finish_exchange, recorded_sums
from durata.report.origin import ORIGIN, seal_in, seal_of, sha256_of

RESULTS = "results.json"
LARGEST = 512 * 2**20  # of a report or of what is packed in it: far more than any has


class NotAReport(DurataError):
    """What was named is no report of durata, or cannot be read; the message says why."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that was looked at: ``holds`` is None where it cannot be told."""

    what: str
    holds: bool | None
    words: str


@dataclass(frozen=True)
class Verified:
    """What a report says about its origin, and every proof for and against it."""

    origin: Mapping[str, Any]
    proofs: tuple[Proof, ...] = field(default=())

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against the report and its data were found to be those named."""
        return all(proof.holds is not False for proof in self.proofs)


def verify(report: str | Path, data: str | Path, study: str | Path | None = None) -> Verified:
    """Prove that ``data`` (and ``study``) made a report, and that the report is as it was written.

    Parameters
    ----------
    report : the folder of a report, or one of the files in it; report.html, report.docx and results.json also do alone.
    data : the patient file.
    study : the study file; one beside the report's data that bears the right name is found by itself.

    Raises
    ------
    NotAReport : there is no report of durata at that place, or a file cannot be read.
    """
    place, patients = Path(report), Path(data)
    folder, file = (place, None) if place.is_dir() else (place.parent, place)
    if file is None:
        finish_exchange(folder)
    elif not file.is_file():
        raise NotAReport(speak("{file} does not exist.", file=str(file)))
    sums = _sums(folder)
    # a file that merely lies beside somebody else's report stands alone
    whole = sums is not None and (file is None or file.name == MANIFEST or file.name in sums)
    if file is None and sums is None:
        raise NotAReport(
            speak(
                "{folder} holds no report of durata: there is no {manifest} in it.",
                folder=str(folder),
                manifest=MANIFEST,
            )
        )
    origin = _origin_in(folder) if file is None or file.name == MANIFEST else origin_of(file)
    proofs = [_same("data", patients, str(origin.get("data_file", "")), str(origin.get("data_sha256", "")))]
    declared = _study_file(origin, patients, None if study is None else Path(study))
    proofs.append(_study_proof(origin, declared))
    proofs += list(_unaltered(folder, sums)) if whole and sums is not None else [_alone(file or folder)]
    return Verified(origin, tuple(proofs))


def _origin_in(folder: Path) -> Mapping[str, Any]:
    """What the first file of a folder that can say it says: a report may have lost one of them."""
    refusals = []
    for name in (RESULTS, "report.html", "report.docx"):
        try:
            return origin_of(folder / name)
        except NotAReport as refusal:
            refusals.append(refusal)
    raise refusals[0]


def origin_of(file: Path) -> Mapping[str, Any]:
    """What a report says it was made from: of report.html, report.docx or results.json."""
    refusal = NotAReport(
        speak("{file} does not say which data it was made from: it is no report of durata.", file=file.name)
    )
    try:
        if file.stat().st_size > LARGEST:
            raise refusal
        ending = file.suffix.casefold()
        if ending == ".json":
            document = json.loads(file.read_bytes())
            found = document.get("provenance") if isinstance(document, dict) else None
        elif ending in (".html", ".htm"):
            found = _in_page(file.read_text(encoding="utf-8"))
        elif ending == ".docx":
            found = _in_docx(file)
        else:
            found = None
    except OSError as error:
        raise NotAReport(
            speak("{file} cannot be read: {reason}.", file=file.name, reason=error.strerror or str(error))
        ) from error
    except (ValueError, RecursionError, zipfile.BadZipFile, ElementTree.ParseError) as error:
        raise refusal from error
    if not isinstance(found, dict) or not isinstance(found.get("data_sha256"), str):
        raise refusal
    return found


class _Meta(HTMLParser):
    """Reads the content of the element that says where a page comes from."""

    found: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "meta" and named.get("name") == ORIGIN and self.found is None:
            self.found = named.get("content")


def _in_page(html: str) -> object:
    reader = _Meta()
    reader.feed(html.partition("</head>")[0])
    return json.loads(reader.found) if reader.found else None


def _in_docx(file: Path) -> object:
    """The custom property of a Word file; a hostile file is refused by its size before it is unpacked."""
    with zipfile.ZipFile(file) as packed:
        names = [name for name in packed.namelist() if name == "docProps/custom.xml"]
        if not names or packed.getinfo(names[0]).file_size > 2**20:
            return None
        content = packed.read(names[0])
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        return None
    for one in ElementTree.fromstring(content):
        if one.get("name") == ORIGIN:
            return json.loads("".join(one.itertext()))
    return None


def _sums(folder: Path) -> Mapping[str, str] | None:
    try:
        return recorded_sums(folder)
    except OSError:
        return None


def _same(kind: str, file: Path, recorded_name: str, recorded: str) -> Proof:
    try:
        found = sha256_of(file)
    except OSError as error:
        raise NotAReport(
            speak("{file} cannot be read: {reason}.", file=str(file), reason=error.strerror or str(error))
        ) from error
    if found == recorded:
        return Proof(kind, True, speak("{file} is the file that this report was made from.", file=file.name))
    return Proof(
        kind,
        False,
        speak(
            "{file} is not the file that this report was made from ({recorded}): its sha256 is {found}, the report was "
            "made from {sha256}.",
            file=file.name,
            recorded=recorded_name,
            found=found,
            sha256=recorded,
        ),
    )


def _study_file(origin: Mapping[str, Any], data: Path, given: Path | None) -> Path | None:
    """The study file to look at: the one given, else one of the recorded name beside the data or a folder above."""
    if given is not None:
        return given
    name = str(origin.get("study_file", ""))
    if not origin.get("study_sha256") or not name or Path(name).name != name:
        return None
    places = [data.parent, *list(data.absolute().parents)[1:3]]
    return next((place / name for place in places if (place / name).is_file()), None)


def _study_proof(origin: Mapping[str, Any], file: Path | None) -> Proof:
    recorded = str(origin.get("study_sha256") or "")
    if file is not None:
        return _same("study", file, str(origin.get("study_file", "")), recorded)
    if not recorded:
        return Proof("study", None, speak("The study was not declared in a file: it cannot be compared with one."))
    return Proof(
        "study",
        None,
        speak(
            "The study file ({file}, sha256 {sha256}) was not looked at: name it with --study.",
            file=origin.get("study_file", ""),
            sha256=recorded,
        ),
    )


def _unaltered(folder: Path, sums: Mapping[str, str]) -> list[Proof]:
    proofs = []
    for name, recorded in sums.items():
        path = folder / name
        if not path.is_file():
            proofs.append(Proof(name, False, speak("{file} is missing from the report.", file=name)))
        elif sha256_of(path) != recorded:
            proofs.append(Proof(name, False, speak("{file} was changed after the report was written.", file=name)))
    if not proofs:
        n = len(sums)
        proofs.append(Proof("report", True, speak("All {n} files of the report are as they were written.", n=n)))
    return proofs


def _alone(file: Path) -> Proof:
    """A page carries a seal; of any other file that stands alone it cannot be told whether it was altered."""
    if file.suffix.casefold() in (".html", ".htm"):
        page = file.read_text(encoding="utf-8")
        seal = seal_in(page)
        if seal is not None and seal == seal_of(page):
            return Proof("report", True, speak("{file} is as it was written.", file=file.name))
        return Proof("report", False, speak("{file} was changed after the report was written.", file=file.name))
    return Proof(
        "report",
        None,
        speak("Whether {file} was changed cannot be told without the folder it was written in.", file=file.name),
    )
