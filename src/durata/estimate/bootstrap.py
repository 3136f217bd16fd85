"""Bootstrap and jackknife of any analysis: people are drawn, and everything that is estimated is estimated again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from scipy.special import ndtri

from durata.cohort import Cohort
from durata.estimate.analysis import Analysis
from durata.estimate.counted import check_level
from durata.estimate.quantities import Quantity
from durata.estimate.replicated_cox import fast_form, fast_replicates
from durata.estimate.replicates import Backend, Draws, Numbers, OfCohort, OfStudy, Question, replicated
from durata.estimate.result import Tidy
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import FloatArray, IntArray
from durata.kernels.resampled_limits import basic_limits, bca_limits, jackknife_error, percentile_limits
from durata.language.speaking import speak
from durata.records.reading import read_records
from durata.records.records import Records
from durata.study.types import Study

IntervalKind = Literal["percentile", "basic", "bca", "normal"]
INTERVALS: tuple[IntervalKind, ...] = ("percentile", "basic", "bca")
Estimator = Callable[[Cohort], Any]


@dataclass(frozen=True, eq=False, repr=False)
class Replicated(Tidy):
    """Resampled estimates: ``estimate`` (p,) of the people as they are, ``values`` (B, p) of the draws that have any.

    ``about`` (p,) says what each number is; NaN in ``values`` is a number that a draw does not have. ``drawn`` (B,) are
    the numbers of the draws, ``failures`` counts the others by reason; ``left_out`` (n, p) are the estimates without one
    person each, where they were needed.
    """

    about: tuple[Quantity, ...]
    estimate: FloatArray
    values: FloatArray
    drawn: IntArray
    asked: int
    method: str
    interval: IntervalKind
    conf_level: float
    left_out: FloatArray | None = None
    failures: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary a number: estimate, standard error, limits, ``n`` draws that have it, and why there is no limit."""
        return [{**dict(about), **self._row(k)} for k, about in enumerate(self.about)]

    def glance(self) -> dict[str, Any]:
        """How many draws stand, and the method."""
        return {"n": len(self.drawn), "method": self.method}

    @property
    def notes(self) -> tuple[Finding, ...]:
        """What a reader must know: how many draws have no estimate, and why."""
        if not self.failures:
            return ()
        return (
            Finding(
                "N73",
                Severity.WARNING,
                "{failed} of {asked} draws have no estimate ({reasons}); the intervals leave them out.",
                {
                    "failed": sum(self.failures.values()),
                    "asked": self.asked,
                    "reasons": speak("; ").join(f"{times}: {why}" for why, times in self.failures.items()),
                },
                "With more than a few of them, merge groups or use fewer covariates.",
            ),
        )

    def _row(self, k: int) -> dict[str, Any]:
        estimate = float(self.estimate[k])
        values = self.values[:, k]
        known = values[np.isfinite(values)]
        row: dict[str, Any] = {
            "estimate": estimate if np.isfinite(estimate) else None,
            "std_error": None,
            "conf_low": None,
            "conf_high": None,
            "n": len(known),
        }
        if not np.isfinite(estimate):
            return {**row, "note": speak("there is no estimate")}
        if len(known) < 2:
            return {**row, "note": speak("fewer than two draws have this number")}
        if self.interval == "normal":
            error, _ = jackknife_error(known)
            half = float(_normal_quantile(self.conf_level)) * error
            return {**row, "std_error": error, "conf_low": estimate - half, "conf_high": estimate + half}
        limits = self._limits(k, known, estimate)
        row["std_error"] = float(known.std(ddof=1))
        if limits is None:
            return {
                **row,
                "note": speak("no BCa interval: every draw lies on one side of the estimate, or no person changes it"),
            }
        return {**row, "conf_low": limits[0], "conf_high": limits[1]}

    def _limits(self, k: int, known: FloatArray, estimate: float) -> tuple[float, float] | None:
        if self.interval == "percentile":
            return percentile_limits(known, self.conf_level)
        if self.interval == "basic":
            return basic_limits(known, estimate, self.conf_level)
        if self.left_out is None:
            return None
        without = self.left_out[:, k]
        without = without[np.isfinite(without)]
        return bca_limits(known, estimate, without, self.conf_level) if len(without) > 1 else None


def bootstrap(
    subject: Study | Cohort,
    estimator: Analysis | Estimator,
    *,
    records: Records | None = None,
    replicates: int = 1000,
    seed: int = 1,
    interval: Literal["percentile", "basic", "bca"] = "percentile",
    conf_level: float = 0.95,
    at: Sequence[float] = (),
    within: str | None = None,
    workers: int | None = None,
    backend: Backend = "loky",
) -> Replicated:
    """Draw people with replacement and ask again: the spread of the answers is the uncertainty of the estimate.

    A person drawn twice is two people. Whatever was estimated (design, weights, knots, screens, cut-points) is estimated
    again in each draw. Every draw has a random stream of its own, so the numbers depend on the seed and on nothing else.

    Parameters
    ----------
    subject : a Cohort, or a Study with its ``records`` (read from its file if not given).
    estimator : for a Cohort a function of it that returns an answer, a number, numbers, or numbers by name
        (:class:`CoxModel` is one that is very fast); for a Study an Analysis.
    replicates : B, how many draws.
    interval : "percentile" (type 7 quantiles of the draws), "basic" (these mirrored at the estimate), or "bca"
        (corrected for bias and skewness; asks again without each person).
    at : times at which a Curve is read, in its unit.
    within : a category within whose levels people are drawn, such as the centre.
    workers : processes; None for as many as there are processors, when the work is more than a few seconds.
    backend : "loky" (processes), "serial", or "dask" (a cluster that already runs).

    Returns
    -------
    Replicated with (B, p) estimates; ``rows()`` has standard errors (SD of the draws) and limits.

    Raises
    ------
    CannotEstimate : there is no estimate for the people as they are; fewer than 2 draws asked for, or none of them has
        an estimate; a backend that is not installed.

    References
    ----------
    Efron & Tibshirani, An Introduction to the Bootstrap, 1993; DiCiccio & Efron, Statistical Science 1996;11:189.

    Examples
    --------
    >>> import numpy as np
    >>> import durata as du
    >>> cohort = du.cohort_from_arrays(time=np.arange(1, 21), event=[1, 0] * 10)
    >>> drawn = du.bootstrap(cohort, lambda people: float(people.exit.mean()), replicates=500, seed=3)
    >>> row = drawn.rows()[0]
    >>> row["estimate"], 1.0 < row["std_error"] < 1.6, row["conf_low"] < 10.5 < row["conf_high"]
    (10.5, True, True)
    """
    if interval not in INTERVALS:
        raise CannotEstimate(
            speak(
                "There is no interval {given!r}; there are {known}.", given=interval, known=speak(", ").join(INTERVALS)
            )
        )
    check_level(conf_level)
    if replicates < 2:
        raise CannotEstimate(speak("A bootstrap needs at least 2 replicates, not {n}.", n=replicates))
    question = _question(subject, estimator, records, at, within)
    estimate = question.ask(None)
    draws = Draws(question.n, question.within, seed, replicates)
    answered = _answered(question, draws, workers, backend)
    left_out = None
    if interval == "bca":
        without = Draws(question.n, None, None, question.n)
        left_out = _matrix(list(estimate), _answered(question, without, workers, backend))[0]
    about = list(estimate)
    values, numbers, failures = _matrix(about, answered)
    _refuse_all_failed(values, failures, replicates)
    return Replicated(
        tuple(about),
        np.array(list(estimate.values())),
        values,
        numbers,
        replicates,
        speak(
            "{interval} intervals of {n} bootstrap draws of people, everything estimated again",
            interval=speak(interval),
            n=len(values),
        ),
        interval,
        conf_level,
        left_out,
        failures,
        {"seed": seed, "replicates": replicates, "within": within},
    )


def jackknife(
    subject: Study | Cohort,
    estimator: Analysis | Estimator,
    *,
    records: Records | None = None,
    conf_level: float = 0.95,
    at: Sequence[float] = (),
    workers: int | None = None,
    backend: Backend = "loky",
) -> Replicated:
    """Leave out one person after the other: standard errors, and how much every single person matters.

    Parameters are those of :func:`bootstrap`. Everything that is estimated is estimated again without each person.

    Returns
    -------
    Replicated with (n, p) leave-one-out estimates in ``values``; the standard error is the root of (n - 1) / n times
    their sum of squares around their mean, limits are normal.

    Raises
    ------
    CannotEstimate : there is no estimate for the people as they are, or fewer than 2 people.

    References
    ----------
    Tukey, Annals of Mathematical Statistics 1958;29:614; Efron & Stein, Annals of Statistics 1981;9:586.

    Examples
    --------
    >>> import durata as du
    >>> cohort = du.cohort_from_arrays(time=[1, 2, 3, 6], event=[1] * 4)
    >>> round(du.jackknife(cohort, lambda people: float(people.exit.mean())).rows()[0]["std_error"] ** 2, 6)  # 14/3/4
    1.166667
    """
    check_level(conf_level)
    question = _question(subject, estimator, records, at, None)
    if question.n < 2:
        raise CannotEstimate(speak("A jackknife needs at least 2 people."))
    estimate = question.ask(None)
    about = list(estimate)
    answered = _answered(question, Draws(question.n, None, None, question.n), workers, backend)
    values, numbers, failures = _matrix(about, answered)
    _refuse_all_failed(values, failures, question.n)
    return Replicated(
        tuple(about),
        np.array(list(estimate.values())),
        values,
        numbers,
        question.n,
        speak("jackknife: each of {n} people left out in turn, normal limits", n=question.n),
        "normal",
        conf_level,
        values,
        failures,
    )


def _question(
    subject: Study | Cohort,
    estimator: Analysis | Estimator,
    records: Records | None,
    at: Sequence[float],
    within: str | None,
) -> Question:
    if isinstance(subject, Study):
        if not isinstance(estimator, Analysis):
            raise CannotEstimate(
                speak("For a study say which Analysis is meant; a function is asked of a Cohort, such as observed().")
            )
        return OfStudy.of(subject, records or read_records(subject), estimator, at, within)
    if isinstance(estimator, Analysis):
        raise CannotEstimate(speak("An Analysis names a design and belongs to a study; for a Cohort give a function."))
    return OfCohort.of(subject, estimator, at, within)


def _answered(question: Question, draws: Draws, workers: int | None, backend: Backend) -> list[Numbers | str]:
    """The answer in every draw: by the fast way where there is one, the others asked in full."""
    numbers = range(draws.size)
    fast = fast_form(question)
    if fast is None:
        return replicated(question, draws, numbers, workers=workers, backend=backend)
    found: dict[int, Numbers | str] = dict(fast_replicates(fast, draws, numbers))
    rest = [number for number in numbers if number not in found]
    found |= dict(zip(rest, replicated(question, draws, rest, workers=workers, backend=backend), strict=True))
    return [found[number] for number in numbers]


def _matrix(about: list[Quantity], answered: list[Numbers | str]) -> tuple[FloatArray, IntArray, dict[str, int]]:
    """(B, p) the numbers of the draws that have any, which draws these are, and the reasons of the others."""
    rows, numbers = [], []
    failures: Counter[str] = Counter()
    for number, one in enumerate(answered):
        if isinstance(one, str):
            failures[one] += 1
            continue
        values = [one.get(key, np.nan) for key in about]
        if not np.any(np.isfinite(values)):
            failures[speak("none of the numbers is in the draw")] += 1
            continue
        rows.append(values)
        numbers.append(number)
    return np.array(rows, dtype=np.float64).reshape(-1, len(about)), np.array(numbers, dtype=np.intp), dict(failures)


def _refuse_all_failed(values: FloatArray, failures: Mapping[str, int], asked: int) -> None:
    if len(values):
        return
    reason, times = max(failures.items(), key=lambda item: item[1])
    raise CannotEstimate(
        speak("All {n} replicates failed; most often ({times}): {reason}", n=asked, times=times, reason=reason)
    )


def _normal_quantile(conf_level: float) -> float:
    return float(ndtri(0.5 + conf_level / 2))
