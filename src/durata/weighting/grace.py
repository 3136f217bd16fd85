"""Grace periods: with which chance a strategy lets treatment end in each month of its window."""

from __future__ import annotations

from typing import Literal

import numpy as np

from durata.kernels.arrays import FloatArray

Grace = Literal["stochastic", "natural"]
GraceShare = Literal["window", "uniform"]


def grace_shares(ended: FloatArray, first: int, last: int, months: int, share: GraceShare) -> FloatArray:
    """(months,) h*_k, the chance of ending in month k for those of a strategy "end in the months first..last" still on.

    Parameters
    ----------
    ended : (months,) observed number of endings in each month, nobody excused among them.
    first, last : months of the window, counted from 1.
    share : "window": as the observed endings spread over the window, n_k / (n_k + ... + n_last), so that the
        strategy's endings fall where they fell; "uniform": 1 / (last - k + 1) (Cain 2010).

    0 before the window and after it; 1 in its last month. Where nobody ended any later in the window, 0 as well.
    """
    chance = np.zeros(months)
    inside = np.arange(first, last + 1)
    if share == "uniform":
        chance[inside - 1] = 1.0 / (last - inside + 1)
    else:
        number = ended[inside - 1]
        still = np.cumsum(number[::-1])[::-1]
        chance[inside - 1] = np.divide(number, still, out=np.zeros(len(inside)), where=still > 0)
    chance[last - 1] = 1.0
    return chance
