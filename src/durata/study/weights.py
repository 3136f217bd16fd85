"""[weights]: baseline weights that make the duration groups comparable, and the covariates they are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from durata.language.speaking import speak
from durata.study.declared import Declared, Name, Names
from durata.study.nowhere import Dangling, group_names, kind_of, nowhere, table, texts


class WeightsTable(Declared):
    """[weights]: the declared analysis again, weighted so that the groups have the same baseline covariates."""

    covariates: Names = Field(description="Baseline covariates that the groups are to have in common.", min_length=1)
    estimand: Literal["overlap", "ate", "att", "matching"] = Field(
        default="overlap",
        description="For whom groups are compared: those who could have been in any of them ('overlap', 'matching'), "
        "everybody ('ate'), or people like those of one group ('att').",
    )
    target: Name | None = Field(default=None, description="Group whose people 'att' is about.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.estimand == "att") != (self.target is not None):
            raise ValueError(speak("'target' belongs to estimand = \"att\", which needs it"))
        return self


def weights(declared: Mapping[str, Any]) -> Iterator[Dangling]:
    """Names in [weights] that lead nowhere, and covariates that weights cannot be made of."""
    asked, covariates = table(declared, "weights"), table(declared, "covariates")
    seen: set[str] = set()
    for k, name in texts(asked, "covariates"):
        keys = ("weights", "covariates", k)
        if name not in covariates:
            yield nowhere(keys, "covariate", name, covariates)
            continue
        if kind_of(covariates[name]) == "date":
            yield Dangling(keys, "{name!r} is a date, which a model cannot use", {"name": name})
        if isinstance(covariates[name], Mapping) and covariates[name].get("timing") == "post":
            yield Dangling(
                keys,
                "{name!r} is known only after time zero; weights by it would look into the future",
                {"name": name},
                'Name covariates with timing = "baseline".',
            )
        if name in seen:
            yield Dangling(keys, "{name!r} is named twice", {"name": name})
        seen.add(name)
    target, groups = asked.get("target"), group_names(declared)
    if isinstance(target, str) and groups and target not in groups:
        yield nowhere(("weights", "target"), "group", target, groups)
