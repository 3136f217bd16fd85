"""Make src/durata/examples/gist-started/gist-started.csv: synthetic patients who all started, with a known truth."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from durata.simulation.mechanism import SimulatedCohort, draw_cohort
from durata.simulation.scenarios import SCENARIOS

SEED = 20251122
PATIENTS = 1000
CUTOFF = date(2025, 2, 28)
TYPICAL_MM, LOG_SD = 91.0, 0.5
OUTPUT = Path(__file__).resolve().parent.parent / "src" / "durata" / "examples" / "gist-started" / "gist-started.csv"
COLUMNS = (
    "patient_id",
    "imatinib_start_date",
    "baseline_size_mm",
    "log2_size",
    "non_gastric",
    "genotype",
    "progression_date",
    "surgery_date",
    "death_date",
    "last_contact_date",
)


def file_text(seed: int) -> str:
    """The whole file."""
    cohort = draw_cohort(SCENARIOS["optimum"], PATIENTS, np.random.default_rng(seed))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    order = np.argsort(-cohort.could, kind="stable")
    writer.writerows(row(cohort, int(person), number) for number, person in enumerate(order, start=1))
    return out.getvalue()


def row(cohort: SimulatedCohort, person: int, number: int) -> list[str]:
    """One patient: everybody could have been followed until the same calendar day."""
    start = CUTOFF - timedelta(days=int(cohort.could[person]))

    def day(after: float) -> str:
        return (start + timedelta(days=int(after))).isoformat() if np.isfinite(after) else ""

    size = TYPICAL_MM * np.exp(LOG_SD * cohort.patients.size[person])
    return [
        f"S{number:04d}",
        start.isoformat(),
        f"{size:.0f}",
        f"{np.log2(size):.3f}",
        "yes" if cohort.patients.site[person] else "no",
        "not sensitive" if cohort.patients.resistant[person] else "sensitive",
        day(cohort.progressed[person]),
        day(cohort.ended[person]),
        day(cohort.last[person]) if cohort.died[person] else "",
        day(cohort.last[person]),
    ]


def main() -> int:
    """Write the file, or with ``--check`` say whether the one that is there is what the seed gives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED, help="another seed makes another cohort of the same truth")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where the file is written")
    parser.add_argument("--check", action="store_true", help="only compare with the file that is there")
    options = parser.parse_args()
    text = file_text(options.seed)
    if options.check:
        same = options.output.read_text(encoding="utf-8") == text
        print("the file is what the seed gives" if same else "the file is not what the seed gives")
        return 0 if same else 1
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
