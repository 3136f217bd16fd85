"""The propensity of each duration group given what was known at baseline: a multinomial model of who got which duration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from durata.cohort import Cohort
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.kernels.multinomial import MultinomialFit, fit_multinomial
from durata.kernels.newton import Status
from durata.language.speaking import speak
from durata.terms import Design, Offset, Strata, TermLike, design_of

RARE = 0.025
"""A chance of a group below this means that hardly anybody like this person got that duration."""


@dataclass(frozen=True, eq=False, repr=False)
class Propensity:
    """Chances of K groups: ``probability`` (n, K) of the rows ``position`` (n,) of the cohort, ``group`` (n,) their own.

    ``coefficients`` (K - 1, 1 + p), the constant first, are log odds of ``levels[1:]`` against ``levels[0]``; ``names``
    (p,) name the columns. ``weights`` (n,) is what each row counted for. ``left_out`` rows lack a group or a covariate.
    """

    levels: tuple[str, ...]
    names: tuple[str, ...]
    position: IntArray
    group: IntArray
    probability: FloatArray
    weights: FloatArray
    coefficients: FloatArray
    log_likelihood: float
    log_likelihood_null: float
    design: Design
    left_out: int = 0
    notes: tuple[Finding, ...] = ()

    def __repr__(self) -> str:
        """The groups and the least chance of each, never a row."""
        least = ", ".join(f"{name} {low:.3g}" for name, low in zip(self.levels, self.least(), strict=True))
        return f"Propensity of {len(self.levels)} groups for {len(self.position)} people; least chances: {least}"

    def least(self) -> FloatArray:
        """(K,) the smallest chance that anybody had of each group: positivity asks for it to be above 0."""
        return np.asarray(self.probability[self.weights > 0].min(axis=0))

    def share_rare(self, below: float = RARE) -> FloatArray:
        """(K,) share of people whose chance of each group was below a limit."""
        return np.asarray(self.weights @ (self.probability < below) / self.weights.sum())

    def own(self) -> FloatArray:
        """(n,) the chance everybody had of the group they were in."""
        return self.probability[np.arange(len(self.group)), self.group]


def propensity(cohort: Cohort, covariates: Sequence[TermLike], *, of: str = "group") -> Propensity:
    """Estimate the chance of each group given baseline covariates, by multinomial logistic regression.

    Rows without a group or with a missing covariate are left out and counted; declared groups without anybody are left
    out with a note. Frequency weights count identical persons, sampling weights weigh the likelihood.

    Parameters
    ----------
    cohort : one row a person.
    covariates : column names and ``transform()``, ``factor()``, ``spline()``, ``interaction()`` of them.
    of : the column of groups; the exposure group unless another is named.

    Returns
    -------
    Propensity with (n, K) chances; its repr names the smallest chance of each group (positivity).

    Raises
    ------
    CannotEstimate : several rows a person, fewer than two groups with people, no covariates, covariates that tell
        groups apart for certain (separation) or depend on each other.

    References
    ----------
    Imbens, Biometrika 2000;87:706; McCaffrey et al., Statistics in Medicine 2013;32:3388.

    Examples
    --------
    >>> import numpy as np
    >>> import durata as du
    >>> cohort = du.cohort_from_arrays(
    ...     time=np.arange(1, 9), event=[1] * 8, group=["short", "long"] * 4, covariates={"old": [0, 0, 0, 1, 1, 1, 1, 0]})
    >>> model = du.propensity(cohort, ["old"])
    >>> model.levels, [round(float(p), 4) for p in model.probability[0]]
    (('long', 'short'), [0.5, 0.5])
    """
    if isinstance(covariates, str) or not covariates:
        raise CannotEstimate(speak("Name the baseline covariates the weights are made of, as a list of at least one."))
    if any(isinstance(one, (Strata, Offset)) for one in covariates):
        raise CannotEstimate(speak("strata() and offset() have no place in a propensity model; name covariates."))
    refuse_several_rows(cohort)
    whole = cohort.category(of)
    weights = np.ones(len(cohort)) if cohort.weights is None else cohort.weights.values
    there = ~whole.missing & (weights > 0)
    if not np.any(there):
        raise CannotEstimate(speak("No row has a known value of {column!r}: there are no groups to weigh.", column=of))
    design, notes = design_of(cohort, covariates, there)
    if of in design.variables:
        raise CannotEstimate(speak("{column!r} cannot explain itself; leave it out of the covariates.", column=of))
    position = np.flatnonzero(there & design.complete(cohort))
    chosen = cohort.select(position)
    group = chosen.category(of).used()
    empty = [level for level in whole.levels if level not in group.levels]
    if len(group.levels) < 2:
        raise CannotEstimate(
            speak(
                "Only {level!r} has people with all covariates known; weights need two groups at least.",
                level=group.levels[0],
            )
        )
    x = design.matrix(chosen)
    fit = fit_multinomial(group.codes, x, len(group.levels), weights=weights[position])
    _refuse(fit, design.names, group.levels)
    left_out = int(np.count_nonzero(weights > 0)) - len(position)
    return Propensity(
        group.levels,
        design.names,
        position,
        group.codes,
        fit.probability,
        weights[position],
        fit.coefficients,
        fit.log_likelihood,
        fit.log_likelihood_null,
        design,
        left_out,
        (*notes, *_notes(empty, left_out)),
    )


def refuse_several_rows(cohort: Cohort) -> None:
    """Baseline weights belong to persons: CannotEstimate when somebody has several rows."""
    if cohort.n_people < len(cohort):
        raise CannotEstimate(
            speak(
                "Baseline weights need one row a person: here an exposure changes over time, and what decides on it "
                "would have to be followed over time too. Use a design with one row a person, or an emulated trial."
            )
        )


def _refuse(fit: MultinomialFit, names: tuple[str, ...], levels: tuple[str, ...]) -> None:
    if fit.status == Status.CONVERGED:
        return
    columns = np.any(fit.involved[:, 1:], axis=0)
    involved = speak(", ").join(repr(name) for name, one in zip(names, columns, strict=True) if one) or speak("unknown")
    if fit.status == Status.SEPARATION:
        apart = _apart(fit.involved, levels)
        raise CannotEstimate(
            speak(
                "{covariates} tell for certain who is, or is not, in {groups}: some people had no chance of another group, and no "
                "weights make such groups comparable. Leave the covariate out, merge groups, or restrict the cohort to "
                "people who could have been in every group.",
                covariates=involved,
                groups=apart,
            )
        )
    if fit.status == Status.COLLINEAR:
        raise CannotEstimate(
            speak(
                "{covariates} depend on each other (or do not vary): the propensity cannot tell them apart. Leave one out.",
                covariates=involved,
            )
        )
    raise CannotEstimate(
        speak("The propensity model did not converge in {n} iterations; use fewer covariates.", n=fit.iterations)
    )


def _apart(involved: BoolArray, levels: tuple[str, ...]) -> str:
    """The groups whose logits run to infinity; the first one when all the others do."""
    rows = np.any(involved, axis=1)
    named = [level for level, one in zip(levels[1:], rows, strict=True) if one]
    return speak(", ").join(map(repr, levels if len(named) == len(levels) - 1 else named))


def _notes(empty: list[str], left_out: int) -> list[Finding]:
    found = []
    if empty:
        found.append(
            Finding(
                "N02",
                Severity.WARNING,
                "Nobody is in {groups}; the answer is about the other groups.",
                {"groups": speak(", ").join(empty)},
                "Check the boundaries or labels of the groups.",
            )
        )
    if left_out:
        found.append(
            Finding(
                "N70",
                Severity.INFO,
                "{n} row(s) without a known group or covariate have no weight and were left out.",
                {"n": left_out},
                "Say in the report how many are missing and why, or impute.",
            )
        )
    return found
