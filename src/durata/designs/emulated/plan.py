"""What an emulated trial is asked to do: its strategies, the grace rule, how clones are weighted, who may be lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from durata.designs.emulated.strategies import Strategy, check_strategies
from durata.finding import CannotEstimate
from durata.language.speaking import speak
from durata.weighting.grace import Grace, GraceShare

WeightModel = Literal["pooled_logistic", "cox", "empirical"]


@dataclass(frozen=True, slots=True)
class EmulationPlan:
    """Everything that is fitted again in every replicate of the bootstrap.

    strategies : the windows; the first one is the reference unless an estimator is told otherwise.
    grace : "stochastic": within its window a strategy ends treatment month by month with the chance h*; "natural":
        within it patients end treatment when they happen to, only the last month obliges. They are different estimands.
    grace_share : h* as observed endings spread over the window ("window"), or evenly ("uniform").
    weights : the model of ending treatment: "pooled_logistic" by month, "cox" in continuous time (natural grace) or by
        month from its hazard (stochastic grace), "empirical": exact proportions by strata of the covariates.
    covariates : names of the covariates of that model (baseline or histories); None for all there are.
    spikes, knots : months with a level of their own, and knots of the spline of the month (pooled logistic, loss).
    loss : covariates of the model of being lost; None: loss is taken to be uninformative.
    """

    strategies: tuple[Strategy, ...]
    grace: Grace = "stochastic"
    grace_share: GraceShare = "window"
    weights: WeightModel = "pooled_logistic"
    covariates: tuple[str, ...] | None = None
    spikes: tuple[int, ...] = (3, 6, 9, 12)
    knots: int = 4
    loss: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        check_strategies(self.strategies)
        for name, value, allowed in (
            ("grace", self.grace, get_args(Grace)),
            ("grace_share", self.grace_share, get_args(GraceShare)),
            ("weights", self.weights, get_args(WeightModel)),
        ):
            if value not in allowed:
                raise CannotEstimate(
                    speak(
                        "{name} is one of {allowed}, not {value!r}.",
                        name=name,
                        allowed=speak(", ").join(map(repr, allowed)),
                        value=value,
                    )
                )
        if self.continuous and self.loss is not None:
            raise CannotEstimate(
                speak(
                    "Weights for loss go with monthly weights: choose weights = 'pooled_logistic' or 'empirical', or leave "
                    "out the loss model."
                )
            )

    @property
    def continuous(self) -> bool:
        """Whether weights change in continuous time: Cox weights with natural grace."""
        return self.weights == "cox" and self.grace == "natural"

    @property
    def months(self) -> int:
        """The last month in which any strategy asks for something."""
        return max(1, *(one.decided for one in self.strategies))

    def index(self, name: str) -> int:
        """The position of a strategy; CannotEstimate names those there are."""
        names = [one.name for one in self.strategies]
        if name not in names:
            raise CannotEstimate(
                speak(
                    "There is no strategy {name!r}; there are {names}.",
                    name=name,
                    names=speak(", ").join(map(repr, names)),
                )
            )
        return names.index(name)

    @property
    def estimand(self) -> str:
        """The grace rule in words: different rules are different estimands with different truths."""
        if all(one.last is None for one in self.strategies):
            return speak("treatment not ended before its month")
        if self.grace == "natural":
            return speak("natural grace: within its window treatment ends when it happens to")
        if self.grace_share == "uniform":
            return speak("uniform stochastic grace: within its window every month is equally likely to end treatment")
        return speak("stochastic grace: within its window treatment ends as observed endings spread over it")
