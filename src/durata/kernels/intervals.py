"""Confidence limits of a survival probability on five scales, as R's survfit gives them."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from durata.kernels.arrays import FloatArray

Interval = Literal["log", "log-log", "plain", "logit", "arcsin"]
INTERVALS: tuple[str, ...] = get_args(Interval)


def normal_quantile(conf_level: float) -> float:
    """The standard normal quantile of a two-sided confidence level."""
    from scipy.special import ndtri

    return float(ndtri(0.5 + conf_level / 2))


def survival_limits(
    survival: FloatArray, log_std_error: FloatArray, interval: Interval, conf_level: float
) -> tuple[FloatArray, FloatArray]:
    """Lower and upper limits (m,), (m,) of S from the standard error of log S.

    Where S = 0 there is none (NaN); where S = 1 there is none on the scales that send 1 to infinity (log-log, logit,
    arcsin), and [1, 1] on the others. Limits stay within [0, 1].

    References
    ----------
    Kalbfleisch & Prentice, The Statistical Analysis of Failure Time Data, 2002 (log, log-log);
    Borgan & Liestol, Scandinavian Journal of Statistics 1990;17:35 (arcsin).
    """
    z = normal_quantile(conf_level)
    nan = np.full(len(survival), np.nan)
    lower, upper = nan, nan.copy()
    inner = survival > 0.0
    if interval in ("log-log", "logit", "arcsin"):
        inner &= survival < 1.0
    S = survival[inner]
    half = z * log_std_error[inner]
    # Very wide limits overflow to 0 or 1, which is what they are.
    with np.errstate(over="ignore"):
        if interval == "log":
            low, high = S * np.exp(-half), S * np.exp(half)
        elif interval == "plain":
            low, high = S - half * S, S + half * S
        elif interval == "log-log":
            # half / log S < 0: the lower limit of log(-log S) belongs to the upper limit of S
            log_hazard, spread = np.log(-np.log(S)), half / np.log(S)
            low, high = np.exp(-np.exp(log_hazard - spread)), np.exp(-np.exp(log_hazard + spread))
        elif interval == "logit":
            logit, spread = np.log(S / (1.0 - S)), half / (1.0 - S)
            low, high = 1.0 / (1.0 + np.exp(spread - logit)), 1.0 / (1.0 + np.exp(-spread - logit))
        else:
            angle, spread = np.arcsin(np.sqrt(S)), 0.5 * half * np.sqrt(S / (1.0 - S))
            low = np.sin(np.maximum(0.0, angle - spread)) ** 2
            high = np.sin(np.minimum(np.pi / 2, angle + spread)) ** 2
    lower[inner] = np.clip(low, 0.0, 1.0)
    upper[inner] = np.clip(high, 0.0, 1.0)
    return lower, upper
