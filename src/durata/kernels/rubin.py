"""Rubin's rules: estimates from several completed data sets become one, with what the imputation adds to its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from durata.kernels.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Combined:
    """p estimates from m completed data sets as one.

    estimate (p,); ``within`` and ``between`` (p, p) covariances; ``total`` = within + (1 + 1/m) between; ``share`` (p,)
    of the total variance that is due to the missing values; ``df`` (p,) of t; ``missing_information`` (p,) fractions.
    """

    n_imputations: int
    estimate: FloatArray
    within: FloatArray
    between: FloatArray
    total: FloatArray
    share: FloatArray
    df: FloatArray
    missing_information: FloatArray


@dataclass(frozen=True, slots=True)
class JointTest:
    """A test of several estimates at once: F with its two degrees of freedom, and the average relative increase in variance."""

    statistic: float
    df: float
    df_residual: float
    increase: float
    p_value: float


def combine(estimates: FloatArray, covariances: FloatArray, complete_df: float = float("inf")) -> Combined:
    """Combine ``estimates`` (m, p) with their ``covariances`` (m, p, p), m at least 2.

    ``complete_df`` are the degrees of freedom there would be without missing values; infinite for large samples, which
    gives Rubin's own (1987).

    References
    ----------
    Rubin, Multiple Imputation for Nonresponse in Surveys, 1987; Barnard & Rubin, Biometrika 86:948, 1999.
    """
    m = len(estimates)
    estimate = estimates.mean(axis=0)
    away = estimates - estimate
    within = covariances.mean(axis=0)
    between = away.T @ away / (m - 1)
    total = within + (1.0 + 1.0 / m) * between
    added = (1.0 + 1.0 / m) * np.diag(between)
    variance = np.diag(total)
    share = np.divide(added, variance, out=np.zeros_like(added), where=variance > 0.0)
    with np.errstate(divide="ignore"):
        large = (m - 1.0) / share**2
    if np.isinf(complete_df):
        df = large
    else:
        observed = (complete_df + 1.0) / (complete_df + 3.0) * complete_df * (1.0 - share)
        df = np.where(np.isinf(large), observed, 1.0 / (1.0 / large + 1.0 / observed))
    # (r + 2 / (df + 3)) / (1 + r) with r = share / (1 - share), written so that it stands where nothing varies within
    information = share + (1.0 - share) * 2.0 / (df + 3.0)
    return Combined(m, estimate, within, between, total, share, df, information)


def joint_test(combined: Combined) -> JointTest | None:
    """Whether all estimates are 0 (D1): the Wald statistic with one average increase in variance; None where it has none.

    References
    ----------
    Li, Raghunathan & Rubin, JASA 86:1065, 1991.
    """
    k, m = len(combined.estimate), combined.n_imputations
    scale = np.sqrt(np.diag(combined.within))
    if np.any(scale <= 0.0):
        return None
    within = combined.within / scale / scale[:, None]
    if np.linalg.matrix_rank(within, hermitian=True) < k:
        return None
    increase = (1.0 + 1.0 / m) * float(np.trace(np.linalg.solve(within, combined.between / scale / scale[:, None]))) / k
    unit = combined.estimate / scale
    statistic = float(unit @ np.linalg.solve(within, unit)) / (k * (1.0 + increase))
    t = k * (m - 1.0)
    if increase <= 0.0:
        return _tested(statistic, k, float("inf"), 0.0)
    if t > 4.0:
        residual = 4.0 + (t - 4.0) * (1.0 + (1.0 - 2.0 / t) / increase) ** 2
    else:
        residual = t * (1.0 + 1.0 / k) * (1.0 + 1.0 / increase) ** 2 / 2.0
    return _tested(statistic, k, residual, increase)


def combined_chi_squares(statistics: FloatArray, k: int) -> JointTest:
    """One test from the chi-squares (m,) with ``k`` degrees of freedom of the completed data sets (D2): rougher than D1.

    References
    ----------
    Li, Meng, Raghunathan & Rubin, Statistica Sinica 1:65, 1991.
    """
    m = len(statistics)
    increase = (1.0 + 1.0 / m) * float(np.var(np.sqrt(statistics), ddof=1))
    statistic = (float(statistics.mean()) / k - (m + 1.0) / (m - 1.0) * increase) / (1.0 + increase)
    if increase <= 0.0:
        return _tested(statistic, k, float("inf"), 0.0)
    residual = float(k) ** (-3.0 / m) * (m - 1.0) * (1.0 + 1.0 / increase) ** 2
    return _tested(statistic, k, residual, increase)


def t_tail(statistic: FloatArray, df: FloatArray) -> FloatArray:
    """Two-sided p-values of t; those of the normal where ``df`` is infinite."""
    from scipy.special import erfc, stdtr

    size = np.abs(statistic)
    finite = np.where(np.isinf(df), 1.0, df)
    return np.where(np.isinf(df), erfc(size / np.sqrt(2.0)), 2.0 * stdtr(finite, -size))


def t_quantile(conf_level: float, df: FloatArray) -> FloatArray:
    """How many standard errors an interval reaches to either side."""
    from scipy.special import ndtri, stdtrit

    upper = 0.5 + conf_level / 2.0
    return np.where(np.isinf(df), ndtri(upper), stdtrit(np.where(np.isinf(df), 1.0, df), upper))


def _tested(statistic: float, df: float, residual: float, increase: float) -> JointTest:
    from scipy.special import chdtrc, fdtrc

    size = max(statistic, 0.0)
    p = chdtrc(df, df * size) if np.isinf(residual) else fdtrc(df, residual, size)
    return JointTest(statistic, float(df), float(residual), increase, float(p))
