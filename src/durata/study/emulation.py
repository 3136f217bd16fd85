"""[emulation]: the strategies of an emulated trial, its grace and excuse rules, its weights and its bootstrap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, Strict, model_validator

from durata.language.speaking import speak
from durata.study.declared import Declared, Name, Names, Number
from durata.study.nowhere import Dangling, kind_of, nowhere, table, texts

Count = Annotated[int, Field(ge=1)]
Months = Annotated[tuple[Count, ...], Strict(False)]


class EmulationWindow(Declared):
    """One of [emulation] windows: "end treatment in (from, to]"; without 'to': "do not end it until 'from'"."""

    name: Name = Field(description="Name of the strategy in tables and figures.")
    from_: Number = Field(
        default=0.0, ge=0, alias="from", description="Treatment does not end up to and including this time."
    )
    to: Number | None = Field(
        default=None,
        gt=0,
        description="Treatment ends by this time; no key = nothing more is asked after 'from' (never-ending with "
        "'from' at the horizon).",
    )

    @property
    def end(self) -> float:
        """The end of the window, infinite where it has none."""
        return float("inf") if self.to is None else self.to

    @model_validator(mode="after")
    def _has_a_length(self) -> Self:
        if self.to is not None and self.to <= self.from_:
            raise ValueError(speak("the window ends before it begins"))
        if self.to is None and self.from_ == 0:
            raise ValueError(speak("a window without 'to' needs 'from': the time until which treatment does not end"))
        return self


class EmulationTable(Declared):
    """[emulation]: the trial that is emulated from those who started treatment; times in [treatment] unit."""

    windows: Annotated[tuple[EmulationWindow, ...], Strict(False)] = Field(
        description="Strategies, adjacent or overlapping; the first is the reference.", min_length=1
    )
    horizon: Number = Field(gt=0, description="Time up to which outcomes are compared.")
    interval: Number = Field(
        default=1.0, gt=0, description="Length of one step of the time grid; windows and horizon are multiples of it."
    )
    grace: Literal["stochastic", "natural"] = Field(
        default="stochastic",
        description="Within its window a strategy ends treatment step by step with declared chances ('stochastic'), or "
        "when it happens to, only the last step obliging ('natural'). These are different estimands.",
    )
    grace_share: Literal["window", "uniform"] = Field(
        default="window",
        description="Chances of a stochastic grace period: as observed endings spread over the window, or evenly.",
    )
    weights: Literal["pooled_logistic", "cox", "empirical"] = Field(
        default="pooled_logistic",
        description="Model of ending treatment that clones are weighted by: pooled logistic by steps, Cox, or exact "
        "proportions by strata of the covariates.",
    )
    covariates: Names = Field(
        default=(), description="Baseline covariates that decide both on ending treatment and on the outcome."
    )
    time_varying: Names = Field(
        default=(),
        description="Values of [tables] that decide on ending treatment as they change: the last one measured so far ('size'), "
        "its change in percent since the start ('size.change'), whether it is on a plateau ('size.plateau').",
    )
    spikes: Months = Field(
        default=(3, 6, 9, 12), description="Steps of the grid with a level of their own: people stop on round numbers."
    )
    excused_by: Names = Field(
        default=(),
        description="Date columns of what excuses from the strategy (progression, toxicity, bleeding); the first counts.",
    )
    excuse: Literal["excused", "deviation", "event"] = Field(
        default="excused",
        description="What these dates do: excuse from the next step on; nothing (sensitivity); be the event (sensitivity).",
    )
    loss: Names | None = Field(
        default=None,
        description="Covariates of the model of loss before [study] data_cutoff (an empty list: time and whether treatment "
        "has ended); no key = loss is taken to be uninformative.",
    )
    replicates: Annotated[int, Field(ge=2)] = Field(
        default=1000, description="Bootstrap draws of patients, everything fitted again in each."
    )
    seed: Annotated[int, Field(ge=0)] = Field(default=1, description="Seed of the bootstrap.")
    margin: Number | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="Difference of risk at the horizon that is of no importance; the verdict 'plateau' needs it.",
    )
    trade_off: Number | None = Field(
        default=None,
        ge=0,
        lt=1,
        description="Risk one is ready to take to be spared one more [treatment] unit of treatment; shows the decision view.",
    )
    centre: Name | None = Field(
        default=None,
        description="Category covariate within whose levels patients are drawn, such as the hospital; 10 levels or more are drawn "
        "whole.",
    )
    truncate: Annotated[tuple[Number, ...], Strict(False)] = Field(
        default=(99.5, 99.0),
        description="Percentiles of strategy and step at which weights are truncated as a sensitivity; never by default.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = [one.name for one in self.windows]
        if len(set(names)) < len(names):
            raise ValueError(speak("two windows have the same name"))
        if any(not 50 <= share < 100 for share in self.truncate):
            raise ValueError(speak("'truncate' holds percentiles from 50 to below 100"))
        if not self.is_whole(self.horizon):
            raise ValueError(speak("'horizon' must be a multiple of 'interval'"))
        for one in self.windows:
            bounds = [one.from_, *([] if one.to is None else [one.to])]
            if not all(self.is_whole(bound) for bound in bounds):
                raise ValueError(speak("window {name!r} is not bounded at multiples of 'interval'", name=one.name))
            if max(bounds) > self.horizon:
                raise ValueError(speak("window {name!r} reaches beyond 'horizon'", name=one.name))
        for before, after in zip(self.windows, self.windows[1:], strict=False):
            if (after.from_, after.end) < (before.from_, before.end):
                raise ValueError(
                    speak(
                        "window {name!r} stands after {before!r} but comes before it; order them",
                        name=after.name,
                        before=before.name,
                    )
                )
        if self.excuse != "excused" and not self.excused_by:
            raise ValueError(speak("'excuse' says what the dates of 'excused_by' do; name some"))
        if self.time_varying and self.weights != "pooled_logistic":
            raise ValueError(speak("'time_varying' needs weights = \"pooled_logistic\""))
        if len(set(self.time_varying)) < len(self.time_varying):
            raise ValueError(speak("a name stands twice in 'time_varying'"))
        if self.grace == "natural" and "grace_share" in self.model_fields_set:
            raise ValueError(speak("'grace_share' belongs to grace = \"stochastic\""))
        if self.weights == "cox" and self.grace == "natural" and self.loss is not None:
            raise ValueError(speak('\'loss\' needs weights by steps: weights = "pooled_logistic" or "empirical"'))
        return self

    def is_whole(self, bound: float) -> bool:
        """Whether a time is a whole number of intervals."""
        return abs(bound / self.interval - round(bound / self.interval)) <= 1e-9 * max(1.0, bound / self.interval)


def emulation(declared: Mapping[str, Any]) -> Iterator[Dangling]:
    """Names in [emulation] that lead nowhere: covariates, the centre, and what the loss model needs."""
    asked, covariates = table(declared, "emulation"), table(declared, "covariates")
    for key in ("covariates", "loss"):
        for k, name in texts(asked, key):
            keys = ("emulation", key, k)
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
    centre = asked.get("centre")
    if isinstance(centre, str):
        if centre not in covariates:
            yield nowhere(("emulation", "centre"), "covariate", centre, covariates)
        elif kind_of(covariates[centre]) != "category":
            yield Dangling(
                ("emulation", "centre"),
                "{name!r} is no category; patients are drawn within its levels",
                {"name": centre},
            )
    for k, column in texts(asked, "excused_by"):
        if column in covariates and kind_of(covariates[column]) != "date":
            yield Dangling(
                ("emulation", "excused_by", k),
                "{name!r} is a covariate that holds no dates; only a dated event excuses",
                {"name": column},
                "Name a date column.",
            )
    if "loss" in asked and table(declared, "study").get("data_cutoff") is None:
        yield Dangling(
            ("emulation", "loss"),
            "loss cannot be told from the end of data collection without the day of the latter",
            {},
            "Declare data_cutoff in [study].",
        )
