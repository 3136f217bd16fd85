"""Tests of association in a table of counts: chi-square, likelihood ratio, trend, paired, and what they are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from durata.kernels.arrays import FloatArray


@dataclass(frozen=True)
class Statistic:
    """A test statistic with its degrees of freedom and p-value; all NaN where the test is not defined."""

    statistic: float
    df: float
    p_value: float


UNDEFINED = Statistic(np.nan, np.nan, np.nan)


def chi_square_p_value(statistic: float, df: float) -> float:
    """The upper tail of the chi-square distribution."""
    from scipy.special import chdtrc

    return float(chdtrc(df, statistic))


def counts(table: ArrayLike) -> FloatArray:
    """A table (r, c) of counts as floats; ValueError unless they are whole numbers >= 0."""
    out = np.asarray(table, dtype=np.float64)
    if out.ndim != 2 or not np.all(np.isfinite(out)) or np.any(out < 0) or np.any(out != np.round(out)):
        raise ValueError("a table of counts has two dimensions and holds whole numbers that are not negative")
    return out


def occupied(table: ArrayLike) -> FloatArray:
    """The table without rows and columns in which there is nobody: they say nothing about association."""
    whole = counts(table)
    inner: FloatArray = whole[whole.sum(axis=1) > 0][:, whole.sum(axis=0) > 0]
    return inner


def expected_counts(table: ArrayLike) -> FloatArray:
    """(r, c) counts expected without association; zeros where the table holds nobody.

    >>> expected_counts([[3, 1], [1, 3]]).tolist()
    [[2.0, 2.0], [2.0, 2.0]]
    """
    whole = counts(table)
    total = whole.sum()
    return np.outer(whole.sum(axis=1), whole.sum(axis=0)) / total if total > 0 else np.zeros_like(whole)


def chi_square(table: ArrayLike, *, yates: bool = False) -> Statistic:
    """Pearson's chi-square test of association; empty rows and columns are left out.

    ``yates`` moves every count of a 2 x 2 table half a person (never past its expectation) towards it.

    References
    ----------
    Pearson, Philosophical Magazine 1900;50:157; Yates, JRSS Supplement 1934;1:217.

    Examples
    --------
    >>> chi_square([[12, 5], [3, 14]]).df
    1.0
    """
    inner = occupied(table)
    if min(inner.shape) < 2:
        return UNDEFINED
    expected = expected_counts(inner)
    distance = np.abs(inner - expected)
    if yates and inner.shape == (2, 2):
        distance = distance - min(0.5, float(distance.min()))
    statistic = float(np.sum(distance**2 / expected))
    df = float((inner.shape[0] - 1) * (inner.shape[1] - 1))
    return Statistic(statistic, df, chi_square_p_value(statistic, df))


def likelihood_ratio(table: ArrayLike) -> Statistic:
    """The likelihood-ratio (G) test of association; empty rows and columns are left out.

    >>> round(likelihood_ratio([[3, 1], [1, 3]]).statistic, 4)
    2.093
    """
    inner = occupied(table)
    if min(inner.shape) < 2:
        return UNDEFINED
    expected = expected_counts(inner)
    some = inner > 0
    statistic = max(0.0, float(2 * np.sum(inner[some] * np.log(inner[some] / expected[some]))))
    df = float((inner.shape[0] - 1) * (inner.shape[1] - 1))
    return Statistic(statistic, df, chi_square_p_value(statistic, df))


def pearson_residuals(table: ArrayLike) -> FloatArray:
    """(r, c) of (observed - expected) / sqrt(expected); NaN in empty rows and columns."""
    whole, expected = counts(table), expected_counts(table)
    return (whole - expected) / np.sqrt(np.where(expected > 0, expected, np.nan))


def adjusted_residuals(table: ArrayLike) -> FloatArray:
    """(r, c) of Pearson residuals divided by their standard errors (Haberman, Biometrics 1973;29:205)."""
    whole = counts(table)
    total = whole.sum()
    rows, columns = whole.sum(axis=1) / total, whole.sum(axis=0) / total
    spread = np.sqrt(np.outer(1 - rows, 1 - columns))
    return pearson_residuals(table) / np.where(spread > 0, spread, np.nan)


def cramers_v(table: ArrayLike) -> float:
    """Cramér's V: the strength of association between 0 and 1."""
    inner = occupied(table)
    statistic = chi_square(inner).statistic
    return float(np.sqrt(statistic / (inner.sum() * (min(inner.shape) - 1)))) if min(inner.shape) > 1 else np.nan


def trend(successes: ArrayLike, n: ArrayLike, scores: ArrayLike | None = None) -> Statistic:
    """Cochran-Armitage test for a linear trend of the proportions successes / n (K,) over ``scores`` (1..K).

    It looks for a straight line only: proportions that rise and fall again leave it blind.

    References
    ----------
    Cochran, Biometrics 1954;10:417; Armitage, Biometrics 1955;11:375.

    Examples
    --------
    >>> round(trend([25, 51, 18], [50, 87, 34]).p_value, 4)
    0.6912
    """
    x, total = np.asarray(successes, dtype=np.float64), np.asarray(n, dtype=np.float64)
    score = np.arange(1, len(x) + 1, dtype=np.float64) if scores is None else np.asarray(scores, dtype=np.float64)
    people = total.sum()
    if people == 0:
        return UNDEFINED
    share = x.sum() / people
    centred = score - (total @ score) / people
    variance = share * (1 - share) * float(total @ centred**2)
    if not variance > 0:
        return UNDEFINED
    statistic = float((x @ centred) ** 2 / variance)
    return Statistic(statistic, 1.0, chi_square_p_value(statistic, 1.0))


def mcnemar(table: ArrayLike, *, correction: bool = False) -> Statistic:
    """McNemar's test of marginal homogeneity in a 2 x 2 table of pairs; ``correction`` for continuity.

    References
    ----------
    McNemar, Psychometrika 1947;12:153.
    """
    whole = counts(table)
    b, c = float(whole[0, 1]), float(whole[1, 0])
    if b + c == 0:
        return UNDEFINED
    distance = max(0.0, abs(b - c) - (1.0 if correction else 0.0))
    statistic = distance**2 / (b + c)
    return Statistic(statistic, 1.0, chi_square_p_value(statistic, 1.0))
