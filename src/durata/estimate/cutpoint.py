"""Cut-points searched in the data: maximally selected log-rank statistics, with p-values that know of the search."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np

from durata.category import Category
from durata.cohort import Cohort
from durata.estimate.cut_rows import METHOD, Searched, process_of, refuse_equal_scores, searched_here, searched_rows
from durata.estimate.result import Summary, Test
from durata.estimate.tests import log_rank
from durata.finding import CannotEstimate
from durata.kernels.maximal_rank import (
    EQUAL,
    best_cuts,
    order_by_value,
    spread,
)
from durata.kernels.maximal_rank_tail import (
    hothorn_lausen,
    lausen_sauerbrei_schumacher,
    lausen_schumacher,
    maxima_of_permutations,
    normal_process,
    permuted,
    whole_scores,
)
from durata.language.speaking import speak

PValue = Literal["permutation", "normal", "lausen-1992", "lausen-1994", "hothorn-lausen"]


def selected_cut(
    cohort: Cohort,
    variable: str,
    *,
    minprop: float = 0.1,
    maxprop: float = 0.9,
    p_value: PValue = "permutation",
    permutations: int = 9999,
    seed: int = 0,
) -> Test:
    """The cut of a number that separates survival best, tested in the knowledge that it was searched.

    For every cut c that leaves a share of at least ``minprop`` and at most ``maxprop`` of the people at or below it, the
    log-rank scores of those with X <= c are added up and standardised by their permutation distribution; the largest
    absolute value is the statistic and its cut the selected one. Several p-values are computed for it:

    - "permutation": scores are dealt anew ``permutations`` times, ``settings["p_error"]`` is its Monte Carlo
      standard error; (1 + number at least as large) / (1 + permutations), never 0.
    - "normal": the normal process with the exact correlations of the cuts, integrated to about 1e-9.
    - "lausen-1992": the large-sample formula over all shares; "lausen-1994": improved Bonferroni over these cuts. Both
      are approximations from above and are cut off at 1 (R's maxstat leaves the second above 1).
    - "hothorn-lausen": bound from the exact distribution of scores rounded to whole numbers; small samples.

    Parameters
    ----------
    variable : column of numbers. Rows without it are left out and counted.
    minprop, maxprop : smallest and largest share of people at or below the cut (whole part of n x share).
    p_value : which of them is the Test's own; all that can be had are in ``settings["p_values"]``.
    seed : of the permutations.

    Returns
    -------
    Test; ``statistic`` has no degrees of freedom; ``parts`` are the two groups with n, observed and expected events;
    ``settings["cut"]``, ``settings["direction"]`` ("low" or "high": who has more events than expected), and
    ``settings["uncorrected"]``, the chi-square and p-value of the ordinary log-rank test at the cut, which
    forget the search.

    Raises
    ------
    CannotEstimate : delayed entry, several rows a person, sampling weights; no events; no cut between the shares; a
        p-value that cannot be had at this size.

    References
    ----------
    Lausen & Schumacher, Biometrics 1992;48:73; Lausen, Sauerbrei & Schumacher, in Computational Statistics 1994;
    Hothorn & Lausen, Computational Statistics & Data Analysis 2003;43:121.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(
    ...     time=[9, 8, 7, 6, 5, 4, 3, 2], event=[0, 1, 1, 1, 1, 1, 1, 1], covariates={"size": [1, 2, 3, 4, 5, 6, 7, 8]}
    ... )
    >>> test = selected_cut(cohort, "size", permutations=99)
    >>> test.settings["cut"], test.settings["direction"]
    (2.0, 'high')
    """
    if p_value not in get_args(PValue):
        raise CannotEstimate(
            speak(
                "There is no p-value {p_value!r}; there are {known}.",
                p_value=p_value,
                known=speak(", ").join(map(repr, get_args(PValue))),
            )
        )
    _check_number(permutations, "permutations")
    searched = searched_rows(cohort, variable)
    process = process_of(searched, variable, minprop, maxprop)
    signed = float(process.statistic[process.best])
    b, cut = abs(signed), float(process.cut[process.best])
    _, scores, _ = order_by_value(searched.value, searched.scores)
    maxima = maxima_of_permutations(
        scores, process.below, spread(process.below, scores), permutations, np.random.default_rng(seed)
    )
    chance = (1.0 + np.count_nonzero(maxima >= b * (1.0 - EQUAL))) / (1.0 + permutations)
    found: dict[str, float | None] = {
        "permutation": float(chance),
        "normal": normal_process(b, process.n, process.below),
        "lausen-1992": lausen_schumacher(b, minprop, maxprop) if minprop > 0.0 and maxprop < 1.0 else None,
        "lausen-1994": lausen_sauerbrei_schumacher(b, process.n, process.below),
        "hothorn-lausen": hothorn_lausen(whole_scores(scores), process.below),
    }
    chosen = found[p_value]
    if chosen is None:
        raise CannotEstimate(
            speak(
                "The p-value {p_value!r} cannot be had for {n} rows and these shares; use 'permutation'.",
                p_value=p_value,
                n=process.n,
            )
        )
    return Test(
        hypothesis=speak("survival does not depend on {variable!r}", variable=variable),
        method=speak("{method}, {p_value} p-value", method=speak(METHOD), p_value=p_value),
        statistic=b,
        df=float("nan"),
        p_value=chosen,
        term=variable,
        parts=_groups(searched, variable, (cut,)),
        settings={
            "cut": cut,
            "direction": "low" if signed > 0 else "high",
            "minprop": minprop,
            "maxprop": maxprop,
            "n_cuts_tried": len(process.cut),
            "p_values": found,
            "p_error": float(np.sqrt(chance * (1.0 - chance) / permutations)),
            "permutations": permutations,
            "seed": seed,
            "uncorrected": _uncorrected(cohort, variable, cut),
        },
        notes=(*cohort.notes, *searched.notes, searched_here()),
    )


def selected_cuts(
    cohort: Cohort,
    variable: str,
    *,
    n_cuts: int = 2,
    minprop: float = 0.1,
    permutations: int = 999,
    seed: int = 0,
) -> Test:
    """The two or more cuts of a number that separate survival best, found among all, with a permutation p-value.

    The statistic compares the mean log-rank scores of the ``n_cuts`` + 1 groups of neighbouring values (it would be a
    chi-square of ``n_cuts`` degrees of freedom if the cuts were given) and is made as large as any choice of cuts
    makes it that leaves at least the whole part of ``minprop`` x n people in every group. Its p-value searches the cuts
    again in every permutation.

    Parameters
    ----------
    n_cuts : how many cuts, 1 to 5.
    cohort, variable, seed : as in :func:`selected_cut`.

    Returns
    -------
    Test; ``settings["cuts"]``, ``settings["p_error"]``; ``parts`` are the groups with n, observed and expected events.

    Raises
    ------
    CannotEstimate : as :func:`selected_cut`; no division with groups so large.

    References
    ----------
    Lausen, Hothorn, Bretz & Schumacher, Biometrical Journal 2004;46:364.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(
    ...     time=[1, 2, 3, 17, 18, 19, 9, 10, 11], event=[1] * 9, covariates={"size": [1, 2, 3, 4, 5, 6, 7, 8, 9]}
    ... )
    >>> selected_cuts(cohort, "size", permutations=99).settings["cuts"]
    (3.0, 6.0)
    """
    _check_number(permutations, "permutations")
    if n_cuts not in range(1, 6):
        raise CannotEstimate(speak("The number of cuts must be 1 to 5, not {n_cuts!r}.", n_cuts=n_cuts))
    if not 0.0 <= minprop < 1.0 / (n_cuts + 1):
        raise CannotEstimate(
            speak("'minprop' must lie between 0 and 1 / {groups}: {groups} groups are wanted.", groups=n_cuts + 1)
        )
    searched = searched_rows(cohort, variable)
    ordered, scores, ends = order_by_value(searched.value, searched.scores)
    least = max(1, int(np.floor(len(scores) * minprop + 1e-9)))
    statistic, below = best_cuts(scores[None, :], ends, n_cuts, least)
    if len(below) == 0:
        raise CannotEstimate(
            speak(
                "{variable!r} has too few different values to make {groups} groups of {least} people "
                "or more. Ask for fewer cuts or a smaller 'minprop'.",
                variable=variable,
                groups=n_cuts + 1,
                least=least,
            )
        )
    refuse_equal_scores(scores)
    b = float(statistic[0])
    rng = np.random.default_rng(seed)
    larger = sum(
        int(np.count_nonzero(best_cuts(block, ends, n_cuts, least)[0] >= b * (1.0 - EQUAL)))
        for block in permuted(scores, permutations, rng)
    )
    chance = (1.0 + larger) / (1.0 + permutations)
    cuts = tuple(float(ordered[k - 1]) for k in below)
    return Test(
        hypothesis=speak("survival does not depend on {variable!r}", variable=variable),
        method=speak("{method}, {n_cuts} cuts, permutation p-value", method=speak(METHOD), n_cuts=n_cuts),
        statistic=b,
        df=float("nan"),
        p_value=chance,
        term=variable,
        parts=_groups(searched, variable, cuts),
        settings={
            "cuts": cuts,
            "minprop": minprop,
            "p_error": float(np.sqrt(chance * (1.0 - chance) / permutations)),
            "permutations": permutations,
            "seed": seed,
        },
        notes=(*cohort.notes, *searched.notes, searched_here()),
    )


def cut_statistics(cohort: Cohort, variable: str, *, minprop: float = 0.1, maxprop: float = 0.9) -> Summary:
    """The standardised log-rank statistic at every admissible cut: how flat the search was.

    Returns
    -------
    Summary with one row a cut: value, n (how many have X <= value), statistic (positive when those at or below the cut
    have more events than expected). Arguments and errors as in :func:`selected_cut`.

    References
    ----------
    Lausen & Schumacher, Biometrics 1992;48:73.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(time=[4, 3, 2, 1], event=[1] * 4, covariates={"size": [1, 2, 3, 4]})
    >>> [row["value"] for row in cut_statistics(cohort, "size").rows()]
    [1.0, 2.0, 3.0]
    """
    searched = searched_rows(cohort, variable)
    process = process_of(searched, variable, minprop, maxprop)
    return Summary(
        what=speak("standardised log-rank statistic of {variable} at every cut", variable=variable),
        table=tuple(
            {"term": variable, "value": float(cut), "n": int(below), "statistic": float(statistic)}
            for cut, below, statistic in zip(process.cut, process.below, process.statistic, strict=True)
        ),
        method=speak(METHOD),
        settings={"minprop": minprop, "maxprop": maxprop},
        notes=(*cohort.notes, *searched.notes, searched_here()),
    )


def _check_number(number: int, what: str) -> None:
    if number < 1:
        raise CannotEstimate(
            speak("The number of {what} must be 1 or more, not {number!r}.", what=speak(what), number=number)
        )


def _groups(searched: Searched, variable: str, cuts: tuple[float, ...]) -> tuple[dict[str, Any], ...]:
    """The groups that cuts make: n, observed events, and those expected by the scores."""
    code = np.searchsorted(np.asarray(cuts), searched.value, side="left")
    expected = searched.event - searched.scores
    names = [f"{variable} <= {cuts[0]:g}"]
    names += [f"{low:g} < {variable} <= {high:g}" for low, high in pairwise(cuts)]
    names.append(f"{variable} > {cuts[-1]:g}")
    return tuple(
        {
            "group": name,
            "n": int(np.count_nonzero(code == k)),
            "observed": float(searched.event[code == k].sum()),
            "expected": float(expected[code == k].sum()),
        }
        for k, name in enumerate(names)
    )


def _uncorrected(cohort: Cohort, variable: str, cut: float) -> dict[str, float]:
    """The ordinary log-rank test at the cut, as if it had been given."""
    column = np.asarray(cohort.column(variable), dtype=np.float64)
    codes = np.where(np.isnan(column), -1, (column > cut).astype(np.intp)).astype(np.intp)
    groups = Category(codes, ("low", "high"))
    test = log_rank(cohort.with_columns(**{"cut": groups}), "cut")
    return {"statistic": test.statistic, "p_value": test.p_value}
