"""Tests and confidence limits of single coefficients by the profile of a (penalised) likelihood."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from durata.kernels.arrays import FloatArray
from durata.kernels.intervals import normal_quantile
from durata.kernels.newton import Evaluation
from durata.kernels.quasi_newton import Peak, climb

PRECISION = 1e-10
"""A limit is found when a Newton step moves it by less than this share of its distance; the step squares the error."""
WIDEN = 3.0
"""While the limit is not yet bracketed, one step goes out at most this many times as far."""
TRIES = 60
HIGHER = 1e-6
STEP_ON = 0.1
"""A peak is another one when it is higher by the first; the search goes on from it by this share of the distance."""
NEARLY = 3.0
"""Another peak is climbed to from where the log-likelihood is at most this much lower than at the peak in hand."""
SIDES = (-1.0, 1.0)
FAILURES = 8
"""How often a limit may be sought where the likelihood cannot be maximised."""


@dataclass(frozen=True, eq=False)
class ProfiledCoefficients:
    """``low``, ``high`` (p,) profile-likelihood limits and ``statistic`` (p,) signed roots of the likelihood-ratio chi-squares.

    NaN where the constrained maximum could not be found. ``conf_level`` is that of the limits.
    """

    low: FloatArray
    high: FloatArray
    statistic: FloatArray
    conf_level: float


@dataclass(frozen=True, eq=False)
class Limit:
    """One limit: its ``value`` (NaN when not found), the constrained maximum ``at`` (p,) there, and its log-likelihood."""

    value: float
    at: FloatArray | None
    height: float


NO_LIMIT = Limit(np.nan, None, np.nan)


@dataclass(frozen=True, eq=False)
class Profiler:
    """The profile of one log-likelihood around its maximum ``top``; ``covariance`` (p, p) is the inverse information there."""

    evaluate: Callable[[FloatArray], Evaluation]
    reach: Callable[[FloatArray], float]
    top: Peak
    covariance: FloatArray

    def coefficients(self, conf_level: float) -> ProfiledCoefficients:
        """Profile limits of every coefficient, and the tests of each being 0."""
        places, z = range(len(self.top.at)), normal_quantile(conf_level)
        found = {(j, side): self.limit(j, side, z) for j in places for side in SIDES}
        peaks = [limit.at for limit in found.values() if limit.at is not None]
        for (j, side), limit in found.items():
            higher = None if limit.at is None else self._higher(j, limit, peaks)
            if higher is not None:
                beyond = abs(limit.value - float(self.top.at[j])) * (1.0 + STEP_ON)
                again = self.limit(j, side, z, near=higher, distance=beyond)
                found[j, side] = limit if again.at is None else again
        low, high = ([found[j, side].value for j in places] for side in SIDES)
        return ProfiledCoefficients(
            low=np.array(low),
            high=np.array(high),
            statistic=np.array([self.signed_root(j) for j in places]),
            conf_level=conf_level,
        )

    def _higher(self, j: int, limit: Limit, peaks: Sequence[FloatArray]) -> FloatArray | None:
        """A peak (p,) at the limit of coefficient ``j`` that is higher than the one followed there; None where none is.

        With few events the constrained likelihood may have several. Those found at the limits of the other
        coefficients, drawn towards the estimate or away from it, are the places where another one is looked for; only a place
        that is nearly as high already is climbed from.
        """
        top, height = self.top.at, limit.height
        for peak in peaks:
            away = float(peak[j] - top[j])
            share = (limit.value - float(top[j])) / away if away else np.inf
            if peak is limit.at or not 0 < share <= WIDEN:
                continue
            start = top + share * (peak - top)
            start[j] = limit.value
            if not self.evaluate(start).log_likelihood > height - NEARLY:
                continue
            other = climb(self.evaluate, start, self.reach, free=np.arange(len(top)) != j)
            if other.converged and other.there.log_likelihood > height + HIGHER:
                return other.at
        return None

    def fixed(self, j: int, value: float, near: FloatArray) -> Peak:
        """The maximum over the other coefficients with coefficient ``j`` at ``value``, sought from ``near`` (p,)."""
        free = np.ones(len(near), dtype=np.bool_)
        free[j] = False
        # The others follow coefficient j as they do at the maximum.
        start = near + self.covariance[:, j] / self.covariance[j, j] * (value - near[j])
        start[j] = value
        peak = climb(self.evaluate, start, self.reach, free=free)
        if peak.converged:
            return peak
        start = self.top.at.copy()
        start[j] = value
        return climb(self.evaluate, start, self.reach, free=free)

    def signed_root(self, j: int, value: float = 0.0) -> float:
        """The signed root of the likelihood-ratio chi-square of coefficient ``j`` being ``value``; NaN when not found."""
        peak = self.fixed(j, value, self.top.at)
        if not peak.converged:
            return np.nan
        return float(np.sign(self.top.at[j] - value) * self._root(peak))

    def limit(
        self, j: int, side: float, z: float, *, near: FloatArray | None = None, distance: float | None = None
    ) -> Limit:
        """Where the root of the fall reaches ``z`` on one side (-1 or 1) of the estimate.

        ``near`` (p,) and ``distance`` say where the search begins; without them at the estimate, and as far out as a
        parabola's limit lies.

        That root is nearly a straight line in the coefficient (it is one for a parabola), so Newton's method needs few
        steps; its slope is the score of the coefficient. Steps stay inside the bracket found so far.

        References
        ----------
        Venzon & Moolgavkar, Applied Statistics 37:87, 1988.
        """
        estimate = float(self.top.at[j])
        near, inner, outer = self.top.at if near is None else near, 0.0, np.inf
        distance = z * float(np.sqrt(self.covariance[j, j])) if distance is None else distance
        failures, checked = 0, False
        for _ in range(TRIES):
            peak = self.fixed(j, estimate + side * distance, near)
            if not peak.converged:
                # So far out the likelihood cannot be computed: the limit, if there is one, lies nearer.
                failures += 1
                if failures == FAILURES:
                    return NO_LIMIT
                outer = distance
                distance = (inner + outer) / 2
                continue
            near = peak.at
            root = self._root(peak)
            slope = -side * float(peak.there.score[j]) / root if root > 0 else 0.0
            newton = distance - (root - z) / slope if slope > 0 else np.inf
            if abs(newton - distance) <= PRECISION * distance:
                # With few events there may be a higher peak than the one followed here; the profile is the highest.
                direct = peak if checked else self.fixed(j, estimate + side * distance, self.top.at)
                checked = True
                if not (direct.converged and direct.there.log_likelihood > peak.there.log_likelihood + HIGHER):
                    return Limit(estimate + side * newton, peak.at, peak.there.log_likelihood)
                near, inner, outer = direct.at, distance, np.inf
                distance *= 1.0 + STEP_ON
                continue
            if root < z:
                inner = max(inner, distance)
            else:
                outer = min(outer, distance)
            if outer == np.inf:
                distance = min(max(newton, distance), WIDEN * distance)
            else:
                distance = newton if inner < newton < outer else (inner + outer) / 2
                if outer - inner <= PRECISION * outer:
                    return Limit(estimate + side * distance, peak.at, peak.there.log_likelihood)
        return NO_LIMIT

    def _root(self, peak: Peak) -> float:
        """The root of twice the fall from the maximum."""
        return float(np.sqrt(2.0 * max(self.top.there.log_likelihood - peak.there.log_likelihood, 0.0)))
