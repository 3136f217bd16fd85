"""An Analysis is design x outcome x estimator, frozen and hashable; Answers computes each once and remembers it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from durata.cohort import Cohort
from durata.estimate.result import Curve, Effects, Summary, Test
from durata.finding import CannotEstimate

Answer = Curve | Effects | Test | Summary
Setting = str | float | int | bool | tuple[str | float, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is asked: ``design`` and ``outcome`` name a Cohort, ``estimator`` what is done with it, ``settings`` how."""

    design: str
    outcome: str
    estimator: str
    settings: tuple[tuple[str, Setting], ...] = ()

    def setting(self, name: str, default: Setting = "") -> Setting:
        """One setting by name."""
        return dict(self.settings).get(name, default)

    def __str__(self) -> str:
        chosen = ", ".join(f"{name}={value}" for name, value in self.settings)
        return f"{self.estimator}({self.design}, {self.outcome}{', ' if chosen else ''}{chosen})"


@dataclass(frozen=True, slots=True)
class Refused:
    """In place of an answer that cannot be had: the reason, in words for the cell where it would stand, and its kind."""

    reason: str
    cause: type[CannotEstimate] = CannotEstimate


class Answers:
    """Every answer of one study by its description; each Cohort and each answer is computed at most once.

    ``without_cohort`` are the estimators of designs that are no Cohort, such as an emulated trial.
    """

    def __init__(
        self,
        cohort_of: Callable[[str, str], Cohort],
        estimators: dict[str, Callable[[Cohort, Analysis], Answer]],
        without_cohort: Mapping[str, Callable[[Analysis], Answer]] | None = None,
    ) -> None:
        self._cohort_of = cohort_of
        self._estimators = estimators
        self._without_cohort = dict(without_cohort or {})
        self._cohorts: dict[tuple[str, str], Cohort | Refused] = {}
        self._answers: dict[Analysis, Answer | Refused] = {}

    def cohort(self, design: str, outcome: str) -> Cohort | Refused:
        """The Cohort of a design for an outcome, or why there is none."""
        key = (design, outcome)
        if key not in self._cohorts:
            try:
                self._cohorts[key] = self._cohort_of(design, outcome)
            except CannotEstimate as refusal:
                self._cohorts[key] = Refused(str(refusal), type(refusal))
        return self._cohorts[key]

    def ask(self, analysis: Analysis) -> Answer | Refused:
        """The answer to an Analysis, or why there is none."""
        if analysis not in self._answers and analysis.estimator in self._without_cohort:
            try:
                self._answers[analysis] = self._without_cohort[analysis.estimator](analysis)
            except CannotEstimate as refusal:
                self._answers[analysis] = Refused(str(refusal), type(refusal))
        elif analysis not in self._answers:
            cohort = self.cohort(analysis.design, analysis.outcome)
            if isinstance(cohort, Refused):
                self._answers[analysis] = cohort
            else:
                try:
                    self._answers[analysis] = self._estimators[analysis.estimator](cohort, analysis)
                except CannotEstimate as refusal:
                    self._answers[analysis] = Refused(str(refusal), type(refusal))
        return self._answers[analysis]

    def __iter__(self) -> Iterator[tuple[Analysis, Answer | Refused]]:
        return iter(self._answers.items())
