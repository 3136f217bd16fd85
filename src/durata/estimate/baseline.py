"""Table 1: what the groups look like, with the test and the largest standardised difference of every covariate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Literal

import numpy as np

from durata.category import Category
from durata.cohort import Cohort
from durata.estimate.association import TableTest, table_result
from durata.estimate.comparison import described_number, samples_result
from durata.estimate.glossary import or_none
from durata.estimate.people import ALL, People, people
from durata.estimate.result import Summary
from durata.finding import CannotEstimate, Finding
from durata.kernels.arrays import FloatArray
from durata.kernels.exact_tables import SEED, SIMULATED_TABLES
from durata.kernels.standardised_difference import category_difference, number_difference
from durata.language.speaking import speak

Described = Literal["median", "mean"]


def baseline_table(
    cohort: Cohort,
    covariates: Sequence[str] | None = None,
    by: str | None = "group",
    *,
    summary: Described | Mapping[str, Described] = "median",
    test: TableTest = "auto",
    seed: int = SEED,
    n_simulated: int = SIMULATED_TABLES,
) -> Summary:
    """Describe covariates in each group and in everybody, and say how far the groups differ.

    Numbers shown as median (quartiles of type 7) are tested by Kruskal-Wallis, numbers shown as mean and SD by
    analysis of variance, categories by chi-square or, where an expected count is below 5, by Fisher's exact test.
    Missing values are counted, not tested; shares are of the persons whose level is known.

    Parameters
    ----------
    cohort : one row a person.
    covariates : names in the order of the table; all covariates of the cohort if not given.
    by : the column of groups; None describes everybody and compares nothing.
    summary : "median" or "mean" for every number, or by name (the others are medians).
    test : of categories, as in :func:`durata.estimate.association.association_test`.
    seed, n_simulated : of Fisher's test where it is too large to enumerate; the note of its row gives the error.

    Returns
    -------
    Summary. Rows by ``term`` (the covariate): of a number one a group and one for "all" (n known, missing, estimate =
    median or mean, std_dev, quartile_1, quartile_3); of a category one a level and group (n known, events = how many
    at the level, estimate = their share); and one row without a group for the comparison (statistic, df, df_residual,
    p_value, method, missing, std_difference, note). ``settings["summary"]`` says how each number is described.
    std_difference is the largest absolute one of all pairs: of means over the root of the mean of the two variances;
    of categories the multinomial distance. None where it is undefined or infinite; the note then says which.

    Raises
    ------
    CannotEstimate
        for a covariate or summary that does not exist, and as :func:`durata.estimate.people.people` does.

    References
    ----------
    Austin, Statistics in Medicine 2009;28:3083; Yang & Dalton, SAS Global Forum 2012, paper 335.

    Examples
    --------
    >>> from durata.door import cohort_from_arrays
    >>> cohort = cohort_from_arrays(
    ...     time=[1] * 6, event=[0] * 6, group=list("aaabbb"), covariates={"size": [1, 2, 3, 4, 5, 6]}
    ... )
    >>> [row.get("estimate") for row in baseline_table(cohort).rows()]
    [2.0, 5.0, 3.5, None]
    """
    names = tuple(cohort.covariates) if covariates is None else tuple(covariates)
    ways = _summaries(cohort, names, summary)
    persons = people(cohort, by)
    rows: list[dict[str, Any]] = []
    notes: list[Finding] = []
    for name in names:
        column = cohort.column(name)
        if isinstance(column, Category):
            table = persons.counts(column)
            known = int(table.sum())
            rows += _levels(name, column, table, persons, by)
            compared, found = _category_compared(table, test, seed, n_simulated)
            notes += found
        else:
            samples = persons.by_group(column)
            known = sum(len(sample) for sample in samples)
            rows += _numbers(name, samples, persons, by, ways[name])
            compared = _number_compared(samples, ways[name])
        if by is not None:
            rows.append({"term": name, "n": known, "missing": len(persons) - known, **compared})
    return Summary(
        what=speak("baseline characteristics") + (speak(" by {by}", by=by) if by is not None else ""),
        table=tuple(rows),
        method=speak("medians with quartiles or means with SD as declared; counts with shares"),
        settings={"by": by, "summary": ways, "covariates": names, "sizes": _sizes(persons), "test": test},
        notes=(*persons.notes(), *notes),
    )


def _summaries(
    cohort: Cohort, names: Sequence[str], summary: Described | Mapping[str, Described]
) -> dict[str, Described]:
    """How each number is described."""
    given = {} if isinstance(summary, str) else dict(summary)
    otherwise: Described = summary if isinstance(summary, str) else "median"
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise CannotEstimate(
            speak(
                "'summary' names {unknown}, not among the covariates of the table.",
                unknown=speak(", ").join(map(repr, unknown)),
            )
        )
    ways = {name: given.get(name, otherwise) for name in names if not isinstance(cohort.column(name), Category)}
    for name, way in ways.items():
        if way not in ("median", "mean"):
            raise CannotEstimate(
                speak("{name!r} cannot be described by {way!r}; choose 'median' or 'mean'.", name=name, way=way)
            )
    return ways


def _sizes(persons: People) -> dict[str, int]:
    return {level: int(size) for level, size in zip(persons.levels, persons.sizes, strict=True)}


def _numbers(
    name: str, samples: list[FloatArray], persons: People, by: str | None, way: Described
) -> list[dict[str, Any]]:
    rows = [
        {"term": name, "group": group, **described_number(sample, way), "missing": int(size) - len(sample)}
        for group, sample, size in zip(persons.levels, samples, persons.sizes, strict=True)
    ]
    if by is not None:
        everybody = np.concatenate(samples)
        whole = {"missing": len(persons) - len(everybody)}
        rows.append({"term": name, "group": ALL, **described_number(everybody, way), **whole})
    return rows


def _levels(name: str, category: Category, table: FloatArray, persons: People, by: str | None) -> list[dict[str, Any]]:
    groups, sizes = list(persons.levels), [int(size) for size in persons.sizes]
    if by is not None:
        groups, sizes = [*groups, ALL], [*sizes, len(persons)]
        table = np.column_stack([table, table.sum(axis=1)])
    known = table.sum(axis=0)
    return [
        {
            "term": name,
            "level": level,
            "group": group,
            "n": int(known[k]),
            "events": int(table[i, k]),
            "missing": sizes[k] - int(known[k]),
            "estimate": float(table[i, k] / known[k]) if known[k] else None,
            "note": "" if known[k] else speak("Nobody with a known value."),
        }
        for i, level in enumerate(category.levels)
        for k, group in enumerate(groups)
    ]


def _category_compared(
    table: FloatArray, test: TableTest, seed: int, n_simulated: int
) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    found = table_result(table, test, seed=seed, n_simulated=n_simulated)
    distances = [category_difference(table[:, i], table[:, j]) for i, j in combinations(range(table.shape[1]), 2)]
    return _with_difference(found.cells(), distances), found.notes


def _number_compared(samples: list[FloatArray], way: Described) -> dict[str, Any]:
    found = samples_result(samples, "kruskal-wallis" if way == "median" else "anova")
    return _with_difference(
        found.cells(), [number_difference(first, second) for first, second in combinations(samples, 2)]
    )


def _with_difference(cells: dict[str, Any], distances: list[float]) -> dict[str, Any]:
    """The cells with the largest absolute difference, or with why there is none."""
    known = np.abs([distance for distance in distances if not np.isnan(distance)])
    note = cells["note"]
    if not len(known):
        note = speak("{note} No standardised difference: too few persons with a known value.", note=note).strip()
        return {**cells, "std_difference": None, "note": note}
    if np.isinf(known.max()):
        note = speak(
            "{note} The standardised difference is unbounded: the value tells two groups apart for certain.", note=note
        ).strip()
        return {**cells, "std_difference": None, "note": note}
    return {**cells, "std_difference": or_none(float(known.max())), "note": note}
