"""Make src/durata/examples/gist/gist.csv, the synthetic study, and compare it with the published figures."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gist import construction, verify

SEED = 20251109
OUTPUT = Path(__file__).resolve().parent.parent / "src" / "durata" / "examples" / "gist" / "gist.csv"


def main() -> int:
    """Make the file (unless ``--check``), read it back, print each published figure beside the one reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seed", type=int, default=SEED, help="another seed makes another cohort with the same figures"
    )
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where the file is written")
    parser.add_argument("--check", action="store_true", help="only compare the file that is there")
    options = parser.parse_args()
    if not options.check:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(construction.file_text(options.seed), encoding="utf-8", newline="\n")
    figures = verify.figures(verify.read(options.output))
    print(verify.table(figures))
    return 0 if all(figure.reached_it for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
