"""Figures printed in a paper beside the same figures of this study, at the rounding they were printed with."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from durata.category import Category
from durata.cohort import Cohort
from durata.designs.catalogue import declared_design
from durata.estimate.analysis import Analysis, Answers, Refused
from durata.estimate.change import INDIVIDUAL
from durata.estimate.claim import Contrast, between
from durata.estimate.plan import change_analysis, response_analyses, subgroup_analyses
from durata.estimate.result import Curve, Effects, Summary, Test
from durata.finding import CannotEstimate
from durata.language.speaking import speak
from durata.records.records import Records
from durata.study.paper import Published
from durata.study.types import Study

NUMBER = re.compile(r"\d+(?:\.\d+)?")
Values = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Reproduced:
    """One printed figure, what this study gives for it, and whether the two agree; ``reason`` when it gives nothing."""

    figure: str
    printed: str
    reproduced: str
    agrees: bool
    reason: str = ""


def reproduce(study: Study, records: Records, answers: Answers) -> tuple[Reproduced, ...]:
    """Set every printed figure of the study file beside the study's own.

    A printed number agrees when this study's number, rounded to as many decimals, is printed the same; a printed
    bound (">0.05") when the number lies on its side.
    """
    if study.published is None:
        return ()
    return tuple(beside(study, records, answers, one) for one in study.published.figures)


def beside(study: Study, records: Records, answers: Answers, one: Published) -> Reproduced:
    """One printed figure beside the study's own."""
    try:
        values = OWN[one.kind](Sought(study, records, answers, one))
    except CannotEstimate as refusal:
        return Reproduced(one.figure, one.printed, "", False, str(refusal))
    if one.printed[0] in "<>":
        bound = float(one.printed[1:])
        agrees = values[0] < bound if one.printed[0] == "<" else values[0] > bound
        places = max(3, len(one.printed.partition(".")[2]))
        return Reproduced(one.figure, one.printed, f"{values[0]:.{places}f}", agrees)
    printed = NUMBER.findall(one.printed)
    if len(printed) != len(values):
        raise CannotEstimate(
            speak(
                "{figure!r} prints {n} numbers; a figure of this kind has {n_2}.",
                figure=one.figure,
                n=len(printed),
                n_2=len(values),
            )
        )
    remaining = iter(zip(values, printed, strict=True))

    def own(match: re.Match[str]) -> str:
        value, text = next(remaining)
        return f"{value:.{len(text.partition('.')[2])}f}"

    reproduced = NUMBER.sub(own, one.printed)
    return Reproduced(one.figure, one.printed, reproduced, reproduced == one.printed)


@dataclass(frozen=True)
class Sought:
    """What a printed figure is looked up in."""

    study: Study
    records: Records
    answers: Answers
    one: Published

    @property
    def design(self) -> str:
        """The declared design: a printed figure is the paper's own analysis."""
        return declared_design(self.study)

    @property
    def outcome(self) -> str:
        """The outcome the figure is of; the first when it does not matter."""
        return self.one.outcome or next(iter(self.study.outcomes))

    def cohort(self) -> Cohort:
        """The declared cohort."""
        cohort = self.answers.cohort(self.design, self.outcome)
        if isinstance(cohort, Refused):
            raise CannotEstimate(cohort.reason)
        return cohort

    def ask(self, analysis: Analysis) -> Curve | Effects | Test | Summary:
        """An answer; CannotEstimate with the reason when it was refused."""
        answer = self.answers.ask(analysis)
        if isinstance(answer, Refused):
            raise CannotEstimate(answer.reason)
        return answer

    def rows(self, analysis: Analysis) -> list[dict[str, object]]:
        """The rows of an answer."""
        return self.ask(analysis).rows()

    def column(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """The numbers of the covariate named, in the unit in which a measurement shows them."""
        column = self.cohort().column(str(self.one.of))
        if isinstance(column, Category):
            raise CannotEstimate(speak("{of!r} is a category and has no mean.", of=self.one.of))
        divide_by = next(
            (m.divide_by for m in self.study.measurements.values() if self.one.of in (m.before, m.after)), 1.0
        )
        values = column[~np.isnan(column)] / divide_by
        if len(values) < 2:
            raise CannotEstimate(speak("{of!r} has no two known values.", of=self.one.of))
        return values


def _patients(sought: Sought) -> Values:
    group = sought.cohort().group
    if sought.one.group is None or group is None:
        return (float(len(sought.cohort())),)
    return (float(np.count_nonzero(group.codes == group.levels.index(sought.one.group))),)


def _events(sought: Sought) -> Values:
    column = sought.one.of
    if column is None:
        return (float(sought.cohort().n_events),)
    return (float(np.count_nonzero(np.isfinite(sought.records.dates[column][sought.cohort().person]))),)


def _median_duration(sought: Sought) -> Values:
    treatment = sought.study.treatment
    days = sought.records.dates[treatment.end] - sought.records.dates[treatment.start]
    shown = days[sought.cohort().person] / sought.study.study.days(treatment.unit)
    q1, median, q3 = np.quantile(shown, [0.25, 0.5, 0.75])
    return float(median), float(q1), float(q3)


def _percent_change(sought: Sought) -> Values:
    for row in sought.rows(change_analysis(sought.study, str(sought.one.of))):
        if row.get("term") == INDIVIDUAL and row.get("group") == (sought.one.group or "all"):
            return (abs(_known(row, "estimate")),)
    raise CannotEstimate(speak("The individual change could not be estimated."))


def _responders(sought: Sought) -> Values:
    for row in sought.rows(response_analyses(sought.study, str(sought.one.of))["response_rates"]):
        if row.get("group") == (sought.one.group or "all"):
            return _known(row, "events"), _known(row, "n")
    raise CannotEstimate(speak("There is no response rate in {group!r}.", group=sought.one.group))


def _response_p(sought: Sought) -> Values:
    test = sought.ask(response_analyses(sought.study, str(sought.one.of))["response_test"])
    return (_known(test.glance(), "p_value"),)


def _follow_up(sought: Sought) -> Values:
    curve = sought.ask(Analysis(sought.design, sought.outcome, "reverse_kaplan_meier"))
    if not isinstance(curve, Curve):
        raise CannotEstimate(speak("Follow-up could not be estimated."))
    row = curve.quantile([0.5]).rows()[0]
    return (_known(row, "estimate") / sought.study.study.days(sought.study.study.time_unit),)


def _survival(sought: Sought) -> Values:
    return (100 * _known(_curve_row(sought), "estimate"),)


def _curve_row(sought: Sought) -> dict[str, object]:
    """The row of a group's curve at the time the figure is of."""
    curve = sought.ask(Analysis(sought.design, sought.outcome, "kaplan_meier", (("by", "group"),)))
    if not isinstance(curve, Curve) or sought.one.at is None:
        raise CannotEstimate(speak("Survival could not be estimated."))
    day = sought.one.at * sought.study.study.days(sought.study.study.time_unit)
    for row in curve.at([day]).rows():
        if row.get("group") == sought.one.group:
            return row
    raise CannotEstimate(speak("There is no curve of {group!r}.", group=sought.one.group))


def _survival_interval(sought: Sought) -> Values:
    row = _curve_row(sought)
    return 100 * _known(row, "conf_low"), 100 * _known(row, "conf_high")


def _at_risk(sought: Sought) -> Values:
    return (_known(_curve_row(sought), "at_risk"),)


def _log_rank(sought: Sought) -> Values:
    analysis = (
        subgroup_analyses(sought.study, sought.design, sought.outcome, sought.one.subgroup)["pairwise_log_rank"]
        if sought.one.subgroup
        else Analysis(sought.design, sought.outcome, "pairwise_log_rank")
    )
    pair = {sought.one.group, sought.one.versus}
    for row in sought.rows(analysis):
        if {row.get("group"), row.get("reference")} == pair:
            return (_known(row, "p_value"),)
    raise CannotEstimate(
        speak("There is no test of {group!r} against {versus!r}.", group=sought.one.group, versus=sought.one.versus)
    )


def _contrast(sought: Sought) -> Contrast:
    group, versus = str(sought.one.group), str(sought.one.versus)
    return between(sought.study, sought.answers, sought.design, sought.outcome, group, versus, adjusted=True)


def _hazard_ratio(sought: Sought) -> Values:
    contrast = _contrast(sought)
    return contrast.hazard_ratio, contrast.conf_low, contrast.conf_high


def _known(row: Mapping[str, object], name: str) -> float:
    value = row.get(name)
    if not isinstance(value, int | float) or np.isnan(value):
        raise CannotEstimate(str(row.get("note") or speak("This number does not exist.")))
    return float(value)


OWN: Mapping[str, Callable[[Sought], Values]] = MappingProxyType(
    {
        "patients": _patients,
        "events": _events,
        "median duration": _median_duration,
        "mean": lambda sought: (float(np.mean(sought.column())),),
        "standard deviation": lambda sought: (float(np.std(sought.column(), ddof=1)),),
        "percent change": _percent_change,
        "responders": _responders,
        "response p": _response_p,
        "median follow-up": _follow_up,
        "survival": _survival,
        "survival interval": _survival_interval,
        "at risk": _at_risk,
        "log-rank p": _log_rank,
        "hazard ratio": _hazard_ratio,
        "hazard ratio p": lambda sought: (_contrast(sought).p_value,),
    }
)
