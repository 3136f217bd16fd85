"""Intervals of an emulated trial: patients are drawn again, never clones, and everything is fitted again in every draw."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.random import SeedSequence, default_rng

from durata.designs.emulated.courses import Courses
from durata.designs.emulated.plan import EmulationPlan
from durata.designs.emulated.trial import EmulatedTrial, emulate
from durata.estimate.emulated import (
    MonthlyRisks,
    contrasts,
    emulated_effects,
    horizon_of,
    monthly_risks,
)
from durata.estimate.result import Summary
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.language.speaking import speak, speaking, spoken

WORTH_WORKERS = 10.0
"""Seconds of work below which starting worker processes costs more than it saves."""
TIMED = 3
BATCH = 25
MANY_CENTRES = 10
"""From so many centres on they are drawn whole, since their patients are alike; fewer would be too few to draw from."""

Told = Callable[[int, int], None]
"""Told how many draws are done, and of how many."""


@dataclass(frozen=True, eq=False, repr=False)
class EmulatedBootstrap:
    """Replicates of an emulated trial: B succeeded of ``asked``; G strategies, K months.

    ``survival`` (B, G, K), ``incidence`` (B, G, K, causes), ``restricted_mean`` (B, G, K) at the end of every month;
    ``known`` (B, G, K) whether the clones are followed so far. ``drawn`` (B,) are the numbers of the replicates, ``failures`` the reasons of the others.
    """

    trial: EmulatedTrial
    asked: int
    seed: int
    drawn: IntArray
    survival: FloatArray
    incidence: FloatArray
    restricted_mean: FloatArray
    known: BoolArray
    failures: Mapping[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        """How many replicates stand."""
        return f"EmulatedBootstrap: {len(self.drawn)} of {self.asked} replicates, seed {self.seed}"

    def values(self, month: int) -> list[dict[tuple[str, str], float]]:
        """Survival and restricted mean of every strategy at a month, one dictionary a replicate."""
        out = []
        for b in range(len(self.drawn)):
            one: dict[tuple[str, str], float] = {}
            for g, name in enumerate(self.trial.names):
                known = bool(self.known[b, g, month - 1])
                one["survival", name] = float(self.survival[b, g, month - 1]) if known else np.nan
                one["restricted mean", name] = float(self.restricted_mean[b, g, month - 1]) if known else np.nan
            out.append(one)
        return out


def emulated_bootstrap(
    courses: Courses,
    plan: EmulationPlan,
    *,
    replicates: int = 1000,
    seed: int = 1,
    workers: int | None = None,
    told: Told | None = None,
) -> EmulatedBootstrap:
    """Draw patients with replacement (within their centre; from 10 centres on whole centres), emulate the trial anew in every draw, keep all curves.

    Hazards, knots, h* and weights are all fitted again. Every replicate has a random stream of its own, so the
    answer does not depend on the number of ``workers`` (None: as many as there are processors if that is worth it).
    ``told`` is called with the number of draws done, and of all.

    Returns
    -------
    EmulatedBootstrap; ``emulated_intervals`` reads percentile intervals off it. Replicates without an estimate are
    counted by their reason.

    Raises
    ------
    CannotEstimate : the trial itself cannot be estimated, fewer than 2 replicates asked for, or all of them failed.

    References
    ----------
    Efron & Tibshirani, An Introduction to the Bootstrap, 1993; Cain et al., Int J Biostat 2010;6(2):18.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(
    ...     time=[1, 2, 2] * 20, cause=[0, 1, 0] * 20, ended_at=[0.5, 1.5, 0.8] * 20, horizon=2)
    >>> plan = du.EmulationPlan((du.ending_window("short", 0, 1), du.ending_window("long", 1, 2)), weights="empirical")
    >>> du.emulated_bootstrap(courses, plan, replicates=20, seed=7)
    EmulatedBootstrap: 20 of 20 replicates, seed 7
    """
    if replicates < 2:
        raise CannotEstimate(speak("A bootstrap needs at least 2 replicates, not {n}.", n=replicates))
    trial = emulate(courses, plan)
    streams = SeedSequence(seed).spawn(replicates)
    language = spoken()
    began = time.perf_counter()
    first = min(TIMED, replicates)
    done = _several(courses, plan, streams[:first], language)
    expected = (time.perf_counter() - began) / first * (replicates - first)
    number = (os.cpu_count() or 1) if workers is None else workers
    rest = [streams[k : k + BATCH] for k in range(first, replicates, BATCH)]
    if number > 1 and (expected > WORTH_WORKERS or (workers is not None and workers > 1)):
        from joblib import Parallel, delayed

        parts = Parallel(n_jobs=number, backend="loky", return_as="generator")(
            delayed(_several)(courses, plan, part, language) for part in rest
        )
    else:
        parts = (_several(courses, plan, part, language) for part in rest)
    for part in parts:
        done.extend(part)
        if told is not None:
            told(len(done), replicates)
    good = [(b, one) for b, one in enumerate(done) if isinstance(one, MonthlyRisks)]
    failures = Counter(one for one in done if isinstance(one, str))
    if not good:
        reason, times = failures.most_common(1)[0]
        raise CannotEstimate(
            speak("All {n} replicates failed; most often ({times}): {reason}", n=replicates, times=times, reason=reason)
        )
    return EmulatedBootstrap(
        trial,
        replicates,
        seed,
        np.array([b for b, _ in good]),
        np.array([one.survival for _, one in good]),
        np.array([one.incidence for _, one in good]),
        np.array([one.restricted_mean for _, one in good]),
        np.array([one.known for _, one in good]),
        dict(failures),
    )


def emulated_intervals(
    bootstrap: EmulatedBootstrap, *, at: int | None = None, reference: str | None = None, conf_level: float = 0.95
) -> Summary:
    """Set percentile intervals of the patient bootstrap beside the estimates of ``emulated_effects``.

    Returns
    -------
    Summary with the rows of ``emulated_effects``, their standard error (SD of the replicates), limits and the number of
    replicates behind them (``n``); a note says how many replicates failed, and why.

    Raises
    ------
    CannotEstimate : a confidence level outside 0 to 1, a horizon outside the trial.

    References
    ----------
    Efron & Tibshirani, An Introduction to the Bootstrap, 1993.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(
    ...     time=[1, 2, 2] * 20, cause=[0, 1, 0] * 20, ended_at=[0.5, 1.5, 0.8] * 20, horizon=2)
    >>> plan = du.EmulationPlan((du.ending_window("short", 0, 1), du.ending_window("long", 1, 2)), weights="empirical")
    >>> rows = du.emulated_intervals(du.emulated_bootstrap(courses, plan, replicates=20, seed=7)).rows()
    >>> rows[0]["conf_low"] <= rows[0]["estimate"] <= rows[0]["conf_high"]
    True
    """
    if not 0 < conf_level < 1:
        raise CannotEstimate(speak("conf_level must lie between 0 and 1, not {given!r}.", given=conf_level))
    trial = bootstrap.trial
    month = horizon_of(trial, at)
    estimates = emulated_effects(trial, at=month, reference=reference)
    values = bootstrap.values(month)
    rows = []
    for row in estimates.rows():
        base = row.get("reference")
        term, name = row["term"], row["group"]
        drawn = [one[term, name] if base is None else contrasts(one, name, base)[term] for one in values]
        rows.append({**row, **_limits(np.array(drawn), conf_level, known=row["estimate"] is not None)})
    failed = bootstrap.asked - len(bootstrap.drawn)
    notes = (
        (
            Finding(
                "N10",
                Severity.WARNING,
                "{failed} of {asked} replicates of the bootstrap have no estimate ({reasons}); the intervals leave them out.",
                {
                    "failed": failed,
                    "asked": bootstrap.asked,
                    "reasons": speak("; ").join(f"{times}: {why}" for why, times in bootstrap.failures.items()),
                },
                "With more than a few of them, merge windows or use fewer covariates.",
            ),
        )
        if failed
        else ()
    )
    return Summary(
        what=estimates.what,
        table=tuple(rows),
        method=speak(
            "{method}; percentile intervals of {n} bootstrap draws of patients, everything fitted again",
            method=estimates.method,
            n=len(bootstrap.drawn),
        ),
        unit=estimates.unit,
        settings={
            **estimates.settings,
            "replicates": bootstrap.asked,
            "failed": failed,
            "seed": bootstrap.seed,
            "conf_level": conf_level,
        },
        notes=notes,
    )


def drawn_counts(n: int, centre: IntArray | None, stream: SeedSequence) -> FloatArray:
    """(n,) how often each patient is drawn: within each centre as many as it has; from 10 centres on whole centres."""
    random = default_rng(stream)
    if centre is None:
        return np.bincount(random.integers(0, n, n), minlength=n).astype(np.float64)
    codes, place = np.unique(centre, return_inverse=True)
    if len(codes) >= MANY_CENTRES:
        times = np.bincount(random.integers(0, len(codes), len(codes)), minlength=len(codes))
        return np.asarray(times[place], dtype=np.float64)
    counts = np.zeros(n)
    for code in np.unique(centre):
        members = np.flatnonzero(centre == code)
        counts[members] = np.bincount(random.integers(0, len(members), len(members)), minlength=len(members))
    return counts


def _several(
    courses: Courses, plan: EmulationPlan, streams: Sequence[SeedSequence], language: str
) -> list[MonthlyRisks | str]:
    """Replicates, or the reasons why they have no estimate."""
    out: list[MonthlyRisks | str] = []
    with speaking(language):
        for stream in streams:
            counts = drawn_counts(len(courses), courses.centre, stream)
            try:
                out.append(monthly_risks(emulate(courses, plan, counts=counts)))
            except CannotEstimate as reason:
                out.append(str(reason))
    return out


def _limits(drawn: FloatArray, conf_level: float, *, known: bool) -> dict[str, float | int | None]:
    """Standard error, limits and number of the replicates in which a number is known."""
    finite = drawn[np.isfinite(drawn)]
    if not known or len(finite) < 2:
        return {"std_error": None, "conf_low": None, "conf_high": None, "n": len(finite)}
    low, high = np.quantile(finite, [0.5 - conf_level / 2, 0.5 + conf_level / 2])
    return {
        "std_error": float(finite.std(ddof=1)),
        "conf_low": float(low),
        "conf_high": float(high),
        "n": len(finite),
    }
