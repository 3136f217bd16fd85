"""The exponential of many linear predictors in machine code, written so that processors take several at once."""

from __future__ import annotations

import numpy as np
from numba import njit

LOG_2_HIGH, LOG_2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
SMALLEST = -708.0


@njit(cache=True, nogil=True)
def relative_risk(eta, c, powers, r):
    """Fill ``r`` (m,) with c exp(eta) for eta <= 0: a power of 2 times a polynomial, which processors do several at once.

    exp(-708) stands for anything smaller.
    """
    bits = powers.view(np.int64)
    for i in range(len(eta)):
        value = max(eta[i], SMALLEST)
        whole = np.floor(value * 1.4426950408889634 + 0.5)
        z = value - whole * LOG_2_HIGH - whole * LOG_2_LOW
        # Taylor's series; |z| < 0.35, so that what is left out is below 1e-17
        f = 1.0 / 479001600.0 + z * (1.0 / 6227020800.0)
        f = 1.0 / 39916800.0 + z * f
        f = 1.0 / 3628800.0 + z * f
        f = 1.0 / 362880.0 + z * f
        f = 1.0 / 40320.0 + z * f
        f = 1.0 / 5040.0 + z * f
        f = 1.0 / 720.0 + z * f
        f = 1.0 / 120.0 + z * f
        f = 1.0 / 24.0 + z * f
        f = 1.0 / 6.0 + z * f
        f = 0.5 + z * f
        f = 1.0 + z * f
        r[i] = c[i] * (1.0 + z * f)
        bits[i] = (np.int64(whole) + 1023) << 52
    for i in range(len(eta)):
        r[i] *= powers[i]
