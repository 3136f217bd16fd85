"""What every declared table shares: strict types, no unknown keys; and the kinds of values a key can hold."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict

DAYS_IN = {"days": 1.0, "weeks": 7.0, "years": 365.25}
TimeUnit = Literal["days", "weeks", "months", "years"]
Number = Annotated[float, Field(allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Reason = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]
Names = Annotated[tuple[Name, ...], Strict(False)]
Numbers = Annotated[tuple[Number, ...], Strict(False)]
Codes = Annotated[tuple[int | str, ...], Strict(False)]


class Declared(BaseModel):
    """A table of the study file: strict types, no unknown keys, immutable."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True)
