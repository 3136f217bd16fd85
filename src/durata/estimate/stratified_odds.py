"""The odds ratio of a response between two groups, adjusted for strata (Mantel-Haenszel, and exact)."""

from __future__ import annotations

import numpy as np

from durata.cohort import Cohort
from durata.estimate.counted import check_level
from durata.estimate.glossary import or_none
from durata.estimate.people import people
from durata.estimate.response import Levels, responders
from durata.estimate.result import Summary
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.common_odds import conditional_odds, mantel_haenszel
from durata.language.speaking import speak


def stratified_odds_ratio(
    cohort: Cohort,
    response: str,
    success: Levels | str | None = None,
    by: str = "group",
    *,
    strata: str,
    conf_level: float = 0.95,
) -> Summary:
    """Estimate the odds ratio of responding between two groups, the same in all strata (centres, ...).

    Parameters
    ----------
    cohort : one row a person; persons whose response, group or stratum is unknown are left out and counted.
    response, success : as in :func:`durata.estimate.response.response_rates`.
    by : groups, of which exactly two hold anybody; the earlier one is the reference.
    strata : the column of strata.

    Returns
    -------
    Summary with two rows by ``method``: Mantel-Haenszel (limits of Robins, Breslow & Greenland, chi-square without
    continuity correction) and the exact conditional one; n, estimate, conf_low, conf_high, statistic, df, p_value.
    What is infinite or undefined is None, with a note.

    Raises
    ------
    CannotEstimate
        unless exactly two groups hold anybody; nobody with everything known.

    References
    ----------
    Mantel & Haenszel, JNCI 1959;22:719; Robins, Breslow & Greenland, Biometrics 1986;42:311;
    Gart, Biometrika 1970;57:471.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(
    ...     time=[1] * 8, event=[0] * 8, group=list("abababab"),
    ...     covariates={"margin": [1, 0, 0, 1, 0, 1, 1, 1], "centre": list("xxxxyyyy")},
    ... )
    >>> stratified_odds_ratio(cohort, "margin", strata="centre").rows()[0]["n"]
    8
    """
    check_level(conf_level)
    persons = people(cohort, by)
    used = np.flatnonzero(persons.sizes)
    if len(used) != 2:
        raise CannotEstimate(
            speak(
                "A stratified odds ratio compares two groups; {n} group(s) of {by!r} hold anybody. Select two of them.",
                n=len(used),
                by=by,
            )
        )
    answer = responders(cohort, response, success)[persons.row]
    stratum = cohort.category(strata).codes[persons.row]
    known = ~np.isnan(answer) & (stratum >= 0)
    if not np.any(known):
        raise CannotEstimate(
            speak("Nobody has a known {response!r} and a known {strata!r}.", response=response, strata=strata)
        )
    tables = np.zeros((len(cohort.category(strata).levels), 2, 2))
    in_reference = (persons.group[known] == used[0]).astype(np.intp)
    np.add.at(tables, (stratum[known], in_reference, 1 - answer[known].astype(np.intp)), 1.0)
    common = mantel_haenszel(tables, conf_level)
    exact = conditional_odds(tables, conf_level)
    shared = {
        "term": response,
        "group": persons.levels[used[1]],
        "reference": persons.levels[used[0]],
        "n": int(np.count_nonzero(known)),
        "missing": int(np.count_nonzero(~known)),
    }
    found = (
        (common.odds_ratio, common.low, common.high, common.test.statistic, common.test.df, common.test.p_value),
        (exact.odds_ratio, exact.low, exact.high, np.nan, np.nan, exact.p_value),
    )
    rows = []
    for method, (ratio, low, high, statistic, df, p) in zip(
        ("Mantel-Haenszel", speak("exact conditional")), found, strict=True
    ):
        limits = {"estimate": _finite(ratio), "conf_low": _finite(low), "conf_high": _finite(high)}
        test = {"statistic": or_none(statistic), "df": or_none(df), "p_value": or_none(p)}
        note = (
            ""
            if np.isfinite([ratio, low, high]).all()
            else speak("Without bound or undefined: a group has no variation.")
        )
        rows.append({**shared, **limits, **test, "method": method, "note": note})
    left = (
        Finding(
            "N23",
            Severity.INFO,
            "{n} person(s) without a known response or stratum were left out.",
            {"n": shared["missing"]},
        ),
    )
    return Summary(
        what=speak("odds ratio of {response}, adjusted for {strata}", response=response, strata=strata),
        table=tuple(rows),
        method=speak("Mantel-Haenszel and exact conditional common odds ratio"),
        settings={"by": by, "strata": strata, "conf_level": conf_level},
        notes=(*persons.notes(), *(left if shared["missing"] else ())),
    )


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
