"""The best duration and how sure it is: the set not distinguishable from the best, the global test, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from durata.estimate.glossary import Summary
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray
from durata.language.speaking import speak

Verdict = Literal["not estimable", "no evidence", "optimum", "plateau", "indistinct"]
Better = Literal["lower", "higher"]

FEWEST_DRAWS = 20
ADJACENT = 2
"""On a grid of durations, at most this many neighbours are one optimum."""


@dataclass(frozen=True, eq=False)
class BestDuration:
    """What bootstrap draws say about G durations (windows, or the points of a grid).

    ``estimate`` (G,) their risks (or means), NaN where refused; ``std_error`` (G, G) bootstrap standard deviation of every
    difference; ``statistic`` (G,) how far each is from the best of the others, in standard errors, ``critical``
    (G,) what it may be; ``in_set`` (G,) whether it is not distinguishable from the best; ``overall``,
    ``overall_critical`` and ``p_value`` of the test that all are alike; ``selected`` (G,) share of the draws in which it
    came out best, which decides nothing; ``refused`` reasons by name; ``within_margin`` whether all pairs of the set
    differ by less than the declared ``margin`` (None without one).
    """

    names: tuple[str, ...]
    estimate: FloatArray
    std_error: FloatArray
    statistic: FloatArray
    critical: FloatArray
    in_set: BoolArray
    overall: float
    overall_critical: float
    p_value: float
    selected: FloatArray
    verdict: Verdict
    better: Better
    conf_level: float
    draws: int
    failed: int
    margin: float | None = None
    within_margin: bool | None = None
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def best(self) -> tuple[str, ...]:
        """The names of the set not distinguishable from the best, in their order; empty where nothing is estimable."""
        return tuple(name for name, inside in zip(self.names, self.in_set, strict=True) if inside)

    @property
    def widest(self) -> float:
        """The largest difference that simultaneous limits leave room for between any two durations that were compared."""
        known = np.isfinite(self.estimate)
        reach = self.overall_critical * self.std_error[np.ix_(known, known)]
        return float(np.max(reach)) if reach.size else float("nan")

    def summary(self) -> Summary:
        """The durations as rows: estimate, distance from the best of the others with its p-free limit, and what is refused."""
        rows: list[dict[str, Any]] = []
        for g, name in enumerate(self.names):
            known = bool(np.isfinite(self.estimate[g]))
            rows.append(
                {
                    "group": name,
                    "estimate": float(self.estimate[g]) if known else None,
                    "statistic": float(self.statistic[g]) if known and np.isfinite(self.statistic[g]) else None,
                    "value": float(self.selected[g]) if known else None,
                    "note": self.refused.get(name, ""),
                }
            )
        return Summary(
            what="best duration",
            table=tuple(rows),
            method=speak("multiple comparisons with the best by the bootstrap maximum, {n} draws", n=self.draws),
            settings={
                "verdict": self.verdict,
                "set": self.best,
                "better": self.better,
                "overall": self.overall,
                "overall_critical": self.overall_critical,
                "p_value": self.p_value,
                "conf_level": self.conf_level,
                "margin": self.margin,
                "within_margin": self.within_margin,
                "widest": self.widest if self.verdict != "not estimable" else None,
                "draws": self.draws,
                "failed": self.failed,
            },
        )


def best_duration(
    names: Sequence[str],
    estimate: npt.ArrayLike,
    draws: npt.ArrayLike,
    *,
    better: Better = "lower",
    margin: float | None = None,
    grid: bool = False,
    refused: Mapping[str, str] | None = None,
    conf_level: float = 0.95,
) -> BestDuration:
    """Find the durations not distinguishable from the best one, and test whether duration matters at all.

    A duration d stays in the set if the largest studentised advantage of any other over it does not exceed the
    quantile that the bootstrap finds for it when differences are centred at what was estimated. Any one true best is
    left out with probability at most 1 - ``conf_level`` asymptotically; that several tied bests all stay is not claimed.

    Parameters
    ----------
    names : of the G durations, in their order.
    estimate : (G,) risk or mean of each at the horizon, NaN where it cannot be had.
    draws : (B, G) the same in every bootstrap draw of patients, everything fitted again.
    better : whether "lower" (risks) or "higher" (restricted means) is better.
    margin : difference that is declared to be of no importance; allows the verdict "plateau".
    grid : whether the durations are neighbouring points of a grid; up to two neighbours are then one optimum.
    refused : why durations have no estimate, by name.

    Returns
    -------
    BestDuration, its ``verdict`` one of "not estimable" (fewer than two durations can be estimated), "no evidence" (that
    duration matters: the global test does not reject), "optimum", "plateau" (all pairs of the set within the margin),
    "indistinct" (the set's durations cannot be told apart).

    Raises
    ------
    CannotEstimate : shapes that do not fit, fewer than 20 usable draws, a confidence level outside 0 to 1.

    References
    ----------
    Edwards & Hsu, JASA 1983;78:965; Hsu, Multiple Comparisons, 1996; Ertefaie et al., Biostatistics 2016;17:135.

    Examples
    --------
    >>> import numpy as np
    >>> draws = np.random.default_rng(1).normal([0.30, 0.20, 0.29], 0.02, size=(500, 3))
    >>> found = best_duration(["short", "intermediate", "long"], [0.30, 0.20, 0.29], draws)
    >>> found.verdict, found.best
    ('optimum', ('intermediate',))
    """
    values, drawn = np.asarray(estimate, dtype=np.float64), np.asarray(draws, dtype=np.float64)
    number = len(names)
    if values.shape != (number,) or drawn.ndim != 2 or drawn.shape[1] != number:
        raise CannotEstimate(
            speak(
                "{n} durations need {n} estimates and as many in every draw, not {estimates} and {draws}.",
                n=number,
                estimates=values.shape,
                draws=drawn.shape,
            )
        )
    if not 0 < conf_level < 1:
        raise CannotEstimate(speak("conf_level must lie between 0 and 1, not {given!r}.", given=conf_level))
    known = np.isfinite(values)
    usable = np.isfinite(drawn[:, known]).all(axis=1)
    failed = int(np.count_nonzero(~usable))
    compared = np.flatnonzero(known)
    if len(compared) < 2:
        return _not_estimable(tuple(names), values, better, margin, conf_level, len(drawn), failed, refused or {})
    if np.count_nonzero(usable) < FEWEST_DRAWS:
        raise CannotEstimate(
            speak(
                "Only {n} of {all} bootstrap draws have an estimate for every duration that is compared; at least "
                "{least} are needed.",
                n=int(np.count_nonzero(usable)),
                all=len(drawn),
                least=FEWEST_DRAWS,
            )
        )
    sign = 1.0 if better == "lower" else -1.0
    loss, lost = sign * values[compared], sign * drawn[np.ix_(usable, compared)]
    differences = lost[:, :, None] - lost[:, None, :]
    spread = differences.std(axis=0, ddof=1)
    # durations that no draw tells apart (the same people follow both) differ by nothing, with certainty
    unit = np.where(spread > 1e-12 * max(1.0, float(np.abs(loss).max())), spread, np.inf)
    observed = loss[:, None] - loss[None, :]
    centred = (differences - observed) / unit
    other = ~np.eye(len(compared), dtype=np.bool_)
    statistic = np.where(other, observed / unit, -np.inf).max(axis=1)
    critical = np.quantile(np.where(other, centred, -np.inf).max(axis=2), conf_level, axis=0)
    overall = float(np.abs(observed / unit).max())
    largest = np.abs(centred).max(axis=(1, 2))
    p_value = float((1 + np.count_nonzero(largest >= overall)) / (1 + len(largest)))
    overall_critical = float(np.quantile(largest, conf_level))
    inside = statistic <= critical
    within = None
    if margin is not None:
        pairs = np.abs(observed[np.ix_(inside, inside)]) + overall_critical * spread[np.ix_(inside, inside)]
        within = bool(np.all(pairs <= margin))
    verdict: Verdict
    if p_value >= 1 - conf_level:
        verdict = "no evidence"
    elif _is_one(compared[inside], grid):
        verdict = "optimum"
    else:
        verdict = "plateau" if within else "indistinct"
    chosen = np.bincount(lost.argmin(axis=1), minlength=len(compared)) / len(lost)

    def spread_out(part: FloatArray, empty: float) -> FloatArray:
        out = np.full(number, empty)
        out[compared] = part
        return out

    everywhere = np.full((number, number), np.nan)
    everywhere[np.ix_(compared, compared)] = spread
    members = np.zeros(number, dtype=np.bool_)
    members[compared] = inside
    return BestDuration(
        tuple(names),
        values,
        everywhere,
        spread_out(statistic, np.nan),
        spread_out(critical, np.nan),
        members,
        overall,
        overall_critical,
        p_value,
        spread_out(chosen, np.nan),
        verdict,
        better,
        conf_level,
        len(drawn),
        failed,
        margin,
        within,
        dict(refused or {}),
    )


def _is_one(members: npt.NDArray[np.intp], grid: bool) -> bool:
    """Whether a set is one duration; on a grid, at most two neighbours."""
    return len(members) == 1 or (grid and len(members) == ADJACENT and members[1] - members[0] == 1)


def _not_estimable(
    names: tuple[str, ...],
    values: FloatArray,
    better: Better,
    margin: float | None,
    conf_level: float,
    draws: int,
    failed: int,
    refused: Mapping[str, str],
) -> BestDuration:
    none = np.full(len(names), np.nan)
    nan = float("nan")
    return BestDuration(
        names, values, np.full((len(names), len(names)), np.nan), none, none, np.zeros(len(names), dtype=np.bool_), nan, nan,
        nan, none, "not estimable", better, conf_level, draws, failed, margin, None, dict(refused),
    )  # fmt: skip
