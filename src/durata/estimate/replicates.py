"""The same question asked of drawn people, many times: seeds, workers, failures; the numbers do not depend on the workers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal, Protocol

import numpy as np
from numpy.random import SeedSequence, default_rng
from threadpoolctl import threadpool_limits

from durata.category import Category
from durata.cohort import Cohort
from durata.estimate.analysis import Analysis
from durata.estimate.plan import answers_for
from durata.estimate.quantities import Quantity, quantities
from durata.finding import CannotEstimate
from durata.kernels.arrays import IntArray
from durata.kernels.compiled.readiness import in_one_way, ready, warm
from durata.language.speaking import speak, speaking, spoken
from durata.records.records import Records
from durata.study.types import Study
from durata.weighting.baseline_weights import drawn_people, written_out

Backend = Literal["loky", "dask", "serial"]
WORTH_WORKERS = 10.0
"""Seconds of work below which starting worker processes costs more than it saves."""
TIMED = 3
BATCH = 25

Numbers = dict[Quantity, float]


class Question(Protocol):
    """What is asked of every draw of people."""

    @property
    def n(self) -> int:
        """How many people there are to draw."""
        ...

    @property
    def within(self) -> IntArray | None:
        """(n,) the stratum in which each person is drawn, None for one."""
        ...

    def ask(self, counts: IntArray | None) -> Numbers:
        """The numbers when each person is there so many times; None for the people as they are."""
        ...


@dataclass(frozen=True, eq=False)
class OfCohort:
    """A function of a Cohort, asked of its persons; ``code`` (rows,) says which person a row belongs to."""

    cohort: Cohort
    estimator: Callable[[Cohort], Any]
    at: tuple[float, ...]
    code: IntArray
    n: int
    within: IntArray | None

    @classmethod
    def of(
        cls, cohort: Cohort, estimator: Callable[[Cohort], Any], at: Sequence[float], within: str | None
    ) -> OfCohort:
        """The question about every person of a cohort (frequency weights written out)."""
        people = written_out(cohort)
        names, first, code = np.unique(people.person, return_index=True, return_inverse=True)
        strata = None if within is None else _strata(people.category(within), within)
        if strata is not None and np.any(strata != strata[first][code]):
            raise CannotEstimate(
                speak("{column!r} changes within a person, who cannot be drawn within its levels.", column=within)
            )
        return cls(
            people, estimator, tuple(map(float, at)), code, len(names), None if strata is None else strata[first]
        )

    def ask(self, counts: IntArray | None) -> Numbers:
        """The numbers of the estimator, every copy of a person being a person."""
        cohort = self.cohort if counts is None else drawn_people(self.cohort, counts[self.code])
        return quantities(self.estimator(cohort), self.at)


@dataclass(frozen=True, eq=False)
class OfStudy:
    """An Analysis of a study, asked of its patients: design, weights, screens and knots are all done again."""

    study: Study
    records: Records
    analysis: Analysis
    at: tuple[float, ...]
    within: IntArray | None

    @classmethod
    def of(cls, study: Study, records: Records, analysis: Analysis, at: Sequence[float], within: str | None) -> OfStudy:
        """The question about every patient of the records."""
        strata = None
        if within is not None:
            if within not in records.categories:
                raise CannotEstimate(
                    speak(
                        "Patients are drawn within the levels of a category covariate; {column!r} is none.",
                        column=within,
                    )
                )
            strata = _strata(records.categories[within], within)
        return cls(study, records, analysis, tuple(map(float, at)), strata)

    @property
    def n(self) -> int:
        """How many patients there are to draw."""
        return len(self.records)

    def ask(self, counts: IntArray | None) -> Numbers:
        """The numbers of the answer among the drawn patients."""
        return quantities(answers_for(self.study, self.records, counts).ask(self.analysis), self.at)


def _strata(column: Category, name: str) -> IntArray:
    if np.any(column.missing):
        raise CannotEstimate(
            speak(
                "{name!r} is missing for {n} people, who cannot be drawn within its levels.",
                name=name,
                n=int(np.count_nonzero(column.missing)),
            )
        )
    return column.codes


def drawn(n: int, within: IntArray | None, stream: SeedSequence) -> IntArray:
    """(n,) how often each person is drawn: as many as there are, with replacement, within each stratum."""
    random = default_rng(stream)
    if within is None:
        return np.bincount(random.integers(0, n, n), minlength=n).astype(np.intp)
    counts = np.zeros(n, dtype=np.intp)
    for code in np.unique(within):
        members = np.flatnonzero(within == code)
        counts[members] = np.bincount(random.integers(0, len(members), len(members)), minlength=len(members))
    return counts


@dataclass(frozen=True, eq=False)
class Draws:
    """B draws of people by number: by a seed each (bootstrap), or everybody but one (jackknife, ``seed`` None)."""

    n: int
    within: IntArray | None
    seed: int | None
    size: int

    def counts(self, numbers: Sequence[int]) -> IntArray:
        """(len(numbers), n) how often each person is in the draws of these numbers."""
        if self.seed is None:
            out = np.ones((len(numbers), self.n), dtype=np.intp)
            out[np.arange(len(numbers)), np.asarray(numbers)] = 0
            return out
        # the b-th child of the seed, whoever asks for it
        return np.stack([drawn(self.n, self.within, SeedSequence(self.seed, spawn_key=(b,))) for b in numbers])


def replicated(
    question: Question, draws: Draws, numbers: Sequence[int], *, workers: int | None, backend: Backend
) -> list[Numbers | str]:
    """The answer to a question in every draw, in order; the reason in words where there is none.

    Work that would take more than a few seconds goes to as many processes as there are processors; a single process
    does the rest. BLAS runs on one thread meanwhile, in all of them.
    """
    if backend not in ("loky", "dask", "serial"):
        raise CannotEstimate(
            speak("There is no backend {backend!r}; there are loky, dask and serial.", backend=backend)
        )
    if workers is not None and workers < 1:
        raise CannotEstimate(speak("At least one worker is needed, not {n}.", n=workers))
    if backend == "dask" and find_spec("distributed") is None:
        raise CannotEstimate(
            speak(
                "The backend 'dask' needs the packages dask and distributed, which are not installed. Install them, or "
                "use backend='loky', which gives the same numbers."
            )
        )
    how = spoken(), ready()
    if how[1]:
        warm()
    if backend == "dask":
        return _on_dask(question, draws, numbers, how)
    began = time.perf_counter()
    first = list(numbers[:TIMED])
    done = several(question, draws, first, how)
    expected = (time.perf_counter() - began) / max(len(first), 1) * (len(numbers) - len(first))
    rest = [numbers[k : k + BATCH] for k in range(len(first), len(numbers), BATCH)]
    processes = (os.cpu_count() or 1) if workers is None else workers
    wanted = expected > WORTH_WORKERS if workers is None else workers > 1
    if backend == "loky" and wanted and processes > 1 and rest:
        from joblib import Parallel, delayed

        parts = Parallel(n_jobs=processes, backend="loky")(
            delayed(several)(question, draws, part, how) for part in rest
        )
    else:
        parts = [several(question, draws, part, how) for part in rest]
    for part in parts:
        done.extend(part)
    return done


def _on_dask(question: Question, draws: Draws, numbers: Sequence[int], how: tuple[str, bool]) -> list[Numbers | str]:
    from joblib import Parallel, delayed, parallel_config

    parts = [numbers[k : k + BATCH] for k in range(0, len(numbers), BATCH)]
    try:
        with parallel_config(backend="dask"):
            found = Parallel()(delayed(several)(question, draws, part, how) for part in parts)
    except ValueError as problem:
        raise CannotEstimate(
            speak("No dask cluster answers ({problem}): make a distributed.Client first.", problem=str(problem))
        ) from problem
    return [one for part in found for one in part]


def several(question: Question, draws: Draws, numbers: Sequence[int], how: tuple[str, bool]) -> list[Numbers | str]:
    """The answers in the draws of these numbers, or the reasons why there is none.

    ``how`` is the language of the reasons, and whether compiled kernels are used: all processes do, or none, so that the
    numbers are the same to the last bit.
    """
    language, compiled = how
    out: list[Numbers | str] = []
    with speaking(language), in_one_way(compiled=compiled), threadpool_limits(1, "blas"):
        for counts in draws.counts(numbers) if len(numbers) else ():
            try:
                out.append(question.ask(counts))
            except CannotEstimate as reason:
                out.append(str(reason))
    return out
