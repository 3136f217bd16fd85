"""Accelerated failure time models: exponential, Weibull, lognormal and loglogistic times, fitted by Newton's method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from durata.kernels.arrays import BoolArray, FloatArray

Distribution = Literal["exponential", "weibull", "lognormal", "loglogistic"]
CONVERGED = 1e-20
STEPS = 100
HALVINGS = 60
FLAT = 1e4
"""A standard error this large, per unit of size of a column and of the scale, is that of a coefficient without a maximum."""


@dataclass(frozen=True, eq=False)
class AcceleratedFit:
    """log T = x coefficients + scale e: ``coefficients`` (p,), ``log_scale``, ``covariance`` of both (p + 1, p + 1).

    For the exponential distribution the scale is 1 and its row and column of ``covariance`` are 0.
    """

    converged: bool
    coefficients: FloatArray
    log_scale: float
    covariance: FloatArray
    log_likelihood: float


def fit_accelerated(
    log_time: FloatArray, event: BoolArray, x: FloatArray, weights: FloatArray, distribution: Distribution
) -> AcceleratedFit:
    """Maximise the likelihood of right-censored times, (n,) each; ``x`` (n, p) holds the intercept, its columns independent.

    In (coefficients / scale, 1 / scale) the log-likelihood of these distributions is concave (their densities and survival
    functions are log-concave), so Newton's method with halved steps finds the one maximum where there is one.

    References
    ----------
    Burridge, JRSS B 43:41, 1981 (concavity); Kalbfleisch & Prentice, The Statistical Analysis of Failure Time Data, 2002.
    """
    fixed = distribution == "exponential"
    p = x.shape[1]
    size = np.sqrt((x**2).mean(axis=0))
    shift = float(np.average(log_time, weights=weights))
    # columns of (gamma, alpha); times are centred, which only moves the intercept
    y = log_time - shift
    z = np.column_stack([-x / size, y])
    at = np.zeros(p + 1)
    at[p] = 1.0 if fixed else 1.0 / max(float(np.sqrt(np.average(y**2, weights=weights))), 1e-8)
    free = np.arange(p) if fixed else np.arange(p + 1)

    def evaluate(point: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        w = z @ point
        value, slope, bend = _contributions(w, event, distribution)
        if not (np.all(np.isfinite(value)) and np.all(np.isfinite(slope)) and np.all(np.isfinite(bend))):
            return -np.inf, np.zeros(p + 1), np.zeros((p + 1, p + 1))  # too far out to be counted: no step goes there
        gradient = z.T @ (weights * slope)
        hessian = (z * (weights * bend)[:, None]).T @ z
        events = float(weights @ event)
        gradient[p] += events / point[p]
        hessian[p, p] -= events / point[p] ** 2
        return float(weights @ value) + events * float(np.log(point[p])), gradient, hessian

    here, gradient, hessian = evaluate(at)
    converged = False
    for _ in range(STEPS if np.isfinite(here) else 0):
        step = np.zeros(p + 1)
        try:
            step[free] = np.linalg.solve(-hessian[np.ix_(free, free)], gradient[free])
        except np.linalg.LinAlgError:
            break
        decrement = float(gradient @ step)
        for _ in range(HALVINGS):
            there = at + step
            if there[p] > 0.0:
                new = evaluate(there)
                if np.isfinite(new[0]) and new[0] >= here - 1e-11 * (abs(here) + 1.0):
                    break
            step = step / 2.0
        else:
            break
        at, (here, gradient, hessian) = there, new
        if abs(decrement) < CONVERGED * max(1.0, abs(here)):
            converged = True
            break
        if abs(decrement) < 1e-12 and np.max(np.abs(step)) < 1e-7:
            converged = True
            break
    alpha = float(at[p])
    coefficients = at[:p] / size / alpha
    covariance = np.zeros((p + 1, p + 1))
    if converged:
        inverse = np.linalg.inv(-hessian[np.ix_(free, free)])
        # On the way to infinity the likelihood gets flat, and Newton stops as at a maximum.
        converged = bool(np.max(np.diag(inverse)[:p]) < FLAT**2)
        change = np.zeros((p + 1, len(free)))
        change[:p, :p] = np.diag(1.0 / size / alpha)
        if not fixed:
            change[:p, p] = -coefficients / alpha
            change[p, p] = -1.0 / alpha
        # the shift of the times belongs to the intercept, whatever the scale
        covariance = change @ inverse @ change.T
    return AcceleratedFit(
        converged,
        coefficients + _intercept(x, shift),
        -float(np.log(alpha)),
        covariance,
        here - float(weights[event] @ log_time[event]),
    )


def _intercept(x: FloatArray, shift: float) -> FloatArray:
    """The coefficients that add ``shift`` to everybody: the first column is the intercept."""
    out = np.zeros(x.shape[1])
    out[0] = shift
    return out


def _contributions(
    w: FloatArray, event: BoolArray, distribution: Distribution
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log f (events) or log S (censored) of the standard residual w (n,), with first and second derivatives."""
    from scipy.special import expit, log_ndtr

    with np.errstate(over="ignore"):
        if distribution == "lognormal":
            mills = np.exp(-0.5 * w**2 - 0.5 * np.log(2.0 * np.pi) - log_ndtr(-w))
            value = np.where(event, -0.5 * w**2 - 0.5 * np.log(2.0 * np.pi), log_ndtr(-w))
            return value, np.where(event, -w, -mills), np.where(event, -1.0, -mills * (mills - w))
        if distribution == "loglogistic":
            p, tail = expit(w), np.logaddexp(0.0, w)
            times = np.where(event, 2.0, 1.0)
            return event * w - times * tail, event - times * p, -times * p * (1.0 - p)
        grown = np.exp(w)
        return event * w - grown, event - grown, -grown
