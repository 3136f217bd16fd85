"""How well methods do on simulated cohorts: bias, errors, coverage and choices, each with its Monte Carlo error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import SeedSequence, default_rng

from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray
from durata.language.speaking import speak, speaking, spoken
from durata.simulation.mechanism import draw_cohort
from durata.simulation.methods import ENDED, METHODS, NAMES, PAIRS, Method, Scale, Settings, Tried, method, versus
from durata.simulation.scenarios import SCENARIOS, Scenario, scenario
from durata.simulation.truth import known_truths

NOT_KNOWN = float("nan")
BATCH = 5
SCALES: tuple[Scale, ...] = ("survival", "difference", "log hazard ratio")
TERMS = (*NAMES, *(versus(one, other) for one, other in PAIRS), ENDED)
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Figure:
    """A share or a mean over ``n`` replicates with its Monte Carlo error; NaN where it cannot be had."""

    value: float = NOT_KNOWN
    error: float = NOT_KNOWN
    n: int = 0


@dataclass(frozen=True, slots=True)
class Performance:
    """How one estimate of one method did in one scenario.

    ``bias`` is against ``truth`` (NaN where the estimate has none); ``empirical`` the SD of the estimates; ``model`` the
    root mean square of their standard errors; ``coverage`` how often the 95% interval holds the truth; ``excludes_zero``
    how often the interval of a contrast leaves 0 out: the type-I error where the truth is 0, power elsewhere.
    """

    scenario: str
    method: str
    scale: Scale
    term: str
    truth: float
    mean: float
    bias: Figure
    empirical: Figure
    model: Figure
    coverage: Figure
    excludes_zero: Figure


@dataclass(frozen=True, slots=True)
class Choice:
    """How often a method picked the best window, and what its picks cost in survival at the horizon (regret)."""

    scenario: str
    method: str
    best: str
    right: Figure
    regret: Figure
    picked: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Simulation:
    """What was asked, how every method did, and how many cohorts it could not answer for (with the commonest reason)."""

    n: int
    replicates: int
    bootstrap: int
    seed: int
    performance: tuple[Performance, ...]
    choices: tuple[Choice, ...]
    failures: tuple[tuple[str, str, int, str], ...]

    def of(self, scenario: str, method: str, term: str) -> Performance:
        """One row.

        Raises
        ------
        CannotEstimate : there is none.
        """
        for row in self.performance:
            if (row.scenario, row.method, row.term) == (scenario, method, term):
                return row
        raise CannotEstimate(
            speak(
                "There is no estimate {term!r} of {method!r} in {scenario!r}.",
                term=term,
                method=method,
                scenario=scenario,
            )
        )


def silent(stage: str, done: int, of: int) -> None:
    """Tell nobody."""


def simulate(
    scenarios: Iterable[str] = ("null",),
    methods: Iterable[str] = tuple(METHODS),
    *,
    n: int = 2000,
    replicates: int = 100,
    bootstrap: int = 0,
    seed: int = 1,
    workers: int = 1,
    progress: Progress = silent,
) -> Simulation:
    """Try methods on simulated cohorts whose truth is known.

    Every cohort has a random stream of its own, so that the answer depends neither on the number of workers nor on which
    other scenarios and methods are asked for.

    Parameters
    ----------
    scenarios, methods : names, of ``SCENARIOS`` and ``METHODS`` in :mod:`durata.simulation`.
    n : patients who start treatment in each cohort.
    replicates : cohorts of each scenario.
    bootstrap : draws of patients behind the intervals of each emulated trial; 0 for estimates alone.
    seed : of all random numbers.
    workers : processes.
    progress : called with (stage, done, of).

    Returns
    -------
    Simulation with ``performance`` (bias, empirical and model-based error, coverage, type-I error) and ``choices`` (right
    window, regret), each figure with its Monte Carlo error.

    Raises
    ------
    CannotEstimate : an unknown name, fewer than 2 replicates, fewer than 20 patients.

    References
    ----------
    Morris TP, White IR, Crowther MJ (2019) Using simulation studies to evaluate statistical methods. Stat Med 38:2074.

    Examples
    --------
    >>> import durata as du
    >>> done = du.simulate(["null"], ["grouped-from-start"], n=200, replicates=3, seed=2)
    >>> done.of("null", "grouped-from-start", "short").bias.n
    3
    """
    tried = [scenario(name) for name in scenarios]
    asked = [method(name) for name in methods]
    if replicates < 2 or n < 20:
        raise CannotEstimate(
            speak(
                "A simulation needs at least 2 replicates of at least 20 patients, not {replicates} of {n}.",
                replicates=replicates,
                n=n,
            )
        )
    if bootstrap == 1 or bootstrap < 0 or workers < 1:
        raise CannotEstimate(speak("A bootstrap has 0 draws or at least 2; the number of workers is at least 1."))
    tasks = [
        (one.name, tuple(part))
        for one in tried
        for part in _batches(SeedSequence([seed, list(SCENARIOS).index(one.name)]).spawn(replicates))
    ]
    names, language = tuple(one.name for one in asked), spoken()
    found: dict[str, list[Mapping[str, Tried | str]]] = {one.name: [] for one in tried}
    stage = speak("simulating")
    total = len(tried) * replicates
    done = 0
    if workers > 1:
        from joblib import Parallel, delayed

        parts = Parallel(n_jobs=workers, backend="loky", return_as="generator")(
            delayed(_several)(name, streams, names, n, bootstrap, language) for name, streams in tasks
        )
    else:
        parts = (_several(name, streams, names, n, bootstrap, language) for name, streams in tasks)
    for (name, _), part in zip(tasks, parts, strict=True):
        found[name].extend(part)
        done += len(part)
        progress(stage, done, total)
    performance, choices, failures = [], [], []
    for one in tried:
        for how in asked:
            outcomes = [replicate[how.name] for replicate in found[one.name]]
            good = [outcome for outcome in outcomes if isinstance(outcome, Tried)]
            reasons = Counter(outcome for outcome in outcomes if isinstance(outcome, str))
            if reasons:
                failures.append((one.name, how.name, sum(reasons.values()), reasons.most_common(1)[0][0]))
            performance += _performances(one, how, good)
            choice = _choice(one, how, good)
            choices += [choice] if choice is not None else []
    return Simulation(n, replicates, bootstrap, seed, tuple(performance), tuple(choices), tuple(failures))


def _batches(streams: Sequence[SeedSequence]) -> list[Sequence[SeedSequence]]:
    return [streams[k : k + BATCH] for k in range(0, len(streams), BATCH)]


def _several(
    name: str, streams: Sequence[SeedSequence], methods: Sequence[str], n: int, bootstrap: int, language: str
) -> list[Mapping[str, Tried | str]]:
    """What every method made of a few cohorts, or why it made nothing."""
    from threadpoolctl import threadpool_limits

    out: list[Mapping[str, Tried | str]] = []
    with speaking(language), threadpool_limits(1, "blas"):
        for stream in streams:
            of_cohort, of_bootstrap = stream.spawn(2)
            cohort = draw_cohort(SCENARIOS[name], n, default_rng(of_cohort))
            made: dict[str, Tried | str] = {}
            for one in methods:
                try:
                    made[one] = METHODS[one].run(cohort, Settings(bootstrap, of_bootstrap))
                except CannotEstimate as reason:
                    made[one] = str(reason)
            out.append(made)
    return out


def _performances(case: Scenario, how: Method, good: Sequence[Tried]) -> list[Performance]:
    rows = []
    there = {key for one in good for key in one.estimates}
    for scale, term in sorted(there, key=lambda key: (SCALES.index(key[0]), TERMS.index(key[1]))):
        known = [one.estimates[scale, term] for one in good if (scale, term) in one.estimates]
        value, error, low, high = (
            np.array([getattr(one, part) for one in known]) for part in ("value", "error", "low", "high")
        )
        truth = _truth(case, how, scale, term)
        n, with_error = len(value), np.isfinite(error)
        spread = float(value.std(ddof=1)) if n > 1 else NOT_KNOWN
        inside, outside = (low <= truth) & (truth <= high), (low > 0) | (high < 0)
        limited = np.isfinite(low) & np.isfinite(high)
        rows.append(
            Performance(
                case.name,
                how.name,
                scale,
                term,
                truth,
                float(value.mean()),
                Figure(float(value.mean()) - truth, float(spread / np.sqrt(n)), n),
                Figure(spread, float(spread / np.sqrt(2 * (n - 1))) if n > 1 else NOT_KNOWN, n),
                _root_mean_square(error[with_error]),
                share(inside[limited]) if np.isfinite(truth) else Figure(),
                share(outside[limited]) if scale != "survival" else Figure(),
            )
        )
    return rows


def _truth(case: Scenario, how: Method, scale: Scale, term: str) -> float:
    """What an estimate should be: survival and its differences under the method's way of ending; a log ratio of 0."""
    if scale == "log hazard ratio":
        return 0.0 if case.null else NOT_KNOWN
    survival = _survivals(case, how)
    if scale == "survival":
        return survival[term]
    one, other = term.split(" - ")
    return survival[one] - survival[other]


def _survivals(case: Scenario, how: Method) -> dict[str, float]:
    truths = known_truths()
    return {name: truths[case.name, how.ending, name].survival for name in NAMES}


def _choice(case: Scenario, how: Method, good: Sequence[Tried]) -> Choice | None:
    """The window picked; regret where windows differ, under the method's own way of ending."""
    picks = [one.best for one in good if one.best is not None]
    if not picks:
        return None
    survival = _survivals(case, how)
    best = max(NAMES, key=lambda name: survival[name])
    lost = np.array([survival[best] - survival[pick] for pick in picks])
    counts = tuple((name, picks.count(name) / len(picks)) for name in NAMES)
    if case.null:
        return Choice(case.name, how.name, "", Figure(), Figure(), counts)
    right = share(np.array([pick == best for pick in picks]))
    return Choice(case.name, how.name, best, right, mean_of(lost), counts)


def share(happened: np.ndarray) -> Figure:
    """A share with its Monte Carlo error."""
    n = len(happened)
    if n == 0:
        return Figure()
    p = float(np.mean(happened))
    return Figure(p, float(np.sqrt(p * (1 - p) / n)), n)


def mean_of(values: FloatArray) -> Figure:
    """A mean with its Monte Carlo error."""
    n = len(values)
    return Figure(float(values.mean()), float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else NOT_KNOWN, n)


def _root_mean_square(errors: FloatArray) -> Figure:
    """The root of the mean variance, its Monte Carlo error by the delta method (Morris 2019)."""
    n = len(errors)
    if n == 0:
        return Figure()
    root = float(np.sqrt(np.mean(errors**2)))
    return Figure(
        root, float(np.std(errors**2, ddof=1) / (2 * root * np.sqrt(n))) if n > 1 and root > 0 else NOT_KNOWN, n
    )
