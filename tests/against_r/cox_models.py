"""Reads R's Cox cases: the formula of a case as terms, its data as a Cohort, and the fitted model (fitted once)."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pandas as pd
from reference import Case, cases

from durata.category import categorise
from durata.cohort import Cohort, Column, Weights
from durata.estimate.cox import cox
from durata.estimate.result import Effects
from durata.terms import TermLike, factor, interaction, offset, strata, transform

COX = {case.id: case for case in cases("cox")}
EVERY = {"argnames": "name", "argvalues": list(COX), "ids": list(COX)}


def having(key: str) -> dict[str, object]:
    """Arguments for ``pytest.mark.parametrize`` over the cases in which R computed ``key``."""
    names = [name for name, case in COX.items() if case.expected.get(key)]
    assert names
    return {"argnames": "name", "argvalues": names, "ids": names}


def terms_of(formula: str) -> list[TermLike]:
    """The right side of an R formula as terms: a, factor(a), strata(a), offset(a), log(a), I(a * k), I(a / k), a * b."""
    terms: list[TermLike] = []
    crossed: list[TermLike] = []
    for text in (part.strip() for part in formula.partition("~")[2].split(" + ")):
        if made := re.fullmatch(r"(factor|strata|offset)\((\S+)\)", text):
            terms.append({"factor": factor, "strata": strata, "offset": offset}[made[1]](made[2]))
        elif made := re.fullmatch(r"log\((\S+)\)", text):
            terms.append(transform(made[1], "log"))
        elif made := re.fullmatch(r"I\((\S+) ([*/]) (\S+)\)", text):
            terms.append(transform(made[1], "scale", per=float(made[3]) ** (1 if made[2] == "/" else -1)))
        elif made := re.fullmatch(r"(\S+) \* (\S+)", text):
            terms += [made[1], made[2]]
            crossed.append(interaction(made[1], made[2]))
        else:
            terms.append(text)
    return terms + crossed


def surv_of(formula: str) -> list[str]:
    """The columns named in Surv(...)."""
    return [
        name.strip() for name in formula.partition("~")[0].strip().removeprefix("Surv(").removesuffix(")").split(",")
    ]


def cohort_of(frame: pd.DataFrame, surv: list[str], levels: object = None, weights: str | None = None) -> Cohort:
    """A data set as a Cohort, rows with missing covariates included; ``levels(column)`` orders the labels."""
    columns: dict[str, Column] = {}
    for name in frame.columns:
        if pd.api.types.is_numeric_dtype(frame[name]):
            columns[str(name)] = frame[name].to_numpy(dtype=float)
        elif callable(levels):
            columns[str(name)] = categorise(frame[name].tolist(), levels(name))
    return Cohort(
        person=np.arange(len(frame)),
        exit=frame[surv[-2]].to_numpy(dtype=float),
        event=frame[surv[-1]].to_numpy() == 1,
        entry=frame[surv[0]].to_numpy(dtype=float) if len(surv) == 3 else None,
        weights=None if weights is None else Weights(frame[weights].to_numpy(dtype=float), "sampling"),
        covariates=columns,
    )


@cache
def fitted_case(name: str) -> tuple[Case, Cohort, Effects]:
    """A case of cox.json with its cohort and our fit of the same model."""
    case = COX[name]
    spec = case.spec
    cohort = cohort_of(case.frame(), surv_of(spec["formula"]), case.levels, spec["weights"])
    effects = cox(
        cohort,
        terms_of(spec["formula"]),
        ties=spec["ties"],
        robust=spec["robust"] if spec["cluster"] is None else None,
        cluster=spec["cluster"],
    )
    return case, cohort, effects
