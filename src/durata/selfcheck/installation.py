"""What is installed here: versions, the platform, and whether durata's own files are those that were released."""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from durata.language.speaking import speak

PACKAGE = Path(__file__).resolve().parent.parent
LEFT_OUT = {"__pycache__"}


@dataclass(frozen=True)
class Installed:
    """Versions by package, the platform in words, the fingerprint of durata's files, and what is wrong with any of it."""

    durata: str
    python: str
    platform: str
    packages: dict[str, str]
    fingerprint: str
    files: int
    verified: int
    trouble: tuple[str, ...]


def installed() -> Installed:
    """Look at the installation; nothing names the computer or its user."""
    trouble: list[str] = []
    packages: dict[str, str] = {}
    try:
        version = metadata.version("durata")
        required = metadata.requires("durata") or []
    except metadata.PackageNotFoundError:
        version, required = "?", []
        trouble.append(speak("durata is not installed as a package; its version is not known."))
    for requirement in required:
        if "extra ==" in requirement:
            continue
        name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        try:
            packages[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            if ";" not in requirement:
                trouble.append(speak("The package {name} is required and not installed.", name=name))
    verified, changed = released_files()
    trouble += [speak("{file} is not as it was released.", file=name) for name in changed]
    digest, count = fingerprint()
    system = f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count() or 1} CPU"
    return Installed(version, platform.python_version(), system, packages, digest, count, verified, tuple(trouble))


def released_files() -> tuple[int, list[str]]:
    """How many files of durata have the hash their wheel recorded, and those that have not; (0, []) when none is recorded."""
    try:
        files = metadata.files("durata") or []
    except metadata.PackageNotFoundError:
        return 0, []
    verified, changed = 0, []
    for file in files:
        if file.hash is None or not str(file).startswith("durata/"):
            continue
        path = Path(str(file.locate()))
        made = hashlib.new(file.hash.mode, path.read_bytes()).digest() if path.is_file() else b""
        if base64.urlsafe_b64encode(made).rstrip(b"=").decode() == file.hash.value:
            verified += 1
        else:
            changed.append(str(file))
    return verified, changed


def fingerprint() -> tuple[str, int]:
    """SHA-256 over the names and bytes of durata's own files, and how many they are."""
    digest, count = hashlib.sha256(), 0
    for path in sorted(PACKAGE.rglob("*")):
        if path.is_file() and not LEFT_OUT & set(path.parts):
            digest.update(f"{path.relative_to(PACKAGE).as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
            count += 1
    return digest.hexdigest(), count
