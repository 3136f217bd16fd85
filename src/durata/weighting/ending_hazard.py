"""The chance of ending treatment in each month, given that nothing has yet decided: by model, or by exact proportions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.kernels.cubic_spline import FEWEST_KNOTS, default_knots, restricted_cubic_basis
from durata.kernels.logistic import LogisticFit, fit_pooled_logistic
from durata.kernels.newton import Status
from durata.language.speaking import speak


@dataclass(frozen=True, eq=False)
class MonthlyHazard:
    """``probability`` (n, M) of an occurrence in each of the months 1 to M; ``knots`` of its spline of the month."""

    probability: FloatArray
    knots: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class AtRisk:
    """Rows under risk over months: row i belongs to ``person`` i, at risk in months first..last (from 1, both included).

    ``occurs`` (r,) says whether the last month ends with the occurrence; ``x`` (r, p) covariates that hold over it, by
    ``names`` (p,). One row a person for baseline covariates; one more at each change of what varies.
    """

    person: IntArray
    first: IntArray
    last: IntArray
    occurs: BoolArray
    x: FloatArray
    names: tuple[str, ...]


def pooled_logistic_hazard(
    rows: AtRisk, weights: FloatArray, months: int, *, spikes: Sequence[int], knots: int, what: str
) -> MonthlyHazard:
    """Fit logit P(occurs in month k) = spline(k) + spikes(k) + covariates, and predict it for every person and month.

    Parameters
    ----------
    rows : who is at risk when.
    weights : (n,) how often each person counts.
    months : M, how many months are modelled.
    spikes : months with a level of their own (3, 6, 9, 12: people stop on round numbers).
    knots : of the restricted cubic spline of the month, at percentiles of the months with an occurrence; fewer where
        these coincide.
    what : the occurrence in words, for a refusal.

    A month with a spike in which nobody (or everybody at risk) had the occurrence has the probability 0 (or 1), which is
    the limit of its estimate; the other months are fitted without it. Predictions outside a person's rows use the
    nearest row.
    """
    w = weights[rows.person]
    last = np.minimum(rows.last, months)
    occurs = rows.occurs & (rows.last <= months) & (last >= rows.first)
    happened = np.bincount(last[occurs], weights=w[occurs], minlength=months + 1)[1:]
    if not happened.any():
        raise CannotEstimate(speak("Nobody is seen {what}: its probability cannot be modelled.", what=what))
    starts = np.bincount(rows.first, weights=np.where(last >= rows.first, w, 0.0), minlength=months + 2)
    ends = np.bincount(last, weights=np.where(last >= rows.first, w, 0.0), minlength=months + 2)
    at_risk = np.rint(np.cumsum(starts)[1 : months + 1] - np.cumsum(ends)[:months])
    month = np.arange(1, months + 1, dtype=np.float64)
    own = [k for k in spikes if 1 <= k <= months and at_risk[k - 1] > 0]
    never = [k for k in own if happened[k - 1] == 0]
    always = [k for k in own if happened[k - 1] == at_risk[k - 1]]
    used = np.ones(months, dtype=np.bool_)
    used[[k - 1 for k in (*never, *always)]] = False
    left = [k for k in own if used[k - 1]]

    seen = np.repeat(month, happened.astype(np.intp))
    spline, chosen = month_spline(month, seen, knots)
    indicators = np.column_stack([*(month == k for k in left), np.zeros((months, 0))]).astype(np.float64)
    basis = np.column_stack([spline, indicators])
    fit = fit_pooled_logistic(rows.first - 1, last - 1, occurs, rows.x, basis, weights=w, used=used)
    if fit.status == Status.COLLINEAR and len(chosen):
        # months of the spline without anybody at risk: a line through the month needs fewer of them
        basis = np.column_stack([month, indicators])
        fit = fit_pooled_logistic(rows.first - 1, last - 1, occurs, rows.x, basis, weights=w, used=used)
        chosen = ()
    if fit.status == Status.COLLINEAR and not fit.involved[basis.shape[1] :].any():
        basis = np.zeros((months, 0))
        used = np.ones(months, dtype=np.bool_)
        never, always = [], []
        fit = fit_pooled_logistic(rows.first - 1, last - 1, occurs, rows.x, basis, weights=w, used=used)
    _refuse(fit, [*(speak("month") for _ in range(basis.shape[1])), *rows.names], what)
    probability = _by_person(rows, fit, basis, len(weights))
    probability[:, [k - 1 for k in never]] = 0.0
    probability[:, [k - 1 for k in always]] = 1.0
    return MonthlyHazard(probability, chosen)


def month_spline(month: FloatArray, seen: FloatArray, knots: int) -> tuple[FloatArray, tuple[float, ...]]:
    """(M, k) restricted cubic spline of the month with knots at percentiles of ``seen``; a line, or nothing, if few differ."""
    distinct = np.unique(seen)
    if len(distinct) < 2:
        return np.zeros((len(month), 0)), ()
    places = np.unique(default_knots(seen, max(knots, FEWEST_KNOTS))) if knots >= FEWEST_KNOTS else np.zeros(0)
    if len(places) < FEWEST_KNOTS:
        return month[:, None], ()
    return restricted_cubic_basis(month, places).T, tuple(float(place) for place in places)


def empirical_hazard(rows: AtRisk, weights: FloatArray, months: int, strata: IntArray) -> MonthlyHazard:
    """The exact proportion with the occurrence among those at risk, in each month and stratum; one row a person.

    ``strata`` (n,) codes. Where nobody of a stratum is at risk in a month there is no proportion and none is needed (0).
    """
    w = weights[rows.person]
    number = int(strata.max()) + 1
    own = strata[rows.person]
    shape = (number, months + 2)
    last = np.minimum(rows.last, months)
    here = last >= rows.first
    flat = own * (months + 2)
    begins = np.bincount((flat + rows.first)[here], weights=w[here], minlength=number * (months + 2)).reshape(shape)
    leaves = np.bincount((flat + last + 1)[here], weights=w[here], minlength=number * (months + 2)).reshape(shape)
    at_risk = np.rint(np.cumsum(begins - leaves, axis=1))[:, 1 : months + 1]
    occurs = here & rows.occurs & (rows.last <= months)
    count = np.bincount((flat + last)[occurs], weights=w[occurs], minlength=number * (months + 2)).reshape(shape)
    share = np.zeros_like(at_risk)
    np.divide(count[:, 1 : months + 1], at_risk, out=share, where=at_risk > 0)
    return MonthlyHazard(share[strata])


def _by_person(rows: AtRisk, fit: LogisticFit, basis: FloatArray, n: int) -> FloatArray:
    """(n, M) predictions, each month from the row that holds then; before the first row the first, after the last the last."""
    months = len(basis)
    if len(rows.person) == n and np.array_equal(rows.person, np.arange(n)):
        return fit.probability(rows.x, basis)
    order = np.lexsort((rows.first, rows.person))
    person, first = rows.person[order], rows.first[order]
    key = person * (months + 2) + np.minimum(first, months + 1)
    asked = np.arange(n)[:, None] * (months + 2) + np.arange(1, months + 1)[None, :]
    place = np.searchsorted(key, asked, side="right") - 1
    begins = np.searchsorted(person, np.arange(n))
    place = np.maximum(place, np.minimum(begins, len(person) - 1)[:, None])
    month = fit.intercept + basis @ fit.of_month
    linear = rows.x[order] @ fit.of_row
    return np.asarray(1.0 / (1.0 + np.exp(-(linear[place] + month[None, :]))))


def _refuse(fit: LogisticFit, names: Sequence[str], what: str) -> None:
    """Say why there is no estimate; nothing when there is one."""
    if fit.status == Status.CONVERGED:
        return
    blamed = speak(", ").join(
        dict.fromkeys(repr(name) for name, chosen in zip(names, fit.involved.tolist(), strict=True) if chosen)
    )
    if fit.status == Status.COLLINEAR:
        why = speak("{columns} cannot be told apart or does not vary", columns=blamed)
    elif fit.status == Status.SEPARATION and not blamed:
        why = speak("everybody at risk is seen with it")
    elif fit.status == Status.SEPARATION:
        why = speak("{columns} separates those with it from the others without an exception", columns=blamed)
    elif fit.status == Status.NO_EVENTS:
        why = speak("nobody is seen with it")
    else:
        why = speak("it did not converge after {steps} steps", steps=fit.iterations)
    raise CannotEstimate(
        speak(
            "The model of {what} has no estimate: {why}. Leave covariates out or join their levels.", what=what, why=why
        )
    )
