"""The cohorts with competing causes of R's cases: cause 1 the first code, cause 2 the other."""

from __future__ import annotations

import numpy as np
from reference import Case, dataset

from durata.category import Category
from durata.cohort import Cohort
from durata.door import cohort_from_arrays


def cohort_of(case: Case) -> Cohort:
    """The cohort of a case of competing_cuminc.json, groups in R's order."""
    frame, spec = case.frame(), case.spec
    columns = {name: frame[spec[name]].tolist() for name in ("group", "strata") if name in spec}
    cohort = cohort_from_arrays(
        time=frame[spec["time"]],
        event=frame["cause"],
        event_codes=[1],
        competing_codes=[2],
        covariates={name: [f"{v:g}" if isinstance(v, float) else str(v) for v in c] for name, c in columns.items()},
    )
    if "group" not in spec:
        return cohort
    levels = tuple(case.expected["aalen_johansen"])
    group = cohort.category("group")
    codes = np.array([levels.index(group.levels[code]) for code in group.codes])
    return cohort.with_columns(group=Category(codes, levels))


def model_cohort(name: str) -> Cohort:
    """The complete rows of a data set of competing_finegray.json, its covariates made as R's formula does."""
    frame = dataset(name)
    if name == "mgus2.csv":
        frame = frame.assign(male=(frame["sex"] == "M") * 1.0, time=frame["etime"])
        terms = ["age", "male", "hgb", "mspike"]
    else:
        frame = frame.assign(female=(frame["sex"] == "f") * 1.0, logbili=np.log(frame["bili"]))
        terms = ["age", "female", "logbili", "edema"]
    frame = frame.dropna(subset=[*terms, "time", "cause"])
    return cohort_from_arrays(
        time=frame["time"],
        event=frame["cause"].astype(int),
        event_codes=[1],
        competing_codes=[2],
        covariates={term: frame[term].to_numpy(float) for term in terms},
    )
