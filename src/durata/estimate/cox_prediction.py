"""What a fitted Cox model says of people: baseline hazard, survival of given people, linear predictors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from durata.cohort import Cohort
from durata.estimate.counted import check_level
from durata.estimate.cox import design_and_rows
from durata.estimate.cox_rows import CoxRows, fitted
from durata.estimate.curve import Curve, Stretch
from durata.estimate.result import Effects
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray, IntArray
from durata.kernels.intervals import Interval, normal_quantile, survival_limits
from durata.kernels.partial_likelihood.baseline import HazardSteps, cumulative_hazard, hazard_steps
from durata.kernels.risk_set import RiskSets, count_risk_sets
from durata.language.speaking import speak
from durata.terms import Design, NewPeople

Reference = Literal["zero", "sample", "strata"]
Pair = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, eq=False)
class LinearPredictor:
    """Linear predictors of rows: ``estimate`` (r,) and ``std_error`` (r,), ``rows`` (r,) positions in the cohort.

    For new people ``rows`` counts them from 0.
    """

    estimate: FloatArray
    std_error: FloatArray
    rows: IntArray


FARTHEST = 600.0
"""A log hazard ratio beyond which the hazard leaves the range of numbers."""


@dataclass(frozen=True, eq=False)
class _Person:
    """One person to predict for: covariates and linear predictor relative to the fit's centre, stratum, name."""

    x: FloatArray
    linear_predictor: float
    stratum: int
    name: str


@dataclass(frozen=True, eq=False)
class _Model:
    """A fitted model ready for prediction; ``counts`` by stratum code."""

    design: Design
    rows: CoxRows
    steps: HazardSteps
    centre: FloatArray
    zero: float
    times: FloatArray
    bounds: Mapping[int, slice]
    counts: Mapping[int, RiskSets]
    covariance: FloatArray


def baseline_hazard(cohort: Cohort, effects: Effects, *, centred: bool = False) -> Curve:
    """Cumulative baseline hazard, one stretch a stratum, at every time at which somebody's observation ends.

    For a person whose covariates are all 0, or, ``centred``, at the means of the columns (0 for columns of
    -1, 0 and 1, as in R; ``effects.settings["means"]``). Offsets are at their mean. Standard errors count the error of
    the coefficients; limits are on the log scale. After the exact likelihood the hazard is Breslow's, as in R.

    References
    ----------
    Breslow, J. R. Statist. Soc. B 34:216, 1972; Efron, JASA 72:557, 1977.

    Examples
    --------
    >>> import numpy as np
    >>> from durata.estimate.cox import cox
    >>> x = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 1.0])
    >>> time, event = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), np.ones(6, dtype=bool)
    >>> cohort = Cohort(person=np.arange(6), exit=time, event=event, covariates={"x": x})
    >>> effects = cox(cohort, ["x"])
    >>> baseline_hazard(cohort, effects).groups
    ('all',)
    """
    model = _model(cohort, effects)
    at = np.asarray(effects.settings["means"]) if centred else np.zeros(len(effects.estimate))
    x = at - model.centre
    lp = float(x @ effects.estimate)
    names = model.design.stratum_names if model.design.strata else ("all",)
    z = normal_quantile(effects.conf_level)
    stretches = []
    for code in sorted(model.counts):
        counts, hazard, error = _along(model, _Person(x, lp, code, names[code]))
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = np.where(hazard > 0, np.exp(z * error / hazard), np.nan)
            limits = hazard / spread, hazard * spread
        stretches.append(
            _stretch(counts, names[code], 0.0, estimate=(hazard, error), limits=limits, cumulative=(hazard, error))
        )
    return Curve(
        stretches=tuple(stretches),
        estimand=speak("cumulative hazard"),
        method=speak("{method}; baseline at the means", method=effects.method)
        if centred
        else speak("{method}; baseline at covariates of 0", method=effects.method),
        interval="log",
        conf_level=effects.conf_level,
        unit=cohort.unit,
        time_zero=cohort.time_zero,
        settings={**effects.settings, "centred": centred},
        n_left_out=effects.n_left_out,
        notes=effects.notes,
    )


def predicted_survival(
    cohort: Cohort,
    effects: Effects,
    new: Mapping[str, Sequence[object]],
    *,
    interval: Interval = "log",
    conf_level: float | None = None,
) -> Curve:
    """Survival that a Cox model predicts for given people, one stretch a person.

    ``new`` gives every variable of the model (its strata too) one value a person: ``{"age": [50, 70]}``. The
    survival is exp(-cumulative hazard); its interval counts the error of the baseline and of the coefficients (with
    the robust covariance where the model has it).

    Raises
    ------
    CannotEstimate : a variable without a value, a level the model does not know.

    References
    ----------
    Tsiatis, Ann. Statist. 9:93, 1981.

    Examples
    --------
    >>> import numpy as np
    >>> from durata.estimate.cox import cox
    >>> x = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 1.0])
    >>> time, event = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), np.ones(6, dtype=bool)
    >>> cohort = Cohort(person=np.arange(6), exit=time, event=event, covariates={"x": x})
    >>> predicted_survival(cohort, cox(cohort, ["x"]), {"x": [0, 1]}).groups
    ('x=0', 'x=1')
    """
    if interval not in get_args(Interval):
        raise CannotEstimate(
            speak(
                "There is no interval {interval!r}; there are {known}.",
                interval=interval,
                known=speak(", ").join(get_args(Interval)),
            )
        )
    level = effects.conf_level if conf_level is None else conf_level
    check_level(level)
    model = _model(cohort, effects)
    stretches = []
    for person in _people(model, effects, new):
        counts, hazard, error = _along(model, person)
        survival = np.exp(-hazard)
        limits = survival_limits(survival, error, interval, level)
        stretches.append(
            _stretch(
                counts,
                person.name,
                1.0,
                estimate=(survival, survival * error),
                limits=limits,
                cumulative=(hazard, error),
            )
        )
    return Curve(
        stretches=tuple(stretches),
        estimand="survival",
        method=speak("predicted from {method}", method=effects.method),
        interval=interval,
        conf_level=level,
        unit=cohort.unit,
        time_zero=cohort.time_zero,
        settings=dict(effects.settings),
        n_left_out=effects.n_left_out,
        notes=effects.notes,
    )


def linear_predictor(
    cohort: Cohort,
    effects: Effects,
    new: Mapping[str, Sequence[object]] | None = None,
    *,
    reference: Reference = "zero",
) -> LinearPredictor:
    """Linear predictors (log hazard ratios against a reference) of the cohort's rows, or of ``new`` people.

    ``reference``: covariates of 0 ("zero"); the means of the columns, 0 for columns of -1, 0 and 1 ("sample");
    the means within the person's stratum ("strata"; the same as "sample" without strata).

    References
    ----------
    Cox, J. R. Statist. Soc. B 34:187, 1972.

    Examples
    --------
    >>> import numpy as np
    >>> from durata.estimate.cox import cox
    >>> x = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 1.0])
    >>> time, event = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), np.ones(6, dtype=bool)
    >>> cohort = Cohort(person=np.arange(6), exit=time, event=event, covariates={"x": x})
    >>> effects = cox(cohort, ["x"])
    >>> found = linear_predictor(cohort, effects, {"x": [2.0]})
    >>> bool(found.estimate[0] == 2 * effects.estimate[0])
    True
    """
    if reference not in get_args(Reference):
        raise CannotEstimate(
            speak(
                "There is no reference {reference!r}; there are {known}.",
                reference=reference,
                known=speak(", ").join(get_args(Reference)),
            )
        )
    design, rows, _ = design_and_rows(cohort, effects)
    if new is None:
        x, stratum, offset, which = rows.x, rows.stratum, rows.offset, rows.rows
    else:
        people = NewPeople.of(design, new)
        x, stratum, offset = design.matrix(people), design.stratum(people), design.offset(people)
        which = np.arange(len(x))
    if reference == "zero":
        centre = np.zeros((1, x.shape[1]))
    elif reference == "sample" or stratum is None or rows.stratum is None:
        centre = np.asarray(effects.settings["means"])[None, :]
    else:
        weights = np.ones(len(rows.x)) if rows.weights is None else rows.weights
        size = np.bincount(rows.stratum, weights, len(design.stratum_names))
        total = np.stack([np.bincount(rows.stratum, weights * column, len(size)) for column in rows.x.T], axis=1)
        if np.any(size[stratum] == 0):
            raise CannotEstimate(speak("Nobody of the cohort is in the stratum of one of the new people."))
        centre = (total[stratum].T / size[stratum]).T
    apart = x - centre
    estimate = apart @ effects.estimate + (0.0 if offset is None else offset)
    error = np.sqrt(np.maximum(np.einsum("np,pq,nq->n", apart, effects.covariance, apart), 0.0))
    return LinearPredictor(estimate, error, which)


def _model(cohort: Cohort, effects: Effects) -> _Model:
    """Lay out the fitted model once for all people."""
    design, rows, ties = design_and_rows(cohort, effects)
    at_fit = fitted(rows, effects.estimate, ties=ties)
    order = at_fit.order
    stratum = np.zeros(len(rows.rows), dtype=np.intp) if rows.stratum is None else rows.stratum
    counts, bounds = {}, {}
    for code in np.unique(stratum).tolist():
        chosen = stratum == code
        counts[code] = count_risk_sets(
            rows.exit_time[chosen],
            rows.event[chosen],
            None if rows.entry is None else rows.entry[chosen],
            weights=None if rows.weights is None else rows.weights[chosen],
            frequency=rows.frequency,
        )
        bounds[code] = slice(*np.searchsorted(order.stratum, [code, code + 1]).tolist())
    steps = hazard_steps(order, at_fit.columns, at_fit.sums)
    return _Model(design, rows, steps, at_fit.centre, at_fit.zero, order.time, bounds, counts, effects.covariance)


def _people(model: _Model, effects: Effects, new: Mapping[str, Sequence[object]]) -> list[_Person]:
    design = model.design
    people = NewPeople.of(design, new)
    x = design.matrix(people) - model.centre
    offset, stratum = design.offset(people), design.stratum(people)
    lp = x @ effects.estimate + (0.0 if offset is None else offset - model.zero)
    codes = np.zeros(len(x), dtype=np.intp) if stratum is None else stratum
    for code in codes.tolist():
        if code not in model.counts:
            raise CannotEstimate(
                speak("Nobody of the cohort is in stratum {stratum!r}.", stratum=design.stratum_names[code])
            )
    names = [", ".join(f"{name}={new[name][i]}" for name in design.variables) for i in range(len(x))]
    return [_Person(x[i], float(lp[i]), int(codes[i]), names[i]) for i in range(len(x))]


def _along(model: _Model, person: _Person) -> tuple[RiskSets, FloatArray, FloatArray]:
    """Counts, cumulative hazard and its standard error at every time at which observation of the stratum ends."""
    counts, times = model.counts[person.stratum], model.bounds[person.stratum]
    if abs(person.linear_predictor) > FARTHEST:
        raise CannotEstimate(
            speak(
                "The covariates lie so far from those of the cohort (a log hazard ratio of {far:.3g} against its mean) that "
                "no hazard can be computed. Ask for people like those in the cohort, or centre the covariates.",
                far=person.linear_predictor,
            )
        )
    hazard, error = cumulative_hazard(model.steps, times, person.x, person.linear_predictor, model.covariance)
    place = np.searchsorted(model.times[times], counts.time, side="right")
    return counts, np.concatenate([[0.0], hazard])[place], np.concatenate([[0.0], error])[place]


def _stretch(counts: RiskSets, name: str, initial: float, *, estimate: Pair, limits: Pair, cumulative: Pair) -> Stretch:
    """A stretch from (estimate, error), (lower, upper) and (cumulative hazard, error), all along ``counts.time``."""
    return Stretch(
        time=counts.time,
        estimate=estimate[0],
        std_error=estimate[1],
        conf_low=limits[0],
        conf_high=limits[1],
        at_risk=counts.at_risk[:, 0],
        events=counts.events[:, 0],
        censored=counts.censored[:, 0],
        entered=counts.entered[:, 0],
        n=round(float(counts.entered[:, 0].sum())),
        initial=initial,
        until=float(counts.time[-1]),
        group=name,
        cumulative_hazard=cumulative[0],
        cumulative_hazard_std_error=cumulative[1],
    )
