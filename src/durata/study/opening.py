"""Reading a file that somebody named: regular files of a bounded size only, every refusal in plain words."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from pathlib import Path, PurePosixPath

RESERVED = {"con", "prn", "aux", "nul", *(f"com{k}" for k in range(1, 10)), *(f"lpt{k}" for k in range(1, 10))}
IS_A_FOLDER = "is a folder, not a file"


class NotReadable(Exception):
    """A file that cannot be read; the message says why, without naming its folder."""


def refusal(file: str) -> str | None:
    """Why a file name from a study file is refused before the disk is touched; None when it may be looked for.

    A study file travels between hospitals, so it may name only files in its own folder or below it, and
    in a form that means the same on every operating system.

    >>> refusal("data/cohort.csv") is None
    True
    >>> refusal("../cohort.csv")
    "leaves the study file's folder ('..')"
    """
    if not file.strip():
        return "is empty"
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in file):
        return "has an invisible control character in it"
    if file.startswith(("\\\\", "//")):
        return "is a network path"
    if re.match(r"[A-Za-z]:", file):
        return "begins with a drive letter"
    if "\\" in file:
        return "has a backslash in it (write '/' between folders)"
    if file.startswith("/"):
        return "is an absolute path"
    parts = PurePosixPath(file).parts
    if ".." in parts:
        return "leaves the study file's folder ('..')"
    if any(":" in part or part.split(".")[0].strip().casefold() in RESERVED for part in parts):
        return "is a name that some operating systems keep for devices"
    return None


def inside(folder: Path, file: str) -> Path:
    """The resolved path of ``file`` in ``folder``; NotReadable when it is missing or leads out of the folder by a link."""
    reason = refusal(file)
    if reason is not None:
        raise NotReadable(reason)
    try:
        root = folder.resolve(strict=True)
        path = (root / file).resolve(strict=True)
    except FileNotFoundError:
        raise NotReadable("does not exist") from None
    except (OSError, RuntimeError, ValueError) as error:  # loops of links, a file used as a folder, a refused folder
        raise NotReadable(_words(error)) from error
    if not path.is_relative_to(root):
        raise NotReadable("is a link that leads out of the study file's folder")
    return path


def read_file(path: Path, limit: int) -> bytes:
    """The bytes of a regular file of at most ``limit`` bytes; NotReadable in words otherwise.

    The file is opened without waiting and looked at before it is read, so that a pipe or a device is refused
    and not waited for.
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        if path.is_dir():
            raise NotReadable(IS_A_FOLDER)
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise NotReadable("does not exist") from None
    except (OSError, ValueError) as error:
        raise NotReadable(_words(error)) from error
    with os.fdopen(descriptor, "rb") as opened:
        try:
            about = os.fstat(opened.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise NotReadable("is not a regular file (a pipe or a device)")
            if about.st_size > limit:
                raise NotReadable(f"is larger than {limit / 1_000_000:g} MB")
            content = opened.read(limit + 1)
        except OSError as error:
            raise NotReadable(_words(error)) from error
    if len(content) > limit:
        raise NotReadable(f"is larger than {limit / 1_000_000:g} MB")
    return content


def _words(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "may not be read by this user (permission denied)"
    if isinstance(error, NotADirectoryError):
        return "does not exist (a part of its path is a file, not a folder)"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read ({error.strerror.lower()})"
    return "cannot be read (its path is not one this system understands)"
