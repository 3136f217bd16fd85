"""[missing]: what is done about missing values of covariates: complete cases, or multiple imputation beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from durata.study.declared import Declared, Names
from durata.study.nowhere import Dangling, Declaration, kind_of, nowhere, table, texts


class MissingTable(Declared):
    """[missing]: what is done about missing values of the covariates in the models."""

    method: Literal["complete", "impute"] = Field(
        default="complete",
        description="Patients with a missing value are left out of the model (complete), or adjusted models are also answered "
        "from several completed data sets and shown beside (impute).",
    )
    imputations: int = Field(default=20, ge=2, le=1000, description="How many completed data sets are made.")
    iterations: int = Field(
        default=10,
        ge=1,
        le=200,
        description="How often the chain of equations goes through all columns for each of them.",
    )
    seed: int = Field(default=1, ge=0, description="Seed of the random numbers; the same seed gives the same values.")
    auxiliary: Names = Field(
        default=(), description="Covariates that help to predict what is missing without being in the model."
    )


def auxiliaries(declared: Declaration) -> Iterator[Dangling]:
    """[missing] auxiliary: numbers or categories that are declared, each named once."""
    covariates = table(declared, "covariates")
    seen: set[str] = set()
    for k, name in texts(table(declared, "missing"), "auxiliary"):
        keys = ("missing", "auxiliary", k)
        if name not in covariates:
            yield nowhere(keys, "covariate", name, covariates)
        elif kind_of(covariates[name]) == "date":
            yield Dangling(keys, "{name!r} is a date, which a model cannot use", {"name": name})
        elif name in seen:
            yield Dangling(keys, "{name!r} is named twice", {"name": name})
        seen.add(name)
