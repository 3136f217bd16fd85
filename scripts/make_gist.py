"""Make src/durata/examples/gist/gist.csv, the synthetic study: python scripts/make_gist.py [--seed N] [--check]."""

from __future__ import annotations

import argparse
import csv
import io
import os
import sys
import time
from pathlib import Path

# One thread: sums are then added in one order, and two runs give the same file.
for _threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_threads] = "1"

import numpy as np

from gist import dates, dossier, follow_up, prognosis, subgroups, tumour, verify

SEED = 20251109
TRIES = 8
OUTPUT = Path(__file__).resolve().parent.parent / "src" / "durata" / "examples" / "gist" / "gist.csv"


def say(words: str) -> None:
    """Progress, on stderr."""
    print(words, file=sys.stderr, flush=True)


def calibrated(seed: int) -> dossier.Calibrated:
    """The patients, step by step; a step that does not settle is tried again with its next seed."""
    steps = np.random.SeedSequence(seed).spawn(5)
    began = time.perf_counter()

    def settled(name: str, cost: float) -> bool:
        say(f"{time.perf_counter() - began:6.1f} s  {name}: {'all targets met' if cost == 0 else f'cost {cost:.2g}'}")
        return cost == 0.0

    for follow_up_seed in steps[0].spawn(TRIES):
        course, cost = follow_up.search(follow_up_seed)
        if not settled("follow-up and events", cost):
            continue
        for covariates_seed in steps[1].spawn(TRIES):
            present, cost = prognosis.search(course, covariates_seed)
            if settled("prognostic covariates", cost):
                break
        else:
            continue
        for subgroups_seed in steps[2].spawn(TRIES):
            members, cost = subgroups.search(course, subgroups_seed)
            if settled("subgroups", cost):
                break
        else:
            continue
        for sizes_seed in steps[3].spawn(TRIES):
            sizes, cost = tumour.make(present[:, 0], members.responded, sizes_seed)
            if settled("diameters", cost):
                return dossier.Calibrated(course, present, members, sizes, dates.make(course, steps[4]))
    raise SystemExit("no try met every target: choose another seed")


def written(rows: list[dossier.Row] | tuple[dossier.Row, ...]) -> str:
    """The rows as CSV text."""
    text = io.StringIO()
    writer = csv.DictWriter(text, dossier.COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def main() -> int:
    """Make the file (unless ``--check``), read it back and print every published figure beside the one reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--check", action="store_true", help="only verify the file that is there")
    options = parser.parse_args()
    if not options.check:
        fixed = calibrated(options.seed)
        rows = tuple(dossier.rows(fixed, np.random.SeedSequence([options.seed, 1])))
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(written(rows), encoding="utf-8", newline="\n")
    figures = verify.figures(verify.read(options.output))
    print(verify.table(figures))
    return 0 if all(figure.reached_it for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
