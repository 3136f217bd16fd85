"""Where shrinkage levels off, from one size before and one at the end of treatment: an exponential approach to a plateau."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from durata.estimate.result import Summary
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray
from durata.language.speaking import speak

FEWEST = 20
NEAR = 0.05
"""A size within this share of its asymptote counts as on the plateau."""
AT_BOUND = 1e-4
SLOWEST, FASTEST, POINTS = 0.01, 100.0, 48
"""Rates that are searched, per typical duration."""


def shrinkage_plateau(
    duration: npt.ArrayLike,
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    *,
    unit: str = "months",
    replicates: int = 300,
    seed: int = 1,
    conf_level: float = 0.95,
) -> Summary:
    """Fit y(t) = y0 [(1 - f) + f exp(-k t)] to sizes at the end of treatments of different length, by least squares.

    A share f of the size can go, at rate k; the plateau is (1 - f) y0. Everybody has one size at the end only: this compares
    patients treated for different times, not one patient over time, and whoever shrinks slowly may be treated longer. It
    describes; it is no effect of duration. Limits are percentiles of draws of patients.

    Parameters
    ----------
    duration, before, after : (n,) length of treatment in ``unit``, size before it and at its end; NaN is left out.

    Returns
    -------
    Summary with rows "share that can shrink" (f), "rate" (k, per ``unit``), "time to within 5 % of the plateau" (the first
    t with y(t) at most 1.05 times the plateau), with limits. ``settings`` has n, the longest duration, and how many
    draws had no plateau.

    Raises
    ------
    CannotEstimate : fewer than 20 patients with both sizes; a size before that is not positive; no shrinkage, or none that
        levels off within the durations there are.

    References
    ----------
    Stein, Gulley, Schlom et al., Clin Cancer Res 2011;17:907; Claret, Girard, Hoff et al., J Clin Oncol 2009;27:4103.

    Examples
    --------
    >>> import numpy as np
    >>> months = np.linspace(1, 24, 60)
    >>> found = shrinkage_plateau(months, np.full(60, 100.0), 100 * (0.6 + 0.4 * np.exp(-0.3 * months)), replicates=20)
    >>> [round(row["estimate"], 3) for row in found.rows()]
    [0.4, 0.3, 8.634]
    """
    t, first, last = (np.asarray(one, dtype=np.float64) for one in (duration, before, after))
    if not t.shape == first.shape == last.shape or t.ndim != 1:
        raise CannotEstimate(speak("Durations and sizes must be as many as there are patients."))
    known = np.isfinite(t) & np.isfinite(first) & np.isfinite(last)
    t, first, last = t[known], first[known], last[known]
    if len(t) < FEWEST:
        raise CannotEstimate(
            speak(
                "Only {n} patients have a duration and both sizes; at least {least} are needed.", n=len(t), least=FEWEST
            )
        )
    if np.any(first <= 0):
        raise CannotEstimate(speak("A size before treatment is not above 0: shrinkage in shares cannot be had."))
    ratio = last / first
    found = _fit(t, ratio)
    if found is None:
        raise CannotEstimate(
            speak(
                "No plateau can be seen: sizes do not shrink, or do not level off within the longest duration of "
                "{longest:.1f} {unit}.",
                longest=float(t.max()),
                unit=speak(unit),
            )
        )
    random = np.random.default_rng(seed)
    rows_drawn = [random.integers(0, len(t), len(t)) for _ in range(replicates)]
    every = [_fit(t[rows], ratio[rows]) for rows in rows_drawn]
    drawn = np.array([one for one in every if one is not None])
    failed = replicates - len(drawn)
    # a draw without a plateau has none within reach: its time to the plateau is unlimited, and the upper limit with it
    times = np.concatenate([drawn[:, 2] if len(drawn) else np.empty(0), np.full(failed, np.inf)])
    tail = 0.5 - conf_level / 2
    rows: list[dict[str, Any]] = []
    for term, value, values in (
        ("share that can shrink", found[0], drawn[:, 0] if len(drawn) else np.empty(0)),
        ("rate", found[1], drawn[:, 1] if len(drawn) else np.empty(0)),
        ("time to within 5 % of the plateau", found[2], times),
    ):
        low, high = (float(np.quantile(values, at, method="closest_observation")) for at in (tail, 1 - tail))
        rows.append({"term": term, "estimate": float(value), "conf_low": low, "conf_high": high, "n": len(t)})
    return Summary(
        what=speak("where shrinkage levels off"),
        table=tuple(rows),
        method=speak(
            "exponential approach to a plateau, least squares; percentile intervals of {n} bootstrap draws of patients",
            n=replicates,
        ),
        unit=unit,
        settings={"n": len(t), "longest": float(t.max()), "draws": replicates, "without": failed},
    )


def _fit(t: FloatArray, ratio: FloatArray) -> tuple[float, float, float] | None:
    """f, k and the time to the plateau; None where there is no shrinkage or no plateau within the durations there are.

    For a given k the least-squares f has a formula, so that only k is searched: on a grid first, since there can be several
    valleys, then within the best of its cells.
    """
    typical = max(float(np.median(t)), 1e-9)
    gone = ratio - 1

    def share_of(k: float) -> float:
        shape = np.expm1(-k * t)
        size = float(shape @ shape)
        return min(1.0, max(0.0, float(shape @ gone) / size)) if size > 0 else 0.0

    def cost(log_k: float) -> float:
        k = float(np.exp(log_k))
        rest = gone - share_of(k) * np.expm1(-k * t)
        return float(rest @ rest)

    grid = np.log(np.geomspace(SLOWEST, FASTEST, POINTS) / typical)
    best = int(np.argmin([cost(one) for one in grid.tolist()]))
    if best in (0, POINTS - 1):
        return None
    found = minimize_scalar(cost, bounds=(grid[best - 1], grid[best + 1]), method="bounded", options={"xatol": 1e-10})
    rate = float(np.exp(found.x))
    share = share_of(rate)
    if not AT_BOUND < share < 1 - AT_BOUND:
        return None
    left = share / (NEAR * (1 - share))
    time = float(np.log(left)) / rate if left > 1 else 0.0
    return (share, rate, time) if time <= float(t.max()) else None
