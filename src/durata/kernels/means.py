"""Comparisons of means: t tests, analysis of variance with equal and with unequal variances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from durata.kernels.arrays import FloatArray


@dataclass(frozen=True)
class MeanDifference:
    """A mean (or a difference of means) with standard error, limits, and the t test of it being 0."""

    estimate: float
    std_error: float
    low: float
    high: float
    statistic: float
    df: float
    p_value: float


@dataclass(frozen=True)
class VarianceRatio:
    """An F statistic with its two degrees of freedom; all NaN where the test is not defined."""

    statistic: float
    df: float
    df_residual: float
    p_value: float


NO_RATIO = VarianceRatio(np.nan, np.nan, np.nan, np.nan)


def analysis_of_variance(samples: Sequence[ArrayLike]) -> VarianceRatio:
    """One-way analysis of variance of samples (empty ones left out); NaN where nothing varies within them.

    References
    ----------
    Fisher, Statistical Methods for Research Workers, 1925.

    Examples
    --------
    >>> round(analysis_of_variance([[1, 2, 3], [4, 5, 6]]).statistic, 4)
    13.5
    """
    from scipy.special import fdtrc

    used = _used(samples)
    n = sum(map(len, used))
    if len(used) < 2 or n <= len(used):
        return NO_RATIO
    # about the grand mean, so that a far-away origin costs no digits
    grand = np.concatenate(used).mean()
    means = np.array([sample.mean() - grand for sample in used])
    within = float(sum(np.sum((sample - sample.mean()) ** 2) for sample in used))
    between = float(np.sum([len(sample) for sample in used] * means**2))
    if within <= 1e-24 * float(sum(np.sum(sample**2) for sample in used)):
        return NO_RATIO
    df, df_residual = float(len(used) - 1), float(n - len(used))
    statistic = (between / df) / (within / df_residual)
    return VarianceRatio(statistic, df, df_residual, float(fdtrc(df, df_residual, statistic)))


def welch_analysis_of_variance(samples: Sequence[ArrayLike]) -> VarianceRatio:
    """One-way analysis of variance without equal variances; NaN where a sample has one person or does not vary.

    References
    ----------
    Welch, Biometrika 1951;38:330.

    Examples
    --------
    >>> round(welch_analysis_of_variance([[1, 2, 3], [4, 5, 9]]).df_residual, 3)
    2.56
    """
    from scipy.special import fdtrc

    used = _used(samples)
    if len(used) < 2 or min(map(len, used)) < 2 or any(_constant(sample) for sample in used):
        return NO_RATIO
    n = np.array([len(sample) for sample in used], dtype=np.float64)
    weight = n / np.array([sample.var(ddof=1) for sample in used])
    means = np.array([sample.mean() for sample in used])
    middle = float(weight @ means / weight.sum())
    k = len(used)
    unequal = float(np.sum((1 - weight / weight.sum()) ** 2 / (n - 1))) / (k**2 - 1)
    statistic = float(weight @ (means - middle) ** 2) / ((k - 1) * (1 + 2 * (k - 2) * unequal))
    df, df_residual = float(k - 1), 1 / (3 * unequal)
    return VarianceRatio(statistic, df, df_residual, float(fdtrc(df, df_residual, statistic)))


def one_mean(values: ArrayLike, conf_level: float = 0.95) -> MeanDifference:
    """Mean of values (paired differences, percentages, ...) with t limits and the t test of it being 0.

    The standard error and what rests on it are NaN below two values, the test where the values do not vary.

    References
    ----------
    Student, Biometrika 1908;6:1.

    Examples
    --------
    >>> one_mean([1.0, 2.0, 3.0]).estimate
    2.0
    """
    x = np.asarray(values, dtype=np.float64)
    n = len(x)
    if n < 2:
        return MeanDifference(float(x.mean()) if n else np.nan, *(np.nan,) * 6)
    spread = 0.0 if _constant(x) else float(x.std(ddof=1) / np.sqrt(n))
    return _t_test(float(x.mean()), spread, n - 1.0, conf_level)


def two_means(
    first: ArrayLike, second: ArrayLike, *, equal_variances: bool = False, conf_level: float = 0.95
) -> MeanDifference:
    """Difference of means first - second: Welch's t test, or Student's with ``equal_variances``.

    References
    ----------
    Welch, Biometrika 1947;34:28.

    Examples
    --------
    >>> two_means([1.0, 2.0, 3.0], [4.0, 5.0, 9.0]).estimate
    -4.0
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    m, n = len(x), len(y)
    if min(m, n) == 0 or (equal_variances and m + n < 3) or (not equal_variances and min(m, n) < 2):
        estimate = float(x.mean() - y.mean()) if min(m, n) else np.nan
        return MeanDifference(estimate, *(np.nan,) * 6)
    squares = np.array([0.0 if _constant(sample) else np.sum((sample - sample.mean()) ** 2) for sample in (x, y)])
    difference = float(x.mean() - y.mean())
    if equal_variances:
        df = m + n - 2.0
        return _t_test(difference, float(np.sqrt(squares.sum() / df * (1 / m + 1 / n))), df, conf_level)
    variances = squares / np.array([m * (m - 1), n * (n - 1)])
    total = float(variances.sum())
    df = total**2 / float(np.sum(variances**2 / np.array([m - 1, n - 1]))) if total > 0 else m + n - 2.0
    return _t_test(difference, float(np.sqrt(total)), df, conf_level)


def ratio_of_means(after: ArrayLike, before: ArrayLike, conf_level: float = 0.95) -> tuple[float, float, float]:
    """mean(after) / mean(before) of the same people, with t limits on the log scale (delta method).

    NaN unless both means are positive; no limits below two people. It weighs people by their size; the mean of
    individual percentages does not.

    Examples
    --------
    >>> ratio, low, high = ratio_of_means([6.0, 8.0, 5.0], [10.0, 10.0, 10.0])
    >>> round(ratio, 4)
    0.6333
    """
    from scipy.special import stdtrit

    y, x = np.asarray(after, dtype=np.float64), np.asarray(before, dtype=np.float64)
    n = len(x)
    if n == 0 or x.mean() <= 0 or y.mean() <= 0:
        return np.nan, np.nan, np.nan
    ratio = float(y.mean() / x.mean())
    if n < 2:
        return ratio, np.nan, np.nan
    # log(mean y / mean x) has the variance of the mean of y / mean(y) - x / mean(x)
    spread = float(np.std(y / y.mean() - x / x.mean(), ddof=1) / np.sqrt(n))
    half = float(stdtrit(n - 1, 0.5 + conf_level / 2)) * spread
    with np.errstate(over="ignore"):  # two very unequal persons: there is no upper limit
        return ratio, ratio * float(np.exp(-half)), ratio * float(np.exp(half))


def _t_test(estimate: float, std_error: float, df: float, conf_level: float) -> MeanDifference:
    from scipy.special import stdtr, stdtrit

    half = float(stdtrit(df, 0.5 + conf_level / 2)) * std_error
    if not std_error > 0:
        return MeanDifference(estimate, std_error, estimate, estimate, np.nan, df, np.nan)
    statistic = estimate / std_error
    p_value = 2 * float(stdtr(df, -abs(statistic)))
    return MeanDifference(estimate, std_error, estimate - half, estimate + half, statistic, df, p_value)


def _used(samples: Sequence[ArrayLike]) -> list[FloatArray]:
    return [np.asarray(sample, dtype=np.float64) for sample in samples if np.size(sample)]


def _constant(sample: FloatArray) -> bool:
    return bool(np.all(sample == sample[0]))
