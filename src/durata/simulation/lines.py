"""A simulation as lines for the terminal, in the language spoken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from durata.language.speaking import speak
from durata.simulation.methods import ENDED, METHODS
from durata.simulation.performance import Figure, Performance, Simulation
from durata.simulation.rule_rates import TRIALS, Rate
from durata.simulation.scenarios import SCENARIOS


def known_lines() -> Iterator[str]:
    """Scenarios and methods, each with what it is."""
    yield speak("Scenarios:")
    yield from (f"  {name:<24} {speak(one.says)}" for name, one in SCENARIOS.items())
    yield speak("Methods:")
    yield from (f"  {name:<24} {speak(one.says)}" for name, one in METHODS.items())


def simulation_lines(done: Simulation) -> Iterator[str]:
    """Every figure of a simulation with its Monte Carlo error in brackets."""
    yield speak(
        "{replicates} cohorts of {n} patients in each scenario, seed {seed}; Monte Carlo errors in brackets.",
        replicates=done.replicates,
        n=done.n,
        seed=done.seed,
    )
    seen: tuple[str, str] = ("", "")
    for row in done.performance:
        if (row.scenario, row.method) != seen:
            seen = (row.scenario, row.method)
            yield f"{row.scenario}: {speak(METHODS[row.method].says)}"
        yield "  " + _line(row)
    for choice in done.choices:
        if choice.best:
            yield speak(
                "{scenario}, {method}: picks the best window ({best}) in {right}; regret {regret}",
                scenario=choice.scenario,
                method=choice.method,
                best=_term(choice.best),
                right=_percent(choice.right),
                regret=_number(choice.regret),
            )
    for name, how, times, why in done.failures:
        yield speak(
            "{scenario}, {method}: no answer in {times} of {replicates} cohorts; most often: {why}",
            scenario=name,
            method=how,
            times=times,
            replicates=done.replicates,
            why=why,
        )


def rate_lines(rates: Sequence[Rate]) -> Iterator[str]:
    """How often each rule fired with its fault and without."""
    for rate in rates:
        yield speak(
            "{code}, {n} patients: fires in {hits} with the fault ({fault}), in {alarms} without ({without}); {replicates} "
            "cohorts each",
            code=rate.code,
            n=rate.n,
            hits=_percent(rate.hits),
            fault=speak(TRIALS[rate.code].says),
            alarms=_percent(rate.false_alarms),
            without=speak(TRIALS[rate.code].says_without),
            replicates=rate.hits.n,
        )


def _line(row: Performance) -> str:
    """One estimate: its mean, its bias and whatever is known about its interval."""
    parts = []
    if row.scale == "log hazard ratio":
        parts.append(speak("{term}: hazard ratio {ratio:.3f}", term=_term(row.term), ratio=float(np.exp(row.mean))))
    elif row.scale == "difference":
        parts.append(speak("{term}: difference of survival {mean:.4f}", term=_term(row.term), mean=row.mean))
    else:
        parts.append(speak("{term}: survival {mean:.4f}", term=_term(row.term), mean=row.mean))
    if np.isfinite(row.truth):
        parts.append(speak("bias {figure}", figure=_number(row.bias)))
    if np.isfinite(row.empirical.value):
        parts.append(speak("SD {figure}", figure=_number(row.empirical)))
    if row.model.n:
        parts.append(speak("mean standard error {figure}", figure=_number(row.model)))
    if row.coverage.n:
        parts.append(speak("coverage {figure}", figure=_percent(row.coverage)))
    if row.excludes_zero.n:
        parts.append(speak("interval without 0 in {figure}", figure=_percent(row.excludes_zero)))
    return speak("; ").join(parts)


def _term(term: str) -> str:
    """A window or a contrast of two, in the language spoken."""
    if term == ENDED:
        return speak("ended - not ended")
    return " - ".join(_window(part) for part in term.split(" - "))


def _window(name: str) -> str:
    return {"short": speak("short"), "middle": speak("middle"), "long": speak("long")}[name]


def _number(figure: Figure) -> str:
    known = np.isfinite(figure.error)
    return f"{figure.value:.4f} ({figure.error:.4f})" if known else f"{figure.value:.4f}"


def _percent(figure: Figure) -> str:
    return f"{100 * figure.value:.1f}% ({100 * figure.error:.1f})"
