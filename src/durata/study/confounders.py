"""[confounders]: what should be known before groups are compared, and where patients were treated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, Strict

from durata.study.declared import Declared, Name
from durata.study.nowhere import Dangling, Declaration, kind_of, nowhere, table, texts


class ConfoundersTable(Declared):
    """[confounders]: what decides how long patients are treated and how they fare, whether the file holds it or not."""

    expected: Annotated[tuple[Name, ...], Strict(False)] = Field(
        default=(),
        description="What decides on duration and outcome, by the names of covariates; what is recorded nowhere is named too, "
        "so that the report can say that it is missing.",
    )
    centre: Name | None = Field(
        default=None, description="Category covariate of where patients were treated, such as the hospital."
    )


def confounders(declared: Declaration) -> Iterator[Dangling]:
    """The centre: a category that is declared; what is expected: each named once (it need not be declared)."""
    said, covariates = table(declared, "confounders"), table(declared, "covariates")
    centre = said.get("centre")
    if isinstance(centre, str):
        keys = ("confounders", "centre")
        if centre not in covariates:
            yield nowhere(keys, "covariate", centre, covariates)
        elif kind_of(covariates[centre]) != "category":
            yield Dangling(
                keys,
                "{name!r} is a {held}; a centre is a category",
                {"name": centre, "held": kind_of(covariates[centre])},
            )
    seen: set[str] = set()
    for k, name in texts(said, "expected"):
        if name in seen:
            yield Dangling(("confounders", "expected", k), "{name!r} is named twice", {"name": name})
        seen.add(name)


def versions(declared: Declaration) -> Iterator[Dangling]:
    """[treatment] versions: numbers or categories that are declared."""
    covariates = table(declared, "covariates")
    for k, name in texts(table(declared, "treatment"), "versions"):
        keys = ("treatment", "versions", k)
        if name not in covariates:
            yield nowhere(keys, "covariate", name, covariates)
        elif kind_of(covariates[name]) == "date":
            yield Dangling(keys, "{name!r} is a date, which says nothing of a version", {"name": name})
