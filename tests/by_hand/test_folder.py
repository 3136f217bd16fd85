"""An output folder is the old one or the new one, whatever happens while it is written."""

from __future__ import annotations

import errno
import hashlib
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from durata.report.folder import MANIFEST, CannotWrite, finish_exchange, write_folder

OLD = {"report.html": b"old report", "figures/curve.svg": b"<svg>old</svg>"}
NEW = {"report.html": b"new report", "results.json": b"{}"}


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but the manifest, after checking that the manifest describes exactly them."""
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    manifest = json.loads(found.pop(MANIFEST))
    assert manifest["sha256"] == {name: hashlib.sha256(content).hexdigest() for name, content in found.items()}
    return found


def siblings(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.iterdir())


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "report"


def test_files_and_a_manifest_are_written_and_nothing_else_stays(target: Path) -> None:
    write_folder(target, OLD)
    assert contents(target) == OLD
    assert siblings(target) == ["report"]


def test_the_new_folder_replaces_the_old_one_wholly(target: Path) -> None:
    write_folder(target, OLD)
    write_folder(target, NEW)
    assert contents(target) == NEW
    assert not (target / "figures").exists()


def test_the_same_files_give_the_same_bytes(target: Path) -> None:
    write_folder(target, OLD)
    first = (target / MANIFEST).read_bytes()
    write_folder(target, dict(reversed(OLD.items())))
    assert (target / MANIFEST).read_bytes() == first


def test_an_empty_folder_and_missing_parents_are_fine(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write_folder(tmp_path / "empty", NEW)
    write_folder(tmp_path / "results" / "2026" / "report", NEW)
    assert contents(tmp_path / "empty") == contents(tmp_path / "results" / "2026" / "report") == NEW


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda target: target.write_text("a file"), "is a file, not a folder"),
        (lambda target: (target.mkdir(), (target / "thesis.docx").write_text("mine")), "durata did not write"),
        (lambda target: (write_folder(target, OLD), (target / "notes.txt").write_text("mine")), r"holds notes\.txt"),
        (
            lambda target: (write_folder(target, OLD), (target / "report.html").write_text("edited by hand")),
            r"report\.html in .* was changed after durata wrote it",
        ),
        (
            lambda target: (target.mkdir(), (target / MANIFEST).write_text('{"written_by": "something else"}')),
            "durata did not write",
        ),
        (lambda target: (target.mkdir(), (target / MANIFEST).write_text("not json {")), "durata did not write"),
    ],
)
def test_what_would_be_lost_is_refused_and_stays(target: Path, prepare: Callable[[Path], object], words: str) -> None:
    prepare(target)
    before = {path: path.read_bytes() for path in target.parent.rglob("*") if path.is_file()}
    with pytest.raises(CannotWrite, match=words):
        write_folder(target, NEW)
    assert {path: path.read_bytes() for path in target.parent.rglob("*") if path.is_file()} == before


def test_a_link_is_refused_and_what_it_points_to_stays(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    write_folder(elsewhere, OLD)
    link = tmp_path / "link"
    try:
        link.symlink_to(elsewhere, target_is_directory=True)
    except OSError:
        pytest.skip("this system lets no ordinary user make links")
    with pytest.raises(CannotWrite, match="is a link"):
        write_folder(link, NEW)
    assert contents(elsewhere) == OLD


def test_litter_of_file_managers_does_not_count(target: Path) -> None:
    write_folder(target, OLD)
    (target / ".DS_Store").write_bytes(b"\0")
    write_folder(target, NEW)
    assert contents(target) == NEW


@pytest.mark.parametrize("name", ["", "../escape.txt", "/etc/passwd", "a/../../b", "C:\\x", "C:x", MANIFEST])
def test_names_that_leave_the_folder_are_a_mistake_of_ours(target: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        write_folder(target, {name: b""})
    assert not target.exists()


class _Killed(BaseException):
    """Stands for a process that dies: not even a finally clause of the program may matter afterwards."""


STEPS = ("write", "manifest", "rename old aside", "rename new in", "remove old")


@pytest.mark.parametrize(
    ("step", "exists"),
    [*((step, True) for step in STEPS), *((step, False) for step in STEPS if step != "rename old aside")],
)
def test_dying_at_any_step_leaves_old_or_new(
    target: Path, monkeypatch: pytest.MonkeyPatch, step: str, exists: bool
) -> None:
    if exists:
        write_folder(target, OLD)

    import durata.report.folder as folder

    def die(*_: object, **__: object) -> None:
        raise _Killed

    write_through, replace = folder._write_through, Path.replace

    def dying_write(path: Path, content: bytes) -> None:
        write_through(path, content[: len(content) // 2])  # half a file is on the disk
        if (path.name == MANIFEST) == (step == "manifest"):
            raise _Killed
        write_through(path, content)

    def dying_replace(self: Path, to: Path) -> Path:
        aside = to.name.endswith("durata-old")
        if (step == "rename old aside" and aside) or (step == "rename new in" and not aside):
            raise _Killed
        return replace(self, to)

    with monkeypatch.context() as patch:
        # A dead process tidies nothing up.
        patch.setattr(folder, "_settle", die)
        if step in ("write", "manifest"):
            patch.setattr(folder, "_write_through", dying_write)
        elif step == "remove old":
            patch.setattr(folder, "_remove", die)
        else:
            patch.setattr(Path, "replace", dying_replace)
        with pytest.raises(_Killed):
            write_folder(target, NEW)

    finish_exchange(target)
    if exists:
        new_is_complete = step in ("rename new in", "remove old")
        assert contents(target) == (NEW if new_is_complete else OLD)
        assert siblings(target) == ["report"]
    else:
        assert contents(target) == NEW if step == "remove old" else not target.exists()
    write_folder(target, NEW)
    assert contents(target) == NEW
    assert siblings(target) == ["report"]


@pytest.mark.parametrize("step", ["rename old aside", "rename new in"])
def test_a_refused_rename_brings_the_old_folder_back(target: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    write_folder(target, OLD)
    replace = Path.replace

    def refuse(self: Path, to: Path) -> Path:
        aside = to.name.endswith("durata-old")
        if aside == (step == "rename old aside") and not self.name.endswith("durata-old"):
            raise PermissionError(13, "a file is open in another program")
        return replace(self, to)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse)
        with pytest.raises(CannotWrite, match=r"may not be written.*unchanged"):
            write_folder(target, NEW)
    assert contents(target) == OLD
    assert siblings(target) == ["report"]


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "it is read-only"), (errno.EIO, "the system says: broken")],
)
def test_a_failing_disk_is_said_in_words_and_leaves_the_old_output(
    target: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    write_folder(target, OLD)

    def fail(path: Path, content: bytes) -> None:
        path.write_bytes(content[:1])
        raise OSError(number, "broken")

    with monkeypatch.context() as patch:
        patch.setattr("durata.report.folder._write_through", fail)
        with pytest.raises(CannotWrite, match=words):
            write_folder(target, NEW)
    assert contents(target) == OLD
    assert siblings(target) == ["report"]


@pytest.mark.skipif(sys.platform == "win32", reason="limits on file size are a POSIX notion")
def test_a_real_limit_on_file_size(target: Path) -> None:
    write_folder(target, OLD)
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from durata.report.folder import CannotWrite, write_folder\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try: write_folder(Path(sys.argv[1]), {'report.html': b'x' * 100_000})\n"
        "except CannotWrite as refusal: print(refusal)\n"
    )
    said = subprocess.run([sys.executable, "-c", program, str(target)], capture_output=True, text=True, check=True)
    assert "the disk is full" in said.stdout
    assert contents(target) == OLD


WRITER = """
import sys
from pathlib import Path
from durata.report.folder import write_folder

target = Path(sys.argv[1])
print("ready", flush=True)
turn = 0
while True:
    letter = "AB"[turn % 2].encode()
    write_folder(target, {f"part{k}.bin": letter * 50_000 for k in range(6)})
    turn += 1
"""


def test_killed_for_real_at_random_moments(target: Path) -> None:
    moments = random.Random(7)
    for _ in range(8):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(target)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(moments.uniform(0.0, 0.08))
            writer.kill()
        finish_exchange(target)
        if target.exists():
            found = contents(target)
            assert len(found) == 6
            assert {content[:1] for content in found.values()} in ({b"A"}, {b"B"})
            assert len(set(found.values())) == 1
        assert [name for name in siblings(target) if not name.endswith("lock")] in ([], ["report"])
    write_folder(target, NEW)
    assert contents(target) == NEW
    assert siblings(target) == ["report"]


def test_two_runs_cannot_write_the_same_folder(target: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from durata.report.folder import _only_writer\n"
        "with _only_writer(Path(sys.argv[1])):\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(target)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == b"held"
        with pytest.raises(CannotWrite, match="Another run of durata is writing"):
            write_folder(target, NEW)
        other.kill()
    write_folder(target, NEW)
    assert contents(target) == NEW


def test_the_lock_of_a_killed_run_is_removed_by_the_next_look_at_the_place(target: Path) -> None:
    write_folder(target, OLD)
    lock = target.with_name(f".{target.name}.durata-lock")
    lock.touch()
    finish_exchange(target)
    assert siblings(target) == ["report"]
    assert contents(target) == OLD


def test_the_root_of_the_file_system_is_refused_in_words(tmp_path: Path) -> None:
    for call in (lambda: write_folder(Path(tmp_path.anchor), OLD), lambda: finish_exchange(Path(tmp_path.anchor))):
        with pytest.raises(CannotWrite, match="root of the file system"):
            call()
