"""Splines read: whether an effect is a straight line, and the hazard ratio along a number against a reference value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from durata.cohort import Cohort
from durata.estimate.cox import chi_square_test, design_and_rows, quadratic
from durata.estimate.cox_rows import CoxRows
from durata.estimate.result import Effects, Summary
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray
from durata.kernels.intervals import normal_quantile
from durata.kernels.newton import Status
from durata.kernels.partial_likelihood.fit import TieMethod, fit_cox
from durata.language.speaking import speak
from durata.terms import Coding, Design

GRID = 50
"""At how many values a curve is read when none are asked for."""


def nonlinearity_test(cohort: Cohort, effects: Effects, variable: str) -> Summary:
    """Test whether the effect of a number that is in a Cox model as a spline is a straight line, and whether there is one.

    Nonlinearity: the coefficients of the cubic pieces are zero. Overall: those and the linear one are zero. Each by
    Wald's test (from the variance of the model, robust or not) and, unless the variance is robust, by the
    likelihood-ratio test, for which the smaller model is fitted to the same rows.

    Parameters
    ----------
    cohort, effects : the model and the cohort it was fitted to.
    variable : the column of a ``spline()`` term.

    Returns
    -------
    Summary with rows "nonlinearity" and "overall" (column ``term``) by ``method``: statistic, df, p_value.

    Raises
    ------
    CannotEstimate : no spline of this variable; the spline is part of an interaction; a penalised model.

    References
    ----------
    Harrell, Regression Modeling Strategies, 2nd ed. 2015, section 2.4; Durrleman & Simon, Stat Med 1989;8:551.

    Examples
    --------
    >>> import numpy as np
    >>> from durata.door import cohort_from_arrays
    >>> from durata.estimate.cox import cox
    >>> from durata.terms import spline
    >>> size = np.arange(40.0)
    >>> cohort = cohort_from_arrays(
    ...     time=100 - (size - 20) ** 2 / 8 + size % 7, event=np.ones(40), covariates={"size": size}
    ... )
    >>> rows = nonlinearity_test(cohort, cox(cohort, [spline("size", 3)]), "size").rows()
    >>> [(row["term"], row["method"], row["df"]) for row in rows][:2]
    [('nonlinearity', 'likelihood-ratio test', 1.0), ('nonlinearity', 'Wald test', 1.0)]
    """
    design, rows, ties = design_and_rows(cohort, effects)
    if "penalty" in effects.settings:
        raise CannotEstimate(speak("A penalised model has no test of nonlinearity; fit the ordinary Cox model."))
    _, columns = _coded(design, variable)
    if len(columns) < 2:
        raise CannotEstimate(
            speak(
                "{variable!r} is in the model as a straight line; give it as spline({variable!r}).", variable=variable
            )
        )
    table: list[dict[str, Any]] = []
    for what, tested in {"nonlinearity": columns[1:], "overall": columns}.items():
        none = speak("{what} of {variable}", what=speak(what), variable=variable)
        tests = []
        if not effects.robust:
            smaller = _log_likelihood_without(rows, tested, ties)
            fall = 2.0 * (effects.log_likelihood - smaller)
            tests.append(chi_square_test(fall, len(tested), speak("likelihood-ratio test"), none))
        wald = quadratic(effects.covariance[np.ix_(tested, tested)], effects.estimate[list(tested)])
        if wald is not None:
            tests.append(chi_square_test(wald, len(tested), speak("Wald test"), none))
        table += [
            {"term": what, "statistic": test.statistic, "df": test.df, "p_value": test.p_value, "method": test.method}
            for test in tests
        ]
    return Summary(
        what=speak("whether the effect of {variable} is a straight line", variable=variable),
        table=tuple(table),
        method=effects.method,
        settings={"variable": variable, "robust": effects.robust},
        notes=effects.notes,
    )


def hazard_ratio_curve(
    cohort: Cohort,
    effects: Effects,
    variable: str,
    *,
    at: Iterable[float] | None = None,
    reference: float | None = None,
) -> Summary:
    """The log hazard ratio at values of a number against a reference value, the other terms held constant.

    Parameters
    ----------
    cohort, effects : a Cox model (penalised or not) and the cohort it was fitted to.
    variable : a number that is in the model, as a spline, through a function or as it is.
    at : values; 50 evenly spaced ones over the range of those in the model if not given.
    reference : the value compared with; the median of those in the model if not given.

    Returns
    -------
    Summary with one row a value: value, estimate (log hazard ratio), std_error, conf_low, conf_high: pointwise, from
    ``effects.covariance``, at the model's confidence level. At the reference all are 0. ``settings`` has "reference"
    and, for a spline, "knots".

    Raises
    ------
    CannotEstimate : a value outside the range of those in the model; a variable that is not a number, or is
        part of an interaction (its effect then depends on another).

    References
    ----------
    Harrell, Regression Modeling Strategies, 2nd ed. 2015, sections 2.4 and 20.

    Examples
    --------
    >>> import numpy as np
    >>> from durata.door import cohort_from_arrays
    >>> from durata.estimate.cox import cox
    >>> size = np.array([1.0, 0.0, 2.0, 0.0, 3.0, 1.0])
    >>> cohort = cohort_from_arrays(time=[1, 2, 3, 4, 5, 6], event=np.ones(6), covariates={"size": size})
    >>> effects = cox(cohort, ["size"])
    >>> row = hazard_ratio_curve(cohort, effects, "size", at=[2.0], reference=0.0).rows()[0]
    >>> bool(np.isclose(row["estimate"], 2 * effects.estimate[0]))
    True
    """
    design, rows, _ = design_and_rows(cohort, effects)
    coding, columns = _coded(design, variable)
    known = np.asarray(cohort.column(variable), dtype=np.float64)[rows.rows]
    low, high = float(known.min()), float(known.max())
    middle = _median(known, rows) if reference is None else float(reference)
    asked = np.linspace(low, high, GRID) if at is None else np.asarray(list(at), dtype=np.float64)
    for value in [*asked.tolist(), middle]:
        if not low <= value <= high:
            raise CannotEstimate(
                speak(
                    "{variable} = {value:g} lies outside the values in the model ({low:g} to {high:g}): "
                    "nothing is known there.",
                    variable=variable,
                    value=value,
                    low=low,
                    high=high,
                )
            )
    basis = coding.columns(_Values(asked)) - coding.columns(_Values(np.array([middle])))
    chosen = list(columns)
    estimate = effects.estimate[chosen] @ basis
    error = np.sqrt(np.maximum(np.einsum("pn,pq,qn->n", basis, effects.covariance[np.ix_(chosen, chosen)], basis), 0.0))
    half = normal_quantile(effects.conf_level) * error
    return Summary(
        what=speak("log hazard ratio along {variable} against {middle:g}", variable=variable, middle=middle),
        table=tuple(
            {
                "term": variable,
                "value": float(value),
                "reference": f"{middle:g}",
                "estimate": float(estimate[k]),
                "std_error": float(error[k]),
                "conf_low": float(estimate[k] - half[k]),
                "conf_high": float(estimate[k] + half[k]),
            }
            for k, value in enumerate(asked)
        ),
        method=effects.method,
        settings={"variable": variable, "reference": middle, "knots": coding.knots, "conf_level": effects.conf_level},
        notes=effects.notes,
    )


class _Values:
    """Values of one number, read as the column of whatever name is asked."""

    def __init__(self, values: FloatArray) -> None:
        self.values = values

    def column(self, name: str) -> FloatArray:
        """The values."""
        del name
        return self.values


def _coded(design: Design, variable: str) -> tuple[Coding, tuple[int, ...]]:
    """How a number is coded, and the positions of its coefficients; CannotEstimate if there is not one place."""
    blocks = design.blocks
    having = [k for k, part in enumerate(design.parts) if any(c.variable == variable for c in part.codings)]
    if not having:
        raise CannotEstimate(speak("{variable!r} is not a term of the model.", variable=variable))
    if any(len(design.parts[k].codings) > 1 for k in having):
        raise CannotEstimate(
            speak(
                "{variable!r} is part of an interaction: it has no one effect. Compare two models by "
                "likelihood_ratio_test().",
                variable=variable,
            )
        )
    if len(having) > 1:
        raise CannotEstimate(
            speak(
                "{variable!r} is in the model as several terms; its effect cannot be read off one of them.",
                variable=variable,
            )
        )
    coding = design.parts[having[0]].codings[0]
    if coding.levels:
        raise CannotEstimate(
            speak(
                "{variable!r} is in the model as categories; its hazard ratios are those of its levels.",
                variable=variable,
            )
        )
    return coding, blocks[having[0]][1]


def _log_likelihood_without(rows: CoxRows, left_out: tuple[int, ...], ties: TieMethod) -> float:
    """The log-likelihood of the model without some of its columns."""
    kept = [j for j in range(rows.x.shape[1]) if j not in left_out]
    fit = fit_cox(rows.risk_order(), rows.x[:, kept], offset=rows.offset, ties=ties)
    if fit.status != Status.CONVERGED:
        raise CannotEstimate(speak("The smaller model did not converge; use the Wald test of a robust model."))
    return fit.log_likelihood


def _median(known: FloatArray, rows: CoxRows) -> float:
    """Median of the values in the model, frequencies counted."""
    if rows.frequency and rows.weights is not None:
        known = np.repeat(known, rows.weights.astype(np.intp))
    return float(np.median(known))
