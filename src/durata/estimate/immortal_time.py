"""The immortal-time ratio: the naive hazard ratio over that of the same people at risk only once their group is known."""

from __future__ import annotations

from typing import Any

import numpy as np

from durata.cohort import Cohort
from durata.estimate.cox import cox
from durata.estimate.cox_rows import CoxRows, cox_rows
from durata.estimate.result import Effects, Summary
from durata.finding import CannotEstimate
from durata.kernels.arrays import FloatArray, IntArray
from durata.kernels.newton import Status
from durata.kernels.partial_likelihood.fit import fit_cox
from durata.kernels.replicate import cox_replicates
from durata.language.speaking import speak
from durata.terms import TermLike

CLEAR = 2.0
"""The naive estimate must be this many standard errors from no effect for a share of it to mean anything."""
FEWEST = 20


def immortal_time_ratio(
    naive: Cohort, entered: Cohort, terms: list[TermLike], *, replicates: int = 500, seed: int = 1
) -> Summary:
    """Divide the hazard ratios of one analysis from the start by those with delayed entry, same people and covariates.

    It is a contrast of two analyses, not "the bias". People are drawn together for both, everything fitted again.

    Parameters
    ----------
    naive, entered : one row a person, over the same records: grouped by achieved duration from the start, and with entry
        at the end of treatment. Who is in one of them only is left out of both.
    terms : those of the model, the groups among them.

    Returns
    -------
    Summary with a row a group: estimate, conf_low, conf_high (percentiles), n (draws), ``value`` the share of the naive log
    hazard ratio, 1 - log HR(entered) / log HR(naive), where that one is more than two standard errors from 0 and both
    have one sign.

    Raises
    ------
    CannotEstimate : a model without an estimate, or fewer than 20 usable draws.

    References
    ----------
    Suissa S (2008) Immortal time bias in pharmacoepidemiology. Am J Epidemiol 167:492-499.

    Examples
    --------
    >>> import durata as du
    >>> study = du.read_study(du.example("stanford"))
    >>> records = du.read_records(study)
    >>> naive, entered = du.observed(study, records, "death", zero="start"), du.delayed_entry(study, records, "death")
    >>> found = immortal_time_ratio(naive, entered, ["group"], replicates=100)
    >>> [row["group"] for row in found.rows()]
    ['15-42 days', '>42 days']
    """
    shared = np.intersect1d(naive.person, entered.person)
    cohorts = [one.select(np.flatnonzero(np.isin(one.person, shared))) for one in (naive, entered)]
    models = [cox(one, terms) for one in cohorts]
    place = [k for k, term in enumerate(models[0].terms) if term.variable == "group"]
    rows = [cox_rows(one, model.design, ties="efron", cluster=None) for one, model in zip(cohorts, models, strict=True)]
    if not np.array_equal(np.unique(rows[0].person), np.unique(rows[1].person)):
        raise CannotEstimate(speak("The two analyses hold different people: their hazard ratios cannot be divided."))
    people, _ = np.unique(rows[0].person, return_inverse=True)
    random = np.random.default_rng(seed)
    drawn = np.stack(
        [np.bincount(random.integers(0, len(people), len(people)), minlength=len(people)) for _ in range(replicates)]
    )
    found = [_replicated(one, people, drawn) for one in rows]
    logs = found[0][:, place] - found[1][:, place]
    out: list[dict[str, Any]] = []
    for j, k in enumerate(place):
        usable = logs[np.isfinite(logs[:, j]), j]
        if len(usable) < FEWEST:
            raise CannotEstimate(
                speak("Only {n} draws have both hazard ratios; at least 20 are needed.", n=len(usable))
            )
        first, second = float(models[0].estimate[k]), float(models[1].estimate[k])
        low, high = np.exp(np.quantile(usable, [0.025, 0.975]))
        share = _share(models[0], first, second, k)
        out.append(
            {
                "group": models[0].terms[k].level,
                "reference": models[0].terms[k].reference,
                "estimate": float(np.exp(first - second)),
                "conf_low": float(low),
                "conf_high": float(high),
                "n": len(usable),
                "value": share,
            }
        )
    return Summary(
        what=speak("immortal-time ratio: hazard ratio from the start over hazard ratio with delayed entry"),
        table=tuple(out),
        method=speak("percentile intervals of {n} bootstrap draws of patients", n=replicates),
        settings={"replicates": replicates, "seed": seed, "people": len(people)},
    )


def _replicated(rows: CoxRows, people: IntArray, drawn: IntArray) -> FloatArray:
    """(B, p) coefficients in every draw of the people, NaN where there are none."""
    order = rows.risk_order()
    around = fit_cox(order, rows.x, offset=rows.offset)
    counts = np.ascontiguousarray(drawn[:, np.searchsorted(people, rows.person)], dtype=np.uint16)
    found = cox_replicates(order, rows.x, counts, around=around, offset=rows.offset)
    return np.where((found.status == Status.CONVERGED)[:, None], found.coefficients, np.nan)


def _share(model: Effects, first: float, second: float, k: int) -> float | None:
    clear = abs(float(model.statistic[k])) > CLEAR and np.sign(first) == np.sign(second)
    return 1.0 - second / first if clear else None
