"""Dose-response over duration: the risk at the horizon had everybody ended treatment near a given month, month after month."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.random import SeedSequence

from durata.designs.emulated.courses import Courses
from durata.designs.emulated.plan import EmulationPlan
from durata.designs.emulated.strategies import Strategy
from durata.designs.emulated.trial import EmulatedTrial, emulate
from durata.estimate.best_duration import BestDuration, best_duration
from durata.estimate.emulated import horizon_of, monthly_risks
from durata.estimate.emulated_bootstrap import Told, drawn_counts
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray, IntArray
from durata.kernels.cubic_spline import default_knots, restricted_cubic_basis
from durata.kernels.logistic import fit_pooled_logistic
from durata.kernels.newton import Status
from durata.language.speaking import speak, speaking, spoken
from durata.weighting.ending_hazard import month_spline

BATCH = 10
FEWEST = 4
"""Durations below which there is nothing to smooth."""


@dataclass(frozen=True, eq=False, repr=False)
class DurationResponse:
    """Risk and restricted mean at month ``at`` had everybody ended treatment within ``width`` of each of D durations.

    duration : (D,) months; ``risk``, ``restricted_mean`` (D,) each by itself, NaN where refused; ``smooth_risk``,
    ``smooth_mean`` (D,) by the model that is smooth in the duration, never beyond what can be estimated. ``*_draws`` (B, D) the same in the bootstrap draws.
    ``refused`` reasons by duration; ``failures`` reasons of draws without an estimate.
    """

    trial: EmulatedTrial
    duration: IntArray
    width: int
    at: int
    risk: FloatArray
    restricted_mean: FloatArray
    smooth_risk: FloatArray
    smooth_mean: FloatArray
    risk_draws: FloatArray
    mean_draws: FloatArray
    smooth_risk_draws: FloatArray
    smooth_mean_draws: FloatArray
    asked: int
    seed: int
    refused: Mapping[str, str] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        """What was asked, in one line."""
        return (
            f"DurationResponse: {len(self.duration)} durations, months {self.duration[0]} to {self.duration[-1]}, risk at "
            f"month {self.at}, {len(self.risk_draws)} of {self.asked} draws"
        )

    def band(self, of: str = "smooth_risk", conf_level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Pointwise percentile limits (D,), (D,) of "risk", "smooth_risk", "restricted_mean" or "smooth_mean"."""
        draws = {
            "risk": self.risk_draws,
            "smooth_risk": self.smooth_risk_draws,
            "restricted_mean": self.mean_draws,
            "smooth_mean": self.smooth_mean_draws,
        }[of]
        low, high = np.full(len(self.duration), np.nan), np.full(len(self.duration), np.nan)
        for d, column in enumerate(draws.T):
            finite = column[np.isfinite(column)]
            if len(finite) > 1:
                low[d], high[d] = np.quantile(finite, [0.5 - conf_level / 2, 0.5 + conf_level / 2])
        return low, high

    def best(self, *, margin: float | None = None, conf_level: float = 0.95, smooth: bool = True) -> BestDuration:
        """The durations not distinguishable from the one of lowest risk, and the verdict; see ``best_duration``."""
        return best_duration(
            [f"{d}" for d in self.duration],
            self.smooth_risk if smooth else self.risk,
            self.smooth_risk_draws if smooth else self.risk_draws,
            margin=margin,
            grid=True,
            refused=self.refused,
            conf_level=conf_level,
        )

    def trade_off(self, *, per_month: float, per_failure: float = 0.0, failure: FloatArray | None = None) -> FloatArray:
        """(D,) risk plus a price for every month of treatment and for a bad end of it, both the user's own.

        ``per_month`` is the risk one is ready to take to be spared a month of treatment; ``per_failure`` the same for
        ``failure`` (D,), such as the chance of an operation that spares no organ.
        """
        total = self.smooth_risk + per_month * self.duration
        return total if failure is None else np.asarray(total + per_failure * np.asarray(failure, dtype=np.float64))


def duration_response(
    courses: Courses,
    plan: EmulationPlan,
    *,
    last: int = 24,
    first: int = 1,
    width: int = 1,
    at: int | None = None,
    knots: int = 4,
    replicates: int = 200,
    seed: int = 1,
    workers: int | None = None,
    told: Told | None = None,
) -> DurationResponse:
    """Estimate the risk at a horizon as a function of the duration that everybody is assigned, from first to last month.

    Every patient is cloned to every duration d ("end treatment in month d, give or take ``width``"), weighted as the
    ``plan`` says; the risk of each duration stands by itself, and a weighted pooled logistic model with splines of
    the month and of the duration smooths over them. Patients are drawn again for the limits, everything fitted again.

    Parameters
    ----------
    courses, plan : the patients and how clones are weighted; the plan's own strategies are not used.
    first, last : the durations, in steps of the grid; ``width`` steps to either side belong to a duration.
    at : the horizon in steps; the last step if not given.
    knots : of the spline of the duration, 3 to 5.
    told : called with the number of draws done, and of all.

    Raises
    ------
    CannotEstimate : fewer than four durations, no event, weights in continuous time, or all draws failed.

    References
    ----------
    Orellana, Rotnitzky & Robins, Int J Biostat 2010;6(2):8; Cain et al., Int J Biostat 2010;6(2):18.

    Examples
    --------
    >>> import durata as du
    >>> courses = du.patient_courses(
    ...     time=[1, 4, 5, 6, 6, 6] * 20, cause=[1, 1, 0, 1, 0, 0] * 20, ended_at=[0.5, 1.5, 2.5, 3.5, 4.5, 5.5] * 20, horizon=6)
    >>> plan = du.EmulationPlan((du.ending_window("any", 0, 6),), spikes=())
    >>> du.duration_response(courses, plan, last=5, replicates=20, knots=3)
    DurationResponse: 5 durations, months 1 to 5, risk at month 6, 20 of 20 draws
    """
    if plan.continuous:
        raise CannotEstimate(
            speak("A month-by-month model needs monthly weights: choose weights = 'pooled_logistic' or 'empirical'.")
        )
    durations = np.arange(first, min(last, courses.horizon) + 1)
    if len(durations) < FEWEST:
        raise CannotEstimate(
            speak(
                "A dose-response needs at least {n} durations within the horizon; there are {found}.",
                n=FEWEST,
                found=len(durations),
            )
        )
    strategies = tuple(
        Strategy(f"{d}", max(1, int(d) - width), min(courses.horizon, int(d) + width)) for d in durations
    )
    grid = replace(plan, strategies=strategies)
    trial = emulate(courses, grid)
    month = horizon_of(trial, at)
    whole = _read(trial, durations, month, knots)
    streams = SeedSequence(seed).spawn(replicates)
    parts = [streams[k : k + BATCH] for k in range(0, replicates, BATCH)]
    number = (os.cpu_count() or 1) if workers is None else workers
    language = spoken()
    if number > 1 and len(parts) > 1 and replicates * len(courses) * len(durations) > 1_000_000:
        from joblib import Parallel, delayed

        found = Parallel(n_jobs=number, backend="loky", return_as="generator")(
            delayed(_several)(courses, grid, part, durations, month, knots, language) for part in parts
        )
    else:
        found = (_several(courses, grid, part, durations, month, knots, language) for part in parts)
    done: list[FloatArray | str] = []
    for part in found:
        done += part
        if told is not None:
            told(len(done), replicates)
    good = [one for one in done if not isinstance(one, str)]
    failures = Counter(one for one in done if isinstance(one, str))
    if not good:
        reason, times = failures.most_common(1)[0]
        raise CannotEstimate(
            speak("All {n} replicates failed; most often ({times}): {reason}", n=replicates, times=times, reason=reason)
        )
    refused = trial.refusals()
    kept = np.array([name not in refused for name in trial.names])
    draws = np.array(good)
    return DurationResponse(
        trial,
        durations,
        width,
        month,
        np.where(kept, whole[0], np.nan),
        np.where(kept, whole[1], np.nan),
        np.where(kept, whole[2], np.nan),
        np.where(kept, whole[3], np.nan),
        draws[:, 0],
        draws[:, 1],
        draws[:, 2],
        draws[:, 3],
        replicates,
        seed,
        refused,
        dict(failures),
    )


def _several(
    courses: Courses,
    plan: EmulationPlan,
    streams: Sequence[SeedSequence],
    durations: IntArray,
    month: int,
    knots: int,
    language: str,
) -> list[FloatArray | str]:
    """Draws, or the reasons why they have no estimate."""
    out: list[FloatArray | str] = []
    with speaking(language):
        for stream in streams:
            counts = drawn_counts(len(courses), courses.centre, stream)
            try:
                out.append(_read(emulate(courses, plan, counts=counts), durations, month, knots))
            except CannotEstimate as reason:
                out.append(str(reason))
    return out


def _read(trial: EmulatedTrial, durations: IntArray, month: int, knots: int) -> FloatArray:
    """(4, D) risk and restricted mean at the horizon, each duration by itself, and both by the smooth model."""
    risks = monthly_risks(trial)
    known = risks.known[:, month - 1]
    risk = np.where(known, 1.0 - risks.survival[:, month - 1], np.nan)
    mean = np.where(known, risks.restricted_mean[:, month - 1], np.nan)
    survival = _smooth(trial, durations, knots)
    before = np.concatenate([np.ones((len(durations), 1)), survival[:, :-1]], axis=1)
    smooth_mean = ((before + survival) / 2)[:, :month].sum(axis=1)
    return np.stack([risk, mean, 1.0 - survival[:, month - 1], smooth_mean])


def _smooth(trial: EmulatedTrial, durations: IntArray, knots: int) -> FloatArray:
    """(D, K) survival by logit P(event in month k | d) = f(k) + g(d), fitted to the weighted clones of all durations."""
    months = np.arange(1, trial.courses.horizon + 1, dtype=np.float64)
    happened = trial.courses.cause > 0
    seen = np.repeat(trial.courses.exit[happened], trial.counts[happened].astype(np.intp)).astype(np.float64)
    if len(seen) == 0:
        raise CannotEstimate(speak("Nobody has the event: its risk cannot be modelled."))
    basis, _ = month_spline(months, seen, 4)
    places = default_knots(durations.astype(np.float64), knots)
    of_duration = restricted_cubic_basis(durations.astype(np.float64), places).T
    refused = trial.refusals()
    cells, rows, weight, kind = [], [], [], []
    for d, (name, sums) in enumerate(zip(trial.names, trial.all_sums(), strict=True)):
        if name in refused:
            continue
        there = np.flatnonzero(sums.at_risk > 0)
        events = sums.events.sum(axis=1)[there]
        for happens, count in ((True, events), (False, sums.at_risk[there] - events)):
            cells.append(there)
            rows.append(np.full(len(there), d))
            weight.append(np.maximum(count, 0.0))
            kind.append(np.full(len(there), happens))
    if not cells:
        raise CannotEstimate(speak("No duration of the grid can be estimated."))
    place = np.concatenate(cells)
    fit = fit_pooled_logistic(
        place,
        place,
        np.concatenate(kind),
        of_duration[np.concatenate(rows)],
        basis,
        weights=np.concatenate(weight),
    )
    if fit.status != Status.CONVERGED:
        raise CannotEstimate(speak("The model that is smooth in the duration has no estimate: too few events."))
    return np.asarray(np.cumprod(1.0 - fit.probability(of_duration, basis), axis=1))
