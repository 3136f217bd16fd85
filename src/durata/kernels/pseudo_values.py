"""Jackknife pseudo-values of a survival probability and of a restricted mean, every person left out in one sweep."""

from __future__ import annotations

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray
from durata.kernels.near_ties import TOLERANCE


def pseudo_values(time: FloatArray, event: BoolArray, until: float, *, mean: bool) -> FloatArray:
    """(n,) n theta - (n - 1) theta without person i, theta being S(until), or the area under S up to ``until``.

    Leaving out a person changes the factors 1 - d/n up to that person's time only; after it they are those of
    everybody, so every curve is made of two running products. ``time``, ``event`` (n,), one row a person, everybody
    at risk from the beginning; near-ties merged; n at least 2.

    References
    ----------
    Andersen, Klein & Rosthoj, Biometrika 90:15, 2003; Andersen, Hansen & Klein, Lifetime Data Anal. 10:335, 2004.
    """
    n = len(time)
    at, index = np.unique(time, return_inverse=True)
    m = len(at)
    d = np.bincount(index, weights=event, minlength=m)
    at_risk = n - np.concatenate([[0], np.cumsum(np.bincount(index, minlength=m))[:-1]]).astype(np.float64)
    # Somebody else left out who is still there: one fewer at risk. Where nobody else is, the factor is never used.
    fewer = np.divide(d, at_risk - 1.0, out=np.zeros(m), where=at_risk > 1.0)
    before = np.concatenate([[1.0], np.cumprod(1.0 - fewer)[:-1]])
    survival = np.cumprod(1.0 - d / at_risk)
    slack = TOLERANCE * float(np.mean(np.abs(at)))
    last = int(np.searchsorted(at, until + slack, side="right")) - 1
    width = np.clip(np.minimum(np.append(at[1:], np.inf), until) - np.minimum(at, until), 0.0, None)
    earlier = np.concatenate([[0.0], np.cumsum(before[1:] * width[:-1])]) + min(float(at[0]), until)
    own_d = d[index] - event
    own_n = at_risk[index] - 1.0
    own = before[index] * (1.0 - np.divide(own_d, own_n, out=np.zeros(n), where=own_n > 0.0))
    # The share of the curve at a person's time that is left later; nothing is left, or nobody follows, where S is 0.
    inverse = np.divide(1.0, survival, out=np.zeros(m), where=survival > 0.0)
    if mean:
        area = survival * width
        whole = min(float(at[0]), until) + float(area.sum())
        following = np.cumsum(area[::-1])[::-1] * inverse
        alone = survival <= 0.0
        following = np.where(alone, width, following)
        left_out = earlier[index] + own * following[index]
        return np.asarray(n * whole - (n - 1.0) * left_out)
    if last < 0:
        return np.ones(n)
    ratio = np.where(survival > 0.0, survival[last] * inverse, 1.0)
    without = np.where(
        index <= last, own * ratio[index], before[min(last + 1, m - 1)] if last + 1 < m else survival[last]
    )
    return np.asarray(n * survival[last] - (n - 1.0) * without)
