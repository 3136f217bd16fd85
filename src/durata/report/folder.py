"""A folder of files that replaces the old one as a whole: an interrupted run leaves the old output or the new."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from durata.finding import DurataError
from durata.language.speaking import speak

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

MANIFEST = "manifest.json"

# What file managers leave in a folder that somebody merely looked at.
_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})

_DISK_FULL = {errno.ENOSPC, errno.EFBIG, *({errno.EDQUOT} if hasattr(errno, "EDQUOT") else set())}
_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}


class CannotWrite(DurataError):
    """The output folder cannot be written; the message says why and what to do. Nothing half-written is left."""

    exit_code = 2


def write_folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Write ``files`` (relative path with "/" = content) as the folder ``target``, all of them or none.

    The files go to a temporary folder beside the target, a manifest with the sha256 of each last; then the
    old folder is renamed aside, the new one renamed in and the old one removed. Wherever this is
    interrupted, :func:`finish_exchange` (called here first) makes the target wholly old or wholly new.

    Raises CannotWrite when the target is a file, a link, or a folder holding anything durata did not
    write or somebody changed since, or the root of the file system; when another run is writing there; when the disk is
    full or read-only.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as place:
    ...     write_folder(Path(place) / "report", {"report.html": b"<p>ok</p>"})
    ...     sorted(path.name for path in (Path(place) / "report").iterdir())
    ['manifest.json', 'report.html']
    """
    target = _absolute(target)
    for name in files:
        parts = PurePosixPath(name).parts
        if not parts or ".." in parts or name.startswith("/") or "\\" in name or ":" in name or name == MANIFEST:
            raise ValueError(f"{name!r} cannot be the name of a file in an output folder")
    with _in_words(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with _only_writer(target):
            _check_replaceable(target)
            if _interrupted(target):
                _settle(target, forward=True)
                _check_replaceable(target)
            new, old = _beside(target, "new"), _beside(target, "old")
            try:
                _fill(new, files)
                if target.exists():
                    target.replace(old)
                new.replace(target)
            except BaseException:
                # Also on Ctrl-C: no half-written folder stays, and if the old one was renamed aside it comes back.
                _settle(target, forward=False)
                raise
            _sync_folder(target.parent)
            try:
                _remove(old)
            except OSError as error:
                raise CannotWrite(
                    speak(
                        "{target} is written, but the output before it could not be removed: delete {old} by hand.",
                        target=target,
                        old=old,
                    )
                ) from error


def finish_exchange(target: Path) -> None:
    """Finish what an interrupted :func:`write_folder` left at ``target``: afterwards it is the old output or the new.

    Also the lock file of a run that was killed goes. Costs nothing when there is nothing to finish. Raises CannotWrite when another run is writing there now.
    """
    target = _absolute(target)
    if _interrupted(target) or _beside(target, "lock").exists():
        # taking the lock and letting go of it removes the file
        with _in_words(target), _only_writer(target):
            if _interrupted(target):
                _check_replaceable(target)
                _settle(target, forward=True)


def _absolute(target: Path) -> Path:
    # abspath, not resolve: a link must be seen and refused, not followed.
    absolute = Path(os.path.abspath(target))  # noqa: PTH100
    if not absolute.name:
        raise CannotWrite(
            speak(
                "{target} is the root of the file system and cannot be replaced by a report. Name a folder in it.",
                target=absolute,
            )
        )
    return absolute


def _beside(target: Path, role: str) -> Path:
    return target.with_name(f".{target.name}.durata-{role}")


def _fill(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_through(path, content)
    for inner in [path for path in folder.rglob("*") if path.is_dir()]:
        _sync_folder(inner)
    sums = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
    manifest = {"written_by": "durata", "manifest_version": 1, "sha256": sums}
    _write_through(folder / MANIFEST, (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode())
    _sync_folder(folder)


def _interrupted(target: Path) -> bool:
    return _beside(target, "new").exists() or _beside(target, "old").exists()


def _settle(target: Path, forward: bool) -> None:
    """Bring the three folders of an exchange back to one, of two good ones the new one if ``forward``."""
    new, old = _beside(target, "new"), _beside(target, "old")
    if not target.exists() and old.exists():
        # Stopped between the two renames: the old folder is moved only when the new one is complete.
        (new if forward and recorded_sums(new) is not None else old).replace(target)
    _remove(new)
    _remove(old)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def recorded_sums(folder: Path) -> dict[str, str] | None:
    """The sha256 of each file durata wrote into a folder, by relative path; None where there is no manifest of ours."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    if not isinstance(manifest, dict) or manifest.get("written_by") != "durata":
        return None
    sums = manifest.get("sha256")
    return {str(name): str(value) for name, value in sums.items()} if isinstance(sums, dict) else None


def refuse_unfit(target: Path) -> None:
    """Refuse, before anything is computed, a folder that could not be replaced afterwards; raises CannotWrite."""
    whole = _absolute(target)
    if not _interrupted(whole):
        _check_replaceable(whole)


def _check_replaceable(target: Path) -> None:
    """Replacing a folder deletes what is in it, so everything in it must be ours and as we left it."""
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise CannotWrite(
            speak("{target} is a link, not a folder. Choose another output folder.", target=target)
            if target.is_symlink()
            else speak("{target} is a file, not a folder. Choose another output folder.", target=target)
        )
    if not target.exists():
        return
    present = {
        path.relative_to(target).as_posix(): path
        for path in target.rglob("*")
        if (path.is_symlink() or not path.is_dir()) and path.name not in _LITTER
    }
    if not present:
        return
    recorded = recorded_sums(target)
    if recorded is None:
        raise CannotWrite(
            speak(
                "{target} already holds files that durata did not write. Choose another output folder, or empty this "
                "one.",
                target=target,
            )
        )
    foreign = sorted(set(present) - set(recorded) - {MANIFEST})
    if foreign:
        raise CannotWrite(
            speak(
                "{target} also holds {file}, which durata did not write and would delete. "
                "Move it elsewhere, or choose another output folder.",
                target=target,
                file=foreign[0],
            )
        )
    changed = sorted(
        name
        for name, path in present.items()
        if name != MANIFEST and hashlib.sha256(path.read_bytes()).hexdigest() != recorded[name]
    )
    if changed:
        raise CannotWrite(
            speak(
                "{file} in {target} was changed after durata wrote it, and would be lost. "
                "Move it elsewhere, or choose another output folder.",
                target=target,
                file=changed[0],
            )
        )


@contextmanager
def _only_writer(target: Path) -> Iterator[None]:
    """Hold the exclusive lock of a target. The system lets go of it when a process dies, so it is never stale."""
    path = _beside(target, "lock")
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if sys.platform == "win32":
                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as refusal:
            os.close(handle)
            raise CannotWrite(
                speak(
                    "Another run of durata is writing to {target}. Wait for it, or choose another output folder.",
                    target=target,
                )
            ) from refusal
        if _same_file(path, handle):
            break
        os.close(handle)  # the run before removed the file between our opening and locking it
    try:
        yield
    finally:
        if sys.platform == "win32":
            os.close(handle)
            # Windows refuses while another run has just opened it; that run then removes it.
            with suppress(PermissionError, FileNotFoundError):
                path.unlink()
        else:
            path.unlink(missing_ok=True)
            os.close(handle)


def _same_file(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _write_through(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    # Windows cannot open a folder for fsync; NTFS journals its renames.
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _in_words(target: Path) -> Iterator[None]:
    """Turn what the system says into what a person can do."""
    try:
        yield
    except OSError as error:
        if error.errno in _DISK_FULL:
            why = speak(
                "the disk is full (or the file too large for it). Free some space, or choose another output folder"
            )
        elif error.errno in _NOT_ALLOWED:
            why = speak(
                "it may not be written: it is read-only, belongs to somebody else, or a file in it is open in another "
                "program. Close the file, or choose another output folder"
            )
        else:
            why = speak("the system says: {reason}. Choose another output folder", reason=error.strerror or str(error))
        raise CannotWrite(
            speak("{target} was not written: {why}. What was there before is unchanged.", target=target, why=why)
        ) from error
