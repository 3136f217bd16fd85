"""Confidence limits from resampled estimates: percentile, basic, and bias-corrected and accelerated (BCa)."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from durata.kernels.arrays import FloatArray


def percentile_limits(drawn: FloatArray, conf_level: float) -> tuple[float, float]:
    """Quantiles (type 7) of the estimates ``drawn`` (B,)."""
    low, high = np.quantile(drawn, [0.5 - conf_level / 2, 0.5 + conf_level / 2])
    return float(low), float(high)


def basic_limits(drawn: FloatArray, estimate: float, conf_level: float) -> tuple[float, float]:
    """The percentile limits mirrored at the estimate."""
    low, high = percentile_limits(drawn, conf_level)
    return 2 * estimate - high, 2 * estimate - low


def bca_limits(
    drawn: FloatArray, estimate: float, left_out: FloatArray, conf_level: float
) -> tuple[float, float] | None:
    """Efron's bias-corrected and accelerated limits; None when every estimate lies on one side, or nobody matters.

    Parameters
    ----------
    drawn : (B,) resampled estimates; half of those equal to ``estimate`` count as below it.
    left_out : (n,) the estimates without one person each, whose skewness is the acceleration.

    References
    ----------
    Efron, JASA 1987;82:171; DiCiccio & Efron, Statistical Science 1996;11:189.
    """
    below = (np.count_nonzero(drawn < estimate) + 0.5 * np.count_nonzero(drawn == estimate)) / len(drawn)
    if not 0 < below < 1:
        return None
    influence = left_out.mean() - left_out
    size = float(np.sum(influence**2))
    if size <= 0:
        return None
    acceleration = float(np.sum(influence**3)) / (6.0 * size**1.5)
    bias = float(ndtri(below))
    z = bias + ndtri(np.array([0.5 - conf_level / 2, 0.5 + conf_level / 2]))
    flat = 1.0 - acceleration * z
    if np.any(flat <= 0):
        return None
    low, high = np.quantile(drawn, ndtr(bias + z / flat))
    return float(low), float(high)


def jackknife_error(left_out: FloatArray) -> tuple[float, float]:
    """The jackknife standard error, and the mean, of the estimates without one person each (n,)."""
    n = len(left_out)
    mean = float(left_out.mean())
    return float(np.sqrt((n - 1) / n * np.sum((left_out - mean) ** 2))), mean
