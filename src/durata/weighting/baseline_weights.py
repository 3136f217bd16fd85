"""Baseline weights that make duration groups comparable: for everybody, for one group, for the overlap, by matching."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from durata.cohort import Cohort, Weights
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import FloatArray
from durata.language.speaking import speak
from durata.terms import TermLike
from durata.weighting.propensity import RARE, Propensity, propensity, refuse_several_rows

Estimand = Literal["overlap", "ate", "att", "matching"]
ESTIMANDS: tuple[Estimand, ...] = ("overlap", "ate", "att", "matching")


def weigh(
    cohort: Cohort,
    covariates: Sequence[TermLike],
    *,
    estimand: Estimand = "overlap",
    of: str = "group",
    target: str | None = None,
    stabilised: bool = False,
    truncate: tuple[float, float] | None = None,
) -> Cohort:
    """Weigh people so that the groups have the same baseline covariates, by the multinomial propensity of the group.

    With e_k the chance of group k and g the person's own group: *ate* weighs by 1 / e_g (everybody), *att* by
    e_target / e_g (people like those of the target group), *overlap* by (1 / sum_k 1 / e_k) / e_g (people who could have
    been in any group), *matching* by min_k e_k / e_g. Overlap weights cannot explode and balance means exactly between
    two groups. The groups are then comparable on what was measured, and on nothing else.

    Parameters
    ----------
    cohort : one row a person; rows without a group or a covariate are left out, with a note. Frequency weights are
        written out as rows; sampling weights are multiplied by the new ones.
    covariates : as in :func:`propensity`; known at time zero.
    estimand : for whom groups are compared, as above.
    target : the group whose people "att" is about.
    stabilised : with "ate": multiplied by the share of the group, which leaves every estimate by group as it is.
    truncate : two probabilities, such as (0.01, 0.99): weights beyond these quantiles (type 7) are set to them.

    Returns
    -------
    Cohort with sampling weights: every estimator then gives weighted estimates with robust variance. The weights are
    taken as known, which makes that variance conservative as a rule for "ate"; :func:`bootstrap` estimates them again
    in every draw.

    Raises
    ------
    CannotEstimate : as :func:`propensity`; an unknown estimand, "att" without its target, a stabilised weight that is
        not "ate", quantiles that are not two increasing probabilities.

    References
    ----------
    Li & Li, Annals of Applied Statistics 2019;13:2389; Li & Greene, Int J Biostat 2013;9:215; Lunceford & Davidian,
    Statistics in Medicine 2004;23:2937; Cole & Hernan, Am J Epidemiol 2008;168:656.

    Examples
    --------
    >>> import numpy as np
    >>> import durata as du
    >>> cohort = du.cohort_from_arrays(
    ...     time=np.arange(1, 9), event=[1] * 8, group=["a", "a", "a", "b", "a", "b", "b", "b"],
    ...     covariates={"old": [0, 0, 0, 0, 1, 1, 1, 1]})
    >>> du.weigh(cohort, ["old"], estimand="ate").weights.values.round(3).tolist()
    [1.333, 1.333, 1.333, 4.0, 4.0, 1.333, 1.333, 1.333]
    """
    _check(estimand, target, stabilised=stabilised, truncate=truncate)
    people = written_out(cohort)
    model = propensity(people, covariates, of=of)
    values = weight_values(model, estimand, target=target, stabilised=stabilised)
    return _weighed(people, model, values, truncate)


def weight_values(
    model: Propensity, estimand: Estimand, *, target: str | None = None, stabilised: bool = False
) -> FloatArray:
    """(n,) weights of the rows of a propensity model, by the definitions of :func:`weigh`."""
    _check(estimand, target, stabilised=stabilised, truncate=None)
    chance, own = model.probability, model.own()
    if estimand == "ate":
        share = np.bincount(model.group, weights=model.weights) / model.weights.sum()
        return np.asarray((share[model.group] if stabilised else 1.0) / own)
    if estimand == "overlap":
        return np.asarray(1.0 / (np.sum(1.0 / chance, axis=1) * own))
    if estimand == "matching":
        return np.asarray(chance.min(axis=1) / own)
    if target not in model.levels:
        raise CannotEstimate(
            speak(
                "The target group {target!r} has nobody; there are {groups}.",
                target=target,
                groups=speak(", ").join(map(repr, model.levels)),
            )
        )
    return np.asarray(chance[:, model.levels.index(target)] / own)


def written_out(cohort: Cohort) -> Cohort:
    """A cohort with frequency weights as one row a person each stands for, every one with an identity of its own."""
    if cohort.weights is None or cohort.weights.kind == "sampling":
        return cohort
    return drawn_people(cohort, cohort.weights.values.astype(np.intp))


def drawn_people(cohort: Cohort, times: FloatArray | np.ndarray[tuple[int], np.dtype[np.intp]]) -> Cohort:
    """Each row so many ``times`` (n,), the copies of one person being persons of their own; without frequency weights."""
    again = np.asarray(times, dtype=np.intp)
    rows = np.repeat(np.arange(len(cohort)), again)
    copy = np.arange(len(rows)) - np.repeat(np.cumsum(again) - again, again)
    codes = np.unique(cohort.person, return_inverse=True)[1]
    most = int(again.max(initial=0)) + 1
    person = np.unique(codes[rows] * most + copy, return_inverse=True)[1].astype(np.intp)
    kept = cohort.weights if cohort.weights is not None and cohort.weights.kind == "sampling" else None
    return replace(cohort, weights=kept).select(rows, person=person)


def _weighed(people: Cohort, model: Propensity, values: FloatArray, truncate: tuple[float, float] | None) -> Cohort:
    if truncate is not None:
        values = truncated(values, truncate)
    own = people.weights
    chosen = people.select(model.position)
    combined = values if own is None else values * own.values[model.position]
    return replace(
        chosen, weights=Weights(combined, "sampling"), notes=(*chosen.notes, *model.notes, *positivity(model))
    )


def truncated(values: FloatArray, shares: tuple[float, float]) -> FloatArray:
    """(n,) weights with those beyond two quantiles (type 7) set to them."""
    low, high = np.quantile(values, shares)
    return np.clip(values, low, high)


def positivity(model: Propensity) -> tuple[Finding, ...]:
    """A finding when somebody had next to no chance of a group."""
    share = model.share_rare()
    least = model.least()
    if not np.any(share > 0):
        return ()
    worst = int(np.argmin(least))
    return (
        Finding(
            "N71",
            Severity.WARNING,
            "{share:.1%} of the people had a chance below {limit} of being in {group!r} (the least: {least:.2g}); weights "
            "for everybody rest on the few who were in it all the same.",
            {"share": float(share[worst]), "limit": RARE, "group": model.levels[worst], "least": float(least[worst])},
            "Use overlap weights, merge groups, or restrict the cohort to people who could have been in every group.",
        ),
    )


def _check(estimand: str, target: str | None, *, stabilised: bool, truncate: tuple[float, float] | None) -> None:
    if estimand not in ESTIMANDS:
        raise CannotEstimate(
            speak(
                "There are no weights for {estimand!r}; there are {known}.",
                estimand=estimand,
                known=speak(", ").join(ESTIMANDS),
            )
        )
    if (estimand == "att") != (target is not None):
        raise CannotEstimate(
            speak("'target' names the group whose people the weights 'att' are about, and only these.")
        )
    if stabilised and estimand != "ate":
        raise CannotEstimate(speak("Only the weights 'ate' are stabilised; the others need it not."))
    if truncate is not None:
        check_shares(truncate)


def check_shares(shares: tuple[float, float]) -> None:
    """CannotEstimate unless ``shares`` are two probabilities, the first the smaller one."""
    if len(shares) != 2 or not 0 <= shares[0] < shares[1] <= 1:
        raise CannotEstimate(speak("'truncate' is two probabilities, the smaller first, such as (0.01, 0.99)."))


__all__ = ["ESTIMANDS", "Estimand", "drawn_people", "refuse_several_rows", "weigh", "weight_values", "written_out"]
