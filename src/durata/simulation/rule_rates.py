"""How often rules of design fire on simulated cohorts that have the fault and on those that do not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.random import Generator, SeedSequence, default_rng

from durata.estimate.plan import answers_for
from durata.finding import CannotEstimate
from durata.language.speaking import speak
from durata.records.records import Records
from durata.rules.catalogue import all_rules
from durata.rules.runner import judge
from durata.simulation.mechanism import Regime, SimulatedCohort, draw_cohort
from durata.simulation.performance import Figure, Progress, share, silent
from durata.simulation.scenarios import SCENARIOS, WINDOWS
from durata.simulation.studied import records_of, study_of
from durata.study.types import Study

Made = tuple[Study, Records]
LAST = WINDOWS[-1][2]
NULL = SCENARIOS["null"]
UNCONFOUNDED = replace(NULL, waiting=0.0, response=0.0, progression_before_end=0.0, death_before=0.0)
"""Treatment ends by chance alone, and before it nothing happens that could keep anybody from its end."""
CONFOUNDED = replace(UNCONFOUNDED, waiting=NULL.waiting, response=NULL.response)


@dataclass(frozen=True, slots=True)
class Trial:
    """A fault and its absence: cohorts with and without it, each in words."""

    with_fault: Callable[[int, Generator], Made]
    without: Callable[[int, Generator], Made]
    says: str
    says_without: str


@dataclass(frozen=True, slots=True)
class Rate:
    """How often a rule fired at a cohort size: ``hits`` with the fault, ``false_alarms`` without."""

    code: str
    n: int
    hits: Figure
    false_alarms: Figure


def _everybody_ends(n: int, random: Generator, *, confounded: bool = False) -> SimulatedCohort:
    """A cohort followed for two years at least, in which everybody's treatment ends within them."""
    case = CONFOUNDED if confounded else UNCONFOUNDED
    return draw_cohort(case, n, random, least=LAST + 1, regime=Regime(1, LAST))


def _from(zero: Literal["start", "end"]) -> Callable[[int, Generator], Made]:
    return lambda n, random: (study_of(zero), records_of(draw_cohort(NULL, n, random)))


def _only_the_ended(n: int, random: Generator) -> Made:
    cohort = draw_cohort(NULL, n, random)
    return study_of(), records_of(cohort.select(np.isfinite(cohort.ended)))


def _all_who_started(n: int, random: Generator) -> Made:
    return study_of(population="started"), records_of(_everybody_ends(n, random))


def _confounded(confounded: bool) -> Callable[[int, Generator], Made]:
    return lambda n, random: (study_of(adjust=()), records_of(_everybody_ends(n, random, confounded=confounded)))


TRIALS: Mapping[str, Trial] = MappingProxyType(
    {
        "T01": Trial(
            _from("start"),
            _from("end"),
            "groups by achieved duration on the clock of the start",
            "the same cohorts on the clock of the end, when the group is known",
        ),
        "T02": Trial(
            _from("end"),
            _from("start"),
            "durations compared on the clock of the end",
            "the same cohorts on the clock of the start",
        ),
        "S01": Trial(
            _only_the_ended,
            _all_who_started,
            "a file of those whose treatment ended",
            "everybody who started is in the file and came to the end",
        ),
        "X01": Trial(
            _confounded(True),
            _confounded(False),
            "large tumours are treated longer, and no model holds their size",
            "treatment ends by chance alone",
        ),
    }
)


def rule_rates(
    codes: Iterable[str] = tuple(TRIALS),
    *,
    sizes: Sequence[int] = (200, 600),
    replicates: int = 200,
    seed: int = 1,
    progress: Progress = silent,
) -> tuple[Rate, ...]:
    """Count how often rules fire on simulated cohorts with their fault and without it.

    Parameters
    ----------
    codes : rules, of ``TRIALS``.
    sizes : patients who start treatment in each cohort.
    replicates : cohorts with the fault, and as many without, of each size.
    seed : of all random numbers.
    progress : called with (stage, done, of).

    Returns
    -------
    A Rate for each rule and size, each share with its Monte Carlo error.

    Raises
    ------
    CannotEstimate : a rule for which nothing is simulated.

    Examples
    --------
    >>> from durata.simulation.rule_rates import rule_rates
    >>> [rate] = rule_rates(["T02"], sizes=[60], replicates=4)
    >>> rate.hits.value, rate.false_alarms.value
    (1.0, 0.0)
    """
    asked = list(codes)
    for code in asked:
        if code not in TRIALS:
            raise CannotEstimate(
                speak(
                    "Nothing is simulated for rule {code!r}; there are {codes}.",
                    code=code,
                    codes=speak(", ").join(TRIALS),
                )
            )
    out = []
    total = len(asked) * len(sizes) * replicates
    done = 0
    for code in asked:
        for n in sizes:
            fired: tuple[list[bool], list[bool]] = ([], [])
            for stream in SeedSequence([seed, list(TRIALS).index(code), n]).spawn(replicates):
                for kind, own in zip((TRIALS[code].with_fault, TRIALS[code].without), stream.spawn(2), strict=True):
                    fired[kind is TRIALS[code].without].append(fires(code, *kind(n, default_rng(own))))
                done += 1
                progress(speak("simulating"), done, total)
            out.append(Rate(code, n, share(np.array(fired[0])), share(np.array(fired[1]))))
    return tuple(out)


def fires(code: str, study: Study, records: Records) -> bool:
    """Whether a rule has something to say; CannotEstimate when it could not judge."""
    facts = {"study": study, "records": records, "answers": answers_for(study, records)}
    verdicts = judge({code: all_rules()[code]}, facts, {})
    if code in verdicts.not_judged:
        raise CannotEstimate(verdicts.not_judged[code])
    return bool(verdicts.findings)


BEGIN, END = "<!-- rates: begin -->", "<!-- rates: end -->"
BLOCK = re.compile(rf"{re.escape(BEGIN)}.*?{re.escape(END)}\n?", re.DOTALL)


def with_rates(page: str, rates: Sequence[Rate]) -> str:
    """A rule's page with the section "How often it fires" written anew, before "When it is right to ignore it"."""
    trial = TRIALS[rates[0].code]
    replicates = rates[0].hits.n
    rows = "\n".join(f"| {one.n} | {_percent(one.hits)} | {_percent(one.false_alarms)} |" for one in rates)
    block = (
        f"{BEGIN}\n## How often it fires\n\nOn {replicates} simulated cohorts of each kind (`durata simulate --rules --replicates {replicates}`; Monte Carlo "
        f"error in brackets). With the fault: {trial.says}. Without: {trial.says_without}.\n\n"
        f"| patients who started | fires with the fault | fires without |\n|---|---|---|\n{rows}\n{END}\n"
    )
    if BLOCK.search(page):
        return BLOCK.sub(lambda _: block, page, count=1)
    before, heading, after = page.partition("## When it is right to ignore it")
    return f"{before}{block}\n{heading}{after}"


def _percent(figure: Figure) -> str:
    """A share with its Monte Carlo error; all or none as a count, since its error is not 0."""
    if figure.error == 0:
        return f"{round(figure.value * figure.n)} of {figure.n}"
    return f"{100 * figure.value:.1f} % ({100 * figure.error:.1f})"
