"""Write the values that durata selfcheck carries: a part of R's values with its data, and the numbers of the demonstration."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
AGAINST_R = ROOT / "tests" / "against_r"
GOLDEN = ROOT / "src" / "durata" / "selfcheck" / "golden"
DATA = ("lung.csv", "veteran.csv", "ovarian.csv", "heart.csv", "pbc.csv", "lung_mi_long.csv", "ccw_toy.csv")
CASES = {
    "km": ("km_lung_sex", "km_veteran_celltype"),
    "logrank/tests": ("lr_lung_sex", "lr_veteran_celltype"),
    "cox": ("cox_lung_age_sex_ecog_efron", "cox_lung_age_sex_ecog_breslow", "cox_heart_stanford_efron"),
    "firth": ("firth_ovarian",),
    "ridge": ("ridge_ovarian_theta1",),
    "splines": ("rcs_lung_age_k3",),
    "maxstat": ("mx_ovarian_age",),
    "competing_cuminc": ("cr_pbc_sex",),
    "competing_finegray": ("fg_pbc_cause1",),
    "rmst": ("rmst_lung_sex_365",),
    "rates": ("rate_lung_sex",),
    "parametric": ("param_lung_weibull",),
    "pseudo": ("pseudo_ovarian",),
    "iptw": ("iptw_lung_ecog_3groups",),
    "mi_rubin": ("mi_lung_cox",),
}
WITHOUT = {
    "competing_finegray": ("finegray_data",),
    "cox": ("residuals_first20", "survfit_newdata", "baseline", "predictions_first10"),
    "km": ("curve",),
}
WEIGHTS = ("ate", "overlap")


def trimmed(file: str, expected: Any) -> Any:
    """What R said in a case, without the parts that selfcheck does not compare."""
    left_out = WITHOUT.get(file, ())
    if file == "iptw":
        kept = {name: dict(expected["weights"][name]) for name in WEIGHTS}
        for one in kept.values():
            for name in ("km", "balance"):
                one.pop(name)
        return {**{k: v for k, v in expected.items() if k not in ("weights", "unweighted")}, "weights": kept}
    if isinstance(expected, dict):
        return {key: trimmed(file, value) for key, value in expected.items() if key not in left_out}
    return expected


def golden() -> dict[str, Any]:
    """The part of R's values, by file and case."""
    found: dict[str, Any] = {}
    for place, ids in CASES.items():
        file, _, part = place.partition("/")
        whole = read(file)
        rows = {row["id"]: row for row in (whole[part] if part else whole)}
        found[file] = {
            one: {
                "spec": rows[one].get("spec") or {},
                "data": rows[one].get("dataset", ""),
                "expected": trimmed(file, rows[one]["expected"]),
            }
            for one in ids
        }
    found["evalue"] = {key: read("evalue")[key] for key in ("hr", "rr")}
    found["tables"] = {"two_groups": next(one for one in read("tables")["proportions"] if one["id"] == "two_groups")}
    arm = read("ccw")["published_grace_182.62"]
    found["ccw"] = {
        "predictors": read("ccw")["predictors"],
        **{key: arm[key] for key in ("grace", "outcome")},
    }
    found["versions"] = read("versions")
    return found


def read(file: str) -> Any:
    """A file of R's values."""
    return json.loads((AGAINST_R / "expected" / f"{file}.json").read_text(encoding="utf-8"))


def demonstration() -> dict[str, list[float]]:
    """The numbers of the bundled demonstration, by analysis."""
    from durata.selfcheck.demonstration import numbers_of_demonstration

    return numbers_of_demonstration()


def main(arguments: list[str]) -> int:
    """Write the files, or say which are stale."""
    made = {"expected.json": golden(), "demonstration.json": demonstration()}
    GOLDEN.mkdir(exist_ok=True)
    stale = []
    for name, value in made.items():
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
        path = GOLDEN / name
        if arguments == ["--check"]:
            if name == "expected.json" and (not path.exists() or path.read_text(encoding="utf-8") != text):
                stale.append(name)
        else:
            path.write_text(text, encoding="utf-8", newline="\n")
    for name in DATA:
        if arguments == ["--check"]:
            if (GOLDEN / name).read_bytes() != (AGAINST_R / "data" / name).read_bytes():
                stale.append(name)
        else:
            shutil.copyfile(AGAINST_R / "data" / name, GOLDEN / name)
    for name in stale:
        print(f"src/durata/selfcheck/golden/{name} is stale: run python3 dev.py ledger")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
