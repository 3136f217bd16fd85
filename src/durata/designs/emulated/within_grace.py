"""Two strategies, "treat within a grace period" and "do not": clones, their artificial censoring and its weights.

start ------- treated ------ | grace -------------- event or last contact     clone "treated": all of it
start ------- cut                                                             clone "not treated": until treated
start ---------------------- | grace -------------- event or last contact     clone "not treated": all of it
start ---------------------- cut                                              clone "treated": until the grace ends
start ---- event             |                                                both clones: the event counts in both
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.kernels.growing_weights import GrowingWeights, fit_censoring, unit_weights
from durata.kernels.near_ties import merge_near_ties
from durata.kernels.newton import Status
from durata.language.speaking import speak

Ties = Literal["efron", "breslow"]


@dataclass(frozen=True, eq=False)
class ClonedArm:
    """The clones of one strategy, one a patient, (n,) in the order of the patients.

    ``exit`` is the end of the clone's follow-up, with the ``event``, ``censored`` artificially because the patient
    deviated, or neither (last contact). ``coefficients`` (p,) and ``covariance`` (p, p) are of the Cox model of being
    censored artificially; ``weights`` follow from it.
    """

    name: str
    exit: FloatArray
    event: BoolArray
    censored: BoolArray
    coefficients: FloatArray
    covariance: FloatArray
    weights: GrowingWeights

    def effective_sample_size(self, at: float) -> float:
        """The number of equally weighted patients that the clones at risk at a time are worth (Kish 1965)."""
        weight = self.weights.at(at)[self.exit >= at]
        return float(weight.sum() ** 2 / (weight @ weight)) if len(weight) else 0.0


@dataclass(frozen=True, eq=False)
class ClonedArms:
    """Every patient in both arms; ``arms`` is ("not treated", "treated"), the first the reference.

    ``person`` (n,) is the position of each clone's patient in the arrays given; a patient drawn twice stands there
    twice and counts as two persons.
    """

    arms: tuple[ClonedArm, ClonedArm]
    person: IntArray
    grace: float
    covariates: tuple[str, ...]
    ties: Ties
    unit: str

    def arm(self, name: str) -> ClonedArm:
        """One arm by name; KeyError names the arms there are."""
        for one in self.arms:
            if one.name == name:
                return one
        raise KeyError(f"no arm {name!r}; there are {', '.join(repr(one.name) for one in self.arms)}")


def clones_within_grace(
    time: Any,
    event: Any,
    treated_at: Any,
    covariates: Mapping[str, Any],
    *,
    grace: float,
    ties: Ties = "efron",
    counts: Any = None,
    unit: str = "days",
) -> ClonedArms:
    """Clone every patient to "treated within the grace period" and "not treated", and weigh what deviation removes.

    A clone is followed until its patient deviates from its strategy: "not treated" until treatment (if it comes within
    the grace period), "treated" until the end of the grace period (if treatment has not come by then). Who has the event or is
    lost before deviating is in both arms with it. In each arm a Cox model of being cut off, with the covariates as they
    were at the start, gives the weights 1 / P(not yet cut off just before t). All clones stay at risk of
    being cut off until their follow-up ends, the treated included, as published; without it the weights are
    wrong. No weight is stabilised or truncated.

    It replicates the published analysis and is right only if the covariates at the start hold all that decides both on
    treatment and on the event, and if treatment does not act on the event before the grace period ends.

    Parameters
    ----------
    time : (n,) follow-up from time zero.
    event : (n,) whether it ends with the event.
    treated_at : (n,) when treatment came, NaN when it did not; treatment after the grace period is none.
    covariates : columns (n,) of numbers known at time zero, by name.
    grace : length of the grace period, in the unit of ``time``.
    ties : ties of the censoring model, "efron" or "breslow".
    counts : (n,) how often each patient was drawn (a bootstrap replicate); everything is fitted again. None for once.

    Returns
    -------
    ClonedArms; read it with ``cloned_survival``, ``cloned_restricted_mean`` and ``cloned_hazard_ratio``.

    Raises
    ------
    CannotEstimate : arrays of different length, missing numbers, treatment after the end of follow-up; a strategy that
        nobody followed; a censoring model that has no estimate.

    References
    ----------
    Maringe C, Benitez Majano S, Exarchakou A, et al. (2020) Reflection on modern methods: trial emulation in the
    presence of immortal-time bias. Int J Epidemiol 49:1719-1729.

    Examples
    --------
    >>> import durata as du
    >>> arms = du.clones_within_grace(
    ...     time=[3, 9, 12, 12, 7, 12], event=[1, 1, 0, 0, 1, 0], treated_at=[None, 2, 4, None, None, 5],
    ...     covariates={"age": [70, 60, 50, 66, 75, 58]}, grace=6)
    >>> arms.arm("treated").exit.tolist()
    [3.0, 9.0, 12.0, 6.0, 6.0, 12.0]
    >>> arms.arm("not treated").exit.tolist()
    [3.0, 2.0, 4.0, 12.0, 7.0, 5.0]
    """
    end = _numbers(time, "time")
    happened = _numbers(event, "event", length=len(end))
    treated = _numbers(treated_at, "treated_at", length=len(end), missing=True)
    columns = {name: _numbers(column, name, length=len(end)) for name, column in covariates.items()}
    _check(end, happened, treated, grace, ties)
    draws = np.ones(len(end), dtype=np.intp) if counts is None else _counts(counts, len(end))
    person = np.repeat(np.arange(len(end)), draws)
    if len(person) == 0:
        raise CannotEstimate(speak("No patient was drawn: nobody is left to analyse."))

    # times that differ by rounding are one time: ends, treatments and the end of the grace period together
    n = len(end)
    merged, _ = merge_near_ties(np.concatenate([end, np.where(np.isnan(treated), grace, treated), [grace]]))
    end, treated, grace_end = merged[:n], np.where(np.isnan(treated), np.inf, merged[n : 2 * n]), float(merged[-1])
    too_late = np.flatnonzero(np.isfinite(treated) & (treated > end))
    if len(too_late):
        bad = int(too_late[0])
        raise CannotEstimate(
            speak(
                "Row {row}: treatment at {treated:g} comes after the end of follow-up at {end:g}.",
                row=bad + 1,
                treated=treated[bad],
                end=end[bad],
            )
        )
    end, at = end[person], treated[person]
    dead, x = happened[person] == 1, np.column_stack([*columns.values(), np.zeros((n, 0))])[person]

    followed = at <= grace_end
    if followed.all() or not followed.any():
        raise CannotEstimate(
            speak(
                "Everybody was treated within {grace:g} {unit}: one of the two strategies was followed "
                "by no one, so they cannot be compared. Choose another grace period.",
                grace=grace,
                unit=unit,
            )
            if followed.all()
            else speak(
                "Nobody was treated within {grace:g} {unit}: one of the two strategies was followed by "
                "no one, so they cannot be compared. Choose another grace period.",
                grace=grace,
                unit=unit,
            )
        )
    cut_off = ~followed & (end > grace_end)
    arms = (
        _arm("not treated", np.where(followed, at, end), dead & ~followed, followed, x, tuple(columns), ties),
        _arm("treated", np.where(cut_off, grace_end, end), dead & ~cut_off, cut_off, x, tuple(columns), ties),
    )
    return ClonedArms(arms, person, float(grace), tuple(columns), ties, unit)


def _arm(
    name: str,
    exit_time: FloatArray,
    event: BoolArray,
    censored: BoolArray,
    x: FloatArray,
    names: tuple[str, ...],
    ties: Ties,
) -> ClonedArm:
    """One arm with its censoring model; weights of 1 where nobody was cut off."""
    p = x.shape[1]
    if not censored.any():
        nothing = np.full(p, np.nan)
        return ClonedArm(name, exit_time, event, censored, nothing, np.diag(nothing), unit_weights(len(exit_time)))
    fit, weights = fit_censoring(exit_time, censored, x, ties)
    if fit.status != Status.CONVERGED:
        blamed = speak(", ").join(repr(one) for one, chosen in zip(names, fit.involved.tolist(), strict=True) if chosen)
        why = {
            Status.COLLINEAR: speak("{blamed} cannot be told apart or does not vary", blamed=blamed),
            Status.SEPARATION: speak(
                "{blamed} separates those who were cut off from the others without an exception", blamed=blamed
            ),
        }.get(fit.status, speak("it did not converge after {iterations} steps", iterations=fit.iterations))
        raise CannotEstimate(
            speak(
                "The model of being cut off from the strategy {name!r} has no estimate: {why}. Leave "
                "covariates out or join their levels.",
                name=name,
                why=why,
            )
        )
    return ClonedArm(name, exit_time, event, censored, fit.coefficients, fit.covariance, weights)


def _numbers(values: Any, name: str, *, length: int | None = None, missing: bool = False) -> FloatArray:
    """A column as numbers (n,); None is missing."""
    try:
        column = np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)
    except (TypeError, ValueError):
        raise CannotEstimate(
            speak("Column {name!r} must be a sequence of numbers, one for each patient.", name=name)
        ) from None
    if length is not None and len(column) != length:
        raise CannotEstimate(
            speak("Column {name!r} has {n} rows, the times have {length}.", name=name, n=len(column), length=length)
        )
    if np.any(np.isinf(column)) or (not missing and np.any(np.isnan(column))):
        bad = int(np.flatnonzero(~np.isfinite(column) if not missing else np.isinf(column))[0]) + 1
        raise CannotEstimate(
            speak(
                "Column {name!r}, row {row}: the number is missing or infinite. Leave the patient out.",
                name=name,
                row=bad,
            )
        )
    return column


def _counts(counts: Any, n: int) -> IntArray:
    """How often each patient was drawn, whole numbers."""
    drawn = _numbers(counts, "counts", length=n)
    if np.any(drawn < 0) or np.any(drawn != np.round(drawn)):
        raise CannotEstimate(speak("counts says how often each patient was drawn: whole numbers, 0 or more."))
    return drawn.astype(np.intp)


def _check(end: FloatArray, happened: FloatArray, treated: FloatArray, grace: float, ties: str) -> None:
    """Refuse data that cannot be."""
    if len(end) == 0:
        raise CannotEstimate(speak("There are no patients: nobody is left to analyse."))
    if not np.isfinite(grace) or grace <= 0:
        raise CannotEstimate(speak("The grace period must be a positive number, not {grace:g}.", grace=grace))
    if ties not in ("efron", "breslow"):
        raise CannotEstimate(speak("ties is 'efron' or 'breslow', not {ties!r}.", ties=ties))
    if np.any(~np.isin(happened, (0.0, 1.0))):
        bad = int(np.flatnonzero(~np.isin(happened, (0.0, 1.0)))[0]) + 1
        raise CannotEstimate(
            speak("Column 'event', row {row}: an event is 1 or 0, not {value:g}.", row=bad, value=happened[bad - 1])
        )
    for column, name in ((end, "time"), (treated, "treated_at")):
        if np.any(column < 0):
            bad = int(np.flatnonzero(column < 0)[0]) + 1
            raise CannotEstimate(
                speak(
                    "Column {name!r}, row {row}: {value:g} lies before time zero.",
                    name=name,
                    row=bad,
                    value=column[bad - 1],
                )
            )
