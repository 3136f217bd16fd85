"""Near-ties: times that differ only by rounding are made equal before anything is counted."""

from __future__ import annotations

import numpy as np

from durata.kernels.arrays import FloatArray

TOLERANCE = float(np.sqrt(np.finfo(np.float64).eps))
"""Smallest difference between two times, as a share of their mean size, that counts as a difference (R's timefix)."""


def merge_near_ties(times: FloatArray, entry: FloatArray | None = None) -> tuple[FloatArray, FloatArray | None]:
    """Make equal the times that differ by no more than rounding; entries and exits are looked at together.

    The distinct finite times are sorted; one that follows its predecessor by no more than ``TOLERANCE`` times
    the mean absolute distinct time is joined to it, and so are its followers in turn; all of them become the
    first of the run. Only the relative rule of R's ``timefix`` is used (R also joins by the absolute difference),
    so that the unit of time changes nothing.

    Parameters
    ----------
    times : (n,) times at which observation ends.
    entry : (n,) times at which it begins, ``-inf`` for before anything; or None.

    Returns
    -------
    (n,), (n,) or None: the same times, near-ties joined; the arrays given are returned unchanged (not copied)
    where nothing is to be joined. A row may come back with ``entry == times`` (it was observed for no longer than
    rounding): whoever calls decides what that means.

    References
    ----------
    Therneau, A Package for Survival Analysis in R (vignette "Tied times"), 2024.

    Examples
    --------
    >>> merge_near_ties(np.array([0.3, 0.1 + 0.2, 1.0]))[0].tolist()
    [0.3, 0.3, 1.0]
    """
    if _on_a_coarse_grid(times) and (entry is None or _on_a_coarse_grid(entry)):
        return times, entry
    finite = times if entry is None else np.concatenate([times, entry[np.isfinite(entry)]])
    ordered = np.sort(finite)
    distinct = ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])]
    gap = np.diff(distinct)
    joined = gap <= TOLERANCE * np.mean(np.abs(distinct))
    if not np.any(joined):
        return times, entry
    firsts = distinct[np.concatenate([[True], ~joined])]

    def to_first(values: FloatArray) -> FloatArray:
        place = np.searchsorted(firsts, values, side="right") - 1
        return np.where(np.isfinite(values), firsts[np.maximum(place, 0)], values)

    return to_first(times), None if entry is None else to_first(entry)


def _on_a_coarse_grid(times: FloatArray) -> bool:
    """Whether all (finite) times are whole numbers too small for two of them to be near-ties; saves the sort."""
    finite = times if np.all(np.isfinite(times)) else times[np.isfinite(times)]
    if len(finite) == 0:
        return True
    return bool(np.max(np.abs(finite)) < 1.0 / (2 * TOLERANCE) and np.array_equal(np.rint(finite), finite))
