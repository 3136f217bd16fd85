"""Time after the end of treatment against time before it: Mantel-Byar, Simon-Makuch, and the effect by the duration at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from durata.cohort import Cohort
from durata.estimate.cox import cox
from durata.estimate.curves import kaplan_meier
from durata.estimate.result import Curve, Effects, Summary, Test
from durata.estimate.tests import log_rank
from durata.finding import CannotEstimate
from durata.kernels.arrays import BoolArray, FloatArray
from durata.kernels.cubic_spline import default_knots, restricted_cubic_basis
from durata.kernels.intervals import Interval, normal_quantile
from durata.language.speaking import speak
from durata.terms import TermLike, spline

ENDED, DURATION = "ended", "duration at end"


def mantel_byar(cohort: Cohort, *, strata: str | Sequence[str] | None = None) -> Test:
    """Test whether the hazard after the end of treatment is that before it, each person counting where they then are.

    The log-rank test of (start, stop] rows: at every event those at risk are divided by whether their treatment has ended
    by then, so that no time is guaranteed. It has no null guarantee where progression keeps patients from the end.

    Parameters
    ----------
    cohort : from :func:`~durata.time_dependent`, or rows with ``group`` changing within people.
    strata : columns whose combinations are compared within.

    Returns
    -------
    Test with observed and expected events before and after.

    Raises
    ------
    CannotEstimate : nobody's group changes over time; otherwise as ``log_rank``.

    References
    ----------
    Mantel N, Byar DP (1974) J Am Stat Assoc 69:81-86.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> test = du.mantel_byar(du.time_dependent(study, du.read_records(study), "death"))
    >>> round(test.statistic, 2), [round(row["expected"], 1) for row in test.rows()]
    (0.18, [31.4, 43.6])
    """
    _after(cohort)
    found = log_rank(cohort, "group", strata=strata)
    return replace(found, method=speak("Mantel-Byar test"))


def simon_makuch(cohort: Cohort, *, at: float = 0.0, conf_level: float = 0.95, interval: Interval = "log-log") -> Curve:
    """Estimate survival from a landmark for those whose treatment has ended and those whose has not, people changing sides.

    Everybody at risk at the landmark is in the group they are in then; who ends treatment later leaves the one group
    and enters the other on that day. The curve of a group is the product of (1 - d/n) over those who are in it at each event:
    the survival somebody would have who stayed in it. A landmark at which each group has some people keeps the early
    curve from resting on a few.

    Parameters
    ----------
    cohort : from :func:`~durata.time_dependent`.
    at : the landmark, in the cohort's unit since its time zero.
    conf_level, interval : of pointwise limits, as in ``kaplan_meier``.

    Returns
    -------
    Curve with one Stretch before and one after the end of treatment, times since the landmark.

    Raises
    ------
    CannotEstimate : a negative landmark, nobody's group changes over time, nobody at risk in one of the groups.

    References
    ----------
    Simon R, Makuch RW (1984) Stat Med 3:35-44.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> curve = du.simon_makuch(du.time_dependent(study, du.read_records(study), "death"), at=30)
    >>> [round(row["estimate"], 3) for row in curve.at(335).rows()]
    [0.293, 0.437]
    """
    _after(cohort)
    if not np.isfinite(at) or at < 0:
        raise CannotEstimate(speak("The landmark is a number, 0 or more; it is {at:g}.", at=at))
    there = cohort.exit > at
    if cohort.group is None or len(np.unique(cohort.group.codes[there])) < 2:
        raise CannotEstimate(
            speak("From {at:g} {unit} on only one of the groups has anybody at risk.", at=at, unit=cohort.unit)
        )
    later = cohort.select(there)
    entry = _entry(later) - at
    moved = replace(
        later,
        entry=np.where(entry <= 0, -np.inf, entry),
        exit=later.exit - at,
        time_zero=speak("{at:g} {unit} after {zero}", at=at, unit=cohort.unit, zero=cohort.time_zero),
    )
    curve = kaplan_meier(moved, "group", conf_level=conf_level, interval=interval)
    return replace(curve, method=speak("Simon-Makuch"), settings={**curve.settings, "landmark": at})


def with_duration_at_end(cohort: Cohort) -> Cohort:
    """Add what a model of the effect by duration needs: "ended" (0 before, 1 after) and "duration at end".

    The duration of rows before the end is set to the median duration of those who ended, at which a spline of it is a constant for
    them: the coefficient of "ended" is then the effect of having ended at that duration, and the spline says how it
    changes with the duration.

    Raises
    ------
    CannotEstimate : nobody's group changes over time.

    References
    ----------
    Crowley J, Hu M (1977) J Am Stat Assoc 72:27-36.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> cohort = du.with_duration_at_end(du.time_dependent(study, du.read_records(study), "death"))
    >>> float(cohort.covariates["duration at end"].min()), float(cohort.covariates["ended"].sum())
    (0.0, 69.0)
    """
    after = _after(cohort)
    duration = _durations(cohort, after)
    reference = float(np.median(duration[after]))
    return cohort.with_columns(**{ENDED: after.astype(np.float64), DURATION: np.where(after, duration, reference)})


def ended_by_duration(
    cohort: Cohort, adjust: Sequence[TermLike] = (), *, knots: int = 3, conf_level: float = 0.95
) -> Effects:
    """Fit the hazard after the end of treatment, against that before it, as a smooth function of the duration at the end.

    A Cox model of (start, stop] rows with ended(t) and a restricted cubic spline of the duration at the end that counts after
    it only. Nobody's time is guaranteed; like every comparison after against before it has no null guarantee where
    progression keeps patients from the end of treatment. Read it by :func:`ended_hazard_ratios`;
    ``nonlinearity_test(with_duration_at_end(cohort), model, "duration at end")`` tests whether duration matters ("overall").

    Parameters
    ----------
    cohort : from :func:`~durata.time_dependent`.
    adjust : further terms.
    knots : 3 to 7, at percentiles of the durations of those who ended.

    Returns
    -------
    Effects, with terms "ended", the pieces of the spline, and those of ``adjust``; log hazard ratios.

    Raises
    ------
    CannotEstimate : nobody's group changes, too few different durations; otherwise as ``cox``.

    References
    ----------
    Crowley J, Hu M (1977) J Am Stat Assoc 72:27-36. Harrell FE (2015) Regression Modeling Strategies, section 2.4.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> model = du.ended_by_duration(du.time_dependent(study, du.read_records(study), "death"), ["age"])
    >>> [term.name for term in model.terms]
    ['ended', 'spline(duration at end)', "spline(duration at end)'", 'age']
    """
    made = with_duration_at_end(cohort)
    after = _after(cohort)
    places = np.unique(default_knots(_durations(cohort, after)[after], knots))
    if len(places) < knots:
        raise CannotEstimate(
            speak("The durations are too alike for {knots} knots; take fewer knots or duration groups.", knots=knots)
        )
    return cox(made, [ENDED, spline(DURATION, places.tolist()), *adjust], conf_level=conf_level)


def ended_hazard_ratios(cohort: Cohort, model: Effects, *, at: Iterable[float] | None = None) -> Summary:
    """Read the log hazard ratio of having ended after each duration, against not having ended, off ``ended_by_duration``.

    Parameters
    ----------
    cohort, model : as fitted.
    at : durations in the cohort's unit; those at percentiles 5, 25, 50, 75 and 95 of those who ended if not given.

    Returns
    -------
    Summary with a row a duration (``value``): estimate (log hazard ratio), std_error, pointwise conf_low and conf_high.

    Raises
    ------
    CannotEstimate : a model of another kind, a duration outside those observed.

    References
    ----------
    Crowley J, Hu M (1977) J Am Stat Assoc 72:27-36.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> cohort = du.time_dependent(study, du.read_records(study), "death")
    >>> rows = du.ended_hazard_ratios(cohort, du.ended_by_duration(cohort), at=[7, 60]).rows()
    >>> [round(row["estimate"], 2) for row in rows]
    [0.27, -0.18]
    """
    after = _after(cohort)
    duration = _durations(cohort, after)[after]
    pieces = [k for k, term in enumerate(model.terms) if term.variable == f"spline({DURATION})"]
    found = [k for k, term in enumerate(model.terms) if term.name == ENDED]
    codings = [] if model.design is None else [c for part in model.design.parts for c in part.codings]
    places = [np.asarray(c.knots) for c in codings if c.variable == DURATION]
    if len(found) != 1 or not pieces or not places:
        raise CannotEstimate(
            speak("This model has no effect by the duration at the end; fit it with ended_by_duration.")
        )
    asked = (
        np.quantile(duration, [0.05, 0.25, 0.5, 0.75, 0.95]) if at is None else np.asarray(list(at), dtype=np.float64)
    )
    if asked.ndim != 1 or np.any(~np.isfinite(asked) | (asked < duration.min()) | (asked > duration.max())):
        raise CannotEstimate(
            speak(
                "Durations are read between {low:g} and {high:g} {unit}, as they were observed.",
                low=duration.min(),
                high=duration.max(),
                unit=cohort.unit,
            )
        )
    chosen = [found[0], *pieces]
    # the spline of the rows before the end stands at the reference, so only the difference from there is the effect
    base = restricted_cubic_basis(np.array([np.median(duration)]), places[0])
    x = np.vstack([np.ones(len(asked)), restricted_cubic_basis(asked, places[0]) - base]).T
    value = x @ model.estimate[chosen]
    error = np.sqrt(np.einsum("ij,jk,ik->i", x, model.covariance[np.ix_(chosen, chosen)], x))
    half = normal_quantile(0.5 + model.conf_level / 2) * error
    rows: list[dict[str, Any]] = [
        {"term": ENDED, "value": float(d), "estimate": float(v), "std_error": float(e), "conf_low": float(v - h),
         "conf_high": float(v + h)}
        for d, v, e, h in zip(asked, value, error, half, strict=True)
    ]  # fmt: skip
    return Summary(
        what=speak("log hazard ratio of having ended after a duration, against not having ended"),
        table=tuple(rows),
        method=model.method,
        unit=cohort.unit,
        settings={"knots": tuple(places[0].tolist()), "conf_level": model.conf_level},
        notes=model.notes,
    )


def _entry(cohort: Cohort) -> FloatArray:
    return np.full(len(cohort), -np.inf) if cohort.entry is None else cohort.entry


def _after(cohort: Cohort) -> BoolArray:
    """(n,) rows in the second group; refused where the group of nobody changes, or where there are not two of them."""
    if cohort.group is None or len(cohort.group.levels) != 2:
        raise CannotEstimate(
            speak("The cohort has no two groups, before and after the end of treatment: use time_dependent.")
        )
    after = cohort.group.codes == 1
    if not np.any(np.isin(cohort.person[after], cohort.person[~after])):
        raise CannotEstimate(speak("Nobody's group changes over time: use the cohort of time_dependent."))
    return np.asarray(after)


def _durations(cohort: Cohort, after: BoolArray) -> FloatArray:
    """(n,) when treatment of each row's person ended: the first entry of a row after it; 0 for those there from the start."""
    first = np.full(int(cohort.person.max()) + 1, np.inf)
    entry = np.maximum(_entry(cohort), 0.0)
    np.minimum.at(first, cohort.person[after], entry[after])
    return np.asarray(first[cohort.person])
