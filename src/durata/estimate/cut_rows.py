"""The rows in which a cut-point is searched, the statistic at every admissible cut, and the note that says it was searched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.category import Category
from durata.cohort import Cohort
from durata.estimate.observation import observed_times
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.kernels.maximal_rank import EQUAL, CutProcess, cut_process, log_rank_scores
from durata.language.speaking import speak

METHOD = "maximally selected log-rank statistic"


@dataclass(frozen=True, eq=False)
class Searched:
    """The rows in which a cut of one variable is searched: ``row`` (n,) positions in the cohort, repeated by frequency."""

    row: IntArray
    time: FloatArray
    event: BoolArray
    value: FloatArray
    notes: tuple[Finding, ...]

    @property
    def scores(self) -> FloatArray:
        """(n,) log-rank scores."""
        return log_rank_scores(self.time, self.event)


def searched_here() -> Finding:
    """The warning that goes with every cut that was searched in the data it is used in."""
    return Finding(
        "N40",
        Severity.WARNING,
        "The cut was searched in these data. It is not a prespecified cut: groups made by it look more different than they "
        "are, and the ordinary log-rank test of these groups does not hold.",
        remedy="Use the p-value given here, confirm the cut in other people, or keep the variable as a number.",
        reference="Altman DG et al. J Natl Cancer Inst 1994;86:829-835",
    )


def searched_rows(cohort: Cohort, variable: str) -> Searched:
    """The rows a search uses, one for each person; CannotEstimate where people cannot be dealt anew."""
    if cohort.entry is not None and not np.all(np.isneginf(cohort.entry)):
        raise CannotEstimate(
            speak(
                "A cut cannot be searched by rank statistics when people come under observation late "
                "or in several rows: the scores of such rows cannot be exchanged. Use one row a "
                "person, at risk from time zero."
            )
        )
    if cohort.n_people < len(cohort):
        raise CannotEstimate(speak("A cut is searched among persons; this cohort has several rows for some of them."))
    weights = cohort.weights
    if weights is not None and weights.kind == "sampling":
        raise CannotEstimate(speak("A maximally selected statistic takes no sampling weights; leave the weights out."))
    column = cohort.column(variable)
    if isinstance(column, Category):
        raise CannotEstimate(
            speak("{variable!r} holds categories, not numbers: there is no cut to search.", variable=variable)
        )
    if np.any(np.isinf(column)):
        raise CannotEstimate(speak("{variable!r} is infinite in a row.", variable=variable))
    time, _ = observed_times(cohort)
    known = ~np.isnan(column)
    row = np.flatnonzero(known)
    if weights is not None:
        row = np.repeat(row, weights.values[row].astype(np.intp))
    if len(row) == 0:
        raise CannotEstimate(speak("Nobody has a known value of {variable!r}.", variable=variable))
    if not np.any(cohort.event[row]):
        raise CannotEstimate(speak("Nobody with a known value had the event, so there is nothing to compare."))
    missing = int(np.count_nonzero(~known))
    notes = () if not missing else (_left_out(missing, variable),)
    return Searched(row, time[row], cohort.event[row], column[row], notes)


def process_of(searched: Searched, variable: str, minprop: float, maxprop: float) -> CutProcess:
    """The statistic at every admissible cut; CannotEstimate when there is none."""
    if not 0.0 <= minprop < maxprop <= 1.0:
        raise CannotEstimate(
            speak(
                "The shares must satisfy 0 <= minprop < maxprop <= 1, not {minprop!r} and {maxprop!r}.",
                minprop=minprop,
                maxprop=maxprop,
            )
        )
    scores = searched.scores
    refuse_equal_scores(scores)
    process = cut_process(searched.value, scores, minprop, maxprop)
    if len(process.cut) == 0:
        raise CannotEstimate(
            speak(
                "No value of {variable!r} divides the {n} people with a share between {minprop:g} and "
                "{maxprop:g} at or below it. Widen the shares, or keep the variable as it is.",
                variable=variable,
                n=len(scores),
                minprop=minprop,
                maxprop=maxprop,
            )
        )
    return process


def refuse_equal_scores(scores: FloatArray) -> None:
    """CannotEstimate when everybody has the same score."""
    if np.ptp(scores) <= EQUAL:
        raise CannotEstimate(speak("Everybody had the event at the same time: the order of survival is not known."))


def _left_out(n: int, variable: str) -> Finding:
    return Finding(
        "N11",
        Severity.INFO,
        "{n} row(s) without a value of {variable} were left out.",
        {"n": n, "variable": variable},
        "Say in the report how many are missing and why, or impute.",
    )
