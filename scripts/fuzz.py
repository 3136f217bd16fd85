"""Fuzz durata check and durata audit: coverage-guided by atheris, or at random with --random N [--seed S]."""

from __future__ import annotations

import argparse
import importlib
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

MISSING = """\
atheris is not installed, so that fuzzing cannot be guided by what code was reached.
Install it into the environment you use (Linux or macOS):
    {python} -m pip install "atheris>=2.3"
or fuzz without guidance:
    {python} scripts/fuzz.py --random 500"""


def one_input(choose: Any) -> str:
    """One broken study, or broken figures; what is raised here is a bug."""
    from fuzzing import audit_says_something, check_says_something, write_broken_figures, write_broken_study

    with tempfile.TemporaryDirectory() as name:
        if choose(4) == 0:
            return audit_says_something(write_broken_figures(Path(name), choose))
        return check_says_something(write_broken_study(Path(name), choose))


def at_random(number: int, seed: int) -> int:
    """Try ``number`` inputs; the first that raises is kept in a folder, which is printed."""
    for k in range(number):
        drawn = random.Random(f"{seed} {k}")
        try:
            one_input(drawn.randrange)
        except Exception as error:  # what it is does not matter: it is shown and stops everything
            again = random.Random(f"{seed} {k}")
            kept = Path(tempfile.mkdtemp(prefix="durata-fuzz-"))
            from fuzzing import write_broken_figures, write_broken_study

            (write_broken_figures if again.randrange(4) == 0 else write_broken_study)(kept, again.randrange)
            print(f"Input {k} of seed {seed} raised {type(error).__name__}: {error}\nIts files are in {kept}")
            raise
    print(f"{number} inputs of seed {seed}: findings or refusals in words, nothing else.")
    return 0


def guided(arguments: list[str]) -> int:
    """Let atheris search; its own options (-max_total_time=60, -runs=10000, a folder) are passed on."""
    try:
        atheris = importlib.import_module("atheris")
    except ImportError:
        print(MISSING.format(python=sys.executable), file=sys.stderr)
        return 2
    with atheris.instrument_imports(include=["durata"]):
        import fuzzing  # noqa: F401  # what durata modules it imports are watched

    def test_one_input(content: bytes) -> None:
        provider = atheris.FuzzedDataProvider(content)
        one_input(lambda n: provider.ConsumeIntInRange(0, n - 1))

    atheris.Setup([sys.argv[0], *arguments], test_one_input)
    atheris.Fuzz()
    return 0


def main() -> int:
    """Read the options and fuzz."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="Everything else is passed on to atheris (libFuzzer).")
    parser.add_argument("--random", type=int, metavar="N", help="try N random inputs without atheris")
    parser.add_argument("--seed", type=int, default=1, help="seed of the random inputs")
    chosen, rest = parser.parse_known_args()
    if chosen.random is not None:
        return at_random(chosen.random, chosen.seed)
    return guided(rest)


if __name__ == "__main__":
    sys.exit(main())
