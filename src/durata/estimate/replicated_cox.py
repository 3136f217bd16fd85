"""Resampled Cox models without a refit from scratch: the covariates are coded once, the counts go to a compiled kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from durata.cohort import Cohort
from durata.estimate.analysis import Refused
from durata.estimate.cox import cox
from durata.estimate.cox_rows import cox_rows
from durata.estimate.estimators import ties
from durata.estimate.plan import answers_for
from durata.estimate.quantities import Quantity, quantities
from durata.estimate.replicates import Draws, Numbers, OfCohort, OfStudy, Question
from durata.estimate.result import Effects
from durata.kernels.arrays import BoolArray, IntArray
from durata.kernels.newton import FAR, Status
from durata.kernels.partial_likelihood.fit import fit_cox
from durata.kernels.replicate import cox_replicates
from durata.terms import Interaction, Spline, TermLike

CHUNK = 4_000_000
"""Cells of the matrix of counts that is held at one time."""


@dataclass(frozen=True)
class CoxModel:
    """A Cox model of these terms as an estimator: called with a Cohort it is :func:`cox`; resampled, it is very fast.

    Parameters
    ----------
    terms : as in :func:`cox`.
    ties : "efron" or "breslow".

    Raises
    ------
    CannotEstimate : when called, as :func:`cox`.

    References
    ----------
    Cox, J. R. Statist. Soc. B 34:187, 1972.

    Examples
    --------
    >>> import numpy as np
    >>> import durata as du
    >>> cohort = du.cohort_from_arrays(time=np.arange(1, 9), event=[1] * 8, covariates={"x": [0, 1, 1, 0, 1, 0, 1, 0]})
    >>> drawn = du.bootstrap(cohort, du.CoxModel(("x",)), replicates=200, seed=1)
    >>> drawn.rows()[0]["conf_low"] < drawn.rows()[0]["estimate"] < drawn.rows()[0]["conf_high"]
    True
    """

    terms: tuple[TermLike, ...]
    ties: str = "efron"

    def __call__(self, cohort: Cohort) -> Effects:
        """Fit the model to a cohort."""
        return cox(cohort, self.terms, ties="breslow" if self.ties == "breslow" else "efron")


@dataclass(frozen=True, eq=False)
class Fast:
    """A Cox model whose coding is the same in every draw that has an estimate; ``code`` says whose the rows are."""

    cohort: Cohort
    effects: Effects
    breslow: bool
    code: IntArray
    two_groups: bool


def fast_form(question: Question) -> Fast | None:
    """The question as a Cox model that need not be coded again in every draw; None when it must be.

    That is so for baseline data (one row a person, no weights), terms without anything that is estimated from the data
    (no spline knots, no screen, no propensity), and patients whose place in the design depends on themselves alone.
    """
    if isinstance(question, OfCohort):
        if not isinstance(question.estimator, CoxModel) or not _plain(question.estimator.terms):
            return None
        cohort, code, breslow = question.cohort, question.code, question.estimator.ties == "breslow"
        if not _baseline(cohort):
            return None
        return Fast(cohort, question.estimator(cohort), breslow, code, two_groups=False)
    if not isinstance(question, OfStudy):
        return None
    one = question.analysis
    if one.estimator != "cox" or {"screen_p", "estimand", "subgroup"} & {name for name, _ in one.settings}:
        return None
    answers = answers_for(question.study, question.records)
    found, answer = answers.cohort(one.design, one.outcome), answers.ask(one)
    if isinstance(found, Refused) or not isinstance(answer, Effects) or not _baseline(found):
        return None
    return Fast(found, answer, ties(one) == "breslow", found.person, two_groups=True)


def _plain(terms: Sequence[TermLike]) -> bool:
    """Whether the columns of the terms are the same whoever is drawn."""
    return not any(
        isinstance(term, Spline)
        or (isinstance(term, Interaction) and (isinstance(term.left, Spline) or isinstance(term.right, Spline)))
        for term in terms
    )


def _baseline(cohort: Cohort) -> bool:
    return cohort.weights is None and cohort.n_people == len(cohort)


def fast_replicates(fast: Fast, draws: Draws, numbers: Sequence[int]) -> dict[int, Numbers]:
    """The coefficients in every draw that has them, by the number of the draw; the others must be asked in full."""
    rows = cox_rows(fast.cohort, fast.effects.design, ties="breslow" if fast.breslow else "efron", cluster=None)
    order = rows.risk_order()
    around = fit_cox(order, rows.x, offset=rows.offset, ties="breslow" if fast.breslow else "efron")
    keys: list[Quantity] = list(quantities(fast.effects))
    code = fast.code[rows.rows]
    out: dict[int, Numbers] = {}
    size = max(1, CHUNK // max(len(rows.rows), 1))
    for begin in range(0, len(numbers), size):
        part = list(numbers[begin : begin + size])
        counts = draws.counts(part)
        if counts.max(initial=0) > np.iinfo(np.uint16).max:
            continue  # more often than the kernel counts: asked in full
        found = cox_replicates(
            order,
            rows.x,
            np.ascontiguousarray(counts[:, code], dtype=np.uint16),
            around=around,
            offset=rows.offset,
            efron=not fast.breslow,
        )
        estimable = _estimable(fast, counts[:, fast.code])
        # where linear predictors lie this far apart, whether there is a maximum is decided in one place
        estimable &= np.abs(np.nan_to_num(found.coefficients)) @ np.ptp(rows.x, axis=0) < FAR
        for place, number in enumerate(part):
            if found.status[place] == Status.CONVERGED and estimable[place]:
                out[number] = dict(zip(keys, found.coefficients[place].tolist(), strict=True))
    return out


def _estimable(fast: Fast, counts: IntArray) -> BoolArray:
    """(B,) draws with an event at every level of every category of the model, where the slow way refuses none."""
    ok = np.ones(len(counts), dtype=np.bool_)
    happened = fast.cohort.event
    complete = fast.effects.design.complete(fast.cohort)
    for part in fast.effects.design.parts:
        for coding in part.codings:
            if not coding.levels:
                continue
            codes = coding.codes(fast.cohort)
            for level in range(len(coding.levels)):
                ok &= counts[:, complete & happened & (codes == level)].sum(axis=1) > 0
    if fast.two_groups and fast.cohort.group is not None:
        group = fast.cohort.group
        there = [counts[:, group.codes == code].sum(axis=1) > 0 for code in range(len(group.levels))]
        ok &= np.sum(there, axis=0) >= 2  # a design of duration groups is refused when one of them has everybody
    return ok
