"""How stable a searched cut is: its bootstrap distribution, and by how much its hazard ratio is too good."""

from __future__ import annotations

import numpy as np

from durata.cohort import Cohort
from durata.estimate.counted import check_level
from durata.estimate.cut_rows import METHOD, Searched, process_of, searched_here, searched_rows
from durata.estimate.result import Summary
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import BoolArray
from durata.kernels.maximal_rank import cut_process, log_rank_scores
from durata.kernels.newton import Status
from durata.kernels.partial_likelihood.fit import fit_cox
from durata.kernels.partial_likelihood.risk_order import order_risk_sets
from durata.language.speaking import speak

FEWEST = 20
"""With fewer replicates than this nothing is said about a distribution."""


def selected_cut_stability(
    cohort: Cohort,
    variable: str,
    *,
    replicates: int = 500,
    seed: int = 0,
    minprop: float = 0.1,
    maxprop: float = 0.9,
    conf_level: float = 0.95,
) -> Summary:
    """Search the cut again in bootstrap samples: where it falls, and the optimism of its hazard ratio.

    Persons are drawn with replacement, the cut is searched in each sample, and the log hazard ratio of X > cut against
    X <= cut is estimated (Cox, Efron's ties) in the sample and, with the sample's cut, in the cohort. Their mean
    difference, in the direction of the effect in the sample, is the optimism; the corrected log hazard ratio is the
    apparent one less the optimism, at least 0 in size.

    Returns
    -------
    Summary with one row a cut that was selected: value, n (how often), estimate (the share of the samples);
    ``settings`` has "cut", "cut_low" and "cut_high" (percentile limits of the cut), "log_hazard_ratio" (apparent),
    "optimism", "corrected_log_hazard_ratio", "replicates" (those used).

    Raises
    ------
    CannotEstimate : as :func:`selected_cut`; fewer than 20 samples with a cut and a finite hazard ratio.

    References
    ----------
    Hollander, Sauerbrei & Schumacher, Statistics in Medicine 2004;23:1701; Harrell, Lee & Mark, Statistics in Medicine
    1996;15:361.

    Examples
    --------
    >>> import numpy as np
    >>> from durata.door import cohort_from_arrays
    >>> size = np.arange(1, 41)
    >>> time = np.where(size % 3 == 0, size, 60 - size)
    >>> cohort = cohort_from_arrays(time=time, event=np.ones(40), covariates={"size": size})
    >>> answer = selected_cut_stability(cohort, "size", replicates=50)
    >>> sum(row["n"] for row in answer.rows()) == answer.settings["replicates"]
    True
    """
    check_level(conf_level)
    if replicates < FEWEST:
        raise CannotEstimate(
            speak(
                "A bootstrap distribution needs {fewest} replicates or more, not {replicates!r}.",
                fewest=FEWEST,
                replicates=replicates,
            )
        )
    searched = searched_rows(cohort, variable)
    process = process_of(searched, variable, minprop, maxprop)
    cut = float(process.cut[process.best])
    apparent = _log_hazard_ratio(searched, np.arange(len(searched.row)), cut)
    if apparent is None:
        raise CannotEstimate(
            speak(
                "One side of the selected cut {variable} = {cut:g} has no events or no comparison, so "
                "there is no hazard ratio whose optimism could be told. Raise 'minprop'.",
                variable=variable,
                cut=cut,
            )
        )
    cuts, gains = [], []
    everybody = np.arange(len(searched.row))
    for spawned in np.random.SeedSequence(seed).spawn(replicates):
        drawn = np.random.default_rng(spawned).integers(0, len(everybody), len(everybody))
        scores = log_rank_scores(searched.time[drawn], searched.event[drawn])
        if np.ptp(scores) == 0.0:
            continue
        again = cut_process(searched.value[drawn], scores, minprop, maxprop)
        if len(again.cut) == 0:
            continue
        found = float(again.cut[again.best])
        inside, outside = _log_hazard_ratio(searched, drawn, found), _log_hazard_ratio(searched, everybody, found)
        if inside is None or outside is None:
            continue
        cuts.append(found)
        gains.append(np.sign(inside) * (inside - outside))
    if len(cuts) < FEWEST:
        raise CannotEstimate(
            speak(
                "Only {n} of {replicates} bootstrap samples had a cut with a finite hazard ratio. "
                "There are too few events to search a cut; keep the variable as a number.",
                n=len(cuts),
                replicates=replicates,
            )
        )
    optimism = float(np.mean(gains))
    values, times = np.unique(cuts, return_counts=True)
    tail = (1.0 - conf_level) / 2.0
    return Summary(
        what=speak("the cut of {variable} selected in bootstrap samples", variable=variable),
        table=tuple(
            {"term": variable, "value": float(value), "n": int(n), "estimate": float(n) / len(cuts)}
            for value, n in zip(values, times, strict=True)
        ),
        method=speak("{method}, bootstrap of persons", method=speak(METHOD)),
        settings={
            "cut": cut,
            "cut_low": float(np.quantile(cuts, tail)),
            "cut_high": float(np.quantile(cuts, 1.0 - tail)),
            "log_hazard_ratio": apparent,
            "optimism": optimism,
            "corrected_log_hazard_ratio": float(np.sign(apparent) * max(abs(apparent) - optimism, 0.0)),
            "replicates": len(cuts),
            "seed": seed,
            "minprop": minprop,
            "maxprop": maxprop,
            "conf_level": conf_level,
        },
        notes=(*cohort.notes, *searched.notes, searched_here(), *_lost(replicates - len(cuts), replicates)),
    )


def _log_hazard_ratio(searched: Searched, rows: np.ndarray, cut: float) -> float | None:
    """Cox's log hazard ratio of X > cut among ``rows``; None where it is not finite."""
    above: BoolArray = searched.value[rows] > cut
    order = order_risk_sets(searched.time[rows], searched.event[rows])
    if order is None:
        return None
    fit = fit_cox(order, above.astype(np.float64)[:, None])
    return float(fit.coefficients[0]) if fit.status == Status.CONVERGED else None


def _lost(n: int, replicates: int) -> tuple[Finding, ...]:
    if n == 0:
        return ()
    return (
        Finding(
            "N41",
            Severity.WARNING,
            "{n} of {replicates} bootstrap samples had no cut with a finite hazard ratio and were left out.",
            {"n": n, "replicates": replicates},
        ),
    )
