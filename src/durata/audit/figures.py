"""The figures file: published numbers as they are printed, in tables of strict types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr

from durata.audit.printed import NumberText, PercentText, PositiveText, PText
from durata.study.declared import Declared, Name, Number, Numbers, Reason, TimeUnit

Count = Annotated[int, Field(ge=0, le=1_000_000)]
Size = Annotated[int, Field(ge=1, le=1_000_000)]
Counts = Annotated[tuple[Count, ...], Field(strict=False)]


class About(Declared):
    """Who was studied, when, and for how long."""

    patients: Size = Field(description="Patients analysed.")
    time_unit: TimeUnit = Field("months", description="The unit of follow-up, horizons and curves.")
    accrual_from: date | None = Field(None, description="When the first patients came.")
    accrual_to: date | None = Field(None, description="When the last patients came.")
    submitted: date | None = Field(None, description="When the paper was submitted: nobody was followed longer.")
    median_follow_up: PositiveText | None = Field(None, description="Median follow-up as printed.")
    follow_up: Literal["reverse Kaplan-Meier", "observed", "survivors"] | None = Field(
        None, description="How it was computed; leave out when the paper does not say."
    )
    time_origin: Reason | None = Field(None, description="From when survival is counted; leave out when not stated.")


class Exposure(Declared):
    """The duration as described before it was grouped."""

    name: Name = Field(description="What lasted.")
    median: NumberText | None = Field(None, description="Median as printed.")
    q1: NumberText | None = Field(None, description="First quartile as printed.")
    q3: NumberText | None = Field(None, description="Third quartile as printed.")
    whole: bool = Field(False, description="Stated to be counted in whole units.")


class Group(Declared):
    """A group: how many, and from where to where."""

    name: Name = Field(description="Name.")
    patients: Size = Field(description="Patients.")
    from_: Number | None = Field(None, alias="from", description="Smallest duration in the group.")
    above: Number | None = Field(None, description="Durations are longer than this.")
    up_to: Number | None = Field(None, description="Longest duration in the group.")
    below: Number | None = Field(None, description="Durations are shorter than this.")


class Response(Declared):
    """A yes or no of every patient, counted by group."""

    name: Name = Field(description="Name.")
    events: dict[Name, Count] = Field(description="Patients with it, by group.", min_length=1)
    of: dict[Name, Size] = Field(default_factory=dict, description="Patients judged, by group; the group if left out.")
    percent: dict[Name, PercentText] = Field(default_factory=dict, description="Percentages as printed, by group.")
    p: PText | None = Field(None, description="p-value of the groups' comparison as printed.")
    test: Literal["chi-squared", "chi-squared corrected", "fisher"] | None = Field(
        None, description="The test, if said."
    )


class Mean(Declared):
    """Mean and standard deviation."""

    name: Name = Field(description="Of what.")
    n: Size = Field(description="Patients measured.")
    mean: NumberText = Field(description="Mean as printed.")
    sd: NumberText | None = Field(None, description="Standard deviation (n - 1) as printed.")
    whole: bool = Field(False, description="Each patient's value is a whole number.")


class Change(Declared):
    """A mean before and after, and the change in percent."""

    name: Name = Field(description="Of what.")
    before: PositiveText = Field(description="Mean before as printed.")
    after: NumberText = Field(description="Mean after as printed.")
    percent: NumberText = Field(description="Decrease in percent as printed.")
    of: Literal["individuals", "means"] | None = Field(
        None, description='Mean of each patient\'s percentage ("individuals") or of the two means; left out: not said.'
    )


class Endpoint(Declared):
    """An outcome and its events."""

    events: Count = Field(description="Events among all patients.")
    by_group: dict[Name, Count] = Field(default_factory=dict, description="Events by group.")


class SurvivalFigure(Declared):
    """Survival of one group at one time."""

    outcome: Name = Field(description="Outcome.")
    group: Name = Field(description="Group.")
    at: Annotated[Number, Field(gt=0)] = Field(description="Time.")
    percent: PercentText = Field(description="Survival in percent as printed.")
    at_risk: Count | None = Field(None, description="Number at risk at that time.")


class TestFigure(Declared):
    """A p-value of two groups."""

    __test__ = False  # the field's word; pytest must not collect it

    outcome: Name = Field(description="Outcome.")
    group: Name = Field(description="Group.")
    versus: Name = Field(description="Group compared with.")
    p: PText = Field(description="p-value as printed.")
    adjusted: bool = Field(False, description="From a model with other covariates.")
    subgroup: Name | None = Field(None, description="The subgroup it is from.")


class HazardRatio(Declared):
    """A hazard ratio with its confidence limits."""

    outcome: Name = Field(description="Outcome.")
    group: Name = Field(description="Group.")
    versus: Name = Field(description="Group compared with.")
    hr: PositiveText = Field(description="Hazard ratio as printed.")
    low: PositiveText = Field(description="Lower limit as printed.")
    high: PositiveText = Field(description="Upper limit as printed.")
    level: Annotated[Number, Field(gt=50, lt=100)] = Field(95.0, description="Confidence level in percent.")
    p: PText | None = Field(None, description="p-value as printed.")
    p_test: Literal["wald", "other"] = Field("wald", description='"other" when p is of a log-rank or ratio test.')
    adjusted: bool = Field(False, description="From a model with other covariates.")


class SubgroupFigure(Declared):
    """A subgroup that was analysed."""

    name: Name = Field(description="Name.")
    known: Literal["baseline", "later"] = Field(description="When it is known who belongs to it.")


class ModelFigure(Declared):
    """A regression model."""

    outcome: Name = Field(description="Outcome.")
    parameters: Size = Field(description="Coefficients, or the fewest it can have.")


class Tests(Declared):
    """How many tests were made."""

    pairs: Size = Field(1, description="Pairs of groups.")
    outcomes: Size = Field(1, description="Outcomes.")
    populations: Size = Field(1, description="Everybody, and each subgroup.")


class ClaimFigure(Declared):
    """A sentence of the conclusion, by what it says."""

    outcome: Name = Field(description="Outcome.")
    group: Name = Field(description="Group.")
    versus: Name | None = Field(None, description="Group compared with.")
    says: Literal["better", "no different", "best", "independent"] = Field(description="What is concluded.")


class CurveFigure(Declared):
    """A drawn Kaplan-Meier curve, read off at points."""

    outcome: Name = Field(description="Outcome.")
    group: Name = Field(description="Group.")
    times: Numbers = Field(description="Times read off, increasing.")
    survival: Numbers = Field(description="Survival (0 to 1) there.")
    risk_times: Numbers = Field(description="Times of the table of numbers at risk; the first is 0.")
    at_risk: Counts = Field(description="Numbers at risk.")
    events: Count | None = Field(None, description="Events of the group.")


class Figures(Declared):
    """Published figures."""

    title: Name = Field(description="What the figures are of.")
    source: Reason = Field(description="Where they are printed.")
    language: Literal["en", "zh"] = Field("en", description="Language of what is said.")
    study: About
    exposure: Exposure | None = Field(None, description="The duration.")
    groups: Annotated[tuple[Group, ...], Field(strict=False)] = Field((), description="Groups, shortest first.")
    responses: Annotated[tuple[Response, ...], Field(strict=False)] = Field((), description="Counts.")
    means: Annotated[tuple[Mean, ...], Field(strict=False)] = Field((), description="Means.")
    changes: Annotated[tuple[Change, ...], Field(strict=False)] = Field((), description="Changes.")
    outcomes: dict[Name, Endpoint] = Field(default_factory=dict, description="Outcomes by name.")
    survival: Annotated[tuple[SurvivalFigure, ...], Field(strict=False)] = Field((), description="Survival.")
    tests: Annotated[tuple[TestFigure, ...], Field(strict=False)] = Field((), description="p-values.")
    hazard_ratios: Annotated[tuple[HazardRatio, ...], Field(strict=False)] = Field((), description="Hazard ratios.")
    subgroups: Annotated[tuple[SubgroupFigure, ...], Field(strict=False)] = Field((), description="Subgroups.")
    models: Annotated[tuple[ModelFigure, ...], Field(strict=False)] = Field((), description="Models.")
    multiplicity: Tests | None = Field(None, description="How many tests were made.")
    claims: Annotated[tuple[ClaimFigure, ...], Field(strict=False)] = Field((), description="What is concluded.")
    curves: Annotated[tuple[CurveFigure, ...], Field(strict=False)] = Field((), description="Curves read off.")
    _source: FiguresSource | None = PrivateAttr(None)

    def read_from(self, source: FiguresSource) -> Self:
        """The same figures, remembering their file."""
        self._source = source
        return self

    @property
    def file(self) -> FiguresSource | None:
        """The file they were read from."""
        return self._source

    def size(self, group: str) -> int:
        """Patients of a group."""
        return next(one.patients for one in self.groups if one.name == group)


@dataclass(frozen=True)
class FiguresSource:
    """The file figures came from: its name, and line and position of every key."""

    name: str
    positions: Mapping[tuple[str | int, ...], tuple[int, int]] = field(default_factory=dict)
