"""Set durata up and try it with nothing but Python: python3 dev.py demo | test | check | fuzz | docs | ledger | lock."""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "durata-stamp.txt"
WINDOWS = os.name == "nt"
SCRIPTS = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = SCRIPTS / ("python.exe" if WINDOWS else "python")
DURATA = SCRIPTS / ("durata.exe" if WINDOWS else "durata")

OLDEST, NEWEST = (3, 11), (3, 14)

# What each kind of environment holds. The dev lock contains everything, so it serves the demo too.
LOCKS = {"run": ("requirements.lock", "requirements-build.lock"), "dev": ("requirements-dev.lock",)}

# How the locks are made; the run lock first, so that the others agree with it.
LOCK_RECIPES = {
    "requirements.lock": ["pyproject.toml"],
    "requirements-build.lock": ["--group", "build", "-c", "requirements.lock"],
    "requirements-dev.lock": ["pyproject.toml", "--group", "dev", "-c", "requirements.lock"],
}

# Settings of the person's own Python and pip that would put packages or imports somewhere else.
MEDDLING = {"PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON", "VIRTUAL_ENV"}

OFFLINE = re.compile(
    r"NameResolutionError|name resolution|getaddrinfo|dns error|Failed to establish a new connection"
    r"|ConnectTimeout|Network is unreachable|Connection refused|error sending request|Failed to fetch|ProxyError"
)
NO_WHEEL = re.compile(r"No matching distribution found for (\S+)|(\S+) has no wheels|no usable wheels")


class Trouble(Exception):
    """Something a person has to do before we can go on, in plain words."""


def say(words: str) -> None:
    """One line of progress; on stderr, so that stdout holds only what the command itself prints."""
    print(words, file=sys.stderr, flush=True)


def clean_environment() -> dict[str, str]:
    """The environment of every child: without the settings that meddle, and with Python's output in UTF-8."""
    kept = {name: value for name, value in os.environ.items() if name.upper() not in MEDDLING}
    return {**kept, "PYTHONUTF8": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "0"}


def run(command: list[str]) -> int:
    """Run a command in the repository, its output passed on; return its exit code."""
    return subprocess.run(command, cwd=ROOT, env=clean_environment(), check=False).returncode


def succeeds(command: list[str]) -> bool:
    """Whether a command runs without an error; its output does not matter."""
    try:
        done = subprocess.run(command, cwd=ROOT, env=clean_environment(), capture_output=True, check=False, timeout=300)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


# The virtual environment


def check_python() -> None:
    """Refuse a Python that durata's locked packages have no builds for."""
    version = ".".join(map(str, sys.version_info[:3]))
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        advice = "py -3.13 dev.py ..." if WINDOWS else "python3.13 dev.py ..."
        raise Trouble(
            f"durata runs on Python {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}; this is Python {version} "
            f"({sys.executable}).\nInstall one of these and call it by name, for example: {advice}"
        )
    if sys.implementation.name != "cpython" or sys.maxsize < 2**32:
        raise Trouble("durata needs the ordinary 64-bit Python (CPython) from python.org or your system.")


def fingerprint() -> str:
    """Changes whenever the environment has to be made up to date: lock files, project file, Python, place."""
    parts = [sys.version, str(ROOT)]
    parts += [(ROOT / name).read_text(encoding="utf-8") for names in LOCKS.values() for name in names]
    parts.append((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def is_ready(kind: str) -> bool:
    """Whether an earlier call left an environment that fits."""
    try:
        kept, made = STAMP.read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return False
    return made == fingerprint() and kept in (kind, "dev") and DURATA.exists() and PYTHON.exists()


def is_healthy() -> bool:
    """Whether .venv works, is of the running Python's version, and still lies where it was made."""
    program = "import sys; print(sys.version_info[:2], sys.prefix)"
    try:
        told = subprocess.run(
            [str(PYTHON), "-c", program],
            env=clean_environment(),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    wanted = f"{sys.version_info[:2]} "
    prefix = told.stdout.strip().removeprefix(wanted)
    return told.stdout.startswith(wanted) and Path(prefix).resolve() == VENV.resolve() and not moved()


def moved() -> bool:
    """Whether .venv was copied or moved here, so that its scripts still point to the old place."""
    made = (VENV / "pyvenv.cfg").read_text(encoding="utf-8")
    told = re.search(r"^command = .* -m venv (?:--\S+ )*(.+)$", made, re.MULTILINE)
    return told is not None and Path(told[1]).resolve() != VENV.resolve()


def make_environment() -> None:
    """Make .venv, by whatever this computer has."""
    if VENV.exists() or VENV.is_symlink():
        if VENV.is_symlink() or not (VENV / "pyvenv.cfg").is_file():
            raise Trouble(f"{VENV} is there but is no virtual environment. Move it away and try again.")
        if Path(sys.prefix).resolve() == VENV.resolve():
            raise Trouble("The environment in .venv must be made again: call dev.py with the Python outside .venv.")
        say("Removing .venv: it is broken, was moved, or belongs to another version of Python")
        shutil.rmtree(VENV)
    say(f"Making .venv with Python {sys.version.split()[0]}")
    venv = [sys.executable, "-m", "venv"]
    if outside_installer():
        ways = [[*venv, "--without-pip", str(VENV)]]
    else:
        ways = [[*venv, str(VENV)], [sys.executable, "-m", "virtualenv", str(VENV)]]
    for way in ways:
        if succeeds(way) and is_healthy():
            return
        shutil.rmtree(VENV, ignore_errors=True)
    raise Trouble(
        "No virtual environment could be made: this Python has neither pip nor ensurepip (nor is uv installed).\n"
        "On Debian and Ubuntu: sudo apt install python3-venv python3-pip.  Elsewhere: install Python from python.org."
    )


def outside_installer() -> list[str] | None:
    """A program outside .venv that can install into it: uv, or a pip that knows --python (22.3 and later)."""
    uv = shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--python", str(PYTHON)]
    if importlib.util.find_spec("pip") is None:
        return None
    asked = [sys.executable, "-m", "pip", "--version"]
    told = subprocess.run(asked, env=clean_environment(), capture_output=True, text=True, check=False)
    version = re.match(r"pip (\d+)\.(\d+)", told.stdout)
    if version is None or (int(version[1]), int(version[2])) < (22, 3):
        return None
    return [sys.executable, "-m", "pip", "--python", str(PYTHON), "install"]


def installer() -> list[str]:
    """The command that installs into .venv."""
    outside = outside_installer()
    if outside:
        return outside
    if succeeds([str(PYTHON), "-m", "pip", "--version"]):
        return [str(PYTHON), "-m", "pip", "install"]
    raise Trouble("Neither uv nor pip is there to install packages with. Remove .venv, install pip, and try again.")


def install(arguments: list[str], expected: int) -> None:
    """Run the installer, say how far it is, and turn its failures into words."""
    command = [*installer(), *arguments]
    begun: set[str] = set()
    lines: list[str] = []
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            lines.append(line)
            package = re.match(r"\s*(?:Collecting|Downloading) ([A-Za-z][\w.-]*?)(?:==| |$)", line)
            if package and package[1] not in begun and not package[1].endswith((".whl", ".metadata", ".gz")):
                begun.add(package[1])
                say(f"  {len(begun):>3} of {expected}: {package[1]}" if expected else f"  {package[1]}")
            elif line.startswith("Installing collected packages"):
                say("  installing")
    if process.returncode == 0:
        return
    output = "".join(lines)
    if OFFLINE.search(output):
        raise Trouble(
            "The packages could not be downloaded: this computer seems to be offline (or a proxy is in the way).\n"
            "Connect it and try again; what is already downloaded is kept."
        )
    missing = NO_WHEEL.search(output)
    if missing:
        raise Trouble(
            f"There is no ready-made build of {missing[1] or missing[2] or 'a package'} for this Python and computer, "
            f"or the package index of this computer does not have it.\n{output[-1500:]}"
        )
    raise Trouble(f"Installing failed ({shlex.join(command)}):\n{output[-3000:]}")


def locked_packages(name: str) -> int:
    """How many packages a lock file holds (a package with two versions for two Pythons counts once)."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return len(set(re.findall(r"^([a-z0-9][\w.-]*)==", text, re.MULTILINE)))


def set_up(kind: str) -> None:
    """Make sure that .venv holds the locked packages of a kind ("run" or "dev") and durata itself."""
    check_python()
    if is_ready(kind):
        return
    if not is_healthy():
        make_environment()
    STAMP.unlink(missing_ok=True)
    for lock in LOCKS[kind]:
        say(f"Installing from {lock}")
        install(["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", lock], locked_packages(lock))
    say("Installing durata itself")
    install(["--no-deps", "--no-build-isolation", "--editable", "."], 0)
    STAMP.write_text(f"{kind}\n{fingerprint()}\n", encoding="utf-8")
    say("Ready")


# The commands


def shown(path: Path) -> str:
    """A path as somebody would type it from here."""
    try:
        text = str(path.relative_to(Path.cwd()))
    except ValueError:
        text = str(path)
    return f'"{text}"' if " " in text else text


def outside_of_venv(arguments: list[str]) -> int | None:
    """Run again by the Python that made .venv when .venv's own is running (an activated shell); None when it is not.

    The Python inside may have no pip of its own, and cannot remake the environment it runs in.
    """
    base = getattr(sys, "_base_executable", None)
    if Path(sys.prefix).resolve() != VENV.resolve() or not base or Path(base).resolve().is_relative_to(VENV.resolve()):
        return None
    return subprocess.run([base, str(Path(__file__).resolve()), *arguments], check=False).returncode


def demo(arguments: list[str]) -> int:
    """Set up and run the demonstration; then say how to call durata."""
    set_up("run")
    code = subprocess.run([str(DURATA), "demo", *arguments], env=clean_environment(), check=False).returncode
    if code == 0:
        say(f"\nFrom now on call durata like this:\n  {shown(DURATA)} --help")
    return code


def test(arguments: list[str]) -> int:
    """Set up and run the tests on two processors; further arguments go to pytest."""
    set_up("dev")
    return run([str(PYTHON), "-m", "pytest", "-n", "2", *arguments])


def check(_: list[str]) -> int:
    """Style, types and generated pages; everything is checked even after a failure."""
    set_up("dev")
    steps = {
        "ruff": ["ruff", "check", "."],
        "ruff format": ["ruff", "format", "--check", "."],
        "mypy": ["mypy"],
    }
    failed = []
    for name, command in steps.items():
        say(f"{name}:")
        if run([str(PYTHON), "-m", *command]):
            failed.append(name)
    say("generated pages:")
    if docs(["--check"]):
        failed.append("generated pages")
    say("ledger:")
    if ledger(["--check"]):
        failed.append("ledger")
    say(f"Failed: {', '.join(failed)}" if failed else "All checks passed")
    return 1 if failed else 0


def docs(arguments: list[str]) -> int:
    """Write the generated pages again (or, with --check, say which are stale)."""
    set_up("dev")
    return run([str(PYTHON), str(ROOT / "tools" / "generated_pages.py"), *arguments])


def ledger(arguments: list[str]) -> int:
    """Compare everything with R again and write docs/validation.md and selfcheck's values (--check: stale or not)."""
    set_up("dev")
    codes = [run([str(PYTHON), str(ROOT / "tools" / name), *arguments]) for name in ("golden.py", "ledger.py")]
    return max(codes)


def lock(arguments: list[str]) -> int:
    """Resolve the lock files again with uv (--upgrade for the newest versions)."""
    uv = shutil.which("uv")
    if uv is None:
        raise Trouble("Lock files are made with uv, which is not installed here.")
    for name, sources in LOCK_RECIPES.items():
        say(f"Resolving {name}")
        options = ["--generate-hashes", "--no-config", "--no-emit-index-url", "--no-annotate", "--quiet"]
        oldest = f"{OLDEST[0]}.{OLDEST[1]}"
        header = ["--custom-compile-command", "python3 dev.py lock"]
        compile_ = [uv, "pip", "compile", "--universal", "--python-version", oldest, *options, *header]
        code = run([*compile_, *sources, "-o", name, *arguments])
        if code:
            return code
    return 0


def fuzz(arguments: list[str]) -> int:
    """Fuzz durata check and audit: guided by atheris where it is installed, or with --random N at random."""
    set_up("dev")
    return run([str(PYTHON), str(ROOT / "scripts" / "fuzz.py"), *arguments])


COMMANDS = {"demo": demo, "test": test, "check": check, "fuzz": fuzz, "docs": docs, "ledger": ledger, "lock": lock}


def main(arguments: list[str]) -> int:
    """Read the command, run it, and say in words what stands in the way."""
    parser = argparse.ArgumentParser(
        prog="dev.py",
        description="Set durata up in .venv and try it.",
        epilog="\n".join(f"  {name:<6} {str(function.__doc__).splitlines()[0]}" for name, function in COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, help="what to do; everything after it is passed on")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    try:
        again = outside_of_venv(arguments)
        return COMMANDS[chosen.command](chosen.arguments) if again is None else again
    except Trouble as trouble:
        say(str(trouble))
        return 2
    except KeyboardInterrupt:
        say("Stopped.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
