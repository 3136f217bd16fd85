"""What a paper on the study reports beyond its outcomes: responses, measurements, subgroups, claims, printed figures."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, Strict, model_validator

from durata.language.speaking import speak
from durata.study.declared import Codes, Declared, Name, Number


class Condition(Declared):
    """[eligibility.<name>] and [subgroups.<name>]: patients whose covariate satisfies every key given."""

    covariate: Name = Field(description="A covariate declared under [covariates].")
    is_: Codes | None = Field(default=None, alias="is", description="Accepted levels.")
    not_: Codes | None = Field(default=None, alias="not", description="Refused levels.")
    from_: Number | None = Field(default=None, alias="from", description="Smallest accepted number.")
    to: Number | None = Field(default=None, description="Largest accepted number.")
    label: str = Field(default="", description="Words for the flow of patients, tables and figures.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.is_ is None and self.not_ is None and self.from_ is None and self.to is None:
            raise ValueError(speak("give at least one of 'is', 'not', 'from', 'to'"))
        return self


class Response(Declared):
    """[responses.<name>]: a category of which some levels are a success, compared between the duration groups."""

    covariate: Name = Field(description="A category declared under [covariates].")
    success: Codes = Field(description="Levels that count as a response.", min_length=1)
    label: str = Field(default="", description="Name of the response rate in tables.")


class Measurement(Declared):
    """[measurements.<name>]: a number taken before and after treatment in the same patients."""

    before: Name = Field(description="Number covariate: the value before treatment.")
    after: Name = Field(description="Number covariate: the value after treatment.")
    label: str = Field(default="", description="What is measured.")
    unit: str = Field(default="", description="Unit in which it is shown.")
    divide_by: Number = Field(default=1.0, gt=0, description="Values in the file are divided by this to be shown.")

    @model_validator(mode="after")
    def _two_columns(self) -> Self:
        if self.before == self.after:
            raise ValueError(speak("'before' and 'after' name the same covariate"))
        return self


class Claim(Declared):
    """[claims.<name>]: one thing the authors conclude, judged against what the data support."""

    text: Name = Field(description="The sentence as the authors write it.")
    outcome: Name = Field(description="Outcome it is about.")
    group: Name = Field(description="Duration group it speaks for.")
    versus: Name | None = Field(default=None, description="Group compared with; all others if not given.")
    says: Literal["better", "worse", "no better", "no difference", "best"] = Field(
        description="better or worse: fewer or more events than 'versus'; no better: not fewer; no difference: as many; best: better than every other group."
    )
    adjusted: bool = Field(default=True, description="Whether the claim is about the adjusted model.")
    subgroup: Name | None = Field(default=None, description="Subgroup it is restricted to.")

    @model_validator(mode="after")
    def _against_somebody(self) -> Self:
        if self.says == "best" and self.versus is not None:
            raise ValueError(speak("'best' compares with every other group; leave 'versus' out"))
        if self.says != "best" and self.versus is None:
            raise ValueError(speak("'{says}' needs 'versus': the group compared with", says=self.says))
        if self.versus == self.group:
            raise ValueError(speak("'group' and 'versus' name the same group"))
        return self


FigureKind = Literal[
    "patients",
    "events",
    "median duration",
    "mean",
    "standard deviation",
    "percent change",
    "responders",
    "response p",
    "median follow-up",
    "survival",
    "survival interval",
    "at risk",
    "log-rank p",
    "hazard ratio",
    "hazard ratio p",
]


class Published(Declared):
    """One of [published] figures: a number printed in a paper, to be set beside what this study gives."""

    figure: Name = Field(description="What is printed, in words.")
    printed: Name = Field(description="As printed: '75.5', '9 (6, 12)', '0.275 (0.089-0.851)', '>0.05'.")
    kind: FigureKind = Field(description="Which number of the study it is.")
    outcome: Name | None = Field(default=None, description="Outcome it belongs to.")
    group: Name | None = Field(default=None, description="Duration group it belongs to.")
    versus: Name | None = Field(default=None, description="Group compared with.")
    at: Number | None = Field(default=None, gt=0, description="Time since time zero, in [study] time_unit.")
    of: Name | None = Field(default=None, description="The response, covariate, measurement or event column it is of.")
    subgroup: Name | None = Field(default=None, description="Subgroup it is restricted to.")


class PublishedTable(Declared):
    """[published]: the figures of a paper that this study is set beside."""

    source: Name = Field(description="The paper the figures are printed in.")
    figures: Annotated[tuple[Published, ...], Strict(False)] = Field(description="The figures.", min_length=1)
