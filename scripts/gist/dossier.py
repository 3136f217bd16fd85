"""Sixth step: everything else a hospital file holds, drawn so that it fits what is already fixed; the rows of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gist import published as target
from gist.dates import Dates, iso
from gist.follow_up import GROUP, FollowUp
from gist.numerics import Bools, Floats, Ints
from gist.prognosis import NAMES
from gist.subgroups import BEYOND_TWO_YEARS, TWO_YEARS, Subgroups
from gist.tumour import Tumour

COLUMNS = (
    *("patient_id", "centre", "sex", "age_at_start", "ecog", "primary_site", "genotype", "biopsy_mitoses"),
    *("bleeding_at_start", "haemoglobin_g_l", "albumin_g_l", "resectability_at_start", "baseline_size_mm"),
    *("baseline_hu", "tki_start_date", "dose_mg", "preop_scan_date", "preop_size_mm", "preop_hu", "imaging_response"),
    *("preop_stop_date", "surgery_date", "surgery_urgency", "approach", "multivisceral", "margin", "rupture"),
    *("ypsize_mm", "path_viable_pct", "ypmitoses", "adj_start_date", "adj_stop_date", "adj_stop_reason"),
    *("adjuvant_months", "recurrence_date", "recurrence_site", "death_date", "death_cause", "last_contact_date"),
    *("size_over_10cm", "non_gastric", "mitoses_over_5"),
)
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Calibrated:
    """All that the searches have fixed; ``prognosis`` is 171 x 4 in the order of ``prognosis.NAMES``."""

    follow_up: FollowUp
    prognosis: Bools
    subgroups: Subgroups
    tumour: Tumour
    dates: Dates


@dataclass(frozen=True, slots=True)
class Adjuvant:
    """Adjuvant imatinib of one patient: days after surgery (0, 0 = none; ``stop`` 0 = ongoing) and why it stopped."""

    start: int
    stop: int
    reason: str


def _adjuvant(who: int, fixed: Calibrated, rng: np.random.Generator) -> Adjuvant:
    """Treatment that ends with recurrence, death or last contact at the latest and lies on the fixed side of 24 months."""
    start = int(fixed.subgroups.delay[who])
    free_until = int(fixed.follow_up.free_until[who])
    failed = bool(fixed.follow_up.failed[who])
    room = free_until - start
    planned = int(rng.choice([365, 728, 1096])) + int(rng.integers(-14, 3))
    if fixed.subgroups.brief_adjuvant[who]:
        if rng.random() < 0.16:
            return Adjuvant(0, 0, "")
        early = rng.random() < 0.15
        if early and room > 90:
            return Adjuvant(start, start + int(rng.integers(60, min(room, 600))), str(rng.choice(["toxicity", "cost"])))
        wanted = planned if planned <= TWO_YEARS else 365
        if room <= TWO_YEARS and (wanted >= room or planned > TWO_YEARS):
            if failed and fixed.follow_up.recurrence[who]:
                return Adjuvant(start, free_until, "recurrence")
            if failed:
                return Adjuvant(start, free_until, "death")
            return Adjuvant(start, 0, "ongoing")
        return Adjuvant(start, start + wanted, "completed")
    wanted = max(int(rng.choice([1096, 1096, 1461, 1826])) + int(rng.integers(-21, 22)), BEYOND_TWO_YEARS)
    if wanted < room:
        return Adjuvant(start, start + wanted, "completed")
    if failed:
        return Adjuvant(start, free_until, "recurrence" if fixed.follow_up.recurrence[who] else "death")
    return Adjuvant(start, 0, "ongoing")


def _primary_site(non_gastric: bool, rng: np.random.Generator) -> str:
    if not non_gastric:
        return "stomach"
    return str(rng.choice(["jejunum_ileum", "duodenum", "rectum", "EGIST"], p=[0.42, 0.26, 0.26, 0.06]))


def _genotype(exon_11: bool, site: str, rng: np.random.Generator) -> str:
    if exon_11:
        return "KIT_EX11"
    if site == "stomach":
        names, odds = ["PDGFRA_OTHER", "WT", "KIT_EX9", "KIT_OTHER", "NOT_TESTED"], [0.22, 0.3, 0.12, 0.1, 0.26]
    else:
        names, odds = ["KIT_EX9", "WT", "KIT_OTHER", "NOT_TESTED"], [0.48, 0.18, 0.1, 0.24]
    return str(rng.choice(names, p=odds))


def _imaging_response(before: int, after: int) -> str:
    """RECIST 1.1 on the one diameter there is."""
    if after <= 0.7 * before:
        return "PR"
    return "PD" if after >= 1.2 * before and after - before >= 5 else "SD"


def _some(value: object, missing: float, rng: np.random.Generator) -> str:
    """The value as text, or an empty cell with probability ``missing``."""
    return "" if rng.random() < missing else str(value)


def _yes(fact: object) -> str:
    return "yes" if fact else "no"


def _before_treatment(who: int, fixed: Calibrated, rng: np.random.Generator) -> Row:
    present = dict(zip(NAMES, fixed.prognosis[who], strict=True))
    site = _primary_site(bool(present["non_gastric"]), rng)
    genotype = _genotype(bool(fixed.subgroups.exon_11[who]), site, rng)
    mitoses = 6 + min(int(rng.gamma(1.3, 6.0)), 44) if present["many_mitoses"] else int(rng.choice(6, p=_FEW))
    before = int(fixed.tumour.before[who])
    haemoglobin = rng.normal(98 if present["bleeding"] else 124, 15)
    difficulty = 0.25 + 0.3 * (before > 100) + 0.15 * (site in {"rectum", "duodenum"})
    resectability = rng.choice(
        ["resectable", "borderline", "unresectable"], p=[0.75 - difficulty, 0.25 + 0.4 * difficulty, 0.6 * difficulty]
    )
    dose = rng.choice([400, 600, 800], p=[0.45, 0.45, 0.10]) if genotype == "KIT_EX9" else rng.choice(_USUAL_DOSE)
    return {
        "sex": str(rng.choice(["F", "M"], p=[0.44, 0.56])),
        "age_at_start": str(int(np.clip(np.rint(rng.normal(58, 11)), 24, 84))),
        "ecog": str(rng.choice([0, 1, 2], p=[0.58, 0.36, 0.06])),
        "primary_site": site,
        "genotype": genotype,
        "biopsy_mitoses": str(mitoses),
        "bleeding_at_start": _yes(present["bleeding"]),
        "haemoglobin_g_l": _some(int(np.clip(haemoglobin, 55, 168)), 0.04, rng),
        "albumin_g_l": _some(int(np.clip(rng.normal(39, 4), 25, 49)), 0.06, rng),
        "resectability_at_start": str(resectability),
        "baseline_size_mm": str(before),
        "dose_mg": str(dose),
        "size_over_10cm": _yes(present["over_10_cm"]),
        "non_gastric": _yes(present["non_gastric"]),
        "mitoses_over_5": _yes(present["many_mitoses"]),
    }


_FEW = [0.12, 0.22, 0.24, 0.18, 0.13, 0.11]
_USUAL_DOSE = [400] * 24 + [300]


def _around_surgery(who: int, fixed: Calibrated, rng: np.random.Generator) -> Row:
    before, after = int(fixed.tumour.before[who]), int(fixed.tumour.after[who])
    start, surgery = int(fixed.dates.start[who]), int(fixed.dates.surgery[who])
    response = _imaging_response(before, after)
    viable = int(fixed.tumour.viable[who])
    bleeding = bool(fixed.prognosis[who, NAMES.index("bleeding")])
    density = int(np.clip(rng.normal(72, 14), 38, 110))
    change = {"PR": rng.uniform(0.12, 0.5), "SD": rng.uniform(-0.05, 0.35), "PD": rng.uniform(-0.15, 0.08)}[response]
    no_density = rng.random() < 0.08
    urgent = rng.random() < (0.14 if bleeding and GROUP[who] == target.SHORT else 0.02)
    ruptured = rng.choice(["none", "preop", "intraop"], p=[0.92, 0.03, 0.05])
    margin = rng.choice(["R0", "R1", "R2"], p=[0.92, 0.065, 0.015])
    specimen = max(4, int(np.rint(after * rng.uniform(0.86, 1.08))))
    few_cells = viable <= 2
    mitoses = int(rng.poisson(0.6 + 0.06 * viable + (1.5 if response != "PR" else 0.0)))
    return {
        "baseline_hu": "" if no_density else str(density),
        "preop_hu": "" if no_density else str(max(15, int(density * (1 - change)))),
        "tki_start_date": iso(start),
        "preop_scan_date": iso(surgery - int(rng.integers(8, 29))),
        "preop_size_mm": str(after),
        "imaging_response": response,
        "preop_stop_date": iso(surgery - int(rng.choice([1, 1, 1, 2, 3, 5, 7]))),
        "surgery_date": iso(surgery),
        "surgery_urgency": "urgent" if urgent else "elective",
        "approach": "open"
        if urgent or rng.random() < 0.62
        else str(rng.choice(["laparoscopic", "converted"], p=[0.88, 0.12])),
        "multivisceral": _yes(rng.random() < 0.1 + 0.2 * (after > 80)),
        "margin": str(margin),
        "rupture": str(ruptured),
        "ypsize_mm": _some(specimen, 0.03, rng),
        "path_viable_pct": str(viable),
        # Too few viable cells leave nothing to count.
        "ypmitoses": "" if few_cells or rng.random() < 0.03 else str(mitoses),
    }


def _after_surgery(who: int, fixed: Calibrated, rng: np.random.Generator) -> Row:
    surgery, last = int(fixed.dates.surgery[who]), int(fixed.dates.last_contact[who])
    recurrence, died = int(fixed.follow_up.recurrence[who]), bool(fixed.follow_up.death[who])
    adjuvant = _adjuvant(who, fixed, rng)
    given = adjuvant.start > 0
    until = adjuvant.stop or int(fixed.follow_up.last[who])
    site = rng.choice(["liver", "peritoneum", "local", "liver_and_peritoneum"], p=[0.42, 0.33, 0.13, 0.12])
    return {
        "adj_start_date": iso(surgery + adjuvant.start) if given else "",
        "adj_stop_date": iso(surgery + adjuvant.stop) if given and adjuvant.stop else "",
        "adj_stop_reason": adjuvant.reason,
        "adjuvant_months": f"{(until - adjuvant.start) / target.MONTH:.1f}" if given else "0.0",
        "recurrence_date": iso(surgery + recurrence) if recurrence else "",
        "recurrence_site": str(site) if recurrence else "",
        "death_date": iso(last) if died else "",
        "death_cause": ("disease" if recurrence else "other") if died else "",
        "last_contact_date": iso(last),
    }


def rows(fixed: Calibrated, seed: np.random.SeedSequence) -> Sequence[Row]:
    """One row a patient, in the order of the identifiers; identifiers follow the start of treatment in each centre."""
    rng = np.random.default_rng(seed)
    centres = np.where(rng.random(len(GROUP)) < 0.6, "A", "B")
    written: list[Row] = []
    numbers = {"A": 0, "B": 0}
    starts: Floats = fixed.dates.start + rng.random(len(GROUP))
    order: Ints = np.argsort(starts)
    for who in order:
        centre = str(centres[who])
        numbers[centre] += 1
        row = {"patient_id": f"{centre}{numbers[centre]:03d}", "centre": centre}
        row |= _before_treatment(int(who), fixed, rng)
        row |= _around_surgery(int(who), fixed, rng)
        row |= _after_surgery(int(who), fixed, rng)
        written.append({column: row[column] for column in COLUMNS})
    return sorted(written, key=lambda row: row["patient_id"])
