"""A Cohort as the counting kernels take it: near-ties merged, rows of weight 0 gone, groups as codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.category import Category
from durata.cohort import Cohort
from durata.finding import CannotEstimate, Finding, Severity
from durata.kernels.arrays import BoolArray, FloatArray, IntArray
from durata.kernels.near_ties import merge_near_ties
from durata.kernels.risk_set import Rows, join_rows
from durata.language.speaking import speak


@dataclass(frozen=True, slots=True)
class Observation:
    """Rows at risk for one question: the kernels' rows, their group, and what was left out.

    ``position`` (n,) is where in the Cohort a row stands; ``group`` (n,) codes into ``levels``, all of which have at least one row; ``empty`` are declared groups without
    one. ``frequency`` says that weights count identical persons; ``repeated_clusters`` that each of these persons
    would be a cluster of its own.
    """

    rows: Rows
    position: IntArray
    group: IntArray
    levels: tuple[str, ...]
    empty: tuple[str, ...]
    frequency: bool
    repeated_clusters: bool
    n_left_out: int

    def of_group(self, code: int) -> Rows:
        """The rows of one group, those of a person that follow each other joined."""
        mask = self.group == code
        return join_rows(self.rows if len(self.levels) == 1 else select_rows(self.rows, mask))

    def notes(self) -> tuple[Finding, ...]:
        """What a reader must know about the groups."""
        return group_notes(self.empty, self.n_left_out)


def group_notes(empty: tuple[str, ...], n_left_out: int) -> tuple[Finding, ...]:
    """Findings about declared groups without anybody, and about rows without a known group."""
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
    if n_left_out:
        found.append(
            Finding(
                "N03",
                Severity.WARNING,
                "{n} row(s) without a known group or stratum were left out.",
                {"n": n_left_out},
            )
        )
    return tuple(found)


def select_rows(rows: Rows, mask: BoolArray | IntArray) -> Rows:
    """Only these rows (a mask, or positions)."""
    kept = np.flatnonzero(mask) if mask.dtype == np.bool_ else mask  # a mask is slow to read, and there are many arrays
    person = rows.person[kept]
    return Rows(
        rows.exit_time[kept],
        rows.event[kept],
        None if rows.entry is None else rows.entry[kept],
        None if rows.weights is None else rows.weights[kept],
        person,
        person if rows.cluster is rows.person else rows.cluster[kept],
        None if rows.continues is None else rows.continues[kept],
    )


def observe(cohort: Cohort, by: str | Category | None = None, *, cluster: str | None = "person") -> Observation:
    """Prepare a Cohort for counting, by the groups of one of its columns (or by groups made from them).

    Raises CannotEstimate where the column does not exist, where a row is under observation for no longer than
    rounding, and where no row has a known group.
    """
    exit_time, entry = observed_times(cohort)
    weights = None if cohort.weights is None else cohort.weights.values
    if isinstance(by, Category):
        groups = by
    elif by is not None:
        groups = cohort.category(by)
    else:
        groups = Category(np.zeros(len(cohort), dtype=np.intp), ("all",))
    kept = ~groups.missing
    own_cluster = cluster is None or (cluster == "person" and "person" not in cohort.covariates)
    if cluster is None:
        clusters = np.arange(len(cohort))
    elif own_cluster:
        clusters = cohort.person
    else:
        column = cohort.category(cluster)
        if np.any(column.missing):
            raise CannotEstimate(
                speak(
                    "{n} row(s) have no value in the cluster column {cluster!r}; leave them out first or "
                    "choose another column.",
                    n=int(np.count_nonzero(column.missing)),
                    cluster=cluster,
                )
            )
        clusters = column.codes
    n_left_out = int(np.count_nonzero(~kept))
    if n_left_out == len(cohort):
        named = speak(" in {by!r}", by=by) if isinstance(by, str) else ""
        raise CannotEstimate(speak("No row has a known value{named}: there are no groups to compare.", named=named))
    if weights is not None:
        kept = kept & (weights > 0)  # who has weight 0 is not there
    rows = Rows(exit_time, cohort.event, entry, weights, cohort.person, clusters, None)
    codes = groups.codes
    if not np.all(kept):
        rows, codes = select_rows(rows, kept), codes[kept]
    frequency = cohort.weights is not None and cohort.weights.kind == "frequency"
    used = Category(codes, groups.levels).used()
    return Observation(
        rows,
        np.flatnonzero(kept),
        used.codes,
        used.levels,
        tuple(level for level in groups.levels if level not in used.levels),
        frequency,
        frequency and own_cluster,
        n_left_out,
    )


def observed_times(cohort: Cohort) -> tuple[FloatArray, FloatArray | None]:
    """Exit and entry with near-ties merged; entry None when everybody was there before time zero.

    Raises CannotEstimate for a row that merging leaves without any time under observation.
    """
    entry = cohort.entry
    if entry is not None and np.all(np.isneginf(entry)):
        entry = None
    exit_time, entry = merge_near_ties(cohort.exit, entry)
    if entry is not None and np.any(entry >= exit_time):
        row = int(np.flatnonzero(entry >= exit_time)[0])
        raise CannotEstimate(
            speak(
                "Row {row}: entry ({entry:.12g}) and exit ({exit:.12g}) differ by no more than "
                "rounding. Correct the times, or leave the row out.",
                row=row + 1,
                entry=cohort.entry[row] if cohort.entry is not None else 0.0,
                exit=cohort.exit[row],
            )
        )
    return exit_time, entry


def continuing(rows: Rows) -> BoolArray:
    """(n,) which rows end only because another row of the same person begins there (whatever its group)."""
    found = np.zeros(len(rows.exit_time), dtype=np.bool_)
    if rows.entry is None:
        return found
    order = np.lexsort((rows.exit_time, rows.person))
    person, entry, exit_time = rows.person[order], rows.entry[order], rows.exit_time[order]
    found[order[:-1]] = (person[1:] == person[:-1]) & (entry[1:] == exit_time[:-1])
    return found & ~rows.event
